"""What the readers and the checks noticed: severity, place, rows, money and the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.frames import given_out
from credrisk.ledger.money import minor_factor

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SEVERITIES", "Check", "Finding", "by_currency", "few", "sorted_findings"]

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""

IDS_SHOWN = 5
_IDS_LOOKED_AT = 100


@dataclass(frozen=True)
class Finding:
    """One thing noticed about a ledger.

    Attributes
    ----------
    severity
        ``error``: figures are wrong or missing because of it; ``warning``: look before relying on figures that touch
        it; ``note``: a declared rule was applied, for the record.
    table
        The table it concerns ("" for the whole ledger).
    code
        Short stable name, e.g. ``over_applied``.
    message
        What was seen, in words.
    rows
        How many rows are concerned.
    ids
        Up to five ids, the first in their order.
    money
        Amount concerned in major units of ``currency``; None where money does not come into it.
    currency
        Currency of ``money`` ("" without money).
    remedy
        What to do ("" where nothing need be done).
    evidence
        The rows themselves where a check kept them: of the table, amounts in minor units. No part of equality.
    """

    severity: Severity
    table: str
    code: str
    message: str
    rows: int = 0
    ids: tuple[str, ...] = ()
    money: float | None = None
    currency: str = ""
    remedy: str = ""
    evidence: pl.DataFrame | None = field(default=None, compare=False, repr=False)


def few(ids: pl.Series) -> tuple[str, ...]:
    """Return the first five different ids of a column, in the order of the ids."""
    texts = ids.drop_nulls().cast(pl.String)
    texts = texts.filter(texts != "")
    first = texts.bottom_k(_IDS_LOOKED_AT).unique()  # of a large column the order of all would cost more than the rest
    if first.len() < IDS_SHOWN and texts.len() > _IDS_LOOKED_AT:
        first = texts.unique()
    return tuple(first.sort().head(IDS_SHOWN).to_list())


def by_currency(
    rows: pl.DataFrame, severity: Severity, table: str, code: str, message: str, *, ids: str, remedy: str = ""
) -> list[Finding]:
    """Return a finding for each currency of some rows (``currency, amount`` in minor units), named by a column."""
    return [
        Finding(
            severity,
            table,
            code,
            message,
            part.height,
            few(part[ids]),
            int(part["amount"].sum()) / minor_factor(str(currency)),
            str(currency),
            remedy,
        )
        for (currency,), part in sorted(rows.group_by("currency"), key=lambda group: str(group[0][0]))
    ]


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings worst first, then by money (largest first), then by table, code, currency and message."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                SEVERITIES.index(f.severity),
                -abs(f.money or 0.0),
                f.table,
                f.code,
                f.currency,
                f.message,
                f.ids,
            ),
        )
    )


@dataclass(frozen=True)
class Check:
    """The findings of a ledger and its tie-outs.

    Attributes
    ----------
    findings
        Sorted by severity, then money.
    intake
        Per table and currency: rows and money read, kept, quarantined and derived.
    balances
        Per currency: documents, applications, open items and the sum of the items' residuals, with the difference.
    """

    findings: tuple[Finding, ...]
    intake: pl.DataFrame = field(default_factory=pl.DataFrame)
    balances: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def worst(self) -> Severity | None:
        """The worst severity found, or None when nothing was found."""
        return min((f.severity for f in self.findings), key=SEVERITIES.index, default=None)

    @overload
    def to_frame(self, *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def to_frame(self, *, output: Literal["polars"]) -> pl.DataFrame: ...
    def to_frame(self, *, output: str = "pandas") -> Any:
        """Return the findings as a table, worst first; ``ids`` is one text, separated by commas."""
        frame = pl.DataFrame(
            [
                (f.severity, f.table, f.code, f.message, f.rows, ", ".join(f.ids), f.money, f.currency, f.remedy)
                for f in self.findings
            ],
            schema={
                "severity": pl.String,
                "table": pl.String,
                "code": pl.String,
                "message": pl.String,
                "rows": pl.Int64,
                "ids": pl.String,
                "money": pl.Float64,
                "currency": pl.String,
                "remedy": pl.String,
            },
            orient="row",
        )
        return given_out(frame, output)
