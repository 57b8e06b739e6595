"""How a policy file becomes typed values: every key checked by its declared rule, every error names the key."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from credrisk.decisions.policy_shipped import shipped_value
from credrisk.errors import ParameterError

__all__ = [
    "Rule",
    "any_text",
    "build",
    "declared_rules",
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

LARGEST = 2.0**53
"""Whole amounts are exact up to here; no figure of a policy is larger."""

WHOLE_TO = 1_000_000
SHOWN = 200
"""Characters of a value that an error shows."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a key must hold, in words and as a test; ``share`` where it is a number that cannot exceed one."""

    words: str
    holds: Callable[[Any], bool]
    share: bool = False
    numeric: bool = False

    def broken_by(self, value: Any) -> tuple[str, str]:
        """Return the rule as ``value`` breaks it, in words, and the remedy where more can be said than the rule."""
        if not self.numeric or isinstance(value, bool) or not isinstance(value, (int, float)):
            return self.words, ""
        if abs(value) > LARGEST or value != value:
            bound = "" if " at most " in self.words or " below " in self.words else f" and at most {LARGEST:,.0f}"
            return f"{self.words}{bound}", ""
        if self.share and 1 < value <= 100:
            return self.words, f"shares are fractions of one: for {value:g} % write {value / 100:g}."
        return self.words, ""


