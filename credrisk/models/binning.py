"""Bins of one variable for a scorecard: how much good and bad each holds, and the weight of evidence that follows.

Sign convention, everywhere in credrisk: odds are good:bad, so a positive weight of evidence (WoE) means better than
the average row and a negative one worse [1]_. Of all goods and all bads, a bin holds the shares g and b:

    WoE = ln(g / b)          IV = sum over bins of (g - b) x WoE

A bin with few events says little, so ``shrinkage`` pseudo-events at the overall odds are added to each: its WoE is
drawn to 0, an empty bin has exactly 0, and nothing is infinite.

References
----------
.. [1] Siddiqi, N. (2006). Credit Risk Scorecards. Wiley, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.models.pooling import BinRules, Counts, large_enough, monotone_groups

__all__ = ["Bins", "Worse", "bin_count", "bin_variable", "information_value", "weight_of_evidence"]

Worse = Literal["higher", "lower", "none"]


@dataclass(frozen=True)
class Bins:
    """The bins of one variable, in this order: intervals or groups of levels, other levels, specials, missing.

    Attributes
    ----------
    variable
        Its name.
    cuts
        Bounds of the intervals, rising. An interval lies above its lower bound and up to its upper one, the upper
        included: (-inf, c1], (c1, c2], ..., (ck, inf).
    levels
        Groups of levels of a categorical variable, None for a numeric one. One further bin holds every other level.
    specials
        Values with a bin of their own.
    share, events, bad_rate, woe, iv
        Of each bin: its share of all rows, distinct events, bads of its rows (weighted), weight of evidence and
        its part of the information value.
    """

    variable: str
    cuts: tuple[float, ...]
    levels: tuple[tuple[str, ...], ...] | None
    specials: tuple[float, ...]
    share: tuple[float, ...]
    events: tuple[float, ...]
    bad_rate: tuple[float, ...]
    woe: tuple[float, ...]
    iv: tuple[float, ...]

    def __len__(self) -> int:
        return bin_count(self.cuts, self.levels, self.specials)

    @property
    def total_iv(self) -> float:
        """Return the information value of the variable."""
        return float(sum(self.iv))

    @property
    def measured_iv(self) -> float:
        """Return the information value among the rows that have a value: what null against value tells is left out."""
        rows, rate = np.array(self.share[:-1]), np.array(self.bad_rate[:-1])
        good, bad = rows * (1 - rate), rows * rate
        if good.sum() <= 0 or bad.sum() <= 0:
            return 0.0
        return float((good / good.sum() - bad / bad.sum()) @ np.array(self.woe[:-1]))

    @property
    def measured_events(self) -> float:
        """Return the distinct events of the rows that have a value."""
        return float(sum(self.events[:-1]))

    def place(self, column: pl.Series) -> np.ndarray:
        """Return the number of the bin of each value; null and NaN are missing, the last bin."""
        return _place(column, self.cuts, self.levels, self.specials)


def weight_of_evidence(good: np.ndarray, bad: np.ndarray, *, shrinkage: float = 0.0) -> np.ndarray:
    """Return ln of the share of goods over the share of bads of each bin; positive = better than average.

    Parameters
    ----------
    good, bad
        Goods and bads by bin.
    shrinkage
        Pseudo-bads added to each bin, with the goods that they have on average. With 0 a bin without goods or bads
        is infinite.
    """
    odds = good.sum() / bad.sum()
    empty = (good == 0) & (bad == 0)
    with np.errstate(divide="ignore"):
        woe = np.log(good + shrinkage * odds) - np.log(bad + shrinkage) - np.log(odds)
    return np.where(empty & (shrinkage > 0), 0.0, woe)


def information_value(good: np.ndarray, bad: np.ndarray, *, shrinkage: float = 0.0) -> np.ndarray:
    """Return each bin's part of the information value; the parts sum to it."""
    parts: np.ndarray = (good / good.sum() - bad / bad.sum()) * weight_of_evidence(good, bad, shrinkage=shrinkage)
    return parts


