"""Monitoring on a world with a known rate: quiet when nothing changed, loud when inputs or outcomes did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hazard_world import World, make_world

from credrisk.dates import months_after
from credrisk.errors import EvidenceError, ModelFileError, ParameterError
from credrisk.models.assessment_parts import grade_frame
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.master_scale import MasterScale
from credrisk.models.monitoring import (
    Monitoring,
    _grade_alert,
    _one_horizon,
    _realised_alerts,
    monitor,
    times_as_many,
)
from credrisk.models.outcomes import recensored, training_rows
from credrisk.models.points_view import model_points
from credrisk.models.reference import Reference, reference_of, reference_path
from credrisk.reports.monitoring_page import MonitoringPack, monitoring_json

SCALE = MasterScale(("A", "B", "C", "D", "E", "F", "G"), (0.0, 0.04, 0.06, 0.08, 0.11, 0.15, 0.25))
FITTED_ON = date(2023, 12, 31)
NOW = date(2025, 1, 31)


@cache
def world() -> World:
    return make_world(customers=700, months=40, base=0.008, seed=6)


@cache
def fitted() -> tuple[BadDebtModel, Reference]:
    past = recensored(world().labels, FITTED_ON, target="bad_debt")
    rows = training_rows(world().panel, past, target="bad_debt")
    model = BadDebtModel(horizons=(3, 6, 12)).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    industries = pl.DataFrame({"industry": ["steel", "retail"]})
    return model, reference_of(
        model, rows.X, as_of=rows.as_of, customers=rows.groups, observed_to=FITTED_ON, attributes=industries
    )


def now_labels(labels: pl.DataFrame) -> pl.DataFrame:
    today = labels.filter(pl.col("as_of") == NOW)
    return pl.concat([recensored(labels, NOW, target="bad_debt"), today.with_columns(bad_debt_on=None, left_on=None)])


def judged(panel: pl.DataFrame | None = None, labels: pl.DataFrame | None = None, **options: object) -> Monitoring:
    model, reference = fitted()
    return monitor(
        model,
        world().panel if panel is None else panel,
        now_labels(world().labels if labels is None else labels),
        reference=reference,
        scale=SCALE,
        as_of=NOW,
        **options,  # type: ignore[arg-type]
    )


def subjects(found: Monitoring) -> set[str]:
    return set(found.alerts["subject"])


def test_an_unchanged_world_raises_nothing() -> None:
    found = judged()
    assert found.worst == ""
    assert found.customers == world().panel.filter(pl.col("as_of") == NOW).height
    assert found.realised["months"].to_list() == [3, 6, 12]


def test_who_awaits_a_verdict_is_left_out_and_the_note_says_so() -> None:
    cohort = months_after(NOW, -6)
    good = world().labels.filter((pl.col("as_of") == cohort) & pl.col("bad_debt_on").is_null())["customer_id"][0]
    own = pl.when(pl.col("customer_id") == good).then(cohort).otherwise("observed_to")
    found = judged(labels=world().labels.with_columns(bad_debt_observed_to=own))
    before, after = (each.realised.row(by_predicate=pl.col("months") == 6, named=True) for each in (judged(), found))
    assert after["customers"] == before["customers"] - 1
    assert after["events"] == before["events"]
    assert any(note.startswith(f"1 of the customers of {cohort} await") for note in found.notes)
    assert not any("await" in note for note in judged().notes)


def test_realised_events_are_counted_as_by_hand() -> None:
    row = judged().realised.row(by_predicate=pl.col("months") == 6, named=True)
    cohort, end = months_after(NOW, -6), NOW
    rows = world().labels.filter(pl.col("as_of") == cohort)
    before_leaving = pl.col("left_on").is_null() | (pl.col("bad_debt_on") <= pl.col("left_on"))
    assert row["from"] == cohort
    assert row["customers"] == rows.height
    assert row["events"] == rows.filter((pl.col("bad_debt_on") <= end) & before_leaving).height
    features = world().panel.filter(pl.col("as_of") == cohort)
    model = fitted()[0]
    pds = model.predict_pd(features.select(model.feature_names_in_.tolist()), horizons=[6], output="polars")
    assert row["expected"] == pytest.approx(pds["pd_6m"].sum())
    assert row["observed_to_expected"] == pytest.approx(row["events"] / row["expected"])


def test_outcomes_that_the_model_learnt_from_are_not_counted() -> None:
    model, reference = fitted()
    early = months_after(FITTED_ON, 4)
    labels = recensored(world().labels, early, target="bad_debt")
    today = world().labels.filter(pl.col("as_of") == early).with_columns(bad_debt_on=None, left_on=None)
    found = monitor(model, world().panel, pl.concat([labels, today]), reference=reference, scale=SCALE, as_of=early)
    assert found.realised["months"].to_list() == [3]
    assert sum("can be judged from" in note for note in found.notes) == 2


def test_twice_as_many_events_as_predicted_are_an_alarm() -> None:
    """Every second customer without an event gets one within the year: far more than a bad year explains."""
    labels = world().labels
    number = pl.col("customer_id").str.slice(1).cast(pl.Int64)
    failed = (number % 2 == 0) & pl.col("bad_debt_on").is_null() & pl.col("left_on").is_null()
    worse = labels.with_columns(
        bad_debt_on=pl.when(failed & (pl.col("as_of") < date(2024, 9, 15)))
        .then(pl.lit(date(2024, 9, 15)))
        .otherwise("bad_debt_on")
    )
    found = judged(labels=worse)
    assert found.worst == "alarm"
    assert "came true, 12 months" in subjects(found)
    message = found.alerts.filter(pl.col("subject") == "came true, 12 months")["message"][0]
    assert "more than a bad year explains" in message


def test_a_shifted_feature_and_its_scores_ask_for_attention() -> None:
    later = pl.col("as_of") == NOW
    shifted = world().panel.with_columns(dbt_12m=pl.when(later).then(pl.col("dbt_12m") + 12).otherwise("dbt_12m"))
    found = judged(shifted)
    assert {"drift of features", "probabilities"} <= subjects(found)
    assert found.drift.row(0, named=True)["feature"] == "dbt_12m"
    assert found.drift.row(0, named=True)["drift"] == "large"
    assert found.score["psi"] > 0.25  # type: ignore[operator]


def test_values_missing_today_and_values_missing_from_the_past_are_told_apart() -> None:
    rng = np.random.default_rng(1)
    ids = world().panel["customer_id"].unique().sort()
    gone = pl.col("customer_id").is_in(rng.choice(ids.to_numpy(), 70, replace=False).tolist())
    for when, subject in ((pl.lit(True), "rows missing"), (pl.col("as_of") == NOW, "missing values")):
        share = gone if subject == "rows missing" else pl.col("customer_id").hash(1) % 3 == 0
        blank = world().panel.with_columns(utilisation=pl.when(when & share).then(None).otherwise("utilisation"))
        found = judged(blank)
        assert any(one.startswith(subject) for one in subjects(found)), (subject, found.alerts)
        assert found.worst in {"attention", "alarm"}


def test_new_categories_are_told_with_their_share() -> None:
    customers = pl.DataFrame({"industry": ["steel"] * 95 + ["mining"] * 5})
    found = judged(attributes=customers)
    alert = found.alerts.row(by_predicate=pl.col("subject") == "new categories", named=True)
    assert "mining (5 of 100 customers)" in alert["message"]
    assert alert["severity"] == "attention"


def test_a_reference_goes_to_json_and_back_and_damage_is_refused(tmp_path: Path) -> None:
    reference = fitted()[1]
    path = reference_path(tmp_path / "bad_debt")
    assert path.name == "bad_debt.reference.json"
    reference.write(path)
    assert Reference.read(path) == reference
    stored = json.loads(path.read_text())
    for broken in ("{", "[]", "{}", json.dumps(stored | {"score": {}}), json.dumps(stored | {"first_on": 3})):
        path.write_text(broken)
        with pytest.raises(ModelFileError):
            Reference.read(path)
    with pytest.raises(ModelFileError, match="cannot be read"):
        Reference.read(tmp_path / "none.json")


def test_the_reference_takes_the_last_year_of_training_dates() -> None:
    reference = fitted()[1]
    assert (reference.first_on, reference.last_on) == (date(2022, 12, 31), date(2023, 11, 30))
    rows = world().panel.filter(pl.col("as_of").is_between(reference.first_on, reference.last_on))
    assert reference.rows == rows.height
    assert reference.features["dbt_12m"].bands.rows == rows.height
    null_share = rows.group_by("as_of").agg(pl.col("utilisation").is_null().mean().alias("share"))["share"]
    assert reference.features["utilisation"].null_high == pytest.approx(null_share.max())


def test_a_reference_knows_its_model_and_no_other_of_the_same_features(tmp_path: Path) -> None:
    model, reference = fitted()
    model.save(tmp_path / "model")
    assert BadDebtModel.load(tmp_path / "model").hash_ == model.hash_ == reference.model
    rows = world().rows()
    other = BadDebtModel(horizons=(3, 6, 12)).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    renamed = {("bogus" if name == "dbt_12m" else name): spread for name, spread in reference.features.items()}
    for judge, held in ((other, reference), (model, replace(reference, features=renamed))):
        with pytest.raises(ParameterError, match="reference of this model"):
            monitor(judge, world().panel, now_labels(world().labels), reference=held, scale=SCALE, as_of=NOW)


def test_a_cohort_within_what_the_model_has_seen_is_not_judged() -> None:
    """The last training date is 30 November, but outcomes were known until the day of fitting, 31 December."""
    model, reference = fitted()
    day = months_after(reference.last_on, 3)
    labels = recensored(world().labels, day, target="bad_debt")
    today = world().labels.filter(pl.col("as_of") == day).with_columns(bad_debt_on=None, left_on=None)
    found = monitor(model, world().panel, pl.concat([labels, today]), reference=reference, scale=SCALE, as_of=day)
    assert found.realised.is_empty()
    assert "can be judged from 2024-03-31 on" in found.notes[0]


def test_a_horizon_that_was_not_measured_is_left_out_and_told() -> None:
    past = recensored(world().labels, date(2023, 6, 30), target="bad_debt")
    rows = training_rows(world().panel, past, target="bad_debt")
    model = BadDebtModel(horizons=(12, 24), trees=10).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    assert model.measured_horizons_ == (12,)
    reference = reference_of(model, rows.X, as_of=rows.as_of, customers=rows.groups, observed_to=date(2023, 6, 30))
    assert reference.months == 12
    assert sum(reference.score.bands.counts[:-1]) == reference.rows
    found = monitor(model, world().panel, now_labels(world().labels), reference=reference, scale=SCALE, as_of=NOW)
    assert found.realised["months"].to_list() == [12]
    assert found.score["mean_before"] == reference.mean > 0
    assert any("24 months is not judged" in note for note in found.notes)
    pack = MonitoringPack(as_of=NOW, currency="EUR", event="bad debt", found=found)
    assert json.loads(monitoring_json(pack))["score"]["psi"] is not None
    nothing = replace(found, score={"psi": float("nan"), "limit": 0.1})
    assert json.loads(monitoring_json(replace(pack, found=nothing)))["score"]["psi"] is None
    points = model_points(model, rows.X.head(5), output="polars")
    narrow = BadDebtModel(horizons=(12,), trees=10).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    assert points["score"].to_list() == model_points(narrow, rows.X.head(5), output="polars")["score"].to_list()


def test_a_short_horizon_is_graded_by_the_year() -> None:
    """Three months' probabilities on the scale of twelve would put nearly everybody into the best grades."""
    model, reference = fitted()
    day = months_after(FITTED_ON, 4)
    labels = recensored(world().labels, day, target="bad_debt")
    today = world().labels.filter(pl.col("as_of") == day).with_columns(bad_debt_on=None, left_on=None)
    found = monitor(model, world().panel, pl.concat([labels, today]), reference=reference, scale=SCALE, as_of=day)
    rows = world().panel.filter(pl.col("as_of") == months_after(day, -3))
    pds = model.predict_pd(rows.select(model.feature_names_in_.tolist()), output="polars")
    counted = dict(SCALE.grades(pds["pd_12m"]).value_counts().iter_rows())
    assert found.grades["customers"].to_list() == [counted.get(name, 0) for name in SCALE.names]
    last = found.grades.filter(pl.col("customers") > 0).row(-1, named=True)
    own = pds.filter(SCALE.grades(pds["pd_12m"]) == last["grade"])
    assert last["predicted"] == pytest.approx(own["pd_3m"].mean())
    assert "within 3 months" in found.graded_by


