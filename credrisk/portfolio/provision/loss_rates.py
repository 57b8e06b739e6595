"""Historical loss rates by bucket and segment: cohorts or roll rates, with their evidence, prior and interval.

Of what was open in bucket b at past month-ends the share w_b was lost within the window and the share u_bs was still
open at its end, in bucket s. What is still open is lost as its bucket is, so that nothing unfinished is left out:

    r_b = w_b + sum over s of u_bs x r_s,     r = (I - U)^-1 w

With a window of a year this is the cohort method, with one of a month the roll-rate (flow-rate) method [1]_. Few cases
are blended with a published rate (and a segment with the whole): rate = Z x r + (1 - Z) x prior, Z = n / (n + 2) with
the n customers that had a loss, or that the prior says should have had one, whichever is more. The weight 1 - Z is not
how much of the rate is published: where the published rate is ten times the own one, a tenth of the weight is half of
the rate. ``published_share`` is that, with what r borrows for states of which nothing ever resolved. ``own_rate`` is
without what it borrows: 0 where nothing was lost.

References
----------
.. [1] Cyert, R. M., Davidson, H. J., Thompson, G. L. (1962). Estimation of the allowance for doubtful accounts by
   Markov chains. Management Science 8(3), 287-303.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.portfolio.provision.pool import IMPAIRED, WHOLE
from credrisk.portfolio.provision.published import IMPAIRED as IMPAIRED_PRIOR
from credrisk.portfolio.provision.published import Prior, prior_rates
from credrisk.portfolio.provision.settings import ProvisionSettings

__all__ = ["OWN_UNDER", "PRIOR_CASES", "absorbed", "loss_rates"]

Array = npt.NDArray[Any]

PRIOR_CASES = 2.0
"""Customers with a loss that the prior counts as."""

OWN_UNDER = 0.10
"""A rate of which less than this share comes from its prior, which weighs less than that too, is the ledger's own."""

PRIOR_LOG_SD = 1.0
"""How far a ledger's own rate may be from the published one: a factor of 2.7 either way."""

SAMPLES = 400
INTERVAL = (0.025, 0.975)
AT_ONCE = 2_000_000
"""Drawn weights held at one time."""


def absorbed(lost: Array, moved: Array, fixed: Array) -> Array:
    """Return r = (I - U)^-1 w for many samples, within 0 and 1.

    Parameters
    ----------
    lost
        Share lost in the window, shape (samples, states).
    moved
        Share still open at its end by state, shape (samples, states, states).
    fixed
        Rate of a state that nothing was seen of or that never resolves, NaN elsewhere, same shape as ``lost``.
    """
    known = ~np.isnan(fixed)
    system = np.eye(lost.shape[1]) - np.where(known[:, :, None], 0.0, moved)
    right = np.where(known, np.nan_to_num(fixed), lost)
    solved: Array = np.clip(np.linalg.solve(system, right[:, :, None])[:, :, 0], 0.0, 1.0)
    return solved


@dataclass(frozen=True)
class _Sums:
    """Sums of the outcomes by state: ``weight, lost, diluted`` (n, states), ``moved`` (n, states, states)."""

    weight: Array
    lost: Array
    diluted: Array
    moved: Array

    def rates(self, prior: Array) -> Array:
        """Return the absorbed loss rates; a state unseen, or of which nothing ever resolves, is at its prior."""
        lost, moved, known = self._shares()
        return absorbed(lost, moved, np.where(known, np.nan, prior))

    def borrowed(self, prior: Array) -> Array:
        """Return what of the absorbed loss rates comes from the prior: through the states that are at it."""
        _, moved, known = self._shares()
        return absorbed(np.zeros_like(self.lost), moved, np.where(known, np.nan, prior))

    def _shares(self) -> tuple[Array, Array, Array]:
        seen = self.weight > 0
        divisor = np.where(seen, self.weight, 1.0)
        moved = self.moved / divisor[:, :, None]
        stuck = np.diagonal(moved, axis1=1, axis2=2) > 1 - 1e-9
        return self.lost / divisor, moved, seen & ~stuck


def loss_rates(found: pl.DataFrame, *, settings: ProvisionSettings, seed: int = 0) -> pl.DataFrame:
    """Return the loss rate of every segment and state with its evidence.

    Parameters
    ----------
    found
        As :meth:`credrisk.portfolio.provision.outcomes.History.outcomes` returns it, of the past month-ends.

    Returns
    -------
    polars.DataFrame
        ``segment`` (first ``all receivables``), ``state``, ``observed`` (minor units, summed over month-ends),
        ``customers``, ``loss_customers``, ``lost_share`` and ``open_share`` (of the window alone), ``dilution_share``,
        ``own_rate`` (of what was lost alone: nothing is borrowed for states of which nothing resolved; null without
        evidence), ``prior_rate``, ``credibility``, ``rate, low, high`` (95 %, over resampled customers and the prior's
        own range), ``published_share`` (of the rate: what comes from a published one, in the end), ``source``
        (``prior`` without evidence, ``own`` where less than 10 % of the rate comes from its prior, else ``blended``)
        and ``prior_source``.
    """
    states = (*settings.buckets, IMPAIRED)
    priors = (*prior_rates(settings.edges), IMPAIRED_PRIOR)
    base = np.array([prior.rate for prior in priors])
    rng = np.random.default_rng(seed)
    factors = np.exp(rng.normal(0.0, PRIOR_LOG_SD, (SAMPLES, 1)))
    around = np.clip(np.vstack([base[None, :], base[None, :] * factors]), 0.0, 1.0)
    whole, whole_rates = _measured(found, states, around, priors, WHOLE, rng, published=base)
    frames = [whole]
    names = sorted(found["segment"].unique().to_list())
    if settings.segment_by != "none":
        said = [Prior(float(rate), "the rate of all receivables") for rate in whole_rates[0]]
        published = whole_rates[0] * whole["published_share"].to_numpy()
        for name in names:
            mine = found.filter(pl.col("segment") == name)
            frames.append(_measured(mine, states, whole_rates, said, name, rng, published=published)[0])
    return pl.concat(frames)


