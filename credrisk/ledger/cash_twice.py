"""Whether the cash of a ledger is in it twice: applied as it should be, and once more as cash that pays nothing."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["cash_twice"]

DAYS_APART = 5
"""Between a payment in one list and the same payment in another."""
SHARE = 0.8
"""Of the unapplied cash that has a twin. Customers do pay twice, but not all that is on account is that."""
FEWEST = 20


def cash_twice(ledger: Ledger, unapplied: pl.DataFrame) -> list[Finding]:
    """Return an error for each currency in which the unapplied cash is the applied cash over again.

    A receipt is a twin where exactly half of it is applied (two lists with one number became one receipt), or where
    nothing of it is applied and another receipt of its customer over the same amount, at most five days apart, is
    applied in full. At least 20 twins must make up four fifths of the unapplied cash.

    Parameters
    ----------
    unapplied
        What is left of each receipt: ``receipt_id, currency, left``, in minor units.
    """
    receipts = (
        ledger.table("receipts")
        .filter(pl.col("amount") > 0)
        .join(unapplied.select("receipt_id", "currency", "left"), on=["receipt_id", "currency"])
    )
    loose = receipts.filter(pl.col("left") > 0)
    if loose.height < FEWEST:
        return []
    key = ["customer_id", "currency", "amount"]
    applied = receipts.filter(pl.col("left") == 0).select(*key, other="date", twin="receipt_id")
    near = (pl.col("date") - pl.col("other")).dt.total_days().abs() <= DAYS_APART
    pairs = loose.filter(pl.col("left") == pl.col("amount")).join(applied, on=key).filter(near)
    # Of several that might be the twin each is taken once, so that a monthly rent has no more twins than payments.
    matched = pairs.sort("receipt_id", "twin").unique("twin", keep="first").unique("receipt_id", keep="first")
    halves = loose.filter(2 * pl.col("left") == pl.col("amount"))
    twins = pl.concat(
        [halves.select("receipt_id", "currency", "left"), matched.select("receipt_id", "currency", "left")]
    )
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