def test_words_on_other_targets_do_not_speak_of_limits() -> None:
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"as_of": [NOW] * 2000, "probability": rng.beta(1, 20, 2000)})
    for share, target in ((0.0, "late30"), (0.5, "late30"), (0.5, "bad_debt")):
        events = rows.with_columns(event=pl.Series((rng.random(2000) < share).astype(float)))
        alerts: list[dict[str, str]] = []
        _realised_alerts(_one_horizon(events, NOW, 12, 0.03), target, alerts)
        _grade_alert(12, grade_frame(events, SCALE, months=12, correlation=0.03), target, alerts)
        assert alerts
        assert any("limits" in alert["remedy"] for alert in alerts) == (target == "bad_debt")


def test_grades_are_tested_over_the_longest_horizon_only() -> None:
    labels = world().labels
    failed = pl.col("bad_debt_on").is_null() & pl.col("left_on").is_null()
    worse = labels.with_columns(
        bad_debt_on=pl.when(failed & (pl.col("as_of") < date(2025, 1, 15)))
        .then(pl.lit(date(2025, 1, 15)))
        .otherwise("bad_debt_on")
    )
    graded = [subject for subject in subjects(judged(labels=worse)) if subject.startswith("grades")]
    assert graded == ["grades, 12 months"]


def test_a_foreign_reference_and_an_empty_day_are_refused() -> None:
    model, reference = fitted()
    other = BadDebtModel(horizons=(12,)).fit(
        (rows := world().rows()).X.drop("dbt_12m"), rows.y, as_of=rows.as_of, groups=rows.groups
    )
    with pytest.raises(ParameterError, match="reference"):
        monitor(other, world().panel, world().labels, reference=reference, scale=SCALE, as_of=NOW)
    with pytest.raises(EvidenceError, match="no customer is at risk"):
        monitor(model, world().panel, world().labels, reference=reference, scale=SCALE, as_of="2031-01-31")


