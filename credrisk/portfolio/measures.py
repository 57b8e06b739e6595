"""Measures of a whole portfolio from its totals: countback DSO and the collection effectiveness index."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["collection_effectiveness", "countback_days"]

Array = npt.NDArray[Any]


def countback_days(balance: Array, sales: Array, days: Array) -> Array:
    """Return days sales outstanding by exhaustion: the balance is counted back through the months' gross sales.

    Parameters
    ----------
    balance
        Receivables at the end, shape (periods,).
    sales, days
        Gross sales and length in days of the last month, the one before it, and so on; shape (periods, months). NaN
        sales are months that are not covered.

    Returns
    -------
    numpy.ndarray
        Shape (periods,): the days of every month whose sales are used up, and of the last one pro rata; 0 where
        nothing is open; all days where the months together do not use up the balance. NaN where the balance reaches
        into a month that is not covered.

    Examples
    --------
    >>> sales = np.array([[100.0, 80.0, 70.0]])
    >>> round(float(countback_days(np.array([212.0]), sales, np.full((1, 3), 30.0))[0]), 1)
    73.7
    """
    sold = np.nan_to_num(sales)
    left = np.maximum(balance, 0)[:, None] - (np.cumsum(sold, axis=1) - sold)
    needed = left > 0
    share = np.where(left >= sold, 1.0, left / np.where(sold > 0, sold, 1.0))
    counted: Array = np.where(needed, share * days, 0.0).sum(axis=1)
    counted[(needed & np.isnan(sales)).any(axis=1)] = np.nan
    return counted


def collection_effectiveness(*, opening: Array, sales: Array, closing: Array, closing_not_due: Array) -> Array:
    """Return the share of what could be collected in a period that was collected (CEI, as a share of one).

    ``(opening + sales - closing) / (opening + sales - closing not yet due)``; NaN where nothing could be collected.

    Examples
    --------
    >>> opening, sales, closing, not_due = (np.array([amount]) for amount in (100.0, 1000.0, 120.0, 100.0))
    >>> cei = collection_effectiveness(opening=opening, sales=sales, closing=closing, closing_not_due=not_due)
    >>> round(float(cei[0]), 3)
    0.98
    """
    collectable = opening + sales - closing_not_due
    collected = opening + sales - closing
    return np.asarray(np.divide(collected, collectable, out=np.full(len(collected), np.nan), where=collectable > 0))
