"""Cut-off: what is dated in one month and was entered in a later one, month by month and row by row."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.tables import TABLES
from credrisk.portfolio.reconciliation.noticed import Noticed, noticed, rows_of_table

__all__ = ["cut_off_by_month", "cut_offs"]

POSTED = ("documents", "receipts", "applications")


def cut_offs(seen: Ledger) -> list[Noticed]:
    """Return the rows that are dated in one month and were entered in a later one."""
    found: list[Noticed] = []
    for name in POSTED:
        late = _late(seen, name)
        note = pl.concat_str(pl.lit("entered on "), pl.col("recorded_at").dt.to_string("%Y-%m-%d"))
        found += noticed(
            rows_of_table(name, late, note),
            "warning",
            name,
            "entered_in_later_month",
            f"{name} are dated in one month and were entered in a later one: month-end reports drawn in between "
            "did not hold them.",
            remedy="close the period in the ERP on the day of the report, or post what comes later with a date of the "
            "open period.",
        )
    return found


def cut_off_by_month(seen: Ledger) -> pl.DataFrame:
    """Return per month of the date, table and currency how much was entered in a later month.

    Returns
    -------
    polars.DataFrame
        ``month_end, table, currency, rows, rows_late, amount, amount_late`` (float64 major units, signed), for the
        months that have such rows.
    """
    parts = []
    for name in POSTED:
        event = TABLES[name].event
        late = pl.col("recorded_at").dt.month_end() > pl.col(event).dt.month_end()
        months = (
            seen.table(name)
            .group_by("currency", month_end=pl.col(event).dt.month_end())
            .agg(
                rows=pl.len().cast(pl.Int64),
                rows_late=late.sum().cast(pl.Int64),
                amount=pl.col("amount").sum(),
                amount_late=pl.col("amount").filter(late).sum(),
            )
            .filter(pl.col("rows_late") > 0)
        )
        parts.append(months.with_columns(table=pl.lit(name)))
    columns = ("month_end", "table", "currency", "rows", "rows_late", "amount", "amount_late")
    whole = pl.concat(parts).select(columns).sort("month_end", "table", "currency", descending=[True, False, False])
    return whole.with_columns(major_units("amount", "currency"), major_units("amount_late", "currency"))


def _late(seen: Ledger, name: str) -> pl.DataFrame:
    event = TABLES[name].event
    return seen.table(name).filter(pl.col("recorded_at").dt.month_end() > pl.col(event).dt.month_end())
