"""Deductions, disputes, re-dating, credit events, limits, peaks and terms, on ledgers worked out by hand.

Unless a test says otherwise the as-of date is 30 June 2024, so the 12 months are 1 July 2023 to 30 June 2024.
"""

from __future__ import annotations

from typing import Any

import pytest
from features.test_formulas import invoice, ledger, paid, row
from small_ledgers import Rows, ledger_of

from credrisk.errors import DataError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger


def applied(kind: str, number: int, amount: int, on: str) -> dict[str, Any]:
    """Return an application of a kind to document ``number`` that comes from no receipt."""
    return {"to_document_id": f"d{number}", "kind": kind, "amount": amount, "applied_on": on}


def granted(value: str | None, since: str, recorded: str | None = None, attribute: str = "credit_limit") -> Any:
    dates = {"valid_from": since, "recorded_at": recorded or since}
    return {"customer_id": "a", "attribute": attribute, "value": value, **dates}


def two_invoices() -> Rows:
    """Return 100 due on 31 March and 300 due on 1 May 2024: 400 invoiced."""
    return [invoice(1, "2024-03-01", "2024-03-31", 10_000), invoice(2, "2024-04-01", "2024-05-01", 30_000)]


def test_what_is_taken_off_and_given_up_against_what_was_invoiced() -> None:
    """Against 400 invoiced: 30 + 10 - 10 deducted, 6 + 2 discount of which 2 late, 20 written off, 12 credited."""
    documents = [
        *two_invoices(),
        invoice(0, "2023-05-01", "2023-06-01", 50_000),
        invoice(3, "2024-05-15", "2024-05-15", -1_200),
    ]
    applications = [
        applied("deduction", 1, 3_000, "2024-04-10"),
        applied("deduction", 2, 1_000, "2024-05-20"),
        applied("deduction", 2, -1_000, "2024-06-01"),
        # On the due date a discount is still earned, the day after no more.
        applied("discount", 2, 600, "2024-05-01"),
        applied("discount", 1, 200, "2024-04-01"),
        applied("reversal", 1, -200, "2024-04-20"),
        applied("write_off", 1, 2_000, "2024-06-30"),
        # The day before the window.
        applied("write_off", 0, 7_000, "2023-06-30"),
    ]
    books = ledger(documents, ([], applications))
    found = row(books)
    assert found["invoiced_12m"] == 400.0
    assert found["deductions_12m"] == 2
    assert found["deduction_rate_12m"] == 30 / 400
    assert found["discount_rate_12m"] == 8 / 400
    assert found["unearned_discount_share_12m"] == 2 / 8
    assert found["write_off_rate_12m"] == 20 / 400
    assert found["dilution_12m"] == (12 + 30 + 8) / 400
    # A day earlier the window holds the old write-off and not the new one.
    assert row(books, "2024-06-29")["write_off_rate_12m"] == 70 / 400
    # A ledger without the table does not say that nothing was deducted; one with an empty table does.
    assert row(ledger_of(documents=two_invoices()))["deductions_12m"] is None
    assert row(ledger(two_invoices()))["deductions_12m"] == 0


def test_disputes_opened_resolved_and_open() -> None:
    """Of 100 disputed whole 30 are left, for 30 days; 50 of the 300 are disputed, for 10 days."""

    def dispute(name: str, number: int, opened: str, amount: int | None, *ended: str | None) -> dict[str, Any]:
        resolved, outcome = ended or (None, None)
        opening = {"dispute_id": name, "document_id": f"d{number}", "opened_on": opened, "amount": amount}
        return opening | {"resolved_on": resolved, "outcome": outcome}

    disputes = [
        dispute("q0", 0, "2023-05-10", None, "2023-07-10", None),  # 61 days, without an outcome
        dispute("q1", 1, "2024-04-01", 4_000, "2024-04-21", "valid"),  # 20 days
        dispute("q2", 1, "2024-05-31", None),  # the same item again
        dispute("q3", 2, "2024-05-01", 6_000, "2024-05-31", "invalid"),  # 30 days
        dispute("q4", 2, "2024-06-20", 5_000, "2024-07-05", "invalid"),  # again; its end is not known yet
    ]
    old = invoice(0, "2023-05-01", "2023-06-01", 1_000)
    books = ledger([*two_invoices(), old], paid(1, "2024-06-10", 7_000), disputes=disputes)
    found = row(books)
    assert (found["disputes_12m"], found["repeat_disputes_12m"]) == (4, 2)
    assert found["dispute_rate_12m"] == (40 + 100 + 60 + 50) / 400
    assert found["disputed_open"] == 30.0 + 50.0
    assert found["oldest_dispute_days"] == 30
    assert found["open_dispute_days"] == (30 * 30 + 50 * 10) / 80
    assert found["valid_dispute_share_12m"] == 1 / 2
    assert found["dispute_resolution_days_12m"] == (61 + 20 + 30) / 3
    later = row(books, "2024-07-05")
    assert later["valid_dispute_share_12m"] == pytest.approx(1 / 3)
    assert later["dispute_resolution_days_12m"] == (61 + 20 + 30 + 15) / 4
    assert (later["disputed_open"], later["open_dispute_days"]) == (30.0, 35.0)


