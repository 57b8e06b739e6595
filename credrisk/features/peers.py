"""How the customer stands beside the other customers of its industry.

The figure of an industry is the median over all its customers that have a value on the day, the customer itself
included, as could be known on the day; at least five are needed. The industry is the customer's as it can be seen on
the day. These are the only features that look at other customers: the panel takes the medians first, over all
customers, and hands them to the grid of each block.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.features.catalogue import Feature, catalogue, feature
from credrisk.features.entities import industry_in_force, industry_names
from credrisk.features.grid import Grid, measure

__all__ = ["PEER_INPUTS", "peer_medians"]

PEER_INPUTS = ("dbt_3m", "share_past_due", "dso_3m", "invoiced_trend", "share_paid_late_12m", "utilisation")
"""The features that are compared."""

LEAST_CUSTOMERS = 5
NO_MEDIAN = "the industry is not known, or fewer than five of its customers have a value"
NOT_COMPARED = "the customer has no value, its industry is not known, or fewer than five of its customers have one"


def peer_medians(narrow: pl.DataFrame) -> pl.DataFrame:
    """Return the medians of every industry at every date.

    Parameters
    ----------
    narrow
        One row a customer and date: ``industry`` (null: not known on the day), ``as_of`` and :data:`PEER_INPUTS`, as
        :func:`~credrisk.features.panel.narrow_panel` gives it; of all customers, whatever their order and division.

    Returns
    -------
    polars.DataFrame
        ``industry``, ``as_of`` and the medians (of an even number the mean of the middle two; null under five
        values), sorted by industry and date.
    """
    medians = [
        pl.when(pl.col(name).count() >= LEAST_CUSTOMERS)
        .then((pl.col(name).quantile(0.5, "lower") + pl.col(name).quantile(0.5, "higher")) / 2)
        .alias(name)
        for name in PEER_INPUTS
    ]
    known = narrow.drop_nulls("industry").with_columns(pl.col(PEER_INPUTS).fill_nan(None))
    return known.group_by("industry", "as_of").agg(medians).sort("industry", "as_of")


@measure()
def medians_by_industry(grid: Grid) -> np.ndarray:
    """Return the medians by input, place of the industry and period; NaN in the last place, where none is known."""
    if grid.medians is None:
        raise ParameterError("medians", "given where features of the industry are computed", None)
    names, ends = industry_names(grid.source), pl.Series(grid.calendar.ends, dtype=pl.Date)
    cells = pl.DataFrame({"industry": names}).join(pl.DataFrame({"as_of": ends}), how="cross")
    found = cells.join(grid.medians, on=["industry", "as_of"], how="left", maintain_order="left")
    known = np.stack([found[name].to_numpy().reshape(len(names), len(ends)) for name in PEER_INPUTS])
    return np.concatenate([known, np.full((len(PEER_INPUTS), 1, len(ends)), np.nan)], axis=1)


def of_industry(grid: Grid, name: str) -> np.ndarray:
    """Return the median of the customer's industry."""
    medians = medians_by_industry(grid)[PEER_INPUTS.index(name)]
    found: np.ndarray = medians[industry_in_force(grid), np.arange(grid.shape[1])]
    return found


@cache
def _compared() -> dict[str, Feature]:
    """Return the features that are compared: to put the whole catalogue in order for each block takes long."""
    return catalogue(PEER_INPUTS)


def against_industry(grid: Grid, name: str) -> np.ndarray:
    """Return the customer's own value less the median of its industry."""
    difference: np.ndarray = _compared()[name].compute(grid) - of_industry(grid, name)
    return difference


@feature(
    unit="days",
    window="3 months",
    null=NO_MEDIAN,
    worse="none",
    says="its industry pays {value} beyond terms over 3 months",
    says_below="its industry pays {value} before terms over 3 months",
    says_at_zero="its industry pays on the due date over 3 months",
    formula="median of dbt_3m over the customers of the industry with a value, at least 5",
)
@measure()
def industry_dbt_3m(grid: Grid) -> np.ndarray:
    """The median of dbt_3m in the customer's industry."""
    return of_industry(grid, "dbt_3m")


@feature(
    unit="days",
    window="3 months",
    null=NOT_COMPARED,
    worse="higher",
    says="pays {value} later than its industry over 3 months",
    says_below="pays {value} sooner than its industry over 3 months",
    says_at_zero="pays as late as its industry over 3 months",
    formula="dbt_3m - industry_dbt_3m",
)
@measure()
def dbt_3m_against_industry(grid: Grid) -> np.ndarray:
    """By how much dbt_3m is above the median of the customer's industry."""
    return against_industry(grid, "dbt_3m")


