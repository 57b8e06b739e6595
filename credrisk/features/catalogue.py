"""The catalogue of features: each declared once with its unit, window, null meaning and worse direction.

That one declaration gives the panel's columns, the docs, the booster's monotone constraints and the sentences of the
reason codes. A feature is a function of the :class:`~credrisk.features.grid.Grid` that returns an array of shape
(customers, periods).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np

from credrisk.errors import ParameterError

if TYPE_CHECKING:
    from credrisk.features.grid import Grid

__all__ = ["DIRECTIONS_DROPPED", "Feature", "catalogue", "feature", "fingerprint"]

Worse = Literal["higher", "lower", "none"]
Unit = Literal["money", "days", "share", "count", "months", "ratio", "index"]
Compute = Callable[["Grid"], np.ndarray]

QUESTIONS = (
    "credrisk.features.ageing",
    "credrisk.features.overdue",
    "credrisk.features.payment",
    "credrisk.features.payment_profile",
    "credrisk.features.habit",
    "credrisk.features.dso",
    "credrisk.features.collection",
    "credrisk.features.volume",
    "credrisk.features.rhythm",
    "credrisk.features.orders",
    "credrisk.features.deductions",
    "credrisk.features.disputes",
    "credrisk.features.redating",
    "credrisk.features.promises",
    "credrisk.features.promise_record",
    "credrisk.features.contacts",
    "credrisk.features.credit_events",
    "credrisk.features.exposure",
    "credrisk.features.translation",
    "credrisk.features.limit_changes",
    "credrisk.features.group",
    "credrisk.features.peaks",
    "credrisk.features.cover",
    "credrisk.features.account",
    "credrisk.features.balance_sheet",
    "credrisk.features.annual_accounts",
    "credrisk.features.altman",
    "credrisk.features.company_events",
    "credrisk.features.market",
    "credrisk.features.peers",
)
"""The modules that register features, one a trade question, in the order of the panel's columns."""

DIRECTIONS_DROPPED: dict[str, str] = {}
"""Features that lost their direction because it worsened the booster's log loss out of time: name and by how much.

``python benchmarks/directions.py`` looks for them on simulated ledgers.
"""


@dataclass(frozen=True)
class Feature:
    """One feature of a customer at one date.

    Attributes
    ----------
    name
        Column in the panel.
    unit
        ``money`` is float64 in minor units of the reporting currency inside the grid, major units in the panel.
    window
        ``today`` or the trailing window (``12 months``), the as-of day included.
    null
        What a null means.
    worse
        Which direction means more risk; ``none`` where it is not monotone.
    says
        The reason in words; ``{value}`` is replaced by the formatted value.
    says_below, says_at_zero
        The same for a value below zero (``{value}`` is its magnitude) and for one that reads as zero; "" where
        ``says`` does for these too.
    formula
        The formula in plain symbols, and ``source`` where it comes from ("" = credrisk's own).
    """

    name: str
    unit: Unit
    window: str
    null: str
    worse: Worse
    says: str
    formula: str
    source: str = ""
    says_below: str = ""
    says_at_zero: str = ""
    question: str = ""
    compute: Compute = field(repr=False, compare=False, default=lambda grid: np.empty((0, 0)))


_registered: dict[str, Feature] = {}


def feature(
    *,
    unit: Unit,
    window: str,
    null: str,
    worse: Worse,
    says: str,
    formula: str,
    source: str = "",
    says_below: str = "",
    says_at_zero: str = "",
) -> Callable[[Compute], Compute]:
    """Register the decorated function under its own name."""

    def register(compute: Compute) -> Compute:
        name = compute.__name__
        if name in _registered:
            raise ParameterError("feature", "registered once", name)
        question = compute.__module__.rpartition(".")[2]
        _registered[name] = Feature(
            name, unit, window, null, worse, says, formula, source, says_below, says_at_zero, question, compute
        )
        return compute

    return register


def catalogue(names: Iterable[str] | None = None) -> dict[str, Feature]:
    """Return the features by name, all of them or those in ``names``, in the catalogue's order.

    Raises
    ------
    ParameterError
        When a name is not in the catalogue.
    """
    for module in QUESTIONS:
        import_module(module)
    order = {module.rpartition(".")[2]: place for place, module in enumerate(QUESTIONS)}
    # Modules import one another, so the order of registration depends on which was imported first.
    entries = {
        entry.name: entry
        for entry in sorted(_registered.values(), key=lambda entry: order.get(entry.question, len(order)))
    }
    if names is None:
        return entries
    wanted = set(names)
    unknown = sorted(wanted - set(entries))
    if unknown:
        raise ParameterError("features", f"names of the catalogue ({', '.join(entries)})", unknown)
    return {name: entry for name, entry in entries.items() if name in wanted}


def fingerprint(names: Iterable[str] | None = None) -> str:
    """Return a hash of names, units, windows, formulas and directions: it goes with every panel and model."""
    declared = [[f.name, f.unit, f.window, f.formula, f.worse] for f in catalogue(names).values()]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]
