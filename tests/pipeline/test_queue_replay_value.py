"""What lists would have brought, from logged chances: against the truth of a world of offers; refused without them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from offer_world import OfferWorld

from credrisk.decisions.queue_rivals import RANKINGS
from credrisk.pipeline.queue_replay_value import AS_MADE, IDENTIFIED, NOT_IDENTIFIED, lists_value

PULLS = {"call": 0.5}
SHARE = 0.2


def world(rule="confounded", *, log=True) -> OfferWorld:
    return OfferWorld.draw(5, customers=400, dates=10, rule=rule, pulls=PULLS, log=log)


def lists_of(made: OfferWorld, *, action="call") -> pl.DataFrame:
    """Each ranking's first fifth of every day, by what the offers say."""
    rows = made.offers.with_row_index("row")
    by = {
        "queue": pl.col("amount") * pl.col("age_days"),
        "oldest_first": pl.col("age_days"),
        "largest_first": pl.col("amount"),
        "risk_x_amount": pl.col("amount") * pl.col("pd"),
        "random": pl.col("row").hash(seed=1),
    }
    frames = []
    for ranking in RANKINGS:
        rank = by[ranking].rank("ordinal", descending=True).over("date")
        chosen = rows.filter(rank <= (pl.len().over("date") * SHARE).floor())
        frames.append(chosen.select("date", "customer_id", ranking=pl.lit(ranking), action=pl.lit(action)))
    return pl.concat(frames)


def truth(made: OfferWorld, lists: pl.DataFrame, ranking: str, outcome: str) -> float:
    own = lists.filter(pl.col("ranking") == ranking).select("date", "customer_id", on=pl.lit(1.0))
    on = made.offers.join(own, on=["date", "customer_id"], how="left", maintain_order="left")["on"].fill_null(0.0)
    target = np.column_stack([1 - on.to_numpy(), on.to_numpy()])
    return float((made.offers["amount"].to_numpy() * made.value(target, outcome)).mean())


def test_the_value_is_the_true_one_within_its_error() -> None:
    made = world()
    lists = lists_of(made)
    found = lists_value(made.offers, lists)
    known = found.filter((pl.col("status") == IDENTIFIED) & (pl.col("ranking") != AS_MADE))
    assert set(known["ranking"]) == set(RANKINGS)
    assert set(known["method"]) == {"snips", "dr"}
    misses = []
    for row in known.iter_rows(named=True):
        se = (row["upper"] - row["lower"]) / (2 * 1.96)
        misses.append((row["value"] - truth(made, lists, row["ranking"], row["outcome"])) / se)
    # 20 estimates on one log, each of about a standard deviation: none beyond four, most within two.
    assert max(map(abs, misses)) < 4
    assert np.mean(np.abs(misses) < 2) >= 0.75


def test_the_lists_as_made_are_a_plain_mean() -> None:
    made = world()
    found = lists_value(made.offers, lists_of(made)).filter(
        (pl.col("ranking") == AS_MADE) & (pl.col("outcome") == "paid_30")
    )
    assert found["value"][0] == pytest.approx((made.offers["amount"] * made.offers["paid_30"]).mean())


@pytest.mark.parametrize(
    ("rule", "log", "action", "why"),
    [
        ("confounded", False, "call", "no offer with its chance was logged"),
        ("fixed", True, "call", "hardly holds what it would do"),  # nothing was ever left to chance
        ("confounded", True, "visit", "never offered"),
    ],
)
def test_without_overlap_there_is_no_value(rule: str, log: bool, action: str, why: str) -> None:
    made = world(rule, log=log)
    found = lists_value(made.offers, lists_of(made, action=action)).filter(pl.col("ranking") == "oldest_first")
    assert set(found["status"]) == {NOT_IDENTIFIED}
    assert found["value"].null_count() == found.height
    assert why in found["said"][0]


def test_only_the_days_of_the_lists_count() -> None:
    made = world()
    lists = lists_of(made).filter(pl.col("date") == made.offers["date"].min())
    found = lists_value(made.offers, lists).filter(pl.col("ranking") == AS_MADE)
    assert found["offers"].to_list() == [400, 400]
