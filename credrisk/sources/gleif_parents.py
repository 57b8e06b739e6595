"""Parents of legal entities: as events with a text that reads back into a frame, and as the ledger's own parents.

A parent is who consolidates the entity in its accounts. Most entities name none and say why (``NATURAL_PERSONS``: owned
by persons; ``NON_CONSOLIDATING``, ``NO_KNOWN_PERSON``: nobody consolidates it; ``NON_PUBLIC``: it may not be told).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.frames import as_polars, given_out
from credrisk.sources.gleif_changes import Modification, Parent
from credrisk.sources.gleif_events import record_url
from credrisk.sources.gleif_records import LeiRecord
from credrisk.sources.gleif_values import day_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PARENT_KINDS", "exception_event", "parent_event", "parent_history", "parents"]

PARENT_KINDS = ("direct_parent", "ultimate_parent")
"""Kinds of the events; with ``parent_exception`` they belong to no family, for they are states, not happenings."""

FIRST_PARENTS = date(2017, 5, 1)
"""GLEIF began to collect parents in May 2017."""

EXCEPTION_REASON = "repex:Exception/repex:ExceptionReason"
TEXT = r"^LEI ([0-9A-Z]{20}): (.*)$"


def parent_event(
    record: LeiRecord, parent: Parent, name: str, log: Sequence[Modification], *, retrieved_at: date
) -> dict[str, Any]:
    """Return a parent as an event: it happened when the relationship began, and was known when it was published.

    Its registration counts where it can be that of the relationship: not the identifier's own, not before the
    relationship or before parents were collected. Else the first change of it in the log, or its last update: later
    than the truth, never before it.
    """
    registered, updated = day_of(parent.first_registered), day_of(parent.last_updated)
    assert registered is not None  # noqa: S101 - both are moments
    assert updated is not None  # noqa: S101
    own = parent.first_registered != record.first_registered
    if own and registered >= max(FIRST_PARENTS, parent.valid_from or FIRST_PARENTS):
        published = [registered + timedelta(days=1)]
    else:
        published = [line.published for line in log if _about(line, parent)] + [updated + timedelta(days=1)]
    known_at = min(*published, retrieved_at)
    return {
        "lei": record.lei,
        "kind": f"{parent.kind}_parent",
        "happened_on": min(parent.valid_from or known_at, known_at),
        "known_at": known_at,
        "url": record_url(record.lei),
        "text": f"LEI {parent.lei}: {name}",
    }


def _about(line: Modification, parent: Parent) -> bool:
    kind = {"direct": "IS_DIRECTLY_CONSOLIDATED_BY", "ultimate": "IS_ULTIMATELY_CONSOLIDATED_BY"}[parent.kind]
    return line.context.get("endNode") == parent.lei and line.context.get("relationshipType") == kind


def exception_event(
    lei: str, kind: str, category: str, reason: str, log: Sequence[Modification], *, retrieved_at: date
) -> dict[str, Any]:
    """Return why no parent is named; known from today where the log of changes does not date it."""
    published = [
        line.published
        for line in log
        if line.field.endswith(EXCEPTION_REASON)
        and line.new == reason
        and line.context.get("exceptionCategory") == category
    ]
    known_at = max(published, default=retrieved_at)
    return {
        "lei": lei,
        "kind": "parent_exception",
        "happened_on": known_at,
        "known_at": known_at,
        "url": f"{record_url(lei)}/{kind}-parent",
        "text": f"no {kind} parent: {reason.lower().replace('_', ' ')}",
    }


def parents(events: pl.DataFrame | pd.DataFrame, *, output: str = "pandas") -> Any:
    """Return the parents that GLEIF names, from its events.

    Parameters
    ----------
    events
        Rows of the ledger's table ``events``, those of other sources among them.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``parent_lei``, ``parent_name``, ``kind`` (``direct`` or ``ultimate``), ``valid_from``,
        ``known_at``, ``url``; sorted.
    """
    frame = as_polars(events, "events").filter(pl.col("source") == "gleif", pl.col("kind").is_in(PARENT_KINDS))
    text = pl.col("text").cast(pl.String)
    found = frame.select(
        "customer_id",
        parent_lei=text.str.extract(TEXT, 1),
        parent_name=text.str.extract(TEXT, 2),
        kind=pl.col("kind").str.strip_suffix("_parent"),
        valid_from="happened_on",
        known_at="known_at",
        url="url",
    )
    return given_out(found.sort("customer_id", "kind", "known_at", "parent_lei"), output)


def parent_history(
    parents: pl.DataFrame | pd.DataFrame, customers: pl.DataFrame | pd.DataFrame, *, output: str = "pandas"
) -> Any:
    """Return rows of the ledger's ``customer_history`` (``parent_id``) for parents that are customers themselves.

    The direct parent counts, else the ultimate one. A parent with several accounts is its first by ``customer_id``.
    Rows are recorded on the day on which GLEIF made the parent known.
    """
    accounts = as_polars(customers, "customers").select(value="customer_id", parent_lei="lei").drop_nulls()
    accounts = accounts.sort("value").unique("parent_lei", keep="first", maintain_order=True)
    found = (
        as_polars(parents, "parents")
        .join(accounts, on="parent_lei", how="inner")
        .filter(pl.col("customer_id") != pl.col("value"))
        .sort("customer_id", "kind", "known_at", descending=[False, False, True])
        .unique("customer_id", keep="first", maintain_order=True)
        .select(
            "customer_id",
            attribute=pl.lit("parent_id"),
            value="value",
            valid_from="valid_from",
            recorded_at="known_at",
        )
    )
    return given_out(found, output)