def test_due_dates_moved_and_invoices_billed_anew() -> None:
    """100 were moved by 30 days and 300 by 10: 15 days on average; all that was invoiced was moved."""

    def change(number: int, value: str | None, on: str, field: str = "due_date", **more: Any) -> dict[str, Any]:
        return {"document_id": f"d{number}", "field": field, "value": value, "changed_on": on, **more}

    changes = [
        change(1, "2024-04-30", "2024-03-20"),
        change(2, "2024-05-11", "2024-04-20"),
        change(2, "2024-04-25", "2024-04-21"),  # earlier than the original due date
        change(2, "soon", "2024-04-22"),
        change(1, "2024-08-31", "2024-06-20", recorded_at="2024-07-02"),
        change(1, "d9", "2024-06-01", "rebilled_as"),
        change(2, " ", "2024-06-01", "rebilled_as"),
    ]
    books = ledger(two_invoices(), document_changes=changes)
    found = row(books)
    assert (found["postponements_12m"], found["rebilled_12m"]) == (2, 1)
    assert found["postponed_rate_12m"] == 1.0
    assert found["postponed_days_12m"] == (100 * 30 + 300 * 10) / 400
    # Its age counts from the original due date: 31 March to 30 June.
    assert found["oldest_open_days"] == 91
    # 31 March to 31 August are 153 days.
    later = row(books, "2024-07-02")
    assert (later["postponements_12m"], later["postponed_rate_12m"]) == (3, 500 / 400)
    assert later["postponed_days_12m"] == (100 * 30 + 300 * 10 + 100 * 153) / 500


def test_credit_events_count_in_the_window_from_the_day_they_are_known() -> None:
    events = [
        {"customer_id": "a", "kind": kind, "date": day, "recorded_at": known}
        for kind, day, known in [
            ("placement", "2023-06-30", "2023-06-30"),  # the day before the window
            ("legal_action", "2023-07-01", "2023-07-01"),  # its first day
            ("placement", "2024-02-01", "2024-02-01"),  # 150 days before 30 June
            ("legal_action", "2024-06-20", "2024-07-05"),
            ("recovery", "2024-06-25", "2024-06-25"),
        ]
    ]
    books = ledger(two_invoices(), credit_events=events)
    found = {end: row(books, end) for end in ("2024-06-29", "2024-06-30", "2024-07-05")}
    assert [each["placements_12m"] for each in found.values()] == [2, 1, 1]
    assert [each["legal_actions_12m"] for each in found.values()] == [1, 1, 1]
    assert [each["days_since_credit_event"] for each in found.values()] == [149, 150, 15]
    recovered = row(ledger(two_invoices(), credit_events=events[-1:]))
    assert (recovered["placements_12m"], recovered["days_since_credit_event"]) == (0, None)


def test_a_limit_is_raised_cut_ended_and_granted_anew() -> None:
    """1000, 1500, 800 known on 10 April, none, 900: one rise, a cut and an end; the first and the last are neither."""
    limits = [
        granted("1000", "2023-07-01"),
        granted("1500", "2024-01-15"),
        granted("800", "2024-03-01", "2024-04-10"),
        granted("800", "2024-04-20"),  # nothing changes
        granted(None, "2024-05-01"),
        granted("900", "2024-06-10"),
    ]
    books = ledger(two_invoices(), customer_history=limits)
    names = ("limit_raises_12m", "limit_cuts_12m", "days_since_limit_change")
    found = {end: tuple(row(books, end)[name] for name in names) for end in ("2024-03-31", "2024-04-30", "2024-06-30")}
    assert found == {"2024-03-31": (1, 0, 76), "2024-04-30": (1, 1, 20), "2024-06-30": (1, 2, 20)}


def high_in_february() -> Ledger:
    """Return a balance of 60 from 1 February, 130 from the 20th, 70 from 1 March, 0 from the 11th and 39 in June.

    The limit is 100 from 25 February and 65 from 8 March. 2024 is a leap year.
    """
    documents = [
        invoice(1, "2024-02-01", "2024-03-01", 6_000),
        invoice(2, "2024-02-20", "2024-03-20", 7_000),
        invoice(3, "2024-06-01", "2024-07-01", 3_900),
    ]
    limits = [granted("100", "2024-02-25"), granted("65", "2024-03-08")]
    return ledger(documents, paid(1, "2024-03-01", 6_000), paid(2, "2024-03-11", 7_000), customer_history=limits)


