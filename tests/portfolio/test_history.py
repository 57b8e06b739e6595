"""The history against the ageing of each date and slow sums of the plain tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest
from features.ledgers_for_labels import random_ledger
from fee_notes import with_fee_notes
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import DataError, ParameterError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.history import portfolio_history

ENDS = [months_after(date(2024, 1, 31), 5 * n) for n in range(5)]
BALANCES = [
    "not_due",
    "past_due_1_30",
    "past_due_31_60",
    "past_due_61_90",
    "past_due_over_90",
    "past_due",
    "late_fees",
    "open_credits",
    "open_balance",
    "unapplied_cash",
    "net_balance",
]


def home(ledger: Ledger, row: dict[str, object], day: date) -> int:
    if row["currency"] == "EUR":
        return int(str(row["amount"]))
    rates = [r for r in ledger.table("rates").sort("date").to_dicts() if r["date"] <= day]
    return round(int(str(row["amount"])) * rates[-1]["rate"])


@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_the_ageing_and_with_slow_sums(seed: int) -> None:
    ledger = random_ledger(seed)
    history = portfolio_history(ledger, dates=ENDS, output="polars")
    assert history["as_of"].to_list() == ENDS
    for row in history.to_dicts():
        end, start = row["as_of"], months_after(row["as_of"], -1)
        table = ageing(ledger, as_of=end, by="portfolio", output="polars")
        native = ageing(ledger, as_of=end, translate=False, output="polars")
        panel = build_panel(ledger, as_of=end, features=BALANCES, output="polars")
        for name in BALANCES:
            if name == "unapplied_cash" and not ledger.has("receipts"):
                assert row[name] is None
            else:
                assert round(100 * row[name]) == round(100 * table[name].sum()), name
                assert round(100 * row[name]) == sum(round(100 * amount) for amount in panel[name]), name
        assert row["customers_with_balance"] == native.filter(pl.col("open_balance") > 0)["customer_id"].n_unique()
        billed = [
            home(ledger, d, d["document_date"])
            for d in ledger.table("documents").to_dicts()
            if d["kind"] == "invoice" and start < d["document_date"] <= end and d["recorded_at"] <= end
        ]
        cash = [
            home(ledger, r, r["date"])
            for r in ledger.table("receipts").to_dicts()
            if start < max(r["date"], r["recorded_at"]) <= end
        ]
        assert row["invoiced"] == pytest.approx(sum(billed) / 100)
        assert row["received"] == (pytest.approx(sum(cash) / 100) if ledger.has("receipts") else None)


def steady() -> Ledger:
    """Return invoices of 100 on the first of each month, due at its end, and one of 20 never paid."""
    months = [months_after(date(2024, 1, 1), n) for n in range(18)]
    documents = [
        {"document_id": f"I{n}", "customer_id": "A", "document_date": day.isoformat(), "amount": 10_000}
        | {"due_date": months_after(day, 1).isoformat()}
        for n, day in enumerate(months)
    ]
    documents[3]["amount"] = 12_000
    applications = [
        {"from_id": None, "to_document_id": f"I{n}", "amount": 10_000, "applied_on": months_after(day, 1).isoformat()}
        for n, day in enumerate(months)
    ]
    return ledger_of(documents=documents, applications=applications, covers_from="2024-01-01", covers_to="2025-06-30")


def test_figures_by_hand() -> None:
    row = portfolio_history(steady(), dates=["2024-08-31"], output="polars").row(0, named=True)
    assert row["open_balance"] == 120.0
    assert row["invoiced"] == 100.0
    assert row["past_due_over_90"] == 20.0
    assert row["share_over_90"] == row["share_over_60"] == row["share_past_due"] == pytest.approx(1 / 6)
    assert row["dso_countback"] == pytest.approx(31 + 20 / 100 * 31)
    assert row["dso_3m"] == pytest.approx(120 / 300 * 92)
    assert row["best_possible_dso_3m"] == pytest.approx(100 / 300 * 92)
    assert row["collection_effectiveness"] == pytest.approx((120 + 100 - 120) / (120 + 100 - 100))
    assert row["received"] is None


@pytest.mark.parametrize("seed", range(4))
def test_fee_notes_move_no_age_no_dso_and_no_effectiveness(seed: int) -> None:
    """An unpaid fee note beside every invoice of the steady ledger and of random ones."""
    ledger = steady() if seed == 0 else random_ledger(seed)
    ends = [date(2024, 8, 31)] if seed == 0 else ENDS
    before, after = (portfolio_history(each, dates=ends, output="polars") for each in (ledger, with_fee_notes(ledger)))
    owed = ["late_fees", "open_balance", "net_balance", "customers_with_balance", "translation_difference"]
    assert_frame_equal(before.drop(owed), after.drop(owed))
    more = after["late_fees"] - before["late_fees"]
    assert more.min() >= 0
    assert more[-1] > 0
    for name in ("open_balance", "net_balance"):
        assert (after[name] - before[name]).to_list() == pytest.approx(more.to_list(), abs=0.001)


def in_dollars(*, paid: bool) -> Ledger:
    """Return 1,000 dollars invoiced in January, at 1.00 and from 15 March at 0.80; half paid on 20 March."""
    invoice = {"document_id": "I", "customer_id": "A", "document_date": "2024-01-05", "due_date": "2024-02-01"}
    used = {"from_id": None, "to_document_id": "I", "amount": 50_000, "applied_on": "2024-03-20"}
    rates = [("2024-01-01", 1.0), ("2024-03-15", 0.8)]
    return ledger_of(
        documents=[invoice | {"amount": 100_000, "currency": "USD"}],
        applications=[used] if paid else [],
        rates=[{"currency": "USD", "date": day, "rate": rate} for day, rate in rates],
        covers_from="2024-01-01",
        covers_to="2024-12-31",
    )


def test_a_move_of_a_rate_is_no_collection_but_a_line_of_its_own() -> None:
    for paid, collected, difference in ((False, 0.0, -200.0), (True, 0.5, -200.0)):
        history = portfolio_history(in_dollars(paid=paid), dates=["2024-02-29", "2024-03-31"], output="polars")
        assert history["collection_effectiveness"].to_list() == [0.0, collected]
        assert history["translation_difference"].to_list() == [0.0, difference]


def test_without_foreign_money_nothing_is_left_to_translation() -> None:
    history = portfolio_history(random_ledger(5, foreign=False), dates=ENDS, output="polars")
    assert history["translation_difference"].to_list() == [0.0] * len(ENDS)


def test_what_is_not_covered_is_null() -> None:
    ledger = steady()
    late = ledger.replace(settings=ledger_of(covers_from="2024-07-01").settings)
    first, second = portfolio_history(late, dates=["2024-07-29", "2024-08-31"], output="polars").to_dicts()
    assert first["invoiced"] is None
    assert first["open_balance"] == 120.0
    assert second["invoiced"] == 100.0
    assert second["dso_countback"] == pytest.approx(31 + 20 / 100 * 31)
    assert second["dso_3m"] is None


def test_a_row_does_not_depend_on_the_other_dates_or_on_later_postings() -> None:
    ledger = random_ledger(4)
    alone = portfolio_history(ledger.cut(ENDS[2]), dates=[ENDS[2]])
    together = portfolio_history(ledger, dates=ENDS[::-1])
    assert together.iloc[[2]].reset_index(drop=True).equals(alone)


@dataclass(frozen=True)
class Periods:
    ends: tuple[date, ...]


def test_a_calendar_or_dates_and_an_empty_ledger() -> None:
    history = portfolio_history(ledger_of(), dates=Periods(tuple(ENDS)), output="polars")
    assert history["as_of"].to_list() == ENDS
    assert history["open_balance"].to_list() == [0.0] * len(ENDS)
    assert history["share_past_due"].null_count() == len(ENDS)


def test_no_dates_and_missing_rates_are_refused() -> None:
    with pytest.raises(ParameterError, match="dates"):
        portfolio_history(ledger_of(), dates=[])
    with pytest.raises(ParameterError, match="output"):
        portfolio_history(ledger_of(), dates=ENDS, output="arrow")  # type: ignore[call-overload]
    foreign = {"document_id": "I", "customer_id": "A", "document_date": "2024-03-01", "amount": 100, "currency": "USD"}
    with pytest.raises(DataError, match="no rate of USD"):
        portfolio_history(ledger_of(documents=[foreign]), dates=["2024-03-31"])
