"""The tables of the provision in words, as the page and the terminal show them: exact amounts, rates in per cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.portfolio.provision.against_pd import PdComparison
from credrisk.portfolio.provision.backtest import Backtest
from credrisk.portfolio.provision.disclosure import LINES_IN_WORDS, Note
from credrisk.portfolio.provision.exposures import STEPS
from credrisk.portfolio.provision.movement import LINES, Movement
from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE, state_in_words
from credrisk.portfolio.provision.provide import Provision
from credrisk.reports.limit_page import ShortTable
from credrisk.reports.provision_ends import ends_table
from credrisk.reports.style import truncated
from credrisk.wording import counted, percent

__all__ = ["METHODS", "STANDARDS", "STEPS_IN_WORDS", "ProvisionPack", "impaired_share", "tables_of"]

CUSTOMERS_SHOWN = 25
NAME, CODE = 40, 24
NOTHING = "–"
ROLLED_FORWARD = ("gross", "rollforward")
"""Notes whose last line is what those before it add up to."""

STEPS_IN_WORDS = {
    "open_debit_items": "Open debit items of the ageing",
    "not_provided_for": "Fee notes and down payments",
    "rounding": "Rounding of items in other currencies",
    "gross": "Gross amount provided for",
    "netted": "Open credits and unapplied cash",
    "dilution": "Expected dilution by disputes",
    "vat": "Tax relief",
    "collected_later": "Collected later (ASU 2025-05)",
    "covered": "Integral cover",
    "discounting": "Discounting",
    "exposed": "Exposed to credit loss",
}
RATE_FROM = {
    "stated": "stated recovery",
    "own": "past impaired items",
    "blended": "past impaired items, published",
    "prior": "published rate",
}
METHODS = {
    "chosen": "The provision",
    "plain_matrix": "Own rates without a prior",
    "roll_rates": "Roll rates",
    "flat": "One flat rate",
}
STANDARDS = {"ifrs9": "IFRS 9, simplified approach", "cecl": "US CECL, ASC 326-20"}


@dataclass(frozen=True)
class ProvisionPack:
    """What page and workbook show. Every frame is Polars; what was not asked for is None."""

    found: Provision
    movement: Movement | None = None
    journal: pl.DataFrame | None = None
    backtest: Backtest | None = None
    comparison: PdComparison | None = None
    disclosure: tuple[Note, ...] = ()
    statements: tuple[str, ...] = ()
    ends: pl.DataFrame | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Title of page and workbook."""
        return f"Loss allowance ({STANDARDS[self.found.standard]})"

    def exact(self, amount: float | None) -> str:
        """Return an amount with every decimal of the currency."""
        if amount is None:
            return NOTHING
        text = f"{amount:,.{EXPONENTS.get(self.found.currency, 2)}f}"
        return text.removeprefix("-") if not float(text.replace(",", "")) else text

    def named(self, customer: str) -> str:
        """Return a customer's name, cut to the width of a table."""
        return truncated(self.names.get(customer) or "", NAME)


def _rate(value: float | None, decimals: int = 2) -> str:
    return NOTHING if value is None else percent(value, decimals)


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


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
            _last(steps),
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
        tables["movement"] = _movement(pack, pack.movement)
    if pack.journal is not None and pack.journal.height:
        tables["journal"] = _journal(pack, pack.journal)
    if pack.backtest is not None and pack.backtest.dates.height:
        tables |= _backtest(pack, pack.backtest)
    if pack.comparison is not None:
        tables |= _comparison(pack, pack.comparison)
    for note in pack.disclosure:
        if note.key not in ("exposure", "reconciliation"):
            rows = tuple((line, pack.exact(amount)) for line, amount in note.table.iter_rows())
            tables[f"note_{note.key}"] = ShortTable(
                f"{note.title} ({note.paragraph})",
                ("Line", found.currency),
                rows,
                (1,),
                _last(rows) if note.key in ROLLED_FORWARD else (),
            )
    return {key: table for key, table in tables.items() if table.rows}


def _serving(pack: ProvisionPack, key: str) -> str:
    """Name the paragraph of the notes that a table of the page serves already, so that it is not shown twice."""
    return "".join(f", for {note.paragraph}" for note in pack.disclosure if note.key == key)


def _last(rows: Sequence[tuple[str, ...]], count: int = 1) -> tuple[int, ...]:
    """Return the places of the last rows: what the others add up to."""
    return tuple(range(len(rows)))[-count:]


