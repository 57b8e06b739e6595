from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.errors import DataError, ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.outcomes import TARGET_FIRST, TrainingRows
from credrisk.models.pd_interval import FEWEST_SAMPLES, _deviation, _pivot, common_level_sd, pd_interval


def fit(rows: TrainingRows, **parameters: object) -> BadDebtModel:
    return BadDebtModel(**parameters).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)  # type: ignore[arg-type]


def test_bounds_hold_the_probability_and_widen_with_the_level() -> None:
    rows = make_world(customers=200, months=18, base=0.006, seed=2).rows()
    model = fit(rows, horizons=(3, 12))
    asked = rows.X.head(50)
    found = pd_interval(model, asked, rows, samples=10)
    assert list(found.columns) == [
        f"pd_{h}m{end}" for h in (3, 12) for end in ("", "_low80", "_high80", "_low95", "_high95", "_refits")
    ]
    assert (found[["pd_3m_refits", "pd_12m_refits"]] == 10).all(axis=None)
    for h in (3, 12):
        ordered = found[[f"pd_{h}m_low95", f"pd_{h}m_low80", f"pd_{h}m", f"pd_{h}m_high80", f"pd_{h}m_high95"]]
        assert (np.diff(ordered.to_numpy(), axis=1) > 0).all()
        assert ordered.to_numpy().min() >= 0
        assert ordered.to_numpy().max() <= 1
    again = pd_interval(model, asked, rows, samples=10, output="polars")
    assert again.equals(pl.from_pandas(found))


def test_a_panel_may_be_given_as_it_is() -> None:
    world = make_world(customers=200, months=18, base=0.006, seed=2)
    rows = world.rows()
    model = fit(rows, horizons=(12,), rung="expert_card")
    panel = world.panel.filter(pl.col("as_of") == pl.col("as_of").max())
    bare = panel.select(rows.X.columns)
    for output in ("predict_pd", "contributions", "explain"):
        assert getattr(model, output)(panel, output="polars").equals(getattr(model, output)(bare, output="polars"))
    in_pandas = panel.to_pandas().set_index(np.arange(panel.height) + 7)
    assert model.predict_pd(in_pandas).index.tolist() == in_pandas.index.tolist()
    assert (model.predict_proba(in_pandas) == model.predict_proba(bare)).all()
    found = pd_interval(model, panel, rows, samples=10, output="polars")
    assert found["customer_id"].to_list() == panel["customer_id"].to_list()
    assert found.drop("customer_id").equals(pd_interval(model, bare, rows, samples=10, output="polars"))
    with pytest.raises(DataError, match=r"not what the model was fitted on.*as_off"):
        model.predict_pd(panel.with_columns(as_off=pl.lit(1.0)))


def test_the_truth_lies_inside_as_often_as_stated() -> None:
    """24 worlds of a regression with noise features, of a strength, and in a variable, that the beliefs expect.

    The 200 customers of a world are wrong together, so that the worlds are the sample: the mean share must be what is
    stated, neither less nor more, within two standard errors: those of the spread of the 24 shares, at most those of
    worlds whose customers are all right or all wrong.
    """
    shares = []
    for seed in range(24):
        drawn = make_world(customers=200, months=15, base=0.012, strength=0.43, seed=seed)
        world = dataclasses.replace(drawn, panel=drawn.panel.rename({"dbt_12m": "payment_strain"}))
        rows = world.rows()
        last = world.panel.filter(pl.col("as_of") == pl.col("as_of").max())
        model = fit(rows, horizons=(12,), rung="penalised_regression")
        found = pd_interval(model, last.select(rows.X.columns), rows, samples=10, output="polars")
        truth = world.true_probability(last["customer_id"].to_list(), 12)
        usual = (truth > np.quantile(truth, 0.25)) & (truth < np.quantile(truth, 0.75))
        inside = [
            (found[f"pd_12m_low{level}"].to_numpy() <= truth) & (truth <= found[f"pd_12m_high{level}"].to_numpy())
            for level in (80, 95)
        ]
        shares.append([here[part].mean() for here in inside for part in (usual, usual | True)])
    stated = np.array([0.8, 0.8, 0.95, 0.95])
    error = np.minimum(np.std(shares, axis=0, ddof=1), np.sqrt(stated * (1 - stated))) / np.sqrt(len(shares))
    assert (np.abs(np.mean(shares, axis=0) - stated) < 2 * error).all()


