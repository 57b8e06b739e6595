from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import pytest
from hazard_world import World, make_world
from scipy.special import ndtri
from scipy.stats import rankdata

from credrisk.dates import months_after
from credrisk.errors import DataError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.rivals import LARGEST_QUANTILE, RIVALS, NormalScores, complete_rows, rival_predictions
from credrisk.models.validation import Validation, validate


@cache
def world() -> World:
    return make_world(customers=300, months=30, base=0.01, seed=8)


@cache
def back_test() -> Validation:
    model = BadDebtModel(horizons=(6,), rung="expert_card")
    return validate(world().panel, world().labels, months=6, model=model, folds=1, samples=1)


def test_normal_scores_are_those_of_the_mean_ranks() -> None:
    rng = np.random.default_rng(0)
    column = rng.integers(0, 30, 500).astype(float)
    column[::7] = np.nan
    known = column[~np.isnan(column)]
    scores = NormalScores(column[:, None]).transform(column[:, None])
    share = np.clip((rankdata(known) - 0.5) / len(known), 1 - LARGEST_QUANTILE, LARGEST_QUANTILE)
    np.testing.assert_allclose(scores[~np.isnan(column), 0], ndtri(share))
    assert (scores[np.isnan(column), 0] == 0).all()
    np.testing.assert_array_equal(scores[:, 1], np.isnan(column))


def test_values_beyond_the_training_rows_and_columns_of_nulls_are_borne() -> None:
    training = np.column_stack([np.arange(10.0), np.full(10, np.nan)])
    scores = NormalScores(training).transform(np.array([[-5.0, 3.0], [50.0, np.nan]]))
    assert scores.shape == (2, 2)
    assert scores[:, 0] == pytest.approx(ndtri([1 - LARGEST_QUANTILE, LARGEST_QUANTILE]))
    assert (scores[:, 1] == 0).all()


def test_complete_rows_are_those_watched_for_the_whole_horizon_by_then() -> None:
    known_on, months = date(2023, 9, 30), 6
    found = complete_rows(world().panel, world().labels, known_on=known_on, target="bad_debt", months=months)
    wanted = {}
    for row in world().labels.iter_rows(named=True):
        end = months_after(row["as_of"], months)
        if end <= known_on:
            on, left = row["bad_debt_on"], row["left_on"]
            wanted[row["customer_id"], row["as_of"]] = float(
                on is not None and on <= end and (left is None or on <= left)
            )
    told = {(row[0], row[1]): row[2] for row in found.select("customer_id", "as_of", "event").iter_rows()}
    assert told == wanted
    assert 0 < found["event"].sum() < found.height


def test_every_rival_answers_every_row_and_learns_something() -> None:
    """Two features tell here; a booster on all must rank better than the base rate's 0.5 by far."""
    found = rival_predictions(world().panel, world().labels, back_test())
    assert found.select("customer_id", "as_of").equals(back_test().predictions.select("customer_id", "as_of"))
    assert found.columns == ["fold", "customer_id", "as_of", "event", *RIVALS]
    event = found["event"].to_numpy() > 0
    for name in ("direct_booster", "plain_lightgbm", "logistic_regression", "average_days_late"):
        told = found[name].to_numpy()
        assert ((told > 0) & (told < 1)).all()
        assert told[event].mean() > 1.2 * told[~event].mean(), name
    for name in ("ageing", "paydex_style", "altman_z"):
        assert found[name].is_null().all(), f"the panel lacks the figure of {name}"


def test_the_directed_rival_has_the_size_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, float]] = []
    train = lightgbm.train

    def watched(parameters: dict[str, Any], data: Any, num_boost_round: int) -> Any:
        asked.append((num_boost_round, parameters["num_leaves"], parameters["learning_rate"]))
        return train(parameters, data, num_boost_round=num_boost_round)

    monkeypatch.setattr(lightgbm, "train", watched)
    rows = world().rows()
    values, event = rows.X.select("dbt_12m").to_numpy(), (rows.y["event"].to_numpy() == 1).astype(float)
    RIVALS["direct_booster"](values, event, np.zeros(len(event)), ("dbt_12m",), 0)
    assert asked == [(200, 4, 0.1)]


def test_a_rival_knows_nothing_of_what_came_after_the_fold() -> None:
    known_on = back_test().folds["known_on"][0]
    later = pl.col("bad_debt_on") > known_on
    changed = world().labels.with_columns(
        bad_debt_on=pl.when(later).then(None).otherwise("bad_debt_on"), left_on=pl.lit(None, pl.Date)
    )
    kept = world().labels.with_columns(left_on=pl.when(pl.col("left_on") <= known_on).then("left_on"))
    changed = changed.with_columns(kept["left_on"])
    names = ["direct_booster", "logistic_regression", "average_days_late"]
    before, after = (
        rival_predictions(world().panel, labels, back_test(), rivals=names).select(names)
        for labels in (world().labels, changed)
    )
    assert before.equals(after)


def test_nothing_measured_is_nothing_to_compare() -> None:
    empty = Validation(pl.DataFrame(), pl.DataFrame(), pl.DataFrame(), "bad_debt", 6)
    with pytest.raises(DataError, match="no row"):
        rival_predictions(world().panel, world().labels, empty)
