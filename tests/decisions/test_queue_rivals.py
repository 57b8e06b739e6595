"""The lists that the queue is compared with: their order by hand, and the rules that hold for all of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_rivals import RANKINGS, best_by_hand, first_of, list_of_day, may_be_contacted
from credrisk.errors import ParameterError

POLICY = Policy.default()
DAY = date(2025, 3, 31)


def accounts(**columns):
    rows = {
        "customer_id": ["a", "b", "c", "d"],
        "past_due": [100.0, 900.0, 500.0, 400.0],
        "chased": [100.0, 900.0, 500.0, 0.0],
        "age_days": [80.0, 10.0, 40.0, 40.0],
        "pd_used": [0.5, 0.01, 0.08, 0.9],
        "last_contact_on": [None, date(2025, 3, 27), None, None],
        "last_action": [None, "call", None, None],
        "broken_promises_open": [0, 0, 0, 0],
        "lgd": [None, None, None, None],
    }
    floats = {"lgd": pl.Float64, "last_action": pl.String, "last_contact_on": pl.Date}
    return pl.DataFrame(rows | columns, schema_overrides=floats)


def luck():
    return np.random.default_rng(1)


@pytest.mark.parametrize(
    ("ranking", "order"),
    [
        ("oldest_first", "acdb"),
        ("largest_first", "bcda"),
        ("risk_x_amount", "acbd"),  # 50, 40, 9, 0
    ],
)
def test_the_order_of_each_list(ranking, order):
    found = first_of(accounts(), ranking=ranking, capacity=4, luck=luck())
    assert "".join(found["customer_id"]) == order
    shuffled = first_of(accounts().reverse(), ranking=ranking, capacity=2, luck=luck())
    assert "".join(shuffled["customer_id"]) == order[:2]


def test_random_is_the_same_for_the_same_luck_and_whatever_the_order_of_the_rows():
    first, again = (
        first_of(frame, ranking="random", capacity=2, luck=luck()) for frame in (accounts(), accounts()[::-1])
    )
    assert first["customer_id"].to_list() == again["customer_id"].to_list()
    drawn = [first_of(accounts(), ranking="random", capacity=1, luck=np.random.default_rng(n)) for n in range(400)]
    counts = pl.concat(drawn)["customer_id"].value_counts()["count"]
    assert counts.min() > 100 - 5 * np.sqrt(75)  # four accounts, each a quarter of 400, within five deviations


def test_quiet_days_and_the_smallest_balance_hold_for_all():
    may = may_be_contacted(accounts(), POLICY, day=DAY)
    assert may["customer_id"].to_list() == ["a", "c"]  # b was called four days ago, d has nothing to ask for
    assert may_be_contacted(accounts(), POLICY, day=date(2025, 4, 1))["customer_id"].to_list() == ["a", "b", "c"]


def test_the_queue_keeps_a_place_for_a_small_account_and_contacts_nobody_at_a_loss():
    size = 30
    large = (
        accounts()
        .head(0)
        .vstack(
            pl.concat([accounts().filter(pl.col("customer_id") == "b")] * size).with_columns(
                customer_id=pl.format("L{}", pl.int_range(size)),
                past_due=pl.lit(200_000.0) + pl.int_range(size),
                chased=pl.lit(200_000.0) + pl.int_range(size),
                last_contact_on=pl.lit(None, pl.Date),
            )
        )
    )
    every = best_by_hand(pl.concat([accounts().head(1), large]), POLICY, actions=["call", "letter"])
    every = every.with_columns(gain=pl.when(pl.col("customer_id") == "a").then(0.5).otherwise("gain"))
    chosen = list_of_day(every, POLICY, ranking="queue", capacity=10, luck=luck())
    assert chosen.height == 10
    assert "a" in chosen["customer_id"].to_list()  # the floor: one of ten places
    at_a_loss = every.with_columns(gain=pl.lit(-1.0))
    assert list_of_day(at_a_loss, POLICY, ranking="queue", capacity=10, luck=luck()).is_empty()


def test_the_action_is_the_best_that_somebody_takes_by_hand():
    found = best_by_hand(accounts(), POLICY, actions=["call", "letter", "reminder_email"])
    assert set(found["action"]) <= {"call", "letter"}


def test_no_other_ranking():
    with pytest.raises(ParameterError, match="ranking"):
        first_of(accounts(), ranking="alphabet", capacity=1, luck=luck())
    assert RANKINGS[0] == "queue"
