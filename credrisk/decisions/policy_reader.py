"""How a policy file becomes typed values: every key checked by its declared rule, every error names the key."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from credrisk.errors import ParameterError

__all__ = [
    "Rule",
    "build",
    "flag",
    "key_error",
    "may_be_empty",
    "number",
    "one_of",
    "plain",
    "text",
    "whole",
]

Section = TypeVar("Section")


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a key must hold, in words and as a test."""

    words: str
    holds: Callable[[Any], bool]


def number(low: float, high: float = math.inf, *, above: bool = False, below: bool = False) -> Rule:
    """Declare a number from ``low`` to ``high``; ``above`` and ``below`` leave the bound itself out."""
    parts = [f"{'above' if above else 'at least'} {low:g}"] if low > -math.inf else []
    if high < math.inf:
        parts.append(f"{'below' if below else 'at most'} {high:g}")

    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            return False
        return (value > low if above else value >= low) and (value < high if below else value <= high)

    return Rule(" ".join(["a number", " and ".join(parts)]).strip(), holds)


def whole(low: int) -> Rule:
    """Declare a whole number of at least ``low``."""

    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= low

    return Rule(f"a whole number of at least {low}", holds)


def flag() -> Rule:
    """Declare true or false."""
    return Rule("true or false", lambda v: isinstance(v, bool))


def text() -> Rule:
    """Declare a text that is not empty."""
    return Rule("a text that is not empty", lambda v: isinstance(v, str) and v.strip() != "")


def one_of(*choices: str) -> Rule:
    """Declare a text out of ``choices``."""
    return Rule(f"one of {', '.join(choices)}", lambda v: isinstance(v, str) and v in choices)


def may_be_empty() -> Rule:
    """Declare a table that may be empty; without it a table must have an entry."""
    return Rule("a table", lambda v: isinstance(v, Mapping))


def key_error(key: str, rule: str, given: object) -> ParameterError:
    """Return the error for one key of the policy."""
    return ParameterError(f"policy key {key!r}", rule, given)


def build(kind: type[Section], content: object, place: str = "") -> Section:
    """Return ``content`` as a section of type ``kind``.

    Raises
    ------
    ParameterError
        Naming the key, for an unknown key (with the nearest known one), a missing key or a value that breaks its rule.
    """
    if not isinstance(content, Mapping):
        raise key_error(place or "(file)", "a table of keys", content)
    types = get_type_hints(kind, include_extras=True)
    for key in content:
        if key not in types:
            near = difflib.get_close_matches(str(key), types, n=1, cutoff=0.0)[0]
            raise key_error(_under(place, str(key)), f"a key of the policy; the nearest is {near!r}", content[key])
    values: dict[str, Any] = {}
    for name, declared in types.items():
        key = _under(place, name)
        if name not in content:
            raise key_error(key, "present: every key must be stated", "nothing")
        values[name] = _value(declared, content[name], key)
    return kind(**values)


def plain(section: Any) -> Any:
    """Return a section as dicts, lists and plain values, as the file holds it."""
    if dataclasses.is_dataclass(section):
        return {field.name: plain(getattr(section, field.name)) for field in dataclasses.fields(section)}
    if isinstance(section, Mapping):
        return {key: plain(value) for key, value in section.items()}
    if isinstance(section, tuple):
        return [plain(value) for value in section]
    return section


def _under(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _value(declared: Any, given: Any, key: str) -> Any:
    if get_origin(declared) is tuple:
        if not isinstance(given, list) or not given:
            raise key_error(key, "a list that is not empty", given)
        return tuple(_value(get_args(declared)[0], entry, f"{key}[{n}]") for n, entry in enumerate(given, start=1))
    if get_origin(declared) is dict:
        if not isinstance(given, Mapping) or not given:
            raise key_error(key, "a table that is not empty", given)
        return _table(declared, given, key)
    if dataclasses.is_dataclass(declared):
        return build(declared, given, key)  # type: ignore[arg-type]
    kind, rule = get_args(declared)
    if not rule.holds(given):
        raise key_error(key, rule.words, given)
    if get_origin(kind) is dict:
        return _table(kind, given, key)
    return float(given) if kind is float else given


def _table(declared: Any, given: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {str(name): _value(get_args(declared)[1], entry, _under(key, name)) for name, entry in given.items()}
