"""Limits for a time: the season that comes back, and what is on the table today."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from decisions.cases import FEATURE, features_of, scores_of

from credrisk.dates import months_after
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.policy import Policy
from credrisk.decisions.season import seasons

POLICY = Policy.default()
AS_OF = date(2025, 3, 31)


def peaks_of(peaks, limit=1e6) -> pl.DataFrame:
    peaks = np.asarray(peaks, dtype=float)
    ends = [months_after(AS_OF, place - len(peaks) + 1) for place in range(len(peaks))]
    return pl.DataFrame(
        {"customer_id": ["c1"] * len(peaks), "month_end": ends, "peak": peaks, "limit": [limit] * len(peaks)}
    )


def year(**high: float) -> list[float]:
    """Return twelve months of 10,000, May 2024 being month 1 of the year that begins on 1 April; others as named."""
    months = ["apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "jan", "feb", "mar"]
    return [high.get(name, 10_000.0) for name in months]


def test_a_season_comes_back():
    peaks = peaks_of(year(nov=24_000.0, dec=30_000.0) + year(nov=20_000.0, dec=26_000.0))
    found = seasons(peaks, as_of=AS_OF, policy=POLICY).row(0, named=True)
    assert found["season_peak"] == 30_000
    assert (found["season_from"], found["season_to"]) == (
        date(2025, 11, 1),
        date(2025, 11, 30).replace(month=12, day=31),
    )


def test_the_next_of_two_seasons_counts():
    both = year(jun=20_000.0, dec=20_000.0)
    found = seasons(peaks_of(both * 2), as_of=AS_OF, policy=POLICY).row(0, named=True)
    assert (found["season_from"], found["season_to"]) == (date(2025, 6, 1), date(2025, 6, 30))


@pytest.mark.parametrize(
    "peaks",
    [
        year(dec=30_000.0) + year(),  # once is no season
        year() + year(),
        year(dec=14_000.0) * 2,  # below one and a half times the usual month
        year(dec=30_000.0),  # a single year
        [0.0] * 24,
    ],
)
def test_no_season(peaks):
    assert seasons(peaks_of(peaks), as_of=AS_OF, policy=POLICY).height == 0


def limits(feature=None, peaks=None, policy=POLICY, orders=None, status="at_risk") -> dict:
    features = features_of(FEATURE | (feature or {}))
    if orders is not None:
        features = features.with_columns(open_orders=pl.lit(float(orders)))
    return recommend_limits(
        scores_of({"status": status}),
        features=features,
        as_of=AS_OF,
        currency="EUR",
        policy=policy,
        peaks=peaks,
        output="polars",
    ).row(0, named=True)


def test_the_seasonal_limit_carries_the_peak_within_the_other_bounds():
    peaks = peaks_of(year(dec=60_000.0) * 2)
    row = limits({"credit_limit": None}, peaks)
    assert row["recommended_limit"] < 60_000
    assert row["seasonal_limit"] == 60_000
    assert (row["seasonal_from"], row["seasonal_to"]) == (date(2025, 12, 1), date(2025, 12, 31))
    assert "Seasonal limit 60,000 EUR from 1 December 2025 to 31 December 2025" in row["reasons"]
    capped = POLICY.changed({"appetite.single_name": 45_200.0})
    assert limits({"credit_limit": None}, peaks, capped)["seasonal_limit"] == 45_000


def test_the_temporary_limit_carries_what_is_owed_and_on_order():
    known = {"credit_limit": 10_000.0, "net_balance": 8_000.0}
    row = limits(known, orders=7_300)
    assert (row["temporary_limit"], row["temporary_until"]) == (15_500, date(2025, 5, 30))
    assert "8,000 EUR is owed and 7,300 EUR on order" in row["reasons"]
    assert limits(known, orders=1_000)["temporary_limit"] is None
    assert limits(known)["temporary_limit"] is None  # a ledger without orders


@pytest.mark.parametrize(
    ("feature", "status"),
    [
        ({"oldest_open_days": 16.0}, "at_risk"),
        ({"share_past_due": 0.2}, "at_risk"),
        ({}, "recovering"),
        ({}, "in_default"),
        ({"tenure_months": 1.0, "credit_limit": None}, "at_risk"),
    ],
)
def test_nobody_in_trouble_or_on_trial_gets_one(feature, status):
    row = limits({"credit_limit": 10_000.0, "net_balance": 8_000.0} | feature, orders=90_000, status=status)
    assert row["temporary_limit"] is None


def test_review_and_expiry():
    row = limits()
    assert (row["review_on"], row["expires_on"]) == (date(2025, 9, 30), date(2025, 11, 29))
