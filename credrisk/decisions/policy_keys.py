"""What each key of the credit policy means: the rule that the code declares, the comment of the shipped file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from credrisk.decisions.policy import Policy, default_text
from credrisk.decisions.policy_reader import declared_rules
from credrisk.errors import ParameterError

__all__ = ["PolicyKey", "keys_under", "meaning_of", "policy_keys", "rule_of"]

HEADER = re.compile(r"\[([\w.]+)\]\s*(?:#\s*(.*))?")
LIST = re.compile(r"\[\[([\w.]+)\]\]|(\w+) = \[")
KEY = re.compile(r"(\w+) = [^#]+?(?:#\s*(.*))?")
CONTINUED = re.compile(r"\s+#\s*(.*)")
FIELDS = re.compile(r"# {3}(\w+(?:, \w+)*) {2,}(.*)")
FIELD_CONTINUED = re.compile(r"# {5,}(.*)")
PLACE = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class PolicyKey:
    """A key of the policy file, such as ``economics.margin`` or, of each table in a list, ``grades[].pd_from``."""

    key: str
    rule: str
    says: str


@cache
def policy_keys() -> tuple[PolicyKey, ...]:
    """Return every key of the policy with its rule and its meaning, in the order of the sections."""
    return tuple(PolicyKey(key, rule, meaning_of(key)) for key, rule in declared_rules(Policy))


def meaning_of(key: str) -> str:
    """Return what a key means; of an entry in a table or list, what the table means; empty where nothing is known.

    Examples
    --------
    >>> meaning_of("limit.days_late")
    'expected days beyond terms where they are not known. Prior.'
    >>> meaning_of("grades[C].pd_from")
    'the lowest PD of the grade, included. Convention.'
    """
    path, comments = PLACE.sub("[]", key), _comments()
    while path and path not in comments:
        path = path.rpartition(".")[0]
    return comments.get(path, "")


def rule_of(key: str) -> str:
    """Return the rule that a key's value obeys, in words; of an entry in a table, the table's."""
    path, rules = PLACE.sub("[]", key), dict(declared_rules(Policy))
    while path and path not in rules:
        path = path.rpartition(".")[0]
    return rules.get(path, "")


def keys_under(key: str, known: Iterable[str]) -> list[str]:
    """Return ``key`` itself or, of a section, its keys.

    Parameters
    ----------
    key
        Such as ``economics.margin``, ``economics`` or ``grades[C]``.
    known
        The keys to choose from, as :func:`~credrisk.decisions.policy_differences.policy_values` names them.

    Raises
    ------
    ParameterError
        When there is none; the nearest is named.
    """
    known = list(known)
    found = [each for each in known if each == key or each.startswith((f"{key}.", f"{key}[", f"{key} "))]
    if not found:
        sections = {each.partition(".")[0].partition("[")[0] for each in known}
        near = difflib.get_close_matches(key, [*sections, *known], n=1, cutoff=0.0)[0]
        raise ParameterError("KEY", f"a key or a section of the policy; the nearest is {near!r}", key)
    return found


@cache
def _comments() -> dict[str, str]:
    """Read the comments of the shipped file: beside a key or header, below it, or as a list of fields above a list."""
    found: dict[str, str] = {}
    fields: dict[str, str] = {}
    section, last, names = "", "", [""]
    for line in default_text().splitlines():
        if field := FIELDS.fullmatch(line):
            names = field[1].split(", ")
            fields |= dict.fromkeys(names, field[2])
        elif fields and (more := FIELD_CONTINUED.fullmatch(line)):
            fields |= {name: f"{fields[name]} {more[1]}" for name in names}
        elif listed := LIST.fullmatch(line):
            section = f"{listed[1] or listed[2]}[]"
            found |= {f"{section}.{name}": says for name, says in fields.items()}
            fields = {}
        elif header := HEADER.fullmatch(line):
            section, last = header[1], header[1]
            found[last] = header[2] or ""
        elif beside := KEY.fullmatch(line):
            last = f"{section}.{beside[1]}".removeprefix(".")
            found.setdefault(last, beside[2] or "")
        elif more := CONTINUED.fullmatch(line):
            found[last] += f" {more[1]}"
    return {key: says for key, says in found.items() if says}
