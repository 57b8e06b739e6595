"""What another list would have brought: its value from the offers that were logged under the list that was used.

Three estimates of the mean outcome per row, had the actions been drawn by the target's chances ``t`` instead of the
logged ones ``p``, with ``w = t(action offered) / p(action offered)``:

* ``ips``: mean of w y (Horvitz and Thompson 1952);
* ``snips``: sum of w y / sum of w (Swaminathan and Joachims 2015): steadier, a little biased in small logs;
* ``dr``: mean of sum_a t(a) q(a) + w (y - q(action offered)) (Dudik, Langford and Li 2011), ``q`` the expected outcome
  under each action, learnt on other customers' rows: the steadiest.

All of them want the logged chances. Weights are clipped only where asked, and the answer says how many were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars, given_out
from credrisk.models.offer_nuisance import expected_outcomes
from credrisk.models.offer_rows import OUTCOMES, OfferRows, offer_rows
from credrisk.models.overlap import OVERLAP, Estimate, clustered, effective_sample_size

__all__ = ["METHODS", "LoggedValue", "logged_value", "off_policy_value"]

METHODS = ("ips", "snips", "dr")
SUMS_TO_ONE = 1e-6


@dataclass(frozen=True)
class LoggedValue:
    """One target's value by each method, and what every row adds to it.

    Attributes
    ----------
    value
        Mean outcome per row, by method.
    influence
        Values whose mean is the value and whose spread by customer is its error, shape (n_rows,), by method.
    ess
        Effective sample size of the weights.
    mean_weight
        Mean of the weights: near 1 where the log holds what the target would do, below where it does not.
    largest_weight, clipped
        The largest weight (after clipping), and how many were clipped.
    """

    value: dict[str, float]
    influence: dict[str, np.ndarray]
    ess: float
    mean_weight: float
    largest_weight: float
    clipped: int

    def estimate(self, method: str, customer: np.ndarray) -> Estimate:
        """Return the value with its standard error by customer."""
        return clustered(self.influence[method], customer, self.value[method])

    def less(self, other: LoggedValue, method: str, customer: np.ndarray) -> Estimate:
        """Return how much more than another target's value this one is, on the same rows, with its error."""
        difference = self.value[method] - other.value[method]
        return clustered(self.influence[method] - other.influence[method], customer, difference)


def logged_value(
    rows: OfferRows,
    target: np.ndarray,
    outcome: np.ndarray,
    *,
    expected: np.ndarray | None,
    money: np.ndarray | None = None,
    clip: float | None = None,
) -> LoggedValue:
    """Return the value of a target policy from rows with logged chances.

    Parameters
    ----------
    target
        The target's chance of each action, shape (n_rows, n_actions).
    outcome
        What came of each row, shape (n_rows,).
    expected
        The expected outcome under each action, shape (n_rows, n_actions); null: no doubly robust estimate.
    money
        What a unit of the outcome of each row counts (an amount); 1 where none is given.
    clip
        The largest weight allowed; none where not given.
    """
    own = (np.arange(len(rows)), rows.arm)
    weight = target[own] / rows.probability
    clipped = 0 if clip is None else int((weight > clip).sum())
    weight = weight if clip is None else np.minimum(weight, clip)
    scale = np.ones(len(rows)) if money is None else money
    found, mean_weight = scale * outcome, float(weight.mean())
    influence = {"ips": weight * found}
    value = {"ips": float(influence["ips"].mean())}
    if mean_weight > 0:
        value["snips"] = value["ips"] / mean_weight
        influence["snips"] = value["snips"] + weight * (found - value["snips"]) / mean_weight
    else:
        value["snips"], influence["snips"] = float("nan"), np.full(len(rows), np.nan)
    if expected is not None:
        influence["dr"] = scale * ((target * expected).sum(axis=1) + weight * (outcome - expected[own]))
        value["dr"] = float(influence["dr"].mean())
    largest = float(weight.max()) if len(weight) else 0.0
    return LoggedValue(value, influence, effective_sample_size(weight), mean_weight, largest, clipped)


