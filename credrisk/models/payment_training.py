"""Which days at risk the model of the day of payment learns from."""

from __future__ import annotations

import numpy as np

from credrisk.models.payment_days import DayRows, day_rows, design
from credrisk.models.payment_hazard import PaymentHazard
from credrisk.models.payment_items import Items

__all__ = ["training_days"]

WARM_UP_DAYS, WARM_UP_SHARE = 90, 0.4
"""Days at the beginning of the ledger, but at most a share of it, whose forecasts are not learnt from: until then only
the fast payers have paid, and every customer looks new."""

LATER_LANDMARKS_DAYS = (20.0, 90.0)
"""Mean days after opening of the later days from which a training item is forecast once more, if it is still open.
They are drawn without a look at when it was paid: drawn from its open life they would favour the fast payers."""


def training_days(
    items: Items, hazard: PaymentHazard, *, last: int, max_items: int, max_rows: int, seed: int
) -> tuple[np.ndarray, np.ndarray, DayRows]:
    """Return the features of the days, the log odds that the habits give them, and the days.

    Parameters
    ----------
    items
        What was known at the end of ``last``.
    hazard
        How far ahead, and the habits.
    max_items, max_rows
        Items and days to learn from at most.
    """
    random = np.random.default_rng(seed)
    kept = np.sort(random.permutation(len(items))[:max_items])
    draws = [np.zeros(len(items)), *(random.exponential(mean, len(items)) for mean in LATER_LANDMARKS_DAYS)]
    which = np.tile(kept, len(draws))
    start = items.opened[which] + np.concatenate([np.ceil(draw[kept]) for draw in draws]).astype(np.int64)
    end = np.minimum(items.settled, last)[which]
    there = (start <= end) & (start >= _warm_from(items))
    which, start = which[there], start[there]
    history = hazard.history(items)
    of_item, habits = hazard.of_item(history, which, start), history.habits(which, start)
    rows = day_rows(
        start, end[there], items.settled[which], horizon=hazard.horizon_days, most_rows=max_rows, random=random
    )
    values, base = design(rows, of_item, habits, due=items.due[which], opened=items.opened[which])
    return values, base, rows


def _warm_from(items: Items) -> int:
    """Return the first day from which a training item is forecast: before, too little was known of anybody."""
    first, last = int(items.opened.min()), int(items.opened.max())
    return first + int(min(WARM_UP_DAYS, (last - first) * WARM_UP_SHARE))