def _told(line: str, amount: float) -> bool:
    return bool(amount) or line in ("open_debit_items", "gross", "exposed")


def _matrix(pack: ProvisionPack) -> ShortTable:
    matrix = pack.found.matrix
    several = matrix["segment"].n_unique() > 1
    steps = [name for name in STEPS if matrix[name].sum()]
    rows = []
    for row in matrix.iter_rows(named=True):
        interval = NOTHING if row["low"] is None else f"{_rate(row['low'])} to {_rate(row['high'])}"
        rows.append(
            (
                *((truncated(row["segment"], 24),) if several else ()),
                _upper(state_in_words(row["state"])),
                f"{row['items']:,}",
                pack.exact(row["gross"]),
                *(pack.exact(-row[name]) for name in steps),
                pack.exact(row["exposed"]),
                _rate(row["historical_rate"]),
                interval,
                _rate(row["rate"]),
                pack.exact(row["allowance"]),
                _rate(row["coverage"]),
            )
        )
    total = [f"{matrix['items'].sum():,}", *(pack.exact(matrix["gross"].sum()),)]
    total += [pack.exact(-matrix[name].sum()) for name in steps]
    coverage = pack.found.total / pack.found.gross if pack.found.gross else None
    total += [pack.exact(float(matrix["exposed"].sum())), "", "", "", pack.exact(pack.found.total), _rate(coverage)]
    if rows:
        rows.append((*(("Total", "") if several else ("Total",)), *total))
    headings = (
        *(("Segment",) if several else ()),
        "Bucket",
        "Items",
        "Gross",
        *(STEPS_IN_WORDS[name] for name in steps),
        "Exposed",
        "Rate before the forecast",
        "95 % interval",
        "Rate",
        "Allowance",
        "of gross",
    )
    first = 2 if several else 1
    title = f"Provision matrix ({pack.found.currency}){_serving(pack, 'exposure')}"
    return ShortTable(title, headings, tuple(rows), tuple(range(first, len(headings))), _last(rows))


def _specific(pack: ProvisionPack) -> ShortTable:
    specific = pack.found.specific
    rows = tuple(
        (
            truncated(row["customer_id"], CODE),
            pack.named(row["customer_id"]),
            _event(row),
            pack.exact(row["gross"]),
            pack.exact(row["exposed"]),
            _rate(row["rate"], 1),
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
            _upper(state_in_words(row["state"])),
            f"{row['customers']:,}",
            f"{row['loss_customers']:,}",
            _rate(row["own_rate"]),
            _rate(row["dilution_share"]),
            _rate(row["prior_rate"]),
            percent(row["credibility"]),
            _rate(row["rate"]),
            percent(row["published_share"]),
            _rate(beside.get(row["state"])),
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
    return ShortTable("What the loss rates rest on", headings, rows, tuple(range(1, len(headings))))


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
                _upper(state_in_words(row["state"])),
                pack.exact(row["net"]),
                _rate(row["dilution_share"]),
                pack.exact(row["expected"]),
            )
            for row in rows
        ),
        (2, 3, 4) if several else (1, 2, 3),
    )


def _movement(pack: ProvisionPack, movement: Movement) -> ShortTable:
    amounts = {row["line"]: row for row in movement.table.iter_rows(named=True)}
    rows = [
        (LINES_IN_WORDS[line], *(pack.exact(amounts[line][part]) for part in ("pool", "specific", "total")))
        for line in LINES
        if line in ("opening", "closing") or any(amounts[line][part] for part in ("pool", "specific", "total"))
    ]
    rows.append(("Charged to profit or loss", "", "", pack.exact(movement.charge)))
    days = f"{movement.opening_on} to {movement.closing_on}"
    title = f"Movement of the allowance, {days} ({pack.found.currency}){_serving(pack, 'reconciliation')}"
    return ShortTable(title, ("Line", "Pool", "Specific", "Total"), tuple(rows), (1, 2, 3), _last(rows, 2))


def _journal(pack: ProvisionPack, journal: pl.DataFrame) -> ShortTable:
    rows = [
        (
            row["account"],
            _upper(row["role"].replace("_", " ")),
            row["text"],
            pack.exact(row["debit"]) if row["debit"] else "",
            pack.exact(row["credit"]) if row["credit"] else "",
        )
        for row in journal.iter_rows(named=True)
    ]
    rows.append(("", "", "Sum", pack.exact(float(journal["debit"].sum())), pack.exact(float(journal["credit"].sum()))))
    return ShortTable(
        f"Journal entry ({pack.found.currency})",
        ("Account", "Role", "Text", "Debit", "Credit"),
        tuple(rows),
        (3, 4),
        _last(rows),
    )


