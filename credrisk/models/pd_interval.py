"""How far may a customer's probability be off? Low and high values beside it, from refits, shrinkage and the market.

Three things are not known. What would the model say had chance sent other customers: it is fitted again on resamples of
the customers (or groups of companies) [1]_, and the spread of its answers for a row is its standard error. How far was
it held back: a model for few events is shrunk to the mean, on every resample alike, so that refits do not show it; what
slope the ledger's own events ask for, and how surely, tells how far the ends may lie further out. And where does
today's common level stand: bad debts come in waves, and a model that has learnt the mean over the past does not know
whether a wave is on. How far whole quarters were off beyond chance, as the ledger shows, is added to every row.

What the interval is about is the probability of customers who look like this one in the ledger. It is not about what
the ledger cannot see; a customer's own hidden state may lie far outside.

References
----------
.. [1] Efron, B., Tibshirani, R. (1993). An Introduction to the Bootstrap. Chapman and Hall, ch. 6 and 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal

import numpy as np
import polars as pl
from sklearn.base import clone

from credrisk.errors import EvidenceError, ParameterError
from credrisk.frames import as_polars, given_out
from credrisk.models.bad_debt import BadDebtModel
from credrisk.models.calibration_maps import Cells, most_probable_slope
from credrisk.models.outcomes import TARGET_FIRST, TrainingRows
from credrisk.progress import Progress, silent

__all__ = ["common_level_sd", "pd_interval", "slope_error"]

FEWEST_SAMPLES = 10
"""Refits under which a standard error is a guess: with ten it is known to a quarter of itself."""

LEAST_QUARTERS = 4
"""Quarters under which nothing can be said of the market's swings."""

SLOPE_SD = 0.5
"""Belief in a slope of 1: wider than the calibration's, for an interval that is too narrow is the worse error."""

PIVOT_ROWS = 10_000
"""Training rows, at most, that tell where the middle of the probabilities is."""

SMALLEST = 1e-12


