"""Ledgers that hold what is open alone: what nobody can learn from them, and what is said instead.

In a list of open items the invoices that were paid are missing. Of the sales of a month only what nobody paid is left,
so days of sales outstanding are as long as the ledger, and every invoice looks late.
"""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.probabilities import Estimate

__all__ = ["NO_DSO", "ONLY_OPEN", "no_invoice_settled", "without_dso", "without_lateness"]

ONLY_OPEN = (
    "No invoice of the ledger was ever settled: it is a list of what is open, and the invoices that were paid are not "
    "in it. DSO and the probability of being late are not measured, and what looks late is late among the open items "
    "alone: add the invoices that were paid, with their payments or the day on which they were paid."
)
NO_DSO = ("not measured", "no invoice was ever settled: a list of open items")
"""The figure among the key figures, and its note."""


def no_invoice_settled(ledger: Ledger) -> bool:
    """Tell whether no invoice was ever settled in full, be it by payments, credit notes or otherwise."""
    paid = ledger.table("applications").group_by(document_id="to_document_id").agg(applied=pl.col("amount").sum())
    owed = ledger.table("documents").filter(pl.col("amount") > 0).join(paid, on="document_id", how="left")
    return not bool((owed["applied"] >= owed["amount"]).any())


def without_lateness(found: Estimate) -> Estimate:
    """Return the estimate of being late that such a ledger gives: none, and why."""
    if found.model is None:
        return found
    reason = "no invoice of the ledger was ever settled, so it lacks those that were paid in time"
    return Estimate("late30", None, None, pl.DataFrame(), pl.DataFrame(), reason)


def without_dso(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame whose days of sales outstanding are null, as not measured."""
    return frame.with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in frame.schema.items() if "dso" in name.split("_")
    )
