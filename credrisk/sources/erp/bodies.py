"""Records in the bodies of web interfaces: JSON and XML alike as nested dicts, read without surprises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from credrisk.errors import DataError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["DEEPEST", "Body", "Record", "at", "day", "many", "money", "nested", "read_each", "text"]

Body = dict[str, Any]
_File = TypeVar("_File")
_Answer = TypeVar("_Answer")

_MILLISECONDS = re.compile(r"^/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/$")
_ISO = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")
_EPOCH = date(1970, 1, 1)
_DAY = 86_400_000
MOST_MONEY = Decimal(10) ** 18
DEEPEST = 100
"""Levels of nesting beyond which nothing is an export."""


@dataclass(frozen=True, eq=False)
class Record:
    """One record of an export: what it is, its content, the file and its number in the file."""

    kind: str
    body: Body
    file: str
    row: int


def read_each(files: Iterable[_File], read: Callable[[_File], _Answer]) -> list[_Answer]:
    """Return what ``read`` makes of each file.

    Raises
    ------
    DataError
        When it refuses some: every one of them is named, so that they can be mended at once.
    """
    answers: list[_Answer] = []
    refused: list[DataError] = []
    for file in files:
        try:
            answers.append(read(file))
        except DataError as refusal:
            refused.append(refusal)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        remedies = dict.fromkeys(one.remedy.rstrip(".") for one in refused if one.remedy)
        problems = " ".join(f"{one.problem.rstrip('.')}." for one in refused)
        raise DataError(f"{len(refused)} files cannot be used. {problems}", remedy=f"{'; '.join(remedies)}.")
    return answers


def nested(element: Element, depth: int = 0) -> Any:
    """Return an XML element as JSON would have it.

    Tags lose their namespace; a tag that is there again becomes a list; attributes are keys beside the tags. A leaf is
    its text, or with attributes a dict with the text as ``value``.

    Raises
    ------
    DataError
        When tags are nested deeper than any record is.
    """
    if depth > DEEPEST:
        raise DataError(f"the XML nests its tags more than {DEEPEST} deep; that is no export.")
    own = {name: value for name, value in element.attrib.items() if not name.startswith("{")}
    if not len(element):
        content = (element.text or "").strip() or None
        return {"value": content, **own} if own else content
    body: Body = dict(own)
    again: set[str] = set()
    for child in element:
        tag, value = child.tag.rpartition("}")[2], nested(child, depth + 1)
        if tag in again:
            body[tag].append(value)
        elif tag in body:
            body[tag] = [body[tag], value]
            again.add(tag)
        else:
            body[tag] = value
    return body


def at(body: Any, *path: str) -> Any:
    """Return what is at a path of keys; None where it leads nowhere."""
    for key in path:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def text(body: Any, *path: str) -> str | None:
    """Return the text at a path, without blanks around it; None where it is empty.

    A reference (a dict with ``value``) is its value; numbers are written as JSON writes them.
    """
    found = body
    for key in path:  # as `at` does, which a million records make worth its repetition
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    if isinstance(found, str):
        return found.strip() or None
    if isinstance(found, dict):
        found = found.get("value")
    if found is None or isinstance(found, (dict, list)):
        return None
    if isinstance(found, bool):
        return str(found).lower()
    return str(found).strip() or None


def many(body: Any, *path: str) -> Iterator[Body]:
    """Return the objects at a path: of a list all, a single one alone, and none where there is nothing."""
    found = at(body, *path)
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, dict):
            yield one


def money(body: Any, *path: str) -> Decimal | None:
    """Return the amount at a path; None where it is empty, no plain number, or beyond all money."""
    written = text(body, *path)
    try:
        amount = Decimal(written) if written is not None else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and abs(amount) < MOST_MONEY else None


def day(body: Any, *path: str) -> str | None:
    """Return the day at a path as ``2025-12-31``; what is no date stays as it is written, for the contract to refuse.

    Times lose their hours; ``/Date(1518685950940+0000)/`` is milliseconds since 1970, in universal time.
    """
    written = text(body, *path)
    return None if written is None else _day_of(written)


@lru_cache(maxsize=20_000)
def _day_of(written: str) -> str:
    if iso := _ISO.match(written):
        return iso[1]
    if milliseconds := _MILLISECONDS.match(written):
        try:
            return (_EPOCH + timedelta(days=int(milliseconds[1]) // _DAY)).isoformat()
        except OverflowError:
            return written
    return written
