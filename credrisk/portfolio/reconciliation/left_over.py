"""Cash that was never applied and credits that were never used: who they belong to and how old they are."""

from __future__ import annotations

import polars as pl

from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.noticed import ROWS, Noticed, noticed

__all__ = ["left_over"]


def left_over(day: Day, *, unapplied_days: int, credit_days: int) -> list[Noticed]:
    """Return cash of customers never billed, cash unapplied for long, and credits open for long.

    Cash paid back without a link to a receipt is taken from the oldest unapplied cash of its customer. A receipt whose
    open rest is the open amount of exactly one item of its customer names that item.
    """
    items, cash, as_of = day.items, day.cash, day.as_of
    fitting = (
        items.filter(pl.col("amount") > 0)
        .group_by("customer_id", "currency", "amount")
        .agg(pl.len(), fits=pl.col("document_id").first())
        .filter(pl.col("len") == 1)
        .drop("len")
    )
    old_cash = (
        _after_refunds(cash)
        .filter((pl.lit(as_of) - pl.col("date")).dt.total_days() > unapplied_days)
        .join(fitting, on=["customer_id", "currency", "amount"], how="left")
        .with_columns(
            id="receipt_id",
            note=pl.when(pl.col("fits").is_not_null()).then(pl.concat_str(pl.lit("fits the open document "), "fits")),
        )
    )
    old_credits = (
        items.filter(pl.col("amount") < 0)
        .filter((pl.lit(as_of) - pl.col("document_date")).dt.total_days() > credit_days)
        .with_columns(id="document_id", date="document_date", note=pl.col("document_kind").cast(pl.String))
    )
    stray = cash.join(day.seen.table("documents"), on="customer_id", how="anti")
    return [
        *noticed(
            stray.select("customer_id", "date", "amount", "currency", id="receipt_id", note=pl.lit(None)),
            "warning",
            "receipts",
            "cash_without_documents",
            "unapplied cash is of customers that were never billed.",
            remedy="look for the invoices under another account, and move the cash there; else pay it back.",
        ),
        *noticed(
            old_cash.select(*ROWS),
            "warning",
            "receipts",
            "unapplied_cash_old",
            f"cash has been unapplied for more than {unapplied_days} days.",
            remedy="apply it in the ERP (the workbook names the open document where exactly one fits), or pay it back; "
            "until then its customers look later than they are.",
        ),
        *noticed(
            old_credits.select(*ROWS),
            "warning",
            "documents",
            "credits_old",
            f"credits have been open for more than {credit_days} days.",
            remedy="set them off, pay them back, or ask the lawyers what becomes of unclaimed credits; they must not "
            "lower the balance for ever.",
        ),
    ]


def _after_refunds(cash: pl.DataFrame) -> pl.DataFrame:
    """Return what is left of receipts when cash paid back without a link is taken from the oldest of its customer."""
    place = ("customer_id", "currency")
    amount = pl.col("amount")
    reached = amount.clip(lower_bound=0).cum_sum().over(place) + amount.clip(upper_bound=0).sum().over(place)
    left = cash.sort(*place, "date", "receipt_id").with_columns(reached=reached)
    return left.filter(amount > 0, pl.col("reached") > 0).with_columns(amount=pl.min_horizontal("amount", "reached"))
