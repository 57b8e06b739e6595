"""What a debt that is 90 days late is still worth in-house: the recovery curve of the user's own past defaults.

The hazards are those of :mod:`credrisk.models.recovery_curve`. A default that was handed to an agency or taken to court
is followed until that day only: what came afterwards is not what one's own collectors bring in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError
from credrisk.features.labels import LabelSettings
from credrisk.ledger.ledger import Ledger
from credrisk.models.loss_given_default import PRIOR_LGD
from credrisk.models.outcomes import DAYS_PER_MONTH
from credrisk.models.recovery_curve import hazards, paid_of
from credrisk.models.workouts import Workouts, workouts_of

__all__ = ["DEFAULT_FROM_DAYS", "FEWEST_DEFAULTS", "RecoveryToCome", "own_recovery", "recovery_by_age"]

DEFAULT_FROM_DAYS = 90
"""Days past due from which the curve counts."""

FEWEST_DEFAULTS = 10
WORKOUT_MONTHS = 36
HANDED_OVER = ("placement", "legal_action")
YEAR = 365.0


@dataclass(frozen=True)
class RecoveryToCome:
    """Shares of what is outstanding that are paid in each month after the 90th day past due.

    Attributes
    ----------
    hazard
        Shape (n_draws, n_months), the first row the estimate, the others a Bayesian bootstrap; one row where no
        interval is known. After the last month nothing comes.
    defaults
        Past defaults that it rests on.
    source
        In words.
    """

    hazard: np.ndarray
    defaults: int
    source: str

    def worth(self, age_days: np.ndarray, *, discount_rate: float) -> np.ndarray:
        """Return what one outstanding unit is worth today, shape (n_draws, n_claims).

        Parameters
        ----------
        age_days
            Days past due, shape (n_claims,); below 90 counts as 90.
        discount_rate
            A year; what comes in a month comes in its middle: 1 / (1 + rate) ** (days / 365).
        """
        month, part = self._place(age_days)
        step = (1.0 + discount_rate) ** (-DAYS_PER_MONTH / YEAR)
        tail = np.zeros((len(self.hazard), self.hazard.shape[1] + 1))
        for place in range(self.hazard.shape[1] - 1, -1, -1):
            hazard = self.hazard[:, place]
            tail[:, place] = hazard * np.sqrt(step) + (1 - hazard) * step * tail[:, place + 1]
        left = self._at(month) * (1 - part)
        rest = step ** (1 - part)
        worth: np.ndarray = left * np.sqrt(rest) + (1 - left) * rest * tail[:, np.minimum(month + 1, tail.shape[1] - 1)]
        return np.where(month < self.hazard.shape[1], worth, 0.0)

    def within(self, age_days: np.ndarray, *, days: float) -> np.ndarray:
        """Return the share of the outstanding that is paid in the next ``days`` (at most a month), as ``worth``."""
        month, part = self._place(age_days)
        first = np.minimum(days / DAYS_PER_MONTH, 1 - part)
        then = days / DAYS_PER_MONTH - first
        paid: np.ndarray = 1 - (1 - self._at(month) * first) * (1 - self._at(month + 1) * then)
        return paid

    def _place(self, age_days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the month since default and how much of it is over."""
        months = np.maximum(np.asarray(age_days, dtype=np.float64) - DEFAULT_FROM_DAYS, 0.0) / DAYS_PER_MONTH
        month = np.floor(months).astype(np.int64)
        return month, months - month

    def _at(self, month: np.ndarray) -> np.ndarray:
        last = self.hazard.shape[1]
        found: np.ndarray = np.where(month < last, self.hazard[:, np.minimum(month, last - 1)], 0.0)
        return found


def own_recovery(
    ledger: Ledger,
    *,
    as_of: date | str,
    settings: LabelSettings | None = None,
    samples: int = 200,
    seed: int = 0,
) -> RecoveryToCome:
    """Return the curve of the ledger's own defaults, by what was known on ``as_of``.

    Parameters
    ----------
    settings
        What a default is.
    samples
        Resamples of the defaults for the interval.

    Raises
    ------
    EvidenceError
        When fewer than ``FEWEST_DEFAULTS`` past defaults are known.
    """
    day = to_date(as_of)
    found = workouts_of(ledger, target="default", workout_months=WORKOUT_MONTHS, as_of=day, settings=settings)
    if found.defaults.height < FEWEST_DEFAULTS:
        raise EvidenceError(
            f"only {found.defaults.height} past defaults are known by {day}; {FEWEST_DEFAULTS} are needed for a curve."
        )
    found = until_handed_over(found, ledger.cut(day))
    age = found.defaults["age_days"].to_numpy()
    paid = paid_of(found.flows, age, months=WORKOUT_MONTHS, discount_rate=0.0)
    rng, n, prior = np.random.default_rng(seed), len(paid), PRIOR_LGD["default"]
    weight = np.vstack([np.ones((1, n)), rng.exponential(size=(samples, n))])
    size = prior.mean * (1 - prior.mean) / prior.sd**2 - 1
    drawn = rng.beta(prior.mean * size, (1 - prior.mean) * size, samples).clip(0.01, 0.99)
    return RecoveryToCome(
        hazards(paid, weight, np.append(prior.mean, drawn)), n, f"the recovery curve of {n} own past defaults"
    )


def until_handed_over(workouts: Workouts, ledger: Ledger) -> Workouts:
    """Return the workouts as they were until an agency or a court took over."""
    handed = ledger.table("credit_events").filter(pl.col("kind").is_in(HANDED_OVER)).select("customer_id", "date")
    ended = (
        workouts.defaults.select("number", "customer_id", "default_on")
        .join(handed.with_columns(pl.col("customer_id").cast(pl.String)), on="customer_id", how="inner")
        .filter(pl.col("date") >= pl.col("default_on"))
        .group_by("number")
        .agg(ended=((pl.col("date") - pl.col("default_on")).dt.total_days()).min())
    )
    defaults = workouts.defaults.join(ended, on="number", how="left", maintain_order="left")
    flows = workouts.flows.join(ended, on="number", how="left", maintain_order="left")
    return Workouts(
        defaults=defaults.with_columns(age_days=pl.min_horizontal("age_days", "ended")).drop("ended"),
        flows=flows.filter(pl.col("ended").is_null() | (pl.col("age_days") <= pl.col("ended"))).drop("ended"),
        without_exposure=workouts.without_exposure,
    )


def recovery_by_age(ages_days: tuple[float, ...], shares: tuple[float, ...], *, source: str) -> RecoveryToCome:
    """Return the curve at which ``shares`` of what is outstanding at each of ``ages_days`` past due still come.

    Linear between the ages, level before the first; after the last what is left comes evenly over the year that
    follows, and nothing after it. No interval: a share that was not measured has none.

    If of what is outstanding at age a the share R(a) still comes, then of what is outstanding in month k the share
    1 - (1 - R(k)) / (1 - R(k + 1)) is paid in it.
    """
    end = max(ages_days[-1], DEFAULT_FROM_DAYS) + YEAR
    months = int(np.ceil((end - DEFAULT_FROM_DAYS) / DAYS_PER_MONTH))
    at = DEFAULT_FROM_DAYS + DAYS_PER_MONTH * np.arange(months + 1)
    to_come = np.minimum(np.interp(at, [*ages_days, end], [*shares, 0.0]), 1 - 1e-9)
    return RecoveryToCome((1 - (1 - to_come[:-1]) / (1 - to_come[1:]))[None, :], 0, source)
