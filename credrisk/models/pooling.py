"""Which neighbouring bins become one: the rules that a bin must keep, and the pooling that makes them kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from credrisk.errors import ParameterError

__all__ = ["BinRules", "Counts", "large_enough", "monotone_groups"]


@dataclass(frozen=True)
class BinRules:
    """What a bin must be.

    Attributes
    ----------
    most_bins
        Intervals, or groups of levels, at most; special values and missing ones come on top.
    least_share
        Share of all rows, or else of all events, that an interval or level must hold: where events are rare, the few
        worst rows hold many of them and deserve a bin.
    least_events
        Distinct events that it must hold, or would hold if it were average: many rows without any event say much.
    least_gap
        Standard errors by which the weights of evidence of neighbours must differ; those closer say the same.
    pre_bins
        Quantiles from which the intervals are pooled.
    shrinkage
        Pseudo-events added to each bin at the overall odds.
    cuts_by
        ``quantiles``, or ``optbinning`` for the cuts of the package of that name (extra ``scorecard``); the rules
        above hold for either.
    """

    most_bins: int = 6
    least_share: float = 0.05
    least_events: float = 3.0
    least_gap: float = 1.0
    pre_bins: int = 20
    shrinkage: float = 1.0
    cuts_by: Literal["quantiles", "optbinning"] = "quantiles"

    def __post_init__(self) -> None:
        rules = {
            "most_bins": (self.most_bins >= 2, "2 or more"),
            "least_share": (0 <= self.least_share < 0.5, "at least 0 and below 0.5"),
            "least_events": (self.least_events >= 0, "0 or more"),
            "least_gap": (self.least_gap >= 0, "0 or more"),
            "pre_bins": (self.pre_bins >= 2, "2 or more"),
            "shrinkage": (self.shrinkage > 0, "above 0"),
            "cuts_by": (self.cuts_by in ("quantiles", "optbinning"), "quantiles or optbinning"),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise ParameterError(name, rule, getattr(self, name))


@dataclass(frozen=True)
class Counts:
    """What each training row counts.

    Attributes
    ----------
    good, bad
        Weight of the row as a good and as a bad, shape (n_rows,); one of the two is 0.
    events
        Its part of a distinct event: an event seen from k rows counts 1 / k in each.
    """

    good: np.ndarray
    bad: np.ndarray
    events: np.ndarray

    @property
    def rows_an_event(self) -> float:
        """Return the weight of bad rows that one distinct event has on average."""
        return float(self.bad.sum() / max(self.events.sum(), 1e-300))

    def take(self, index: np.ndarray) -> Counts:
        """Return the counts of the rows at ``index``."""
        return Counts(self.good[index], self.bad[index], self.events[index])


def monotone_groups(good: np.ndarray, bad: np.ndarray, *, rising: bool) -> list[list[int]]:
    """Pool neighbours until the bad rate strictly rises (falls) from one group to the next.

    Pool adjacent violators: the groups are the level sets of the isotonic regression of the bad rate.
    """
    pooled: list[tuple[list[int], float, float]] = []
    for number, (goods, bads) in enumerate(zip(good.tolist(), bad.tolist(), strict=True)):
        group, g, b = [number], goods, bads
        while pooled:
            before, g0, b0 = pooled[-1]
            # Cross-multiplied bad rates: a group may hold nothing, and then it joins whatever stands before it.
            gap = b * (g0 + b0) - b0 * (g + b)
            if gap * (1 if rising else -1) > 0:
                break
            pooled.pop()
            group, g, b = before + group, g0 + g, b0 + b
        pooled.append((group, g, b))
    return [group for group, _, _ in pooled]


def large_enough(
    groups: list[list[int]], good: np.ndarray, bad: np.ndarray, events: np.ndarray, counts: Counts, rules: BinRules
) -> list[list[int]]:
    """Join neighbours until each holds enough, there are few enough and all differ, at the least loss each time."""
    goods, bads = float(counts.good.sum()), float(counts.bad.sum())
    pseudo = rules.shrinkage * counts.rows_an_event

    def value(group: list[int]) -> float:
        g, b = float(good[group].sum()), float(bad[group].sum())
        woe = np.log((g + pseudo * goods / bads) / (b + pseudo)) - np.log(goods / bads)
        return float((g / goods - b / bads) * woe)

    def gap(left: int) -> float:
        """Standard errors between two neighbours, of the events that they hold."""
        pair = [(float(good[group].sum()), float(bad[group].sum())) for group in groups[left : left + 2]]
        woe = [np.log((g + pseudo * goods / bads) / (b + pseudo)) for g, b in pair]
        held = [float(events[group].sum()) + rules.shrinkage for group in groups[left : left + 2]]
        return float(abs(woe[0] - woe[1]) / np.sqrt(1 / held[0] + 1 / held[1]))

    def loss(left: int) -> float:
        return value(groups[left]) + value(groups[left + 1]) - value(groups[left] + groups[left + 1])

    def too_small(group: list[int]) -> bool:
        g, b = float(good[group].sum()), float(bad[group].sum())
        few_rows = g + b < rules.least_share * (goods + bads) and b < rules.least_share * bads
        average = (g + b) / (goods + bads) * counts.events.sum()
        return few_rows or max(float(events[group].sum()), average) < rules.least_events

    groups = [list(group) for group in groups]
    while len(groups) > 1:
        small = [i for i, group in enumerate(groups) if too_small(group)]
        if small:
            pairs = sorted({left for i in small for left in (i - 1, i) if 0 <= left < len(groups) - 1})
        elif len(groups) > rules.most_bins:
            pairs = list(range(len(groups) - 1))
        else:
            pairs = [left for left in range(len(groups) - 1) if gap(left) < rules.least_gap]
            if not pairs:
                break
        left = min(pairs, key=lambda pair: (loss(pair), pair))
        groups[left : left + 2] = [groups[left] + groups[left + 1]]
    return groups