def number(low: float, high: float = math.inf, *, above: bool = False, below: bool = False) -> Rule:
    """Declare a number from ``low`` to ``high``; ``above`` and ``below`` leave the bound itself out."""
    parts = [f"{'above' if above else 'at least'} {low:g}"] if low > -math.inf else []
    if high < math.inf:
        parts.append(f"{'below' if below else 'at most'} {high:g}")

    def holds(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
            return False
        return (value > low if above else value >= low) and (value < high if below else value <= high)

    words = " ".join(["a number", " and ".join(parts)]).strip()
    return Rule(words, holds, share=high == 1, numeric=True)


def whole(low: int, high: int = WHOLE_TO) -> Rule:
    """Declare a whole number from ``low`` to ``high``, both included."""

    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return Rule(f"a whole number of at least {low} and at most {high}", holds)


def flag() -> Rule:
    """Declare true or false."""
    return Rule("true or false", lambda v: isinstance(v, bool))


def text() -> Rule:
    """Declare a text that is not empty."""
    return Rule("a text that is not empty", lambda v: isinstance(v, str) and v.strip() != "")


def any_text() -> Rule:
    """Declare a text that may be empty."""
    return Rule("a text, which may be empty", lambda v: isinstance(v, str))


def one_of(*choices: str) -> Rule:
    """Declare a text out of ``choices``."""
    return Rule(f"one of {', '.join(choices)}", lambda v: isinstance(v, str) and v in choices)


def may_be_empty() -> Rule:
    """Declare a table that may be empty; without it a table must have an entry."""
    return Rule("a table", lambda v: isinstance(v, Mapping))


def key_error(key: str, rule: str, given: object, *, remedy: str = "") -> ParameterError:
    """Return the error for one key of the policy; ``remedy`` where it is not simply to state a value that obeys."""
    shown = given if len(repr(given)) <= SHOWN else f"{repr(given)[:SHOWN]} ..."
    section = key.partition("[")[0].partition(".")[0]
    remedy = remedy or f"state such a value; `credrisk policy show {section}` says what the keys mean."
    return ParameterError(f"policy key {key!r}", rule, shown, remedy=remedy)


def build(kind: type[Section], content: object, place: str = "", *, known: tuple[str, ...] = ()) -> Section:
    """Return ``content`` as a section of type ``kind``.

    Parameters
    ----------
    kind
        A dataclass whose fields are annotated with their rules.
    content
        As the TOML parser gives it.
    place
        Key of the section within the file, empty for the file itself.
    known
        Keys of the whole file, among which the nearest to an unknown one is looked for; those of ``kind`` by default.

    Raises
    ------
    ParameterError
        Naming the key, for an unknown key (with the nearest known one), a missing key or a value that breaks its rule.
    """
    if not isinstance(content, Mapping):
        raise key_error(place or "(file)", "a table of keys", content)
    known = known or tuple(name for name, _ in declared_rules(kind))
    types = get_type_hints(kind, include_extras=True)
    for key in content:
        if key not in types:
            near = _nearest(_under(place, str(key)), place, types, known)
            raise key_error(
                _under(place, str(key)),
                f"a key of the policy; the nearest is {near!r}",
                content[key],
                remedy=f"rename it to {near!r} or take it out.",
            )
    values: dict[str, Any] = {}
    missing = [name for name in types if name not in content]
    for name, declared in types.items():
        key = _under(place, name)
        if name not in content:
            shipped = shipped_value(key)
            remedy = f"state it; the shipped policy has {name} = {shipped}." if len(shipped) in range(1, SHOWN) else ""
            remedy = remedy or "copy it from the shipped policy, which `credrisk policy init` writes."
            if len(missing) > 1:
                remedy += f" Missing here too: {', '.join(missing[1:])}. A file made earlier lacks what has come since."
            raise key_error(key, "present: every key must be stated", "nothing", remedy=remedy)
        values[name] = _value(declared, content[name], key, known)
    return kind(**values)


def declared_rules(kind: type[Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key of a file of type ``kind`` with its rule in words; entries of a list of tables as ``grades[]``."""
    for name, declared in get_type_hints(kind, include_extras=True).items():
        key, entry = _under(place, name), get_args(declared)[0] if get_args(declared) else None
        if get_origin(declared) is tuple and dataclasses.is_dataclass(entry):
            yield from declared_rules(entry, f"{key}[]")  # type: ignore[arg-type]
        elif get_origin(declared) is tuple:
            yield key, f"a list, each entry {get_args(entry)[1].words}"
        elif get_origin(declared) is dict:
            yield key, f"a table, each entry {get_args(get_args(declared)[1])[1].words}"
        elif dataclasses.is_dataclass(declared):
            yield from declared_rules(declared, key)  # type: ignore[arg-type]
        elif get_origin(entry) is dict:
            yield key, f"a table that may be empty, each entry {get_args(get_args(entry)[1])[1].words}"
        else:
            yield key, get_args(declared)[1].words


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


def _nearest(key: str, place: str, own: Iterable[str], known: tuple[str, ...]) -> str:
    """Return the key most like ``key``, or most like its name where it stands in the wrong section."""
    written = [part.replace("_", ".") for part in (key, key[len(place) :].lstrip("."))]
    paths = dict.fromkeys((*(_under(place, name) for name in own), *known))
    return max(
        paths,
        key=lambda path: max(SequenceMatcher(None, part, path.replace("_", ".")).ratio() for part in written),
    )


def _value(declared: Any, given: Any, key: str, known: tuple[str, ...]) -> Any:
    if get_origin(declared) is tuple:
        if not isinstance(given, list) or not given:
            raise key_error(key, "a list that is not empty", given)
        kind = get_args(declared)[0]
        return tuple(_value(kind, entry, f"{key}[{n}]", known) for n, entry in enumerate(given, start=1))
    if get_origin(declared) is dict:
        if not isinstance(given, Mapping) or not given:
            raise key_error(key, "a table that is not empty", given)
        return _table(declared, given, key, known)
    if dataclasses.is_dataclass(declared):
        return build(declared, given, key, known=known)  # type: ignore[arg-type]
    kind, rule = get_args(declared)
    if not rule.holds(given):
        words, remedy = rule.broken_by(given)
        raise key_error(key, words, given, remedy=remedy)
    if get_origin(kind) is dict:
        return _table(kind, given, key, known)
    return float(given) if kind is float else given


def _table(declared: Any, given: Mapping[str, Any], key: str, known: tuple[str, ...]) -> dict[str, Any]:
    kind = get_args(declared)[1]
    return {str(name): _value(kind, entry, _under(key, name), known) for name, entry in given.items()}
