"""What changed between two credit policies, key by key, and what each changed key means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_keys import meaning_of

__all__ = ["NOT_STATED", "PolicyDifference", "policy_differences", "policy_values"]

NOT_STATED = "not stated"


@dataclass(frozen=True)
class PolicyDifference:
    """One key that two policies answer differently; values as the file would hold them."""

    key: str
    old: str
    new: str
    says: str


def policy_differences(old: Policy, new: Policy) -> tuple[PolicyDifference, ...]:
    """Return every key whose value differs, in the order of the file.

    The tables of a list are told apart by what names them: ``grades[C].pd_from``, ``collection.actions[call].cost``,
    ``authority[limit, credit analyst].up_to``. A value that only one of the policies has is ``not stated`` in the
    other; where tables of a list stand in another order, a row says so.

    Examples
    --------
    >>> dearer = Policy.default().changed({"economics.cost_of_funds": 0.1})
    >>> [(row.key, row.old, row.new) for row in policy_differences(Policy.default(), dearer)]
    [('economics.cost_of_funds', '0.08', '0.1')]
    """
    before, after = policy_values(old), policy_values(new)
    keys = list(dict.fromkeys((*before, *after)))
    differing = [key for key in keys if before.get(key) != after.get(key)]
    return tuple(
        PolicyDifference(key, before.get(key, NOT_STATED), after.get(key, NOT_STATED), meaning_of(key))
        for key in differing
    )


def policy_values(policy: Policy) -> dict[str, str]:
    """Return the value of every key in words, in the order of the file; the order of a list of tables has its own."""
    return dict(_values(policy.content(), ""))


def _values(content: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _values(value, f"{key}.{name}" if key else name)
    elif isinstance(content, list) and isinstance(content[0], Mapping):
        yield f"{key} (order)", "; ".join(map(_name, content))
        for entry in content:
            yield from _values(entry, f"{key}[{_name(entry)}]")
    else:
        yield key, _said(content)


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry["name"]) if "name" in entry else f"{entry['action']}, {entry['role']}"


def _said(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value:.15g}"
