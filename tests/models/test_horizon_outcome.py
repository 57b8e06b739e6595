"""Good or bad within a horizon, with rows that were not watched that long."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.errors import EvidenceError
from credrisk.models.horizon_outcome import horizon_counts, watched
from credrisk.models.rows import Rows


def drawn(seed: int, rows: int = 300) -> Rows:
    """Draw outcomes on a coarse clock, so that events and ends of the watch fall together."""
    rng = np.random.default_rng(seed)
    fail, leave, end = rng.exponential(20, rows), rng.exponential(30, rows), rng.uniform(2, 30, rows)
    months = np.maximum(np.round(np.minimum(np.minimum(fail, leave), end)), 1.0)
    event = np.where(end <= np.minimum(fail, leave), 0, np.where(fail < leave, 1, 2)).astype(np.int8)
    return Rows(np.zeros((rows, 1)), event, months, np.zeros(rows, dtype=np.int64), np.arange(rows))


def aalen_johansen(event: np.ndarray, months: np.ndarray, horizon: float) -> float:
    """Cumulative incidence of event 1, time by time."""
    still, incidence = 1.0, 0.0
    for time in sorted(set(months[event > 0].tolist())):
        if time > horizon:
            break
        at_risk = (months >= time).sum()
        incidence += still * ((months == time) & (event == 1)).sum() / at_risk
        still *= 1 - ((months == time) & (event > 0)).sum() / at_risk
    return incidence


@pytest.mark.parametrize("seed", range(10))
def test_the_weighted_share_of_bads_is_the_cumulative_incidence(seed: int) -> None:
    rows = drawn(seed)
    counts = horizon_counts(rows, 12)
    assert counts.good.sum() + counts.bad.sum() == pytest.approx(len(rows), rel=1e-12)
    assert counts.bad.sum() / len(rows) == pytest.approx(aalen_johansen(rows.event, rows.months, 12), rel=1e-12)


def test_a_small_case_by_hand() -> None:
    """Four rows: bad at 2, end of the watch at 3, gone in good standing at 5, watched beyond the horizon."""
    rows = Rows(
        np.zeros((4, 1)),
        np.array([1, 0, 2, 0], dtype=np.int8),
        np.array([2.0, 3.0, 5.0, 20.0]),
        np.zeros(4, dtype=np.int64),
        np.arange(4),
    )
    counts = horizon_counts(rows, 12)
    assert counts.bad.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert counts.good == pytest.approx([0.0, 0.0, 1.5, 1.5])
    assert watched(rows.event, rows.months, np.array([3.0, 3.1])).tolist() == pytest.approx([1.0, 2 / 3])


def test_one_event_seen_from_many_rows_is_one_event() -> None:
    month = 30.4375
    rows = Rows(
        np.zeros((5, 1)),
        np.array([1, 1, 1, 1, 0], dtype=np.int8),
        np.array([90, 60, 30, 60, 900]) / month,
        np.array([0, 30, 60, 0, 0]),
        np.array([0, 0, 0, 1, 2]),
    )
    assert horizon_counts(rows, 12).events == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1.0, 0.0])


def test_without_rows_watched_that_long_there_is_no_answer() -> None:
    rows = drawn(1)
    with pytest.raises(EvidenceError, match="does not watch enough rows for 60 months"):
        horizon_counts(rows, 60)
    calm = Rows(rows.values, np.zeros_like(rows.event), rows.months + 12, rows.day, rows.group)
    with pytest.raises(EvidenceError, match="No event within 12 months"):
        horizon_counts(calm, 12)
