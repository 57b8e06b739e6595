"""What happened to a legal entity, and since when it could be read: GLEIF's events and its dated log of changes.

An issuer records an event, and the world reads it in the next publication: the log has that day (one event of 2020 was
recorded on 29 March 2022 and published on 7 April). Where the log does not show it, the day after the recording is
taken. A change that only concerns the spelling is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from credrisk.sources.gleif_changes import Modification
from credrisk.sources.gleif_records import LeiRecord
from credrisk.sources.gleif_values import day_of, moment_of

__all__ = ["EVENT_KINDS", "change_events", "entity_events", "record_url", "status_as_of", "status_events"]

EVENT_KINDS = {
    "ABSORPTION": "merger",
    "BANKRUPTCY": "bankruptcy",
    "CHANGE_HQ_ADDRESS": "head_office_changed",
    "CHANGE_LEGAL_ADDRESS": "registered_office_changed",
    "CHANGE_LEGAL_FORM": "legal_form_changed",
    "CHANGE_LEGAL_NAME": "name_changed",
    "DISSOLUTION": "dissolution",
    "INSOLVENCY": "insolvency",
    "LIQUIDATION": "liquidation",
    "MERGERS_AND_ACQUISITIONS": "merger",
    "VOLUNTARY_ARRANGEMENT": "voluntary_arrangement",
}
"""Types of events and the kinds they become; any other type keeps its own name, in small letters."""

REMARKS = {"liquidation": "solvent or not is not said"}
REGISTRATION_KINDS = {
    "ANNULLED": "lei_duplicate",
    "CANCELLED": "lei_retired",
    "DUPLICATE": "lei_duplicate",
    "ISSUED": "lei_renewed",
    "LAPSED": "lei_lapsed",
    "MERGED": "lei_merged",
    "RETIRED": "lei_retired",
}
"""The paperwork of the identifier: none of these is bad news about the company by itself."""
ENTITY_KINDS = {"ACTIVE": "entity_reactivated", "INACTIVE": "entity_inactive"}
BEFORE_ISSUE = ("PENDING_TRANSFER", "PENDING_ARCHIVAL", "PENDING_VALIDATION")
"""The identifier moves between issuers: neither lapsed nor renewed."""

REGISTRATION_STATUS = "lei:Registration/lei:RegistrationStatus"
ENTITY_STATUS = "lei:Entity/lei:EntityStatus"
LEGAL_NAME = "lei:Entity/lei:LegalName"
LEGAL_FORM = "lei:Entity/lei:LegalForm/lei:EntityLegalFormCode"
ADDRESSES = {
    "registered_office_changed": "lei:Entity/lei:LegalAddress/",
    "head_office_changed": "lei:Entity/lei:HeadquartersAddress/",
}
RECORDED = "lei:LegalEntityEvent/lei:LegalEntityEventRecordedDate"
SAME_CHANGE = timedelta(days=7)
"""A change of a field within a week of an event of its kind is that event."""


def record_url(lei: str) -> str:
    """Return the page on which a person reads the record."""
    return f"https://search.gleif.org/#/record/{lei}"


def entity_events(record: LeiRecord, log: Sequence[Modification], *, retrieved_at: date) -> list[dict[str, Any]]:
    """Return the legal entity events that were not withdrawn, as rows of the ledger's table ``events``."""
    published = {
        moment_of(line.new): line.published
        for line in sorted(log, key=lambda line: line.published, reverse=True)
        if line.field.endswith(RECORDED) and line.new
    }
    rows = []
    for event in record.events:
        if event.status == "WITHDRAWN_CANCELLED":
            continue
        recorded = day_of(event.recorded)
        known_at = published.get(event.recorded) or (recorded + timedelta(days=1) if recorded else retrieved_at)
        kind = EVENT_KINDS.get(event.type, event.type.lower())
        remarks = [event.status.lower().replace("_", " "), *([REMARKS[kind]] if kind in REMARKS else [])]
        text = f"{event.type.replace('_', ' ').capitalize()} ({', '.join(remarks)})"
        rows.append(_row(record.lei, kind, event.effective or recorded or known_at, min(known_at, retrieved_at), text))
    return _one_each(rows)


