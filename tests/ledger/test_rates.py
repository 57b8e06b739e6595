"""Translation: the last rate on or before the day, whole minor units, and an error where there is none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError
from credrisk.ledger.rates import Rates

RATES = [
    {"currency": "USD", "date": "2025-01-10", "rate": 0.5},
    {"currency": "USD", "date": "2025-01-20", "rate": 0.25},
    {"currency": "JPY", "date": "2025-01-10", "rate": 0.006},
]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


DAYS = np.array([day("2025-01-10"), day("2025-01-19"), day("2025-01-20")])


def test_the_last_rate_on_or_before_the_day() -> None:
    rates = Rates(ledger_of(rates=RATES))
    assert rates.translate(np.array([1000, 1000, 1000]), "USD", DAYS).tolist() == [500.0, 500.0, 250.0]
    assert rates.translate(np.array([7, 8, 9]), "EUR", np.array([0, 0, 0])).tolist() == [7.0, 8.0, 9.0]


def test_minor_units_of_both_currencies_and_rounding() -> None:
    rates = Rates(ledger_of(rates=RATES))
    assert rates.translate(np.array([1000, 1, 3]), "JPY", DAYS).tolist() == [600.0, 1.0, 2.0]
    mixed = rates.translate_rows(np.array([1000, 1000, 5]), np.array(["JPY", "USD", "EUR"]), DAYS)
    assert mixed.tolist() == [600.0, 500.0, 5.0]


def test_a_missing_rate_names_currency_and_days_and_zero_needs_none() -> None:
    rates = Rates(ledger_of(rates=RATES))
    early = np.array([day("2025-01-09"), day("2025-01-08")])
    with pytest.raises(DataError, match=r"no rate of USD in EUR .*Rows: 2.*USD 2025-01-08, USD 2025-01-09"):
        rates.translate(np.array([1, 2]), "USD", early)
    assert rates.translate(np.array([0, 0]), "USD", early).tolist() == [0.0, 0.0]
    assert rates.translate(np.array([0]), "GBP", early[:1]).tolist() == [0.0]
    with pytest.raises(DataError, match="no rate of GBP"):
        rates.translate(np.array([1]), "GBP", early[:1])


def test_the_days_on_which_rates_change() -> None:
    rates = Rates(ledger_of(rates=RATES))
    assert rates.days(["USD", "JPY", "GBP"]).tolist() == [day("2025-01-10"), day("2025-01-20")]
    assert rates.days([]).tolist() == []
