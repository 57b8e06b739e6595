"""The field's measures against published values, and against slow sums over every cost, split and draw."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import beta
from sklearn.metrics import roc_auc_score

from credrisk.models import measures
from credrisk.models.resampling import interval, resamples_of


def ranked(event: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return measures.by_score(event, score, np.ones((1, len(event))))


def slow_h(event: np.ndarray, score: np.ndarray, severity_ratio: float | None) -> float:
    """Hand's definition: at each of many costs the best threshold of all, the losses averaged over the belief."""
    bad = event.mean()
    ratio = bad / (1 - bad) if severity_ratio is None else severity_ratio
    cost = (np.arange(100_000) + 0.5) / 100_000
    density = beta(2, 1 + 1 / ratio).pdf(cost)
    least = np.minimum(cost * (1 - bad), (1 - cost) * bad)
    blind = (least * density).mean()
    for threshold in np.unique(score):
        refused = (score[event == 0] > threshold).mean()
        accepted = (score[event == 1] <= threshold).mean()
        least = np.minimum(least, cost * (1 - bad) * refused + (1 - cost) * bad * accepted)
    return float(1 - (least * density).mean() / blind)


def test_h_measure_meets_the_published_value() -> None:
    """The example of the Python translation of the R package hmeasure, seed 66."""
    rng = np.random.default_rng(66)
    event, score = rng.integers(low=0, high=2, size=10), rng.random(10)
    assert event.tolist() == [1, 1, 0, 1, 1, 0, 1, 1, 1, 0]
    assert measures.h_measure_by_rate(*ranked(event, score))[0] == pytest.approx(0.18889596344769588, abs=1e-12)


@pytest.mark.parametrize("severity_ratio", [1.0, None, 0.25])
def test_h_measure_is_the_integral_over_the_costs(severity_ratio: float | None) -> None:
    rng = np.random.default_rng(3)
    event = (rng.random(80) < 0.3).astype(float)
    score = np.round(event * 0.5 + rng.normal(size=80), 1)
    found = measures.h_measure(*ranked(event, score), severity_ratio=severity_ratio)[0]
    assert found == pytest.approx(slow_h(event, score, severity_ratio), abs=1e-7)


def test_h_measure_takes_weights_as_copies() -> None:
    rng = np.random.default_rng(4)
    event, score, times = (rng.random(40) < 0.4).astype(float), rng.random(40), rng.integers(0, 4, 40)
    weighted = measures.h_measure(*measures.by_score(event, score, times[None, :].astype(float)))[0]
    copied = measures.h_measure(*ranked(np.repeat(event, times), np.repeat(score, times)))[0]
    assert weighted == pytest.approx(copied, abs=1e-12)


def test_h_measure_is_one_for_a_perfect_ranking_and_not_defined_without_events() -> None:
    event = np.array([0, 0, 0, 1, 1.0])
    assert measures.h_measure(*ranked(event, np.arange(5.0)))[0] == pytest.approx(1.0)
    assert np.isnan(measures.h_measure(*ranked(np.zeros(5), np.arange(5.0)))[0])


def test_gini_is_twice_the_auc_less_one() -> None:
    rng = np.random.default_rng(1)
    event, score = (rng.random(60) < 0.3).astype(float), rng.random(60)
    assert measures.gini(*ranked(event, score))[0] == pytest.approx(2 * roc_auc_score(event, score) - 1)


def test_captured_money_is_what_the_first_rows_hold() -> None:
    """Ten rows, the riskiest three reviewed: their bad money over all bad money, the row at the border in part."""
    money = np.array([0, 5, 0, 0, 0, 20, 0, 10, 0, 40.0])
    rows = np.ones((1, 10))
    assert measures.captured(rows, money[None, :], share=0.3)[0] == pytest.approx(50 / 75)
    assert measures.captured(rows, money[None, :], share=0.45)[0] == pytest.approx((50 + 0.5 * 20) / 75)
    assert measures.taken_first(rows, money[None, :], share=1.0)[0] == pytest.approx(75)


def test_brier_parts_sum_to_the_score() -> None:
    rng = np.random.default_rng(2)
    probability = rng.beta(1, 6, 500)
    event = (rng.random(500) < probability).astype(float)
    parts = measures.brier_parts(event, probability, np.digitize(probability, [0.05, 0.1, 0.2, 0.4]))
    together = parts["reliability"] - parts["resolution"] + parts["uncertainty"]
    assert parts["brier"] == pytest.approx(((probability - event) ** 2).mean())
    assert together + parts["within_variance"] - parts["within_covariance"] == pytest.approx(parts["brier"], abs=1e-15)
    by_value = measures.brier_parts(event, np.round(probability, 1), np.round(probability, 1))
    assert by_value["within_variance"] == pytest.approx(0, abs=1e-30)


def test_resamples_draw_whole_groups_and_give_the_rows_as_they_are_first() -> None:
    group = np.array(["b", "a", "b", "c"])
    drawn = resamples_of(group, samples=40, seed=1)
    weights = np.concatenate(list(drawn.parts()))
    assert weights.shape == (41, 4)
    assert (weights[0] == 1).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[1:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_the_interval_of_a_mean_covers_as_often_as_it_says() -> None:
    """Of 300 intervals for a share of 0.3 in 80 rows about 95 % hold it: four standard deviations are 5 points."""
    rng = np.random.default_rng(8)
    held = 0
    for seed in range(300):
        event = (rng.random(80) < 0.3).astype(float)
        drawn = resamples_of(np.arange(80), samples=200, seed=seed)
        told = interval(drawn.of(partial(share_of, event)))
        held += told["low"] <= 0.3 <= told["high"]
    assert held / 300 == pytest.approx(0.94, abs=0.055)


def share_of(event: np.ndarray, weight: np.ndarray) -> np.ndarray:
    found: np.ndarray = weight @ event / weight.sum(axis=1)
    return found
