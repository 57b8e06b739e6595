from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import polars as pl
import pytest
from hazard_world import World, make_world

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.measures import PROBABILITY_MEASURES, RANKING_MEASURES
from credrisk.models.outcomes import observed_incidence, recensored, training_rows
from credrisk.models.validation import Validation, validate


@cache
def case() -> tuple[World, Validation]:
    world = make_world(customers=700, months=36, base=0.012, seed=8)
    return world, validate(world.panel, world.labels, samples=60)


def value(found: Validation, model: str, measure: str) -> float:
    return found.metrics.row(by_predicate=(pl.col("model") == model) & (pl.col("measure") == measure), named=True)[
        "value"
    ]


def test_the_model_ranks_better_than_the_baselines() -> None:
    """Over several worlds, for in one of them some tens of events leave the order of two rankings open."""
    worlds = [make_world(customers=700, months=36, base=0.012, seed=seed) for seed in (9, 10, 11)]
    found = [case()[1], *(validate(world.panel, world.labels, samples=1) for world in worlds)]

    def mean(model: str, measure: str) -> float:
        return sum(value(each, model, measure) for each in found) / len(found)

    for baseline in ("share_past_due", "dbt_12m"):
        assert mean("model", "auc") > mean(baseline, "auc") > 0.5
    for each in found:
        assert value(each, "model", "brier") < value(each, "base_rate", "brier")
        assert value(each, "model", "log_loss") < value(each, "base_rate", "log_loss")


