"""Published figures and boundaries, on ledgers small enough to work out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from small_ledgers import Rows, ledger_of

from credrisk.errors import CredriskError, DataError, ParameterError
from credrisk.features import Calendar, build_panel
from credrisk.features.dso import countback
from credrisk.ledger.ledger import Ledger


def row(ledger: Ledger, as_of: str = "2024-06-30") -> dict[str, Any]:
    """Return the features of customer a."""
    return build_panel(ledger, as_of=as_of, output="polars").filter(customer_id="a").row(0, named=True)


def invoice(number: int, dated: str, due: str, amount: int, **more: Any) -> dict[str, Any]:
    document = {"document_id": f"d{number}", "customer_id": "a", "document_date": dated, "due_date": due}
    return document | {"amount": amount} | more


def paid(number: int, on: str, amount: int, applied: str | None = None, **more: Any) -> tuple[Rows, Rows]:
    """Return a receipt and its application to document ``number``."""
    receipt = {"receipt_id": f"r{number}-{on}", "customer_id": "a", "date": on, "amount": amount}
    application = {"from_id": receipt["receipt_id"], "to_document_id": f"d{number}", "amount": amount}
    return [receipt], [application | {"applied_on": applied or on} | more]


def ledger(documents: Rows, *payments: tuple[Rows, Rows], **tables: Rows) -> Ledger:
    receipts = [receipt for receipts, _ in payments for receipt in receipts]
    applications = [application for _, applications in payments for application in applications]
    return ledger_of(documents=documents, receipts=receipts, applications=applications, **tables)


def test_countback_of_the_textbook() -> None:
    """Balance 212, sales 100, 80, 70 in months of 30 days: 60 + 32 / 70 x 30 = 73.7 days."""
    days = countback(np.array(212.0), np.array([100.0, 80.0, 70.0]), np.array([30.0, 30.0, 30.0]))
    assert days == pytest.approx(73.7, abs=0.05)
    assert days == 60 + 32 / 70 * 30


@pytest.mark.parametrize(("balance", "days"), [(0, 0), (50, 15), (100, 30), (101, 60 + 1 / 70 * 30), (200, 90)])
def test_countback_counts_months_without_sales_and_stops_when_sales_run_out(balance: float, days: float) -> None:
    found = countback(np.array(float(balance)), np.array([100.0, 0.0, 70.0]), np.array([30.0, 30.0, 30.0]))
    assert found == pytest.approx(days)


@pytest.mark.parametrize(("balance", "days"), [(90.0, 27.0), (100.0, 30.0), (110.0, np.nan)])
def test_countback_is_null_where_the_balance_reaches_into_a_month_not_covered(balance: float, days: float) -> None:
    found = countback(np.array(balance), np.array([100.0, np.nan, np.nan]), np.full(3, 30.0))
    assert found == pytest.approx(days, nan_ok=True)


def test_countback_in_the_panel_counts_calendar_months() -> None:
    """June has 30 days, May 31, April 30: 212 open, sales 100, 80, 70."""
    sales = [
        invoice(1, "2024-06-10", "2024-07-10", 10_000),
        invoice(2, "2024-05-10", "2024-06-10", 8_000),
        invoice(3, "2024-04-10", "2024-05-10", 7_000),
    ]
    found = row(ledger(sales, paid(3, "2024-06-01", 3_800)))
    assert found["open_balance"] == 212.0
    assert found["dso_countback"] == pytest.approx(30 + 31 + 32 / 70 * 30)


def test_true_dso_weighs_each_open_item_by_its_age_and_its_part_of_the_sales_of_its_month() -> None:
    """June: 60 of 100 sold, 20 days old: 12. April: 20 of 80, 81 days: 20.25. What was sold in May is paid."""
    sales = [
        invoice(1, "2024-06-10", "2024-07-10", 6_000),
        invoice(2, "2024-06-12", "2024-07-12", 4_000),
        invoice(3, "2024-05-10", "2024-06-10", 7_000),
        invoice(4, "2024-04-10", "2024-05-10", 5_000),
        invoice(5, "2024-04-20", "2024-05-20", 3_000),
        invoice(6, "2023-06-30", "2023-07-30", 9_000),
    ]
    payments = [(2, 4_000), (3, 7_000), (4, 3_000), (5, 3_000)]
    found = row(ledger(sales, *(paid(number, "2024-06-20", amount) for number, amount in payments)))
    assert found["true_dso_12m"] == pytest.approx(20 * 0.6 + 81 * 0.25)


def test_true_dso_of_amounts_whose_product_with_days_passes_what_floats_hold() -> None:
    large = ledger([invoice(1, "2023-12-12", "2024-01-12", 9 * 10**13), invoice(2, "2023-12-14", "2024-01-14", 10**13)])
    assert row(large)["true_dso_12m"] == pytest.approx(201 - 2 * 0.1, rel=1e-15)


def test_true_dso_is_null_where_the_month_of_an_open_item_is_not_covered() -> None:
    opening = ledger([invoice(1, "2022-12-15", "2023-01-15", 6_000), invoice(2, "2023-02-08", "2023-03-08", 1_000)])
    assert row(opening, "2023-02-28")["true_dso_12m"] is None
    assert row(opening, "2024-01-31")["true_dso_12m"] == (date(2024, 1, 31) - date(2023, 2, 8)).days


def test_dso_is_best_possible_dso_plus_average_days_delinquent() -> None:
    """150 open of which 60 not due, 300 invoiced in the 91 days of April to June: 45.5 = 18.2 + 27.3."""
    documents = [
        invoice(1, "2024-06-10", "2024-07-10", 6_000),
        invoice(2, "2024-05-01", "2024-05-31", 24_000),
    ]
    found = row(ledger(documents, paid(2, "2024-06-20", 15_000)))
    assert found["dso_3m"] == pytest.approx(45.5)
    assert found["best_possible_dso_3m"] == pytest.approx(18.2)
    assert found["average_days_delinquent_3m"] == pytest.approx(27.3)


def test_days_beyond_terms_of_a_bureau_example() -> None:
    """(T1 x 15 + T2 x 45 + T3 x 75 + T4 x 105) / total with balances 400, 300, 200, 100 at those very days is 45."""
    documents, payments = [], []
    for number, (amount, late) in enumerate([(400, 15), (300, 45), (200, 75), (100, 105)]):
        due = date.fromordinal(date(2024, 6, 20).toordinal() - late).isoformat()
        documents.append(invoice(number, "2024-02-01", due, amount * 100))
        payments.append(paid(number, "2024-06-20", amount * 100))
    found = row(ledger(documents, *payments))
    assert found["dbt_3m"] == found["dbt_12m"] == 45.0
    assert found["days_late_sd_12m"] == pytest.approx(30.0)
    assert found["share_paid_late_30_12m"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-1, "not_due"),
        (0, "not_due"),
        (1, "past_due_1_30"),
        (30, "past_due_1_30"),
        (31, "past_due_31_60"),
        (60, "past_due_31_60"),
        (61, "past_due_61_90"),
        (90, "past_due_61_90"),
        (91, "past_due_over_90"),
    ],
)
def test_the_boundaries_of_the_buckets(days: int, bucket: str) -> None:
    due = date.fromordinal(date(2024, 6, 30).toordinal() - days).isoformat()
    found = row(ledger([invoice(1, "2024-01-01", due, 10_000)]))
    filled = [name for name in found if name.startswith(("not_due", "past_due_")) and found[name]]
    assert filled == [bucket]
    assert found["oldest_open_days"] == max(0, days)


def test_a_window_begins_the_day_after_the_same_day_months_ago() -> None:
    documents = [invoice(1, "2024-03-31", "2024-04-30", 10_000), invoice(2, "2024-04-01", "2024-04-30", 500)]
    assert row(ledger(documents))["invoiced_3m"] == 5.0


def test_payment_days_end_when_the_cash_arrived_and_count_once_applied() -> None:
    books = ledger([invoice(1, "2024-04-01", "2024-05-01", 10_000)], paid(1, "2024-05-11", 10_000, "2024-06-05"))
    in_may = row(books, "2024-05-31")
    assert in_may["dbt_3m"] is None
    assert (in_may["open_balance"], in_may["unapplied_cash"], in_may["net_balance"]) == (100.0, 100.0, 0.0)
    assert row(books)["dbt_3m"] == 10.0


def test_a_reversal_takes_its_payment_back_from_the_day_it_is_seen() -> None:
    document = invoice(1, "2024-03-01", "2024-03-31", 10_000)
    receipts, applications = paid(1, "2024-04-10", 10_000)
    back = {**applications[0], "amount": -10_000, "applied_on": "2024-06-03", "kind": "reversal"}
    books = ledger([document], (receipts, [*applications, back]))
    assert row(books, "2024-05-31")["dbt_3m"] == 10.0
    after = row(books)
    assert after["dbt_3m"] is None
    assert after["oldest_open_days"] == 91


def test_a_receipt_recorded_after_its_application_does_not_change_the_past() -> None:
    receipts, applications = paid(1, "2024-04-10", 10_000, "2024-05-10")
    receipts[0]["recorded_at"] = "2024-06-10"
    books = ledger([invoice(1, "2024-03-01", "2024-03-31", 10_000)], (receipts, applications))
    assert row(books, "2024-05-31")["dbt_3m"] == row(books)["dbt_3m"] == 40.0


def test_windows_that_reach_before_the_coverage_are_null_and_balances_are_not() -> None:
    books = ledger([invoice(1, "2022-12-01", "2022-12-31", 10_000)], paid(1, "2023-05-10", 4_000))
    panel = build_panel(books, calendar=Calendar.month_ends(date(2022, 12, 1), date(2024, 1, 31)), output="polars")
    first = {name: panel.filter(panel[name].is_not_null())["as_of"].min() for name in panel.columns[2:]}
    assert first["open_balance"] == date(2023, 1, 31)
    assert first["invoiced_3m"] == date(2023, 3, 31)
    assert first["dbt_3m"] == date(2023, 5, 31)
    assert first["invoiced_12m"] == first["dbt_12m"] == date(2023, 12, 31)
    # 60 of 100 are open and nothing was invoiced since: no month within the coverage exhausts them.
    assert first["dso_countback"] == date(2023, 12, 31)


def test_promises_are_judged_the_day_after_they_fall_due() -> None:
    promise = {"promise_id": "p", "customer_id": "a", "document_id": "d1", "made_on": "2024-06-01", "amount": 5_000}
    documents, payment = [invoice(1, "2024-04-01", "2024-05-01", 10_000)], paid(1, "2024-06-20", 5_000, "2024-06-29")
    for due, open_, broken in (("2024-06-30", 0, 0), ("2024-06-20", 0, 0), ("2024-06-19", 0, 1)):
        found = row(ledger(documents, payment, promises=[promise | {"due_on": due}]))
        assert (found["open_promises"], found["broken_promises_12m"]) == (open_, broken), due
    unpaid = row(ledger(documents, promises=[promise | {"due_on": "2024-06-30"}]))
    assert (unpaid["open_promises"], unpaid["promises_12m"]) == (1, 0)
    unseen = row(ledger(documents, payment, promises=[promise | {"due_on": "2024-06-20"}]), "2024-06-28")
    assert unseen["broken_promises_12m"] == 1


def test_balances_are_translated_at_the_period_end_and_flows_on_their_day() -> None:
    books = ledger(
        [invoice(1, "2024-05-10", "2024-06-10", 10_000, currency="USD")],
        rates=[
            {"currency": "USD", "date": "2024-05-01", "rate": 0.5},
            {"currency": "USD", "date": "2024-06-15", "rate": 0.8},
        ],
    )
    found = row(books)
    assert (found["invoiced_3m"], found["open_balance"]) == (50.0, 80.0)


def test_components_are_rounded_half_to_even_and_the_total_is_their_sum() -> None:
    documents = [
        invoice(1, "2024-06-10", "2024-07-10", 1, currency="USD"),
        invoice(2, "2024-05-10", "2024-06-10", 3, currency="USD"),
    ]
    found = row(ledger(documents, rates=[{"currency": "USD", "date": "2024-01-01", "rate": 0.5}]))
    assert (found["not_due"], found["past_due_1_30"], found["open_balance"]) == (0.0, 0.02, 0.02)


def test_a_missing_rate_is_an_error_that_names_currency_and_dates() -> None:
    late = [{"currency": "USD", "date": "2024-06-01", "rate": 0.5}]
    books = ledger([invoice(1, "2024-05-10", "2024-06-10", 10_000, currency="USD")], rates=late)
    with pytest.raises(DataError, match=r"no rate of USD in EUR .*USD 2024-05-10"):
        build_panel(books, as_of="2024-06-30")
    with pytest.raises(DataError, match=r"no rate of USD in EUR .*Rows: 1.*USD 2024-05-31"):
        build_panel(books, as_of="2024-05-31", features=["open_balance"])
    assert row(books, "2024-04-30")["open_balance"] == 0.0


def test_a_rate_that_only_an_uncovered_window_needs_may_be_missing() -> None:
    rates = [{"currency": "USD", "date": "2023-01-01", "rate": 0.5}]
    books = ledger([invoice(1, "2022-12-10", "2023-01-10", 10_000, currency="USD")], rates=rates)
    found = row(books, "2023-02-28")
    assert (found["open_balance"], found["invoiced_3m"]) == (50.0, None)


def test_amounts_that_cannot_be_summed_exactly_are_refused_by_name() -> None:
    huge = [invoice(number, "2024-05-10", "2024-06-10", 2**52) for number in (1, 2)]
    with pytest.raises(CredriskError, match="customer a "):
        build_panel(ledger(huge), as_of="2024-06-30")


def test_products_with_days_stay_right_beyond_exact_floats() -> None:
    documents, payments = [], []
    for number, (amount, due) in enumerate([(2**51 + 1, "2024-05-01"), (2**50 + 3, "2024-04-01"), (7, "2023-07-01")]):
        documents.append(invoice(number, "2023-06-01", due, amount))
        payments.append(paid(number, "2024-06-10", amount))
    amounts, days = [2**51 + 1, 2**50 + 3, 7], [40, 70, 345]
    total = sum(amounts)
    mean = sum(amount * day for amount, day in zip(amounts, days, strict=True)) / total
    found = row(ledger(documents, *payments))
    assert found["dbt_12m"] == pytest.approx(mean, rel=1e-15)
    spread = sum(amount * (day - mean) ** 2 for amount, day in zip(amounts, days, strict=True)) / total
    assert found["days_late_sd_12m"] == pytest.approx(spread**0.5, rel=1e-9)


def test_the_latest_row_in_force_counts_and_an_empty_value_ends_it() -> None:
    def limit(value: str | None, since: str, recorded: str) -> dict[str, Any]:
        change = {"customer_id": "a", "attribute": "credit_limit", "value": value}
        return change | {"valid_from": since, "recorded_at": recorded}

    history = [
        limit("1000", "2024-01-01", "2024-01-01"),
        limit("3000", "2024-03-01", "2024-02-01"),
        limit("2000", "2024-02-01", "2024-04-15"),
        limit(None, "2024-05-15", "2024-05-15"),
    ]
    books = ledger([invoice(1, "2024-01-10", "2024-02-10", 50_000)], customer_history=history)
    found = {end: row(books, end)["credit_limit"] for end in ("2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31")}
    assert list(found.values()) == [1000.0, 3000.0, 3000.0, None]


def test_cover_ends_after_its_last_day_and_the_row_it_replaced_does_not_come_back() -> None:
    cover = [
        {"cover_id": "c", "customer_id": "a", "limit": 40_000, "insured_share": 0.9, "valid_from": "2024-01-01"},
        {"cover_id": "c", "customer_id": "a", "limit": 10_000, "valid_from": "2024-03-01", "valid_to": "2024-04-30"},
    ]
    cover[1] |= {"kind": "guarantee"}
    books = ledger([invoice(1, "2024-01-10", "2024-02-10", 50_000)], cover=cover)
    found = [row(books, end)["covered"] for end in ("2024-02-29", "2024-03-31", "2024-04-30", "2024-05-01")]
    assert found == [360.0, 100.0, 100.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "pays"),
    [("insurance", 0.0), (None, 0.0), ("guarantee", 400.0), ("letter_of_credit", 400.0), ("security", 400.0)],
)
def test_cover_without_a_share(kind: str | None, pays: float) -> None:
    cover = [{"cover_id": "c", "customer_id": "a", "kind": kind, "limit": 40_000, "valid_from": "2024-01-01"}]
    books = ledger([invoice(1, "2024-01-10", "2024-02-10", 50_000)], cover=cover)
    assert row(books, "2024-03-31")["covered"] == pays


def test_cancelled_cover_stays_cancelled() -> None:
    first = {"cover_id": "c", "customer_id": "a", "limit": 40_000, "insured_share": 0.9, "valid_from": "2023-01-01"}
    cancelled = first | {"valid_to": "2024-03-31", "recorded_at": "2024-03-01"}
    books = ledger(
        [invoice(1, "2024-01-10", "2024-02-10", 50_000)], cover=[first | {"valid_to": "2024-12-31"}, cancelled]
    )
    found = [row(books, end)["covered"] for end in ("2024-02-29", "2024-03-31", "2024-04-30")]
    assert found == [360.0, 360.0, 0.0]


@pytest.mark.parametrize(
    "options",
    [
        {"as_of": "31.12.2024"},
        {"output": "arrow"},
        {"features": ["dso"]},
        {"calendar": Calendar((date(2024, 1, 1),)), "as_of": "2024-01-01"},
    ],
)
def test_wrong_parameters_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ParameterError):
        build_panel(ledger([]), **options)


def test_the_panel_comes_as_pandas_with_dates_and_floats() -> None:
    panel = build_panel(ledger([invoice(1, "2024-01-10", "2024-02-10", 50_000)]), as_of="2024-06-30")
    assert list(panel["customer_id"]) == ["a"]
    assert panel["as_of"].iloc[0].date() == date(2024, 6, 30)
    assert panel["dbt_3m"].isna().all()
    assert (panel.dtypes.iloc[2:] == "float64").all()


def test_a_ledger_without_customers_gives_an_empty_panel() -> None:
    panel = build_panel(ledger([]), as_of="2024-06-30", output="polars")
    assert panel.height == 0
    assert "dso_countback" in panel.columns


def test_progress_is_reported_by_blocks() -> None:
    heard: list[tuple[str, int, int]] = []
    build_panel(
        ledger([invoice(1, "2024-01-10", "2024-02-10", 100)]),
        as_of="2024-06-30",
        progress=lambda *what: heard.append(what),
    )
    assert heard == [("Comparing customers", 1, 1), ("Computing features", 1, 1)]


def test_dates_after_the_coverage_are_refused() -> None:
    books = ledger([invoice(1, "2024-01-10", "2024-02-10", 50_000)])
    last = books.settings.covers_to
    assert build_panel(books, as_of=last)["open_balance"].notna().all()
    with pytest.raises(ParameterError, match="as_of"):
        build_panel(books, as_of=last + timedelta(days=1))
    with pytest.raises(ParameterError, match="calendar"):
        build_panel(books, calendar=Calendar((last, last + timedelta(days=31))))
