"""Exposure at default and expected loss: slow oracles, tie-outs, and the simulator out of time."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.errors import DataError, ParameterError
from credrisk.features.labels import build_labels
from credrisk.features.panel import build_panel
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.expected_loss import expected_loss
from credrisk.models.exposure_at_default import ExposureAtDefault
from credrisk.models.loss_given_default import LossGivenDefault
from credrisk.models.pd_interval import pd_interval
from credrisk.models.workouts import Workouts, workouts_of
from credrisk.simulate import simulate_ledger

NO_FLOWS = pl.DataFrame(schema={"number": pl.Int64, "age_days": pl.Int64, "share": pl.Float64})


def defaults_of(rows: list[tuple[str, date, float]]) -> Workouts:
    frame = pl.DataFrame(
        rows, schema={"customer_id": pl.String, "default_on": pl.Date, "exposure": pl.Float64}, orient="row"
    )
    owing = frame.filter(pl.col("exposure") > 0).with_columns(
        number=pl.int_range(pl.len(), dtype=pl.Int64), age_days=pl.lit(100, dtype=pl.Int64), covered=pl.lit(False)
    )
    return Workouts(owing, NO_FLOWS, frame.filter(pl.col("exposure") == 0).drop("exposure"))


def panel_of(rows: list[tuple[str, date, float | None, float | None, float | None]]) -> pl.DataFrame:
    names = {"customer_id": pl.String, "as_of": pl.Date, "net_balance": pl.Float64, "peak_balance_12m": pl.Float64}
    return pl.DataFrame(rows, schema=names | {"credit_limit": pl.Float64}, orient="row")


def drawn(n: int, seed: int = 1) -> tuple[pl.DataFrame, Workouts]:
    """Return defaults on 2024-06-15, some of nothing, each seen at three month-ends before and one long ago."""
    rng = np.random.default_rng(seed)
    rows, defaults = [], []
    for number in range(n):
        name, peak = f"C{number:03d}", float(rng.uniform(100, 1000))
        dates = (date(2023, 5, 31), date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31))
        rows += [(name, as_of, float(peak * rng.uniform(0, 1)), peak, 2 * peak) for as_of in dates]
        owed = 0.0 if number % 4 == 0 else float(peak * rng.uniform(0, 3))
        defaults.append((name, date(2024, 6, 15), owed))
    return panel_of(rows), defaults_of(defaults)


def test_the_factors_against_a_slow_oracle() -> None:
    panel, defaults = drawn(30)
    model = ExposureAtDefault().fit(panel.to_pandas(), defaults)
    owed = {row["customer_id"]: row["exposure"] for row in defaults.defaults.to_dicts()}
    bands: dict[int, list[tuple[float, float]]] = {0: [], 1: [], 2: []}
    counts = {0: 0.0, 1: 0.0, 2: 0.0}
    for row in panel.to_dicts():
        if row["as_of"] < date(2023, 6, 15):
            continue
        use = row["net_balance"] / row["peak_balance_12m"]
        band = 0 if use < 0.35 else 1 if use < 0.95 else 2
        factor = min(owed.get(row["customer_id"], 0.0) / row["peak_balance_12m"], 2.0)
        bands[band].append((row["peak_balance_12m"] ** 0.5 / 3, factor))
        counts[band] += 1 / 3
    every = [pair for pairs in bands.values() for pair in pairs]
    scale = 30 / sum(w for w, _ in every)
    overall = (scale * sum(w * f for w, f in every) + 5 * 1.0) / (30 + 5)
    worth = model.worth_
    expected = [
        (scale * sum(w * f for w, f in b) + worth * overall) / (scale * sum(w for w, _ in b) + worth)
        for b in bands.values()
    ]
    assert model.cells_["factor"].to_list() == pytest.approx(expected)
    assert model.cells_["defaults"].to_list() == pytest.approx(list(counts.values()))
    points, weights = model.factors()
    assert [p @ w for p, w in zip(points, weights, strict=True)] == pytest.approx(expected)
    month = model.shares_.filter(pl.col("months_before") == 1).row(0, named=True)
    last = panel.filter(pl.col("as_of") == date(2024, 5, 31))
    assert month["defaults"] == 30
    assert month["to_peak"] == pytest.approx(sum(owed.values()) / last["peak_balance_12m"].sum())
    assert month["to_limit"] == pytest.approx(month["to_peak"] / 2)
    assert set(model.shares_["months_before"]) == {1, 2, 3}


def test_the_exceedance_falls_and_its_integral_is_the_expected_exposure() -> None:
    panel, defaults = drawn(30)
    model = ExposureAtDefault().fit(panel, defaults)
    one = panel_of([("X", date(2024, 6, 30), 450.0, 500.0, None)])
    amounts = np.arange(0.0, 1500.0, 1.0)
    rows = pl.concat([one] * len(amounts))
    chance = model.exceedance(rows, amounts)
    assert (np.diff(chance) <= 0).all()
    assert 0 <= chance[-1] < 0.02
    expected = model.predict(one)["ead"].item()
    # The integral of P(EAD > x), from steps of 1.
    assert chance.sum() == pytest.approx(expected, abs=1.5)


def test_without_defaults_the_prior_and_without_a_base_no_answer() -> None:
    model = ExposureAtDefault().fit(panel_of([]), defaults_of([]))
    today = panel_of(
        [
            ("peak", date(2024, 6, 30), 40.0, 100.0, 300.0),
            ("limit", date(2024, 6, 30), 0.0, 0.0, 300.0),
            ("nothing", date(2024, 6, 30), None, None, None),
        ]
    )
    found = model.predict(today, output="polars")
    assert found["ead"].to_list() == [pytest.approx(100.0), pytest.approx(300.0), None]
    assert found["ead_source"].to_list()[::2] == [
        "0 past defaults, the prior of 1 usual peaks counting as 5",
        "no balance in twelve months and no credit limit",
    ]
    assert found["ead_to_balance"].to_list() == [pytest.approx(2.5), None, None]
    assert found["ead_low"][0] < 100 < found["ead_high"][0]
    assert np.isnan(model.exceedance(today, [1.0, 1.0, 1.0])[2])
    with pytest.raises(DataError, match="peak_balance_12m"):
        model.predict(today.drop("peak_balance_12m"))
    with pytest.raises(ParameterError, match="fitted"):
        ExposureAtDefault().predict(today)


@cache
def fitted() -> tuple[pl.DataFrame, LossGivenDefault, ExposureAtDefault]:
    panel, defaults = drawn(40)
    flows = pl.DataFrame({"number": [0, 1, 2], "age_days": [20, 40, 60], "share": [0.5, 0.7, 0.2]})
    lgd = LossGivenDefault(discount_rate=0.0).fit_workouts(
        Workouts(defaults.defaults, flows, defaults.without_exposure)
    )
    today = panel.filter(pl.col("as_of") == date(2024, 5, 31))
    return today, lgd, ExposureAtDefault().fit(panel, defaults)


def test_expected_losses_tie_out() -> None:
    today, lgd, ead = fitted()
    pd_12m = np.linspace(0.001, 0.3, today.height)
    scores = today.select("customer_id").with_columns(pd_12m=pl.Series(pd_12m))
    found = expected_loss(scores, panel=today, lgd=lgd, ead=ead, samples=4000, output="polars")
    rows, total = found.customers, found.portfolio.row(0, named=True)
    product = rows["pd_12m"] * rows["lgd"] * rows["ead"]
    np.testing.assert_allclose(rows["expected_loss"], product, rtol=1e-12)
    np.testing.assert_allclose(rows["lgd"], lgd.predict(today, output="polars")["lgd"], rtol=1e-12)
    np.testing.assert_allclose(rows["ead"], ead.predict(today, output="polars")["ead"], rtol=1e-12)
    assert total["expected_loss"] == pytest.approx(rows["expected_loss"].sum(), rel=1e-12)
    assert total["ead"] == pytest.approx(rows["ead"].sum(), rel=1e-12)
    assert abs(total["loss_mean"] - total["expected_loss"]) < 4 * total["loss_mean_error"]
    assert total["expected_loss_low"] < total["expected_loss"] < total["expected_loss_high"]
    assert (rows["expected_loss_low"] <= rows["expected_loss"]).all()
    assert (rows["expected_loss"] <= rows["expected_loss_high"]).all()
    assert total["loss_p50"] <= total["loss_p90"] <= total["loss_p95"] <= total["loss_p99"]
    # Some of those that turned bad owed nothing on the day.
    none = float(np.prod(1 - pd_12m * ead.exceedance(today, np.zeros(today.height))))
    assert abs(total["chance_of_no_loss"] - none) < 4 * np.sqrt(none * (1 - none) / 4000)
    assert "came without intervals" in found.notes[0]


def test_the_interval_of_the_probability_widens_that_of_the_loss_and_keeps_its_mean() -> None:
    today, lgd, ead = fitted()
    plain = today.select("customer_id").with_columns(pd_12m=pl.lit(0.02))
    wide = plain.with_columns(pd_12m_low95=pl.lit(0.005), pd_12m_high95=pl.lit(0.08))
    sure = expected_loss(plain, panel=today, lgd=lgd, ead=ead, samples=20_000, output="polars")
    first = sure.portfolio.row(0, named=True)
    found = expected_loss(wide.to_pandas(), panel=today.to_pandas(), lgd=lgd, ead=ead, samples=20_000)
    assert isinstance(found.customers, pd.DataFrame)
    second = found.portfolio.iloc[0]
    assert second["expected_loss"] == pytest.approx(first["expected_loss"])
    assert second["expected_loss_high"] > 2 * first["expected_loss_high"]
    assert second["expected_loss_low"] < first["expected_loss_low"] / 2
    # Given the level is shared, a bad year is worse than with sure probabilities.
    assert second["loss_p99"] > first["loss_p99"]
    assert not any("without intervals" in note for note in found.notes)


def test_no_probability_or_no_exposure_is_no_answer_with_its_reason() -> None:
    today, lgd, ead = fitted()
    scores = pl.DataFrame({"customer_id": ["C000", "C001", "new"], "pd_12m": [0.02, None, 0.02]})
    found = expected_loss(scores, panel=today, lgd=lgd, ead=ead, output="polars")
    assert found.customers["expected_loss"].is_null().to_list() == [False, True, True]
    assert found.customers["reason"].to_list() == [
        None,
        "no probability",
        "no balance in twelve months and no credit limit: no exposure at default",
    ]
    assert found.portfolio.select("customers", "left_out").row(0) == (1, 2)
    assert any(note.startswith("2 customers have no expected loss") for note in found.notes)


def test_the_interval_comes_as_pd_interval_writes_it() -> None:
    rows = make_world(customers=100, months=12, base=0.01).rows()
    model = BadDebtModel(horizons=(12,), rung="expert_card").fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)
    today, lgd, ead = fitted()
    told = pd_interval(model, rows.X.head(today.height), rows, samples=10)
    scores = told.assign(customer_id=today["customer_id"].to_list())
    narrow = expected_loss(scores[["customer_id", "pd_12m"]], panel=today, lgd=lgd, ead=ead).portfolio.iloc[0]
    found = expected_loss(scores, panel=today, lgd=lgd, ead=ead)
    wide = found.portfolio.iloc[0]
    assert not any("without intervals" in note for note in found.notes)
    assert wide["expected_loss"] == pytest.approx(narrow["expected_loss"])
    assert wide["expected_loss_low"] < narrow["expected_loss_low"]
    assert wide["expected_loss_high"] > narrow["expected_loss_high"]


def test_what_has_happened_counts_with_its_balance_and_its_own_probability() -> None:
    today, lgd, ead = fitted()
    statuses = ["bad_debt", "in_default", "in_default", "bad_debt", "at_risk"]
    scores = pl.DataFrame(
        {
            "customer_id": today["customer_id"][:5],
            "pd_12m": [0.02, 0.4, None, None, 0.02],
            "status": statuses,
        }
    )
    panel = today.with_columns(net_balance=pl.when(pl.col("customer_id") != "C003").then("net_balance").otherwise(-5.0))
    found = expected_loss(scores, panel=panel, lgd=lgd, ead=ead, samples=4000, output="polars")
    rows, owed = found.customers, panel["net_balance"][:5].to_list()
    assert rows["pd_12m"].to_list() == [1.0, 0.4, None, 1.0, 0.02]
    assert rows["ead"][:4].to_list() == pytest.approx([owed[0], owed[1], owed[2], 0.0])
    assert rows["ead"][4] == ead.predict(panel, output="polars")["ead"][4]
    loss = [p * rows["lgd"][0] * e for p, e in ((1.0, owed[0]), (0.4, owed[1]))]
    assert rows["expected_loss"][:4].to_list() == [pytest.approx(loss[0]), pytest.approx(loss[1]), None, 0.0]
    assert rows["reason"].to_list() == [None, None, "no probability", None, None]
    total = found.portfolio.row(0, named=True)
    assert abs(total["loss_mean"] - total["expected_loss"]) < 4 * total["loss_mean_error"]
    assert total["chance_of_no_loss"] == 0
    unknown = panel.with_columns(net_balance=pl.lit(None, pl.Float64))
    nothing = expected_loss(scores, panel=unknown, lgd=lgd, ead=ead, output="polars").customers
    assert nothing["expected_loss"].is_null().to_list() == [True, True, True, True, False]
    assert nothing["reason"][0] == "no balance known"
    # From the panel it is the same, and without it everybody is at risk, which is said.
    stated = panel.join(scores.select("customer_id", "status"), on="customer_id", how="left")
    again = expected_loss(scores.drop("status"), panel=stated, lgd=lgd, ead=ead, samples=4000, output="polars")
    assert again.customers.equals(rows)
    assert not any("No status" in note for note in again.notes)
    assert any("No status" in note for note in expected_loss(scores[:, :2], panel=panel, lgd=lgd, ead=ead).notes)


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({"customer_id": ["C000", "C000"], "pd_12m": [0.1, 0.1]}, "occurs twice"),
        ({"customer_id": ["C000"], "pd_12m": [1.1]}, "between 0 and 1"),
        ({"customer_id": ["C000"]}, "pd_12m"),
        ({"customer_id": ["C000"], "pd_12m": [0.1], "status": ["lost"]}, "No such status"),
    ],
)
def test_wrong_scores_are_refused(scores: dict[str, Any], says: str) -> None:
    today, lgd, ead = fitted()
    with pytest.raises(DataError, match=says):
        expected_loss(pl.DataFrame(scores), panel=today, lgd=lgd, ead=ead)


def test_the_same_seed_gives_the_same_and_parts_do_not_change_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    today, lgd, ead = fitted()
    scores = today.select("customer_id").with_columns(pd_12m=pl.lit(0.05))
    first, second = (expected_loss(scores, panel=today, lgd=lgd, ead=ead, output="polars") for _ in range(2))
    assert first.customers.equals(second.customers)
    assert first.portfolio.equals(second.portfolio)
    monkeypatch.setattr("credrisk.models.expected_loss.CELLS_AT_ONCE", 5000)
    parts = expected_loss(scores, panel=today, lgd=lgd, ead=ead, output="polars")
    assert parts.customers.equals(first.customers)


def test_exposures_of_the_simulator_out_of_time() -> None:
    """Learn on defaults until mid-2026, foretell those of the year after: the total within the spread of so few."""
    ledger = simulate_ledger(customers=1200, months=54, seed=5).ledger()
    cut, end = date(2026, 6, 30), date(2027, 6, 30)
    names = ["net_balance", "peak_balance_12m", "credit_limit"]
    panel = build_panel(ledger.cut(cut), features=names, output="polars")
    labels = build_labels(ledger.cut(cut), dates=sorted(panel["as_of"].unique()), output="polars")
    at_risk = labels.filter("bad_debt_at_risk").select("customer_id", "as_of")
    panel = panel.join(at_risk, on=["customer_id", "as_of"], how="semi")
    model = ExposureAtDefault().fit(panel, workouts_of(ledger, target="bad_debt", workout_months=36, as_of=cut))
    assert model.defaults_ > 25
    later = workouts_of(ledger, target="bad_debt", workout_months=36, as_of=end)
    owed = pl.concat(
        [
            later.defaults.select("customer_id", "default_on", "exposure"),
            later.without_exposure.with_columns(exposure=pl.lit(0.0)),
        ]
    ).filter((pl.col("default_on") > cut) & (pl.col("default_on") <= end))
    today = panel.filter(pl.col("as_of") == cut)
    both = model.predict(today, output="polars").join(owed, on="customer_id", how="inner")
    gap = (both["exposure"] - both["ead"]).to_numpy()
    assert both.height >= 8
    assert abs(gap.sum()) < 3 * gap.std() * np.sqrt(len(gap))
