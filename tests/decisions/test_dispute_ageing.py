"""What is in dispute and for how long: by hand, against the queue's figure, and the product-limit estimate."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from random_ledgers import ledgers
from small_ledgers import ledger_of

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.dispute_ageing import dispute_ageing, dispute_buckets, dispute_causes, resolution_times
from credrisk.errors import DataError
from credrisk.ledger.movements import item_movements

AS_OF = date(2025, 3, 31)


def invoice(number="d", amount=10_000, customer="a"):
    document = {"document_id": number, "customer_id": customer, "amount": amount}
    return document | {"document_date": "2025-01-01", "due_date": "2025-01-31"}


def dispute(number="q", document="d", **changes):
    return {"dispute_id": number, "document_id": document, "opened_on": "2025-02-01", "amount": 4_000} | changes


def aged(**tables):
    tables.setdefault("documents", [invoice()])
    return dispute_ageing(ledger_of(**tables), as_of=AS_OF, output="polars")


def test_age_bucket_money_and_days_past_due():
    row = aged(disputes=[dispute(reason="price")]).row(0, named=True)
    assert (row["age_days"], row["bucket"], row["days_past_due"]) == (58, "31-60", 59)
    assert (row["claimed"], row["disputed"], row["ended_by"]) == (40.0, 40.0, None)
    assert (row["cause"], row["owner"]) == ("price", "nobody")


@pytest.mark.parametrize(
    ("day", "bucket"), [(30, "0-30"), (31, "31-60"), (60, "31-60"), (90, "61-90"), (91, "over 90")]
)
def test_the_last_day_of_a_bucket_belongs_to_it(day, bucket):
    opened = (AS_OF - timedelta(days=day)).isoformat()
    assert aged(disputes=[dispute(opened_on=opened)])["bucket"].to_list() == [bucket]


def test_an_item_paid_in_full_settles_its_dispute_on_that_day():
    paid = {"from_id": "r", "to_document_id": "d", "amount": 10_000, "applied_on": "2025-03-03"}
    receipt = {"receipt_id": "r", "customer_id": "a", "date": "2025-03-03", "amount": 10_000}
    row = aged(disputes=[dispute()], receipts=[receipt], applications=[paid]).row(0, named=True)
    assert (row["ended_by"], row["ended_on"], row["disputed"]) == ("settled", date(2025, 3, 3), 0.0)


def test_several_disputes_share_what_is_left_the_oldest_first():
    disputes = [dispute("q1", amount=7_000), dispute("q2", opened_on="2025-02-10", amount=None)]
    rows = aged(disputes=disputes)
    assert rows["disputed"].to_list() == [70.0, 30.0]
    assert dispute_buckets(rows).row(0, named=True)["disputed"] == 100.0


@given(ledgers(), st.integers(0, 500))
@settings(max_examples=40, deadline=None)
def test_it_adds_up_to_what_the_queue_calls_disputed_and_the_past_does_not_change(ledger, back):
    day = date.fromordinal(ledger.settings.covers_to.toordinal() - back)
    try:
        rows = dispute_ageing(ledger, as_of=day, output="polars")
    except DataError:  # a currency without a rate yet
        return
    assert_frame_equal(rows, dispute_ageing(ledger.cut(day), as_of=day, output="polars"))
    seen = ledger.cut(day)
    items = open_items(seen, item_movements(seen)).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("residual") > 0)
    )
    total = in_ledger_currency(items.select("currency", "disputed"), ["disputed"], seen, day)["disputed"].sum()
    assert rows["disputed"].sum() == pytest.approx(total, abs=0.01)
    owners = dispute_buckets(rows)
    in_buckets = sum(owners[name].sum() for name in owners.columns if name[0].isdigit() or name.startswith("over"))
    assert in_buckets == pytest.approx(total, abs=0.01)


def test_days_lost_are_the_mean_disputed_balance_over_the_sales_of_a_day():
    # 40 EUR for 58 days of 365, on sales of 100 EUR in the year: 40 x 58 / 365 = 6.356 on average; 0.274 a day.
    ledger = ledger_of(documents=[invoice()], disputes=[dispute(reason="price", owner="sales")])
    rows = dispute_ageing(ledger, as_of=AS_OF, output="polars")
    row = dispute_causes(ledger, rows, as_of=AS_OF).row(0, named=True)
    assert row["days_lost"] == pytest.approx(40 * 58 / 365 / (100 / 365))
    assert (row["share_of_days"], row["mean_days"], row["valid_share"]) == (1.0, 58.0, None)


def test_only_the_days_within_the_window_count():
    ledger = ledger_of(documents=[invoice()], disputes=[dispute(opened_on="2025-01-10")])
    rows = dispute_ageing(ledger, as_of=AS_OF, output="polars")
    assert dispute_causes(ledger, rows, as_of=AS_OF, months=1)["mean_days"].to_list() == [31.0]


FREIREICH = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
"""Weeks of remission under 6-MP (Freireich et al. 1963), the example of most books: S(23) = 0.4482, median 23 [1].

[1] Kleinbaum, D., Klein, M. (2012). Survival Analysis, 3rd edition, table 2.3 (page 68).
"""


def test_the_time_to_resolution_is_the_published_product_limit_estimate():
    times = [(int(word.rstrip("+")), "+" not in word) for word in FREIREICH.split()] * 2
    ended = [date(2025, 1, 1) if over else None for _, over in times]
    rows = pl.DataFrame({"cause": "x", "age_days": [days for days, _ in times], "ended_on": ended})
    row = resolution_times(rows).row(0, named=True)
    assert row["median_days"] == 23
    assert 1 - row["ended_within_30"] == pytest.approx(0.4482, abs=5e-5)
    assert row["ended_within_60"] is None  # nobody was watched for so long


def test_too_few_that_ended_give_no_time():
    row = resolution_times(aged(disputes=[dispute()])).row(0, named=True)
    assert row["median_days"] is None
    assert "only 0 ended" in row["why_not"]
