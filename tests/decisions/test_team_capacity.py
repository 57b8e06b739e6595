"""The value of more time: by hand, concave, and the time that coverage takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.team_capacity import capacity_curve
from credrisk.errors import DataError, ParameterError

DAY = date(2025, 3, 31)


MINUTES = {"letter": 5.0, "call": 10.0, "visit": 20.0}


def queue(*rows: dict[str, Any]) -> pl.DataFrame:
    default = {"action": "call", "past_due": 100.0, "hold": None, "last_contact_on": None, "desk": None}
    filled = [{"customer_id": f"c{place}", **default} | row for place, row in enumerate(rows)]
    schema = {
        "customer_id": pl.String,
        "action": pl.String,
        "gain": pl.Float64,
        "past_due": pl.Float64,
        "hold": pl.String,
        "last_contact_on": pl.Date,
        "desk": pl.String,
    }
    return pl.DataFrame(filled, schema=schema)


def curve(frame: pl.DataFrame, **changes: Any) -> Any:
    options = {
        "as_of": DAY,
        "minutes": MINUTES,
        "in_minutes": True,
        "capacity": 20.0,
        "one_more": 20.0,
        "coverage_target_share": 0.5,
        "coverage_cycle_days": 14,
        "currency": "EUR",
    }
    return capacity_curve(frame, **(options | changes))


def test_by_hand() -> None:
    frame = queue(
        {"gain": 40.0, "action": "visit"},  # 2 a minute
        {"gain": 30.0},  # 3 a minute: first
        {"gain": 5.0},
        {"gain": -1.0},  # at a loss: not on the curve
        {"gain": 99.0, "action": "mail"},  # sent by itself
        {"gain": 99.0, "hold": "promise"},
    )
    made = curve(frame)
    assert made.unit == "minutes"
    assert made.curve.select("contacts", "used", "gain").rows() == [(0, 0, 0), (1, 10, 30), (2, 30, 70), (3, 40, 75)]
    assert made.curve["marginal"].to_list() == [None, 3.0, 2.0, 0.5]
    assert (made.gain_today, made.value_of_one_more, made.gain_of_all) == (50.0, 25.0, 75.0)
    # 5 accounts are free and past due; half of them, rounded up, are three of 10 minutes in 10 days of work
    assert made.to_coverage == pytest.approx(3.0)
    assert "Still to be contacted in this cycle: 3." in made.sentences[2]


def test_contacts_where_no_minutes_are_given() -> None:
    made = curve(queue({"gain": 4.0}, {"gain": 2.0}), in_minutes=False, capacity=1.0, one_more=1.0)
    assert (made.unit, made.gain_today, made.value_of_one_more) == ("contacts", 4.0, 2.0)
    assert "counted in contacts" in made.lacks[0]


def test_a_desk_takes_one_contact() -> None:
    desk = {"desk": "d"}
    made = curve(queue({"gain": 4.0} | desk, {"gain": 2.0} | desk, {"gain": -9.0} | desk, {"gain": 5.0}))
    assert made.curve.select("used", "gain").rows() == [(0, 0), (10, 6), (20, 11)]
    assert made.to_coverage == pytest.approx(1.0)


def test_accounts_contacted_within_the_cycle_are_covered() -> None:
    recent, old = date(2025, 3, 18), date(2025, 3, 17)
    frame = queue({"gain": 1.0, "last_contact_on": recent}, {"gain": 1.0, "last_contact_on": old})
    assert "Still to be contacted in this cycle: 0." in curve(frame).sentences[2]
    assert "Still to be contacted in this cycle: 1." in curve(frame, coverage_target_share=1.0).sentences[2]
    nothing = curve(queue({"gain": 1.0, "past_due": 0.0}))
    assert nothing.to_coverage is None
    assert "nothing to cover" in nothing.lacks[0]


@given(
    st.lists(st.tuples(st.floats(-50, 500), st.sampled_from(sorted(MINUTES))), max_size=15),
    st.floats(0, 300),
    st.floats(1, 100),
)
@settings(max_examples=60, deadline=None)
def test_the_curve_is_concave_and_more_time_never_costs(
    contacts: list[tuple[float, str]], capacity: float, one_more: float
) -> None:
    frame = queue(*({"gain": gain, "action": action} for gain, action in contacts))
    made = curve(frame, capacity=capacity, one_more=one_more)
    slopes = made.curve["marginal"].drop_nulls().to_list()
    assert slopes == sorted(slopes, reverse=True)
    assert made.value_of_one_more >= -1e-9
    further = curve(frame, capacity=capacity + one_more, one_more=one_more)
    assert further.value_of_one_more <= made.value_of_one_more + 1e-6
    assert made.gain_of_all == pytest.approx(sum(gain for gain, _ in contacts if gain > 0))


def test_refusals() -> None:
    with pytest.raises(DataError, match="Columns are missing"):
        curve(queue({"gain": 1.0}).drop("hold"))
    for wrong in ({"capacity": -1.0}, {"one_more": 0.0}, {"coverage_target_share": 1.5}, {"coverage_cycle_days": 0}):
        with pytest.raises(ParameterError):
            curve(queue({"gain": 1.0}), **wrong)
