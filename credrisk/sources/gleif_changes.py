"""GLEIF's relationships to parents, the reasons for naming none, and the dated log of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.gleif_values import (
    day_of,
    identifier,
    listed,
    required_moment,
    shaped,
    text_of,
    text_or_none,
)

__all__ = [
    "Modification",
    "Parent",
    "read_exception",
    "read_modifications",
    "read_parent",
    "read_relationships",
]


@dataclass(frozen=True)
class Parent:
    """Who consolidates an entity in its accounts.

    ``first_registered`` is often the day on which the entity's own identifier was, years before the relationship.
    """

    kind: str
    lei: str
    active: bool
    valid_from: date | None
    first_registered: datetime
    last_updated: datetime


@dataclass(frozen=True)
class Modification:
    """One line of the log of changes: what stood in a field before and after, and the day of publication."""

    record: str
    kind: str
    field: str
    published: date
    old: str | None
    new: str | None
    context: Mapping[str, str]


def read_parent(content: Any, *, lei: str) -> Parent:
    """Read a body of ``/lei-records/{lei}/direct-parent-relationship`` or its ultimate counterpart."""
    child, parent = shaped(lambda: _relationship(content["data"]), "the relationship")
    if child != lei:
        raise SourceError(f"the relationship is about {child}, not {lei}.")
    return parent


def read_relationships(content: Any) -> list[tuple[str, Parent]]:
    """Read a list of relationships, such as those of the children of an entity: each child with its parent."""
    return shaped(lambda: [_relationship(one) for one in listed(content)], "the list of relationships")


def read_exception(content: Any, *, lei: str) -> tuple[str, str]:
    """Read a reporting exception: its category, and why no parent is named."""
    attributes = shaped(lambda: dict(content["data"]["attributes"]), "the reporting exception")
    if attributes.get("lei") != lei:
        raise SourceError(f"the exception is about {attributes.get('lei')}, not {lei}.")
    return shaped(lambda: (text_of(attributes["category"]), text_of(attributes["reason"])), "the reporting exception")


def read_modifications(content: Any, *, lei: str) -> tuple[list[Modification], int, int]:
    """Read a page of ``/lei-records/{lei}/field-modifications``: its lines, and how many lines and pages there are."""

    def parsed() -> tuple[list[Modification], int, int]:
        pages = content["meta"]["pagination"]
        lines = []
        for one in listed(content):
            attributes = one["attributes"]
            if attributes["lei"] != lei:
                raise SourceError(f"a change is about {attributes['lei']}, not {lei}.")
            lines.append(
                Modification(
                    text_of(attributes["recordType"]),
                    text_of(attributes["modificationType"]),
                    text_of(attributes["field"]),
                    required_moment(attributes["date"]).date(),
                    text_or_none(attributes["valueOld"]),
                    text_or_none(attributes["valueNew"]),
                    dict(attributes["context"] or {}),
                )
            )
        return lines, int(pages["total"]), int(pages["lastPage"])

    return shaped(parsed, "the log of changes")


def _relationship(data: Any) -> tuple[str, Parent]:
    attributes = data["attributes"]
    relation, registration = attributes["relationship"], attributes["registration"]
    kind = {"IS_DIRECTLY_CONSOLIDATED_BY": "direct", "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate"}[relation["type"]]
    periods = [one for one in relation["periods"] if one["type"] == "RELATIONSHIP_PERIOD"]
    return identifier(relation["startNode"]["id"]), Parent(
        kind,
        identifier(relation["endNode"]["id"]),
        relation["status"] == "ACTIVE",
        day_of(periods[0]["startDate"]) if periods else None,
        required_moment(registration["initialRegistrationDate"]),
        required_moment(registration["lastUpdateDate"]),
    )
