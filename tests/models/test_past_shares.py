"""Customers outside the at-risk set get what became of earlier ones in their state, or nothing."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from credrisk.errors import EvidenceError
from credrisk.models.past_shares import PastShare, past_share, why_not_in_order

DAY = date(2024, 1, 31)
END = date(2025, 12, 31)
SCHEMA = {
    "customer_id": pl.String,
    "as_of": pl.Date,
    "status": pl.String,
    "bad_debt_on": pl.Date,
    "bad_debt_observed_to": pl.Date,
}


def labels(bad_after: list[int | None], *, observed: list[int] | None = None, rows: int = 1) -> pl.DataFrame:
    """One customer an entry: days to its bad debt (None: none), days observed, and so many equal rows."""
    known = observed or [(END - DAY).days] * len(bad_after)
    return pl.DataFrame(
        [
            (f"C{i:02}", DAY, "in_default", None if days is None else DAY + timedelta(days), DAY + timedelta(seen))
            for i, (days, seen) in enumerate(zip(bad_after, known, strict=True))
            for _ in range(rows)
        ],
        schema=SCHEMA,
        orient="row",
    )


def test_with_everything_observed_it_is_the_plain_share() -> None:
    found = past_share(labels([20, 90, 91, 200, *[None] * 6]), status="in_default", horizons=(3, 6, 12))
    # Three months after 31 January end on 30 April, 90 days later; that day is included. Of four within the year two
    # fell into them and three into the half year, and two more spread evenly: (2 + 1/2) / 6 and (3 + 1) / 6 of 0.4.
    assert found.probabilities == pytest.approx({3: 0.4 * 2.5 / 6, 6: 0.4 * 4 / 6, 12: 0.4})
    assert found.within == pytest.approx(4)
    assert (found.customers, found.became_bad) == (10, 4)


def test_what_is_not_known_yet_is_censored_not_good() -> None:
    """Kaplan-Meier by hand: 2 of 12 bad on day 10, then 4 leave on day 50, then 3 of 6 bad on day 100."""
    days = [10, 10, None, None, None, None, 100, 100, 100, None, None, None]
    seen = [400, 400, 50, 50, 50, 50, 400, 400, 400, 400, 400, 400]
    found = past_share(labels(days, observed=seen), status="in_default", horizons=(3, 12))
    early, year = 1 - 10 / 12, 1 - 10 / 12 * 3 / 6
    assert found.probabilities == pytest.approx({3: (5 * early + 2 * year / 4) / 7, 12: year})


def test_it_never_falls_with_the_horizon_even_when_the_recent_ones_did_worse() -> None:
    old, recent = [None] * 12, [15] * 8
    found = past_share(
        labels([*old, *recent], observed=[700] * 12 + [40] * 8), status="in_default", horizons=(3, 6, 12)
    )
    assert found.probabilities[3] <= found.probabilities[6] <= found.probabilities[12]
    assert found.probabilities[3] == pytest.approx(0.4 * (8 + 0.5) / 10)
    assert found.probabilities[12] == pytest.approx(0.4)


def test_none_seen_in_the_first_months_is_not_impossible() -> None:
    """Five of 55 became a bad debt late in the year: the first three months keep a probability above 0."""
    found = past_share(labels([250, 270, 290, 300, 320, *[None] * 50]), status="in_default", horizons=(3, 6, 12))
    share = 5 / 55
    assert found.probabilities == pytest.approx({3: share * 0.5 / 7, 6: share * 1 / 7, 12: share})
    assert "rests to 71 % on these, else on an even spread" in found.says


def test_none_seen_at_all_is_half_of_one() -> None:
    found = past_share(labels([None] * 19), status="in_default", horizons=(3, 6, 12))
    year = 0.5 / 20
    assert found.probabilities == pytest.approx({3: year / 4, 6: year / 2, 12: year})
    assert found.became_bad == 0
    assert "that counts as half of one" in found.says


def test_each_customer_counts_once() -> None:
    once = labels([20, *[None] * 9])
    often = pl.concat([once, *[once.head(1)] * 5])
    shares = [past_share(frame, status="in_default", horizons=(12,)).probabilities[12] for frame in (once, often)]
    assert shares == pytest.approx([0.1, 0.1])


def test_too_few_customers_say_so() -> None:
    with pytest.raises(EvidenceError, match="only 9 customers were seen in default"):
        past_share(labels([20] * 9, rows=3), status="in_default", horizons=(12,))


def test_other_states_do_not_count() -> None:
    with pytest.raises(EvidenceError, match="only 0 customers were seen recovering"):
        past_share(labels([20] * 12), status="recovering", horizons=(12,))


def test_the_words_say_how_it_is_weighted() -> None:
    found = past_share(labels([20, 90, 91, 200, *[None] * 6]), status="in_default", horizons=(3, 6, 12))
    assert "within 12 months of a month-end at which they were in that state: 40.0 %" in found.says
    assert "from 10 customers, of whom 4 became one sooner or later" in found.says
    assert "Every customer weighs the same" in found.says
    assert "need not be 4 of 10" in found.says


def test_a_share_in_default_below_that_in_recovery_is_explained() -> None:
    shares = {
        status: PastShare(status, {12: share}, 55, bad)
        for status, share, bad in (("in_default", 0.109, 5), ("recovering", 0.117, 1))
    }
    (said,) = why_not_in_order(shares)
    assert "rest on 5 bad debts and on 1, and" in said
    assert why_not_in_order({**shares, "recovering": PastShare("recovering", {12: 0.05}, 55, 2)}) == []
    assert why_not_in_order({"in_default": shares["in_default"]}) == []
