"""What a debt is still worth in-house: hand-computed, against a slow sum, and censored where somebody took over."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.errors import EvidenceError
from credrisk.models.outcomes import DAYS_PER_MONTH
from credrisk.models.recovery_to_come import RecoveryToCome, own_recovery, recovery_by_age, until_handed_over
from credrisk.models.workouts import Workouts

TWO_MONTHS = RecoveryToCome(np.array([[0.5, 0.2]]), 20, "by hand")


def at(*ages: float) -> np.ndarray:
    return np.array(ages, dtype=np.float64)


def test_by_hand_without_discount():
    worth = TWO_MONTHS.worth(at(30, 90, 90 + DAYS_PER_MONTH / 2, 90 + DAYS_PER_MONTH, 400), discount_rate=0.0)
    # half at once and a fifth of the rest; half a month in, a quarter is still to come this month
    assert worth[0].tolist() == pytest.approx([0.6, 0.6, 0.25 + 0.75 * 0.2, 0.2, 0.0])


def test_by_hand_with_discount():
    rate, half = 0.1, DAYS_PER_MONTH / 2 / 365
    by_hand = 0.5 * 1.1**-half + 0.5 * 0.2 * 1.1 ** -(3 * half)
    assert TWO_MONTHS.worth(at(90), discount_rate=rate)[0, 0] == pytest.approx(by_hand)


def test_the_next_days_by_hand():
    within = TWO_MONTHS.within(at(90, 90 + DAYS_PER_MONTH / 2, 90 + 2 * DAYS_PER_MONTH), days=DAYS_PER_MONTH)
    assert within[0].tolist() == pytest.approx([0.5, 1 - 0.75 * 0.9, 0.0])


def slow_worth(hazard: list[float], age: float, rate: float) -> float:
    """Walk the months one after the other, what is left in hand."""
    months = max(age - 90, 0) / DAYS_PER_MONTH
    first, passed, left, total = int(months), 0.0, 1.0, 0.0
    for place in range(first, len(hazard)):
        length = 1 - (months - first) if place == first else 1.0
        paid = left * hazard[place] * length
        total += paid * (1 + rate) ** (-(passed + length / 2) * DAYS_PER_MONTH / 365)
        left, passed = left - paid, passed + length
    return total


hazards = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6)


@given(hazards, st.floats(0, 400), st.floats(0, 0.5))
def test_against_a_slow_sum(hazard, age, rate):
    curve = RecoveryToCome(np.array([hazard]), 20, "drawn")
    assert curve.worth(at(age), discount_rate=rate)[0, 0] == pytest.approx(slow_worth(hazard, age, rate), abs=1e-12)


@given(hazards, st.floats(90, 400), st.floats(0, 0.3), st.floats(0.01, 0.3))
def test_dearer_money_is_worth_less_and_a_month_no_more_than_all(hazard, age, rate, more):
    curve = RecoveryToCome(np.array([hazard]), 20, "drawn")
    worth = curve.worth(at(age), discount_rate=rate)
    assert (curve.worth(at(age), discount_rate=rate + more) <= worth + 1e-12).all()
    assert (curve.within(at(age), days=30) <= curve.worth(at(age), discount_rate=0.0) + 1e-12).all()


def test_a_curve_given_by_ages_brings_its_shares():
    """The US agencies' survey of 2012: 69.6 % at 3 months, 52.1 % at 6, 22.8 % at 12."""
    ages, shares = (90.0, 180.0, 365.0), (0.696, 0.521, 0.228)
    curve = recovery_by_age(ages, shares, source="survey")
    grid = 90 + DAYS_PER_MONTH * np.arange(12)
    wanted = np.interp(grid, [*ages, 730.0], [*shares, 0.0])
    assert curve.worth(grid, discount_rate=0.0)[0].tolist() == pytest.approx(wanted.tolist(), abs=1e-9)
    assert curve.worth(at(900), discount_rate=0.0)[0, 0] == 0.0
    assert (curve.hazard >= 0).all()


def test_a_workout_ends_where_somebody_else_took_over():
    defaults = pl.DataFrame(
        {
            "number": [0, 1],
            "customer_id": ["a", "b"],
            "default_on": [date(2024, 1, 1)] * 2,
            "exposure": [100.0, 100.0],
            "age_days": [300, 300],
            "covered": [False, False],
        }
    )
    flows = pl.DataFrame({"number": [0, 0, 1], "age_days": [40, 80, 80], "share": [0.2, 0.5, 0.5]})
    events = [{"customer_id": "a", "date": "2024-03-01", "kind": "placement"}]
    ledger = ledger_of(customers=[{"customer_id": "a"}, {"customer_id": "b"}], documents=[], credit_events=events)
    found = until_handed_over(Workouts(defaults, flows, pl.DataFrame()), ledger)
    assert found.defaults["age_days"].to_list() == [60, 300]
    assert found.flows.rows() == [(0, 40, 0.2), (1, 80, 0.5)]


def defaulted(count: int, *, paid_after: int) -> dict:
    """Invoices due on 1 January 2023, each paid so many days later (never where that is none)."""
    documents = [
        {
            "document_id": f"d{n}",
            "customer_id": f"c{n}",
            "document_date": "2022-12-01",
            "due_date": "2023-01-01",
            "amount": 500_000,
        }
        for n in range(count)
    ]
    paid = date.fromordinal(date(2023, 1, 1).toordinal() + paid_after).isoformat()
    applications = [
        {"from_id": None, "to_document_id": f"d{n}", "amount": 500_000, "applied_on": paid, "kind": "payment"}
        for n in range(count // 2)
    ]
    return {"documents": documents, "applications": applications}


def test_the_users_own_defaults():
    """Half of 20 are paid 20 days after default, half never: between the estimate's prior and a half."""
    ledger = ledger_of(covers_from="2022-01-01", covers_to="2025-12-31", **defaulted(20, paid_after=110))
    curve = own_recovery(ledger, as_of="2025-12-31")
    assert curve.defaults == 20
    # The prior loses 30 % and counts as two defaults; of its outstanding 70 % exp(-k / 8.1), scaled, still come.
    fade, end = np.exp(-1 / 8.1), np.exp(-36 / 8.1)
    prior = 1 - 0.3 / (1 - 0.7 * (fade - end) / (1 - end))
    assert curve.hazard[0, 0] == pytest.approx((10 + 2 * prior) / 22)
    assert curve.hazard[0, 5] < 0.05
    assert curve.source == "the recovery curve of 20 own past defaults"
    early = own_recovery(ledger, as_of="2023-04-15")
    assert early.hazard[0, 0] < curve.hazard[0, 0]


def test_too_few_defaults_give_no_curve():
    ledger = ledger_of(covers_from="2022-01-01", covers_to="2025-12-31", **defaulted(9, paid_after=110))
    with pytest.raises(EvidenceError, match="only 9 past defaults are known"):
        own_recovery(ledger, as_of="2025-12-31")
