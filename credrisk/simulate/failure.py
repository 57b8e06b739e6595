"""Who fails, when and how, and who leaves in good standing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Rows
from credrisk.simulate.health import Health

__all__ = ["FAILURE_KINDS", "Outcomes", "draw_outcomes"]

FAILURE_KINDS = ("", "insolvency", "stopped_paying")
INSOLVENCY_SHARE = 0.5
LEAVES_A_YEAR = 0.04
RECOVERY = ((1.0, 1.0), (0.8, 4.6), (1.6, 2.9))
"""Beta parameters of the recovered share by kind of failure: means 15 % and 36 %."""


@dataclass
class Outcomes(Rows):
    """What becomes of each customer."""

    failed: Ints
    """Day of failure: from then on it pays nothing of its own accord."""
    kind: Ints
    left: Ints
    """Day on which it left in good standing."""
    lgd: Floats
    """True share of the exposure that will never be recovered; NaN where it does not fail."""
    orders_until: Ints
    deliveries_until: Ints


def draw_outcomes(rng: np.random.Generator, accounts: Accounts, health: Health, clock: Clock) -> Outcomes:
    """Draw failures from the true intensity and departures at a constant rate; whichever comes first."""
    n, months = len(accounts), clock.months
    covered = np.arange(months) >= clock.warm_up
    present = clock.month_starts[1:][None, :] > accounts.opened[:, None]
    possible = covered[None, :] & present
    failed = _first_day(rng, possible & (rng.random((n, months)) < 1 - np.exp(-health.intensity)), clock)
    failed = np.where(failed < NEVER, np.maximum(failed, accounts.opened + 1), NEVER)
    left = _first_day(rng, possible & (rng.random((n, months)) < LEAVES_A_YEAR / 12), clock)
    left = np.where(left < accounts.opened + 90, NEVER, left)
    left, failed = np.where(left < failed, left, NEVER), np.where(failed < left, failed, NEVER)
    kind = np.where(failed == NEVER, 0, np.where(rng.random(n) < INSOLVENCY_SHARE, 1, 2))
    a, b = np.array(RECOVERY)[kind].T
    lgd = np.where(kind > 0, 1 - rng.beta(a, b), np.nan)
    lingers = np.where(kind == 2, rng.integers(10, 40, n), 0)
    last_order = np.minimum(failed + lingers, left)
    return Outcomes(failed, kind, left, lgd, last_order, np.where(left < NEVER, NEVER, failed + lingers))


def _first_day(rng: np.random.Generator, happens: np.ndarray, clock: Clock) -> Ints:
    """Return a random day in the first month in which something happens, NEVER where it does not."""
    month = happens.argmax(axis=1)
    length = clock.month_starts[month + 1] - clock.month_starts[month]
    day = clock.month_starts[month] + (rng.random(len(month)) * length).astype(np.int64)
    return np.where(happens.any(axis=1), day, NEVER)
