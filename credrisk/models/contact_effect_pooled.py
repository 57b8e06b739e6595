"""What contacts by hand do together, against none: measurable with few offers, long before any single action is.

For a row with expected outcomes ``q``, chances ``p`` and the mix ``m`` of the actions by hand that such an account is
offered, the doubly robust score of a contact by hand is

    sum_a m_a (q_a - q_0) + 1[a offered] m_a (y - q_a) / p_a - 1[none offered] (y - q_0) / p_0:

what the list "everybody by that mix" would bring beyond "nobody". Rows are weighed by how far they could have gone
either way, ``p_hand p_none / (p_hand + p_none)`` (overlap weights; Li, Morgan and Zaslavsky 2018), which tells most
from few offers. The mix and these weights only say whose effect it is; with logged chances the estimate is right for
these rows whatever is learnt.

The answer is a **level**: the days won, within the 90 days that are looked at, as a multiple of what was believed of
the same accounts and mix within these days. Before the data speak the level is 1, uncertain by a half; it is shrunk
to that by precision (normal prior and posterior), ``1 + (level - 1) / (1 + (se / 0.5)^2)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from credrisk.models.contact_effect import (
    FEWEST_EFFECTIVE,
    LOGGED,
    LOGGED_RANGE,
    MOST_SEPARATED,
    Chances,
)
from credrisk.models.offer_nuisance import logged_chances
from credrisk.models.offer_rows import OfferRows
from credrisk.models.overlap import OVERLAP, Estimate, clustered, effective_sample_size, separation

__all__ = ["LEVEL_SD", "PooledEffect", "pooled_effect"]

WINDOW_DAYS = 90.0
LEVEL_SD = 0.5
"""Standard deviation of the believed level: half the belief, so that a harmful contact would be a surprise."""


@dataclass(frozen=True)
class PooledEffect:
    """The effect of any contact by hand together.

    Attributes
    ----------
    offers
        Contacts by hand that were offered.
    ess, ess_none
        Effective sample size of them, and of those left alone.
    days
        Days won per offer; null where it cannot be told.
    prior_days
        Days that were believed of the same offers, within the 90 days.
    level
        Days won as a multiple of those believed; its p value is that of no effect.
    p_prior
        p value of the level being the believed one.
    shrunk_level
        The level shrunk to the belief; 1 where it cannot be told.
    why
        What is missing where it cannot be told.
    """

    offers: int
    ess: float
    ess_none: float
    days: Estimate | None
    prior_days: float
    level: Estimate | None
    p_prior: float
    shrunk_level: float
    why: str


def pooled_effect(
    rows: OfferRows,
    outcome: np.ndarray,
    chances: Chances,
    *,
    expected: np.ndarray,
    prior_days: Mapping[str, float],
    by_hand: Mapping[str, np.ndarray],
) -> PooledEffect:
    """Measure the actions by hand together.

    Parameters
    ----------
    rows, outcome, chances
        Offers, their days open (no NaN), shape (n_rows,), and their chances.
    expected
        Expected days open under each action, shape (n_rows, n_actions).
    prior_days
        The believed effect of an offer of each action, in days won.
    by_hand
        For each action by hand the rows to which it is open.
    """
    arms = [arm for arm, action in enumerate(rows.actions) if action in by_hand]
    offered = np.isin(rows.arm, arms)
    if not offered.any():
        return _untold(0, 0.0, 0.0, "no contact by hand was offered")
    open_to = np.column_stack([by_hand[rows.actions[arm]] for arm in arms])
    logged = chances.source == LOGGED
    if logged:
        of_hand = offered[:, None] & (rows.arm[:, None] == np.array(arms))
        usual = np.where(open_to, of_hand.sum(axis=0) / np.maximum(open_to.sum(axis=0), 1), 0.0)
        shares = usual / np.maximum(usual.sum(axis=1), 1e-12)[:, None]
        seen = np.where(offered, chances.own / np.maximum((shares * of_hand).sum(axis=1), 1e-12), 1 - chances.own)
        hand = logged_chances(rows, np.clip(seen, 0.0, 1.0), offered | (rows.arm == 0))
        hand = np.where(open_to.any(axis=1), hand, 0.0)
        region = (hand > 0) & (chances.own >= LOGGED_RANGE[0]) & (chances.own <= LOGGED_RANGE[1])
    else:
        usual = np.where(open_to, chances.estimated[:, arms], 0.0)
        both = usual.sum(axis=1) + chances.estimated[:, 0]
        hand = usual.sum(axis=1) / np.maximum(both, 1e-12)
        region = (hand >= OVERLAP[0]) & (hand <= OVERLAP[1])
    mix = usual / np.maximum(usual.sum(axis=1), 1e-12)[:, None]
    overlap = np.where(region, hand * (1 - hand), 0.0)
    place = np.argmax(rows.arm[:, None] == np.array(arms), axis=1)
    of_action = np.where(offered, mix[np.arange(len(rows)), place], 0.0)
    weights = [
        overlap * share / np.maximum(chances.own, 1e-12) for share in (of_action, (rows.arm == 0).astype(np.float64))
    ]
    ess, ess_none = (effective_sample_size(weight) for weight in weights)
    number = int(offered.sum())
    if min(ess, ess_none) < FEWEST_EFFECTIVE:
        worth = f"the contacts by hand are worth only {ess:.0f} offers and those left alone {ess_none:.0f}"
        return _untold(number, ess, ess_none, f"{worth} ({FEWEST_EFFECTIVE:.0f} are needed of each)")
    compared = open_to.any(axis=1) & (offered | (rows.arm == 0))
    if not logged and separation(hand[compared], offered[compared]) >= MOST_SEPARATED:
        return _untold(number, ess, ess_none, "who was contacted follows from what is known of the account")
    believed = np.array([prior_days[rows.actions[arm]] for arm in arms])
    within = _days_within_window(expected[:, 0], believed)
    prior = overlap * (mix * within).sum(axis=1)
    won = -overlap * (mix * (expected[:, arms] - expected[:, :1])).sum(axis=1)
    own = expected[np.arange(len(rows)), rows.arm]
    for weight, sign in zip(weights, (-1.0, 1.0), strict=True):
        won = won + sign * weight * (overlap.sum() / weight.sum()) * (outcome - own)
    customer, mean = rows.customer, overlap.mean()
    value, before = float(won.mean() / mean), float(prior.mean() / mean)
    found = clustered((won - value * overlap) / mean, customer, value)
    if before <= 0:
        return PooledEffect(number, ess, ess_none, found, before, None, 1.0, 1.0, "nothing is believed to win days")
    level = clustered((won - value / before * prior) / prior.mean(), customer, value / before)
    p_prior = clustered((won - prior) / prior.mean(), customer, value / before - 1).p_value
    shrunk = 1 + (level.value - 1) / (1 + (level.se / LEVEL_SD) ** 2)
    return PooledEffect(number, ess, ess_none, found, before, level, p_prior, shrunk, "")


def _days_within_window(open_days: np.ndarray, believed: np.ndarray) -> np.ndarray:
    """Return what a belief says of the days open, cut at 90: shape (n_rows,) and (n_actions,) to (n_rows, n_actions).

    The account pays after an exponential time of mean ``m`` with ``m (1 - exp(-90 / m))`` the expected days open. An
    offer believed to win ``d`` days makes the mean ``m exp(-d / m)``, as the queue bounds it; most of what is won of
    a long delay lies beyond the 90 days, and nobody should miss it inside them.
    """
    means = np.geomspace(0.1, 100 * WINDOW_DAYS, 2_000)
    mean = np.interp(open_days, _cut(means), means)[:, None]
    sooner = np.where(believed > 0, mean * np.exp(-believed / mean), mean - believed)
    cut: np.ndarray = _cut(mean) - _cut(np.maximum(sooner, 1e-9))
    return cut


def _cut(mean: np.ndarray) -> np.ndarray:
    days: np.ndarray = mean * -np.expm1(-WINDOW_DAYS / mean)
    return days


def _untold(offers: int, ess: float, ess_none: float, why: str) -> PooledEffect:
    return PooledEffect(offers, ess, ess_none, None, 0.0, None, 1.0, 1.0, why)
