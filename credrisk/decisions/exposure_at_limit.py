"""What a failing customer would owe, were there no limit: it draws up before it fails, and supply is cut off.

Shrunk to the policy's prior: ``demand.ead_ratio_prior`` times the customer's usual balance, with the weight of
``demand.ead_prior_defaults`` defaults against the defaults of the ledger (:class:`credrisk.ExposureAtDefault`, which
measures the balance on the day of past defaults beside the customer's usual peak, by how much of it was in use; that
class has a prior of its own for its own answers, which is left out here).
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
NOTHING = 0.02
"""Share of the usual peak up to which a failed customer counts as owing nothing."""


def draw_estimates(rows: pl.DataFrame, *, policy: Policy, measured: ExposureAtDefault | None = None) -> pl.DataFrame:
    """Return the distribution of each customer's exposure at default: nothing, or else lognormal.

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
        In the order of ``rows``: ``ead_log_mean, ead_log_sd`` (the mean null where no demand is known),
        ``ead_share`` (share of failing customers that owe anything) and ``ead_source`` in words.
    """
    rules = policy.demand
    demand = rows["demand_log_mean"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    spread = np.log1p(PRIOR_CV**2)
    # The usual balance is as uncertain as the demand, the draw-up comes on top.
    variance = np.nan_to_num(rows["demand_log_sd"].cast(pl.Float64).to_numpy()) ** 2 + spread
    mean = demand + np.log(rules.ead_ratio_prior) - spread / 2
    share = np.ones(rows.height)
    defaults = 0 if measured is None else measured.defaults_
    if measured is not None and defaults:
        base, band = measured.base_and_band(rows)
        points, weights = measured.measured_factors()
        among = np.average(np.array(weights), axis=0, weights=np.bincount(band, minlength=len(weights)))
        owing = points > NOTHING
        own_share = among[owing].sum() / among.sum()
        both = (base > 0) & ~np.isnan(demand)
        weight = defaults / (defaults + rules.ead_prior_defaults)
        if both.any():
            share = np.full(rows.height, weight * own_share + 1 - weight)
        if both.any() and owing.any():
            factor = np.log(points[owing])
            log_factor = np.average(factor, weights=among[owing])
            own_variance = np.average((factor - log_factor) ** 2, weights=among[owing])
            # How high the draw stands above the demand is learnt from the book: the one highest peak of a customer
            # would only add its noise.
            above = np.median(np.log(base[both]) - demand[both]) + log_factor
            mean = weight * (demand + above) + (1 - weight) * mean
            variance = weight * own_variance + (1 - weight) * variance
    # Who has bought nothing for a year owes nothing either, unless it comes back.
    idle = rows["demand_months"].to_numpy() == 0 if "demand_months" in rows.columns else np.zeros(rows.height, bool)
    share = np.where(idle, np.minimum(share, rows["demand_share"].to_numpy()), share) if idle.any() else share
    said = (
        f"{defaults} past defaults, the prior of {rules.ead_ratio_prior:g} usual balances counting as "
        f"{rules.ead_prior_defaults:g}"
    )
    return pl.DataFrame(
        {
            "ead_log_mean": pl.Series(mean).fill_nan(None),
            "ead_log_sd": np.sqrt(variance),
            "ead_share": share,
            "ead_source": [said] * rows.height,
        },
        schema_overrides={"ead_log_mean": pl.Float64, "ead_source": pl.String},
    )
