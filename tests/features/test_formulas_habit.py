"""Changes of habit, collection, the rhythm of invoices and orders, on ledgers small enough to work out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from math import sqrt
from typing import Any

import pytest
from features.test_formulas import invoice, ledger, paid, row
from small_ledgers import Rows, ledger_of

from credrisk.errors import DataError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger


def payer(*payments: tuple[str, int, int]) -> Ledger:
    """Return a customer that paid (day, minor units, days late), each an invoice of 30 days before it was due."""
    documents, found = [], []
    for number, (day, amount, late) in enumerate(payments):
        due = date.fromisoformat(day) - timedelta(late)
        documents.append(invoice(number, (due - timedelta(30)).isoformat(), due.isoformat(), amount))
        found.append(paid(number, day, amount))
    return ledger(documents, *found, customers=[{"customer_id": "a"}])


def test_collection_effectiveness_of_the_textbook() -> None:
    """100 open before the window, 1,000 sold in it, 120 open at its end of which 100 are not due: 980 / 1,000."""
    documents = [
        invoice(1, "2024-03-10", "2024-04-10", 10_000),
        invoice(2, "2024-04-10", "2024-05-10", 90_000),
        invoice(3, "2024-06-10", "2024-07-10", 10_000),
    ]
    found = row(ledger(documents, paid(1, "2024-04-20", 10_000), paid(2, "2024-06-20", 88_000)))
    assert (found["open_balance"], found["not_due"]) == (120.0, 100.0)
    assert found["collection_effectiveness_3m"] == pytest.approx(0.98)
    assert found["collection_effectiveness_12m"] == pytest.approx(0.98)


def test_what_was_open_before_is_what_the_ledger_showed_then_at_todays_rates() -> None:
    documents = [
        invoice(1, "2024-03-10", "2024-04-10", 10_000, currency="USD"),
        invoice(2, "2024-03-10", "2024-04-10", 50_000, recorded_at="2024-04-01"),
    ]
    rates = [
        {"currency": "USD", "date": "2024-01-01", "rate": 0.5},
        {"currency": "USD", "date": "2024-06-15", "rate": 0.8},
    ]
    receipts, applications = paid(1, "2024-05-20", 4_000)
    receipts[0]["currency"] = "USD"
    found = row(ledger(documents, (receipts, applications), rates=rates))
    # 80 before, 500 more came in; 48 and 500 at the end, all past due: (580 - 548) / (580 - 548 + 548).
    assert found["collection_effectiveness_3m"] == pytest.approx(32 / 580)


def test_the_past_due_part_is_compared_with_that_of_three_months_ago() -> None:
    """Then 25 of 100 were past due, now 75 of 150 are."""
    documents = [
        invoice(1, "2024-02-10", "2024-03-30", 2_500),
        invoice(2, "2024-02-10", "2024-03-31", 7_500),
        invoice(3, "2024-06-10", "2024-07-10", 7_500),
    ]
    found = row(ledger(documents, paid(1, "2024-05-20", 2_500)))
    assert found["share_past_due"] == 0.5
    assert found["share_past_due_change_3m"] == pytest.approx(0.25)


def test_dso_of_longer_windows() -> None:
    """150 open of which 60 not due; 300 invoiced in 182 days, 600 in 366: 91, 91.5 = 36.6 + 54.9 days."""
    documents = [
        invoice(1, "2024-06-10", "2024-07-10", 6_000),
        invoice(2, "2024-02-01", "2024-02-29", 24_000),
        invoice(3, "2023-08-01", "2023-08-31", 30_000),
    ]
    found = row(ledger(documents, paid(2, "2024-06-20", 15_000), paid(3, "2023-09-20", 30_000)))
    assert found["dso_6m"] == pytest.approx(91.0)
    assert found["dso_12m"] == pytest.approx(91.5)
    assert found["best_possible_dso_12m"] == pytest.approx(36.6)
    assert found["average_days_delinquent_12m"] == pytest.approx(54.9)


def test_open_credits_shorten_dso_but_no_lateness() -> None:
    """150 open of which 60 not due, less 120 of credit notes; 300 invoiced in 91 days: 9.1 = 18.2 + 27.3 - 36.4."""
    documents = [
        invoice(1, "2024-06-10", "2024-07-10", 6_000),
        invoice(2, "2024-05-01", "2024-05-31", 24_000),
        invoice(3, "2024-06-10", "2024-06-10", -12_000, kind="credit_note"),
    ]
    found = row(ledger(documents, paid(2, "2024-06-20", 15_000)))
    assert found["open_balance"] == 30.0
    assert (found["dso_3m"], found["best_possible_dso_3m"]) == (pytest.approx(9.1), pytest.approx(18.2))
    assert found["average_days_delinquent_3m"] == pytest.approx(27.3)


def test_dso_is_compared_with_that_of_a_year_ago() -> None:
    """A year ago 60 of 120 sold in 91 days were open: 45.5 days. Now 200 of 200: 91 days."""
    documents = [invoice(1, "2023-05-10", "2023-06-10", 12_000), invoice(2, "2024-05-10", "2024-06-10", 20_000)]
    books = ledger(documents, paid(1, "2023-06-10", 6_000), paid(1, "2023-07-01", 6_000))
    found = row(books)
    assert (found["dso_3m"], found["dso_change_12m"]) == (pytest.approx(91.0), pytest.approx(45.5))
    assert found["invoiced_against_last_year"] == pytest.approx(200 / 120)
    assert row(books, "2024-03-30")["dso_change_12m"] is None


def test_a_change_of_days_beyond_terms_shares_no_payment_with_its_past() -> None:
    """Before: 100 at 0 and 100 at 10 days (mean 5, deviation 5); now 50 at 20 and 150 at 40 (mean 35)."""
    books = payer(
        ("2023-04-01", 10_000, 0), ("2024-03-31", 10_000, 10), ("2024-04-01", 5_000, 20), ("2024-06-30", 15_000, 40)
    )
    found = row(books)
    assert (found["dbt_change_3m"], found["dbt_change_in_sd_3m"]) == (30.0, 6.0)


def test_the_scatter_is_at_least_a_day() -> None:
    found = row(payer(("2023-06-01", 10_000, 3), ("2024-01-10", 10_000, 3), ("2024-05-01", 10_000, 5)))
    assert (found["dbt_change_3m"], found["dbt_change_in_sd_3m"]) == (2.0, 2.0)


def test_the_strongest_change_is_found_with_its_sign() -> None:
    """300 at 0 days until 7 months ago, 100 at 20 since: the split at 6 months is clean, so of strength 1."""
    books = payer(("2024-01-10", 20_000, 0), ("2024-11-20", 10_000, 0), ("2025-02-01", 10_000, 20))
    assert row(books, "2025-06-30")["change_point_24m"] == pytest.approx(1.0)
    sooner = payer(("2024-01-10", 20_000, 20), ("2024-11-20", 10_000, 20), ("2025-02-01", 10_000, 0))
    assert row(sooner, "2025-06-30")["change_point_24m"] == pytest.approx(-1.0)
    # 0, 20, 0 days, 100 each: up at 6 months by 10 (w = 2/3), down at 3 by 10 (w = 1/3): equal, the rise is taken.
    bump = payer(("2024-01-10", 10_000, 0), ("2025-02-01", 10_000, 20), ("2025-05-01", 10_000, 0))
    deviation = sqrt(800 / 9)
    assert row(bump, "2025-06-30")["change_point_24m"] == pytest.approx(sqrt(2 / 9) * 10 / deviation)


def test_a_change_within_a_day_of_scatter_is_weak_and_payments_on_one_side_show_none() -> None:
    books = payer(("2024-01-10", 10_000, 0), ("2025-05-01", 10_000, 1))
    assert row(books, "2025-06-30")["change_point_24m"] == pytest.approx(0.5)
    assert row(payer(("2024-01-10", 10_000, 0)), "2025-06-30")["change_point_24m"] is None
    assert row(books, "2024-11-30")["change_point_24m"] is None  # 24 months are not covered


def test_the_slope_over_the_quarters_is_weighted_with_the_money() -> None:
    """0, 2, 4, 6 days in the four quarters: 2 days a quarter; money off the line pulls by its weight."""
    days = ("2023-08-01", "2023-11-01", "2024-02-01", "2024-05-01")
    even = [(day, 10_000, 2 * number) for number, day in enumerate(days)]
    assert row(payer(*even))["dbt_slope_12m"] == pytest.approx(2.0)
    # Quarters 0 and 1 only, 0 and 10 days: whatever the money, the line passes through both.
    assert row(payer((days[0], 10_000, 0), (days[1], 90_000, 10)))["dbt_slope_12m"] == pytest.approx(10.0)
    # 100 at (0, 0), 100 at (1, 3), 200 at (3, 0): means 7/4 and 3/4, slope -(9/4) / (27/4) = -1/3.
    bent = payer((days[0], 10_000, 0), (days[1], 10_000, 3), (days[3], 20_000, 0))
    assert row(bent)["dbt_slope_12m"] == pytest.approx(-1 / 3)
    assert row(payer((days[0], 10_000, 0), (days[0], 10_000, 9)))["dbt_slope_12m"] is None


def test_growth_while_paying_later() -> None:
    """Sales 300 against 200 a year ago, paid 12 days later than before: 0.5 x 12."""
    documents = [
        invoice(1, "2023-05-01", "2023-05-31", 20_000),
        invoice(2, "2024-04-01", "2024-05-01", 30_000),
    ]
    payments = [paid(1, "2023-06-04", 20_000), paid(2, "2024-05-17", 30_000)]
    found = row(ledger(documents, *payments))
    assert found["dbt_change_3m"] == 12.0
    assert found["growth_into_lateness"] == pytest.approx(6.0)
    sooner = row(ledger(documents, payments[0], paid(2, "2024-04-02", 30_000)))
    assert sooner["growth_into_lateness"] == 0.0


def test_growth_while_more_falls_past_due() -> None:
    """Sales 100 against 40 a year ago; of what is open 20 of 100 were past due, now 50 of 100 are: 1.5 x 0.3."""
    documents = [
        invoice(1, "2023-05-01", "2023-05-31", 4_000),
        invoice(2, "2024-02-10", "2024-03-10", 2_000),
        invoice(3, "2024-03-10", "2024-04-10", 8_000),
        invoice(4, "2024-05-20", "2024-06-20", 5_000),
        invoice(5, "2024-06-20", "2024-07-20", 5_000),
    ]
    payments = [paid(1, "2023-06-04", 4_000), paid(2, "2024-04-17", 2_000), paid(3, "2024-04-17", 8_000)]
    found = row(ledger(documents, *payments))
    assert found["share_past_due_change_3m"] == pytest.approx(0.3)
    assert found["growth_into_past_due"] == pytest.approx(0.45)


def test_the_rhythm_of_invoices() -> None:
    """Invoiced on 1 January, 31 January (twice) and 21 March: gaps of 30 and 50 days; 80 days are 2 usual gaps."""
    documents = [
        invoice(1, "2024-01-01", "2024-02-01", 10_000),
        invoice(2, "2024-01-31", "2024-03-01", 10_000),
        invoice(3, "2024-01-31", "2024-03-01", 20_000, kind="debit_note"),
        invoice(4, "2024-03-21", "2024-04-21", 40_000),
        invoice(5, "2024-04-01", "2024-04-21", -40_000),
    ]
    found = row(ledger(documents), "2024-06-09")
    assert (found["invoice_gap_12m"], found["silence_to_gap_12m"]) == (40.0, 2.0)
    # Months end on the 9th: 10 January, 10 February and 10 March begin the months of the invoices but the first.
    assert found["silent_months_12m"] == 9
    assert found["invoicing_concentration_12m"] == pytest.approx((1 + 9 + 16) / 64)
    assert found["largest_invoice_share_12m"] == 0.5
    assert row(ledger(documents[:1]), "2024-06-09")["invoice_gap_12m"] is None


def test_a_day_of_invoicing_counts_from_the_first_invoice_seen() -> None:
    documents = [
        invoice(1, "2024-01-10", "2024-02-01", 10_000),
        invoice(2, "2024-02-19", "2024-03-01", 10_000, recorded_at="2024-05-05"),
        invoice(3, "2024-02-19", "2024-03-01", 10_000, recorded_at="2024-03-05"),
    ]
    books = ledger(documents)
    assert row(books, "2024-02-29")["invoice_gap_12m"] is None
    assert row(books, "2024-03-31")["invoice_gap_12m"] == 40.0


def order(number: int, dated: str, amount: int, **more: Any) -> dict[str, Any]:
    return {"order_id": f"o{number}", "customer_id": "a", "order_date": dated, "amount": amount} | more


def with_orders(*orders: dict[str, Any], **tables: Rows) -> Ledger:
    return ledger_of(customers=[{"customer_id": "a"}], orders=list(orders), **tables)


def test_an_order_is_open_from_its_date_until_the_day_it_is_closed() -> None:
    books = with_orders(
        order(1, "2024-05-31", 10_000, closed_on="2024-06-30"),
        order(2, "2024-04-10", 5_000, requested_delivery="2024-05-31", open_amount=1_000),
    )
    ends = ("2024-04-30", "2024-05-31", "2024-06-29", "2024-06-30")
    assert [row(books, end)["open_orders"] for end in ends] == [50.0, 150.0, 150.0, 50.0]
    assert [row(books, end)["late_delivery_share"] for end in ends] == [0.0, 0.0, pytest.approx(1 / 3), 1.0]
    assert [row(books, end)["days_since_last_order"] for end in ends] == [20, 0, 29, 30]


def test_orders_against_a_year_ago_the_invoices_and_the_limit() -> None:
    limit = {"customer_id": "a", "attribute": "credit_limit", "value": "1000", "valid_from": "2024-01-01"}
    books = with_orders(
        order(1, "2023-04-01", 20_000, closed_on="2023-05-01"),
        order(2, "2024-04-01", 30_000),
        order(3, "2024-03-31", 40_000),
        documents=[invoice(1, "2024-05-10", "2024-06-10", 50_000)],
        customer_history=[limit],
    )
    found = row(books)
    assert (found["ordered_3m"], found["ordered_against_last_year"]) == (300.0, 1.5)
    assert found["book_to_bill_3m"] == pytest.approx(0.6)
    assert (found["open_orders_to_limit"], found["utilisation_with_orders"]) == (pytest.approx(0.7), pytest.approx(1.2))


def test_open_orders_are_translated_at_the_period_end_and_orders_placed_on_their_day() -> None:
    rates = [
        {"currency": "USD", "date": "2024-05-01", "rate": 0.5},
        {"currency": "USD", "date": "2024-06-15", "rate": 0.8},
    ]
    foreign = order(1, "2024-05-10", 10_000, currency="USD")
    found = row(with_orders(foreign, order(2, "2024-05-10", 1_000), rates=rates))
    assert (found["ordered_3m"], found["open_orders"]) == (60.0, 90.0)
    late = with_orders(foreign, rates=rates[1:])
    with pytest.raises(DataError, match=r"no rate of USD in EUR .*USD 2024-05-31"):
        build_panel(late, as_of="2024-05-31", features=["open_orders"])


def test_a_customer_that_only_orders_is_in_the_panel() -> None:
    books = ledger(
        [invoice(1, "2024-05-10", "2024-06-10", 50_000)], orders=[order(1, "2024-06-01", 700) | {"customer_id": "b"}]
    )
    panel = build_panel(books, as_of="2024-06-30", features=["open_orders", "open_balance"], output="polars")
    assert panel.select("customer_id", "open_balance", "open_orders").rows() == [("a", 500.0, 0.0), ("b", 0.0, 7.0)]
