"""GLEIF's legal entity records: names, address, status, events, and whether parents are named.

``entity.status`` is about the company, ``registration.status`` about the paperwork of its identifier: LAPSED only means
that the yearly fee was not paid.
"""

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
    moment_of,
    required_moment,
    shaped,
    text_of,
    text_or_none,
)

__all__ = ["NAME_KINDS", "EntityEvent", "LeiRecord", "Name", "read_record", "read_records"]

NAME_KINDS = {
    "PREVIOUS_LEGAL_NAME": "former",
    "TRADING_OR_OPERATING_NAME": "trade",
}
"""Types of names that are more than another spelling; every other type reads as ``other``."""


@dataclass(frozen=True)
class Name:
    """A name of an entity: ``legal``, ``former``, ``trade`` or ``other`` (translated, transliterated)."""

    name: str
    kind: str


@dataclass(frozen=True)
class EntityEvent:
    """A legal entity event; ``recorded`` is when its issuer wrote it down, which is before anybody could read it."""

    type: str
    status: str
    effective: date | None
    recorded: datetime | None


@dataclass(frozen=True)
class LeiRecord:
    """What GLEIF says of one entity today."""

    lei: str
    names: tuple[Name, ...]
    address: Mapping[str, str | None]
    legal_form: str | None
    company_number: str | None
    register_authority: str | None
    entity_status: str
    entity_ended: date | None
    registration_status: str
    first_registered: datetime
    renewal_due: date | None
    successors: tuple[str, ...]
    events: tuple[EntityEvent, ...]
    parents: Mapping[str, str]
    """``direct`` and ``ultimate``: ``reported`` or ``exception``; a kind that is missing was not answered for."""

    @property
    def legal_name(self) -> str:
        """The registered name."""
        return self.names[0].name


def read_record(content: Any, *, lei: str) -> LeiRecord:
    """Read a body of ``/lei-records/{lei}``.

    Raises
    ------
    SourceError
        When the body has another shape, or is about another entity.
    """
    record = shaped(lambda: _record(content["data"]), "the record")
    if record.lei != lei:
        raise SourceError(f"the answer is about {record.lei}, not {lei}.")
    return record


def read_records(content: Any) -> list[LeiRecord]:
    """Read a list of records, such as ``/lei-records`` or the children of an entity."""
    return shaped(lambda: [_record(one) for one in listed(content)], "the list of records")


def _record(data: Any) -> LeiRecord:
    attributes = data["attributes"]
    entity, registration = attributes["entity"], attributes["registration"]
    names = [Name(text_of(entity["legalName"]["name"]), "legal")]
    others = (*entity["otherNames"], *entity["transliteratedOtherNames"])
    names += [Name(text_of(one["name"]), NAME_KINDS.get(one["type"], "other")) for one in others]
    successors = [*(entity.get("successorEntities") or []), entity.get("successorEntity") or {}]
    return LeiRecord(
        lei=identifier(attributes["lei"]),
        names=tuple(names),
        address=_address(entity["legalAddress"]),
        legal_form=text_or_none(entity["legalForm"]["id"] or entity["legalForm"]["other"]),
        company_number=text_or_none(entity["registeredAs"]),
        register_authority=text_or_none((entity["registeredAt"] or {}).get("id")),
        entity_status=text_of(entity["status"]),
        entity_ended=day_of(entity["expiration"]["date"]),
        registration_status=text_of(registration["status"]),
        first_registered=required_moment(registration["initialRegistrationDate"]),
        renewal_due=day_of(registration["nextRenewalDate"]),
        successors=tuple(one["name"] or one["lei"] for one in successors if one.get("lei") or one.get("name")),
        events=tuple(_event(one) for group in entity["eventGroups"] for one in group["events"]),
        parents=_parents(data.get("relationships") or {}),
    )


def _address(given: Mapping[str, Any]) -> dict[str, str | None]:
    lines = [line for line in given["addressLines"] if line]
    return {
        "country": text_or_none(given["country"]),
        "postcode": text_or_none(given["postalCode"]),
        "city": text_or_none(given["city"]),
        "street": text_or_none(", ".join(lines)),
    }


def _event(given: Mapping[str, Any]) -> EntityEvent:
    recorded = moment_of(given.get("recordedDate"))
    return EntityEvent(text_of(given["type"]), text_of(given["status"]), day_of(given.get("effectiveDate")), recorded)


def _parents(relationships: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for kind in ("direct", "ultimate"):
        links = (relationships.get(f"{kind}-parent") or {}).get("links") or {}
        if "relationship-record" in links:
            found[kind] = "reported"
        elif "reporting-exception" in links:
            found[kind] = "exception"
    return found