@pytest.mark.parametrize(
    ("as_of", "peak", "now", "used", "over"),
    [
        ("2024-02-19", 60.0, 60.0, None, None),
        ("2024-02-24", 130.0, 130.0, None, None),
        ("2024-02-25", 130.0, 130.0, 130 / 100, 1),
        # 25 to 29 February above 100.
        ("2024-03-07", 130.0, 70.0, 130 / 100, 5),
        # And 8 to 10 March above 65.
        ("2024-06-30", 130.0, 39.0, 130 / 100, 8),
        # The window begins on 28 February.
        ("2025-02-27", 130.0, 39.0, 130 / 100, 5),
        # It begins on 2 March: of what was above, 8 to 10 March are left.
        ("2025-03-01", 70.0, 39.0, 70 / 65, 3),
        ("2025-03-11", 39.0, 39.0, 39 / 65, 0),
    ],
)
def test_the_highest_balance_of_the_year(
    as_of: str, peak: float, now: float, used: float | None, over: int | None
) -> None:
    found = row(high_in_february(), as_of)
    assert (found["peak_balance_12m"], found["balance_to_peak_12m"]) == (peak, now / peak)
    assert (found["peak_utilisation_12m"], found["over_limit_days_12m"]) == (used, over)


def test_peaks_between_month_ends_are_the_same_whichever_period_ends_are_asked_for() -> None:
    names = ["peak_balance_12m", "over_limit_days_12m"]
    panel = build_panel(high_in_february(), features=names, output="polars")
    for as_of, *values in panel.select("as_of", *names).iter_rows():
        alone = build_panel(high_in_february(), as_of=as_of, features=names, output="polars")
        assert list(alone.select(names).row(0)) == values


def test_what_is_recorded_later_does_not_rewrite_a_day() -> None:
    """50 were paid on 15 January, known on 1 February; the limit of 40 was known from 20 January: 12 days above."""
    receipts, applications = paid(1, "2024-01-15", 5_000)
    known = [row | {"recorded_at": "2024-02-01"} for row in receipts]
    cleared = [row | {"recorded_at": "2024-02-01"} for row in applications]
    limits = [granted("40", "2024-01-01", "2024-01-20")]
    books = ledger([invoice(1, "2024-01-10", "2024-02-10", 5_000)], (known, cleared), customer_history=limits)
    found = row(books)
    assert (found["peak_balance_12m"], found["over_limit_days_12m"]) == (50.0, 12)
    assert found["peak_utilisation_12m"] == 50 / 40
    assert found["balance_to_peak_12m"] == 0.0


def in_dollars(first_rate: str) -> Ledger:
    """Return 10 dollars open from 1 March and paid on 1 April, at 0.5 from a day and 0.8 from 20 March."""
    rates = [{"currency": "USD", "date": day, "rate": rate} for day, rate in ((first_rate, 0.5), ("2024-03-20", 0.8))]
    cash = [applied("offset", 1, 1_000, "2024-04-01")]
    return ledger([invoice(1, "2024-03-01", "2024-04-01", 1_000, currency="USD")], ([], cash), rates=rates)


def test_a_peak_needs_a_rate_only_for_days_with_a_balance() -> None:
    assert row(in_dollars("2024-03-01"))["peak_balance_12m"] == 8.0
    with pytest.raises(DataError, match="no rate of USD") as caught:
        build_panel(in_dollars("2024-03-03"), as_of="2024-06-30", features=["peak_balance_12m"])
    assert "USD 2024-03-02" in str(caught.value)
    assert "USD 2024-02-29" not in str(caught.value)


def test_terms_agreed_and_terms_of_the_invoices() -> None:
    """Agreed: 60 days against 30 a year ago; billed: 100 at 60 days of late, 300 at 20 before, so 30 in all."""
    terms = [
        granted("30", "2023-01-05", attribute="terms_days"),
        granted("45", "2023-06-01", "2023-08-01", attribute="terms_days"),  # not yet known on 30 June 2023
        granted("60", "2024-02-01", attribute="terms_days"),
    ]
    documents = [invoice(1, "2024-04-15", "2024-06-14", 10_000), invoice(2, "2023-09-01", "2023-09-21", 30_000)]
    found = row(ledger(documents, customer_history=terms))
    assert (found["terms_days"], found["terms_change_12m"]) == (60.0, 30.0)
    assert found["invoice_terms_trend"] == 60 - (100 * 60 + 300 * 20) / 400
    # Without terms agreed a year ago there is no change; without any, the terms are those of the invoices.
    assert row(ledger(documents, customer_history=terms[2:]))["terms_change_12m"] is None
    assert row(ledger(documents))["terms_days"] == 30.0
    # 1 September 2023 to 30 June 2024 are 303 days.
    assert found["tenure_months"] == 303 / 30.4375
