"""The search for the booster's size: in time order, deterministic, and shy of chance."""

from __future__ import annotations

import types
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world
from scipy.special import ndtr, ndtri

from credrisk.errors import EvidenceError, ParameterError
from credrisk.models import tuning
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.booster import BoosterSettings, fit_booster
from credrisk.models.evidence import usable
from credrisk.models.intervals import interval_edges
from credrisk.models.outcomes import TrainingRows
from credrisk.models.rows import feature_matrix, read_rows
from credrisk.models.tuning import GRID, Tuning, tune

CUT = date(2024, 1, 31)


@cache
def rows() -> TrainingRows:
    return make_world(customers=400, months=30, base=0.012, seed=6).rows()


@cache
def searched() -> Tuning:
    return tune(rows(), trials=4, known_on=CUT, max_rows=8_000)


def test_every_trial_is_told_and_the_standard_stays_unless_clearly_beaten() -> None:
    found = searched()
    assert found.tried.height == 4
    assert found.tried["standard"].sum() == found.tried["chosen"].sum() == 1
    assert found.tried["loss"].is_sorted()
    assert (found.tried["loss"] < 0).any()
    standard = found.tried.filter("standard").row(0, named=True)
    assert standard["than_standard"] == 0
    sizes = ("trees", *GRID)
    assert {name: standard[name] for name in sizes} == {name: getattr(BadDebtModel(), name) for name in sizes}
    chosen = found.tried.filter("chosen").row(0, named=True)
    assert found.parameters == {name: chosen[name] for name in ("trees", *GRID)}
    assert chosen["standard"] or chosen["than_standard"] < -ndtri(1 - ndtr(-1) / 3) * chosen["standard_error"]
    model = BadDebtModel(**found.parameters).fit(rows().X, rows().y, as_of=rows().as_of, groups=rows().groups)
    assert model.trees == chosen["trees"]


def test_the_standard_is_judged_as_the_model_is_fitted() -> None:
    model = BadDebtModel()
    settings = BoosterSettings(model.trees, model.leaves, model.learning_rate, model.shrinkage_events, 1, 0)
    names, values = feature_matrix(rows().X)
    known = read_rows(values, rows().y, as_of=rows().as_of, groups=rows().groups)
    known = known.known_on(int(np.datetime64(CUT, "D").astype(np.int64)))
    edges = interval_edges(model.horizons)
    features, known, _ = usable(names, known)
    losses = []
    for fold in tuning._folds(known, edges, 8_000, 0):
        fitted = fit_booster(
            fold.early_values, features, fold.early, edges=edges, first_events=fold.early_events, settings=settings
        )
        told = fitted.log_intensity(fold.later_values)[fold.later.row, fold.later.interval]
        losses.append(tuning._loss(told, fold).sum())
    assert searched().tried.filter("standard")["loss"].item() == pytest.approx(np.mean(losses), rel=1e-6)


def test_the_best_of_many_sizes_that_are_no_better_is_seldom_taken() -> None:
    """24 trials of chance: at most 16 % of searches, and two standard errors of 100 searches, leave the standard."""
    rng = np.random.default_rng(0)
    fold = types.SimpleNamespace(later_customer=np.arange(300))
    trial = dict.fromkeys(GRID, 1.0)
    left = []
    for _ in range(100):
        found = [(trial, 1, rng.normal(size=300)) for _ in range(25)]
        left.append(not tuning._told(found, [fold]).tried.filter("chosen")["standard"].item())  # type: ignore[list-item]
    assert np.mean(left) < 0.16 + 2 * np.sqrt(0.16 * 0.84 / 100)
    found[7] = (trial, 1, found[0][2] + rng.normal(-0.3, 1.0, 300))
    better = tuning._told(found, [fold])  # type: ignore[list-item]
    assert not better.tried.filter("chosen")["standard"].item()
    assert "needed" in better.reason


def test_the_same_seed_gives_the_same_search_and_no_budget_the_first_trial() -> None:
    again = tune(rows(), trials=4, known_on=CUT, max_rows=8_000)
    assert again.tried.equals(searched().tried)
    assert again.parameters == searched().parameters
    first = tune(rows(), trials=4, budget_seconds=0, known_on=CUT, max_rows=8_000)
    assert first.tried["standard"].to_list() == [True]
    assert "1 trials" in first.reason


def test_nothing_from_the_day_on_enters() -> None:
    """Rows and outcomes from ``known_on`` on may be anything."""
    late = (rows().as_of >= CUT).to_numpy()
    rng = np.random.default_rng(0)
    X = rows().X.with_columns(
        pl.Series(name, np.where(late, rng.normal(size=len(late)), rows().X[name].to_numpy())).fill_nan(None)
        for name in rows().X.columns
    )
    seen = (np.datetime64(CUT) - rows().as_of.to_numpy().astype("datetime64[D]")).astype(int) / 30.4375
    months = rows().y["months"].to_numpy()
    later = months > seen
    y = rows().y.with_columns(
        event=pl.Series(np.where(later, rng.integers(0, 3, len(late)), rows().y["event"].to_numpy()), dtype=pl.Int8),
        months=pl.Series(np.where(later, np.maximum(seen, 0) + rng.uniform(0.1, 9, len(late)), months)),
    )
    other = tune(TrainingRows(X, y, rows().as_of, rows().groups), trials=2, known_on=CUT, max_rows=8_000)
    assert other.tried.equals(tune(rows(), trials=2, known_on=CUT, max_rows=8_000).tried)


def test_the_loss_is_the_poisson_likelihood_against_a_constant_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no tree grown the booster is the constant rate, and the loss is nothing."""
    monkeypatch.setattr(tuning, "MOST_TREES", 1)
    monkeypatch.setitem(tuning.GRID, "learning_rate", (1e-12,))
    found = tune(rows(), trials=2, known_on=CUT, max_rows=8_000)
    tiny = found.tried.filter(pl.col("learning_rate") == 1e-12)
    assert tiny["loss"].to_list() == pytest.approx([0.0] * tiny.height, abs=1e-6)


def test_too_few_events_and_wrong_budgets() -> None:
    few = make_world(customers=60, months=24, base=0.004, seed=1).rows()
    with pytest.raises(EvidenceError, match="Keep the standard"):
        tune(few)
    with pytest.raises(ParameterError, match="trials"):
        tune(few, trials=0)
    with pytest.raises(ParameterError, match="budget_seconds"):
        tune(few, budget_seconds=-1)
