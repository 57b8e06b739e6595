from __future__ import annotations

import numpy as np
import pytest

from credrisk.models.calibration import EVENTS_FOR_SLOPE, fit_calibration, identity, split_day
from credrisk.models.intervals import Expanded


def later_part(true_slopes: tuple[float, ...], n_rows: int = 20_000, seed: int = 0) -> tuple[np.ndarray, Expanded]:
    """Rows whose log rate in each interval is the predicted one times a slope, around its mean."""
    rng = np.random.default_rng(seed)
    n_intervals = len(true_slopes)
    row, interval = np.repeat(np.arange(n_rows), n_intervals), np.tile(np.arange(n_intervals), n_rows)
    away = rng.normal(size=n_rows)[row]
    predicted = -4.0 + away
    target = (rng.random(len(row)) < np.exp(-4.0 + np.array(true_slopes)[interval] * away)).astype(float)
    ones = np.ones(len(row))
    return predicted, Expanded(row, interval, ones, target, np.zeros(len(row)), ones)


def test_each_interval_gets_its_own_slope() -> None:
    """About 400 events an interval: the standard error of a slope is near 0.05; four of them, and the belief in 1."""
    predicted, later = later_part((1.3, 1.0, 0.4))
    events = int(later.target.sum())
    found = fit_calibration(predicted, later, n_intervals=3, first_events=events, split_on="2024-01-31")
    assert found.method == "slope"
    assert found.slope == pytest.approx((1.3, 1.0, 0.4), abs=0.25)
    assert found.slope[0] > found.slope[1] > found.slope[2] > 0
    assert found.observed_to_expected == pytest.approx(events / np.exp(predicted).sum())


def test_repeated_rows_of_one_event_are_no_more_evidence() -> None:
    predicted, later = later_part((0.4,), n_rows=4000)
    events = int(later.target.sum())
    sure, unsure = (
        fit_calibration(predicted, later, n_intervals=1, first_events=count, split_on="").slope[0]
        for count in (events, EVENTS_FOR_SLOPE)
    )
    assert sure < unsure < 1


def test_too_few_later_events_change_nothing_and_say_so() -> None:
    predicted, later = later_part((0.4,), n_rows=4000)
    found = fit_calibration(predicted, later, n_intervals=1, first_events=EVENTS_FOR_SLOPE - 1, split_on="2024-01-31")
    assert found.method == "identity"
    assert f"{EVENTS_FOR_SLOPE - 1} later events" in found.reason
    assert found.apply(np.array([[-3.0]])).tolist() == [[-3.0]]


def test_the_map_keeps_the_expected_events_of_each_interval() -> None:
    predicted, later = later_part((1.3, 0.4))
    found = fit_calibration(predicted, later, n_intervals=2, first_events=300, split_on="")
    kept = found.keeping_total(predicted, later)
    mapped = kept.apply(np.tile(predicted[:, None], 2))[np.arange(len(later)), later.interval]
    for interval in range(2):
        here = later.interval == interval
        assert np.exp(mapped[here]).sum() == pytest.approx(np.exp(predicted[here]).sum())
    unchanged = identity("none", n_intervals=2).keeping_total(predicted, later)
    assert unchanged.level == pytest.approx((0.0, 0.0))


def test_the_split_leaves_events_on_both_sides() -> None:
    rows = np.arange(0, 360, 30)
    assert split_day(np.array([40, 100, 170, 200, 290]), rows) == 210
    assert split_day(np.array([], dtype=np.int64), rows) is None
    assert split_day(np.array([100, 100]), rows) is None
    assert split_day(np.array([500, 600]), rows) is None
    assert split_day(np.array([100, 200]), np.zeros(5, dtype=np.int64)) is None
