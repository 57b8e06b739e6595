"""Ledgers that hold what is open and no payment: what nobody can learn from them, and what is said instead.

In a list of open items the invoices that were paid are missing. Of the sales of a month only what nobody paid is left,
so days of sales outstanding are as long as the ledger, and every invoice looks late.
"""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.probabilities import Estimate

__all__ = ["NO_PAYMENT", "holds_no_payment", "without_dso", "without_lateness"]

NO_PAYMENT = (
    "The ledger holds no payment, so the invoices that were paid are not in it. DSO and the probability of being late "
    "are not measured, and what looks late is late among the open items alone: add payments, or invoices with the day "
    "on which they were paid."
)


def holds_no_payment(ledger: Ledger) -> bool:
    """Tell whether nothing is known to have been received."""
    return ledger.table("receipts").is_empty()


def without_lateness(found: Estimate) -> Estimate:
    """Return the estimate of being late that such a ledger gives: none, and why."""
    if found.model is None:
        return found
    reason = "the ledger holds no payment, so it lacks the invoices that were paid in time"
    return Estimate("late30", None, None, pl.DataFrame(), pl.DataFrame(), reason)


def without_dso(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose days of sales outstanding are null, as not measured."""
    return frame.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in frame.schema.items() if "dso" in name.split("_")
    )
