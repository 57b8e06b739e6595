"""Whether a probability comes true: groups of back-test rows by predicted probability, with intervals."""

from __future__ import annotations

import polars as pl

from credrisk.errors import EvidenceError

__all__ = ["calibration_groups"]

Z_95 = 1.959963984540054


def calibration_groups(
    predictions: pl.DataFrame,
    *,
    probability: str = "predicted",
    outcome: str = "event",
    customer: str = "customer_id",
    groups: int = 10,
) -> pl.DataFrame:
    """Return the back-test in groups of equal size by predicted probability.

    Parameters
    ----------
    predictions
        One row a customer and date; rows whose ``outcome`` is null (censored) are left out.
    groups
        Number of groups; fewer where there are fewer customers. Equal probabilities are never parted.

    Returns
    -------
    polars.DataFrame
        ``predicted`` (mean), ``observed`` (share of events), ``low``, ``high`` (95 % Wilson interval [1]_ on the
        number of customers, not of rows: rows of one customer are nearly copies), ``rows``, ``customers``, ``events``.

    Raises
    ------
    EvidenceError
        When no row has an outcome.

    References
    ----------
    .. [1] Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    known = predictions.filter(pl.col(outcome).is_not_null() & pl.col(probability).is_not_null())
    if known.is_empty():
        raise EvidenceError("No row of the back-test has both a probability and an outcome.")
    rank = pl.col(probability).rank("average")
    group = ((rank - 0.5) * groups / pl.len()).floor().clip(0, groups - 1)
    n, share = pl.col("customers").cast(pl.Float64), pl.col("observed")
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * (share * (1 - share) / n + Z_95**2 / (4 * n * n)).sqrt() / (1 + Z_95**2 / n)
    return (
        known.sort(probability, customer)
        .group_by(group.alias("group"))
        .agg(
            pl.col(probability).sort().mean().alias("predicted"),
            pl.col(outcome).cast(pl.Float64).mean().alias("observed"),
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col(customer).n_unique().cast(pl.Int64).alias("customers"),
            pl.col(outcome).cast(pl.Int64).sum().alias("events"),
        )
        .sort("group")
        .with_columns((centre - half).clip(0, 1).alias("low"), (centre + half).clip(0, 1).alias("high"))
        .select("predicted", "observed", "low", "high", "rows", "customers", "events")
    )
