"""The tables of the policy page, written from the policy's sections and the comments of the shipped file."""

from __future__ import annotations

from itertools import groupby

from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_differences import policy_values
from credrisk.decisions.policy_keys import PolicyKey, keys_under, policy_keys

__all__ = ["policy_tables"]

INTRODUCTION = """## Every key

Written from the code (`python -m benchmarks.documents`); do not edit it. `grades[]` stands for each table of a list.
"""


def policy_tables() -> str:
    """Return one table in Markdown a section: key, shipped value, rule and meaning."""
    parts = [INTRODUCTION]
    for section, keys in groupby(policy_keys(), key=lambda each: each.key.partition(".")[0]):
        rows = [f"| `{each.key}` | {_shipped(each)} | {each.rule} | {each.says} |" for each in keys]
        heading = f"### `{section}`\n\n| Key | Shipped | Rule | Meaning |\n|---|---|---|---|\n"
        parts.append(heading + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _shipped(each: PolicyKey) -> str:
    if "[]" in each.key:
        return "by entry"
    values = policy_values(Policy.default())
    if each.key in values:
        return values[each.key]
    if not any(key.startswith(f"{each.key}.") for key in values):
        return "empty"
    return ", ".join(f"{key.rpartition('.')[2]} {values[key]}" for key in keys_under(each.key, values))
