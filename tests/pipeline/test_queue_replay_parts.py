"""Interrupted work goes on where it was, other settings start anew; and the forecast asked on later days."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from credrisk.pipeline.queue_replay_days import DaysAhead
from credrisk.pipeline.queue_replay_parts import Parts


def test_a_finished_part_is_not_made_again(tmp_path) -> None:
    made = []

    def make() -> pl.DataFrame:
        made.append(1)
        return pl.DataFrame({"x": [len(made)]})

    for settings, expected in (({"days": 90}, 1), ({"days": 90}, 1), ({"days": 91}, 2)):
        parts = Parts(tmp_path / "out", settings)
        assert parts.part("seed 1", make)["x"].to_list() == [expected]
    parts.done()
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_failed_leaves_nothing(tmp_path) -> None:
    parts = Parts(tmp_path / "out", {})
    with pytest.raises(ZeroDivisionError):
        parts.part("a", lambda: pl.DataFrame({"x": [1 / 0]}))
    assert parts.part("a", lambda: pl.DataFrame({"x": [7]}))["x"].to_list() == [7]


DAILY = 0.05
START = date(2025, 3, 31)


def forecast(**changes) -> DaysAhead:
    """Two late items of one customer and one of another, each closed on any day with the same chance."""
    still = np.tile((1 - DAILY) ** np.arange(300), (3, 1))
    fields = {
        "made_on": START,
        "customer_id": pl.Series(["a", "a", "b"]),
        "due_on": np.array(["2025-03-01", "2025-03-20", "2025-04-20"], dtype="datetime64[D]"),
        "amount": np.array([100.0, 300.0, 50.0]),
        "still_open": still,
        "horizon_days": 180,
        "young": 7.0,
    }
    return DaysAhead(**(fields | changes))


def test_what_is_still_open_waits_as_long_as_before_where_days_do_not_matter() -> None:
    accounts = pl.DataFrame({"customer_id": ["a"], "past_due": [400.0]})
    expected = (1 - (1 - DAILY) ** 180) / DAILY  # the sum of the geometric series up to the horizon
    first = forecast().on(START, accounts)["expected_days_to_pay"][0]
    assert first == pytest.approx(expected)
    still = 400.0 * (1 - DAILY) ** 20
    later = forecast().on(START + timedelta(days=20), accounts.with_columns(past_due=pl.lit(still)))
    assert later["expected_days_to_pay"][0] == pytest.approx(expected)


def test_money_billed_since_counts_like_young_items() -> None:
    accounts = pl.DataFrame({"customer_id": ["a", "c", "b"], "past_due": [800.0, 10.0, 0.0]})
    found = forecast().on(START, accounts)["expected_days_to_pay"].to_list()
    own = (1 - (1 - DAILY) ** 180) / DAILY
    assert found[0] == pytest.approx((400 * own + 400 * 7.0) / 800)
    assert found[1] == 7.0  # not known on the day of the forecast
    assert found[2] == pytest.approx(own)  # nothing past due: what falls due later
