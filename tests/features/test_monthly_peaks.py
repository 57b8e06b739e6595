"""Monthly peaks against the ledger's own day-by-day balance, and the limit that stood against them."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.features.calendar import Calendar
from credrisk.features.monthly_peaks import monthly_peaks
from credrisk.features.panel import build_panel

DAY = date(2025, 3, 31)


def small(**tables):
    documents = [
        {"document_id": "a", "customer_id": "c1", "amount": 100_00, "document_date": "2025-01-10"},
        {"document_id": "b", "customer_id": "c1", "amount": 50_00, "document_date": "2025-02-20"},
        {"document_id": "c", "customer_id": "c2", "amount": 70_00, "document_date": "2025-03-31"},
        {"document_id": "d", "customer_id": "c2", "amount": 999_00, "document_date": "2025-04-01"},
    ]
    receipts = [{"receipt_id": "r", "customer_id": "c1", "date": "2025-02-10", "amount": 100_00}]
    applied = [{"from_id": "r", "to_document_id": "a", "amount": 100_00, "applied_on": "2025-02-10"}]
    return ledger_of(documents=documents, receipts=receipts, applications=applied, **tables)


def rows(frame: pl.DataFrame) -> list[tuple]:
    return frame.select("customer_id", pl.col("month_end").dt.month(), "peak", "limit").rows()


def test_by_hand():
    history = [
        {"customer_id": "c1", "attribute": "credit_limit", "value": "300", "valid_from": "2025-01-01"},
        {"customer_id": "c1", "attribute": "credit_limit", "value": "80", "valid_from": "2025-02-15"},
    ]
    found = monthly_peaks(small(customer_history=history), as_of=DAY, months=3)
    # 28 February is the end of the second month back from 31 March; the peak of February stood before the cut
    assert rows(found) == [
        ("c1", 1, 100.0, 300.0),
        ("c1", 2, 100.0, 300.0),
        ("c1", 3, 50.0, 80.0),
        ("c2", 3, 70.0, None),
    ]


def test_months_that_are_not_covered_are_left_out():
    ledger = small(covers_from="2025-02-02")
    assert monthly_peaks(ledger, as_of=DAY)["month_end"].min() == date(2025, 3, 31)
    assert monthly_peaks(ledger, as_of="2025-02-15").height == 0


@pytest.fixture(scope="module", params=[1, 2])
def book(request):
    return random_ledger(request.param)


def test_the_future_changes_nothing(book):
    day = date(2024, 5, 31)
    assert_frame_equal(monthly_peaks(book, as_of=day), monthly_peaks(book.cut(day), as_of=day))


def test_the_highest_month_is_the_feature_of_the_year(book):
    day = book.settings.covers_to
    found = monthly_peaks(book, as_of=day, months=12).group_by("customer_id").agg(pl.col("peak").max(), pl.len())
    panel = build_panel(book, as_of=day, features=["peak_balance_12m"], output="polars")
    both = found.filter(pl.col("len") == 12).join(panel, on="customer_id")
    assert both.height > 3
    assert both["peak"].to_list() == pytest.approx(both["peak_balance_12m"].to_list())


def test_a_peak_is_the_highest_day_and_the_limit_that_of_its_day(book):
    day = book.settings.covers_to
    found = monthly_peaks(book, as_of=day, months=1)
    first = months_after(day, -1)
    days = Calendar(tuple(first + timedelta(days=place + 1) for place in range((day - first).days)))
    panel = build_panel(book, calendar=days, features=["net_balance", "credit_limit"], output="polars")
    for customer, peak, limit in found.select("customer_id", "peak", "limit").iter_rows():
        path = panel.filter(pl.col("customer_id") == customer)
        # day and period end round what is translated in another order: a few hundredths apart
        highest = path["net_balance"].max()
        assert peak == pytest.approx(highest, abs=0.05)
        assert limit in path.filter(pl.col("net_balance") >= highest - 0.05)["credit_limit"].to_list()
