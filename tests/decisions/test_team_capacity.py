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


def queue(*rows: dict[str, Any], minutes: bool = True) -> pl.DataFrame:
    default = {"action": "call", "slot": None, "contact_today": False, "past_due": 100.0, "hold": None}
    filled = [
        {"customer_id": f"c{place}", **default, "last_contact_on": None, "minutes": 10.0} | row
        for place, row in enumerate(rows)
    ]
    schema = {
        "customer_id": pl.String,
        "slot": pl.String,
        "contact_today": pl.Boolean,
        "action": pl.String,
        "gain": pl.Float64,
        "past_due": pl.Float64,
        "hold": pl.String,
        "last_contact_on": pl.Date,
        "minutes": pl.Float64,
    }
    frame = pl.DataFrame(filled, schema=schema)
    return frame if minutes else frame.drop("minutes")


def curve(frame: pl.DataFrame, **changes: Any) -> Any:
    options = {
        "as_of": DAY,
        "automatic": frozenset({"mail"}),
        "capacity": 20.0,
        "one_more": 20.0,
        "coverage_target_share": 0.5,
        "coverage_cycle_days": 10,
        "currency": "EUR",
    }
    return capacity_curve(frame, **(options | changes))


def test_by_hand() -> None:
    frame = queue(
        {"gain": 40.0, "minutes": 20.0},  # 2 a minute
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
    # 5 accounts are free and past due; half of them, rounded up, are three of 10 minutes in 10 days
    assert made.to_coverage == pytest.approx(3.0)
    assert "Still to be contacted in this cycle: 3." in made.sentences[2]


def test_contacts_where_no_minutes_are_known() -> None:
    made = curve(queue({"gain": 4.0}, {"gain": 2.0}, minutes=False), capacity=1.0, one_more=1.0)
    assert (made.unit, made.gain_today, made.value_of_one_more) == ("contacts", 4.0, 2.0)
    assert "counted in contacts" in made.lacks[0]


def test_accounts_contacted_within_the_cycle_are_covered() -> None:
    recent, old = date(2025, 3, 22), date(2025, 3, 21)
    frame = queue({"gain": 1.0, "last_contact_on": recent}, {"gain": 1.0, "last_contact_on": old})
    assert "Still to be contacted in this cycle: 0." in curve(frame).sentences[2]
    assert "Still to be contacted in this cycle: 1." in curve(frame, coverage_target_share=1.0).sentences[2]
    nothing = curve(queue({"gain": 1.0, "past_due": 0.0}))
    assert nothing.to_coverage is None
    assert "nothing to cover" in nothing.lacks[0]


@given(st.lists(st.tuples(st.floats(-50, 500), st.floats(1, 60)), max_size=15), st.floats(0, 300), st.floats(1, 100))
@settings(max_examples=60, deadline=None)
def test_the_curve_is_concave_and_more_time_never_costs(
    contacts: list[tuple[float, float]], capacity: float, one_more: float
) -> None:
    made = curve(
        queue(*({"gain": gain, "minutes": minutes} for gain, minutes in contacts)),
        capacity=capacity,
        one_more=one_more,
    )
    slopes = made.curve["marginal"].drop_nulls().to_list()
    assert slopes == sorted(slopes, reverse=True)
    assert made.value_of_one_more >= -1e-9
    further = curve(
        queue(*({"gain": gain, "minutes": minutes} for gain, minutes in contacts)),
        capacity=capacity + one_more,
        one_more=one_more,
    )
    assert further.value_of_one_more <= made.value_of_one_more + 1e-6
    best = sum(gain for gain, _ in contacts if gain > 0)
    assert made.gain_of_all == pytest.approx(best)


def test_refusals() -> None:
    with pytest.raises(DataError, match="Columns are missing"):
        curve(queue({"gain": 1.0}).drop("hold"))
    for wrong in ({"capacity": -1.0}, {"one_more": 0.0}, {"coverage_target_share": 1.5}, {"coverage_cycle_days": 0}):
        with pytest.raises(ParameterError):
            curve(queue({"gain": 1.0}), **wrong)
