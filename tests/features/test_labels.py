"""Each clause of the definitions on a ledger small enough to check by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.features.events_of_loss import losses_of
from credrisk.features.labels import LabelSettings, build_labels, event_history, outcome
from credrisk.features.open_items import open_book
from credrisk.features.spans import Spans
from credrisk.ledger.ledger import Ledger

DUE = date(2024, 1, 31)
DAY_90 = DUE + timedelta(days=90)


def invoice(amount: int = 100_000, document: str = "I1", **more: Any) -> dict[str, Any]:
    row = {"document_id": document, "customer_id": "A", "document_date": "2024-01-01", "due_date": "2024-01-31"}
    return row | {"amount": amount} | more


def payment(day: str, amount: int = 100_000, document: str = "I1", receipt: str = "R1") -> dict[str, Any]:
    """Return the receipt and the application as keyword tables of ``ledger_of``."""
    return {
        "receipts": [{"receipt_id": receipt, "customer_id": "A", "date": day, "amount": amount}],
        "applications": [{"from_id": receipt, "to_document_id": document, "amount": amount, "applied_on": day}],
    }


def label(ledger: Ledger, as_of: date | str, **settings: Any) -> dict[str, Any]:
    labels = build_labels(ledger, dates=[as_of], settings=LabelSettings(**settings), output="polars")
    return labels.filter(pl.col("customer_id") == "A").row(0, named=True)


def default_on(ledger: Ledger, as_of: date | str = "2024-01-31", **settings: Any) -> date | None:
    return label(ledger, as_of, **settings)["default_on"]


def bad_debt_on(ledger: Ledger, as_of: date | str = "2024-01-31", **settings: Any) -> date | None:
    return label(ledger, as_of, **settings)["bad_debt_on"]


# The exact day


def test_default_begins_on_day_90_past_the_due_date() -> None:
    ledger = ledger_of(documents=[invoice()])
    assert default_on(ledger) == DAY_90 == date(2024, 4, 30)
    assert label(ledger, DAY_90 - timedelta(days=1))["status"] == "at_risk"
    assert label(ledger, DAY_90)["status"] == "in_default"


def test_paid_on_day_90_is_no_default_and_a_day_later_is() -> None:
    assert default_on(ledger_of(documents=[invoice()], **payment("2024-04-30"))) is None
    assert default_on(ledger_of(documents=[invoice()], **payment("2024-05-01"))) == DAY_90


def test_late30_needs_30_days_and_ends_at_once() -> None:
    ledger = ledger_of(documents=[invoice(1)], **payment("2024-03-15", 1))
    assert label(ledger, "2024-01-31")["late30_on"] == DUE + timedelta(days=30)
    assert not label(ledger, "2024-03-14")["late30_at_risk"]
    assert label(ledger, "2024-03-15")["late30_at_risk"]


def test_an_event_on_the_as_of_day_is_no_outcome() -> None:
    row = label(ledger_of(documents=[invoice()]), DAY_90)
    assert row["default_on"] is None
    assert not row["default_at_risk"]


# The thresholds


@pytest.mark.parametrize(("amount", "expected"), [(50_000, None), (50_001, DAY_90)])
def test_the_absolute_threshold_must_be_exceeded(amount: int, expected: date | None) -> None:
    assert default_on(ledger_of(documents=[invoice(amount)])) == expected


@pytest.mark.parametrize(("rest", "expected"), [(9_900_000, None), (9_899_999, DAY_90)])
def test_the_relative_threshold_must_be_exceeded(rest: int, expected: date | None) -> None:
    not_due = invoice(rest, "I2", due_date="2025-12-31")
    assert default_on(ledger_of(documents=[invoice(100_000), not_due], covers_to="2024-12-31")) == expected


def in_yen(amount: int, *rates: tuple[str, float]) -> Ledger:
    table = [{"currency": "EUR", "date": day, "rate": rate} for day, rate in rates]
    return ledger_of(currency="JPY", documents=[invoice(amount, currency="JPY")], rates=table)


def test_the_absolute_threshold_is_translated_at_the_rate_of_the_day() -> None:
    """500 euro are 80,000 yen at 160 and, from 1 June, 75,000 yen at 150."""
    rates = [("2024-01-01", 160.0), ("2024-06-01", 150.0)]
    assert default_on(in_yen(80_001, *rates)) == DAY_90
    assert default_on(in_yen(80_000, *rates)) == date(2024, 6, 1)
    assert default_on(in_yen(75_000, *rates)) is None


def test_without_a_rate_the_threshold_may_be_given_in_the_ledgers_currency() -> None:
    for books in (in_yen(600), in_yen(600, ("2024-07-01", 160.0))):
        options = {"threshold_currency": "JPY"}
        assert default_on(books, absolute_threshold=599.0, **options) == DAY_90
        assert default_on(books, absolute_threshold=600.0, **options) is None
    with pytest.raises(ParameterError, match="threshold_currency"):
        LabelSettings(threshold_currency="euro")


def test_without_a_rate_a_round_amount_of_about_that_worth_stands_for_it() -> None:
    assert default_on(in_yen(80_001)) == DAY_90
    assert default_on(in_yen(80_000)) is None
    for money, limit in (("AUD", 90_000), ("SEK", 550_000), ("INR", 5_000_000)):
        for amount, expected in ((limit, None), (limit + 1, DAY_90)):
            assert default_on(ledger_of(currency=money, documents=[invoice(amount, currency=money)])) == expected
    unknown = ledger_of(currency="KWD", documents=[invoice(9_999_999, currency="KWD")])
    with pytest.raises(ParameterError, match=r"absolute_threshold.*threshold_currency='KWD'"):
        default_on(unknown)


@pytest.mark.parametrize(("amount", "expected"), [(50_000, None), (50_001, DAY_90)])
def test_without_a_rate_500_euro_are_500_dollars(amount: int, expected: date | None) -> None:
    assert default_on(ledger_of(currency="USD", documents=[invoice(amount, currency="USD")])) == expected


# Disputes, credits, re-dating, reversals


def dispute(amount: int | None, opened: str = "2024-02-10", resolved: str | None = None) -> list[dict[str, Any]]:
    return [
        {"dispute_id": "D", "document_id": "I1", "amount": amount, "opened_on": opened, "resolved_on": resolved},
    ]


def test_the_disputed_part_does_not_count() -> None:
    assert default_on(ledger_of(documents=[invoice()], disputes=dispute(50_000))) is None
    assert default_on(ledger_of(documents=[invoice()], disputes=dispute(49_999))) == DAY_90


def test_a_dispute_without_amount_is_over_the_whole_document() -> None:
    assert default_on(ledger_of(documents=[invoice()], disputes=dispute(None))) is None


def test_a_dispute_ends_on_the_day_it_is_resolved() -> None:
    resolved = ledger_of(documents=[invoice()], disputes=dispute(None, resolved="2024-06-15"))
    assert default_on(resolved) == date(2024, 6, 15)


def test_a_dispute_of_more_than_the_item_leaves_the_others_alone() -> None:
    other = invoice(60_000, "I2")
    ledger = ledger_of(documents=[invoice(), other], disputes=dispute(200_000))
    assert event_history(ledger, output="polars").row(1, named=True)["amount"] == 600.0


def test_a_negative_disputed_amount_adds_nothing() -> None:
    ledger = ledger_of(documents=[invoice()], disputes=dispute(-50_000))
    assert event_history(ledger, output="polars")["amount"].to_list() == [1000.0, 1000.0]


def test_a_late_dispute_ends_the_condition_from_its_day_on() -> None:
    ledger = ledger_of(documents=[invoice()], disputes=dispute(None, opened="2024-05-10"))
    assert default_on(ledger) == DAY_90
    assert label(ledger, "2024-05-09")["status"] == "in_default"
    assert label(ledger, "2024-05-10")["status"] == "recovering"


def test_unapplied_credit_notes_and_cash_are_netted() -> None:
    credit = invoice(-30_000, "K1")
    cash = [{"receipt_id": "R", "customer_id": "A", "date": "2024-02-01", "amount": 20_000}]
    assert default_on(ledger_of(documents=[invoice(), credit])) == DAY_90
    assert default_on(ledger_of(documents=[invoice(), credit], receipts=cash)) is None


def test_cash_paid_back_frees_nothing() -> None:
    back = [{"receipt_id": "R", "customer_id": "A", "date": "2024-02-01", "amount": -70_000}]
    assert default_on(ledger_of(documents=[invoice(40_000)], receipts=back)) is None


def test_an_agreed_later_due_date_does_not_reset_the_count() -> None:
    change = {"document_id": "I1", "field": "due_date", "value": "2024-12-31", "changed_on": "2024-02-01"}
    assert default_on(ledger_of(documents=[invoice()], document_changes=[change])) == DAY_90


def test_a_reversal_reopens_the_item_at_its_original_due_date() -> None:
    tables = payment("2024-02-05")
    tables["applications"].append(
        {"from_id": None, "to_document_id": "I1", "amount": -100_000, "applied_on": "2024-09-10", "kind": "reversal"}
    )
    ledger = ledger_of(documents=[invoice()], **tables)
    assert default_on(ledger) == date(2024, 9, 10)


def test_a_back_dated_payment_counts_from_the_day_it_was_recorded() -> None:
    tables = payment("2024-04-20")
    tables["applications"][0]["recorded_at"] = "2024-05-20"
    ledger = ledger_of(documents=[invoice()], **tables)
    assert default_on(ledger) is None, "the cash itself was seen in time and is netted"
    tables["receipts"][0]["recorded_at"] = "2024-05-20"
    assert default_on(ledger_of(documents=[invoice()], **tables)) == DAY_90


# Recovery and re-entry


def test_back_at_risk_after_three_clean_months_and_again_in_default() -> None:
    tables = payment("2024-05-15")
    again = invoice(document="I2", document_date="2024-06-01", due_date="2024-06-10")
    ledger = ledger_of(documents=[invoice(), again], **tables)
    assert label(ledger, "2024-08-14")["status"] == "recovering"
    assert label(ledger, "2024-08-15")["status"] == "at_risk"
    assert default_on(ledger, "2024-08-15") == date(2024, 9, 8)
    assert default_on(ledger, "2024-01-31") == DAY_90


def test_within_the_three_months_it_is_still_the_same_default() -> None:
    again = invoice(document="I2", document_date="2024-05-01", due_date="2024-05-16")
    ledger = ledger_of(documents=[invoice(), again], **payment("2024-05-15"))
    assert label(ledger, "2024-08-14")["status"] == "in_default"
    assert default_on(ledger, DAY_90) is None


def test_the_condition_on_the_day_the_three_months_end_is_a_new_default() -> None:
    again = invoice(document="I2", document_date="2024-05-01", due_date="2024-05-17")
    ledger = ledger_of(documents=[invoice(), again], **payment("2024-05-15"))
    assert default_on(ledger, DAY_90) == date(2024, 8, 15)


# Other currencies


def rates(*values: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"currency": "USD", "date": day, "rate": rate} for day, rate in values]


def test_foreign_items_are_translated_at_the_rate_of_the_day() -> None:
    ledger = ledger_of(
        documents=[invoice(60_000, currency="USD")], rates=rates(("2024-01-01", 0.8), ("2024-06-20", 0.9))
    )
    assert default_on(ledger) == date(2024, 6, 20)
    assert event_history(ledger, output="polars").filter(target="default")["amount"].to_list() == [540.0]


def test_a_missing_rate_is_an_error_that_names_currency_and_day() -> None:
    ledger = ledger_of(documents=[invoice(currency="USD")], rates=rates(("2024-06-20", 0.9)))
    with pytest.raises(DataError, match=r"USD in EUR.*USD 2024-04-30.*add a rate"):
        build_labels(ledger, dates=["2024-01-31"])


def test_a_currency_without_anything_overdue_needs_no_rate() -> None:
    ledger = ledger_of(documents=[invoice(currency="USD")], **payment("2024-01-15"))
    assert default_on(ledger, "2024-01-10") is None


# Bad debt


def write_off(day: str, amount: int, document: str = "I1") -> dict[str, Any]:
    return {"from_id": None, "to_document_id": document, "amount": amount, "applied_on": day, "kind": "write_off"}


def credit_event(kind: str, day: str, amount: int | None = None, **more: Any) -> dict[str, Any]:
    return {"customer_id": "A", "date": day, "kind": kind, "amount": amount} | more


def test_a_write_off_is_a_bad_debt_once_it_is_more_than_small() -> None:
    small = ledger_of(documents=[invoice()], applications=[write_off("2024-03-01", 50_000)])
    assert bad_debt_on(small) is None
    two = [write_off("2024-03-01", 50_000), write_off("2024-04-01", 1)]
    assert bad_debt_on(ledger_of(documents=[invoice()], applications=two)) == date(2024, 4, 1)


def test_small_write_offs_more_than_twelve_months_apart_do_not_add_up() -> None:
    apart = [write_off("2024-03-01", 50_000), write_off("2025-03-01", 40_000)]
    assert bad_debt_on(ledger_of(documents=[invoice()], applications=apart)) is None
    within = [write_off("2024-03-01", 50_000), write_off("2025-02-28", 40_000)]
    assert bad_debt_on(ledger_of(documents=[invoice()], applications=within)) == date(2025, 2, 28)


def test_writing_off_a_credit_balance_is_no_bad_debt() -> None:
    credit = invoice(-100_000, "K1")
    assert bad_debt_on(ledger_of(documents=[credit], applications=[write_off("2024-03-01", -100_000, "K1")])) is None


def test_insolvency_is_a_bad_debt_from_the_day_it_was_known() -> None:
    event = credit_event("insolvency", "2024-03-05", recorded_at="2024-03-20")
    ledger = ledger_of(documents=[invoice()], credit_events=[event])
    assert bad_debt_on(ledger) == date(2024, 3, 20)
    assert label(ledger, "2024-03-19")["status"] == "at_risk"
    assert label(ledger, "2024-03-20")["status"] == "bad_debt"


@pytest.mark.parametrize(("amount", "counts"), [(None, True), (50_001, True), (50_000, False)])
def test_a_write_off_decision_counts_unless_it_is_small(amount: int | None, counts: bool) -> None:
    event = credit_event("write_off_decision", "2024-03-05", amount)
    found = bad_debt_on(ledger_of(documents=[invoice()], credit_events=[event]))
    assert found == (date(2024, 3, 5) if counts else None)


def test_legal_action_alone_is_no_bad_debt() -> None:
    ledger = ledger_of(documents=[invoice()], credit_events=[credit_event("legal_action", "2024-03-05")])
    assert bad_debt_on(ledger) is None


PLACED = "2024-03-01"
VERDICT = date(2024, 3, 1) + timedelta(days=180)


@pytest.mark.parametrize(("paid", "failed"), [(89_999, True), (90_000, False)])
def test_a_placement_fails_when_less_than_the_share_is_paid(paid: int, failed: bool) -> None:
    ledger = ledger_of(
        documents=[invoice()],
        credit_events=[credit_event("placement", PLACED, 100_000)],
        **payment(VERDICT.isoformat(), paid),
    )
    assert bad_debt_on(ledger) == (date(2024, 3, 1) if failed else None)
    assert label(ledger, VERDICT)["status"] == ("bad_debt" if failed else "recovering")


def test_paid_after_day_180_comes_too_late() -> None:
    ledger = ledger_of(
        documents=[invoice()],
        credit_events=[credit_event("placement", PLACED, 100_000)],
        **payment((VERDICT + timedelta(days=1)).isoformat()),
    )
    assert bad_debt_on(ledger) == date(2024, 3, 1)


def test_a_placement_without_amount_is_of_what_was_past_due() -> None:
    placed = [credit_event("placement", PLACED)]
    not_due = invoice(500_000, "I2", due_date="2024-03-01")
    paid = ledger_of(documents=[invoice(), not_due], credit_events=placed, **payment("2024-04-01", 95_000))
    assert bad_debt_on(paid) is None
    wrong_item = payment("2024-04-01", 95_000, "I2")
    assert bad_debt_on(ledger_of(documents=[invoice(), not_due], credit_events=placed, **wrong_item)) == date(
        2024, 3, 1
    )


def test_what_the_agency_reports_counts_once() -> None:
    placed = credit_event("placement", PLACED, 100_000)
    reported = credit_event("recovery", "2024-05-01", 90_000)
    assert bad_debt_on(ledger_of(documents=[invoice()], credit_events=[placed, reported])) is None
    half = credit_event("recovery", "2024-05-01", 50_000)
    booked = ledger_of(documents=[invoice()], credit_events=[placed, half], **payment("2024-05-01", 50_000))
    assert bad_debt_on(booked) == date(2024, 3, 1)


def test_until_the_verdict_the_placement_censors_and_the_customer_is_in_default() -> None:
    pending = ledger_of(
        documents=[invoice()],
        credit_events=[credit_event("placement", PLACED, 100_000)],
        covers_to=(VERDICT - timedelta(days=1)).isoformat(),
    )
    row = label(pending, "2024-01-31")
    assert row["bad_debt_on"] is None
    assert row["bad_debt_observed_to"] == date(2024, 2, 29)
    assert row["default_observed_to"] == row["observed_to"] == VERDICT - timedelta(days=1)
    labels = build_labels(pending, dates=["2024-01-29"], output="polars")
    assert outcome(labels, target="bad_debt", months=1).to_list() == [0]
    assert outcome(labels, target="bad_debt", months=2).to_list() == [None]
    assert label(pending, PLACED)["status"] == "in_default"
    assert label(pending, PLACED)["bad_debt_observed_to"] == VERDICT - timedelta(days=1)


def test_the_verdict_is_known_on_day_180_and_dated_at_the_placement() -> None:
    placed = [credit_event("placement", PLACED, 100_000)]
    ledger = ledger_of(documents=[invoice()], credit_events=placed, covers_to=VERDICT.isoformat())
    assert bad_debt_on(ledger) == date(2024, 3, 1)
    assert label(ledger, VERDICT - timedelta(days=1))["status"] == "in_default"
    assert label(ledger, VERDICT)["status"] == "bad_debt"


def test_a_write_off_after_the_placement_settles_the_verdict() -> None:
    ledger = ledger_of(
        documents=[invoice()],
        credit_events=[credit_event("placement", PLACED, 100_000)],
        applications=[write_off("2024-04-10", 100_000)],
        covers_to="2024-05-01",
    )
    assert bad_debt_on(ledger) == date(2024, 3, 1)
    assert label(ledger, "2024-04-10")["status"] == "bad_debt"
    history = event_history(ledger, output="polars").filter(target="bad_debt").to_dicts()
    assert [(row["date"], row["amount"], row["why"]) for row in history] == [
        (date(2024, 3, 1), 1000.0, "placement not recovered")
    ]


def test_bad_debt_lasts_until_three_clean_months_and_new_trade() -> None:
    written = [write_off("2024-03-01", 100_000)]
    alone = ledger_of(documents=[invoice()], applications=written)
    assert label(alone, "2025-12-31")["status"] == "bad_debt"
    fresh = invoice(document="I2", document_date="2024-03-20", due_date="2025-12-31")
    trading = ledger_of(documents=[invoice(), fresh], applications=written)
    assert label(trading, "2024-05-31")["status"] == "bad_debt"
    assert label(trading, "2024-06-02")["status"] == "at_risk"
    late = ledger_of(documents=[invoice(), fresh | {"due_date": "2024-04-01"}], applications=written)
    assert label(late, "2025-06-01")["status"] == "bad_debt"


def test_taking_back_part_of_a_write_off_is_no_new_bad_debt() -> None:
    fresh = invoice(document="I2", document_date="2024-03-20", due_date="2025-12-31")
    written = [write_off("2024-03-01", 100_000), write_off("2024-09-01", -5_000)]
    tables = payment("2024-09-01", 5_000)
    tables["applications"] += written
    ledger = ledger_of(documents=[invoice(), fresh], **tables)
    assert event_history(ledger, output="polars").filter(target="bad_debt").height == 1
    assert label(ledger, "2024-09-30")["status"] == "at_risk"


def test_a_placement_awaiting_its_verdict_keeps_a_bad_debt_one() -> None:
    fresh = invoice(document="I2", document_date="2024-03-20", due_date="2025-12-31")
    placed = [credit_event("insolvency", "2024-03-01"), credit_event("placement", "2024-05-15", 60_000)]
    reported = credit_event("recovery", "2024-05-20", 60_000)
    ledger = ledger_of(documents=[fresh], credit_events=[*placed, reported])
    assert label(ledger, "2024-11-10")["status"] == "bad_debt"
    assert label(ledger, "2025-02-10")["status"] == "bad_debt"
    assert label(ledger, "2025-02-11")["status"] == "at_risk"


def test_a_second_bad_debt_in_the_same_spell_is_no_new_event() -> None:
    documents = [invoice(), invoice(document="I2")]
    written = [write_off("2024-03-01", 100_000), write_off("2024-09-01", 100_000, "I2")]
    ledger = ledger_of(documents=documents, applications=written)
    assert label(ledger, "2024-03-01")["bad_debt_on"] is None
    history = event_history(ledger, output="polars")
    assert history.filter(target="bad_debt")["date"].to_list() == [date(2024, 3, 1)]


# At risk, leaving, censoring


def test_a_customer_is_not_yet_one_before_its_first_document_and_inactive_after_a_year() -> None:
    ledger = ledger_of(
        customers=[{"customer_id": "A"}, {"customer_id": "B"}], documents=[invoice()], **payment("2024-01-20")
    )
    assert label(ledger, "2023-12-31")["status"] == "not_yet_customer"
    assert label(ledger, "2024-01-01")["status"] == "at_risk"
    assert label(ledger, "2024-12-31")["status"] == "at_risk"
    assert label(ledger, "2025-01-01")["status"] == "inactive"
    quiet = build_labels(ledger, dates=["2025-12-31"], output="polars").filter(customer_id="B")
    assert quiet["status"].to_list() == ["not_yet_customer"]


def test_an_order_keeps_a_customer_at_risk() -> None:
    order = {"order_id": "O", "customer_id": "A", "order_date": "2024-06-01", "amount": 1}
    ledger = ledger_of(documents=[invoice()], orders=[order], **payment("2024-01-20"))
    assert label(ledger, "2025-05-31")["status"] == "at_risk"
    assert label(ledger, "2025-06-01")["status"] == "inactive"


def test_leaving_is_known_on_day_180() -> None:
    ledger = ledger_of(documents=[invoice()], **payment("2024-02-10"))
    last_balance = date(2024, 2, 9)
    left = last_balance + timedelta(days=180)
    assert label(ledger, "2024-02-29")["left_on"] == left
    assert label(ledger, left)["left_on"] is None
    early = ledger_of(documents=[invoice()], covers_to=(left - timedelta(days=1)).isoformat(), **payment("2024-02-10"))
    assert label(early, "2024-02-29")["left_on"] is None


def test_an_order_on_day_180_keeps_the_customer() -> None:
    for day, left in (("2024-08-07", False), ("2024-08-08", True)):
        order = {"order_id": "O", "customer_id": "A", "order_date": day, "amount": 1}
        ledger = ledger_of(documents=[invoice()], orders=[order], **payment("2024-02-10"))
        assert (label(ledger, "2024-02-29")["left_on"] == date(2024, 8, 7)) is left


def test_a_bad_debt_never_leaves_in_good_standing() -> None:
    ledger = ledger_of(documents=[invoice()], applications=[write_off("2024-03-01", 100_000)])
    assert label(ledger, "2024-01-31")["left_on"] is None


def test_the_horizon_ends_inclusive_and_needs_full_coverage() -> None:
    ledger = ledger_of(documents=[invoice()], covers_to="2024-06-30")
    labels = build_labels(ledger, dates=["2024-01-29", "2024-01-30", "2024-01-31", "2024-04-30"])
    three = outcome(labels, target="default", months=3)
    assert isinstance(three, pd.Series)
    assert three.dtype == "Int8"
    assert three.tolist() == [0, 1, 1, pd.NA]
    paid = ledger_of(documents=[invoice()], covers_to="2024-07-01", **payment("2024-02-10"))
    labels = build_labels(paid, dates=["2024-01-01", "2024-01-02"])
    assert outcome(labels, target="default", months=6).tolist() == [0, pd.NA]


def test_nothing_after_covers_to_is_told() -> None:
    ledger = ledger_of(documents=[invoice()], covers_to=(DAY_90 - timedelta(days=1)).isoformat())
    assert default_on(ledger) is None
    assert event_history(ledger, output="polars")["target"].to_list() == ["late30"]
    assert label(ledger, DAY_90)["status"] == "in_default", "what is still open on the last day stays open"


def test_before_the_coverage_nobody_is_at_risk() -> None:
    ledger = ledger_of(documents=[invoice()], covers_from="2024-01-20")
    assert label(ledger, "2024-01-19")["status"] == "not_covered"
    assert label(ledger, "2024-01-20")["status"] == "at_risk"


# The frame


def test_rows_columns_and_types() -> None:
    ledger = ledger_of(customers=[{"customer_id": "B"}], documents=[invoice()])
    labels = build_labels(ledger, dates=["2024-02-29", "2024-01-31"])
    assert labels["customer_id"].tolist() == ["A", "A", "B", "B"]
    assert labels["as_of"].is_monotonic_increasing is False
    assert labels["as_of"].tolist()[:2] == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-29")]
    assert labels.columns.tolist() == [
        "customer_id",
        "as_of",
        "at_risk",
        "status",
        "bad_debt_at_risk",
        "bad_debt_on",
        "bad_debt_known_on",
        "default_at_risk",
        "default_on",
        "default_known_on",
        "late30_at_risk",
        "late30_on",
        "late30_known_on",
        "left_on",
        "bad_debt_observed_to",
        "default_observed_to",
        "late30_observed_to",
        "observed_to",
        "bad_debt_waits",
    ]
    assert labels["at_risk"].dtype == bool


def test_an_empty_ledger_gives_empty_frames() -> None:
    assert build_labels(ledger_of(), dates=["2024-01-31"]).empty
    assert event_history(ledger_of()).empty


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("default_days", 0),
        ("clean_months", 1.5),
        ("absolute_threshold", -1.0),
        ("relative_threshold", float("nan")),
        ("placement_recovered_share", 0.0),
    ],
)
def test_settings_out_of_range_are_refused(setting: str, value: float) -> None:
    with pytest.raises(ParameterError, match=setting):
        LabelSettings(**{setting: value})


def test_wrong_parameters_are_refused() -> None:
    labels = build_labels(ledger_of(documents=[invoice()]), dates=["2024-01-31"])
    with pytest.raises(ParameterError, match="target"):
        outcome(labels, target="bankrupt", months=3)
    with pytest.raises(ParameterError, match="months"):
        outcome(labels, target="default", months=0)
    with pytest.raises(ParameterError, match="dates"):
        build_labels(ledger_of(), dates=[])
    with pytest.raises(ParameterError, match="dates"):
        build_labels(ledger_of(), dates=["31.01.2024"])


# Write-offs taken back, late fees, spells


def posting(day: str, amount: int, kind: str, document: str = "I1") -> dict[str, Any]:
    return {"from_id": None, "to_document_id": document, "amount": amount, "applied_on": day, "kind": kind}


def test_a_write_off_in_error_ends_as_a_bad_debt_when_it_is_taken_back() -> None:
    paid = payment("2024-03-10")
    postings = [posting("2024-03-05", 100_000, "write_off"), posting("2024-03-06", -100_000, "reversal")]
    ledger = ledger_of(documents=[invoice()], **paid | {"applications": [*paid["applications"], *postings]})
    assert bad_debt_on(ledger) == date(2024, 3, 5)
    found = {day: label(ledger, day)["status"] for day in ("2024-03-05", "2024-03-06", "2024-06-05", "2024-06-06")}
    assert list(found.values()) == ["bad_debt", "recovering", "recovering", "at_risk"]


def test_what_is_left_of_a_write_off_taken_back_in_part_decides() -> None:
    for back, status in ((49_999, "bad_debt"), (50_000, "recovering")):
        postings = [posting("2024-03-05", 100_000, "write_off"), posting("2024-04-06", -back, "reversal")]
        ledger = ledger_of(documents=[invoice()], applications=postings)
        assert label(ledger, "2024-04-06")["status"] == status


def test_taking_back_an_old_write_off_leaves_a_later_one_alone() -> None:
    later = [posting("2025-02-05", 60_000, "write_off", "I2"), posting("2025-03-01", -60_000, "reversal", "I1")]
    postings = [posting("2024-01-31", 60_000, "write_off", "I1"), *later]
    ledger = ledger_of(documents=[invoice(60_000), invoice(60_000, "I2")], applications=postings)
    assert label(ledger, "2025-03-02")["status"] == "bad_debt"


def test_an_insolvency_outlasts_a_write_off_taken_back() -> None:
    postings = [posting("2024-03-05", 100_000, "write_off"), posting("2024-04-06", -100_000, "reversal")]
    insolvent = [{"customer_id": "A", "date": "2024-03-20", "kind": "insolvency"}]
    ledger = ledger_of(documents=[invoice()], applications=postings, credit_events=insolvent)
    assert label(ledger, "2024-04-10")["status"] == "bad_debt"


def test_a_write_off_abroad_taken_back_at_another_rate_is_taken_back_whole() -> None:
    postings = [posting("2024-03-05", 1_000_000, "write_off"), posting("2024-04-06", -1_000_000, "reversal")]
    rates = [{"currency": "USD", "date": day, "rate": rate} for day, rate in (("2024-01-01", 1.0), ("2024-04-01", 0.5))]
    ledger = ledger_of(documents=[invoice(1_000_000, currency="USD")], applications=postings, rates=rates)
    assert label(ledger, "2024-04-06")["status"] == "recovering"


def test_waived_late_fees_are_no_write_offs_by_default() -> None:
    fees = [invoice(12_000, f"F{n}", kind="late_fee") for n in range(6)]
    waived = [posting(f"2024-0{2 + n}-20", 12_000, "write_off", f"F{n}") for n in range(6)]
    ledger = ledger_of(
        documents=[invoice(), *fees],
        receipts=payment("2024-01-31")["receipts"],
        applications=[*payment("2024-01-31")["applications"], *waived],
    )
    assert bad_debt_on(ledger) is None
    assert bad_debt_on(ledger, count_late_fees=True) == date(2024, 6, 20)


def test_an_unpaid_fee_note_makes_nobody_overdue_by_default() -> None:
    """A fee of 1,200 that stays unpaid for a year, beside goods that were paid."""
    paid = payment("2024-01-31")
    ledger = ledger_of(documents=[invoice(), invoice(120_000, "F", kind="late_fee")], **paid)

    def found(**settings: Any) -> set[str]:
        history = event_history(ledger, settings=LabelSettings(**settings), output="polars")
        return set(history["target"].to_list())

    assert found() == set()
    assert found(count_late_fees=True) == {"default", "late30"}


@pytest.mark.parametrize("call", [build_labels, event_history])
def test_another_output_is_refused(call: Any) -> None:
    given = {"dates": ["2024-01-31"]} if call is build_labels else {}
    with pytest.raises(ParameterError, match="output"):
        call(ledger_of(documents=[invoice()]), output="arrow", **given)


def test_many_placements_and_payments_of_one_customer_are_judged_quickly() -> None:
    """As many rows as placements times payments would be 4 million; memory and time follow their sum."""
    days = [(date(2023, 1, 1) + timedelta(days=n % 700)).isoformat() for n in range(2_000)]
    placed = [{"customer_id": "A", "date": day, "kind": "placement"} for day in sorted(set(days))]
    documents = [invoice(1_000, f"I{n}", due_date="2022-12-31", document_date="2022-12-01") for n in range(2_000)]
    paid = [posting(day, 1_000, "payment", f"I{n}") for n, day in enumerate(days)]
    ledger = ledger_of(
        documents=documents, applications=paid, credit_events=placed, covers_from="2022-01-01", covers_to="2025-12-31"
    )
    book = open_book(ledger)
    widest = []
    with pytest.MonkeyPatch.context() as patch:
        join = pl.DataFrame.join
        patch.setattr(pl.DataFrame, "join", lambda *a, **k: widest.append((made := join(*a, **k)).height) or made)
        losses = losses_of(book, LabelSettings(), invoices=Spans.union(), last_day=20_000)
    assert losses.waits.height > 600
    assert max(widest, default=0) <= 10_000
