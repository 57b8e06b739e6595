"""Expected days to pay: by money, of what is past due, cut at the horizon."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from credrisk.errors import DataError
from credrisk.models.days_to_pay import expected_days_to_pay
from credrisk.models.payment_distribution import PaymentDistribution

DAY = date(2024, 3, 31)


def made(paid: list[list[float]], customers: list[str]) -> PaymentDistribution:
    rows = np.array(paid)
    size = len(rows)
    start = np.full(size, 19_814)
    ids = np.array([f"i{k}" for k in range(size)])
    return PaymentDistribution(ids, np.array(customers), start, start - 5, rows, np.zeros(size), 0.1)


ITEMS = pl.DataFrame(
    {
        "item_id": ["i0", "i1", "i2", "i3"],
        "due_on": [date(2024, 3, 1), date(2024, 3, 20), date(2024, 4, 20), date(2024, 4, 5)],
        "open_amount": [300.0, 100.0, 5_000.0, 50.0],
    }
)
PAID = [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.2, 0.0, 0.0]]


def test_the_mean_of_the_past_due_by_money_and_of_the_rest_where_nothing_is() -> None:
    found = expected_days_to_pay(made(PAID, ["a", "a", "a", "b"]), ITEMS, as_of=DAY)
    # a: 300 on day 1 or 2, 100 on day 4, what is not due does not count; b: day 2 with 20 %, else cut at 4 days.
    assert found.to_dict(as_series=False) == {
        "customer_id": ["a", "b"],
        "expected_days_to_pay": [pytest.approx((300 * 1.5 + 100 * 4) / 400), pytest.approx(0.2 * 2 + 0.8 * 4)],
    }


def test_a_forecast_of_other_items_and_missing_columns_are_errors() -> None:
    with pytest.raises(DataError, match="not among"):
        expected_days_to_pay(made(PAID, ["a", "a", "a", "b"]), ITEMS.head(3), as_of=DAY)
    with pytest.raises(DataError, match="open_amount"):
        expected_days_to_pay(made(PAID, ["a", "a", "a", "b"]), ITEMS.drop("open_amount"), as_of=DAY)
