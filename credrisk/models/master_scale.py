"""Rating grades: which probabilities share a grade, and a scale that suits a ledger's own probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import EvidenceError, ParameterError

__all__ = ["GRADED_MONTHS", "LEAST_GRADES", "MasterScale", "propose_scale"]

GRADED_MONTHS = 12
"""Horizon of the probability of a bad debt for which a policy's grades are defined."""

LEAST_GRADES, MOST_GRADES = 7, 12
"""Seven grades for those not in default are the least that EU law asks of banks (CRR, article 170(1)(b))."""

STEPS_TO_EQUAL = 21
"""Steps from bounds in even ratios to bounds of equally many customers; the first that holds enough is taken."""


@dataclass(frozen=True)
class MasterScale:
    """Grades by their probability, the best first.

    Attributes
    ----------
    names
        Names of the grades, all different.
    pd_from
        Lower bound of each (inclusive); a grade ends before the next one's. The first is 0, they rise, all below 1.
    """

    names: tuple[str, ...]
    pd_from: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.pd_from) or len(set(self.names)) != len(self.names) or not self.names:
            raise ParameterError("names", "a different one for each bound", self.names)
        rising = all(later > earlier for earlier, later in pairwise(self.pd_from))
        if self.pd_from[0] != 0 or not rising or self.pd_from[-1] >= 1:
            raise ParameterError("pd_from", "rising from 0 to below 1", self.pd_from)

    @property
    def pd_to(self) -> tuple[float, ...]:
        """Upper bound of each grade (exclusive; the last one's inclusive)."""
        return (*self.pd_from[1:], 1.0)

    def positions(self, pd: Any) -> np.ndarray:
        """Return the place of each probability on the scale, -1 where it is null (NaN).

        Raises
        ------
        ParameterError
            When a probability is outside 0 to 1.
        """
        values = np.asarray(pd, dtype=float)
        known = ~np.isnan(values)
        if (outside := known & ~((values >= 0) & (values <= 1))).any():
            raise ParameterError("pd", "from 0 to 1", float(values[outside][0]))
        places = np.searchsorted(np.array(self.pd_from), np.where(known, values, 0.0), side="right") - 1
        return np.where(known, places, -1)

    def grades(self, pd: Any) -> pl.Series:
        """Return the name of the grade of each probability, null where it is null."""
        named = dict(enumerate(self.names))
        places = pl.Series("grade", self.positions(pd), dtype=pl.Int64)
        return places.replace_strict(named, default=None, return_dtype=pl.String)

    def to_frame(self) -> pl.DataFrame:
        """Return ``grade, pd_from, pd_to``, the best grade first."""
        return pl.DataFrame({"grade": self.names, "pd_from": self.pd_from, "pd_to": self.pd_to})


def propose_scale(
    pd: Any, *, least_share: float = 0.02, least_events: float = 1.0, names: Sequence[str] | None = None
) -> MasterScale:
    """Propose a scale of seven grades or more for these probabilities.

    The bounds stand in even ratios, as grades of agencies do: each is about the same number of times as risky as the
    one before. Where a grade would hold too little, the bounds move, all in step, towards those of equally many
    customers. The finest scale that holds enough in every grade is taken; bounds are rounded to two digits.

    Parameters
    ----------
    pd
        Probabilities of the customers at risk, NaN where not measured.
    least_share
        Least share of the customers in a grade.
    least_events
        Least events expected in a grade (the sum of its probabilities).
    names
        Names of the grades, the best first, which also fixes their number; None names them 1, 2, ...

    Raises
    ------
    EvidenceError
        When no scale of seven grades (or of as many as ``names``) holds enough in every grade.
    ParameterError
        When there are fewer than seven names, or a share or number is out of range.
    """
    if not 0 <= least_share < 1:
        raise ParameterError("least_share", "from 0 to below 1", least_share)
    if least_events < 0:
        raise ParameterError("least_events", "0 or more", least_events)
    if names is not None and len(names) < LEAST_GRADES:
        raise ParameterError("names", f"{LEAST_GRADES} or more", names)
    values = np.asarray(pd, dtype=float)
    values = np.sort(values[~np.isnan(values)])
    counts = range(MOST_GRADES, LEAST_GRADES - 1, -1) if names is None else [len(names)]
    above_zero = values[values > 0]
    if len(above_zero):
        low, high = np.quantile(above_zero, [0.02, 0.98], method="inverted_cdf")
        for step in np.linspace(0, 1, STEPS_TO_EQUAL):
            for count in counts:
                inner = np.arange(1, count) / count
                even = low * (high / low) ** inner
                equal = np.quantile(above_zero, inner, method="inverted_cdf")
                bounds = np.array([float(f"{bound:.2g}") for bound in even ** (1 - step) * equal**step])
                if _holds_enough(values, bounds, least_share, least_events):
                    named = tuple(names) if names is not None else tuple(str(n) for n in range(1, count + 1))
                    return MasterScale(named, (0.0, *bounds.tolist()))
    raise EvidenceError(
        f"{len(values)} customers with {values.sum():.1f} expected events do not fill {min(counts)} grades with "
        f"{100 * least_share:g} % of the customers and {least_events:g} expected events each. What to do: ask for less "
        "in a grade (least_share, least_events) or fewer names, or grade by the scale of the policy"
    )


def _holds_enough(values: np.ndarray, bounds: np.ndarray, least_share: float, least_events: float) -> bool:
    if (np.diff(bounds) <= 0).any() or bounds[0] <= 0 or bounds[-1] >= 1:
        return False
    place = np.searchsorted(bounds, values, side="right")
    customers = np.bincount(place, minlength=len(bounds) + 1)
    expected = np.bincount(place, values, minlength=len(bounds) + 1)
    return bool((customers >= max(1.0, least_share * len(values))).all() and (expected >= least_events).all())
