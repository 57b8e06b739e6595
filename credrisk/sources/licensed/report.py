"""What every provider's file is read into: ratings, facts and events of one company, before they are dated and tied.

Values are read strictly: what is no number, day or text of the expected form is an error that names it, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from credrisk.errors import SourceError

__all__ = ["Rating", "Report", "at", "day", "each", "figure", "plain", "shaped"]

T = TypeVar("T")
DAYS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?"), "%Y-%m-%d", 10),
    (re.compile(r"\d{8}"), "%Y%m%d", 8),
    (re.compile(r"\d{2}\.\d{2}\.\d{4}"), "%d.%m.%Y", 10),
    (re.compile(r"\d{2}/\d{2}/\d{4}"), "%d/%m/%Y", 10),
)
"""Forms in which providers write days; with slashes the day stands first (Creditsafe, United Kingdom)."""


@dataclass(frozen=True)
class Rating:
    """A score as the provider writes it; ``rated_on`` is empty where the file has no day of it."""

    scale: str
    value: str
    rated_on: date | None = None
    risk_class: str | None = None
    limit_amount: float | None = None
    limit_currency: str | None = None
    remark: str = ""
    """Why the value has no place on the scale, where the file itself says so."""


@dataclass(frozen=True)
class Report:
    """A company in a file.

    Attributes
    ----------
    ids
        Of ``customer_id``, ``duns``, ``company_number``, ``lei`` and ``cik`` those that the file states.
    facts, events
        Rows of the ledger without source and day of knowledge; events without ``happened_on`` happened by the day of
        receipt.
    received_on
        The day of receipt where the file itself states it.
    """

    provider: str
    entity: str
    name: str
    ids: Mapping[str, str]
    ratings: Sequence[Rating] = ()
    facts: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Mapping[str, Any]] = ()
    reference: str | None = None
    received_on: date | None = None
    problems: Sequence[str] = field(default_factory=tuple)


def at(content: Any, path: str) -> Any:
    """Return what stands at a path of dots in nested objects, None where it ends early."""
    for name in path.split("."):
        if not isinstance(content, Mapping):
            return None
        content = content.get(name)
    return content


def each(content: Any) -> list[Any]:
    """Return a list as it is, one object as a list of one, nothing as an empty list."""
    if content is None:
        return []
    return list(content) if isinstance(content, list) else [content]


def plain(given: Any) -> str | None:
    """Return a text or number as text without blanks around it; None when empty.

    Raises
    ------
    SourceError
        For anything else, such as a list.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise SourceError(f"no plain value: {given!r}.")
    return f"{given:g}" if isinstance(given, float) else str(given).strip()


def figure(given: Any) -> float | None:
    """Return a number, also one written as text; None where there is none, or words."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    if isinstance(given, str):
        return float(given) if re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", given) else None
    return float(given)


def day(given: Any) -> date | None:
    """Return a day in one of the forms :data:`DAYS`; None where there is none.

    Raises
    ------
    SourceError
        When there is a text that is no day.
    """
    text = plain(given)
    if text is None:
        return None
    for form, pattern, length in DAYS:
        if form.fullmatch(text):
            try:
                return datetime.strptime(text[:length], pattern).date()
            except ValueError:
                break
    raise SourceError(f"no day: {text!r}.")


def shaped(parse: Callable[[], T], what: str) -> T:
    """Run a parser; an unexpected shape becomes a :class:`~credrisk.errors.SourceError`."""
    try:
        return parse()
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise SourceError(f"{what} has another shape ({type(error).__name__}: {error}).") from None