def test_a_refit_that_cannot_measure_a_horizon_does_not_count() -> None:
    """Some resamples hold fewer than the five late events that 24 months need; the others speak."""
    rows = make_world(customers=60, months=36, base=0.004, seed=5).rows()
    model = fit(rows, horizons=(12, 24), rung="expert_card")
    found = pd_interval(model, rows.X.head(20), rows, samples=30, output="polars")
    assert found["pd_12m_refits"].unique().to_list() == [30]
    (counted,) = found["pd_24m_refits"].unique()
    assert FEWEST_SAMPLES <= counted < 30
    assert (found["pd_24m_low80"] < found["pd_24m"]).all()
    assert (found["pd_24m"] < found["pd_24m_high80"]).all()
    alone = pd_interval(fit(rows, horizons=(24,), rung="expert_card"), rows.X.head(20), rows, samples=30)
    assert alone["pd_24m_refits"].tolist() == [counted] * 20
    few = pd_interval(model, rows.X.head(20), rows, samples=10, output="polars")
    assert few["pd_24m_refits"][0] < FEWEST_SAMPLES
    assert few["pd_24m_low95"].null_count() == few["pd_24m_high80"].null_count() == 20
    assert few.select("pd_24m", "pd_12m_low95", "pd_12m_high80").null_count().sum_horizontal().item() == 0


def test_the_deviation_is_that_of_the_refits_that_measured() -> None:
    drawn = np.random.default_rng(0).normal(size=(14, 3, 2))
    drawn[[1, 5], :, 1] = np.nan
    deviation, counted = _deviation(drawn)
    assert counted.tolist() == [14, 12]
    np.testing.assert_allclose(deviation[:, 0], np.std(drawn[:, :, 0], axis=0, ddof=1))
    np.testing.assert_allclose(deviation[:, 1], np.nanstd(drawn[:, :, 1], axis=0, ddof=1))
    drawn[[0, 2, 3], :, 1] = np.nan
    assert np.isnan(_deviation(drawn)[0][:, 1]).all()


def test_the_order_of_the_rows_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credrisk.models.pd_interval.PIVOT_ROWS", 300)
    rows = make_world(customers=200, months=18, base=0.006, seed=2).rows()
    model = fit(rows, horizons=(3, 12))
    order = np.random.default_rng(1).permutation(rows.X.height)
    other = TrainingRows(rows.X[order], rows.y[order], rows.as_of[order], rows.groups[order])
    assert _pivot(model, other, None).tolist() == _pivot(model, rows, None).tolist()
    found = [pd_interval(model, rows.X.head(9), part, samples=10).to_numpy() for part in (rows, other)]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


def test_waves_common_to_all_customers_are_measured() -> None:
    """Without waves the moments give next to none; with waves of log rate 0.5 about that, over 24 months."""
    rows = make_world(customers=1500, months=24, base=0.004, seed=5).rows()
    model = fit(rows, horizons=(12,), rung="expert_card")
    calm = common_level_sd(model, rows)
    assert calm < 0.25
    quarter = (rows.as_of.dt.year() * 4 + rows.as_of.dt.quarter()).to_numpy()
    random = np.random.default_rng(0)
    high = np.isin(quarter, np.unique(quarter)[::2])
    hit = (rows.y["event"].to_numpy() == TARGET_FIRST) & (rows.y["months"].to_numpy() <= 1)
    struck = hit & (high | (random.random(len(hit)) < np.exp(-1)))
    event = np.where(hit & ~struck, 0, rows.y["event"].to_numpy())
    waved = dataclasses.replace(rows, y=rows.y.with_columns(pl.Series("event", event)))
    assert 0.25 < common_level_sd(model, waved) < 0.75


@pytest.mark.parametrize(("name", "value"), [("levels", (1.0,)), ("levels", ()), ("samples", 3)])
def test_parameters_keep_their_rules(name: str, value: object) -> None:
    rows = make_world(customers=100, months=12, base=0.01).rows()
    model = fit(rows, horizons=(12,), rung="expert_card")
    with pytest.raises(ParameterError, match=name):
        pd_interval(model, rows.X, rows, **{name: value})
