"""What of the placements that still await their verdict? The chance that each turns out a bad debt.

A placement is known to be a bad debt or not only after some months, or once a write-off, decision or insolvency follows
it. Until then its rows end on the day before it. Were they taken for rows that ended there by chance, the bad debts of
the last months would be missing while their months at risk would not: a rate too low, and the lower the shorter the
ledger. So such a row counts as that part of an event that earlier placements let expect: of those that had run their
whole time and were undecided after as many days, the share that failed. Where fewer than five such are known the row
stays censored. Claims reserving has
the same question (losses incurred, not yet reported) and the same answer [1]_.

References
----------
.. [1] Kalbfleisch, J. D., Lawless, J. F. (1989). Inference based on retrospective ascertainment. Journal of the
   American Statistical Association 84(406), 360-372.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from credrisk.models.outcomes import TARGET_FIRST
from credrisk.models.rows import Rows

__all__ = ["undecided_evidence", "with_chances"]

FEWEST_ALIKE = 5.0
"""Placements that were undecided as long below which nothing is assumed of one more."""


def with_chances(rows: Rows, *, known_on: int | None = None) -> Rows:
    """Return the rows with the chance of each that ends at an undecided placement.

    Parameters
    ----------
    rows
        With their ``waits``, as they were known on ``known_on``.
    known_on
        Day; None takes the last that a row tells of.

    Notes
    -----
    The share that failed is (failed + 1/2) / (placements + 1), placements of the rows left out by sampling counted.
    With fewer than ``FEWEST_ALIKE`` placements nothing is assumed and the rows stay censored.
    """
    if rows.waits is None or not len(rows):
        return rows
    end = rows.end_day
    day = int(end.max()) if known_on is None else known_on
    placed, verdict = rows.waits[:, :, 0], rows.waits[:, :, 1]
    there = verdict > placed
    undecided = there & (placed <= day) & (day < verdict) & (placed == end[:, None] + 1)
    open_rows = np.flatnonzero((rows.event == 0) & undecided.any(axis=1))
    lag, failed, weight = _run_out(rows, end, day)
    if not len(open_rows) or not len(lag):
        return rows
    waited = day - (end[open_rows] + 1)
    order = np.argsort(lag)
    # Of the placements that were undecided after as many days: those with a longer lag.
    first = np.searchsorted(lag[order], waited, side="right")
    alike = np.r_[np.cumsum(weight[order][::-1])[::-1], 0.0][first]
    bad = np.r_[np.cumsum((weight * failed)[order][::-1])[::-1], 0.0][first]
    chance = np.zeros(len(rows))
    chance[open_rows] = np.where(alike >= FEWEST_ALIKE, (bad + 0.5) / (alike + 1.0), 0.0)
    return dataclasses.replace(rows, chance=chance) if chance.any() else rows


def undecided_evidence(rows: Rows) -> dict[str, Any]:
    """Return how many placements await their verdict and count as a part, and how many bad debts they count as."""
    if rows.chance is None:
        return {"undecided_placements": 0, "undecided_events": 0.0}
    counted = np.flatnonzero(rows.chance > 0)
    one = counted[np.unique(np.stack([rows.group[counted], rows.end_day[counted]]), axis=1, return_index=True)[1]]
    return {"undecided_placements": len(one), "undecided_events": float(rows.chance[one].sum())}


def _run_out(rows: Rows, end: np.ndarray, day: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return days to the verdict, whether it was a bad debt, and weight of each placement that has run its time.

    Only placements so early that the slowest verdict would be known: among later ones those decided are the quick ones.
    """
    placed, verdict = rows.waits[:, :, 0], rows.waits[:, :, 1]  # type: ignore[index]
    longest = int((verdict - placed).max())
    row, nth = np.nonzero((verdict > placed) & (placed + longest <= day) & (placed <= end[:, None]))
    then = placed[row, nth]
    failed = (rows.event[row] == TARGET_FIRST) & (end[row] == then)
    weight = np.ones(len(row)) if rows.weight is None else np.where(failed, 1.0, rows.weight[row])
    counts = np.flatnonzero(weight > 0)
    one = counts[np.unique(np.stack([rows.group[row[counts]], then[counts]]), axis=1, return_index=True)[1]]
    lag = verdict[row, nth] - then
    return lag[one], failed[one], weight[one]
