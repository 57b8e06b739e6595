"""What must be nil on the cover of the pack's workbook: each sheet against another, and against what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.reports.book import Book as PackBook
from credrisk.reports.buckets import CREDIT_IMPAIRED, buckets_among
from credrisk.reports.provision_pack import STEPS_IN_WORDS
from credrisk.reports.sheets import Table
from credrisk.reports.totals import has_values, total

__all__ = ["Figure", "checks_of"]


@dataclass(frozen=True)
class Figure:
    """A line of the cover.

    Attributes
    ----------
    look
        Format of the value.
    rounding
        Of a check what the rounding of translated amounts may come to; 0 where nothing is rounded.
    """

    label: str
    formula: str
    value: float | str
    look: str
    note: str = ""
    rounding: float = 0.0


def checks_of(pack: PackBook, tables: Sequence[Table]) -> Iterator[Figure]:
    """Yield what must be nil, each rounded to the smallest unit of the currency."""
    by_key = {table.key: table for table in tables}
    decimals = EXPONENTS.get(pack.currency, 2)
    ageing = by_key["ageing"]
    frame = ageing.frame

    def check(label: str, difference: str, value: float, note: str, rounding: float = 0.0) -> Figure:
        return Figure(label, f"=ROUND({difference},{decimals})", round(value, decimals) + 0.0, "cents", note, rounding)

    if not has_values(frame, "open_balance"):
        return
    balance, owed = f"SUM({ageing.cells('open_balance')})", total(frame, "open_balance")
    parts = [*buckets_among(frame.columns), "late_fees", "open_credits"]
    present = [name for name in parts if name in frame.columns]
    sums = "+".join(f"SUM({ageing.cells(name)})" for name in present)
    yield check(
        "Buckets and balance",
        f"{sums}-{balance}",
        math.fsum(total(frame, name) for name in present) - owed,
        "Buckets, late fees and open credits of the sheet Ageing less its open balance.",
    )
    if has_values(pack.scores, "open_balance"):
        scores = by_key["scores"]
        yield check(
            "Ageing and scores",
            f"{balance}-SUM({scores.cells('open_balance')})",
            owed - total(scores.frame, "open_balance"),
            "Open balance of the sheet Ageing less that of the sheet Scores.",
        )
    for table in tables:
        if table.key == "ageing_by":
            yield check(
                f"{table.sheet} and by customer",
                f"SUM({table.cells('open_balance')})-{balance}",
                total(table.frame, "open_balance") - owed,
                f"Open balance of the sheet {table.sheet} less that of the sheet Ageing.",
            )
    if "items" in by_key and by_key["items"].frame.height == pack.items.height:
        items = by_key["items"]
        foreign = pack.items.filter(pl.col("currency") != pack.currency).height
        rounding = round(foreign / 10**decimals, decimals)
        allowed = f" Up to {rounding:,.{decimals}f} is the rounding of {foreign:,} translated items." if foreign else ""
        yield check(
            "Open items and balance",
            f"SUM({items.cells('open_in_currency')})-{balance}",
            total(items.frame, "open_in_currency") - owed,
            f"Sum of the sheet Open items less the open balance.{allowed}",
            rounding,
        )
    history = by_key.get("history")
    if history and has_values(history.frame, "open_balance") and history.frame["as_of"][0] == pack.as_of:
        yield check(
            "History and balance",
            f"INDEX({history.cells('open_balance')},1)-{balance}",
            history.frame["open_balance"][0] - owed,
            "Last month end of the sheet History less the open balance.",
        )
    intake = by_key.get("intake")
    if intake and has_values(intake.frame, "rows_read"):
        yield check(
            "Rows read",
            f"SUM({intake.cells('rows_read')})-SUM({intake.cells('rows_kept')})-SUM({intake.cells('rows_quarantined')})",
            total(intake.frame, "rows_read")
            - total(intake.frame, "rows_kept")
            - total(intake.frame, "rows_quarantined"),
            "Rows read less those kept and those set aside.",
        )
    yield from _measure_ties(by_key, check)
    yield from _as_measured(pack, by_key, check)


def _as_measured(pack: PackBook, by_key: Mapping[str, Table], check: Any) -> Iterator[Figure]:
    """Hold the main figures against those that were measured, which no cell of another sheet changes."""
    measured = {
        "Open balance": ("ageing", "open_balance", total(pack.ageing, "open_balance")),
        "Expected loss": ("scores", "expected_loss", total(pack.scores, "expected_loss")),
        "Provision": ("provision", "allowance", 0.0 if pack.provision is None else pack.provision.total),
    }
    decimals = EXPONENTS.get(pack.currency, 2)
    for label, (key, name, amount) in measured.items():
        if key in by_key and has_values(by_key[key].frame, name):
            table, held = by_key[key], round(amount, decimals)
            yield check(
                f"{label} as measured",
                f"SUM({table.cells(name)})-({held!r})",
                total(table.frame, name) - held,
                f"Sum of the sheet {table.sheet} less the {held:,.{decimals}f} measured; a change there shows.",
            )


def _measure_ties(by_key: Mapping[str, Table], check: Any) -> Iterator[Figure]:
    if "cei" in by_key and by_key["cei"].frame.height:
        cei = by_key["cei"]
        parts = ("cash", "credit_notes", "write_offs", "other")
        if {"collected", *parts} <= set(cei.frame.columns):
            less = "".join(f"-SUM({cei.cells(name)})" for name in parts)
            yield check(
                "Collected and its parts",
                f"SUM({cei.cells('collected')}){less}",
                total(cei.frame, "collected") - math.fsum(total(cei.frame, name) for name in parts),
                "All that was collected less cash, credit notes, write-offs and other, all months.",
            )
    yield from _provision_ties(by_key, check)


def _provision_ties(by_key: Mapping[str, Table], check: Any) -> Iterator[Figure]:
    if not {"provision", "provision_base"} <= set(by_key):
        return
    matrix, base = by_key["provision"], by_key["provision_base"]
    lines = dict(base.frame.select("line", "amount").rows())
    for line, name in (("gross", "gross"), ("exposed", "exposed")):
        told = STEPS_IN_WORDS[line]
        if told in lines and has_values(matrix.frame, name):
            found = f'SUMIFS({base.cells("amount")},{base.cells("line")},"{told}")'
            yield check(
                f"Provision: {line}",
                f"SUM({matrix.cells(name)})-{found}",
                total(matrix.frame, name) - lines[told],
                f"The {line} amount of the sheet Provision less that of the sheet Provision base.",
            )
    if "provision_specific" in by_key:
        specific = by_key["provision_specific"]
        impaired = f'SUMIFS({matrix.cells("allowance")},{matrix.cells("state")},"{CREDIT_IMPAIRED}")'
        own = matrix.frame.filter(pl.col("state") == CREDIT_IMPAIRED)
        yield check(
            "Provision: one by one",
            f"SUM({specific.cells('allowance')})-{impaired}",
            total(specific.frame, "allowance") - total(own, "allowance"),
            "Allowance of the sheet Specific less that of the credit-impaired on the sheet Provision.",
        )
