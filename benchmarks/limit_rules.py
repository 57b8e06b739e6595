"""Rules of thumb for credit limits, and credrisk's own: one limit a customer, from what is known on the day."""

from __future__ import annotations

import numpy as np
import polars as pl
from limit_seed import AS_OF, Known

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_curves import LimitCurves, limit_curves
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.policy import Policy
from credrisk.decisions.portfolio_limits import optimise_limits

__all__ = ["RULES", "curves_of", "portfolio_limits", "rules_of"]

RULES = {
    "net_worth": "10 % of tangible net worth; without a statement one month of sales (what the 10 % about come to in "
    "the median)",
    "twice_sales": "twice the monthly sales of the last 12 months",
    "grade_table": "an amount by grade (A 100,000, B 50,000, C 20,000, D 10,000, E 5,000, F 2,000, G none) and size "
    "(segment A twice, C half of it), as bureaus' tables of score and size have it",
    "grade_multiple": "months of sales by grade: A 4, B 3, C 2, D 1, E 1/2, F 1/4, G none",
    "today": "the limit in the simulated ledger, which its credit manager sets on 1.8 times the balance that the terms "
    "imply and mostly lowers when the hidden health is bad",
    "recommended": "`recommend_limits` as shipped, with need, capacity and the other bounds, without the portfolio",
}
AMOUNTS = {"A": 100e3, "B": 50e3, "C": 20e3, "D": 10e3, "E": 5e3, "F": 2e3, "G": 0.0}
SIZES = {"A": 2.0, "B": 1.0, "C": 0.5}
MONTHS = {"A": 4.0, "B": 3.0, "C": 2.0, "D": 1.0, "E": 0.5, "F": 0.25, "G": 0.0}


def curves_of(known: Known, policy: Policy) -> tuple[pl.DataFrame, LimitCurves]:
    """Return what the limits are worked out from, and the profit curves."""
    inputs = limit_inputs(known.scores, features=known.features, as_of=AS_OF, policy=policy, **known.evidence)
    return inputs, limit_curves(inputs, policy=policy)


def rules_of(known: Known, inputs: pl.DataFrame, policy: Policy) -> dict[str, np.ndarray]:
    """Return the limits by rule, in the order of ``inputs``; who is in default has none under any rule."""
    monthly = pl.col("invoiced_12m").fill_null(0.0).clip(lower_bound=0) / 12
    worth = (0.1 * pl.col("tangible_net_worth")).clip(lower_bound=0)
    size = pl.col("segment").replace_strict(SIZES, default=1.0, return_dtype=pl.Float64)
    grade = pl.col("grade_used")
    recommended = recommend_limits(
        known.scores,
        features=known.features,
        as_of=AS_OF,
        currency=known.ledger.settings.currency,
        policy=policy,
        **known.evidence,
        output="polars",
    ).select("customer_id", "recommended_limit")
    found = inputs.join(recommended, on="customer_id", how="left", maintain_order="left").select(
        net_worth=pl.coalesce(worth, monthly),
        twice_sales=2 * monthly,
        grade_table=grade.replace_strict(AMOUNTS, return_dtype=pl.Float64) * size,
        grade_multiple=grade.replace_strict(MONTHS, return_dtype=pl.Float64) * monthly,
        today="credit_limit",
        recommended="recommended_limit",
    )
    stopped = inputs["stopped"].to_numpy()
    return {name: np.where(stopped, 0.0, found[name].fill_null(0.0).to_numpy()) for name in RULES}


def portfolio_limits(curves: LimitCurves, share: float | None) -> np.ndarray:
    """Return the limits of highest expected profit whose expected loss keeps a share of what no budget would lose."""
    free = optimise_limits(curves, budgets=Budgets())
    if share is None:
        return free.limit
    budget = share * float(free.expected_loss.sum())
    return optimise_limits(curves, budgets=Budgets(expected_loss=budget)).limit