def _backtest(pack: ProvisionPack, tested: Backtest) -> dict[str, ShortTable]:
    def ratio(value: float | None) -> str:
        return NOTHING if value is None else f"{value:.2f}"

    dates = tuple(
        (
            str(row["as_of"]),
            "published" if row["own_month_ends"] == 0 else counted(row["own_month_ends"], "month-end"),
            *(pack.exact(row[name]) for name in ("balance", "allowance", "lost", "still_open_loss", "outcome")),
            ratio(row["ratio"]),
            "yes" if row["within"] else "no",
        )
        for row in tested.dates.iter_rows(named=True)
    )
    buckets = tuple(
        (
            _upper(state_in_words(row["state"])),
            *(pack.exact(row[name]) for name in ("balance", "allowance", "outcome")),
            ratio(row["ratio"]),
            pack.exact(row["error"]),
        )
        for row in tested.buckets.iter_rows(named=True)
    )
    methods = tuple(
        (
            METHODS[row["method"]],
            *(pack.exact(row[name]) for name in ("allowance", "outcome")),
            ratio(row["ratio"]),
            pack.exact(row["error"]),
        )
        for row in tested.methods.iter_rows(named=True)
    )
    code = pack.found.currency
    return {
        "backtest": ShortTable(
            f"Past provisions and what was lost in the {tested.window_months} months after ({code})",
            (
                "As of",
                "Rates from",
                "Balance",
                "Allowance",
                "Lost",
                "Of what is still open",
                "Outcome",
                "Ratio",
                "In the interval",
            ),
            dates,
            (2, 3, 4, 5, 6, 7),
        ),
        "backtest_methods": ShortTable(
            f"The same by other methods, over the days with own evidence ({code})",
            ("Method", "Allowances", "Outcomes", "Ratio", "Mean absolute error"),
            methods,
            (1, 2, 3, 4),
        ),
        "backtest_buckets": ShortTable(
            f"The same by bucket ({code})",
            ("Bucket", "Balances", "Allowances", "Outcomes", "Ratio", "Mean absolute error"),
            buckets,
            (1, 2, 3, 4, 5),
        ),
    }


def _comparison(pack: ProvisionPack, compared: PdComparison) -> dict[str, ShortTable]:
    words = {
        "pd_lgd_ead": "PD x LGD x EAD over the life of the items",
        "level": "Loss rate of the bucket against its mean PD x LGD",
        "specific": "Credit-impaired, provided for by themselves",
        "no_probability": "Customers without a probability",
        "matrix": "Allowance by the matrix",
    }
    lines = tuple(
        (
            words[row["line"]] + (f": {state_in_words(row['state'])}" if row["line"] == "level" else ""),
            pack.exact(row["amount"]),
        )
        for row in compared.lines.iter_rows(named=True)
        if row["amount"] or row["line"] in ("pd_lgd_ead", "matrix")
    )
    customers = tuple(
        (
            truncated(row["customer_id"], CODE),
            pack.named(row["customer_id"]),
            *(pack.exact(row[name]) for name in ("exposed", "allowance", "expected_loss", "difference")),
            NOTHING if row["life_days"] is None else f"{row['life_days']:.0f}",
            row["reason"],
        )
        for row in compared.customers.head(CUSTOMERS_SHOWN).iter_rows(named=True)
    )
    code = pack.found.currency
    return {
        "pd_lines": ShortTable(f"Against PD x LGD x EAD ({code})", ("Line", code), lines, (1,), _last(lines)),
        "pd_customers": ShortTable(
            f"The largest differences by customer ({code})",
            ("Customer", "Name", "Exposed", "Matrix", "PD x LGD x EAD", "Difference", "Life in days", "Why"),
            customers,
            (2, 3, 4, 5, 6),
        ),
    }


def impaired_share(pack: ProvisionPack) -> float:
    """Return how much of the allowance stands on credit-impaired customers."""
    mine = pack.found.matrix.filter(pl.col("state") == IMPAIRED)["allowance"].sum()
    return float(mine) / pack.found.total if pack.found.total else 0.0
