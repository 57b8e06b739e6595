from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from hazard_world import make_world

from credrisk.errors import DataError, ParameterError
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.outcomes import TARGET_FIRST, TrainingRows
from credrisk.models.pd_interval import common_level_sd, pd_interval


def fit(rows: TrainingRows, **parameters: object) -> BadDebtModel:
    return BadDebtModel(**parameters).fit(rows.X, rows.y, as_of=rows.as_of, groups=rows.groups)  # type: ignore[arg-type]


def test_bounds_hold_the_probability_and_widen_with_the_level() -> None:
    rows = make_world(customers=200, months=18, base=0.006, seed=2).rows()
    model = fit(rows, horizons=(3, 12))
    asked = rows.X.head(50)
    found = pd_interval(model, asked, rows, samples=10)
    assert list(found.columns) == [
        f"pd_{h}m{end}" for h in (3, 12) for end in ("", "_low80", "_high80", "_low95", "_high95")
    ]
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
    """Six worlds of a regression with noise features, customers at the middle half of the risk.

    The customers of a world are wrong together, so that six worlds at 0.95 give a standard error of at most 0.09 in
    the mean of their shares; twice that and the pull of the beliefs are allowed for below.
    """
    shares = []
    for seed in range(6):
        world = make_world(customers=250, months=18, base=0.006, seed=seed)
        rows = world.rows()
        last = world.panel.filter(pl.col("as_of") == pl.col("as_of").max())
        model = fit(rows, horizons=(12,), rung="penalised_regression")
        found = pd_interval(model, last.select(rows.X.columns), rows, samples=20, output="polars")
        truth = world.true_probability(last["customer_id"].to_list(), 12)
        usual = (truth > np.quantile(truth, 0.25)) & (truth < np.quantile(truth, 0.75))
        inside = (found["pd_12m_low95"].to_numpy() <= truth) & (truth <= found["pd_12m_high95"].to_numpy())
        shares.append(inside[usual].mean())
    assert np.mean(shares) > 0.95 - 2 * 0.09


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
