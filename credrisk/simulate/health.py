"""Latent financial health by month, and the failure intensity it implies.

Health is mean-reverting: ``health = mean + market loading x market factor + industry factor + own state``, each of the
last three an AR(1) at monthly steps. Given health, failures and payments are independent: the books hold noisy
information on health and nothing beyond it, so the true intensity is the best forecast there can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import Clock, Floats
from credrisk.simulate.names import INDUSTRIES

__all__ = ["Health", "draw_health", "stress"]

OWN_PERSISTENCE = 0.95
MARKET_PERSISTENCE = 0.93
INDUSTRY_PERSISTENCE = 0.95
OWN_SD = 0.9
INDUSTRY_LOADING = 0.22
GROUP_SHARE = 0.4
"""Share of the variance of the own state that members of a group have in common."""

FAILURES_A_YEAR = 0.006
"""Yearly failure intensity at health zero, without the floor."""
HEALTH_SLOPE = 1.7
"""A point of health less multiplies the intensity by exp(1.7) = 5.5."""
FLOOR_A_YEAR = 0.002
"""Yearly intensity of failures that health does not foretell (fraud, fire, a lost lawsuit)."""


@dataclass
class Health:
    """Latent state by customer and simulated month.

    Attributes
    ----------
    health
        (customers, months); about standard normal, lower is weaker.
    intensity
        (customers, months); expected failures a month for a customer that is alive.
    market, industry
        (months,) and (industries, months): the common factors.
    """

    health: Floats
    intensity: Floats
    market: Floats
    industry: Floats


def draw_health(rng: np.random.Generator, accounts: Accounts, clock: Clock, *, pull: Floats | None = None) -> Health:
    """Draw the health of every customer in every simulated month; ``pull`` (months,) is added to the market factor."""
    n, months = len(accounts), clock.months
    market = _autoregression(rng.normal(size=(1, months)), MARKET_PERSISTENCE)[0]
    if pull is not None:
        market = market + pull
    industry = _autoregression(rng.normal(size=(len(INDUSTRIES), months)), INDUSTRY_PERSISTENCE)
    shocks, common = rng.normal(size=(n, months)), rng.normal(size=(n, months))
    heads = np.where(accounts.head >= 0, accounts.head, np.arange(n))
    grouped = np.zeros(n, dtype=bool)
    grouped[heads[accounts.head >= 0]] = True
    grouped |= accounts.head >= 0
    mixed = np.sqrt(GROUP_SHARE) * common[heads] + np.sqrt(1 - GROUP_SHARE) * shocks
    own = _autoregression(np.where(grouped[:, None], mixed, shocks), OWN_PERSISTENCE)
    health = (
        accounts.mean_health[:, None]
        + accounts.market_loading[:, None] * market
        + INDUSTRY_LOADING * industry[accounts.industry]
        + OWN_SD * own
    )
    yearly = FAILURES_A_YEAR * np.exp(-HEALTH_SLOPE * health) + FLOOR_A_YEAR
    return Health(health, yearly / 12, market, industry)


def stress(health: Floats) -> Floats:
    """Return how much a customer feels its weakness: nothing in good health, about linear in bad health."""
    return np.logaddexp(0.0, -2.5 * (health + 0.95)) / 2.5


def _autoregression(shocks: Floats, persistence: float) -> Floats:
    """Turn standard normal shocks (rows, months) into stationary AR(1) paths of unit variance."""
    paths = np.empty_like(shocks)
    paths[:, 0] = shocks[:, 0]
    for month in range(1, shocks.shape[1]):
        paths[:, month] = persistence * paths[:, month - 1] + np.sqrt(1 - persistence**2) * shocks[:, month]
    return paths
