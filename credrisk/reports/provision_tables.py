"""The tables of the provision in words, as the page and the terminal show them: exact amounts, rates in per cent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.portfolio.provision.exposures import STEPS
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE, state_in_words
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.provision_ends import ends_table
from credrisk.reports.provision_pack import (
    CODE,
    CUSTOMERS_SHOWN,
    NAME,
    NOTHING,
    STEPS_IN_WORDS,
    ProvisionPack,
    last_rows,
    rate_in_words,
    serving,
    upper,
)
from credrisk.reports.provision_tables_judged import backtest_tables, comparison_tables, journal_table, movement_table
from credrisk.reports.style import truncated
from credrisk.wording import percent

__all__ = ["tables_of"]

ROLLED_FORWARD = ("gross", "rollforward")
"""Notes whose last line is what those before it add up to."""
STEPS_APART = 2
"""Steps with a column each in the matrix; more share one, for fourteen columns of money fit on no screen."""
STEPS_IN_SHORT = {
    "netted": "credits",
    "dilution": "disputes",
    "vat": "tax",
    "collected_later": "collected later",
    "covered": "cover",
    "discounting": "discounting",
}
RATE_FROM = {
    "stated": "stated recovery",
    "own": "past impaired items",
    "blended": "past impaired items, published",
    "prior": "published rate",
}


def tables_of(pack: ProvisionPack) -> dict[str, ShortTable]:
    """Return the tables by key, those that are not empty."""
    found = pack.found
    steps = tuple(
        (STEPS_IN_WORDS[line], pack.exact(amount)) for line, amount in found.base.iter_rows() if _told(line, amount)
    )
    tables = {
        "matrix": _matrix(pack),
        "base": ShortTable(
            "From the ageing to what is exposed",
            ("Line", found.currency),
            steps,
            (1,),
            last_rows(steps),
        ),
        "scenarios": ShortTable(
            "The forecast",
            ("Scenario", "Probability", "Loss rates times", "Allowance if it came true"),
            tuple(
                (truncated(name, NAME), percent(probability), f"{multiplier:.3g}", pack.exact(amount))
                for name, probability, multiplier, amount in found.overlay.iter_rows()
            ),
            (1, 2, 3),
        ),
        "specific": _specific(pack),
        "evidence": _evidence(pack),
        "dilution": _dilution(pack),
    }
    if pack.movement is not None:
        tables["ends"] = ends_table(pack)
        tables["movement"] = movement_table(pack, pack.movement)
    if pack.journal is not None and pack.journal.height:
        tables["journal"] = journal_table(pack, pack.journal)
    if pack.backtest is not None and pack.backtest.dates.height:
        tables |= backtest_tables(pack, pack.backtest)
    if pack.comparison is not None:
        tables |= comparison_tables(pack, pack.comparison)
    for note in pack.disclosure:
        if note.key not in ("exposure", "reconciliation"):
            rows = tuple((line, pack.exact(amount)) for line, amount in note.table.iter_rows())
            tables[f"note_{note.key}"] = ShortTable(
                f"{note.title} ({note.paragraph})",
                ("Line", found.currency),
                rows,
                (1,),
                last_rows(rows) if note.key in ROLLED_FORWARD else (),
            )
    return {key: table for key, table in tables.items() if table.rows}


def _told(line: str, amount: float) -> bool:
    return bool(amount) or line in ("open_debit_items", "gross", "exposed")


def _matrix(pack: ProvisionPack) -> ShortTable:
    matrix = pack.found.matrix
    several = matrix["segment"].n_unique() > 1
    used = [name for name in STEPS if matrix[name].sum()]
    steps = {STEPS_IN_WORDS[name]: [name] for name in used}
    if len(used) > STEPS_APART:
        steps = {f"Less {', '.join(STEPS_IN_SHORT[name] for name in used)}": used}
    rows = []
    for row in matrix.iter_rows(named=True):
        interval = NOTHING if row["low"] is None else f"{rate_in_words(row['low'])} to {rate_in_words(row['high'])}"
        rows.append(
            (
                *((truncated(row["segment"], 24),) if several else ()),
                upper(state_in_words(row["state"])),
                f"{row['items']:,}",
                pack.exact(row["gross"]),
                *(pack.exact(-sum(row[name] for name in names)) for names in steps.values()),
                pack.exact(row["exposed"]),
                rate_in_words(row["historical_rate"]),
                interval,
                rate_in_words(row["rate"]),
                pack.exact(row["allowance"]),
                rate_in_words(row["coverage"]),
            )
        )
    total = [f"{matrix['items'].sum():,}", *(pack.exact(matrix["gross"].sum()),)]
    total += [pack.exact(-sum(matrix[name].sum() for name in names)) for names in steps.values()]
    coverage = pack.found.total / pack.found.gross if pack.found.gross else None
    total += [
        pack.exact(float(matrix["exposed"].sum())),
        "",
        "",
        "",
        pack.exact(pack.found.total),
        rate_in_words(coverage),
    ]
    if rows:
        rows.append((*(("Total", "") if several else ("Total",)), *total))
    headings = (
        *(("Segment",) if several else ()),
        "Bucket",
        "Items",
        "Gross",
        *steps,
        "Exposed",
        "Rate before the forecast",
        "95 % interval",
        "Rate",
        "Allowance",
        "of gross",
    )
    first = 2 if several else 1
    title = f"Provision matrix ({pack.found.currency}){serving(pack, 'exposure')}"
    return ShortTable(title, headings, tuple(rows), tuple(range(first, len(headings))), last_rows(rows))


def _specific(pack: ProvisionPack) -> ShortTable:
    specific = pack.found.specific
    rows = tuple(
        (
            truncated(row["customer_id"], CODE),
            pack.named(row["customer_id"]),
            _event(row),
            pack.exact(row["gross"]),
            pack.exact(row["exposed"]),
            rate_in_words(row["rate"], 1),
            RATE_FROM[row["rate_source"]],
            pack.exact(row["allowance"]),
        )
        for row in specific.head(CUSTOMERS_SHOWN).iter_rows(named=True)
    )
    left = f"; the first {CUSTOMERS_SHOWN} of {specific.height}" if specific.height > CUSTOMERS_SHOWN else ""
    return ShortTable(
        f"Credit-impaired customers, provided for by themselves ({pack.found.currency}{left})",
        ("Customer", "Name", "Since", "Gross", "Exposed", "Loss", "From", "Allowance"),
        rows,
        (3, 4, 5, 7),
    )


def _event(row: Mapping[str, Any]) -> str:
    return f"{row['event'].replace('_', ' ')} {row['impaired_on']}"


def _evidence(pack: ProvisionPack) -> ShortTable:
    whole = pack.found.rates.filter(pl.col("segment") == WHOLE)
    chosen, other = pack.found.settings.method, {"cohort": "roll_rate", "roll_rate": "cohort"}
    mine = whole.filter(pl.col("method") == chosen)
    beside = dict(whole.filter(pl.col("method") == other[chosen]).select("state", "rate").iter_rows())
    names = {"cohort": "Cohorts", "roll_rate": "Roll rates"}
    rows = tuple(
        (
            upper(state_in_words(row["state"])),
            f"{row['customers']:,}",
            f"{row['loss_customers']:,}",
            rate_in_words(row["own_rate"]),
            rate_in_words(row["dilution_share"]),
            rate_in_words(row["prior_rate"]),
            percent(row["credibility"]),
            rate_in_words(row["rate"]),
            percent(row["published_share"]),
            rate_in_words(beside.get(row["state"])),
        )
        for row in mine.iter_rows(named=True)
    )
    headings = (
        "Bucket",
        "Customers seen",
        "with a loss",
        "Own loss rate",
        "Dilution (no credit loss)",
        "Published rate",
        "Weight of own",
        f"{names[chosen]} (used)",
        "Of it published",
        f"{names[other[chosen]]} (beside)",
    )
    return ShortTable(
        "What the loss rates rest on, before the forecast", headings, rows, tuple(range(1, len(headings)))
    )


def _dilution(pack: ProvisionPack) -> ShortTable:
    several = pack.found.dilution["segment"].n_unique() > 1
    order = {state: place for place, state in enumerate([*pack.found.settings.buckets, IMPAIRED])}
    rows = sorted(pack.found.dilution.iter_rows(named=True), key=lambda row: (row["segment"], order[row["state"]]))
    return ShortTable(
        f"Expected credit notes, deductions and discounts, which are no credit loss ({pack.found.currency})",
        (*(("Segment",) if several else ()), "Bucket", "Open, net of credits", "Share in the past", "Expected"),
        tuple(
            (
                *((truncated(row["segment"], CODE),) if several else ()),
                upper(state_in_words(row["state"])),
                pack.exact(row["net"]),
                rate_in_words(row["dilution_share"]),
                pack.exact(row["expected"]),
            )
            for row in rows
        ),
        (2, 3, 4) if several else (1, 2, 3),
    )
