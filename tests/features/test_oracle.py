"""Every feature agrees with the oracle, on random ledgers, at every customer and date."""

from __future__ import annotations

import dataclasses
from datetime import date

import features.oracle_beyond_habit
import features.oracle_contacts
import features.oracle_credit
import features.oracle_events
import features.oracle_group
import features.oracle_habit
import features.oracle_market
import features.oracle_orders
import features.oracle_payment_profile
import features.oracle_payment_strain
import features.oracle_peaks
import features.oracle_peers
import features.oracle_promises
import features.oracle_ratings
import features.oracle_statements
import features.oracle_translation  # noqa: F401  (they add their questions to the oracle)
import polars as pl
import pytest
from features.oracle import Oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, covering_two_years, ledgers, random_ledger

from credrisk.features import Calendar, build_panel
from credrisk.features.catalogue import catalogue
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

MONTHS = Calendar.month_ends(date(2023, 1, 1), LAST)
WEEKS = Calendar.weeks(date(2023, 2, 26), LAST)
MIDDLE = Calendar.months_back(date(2024, 8, 15), 18)


YES_OR_NO = ("parent_known",)
ROUGH = {
    # The standard deviation takes the root of a difference: round-off of 1e-12 becomes 1e-6.
    "days_late_sd_12m": 1e-5,
    # Chances of hidden states are held in single precision.
    "payment_strain": 1e-4,
    "expected_days_beyond_habit": 1e-4,
}


def assert_agrees(ledger: Ledger, calendar: Calendar, every: int = 1) -> None:
    panel = build_panel(ledger, calendar=calendar, output="polars")
    entries = catalogue()
    assert panel.columns == ["customer_id", "as_of", *entries]
    for row in panel[::every].iter_rows(named=True):
        expected = Oracle(ledger, row["customer_id"], row["as_of"], calendar.step).features()
        assert set(expected) == set(entries)
        for name, entry in entries.items():
            value = expected[name]
            if value is not None and entry.unit == "money":
                value = value / minor_factor(ledger.settings.currency)
            place = f"{name} of {row['customer_id']} at {row['as_of']}"
            if value is None or row[name] is None:
                assert row[name] is value, f"{place}: {row[name]} instead of {value}"
            else:
                rough = ROUGH.get(name, 1e-9)
                assert row[name] == pytest.approx(float(value), rel=rough, abs=rough), place


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers(), st.sampled_from([MONTHS, WEEKS, MIDDLE]), st.integers(1, 5), st.booleans())
def test_every_feature_agrees_on_small_random_ledgers(
    ledger: Ledger, calendar: Calendar, every: int, long: bool
) -> None:
    picked = dataclasses.replace(calendar, ends=calendar.ends[:: -3 - every][::-1])
    assert_agrees(covering_two_years(ledger) if long else ledger, picked)


@pytest.mark.parametrize(("seed", "calendar"), [(1, MONTHS), (2, MIDDLE), (3, WEEKS)])
def test_every_feature_agrees_on_a_large_random_ledger(seed: int, calendar: Calendar) -> None:
    assert_agrees(random_ledger(seed, customers=25, rows=20), calendar, every=11)


def test_windows_of_two_years_agree() -> None:
    ledger = covering_two_years(random_ledger(5, customers=25, rows=20))
    assert_agrees(ledger, dataclasses.replace(MONTHS, ends=MONTHS.ends[-4:]), every=3)


@pytest.mark.parametrize(
    "table",
    [
        "customer_history",
        "receipts",
        "applications",
        "disputes",
        "promises",
        "cover",
        "contacts",
        "orders",
        "document_changes",
        "credit_events",
        "facts",
        "events",
        "ratings",
        "market",
    ],
)
def test_a_table_that_was_not_given_makes_its_features_null_and_no_others_wrong(table: str) -> None:
    ledger = random_ledger(4, customers=6, rows=12)
    without = ledger.replace(tables={name: frame for name, frame in ledger.tables.items() if name != table})
    assert_agrees(without, MONTHS, every=9)


def test_the_random_ledgers_exercise_every_feature() -> None:
    ledger = random_ledger(4, customers=200, rows=20)
    panel = pl.concat(
        build_panel(each, calendar=MONTHS, output="polars") for each in (ledger, covering_two_years(ledger))
    )
    for name in catalogue():
        assert panel[name].drop_nulls().n_unique() >= (2 if name in YES_OR_NO else 3), name
        assert panel[name].null_count() > 0, name
    assert panel.select(pl.col(pl.Float64).is_nan().any()).row(0) == (False,) * len(catalogue())
