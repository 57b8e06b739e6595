"""In how many days each account is expected to pay, learnt from the ledger's newest history, or why that is not known.

The queue bounds by it what a contact can still win. The model is fitted lean: the newest two years of items, a quarter
of the rows and a third of the trees that a forecast of cash is fitted with, since only the mean of each account counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger
from credrisk.models.days_to_pay import expected_days_to_pay
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming

__all__ = ["PaymentDays", "payment_days"]

NEWEST_MONTHS = 24
"""Items opened within so many months are learnt from; the customers' habits are taken from all."""

MOST_ITEMS, MOST_ROWS, TREES = 5_000, 80_000, 100

SCHEMA = {"customer_id": pl.String, "expected_days_to_pay": pl.Float64}


@dataclass(frozen=True)
class PaymentDays:
    """When accounts are expected to pay.

    Attributes
    ----------
    timing
        The fitted model of the day of payment; None where the ledger's history allows none.
    days
        ``customer_id, expected_days_to_pay`` of the accounts with something open, days from the as-of date.
    note
        In words where it is not known; empty where it is.
    """

    timing: PaymentTiming | None
    days: pl.DataFrame
    note: str = ""


def payment_days(ledger: Ledger, *, as_of: date) -> PaymentDays:
    """Learn from a ledger cut at ``as_of`` in how many days each account is expected to pay.

    Items in another currency weigh by their value in the ledger's. Nothing that became known later is looked at.
    """
    items = payment_items(ledger, as_of=as_of)
    newest = items.filter(pl.col("opened_on") > months_after(as_of, -NEWEST_MONTHS))
    try:
        timing = PaymentTiming(max_items=MOST_ITEMS, max_rows=MOST_ROWS, trees=TREES).fit(newest, as_of=as_of)
    except EvidenceError as none:
        note = f"In how many days accounts will pay is not measured, so the queue uses the policy's days alone: {none}"
        return PaymentDays(None, pl.DataFrame(schema=SCHEMA), note)
    worth = _in_ledger_currency(items, ledger, as_of)
    return PaymentDays(timing, expected_days_to_pay(timing.distribution(items, as_of=as_of), worth, as_of=as_of))


def _in_ledger_currency(items: pl.DataFrame, ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Return the items with their open amounts at the last rate up to ``as_of``; null where there is none."""
    rates = ledger.table("rates").filter(pl.col("date") <= as_of).sort("currency", "date")
    latest = rates.unique("currency", keep="last", maintain_order=True).select("currency", "rate")
    rate = pl.when(pl.col("currency") == ledger.settings.currency).then(1.0).otherwise("rate")
    joined = items.join(latest, on="currency", how="left", maintain_order="left")
    return joined.with_columns(open_amount=pl.col("open_amount") * rate)