@feature(
    unit="share",
    window="today",
    null=NO_MEDIAN,
    worse="none",
    says="{value} of what its industry owes is past due",
    says_at_zero="nothing of what its industry owes is past due",
    formula="median of share_past_due over the customers of the industry with a value, at least 5",
)
@measure()
def industry_share_past_due(grid: Grid) -> np.ndarray:
    """The median of share_past_due in the customer's industry."""
    return of_industry(grid, "share_past_due")


@feature(
    unit="share",
    window="today",
    null=NOT_COMPARED,
    worse="higher",
    says="the part past due is {value} above that of its industry",
    says_below="the part past due is {value} below that of its industry",
    says_at_zero="as much is past due as in its industry",
    formula="share_past_due - industry_share_past_due",
)
@measure()
def share_past_due_against_industry(grid: Grid) -> np.ndarray:
    """By how much share_past_due is above the median of the customer's industry."""
    return against_industry(grid, "share_past_due")


@feature(
    unit="days",
    window="3 months",
    null=NO_MEDIAN,
    worse="none",
    says="the DSO of its industry is {value} over 3 months",
    says_at_zero="the DSO of its industry is nil over 3 months",
    formula="median of dso_3m over the customers of the industry with a value, at least 5",
)
@measure()
def industry_dso_3m(grid: Grid) -> np.ndarray:
    """The median of dso_3m in the customer's industry."""
    return of_industry(grid, "dso_3m")


@feature(
    unit="days",
    window="3 months",
    null=NOT_COMPARED,
    worse="higher",
    says="the DSO is {value} longer than in its industry over 3 months",
    says_below="the DSO is {value} shorter than in its industry over 3 months",
    says_at_zero="the DSO is that of its industry over 3 months",
    formula="dso_3m - industry_dso_3m",
)
@measure()
def dso_3m_against_industry(grid: Grid) -> np.ndarray:
    """By how much dso_3m is above the median of the customer's industry."""
    return against_industry(grid, "dso_3m")


@feature(
    unit="ratio",
    window="3 and 12 months",
    null=NO_MEDIAN,
    worse="none",
    says="its industry buys at {value} times the pace of the year",
    says_at_zero="its industry has stopped buying",
    formula="median of invoiced_trend over the customers of the industry with a value, at least 5",
)
@measure()
def industry_invoiced_trend(grid: Grid) -> np.ndarray:
    """The median of invoiced_trend in the customer's industry."""
    return of_industry(grid, "invoiced_trend")


@feature(
    unit="ratio",
    window="3 and 12 months",
    null=NOT_COMPARED,
    worse="none",
    says="buys at a pace {value} above that of its industry",
    says_below="buys at a pace {value} below that of its industry",
    says_at_zero="buys at the pace of its industry",
    formula="invoiced_trend - industry_invoiced_trend",
)
@measure()
def invoiced_trend_against_industry(grid: Grid) -> np.ndarray:
    """By how much invoiced_trend is above the median of the customer's industry."""
    return against_industry(grid, "invoiced_trend")


@feature(
    unit="share",
    window="12 months",
    null=NO_MEDIAN,
    worse="none",
    says="its industry pays {value} of the money late over 12 months",
    says_at_zero="its industry pays nothing late over 12 months",
    formula="median of share_paid_late_12m over the customers of the industry with a value, at least 5",
)
@measure()
def industry_share_paid_late_12m(grid: Grid) -> np.ndarray:
    """The median of share_paid_late_12m in the customer's industry."""
    return of_industry(grid, "share_paid_late_12m")


@feature(
    unit="share",
    window="12 months",
    null=NOT_COMPARED,
    worse="higher",
    says="the part paid late is {value} above that of its industry over 12 months",
    says_below="the part paid late is {value} below that of its industry over 12 months",
    says_at_zero="the part paid late is that of its industry over 12 months",
    formula="share_paid_late_12m - industry_share_paid_late_12m",
)
@measure()
def share_paid_late_12m_against_industry(grid: Grid) -> np.ndarray:
    """By how much share_paid_late_12m is above the median of the customer's industry."""
    return against_industry(grid, "share_paid_late_12m")


@feature(
    unit="share",
    window="today",
    null=NO_MEDIAN,
    worse="none",
    says="its industry uses {value} of its credit limits",
    says_at_zero="its industry uses nothing of its credit limits",
    formula="median of utilisation over the customers of the industry with a value, at least 5",
)
@measure()
def industry_utilisation(grid: Grid) -> np.ndarray:
    """The median of utilisation in the customer's industry."""
    return of_industry(grid, "utilisation")


@feature(
    unit="share",
    window="today",
    null=NOT_COMPARED,
    worse="none",
    says="uses {value} of the credit limit more than its industry",
    says_below="uses {value} of the credit limit less than its industry",
    says_at_zero="uses the credit limit as its industry does",
    formula="utilisation - industry_utilisation",
)
@measure()
def utilisation_against_industry(grid: Grid) -> np.ndarray:
    """By how much utilisation is above the median of the customer's industry."""
    return against_industry(grid, "utilisation")
