"""For whom an action works: a few stated cells by age, risk and reason, shrunk to what was believed before.

The doubly robust scores are averaged by cell. Before the data speak the effect in every cell is the policy's, ``m``
days, uncertain by ``level_sd`` days in all cells alike, and the cells differ from each other by an effect of the age
band, one of the risk band and one of the reason, each normal around none with standard deviation ``spread``. That is a
normal prior with mean ``m`` and covariance ``T``; with the clustered covariance ``V`` of the cells' means ``d`` the
posterior mean is

    m + T (T + V)^-1 (d - m),

a linear regression of the scores on the bands, penalised by the precision of the prior. ``spread`` is the one of a
grid under which the cells' means are most likely (empirical Bayes); ``level_sd`` is stated: as large as ``m`` itself,
at least two days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.models.overlap import clustered_covariance

__all__ = ["AGE_BANDS", "CELL", "RISK_BANDS", "CellEffects", "cells_of", "every_cell", "known_cells", "shrunk_effects"]

AGE_EDGES, AGE_BANDS = (30.0, 90.0), ("to 30 days", "31 to 90 days", "over 90 days")
RISK_EDGES, RISK_BANDS = (0.02, 0.10), ("PD to 2 %", "PD 2 to 10 %", "PD over 10 %")
UNKNOWN = "unknown"
CELL = ("age_band", "risk_band", "reason")

LEAST_LEVEL_SD = 2.0
"""Standard deviation of the believed effect in days, at least; else it is the believed effect itself."""

SPREADS = (0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Standard deviations of the difference between bands that are tried, as multiples of ``level_sd``."""

FEWEST_CUSTOMERS = 20
"""Customers from which a cell's mean is used; a cell with fewer follows from the others."""


@dataclass(frozen=True)
class CellEffects:
    """Posterior of the effect in days, per cell and overall.

    Attributes
    ----------
    cells
        ``age_band, risk_band, reason`` and ``days`` (posterior mean), ``sd``, ``data_share`` (share of the prior's
        variance that the data took away).
    days, sd
        Of the mean over the rows measured.
    data_share
        Weight of the data in it, from 0 to 1.
    prior_days, level_sd, spread
        The prior: mean, standard deviation of the level, and of a band's difference.
    """

    cells: pl.DataFrame
    days: float
    sd: float
    data_share: float
    prior_days: float
    level_sd: float
    spread: float


def cells_of(accounts: pl.DataFrame) -> pl.DataFrame:
    """Return age band, risk band and reason of accounts with ``age_days, pd`` (or ``pd_used``) and ``reason``.

    Bounds belong to the lower band. What is null or has no column is ``unknown``.
    """
    risk = next((name for name in ("pd", "pd_used") if name in accounts.columns), None)
    return accounts.select(
        _band("age_days" if "age_days" in accounts.columns else None, AGE_EDGES, AGE_BANDS).alias("age_band"),
        _band(risk, RISK_EDGES, RISK_BANDS).alias("risk_band"),
        (pl.col("reason").cast(pl.String).fill_null(UNKNOWN) if "reason" in accounts.columns else _unknown()).alias(
            "reason"
        ),
    )


def every_cell(seen: pl.DataFrame) -> pl.DataFrame:
    """Return all cells that an account may fall into, from the cells of the rows to learn from.

    Every band, but only ``unknown`` where these rows do not say the age, or the risk, at all; the reasons seen.
    """

    def bands(name: str, known: tuple[str, ...]) -> pl.DataFrame:
        told = (seen[name] != UNKNOWN).any()
        return pl.DataFrame({name: [*known, UNKNOWN] if told else [UNKNOWN]})

    reasons = pl.DataFrame({"reason": sorted({UNKNOWN, *seen["reason"].to_list()})})
    ages, risks = bands("age_band", AGE_BANDS), bands("risk_band", RISK_BANDS)
    return ages.join(risks, how="cross").join(reasons, how="cross")