def change_events(
    lei: str, log: Sequence[Modification], *, known: Iterable[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """Return changes of name, legal form, address and status from the log, but for those in ``known`` already."""
    rows = []
    for line in _updates(log):
        if line.field.endswith(LEGAL_NAME) and _letters(line.old) != _letters(line.new):
            rows.append(_row(lei, "name_changed", line.published, line.published, f"{line.old} became {line.new}"))
        elif line.field.endswith(LEGAL_FORM) and line.old != line.new:
            text = f"Legal form {line.old} became {line.new}"
            rows.append(_row(lei, "legal_form_changed", line.published, line.published, text))
        elif line.field.endswith(REGISTRATION_STATUS):
            rows += _registration(lei, line)
        elif line.field.endswith(ENTITY_STATUS) and line.new in ENTITY_KINDS:
            text = f"Status of the company {line.old} became {line.new}"
            rows.append(_row(lei, ENTITY_KINDS[line.new], line.published, line.published, text))
    for kind, path in ADDRESSES.items():
        rows += _moves(lei, log, kind, path)
    own = [(event["kind"], event["known_at"]) for event in known]
    return _one_each(
        row
        for row in rows
        if not any(kind == row["kind"] and abs(day - row["known_at"]) <= SAME_CHANGE for kind, day in own)
    )


def status_events(record: LeiRecord, log: Sequence[Modification], *, retrieved_at: date) -> list[dict[str, Any]]:
    """Return today's status where the log does not say since when: known from today, never from an earlier day."""
    rows = []
    stated = (
        (REGISTRATION_STATUS, record.registration_status, REGISTRATION_KINDS, "LEI registration", record.renewal_due),
        (ENTITY_STATUS, record.entity_status, ENTITY_KINDS, "Status of the company", record.entity_ended),
    )
    for field, status, kinds, what, since in stated:
        usual = status in ("ISSUED", "ACTIVE", *BEFORE_ISSUE)
        if usual or status not in kinds or any(line.new == status for line in _of(log, field)):
            continue
        happened_on = min(since or retrieved_at, retrieved_at)
        text = f"{what} is {status}; since when was not published"
        rows.append(_row(record.lei, kinds[status], happened_on, retrieved_at, text))
    return rows


def status_as_of(log: Sequence[Modification], *, field: str, as_of: date) -> str | None:
    """Return what a field said at the end of a day; None before the first day of which the log knows.

    ``field`` is the end of its path, such as ``lei:Entity/lei:EntityStatus``.
    """
    lines = _of(log, field)
    seen = [line for line in lines if line.published <= as_of]
    if seen:
        return seen[-1].new
    return lines[0].old if lines else None


def _of(log: Sequence[Modification], field: str) -> list[Modification]:
    return sorted((line for line in log if line.field.endswith(field)), key=lambda line: line.published)


def _updates(log: Sequence[Modification]) -> list[Modification]:
    return [line for line in log if line.record == "LEI" and line.kind == "UPDATE" and line.old and line.new]


def _registration(lei: str, line: Modification) -> list[dict[str, Any]]:
    old, new = line.old, line.new or ""
    if new not in REGISTRATION_KINDS or (new == "ISSUED" and old != "LAPSED"):
        return []
    text = f"LEI registration {old} became {new}"
    return [_row(lei, REGISTRATION_KINDS[new], line.published, line.published, text)]


def _moves(lei: str, log: Sequence[Modification], kind: str, path: str) -> list[dict[str, Any]]:
    by_day: dict[date, list[Modification]] = {}
    for line in log:
        if line.record == "LEI" and path in line.field and "@" not in line.field and line.kind != "INITIAL":
            by_day.setdefault(line.published, []).append(line)
    rows = []
    for day, lines in sorted(by_day.items()):
        old, new = ([one.old or "" for one in lines], [one.new or "" for one in lines])
        if _words(old) != _words(new):
            text = f"{', '.join(filter(None, old)) or 'nothing'} became {', '.join(filter(None, new)) or 'nothing'}"
            rows.append(_row(lei, kind, day, day, text))
    return rows


def _words(values: Sequence[str]) -> str:
    return "".join(sorted("".join(map(_letters, values))))


def _letters(value: str | None) -> str:
    return re.sub(r"\W", "", value or "").casefold()


def _row(lei: str, kind: str, happened_on: date, known_at: date, text: str) -> dict[str, Any]:
    return {
        "lei": lei,
        "kind": kind,
        "happened_on": happened_on,
        "known_at": known_at,
        "url": record_url(lei),
        "text": text,
    }


def _one_each(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put rows of one kind, day and publication together: the ledger's key has one."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = (row["kind"], row["happened_on"], row["known_at"])
        if key not in found:
            found[key] = dict(row)
        elif row["text"] not in found[key]["text"]:
            found[key]["text"] += f"; {row['text']}"
    return list(found.values())
