"""Whose account it is over a period, what it owed at both ends of it and what came in between, account by account."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.contact_state import collectors
from credrisk.decisions.promise_state import CAME
from credrisk.features.item_rows import BILLED
from credrisk.ledger.ledger import Ledger

__all__ = ["NOBODY", "account_balances", "account_owners"]

NOBODY = "nobody"
"""The collector of an account that no collector is on file for."""


def account_owners(ledger: Ledger, *, start: date, end: date) -> pl.DataFrame:
    """Return ``customer_id, collector`` for every customer known at ``end``.

    It is the collector on file at the end of ``start``, the day before the period begins, so that an account handed
    over during the period stays with whom it began; for accounts that had none yet, the first one known at ``end``.
    """
    then, now = (
        collectors(ledger.cut(day)).filter(pl.col("collector").is_not_null()).rename({"collector": name})
        for day, name in ((start, "then"), (end, "now"))
    )
    return (
        ledger.cut(end)
        .table("customers")
        .select("customer_id")
        .join(then, on="customer_id", how="left")
        .join(now, on="customer_id", how="left")
        .select("customer_id", collector=pl.coalesce("then", "now", pl.lit(NOBODY)))
        .sort("customer_id")
    )


def account_balances(ledger: Ledger, movements: pl.DataFrame, *, start: date, end: date) -> pl.DataFrame:
    """Return what each account owed at the ends of a period, what was invoiced and what cash was applied.

    Parameters
    ----------
    ledger
        Cut at ``end``.
    movements
        Its item movements.
    start, end
        The last day before the period, and its last day.

    Returns
    -------
    polars.DataFrame
        ``customer_id``; ``opening, closing`` (what is left above 0 on invoices and debit notes; fee notes, requests for
        down payments and credits are left out), ``opening_past_due, closing_past_due, closing_not_due``,
        ``opening_over_60, opening_over_90, closing_over_60, closing_over_90`` (days past due), ``invoiced`` (documents
        that became visible in the period) and ``cash`` (payments and recoveries applied in it, less what went back).
        Major units of the ledger's currency, all at the last rate up to ``end``, so that a move of a rate is no
        collection.
    """
    billed = movements.filter(pl.col("document_kind").is_in(BILLED))
    within = billed.filter((pl.col("date") > start) & (pl.col("date") <= end))
    flows = within.group_by("customer_id", "currency").agg(
        invoiced=pl.col("amount").filter(pl.col("kind") == "document").sum(),
        cash=-pl.col("amount").filter(CAME).sum(),
    )
    opening = _left(billed, start, "opening")
    closing = _left(billed, end, "closing")
    key = ["customer_id", "currency"]
    both = opening.join(closing, on=key, how="full", coalesce=True).join(flows, on=key, how="full", coalesce=True)
    amounts = [name for name in both.columns if name not in key]
    return (
        in_ledger_currency(both.with_columns(pl.col(*amounts).fill_null(0)), amounts, ledger, end)
        .sort(key)
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col(*amounts).sum())
    )


def _left(billed: pl.DataFrame, day: date, name: str) -> pl.DataFrame:
    left = (
        billed.filter(pl.col("date") <= day)
        .group_by("document_id")
        .agg(pl.col("customer_id", "currency", "due_date").first(), pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .with_columns(late=(pl.lit(day) - pl.col("due_date")).dt.total_days())
    )
    return left.group_by("customer_id", "currency").agg(
        pl.col("amount").sum().alias(name),
        pl.col("amount").filter(pl.col("late") <= 0).sum().alias(f"{name}_not_due"),
        *(
            pl.col("amount").filter(pl.col("late") > days).sum().alias(f"{name}_{words}")
            for days, words in ((0, "past_due"), (60, "over_60"), (90, "over_90"))
        ),
    )
