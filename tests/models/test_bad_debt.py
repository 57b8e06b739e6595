from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import World, make_world
from sklearn.exceptions import NotFittedError

from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.features.catalogue import catalogue, declare
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.explain import LEAST_RAISE, NOTHING_RAISES, sentence
from credrisk.models.outcomes import PREFIXES, TrainingRows
from credrisk.models.points_view import model_points
from credrisk.models.what_changed import what_changed

NAN = float("nan")

RATE_BY_RUNG = {"expert_card": (150, 0.002), "penalised_regression": (300, 0.005), "booster": (700, 0.012)}


@cache
def world(rung: str) -> World:
    customers, base = RATE_BY_RUNG[rung]
    return make_world(customers=customers, base=base, seed=4)


def fit(rows: TrainingRows, **parameters: object) -> BadDebtModel:
    return BadDebtModel(**parameters).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)  # type: ignore[arg-type]


@cache
def fitted(rung: str) -> BadDebtModel:
    return fit(world(rung).rows())


def with_events(rows: TrainingRows, count: int) -> TrainingRows:
    """Keep the rows of ``count`` customers with an event and of all without."""
    hit = rows.y["event"] == 1
    chosen = rows.groups.filter(hit).unique().sort().head(count)
    keep = ~rows.groups.is_in(rows.groups.filter(hit).unique().implode()) | rows.groups.is_in(chosen.implode())
    return TrainingRows(rows.X.filter(keep), rows.y.filter(keep), rows.as_of.filter(keep), rows.groups.filter(keep))


@pytest.mark.parametrize(
    ("events", "rung"),
    [
        (1, "expert_card"),
        (9, "expert_card"),
        (10, "penalised_regression"),
        (99, "penalised_regression"),
        (100, "booster"),
    ],
)
def test_the_rung_follows_the_distinct_events(events: int, rung: str) -> None:
    rows = with_events(world("booster").rows(), events)
    model = fit(rows, trees=5)
    assert model.evidence_["first_events"] == events
    assert model.rung_ == rung
    assert model.evidence_["event_rows"] > events or events == 1


def test_no_event_is_no_evidence() -> None:
    rows = with_events(world("booster").rows(), 0)
    with pytest.raises(EvidenceError, match=r"No bad debt within 12 months .* add them: write-offs .* credit_events"):
        fit(rows)


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_probabilities_rise_with_the_horizon_and_follow_the_truth(rung: str) -> None:
    rows, model = world(rung).rows(), fitted(rung)
    assert model.rung_ == rung
    found = model.predict_pd(rows.X)
    assert found.columns.tolist() == ["pd_3m", "pd_6m", "pd_12m"]
    assert ((found > 0) & (found < 1)).all(axis=None)
    assert (found["pd_3m"] < found["pd_6m"]).all()
    assert (found["pd_6m"] < found["pd_12m"]).all()
    truth = world(rung).true_probability(rows.groups.to_list(), 12)
    ranks = np.corrcoef(pd.Series(truth).rank(), found["pd_12m"].rank())[0, 1]
    assert ranks > 0.7


