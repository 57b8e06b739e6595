from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from credrisk.errors import ParameterError
from credrisk.models.intervals import bounded, cumulative_incidence, expand, interval_edges
from credrisk.models.rows import Rows

EDGES = interval_edges((3, 6, 12))


def rows_of(event: list[int], months: list[float], group: list[int] | None = None) -> Rows:
    n = len(event)
    return Rows(
        np.zeros((n, 1)),
        np.array(event, dtype=np.int8),
        np.array(months),
        np.zeros(n, dtype=np.int64),
        np.array(group if group is not None else range(n), dtype=np.int64),
    )


def test_edges_hold_every_horizon() -> None:
    assert EDGES.tolist() == [0, 1, 3, 6, 12]
    assert interval_edges((2, 24)).tolist() == [0, 1, 2, 3, 6, 12, 24]
    assert interval_edges((1,)).tolist() == [0, 1]


def test_time_at_risk_is_cut_and_the_end_beyond_the_last_bound_is_censored() -> None:
    cut = expand(rows_of([1, 2, 1, 0], [3.0, 4.5, 20.0, 0.5]), EDGES)
    by_row = {
        row: [
            (int(cut.interval[i]), float(cut.exposure[i]), float(cut.target[i]), float(cut.left[i]))
            for i in range(len(cut))
            if cut.row[i] == row
        ]
        for row in range(4)
    }
    assert by_row[0] == [(0, 1, 0, 0), (1, 2, 1, 0)]
    assert by_row[1] == [(0, 1, 0, 0), (1, 2, 0, 0), (2, 1.5, 0, 1)]
    assert by_row[2] == [(0, 1, 0, 0), (1, 2, 0, 0), (2, 3, 0, 0), (3, 6, 0, 0)]
    assert by_row[3] == [(0, 0.5, 0, 0)]


def test_sampling_keeps_every_event_and_the_time_at_risk() -> None:
    rng = np.random.default_rng(0)
    event = (rng.random(2000) < 0.02).astype(int).tolist()
    rows = rows_of(event, rng.uniform(0.5, 14, 2000).tolist(), rng.integers(0, 200, 2000).tolist())
    full = expand(rows, EDGES)
    cut = bounded(full, rows, 2000, seed=0)
    assert len(cut) <= 2000
    assert cut.target.sum() == full.target.sum()
    rest = cut.target == 0
    assert (cut.weight[rest] * cut.exposure[rest]).sum() == pytest.approx(full.exposure[full.target == 0].sum())
    assert set(cut.weight[~rest]) == {1.0}
    groups = rows.group[cut.row[rest]]
    for group in np.unique(groups):
        assert (groups == group).sum() == (rows.group[full.row[full.target == 0]] == group).sum()
    assert bounded(full, rows, len(full), seed=0) is full
    with pytest.raises(ParameterError, match="max_rows"):
        bounded(full, rows, 3, seed=0)


def test_constant_rates_give_the_textbook_probability() -> None:
    target, left = 0.02, 0.05
    found = cumulative_incidence(np.full((1, 4), np.log(target)), np.full((1, 4), np.log(left)), EDGES, (1, 3, 4.5, 12))
    total = target + left
    assert found[0] == pytest.approx([target / total * (1 - np.exp(-total * h)) for h in (1, 3, 4.5, 12)])


log_rates = arrays(np.float64, (5, 4), elements=st.floats(-40, 10))


@given(log_rates, log_rates, st.floats(0, 3))
@settings(max_examples=200, deadline=None)
def test_probability_rises_with_the_horizon_and_with_the_rate(
    target: np.ndarray, left: np.ndarray, more: float
) -> None:
    found = cumulative_incidence(target, left, EDGES, (1, 2, 3, 5, 6, 9, 12))
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert (np.diff(found, axis=1) >= 0).all()
    worse = cumulative_incidence(target + more, left, EDGES, (12,))
    assert (worse[:, 0] >= found[:, -1] - 1e-12).all()
