"""Exposure at default: what a customer will owe on the day on which it turns bad, if it does.

A failing customer first draws up (pays later, orders on) and is then cut off; both show in past defaults. Measured is
the exposure on the day of default over the customer's usual peak (its largest balance of the twelve months before each
month-end at which it was scored), by how much of the peak it was using then. Means are shrunk to a stated prior.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars, given_out
from credrisk.models.credibility import WORTH, nested_means
from credrisk.models.workouts import Workouts

__all__ = ["PRIOR_FACTOR", "ExposureAtDefault"]

BALANCE, PEAK, LIMIT = "net_balance", "peak_balance_12m", "credit_limit"

USE_BOUNDS = (0.35, 0.95)
"""Bounds of the share of the peak in use: little, some, all (it stands at its peak)."""

BANDS = len(USE_BOUNDS) + 1

PRIOR_FACTOR, PRIOR_CV, PRIOR_WORTH = 1.0, 0.5, 5.0
"""Believed mean of exposure / usual peak, its coefficient of variation, and the defaults it counts as.

credrisk's own assumption, not a published figure: a customer that fails owes about what it usually owes at most; the
draw-up before it and the stop of supply after it cancel out. Half as much and half as much again are both common.
"""

PRIOR_POINTS = 41
"""Points by which the prior's distribution is represented."""

SIZE_POWER = 0.5
"""A default weighs by the root of its base: between a mean per customer, which foretells too much for large ones (their
peaks are the ones that will not come back), and one per euro, which rests on a few."""

MOST_FACTOR = 2.0
"""Exposure over usual peak is capped here: beyond it the peak (of a new customer, of a few euros) says nothing of it,
and a few such ratios would lead the mean that multiplies the large peaks."""


