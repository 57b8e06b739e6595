"""The highest balance of each month and the credit limit that stood against it: what customers were let have.

A peak is the highest net balance at the end of any day of the month, as the ledger showed it on that day; the limit is
the one in force on the first day of that height, as it was known then. A peak at the limit says only that at least so
much was wanted (:mod:`credrisk.decisions.demand`).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.features.calendar import Calendar
from credrisk.features.grid import Grid
from credrisk.features.limit_changes import value_on
from credrisk.features.peaks import balance_path
from credrisk.features.rows import LedgerRows
from credrisk.features.windows import day_numbers, window_starts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.progress import Progress, silent

__all__ = ["monthly_peaks"]

CUSTOMERS_PER_BLOCK = 512


def monthly_peaks(ledger: Ledger, *, as_of: date | str, months: int = 24, progress: Progress = silent) -> pl.DataFrame:
    """Return the peak of each customer in each of the last months that the ledger covers in full.

    Parameters
    ----------
    as_of
        The last day (inclusive) of the last month; a month is counted back from it.
    months
        How many months at most.

    Returns
    -------
    polars.DataFrame
        ``customer_id, month_end, peak, limit``: money in major units of the ledger's currency, ``limit`` null where
        none was in force; sorted by customer and month. A customer has no row before the month of its first document.

    Raises
    ------
    DataError
        When a balance that is not zero has no rate on a day.
    """
    day = to_date(as_of)
    known = ledger.cut(day)
    ends = Calendar.months_back(day, months)
    covered = window_starts(ends, 1) + 1 >= day_numbers((known.settings.covers_from,))[0]
    schema = {"customer_id": pl.String, "month_end": pl.Date, "peak": pl.Float64, "limit": pl.Float64}
    if not covered.any():
        return pl.DataFrame(schema=schema)
    ends = Calendar(tuple(end for end, seen in zip(ends.ends, covered, strict=True) if seen))
    rows, starts = LedgerRows(known), window_starts(ends, 1) + 1
    days = np.arange(starts[0], day_numbers(ends.ends)[-1] + 1)
    peaks, limits = (np.empty((len(rows.customers), len(ends))) for _ in range(2))
    for first in range(0, len(rows.customers), CUSTOMERS_PER_BLOCK):
        last = min(first + CUSTOMERS_PER_BLOCK, len(rows.customers))
        grid = Grid(rows, ends, first, last)
        path = balance_path(grid, days)
        for month, begin in enumerate(starts - days[0]):
            end = starts[month + 1] - days[0] if month + 1 < len(starts) else len(days)
            reached = path[:, begin:end].argmax(axis=1)
            peaks[first:last, month] = path[np.arange(last - first), begin + reached]
            held = value_on(grid, "limit_steps", (days[begin] + reached)[:, None])
            limits[first:last, month] = held[:, 0]
        progress("Looking at peaks", last, len(rows.customers))
    place = np.repeat(np.arange(len(rows.customers)), len(ends))
    factor = minor_factor(known.settings.currency)
    found = pl.DataFrame(
        {
            "customer_id": rows.customers.gather(place),
            "month_end": pl.Series(list(ends.ends) * len(rows.customers), dtype=pl.Date),
            "peak": peaks.reshape(-1) / factor,
            "limit": limits.reshape(-1),
        },
        schema=schema,
    ).with_columns(pl.col("limit").fill_nan(None))
    began = known.table("documents").group_by("customer_id").agg(began=pl.col("document_date").min())
    return (
        found.join(began, on="customer_id", how="inner", maintain_order="left")
        .filter(pl.col("month_end") >= pl.col("began"))
        .select(*schema)
        .sort("customer_id", "month_end")
    )