@pytest.mark.parametrize(("rung", "base"), [("booster", 0.01), ("penalised_regression", 0.005)])
def test_later_customers_meet_the_predicted_number_of_events(rung: str, base: float) -> None:
    """Fresh customers: observed events within four standard deviations of the expected, those of the fit included."""
    train, fresh = (make_world(customers=1500, months=18, base=base, seed=seed) for seed in (11, 12))
    model = fit(train.rows(), rung=rung)
    first = fresh.panel.group_by("customer_id", maintain_order=True).first()
    ids = first["customer_id"].to_list()
    expected = model.predict_pd(first.select(train.rows().X.columns))["pd_12m"].to_numpy()
    truth = fresh.true_probability(ids, 12)
    of_fit = expected.sum() / np.sqrt(model.evidence_["first_events"])
    of_binomial = np.sqrt((truth * (1 - truth)).sum())
    event = np.random.default_rng(0).random(len(ids)) < truth
    assert abs(event.sum() - expected.sum()) < 4 * np.hypot(of_fit, of_binomial)
    for part in np.array_split(np.argsort(expected), 3):
        spread = np.hypot(expected[part].sum() / np.sqrt(model.evidence_["first_events"] / 3), of_binomial)
        assert abs(truth[part].sum() - expected[part].sum()) < 4 * spread


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_the_rate_moves_only_in_the_worse_direction(rung: str) -> None:
    rows, model = world(rung).rows(), fitted(rung)
    sample = rows.X.head(60)
    for name, entry in catalogue(rows.X.columns).items():
        if entry.worse == "none":
            continue
        steps = np.linspace(rows.X[name].min(), rows.X[name].max(), 12)
        rates = np.stack([model.log_intensities(sample.with_columns(pl.lit(step).alias(name))) for step in steps])
        change = np.diff(rates, axis=0) * (1 if entry.worse == "higher" else -1)
        assert change.min() >= -1e-12, name


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_contributions_sum_to_the_mean_log_rate(rung: str) -> None:
    rows, model = world(rung).rows(), fitted(rung)
    found = model.contributions(rows.X.head(200))
    widths = np.diff([0, 1, 3, 6, 12])
    mean = model.log_intensities(rows.X.head(200)) @ (widths / widths.sum())
    assert found.sum(axis=1).to_numpy() == pytest.approx(mean, abs=1e-9)
    assert found.drop(columns="base").std().max() > 0


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_reasons_name_what_raises_the_rate(rung: str) -> None:
    rows, model = world(rung).rows(), fitted(rung)
    head = rows.X.head(100)
    parts = model.contributions(head, output="polars")
    said = model.explain(head, top=2, output="polars")
    assert said.columns == ["row", "rank", "feature", "value", "contribution", "says"]
    entries = catalogue(head.columns)
    for row, _, feature, value, contribution, says in said.iter_rows():
        raising = [name for name in head.columns if parts[row, name] > LEAST_RAISE]
        if feature is None:
            assert says == NOTHING_RAISES
            continue
        assert contribution == pytest.approx(parts[row, feature])
        assert feature in raising
        assert head[row, feature] == value
        assert says == sentence(entries[feature], NAN if value is None else value, "EUR")
        question = entries[feature].question
        same = [name for name in raising if entries[name].question == question and head[row, name] is not None]
        assert value is None or said.filter(pl.col("row") == row)["feature"].is_in(same).any()
    assert said.group_by("row").len()["len"].max() <= 2
    assert said["row"].n_unique() == head.height
    assert said["feature"].is_not_null().sum() > 50


def test_an_explanation_where_nothing_raises_the_rate() -> None:
    rows, model = world("expert_card").rows(), fitted("expert_card")
    good = rows.X.head(1).with_columns(dbt_12m=-40.0, share_past_due=0.0, utilisation=0.0)
    said = model.explain(good)
    assert said["says"].tolist() == [NOTHING_RAISES]
    assert said["feature"].isna().all()


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_the_order_of_rows_and_columns_changes_no_bit(rung: str) -> None:
    rows, model = world(rung).rows(), fitted(rung)
    order = np.random.default_rng(1).permutation(rows.X.height).tolist()
    columns = rows.X.columns[::-1]
    again = BadDebtModel().fit(
        rows.X[order].select(columns).to_pandas(),
        rows.y[order].to_pandas(),
        as_of=rows.as_of[order].to_list(),
        groups=rows.groups[order].to_pandas(),
    )
    assert again.predict_proba(rows.X).tobytes() == model.predict_proba(rows.X).tobytes()
    assert again.explain(rows.X.head(5)).equals(model.explain(rows.X.head(5)))


def test_rows_of_unknown_customers_may_come_in_any_order() -> None:
    rows = world("expert_card").rows()
    order = np.random.default_rng(1).permutation(rows.X.height).tolist()
    one = BadDebtModel(rung="penalised_regression").fit(rows.X, rows.y)
    two = BadDebtModel(rung="penalised_regression").fit(rows.X[order], rows.y[order])
    assert one.predict_proba(rows.X).tobytes() == two.predict_proba(rows.X).tobytes()
    assert one.calibration_.reason == "the rows were given without dates"


@pytest.mark.parametrize("target", PREFIXES)
def test_a_probability_carries_the_name_of_its_target(target: str) -> None:
    rows = with_events(world("expert_card").rows(), 5)
    model = fit(rows, target=target, horizons=(6, 12))
    names = model.predict_pd(rows.X).columns.tolist()
    assert names == [f"{PREFIXES[target]}_6m", f"{PREFIXES[target]}_12m"]
    assert target == "bad_debt" or not any(name.startswith("pd_") for name in names)
    assert target == "bad_debt" or "bad debt" not in model.explain(rows.X)["says"].str.cat()
    with pytest.raises(EvidenceError, match=f"No {target.replace('_', ' ')} "):
        fit(with_events(rows, 0), target=target)