def _measured(
    found: pl.DataFrame,
    states: tuple[str, ...],
    prior: Array,
    priors: Sequence[Prior],
    segment: str,
    rng: np.random.Generator,
    *,
    published: Array,
) -> tuple[pl.DataFrame, Array]:
    """Return the rates of one segment; ``published`` is what of its prior is a published rate."""
    sums, customers, losers = _summed(found, states, rng)
    own = sums.rates(prior)
    cases = np.maximum(losers, customers * prior[0])
    trust = np.where(sums.weight[0] > 0, cases / (cases + PRIOR_CASES), 0.0)
    rates = trust * own + (1 - trust) * prior
    low, high = np.quantile(rates[1:], INTERVAL, axis=0)

    def share(part: Array) -> Array:
        amount = trust * sums.borrowed(part)[0] + (1 - trust) * part
        return np.asarray(np.clip(np.divide(amount, rates[0], out=np.zeros_like(part), where=rates[0] > 0), 0.0, 1.0))

    leaning = np.maximum(1 - trust, share(prior[0]))
    seen = sums.weight[0] > 0
    divisor = np.where(seen, sums.weight[0], 1.0)
    shares = {
        "lost_share": sums.lost[0] / divisor,
        "open_share": sums.moved[0].sum(axis=1) / divisor,
        "dilution_share": sums.diluted[0] / divisor,
        "own_rate": sums.rates(np.zeros_like(prior))[0],
    }
    frame = pl.DataFrame(
        {
            "segment": [segment] * len(states),
            "state": list(states),
            "observed": sums.weight[0],
            "customers": customers.astype(np.int64),
            "loss_customers": losers.astype(np.int64),
            **{name: np.where(seen, value, np.nan) for name, value in shares.items()},
            "prior_rate": prior[0],
            "credibility": trust,
            "rate": rates[0],
            "low": np.minimum(low, rates[0]),
            "high": np.maximum(high, rates[0]),
            "published_share": share(published),
            "source": np.select([trust == 0, leaning >= OWN_UNDER], ["prior", "blended"], "own").tolist(),
            "prior_source": [entry.source for entry in priors],
        }
    )
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None)), rates


def _summed(found: pl.DataFrame, states: tuple[str, ...], rng: np.random.Generator) -> tuple[_Sums, Array, Array]:
    """Return the sums as they are and over resampled customers, and the customers seen and with a loss by state."""
    count = len(states)
    if found.is_empty():
        nothing = np.zeros((1 + SAMPLES, count))
        return _Sums(nothing, nothing, nothing, np.zeros((1 + SAMPLES, count, count))), np.zeros(count), np.zeros(count)
    place = {name: index for index, name in enumerate(states)}
    rows = found.select(
        customer=pl.col("customer_id").rank("dense").cast(pl.Int64) - 1,
        state=pl.col("state").replace_strict(place, return_dtype=pl.Int64),
        end=pl.col("end_state").replace_strict(place, return_dtype=pl.Int64),
        weight="weight",
        lost="lost",
        diluted="diluted",
        still_open="still_open",
    ).sort("customer", "state", "end", "weight", "lost", "diluted", "still_open")
    customer, state, end = (rows[name].to_numpy() for name in ("customer", "state", "end"))
    people = int(customer.max()) + 1
    cell = customer * count + state

    def by_cell(name: str) -> Array:
        return np.bincount(cell, rows[name].to_numpy(), people * count).reshape(people, count)

    weight, lost, diluted = by_cell("weight"), by_cell("lost"), by_cell("diluted")
    moved = np.bincount(cell * count + end, rows["still_open"].to_numpy(), people * count * count)
    flat = np.hstack([weight, lost, diluted, moved.reshape(people, count * count)])
    totals = np.empty((1 + SAMPLES, flat.shape[1]))
    totals[0] = flat.sum(axis=0)
    step = max(1, AT_ONCE // people)
    for first in range(0, SAMPLES, step):
        drawn = rng.multinomial(people, np.full(people, 1 / people), size=min(step, SAMPLES - first))
        totals[1 + first : 1 + first + len(drawn)] = drawn.astype(np.float64) @ flat
    impaired = moved.reshape(people, count, count)[:, :, -1] > 0
    losers = ((lost > 0) | (impaired & (np.arange(count) < count - 1))).sum(axis=0)
    sums = _Sums(
        weight=totals[:, :count],
        lost=totals[:, count : 2 * count],
        diluted=totals[:, 2 * count : 3 * count],
        moved=totals[:, 3 * count :].reshape(-1, count, count),
    )
    return sums, (weight > 0).sum(axis=0), losers
