"""The page of features, written from the catalogue."""

from __future__ import annotations

from inspect import getdoc
from sys import modules

from credrisk.features.catalogue import DIRECTIONS_DROPPED, Feature, catalogue

__all__ = ["features_page"]

INTRODUCTION = """# Features

What the panel says about a customer at the end of a day, as it could be known then. This page is written from the
catalogue (`python -m benchmarks.documents`); do not edit it.

A window of m months that ends on the as-of date t is (t minus m months, t]; on a weekly calendar 12 months are 52
weeks. Months are counted from month-end to month-end: 3 months to 30 June begin after 31 March.
Every feature is null before the ledger's coverage, and a ratio is null where its denominator is not positive.
`Worse` is the direction that means more risk (`none`: not monotone).
"""

DIRECTIONS = """## Directions that were dropped

The booster's rate moves only in the worse direction. A direction that worsens its log loss on later dates beyond the
interval is dropped. `python benchmarks/directions.py` looked for them on simulated ledgers ([figures](results.md)) and
found:
"""

OWN = "credrisk's own"


def features_page() -> str:
    """Return the page in Markdown: one section a trade question, one entry a feature."""
    entries = catalogue()
    dropped = [f"- `{name}`: {why}" for name, why in DIRECTIONS_DROPPED.items()]
    parts = [INTRODUCTION, DIRECTIONS, "\n".join(dropped or ["- none."]) + "\n"]
    for question in dict.fromkeys(entry.question for entry in entries.values()):
        own = [entry for entry in entries.values() if entry.question == question]
        about = getdoc(modules[own[0].compute.__module__])
        parts += [f"## {question.capitalize()}\n\n{about}\n", *(_entry(entry) for entry in own)]
    return "\n".join(parts)


def _entry(entry: Feature) -> str:
    lines = [
        f"### `{entry.name}`\n",
        f"{getdoc(entry.compute)}\n",
        f"- Unit: {entry.unit}. Window: {entry.window}. Worse: {entry.worse}.",
        f"- Formula: `{entry.formula}`",
        f"- Null: {entry.null}.",
        f'- Says: "{entry.says}"',
    ]
    if entry.says_below:
        lines.append(f'- Below zero: "{entry.says_below}"')
    if entry.says_at_zero:
        lines.append(f'- At zero: "{entry.says_at_zero}"')
    lines.append(f"- Source: {entry.source or OWN}.")
    return "\n".join(lines) + "\n"
