"""Which receipts still hold cash that waits to be applied, once what was paid back or bounced is set off."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements

__all__ = ["cash_on_hand"]

KEYS = ["customer_id", "currency"]


def cash_on_hand(ledger: Ledger) -> pl.DataFrame:
    """Return the receipts that cash is left of.

    What went back to a customer (a refund, a returned debit: a receipt below zero) is set off against its receipts in
    the same currency: first against the one with the very same amount left, then against the oldest. So the sum over a
    customer is its unapplied cash, where that is above zero.

    Parameters
    ----------
    ledger
        Cut at the day.

    Returns
    -------
    polars.DataFrame
        ``customer_id, currency, receipt_id, received_on, amount`` (Int64 minor units, above 0), by customer, currency,
        day and receipt.
    """
    left = (
        cash_movements(ledger)
        .group_by(*KEYS, "receipt_id")
        .agg(amount=pl.col("amount").sum(), received_on=pl.col("event_date").filter(pl.col("kind") == "receipt").min())
        .filter(pl.col("amount") != 0)
        .sort(*KEYS, "received_on", "receipt_id", nulls_last=True)
        .with_columns(size=pl.col("amount").abs(), comes=pl.col("amount") > 0)
    )
    place = pl.int_range(pl.len()).over(*KEYS, "size", "comes")
    pairs = pl.min_horizontal(
        pl.col("comes").sum().over(*KEYS, "size"), (~pl.col("comes")).sum().over(*KEYS, "size")
    ).cast(pl.Int64)
    unpaired = left.filter(place >= pairs)
    gone = unpaired.filter(~pl.col("comes")).group_by(KEYS).agg(back=pl.col("size").sum())
    here = unpaired.filter("comes").join(gone, on=KEYS, how="left", maintain_order="left")
    before = (pl.col("amount").cum_sum() - pl.col("amount")).over(KEYS)
    taken = (pl.col("back").fill_null(0) - before).clip(lower_bound=0)
    return (
        here.with_columns(amount=(pl.col("amount") - taken).clip(lower_bound=0))
        .filter(pl.col("amount") > 0)
        .select(*KEYS, "receipt_id", "received_on", "amount")
    )
