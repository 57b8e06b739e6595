"""What somebody would say who saw the simulator's hidden financial health: the bound for every model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from credrisk.simulate import health as latent

FUTURES = 100
"""Simulated futures behind each probability."""


def true_probabilities(truth: Mapping[str, pl.DataFrame], rows: pl.DataFrame) -> np.ndarray:
    """Return the probability of failure within 12 months given the hidden health of the day; NaN when already gone.

    Own and industry state fade at the same pace in the simulator, so their sum is one state.
    """
    states = truth["health"].rename({"month_end": "as_of"}).join(truth["customers"], on="customer_id")
    known = rows.select("customer_id", "as_of").join(
        states, on=["customer_id", "as_of"], how="left", maintain_order="left"
    )
    mean, loading, market, health = known.select("mean_health", "market_loading", "factor", "health").to_numpy().T
    own_sd = np.hypot(latent.OWN_SD, latent.INDUSTRY_LOADING)
    random = np.random.default_rng(0)
    survived = np.zeros(len(known))
    for _ in range(FUTURES):
        expected, market_on, own_on = np.zeros(len(known)), market, health - mean - loading * market
        for market_shock, own_shock in random.normal(size=(12, 2)):
            market_on = _onward(market_on, latent.MARKET_PERSISTENCE, market_shock)
            own_on = _onward(own_on, latent.OWN_PERSISTENCE, own_sd * own_shock)
            weakness = np.exp(-latent.HEALTH_SLOPE * (mean + loading * market_on + own_on))
            expected += (latent.FAILURES_A_YEAR * weakness + latent.FLOOR_A_YEAR) / 12
        survived += np.exp(-expected) / FUTURES
    return 1 - survived


def _onward(state: np.ndarray, persistence: float, shock: float) -> np.ndarray:
    return persistence * state + np.sqrt(1 - persistence**2) * shock
