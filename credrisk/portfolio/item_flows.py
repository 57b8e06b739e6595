"""What became of each open item, movement by movement: cash, credit note, write-off, deduction, ...

A movement changes what is left above 0 on its item by what it adds to or takes from it there: of 100 paid on an item of
80, 80 are collected and 20 become a credit. The changes of an item add up to what is left above 0 on it, whatever comes
in between, so every bridge from an opening to a closing balance adds up to the cent.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.written_off import with_written_off

__all__ = ["OUTCOMES", "owed_changes"]

OUTCOMES = ("paid", "credited", "written_off", "deducted", "discounted", "offset", "other")
"""What may become of a debit: cash (payments and recoveries less what was paid back), credit notes, write-offs less
what was taken back of them, deductions, discounts, set-offs, and the rest (exchange differences, other reversals)."""

_NAMES = {
    "payment": "paid",
    "recovery": "paid",
    "credit_note": "credited",
    "write_off": "written_off",
    "deduction": "deducted",
    "discount": "discounted",
    "offset": "offset",
}


def _outcome() -> pl.Expr:
    """Return the outcome of a movement of which nothing takes back a write-off.

    A reversal that comes from a receipt is cash given back. What a credit note pays is credited even where the books
    call it a payment.
    """
    kind, source = pl.col("kind"), pl.col("from_kind")
    return (
        pl.when(kind == "document")
        .then(pl.lit("opened"))
        .when(source == "document")
        .then(pl.lit("credited"))
        .when((kind == "reversal") & (source == "receipt"))
        .then(pl.lit("paid"))
        .otherwise(kind.replace_strict(_NAMES, default="other", return_dtype=pl.String))
    )


def _told_apart(moves: pl.DataFrame) -> pl.DataFrame:
    """Return the movements with their ``outcome``; what takes back a write-off apart from the rest of its reversal."""
    split = pl.col("kind").eq("reversal") & pl.col("taken_back").gt(0)
    numbered = moves.with_row_index("place").with_columns(outcome=_outcome(), part=pl.lit(1))
    back = numbered.filter(split).with_columns(amount="taken_back", outcome=pl.lit("written_off"), part=pl.lit(0))
    rest = numbered.with_columns(amount=pl.col("amount") - pl.when(split).then("taken_back").otherwise(0))
    return pl.concat([back, rest]).sort("place", "part")


def owed_changes(ledger: Ledger) -> pl.DataFrame:
    """Return every change of what is left above 0 on items other than fee notes for late payment.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, document_kind, document_date, due_date, entered, outcome, date,
        event_date, change``: ``entered`` is the day from which the document could be seen, ``outcome`` is ``opened`` or
        one of :data:`OUTCOMES`, ``date`` the day from which the movement could be seen, ``change`` Int64 minor units,
        positive when it raises what is owed. Movements that change nothing there are left out. Sorted by document and
        day; on one day the document comes first.
    """
    first = (pl.col("kind") != "document").alias("first")
    moves = (
        _told_apart(with_written_off(item_movements(ledger).filter(pl.col("document_kind") != "late_fee")))
        .with_columns(item=pl.col("document_id").rle_id())
        .sort("item", "date", first, maintain_order=True)
    )
    amount = moves["amount"].to_numpy()
    item = moves["item"].to_numpy().astype(np.int64)
    running = np.cumsum(amount, dtype=np.int64)
    begins = np.diff(item, prepend=-1) != 0
    left = running - (running - amount)[begins][item]
    level = np.maximum(left, 0)
    before = np.where(begins, 0, np.concatenate([np.zeros(1, dtype=np.int64), level[:-1]])[: len(level)])
    return (
        moves.with_columns(
            entered=pl.col("date").first().over("item"),
            change=pl.Series(level - before, dtype=pl.Int64),
        )
        .filter(pl.col("change") != 0)
        .select(
            "document_id",
            "customer_id",
            "currency",
            "document_kind",
            "document_date",
            "due_date",
            "entered",
            "outcome",
            "date",
            "event_date",
            "change",
        )
    )
