"""How much of what was sold was lost: write-offs of a year against the invoices of a year, and what came back of them.

Losses follow sales by months, so a growing seller looks better than it is and a shrinking one worse; the cohort curves
tell the loss of the very invoices.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.dates import months_after
from credrisk.features.grid import ratio
from credrisk.features.open_items import open_book
from credrisk.features.windows import day_numbers
from credrisk.features.write_offs import write_offs_of
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import to_major
from credrisk.ledger.movements import item_movements
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from
from credrisk.portfolio.period_ends import Dates, check_covered, rising_dates
from credrisk.portfolio.totals import Totals

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bad_debt_ratio"]

Array = npt.NDArray[Any]


@overload
def bad_debt_ratio(ledger: Ledger, *, dates: Dates, output: Literal["pandas"] = ...) -> pd.DataFrame: ...
@overload
def bad_debt_ratio(ledger: Ledger, *, dates: Dates, output: Literal["polars"]) -> pl.DataFrame: ...
def bad_debt_ratio(ledger: Ledger, *, dates: Dates, output: str = "pandas") -> Any:
    """Return what was written off over 12 months against what was invoiced in them, at each date.

    Parameters
    ----------
    dates
        Dates, usually month-ends, or a calendar whose period ends are taken; none after the last day covered.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per date in rising order, money as float64 major units of the ledger's currency: ``as_of, currency``;
        ``written_off_12m``: applications of kind ``write_off`` first seen in the 12 months, on documents but credit
        notes and late fees, less what of these had been taken back by the date without cash (what was taken back to
        book a recovery on it is a recovery, and counts there alone); ``recovered_12m``: money received on
        what was written off (applications of kind ``recovery``, or the recoveries reported as credit events, customer
        by customer whichever is more, so that the same money does not count twice), whenever it was written off;
        ``invoiced_12m``: invoices and debit notes, gross; ``ratio`` = written off / invoiced, ``net_ratio`` = (written
        off - recovered) / invoiced; ``reason``: why they are null, else null.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before its date: each is at the rate of its own day.
    ParameterError
        When there is no date, or one lies after the last day covered.

    Notes
    -----
    Bad debt to sales, the usual measure of credit departments.

    Examples
    --------
    >>> bad_debt_ratio(ledger, dates=["2024-12-31", "2025-12-31"])  # doctest: +SKIP
    """
    check_output(output)
    ends = rising_dates(dates)
    check_covered(ledger, ends[-1], "dates")
    sales = Totals(ledger, ends).sales()[0].sum(axis=1)
    unknown = np.isnan(sales) | (not ledger.has("applications"))
    starts = [months_after(end, -12) for end in ends]
    written = np.where(unknown, np.nan, _written_off(ledger, starts, ends))
    recovered = np.where(unknown, np.nan, _recovered(ledger, starts, ends))
    code = ledger.settings.currency
    frame = pl.DataFrame(
        {
            "as_of": pl.Series(ends, dtype=pl.Date),
            "currency": [code] * len(ends),
            "written_off_12m": to_major(written, code),
            "recovered_12m": to_major(recovered, code),
            "invoiced_12m": to_major(sales, code),
            "ratio": ratio(written, sales),
            "net_ratio": ratio(written - recovered, sales),
            "reason": pl.Series([_reason(ledger, sold) for sold in sales], dtype=pl.String),
        }
    )
    return given_out(frame.with_columns(pl.col(pl.Float64).fill_nan(None)), output)


def _reason(ledger: Ledger, sold: float) -> str | None:
    if np.isnan(sold):
        return f"the 12 months begin before the ledger's coverage ({ledger.settings.covers_from})"
    if not ledger.has("applications"):
        return "the ledger holds no applications: write-offs are not known"
    return None if sold > 0 else "nothing was invoiced in 12 months"


def _written_off(ledger: Ledger, starts: list[date], ends: list[date]) -> Array:
    book = open_book(ledger)
    found = write_offs_of(book)
    paid = book.moves.filter(pl.col("kind") == "recovery").select("document_id", -pl.col("amount"), day="date")
    paid = paid.with_columns(pl.col("document_id").cast(pl.String), pl.col("day").to_physical().cast(pl.Int64))
    written = found.written.filter(pl.col("document_kind") != "late_fee")
    taken_back = found.reversed.filter(pl.col("document_kind") != "late_fee")
    total = np.zeros(len(ends))
    for place, (low, high) in enumerate(zip(day_numbers(starts), day_numbers(ends), strict=True)):
        in_window = pl.col("day").is_between(low, high, closed="right")
        of_window = written.filter(in_window)
        gone = taken_back.filter(pl.col("origin").is_between(low, high, closed="right"), pl.col("day") <= high)
        total[place] = float(of_window["amount"].sum()) - _without_cash(gone, paid.filter(in_window))
    return total


def _without_cash(taken_back: pl.DataFrame, paid: pl.DataFrame) -> float:
    """Return what was taken back beyond the cash that came in on the same documents."""
    by_document = taken_back.group_by("document_id").agg(pl.sum("minor", "amount"))
    cash = paid.group_by("document_id").agg(paid=pl.sum("amount"))
    left = (pl.col("minor") - pl.col("paid").fill_null(0)).clip(0, pl.col("minor")) / pl.col("minor")
    # In order of the documents and in whole minor units, so that no order of the rows changes a figure.
    joined = by_document.sort("document_id").join(cash, on="document_id", how="left", maintain_order="left")
    return float(joined.select((pl.col("amount") * left).round()).to_series().sum())


def _recovered(ledger: Ledger, starts: list[date], ends: list[date]) -> Array:
    applied = (
        item_movements(ledger)
        .filter(pl.col("kind") == "recovery")
        .select("customer_id", "currency", -pl.col("amount"), day="date", source=pl.lit("applied"))
    )
    reported = (
        ledger.table("credit_events")
        .filter((pl.col("kind") == "recovery") & pl.col("amount").is_not_null())
        .select("customer_id", "currency", "amount", day=visible_from("credit_events"), source=pl.lit("reported"))
    )
    rows = pl.concat([applied, reported]).with_columns(pl.col("day").to_physical().cast(pl.Int64))
    home = Rates(ledger).translate_rows(rows["amount"].to_numpy(), rows["currency"].to_numpy(), rows["day"].to_numpy())
    rows = rows.with_columns(home=pl.Series(home, dtype=pl.Float64))
    total = np.zeros(len(ends))
    for place, (low, high) in enumerate(zip(day_numbers(starts), day_numbers(ends), strict=True)):
        mine = rows.filter(pl.col("day").is_between(low, high, closed="right"))
        each = mine.group_by("customer_id", "source").agg(pl.sum("home"))
        total[place] = each.group_by("customer_id").agg(pl.max("home"))["home"].sum()
    return total
