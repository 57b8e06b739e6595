"""Expected loss = probability x loss given default x exposure at default, by customer and in total, with intervals.

Two kinds of spread are kept apart. The interval of an expected loss comes from what is not known well: the level of the
probability, the mean loss given default, the mean exposure. The distribution of the loss of the year adds who happens
to default, how much is lost of that one and what it then owes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.features.labels import STATUSES
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.exposure_at_default import ExposureAtDefault
from credrisk.models.loss_given_default import LossGivenDefault

__all__ = ["ExpectedLoss", "expected_loss"]

NORMAL_95 = 1.959964
"""Half width of a 95 % interval in standard deviations."""

CELLS_AT_ONCE = 4_000_000
"""Customers times samples simulated at once: bounds memory."""

PD, PD_LOW, PD_HIGH = "pd_12m", "pd_12m_low95", "pd_12m_high95"
"""As :func:`~credrisk.models.pd_interval.pd_interval` names them."""

HAPPENED = ("in_default", "bad_debt")
"""Statuses of customers that owe today what they owe at default."""


@dataclass(frozen=True)
class ExpectedLoss:
    """Expected losses of twelve months.

    Attributes
    ----------
    customers
        ``customer_id, pd_12m, lgd, ead, expected_loss, expected_loss_low, expected_loss_high`` (95 %; money in major
        units), ``reason`` (why there is no expected loss; null where there is one); in the order of the scores.
    portfolio
        One row: ``customers`` counted, ``left_out`` (without an expected loss), ``ead`` (sum), ``expected_loss`` (the
        sum of the customers'), ``expected_loss_low, expected_loss_high``, then of the loss of the year
        ``loss_p50, loss_p90, loss_p95, loss_p99``, ``chance_of_no_loss``, ``loss_mean`` (of the simulation) and
        ``loss_mean_error`` (its standard error), which tie the simulation to the expected loss.
    notes
        What the figures leave out, in words.
    """

    customers: Any
    portfolio: Any
    notes: tuple[str, ...]


def expected_loss(
    scores: Any,
    *,
    panel: Any,
    lgd: LossGivenDefault,
    ead: ExposureAtDefault,
    samples: int = 1000,
    seed: int = 0,
    output: Literal["pandas", "polars"] = "pandas",
) -> ExpectedLoss:
    """Return the expected loss of every scored customer and of all together.

    Parameters
    ----------
    scores
        ``customer_id, pd_12m``; ``pd_12m_low95, pd_12m_high95`` where known, as
        :func:`~credrisk.models.pd_interval.pd_interval` gives them, ``segment``, and ``status`` as the labels have it.
        A model's probability is of customers at risk only; of one in default ``pd_12m`` must be the measured share of
        past defaults that became a bad debt, as ``credrisk score`` gives it. Of a bad debt the probability is 1,
        whatever is given.
    panel
        What :meth:`ExposureAtDefault.predict` takes for these customers, and ``covered`` and ``status`` where known.
        Customers in default or bad debt count with their net balance, not below 0, as exposure.
    samples
        Draws of the three uncertainties and of the year.

    Raises
    ------
    DataError
        When columns are missing, a customer occurs twice, a status is unknown, or a probability is not between 0 and 1.

    Notes
    -----
    The error in the level of the probability is drawn once for all customers: an interval of one probability is mostly
    the level's, and taking it as independent would let it vanish in the total. Given the level, defaults are
    independent, so the tail of the year is that of an ordinary year; loss and exposure given default do not depend on
    the probability. A customer without probability or without exposure has no expected loss and is counted. Without
    ``status`` everybody is taken as at risk, and ``notes`` says so.
    """
    check_output(output)
    if samples < 100:
        raise ParameterError("samples", "100 or more", samples)
    rows = _joined(scores, panel)
    lost, happened = (rows["status"].is_in(of).fill_null(False).to_numpy() for of in (["bad_debt"], HAPPENED))
    pd_12m = np.where(lost, 1.0, rows[PD].to_numpy())
    spread = np.where(lost, 0.0, _level_spread(rows))
    cell = lgd.cells_of(rows)
    base, band = ead.base_and_band(rows)
    # A band of its own, whose factor is 1 for sure: these customers owe their balance.
    balance = rows["net_balance"].cast(pl.Float64).clip(lower_bound=0.0).fill_null(np.nan).to_numpy()
    base, band = np.where(happened, balance, base), np.where(happened, ead.draws_.shape[1], band)
    factors = np.column_stack([ead.draws_, np.ones(len(ead.draws_))])
    known = np.isfinite(pd_12m) & np.where(happened, np.isfinite(base), base > 0)
    rng = np.random.default_rng(seed)
    lgd_draws, ead_draws = _draws(lgd.draws_, samples, rng), _draws(factors, samples, rng)
    level = rng.normal(size=samples)
    lgd_mean, ead_mean = lgd.draws_[0][cell], base * factors[0][band]
    loss = np.where(known, pd_12m * lgd_mean * ead_mean, np.nan)
    low, high = np.full(len(loss), np.nan), np.full(len(loss), np.nan)
    total, year = np.zeros(samples), np.zeros(samples)
    points, weights = ([*own, np.ones(1)] for own in ead.factors())
    cumulative = [np.cumsum(weight) for weight in weights]
    which = np.flatnonzero(known)
    for part in np.array_split(which, max(1, -(-len(which) * samples // CELLS_AT_ONCE))):
        chance = _chances(pd_12m[part], spread[part], level)
        severity, owed = lgd_draws[:, cell[part]], base[part] * ead_draws[:, band[part]]
        drawn = chance * severity * owed
        low[part], high[part] = np.quantile(drawn, [0.025, 0.975], axis=0) if len(part) else (0.0, 0.0)
        total += drawn.sum(axis=1)
        sample, place = np.nonzero(rng.random(chance.shape) < chance)
        hit = part[place]
        factor = _single_factors(points, cumulative, band[hit], rng)
        factor *= ead_draws[sample, band[hit]] / factors[0][band[hit]]
        mean = severity[sample, place].clip(1e-6, 1 - 1e-6)
        single = rng.beta(lgd.concentration_ * mean, lgd.concentration_ * (1 - mean)) if len(hit) else mean
        year += np.bincount(sample, single * factor * base[hit], samples)
    reason = np.select(
        [~np.isfinite(pd_12m), happened],
        ["no probability", "no balance known"],
        "no balance in twelve months and no credit limit: no exposure at default",
    )
    customers = rows.select("customer_id", pl.Series(PD, pd_12m)).with_columns(
        lgd=pl.Series(lgd_mean),
        ead=pl.Series(np.where((base > 0) | happened, ead_mean, np.nan)),
        expected_loss=pl.Series(loss),
        expected_loss_low=pl.Series(np.fmin(low, loss)),
        expected_loss_high=pl.Series(np.fmax(high, loss)),
        reason=pl.Series([None if k else r for k, r in zip(known, reason, strict=True)], dtype=pl.String),
    )
    customers = customers.with_columns(pl.col(pl.Float64).fill_nan(None))
    portfolio = _portfolio(loss[known], ead_mean[known], total, year, left_out=int((~known).sum()))
    notes = _notes(spread, known, lgd, ead, stated=rows["status"].null_count() < rows.height)
    return ExpectedLoss(given_out(customers, output), given_out(portfolio, output), notes)


def _joined(scores: Any, panel: Any) -> pl.DataFrame:
    left, right = as_polars(scores, "scores"), as_polars(panel, "panel")
    for table, frame, needed in (("scores", left, ["customer_id", PD]), ("panel", right, ["customer_id"])):
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            raise DataError("Columns are missing.", table=table, columns=missing)
        doubled = frame.filter(pl.col("customer_id").is_duplicated())
        if doubled.height:
            ids = doubled["customer_id"].unique().sort().cast(pl.String).to_list()
            raise DataError(
                "A customer occurs twice.", table=table, rows=doubled.height, ids=ids, remedy="one date each."
            )
    kept = [name for name in ("customer_id", PD, PD_LOW, PD_HIGH, "segment", "status") if name in left.columns]
    mine = left.select(kept).with_columns(
        pl.col("customer_id").cast(pl.String),
        *(pl.col(name).cast(pl.Float64) for name in (PD, PD_LOW, PD_HIGH) if name in kept),
    )
    given = [name for name in right.columns if name == "customer_id" or name not in mine.columns]
    theirs = right.select(given).with_columns(pl.col("customer_id").cast(pl.String))
    rows = mine.join(theirs, on="customer_id", how="left", maintain_order="left")
    for name in (PD, PD_LOW, PD_HIGH):
        if name in rows.columns:
            bad = rows.filter(~pl.col(name).fill_nan(None).is_between(0, 1))
            if bad.height:
                ids = bad["customer_id"].to_list()
                raise DataError("Not between 0 and 1.", table="scores", columns=[name], rows=bad.height, ids=ids)
    if "status" not in rows.columns:
        rows = rows.with_columns(status=pl.lit(None, pl.String))
    rows = rows.with_columns(pl.col(PD).fill_null(np.nan), pl.col("status").cast(pl.String))
    unknown = rows.filter(~pl.col("status").is_in(STATUSES))
    if unknown.height:
        ids, remedy = unknown["customer_id"].to_list(), f"one of {', '.join(STATUSES)}."
        raise DataError(
            "No such status.", table="scores", columns=["status"], rows=unknown.height, ids=ids, remedy=remedy
        )
    return rows


def _level_spread(rows: pl.DataFrame) -> np.ndarray:
    """Return the standard deviation of each log odds by the interval given; 0 where none is."""
    if PD_LOW not in rows.columns or PD_HIGH not in rows.columns:
        return np.zeros(rows.height)
    low, high = (rows[name].fill_null(np.nan).to_numpy().clip(1e-9, 1 - 1e-9) for name in (PD_LOW, PD_HIGH))
    width = np.log(high / (1 - high)) - np.log(low / (1 - low))
    spread: np.ndarray = np.nan_to_num(np.maximum(width, 0.0) / (2 * NORMAL_95))
    return spread


def _chances(pd_12m: np.ndarray, spread: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return drawn probabilities, shape (n_samples, n_customers), with the given ones as their mean."""
    kept = pd_12m.clip(1e-12, 1 - 1e-12)
    odds = np.log(kept / (1 - kept)) + np.outer(level, spread)
    drawn = 1 / (1 + np.exp(-odds))
    mean = drawn.mean(axis=0)
    scaled: np.ndarray = np.minimum(drawn * np.divide(pd_12m, mean, out=np.ones_like(mean), where=mean > 0), 1.0)
    return scaled


def _draws(own: np.ndarray, samples: int, rng: np.random.Generator) -> np.ndarray:
    """Return drawn means by cell around the point estimates, whose mean they keep."""
    drawn = own[1 + rng.integers(0, len(own) - 1, samples)]
    kept: np.ndarray = drawn * (own[0] / drawn.mean(axis=0))
    return kept


def _single_factors(
    points: list[np.ndarray], cumulative: list[np.ndarray], band: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw exposure / peak of single defaults."""
    factor, luck = np.empty(len(band)), rng.random(len(band))
    for cell, steps in enumerate(cumulative):
        mine = band == cell
        place = np.minimum(np.searchsorted(steps, luck[mine] * steps[-1], side="right"), len(steps) - 1)
        factor[mine] = points[cell][place]
    return factor


def _portfolio(
    loss: np.ndarray, ead: np.ndarray, total: np.ndarray, year: np.ndarray, *, left_out: int
) -> pl.DataFrame:
    expected = float(loss.sum())
    low, high = np.quantile(total, [0.025, 0.975])
    quantiles = {f"loss_p{p}": float(np.quantile(year, p / 100)) for p in (50, 90, 95, 99)}
    return pl.DataFrame(
        {
            "customers": [len(loss)],
            "left_out": [left_out],
            "ead": [float(ead.sum())],
            "expected_loss": [expected],
            "expected_loss_low": [min(float(low), expected)],
            "expected_loss_high": [max(float(high), expected)],
            **{name: [value] for name, value in quantiles.items()},
            "chance_of_no_loss": [float((year == 0).mean())],
            "loss_mean": [float(year.mean())],
            "loss_mean_error": [float(year.std(ddof=1) / np.sqrt(len(year)))],
        }
    )


def _notes(
    spread: np.ndarray, known: np.ndarray, lgd: LossGivenDefault, ead: ExposureAtDefault, *, stated: bool
) -> tuple[str, ...]:
    said = []
    if not (spread[known] > 0).any():
        said.append(
            f"The probabilities came without intervals ({PD_LOW}, {PD_HIGH}): their error is not in the intervals of "
            "the losses."
        )
    if not stated:
        said.append("No status was given: every customer is taken as at risk, none as in default or bad debt.")
    if not lgd.defaults_.height:
        said.append(f"No past default: the loss given default is the prior ({lgd.prior.source}).")
    if not ead.defaults_:
        said.append("No past default: the exposure at default is the prior (about the usual peak).")
    if not known.all():
        said.append(f"{int((~known).sum())} customers have no expected loss and are in no total.")
    said.append("Defaults are independent given the level of the probability: a recession's tail is not in the year.")
    return tuple(said)