def bin_variable(
    column: pl.Series,
    counts: Counts,
    *,
    worse: Worse = "none",
    specials: tuple[float, ...] = (),
    rules: BinRules | None = None,
) -> Bins:
    """Bin one variable.

    Parameters
    ----------
    column
        Its values; text is categorical. Null and NaN are missing.
    counts
        What each row counts.
    worse
        The direction in which the bad rate may not fall from one interval to the next (``higher``: with the value
        rising); ``none`` lets it move both ways.
    specials
        Values that are codes rather than amounts (999 = unknown): each gets a bin of its own.
    rules
        What a bin must be; None takes the defaults.

    Raises
    ------
    DataError
        When a value is infinite, or there is no good or no bad row.

    Notes
    -----
    Numbers: the cuts are quantiles, rounded to figures that can be read out; neighbours that break the direction are
    pooled (pool adjacent violators), then those that hold too little join the neighbour that they resemble, and the
    most alike neighbours are joined until there are few enough and no two say the same. Levels too rare go to the bin
    of other levels, which also takes every level not seen in training; the rest are put in the order of their bad rates
    and joined likewise.
    """
    rules = rules or BinRules()
    if counts.good.sum() <= 0 or counts.bad.sum() <= 0:
        raise DataError("A scorecard needs good rows and bad rows; one kind is missing.", table="y")
    if column.dtype in (pl.String, pl.Categorical) or isinstance(column.dtype, pl.Enum):
        return _described(column, counts, (), _levels(column, counts, rules), (), rules)
    values = _numbers(column)
    measured = ~np.isnan(values) & ~np.isin(values, specials)
    cuts = _cuts(values[measured], counts.take(measured), worse, rules)
    place = np.searchsorted(cuts, values[measured], side="left")
    good, bad, events = _sums(place, counts.take(measured), len(cuts) + 1)
    groups = [[number] for number in range(len(cuts) + 1)]
    if worse != "none":
        groups = monotone_groups(good, bad, rising=worse == "higher")
    groups = large_enough(groups, good, bad, events, counts, rules)
    kept = tuple(float(cuts[group[-1]]) for group in groups[:-1])
    return _described(column, counts, kept, None, tuple(sorted(specials)), rules)


def bin_count(cuts: tuple[float, ...], levels: tuple[tuple[str, ...], ...] | None, specials: tuple[float, ...]) -> int:
    """Return the number of bins: intervals (or groups and other levels), specials and missing."""
    return (len(cuts) if levels is None else len(levels)) + 1 + len(specials) + 1


def _numbers(column: pl.Series) -> np.ndarray:
    if not (column.dtype.is_numeric() or column.dtype in (pl.Null, pl.Boolean)):
        raise DataError("A variable must be numbers or text.", columns=[f"{column.name} ({column.dtype})"])
    values: np.ndarray = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if infinite := int(np.isinf(values).sum()):
        remedy = "a ratio with a denominator of 0 is null, not infinite."
        raise DataError("A variable has infinite values.", columns=[column.name], rows=infinite, remedy=remedy)
    return values


def _place(
    column: pl.Series, cuts: tuple[float, ...], levels: tuple[tuple[str, ...], ...] | None, specials: tuple[float, ...]
) -> np.ndarray:
    missing = bin_count(cuts, levels, specials) - 1
    if levels is not None:
        numbered = {level: place for place, group in enumerate(levels) for level in group}
        found = column.cast(pl.String).replace_strict(numbered, default=len(levels), return_dtype=pl.Int64)
        return np.where(column.is_null().to_numpy(), missing, found.fill_null(missing).to_numpy())
    values = _numbers(column)
    place = np.searchsorted(np.array(cuts), values, side="left")
    for number, special in enumerate(specials):
        place[values == special] = len(cuts) + 1 + number
    place[np.isnan(values)] = missing
    return place.astype(np.int64)


