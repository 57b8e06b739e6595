"""Good or bad within a fixed horizon, when not every row has been watched that long.

Rows that were watched for less than the horizon are neither good nor bad yet. Dropping them would throw away the most
recent months and, of those, keep the bad ones only, for a bad debt ends the watch early. Instead each row whose outcome
is known carries the weight of those like it whose outcome is not: the inverse of the probability of still being
watched when its outcome became known [1]_. The weights of all rows sum to the number of rows, and the weighted share of
bads is the Aalen-Johansen estimate of the probability within the horizon [2]_.

This rests on the watch ending for reasons that have nothing to do with the customer, as it does where the ledger simply
ends. A placement that awaits its verdict ends the watch too, and then not by chance: such a row is a bad with the
chance that the placement fails (:mod:`~credrisk.models.undecided`), and with the rest one whose watch ended. Who left
in good standing first is good: no bad debt can follow.

References
----------
.. [1] Robins, J. M., Rotnitzky, A. (1992). Recovery of information and adjustment for dependent censoring using
   surrogate markers. In: AIDS Epidemiology, Birkhauser, 297-331.
.. [2] Satten, G. A., Datta, S. (2001). The Kaplan-Meier estimator as an inverse-probability-of-censoring weighted
   average. The American Statistician 55(3), 207-210.
"""

from __future__ import annotations

import numpy as np

from credrisk.errors import EvidenceError
from credrisk.models.outcomes import TARGET_FIRST
from credrisk.models.pooling import Counts
from credrisk.models.rows import Rows

__all__ = ["LEAST_WATCHED", "horizon_counts", "watched"]

LEAST_WATCHED = 0.05
"""Share still watched at the horizon below which there is no answer: a few rows would speak for all the others."""


def watched(event: np.ndarray, months: np.ndarray, at: np.ndarray, chance: np.ndarray | None = None) -> np.ndarray:
    """Return the probability of being watched until just before each time in ``at`` (Kaplan-Meier of the censoring).

    Parameters
    ----------
    event, months
        The outcome of the rows: 0 censored, else something happened, after ``months``. Something that happens in the
        moment in which the watch ends was seen.
    at
        Months.
    chance
        Of each censored row, the part of it to which something happened; None for none.
    """
    ends = np.unique(months[event == 0])
    sorted_months = np.sort(months)
    still = len(months) - np.searchsorted(sorted_months, ends, side="right")
    ended = event == 0
    parts = None if chance is None else 1.0 - chance[ended]
    lost = np.bincount(np.searchsorted(ends, months[ended]), parts, minlength=len(ends))
    kept = np.concatenate([[1.0], np.cumprod(1.0 - np.divide(lost, still + lost, out=0.0 * lost, where=lost > 0))])
    probability: np.ndarray = kept[np.searchsorted(ends, at, side="left")]
    return probability


def horizon_counts(rows: Rows, months: float) -> Counts:
    """Return what each row counts as a good and as a bad within ``months``; rows without an outcome count nothing.

    Raises
    ------
    EvidenceError
        When hardly any row was watched that long, or none is good or none is bad.
    """
    chance = np.zeros(len(rows)) if rows.chance is None else rows.chance
    reached = watched(rows.event, rows.months, np.array([months]), chance)[0]
    if reached < LEAST_WATCHED:
        raise EvidenceError(
            f"The ledger does not watch enough rows for {months:g} months: {100 * reached:.0f} % reach them, and "
            f"{100 * LEAST_WATCHED:.0f} % are needed."
        )
    bad = (rows.event == TARGET_FIRST) & (rows.months <= months)
    known = (rows.event != 0) | (rows.months >= months)
    weight = 1.0 / watched(rows.event, rows.months, np.minimum(rows.months, months), chance)
    if not bad.any():
        raise EvidenceError(f"No event within {months:g} months in {len(rows)} rows: a scorecard cannot be fitted.")
    if not (known & ~bad).any():
        raise EvidenceError(f"No row is known to be good over {months:g} months: a scorecard cannot be fitted.")
    distinct = np.unique(np.stack([rows.group[bad], rows.end_day[bad]]), axis=1, return_inverse=True)[1].ravel()
    events = np.zeros(len(rows))
    events[bad] = 1.0 / np.bincount(distinct)[distinct]
    part = np.where(rows.months < months, chance, 0.0)
    return Counts(good=np.where(known & ~bad, weight, 0.0), bad=np.where(bad, weight, part * weight), events=events)
