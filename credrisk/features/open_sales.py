"""What is still open of each month's sales, and how old it is: the measures of true DSO.

Months are counted back from each period end, as those of the countback are. An item stays in the month in which it was
billed; a change of what is left of it enters on the day it could be seen, so late-known rows are exact.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from credrisk.features.grid import LIMB, Grid
from credrisk.features.rows import LedgerRows, Rows, row_kind
from credrisk.features.windows import start_steps
from credrisk.ledger.money import LARGEST_EXACT

__all__ = ["age_weighted"]


@row_kind
def billed_open(source: LedgerRows) -> Rows:
    """Changes of what is left above 0 on invoices and debit notes; ``event`` is the document date."""
    rows = source.kind("owed")
    columns = {name: rows[name] for name in ("customer", "line", "seen", "amount")}
    columns["event"] = rows["due"] - rows["terms"]
    billed = source.seen_documents["billed"][rows["document"]]
    return columns if billed.all() else {name: values[billed] for name, values in columns.items()}


def age_weighted(grid: Grid, months: int) -> Iterator[np.ndarray]:
    """Yield for each of the last ``months`` months, the latest first, sum(age x open amount) of the items billed in it.

    Ages are days from the document date to the period end. Each has the shape (customers, periods), in minor units of
    the ledger's currency at the period-end rate x days.
    """
    rows = grid.rows("billed_open")
    amounts, days = rows["amount"].astype(np.float64), rows["event"] - int(grid.ends[0])
    weights = [amounts, *_exact_products(amounts, days)]
    seen, age = grid.column(rows["seen"]), (grid.ends - grid.ends[0]).astype(np.float64)

    def held(column: np.ndarray) -> list[np.ndarray]:
        return [grid.balance(rows["line"], column, values, grid.line_count) for values in weights]

    younger = held(seen)
    for month in range(1, months + 1):
        older = held(np.maximum(seen, 1 + start_steps(grid.calendar, month).before(rows["event"])))
        amount, *products = (more - less for more, less in zip(younger, older, strict=True))
        dated = products[0]
        for product in products[1:]:
            dated = dated * LIMB + product
        yield grid.translated(age * amount - dated)
        younger = older


def _exact_products(amounts: np.ndarray, days: np.ndarray) -> list[np.ndarray]:
    """Return amounts x days, in parts at a base where their sums could not be exact: the highest part first."""
    product = amounts * days
    if np.abs(product).sum() < LARGEST_EXACT:
        return [product]
    size, sign, parts = np.abs(amounts), np.sign(amounts) * days, []
    for power in (2, 1, 0):
        limb = np.floor(size / LIMB**power)
        size = size - limb * LIMB**power
        parts.append(limb * sign)
    return parts
