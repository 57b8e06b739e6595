"""What payments show of a customer's strain: on ledgers small enough to see, and against a sum over all histories."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from features.oracle_payment_strain import BEFORE, MOVES, STATES, extra, strain, told
from features.test_formulas import row
from features.test_formulas_beyond_habit import payer

from credrisk.features import Calendar, build_panel
from credrisk.features.payment_strain import chains
from credrisk.features.strain_model import strain_model
from credrisk.simulate import simulate_ledger

BOTH = ["payment_strain", "expected_days_beyond_habit"]
MONTHS = [f"2023-{month:02d}-05" for month in range(7, 13)] + [f"2024-{month:02d}-05" for month in range(1, 7)]


def known(*items: tuple[str, int | None]) -> tuple[float, float]:
    found = row(payer(*items))
    return found["payment_strain"], found["expected_days_beyond_habit"]


def test_who_always_pays_late_is_not_strained_and_who_begins_to_is() -> None:
    always = known(*((day, 20) for day in MONTHS))
    begins = known(*((day, 0) for day in MONTHS[:9]), *((day, 20) for day in MONTHS[9:]))
    punctual = known(*((day, 0) for day in MONTHS))
    assert always == pytest.approx(punctual, abs=0.01)
    assert begins[0] > 4 * always[0]
    assert always[1] < 0.5
    assert begins[1] == pytest.approx(20.0, abs=3.0)


def test_less_is_known_of_who_has_paid_once_and_nothing_of_who_has_not() -> None:
    once, often = known(("2024-05-05", 0)), known(*((day, 0) for day in MONTHS))
    assert often[0] < once[0] < 1.0
    assert often[1] < once[1]
    # Paid three weeks before it was due: a discount taken says nothing.
    assert known(("2024-05-30", -21)) == (None, None)
    assert 1.0 < known(("2024-06-29", None))[0] < 1.5
    assert known(("2024-07-29", None)) == (None, None)


def test_what_stays_open_tells_more_the_later_it_is() -> None:
    paid = tuple((day, 0) for day in MONTHS[:8])
    found = [known(*paid, (day, None))[0] for day in ("2024-06-25", "2024-06-05", "2024-05-05", "2024-04-05")]
    assert found == sorted(found)
    assert found[-1] > 3 * found[0]


def test_one_payment_far_off_does_not_decide() -> None:
    paid = tuple((day, 0) for day in MONTHS)
    assert known(*paid[:-1], (MONTHS[-1], 25))[0] < known(*paid[:-2], (MONTHS[-2], 25), (MONTHS[-1], 25))[0]


def test_the_filter_is_the_sum_over_all_histories_of_strain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path of strain through three months, one by one, of a customer that stays the same."""
    monkeypatch.setattr("credrisk.features.payment_strain.CHANGED", 0.0)
    late = (0, 8, 30)
    found = row(payer(*((f"2024-{month:02d}-01", days) for month, days in zip((4, 5, 5), late, strict=True))))
    # Seen on 1 April, 9 May and 31 May: none in June, so strain moves once more.
    place = {around: number for number, around in enumerate(sorted({state[0] for state in STATES}))}
    weight = np.zeros(len(STATES))
    both = (told(8, True) * told(30, True)) ** (1 / np.sqrt(2))
    index = {state: number for number, state in enumerate(STATES)}
    by_kind: dict[tuple[float, float], list[tuple[float, float, float]]] = {}
    for state in STATES:
        by_kind.setdefault(state[1:], []).append(state)
    for states in by_kind.values():
        for path in itertools.product(states, repeat=3):
            here = [index[state] for state in path]
            odds = BEFORE[here[0]] * told(0, True)[here[0]]
            odds *= MOVES[place[path[0][0]], place[path[1][0]]] * both[here[1]]
            odds *= MOVES[place[path[1][0]], place[path[2][0]]]
            weight[here[2]] += odds
    weight /= weight.sum()
    harm = np.exp([strain(state) for state in STATES])
    assert found["payment_strain"] == pytest.approx(float(weight @ harm / (BEFORE @ harm)), rel=1e-4)
    assert found["expected_days_beyond_habit"] == pytest.approx(
        float(weight @ [extra(state) for state in STATES]), rel=1e-4
    )


def test_the_odds_of_the_days_add_up_and_nothing_known_stays_so() -> None:
    model = strain_model()
    # The first day has those of itself alone: payments before it are not taken.
    assert (np.exp(model.paid.astype(float)).sum(axis=0) <= 1.0 + 1e-4).all()
    open_and_paid = np.exp(model.still_open[5].astype(float)) + np.exp(model.paid[:6].astype(float)).sum(axis=0)
    assert (open_and_paid <= 1.0 + 1e-4).all()
    steps = model.moves.shape[0]
    assert model.believed.reshape(steps, -1).T @ model.moves == pytest.approx(
        model.believed.reshape(steps, -1).T, abs=1e-6
    )
    assert float(model.believed @ model.told[:, 0]) == pytest.approx(1.0, rel=1e-5)


def test_a_date_alone_gives_what_it_gives_among_others() -> None:
    ledger = simulate_ledger(customers=60, months=30, start=date(2022, 1, 1), seed=3).ledger()
    months = build_panel(ledger, features=BOTH, output="polars")
    for ends in (Calendar((date(2023, 5, 31), date(2023, 12, 31), date(2024, 3, 31))), Calendar((date(2024, 6, 30),))):
        some = build_panel(ledger, calendar=ends, features=BOTH, output="polars")
        assert some.equals(months.filter(months["as_of"].is_in(ends.ends)))


def test_months_go_on_from_an_earlier_date_where_they_end_alike() -> None:
    covers_from = date(2023, 12, 1)
    month_ends = Calendar((date(2024, 1, 31), date(2024, 2, 29), date(2024, 4, 30)))
    assert [earlier for earlier, _ in chains(month_ends, covers_from)] == [-1, 0, 1]
    assert [len(ends) for _, ends in chains(month_ends, covers_from)] == [2, 1, 2]
    weeks = Calendar.weeks(date(2024, 1, 7), date(2024, 2, 25))
    assert [earlier for earlier, _ in chains(weeks, covers_from)] == [-1, -1, -1, -1, 0, 1, 2, 3]


def test_a_new_habit_after_thousands_of_payments_is_taken_in_and_nothing_is_lost_to_round_off() -> None:
    many = [(day, 0) for day in MONTHS[:6] for _ in range(200)] + [(day, 30) for day in MONTHS[6:] for _ in range(200)]
    strain_now, days_now = known(*many)
    assert 0.2 < strain_now < 9.0
    assert 0.0 <= days_now <= 31.0
    late = known(*[(day, 0) for day in MONTHS[:11] for _ in range(200)], *[(MONTHS[11], None)] * 50)
    assert late[0] > 2.0
