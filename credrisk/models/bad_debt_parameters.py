"""What the parameters of the bad-debt model may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from credrisk.errors import ParameterError
from credrisk.models.outcomes import PREFIXES
from credrisk.models.rungs import RUNGS

__all__ = ["check_parameters"]


def check_parameters(given: Mapping[str, Any]) -> None:
    """Check the parameters of :class:`~credrisk.models.bad_debt.BadDebtModel`, by name.

    Raises
    ------
    ParameterError
        For the first that breaks its rule.
    """

    def whole(value: Any, least: int) -> bool:
        return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= least)

    def number(value: Any) -> float:
        known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
        return float(value) if known else float("nan")

    months = list(given["horizons"]) if isinstance(given["horizons"], Sequence | np.ndarray) else []
    rules = {
        "target": (isinstance(given["target"], str) and given["target"] in PREFIXES, f"one of {', '.join(PREFIXES)}"),
        "horizons": (
            len(months) > 0 and all(whole(h, 1) for h in months) and months == sorted(set(months)),
            "a sequence of whole numbers of months above 0, rising",
        ),
        "rung": (given["rung"] in ("auto", *RUNGS), f"one of auto, {', '.join(RUNGS)}"),
        "prior_rate": (given["prior_rate"] is None or 0 < number(given["prior_rate"]) < 1, "None or between 0 and 1"),
        "max_rows": (whole(given["max_rows"], 1), "a whole number, 1 or more"),
        "trees": (whole(given["trees"], 1), "a whole number, 1 or more"),
        "leaves": (whole(given["leaves"], 2), "a whole number, 2 or more"),
        "learning_rate": (0 < number(given["learning_rate"]) <= 1, "above 0 and at most 1"),
        "shrinkage_events": (0 <= number(given["shrinkage_events"]) < np.inf, "0 or more"),
        "threads": (whole(given["threads"], 1), "a whole number, 1 or more"),
        "seed": (whole(given["seed"], 0), "a whole number, 0 or more"),
    }
    for name, (kept, rule) in rules.items():
        if not kept:
            raise ParameterError(name, rule, given[name])
