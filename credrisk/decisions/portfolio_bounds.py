"""Whose recommended limit is held to the portfolio's, so that all of them together keep every budget and every cap.

A recommendation may lie above the limit that the portfolio gives, since today's limit is kept above the need and a
minimum is granted. What one keeps is harmless; what all keep may break a cap that the portfolio's limits are far from.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.decisions.default_scenarios import tail_loss
from credrisk.decisions.limit_curves import LimitCurves
from credrisk.decisions.portfolio_limits import PortfolioLimits

__all__ = ["portfolio_bounds"]

SAME = 1e-9
"""By more than this share a budget is exceeded."""


def portfolio_bounds(
    limits: PortfolioLimits, *, curves: LimitCurves, recommended: npt.NDArray[np.float64]
) -> pl.DataFrame:
    """Return ``customer_id, limit, binding`` as bounds on recommendations; no limit for whom nothing holds down.

    ``binding`` is what binds the portfolio's own limit of the customer, by :meth:`PortfolioLimits.customers`.

    Parameters
    ----------
    limits
        Under the budgets.
    curves
        Those that ``limits`` were set from: what a limit above the portfolio's loses.
    recommended : (n,)
        What each customer would be recommended without the portfolio, in the order of ``curves``.

    Notes
    -----
    A loss budget that has a price, or that the recommendations exceed, bounds everybody: a higher limit, of whomever,
    would use what others are refused. A cap that has a price or is exceeded bounds its members.
    """
    budgets, prices, problem = limits.budgets, limits.prices, limits.problem
    loss = curves.lgd * curves.at(recommended)[1]
    scenarios = limits.fresh if limits.fresh is not None else problem.scenarios
    tail = tail_loss(scenarios.losses(loss), budgets.tail_level) if scenarios is not None else 0.0
    everybody = (
        prices.expected_loss > 0
        or prices.tail_loss > 0
        or _exceeds(float(curves.pd @ loss), budgets.expected_loss)
        or _exceeds(tail, budgets.tail_loss)
    )
    held = np.full(len(recommended), everybody)
    for kind, cap in problem.caps.items():
        full = cap.sums(recommended) > cap.most * (1 + SAME)
        if kind in prices.caps:
            full |= prices.caps[kind] > 0
        held |= np.append(full, False)[cap.code]
    bound = np.where(held, limits.limit, np.nan)
    named = limits.customers().select("customer_id", "binding")
    return named.with_columns(limit=pl.Series(bound).fill_nan(None)).select("customer_id", "limit", "binding")


def _exceeds(used: float, budget: float | None) -> bool:
    return budget is not None and used > budget * (1 + SAME)
