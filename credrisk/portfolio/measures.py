"""A measure of a whole portfolio from its totals: the collection effectiveness index."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from credrisk.features.grid import ratio

__all__ = ["collection_effectiveness"]

Array = npt.NDArray[Any]


def collection_effectiveness(*, opening: Array, sales: Array, closing: Array, closing_not_due: Array) -> Array:
    """Return the share of what could be collected in a period that was collected (CEI, as a share of one).

    The balances are of what was sold: fee notes for late payment are in none of the four.

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
    return ratio(collected, collectable)
