"""Expected and actual cash of an account: the forecast's own figures, the table of shares by hand, who rolls over."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from decisions.team_ledgers import END, START, bill, pay, team_ledger

from credrisk.decisions.roll_over import roll_over
from credrisk.decisions.team_cash import rolling_over, team_cash
from credrisk.decisions.team_shares import expected_by_shares, share_table
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.models.cash_forecast import cash_forecast, cash_received
from credrisk.models.payment_items import payment_items
from credrisk.models.payment_timing import PaymentTiming
from credrisk.simulate import simulate_ledger


@pytest.fixture(scope="module")
def simulated() -> tuple[Ledger, PaymentTiming, date, date]:
    ledger = simulate_ledger(customers=60, months=14, seed=3).ledger()
    end = ledger.settings.covers_to
    start = end - timedelta(days=28)
    timing = PaymentTiming(trees=30).fit(payment_items(ledger, as_of=start), as_of=start)
    return ledger, timing, start, end


def test_expected_is_the_forecast_and_actual_the_cash_on_the_same_items(
    simulated: tuple[Ledger, PaymentTiming, date, date],
) -> None:
    ledger, timing, start, end = simulated
    made = team_cash(ledger, start=start, end=end, timing=timing)
    forecast = cash_forecast(ledger, as_of=start, weeks=4, timing=timing)
    assert made.source == "forecast"
    assert made.accounts["expected"].sum() == pytest.approx(forecast.weeks["expected"].sum(), abs=0.05)
    came = cash_received(ledger, forecast.items["item_id"], as_of=start, weeks=4).sum()
    assert made.accounts["actual"].sum() == pytest.approx(came, rel=0.002)  # what went back is not below 0 here
    of_one = made.accounts.sort("expected").tail(1).row(0, named=True)
    items = forecast.items.filter(pl.col("customer_id") == of_one["customer_id"])
    share = items["p_within_the_weeks"].to_numpy()
    amount = items["forecast_amount"].to_numpy()
    assert of_one["expected"] == pytest.approx(float(amount @ share))
    assert of_one["variance"] == pytest.approx(float((amount * np.sqrt(share * (1 - share))).sum() ** 2))


def test_what_is_posted_after_the_period_changes_nothing(simulated: tuple[Ledger, PaymentTiming, date, date]) -> None:
    ledger, timing, start, end = simulated
    earlier = end - timedelta(days=14), start - timedelta(days=14)
    model = PaymentTiming(trees=10).fit(payment_items(ledger, as_of=earlier[1]), as_of=earlier[1])
    whole = team_cash(ledger, start=earlier[1], end=earlier[0], timing=model)
    cut = team_cash(ledger.cut(earlier[0]), start=earlier[1], end=earlier[0], timing=model)
    assert whole.accounts.equals(cut.accounts)
    assert timing.rung_ == "booster"


def test_who_rolls_over_by_account(simulated: tuple[Ledger, PaymentTiming, date, date]) -> None:
    ledger, timing, _, end = simulated
    wanted: dict[str, dict[int, float]] = {}
    for row in roll_over(ledger, as_of=end, timing=timing, output="polars").rows(named=True):
        expected = row["amount"] if row["expected_amount"] is None else row["expected_amount"]
        wanted.setdefault(row["customer_id"], {60: 0.0, 90: 0.0})[row["threshold_days"]] += expected
    found = rolling_over(ledger, timing, as_of=end)
    assert found["customer_id"].to_list() == sorted(wanted)
    for row in found.rows(named=True):
        assert (row["rolls_over_60"], row["rolls_over_90"]) == tuple(
            pytest.approx(wanted[row["customer_id"]][mark]) for mark in (60, 90)
        )
    assert found["rolls_over_60"].sum() > 0


def many(cases: int, *, share_paid: float, begin: date) -> tuple[list[dict[str, object]], list[object]]:
    """Return invoices due in the middle of the period after ``begin``, of which a share is paid ten days later."""
    documents, payments = [], []
    due = begin + timedelta(days=10)
    for place in range(cases):
        number = f"{begin:%m%d}-{place}"
        documents.append(bill(number, f"c{place}", due.isoformat(), 100_00, (due - timedelta(days=30)).isoformat()))
        if place < share_paid * cases:
            day = (due + timedelta(days=5)).isoformat()
            payments.append(pay(f"r{number}", number, f"c{place}", day, 100_00))
        else:
            payments.append(pay(f"r{number}", number, f"c{place}", (due + timedelta(days=40)).isoformat(), 100_00))
    return documents, payments


def test_shares_by_hand() -> None:
    """40 invoices due in an earlier period, of which 30 were paid in it: 75 % of the money due in a period comes."""
    documents, payments = many(40, share_paid=0.75, begin=START - timedelta(days=56))
    new, paid = many(20, share_paid=0.5, begin=START)
    ledger = team_ledger(documents=documents + new, payments=payments + paid)  # type: ignore[arg-type]
    table = share_table(ledger, start=START, days=28)
    due = table.filter((pl.col("age") == "due_in_period") & (pl.col("habit") == "unknown")).row(0, named=True)
    assert (due["items"], due["share"]) == (40, 0.75)
    assert table.height == 24
    assert table["share"].is_between(0, 1).all()
    made = team_cash(ledger, start=START, end=END, expected_by="share_table")
    assert made.source == "share_table"
    items = expected_by_shares(ledger, start=START, days=28)
    share = {(row["age"], row["habit"]): row["share"] for row in table.rows(named=True)}
    wanted = sum(100.0 * share[row["age"], row["habit"]] for row in items.rows(named=True))
    assert made.accounts["expected"].sum() == pytest.approx(wanted)
    assert made.accounts["actual"].sum() == pytest.approx(20 * 0.5 * 100)
    # The ten left over were 18 days late when the next period began, and all came in it: 40 of 50 over both periods.
    # Ten items are too few for a share of their own.
    late = table.filter(pl.col("age") == "1-30")
    assert late["items"].sum() == 10
    assert late["share"].to_list() == pytest.approx([0.8] * 4)


def test_where_cash_never_came_nothing_is_expected_and_it_is_said() -> None:
    documents, _ = many(40, share_paid=1.0, begin=START - timedelta(days=56))
    new, _ = many(5, share_paid=1.0, begin=START)
    offset = [
        {"to_document_id": one["document_id"], "applied_on": "2025-01-30", "amount": 100_00, "kind": "credit_note"}
        for one in documents
    ]
    made = team_cash(team_ledger(documents=documents + new, applications=offset), start=START, end=END)
    assert (made.source, made.accounts.height) == (None, 0)
    assert "No forecast from the payment timing model" in made.lacks[0]
    assert "nothing that was open in earlier periods was paid in cash" in made.lacks[1]


def test_too_little_is_said() -> None:
    ledger = team_ledger(documents=[bill("a", "a", "2025-03-20", 100_00)])
    with pytest.raises(ParameterError, match="expected_by"):
        team_cash(ledger, start=START, end=END, expected_by="guess")  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match="30 are needed"):
        share_table(ledger, start=START, days=28)
    made = team_cash(ledger, start=START, end=END)
    assert (made.source, made.accounts.height) == (None, 0)
    assert len(made.lacks) == 2
