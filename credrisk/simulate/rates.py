"""Monthly currency rates: a random walk around the rates of recent years."""

from __future__ import annotations

import numpy as np

from credrisk.simulate.accounts import CURRENCIES
from credrisk.simulate.clock import Clock, Floats

__all__ = ["currencies_of", "draw_rates"]

EUROS = {"EUR": 1.0, "GBP": 1.16, "USD": 0.92}
MONTHLY_SD = 0.012


def currencies_of(home: str) -> tuple[str, ...]:
    """Return the currencies of a simulation, the ledger's own first."""
    return (home, *(code for code in CURRENCIES if code != home))


def draw_rates(rng: np.random.Generator, clock: Clock, home: str) -> Floats:
    """Return units of the ledger's currency for one unit of each currency (currencies, months), 6 decimals."""
    codes = currencies_of(home)
    start = np.array([EUROS[code] / EUROS[home] for code in codes])
    steps = MONTHLY_SD * rng.normal(size=(len(codes), clock.months))
    steps[0] = 0.0
    return np.round(start[:, None] * np.exp(np.cumsum(steps, axis=1)), 6)
