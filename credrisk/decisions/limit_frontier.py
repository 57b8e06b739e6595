"""What each size of a loss budget earns at most, and how the tail loss hangs on the correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.decisions.default_scenarios import tail_loss
from credrisk.decisions.factor_model import FactorModel
from credrisk.decisions.portfolio_limits import PortfolioLimits, optimum

if TYPE_CHECKING:
    from credrisk.decisions.limit_curves import LimitCurves

__all__ = ["limit_frontier", "tail_by_correlation"]

Array = npt.NDArray[np.float64]

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
BUDGETS = ("expected_loss", "tail_loss")


def limit_frontier(limits: PortfolioLimits, *, shares: Sequence[float] = SHARES) -> pl.DataFrame:
    """Return the most profit by size of each loss budget, the other one left out, the caps kept.

    Parameters
    ----------
    limits
        From :func:`~credrisk.decisions.portfolio_limits.optimise_limits`: its curves, caps and scenarios are used.
    shares
        Sizes of the budget, as shares of what the limits use that only the caps hold.

    Returns
    -------
    polars.DataFrame
        ``of`` (expected_loss or tail_loss; the latter where there are scenarios), ``share``, ``budget``, ``profit``,
        ``expected_loss``, ``tail_loss`` (in the scenarios optimised on; null without), ``price``.
    """
    free = replace(limits.problem, expected_loss=np.inf, tail_loss=np.inf)
    most = optimum(free)
    used = free.uses(most.limit, most.profit, most.loss)
    rows = []
    for of in BUDGETS if free.scenarios is not None else BUDGETS[:1]:
        start = None
        for share in sorted(shares, reverse=True):
            budget = share * getattr(used, of)
            answer = most if share >= 1 else optimum(replace(free, **{of: budget}), start)
            start = answer.prices if answer.prices.expected_loss + answer.prices.tail_loss > 0 else None
            uses = free.uses(answer.limit, answer.profit, answer.loss)
            rows.append(
                {
                    "of": of,
                    "share": float(share),
                    "budget": budget,
                    "profit": uses.profit,
                    "expected_loss": uses.expected_loss,
                    "tail_loss": uses.tail_loss if free.scenarios is not None else None,
                    "price": float(getattr(answer.prices, of)),
                }
            )
    return pl.DataFrame(rows, schema_overrides={"tail_loss": pl.Float64}).sort("of", "share")


def tail_by_correlation(
    limits: PortfolioLimits,
    curves: LimitCurves,
    *,
    correlations: Sequence[float],
    group_link: float,
    members: Any = None,
    scenarios: int = 10_000,
    seed: int = 0,
) -> pl.DataFrame:
    """Return the tail loss of the limits at other asset correlations: ``correlation, tail_loss``, in fresh scenarios.

    The correlation is a prior that no ledger of a few years can measure, so the tail loss is only as sure as it is.
    """
    from credrisk.decisions.factor_model import factor_model

    rows = []
    for correlation in correlations:
        model: FactorModel = factor_model(
            curves.pd, members=members, customer_id=curves.customer_id, correlation=correlation, group_link=group_link
        )
        losses = model.scenarios(scenarios, seed=seed, stream=2).losses(limits.loss_if_default)
        rows.append({"correlation": correlation, "tail_loss": tail_loss(losses, limits.budgets.tail_level)})
    return pl.DataFrame(rows)