@pytest.mark.parametrize(
    ("events", "expected", "customers", "severity", "words"),
    [
        (14, 7.37, 500, "attention", "about twice as many came true (95 % interval 1.09 to 3.07, so not 1"),
        (9, 4.09, 476, "attention", "the chance of so many is 1.5 %, and only below 1 % is tested"),
        (4, 11.0, 500, "attention", "only 0.36 times as many came true (95 % interval 0.12 to 0.86, so not 1)"),
        (1, 1.83, 476, None, ""),
        (10, 7.37, 500, None, ""),
    ],
)
def test_an_interval_that_excludes_1_asks_for_attention_and_alarms_nobody(
    events: int, expected: float, customers: int, severity: str | None, words: str
) -> None:
    outcome = np.concatenate([np.ones(events), np.zeros(customers - events)])
    rows = pl.DataFrame({"event": outcome, "probability": np.full(customers, expected / customers)})
    row = _one_horizon(rows, date(2024, 12, 31), 12, 0.03)
    raised: list[dict[str, str]] = []
    _realised_alerts(row, "bad_debt", raised)
    assert [alert["severity"] for alert in raised] == ([severity] if severity else [])
    assert (severity is not None) == (row["low"] > 1 or row["high"] < 1)
    assert words in (raised[0]["message"] if raised else "")


def test_a_ratio_is_said_in_words_only_where_it_is_near() -> None:
    assert times_as_many(1.9) == "about twice as many"
    assert times_as_many(2.8) == "about three times as many"
    assert times_as_many(1.4) == "1.4 times as many"
