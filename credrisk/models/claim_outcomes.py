"""How likely it is that what a customer claims (a dispute, a charge-back) turns out not to be justified.

The outcomes of resolved disputes are counted: ``invalid`` as one, ``valid`` as none, ``partly`` as a half. The share of
a reason is shrunk to that of all, that of a customer within a reason to that of the reason: the mean around a group
counts as many cases as the spread between groups says, by the likelihood of the beta-binomial [1]_, or as ``SHRUNK_BY``
cases where too few groups were judged. That of all is shrunk to the stated prior.

References
----------
.. [1] Griffiths, D. A. (1973). Maximum likelihood estimation for the beta-binomial distribution and an application to
the
   household distribution of the total number of cases of a disease. Biometrics 29(4), 637-648.
"""

from __future__ import annotations

from datetime import date
from math import lgamma

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.ledger.ledger import Ledger

__all__ = ["PRIOR_INVALID", "claim_odds", "judged_claims", "spread_strength"]

INVALID = {"invalid": 1.0, "partly": 0.5, "valid": 0.0}

PRIOR_INVALID = 0.5
"""Where nothing is known a claim is as likely justified as not: a prior that says nothing, in place of a
measurement."""

PRIOR_CASES = 2.0
"""Resolved disputes as many as which that prior counts (a uniform Beta(1, 1))."""

SHRUNK_BY = 10.0
"""Cases as many as which the mean around a group counts where the spread between groups cannot be measured."""

GROUPS_TO_MEASURE = 5
CASES_IN_GROUP = 2
"""A group of one case tells nothing of the spread between groups."""

STRENGTHS = tuple(float(2**power) for power in range(1, 10))
"""Strengths that are tried: 2 to 512 cases."""

INTERVAL = (0.1, 0.9)
CAUSE_UNKNOWN = "not stated"


def judged_claims(ledger: Ledger, *, as_of: date | str) -> pl.DataFrame:
    """Return the disputes resolved by the end of ``as_of`` whose outcome says who was right.

    Returns
    -------
    polars.DataFrame
        ``dispute_id, customer_id, reason`` (``not stated`` where empty), ``resolved_on`` and ``invalid`` (1, 0.5, 0).
    """
    seen = ledger.cut(to_date(as_of))
    return (
        seen.table("disputes")
        .filter(pl.col("outcome").is_in(list(INVALID)))
        .join(seen.table("documents").select("document_id", "customer_id"), on="document_id", how="inner")
        .select(
            "dispute_id",
            "customer_id",
            pl.col("reason").fill_null(CAUSE_UNKNOWN),
            "resolved_on",
            invalid=pl.col("outcome").replace_strict(INVALID, return_dtype=pl.Float64),
        )
        .sort("dispute_id")
    )


def claim_odds(judged: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Return for each claim the probability that it is not justified.

    Parameters
    ----------
    judged
        As :func:`judged_claims`.
    asked
        ``customer_id, reason`` of the claims asked for; a reason never judged takes the share of all.

    Returns
    -------
    polars.DataFrame
        ``asked`` in its order with ``p_invalid`` (mean of the beta distribution), ``p_invalid_low, p_invalid_high``
        (10th and 90th percentile), ``judged_of_customer, judged_of_reason, judged_in_all`` and ``p_invalid_from``:
        ``customer``, ``reason``, ``all`` or ``prior``, what the nearest judged disputes were.
    """
    from scipy.stats import beta

    whole, count = float(judged["invalid"].sum()), judged.height
    mean = (whole + PRIOR_CASES * PRIOR_INVALID) / (count + PRIOR_CASES)
    reasons = judged.group_by("reason").agg(reason_count=pl.len(), reason_sum=pl.col("invalid").sort().sum())
    weight = spread_strength(reasons["reason_sum"].to_numpy(), reasons["reason_count"].to_numpy(), mean)
    reasons = reasons.with_columns(
        reason_mean=(pl.col("reason_sum") + weight * mean) / (pl.col("reason_count") + weight)
    )
    own = judged.group_by("reason", "customer_id").agg(own_count=pl.len(), own_sum=pl.col("invalid").sort().sum())
    around = own.join(reasons, on="reason", how="left", maintain_order="left")["reason_mean"].to_numpy()
    own_weight = spread_strength(own["own_sum"].to_numpy(), own["own_count"].to_numpy(), around)
    found = (
        asked.join(reasons, on="reason", how="left", maintain_order="left")
        .join(own, on=["reason", "customer_id"], how="left", maintain_order="left")
        .with_columns(
            pl.col("reason_count", "own_count").fill_null(0),
            pl.col("own_sum", "reason_sum").fill_null(0.0),
            pl.col("reason_mean").fill_null(mean),
        )
    )
    # The distribution is that of the nearest level with cases; the levels around it stand in its prior.
    at_all = {"a": whole + PRIOR_CASES * PRIOR_INVALID, "n": count + PRIOR_CASES}
    owned, of_reason = found["own_count"].to_numpy() > 0, found["reason_count"].to_numpy() > 0
    cases = np.where(
        owned,
        found["own_count"].to_numpy() + own_weight,
        np.where(of_reason, found["reason_count"].to_numpy() + weight, at_all["n"]),
    )
    mass = np.where(
        owned,
        found["own_sum"].to_numpy() + own_weight * found["reason_mean"].to_numpy(),
        np.where(of_reason, found["reason_sum"].to_numpy() + weight * mean, at_all["a"]),
    )
    source = np.where(owned, "customer", np.where(of_reason, "reason", "all" if count else "prior"))
    low, high = (beta.ppf(level, mass, cases - mass) for level in INTERVAL)
    return asked.with_columns(
        p_invalid=pl.Series(mass / cases, dtype=pl.Float64),
        p_invalid_low=pl.Series(low, dtype=pl.Float64),
        p_invalid_high=pl.Series(high, dtype=pl.Float64),
        judged_of_customer=pl.Series(found["own_count"].cast(pl.Int64)),
        judged_of_reason=pl.Series(found["reason_count"].cast(pl.Int64)),
        judged_in_all=pl.lit(count, pl.Int64),
        p_invalid_from=pl.Series([str(each) for each in source], dtype=pl.String),
    )


def spread_strength(sums: np.ndarray, counts: np.ndarray, mean: float | np.ndarray) -> float:
    """Return how many cases the mean around groups counts as: the likeliest of ``STRENGTHS`` under the beta-binomial.

    ``mean`` is that around each group. With fewer than ``GROUPS_TO_MEASURE`` groups of at least ``CASES_IN_GROUP``
    cases it is ``SHRUNK_BY``. Halves count as such: the gamma function takes them.
    """
    around = np.broadcast_to(np.asarray(mean, dtype=np.float64), np.shape(sums))
    told = np.asarray(counts) >= CASES_IN_GROUP
    if int(told.sum()) < GROUPS_TO_MEASURE:
        return SHRUNK_BY
    rows = list(zip(np.asarray(sums)[told], np.asarray(counts)[told], around[told], strict=True))

    def likelihood(strength: float) -> float:
        total = 0.0
        for hits, cases, centre in sorted(rows):
            a, b = centre * strength, (1.0 - centre) * strength
            total += lgamma(strength) - lgamma(cases + strength)
            total += lgamma(hits + a) - lgamma(a) + lgamma(cases - hits + b) - lgamma(b)
        return total

    return max(STRENGTHS, key=likelihood)
