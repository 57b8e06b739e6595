"""A finding with every row it speaks of: the page names the first ids, the workbook all of them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.ledger.findings import Finding, Severity, few
from credrisk.ledger.money import minor_factor
from credrisk.ledger.tables import TABLES

__all__ = ["ROWS", "Noticed", "noticed", "rows_of_table"]

ROWS: dict[str, type[pl.DataType]] = {
    "id": pl.String,
    "customer_id": pl.String,
    "date": pl.Date,
    "amount": pl.Int64,
    "currency": pl.String,
    "note": pl.String,
}
"""Columns of the rows of a finding; ``amount`` in minor units, null like the currency where there is no money in it."""


@dataclass(frozen=True)
class Noticed:
    """One finding and its rows (:data:`ROWS`)."""

    finding: Finding
    rows: pl.DataFrame


def noticed(
    rows: pl.DataFrame,
    severity: Severity,
    table: str,
    code: str,
    message: str,
    *,
    remedy: str,
    stake: str = "amount",
) -> list[Noticed]:
    """Return one finding per currency of the rows; none without rows.

    Parameters
    ----------
    rows
        With the columns of :data:`ROWS`, and ``stake`` where the money of the finding is another column.
    stake
        Column summed up as the money of the finding (minor units).
    """
    found = []
    for (currency,), part in sorted(rows.group_by("currency"), key=lambda group: str(group[0][0] or "")):
        code_of = str(currency or "")
        money = int(part[stake].sum()) / minor_factor(code_of) if code_of else None
        finding = Finding(severity, table, code, message, part.height, few(part["id"]), money, code_of, remedy)
        found.append(Noticed(finding, part.select(*ROWS).cast(ROWS).sort("id", "date", nulls_last=True)))  # type: ignore[arg-type]
    return found


def rows_of_table(table: str, frame: pl.DataFrame, note: str | pl.Expr = "") -> pl.DataFrame:
    """Return rows of a table of the ledger in the columns of :data:`ROWS`; an application goes by its document.

    Rows without the table's own id go by their customer.
    """
    declared = TABLES[table]
    key = "to_document_id" if table == "applications" else declared.key[0]
    key = key if key in frame.columns else "customer_id"
    nothing = pl.lit(None)
    own = {
        "id": pl.col(key),
        "customer_id": pl.col("customer_id") if "customer_id" in frame.columns else nothing,
        "date": pl.col(declared.event) if declared.event in frame.columns else nothing,
        "amount": pl.col("amount") if "amount" in frame.columns else nothing,
        "currency": pl.col("currency") if {"amount", "currency"} <= set(frame.columns) else nothing,
        "note": pl.lit(note) if isinstance(note, str) else note,
    }
    return frame.select(expression.cast(ROWS[name]).alias(name) for name, expression in own.items())