def test_features_that_tell_nothing_are_left_out_and_named() -> None:
    rows = world("penalised_regression").rows()
    more = rows.X.with_columns(dispute_rate_12m=pl.lit(None), open_promises=pl.lit(3.0))
    model = BadDebtModel().fit(more, rows.y, as_of=rows.as_of, groups=rows.groups)
    assert model.evidence_["dropped_null"] == ["dispute_rate_12m"]
    assert model.evidence_["dropped_constant"] == ["open_promises"]
    changed = more.with_columns(dispute_rate_12m=pl.lit(0.5), open_promises=pl.lit(0.0))
    assert np.array_equal(model.predict_proba(changed), fitted("penalised_regression").predict_proba(rows.X))


@pytest.mark.parametrize("rung", ["penalised_regression", "booster"])
def test_a_feature_that_starts_later_than_the_history_is_no_hindrance(rung: str) -> None:
    """A 12-month window is null in the whole first year, which is all that the early model of the calibration sees."""
    rows = world(rung).rows()
    model = fit(rows)
    start = date.fromisoformat(model.calibration_.split_on)
    X = rows.X.with_columns(dbt_12m=pl.when(rows.as_of >= start).then("dbt_12m"))
    late = BadDebtModel().fit(X, rows.y, as_of=rows.as_of, groups=rows.groups)
    assert late.evidence_["dropped_null"] == []
    assert np.isfinite(late.log_intensities(X)).all()
    assert (late.contributions(X)["dbt_12m"] != 0).any()


@pytest.mark.parametrize("rung", RATE_BY_RUNG)
def test_a_panel_without_usable_features_gives_the_base_rate(rung: str) -> None:
    rows = world(rung).rows()
    blank = rows.X.select(pl.col("dbt_12m") * 0.0 + 1.0)
    model = BadDebtModel().fit(blank, rows.y, as_of=rows.as_of, groups=rows.groups)
    found = model.predict_pd(blank)["pd_12m"]
    assert model.rung_ == rung
    assert found.nunique() == 1
    within = rows.y.filter((pl.col("event") == 1) & (pl.col("months") <= 12)).height
    monthly = within / rows.y["months"].clip(upper_bound=12).sum()
    assert found[0] == pytest.approx(1 - np.exp(-12 * monthly), rel=0.35)
    assert model.explain(blank.head(3))["says"].tolist() == [NOTHING_RAISES] * 3


def test_scoring_takes_any_column_order_and_keeps_the_index() -> None:
    rows, model = world("booster").rows(), fitted("booster")
    given = rows.X.head(5).to_pandas().set_axis(list("abcde"))[rows.X.columns[::-1]]
    found = model.predict_pd(given, horizons=[1, 12])
    assert found.index.tolist() == list("abcde")
    assert found.columns.tolist() == ["pd_1m", "pd_12m"]
    assert (
        model.predict_pd(rows.X.head(5), horizons=[1, 12], output="polars")
        .to_pandas()
        .equals(found.reset_index(drop=True))
    )
    assert model.predict_proba(given)[:, 1].tolist() == found["pd_12m"].tolist()
    assert model.predict_pd(rows.X.head(0)).empty
    assert model.explain(rows.X.head(0)).empty


