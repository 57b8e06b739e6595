"""The catalogue of features: each declared once with its unit, window, null meaning and worse direction.

That one declaration gives the panel's columns, the docs, the booster's monotone constraints and the sentences of the
reason codes. A feature is a function of the :class:`~credrisk.features.grid.Grid` that returns an array of shape
(customers, periods).

A model may learn from columns of one's own beside them (figures of a credit agency, ratios of a bought file):
:func:`declare` says of such a given column what the catalogue says of a computed one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Literal, NoReturn, get_args

import numpy as np

from credrisk.errors import ParameterError

if TYPE_CHECKING:
    from credrisk.features.grid import Grid

__all__ = [
    "COMPANY_INFORMATION",
    "DIRECTIONS_DROPPED",
    "SELLERS_CONDUCT",
    "Feature",
    "catalogue",
    "declare",
    "feature",
    "fingerprint",
    "from_company_information",
    "known_features",
]

Worse = Literal["higher", "lower", "none"]
Unit = Literal["money", "days", "share", "count", "months", "ratio", "index"]
Compute = Callable[["Grid"], np.ndarray]

QUESTIONS = (
    "credrisk.features.ageing",
    "credrisk.features.overdue",
    "credrisk.features.payment",
    "credrisk.features.payment_profile",
    "credrisk.features.habit",
    "credrisk.features.beyond_habit",
    "credrisk.features.payment_strain",
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
    "credrisk.features.debt_service",
    "credrisk.features.customer_size",
    "credrisk.features.restatements",
    "credrisk.features.altman",
    "credrisk.features.company_events",
    "credrisk.features.warning_signs",
    "credrisk.features.registers",
    "credrisk.features.news",
    "credrisk.features.external_ratings",
    "credrisk.features.market",
    "credrisk.features.peers",
)
"""The modules that register features, one a trade question, in the order of the panel's columns."""

SELLERS_CONDUCT = ("contacts",)
"""Questions that the seller answers by what its own people do: they say as much about it as about the customer."""

COMPANY_INFORMATION: dict[str, tuple[str, ...]] = {
    "statements": (
        "balance_sheet",
        "annual_accounts",
        "debt_service",
        "customer_size",
        "restatements",
        "altman",
    ),
    "events": ("company_events", "warning_signs", "registers", "news"),
    "ratings": ("external_ratings",),
    "market series": ("market",),
}
"""Questions that are answered from outside the seller's own books, by what answers them."""

OF_THE_GROUP = ("rest_of_group_adverse_events_365d", "rest_of_group_insolvency_notices")
"""Features of the group that are answered from outside too."""

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
_declared: dict[str, Feature] = {}

RESERVED = ("as_of", "base", "customer_id", "horizon_interval", "horizon_months", "no_payment_record")
"""Names that panels and models give to other things."""


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


def declare(
    name: str,
    *,
    unit: Unit,
    null: str,
    worse: Worse,
    says: str,
    window: str = "as given",
    source: str = "",
    says_below: str = "",
    says_at_zero: str = "",
    question: str = "given",
) -> Feature:
    """Declare a given column, which the panel does not compute, so that models can learn from it.

    Parameters
    ----------
    name
        The column: small letters, digits and underscores.
    unit, window, null, worse, says, says_below, says_at_zero
        As in :class:`Feature`; ``says`` holds ``{value}``.
    source
        Where the figures come from.
    question
        The trade question it answers: of the features of one question only the strongest is told as a reason.

    Returns
    -------
    Feature
        What was declared. To declare the same twice is no error.

    Raises
    ------
    ParameterError
        When the name is taken by the catalogue or was declared differently, or an argument breaks its rule.

    Notes
    -----
    A declaration lasts as long as the process and is not stored with a model: declare the same before loading one,
    else it is refused. Declare in order of trust: a regression on few events takes the first ones.

    Examples
    --------
    >>> agency = declare("agency_score", unit="index", null="not bought", worse="lower", says="scored {value}")
    >>> agency.worse, "agency_score" in catalogue(), "agency_score" in catalogue(["agency_score"])
    ('lower', False, True)
    """
    rules = {
        "name": (
            bool(re.fullmatch(r"[a-z][a-z0-9_]*", name)) and name not in RESERVED and name not in catalogue(),
            f"small letters, digits and underscores, no feature of the catalogue and none of {', '.join(RESERVED)}",
            name,
        ),
        "unit": (unit in get_args(Unit), f"one of {', '.join(get_args(Unit))}", unit),
        "worse": (worse in get_args(Worse), f"one of {', '.join(get_args(Worse))}", worse),
        "null": (bool(null.strip()), "what a null means, in words", null),
        "says": (says.count("{value}") == 1, "a sentence with {value} once", says),
    }
    for parameter, (kept, rule, given) in rules.items():
        if not kept:
            raise ParameterError(parameter, rule, given)

    def refuse(grid: Grid) -> NoReturn:
        raise ParameterError("features", "features that the panel computes; declared columns are given", name)

    entry = Feature(
        name, unit, window, null, worse, says, "given", source, says_below, says_at_zero, question, compute=refuse
    )
    if _declared.setdefault(name, entry) != entry:
        raise ParameterError("name", "declared the same way each time", name)
    return entry


def known_features() -> dict[str, Feature]:
    """Return all that a model may learn from: the catalogue, then what was declared."""
    return catalogue() | _declared


def catalogue(names: Iterable[str] | None = None) -> dict[str, Feature]:
    """Return the features by name, in the catalogue's order.

    Parameters
    ----------
    names
        The features wanted, declared ones among them (these come last, in the order of declaration). None = all that
        the panel computes, so without declared ones.

    Raises
    ------
    ParameterError
        When a name is neither in the catalogue nor declared.
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
    entries |= _declared
    unknown = sorted(wanted - set(entries))
    if unknown:
        raise ParameterError("features", f"names of the catalogue or declared ({', '.join(entries)})", unknown)
    return {name: entry for name, entry in entries.items() if name in wanted}


def from_company_information(names: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the features that need public or bought information, by what they need.

    Parameters
    ----------
    names
        The features to look among. None = all that the panel computes; declared ones are never among them.

    Returns
    -------
    dict
        ``statements``, ``events``, ``ratings`` and ``market series``, each with the names of its features.
    """
    computed = catalogue()
    wanted = computed if names is None else set(names)
    kinds = {question: kind for kind, questions in COMPANY_INFORMATION.items() for question in questions}
    found: dict[str, list[str]] = {kind: [] for kind in COMPANY_INFORMATION}
    for name, entry in computed.items():
        kind = "events" if name in OF_THE_GROUP else kinds.get(entry.question)
        if kind is not None and name in wanted:
            found[kind].append(name)
    return {kind: tuple(own) for kind, own in found.items()}


def fingerprint(names: Iterable[str] | None = None) -> str:
    """Return a hash of names, units, windows, formulas and directions: it goes with every panel and model.

    The order of declaration does not matter.
    """
    entries = catalogue(names)
    ordered = [f for f in entries.values() if f.name not in _declared]
    ordered += [entries[name] for name in sorted(_declared) if name in entries]
    declared = [[f.name, f.unit, f.window, f.formula, f.worse] for f in ordered]
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]
