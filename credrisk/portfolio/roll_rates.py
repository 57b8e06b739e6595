"""How much of each bucket rolls on into the next: balance in bucket k+1 a month later / balance in bucket k.

The ratio of balances is what most provisions are built on. It nets everything that happens in the month: cash, credit
notes and write-offs alike, and an invoice entered late makes it larger than 1.
:func:`~credrisk.portfolio.migration.item_migration` follows each item instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.features.spans import as_day
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates
from credrisk.portfolio.ageing import bucket_names, bucket_on
from credrisk.portfolio.item_flows import owed_changes
from credrisk.portfolio.period_ends import Dates, begins_before, check_covered, rising_dates
from credrisk.portfolio.resampling import FEWEST_CUSTOMERS, SAMPLES, resampled_sums, spread_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["roll_rates"]

Array = npt.NDArray[Any]

FEWEST_MONTHS = 6
"""Pooled over fewer months, a resample of months says nothing, so no interval is given."""


@overload
def roll_rates(
    ledger: Ledger, *, dates: Dates, edges: Sequence[int] = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def roll_rates(
    ledger: Ledger, *, dates: Dates, edges: Sequence[int] = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def roll_rates(ledger: Ledger, *, dates: Dates, edges: Sequence[int] = (30, 60, 90), output: str = "pandas") -> Any:
    """Return the roll rates of each month between the dates, and pooled over all of them, with intervals.

    Parameters
    ----------
    dates
        At least two dates, each a calendar month after the one before; none after the last day covered.
    edges
        Last day of each bucket, steps of 30 days: then a month moves an item by one bucket. What lies beyond the last
        edge is a stock of many months, so the last roll goes into as many days beyond it as the bucket before has.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        The pooled rates first (``as_of`` null), then month by month: ``as_of`` (the later of the two dates),
        ``from_bucket, to_bucket, currency, balance_from`` (in the bucket at the earlier date), ``balance_to`` (in the
        next one at the later date; pooled: sums over the months), ``rate``, ``low, high`` (95 %), ``flow_through`` (the
        product of the rates from this bucket on: what of it would pass the last edge), ``months, customers`` (with
        money in the bucket) and ``reason``.

        Money is what is left above 0 on items but late fees, float64 major units, both balances at the rates of the
        later date. The interval is over resamples of customers, pooled of customers and months (500 each, a fixed
        seed). Null: a rate of nothing; an interval with fewer than 10 customers, or pooled over fewer than 6 months; a
        month that begins before the coverage, which is not pooled.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before its date.
    ParameterError
        When the dates are not a month apart, or one lies after the last day covered.

    Notes
    -----
    Months have 28 to 31 days and buckets 30, so up to a day in thirty of a bucket stays behind or runs ahead.

    Examples
    --------
    >>> roll_rates(ledger, dates=Calendar.month_ends("2025-01-31", "2025-12-31"))  # doctest: +SKIP
    """
    check_output(output)
    ends = rising_dates(dates)
    check_covered(ledger, ends[-1], "dates")
    if len(ends) < 2 or any(not _a_month_apart(*pair) for pair in pairwise(ends)):
        given = [str(end) for end in ends]
        raise ParameterError("dates", "two or more dates, each a month after the one before", given)
    last = edges[-1] + (edges[-1] - edges[-2] if len(edges) > 1 else edges[-1])
    names = bucket_names((*edges, last))[:-1]
    covered = [not begins_before(ledger, day) for day in ends[:-1]]
    before, after = _balances(ledger, ends, (*edges, last), names)
    opening, closing = before[:, :, :-1], after[:, :, 1:]
    months, rolls = opening.shape[1], opening.shape[2]
    drawn_from, drawn_to = (
        resampled_sums(held.reshape(len(held), months * rolls)).reshape(SAMPLES, months, rolls)
        for held in (opening, closing)
    )
    kept = np.flatnonzero(covered)
    parts = [_rows(None, names, opening[:, kept], closing[:, kept], spread_of(drawn_to[:, kept], drawn_from[:, kept]))]
    for month, end in enumerate(ends[1:]):
        spread = spread_of(drawn_to[:, month], drawn_from[:, month])
        one = _rows(end, names, opening[:, [month]], closing[:, [month]], spread)
        parts.append(one if covered[month] else _not_covered(one, ledger.settings.covers_from))
    factor = minor_factor(ledger.settings.currency)
    shown = pl.concat(parts).with_columns(
        pl.col("balance_from", "balance_to") / factor, currency=pl.lit(ledger.settings.currency)
    )
    return given_out(shown.select(_COLUMNS), output)


_COLUMNS = [
    "as_of",
    "from_bucket",
    "to_bucket",
    "currency",
    "balance_from",
    "balance_to",
    "rate",
    "low",
    "high",
    "flow_through",
    "months",
    "customers",
    "reason",
]


def _a_month_apart(start: date, end: date) -> bool:
    return start == months_after(end, -1) or end == months_after(start, 1)


def _balances(ledger: Ledger, ends: list[date], edges: tuple[int, ...], names: list[str]) -> tuple[Array, Array]:
    """Return what each customer has in each bucket at the start and at the end of each month, at the rates of the end.

    Both of shape (customers, months, buckets), minor units.
    """
    rates, changes = Rates(ledger), owed_changes(ledger).filter(pl.col("date") <= ends[-1])
    # In the order in which they were first seen: who comes later changes no interval of before.
    first = changes.group_by("customer_id").agg(pl.min("date")).sort("date", "customer_id")
    customers = first["customer_id"]
    number = pl.DataFrame({"customer_id": customers, "number": np.arange(len(customers), dtype=np.int64)})
    changes = changes.join(number, on="customer_id", maintain_order="left")
    shape = (len(customers), len(ends) - 1, len(names))
    before, after = np.zeros(shape), np.zeros(shape)
    for place, day in enumerate(ends):
        held = (
            changes.filter(pl.col("date") <= day)
            .with_columns(bucket=bucket_on(edges, day))
            .filter(pl.col("bucket").is_in(names))
            .group_by("number", "currency", "bucket")
            .agg(pl.sum("change"))
            .filter(pl.col("change") != 0)
        )
        cells = held["number"].to_numpy(), held["bucket"].replace_strict(names, range(len(names))).to_numpy()
        codes, amounts = held["currency"].to_numpy(), held["change"].to_numpy()
        for into, month in ((after, place - 1), (before, place)):
            if 0 <= month < shape[1]:
                on = np.full(held.height, as_day(ends[month + 1]))
                np.add.at(into[:, month], cells, rates.translate_rows(amounts, codes, on))
    return before, after


def _rows(
    end: date | None, names: list[str], opening: Array, closing: Array, spread: tuple[Array, Array]
) -> pl.DataFrame:
    months = opening.shape[1]
    whole, rolled = opening.sum(axis=(0, 1)), closing.sum(axis=(0, 1))
    rate = np.where(whole > 0, rolled, np.nan) / np.where(whole > 0, whole, 1.0)
    customers = (opening > 0).any(axis=1).sum(axis=0)
    few, short = customers < FEWEST_CUSTOMERS, end is None and months < FEWEST_MONTHS
    low, high = (np.where(few | short, np.nan, side) for side in spread)
    return pl.DataFrame(
        {
            "as_of": pl.Series([end] * len(rate), dtype=pl.Date),
            "from_bucket": names[:-1],
            "to_bucket": names[1:],
            "balance_from": whole,
            "balance_to": rolled,
            "rate": rate,
            "low": low,
            "high": high,
            "flow_through": np.cumprod(rate[::-1])[::-1],
            "months": np.full(len(rate), months, dtype=np.int64),
            "customers": customers.astype(np.int64),
            "reason": pl.Series([_reason(w, f, short) for w, f in zip(whole, few, strict=True)], dtype=pl.String),
        }
    ).with_columns(pl.col("rate", "low", "high", "flow_through").fill_nan(None))


def _reason(whole: float, few: bool, short: bool) -> str | None:
    if whole <= 0:
        return "nothing was in the bucket"
    if few:
        return f"no interval: fewer than {FEWEST_CUSTOMERS} customers"
    return f"no interval: fewer than {FEWEST_MONTHS} months" if short else None


def _not_covered(rows: pl.DataFrame, first: date) -> pl.DataFrame:
    unknown = ("balance_from", "balance_to", "rate", "low", "high", "flow_through")
    return rows.with_columns(
        *(pl.lit(None, pl.Float64).alias(name) for name in unknown),
        reason=pl.lit(f"the month begins before the ledger's coverage ({first})"),
    )
