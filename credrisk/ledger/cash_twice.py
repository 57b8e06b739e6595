"""Whether the cash of a ledger is in it twice: applied as it should be, and once more as cash that pays nothing."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["cash_twice"]

DAYS_APART = 5
"""Between a payment in one list and the same payment in another."""
LATE_DAYS = 7
"""What came in within so many days before the ledger's end may wait for its application."""
SHARE = 0.8
"""Of the unapplied cash that has a twin. Customers do pay twice, but not all that is on account is that."""
FEWEST = 20
_KEY = ["customer_id", "currency", "amount"]


def cash_twice(ledger: Ledger, unapplied: pl.DataFrame) -> list[Finding]:
    """Return an error for each currency in which the unapplied cash is the applied cash over again.

    A receipt is a twin where exactly half of it is applied (two lists with one number became one receipt), or where
    nothing of it is applied and another receipt of its customer over the same amount, of the same day or else at most
    five days apart, is applied in full: each has one twin. What came in within a week of the ledger's end counts
    nowhere. At least 20 twins must make up four fifths of the unapplied cash.

    Parameters
    ----------
    unapplied
        What is left of each receipt: ``receipt_id, currency, left``, in minor units.
    """
    receipts = (
        ledger.table("receipts")
        .filter(pl.col("amount") > 0, pl.col("date") <= ledger.settings.covers_to - timedelta(days=LATE_DAYS))
        .join(unapplied.select("receipt_id", "currency", "left"), on=["receipt_id", "currency"])
    )
    loose = receipts.filter(pl.col("left") > 0)
    if loose.height < FEWEST:
        return []
    halves = loose.filter(2 * pl.col("left") == pl.col("amount"))
    whole = loose.filter(pl.col("left") == pl.col("amount"))
    columns = ["receipt_id", "currency", "left"]
    twins = pl.concat([halves.select(columns), _paired(whole, receipts.filter(pl.col("left") == 0)).select(columns)])
    sums = (
        loose.group_by("currency")
        .agg(whole=pl.col("left").sum())
        .join(twins.group_by("currency").agg(twins=pl.len(), money=pl.col("left").sum()), on="currency")
        .filter(pl.col("twins") >= FEWEST, pl.col("money") >= SHARE * pl.col("whole"))
    )
    return [
        _finding(row["currency"], twins.filter(pl.col("currency") == row["currency"]), row["money"])
        for row in sums.sort("currency").iter_rows(named=True)
    ]


def _paired(loose: pl.DataFrame, applied: pl.DataFrame) -> pl.DataFrame:
    """Return the loose receipts that have a twin of their own: of the same day first, then by their order in time."""
    own, other = _ranked(loose, "date"), _ranked(applied, "date")
    on_day = own.join(other, on=[*_KEY, "date", "rank"], how="semi")
    taken = other.join(own, on=[*_KEY, "date", "rank"], how="semi")
    rest, left = loose.join(on_day, on="receipt_id", how="anti"), applied.join(taken, on="receipt_id", how="anti")
    in_order = _ranked(rest).join(_ranked(left).select(*_KEY, "rank", other="date"), on=[*_KEY, "rank"])
    near = in_order.filter((pl.col("date") - pl.col("other")).dt.total_days().abs() <= DAYS_APART)
    return pl.concat([on_day.select(loose.columns), near.select(loose.columns)])


def _ranked(receipts: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Number the receipts of one customer, currency and amount in their order."""
    return receipts.sort("date", "receipt_id").with_columns(rank=pl.int_range(pl.len()).over(*_KEY, *more))


def _finding(currency: str, twins: pl.DataFrame, money: int) -> Finding:
    amount = money / minor_factor(currency)
    return Finding(
        "error",
        "receipts",
        "cash_twice",
        f"cash is in the ledger twice: {amount:,.2f} that pays nothing is also there as cash that was applied. What "
        "customers owe is too low by it.",
        twins.height,
        few(twins["receipt_id"]),
        amount,
        currency,
        "read payments from one file: where one lists receipts and another what they paid, the first is receipts, the "
        "second applications (docs/data-model.md).",
        twins,
    )
