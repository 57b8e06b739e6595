"""Shrinkage to the prior: against the textbook posterior, at its two ends, and the bounds of the cells."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from credrisk.models.contact_effect_cells import LEAST_LEVEL_SD, SPREADS, cells_of, known_cells, shrunk_effects
from credrisk.models.overlap import clustered


def one_cell(size: int) -> pl.DataFrame:
    return cells_of(pl.DataFrame({"age_days": np.full(size, 10.0), "pd": np.full(size, 0.05)}))


def test_one_cell_is_the_posterior_of_a_normal_mean() -> None:
    scores = np.random.default_rng(1).normal(8.0, 20.0, 200)
    found = shrunk_effects(scores, one_cell(200), np.arange(200), prior_days=4.0)
    se = clustered(scores, np.arange(200), float(scores.mean())).se
    before = 4.0**2 + 3 * found.spread**2
    weight = before / (before + se**2)
    assert found.days == pytest.approx(4.0 + weight * (scores.mean() - 4.0))
    assert found.data_share == pytest.approx(weight)
    assert found.sd == pytest.approx((before * (1 - weight)) ** 0.5)
    assert found.level_sd == 4.0


def test_cells_are_the_textbook_posterior_of_their_means() -> None:
    random = np.random.default_rng(2)
    age, pd = random.choice([10.0, 60.0, 120.0], 900), random.choice([0.01, 0.2], 900)
    accounts = pl.DataFrame({"age_days": age, "pd": pd})
    cells, customer = cells_of(accounts), np.arange(900)
    scores = 3.0 + 25.0 * (accounts["age_days"].to_numpy() > 30) + random.normal(0, 15, 900)
    found = shrunk_effects(scores, cells, customer, prior_days=5.0)
    assert found.spread in [multiple * 5.0 for multiple in SPREADS]
    groups = (
        cells.with_columns(score=scores)
        .group_by("age_band", "risk_band")
        .agg(mean=pl.col("score").mean(), variance=pl.col("score").var(ddof=0) / pl.len(), size=pl.len())
    )
    mean, noise = groups["mean"].to_numpy(), np.diag(groups["variance"].to_numpy() * 900 / 899)
    names = groups.select("age_band", "risk_band").rows()
    agree = np.array([[1 + (a[0] == b[0]) + (a[1] == b[1]) for b in names] for a in names], dtype=float)
    assert found.spread > 0
    # The cells' effects are fewer than the cells: a trace of independent variance lets the prior be inverted.
    before = 25.0 + found.spread**2 * agree + 1e-6 * np.eye(len(mean))
    posterior = np.linalg.inv(np.linalg.inv(before) + np.linalg.inv(noise)) @ (
        np.linalg.inv(noise) @ mean + np.linalg.inv(before) @ np.full(len(mean), 5.0)
    )
    own = groups.select("age_band", "risk_band").join(
        found.cells.filter(pl.col("reason") == "unknown"), on=["age_band", "risk_band"], maintain_order="left"
    )
    assert own["days"].to_numpy() == pytest.approx(posterior, abs=1e-3)


def test_cells_that_differ_are_told_apart_and_cells_that_do_not_are_drawn_together() -> None:
    random, size = np.random.default_rng(3), 3_000
    accounts = pl.DataFrame({"age_days": random.choice([10.0, 120.0], size), "pd": np.full(size, 0.05)})
    old = accounts["age_days"].to_numpy() > 90
    noise = random.normal(0, 20, size)

    def spread_between(truth: np.ndarray) -> float:
        found = shrunk_effects(truth + noise, cells_of(accounts), np.arange(size), prior_days=5.0).cells
        days = found.filter((pl.col("risk_band") == "PD 2 to 10 %") & (pl.col("reason") == "unknown"))
        by_age = dict(days.select("age_band", "days").iter_rows())
        return by_age["over 90 days"] - by_age["to 30 days"]

    assert spread_between(np.where(old, 12.0, 0.0)) == pytest.approx(12.0, abs=3.0)
    assert abs(spread_between(np.full(size, 6.0))) < 2.0


def test_without_customers_enough_the_prior_stands() -> None:
    found = shrunk_effects(np.full(5, 50.0), one_cell(5), np.arange(5), prior_days=3.0)
    assert found.days == 3.0
    assert found.data_share == pytest.approx(0.0)
    assert (found.cells["days"] == 3.0).all()


def test_a_belief_of_no_days_may_still_be_moved() -> None:
    scores = np.random.default_rng(4).normal(5.0, 10.0, 2_000)
    found = shrunk_effects(scores, one_cell(2_000), np.arange(2_000), prior_days=0.0)
    assert found.level_sd == LEAST_LEVEL_SD
    assert found.days == pytest.approx(5.0, abs=1.0)


def test_what_the_offers_did_not_say_makes_no_difference_later() -> None:
    """Learnt without PDs and reasons, an account has the effect of its age, whatever its PD or reason."""
    random = np.random.default_rng(5)
    learnt_on = cells_of(pl.DataFrame({"age_days": random.choice([10.0, 120.0], 800)}))
    found = shrunk_effects(random.normal(6, 10, 800), learnt_on, np.arange(800), prior_days=5.0)
    accounts = pl.DataFrame({"age_days": [10.0, 10.0], "pd": [0.01, 0.5], "reason": ["dispute", None]})
    placed = known_cells(accounts, found.cells)
    assert placed["risk_band"].to_list() == placed["reason"].to_list() == ["unknown", "unknown"]
    assert placed["age_band"].to_list() == ["to 30 days"] * 2
    days = placed.join(found.cells, on=["age_band", "risk_band", "reason"], how="left")["days"]
    assert days.null_count() == 0
    assert days[0] == days[1]


def test_bounds_belong_to_the_lower_band_and_unknown_stays_unknown() -> None:
    found = cells_of(
        pl.DataFrame(
            {
                "age_days": [30.0, 30.5, 90.0, 91.0, None],
                "pd_used": [0.02, 0.05, 0.10, 0.11, None],
                "reason": ["dispute", None, None, None, None],
            }
        )
    )
    assert found["age_band"].to_list() == ["to 30 days", "31 to 90 days", "31 to 90 days", "over 90 days", "unknown"]
    assert found["risk_band"].to_list() == ["PD to 2 %", "PD 2 to 10 %", "PD 2 to 10 %", "PD over 10 %", "unknown"]
    assert found["reason"].to_list() == ["dispute", "unknown", "unknown", "unknown", "unknown"]
    bare = cells_of(pl.DataFrame({"customer_id": ["C1"]}))
    assert bare.row(0) == ("unknown", "unknown", "unknown")
