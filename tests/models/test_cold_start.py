"""Customers of whom little is known: no error, an honest level, and words that say so."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest
from hazard_world import World, make_world

from credrisk.models.adverse_action import adverse_action_reasons
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.cold_start import EVER_PAID, NO_RECORD, RECORD, WORTH, ColdStart, fit_cold_start, without_record
from credrisk.models.explained import explained
from credrisk.models.intervals import expand, interval_edges
from credrisk.models.outcomes import TrainingRows
from credrisk.models.points_view import model_points
from credrisk.models.rows import Rows
from credrisk.models.what_changed import what_changed

NAN = float("nan")
SAID = "has no payment record yet"
RUNGS = ("expert_card", "penalised_regression", "booster")
EDGES = interval_edges((3, 6, 12))
FIRMOGRAPHICS = ("altman_z_services", "tenure_months")


def fit(rows: TrainingRows, **parameters: object) -> BadDebtModel:
    return BadDebtModel(trees=40, **parameters).fit(  # type: ignore[arg-type]
        rows.X, rows.y, as_of=rows.as_of, groups=rows.groups
    )


@cache
def world() -> World:
    return make_world(customers=500, months=24, base=0.012, seed=8)


def with_newcomers(share: float, factor: float) -> tuple[TrainingRows, np.ndarray]:
    """Blank the payment record of some customers, whose months to the event are ``factor`` times as short."""
    rows = world().rows()
    names = rows.groups.unique().sort()
    chosen = rows.groups.is_in(names.gather_every(round(1 / share)).implode()).to_numpy()
    X = rows.X.with_columns(
        pl.when(pl.Series(~chosen)).then(pl.col(name)).alias(name) for name in rows.X.columns if name in RECORD
    )
    X = X.with_columns(pl.when(pl.Series(~chosen)).then("share_past_due").alias("share_past_due"))
    months = np.where(chosen & (rows.y["event"] == 1).to_numpy(), rows.y["months"] / factor, rows.y["months"])
    return TrainingRows(X, rows.y.with_columns(months=pl.Series(months)), rows.as_of, rows.groups), chosen


@pytest.mark.parametrize("rung", RUNGS)
def test_newcomers_get_the_rate_of_newcomers_not_of_good_payers(rung: str) -> None:
    rows, chosen = with_newcomers(0.2, 2.0)
    model = fit(rows, rung=rung, horizons=(12,))
    found = model.predict_pd(rows.X, output="polars")["pd_12m"].to_numpy()
    arrays = Rows(
        np.empty((len(chosen), 0)),
        rows.y["event"].to_numpy(),
        rows.y["months"].to_numpy(),
        np.zeros(len(chosen), dtype=np.int64),
        np.arange(len(chosen)),
    )
    cut = expand(arrays, interval_edges((12,)))
    here = chosen[cut.row]
    repeats = cut.target.sum() / model.evidence_["first_events"]
    log_rate = model.log_intensities(rows.X)[cut.row, cut.interval]
    expected = (cut.exposure * np.exp(log_rate))[here].sum() / repeats
    observed = cut.target[here].sum() / repeats
    whole = model.evidence_["event_rows"] / cut.exposure.sum()
    drawn = (
        (observed + WORTH) / (cut.exposure[here].sum() / repeats + WORTH / whole) * cut.exposure[here].sum() / repeats
    )
    tolerance = 0.12 if rung == "expert_card" else 0.03
    assert expected == pytest.approx(drawn, rel=tolerance)
    said = model.explain(rows.X.filter(pl.Series(chosen)).head(5), output="polars")
    assert said.filter(pl.col("rank") == 1)["says"].to_list() == [SAID] * 5
    assert said.group_by("row").len()["len"].max() <= 3
    known = model.explain(rows.X.filter(pl.Series(~chosen)).head(50), output="polars")
    assert SAID not in known["says"].to_list()
    assert (found > 0).all()


@pytest.mark.parametrize("rung", RUNGS)
def test_where_no_newcomer_was_seen_one_gets_the_rate_of_the_whole_ledger(rung: str) -> None:
    rows = world().rows()
    model = fit(rows, rung=rung)
    nothing = rows.X.head(1).select(pl.lit(None, pl.Float64).alias(name) for name in rows.X.columns)
    found = model.log_intensities(nothing)[0]
    assert np.isfinite(found).all()
    whole = rows.y.select(pl.col("months").clip(upper_bound=12)).sum().item()
    rate = model.evidence_["event_rows"] / whole
    widths = np.diff(EDGES)
    tolerance = 0.6 if rung == "expert_card" else 0.1
    assert (widths @ np.exp(found)) / 12 == pytest.approx(rate, rel=tolerance)
    payers = np.exp(model.log_intensities(rows.X)).mean(axis=1)
    assert np.exp(found).mean() > np.median(payers)
    assert model.explain(nothing)["says"].tolist()[0] == SAID
    assert model.explain(nothing, top=1)["says"].tolist() == [SAID]
    parts = model.contributions(nothing).sum(axis=1).to_numpy()
    assert parts == pytest.approx(model.log_intensities(nothing) @ (widths / 12), abs=1e-9)


@pytest.mark.parametrize("rung", RUNGS)
def test_firmographics_alone_or_history_alone(rung: str) -> None:
    rows = world().rows()
    rng = np.random.default_rng(0)
    outside = {name: pl.Series(rng.normal(3, 1, rows.X.height)) for name in FIRMOGRAPHICS}
    only = TrainingRows(rows.X.select(**outside), rows.y, rows.as_of, rows.groups)
    both = TrainingRows(rows.X.with_columns(**outside), rows.y, rows.as_of, rows.groups)
    model = fit(only, rung=rung)
    assert SAID not in model.explain(only.X.head(9))["says"].tolist()
    assert np.isfinite(model.log_intensities(only.X)).all()
    assert np.isfinite(model.log_intensities(only.X.head(1).select(pl.lit(None).alias(n) for n in FIRMOGRAPHICS))).all()
    model = fit(both, rung=rung)
    blank = both.X.with_columns(pl.lit(None, pl.Float64).alias(name) for name in FIRMOGRAPHICS)
    assert np.isfinite(model.log_intensities(blank)).all()
    assert SAID not in model.explain(blank.head(9))["says"].tolist()
    outside_only = both.X.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in both.X.columns if name not in FIRMOGRAPHICS
    )
    found = model.log_intensities(outside_only)
    assert np.isfinite(found).all()
    assert model.explain(outside_only.head(3)).query("rank == 1")["says"].tolist() == [SAID] * 3


def test_the_level_by_hand() -> None:
    """Ten months of newcomers with one event, ninety of others with one: n = 5 events at the whole rate of 2 / 100."""
    values = np.array([[NAN], [4.0]])
    rows = Rows(values, np.array([1, 1], dtype=np.int8), np.array([10.0, 90.0]), np.zeros(2, int), np.arange(2))
    cut = expand(rows, np.array([0.0, 100.0]))
    log_rate = np.log(np.array([0.02, 0.02]))
    found = fit_cold_start(
        values,
        ("days_since_last_payment",),
        cut,
        log_rate,
        log_rate_of_nulls=np.array([-9.0]),
        widths=np.array([100.0]),
        first_events=2,
    )
    assert np.exp(found.shift) * 0.02 == pytest.approx((1 + 5) / (10 + 5 / 0.02))
    assert found.added(values).tolist() == [found.shift, 0.0]
    unseen = fit_cold_start(
        np.array([[1.0], [4.0]]),
        ("days_since_last_payment",),
        cut,
        log_rate,
        log_rate_of_nulls=np.log([0.005]),
        widths=np.array([100.0]),
        first_events=2,
    )
    assert np.exp(unseen.shift) * 0.005 == pytest.approx(0.02)
    apart = fit_cold_start(
        values, ("altman_z",), cut, log_rate, log_rate_of_nulls=log_rate[:1], widths=np.array([100.0]), first_events=2
    )
    assert apart.shift == 0.0
    assert not apart.without_record(values).any()


@cache
def newcomers(rung: str, factor: float) -> tuple[BadDebtModel, pl.DataFrame, pl.DataFrame]:
    """Return a model, and rows of customers without and with a payment record."""
    rows, chosen = with_newcomers(0.2, factor)
    model = fit(rows, rung=rung)
    return model, rows.X.filter(pl.Series(chosen)).head(20), rows.X.filter(pl.Series(~chosen)).head(20)


@pytest.mark.parametrize("rung", RUNGS)
def test_having_no_record_is_a_contribution_of_its_own(rung: str) -> None:
    model, new, old = newcomers(rung, 2.0)
    parts = model.contributions(pl.concat([new, old]), output="polars")
    mean = model.log_intensities(pl.concat([new, old])) @ (np.diff(EDGES) / 12)
    assert np.abs(parts.sum_horizontal().to_numpy() - mean).max() <= 1e-9
    assert (parts["no_payment_record"][20:] == 0).all()
    assert (parts.head(20).select(name for name in RECORD if name in parts.columns).to_numpy() == 0).all()
    # Against the oracle: the intensity's own contributions of the nulls, and the shift.
    slope = np.array(model.calibration_.slope) * np.diff(EDGES) / 12
    values = new.select(model._fitted.features).to_numpy()
    if not model.calibration_.curved:
        own, _ = model._fitted.intensity.contributions(values, slope)
        record = [place for place, name in enumerate(model._fitted.features) if name in RECORD]
        assert parts["no_payment_record"][:20].to_numpy() == pytest.approx(
            own[:, record].sum(axis=1) + model._fitted.cold_start.shift, abs=1e-9
        )
    points = model_points(model, new, output="polars")
    assert points["points_no_payment_record"].to_numpy() == pytest.approx(
        -20 / np.log(2) * parts["no_payment_record"][:20].to_numpy()
    )
    assert points.select(pl.exclude("score")).sum_horizontal().to_numpy() == pytest.approx(points["score"].to_numpy())


@pytest.mark.parametrize("rung", RUNGS)
def test_a_notice_of_denial_and_what_changed_name_it(rung: str) -> None:
    model, new, old = newcomers(rung, 2.0)
    denied = adverse_action_reasons(model, new, output="polars").filter(pl.col("feature") == NO_RECORD.name)
    assert denied["row"].to_list() == list(range(20))
    assert set(denied["says"]) == {SAID}
    assert set(denied["factor"]) == {"Payment record with us"}
    assert set(denied["value"]) == {1.0}
    told = adverse_action_reasons(model, old, output="polars")
    assert NO_RECORD.name not in told["feature"].to_list()
    changes = what_changed(model, new, new.with_columns(old.select(EVER_PAID, "dbt_12m")), top=9, output="polars")
    assert changes.contributions.select(pl.exclude("row")).sum_horizontal().to_numpy() == pytest.approx(
        changes.summary["change"].to_numpy(), abs=1e-9
    )
    first = changes.reasons.filter(pl.col("feature") == NO_RECORD.name)
    assert first["row"].to_list() == list(range(20))
    for before, now, says in first.select("before", "value", "says").iter_rows():
        assert (before, now) == (1.0, 0.0)
        assert says.startswith("has a payment record (a month ago: has no payment record yet): lowers the rate by ")
    seen = explained(model, old, before=new, output="polars")
    assert SAID not in seen["says"].to_list()


def test_a_record_that_is_missing_and_does_no_harm_is_no_reason() -> None:
    """Newcomers that fare far better than the others: their level lowers the rate."""
    rows, chosen = with_newcomers(0.2, 2.0)
    safe = TrainingRows(
        rows.X,
        rows.y.with_columns(event=pl.when(pl.Series(chosen)).then(0).otherwise("event").cast(rows.y["event"].dtype)),
        rows.as_of,
        rows.groups,
    )
    model = fit(safe, rung="penalised_regression")
    new = rows.X.filter(pl.Series(chosen)).head(20)
    assert model.contributions(new)[NO_RECORD.name].max() < 0
    assert SAID not in model.explain(new)["says"].tolist()
    assert SAID not in adverse_action_reasons(model, new)["says"].tolist()


def test_an_old_customer_that_was_silent_for_a_year_has_a_record() -> None:
    """Features with a window are null for it too: only the last payment ever tells it from a newcomer."""
    assert without_record(np.array([[NAN, 400.0]]), ("dbt_12m", EVER_PAID)).tolist() == [False]
    assert without_record(np.array([[NAN, NAN]]), ("dbt_12m", EVER_PAID)).tolist() == [True]
    assert without_record(np.array([[NAN, 400.0]]), ("dbt_12m", "oldest_open_days")).tolist() == [False]
    assert ColdStart(("dbt_12m",), 0.5).added(np.array([[NAN]])).tolist() == [0.0]
    rows, _ = with_newcomers(0.2, 2.0)
    windowed = TrainingRows(rows.X.drop(EVER_PAID), rows.y, rows.as_of, rows.groups)
    model = fit(windowed, rung="penalised_regression")
    assert "no_payment_record" not in model.contributions(windowed.X.head(3)).columns
    assert model.evidence_["cold_start"] == (
        "no level of their own: the model has no days_since_last_payment, which alone tells who never paid"
    )
    assert "times the rate" in fit(rows, rung="penalised_regression").evidence_["cold_start"]