def test_bad_rows_are_refused_by_name() -> None:
    rows, model = world("booster").rows(), fitted("booster")
    X, y = rows.X.head(50), rows.y.head(50)
    with pytest.raises(DataError, match=r"infinite.*dbt_12m.*Rows: 1"):
        BadDebtModel().fit(X.with_columns(dbt_12m=pl.Series([np.inf] + [1.0] * 49)), y)
    with pytest.raises(DataError, match="customer_id"):
        BadDebtModel().fit(X.with_columns(customer_id=pl.lit("a")), y)
    with pytest.raises(DataError, match=r"must be numbers.*dbt_12m"):
        BadDebtModel().fit(X.with_columns(dbt_12m=pl.lit("a")), y)
    with pytest.raises(DataError, match=r"lacks features.*dbt_12m"):
        model.predict_pd(X.drop("dbt_12m"))
    with pytest.raises(DataError, match=r"not what the model was fitted on.*dso_12m"):
        model.predict_pd(X.with_columns(dso_12m=pl.lit(1.0)))
    with pytest.raises(DataError, match="no rows"):
        BadDebtModel().fit(X.head(0), y.head(0))
    with pytest.raises(DataError, match="50 rows and y has 49"):
        BadDebtModel().fit(X, y.head(49))
    with pytest.raises(DataError, match="months must be finite"):
        BadDebtModel().fit(X, y.with_columns(months=pl.lit(0.0)))
    with pytest.raises(DataError, match="event must be 0"):
        BadDebtModel().fit(X, y.with_columns(event=pl.lit(3)))
    with pytest.raises(DataError, match="as_of"):
        BadDebtModel().fit(X, y, as_of=[date(2024, 1, 31)])
    with pytest.raises(DataError, match="groups"):
        BadDebtModel().fit(X, y, groups=["a"])
    with pytest.raises(ParameterError, match="X must be a pandas or Polars frame"):
        BadDebtModel().fit(X.to_numpy(), y)


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": "insolvency"},
        {"horizons": (6, 3)},
        {"horizons": ()},
        {"horizons": (0, 3)},
        {"rung": "forest"},
        {"prior_rate": 1.0},
        {"max_rows": 0},
        {"trees": 0},
        {"leaves": 1},
        {"learning_rate": 0.0},
        {"shrinkage_events": -1.0},
        {"threads": 0},
        {"target": ["bad_debt"]},
        {"horizons": 12},
        {"horizons": [True]},
        {"horizons": "3"},
        {"prior_rate": "a"},
        {"max_rows": "many"},
        {"trees": 2.5},
        {"leaves": None},
        {"learning_rate": "0.1"},
        {"shrinkage_events": True},
        {"seed": -1},
    ],
)
def test_a_parameter_out_of_range_is_named(wrong: dict[str, object]) -> None:
    rows = world("expert_card").rows()
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        fit(rows, **wrong)


def test_asking_beyond_the_last_horizon_or_before_fitting() -> None:
    rows = world("expert_card").rows()
    model = fitted("expert_card")
    with pytest.raises(ParameterError, match="at most 12"):
        model.predict_pd(rows.X, horizons=[24])
    with pytest.raises(ParameterError, match="top"):
        model.explain(rows.X, top=0)
    with pytest.raises(ParameterError, match="'pandas' or 'polars'"):
        model.predict_pd(rows.X, output="arrow")  # type: ignore[arg-type]
    for use in ("predict_pd", "predict_proba", "predict", "explain", "contributions", "log_intensities", "save"):
        with pytest.raises(NotFittedError):
            getattr(BadDebtModel(), use)(rows.X)


@pytest.mark.parametrize("rung", ["penalised_regression", "booster"])
def test_horizons_up_to_24_months(rung: str) -> None:
    """Constant rates: the probability within 24 months is the textbook one, within the error of the fit."""
    wide = make_world(customers=900, months=40, base=0.008, seed=9)
    rows = wide.rows()
    model = fit(rows, rung=rung, horizons=(3, 6, 12, 24))
    assert model.evidence_["unmeasured_horizons"] == {}
    found = model.predict_pd(rows.X, output="polars")
    assert found.columns == ["pd_3m", "pd_6m", "pd_12m", "pd_24m"]
    assert (found["pd_24m"] > found["pd_12m"]).all()
    truth = wide.true_probability(rows.groups.to_list(), 24)
    of_fit = 4 / np.sqrt(model.evidence_["first_events"])
    assert found["pd_24m"].mean() == pytest.approx(truth.mean(), rel=of_fit)
    assert np.corrcoef(pd.Series(truth).rank(), found["pd_24m"].rank().to_numpy())[0, 1] > 0.7


def test_a_horizon_that_the_ledger_cannot_measure_is_null_with_the_reason() -> None:
    rows = make_world(customers=300, months=18, base=0.012, seed=4).rows()
    short = fit(rows, horizons=(3, 12, 24))
    usual = fit(rows, horizons=(3, 12))
    assert "no customer was observed for 24 months" in short.evidence_["unmeasured_horizons"]["24"]
    found = short.predict_pd(rows.X, output="polars")
    assert found["pd_24m"].null_count() == found.height
    assert found.drop("pd_24m").equals(usual.predict_pd(rows.X, output="polars"))
    assert short.predict_pd(rows.X)["pd_24m"].isna().all()
    assert short.predict_pd(rows.X.head(3), horizons=[18], output="polars")["pd_18m"].null_count() == 3
    assert np.array_equal(short.predict_proba(rows.X), usual.predict_proba(rows.X))
    with pytest.raises(EvidenceError, match="No horizon can be measured: no customer was observed for 24"):
        fit(rows, horizons=(24,))


def test_a_long_horizon_needs_events_that_came_so_late() -> None:
    rows = make_world(customers=300, months=40, base=0.006, seed=4).rows()
    y = rows.y.with_columns(event=pl.when((pl.col("event") == 1) & (pl.col("months") > 12)).then(0).otherwise("event"))
    model = BadDebtModel(horizons=(12, 24)).fit(rows.X, y, as_of=rows.as_of, groups=rows.groups)
    assert model.evidence_["unmeasured_horizons"]["24"].startswith("0 distinct events came more than 12 and within 24")


