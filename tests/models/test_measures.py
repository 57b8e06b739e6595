from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from credrisk.errors import ParameterError
from credrisk.models import measures
from credrisk.models.resampling import resamples_of


@pytest.fixture
def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    probability = np.round(rng.beta(1, 8, 600), 2)
    event = (rng.random(600) < probability).astype(float)
    weight = np.vstack([np.ones(600), rng.integers(0, 3, 600)]).astype(float)
    return event, probability, weight


def test_rankings_agree_with_scikit_learn(sample: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    event, score, weight = sample
    good, bad = measures.by_score(event, score, weight)
    for place, drawn in enumerate(weight):
        assert measures.auc(good, bad)[place] == pytest.approx(metrics.roc_auc_score(event, score, sample_weight=drawn))
        assert measures.average_precision(good, bad)[place] == pytest.approx(
            metrics.average_precision_score(event, score, sample_weight=drawn)
        )
        false, true, _ = metrics.roc_curve(event, score, sample_weight=drawn, drop_intermediate=False)
        assert measures.ks(good, bad)[place] == pytest.approx((true - false).max())


def test_probabilities_agree_with_scikit_learn(sample: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    event, probability, weight = sample
    probability = np.clip(probability, 0.01, 0.99)
    odds = np.log(probability / (1 - probability))[:, None]
    for place, drawn in enumerate(weight):
        assert measures.brier(event, probability, weight)[place] == pytest.approx(
            metrics.brier_score_loss(event, probability, sample_weight=drawn)
        )
        assert measures.log_loss(event, probability, weight)[place] == pytest.approx(
            metrics.log_loss(event, probability, sample_weight=drawn)
        )
        fitted = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(odds, event, sample_weight=drawn)
        assert measures.calibration_slope(event, probability, weight)[place] == pytest.approx(
            fitted.coef_[0, 0], rel=1e-4
        )
        assert measures.calibration_in_the_large(event, probability, weight)[place] == pytest.approx(
            (drawn @ event) / (drawn @ probability)
        )


def test_capture_takes_a_tenth_of_the_rows_and_shares_ties() -> None:
    event = np.array([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.0])
    score = np.array([9, 8, 8, *range(7, -10, -1)], dtype=float)
    found = measures.capture_10pct(*measures.by_score(event, score, np.ones((1, 20))))
    assert found[0] == pytest.approx((1 + 0.5) / 3)


def test_without_events_nothing_is_defined() -> None:
    event, score, weight = np.zeros(4), np.arange(4.0), np.ones((1, 4))
    sides = measures.by_score(event, score, weight)
    for measure in measures.RANKING_MEASURES.values():
        assert np.isnan(measure(*sides)).all()
    assert np.isnan(measures.calibration_slope(event, np.full(4, 0.2), weight)).all()


def test_a_score_that_was_not_measured_has_no_place_in_an_order() -> None:
    with pytest.raises(ParameterError, match="score"):
        measures.by_score(np.array([0.0, 1.0]), np.array([0.2, np.nan]), np.ones((1, 2)))


def test_customers_are_drawn_whole() -> None:
    group = np.array(["a", "b", "a", "c", "b", "a"])
    weight = resamples_of(group, samples=50, seed=1).weights()
    assert weight.shape == (51, 6)
    assert (weight[0] == 1).all()
    assert (weight[:, 0] == weight[:, 2]).all()
    assert (weight[:, 1] == weight[:, 4]).all()
    assert (weight[1:, [0, 1, 3]].sum(axis=1) == 3).all()