class ExposureAtDefault:
    """Expected exposure at default and its distribution.

    Parameters
    ----------
    months
        Length of the horizon of the probability it goes with: exposures are measured at every date up to so many months
        before the default.
    samples
        Resamples of the defaults for the intervals.

    Attributes
    ----------
    shares_ : polars.DataFrame
        What past defaults owed on the day over what they had before, by ``months_before`` (1 = within the last month):
        ``defaults``, ``to_balance``, ``to_peak``, ``to_limit`` (ratios of sums; null where the bottom is not above 0).
    cells_ : polars.DataFrame
        ``use`` (band of balance / peak), ``defaults``, ``observed`` (own mean of exposure / peak, null without any),
        ``factor, factor_low, factor_high`` (95 %) after shrinkage.
    worth_
        Defaults that the mean over all counts as in a band (:mod:`credrisk.models.credibility`).
    defaults_
        Past defaults measured.

    Notes
    -----
    Where a customer has no peak (no balance for a year), its credit limit takes the peak's place; without either there
    is no answer. Decisions that today take the balance or the limit as exposure at default can take ``ead`` instead.
    """

    def __init__(self, *, months: int = 12, samples: int = 500, seed: int = 0) -> None:
        for name, given, least in (("months", months, 1), ("samples", samples, 100)):
            if given < least:
                raise ParameterError(name, f"{least} or more", given)
        self.months, self.samples, self.seed = months, samples, seed

    def fit(self, panel: Any, defaults: Workouts) -> ExposureAtDefault:
        """Learn from past defaults.

        Parameters
        ----------
        panel
            Month-ends of customers at risk, as the probability is learnt from: ``customer_id, as_of, net_balance,
            peak_balance_12m`` and, if there, ``credit_limit`` (major units of the ledger's currency).
        defaults
            Past defaults as they were known at the end of the panel; those that owed nothing on the day count with 0.
        """
        rows = _before(_columns(panel, "panel", with_dates=True), defaults, self.months)
        self._shares(rows)
        base, use = _base(rows), _use(rows)
        measured = base > 0
        rows, base, use = rows.filter(pl.Series(measured)), base[measured], use[measured]
        number = np.unique(rows["default"].to_numpy(), return_inverse=True)[1]
        per_default = np.bincount(number, minlength=int(number.max()) + 1 if len(number) else 0)
        self.defaults_ = len(per_default)
        self._factor = np.minimum(rows["exposure"].to_numpy() / base, MOST_FACTOR)
        self._share = 1.0 / per_default[number] if len(number) else np.empty(0)
        self._weight = self._share * base**SIZE_POWER
        self._weight *= self.defaults_ / self._weight.sum() if len(number) else 1.0
        self._band = use
        self._prior = _prior_points()
        rng = np.random.default_rng(self.seed)
        weight = np.vstack([np.ones((1, self.defaults_)), rng.exponential(size=(self.samples, self.defaults_))])
        prior_weight = np.append(PRIOR_WORTH, rng.gamma(PRIOR_WORTH, size=self.samples))
        error = PRIOR_FACTOR * PRIOR_CV / np.sqrt(PRIOR_WORTH)
        prior = np.append(PRIOR_FACTOR, rng.normal(PRIOR_FACTOR, error, self.samples).clip(0.05))
        by_row = weight[:, number] * self._weight
        overall = (by_row @ self._factor + prior_weight * prior) / (by_row.sum(axis=1) + prior_weight)
        paths = [(str(band),) for band in self._band]
        value = np.broadcast_to(self._factor, by_row.shape)
        nested = nested_means(paths, value, by_row, overall, seed=self.seed + 1)
        self.worth_ = nested.worths[0] if nested.worths else WORTH
        places = [nested.nearest((str(band),)) for band in range(BANDS)]
        self.draws_ = nested.draws[:, places]
        self.cells_ = pl.DataFrame(
            [self._told(band) for band in range(BANDS)], schema_overrides={"observed": pl.Float64}
        )
        return self

    def _told(self, band: int) -> dict[str, object]:
        """Return the row of ``cells_`` of a band."""
        mine, drawn = self._band == band, self.draws_[:, band]
        own = self._share[mine]
        low, high = np.quantile(drawn[1:], [0.025, 0.975])
        return {
            "use": _band_name(band),
            "defaults": float(own.sum()),
            "observed": float(np.average(self._factor[mine], weights=self._weight[mine])) if len(own) else None,
            "factor": float(drawn[0]),
            "factor_low": float(min(low, drawn[0])),
            "factor_high": float(max(high, drawn[0])),
        }

    def predict(self, panel: Any, *, output: Literal["pandas", "polars"] = "pandas") -> Any:
        """Return the expected exposure at default of customers not in default.

        Returns
        -------
        frame
            ``customer_id, ead, ead_low, ead_high`` (95 %, of the expected exposure), ``ead_to_balance`` and
            ``ead_to_limit`` (null where the bottom is not above 0), ``ead_source`` in words. Null with the reason where
            the customer has neither a peak nor a limit.
        """
        rows = _columns(panel, "panel")
        base, band = _base(rows), _use(rows)
        cells = self._cells()
        known = base > 0
        own = {name: np.where(known, base * cells[name].to_numpy()[band], np.nan) for name in _FACTORS}
        said = f"{self.defaults_} past defaults, the prior of {PRIOR_FACTOR:g} usual peaks counting as {PRIOR_WORTH:g}"
        ead = pl.Series(own["factor"]).fill_nan(None)
        told = rows.select("customer_id").with_columns(
            ead=ead,
            ead_low=pl.Series(own["factor_low"]).fill_nan(None),
            ead_high=pl.Series(own["factor_high"]).fill_nan(None),
            ead_to_balance=_over(ead, rows[BALANCE]),
            ead_to_limit=_over(ead, rows[LIMIT]),
            ead_source=pl.Series(np.where(known, said, "no balance in twelve months and no credit limit")),
        )
        return given_out(told, output)

    def exceedance(self, panel: Any, amounts: Any) -> np.ndarray:
        """Return P(exposure at default > amount | it turns bad) for each customer and its amount; NaN without a base.

        Parameters
        ----------
        amounts
            One amount in major units for each row of ``panel``.
        """
        rows = _columns(panel, "panel")
        base, band = _base(rows), _use(rows)
        amounts = np.asarray(amounts, dtype=float)
        if amounts.shape != base.shape:
            raise DataError(f"amounts must give an amount for each of the {len(base)} rows.", columns=["amounts"])
        points, weights = self.factors()
        found = np.full(len(base), np.nan)
        for cell in range(BANDS):
            order = np.argsort(points[cell])
            above = np.append(np.cumsum(weights[cell][order][::-1])[::-1], 0.0)
            mine = (band == cell) & (base > 0)
            place = np.searchsorted(points[cell][order], amounts[mine] / base[mine], side="right")
            found[mine] = above[place]
        return found

    def factors(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the points of exposure / peak and their probabilities, one pair of arrays a band of use."""
        self._cells()
        total = self._weight.sum()
        prior = np.full(PRIOR_POINTS, PRIOR_WORTH / PRIOR_POINTS)
        spread = self.worth_ / (total + PRIOR_WORTH)
        weights = []
        for band in range(BANDS):
            mine = self._band == band
            # A band that holds every default is the whole.
            own = np.where(mine & ~mine.all(), self._weight, 0.0)
            weight = np.concatenate([own + spread * self._weight, spread * prior])
            weights.append(weight / weight.sum())
        return [np.concatenate([self._factor, self._prior])] * BANDS, weights

    def measured_factors(self) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the exposure / peak of the past defaults alone and their probabilities in each band of use.

        The bands are drawn to the whole as in :meth:`factors`, but the prior is left out: for who shrinks to a prior of
        its own, since what is shrunk to two priors is shrunk twice.
        """
        self._cells()
        spread = self.worth_ / max(1, self.defaults_)  # the weights of all add up to the number of defaults
        weights = []
        for band in range(BANDS):
            mine = self._band == band
            own = np.where(mine & ~mine.all(), self._weight, 0.0)
            weight = own + spread * self._weight
            weights.append(weight / weight.sum())
        return self._factor, weights

    def base_and_band(self, panel: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what each customer's factor is multiplied with (0 where nothing is) and its band of use."""
        rows = _columns(panel, "panel")
        return _base(rows), _use(rows)

    def _cells(self) -> pl.DataFrame:
        if not hasattr(self, "cells_"):
            raise ParameterError("ExposureAtDefault", "fitted before it predicts", "not fitted")
        return self.cells_

    def _shares(self, rows: pl.DataFrame) -> None:
        """Measure exposures against what there was, by months before the default."""
        ahead = ((pl.col("default_on") - pl.col("as_of")).dt.total_days() / 30.4375).ceil().cast(pl.Int64)

        def ratio(name: str) -> pl.Expr:
            counts = pl.col(name) > 0
            return (pl.col("exposure").filter(counts).sum() / pl.col(name).filter(counts).sum()).fill_nan(None)

        self.shares_ = (
            rows.with_columns(months_before=ahead.clip(1, self.months))
            .group_by("months_before")
            .agg(
                defaults=pl.col("default").n_unique().cast(pl.Int64),
                to_balance=ratio(BALANCE),
                to_peak=ratio(PEAK),
                to_limit=ratio(LIMIT),
            )
            .sort("months_before")
        )


_FACTORS = ("factor", "factor_low", "factor_high")


def _columns(panel: Any, table: str, *, with_dates: bool = False) -> pl.DataFrame:
    frame = as_polars(panel, table)
    needed = ["customer_id", *(["as_of"] if with_dates else []), BALANCE, PEAK]
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise DataError("Columns are missing.", table=table, columns=missing, remedy="build the panel with them.")
    if LIMIT not in frame.columns:
        frame = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(LIMIT))
    kept = frame.select(*needed, LIMIT).with_columns(pl.col(BALANCE, PEAK, LIMIT).cast(pl.Float64).fill_nan(None))
    dates = [pl.col("as_of").cast(pl.Date)] if with_dates else []
    return kept.with_columns(pl.col("customer_id").cast(pl.String), *dates)


def _before(panel: pl.DataFrame, defaults: Workouts, months: int) -> pl.DataFrame:
    """Return the panel rows of the months before each default, with its ``default`` number and ``exposure``."""
    owing = defaults.defaults.select("customer_id", "default_on", "exposure")
    nothing = defaults.without_exposure.with_columns(exposure=pl.lit(0.0))
    all_of_them = pl.concat([owing, nothing]).sort("customer_id", "default_on")
    dated = all_of_them.with_columns(default=pl.int_range(pl.len(), dtype=pl.Int64))
    first: dict[date, date] = {day: months_after(day, -months) for day in dated["default_on"].unique()}
    since = pl.col("default_on").replace_strict(first, return_dtype=pl.Date) if first else pl.col("default_on")
    joined = panel.join(dated, on="customer_id", how="inner")
    return joined.filter((pl.col("as_of") < pl.col("default_on")) & (pl.col("as_of") >= since)).sort("default", "as_of")


def _base(rows: pl.DataFrame) -> np.ndarray:
    """Return the usual peak, the balance where that is higher, the limit where there is neither; else 0."""
    peak = np.maximum(rows[PEAK].fill_null(0.0).to_numpy(), rows[BALANCE].fill_null(0.0).to_numpy())
    base: np.ndarray = np.where(peak > 0, peak, np.maximum(rows[LIMIT].fill_null(0.0).to_numpy(), 0.0))
    return base


def _use(rows: pl.DataFrame) -> np.ndarray:
    """Return the band of balance / base."""
    base = _base(rows)
    used = np.divide(rows[BALANCE].fill_null(0.0).to_numpy(), base, out=np.zeros(len(base)), where=base > 0)
    band: np.ndarray = np.searchsorted(USE_BOUNDS, used, side="right")
    return band


def _band_name(band: int) -> str:
    shares = [f"{100 * bound:.0f}" for bound in USE_BOUNDS]
    if band == 0:
        return f"under {shares[0]} % of the peak"
    if band == len(USE_BOUNDS):
        return f"{shares[-1]} % of the peak or more"
    return f"{shares[band - 1]} to {shares[band]} % of the peak"


def _over(top: pl.Series, bottom: pl.Series) -> pl.Series:
    frame = pl.DataFrame({"top": top, "bottom": bottom})
    return frame.select(pl.when(pl.col("bottom") > 0).then(pl.col("top") / pl.col("bottom"))).to_series()


def _prior_points() -> np.ndarray:
    """Return equally likely points of a gamma distribution with the prior's mean and variation."""
    from scipy.stats import gamma

    shape = 1 / PRIOR_CV**2
    points = gamma.ppf((np.arange(PRIOR_POINTS) + 0.5) / PRIOR_POINTS, shape, scale=PRIOR_FACTOR / shape)
    scaled: np.ndarray = points * PRIOR_FACTOR / points.mean()
    return scaled
