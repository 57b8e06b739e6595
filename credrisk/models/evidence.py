"""What a model rests on: which features tell its rows apart, how many events and customers it saw, and when."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from credrisk.features.catalogue import catalogue
from credrisk.models.outcomes import LEFT_FIRST, TARGET_FIRST
from credrisk.models.rows import Rows

__all__ = ["evidence_of", "usable"]

FIRST_LOOK = 1_000


def usable(names: list[str], rows: Rows) -> tuple[tuple[str, ...], Rows, dict[str, list[str]]]:
    """Return the features that tell rows apart, in the catalogue's order, and those that do not."""
    in_order = [name for name in catalogue(names) if name in names]
    null = [name for name in in_order if _all(np.isnan, rows.values[:, names.index(name)])]
    constant = [name for name in in_order if _same(rows.values[:, names.index(name)])]
    kept = tuple(name for name in in_order if name not in null and name not in constant)
    values = np.take(rows.values, [names.index(name) for name in kept], axis=1)
    return kept, dataclasses.replace(rows, values=values), {"dropped_null": null, "dropped_constant": constant}


def _same(column: np.ndarray) -> bool:
    return _all(lambda part: part == column[0], column)


def _all(test: Callable[[np.ndarray], np.ndarray], column: np.ndarray) -> bool:
    """Tell whether a test holds in every row; the first rows mostly tell that it does not."""
    return bool(test(column[:FIRST_LOOK]).all()) and bool(test(column[FIRST_LOOK:]).all())


def evidence_of(rows: Rows, longest: float, first_events: int, dated: bool) -> dict[str, Any]:
    """Return counts of rows, customers and events within ``longest`` months, and the first and last date."""
    within = rows.months <= longest

    def on(day: int) -> str | None:
        return (date(1970, 1, 1) + timedelta(days=int(day))).isoformat() if dated else None

    return {
        "rows": len(rows),
        "customers": len(np.unique(rows.group)),
        "first_events": first_events,
        "event_rows": int((within & (rows.event == TARGET_FIRST)).sum()),
        "left_rows": int((within & (rows.event == LEFT_FIRST)).sum()),
        "first_on": on(rows.day.min()),
        "last_on": on(rows.day.max()),
    }
