"""What the booster weighs beside the regression, and that their mean is told apart exactly."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.models.additive import AdditiveIntensity, FeatureTable
from credrisk.models.blend import EVENTS_FOR_HALF, BlendIntensity, booster_weight
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
