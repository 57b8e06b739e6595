"""What the booster weighs beside the regression, and that their mean is told apart exactly."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.models.additive import AdditiveIntensity, FeatureTable
from credrisk.models.blend import EVENTS_FOR_HALF, BlendIntensity, blended, booster_weight
from credrisk.models.intervals import Expanded
from credrisk.models.normal_scores import KNOTS
from credrisk.models.regression import RegressionIntensity

FEATURES = ("dbt_12m", "share_past_due")


def blend(weight: float) -> BlendIntensity:
    curve = FeatureTable(0, np.array([10.0]), np.array([[0.0, 0.1], [1.0, 0.7], [0.5, 0.2]]))
    curves = AdditiveIntensity(FEATURES, np.array([-6.0, -5.0]), (curve,))
    regression = RegressionIntensity(
        features=FEATURES,
        used=(1,),
        knots=np.linspace(0.0, 1.0, KNOTS)[None, :],
        centres=np.array([0.1]),
        coefficients=np.array([0.4]),
        flagged=(),
        intercepts=np.array([-7.0, -6.5]),
    )
    return BlendIntensity(curves, regression, weight)


def test_the_more_events_the_more_the_booster_weighs() -> None:
    assert booster_weight(EVENTS_FOR_HALF) == 0.5
    assert booster_weight(100) == pytest.approx(0.2)
    assert booster_weight(1_600) == pytest.approx(0.8)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_the_log_rate_is_the_weighted_mean_of_both(weight: float) -> None:
    values = np.array([[5.0, 0.2], [50.0, 0.9], [np.nan, np.nan]])
    both = blend(weight)
    expected = weight * both.curves.log_intensity(values) + (1 - weight) * both.regression.log_intensity(values)
    assert both.log_intensity(values) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_contributions_and_base_sum_to_the_log_rates(weight: float) -> None:
    values = np.array([[5.0, 0.2], [50.0, 0.9], [np.nan, np.nan]])
    months = np.array([3.0, 9.0])
    parts, base = blend(weight).contributions(values, months)
    assert parts.shape == values.shape
    assert parts.sum(axis=1) + base == pytest.approx(blend(weight).log_intensity(values) @ months, rel=1e-12)


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.6, 1.0])
def test_the_mean_expects_as_many_events_as_its_sides_do(weight: float) -> None:
    generator = np.random.default_rng(1)
    values = np.column_stack([generator.uniform(0, 60, 500), generator.uniform(0, 1, 500)])
    row, interval = (side.ravel() for side in np.meshgrid(np.arange(500), [0, 1], indexing="ij"))
    exposure, sampled = generator.uniform(0.1, 1.0, 1_000), generator.integers(1, 9, 1_000).astype(float)
    expanded = Expanded(row, interval, exposure, np.zeros(1_000), np.zeros(1_000), sampled)
    sides = blend(weight)
    both = blended(sides.curves, sides.regression, weight, values, expanded)

    def expected(log_rate: np.ndarray) -> np.ndarray:
        return np.bincount(interval, exposure * sampled * np.exp(log_rate[row, interval]))

    curves, regression = (expected(side.log_intensity(values)) for side in (sides.curves, sides.regression))
    assert expected(both.log_intensity(values)) == pytest.approx(weight * curves + (1 - weight) * regression, rel=1e-12)
    plain = expected(sides.log_intensity(values))
    if weight in (0.0, 1.0):
        assert both.log_intensity(values) == pytest.approx(sides.log_intensity(values), rel=1e-12)
    else:
        assert (plain < 0.97 * expected(both.log_intensity(values))).all()


def test_an_interval_that_nobody_was_watched_in_keeps_its_level() -> None:
    values = np.array([[5.0, 0.2], [50.0, 0.9]])
    only_first = Expanded(np.array([0, 1]), np.array([0, 0]), np.ones(2), np.zeros(2), np.zeros(2), np.ones(2))
    sides = blend(0.5)
    both = blended(sides.curves, sides.regression, 0.5, values, only_first)
    assert both.log_intensity(values)[:, 1] == pytest.approx(sides.log_intensity(values)[:, 1], rel=1e-12)
    assert (both.log_intensity(values)[:, 0] > sides.log_intensity(values)[:, 0]).all()
