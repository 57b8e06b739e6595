"""The translation difference and cover, on ledgers small enough to work out by hand; the balance always ties out."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.features import Calendar, build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.ledger.rates import Rates

CALENDAR = Calendar.month_ends(date(2024, 3, 1), LAST)
RATES = [("2022-12-01", 0.5), ("2023-12-31", 0.6), ("2024-03-01", 0.8), ("2024-06-30", 1.0)]
DOLLARS = [{"currency": "USD", "date": day, "rate": rate} for day, rate in RATES]


def row(ledger: Ledger, as_of: str = "2024-06-30") -> dict[str, Any]:
    return build_panel(ledger, as_of=as_of, output="polars").filter(customer_id="a").row(0, named=True)


def invoice(number: int, dated: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"document_id": f"d{number}", "customer_id": "a", "document_date": dated, "amount": amount, **more}


def test_rates_change_the_balance_and_what_was_paid_meanwhile() -> None:
    """100 dollars stood at 0.5; 40 were paid at 0.8, 20 billed at 0.6: 80 at 1.0 less (50 - 32 + 12) is 50."""
    documents = [invoice(1, "2023-05-01", 10_000, currency="USD"), invoice(2, "2024-01-15", 2_000, currency="USD")]
    documents.append(invoice(3, "2024-02-01", 7_000))
    applied = [{"to_document_id": "d1", "amount": 4_000, "applied_on": "2024-03-10", "kind": "offset"}]
    found = row(ledger_of(documents=documents, applications=applied, rates=DOLLARS))
    assert found["open_balance"] == 150.0
    assert found["translation_difference_12m"] == 50.0
    assert found["translation_share_12m"] == pytest.approx(1 / 3)


def test_the_ledgers_own_currency_has_no_difference_and_a_missing_rate_none_that_is_known() -> None:
    assert row(ledger_of(documents=[invoice(1, "2024-02-01", 7_000)]))["translation_difference_12m"] == 0.0
    late = [{"currency": "USD", "date": "2024-05-01", "rate": 1.0}]
    documents = [invoice(1, "2024-04-01", 100, currency="USD", recorded_at="2024-05-02")]
    names = ["open_balance", "translation_difference_12m"]
    found = build_panel(
        ledger_of(documents=documents, rates=late), as_of="2024-06-30", features=names, output="polars"
    ).row(0, named=True)
    assert (found["open_balance"], found["translation_difference_12m"]) == (1.0, None)


@settings(max_examples=25, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_opening_balance_flows_and_difference_are_the_closing_balance_to_the_cent(ledger: Ledger) -> None:
    names = ["open_balance", "translation_difference_12m"]
    closing = build_panel(ledger, calendar=CALENDAR, features=names, output="polars")
    then = Calendar(CALENDAR.starts(12))
    opening = build_panel(ledger, calendar=then, features=["open_balance"], output="polars")
    rates, moves = Rates(ledger), item_movements(ledger)
    days = moves["event_date"].to_physical().to_numpy()
    own = rates.translate_rows(moves["amount"].to_numpy(), moves["currency"].to_numpy(), days)
    moves = moves.select("customer_id", "date", flow=pl.Series(own))
    for end, start in zip(CALENDAR.ends, then.ends, strict=True):
        now, before = closing.filter(as_of=end), opening.filter(as_of=start)
        flows = moves.filter(pl.col("date") > start, pl.col("date") <= end).group_by("customer_id").agg(pl.sum("flow"))
        flow = now.join(flows, on="customer_id", how="left", maintain_order="left")["flow"].fill_null(0.0)
        tied = before["open_balance"] * 100 + flow + now["translation_difference_12m"] * 100
        if start >= ledger.settings.covers_from:
            assert tied.round().to_list() == (now["open_balance"] * 100).round().to_list()


def contract(**more: Any) -> dict[str, Any]:
    terms = {"kind": "insurance", "limit": 100_000, "insured_share": 0.9, "valid_from": "2024-01-01"}
    return {"cover_id": "c", "customer_id": "a", **terms, **more}


def covering(*contracts: dict[str, Any]) -> Ledger:
    """Return 100 due within 30 days of its date, 60 days past due, and 200 due within 90 days, not yet due."""
    documents = [
        invoice(1, "2024-04-01", 10_000, due_date="2024-05-01"),
        invoice(2, "2024-05-01", 20_000, due_date="2024-07-30"),
    ]
    return ledger_of(documents=documents, cover=list(contracts))


def test_what_is_insured_within_the_terms_of_each_contract() -> None:
    within = covering(contract(max_terms_days=30, deductible=1_000))
    assert row(within)["eligible_insured_share"] == pytest.approx(80 / 300)
    both = covering(contract(max_terms_days=30), contract(cover_id="e", limit=5_000, kind="guarantee", insured_share=1))
    assert row(both)["eligible_insured_share"] == pytest.approx((90 + 50) / 300)
    assert row(both)["covered_share"] == pytest.approx((270 + 30) / 300)


def test_what_is_covered_and_what_is_within_the_terms() -> None:
    """0.9 of 300 less 10 is covered: 40 are not; 100 of the 300 are due within 30 days, all of them within 90."""
    within = row(covering(contract(max_terms_days=30, deductible=1_000)))
    assert (within["covered"], within["uncovered"]) == (260.0, 40.0)
    assert within["covered_share"] == 260 / 300
    assert within["eligible_share"] == 100 / 300
    both = covering(contract(max_terms_days=30), contract(cover_id="e", max_terms_days=90))
    assert row(both)["eligible_share"] == 1.0
    assert row(covering(contract(max_terms_days=29)))["eligible_share"] == 0.0
    ended = row(covering(contract(valid_to="2024-06-29")))
    assert (ended["uncovered"], ended["covered_share"], ended["eligible_share"]) == (300.0, 0.0, None)


def test_how_much_cover_was_cut_and_when() -> None:
    halved = contract(limit=50_000, valid_from="2024-05-01", recorded_at="2024-06-10")
    found = row(covering(contract(), halved, contract(cover_id="e", limit=50_000)))
    assert (found["cover_cuts_12m"], found["days_since_cover_cut"]) == (1, 20.0)
    assert found["cover_cut_share_12m"] == pytest.approx(450 / (450 + 900))
    assert row(covering(contract()))["days_since_cover_cut"] is None


def test_days_beyond_what_the_insurers_expect() -> None:
    """The oldest item is 60 days past due."""
    strict = contract(cover_id="e", stop_shipment_dpd=45, valid_to="2024-06-30")
    books = covering(contract(stop_shipment_dpd=60, report_overdue_dpd=90), strict)
    found, later = row(books), row(books, "2024-07-01")
    assert (found["days_beyond_stop_shipment"], found["days_beyond_report_overdue"]) == (15.0, -30.0)
    assert later["days_beyond_stop_shipment"] == 1.0
    assert row(covering(contract()))["days_beyond_stop_shipment"] is None