def known_cells(accounts: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cell of each account among those of ``cells``: a band or reason that is none of theirs is unknown."""
    return cells_of(accounts).with_columns(
        pl.when(pl.col(name).is_in(cells[name].unique().to_list())).then(name).otherwise(_unknown()).alias(name)
        for name in CELL
    )


def shrunk_effects(
    scores: np.ndarray,
    cells: pl.DataFrame,
    customer: np.ndarray,
    *,
    prior_days: float,
    seen: pl.DataFrame | None = None,
) -> CellEffects:
    """Shrink the cells' mean scores (days won, positive is earlier) to the prior.

    Parameters
    ----------
    scores
        Doubly robust scores in days won, shape (n_rows,).
    cells
        Cell of each row, as :func:`cells_of` gives them.
    customer
        Number of each row's customer.
    prior_days
        The believed effect of an offer in days.
    seen
        Cells of all rows, those that could not have gone either way among them; ``cells`` where none are given.
    """
    level_sd = max(abs(prior_days), LEAST_LEVEL_SD)
    every = every_cell(cells if seen is None else seen)
    numbered = every.with_row_index("cell")
    own = cells.join(numbered, on=list(CELL), how="left", maintain_order="left")["cell"].to_numpy()
    customers = (
        pl.DataFrame({"cell": own, "customer": customer})
        .group_by("cell")
        .agg(pl.col("customer").n_unique())
        .sort("cell")
    )
    used = customers.filter(pl.col("customer") >= FEWEST_CUSTOMERS)["cell"].to_numpy().astype(np.int64)
    shares = np.bincount(own, minlength=every.height) / len(own)
    kinds = [(level_sd**2) * np.ones((every.height, every.height)), _alike(every)]
    if not len(used):
        unmoved = np.full(every.height, prior_days)
        return _posterior(every, unmoved, kinds[0], kinds[0], shares, prior_days, level_sd, 0.0)
    member = (own[:, None] == used[None, :]).astype(np.float64)
    counts = member.sum(axis=0)
    means = (member * scores[:, None]).sum(axis=0) / counts
    noise = clustered_covariance(member * (scores[:, None] - means) / counts, customer)
    fits = []
    for multiple in SPREADS:
        prior = kinds[0] + (multiple * level_sd) ** 2 * kinds[1]
        fits.append((_log_likelihood(means - prior_days, prior[np.ix_(used, used)] + noise), multiple, prior))
    _, multiple, prior = max(fits, key=lambda fit: fit[0])
    gain = np.linalg.solve(prior[np.ix_(used, used)] + noise, prior[used]).T
    posterior = prior_days + gain @ (means - prior_days)
    after = prior - gain @ prior[used]
    return _posterior(every, posterior, prior, after, shares, prior_days, level_sd, multiple * level_sd)


def _posterior(
    every: pl.DataFrame,
    days: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    shares: np.ndarray,
    prior_days: float,
    level_sd: float,
    spread: float,
) -> CellEffects:
    variance = np.maximum(np.diag(after), 0.0)
    overall, overall_before = (float(shares @ matrix @ shares) for matrix in (after, before))
    cells = every.with_columns(
        days=pl.Series(days), sd=pl.Series(np.sqrt(variance)), data_share=pl.Series(1 - variance / np.diag(before))
    )
    share = 1 - overall / overall_before
    return CellEffects(
        cells, float(shares @ days), float(np.sqrt(max(overall, 0))), share, prior_days, level_sd, spread
    )


def _alike(every: pl.DataFrame) -> np.ndarray:
    """Return in how many of the bands two cells agree: the covariance of independent effects of each band, per unit."""
    total = np.zeros((every.height, every.height))
    for name in CELL:
        values = every[name].to_numpy()
        total += values[:, None] == values[None, :]
    return total


def _log_likelihood(left: np.ndarray, covariance: np.ndarray) -> float:
    """Return the log density of a normal vector, up to a constant."""
    _, log_determinant = np.linalg.slogdet(covariance)
    return float(-0.5 * (log_determinant + left @ np.linalg.solve(covariance, left)))


def _band(column: str | None, edges: tuple[float, ...], bands: tuple[str, ...]) -> pl.Expr:
    if column is None:
        return _unknown()
    value = pl.col(column).cast(pl.Float64).fill_nan(None)
    return (
        pl.when(value.is_null())
        .then(pl.lit(UNKNOWN))
        .when(value <= edges[0])
        .then(pl.lit(bands[0]))
        .when(value <= edges[1])
        .then(pl.lit(bands[1]))
        .otherwise(pl.lit(bands[2]))
    )


def _unknown() -> pl.Expr:
    return pl.lit(UNKNOWN)
