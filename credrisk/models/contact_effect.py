"""What an action does to the day of payment, against doing nothing: measured where lists left it to chance.

The effect is that of the offer on the list. For a row with outcome ``y``, action ``A`` and expected outcomes ``q``, the
doubly robust score of action ``a`` against none (Robins, Rotnitzky and Zhao 1994) is

    q_a - q_0 + 1[A = a] (y - q_a) / p_a - 1[A = none] (y - q_0) / p_0,

its mean over the accounts that could have gone either way is the effect. The chances ``p`` are the logged ones where
they are there; then the estimate does not depend on what is learnt. Else they are estimated from the covariates, and
everything that steered the list must be among these. The two corrections are divided by the mean of their weights.

Accounts that could not have gone either way are left out, whatever was done to them, and where few are left, or the
list follows a rule that the covariates give away, there is no estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.offer_nuisance import expected_outcomes, offer_chances
from credrisk.models.offer_rows import OfferRows
from credrisk.models.overlap import OVERLAP, Estimate, clustered, effective_sample_size, separation

__all__ = ["ESTIMATED", "LOGGED", "ActionEffect", "Chances", "contact_effects", "holm", "offered_chances"]

LOGGED, ESTIMATED = "logged", "estimated"

LOGGED_RANGE = (1e-4, 1 - 1e-4)
"""Logged chances that are used: they are exact, so only those that are all but certain are left out.

A list that draws two places a day among a thousand accounts tells something after a year; how much, the effective
sample size says."""

LEAST_ESTIMATED, LEAST_LOGGED = 0.01, 1e-4
"""Estimated chance of an action, and of none, below which an account is left out: by source of the weights."""

FEWEST_EFFECTIVE = 30.0
"""Effective sample size that the offers of an action, and those of none, must have each."""

FEWEST_SHARE = 0.05
"""Share of the accounts to which the action is open that could have gone either way, at least."""

MOST_SEPARATED = 0.98
"""Separation (area under the ROC curve) from which the list counts as a rule that the covariates give away."""


@dataclass(frozen=True)
class Chances:
    """The chance of every action for every row, and where the chances of what was offered come from.

    Attributes
    ----------
    source
        ``logged`` or ``estimated``.
    own
        Chance of the action that was offered, shape (n_rows,).
    estimated
        Estimated chance of each action, (n_rows, n_actions): for a list of two actions with logged chances these.
    """

    source: str
    own: np.ndarray
    estimated: np.ndarray


@dataclass(frozen=True)
class ActionEffect:
    """The effect of one action against none on one outcome; ``why`` says what is missing where it has no estimate.

    Attributes
    ----------
    offers
        Rows to which the action was offered.
    region
        Rows that could have gone either way, shape (n_rows,).
    scores
        Doubly robust scores of the rows of the region, shape (rows of the region,); their mean is the estimate.
    ess, ess_none
        Effective sample size of the action's offers and of those of none, inside the region.
    overlap
        Share of the accounts open to the action whose chance against none lies in [0.05, 0.95].
    """

    action: str
    offers: int
    region: np.ndarray
    scores: np.ndarray
    ess: float
    ess_none: float
    overlap: float
    estimate: Estimate | None
    why: str


def offered_chances(rows: OfferRows) -> Chances:
    """Return the logged chances where every row has one, else estimates from the covariates."""
    logged = not np.isnan(rows.probability).any()
    if logged and len(rows.actions) == 2:
        offered = np.where(rows.arm == 1, rows.probability, 1 - rows.probability)
        return Chances(LOGGED, rows.probability, np.column_stack([1 - offered, offered]))
    estimated = offer_chances(rows)
    if logged:
        return Chances(LOGGED, rows.probability, estimated)
    return Chances(ESTIMATED, estimated[np.arange(len(rows)), rows.arm], estimated)


def contact_effects(
    rows: OfferRows,
    outcome: np.ndarray,
    chances: Chances,
    *,
    eligible: dict[str, np.ndarray],
    expected: np.ndarray | None = None,
) -> list[ActionEffect]:
    """Return the effect of each action against none on an outcome, in the order of the actions.

    Parameters
    ----------
    rows
        Offers with that outcome.
    outcome
        Shape (n_rows,), no NaN.
    chances
        As :func:`offered_chances` gives them.
    eligible
        For each action the rows to which it is open at all (by the age of the account).
    expected
        Expected outcomes under each action, where they were learnt already.
    """
    expected = expected_outcomes(rows, outcome) if expected is None else expected
    return [
        _effect(rows, outcome, chances, expected, arm, eligible[action])
        for arm, action in enumerate(rows.actions)
        if arm
    ]


def _effect(
    rows: OfferRows, outcome: np.ndarray, chances: Chances, expected: np.ndarray, arm: int, eligible: np.ndarray
) -> ActionEffect:
    action, logged = rows.actions[arm], chances.source == LOGGED
    offered, untouched = rows.arm == arm, rows.arm == 0
    of_action, of_none = chances.estimated[:, arm], chances.estimated[:, 0]
    either = of_action / np.maximum(of_action + of_none, 1e-12)
    least = LEAST_LOGGED if logged else LEAST_ESTIMATED
    low, high = LOGGED_RANGE if logged else OVERLAP
    region = eligible & (either >= low) & (either <= high) & (of_action >= least) & (of_none >= least)
    if logged:
        region &= (chances.own >= LOGGED_RANGE[0]) & (chances.own <= LOGGED_RANGE[1])
    could = region & (either >= OVERLAP[0]) & (either <= OVERLAP[1])
    overlap = float(could[eligible].mean()) if eligible.any() else 0.0
    weight = 1 / np.maximum(chances.own, 1e-12)
    ess, ess_none = (effective_sample_size(weight[region & group]) for group in (offered, untouched))
    why = _why_not(int((offered & eligible).sum()), region[eligible].mean() if eligible.any() else 0.0, ess, ess_none)
    compared = eligible & (offered | untouched)
    if not why and not logged and separation(either[compared], offered[compared]) >= MOST_SEPARATED:
        why = "who was offered it follows from what is known of the account: nobody like them went without"
    if why:
        return ActionEffect(action, int(offered.sum()), region, np.zeros(0), ess, ess_none, overlap, None, why)
    scores = expected[:, arm] - expected[:, 0]
    for group, sign, column in ((offered, 1.0, arm), (untouched, -1.0, 0)):
        own = np.where(group & region, weight, 0.0)
        mean = own[region].mean()
        scores = scores + sign * own * (outcome - expected[:, column]) / mean
    inside = scores[region]
    estimate = clustered(inside, rows.customer[region], float(inside.mean()))
    return ActionEffect(action, int(offered.sum()), region, inside, ess, ess_none, overlap, estimate, "")


def _why_not(offers: int, share: float, ess: float, ess_none: float) -> str:
    if not offers:
        return "it was never offered"
    if share < FEWEST_SHARE:
        return f"only {100 * share:.0f} % of the accounts could have gone either way"
    if ess < FEWEST_EFFECTIVE:
        return f"its offers are worth only {ess:.0f} equally likely ones ({FEWEST_EFFECTIVE:.0f} are needed)"
    if ess_none < FEWEST_EFFECTIVE:
        return f"the accounts left alone are worth only {ess_none:.0f} ({FEWEST_EFFECTIVE:.0f} are needed)"
    return ""


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p values adjusted for their number (Holm 1979): each the level at which its test would still fail."""
    order = np.argsort(p_values, kind="stable")
    left = len(p_values) - np.arange(len(p_values))
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(left * p_values[order]), 1.0)
    return adjusted
