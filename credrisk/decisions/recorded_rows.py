"""What the entries of the decision log become in the ledger's tables, row by row, or why an entry cannot.

A row is known from the day (UTC) on which its entry was written, whatever day it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from credrisk.decisions.decision_chain import Entry
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.tables import TABLES

__all__ = ["KINDS", "RecordedRow", "entry_day", "recorded_rows", "row_id"]

KINDS = {
    "contact": "contacts",
    "promise": "promises",
    "dispute": "disputes",
    "write_off": "credit_events",
    "queue_offer": "queue_log",
    "queue_done": "queue_log",
    "dispute_resolved": "disputes",
}
"""The kinds of entries that the ledger has a table for. Notes, agreed plans (their instalments are promises), credit
notes (the books post them) and the supervisor's hand stay in the log alone."""

FILLS_IN = ("queue_done", "dispute_resolved")
"""Kinds that fill in columns of a row that is there already."""

WRITE_OFF_DECISION = "write_off_decision"


class _UnfitError(Exception):
    """Why an entry makes no row: reason of the quarantine, column, and the value at fault."""

    def __init__(self, reason: str, column: str, value: object) -> None:
        super().__init__(reason)
        self.reason, self.column, self.value = reason, column, value


@dataclass(frozen=True)
class RecordedRow:
    """An entry as the row of a table: its values by column, or the reason why it is none.

    Attributes
    ----------
    day
        From which the row is known.
    values
        By column; money in whole minor units of ``currency``. Empty where the entry is set aside.
    reason, column, value
        Why it is set aside, as the quarantine has it; empty where it is not.
    """

    entry: Entry
    table: str
    day: date
    values: Mapping[str, Any]
    reason: str = ""
    column: str = ""
    value: str = ""


def entry_day(entry: Entry) -> date:
    """Return the day (UTC) on which an entry was written."""
    return datetime.fromisoformat(entry.at).astimezone(UTC).date()


def row_id(entry: Entry) -> str:
    """Return the id that the row of an entry has in the ledger: its number, and the first digits of its hash."""
    return f"log-{entry.number}-{entry.hash[:8]}"


def recorded_rows(entries: Iterable[Entry], *, as_of: date, currency: str | None = None) -> list[RecordedRow]:
    """Return a row for every entry written on or before ``as_of`` whose kind has a table, in the log's order.

    Parameters
    ----------
    currency
        Of amounts whose entry names none.
    """
    made = []
    for entry in entries:
        day = entry_day(entry)
        if entry.kind not in KINDS or day > as_of:
            continue
        table = KINDS[entry.kind]
        try:
            made.append(RecordedRow(entry, table, day, _values(entry, day, currency)))
        except _UnfitError as fault:
            value = "" if fault.value is None else str(fault.value)
            made.append(RecordedRow(entry, table, day, {}, fault.reason, fault.column, value))
    return made


def _values(entry: Entry, day: date, currency: str | None) -> dict[str, Any]:
    content = entry.content
    if entry.kind == "dispute_resolved":
        return {
            "dispute_id": _needed(content, "dispute_id"),
            "resolved_on": day,
            "outcome": _read(content, "outcome", "code"),
        }
    if entry.kind == "queue_done":
        return {
            "customer_id": _customer(entry),
            "date": _read_needed(content, "date", "date"),
            "done": _read_needed(content, "done", "flag"),
            "done_on": day,
            "why_not": _read(content, "why_not", "text"),
        }
    own = {"recorded_at": day, "customer_id": entry.customer_id}
    given = dict(content)
    if entry.kind == "queue_offer":
        own |= {"policy_version": entry.policy_version, "policy_hash": entry.policy_hash}
    elif entry.kind == "write_off":
        given |= {"date": content.get("date", day.isoformat()), "kind": WRITE_OFF_DECISION}
    else:
        own[TABLES[KINDS[entry.kind]].key[0]] = row_id(entry)
    return _row(TABLES[KINDS[entry.kind]].name, given, own, currency)


def _row(name: str, content: Mapping[str, Any], own: Mapping[str, Any], currency: str | None) -> dict[str, Any]:
    table = TABLES[name]
    values: dict[str, Any] = {}
    money = content.get("currency") or currency
    if table.money_of:
        if money not in EXPONENTS:
            raise _UnfitError("unknown_currency", "currency", money)
        values["currency"] = money
    for column in table.columns:
        if column.name in values:
            continue
        if column.name in own:
            values[column.name] = own[column.name]
        elif column.kind == "money":
            values[column.name] = _minor(content, column.name, str(money))
        elif not column.visible_from:
            values[column.name] = _read(content, column.name, column.kind, column.choices)
        if column.required and values.get(column.name) is None:
            raise _UnfitError("missing_value", column.name, None)
        bounds = (column.minimum, column.maximum)
        number = values.get(column.name)
        if number is not None and any(bound is not None for bound in bounds):
            low, high = (float("-inf") if bounds[0] is None else bounds[0]), bounds[1]
            if not low <= number <= (float("inf") if high is None else high):
                raise _UnfitError("out_of_range", column.name, number)
    return values


def _read(content: Mapping[str, Any], name: str, kind: str, choices: tuple[str, ...] = ()) -> Any:
    value = content.get(name)
    if value is None or value == "":
        return None
    if kind == "date":
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            raise _UnfitError("unreadable_date", name, value) from None
    if kind == "flag":
        if not isinstance(value, bool):
            raise _UnfitError("unknown_code", name, value)
        return value
    if kind in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _UnfitError("unreadable_number", name, value)
        if kind == "integer" and value != int(value):
            raise _UnfitError("not_whole", name, value)
        return int(value) if kind == "integer" else float(value)
    if kind == "code" and choices and value not in choices:
        raise _UnfitError("unknown_code", name, value)
    return str(value)


def _read_needed(content: Mapping[str, Any], name: str, kind: str) -> Any:
    value = _read(content, name, kind)
    if value is None:
        raise _UnfitError("missing_value", name, None)
    return value


def _needed(content: Mapping[str, Any], name: str) -> str:
    return str(_read_needed(content, name, "text"))


def _customer(entry: Entry) -> str:
    if entry.customer_id is None:
        raise _UnfitError("missing_value", "customer_id", None)
    return entry.customer_id


def _minor(content: Mapping[str, Any], name: str, currency: str) -> int | None:
    """Return an amount in whole minor units, exactly."""
    value = content.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        minor = Decimal(str(value)).scaleb(EXPONENTS[currency])
        if not minor.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise _UnfitError("unreadable_amount", name, value) from None
    if minor != minor.to_integral_value():
        raise _UnfitError("too_many_decimals", name, value)
    return int(minor)
