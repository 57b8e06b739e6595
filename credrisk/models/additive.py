"""The additive rate: the log rate is a sum of one curve a feature and interval, looked up in tables.

A booster whose trees look at one feature each (beside the horizon interval) is such a sum. Each curve is a step
function, so a table of its steps holds it exactly: scoring is a look-up, what a feature contributes is what its table
says, and the tables are all that has to be stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["AdditiveIntensity", "FeatureTable", "tables_of"]

ROWS_AT_ONCE = 16_384
"""Rows looked up at one time: their sums stay in the cache."""


@dataclass(frozen=True)
class FeatureTable:
    """The curve of one feature.

    Attributes
    ----------
    place
        Position of the feature.
    bounds
        Rising upper bounds of the steps (inclusive), shape (n_steps - 1,); the last step has none.
    steps
        What the value adds to the log rate against the mean training row, shape (n_steps + 1, n_intervals); the last
        row is that of a null.
    """

    place: int
    bounds: np.ndarray
    steps: np.ndarray

    def step_of(self, column: np.ndarray) -> np.ndarray:
        """Return the row of ``steps`` of each value."""
        found: np.ndarray = np.searchsorted(self.bounds, column, side="left")
        return np.where(np.isnan(column), len(self.bounds) + 1, found)


@dataclass(frozen=True)
class AdditiveIntensity:
    """A fitted additive rate.

    Attributes
    ----------
    features
        Names of the features given; those without a table add nothing.
    intercepts
        Log monthly rate of the mean training row in each interval, shape (n_intervals,).
    tables
        The curves, by position of the feature.
    """

    features: tuple[str, ...]
    intercepts: np.ndarray
    tables: tuple[FeatureTable, ...]

    def log_intensity(self, values: np.ndarray) -> np.ndarray:
        """Return log events a month, shape (n_rows, n_intervals)."""
        found = np.empty((len(values), len(self.intercepts)))
        for start in range(0, len(values), ROWS_AT_ONCE):
            block = values[start : start + ROWS_AT_ONCE]
            total = np.tile(self.intercepts, (len(block), 1))
            for table in self.tables:
                total += table.steps.take(table.step_of(block[:, table.place]), axis=0)
            found[start : start + ROWS_AT_ONCE] = total
        return found

    def contributions(self, values: np.ndarray, interval_weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what each feature adds to the weighted sum of the intervals' log rates, and the base.

        Returns
        -------
        contributions
            Shape (n_rows, n_features), against the mean training row.
        base
            Shape (n_rows,): the weighted sum of the intercepts; with the contributions the weighted sum.
        """
        parts = np.zeros(values.shape[::-1]).T
        curves = [(table, table.steps @ interval_weights) for table in self.tables]
        for start in range(0, len(values), ROWS_AT_ONCE):
            block = values[start : start + ROWS_AT_ONCE]
            for table, curve in curves:
                parts[start : start + ROWS_AT_ONCE, table.place] = curve.take(table.step_of(block[:, table.place]))
        return parts, np.full(len(values), float(interval_weights @ self.intercepts))


def tables_of(
    trees: Sequence[Mapping[str, Any]],
    features: tuple[str, ...],
    interval_values: np.ndarray,
    *,
    values: np.ndarray,
    weight: np.ndarray,
) -> AdditiveIntensity:
    """Return the tables of a booster whose trees look at one feature each beside the interval.

    Parameters
    ----------
    trees
        ``tree_structure`` of each tree as LightGBM dumps it. Features have the positions of ``features``; the
        positions after them are the columns of ``interval_values``.
    interval_values
        What the trees see of each interval, shape (n_intervals, n_interval_features).
    values, weight
        Training rows and their months at risk: against their mean the curves are told.

    Raises
    ------
    ValueError
        When a tree looks at two features.

    Notes
    -----
    A null where training saw none adds nothing, where LightGBM would take it for 0.
    """
    n_features, n_intervals = len(features), len(interval_values)
    by_interval = [[_in_interval(tree, row, n_features) for row in interval_values] for tree in trees]
    thresholds: dict[int, set[float]] = {}
    for tree in by_interval:
        for node in tree:
            _collect(node, thresholds)
    bounds = {place: np.array(sorted(found)) for place, found in sorted(thresholds.items())}
    steps = {place: np.zeros((len(found) + 2, n_intervals)) for place, found in bounds.items()}
    intercepts = np.zeros(n_intervals)
    null_seen: dict[int, bool] = {}
    for tree in by_interval:
        for interval, node in enumerate(tree):
            if "leaf_value" in node:
                intercepts[interval] += node["leaf_value"]
                continue
            place = int(node["split_feature"])
            null_seen[place] = node["missing_type"] == "NaN"
            _add(node, bounds[place], steps[place][:, interval], np.arange(len(bounds[place]) + 2))
    tables = []
    for place, found in bounds.items():
        table = FeatureTable(place, found, steps[place])
        share = np.bincount(table.step_of(values[:, place]), weight, len(found) + 2)
        mean = share @ table.steps / share.sum()
        intercepts += mean
        table.steps[:] -= mean
        if not null_seen[place]:
            table.steps[-1] = 0.0
        tables.append(table)
    return AdditiveIntensity(features, intercepts, tuple(tables))


def _in_interval(node: Mapping[str, Any], interval: np.ndarray, n_features: int) -> Mapping[str, Any]:
    """Return the tree as one interval sees it: splits on the interval are decided."""
    while "leaf_value" not in node and node["split_feature"] >= n_features:
        left = interval[node["split_feature"] - n_features] <= node["threshold"]
        node = node["left_child"] if left else node["right_child"]
    if "leaf_value" in node:
        return node
    children = {side: _in_interval(node[side], interval, n_features) for side in ("left_child", "right_child")}
    for child in children.values():
        if "leaf_value" not in child and child["split_feature"] != node["split_feature"]:
            raise ValueError("a tree looks at two features")
    return {**node, **children}


def _collect(node: Mapping[str, Any], thresholds: dict[int, set[float]]) -> None:
    if "leaf_value" not in node:
        thresholds.setdefault(int(node["split_feature"]), set()).add(float(node["threshold"]))
        _collect(node["left_child"], thresholds)
        _collect(node["right_child"], thresholds)


def _add(node: Mapping[str, Any], bounds: np.ndarray, column: np.ndarray, here: np.ndarray) -> None:
    """Add a tree of one feature to the steps in ``here``; the last step is the null's."""
    if "leaf_value" in node:
        column[here] += node["leaf_value"]
        return
    last = np.searchsorted(bounds, node["threshold"], side="left")
    left = np.where(here == len(bounds) + 1, bool(node["default_left"]), here <= last)
    _add(node["left_child"], bounds, column, here[left])
    _add(node["right_child"], bounds, column, here[~left])
