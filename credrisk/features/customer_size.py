"""How large the customer is, by its people and by its books.

The size class is that of the European Union's recommendation on small and medium-sized enterprises, by as much as is
known: the number of employees, and of revenue and balance sheet total the one with the lower class. The accounts of
the company itself are counted, not those of its group. Revenue and balance sheet total stand in the ledger's
currency and are compared with the thresholds at today's rate of the euro.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.annual_accounts import revenue
from credrisk.features.balance_sheet import balance_sheet_total
from credrisk.features.catalogue import feature
from credrisk.features.figures import figures
from credrisk.features.grid import Grid, measure
from credrisk.ledger.money import minor_factor

__all__ = ["EMPLOYEES_FROM", "EURO_FROM", "employees", "size_class"]

EMPLOYEES_FROM = (10, 50, 250)
"""Employees from which (inclusive) a firm is small, medium, large."""

EURO_FROM = {"revenue": (2e6, 10e6, 50e6), "total_assets": (2e6, 10e6, 43e6)}
"""Euro above which (exclusive) a firm is small, medium, large."""

SOURCE = "Commission Recommendation 2003/361/EC, annex, article 2"


@feature(
    unit="count",
    window="today",
    null="no number of employees of a day under 30 months ago is known",
    worse="none",
    says="employees: {value}",
    says_at_zero="it has no employees",
    formula="employees of the newest period end",
)
@measure("facts")
def employees(grid: Grid) -> np.ndarray:
    """How many people work for the customer."""
    return figures(grid, ("employees",), "employees")[0]


@feature(
    unit="index",
    window="today",
    null="neither employees nor revenue nor balance sheet total is known, or none that can be compared",
    worse="none",
    says="its size class is {value} (0 micro, 1 small, 2 medium, 3 large)",
    says_at_zero="it is a micro enterprise",
    formula="max of the class by employees and the lower of the classes by revenue and balance sheet total",
    source=SOURCE,
)
@measure("facts")
def size_class(grid: Grid) -> np.ndarray:
    """The customer's size class: micro 0, small 1, medium 2, large 3."""
    euro = grid.source.rates.on("EUR", grid.ends) * minor_factor("EUR")
    books = [
        _class(amount, [threshold * euro for threshold in EURO_FROM[name]], inclusive=False)
        for name, amount in (("revenue", revenue(grid)), ("total_assets", balance_sheet_total(grid)))
    ]
    people = _class(employees(grid), [np.full(grid.shape[1], float(least)) for least in EMPLOYEES_FROM], inclusive=True)
    found: np.ndarray = np.fmax(people, np.fmin(*books))
    return found


def _class(value: np.ndarray, thresholds: list[np.ndarray], *, inclusive: bool) -> np.ndarray:
    """Return how many of the thresholds of each period the value reaches, NaN where one of them is not known."""
    reached = sum((value >= least) if inclusive else (value > least) for least in thresholds)
    return np.where(np.isnan(value) | np.isnan(thresholds[0]), np.nan, reached)
