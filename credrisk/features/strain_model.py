"""What a customer's payments say of its strain: a model of habit and strain, and the odds of each day under it.

Strain is how hard a customer finds it to pay. It has a mean of its own and moves around it from month to month; it is
counted in standard deviations over all customers, higher is worse. A customer pays its invoices so many days beyond
terms as its habit is, and under strain later than that, the more the later. Payments scatter; a few come at any time.

The numbers are credrisk's own judgement of how firms pay, in round figures, chosen on simulated ledgers of other seeds
than those on the results page; between neighbouring values they make little difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr

__all__ = ["CHANGED", "FIRST_DAY", "LAST_DAY", "StrainModel", "strain_model"]

HABITS = np.array([-6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0, 16.0, 20.0, 26.0, 34.0])
"""Days beyond terms at which customers pay by habit; one that is 8 days further from 0 is 1/e as likely."""
HABIT_FADES = 8.0

MEANS = {-0.8: 0.25, 0.0: 0.5, 0.8: 0.25}
"""Mean strain of customers, and how many have it."""

OWN_SD, PERSISTENCE, STEP = 0.8, 0.92, 0.4
"""Standard deviation of strain around the customer's mean, share of it that is left after a month, and its grid."""
MOST_STEPS = 6
"""Steps of the grid to either side of the mean."""

CHANGED = 0.001
"""Share of customers of which nothing is known any more after a month: a new owner, a new way to pay."""

EXTRA_DAYS = np.array([2.0, 8.0, 20.0, 35.0, 50.0, 70.0, 90.0])
"""Days beyond the habit at strain 0.0, 0.4, 0.8 and so on; none below, the last also above."""

SCATTER, SCATTER_OF_EXTRA = 3.5, 0.4
"""Standard deviation of days: of itself, and as a share of the days beyond the habit; added in squares."""
LATE_SHARE, LATE_DAYS = 0.03, 10.0
"""Share of payments that come late whatever the strain, exponentially, and their mean."""
EARLY_SHARE, EARLY_DAYS = 0.05, 15.0
"""The same of early ones."""

FIRST_DAY, LAST_DAY = -12, 120
"""Days beyond terms that are told apart: earlier payments (for a discount, most of them) say nothing of strain, what
comes or is open later is like the last."""
LEAST = 1e-7
"""What no payment's odds fall below: one of them alone never decides."""


@dataclass(frozen=True)
class StrainModel:
    """The states of a customer (strain around its mean, then habit and mean strain), and what each makes likely.

    Attributes
    ----------
    believed
        What is believed before anything is known, (states,); it stays so while nothing is.
    moves
        Chances (from, to) of strain around the mean from one month to the next.
    paid, still_open
        Log odds (days, states) of a payment FIRST_DAY and more days beyond terms, and of none by the end of that day.
    told
        What each state tells, (states, 2): exp(strain) over what it is on average, and the days beyond the habit.
    """

    believed: np.ndarray
    moves: np.ndarray
    paid: np.ndarray
    still_open: np.ndarray
    told: np.ndarray


@lru_cache(maxsize=1)
def strain_model() -> StrainModel:
    """Return the model; all of it in float32, for it is multiplied a state, customer and month."""
    around = np.arange(-MOST_STEPS, MOST_STEPS + 1) * STEP
    habit, mean = (each.reshape(-1) for each in np.meshgrid(HABITS, np.array(list(MEANS)), indexing="ij"))
    strain = around[:, None] + mean
    level = np.rint(strain / STEP).astype(np.int64)
    extra = np.where(level < 0, 0.0, EXTRA_DAYS[np.clip(level, 0, len(EXTRA_DAYS) - 1)])
    moves = _moves(around)
    share = np.outer(np.exp(-np.abs(HABITS) / HABIT_FADES), np.array(list(MEANS.values()))).reshape(-1)
    # The moves settle where they leave everything as it is.
    believed = np.linalg.matrix_power(moves, 4096)[0][:, None] * share / share.sum()
    day = np.arange(FIRST_DAY, LAST_DAY + 1)[:, None, None]
    by_end, before = (_paid_by(day + half, habit + extra, extra) for half in (0.5, -0.5))
    paid = by_end - before
    paid[-1] = 1 - before[-1]
    harm = np.exp(strain) / (believed * np.exp(strain)).sum()
    parts = (believed, np.log(np.maximum(paid, LEAST)), np.log(np.maximum(1 - by_end, LEAST)))
    flat = (part.reshape(*part.shape[:-2], -1).astype(np.float32) for part in parts)
    believed_flat, paid_flat, open_flat = flat
    return StrainModel(
        believed=believed_flat,
        moves=moves.astype(np.float32),
        paid=paid_flat,
        still_open=open_flat,
        told=np.stack([harm.reshape(-1), extra.reshape(-1)], axis=1).astype(np.float32),
    )


def _moves(around: np.ndarray) -> np.ndarray:
    sd = OWN_SD * np.sqrt(1 - PERSISTENCE**2)
    chance = np.exp(-0.5 * ((around[None, :] - PERSISTENCE * around[:, None]) / sd) ** 2)
    moves: np.ndarray = chance / chance.sum(axis=1, keepdims=True)
    return moves


def _paid_by(end: np.ndarray, expected: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """Return the chance that a payment has come by then, (days, steps, habits x means)."""
    off = end - expected
    late = -np.expm1(-np.maximum(off, 0.0) / LATE_DAYS)
    early = np.exp(np.minimum(off, 0.0) / EARLY_DAYS)
    usual = ndtr(off / np.hypot(SCATTER, SCATTER_OF_EXTRA * extra))
    by: np.ndarray = (1 - LATE_SHARE - EARLY_SHARE) * usual + LATE_SHARE * late + EARLY_SHARE * early
    return by
