"""Values of a mapping file read strictly: each is of its kind, or an error names the key and the nearest match."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NoReturn

from credrisk.errors import ParameterError
from credrisk.sources.mapping_rules import near_misses

__all__ = ["KeyReader", "listed"]


class KeyReader:
    """Reads single keys; ``place`` in its methods is the key as the user wrote it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _mapping(self, value: Any, place: str, rule: str = "a TOML table") -> dict[str, Any]:
        if not isinstance(value, dict):
            self._fail(place, rule, value)
        return value

    def _known(self, entry: Mapping[str, Any], place: str, names: Iterable[str], what: str = "keys") -> None:
        known = list(names)
        for name in entry:
            if name not in known:
                self._fail(place or "the file", f"made of the {what} {', '.join(known)}", name, known)

    def _scalar(self, value: Any, place: str) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float | date):
            self._fail(place, "text, a number or a date", value)
        return value.isoformat() if isinstance(value, date) else str(value)

    def _text(self, entry: dict[str, Any], place: str, name: str, default: str) -> str:
        value = entry.get(name, default)
        if not isinstance(value, str):
            self._fail(f"{place}.{name}", "text", value)
        return value

    def _optional(self, entry: dict[str, Any], place: str, name: str) -> str | None:
        return self._text(entry, place, name, "") if name in entry else None

    def _flag(self, entry: dict[str, Any], place: str, name: str) -> bool:
        value = entry.get(name, False)
        if not isinstance(value, bool):
            self._fail(f"{place}.{name}", "true or false", value)
        return value

    def _count(self, entry: dict[str, Any], place: str, name: str) -> int:
        value = entry.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._fail(f"{place}.{name}", "a whole number from 0", value)
        return value

    def _fail(self, place: str, rule: str, given: object, known: Iterable[str] = ()) -> NoReturn:
        hint = near_misses(given, known) if isinstance(given, str) else ""
        raise ParameterError(f"{self._name}: {place}", rule + hint, given)


def listed(value: Any) -> list[Any]:
    """Return a list as it is, anything else as the one member of a list."""
    return value if isinstance(value, list) else [value]
