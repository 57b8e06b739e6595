"""The pack with what was decided before: limits and the supervisor's hand as the decision log holds them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.decisions.decided_limits import decided_limits
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.supervisor_hand import hand_of, with_hand
from credrisk.reports.book import Book
from credrisk.wording import money

__all__ = ["with_decisions"]


def with_decisions(book: Book, log: DecisionLog) -> Book:
    """Return the pack with a column ``logged`` of the limits, and ``hand`` of the queue: what was decided, in words.

    Entries written after the day of the pack are not seen. The recommendations and the queue stay those of the run.

    Raises
    ------
    DataError, ParameterError
        When there is no such log, or it is no decision log.
    """
    entries = log.read()
    limits, queue = book.limits, book.queue
    if "customer_id" in limits.columns:
        decided = decided_limits(entries, as_of=book.as_of, currency=book.currency)
        said = [
            f"{money(row['limit'], book.currency)} by {row['author']} on {row['decided_on']} (entry {row['entry']})"
            for row in decided.iter_rows(named=True)
        ]
        words = decided.select("customer_id", logged=pl.Series(said, dtype=pl.String))
        limits = limits.join(words, on="customer_id", how="left", maintain_order="left")
    if "customer_id" in queue.columns:
        hands = with_hand(queue.select("customer_id"), hand_of(log, as_of=book.as_of), as_of=book.as_of)
        queue = queue.with_columns(hands["hand"])
    return replace(book, limits=limits, queue=queue)