def pd_interval(
    model: BadDebtModel,
    X: Any,
    training: TrainingRows,
    *,
    horizons: Sequence[float] | None = None,
    levels: Sequence[float] = (0.8, 0.95),
    samples: int = 40,
    seed: int = 0,
    progress: Progress = silent,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return each probability with its low and high values.

    Parameters
    ----------
    model
        Fitted on ``training``.
    X
        Features, shape (n_rows, n_features); ``customer_id`` and ``as_of`` may be among the columns.
    training
        What :func:`~credrisk.models.outcomes.training_rows` gave for the fit.
    horizons
        Months; None takes the model's.
    levels
        Coverage of the intervals, each above 0 and below 1.
    samples
        Refits on resampled customers, 10 or more. Each takes as long as :meth:`BadDebtModel.fit` on ``training``, one
        after the other: 40 of them 40 times as long.
    seed
        Seed of the resampling.

    Returns
    -------
    frame
        One row per row of ``X``: ``customer_id`` where ``X`` has it; for each horizon the probability under its own
        name, and with ``_low80`` and ``_high80`` (for a level of 0.8, and so on) appended its bounds, in [0, 1] and
        around it, and with ``_refits`` how many refits its standard error rests on. A resample may hold too few late
        events to measure a long horizon; such refits do not count, and with fewer than ten that do, the bounds are
        null.

    Raises
    ------
    EvidenceError
        When the resamples hold no event.

    Notes
    -----
    Bounds are laid out on the scale of the log cumulative rate, g(p) = log(-log(1 - p)), at the model's own answer plus
    and minus the normal quantile times sqrt(a^2 + b^2 + c^2): a the standard deviation of g over the refits, by row; b
    :func:`common_level_sd`; c = :func:`slope_error` times the distance of g from its mean over the training rows,
    weighted by their probabilities. The rung and the parameters of the model are kept in every refit.
    """
    for name, rule, value, kept in (
        ("levels", "above 0 and below 1", levels, len(levels) > 0 and all(0 < level < 1 for level in levels)),
        ("samples", f"{FEWEST_SAMPLES} or more", samples, samples >= FEWEST_SAMPLES),
    ):
        if not kept:
            raise ParameterError(name, rule, value)
    from scipy.special import ndtri

    told: pl.DataFrame = model.predict_pd(X, horizons=horizons, output="polars")
    middle = _log_cumulative(told)
    refits = clone(model).set_params(rung=model.rung_)
    drawn = np.full((samples, *middle.shape), np.nan)
    for number, part in enumerate(_resamples(training, samples, seed)):
        progress("Refitting on resampled customers", number, samples)
        with suppress(EvidenceError):
            refit = refits.fit(part.X, part.y, as_of=part.as_of, groups=part.groups, currency=model.currency_)
            drawn[number] = _log_cumulative(refit.predict_pd(X, horizons=horizons, output="polars"))
    progress("Refitting on resampled customers", samples, samples)
    away = middle - _pivot(model, training, horizons)
    deviation, counted = _deviation(drawn)
    parts = (deviation, common_level_sd(model, training), slope_error(model, training) * away)
    spread = np.sqrt(sum(np.square(part) for part in parts))
    columns = []
    for place, name in enumerate(told.columns):
        columns.append(told[name])
        for level in levels:
            reach = ndtri(0.5 + level / 2) * spread[:, place]
            for side, sign in (("low", -1), ("high", 1)):
                bound = -np.expm1(-np.exp(middle[:, place] + sign * reach))
                columns.append(pl.Series(f"{name}_{side}{100 * level:g}", bound).fill_nan(None))
        columns.append(pl.repeat(counted[place], len(told), dtype=pl.Int32, eager=True).alias(f"{name}_refits"))
    given_frame = as_polars(X, "X")
    if "customer_id" in given_frame.columns:
        columns.insert(0, given_frame["customer_id"])
    return given_out(pl.DataFrame(columns), output, like=X)


def common_level_sd(model: BadDebtModel, training: TrainingRows) -> float:
    """Return the standard deviation of the log rate that whole quarters have in common, beyond chance.

    Parameters
    ----------
    model
        Fitted on ``training``, whose rows are dated a month or less apart.

    Notes
    -----
    With O the events within a month of the rows of a quarter and E what the model expects of them, the moments give
    s^2 = sum((O - E)^2 - E) / sum(E^2), not below 0 (O has the variance E + s^2 E^2). A row a month sees each event
    once. 0 where fewer than four quarters are there: nothing can be said then.
    """
    month = _next_month(model, training)
    quarter = training.as_of.dt.year().cast(pl.Int64) * 4 + training.as_of.dt.quarter()
    number = np.unique(quarter.to_numpy(), return_inverse=True)[1]
    observed = np.bincount(number, month.events)
    expected = np.bincount(number, month.exposure * np.exp(month.log_rate))
    if len(observed) < LEAST_QUARTERS or observed.sum() == 0:
        return 0.0
    expected = expected * observed.sum() / expected.sum()
    excess = ((observed - expected) ** 2 - expected).sum() / (expected**2).sum()
    return float(np.sqrt(max(excess, 0.0)))


def slope_error(model: BadDebtModel, training: TrainingRows) -> float:
    """Return how far off 1 the slope of the log rate may be: what the model was held back by, and its uncertainty.

    Notes
    -----
    sqrt((b - 1)^2 + s^2), b the most probable slope of the events within a month of the training rows in the model's
    own log rate, s its standard deviation, both under the belief that it is 1, give or take ``SLOPE_SD``.
    """
    month = _next_month(model, training)
    slope = most_probable_slope(month, slope_sd=SLOPE_SD)
    expected = month.exposure * np.exp(month.log_rate)
    away = month.log_rate - np.average(month.log_rate, weights=expected)
    variance = 1 / (float(expected @ away**2) + 1 / SLOPE_SD**2)
    return float(np.sqrt((slope - 1) ** 2 + variance))


def _next_month(model: BadDebtModel, training: TrainingRows) -> Cells:
    """Return the month after each training row: the calibrated log rate, the share at risk, the event."""
    months = training.y["months"].to_numpy()
    within = (training.y["event"].to_numpy() == TARGET_FIRST) & (months <= 1)
    return Cells(model.log_intensities(training.X)[:, 0], np.minimum(months, 1.0), within.astype(float))


def _pivot(model: BadDebtModel, training: TrainingRows, horizons: Sequence[float] | None) -> np.ndarray:
    """Return the mean of g over some of the training rows, weighted by their probabilities, by horizon."""
    order = np.lexsort((training.as_of.to_physical().to_numpy(), training.groups.to_numpy().astype(str)))
    chosen = order[np.random.default_rng(0).permutation(len(order))[:PIVOT_ROWS]]
    some = training.X[chosen]
    told = model.predict_pd(some, horizons=horizons, output="polars")
    mean: np.ndarray = np.average(_log_cumulative(told), axis=0, weights=told.to_numpy().astype(float) + SMALLEST)
    return mean


def _deviation(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard deviation of g over the refits that measured a horizon, NaN under ten, and their number.

    ``drawn`` has the shape (n_refits, n_rows, n_horizons), NaN where a refit did not measure.
    """
    measured = ~np.isnan(drawn).any(axis=1)
    counted = measured.sum(axis=0)
    deviation = np.full(drawn.shape[1:], np.nan)
    for place in np.nonzero(counted >= FEWEST_SAMPLES)[0]:
        deviation[:, place] = np.std(drawn[measured[:, place], :, place], axis=0, ddof=1)
    return deviation, counted


def _resamples(training: TrainingRows, samples: int, seed: int) -> Any:
    """Yield resamples of whole customers; one drawn twice counts as two. Those without an event are drawn again."""
    random = np.random.default_rng(seed)
    names, group = np.unique(training.groups.to_numpy().astype(str), return_inverse=True)
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    start = np.cumsum(size) - size
    event = training.y["event"].to_numpy() == TARGET_FIRST
    for _ in range(samples):
        for _ in range(100):
            chosen = random.integers(0, len(names), len(names))
            rows = np.concatenate([order[start[place] : start[place] + size[place]] for place in chosen])
            if event[rows].any():
                break
        else:
            raise EvidenceError("Resamples of the customers hold no event: an interval cannot be given.")
        renamed = np.repeat(np.arange(len(chosen)), size[chosen]).astype(str)
        yield TrainingRows(training.X[rows], training.y[rows], training.as_of[rows], pl.Series("groups", renamed))


def _log_cumulative(told: pl.DataFrame) -> np.ndarray:
    probability = np.clip(told.to_numpy().astype(float), SMALLEST, 1 - SMALLEST)
    rate: np.ndarray = np.log(-np.log1p(-probability))
    return rate
