"""The published number of the portfolio's collection effectiveness, and its edges."""

from __future__ import annotations

import numpy as np

from credrisk.portfolio.measures import collection_effectiveness


def effectiveness(opening: float, sales: float, closing: float, not_due: float) -> float:
    arrays = (np.array([amount]) for amount in (opening, sales, closing, not_due))
    opened, sold, closed, current = arrays
    return float(collection_effectiveness(opening=opened, sales=sold, closing=closed, closing_not_due=current)[0])


def test_collection_effectiveness_of_the_published_example() -> None:
    """100 thousand opening, 1,000 thousand sales, closing 120 of which 100 is not due: 98.0 %."""
    assert round(effectiveness(100.0, 1000.0, 120.0, 100.0), 3) == 0.98


def test_collection_effectiveness_edges() -> None:
    assert effectiveness(100.0, 50.0, 70.0, 70.0) == 1.0
    assert effectiveness(100.0, 50.0, 150.0, 50.0) == 0.0
    assert np.isnan(effectiveness(0.0, 70.0, 70.0, 70.0))
