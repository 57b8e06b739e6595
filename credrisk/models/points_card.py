"""A scorecard: bins and their points, the score they sum to, and the odds that a score stands for.

    score = base + sum of the points of the bins            (exactly: the sum is what is called the score)
    log odds good:bad = ln(good_bad_odds) + (score - score_at_odds) x ln(2) / points_to_double
    PD = 1 / (1 + odds)

More points are better. ``points_to_double`` points double the odds [1]_.

References
----------
.. [1] Siddiqi, N. (2006). Credit Risk Scorecards. Wiley, chapter 6, "Scaling".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import catalogue
from credrisk.models.binning import Bins

__all__ = ["PointsCard", "Scale", "bin_names", "figure"]


@dataclass(frozen=True)
class Scale:
    """What a score stands for: ``score_at_odds`` points are ``good_bad_odds`` goods to one bad.

    ``points_to_double`` more points double these odds.
    """

    good_bad_odds: float = 50.0
    points_to_double: float = 20.0
    score_at_odds: float = 600.0

    def __post_init__(self) -> None:
        for name in ("good_bad_odds", "points_to_double"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ParameterError(name, "finite and above 0", getattr(self, name))
        if not math.isfinite(self.score_at_odds):
            raise ParameterError("score_at_odds", "finite", self.score_at_odds)

    @property
    def factor(self) -> float:
        """Return the points of one unit of log odds."""
        return self.points_to_double / math.log(2)

    @property
    def offset(self) -> float:
        """Return the score at odds of 1:1."""
        return self.score_at_odds - self.factor * math.log(self.good_bad_odds)

    def log_odds(self, score: np.ndarray) -> np.ndarray:
        """Return the log odds good:bad of scores."""
        log_odds: np.ndarray = (score - self.offset) / self.factor
        return log_odds

    def probability(self, score: np.ndarray) -> np.ndarray:
        """Return the probability of bad of scores."""
        chance: np.ndarray = 1.0 / (1.0 + np.exp(np.clip(self.log_odds(score), -500.0, 500.0)))
        return chance


@dataclass(frozen=True)
class PointsCard:
    """A finished card.

    Attributes
    ----------
    variables
        The bins of each variable, the strongest first.
    coefficients
        Of each variable's weight of evidence in the calibrated log odds good:bad.
    points
        Of each bin of each variable.
    base
        Points that everybody has.
    scale
        What the score stands for.
    """

    variables: tuple[Bins, ...]
    coefficients: tuple[float, ...]
    points: tuple[tuple[float, ...], ...]
    base: float
    scale: Scale

    def points_of(self, frame: pl.DataFrame) -> np.ndarray:
        """Return the points of each variable in each row, shape (n_rows, n_variables)."""
        missing = [bins.variable for bins in self.variables if bins.variable not in frame.columns]
        if missing:
            raise DataError("X lacks variables of the scorecard.", columns=missing, remedy="build them.")
        given = np.empty((frame.height, len(self.variables)))
        for place, (bins, worth) in enumerate(zip(self.variables, self.points, strict=True)):
            given[:, place] = np.array(worth)[bins.place(frame[bins.variable])]
        return given

    def score(self, frame: pl.DataFrame) -> np.ndarray:
        """Return the score of each row: base and points, added from left to right."""
        total = np.full(frame.height, self.base)
        for column in self.points_of(frame).T:
            total = total + column
        return total

    def mean_points(self) -> np.ndarray:
        """Return the points of each variable that the training rows have on average."""
        return np.array(
            [
                float(np.dot(worth, bins.share) / sum(bins.share))
                for worth, bins in zip(self.points, self.variables, strict=True)
            ]
        )

    def table(self, currency: str = "") -> pl.DataFrame:
        """Return a line for each bin, the base first.

        Returns
        -------
        polars.DataFrame
            ``variable, bin`` (in words), ``above`` (lower bound, not included) and ``up_to`` (upper bound, included;
            null = none), ``share`` (of the rows), ``events`` (distinct), ``bad_rate``, ``woe``, ``iv`` (of the bin),
            ``variable_iv``, ``coefficient``, ``points``.
        """
        lines: list[dict[str, object]] = [{"variable": "base", "bin": "everybody", "points": self.base}]
        for bins, coefficient, points in zip(self.variables, self.coefficients, self.points, strict=True):
            names = bin_names(bins, currency)
            above, up_to = _bounds(bins)
            for number, name in enumerate(names):
                lines.append(
                    {
                        "variable": bins.variable,
                        "bin": name,
                        "above": above[number],
                        "up_to": up_to[number],
                        "share": bins.share[number],
                        "events": bins.events[number],
                        "bad_rate": bins.bad_rate[number] if bins.share[number] > 0 else None,
                        "woe": bins.woe[number],
                        "iv": bins.iv[number],
                        "variable_iv": bins.total_iv,
                        "coefficient": coefficient,
                        "points": points[number],
                    }
                )
        figures = ("above", "up_to", "share", "events", "bad_rate", "woe", "iv", "variable_iv", "coefficient", "points")
        schema = {"variable": pl.String, "bin": pl.String, **dict.fromkeys(figures, pl.Float64)}
        return pl.DataFrame(lines, schema=schema)


def bin_names(bins: Bins, currency: str = "") -> list[str]:
    """Return what each bin holds, in words: ``above 10 up to 20 days``; the last says what a null means."""
    entry = catalogue().get(bins.variable)
    unit, null = (entry.unit, entry.null) if entry is not None else ("", "not measured")

    def told(value: float) -> str:
        return figure(value, unit, currency)

    if bins.levels is not None:
        names = [", ".join(group) for group in bins.levels] + ["any other"]
    elif not bins.cuts:
        names = ["any value"]
    elif unit == "count":
        names = _count_names(bins.cuts)
    else:
        names = [f"up to {told(bins.cuts[0])}"]
        names += [f"above {told(low)} up to {told(high)}" for low, high in pairwise(bins.cuts)]
        names.append(f"above {told(bins.cuts[-1])}")
    return [*names, *(f"exactly {told(special)}" for special in bins.specials), null]


def _count_names(cuts: tuple[float, ...]) -> list[str]:
    """Return intervals of whole numbers as those numbers: ``0``, ``1 to 3``, ``4 or more``."""
    lasts = [math.floor(cut) for cut in cuts]
    spans = [f"{low + 1:,}" if low + 1 == high else f"{low + 1:,} to {high:,}" for low, high in pairwise(lasts)]
    return [f"up to {lasts[0]:,}" if lasts[0] else "0", *spans, f"{lasts[-1] + 1:,} or more"]


def figure(value: float, unit: str, currency: str = "") -> str:
    """Write a bound in full: rounding would make it another bound."""
    if unit == "share":
        return f"{100 * value:,.10g} %"
    name = {"money": f" {currency}".rstrip(), "days": " days", "months": " months"}.get(unit, "")
    return f"{value:,.10g}{name}"


def _bounds(bins: Bins) -> tuple[list[float | None], list[float | None]]:
    none: Sequence[None] = [None] * len(bins)
    if bins.levels is not None or not bins.cuts:
        return list(none), list(none)
    rest = [None] * (len(bins) - len(bins.cuts) - 1)
    return [None, *bins.cuts, *rest], [*bins.cuts, None, *rest]