def test_few_events_are_blended_with_the_stated_prior() -> None:
    rows = with_events(world("booster").rows(), 2)
    low, high = (fit(rows, prior_rate=rate) for rate in (0.0005, 0.2))
    assert "Insolvency Service" in fit(rows).evidence_["prior_source"]
    assert low.evidence_["prior_rate"] == 0.0005
    means = [model.predict_pd(rows.X)["pd_12m"].mean() for model in (low, fit(rows), high)]
    assert means == sorted(means)
    many = with_events(world("booster").rows(), 29)
    apart = [fit(many, prior_rate=rate).predict_pd(many.X)["pd_12m"].mean() for rate in (0.0005, 0.2)]
    assert apart[1] / apart[0] < means[2] / means[0]


def test_calibration_is_learnt_from_later_dates_and_keeps_the_expected_events() -> None:
    model = fitted("booster")
    calibration = model.calibration_
    assert calibration.method in calibration.reason
    assert calibration.events >= 20
    assert model.evidence_["first_on"] < calibration.split_on <= model.evidence_["last_on"]
    assert calibration.observed_to_expected is not None
    rows = world("booster").rows()
    expected = model.predict_pd(rows.X)["pd_12m"]
    within = (rows.y["event"] == 1) & (rows.y["months"] <= 12)
    whole = (rows.as_of <= date(2023, 6, 30)).to_numpy()
    spread = within.filter(whole).sum() / np.sqrt(model.evidence_["first_events"])
    assert abs(within.filter(whole).sum() - expected[whole].sum()) < 4 * spread


def test_a_sample_of_the_rows_gives_nearly_the_same_probabilities() -> None:
    rows, model = world("booster").rows(), fitted("booster")
    sampled = fit(rows, max_rows=16_000)
    assert sampled.evidence_["rows_used_share"] < 0.6
    full, part = (m.predict_pd(rows.X)["pd_12m"] for m in (model, sampled))
    assert np.corrcoef(np.log(full), np.log(part))[0, 1] > 0.8
    assert part.mean() == pytest.approx(full.mean(), rel=0.2)


def test_a_share_of_bad_debts_comes_without_a_sign_and_of_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credrisk.features.catalogue._declared", {})
    rows = world("penalised_regression").rows()
    for rung in ("penalised_regression", "booster"):
        calibration = fit(rows, rung=rung, trees=5).calibration_
        assert min(calibration.floor) > 0, rung
        lowest = np.exp(calibration.apply(np.full((1, len(calibration.floor)), -80.0)))[0]
        assert lowest == pytest.approx(np.array(calibration.floor), rel=1e-6)
    for parameters in ({"rung": "expert_card"}, {"target": "default"}, {"target": "late30"}):
        assert not any(fit(rows, **parameters).calibration_.floor), parameters
    for name, entry in catalogue(rows.X.columns).items():
        declare(f"own_{name}", unit=entry.unit, null="not given", worse=entry.worse, says=f"own {name} {{value}}")
    own = TrainingRows(rows.X.rename(lambda name: f"own_{name}"), rows.y, rows.as_of, rows.groups)
    assert not any(fit(own).calibration_.floor)


@pytest.mark.parametrize("rung", ["penalised_regression", "booster"])
def test_a_feature_that_has_not_changed_has_changed_nothing(rung: str) -> None:
    model = fitted(rung)
    before = world(rung).rows().X.head(200)
    after = before.with_columns(pl.col("dbt_12m") + 9.0)
    found = what_changed(model, before, after, output="polars")
    parts = found.contributions.drop("row", "base", "dbt_12m")
    assert parts.select(pl.all().abs().max()).max_horizontal().item() == 0.0
    assert (found.contributions["dbt_12m"].abs().max() or 0.0) > 0.05
    whole = found.contributions.drop("row").sum_horizontal()
    assert whole.to_numpy() == pytest.approx(found.summary["change"].to_numpy(), abs=1e-9)
    # The points of a value are the same in every row, whatever else the row holds.
    points = model_points(model, before, output="polars").with_columns(before["share_past_due"])
    own = pl.col("points_share_past_due")
    spread = points.group_by("share_past_due").agg(spread=own.max() - own.min())["spread"]
    assert spread.max() == pytest.approx(0.0, abs=1e-9)
