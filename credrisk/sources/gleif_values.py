"""Values in GLEIF's bodies: identifiers, moments and the days that they mean, texts, and bodies of another shape.

Times are given in UTC, also those that were a plain date: 2020-11-11 in Germany reads ``2020-11-10T23:00:00Z``
(:func:`day_of`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from credrisk.errors import SourceError

__all__ = [
    "day_of",
    "identifier",
    "lei_of",
    "listed",
    "moment_of",
    "required_moment",
    "shaped",
    "text_of",
    "text_or_none",
]

T = TypeVar("T")
LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


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


def identifier(given: Any) -> str:
    """Return a legal entity identifier that must be right."""
    lei = lei_of(given)
    if lei is None:
        raise SourceError(f"no legal entity identifier: {given!r}.")
    return lei


def listed(content: Any) -> Sequence[Any]:
    """Return the list of a body; anything else is of another shape."""
    rows = content["data"]
    if not isinstance(rows, list):
        raise TypeError("data is no list")
    return rows


def required_moment(given: Any) -> datetime:
    """Return a moment that must be there."""
    moment = moment_of(given)
    if moment is None:
        raise TypeError("a moment is missing")
    return moment


def text_of(given: Any) -> str:
    """Return a text that must be there."""
    if not isinstance(given, str) or not given.strip():
        raise TypeError("a text is missing")
    return given


def text_or_none(given: Any) -> str | None:
    """Return a text, None when it is empty."""
    if given is None or given == "":
        return None
    return text_of(given)


def shaped(parse: Callable[[], T], what: str) -> T:
    """Run a parser; an unexpected shape becomes a :class:`~credrisk.errors.SourceError`."""
    try:
        return parse()
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise SourceError(f"{what} has another shape ({type(error).__name__}: {error}).") from None
