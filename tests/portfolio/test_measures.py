"""Published numbers of the portfolio measures, and their edges."""

from __future__ import annotations

import numpy as np
import pytest

from credrisk.features.dso import countback
from credrisk.portfolio.measures import collection_effectiveness

MONTHS = np.full((1, 3), 30.0)


def test_countback_of_the_published_example() -> None:
    """Receivables 212, sales 100, 80 and 70 in months of 30 days: 60 days and 32 / 70 of the third month."""
    days = countback(np.array([212.0]), np.array([[100.0, 80.0, 70.0]]), MONTHS)
    assert days[0] == pytest.approx(60 + 32 / 70 * 30)
    assert round(days[0], 1) == 73.7


@pytest.mark.parametrize(
    ("balance", "sales", "expected"),
    [
        (0.0, [100.0, 80.0, 70.0], 0.0),
        (100.0, [100.0, 80.0, 70.0], 30.0),
        (250.0, [100.0, 80.0, 70.0], 90.0),
        (300.0, [100.0, 80.0, 70.0], 90.0),
        (110.0, [100.0, 0.0, 70.0], 60 + 10 / 70 * 30),
        (90.0, [100.0, np.nan, np.nan], 27.0),
        (110.0, [100.0, np.nan, np.nan], np.nan),
    ],
)
def test_countback_edges(balance: float, sales: list[float], expected: float) -> None:
    assert countback(np.array([balance]), np.array([sales]), MONTHS)[0] == pytest.approx(expected, nan_ok=True)


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
