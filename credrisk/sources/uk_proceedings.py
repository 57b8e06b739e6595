"""Kinds of events of insolvency proceedings in the United Kingdom, and which notices start a proceeding.

A proceeding shows up in many filings and notices: resolution, liquidator, statement of affairs, yearly reports. Only
the one that shows it first is the event; what follows within a year is progress. A winding-up of a solvent company (by
its members, with a declaration of solvency) is no insolvency, and an appointment of a liquidator alone does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

__all__ = ["ENDED", "LIQUIDATOR", "PROGRESS", "STARTS", "first_of_each", "one_per_key"]

PROGRESS, ENDED, LIQUIDATOR = "proceedings_progress", "insolvency_ended", "liquidator_appointed"

STARTS = frozenset(
    {
        "administration",
        "administration_order",
        "administrative_receiver",
        "corporate_voluntary_arrangement",
        "creditors_voluntary_liquidation",
        "foreign_insolvency",
        "insolvency",
        "liquidation",
        "members_voluntary_liquidation",
        "moratorium",
        "receivership",
        "receivership_scotland",
        "winding_up_order",
    }
)
"""Kinds that start a proceeding. A petition starts none, and every petition counts."""

SAME_PROCEEDING = timedelta(days=365)


def first_of_each(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the events by day, the later ones of a proceeding as progress.

    A kind of :data:`STARTS` stays only when no event of that kind became known in the year before. What is decided
    for a day rests on that day and the days before.
    """
    last: dict[str, date] = {}
    judged = []
    for event in sorted(events, key=lambda event: (event["known_at"], event["happened_on"], event["kind"])):
        kind, day = event["kind"], event["known_at"]
        if kind in STARTS:
            known = last.get(kind)
            last[kind] = day
            if known is not None and day - known <= SAME_PROCEEDING:
                event = {**event, "kind": PROGRESS}
        judged.append(event)
    return judged


def one_per_key(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one event for a kind, day and address: the texts of several are joined."""
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in events:
        key = (event["kind"], event["happened_on"], event["known_at"], event["url"])
        other = joined.get(key)
        if other is None:
            joined[key] = event
        elif event["text"] not in other["text"].split("; "):
            joined[key] = {**other, "text": f"{other['text']}; {event['text']}"}
    return list(joined.values())
