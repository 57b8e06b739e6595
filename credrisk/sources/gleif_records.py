"""GLEIF's bodies: legal entity records, relationships to parents, reporting exceptions and the log of changes.

``entity.status`` is about the company, ``registration.status`` about the paperwork of its identifier: LAPSED only means
that the yearly fee was not paid. Times are given in UTC, also those that were a plain date: 2020-11-11 in Germany reads
``2020-11-10T23:00:00Z`` (:func:`day_of`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from credrisk.errors import SourceError

__all__ = [
    "EntityEvent",
    "LeiRecord",
    "Modification",
    "Name",
    "Parent",
    "day_of",
    "lei_of",
    "moment_of",
    "read_exception",
    "read_modifications",
    "read_parent",
    "read_record",
    "read_records",
    "read_relationships",
]

LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
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


def lei_of(given: object) -> str | None:
    """Return a legal entity identifier without blanks, None when its check digits (ISO 17442, modulo 97) are wrong."""
    text = re.sub(r"\s", "", str(given)).upper()
    if not LEI.fullmatch(text):
        return None
    return text if int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1 else None


def moment_of(given: str | None) -> datetime | None:
    """Return the moment to the second; None stays None.

    Raises
    ------
    SourceError
        When the text is no moment.
    """
    if given is None:
        return None
    if not isinstance(given, str) or not MOMENT.fullmatch(given):
        raise SourceError(f"no moment in time: {given!r}.")
    try:
        return datetime.fromisoformat(given).replace(microsecond=0)
    except ValueError:
        raise SourceError(f"no moment in time: {given!r}.") from None


def day_of(given: str | datetime | None) -> date | None:
    """Return the day that was meant: a local midnight east of Greenwich, given in UTC, is the next day.

    A moment with an offset (the log has them) keeps its own day. One in UTC at 12:00, 12:30, ... 23:30 sharp is taken
    for a midnight elsewhere; any other moment is itself.
    """
    moment = moment_of(given) if isinstance(given, str) else given
    if moment is None:
        return None
    sharp = moment.second == 0 and moment.minute in (0, 30, 45)
    eastern = not moment.utcoffset() and sharp and moment.hour >= 12
    return moment.date() + timedelta(days=1) if eastern else moment.date()


def read_record(content: Any, *, lei: str) -> LeiRecord:
    """Read a body of ``/lei-records/{lei}``.

    Raises
    ------
    SourceError
        When the body has another shape, or is about another entity.
    """
    record = _read(lambda: _record(content["data"]), "the record")
    if record.lei != lei:
        raise SourceError(f"the answer is about {record.lei}, not {lei}.")
    return record


def read_records(content: Any) -> list[LeiRecord]:
    """Read a list of records, such as ``/lei-records`` or the children of an entity."""
    return _read(lambda: [_record(one) for one in _listed(content)], "the list of records")


def read_parent(content: Any, *, lei: str) -> Parent:
    """Read a body of ``/lei-records/{lei}/direct-parent-relationship`` or its ultimate counterpart."""
    child, parent = _read(lambda: _relationship(content["data"]), "the relationship")
    if child != lei:
        raise SourceError(f"the relationship is about {child}, not {lei}.")
    return parent


def read_relationships(content: Any) -> list[tuple[str, Parent]]:
    """Read a list of relationships, such as those of the children of an entity: each child with its parent."""
    return _read(lambda: [_relationship(one) for one in _listed(content)], "the list of relationships")


def read_exception(content: Any, *, lei: str) -> tuple[str, str]:
    """Read a reporting exception: its category, and why no parent is named."""
    attributes = _read(lambda: dict(content["data"]["attributes"]), "the reporting exception")
    if attributes.get("lei") != lei:
        raise SourceError(f"the exception is about {attributes.get('lei')}, not {lei}.")
    return _read(lambda: (_text(attributes["category"]), _text(attributes["reason"])), "the reporting exception")


def read_modifications(content: Any, *, lei: str) -> tuple[list[Modification], int, int]:
    """Read a page of ``/lei-records/{lei}/field-modifications``: its lines, and how many lines and pages there are."""

    def parsed() -> tuple[list[Modification], int, int]:
        pages = content["meta"]["pagination"]
        lines = []
        for one in _listed(content):
            attributes = one["attributes"]
            if attributes["lei"] != lei:
                raise SourceError(f"a change is about {attributes['lei']}, not {lei}.")
            lines.append(
                Modification(
                    _text(attributes["recordType"]),
                    _text(attributes["modificationType"]),
                    _text(attributes["field"]),
                    _moment(attributes["date"]).date(),
                    _or_none(attributes["valueOld"]),
                    _or_none(attributes["valueNew"]),
                    dict(attributes["context"] or {}),
                )
            )
        return lines, int(pages["total"]), int(pages["lastPage"])

    return _read(parsed, "the log of changes")


def _record(data: Any) -> LeiRecord:
    attributes = data["attributes"]
    entity, registration = attributes["entity"], attributes["registration"]
    names = [Name(_text(entity["legalName"]["name"]), "legal")]
    others = (*entity["otherNames"], *entity["transliteratedOtherNames"])
    names += [Name(_text(one["name"]), NAME_KINDS.get(one["type"], "other")) for one in others]
    successors = [*(entity.get("successorEntities") or []), entity.get("successorEntity") or {}]
    return LeiRecord(
        lei=_identifier(attributes["lei"]),
        names=tuple(names),
        address=_address(entity["legalAddress"]),
        legal_form=_or_none(entity["legalForm"]["id"] or entity["legalForm"]["other"]),
        company_number=_or_none(entity["registeredAs"]),
        register_authority=_or_none((entity["registeredAt"] or {}).get("id")),
        entity_status=_text(entity["status"]),
        entity_ended=day_of(entity["expiration"]["date"]),
        registration_status=_text(registration["status"]),
        first_registered=_moment(registration["initialRegistrationDate"]),
        renewal_due=day_of(registration["nextRenewalDate"]),
        successors=tuple(one["name"] or one["lei"] for one in successors if one.get("lei") or one.get("name")),
        events=tuple(_event(one) for group in entity["eventGroups"] for one in group["events"]),
        parents=_parents(data.get("relationships") or {}),
    )


def _relationship(data: Any) -> tuple[str, Parent]:
    attributes = data["attributes"]
    relation, registration = attributes["relationship"], attributes["registration"]
    kind = {"IS_DIRECTLY_CONSOLIDATED_BY": "direct", "IS_ULTIMATELY_CONSOLIDATED_BY": "ultimate"}[relation["type"]]
    periods = [one for one in relation["periods"] if one["type"] == "RELATIONSHIP_PERIOD"]
    return _identifier(relation["startNode"]["id"]), Parent(
        kind,
        _identifier(relation["endNode"]["id"]),
        relation["status"] == "ACTIVE",
        day_of(periods[0]["startDate"]) if periods else None,
        _moment(registration["initialRegistrationDate"]),
        _moment(registration["lastUpdateDate"]),
    )


def _address(given: Mapping[str, Any]) -> dict[str, str | None]:
    lines = [line for line in given["addressLines"] if line]
    return {
        "country": _or_none(given["country"]),
        "postcode": _or_none(given["postalCode"]),
        "city": _or_none(given["city"]),
        "street": _or_none(", ".join(lines)),
    }


def _event(given: Mapping[str, Any]) -> EntityEvent:
    recorded = moment_of(given.get("recordedDate"))
    return EntityEvent(_text(given["type"]), _text(given["status"]), day_of(given.get("effectiveDate")), recorded)


def _parents(relationships: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for kind in ("direct", "ultimate"):
        links = (relationships.get(f"{kind}-parent") or {}).get("links") or {}
        if "relationship-record" in links:
            found[kind] = "reported"
        elif "reporting-exception" in links:
            found[kind] = "exception"
    return found


def _listed(content: Any) -> Sequence[Any]:
    rows = content["data"]
    if not isinstance(rows, list):
        raise TypeError("data is no list")
    return rows


def _identifier(given: Any) -> str:
    lei = lei_of(given)
    if lei is None:
        raise SourceError(f"no legal entity identifier: {given!r}.")
    return lei


def _moment(given: Any) -> datetime:
    moment = moment_of(given)
    if moment is None:
        raise TypeError("a moment is missing")
    return moment


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise TypeError("a text is missing")
    return given


def _or_none(given: Any) -> str | None:
    if given is None or given == "":
        return None
    return _text(given)


def _read(parse: Any, what: str) -> Any:
    try:
        return parse()
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise SourceError(f"{what} has another shape ({type(error).__name__}: {error}).") from None