def test_every_measure_has_an_interval_around_it() -> None:
    _, found = case()
    assert found.metrics.columns == ["model", "measure", "value", "low", "high", "rows", "events", "reason"]
    measured = set(found.metrics.filter(pl.col("model") == "model")["measure"])
    assert measured == {*RANKING_MEASURES, *PROBABILITY_MEASURES}
    inside = found.metrics.filter((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high")))
    assert inside.height == found.metrics.height
    events = found.predictions.filter(pl.col("event") == 1).select("customer_id", "event_on").n_unique()
    assert set(found.metrics["events"]) == {events}


def test_expected_events_meet_the_truth_out_of_time() -> None:
    """The truth's mean against the forecast's, within four standard deviations of the smallest training set's level."""
    world, found = case()
    truth = world.true_probability(found.predictions["customer_id"].to_list(), 12)
    spread = 1 / float(found.folds["train_events"].min()) ** 0.5
    assert truth.mean() == pytest.approx(found.predictions["pd_12m"].mean(), rel=4 * spread)
    assert spread < 0.25


def test_folds_test_only_what_comes_after_and_is_observed() -> None:
    world, found = case()
    assert found.folds.height == 3
    assert found.folds["train_events"].is_sorted()
    assert set(found.folds["rung"]) <= {"expert_card", "penalised_regression", "booster"}
    for fold in found.folds.iter_rows(named=True):
        tested = found.predictions.filter(pl.col("fold") == fold["fold"])
        assert tested["as_of"].min() == fold["known_on"]
        assert tested["as_of"].max() == fold["tested_to"]
        assert months_after(fold["tested_to"], 12) <= world.end
        assert tested.height == fold["rows"]
    keys = found.predictions.select("customer_id", "as_of")
    assert keys.n_unique() == keys.height


def test_a_fold_is_what_fitting_by_hand_at_its_date_gives() -> None:
    world, found = case()
    fold = found.folds.row(1, named=True)
    known_on = fold["known_on"]
    rows = training_rows(
        world.panel.filter(pl.col("as_of") < known_on),
        recensored(world.labels, known_on, target="bad_debt"),
        target="bad_debt",
    )
    model = BadDebtModel(horizons=(12,)).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    tested = found.predictions.filter(pl.col("fold") == 2)
    joined = tested.join(world.panel, on=["customer_id", "as_of"], how="left", maintain_order="left")
    by_hand = model.predict_pd(joined.select(rows.X.columns), output="polars")["pd_12m"]
    assert by_hand.to_list() == tested["pd_12m"].to_list()


def test_what_comes_after_a_fold_changes_nothing_in_it() -> None:
    """Labels known only after the first fold's date, moved or removed: its predictions stay, to the last bit."""
    world, found = case()
    known_on = found.folds["known_on"][0]
    later = pl.col("bad_debt_on") > known_on
    moved = world.labels.with_columns(
        bad_debt_on=pl.when(later).then(pl.lit(known_on + timedelta(days=1))).otherwise("bad_debt_on"),
        left_on=pl.when(pl.col("left_on") > known_on).then(None).otherwise("left_on"),
    )
    assert not moved.equals(world.labels)
    again = validate(world.panel, moved, samples=1)
    one, two = (v.predictions.filter(pl.col("fold") == 1) for v in (found, again))
    both = one.join(two, on=["customer_id", "as_of"])
    assert both.height > 100
    assert both["pd_12m"].to_list() == both["pd_12m_right"].to_list()


def test_too_few_events_are_not_measured_and_the_reason_is_said() -> None:
    world = make_world(customers=60, months=36, base=0.0004, seed=1)
    found = validate(world.panel, world.labels)
    assert found.metrics["measure"].to_list() == ["not_measured"]
    assert found.metrics["value"].to_list() == [None]
    assert found.metrics["reason"][0]


def test_a_short_history_is_not_measured() -> None:
    world = make_world(customers=60, months=10, base=0.02)
    found = validate(world.panel, world.labels)
    assert "no date has both a history" in found.metrics["reason"][0]
    assert found.folds.is_empty()


def test_other_targets_keep_their_names_and_pandas_is_taken() -> None:
    world = make_world(customers=150, months=30, base=0.02, targets=("late30", "default"))
    found = validate(world.panel.to_pandas(), world.labels.to_pandas(), target="late30", months=6, samples=5)
    assert "p_late30_6m" in found.predictions.columns
    assert not any(name.startswith("pd_") for name in found.predictions.columns)
    assert found.target == "late30"


def test_a_horizon_of_calendar_months_is_observed_in_full() -> None:
    """365 days are 11.99 mean months; the test of twelve calendar months must still count them."""
    world = make_world(customers=100, months=30, base=0.02)
    found = validate(world.panel, world.labels, samples=1)
    last = found.predictions["as_of"].max()
    assert isinstance(last, date)
    assert months_after(last, 12) == world.end


def test_dates_of_which_a_verdict_may_be_awaited_are_not_tested_while_there_are_older_ones() -> None:
    world = make_world(customers=120, months=30, base=0.02)
    last = months_after(world.end, -12)

    def found(waits: str, decided_to: date) -> Validation:
        """One customer waited once; which date it was does not matter, and whether others wait neither."""
        one = pl.col("customer_id") == world.labels["customer_id"].min()
        own = pl.when(one).then(pl.lit(decided_to)).otherwise("observed_to")
        told = pl.when(one).then(pl.lit(waits))
        labels = world.labels.with_columns(bad_debt_observed_to=own, bad_debt_waits=told)
        return validate(world.panel, labels, samples=1, model=BadDebtModel(rung="expert_card"))

    decided = found("2022-03-01/2022-04-30", world.end)
    assert decided.predictions["as_of"].max() == months_after(last, -2)
    assert decided.undecided == 0
    # Where no date is old enough, the rows that are decided are tested, and the others are counted.
    slow = found("2022-03-01/2031-03-01", world.labels["as_of"].min())
    assert slow.predictions["as_of"].max() == last
    assert slow.undecided > 0
    theirs = slow.predictions.filter(pl.col("customer_id") == world.labels["customer_id"].min())
    assert theirs["event"].min() in (None, 1.0)


def test_progress_is_told_and_parameters_are_checked() -> None:
    world = make_world(customers=60, months=30, base=0.02)
    steps: list[tuple[str, int, int]] = []
    validate(world.panel, world.labels, samples=1, folds=2, progress=lambda *step: steps.append(step))
    assert steps == [("Validating", 0, 2), ("Validating", 1, 2), ("Validating", 2, 2)]
    with pytest.raises(ParameterError, match="folds"):
        validate(world.panel, world.labels, folds=0)


def test_a_fold_whose_horizon_cannot_be_measured_has_its_reason_and_no_predictions() -> None:
    world = make_world(customers=120, months=48, base=0.012, seed=8)
    found = validate(world.panel, world.labels, months=24, model=BadDebtModel(horizons=(12, 24), trees=5), samples=2)
    unmeasured = found.folds.filter(pl.col("reason").is_not_null())
    assert unmeasured.height > 0
    assert unmeasured["auc"].null_count() == unmeasured.height
    assert "24 months" in unmeasured["reason"][0]
    if found.predictions.height:
        assert not set(unmeasured["fold"]) & set(found.predictions["fold"])
        assert found.predictions["pd_24m"].null_count() == 0


def test_the_base_rate_is_the_cumulative_incidence_of_the_training_rows() -> None:
    world, found = case()
    for fold in found.folds.iter_rows(named=True):
        past = recensored(world.labels, fold["known_on"], target="bad_debt")
        share = observed_incidence(training_rows(world.panel, past, target="bad_debt").y, 12)
        assert set(found.predictions.filter(pl.col("fold") == fold["fold"])["base_rate"]) == {share}


def test_months_beyond_the_model_are_refused() -> None:
    world, _ = case()
    with pytest.raises(ParameterError, match="longest horizon"):
        validate(world.panel, world.labels, months=24, model=BadDebtModel(horizons=(12,)))