def _sums(place: np.ndarray, counts: Counts, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    good, bad, events = (np.bincount(place, w, size) for w in (counts.good, counts.bad, counts.events))
    return good, bad, events


def _cuts(values: np.ndarray, counts: Counts, worse: Worse, rules: BinRules) -> np.ndarray:
    """Return the bounds from which the intervals are pooled; none may lie at or above the highest value."""
    if not len(values) or counts.bad.sum() <= 0 or counts.good.sum() <= 0:
        return np.empty(0)
    if rules.cuts_by == "optbinning":
        return _optimal_cuts(values, counts, worse, rules)
    quantiles = np.quantile(values, np.linspace(0, 1, rules.pre_bins + 1)[:-1], method="inverted_cdf")
    return _readable(np.unique(quantiles), values.max())


def _readable(cuts: np.ndarray, highest: float) -> np.ndarray:
    """Round the cuts to as few figures as keep most of them apart."""
    cuts = cuts[cuts < highest]
    for figures in range(2, 8):
        rounded = np.unique([float(f"{cut:.{figures}g}") for cut in cuts])
        rounded = rounded[rounded < highest]
        if len(rounded) >= 0.8 * len(cuts):
            return np.asarray(rounded)
    return cuts


def _optimal_cuts(values: np.ndarray, counts: Counts, worse: Worse, rules: BinRules) -> np.ndarray:
    try:
        from optbinning import OptimalBinning
    except ImportError as missing:
        rule = "quantiles where optbinning is not installed (extra scorecard)"
        raise ParameterError("cuts_by", rule, "optbinning") from missing
    trend = {"higher": "ascending", "lower": "descending", "none": "auto"}[worse]
    binning = OptimalBinning(
        dtype="numerical", monotonic_trend=trend, max_n_bins=rules.most_bins, min_bin_size=max(rules.least_share, 1e-3)
    )
    binning.fit(values, (counts.bad > 0).astype(int), sample_weight=counts.good + counts.bad)
    # Its intervals hold their lower bound, ours the upper one: the next smaller number keeps them the same.
    splits: np.ndarray = np.nextafter(np.asarray(binning.splits, dtype=float), -np.inf)
    return splits


def _levels(column: pl.Series, counts: Counts, rules: BinRules) -> tuple[tuple[str, ...], ...]:
    text = column.cast(pl.String)
    names = text.drop_nulls().unique().sort().to_list()
    if not names:
        return ()
    place = _place(text, (), tuple((name,) for name in names), ())
    good, bad, events = (part[: len(names)] for part in _sums(place, counts, len(names) + 2))
    rows = counts.good.sum() + counts.bad.sum()
    large = (good + bad >= rules.least_share * rows) | (bad >= rules.least_share * counts.bad.sum())
    kept = large & (np.maximum(events, (good + bad) / rows * counts.events.sum()) >= rules.least_events)
    rate = bad / np.maximum(good + bad, 1e-300)
    order = [int(i) for i in np.argsort(rate, kind="stable") if kept[i]]
    if not order:
        return ()
    at = np.array(order)
    groups = large_enough([[i] for i in range(len(order))], good[at], bad[at], events[at], counts, rules)
    return tuple(tuple(sorted(names[order[i]] for i in group)) for group in groups)


def _described(
    column: pl.Series,
    counts: Counts,
    cuts: tuple[float, ...],
    levels: tuple[tuple[str, ...], ...] | None,
    specials: tuple[float, ...],
    rules: BinRules,
) -> Bins:
    size = bin_count(cuts, levels, specials)
    good, bad, events = _sums(_place(column, cuts, levels, specials), counts, size)
    pseudo = rules.shrinkage * counts.rows_an_event
    rows = good + bad
    return Bins(
        variable=column.name,
        cuts=cuts,
        levels=levels,
        specials=specials,
        share=tuple((rows / rows.sum()).tolist()),
        events=tuple(events.tolist()),
        bad_rate=tuple((bad / np.maximum(rows, 1e-300)).tolist()),
        woe=tuple(weight_of_evidence(good, bad, shrinkage=pseudo).tolist()),
        iv=tuple(information_value(good, bad, shrinkage=pseudo).tolist()),
    )