def off_policy_value(
    offers: Any,
    *,
    target: Any,
    outcome: str = "paid_90",
    money: str | None = None,
    method: Sequence[str] = METHODS,
    clip: float | None = None,
    output: str = "pandas",
) -> Any:
    """Return what a target policy would have brought, estimated from logged offers.

    Parameters
    ----------
    offers
        Logged offers, every one with its ``probability``; see :func:`~credrisk.models.offer_rows.offer_rows`. Rows
        whose outcome is not known yet (null) are left out.
    target
        A frame with one column per action of the offers, its chance under the target, in the order of the offers'
        rows; each row adds up to 1.
    outcome
        One of ``open_days_90, paid_30, paid_60, paid_90, lost``.
    money
        A column by which the outcome is multiplied, such as ``amount``: the value is then money per row.
    method
        Of ``ips``, ``snips`` and ``dr``.
    clip
        The largest weight allowed; weights are not clipped where none is given.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per method: ``method, value`` (mean per row), ``se`` (by customer), ``lower, upper`` (95 %), ``offers``,
        ``customers``, ``ess`` (effective sample size), ``mean_weight``, ``largest_weight``, ``overlap`` (share of
        offers whose logged chance lies in [0.05, 0.95]), ``clipped`` (weights). A mean weight well below 1 says that
        the target does what the log does not hold: no method can value that.

    Raises
    ------
    DataError
        When a chance is not logged, or the target does not fit the offers.
    ParameterError
        When a method or outcome is unknown.
    """
    for name in method:
        if name not in METHODS:
            raise ParameterError("method", f"of {', '.join(METHODS)}", name)
    if outcome not in OUTCOMES:
        raise ParameterError("outcome", f"one of {', '.join(OUTCOMES)}", outcome)
    if clip is not None and not clip > 0:
        raise ParameterError("clip", "above 0", clip)
    rows = offer_rows(offers, outcomes=(outcome,))
    chances = _target_of(target, rows)
    known = ~np.isnan(rows.column(outcome))
    rows, chances = rows.of(known), chances[known]
    if np.isnan(rows.probability).any():
        raise DataError(
            "the chance of an offer is not logged.",
            table="offers",
            columns=["probability"],
            rows=int(np.isnan(rows.probability).sum()),
            remedy="leave these rows out: without the chance of what was offered no other list can be valued by it.",
        )
    scale = None if money is None else rows.column(money)
    found = rows.column(outcome)
    expected = expected_outcomes(rows, found) if "dr" in method else None
    valued = logged_value(rows, chances, found, expected=expected, money=scale, clip=clip)
    table = []
    for name in method:
        estimate = valued.estimate(name, rows.customer)
        table.append(
            {
                "method": name,
                "value": estimate.value,
                "se": estimate.se,
                "lower": estimate.lower,
                "upper": estimate.upper,
                "offers": len(rows),
                "customers": estimate.clusters,
                "ess": valued.ess,
                "mean_weight": valued.mean_weight,
                "largest_weight": valued.largest_weight,
                "overlap": float(((rows.probability >= OVERLAP[0]) & (rows.probability <= OVERLAP[1])).mean()),
                "clipped": valued.clipped,
            }
        )
    return given_out(pl.DataFrame(table), output)


def _target_of(target: Any, rows: OfferRows) -> np.ndarray:
    """Return the target's chances in the order of ``rows``, shape (n_rows, n_actions)."""
    frame = as_polars(target, "target")
    remedy = "give one column per action of the offers, one row per offer in their order, adding up to 1."
    lacking = [action for action in rows.actions if action not in frame.columns]
    if lacking or frame.height != len(rows):
        raise DataError(
            f"it has {frame.height} rows for {len(rows)} offers.", table="target", columns=lacking, remedy=remedy
        )
    chances: np.ndarray = frame.select(pl.col(list(rows.actions)).cast(pl.Float64)).to_numpy()[rows.place]
    wrong = ~(np.abs(chances.sum(axis=1) - 1) <= SUMS_TO_ONE) | (chances < 0).any(axis=1)
    if wrong.any():
        raise DataError("chances do not add up to 1.", table="target", rows=int(wrong.sum()), remedy=remedy)
    return chances
