"""What a failing customer would owe, were there no limit: it draws up before it fails, and supply is cut off.

Shrunk to the policy's prior: ``demand.ead_ratio_prior`` times the customer's usual balance, with the weight of
``demand.ead_prior_defaults`` defaults against the defaults of the ledger (:class:`credrisk.ExposureAtDefault`, which
measures the balance on the day of past defaults beside the customer's usual peak, by how much of it was in use).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from credrisk.decisions.policy import Policy

if TYPE_CHECKING:
    from credrisk.models.exposure_at_default import ExposureAtDefault

__all__ = ["draw_estimates"]

PRIOR_CV = 0.5
"""Coefficient of variation of the draw-up, exposure at default over usual balance. Prior."""


def draw_estimates(rows: pl.DataFrame, *, policy: Policy, measured: ExposureAtDefault | None = None) -> pl.DataFrame:
    """Return the distribution of each customer's exposure at default, lognormal.

    Parameters
    ----------
    rows
        ``customer_id, demand_log_mean, demand_log_sd``, and ``net_balance, peak_balance_12m, credit_limit``, from which
        ``measured`` foretells.
    measured
        Fitted on the ledger's past defaults; None where there are none to learn from.

    Returns
    -------
    polars.DataFrame
        In the order of ``rows``: ``ead_log_mean, ead_log_sd`` (the mean null where no demand is known)
        and ``ead_source`` in words.
    """
    rules = policy.demand
    demand = rows["demand_log_mean"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    spread = np.log1p(PRIOR_CV**2)
    # The usual balance is as uncertain as the demand, the draw-up comes on top.
    variance = np.nan_to_num(rows["demand_log_sd"].cast(pl.Float64).to_numpy()) ** 2 + spread
    mean = demand + np.log(rules.ead_ratio_prior) - spread / 2
    defaults = 0 if measured is None else measured.defaults_
    if measured is not None and defaults:
        base, band = measured.base_and_band(rows)
        points, weights = measured.factors()
        first = np.array([np.average(point, weights=weight) for point, weight in zip(points, weights, strict=True)])
        second = [np.average(point**2, weights=weight) for point, weight in zip(points, weights, strict=True)]
        own_variance = np.log(np.array(second) / first**2)
        own_mean = np.log(np.where(base > 0, base, 1.0)) + (np.log(first) - own_variance / 2)[band]
        weight = np.where(base > 0, defaults / (defaults + rules.ead_prior_defaults), 0.0)
        mean = weight * own_mean + (1 - weight) * mean  # null where nothing is bought: nothing is drawn either
        variance = weight * own_variance[band] + (1 - weight) * variance
    said = (
        f"{defaults} past defaults, the prior of {rules.ead_ratio_prior:g} usual balances counting as "
        f"{rules.ead_prior_defaults:g}"
    )
    return pl.DataFrame(
        {
            "ead_log_mean": pl.Series(mean).fill_nan(None),
            "ead_log_sd": np.sqrt(variance),
            "ead_source": [said] * rows.height,
        },
        schema_overrides={"ead_log_mean": pl.Float64, "ead_source": pl.String},
    )
