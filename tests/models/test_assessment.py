"""The assessment against counts by hand; leaks planted and found; what cannot be measured says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest
from hazard_world import World, make_world

from credrisk.dates import months_after
from credrisk.errors import DataError, ParameterError
from credrisk.models.assessment import SHARES, Assessment, assess
from credrisk.models.assessment_parts import cohort_dates, drift_frame, grade_frame
from credrisk.models.calibration_tests import holm, jeffreys_p
from credrisk.models.leakage import leakage_alarms
from credrisk.models.master_scale import MasterScale, propose_scale
from credrisk.models.review_value import Costs
from credrisk.models.validation import Validation, validate

SCALE = MasterScale(("A", "B", "C", "D", "E", "F", "G"), (0.0, 0.04, 0.06, 0.08, 0.11, 0.15, 0.25))
COSTS = Costs(review_cost=10.0, margin=0.2, refused_months=2.0, lgd=0.5)


@cache
def world() -> World:
    made = make_world(customers=500, months=36, base=0.008, seed=3)
    rng = np.random.default_rng(1)
    money = {name: rng.lognormal(8, 1, made.panel.height).round(2) for name in ("open_balance", "invoiced_12m")}
    panel = made.panel.with_columns(
        *(pl.Series(name, values) for name, values in money.items()),
        tenure_months=pl.Series(rng.integers(1, 90, made.panel.height).astype(float)),
    )
    return World(panel, made.labels, made.end, made.rates, made.leaving_rate)


@cache
def validation() -> Validation:
    customers = world().panel["customer_id"].unique().sort()
    groups = pl.DataFrame({"customer_id": customers[:40], "group": [f"G{n // 4}" for n in range(40)]})
    return validate(world().panel, world().labels, folds=2, samples=10, groups=groups)


@cache
def found() -> Assessment:
    industries = pl.DataFrame({"customer_id": (ids := world().panel["customer_id"].unique().sort())})
    industries = industries.with_columns(industry=pl.Series([("retail", "steel")[n % 2] for n in range(len(ids))]))
    return assess(
        validation(), scale=SCALE, panel=world().panel, attributes=industries, costs=COSTS, samples=40, seed=2
    )


def riskiest(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """Rows of the riskiest share of each date (its size is whole in the check that uses it)."""
    by_risk = pl.col("pd_12m").rank("ordinal", descending=True).over("as_of")
    return rows.filter(by_risk <= (share * pl.len()).over("as_of"))


def test_members_of_a_group_are_resampled_together() -> None:
    rows = validation().predictions
    assert rows["group"].n_unique() < rows["customer_id"].n_unique()
    assert rows.filter(pl.col("group") == "G0")["customer_id"].n_unique() > 1


def test_captures_and_money_are_what_a_count_by_hand_gives() -> None:
    """One date of 100 customers, so that every share is a whole number of them."""
    rng = np.random.default_rng(9)
    day = date(2024, 1, 31)
    rows = pl.DataFrame(
        {
            "fold": 1,
            "customer_id": [f"C{n}" for n in range(100)],
            "group": [f"C{n}" for n in range(100)],
            "as_of": day,
            "pd_12m": rng.permutation(100) / 200 + 0.001,
            "event": (rng.random(100) < 0.2).astype(float),
            "base_rate": 0.2,
            "open_balance": rng.lognormal(8, 1, 100),
            "invoiced_12m": rng.lognormal(10, 1, 100),
        }
    ).with_columns(event_on=pl.when(pl.col("event") == 1).then(pl.lit(day)))
    folds = pl.DataFrame({"known_on": [day]})
    got = assess(Validation(pl.DataFrame(), folds, rows, "bad_debt", 12), scale=SCALE, costs=COSTS, samples=5)
    for share in SHARES:
        name, taken = f"{share:.0%}".replace("%", "pct"), riskiest(rows, share)
        bad = taken.filter(pl.col("event") == 1)
        lost = (pl.col("event") * pl.col("open_balance")).sum()
        value = 0.5 * bad["open_balance"].sum() - 10 * taken.height
        value -= 0.2 / 12 * 2 * taken.filter(pl.col("event") == 0)["invoiced_12m"].sum()
        measured = {key: got.value(f"{key}_{name}") for key in ("captured", "money_captured", "value")}
        assert all(measured.values())
        told = {key: row["value"] for key, row in measured.items() if row}
        assert told["captured"] == pytest.approx(bad.height / rows["event"].sum())
        assert told["money_captured"] == pytest.approx(bad["open_balance"].sum() / rows.select(lost).item())
        assert told["value"] == pytest.approx(value)


def test_differences_are_the_models_less_the_others_and_better_is_above_zero() -> None:
    for row in found().differences.iter_rows(named=True):
        mine, other = found().value(row["measure"]), found().value(row["measure"], model=row["against"])
        assert mine
        assert other
        apart = mine["value"] - other["value"]
        sign = -1 if row["measure"] in ("brier", "log_loss") else 1
        assert row["value"] == pytest.approx(sign * apart, abs=1e-12)
        assert row["low"] <= row["value"] <= row["high"] or row["measure"].endswith("pct")


def test_the_best_rule_is_one_of_the_plain_ones_and_the_curve_is_its_and_the_models() -> None:
    rules = found().measures.filter(pl.col("measure") == "captured_10pct").filter(pl.col("model") != "model")
    assert found().best_rule == rules.sort("value", descending=True)["model"][0]
    assert set(found().curve["model"]) == {"model", found().best_rule}
    for _, curve in found().curve.group_by("model"):
        assert curve.row(0)[1:] == (0.0, 0.0, 0.0, 0.0)
        assert curve.row(-1)[1:] == pytest.approx((1.0, 1.0, 1.0, 1.0))
        assert curve["captured"].is_sorted()
        told = found().value("captured_10pct", model=curve["model"][0])
        assert told is not None
        assert np.interp(0.1, curve["reviewed"], curve["captured"]) == pytest.approx(told["value"], abs=1e-12)


def test_the_capture_of_the_run_is_that_of_the_assessment() -> None:
    """One figure in the pack and in the validation: the riskiest tenth of each date."""
    metrics = validation().metrics.filter(pl.col("measure") == "capture_10pct")
    assert metrics.height >= 3
    for name, value in metrics.select("model", "value").iter_rows():
        told = found().value("captured_10pct", model=name)
        assert told is not None
        assert value == pytest.approx(told["value"], abs=1e-12)


def test_cohorts_do_not_overlap() -> None:
    days = [months_after(date(2022, 1, 31), month) for month in range(30)]
    chosen = cohort_dates(days, 12)
    assert chosen == [date(2022, 6, 30), date(2023, 6, 30), date(2024, 6, 30)]


def test_grades_are_counted_on_the_cohorts_and_corrected_for_being_many() -> None:
    rows = validation().predictions.with_columns(probability="pd_12m")
    cohort = rows.filter(pl.col("as_of").is_in(cohort_dates(rows["as_of"].to_list(), 12)))
    grades = grade_frame(rows, SCALE, months=12, correlation=0.0)
    for row in grades.filter(pl.col("customers") > 0).iter_rows(named=True):
        own = cohort.filter((pl.col("pd_12m") >= row["pd_from"]) & (pl.col("pd_12m") < row["pd_to"]))
        assert row["customers"] == own.height
        assert row["events"] == own["event"].sum()
        assert row["p_jeffreys"] == pytest.approx(
            jeffreys_p(own["pd_12m"].to_numpy().mean(), events=row["events"], customers=own.height)
        )
    tested = grades.filter(pl.col("customers") > 0)
    together = holm([*tested["p_too_low"].to_list(), *tested["p_too_high"].to_list()])
    assert [*tested["p_too_low_holm"].to_list(), *tested["p_too_high_holm"].to_list()] == together
    assert grades["customers"].sum() == cohort.height


def test_the_true_probability_is_rarely_rejected_and_a_halved_one_is() -> None:
    """Holm holds the chance of any false rejection, on either side, at 5 %: four standard deviations are 11 %."""
    rng = np.random.default_rng(4)
    wrong = halved = 0
    for _ in range(60):
        pds = rng.beta(1.5, 15, 1500)
        rows = pl.DataFrame({"as_of": date(2024, 1, 31), "probability": pds}).with_columns(
            event=pl.Series((rng.random(1500) < pds).astype(float))
        )
        wrong += not set(grade_frame(rows, SCALE, months=12, correlation=0.0)["verdict"]) <= {"not rejected"}
        half = rows.with_columns(pl.col("probability") / 2)
        halved += "too low" in grade_frame(half, SCALE, months=12, correlation=0.0)["verdict"].to_list()
    assert wrong / 60 <= 0.05 + 4 * (0.05 * 0.95 / 60) ** 0.5
    assert halved == 60


def test_other_months_are_graded_by_the_probability_within_a_year() -> None:
    short = validate(world().panel, world().labels, months=3, folds=2, samples=1)
    got = assess(short, scale=SCALE, samples=2)
    rows = short.predictions
    cohort = rows.filter(pl.col("as_of").is_in(cohort_dates(rows["as_of"].to_list(), 3)))
    for row in got.grades.filter(pl.col("customers") > 0).iter_rows(named=True):
        own = cohort.filter((pl.col("pd_12m") >= row["pd_from"]) & (pl.col("pd_12m") < row["pd_to"]))
        assert (row["customers"], row["events"]) == (own.height, own["event"].sum())
        assert row["predicted"] == pytest.approx(own["pd_3m"].mean())
    assert "what is tested within each is the probability of bad debt within 3 months" in got.graded_by
    unknown = assess(replace(short, predictions=rows.drop("pd_12m")), scale=SCALE, samples=2)
    assert unknown.grades.is_empty()
    assert "There are no grades" in unknown.graded_by
    assert unknown.brier == {}


def test_another_target_gets_grades_of_its_own() -> None:
    late = replace(
        validation(), target="late30", predictions=validation().predictions.rename({"pd_12m": "p_late30_12m"})
    )
    got = assess(late, scale=None, samples=2)
    assert got.grades["pd_from"].to_list() == list(propose_scale(late.predictions["p_late30_12m"]).pd_from)
    assert "proposed for the probability of late payment within 12 months" in got.graded_by
    few = replace(late, predictions=late.predictions.with_columns(p_late30_12m=pl.lit(0.01)))
    assert assess(few, scale=None, samples=2).grades.is_empty()


def test_segments_and_folds_part_the_rows() -> None:
    rows = validation().predictions.height
    assert found().stability["rows"].sum() == rows
    by_segment = found().segments.group_by("segment").agg(pl.col("rows").sum())
    assert dict(by_segment.iter_rows()) == {"size": rows, "age of the account": rows, "industry": rows}
    named = found().segments.filter(pl.col("segment") == "industry")["part"].to_list()
    assert sorted(named) == ["retail", "steel"]


def test_nothing_to_measure_says_why() -> None:
    quiet = make_world(customers=60, months=36, base=0.0004, seed=1)
    got = assess(validate(quiet.panel, quiet.labels, samples=5), scale=SCALE, panel=quiet.panel, samples=5)
    assert got.measures.is_empty()
    assert got.notes
    assert got.value("auc") is None
    assert got.difference("auc", against="dbt_12m") is None


def test_a_planted_leak_raises_the_alarm_and_an_honest_panel_none() -> None:
    rows, panel = validation().predictions, world().panel
    honest = leakage_alarms(rows, panel)
    assert honest["alarm"].null_count() == honest.height
    seen = panel.join(rows.select("customer_id", "as_of", "event"), on=["customer_id", "as_of"], how="left")
    noise = np.random.default_rng(2).normal(size=seen.height)
    leaky = seen.with_columns(
        dso_12m=-(pl.col("event").fill_null(0) * 4 + pl.Series(noise)),
        credit_limit=pl.when(pl.col("event") == 1).then(None).otherwise(1.0),
        cover_cuts_12m=pl.lit(None, dtype=pl.Float64),
    ).drop("event")
    alarms = {row["feature"]: row for row in leakage_alarms(rows, leaky).iter_rows(named=True)}
    assert alarms["dso_12m"]["alarm"] == "values"
    assert alarms["dso_12m"]["auc"] > 0.95
    assert alarms["credit_limit"]["alarm"] == "nulls"
    assert alarms["credit_limit"]["null_auc"] == 1.0
    assert "hold a value" in alarms["cover_cuts_12m"]["reason"]
    assert leakage_alarms(rows, leaky)["feature"].to_list()[:2] == ["dso_12m", "credit_limit"]
    strict = leakage_alarms(rows, panel, largest_auc=0.6)
    assert "dbt_12m" in strict.filter(pl.col("alarm") == "values")["feature"].to_list()


def test_a_leak_is_suspected_only_on_enough_events() -> None:
    """That a feature tells twelve customers apart perfectly is no alarm, of all twenty-four it is."""
    rng = np.random.default_rng(0)
    n, failed = 400, 24
    rows = pl.DataFrame({"customer_id": [f"C{k}" for k in range(n)], "as_of": date(2024, 1, 31)}).with_columns(
        event=pl.Series([1.0] * failed + [0.0] * (n - failed))
    )
    score = rng.normal(0, 1, n) + 6 * (np.arange(n) < failed)
    for held, alarm in ((12, None), (failed, "values")):
        gone = (np.arange(n) >= held) & (np.arange(n) < failed)
        panel = rows.select("customer_id", "as_of", net_worth=pl.Series(np.where(gone, np.nan, score)).fill_nan(None))
        row = leakage_alarms(rows, panel).row(0, named=True)
        assert row["auc"] > 0.99
        assert row["alarm"] == alarm
        if alarm is None:
            assert "on 12 customers with an event: too little to tell" in row["reason"]


def test_the_lower_end_of_the_interval_decides() -> None:
    """The AUC of the rows is above the bound, that of resampled customers not surely."""
    rng = np.random.default_rng(3)
    n, failed = 400, 25
    score = rng.normal(0, 1, n) + 2.4 * (np.arange(n) < failed)
    rows = pl.DataFrame({"customer_id": [f"C{k}" for k in range(n)], "as_of": date(2024, 1, 31)}).with_columns(
        event=pl.Series([1.0] * failed + [0.0] * (n - failed))
    )
    panel = rows.select("customer_id", "as_of", net_worth=pl.Series(score))
    row = leakage_alarms(rows, panel).row(0, named=True)
    bound = row["auc"] - 0.001
    assert leakage_alarms(rows, panel, largest_auc=bound)["alarm"].to_list() == [None]
    assert leakage_alarms(rows, panel, largest_auc=bound - 0.1)["alarm"].to_list() == ["values"]


def test_drift_compares_customers_at_risk_with_their_like() -> None:
    """A third of the earlier customers are in default, with other values: no drift of those who are tested."""
    extra = (
        world()
        .panel.filter(pl.col("customer_id").hash(1) % 2 == 0)
        .with_columns(pl.col("customer_id") + "-defaulted", dbt_12m=pl.col("dbt_12m") + 60)
    )
    told = (
        world()
        .labels.filter(pl.col("customer_id").hash(1) % 2 == 0)
        .with_columns(pl.col("customer_id") + "-defaulted", bad_debt_at_risk=pl.lit(False))
    )
    panel, labels = pl.concat([world().panel, extra]), pl.concat([world().labels, told])
    got = assess(validate(panel, labels, folds=1, samples=1), scale=SCALE, panel=panel, samples=1).drift
    same = assess(
        validate(world().panel, world().labels, folds=1, samples=1), scale=SCALE, panel=world().panel, samples=1
    ).drift
    assert got.equals(same)


def test_drift_is_beyond_what_is_usual_between_training_dates() -> None:
    """Ageing accounts move every month; a jump after the training dates is told, and a window not full is left out."""
    rng = np.random.default_rng(5)
    days = [months_after(date(2023, 1, 31), month) for month in range(24)]
    panel = pl.DataFrame(
        {"customer_id": [f"C{n}" for n in range(200)] * 24, "as_of": [day for day in days for _ in range(200)]}
    )
    age = np.repeat(np.arange(24), 200)
    season, noise = rng.normal(0, 8, 24), rng.normal(0, 1, 4800)
    panel = panel.with_columns(
        tenure_months=pl.Series(age + rng.uniform(0, 20, 4800)),
        dbt_3m=pl.Series(np.repeat(season, 200) + noise),
        dbt_12m=pl.Series(noise + np.where(age >= 18, 3, 0)),
        invoiced_12m=pl.Series(np.where(age < 6, np.nan, noise + age)).fill_nan(None),
    )
    tested = panel.filter(pl.col("as_of") >= days[18])
    drift = {row["feature"]: row for row in drift_frame(panel, tested, known_on=days[18]).iter_rows(named=True)}
    assert drift["dbt_12m"]["drift"] == "large"
    assert drift["dbt_3m"]["psi"] > drift["dbt_3m"]["critical"]
    assert (drift["dbt_3m"]["drift"], drift["invoiced_12m"]["drift"]) == ("usual", "window not full")
    assert drift["invoiced_12m"]["psi"] is None
    assert drift["dbt_3m"]["limit"] > drift["dbt_3m"]["psi"]


def test_parameters_are_checked() -> None:
    with pytest.raises(ParameterError, match="largest_auc"):
        leakage_alarms(validation().predictions, world().panel, largest_auc=0.4)
    with pytest.raises(DataError, match="event"):
        leakage_alarms(world().panel, world().panel)
    with pytest.raises(ParameterError, match="lgd"):
        Costs(lgd=1.5)
