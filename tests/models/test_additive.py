"""Tables against LightGBM's own prediction, and against curves written down by hand."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
from hazard_world import make_world

from credrisk.models.additive import AdditiveIntensity, FeatureTable, tables_of
from credrisk.models.booster import BoosterSettings, dataset, fit_booster, interval_columns, parameters
from credrisk.models.intervals import Expanded, expand, interval_edges
from credrisk.models.rows import Rows, feature_matrix, read_rows

NAN = float("nan")
EDGES = interval_edges((3, 6, 12))
SETTINGS = BoosterSettings(trees=40, leaves=6, learning_rate=0.1, shrinkage_events=5.0, threads=1, seed=0)


def training(dtype: type = np.float64) -> tuple[tuple[str, ...], Rows, Expanded]:
    given = make_world(customers=300, months=20, base=0.02, seed=5).rows()
    names, values = feature_matrix(given.X)
    rows = read_rows(values.astype(dtype), given.y, as_of=given.as_of, groups=given.groups)
    return tuple(names), rows, expand(rows, EDGES)


def trained(features: tuple[str, ...], rows: Rows, expanded: Expanded) -> Any:
    return lightgbm.train(
        parameters(features, expanded, first_events=150, settings=SETTINGS),
        dataset(rows.values, features, expanded, widths=np.diff(EDGES), settings=SETTINGS),
        num_boost_round=SETTINGS.trees,
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tables_give_lightgbms_own_prediction_nulls_included(dtype: type) -> None:
    features, rows, expanded = training(dtype)
    booster = trained(features, rows, expanded)
    widths = np.diff(EDGES)
    found = fit_booster(rows.values, features, expanded, edges=EDGES, first_events=150, settings=SETTINGS)
    rng = np.random.default_rng(0)
    values = rows.values[rng.choice(len(rows), 500)].astype(np.float64)
    seen_null = np.isnan(rows.values).any(axis=0)
    values[:, seen_null] = np.where(rng.random((500, int(seen_null.sum()))) < 0.3, NAN, values[:, seen_null])
    values[:100] *= rng.choice([-1e6, 1e6, 1.0], (100, len(features)))
    bounds = {table.place: table.bounds for table in found.tables}
    for place, upper in bounds.items():
        values[100 : 100 + len(upper), place] = upper
    design = np.concatenate(
        [np.repeat(values, len(widths), axis=0), np.tile(interval_columns(widths), (len(values), 1))], axis=1
    )
    expected = booster.predict(design, raw_score=True).reshape(len(values), len(widths))
    assert len(bounds) > 3
    assert found.log_intensity(values) == pytest.approx(expected, abs=1e-12)


def test_contributions_sum_exactly_and_are_told_against_the_mean_training_row() -> None:
    features, rows, expanded = training()
    found = fit_booster(rows.values, features, expanded, edges=EDGES, first_events=150, settings=SETTINGS)
    weights = np.diff(EDGES) / EDGES[-1]
    parts, base = found.contributions(rows.values, weights)
    assert np.abs(parts.sum(axis=1) + base - found.log_intensity(rows.values) @ weights).max() < 1e-12
    months = np.bincount(expanded.row, expanded.exposure * expanded.weight, len(rows))
    assert np.abs(months @ parts / months.sum()).max() < 1e-12


def test_a_curve_is_read_with_its_upper_bounds_inclusive_and_its_null() -> None:
    table = FeatureTable(1, np.array([0.0, 10.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]))
    rate = AdditiveIntensity(("dbt_12m", "dso_12m"), np.array([-5.0, -6.0]), (table,))
    values = np.array([[9.0, -1.0], [9.0, 0.0], [9.0, 0.5], [9.0, 10.0], [NAN, 11.0], [9.0, NAN]])
    assert rate.log_intensity(values).tolist() == [[-4, -4], [-4, -4], [-2, -2], [-2, -2], [0, 0], [2, 2]]
    parts, base = rate.contributions(values, np.array([1.0, 0.5]))
    assert parts[:, 0].tolist() == [0.0] * 6
    assert parts[:, 1].tolist() == [2.0, 2.0, 5.0, 5.0, 8.0, 11.0]
    assert base.tolist() == [-8.0] * 6
    assert rate.log_intensity(values[:0]).shape == (0, 2)


def leaf(value: float) -> dict[str, Any]:
    return {"leaf_value": value}


def split(
    feature: int, threshold: float, left: Any, right: Any, *, default_left: bool = True, nulls: bool = True
) -> Any:
    return {
        "split_feature": feature,
        "threshold": threshold,
        "default_left": default_left,
        "missing_type": "NaN" if nulls else "None",
        "left_child": left,
        "right_child": right,
    }


def test_trees_by_hand() -> None:
    """Feature 0, the interval at position 2; each interval of the second tree looks at another feature."""
    first = split(0, 5.0, leaf(0.1), split(0, 8.0, leaf(0.2), leaf(0.4), default_left=False), default_left=False)
    second = split(2, 0.5, split(0, 5.0, leaf(1.0), leaf(2.0)), split(1, 0.0, leaf(3.0), leaf(4.0), nulls=False))
    values = np.array([[4.0, -1.0], [6.0, 1.0], [9.0, 1.0], [NAN, 1.0]])
    found = tables_of(
        [first, second], ("dbt_12m", "dso_12m"), np.array([[0.0], [1.0]]), values=values, weight=np.ones(4)
    )
    expected = [[0.1 + 1.0, 0.1 + 3.0], [0.2 + 2.0, 0.2 + 4.0], [0.4 + 2.0, 0.4 + 4.0], [0.4 + 1.0, 0.4 + 4.0]]
    assert found.log_intensity(values) == pytest.approx(np.array(expected), abs=1e-12)
    unseen_null = found.contributions(np.array([[4.0, NAN]]), np.array([1.0, 1.0]))[0]
    assert unseen_null[0, 1] == 0.0


def test_a_tree_of_two_features_is_no_sum_of_curves() -> None:
    mixed = split(0, 5.0, leaf(0.1), split(1, 8.0, leaf(0.2), leaf(0.4)))
    with pytest.raises(ValueError, match="two features"):
        tables_of([mixed], ("dbt_12m", "dso_12m"), np.array([[0.0]]), values=np.zeros((1, 2)), weight=np.ones(1))
