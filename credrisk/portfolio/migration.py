"""Where each euro of a bucket went: still open in which bucket, paid in cash, credited, written off, deducted, offset.

Roll rates net what happened. Here every item is followed from one day to another, so cash is told from credit notes and
losses, and what became of a bucket adds up to the bucket, to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import to_date
from credrisk.errors import EvidenceError, ParameterError
from credrisk.features.spans import as_day
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates
from credrisk.portfolio.ageing import bucket_names, bucket_on
from credrisk.portfolio.item_flows import OUTCOMES, owed_changes
from credrisk.portfolio.period_ends import begins_before, check_covered
from credrisk.portfolio.resampling import FEWEST_CUSTOMERS, SAMPLES, resampled_sums, spread_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["item_migration"]


@overload
def item_migration(
    ledger: Ledger,
    *,
    start: date | str,
    end: date | str,
    edges: Sequence[int] = ...,
    output: Literal["pandas"] = ...,
) -> pd.DataFrame: ...
@overload
def item_migration(
    ledger: Ledger, *, start: date | str, end: date | str, edges: Sequence[int] = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def item_migration(
    ledger: Ledger,
    *,
    start: date | str,
    end: date | str,
    edges: Sequence[int] = (30, 60, 90),
    output: str = "pandas",
) -> Any:
    """Return what became, by the end of one day, of what was open in each bucket at the end of an earlier one.

    Parameters
    ----------
    start, end
        The two days, both inclusive: what was open at the end of ``start`` as it was known then, and what could be
        known of it by the end of ``end``.
    edges
        Last day of each bucket but the last.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per bucket and outcome: ``from_bucket``, ``outcome``, ``currency``, ``amount`` (float64 major units;
        those of a bucket add up to what was open in it at ``start``, exactly), ``items`` (with a part of this outcome),
        ``share`` of the bucket, ``low, high`` (95 % over 500 resamples of customers), ``reason``.

        The outcomes are the buckets (still open there at ``end``; below 0 where a payment of before ``start`` was taken
        back), ``paid`` (cash, less what was paid back), ``credited`` (by credit notes), ``written_off`` (less what was
        taken back), ``deducted``, ``discounted``, ``offset`` and ``other`` (exchange differences, other reversals,
        rounding of translation). Shares of an empty bucket are null, and intervals with fewer than 10 customers.
        Items on which something is left above 0, but late fees; translated at the rates of ``start``.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before ``start``.
    EvidenceError
        When the ledger holds no applications, for then nobody knows what became of an item.
    ParameterError
        When ``end`` is not after ``start``, ``start`` lies before the coverage (the day before it will do, by the
        opening balance) or ``end`` after it.

    Examples
    --------
    >>> item_migration(ledger, start="2025-11-30", end="2025-12-31")  # doctest: +SKIP
    """
    check_output(output)
    first, last, buckets = to_date(start, "start"), to_date(end, "end"), bucket_names(edges)
    if last <= first:
        raise ParameterError("end", f"after start ({first})", last.isoformat())
    check_covered(ledger, last, "end")
    if begins_before(ledger, first):
        raise ParameterError("start", f"on or after the day before {ledger.settings.covers_from}", first.isoformat())
    if not ledger.has("applications"):
        raise EvidenceError("the ledger holds no applications: what became of an item is not known")
    outcomes = [*buckets, *OUTCOMES]
    items = _items(ledger, first, last, edges)
    amounts, customers = _by_customer(items, ledger, first, buckets, outcomes)
    counts = _counts(items, buckets, outcomes)
    total, opening = amounts.sum(axis=0), amounts.sum(axis=(0, 2))
    cells = len(buckets) * len(outcomes)
    drawn = resampled_sums(amounts.reshape(len(amounts), cells))
    wholes = drawn.reshape(SAMPLES, len(buckets), len(outcomes)).sum(axis=2)
    low, high = (side.reshape(total.shape) for side in spread_of(drawn, np.repeat(wholes, len(outcomes), axis=1)))
    empty, few = opening <= 0, customers < FEWEST_CUSTOMERS
    rows = []
    for place, bucket in enumerate(buckets):
        share = total[place] / opening[place] if not empty[place] else np.full(len(outcomes), np.nan)
        told = "nothing was in the bucket" if empty[place] else None
        if not empty[place] and few[place]:
            told = f"no interval: fewer than {FEWEST_CUSTOMERS} customers"
        rows.append(
            pl.DataFrame(
                {
                    "from_bucket": [bucket] * len(outcomes),
                    "outcome": outcomes,
                    "currency": [ledger.settings.currency] * len(outcomes),
                    "amount": total[place] / minor_factor(ledger.settings.currency),
                    "items": counts[place],
                    "share": share,
                    "low": np.where(few[place] | empty[place], np.nan, low[place]),
                    "high": np.where(few[place] | empty[place], np.nan, high[place]),
                    "reason": pl.Series([told] * len(outcomes), dtype=pl.String),
                }
            )
        )
    return given_out(pl.concat(rows).with_columns(pl.col("share", "low", "high").fill_nan(None)), output)


def _items(ledger: Ledger, first: date, last: date, edges: Sequence[int]) -> pl.DataFrame:
    """Return the items open at the start: what was open, what became of it by outcome, what is left in which bucket."""
    day, change = pl.col("date"), pl.col("change")
    buckets = bucket_names(edges)
    items = (
        owed_changes(ledger)
        .filter(day <= last)
        .group_by("document_id")
        .agg(
            pl.first("customer_id", "currency", "due_date"),
            change.filter(day <= first).sum().alias("amount"),
            change.sum().alias("left"),
            *(-change.filter((day > first) & (pl.col("outcome") == name)).sum().alias(name) for name in OUTCOMES),
        )
        .filter(pl.col("amount") > 0)
        .with_columns(from_bucket=bucket_on(edges, first), to_bucket=bucket_on(edges, last))
    )
    return items.with_columns(
        pl.when(pl.col("to_bucket") == name).then("left").otherwise(0).alias(name) for name in buckets
    )


def _by_customer(
    items: pl.DataFrame, ledger: Ledger, first: date, buckets: list[str], outcomes: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the amounts of each customer, of shape (customers, buckets, outcomes), and how many have each bucket.

    Each is translated and rounded by itself, and what rounding leaves of the opening balance goes to ``other``.
    """
    line = ["customer_id", "currency", "from_bucket"]
    lines = items.group_by(line).agg(pl.sum("amount", *outcomes)).sort(line)
    codes = lines["currency"].to_numpy()
    days = np.full(lines.height, as_day(first))
    rates = Rates(ledger)
    home = {name: rates.translate_rows(lines[name].to_numpy(), codes, days) for name in ("amount", *outcomes)}
    home["other"] = home["other"] + home["amount"] - np.sum([home[name] for name in outcomes], axis=0)
    number = lines["customer_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    place = lines["from_bucket"].replace_strict(buckets, range(len(buckets)), return_dtype=pl.Int64).to_numpy()
    amounts = np.zeros((int(number.max(initial=-1)) + 1, len(buckets), len(outcomes)))
    for column, name in enumerate(outcomes):
        np.add.at(amounts[:, :, column], (number, place), home[name])
    return amounts, (amounts.sum(axis=2) > 0).sum(axis=0)


def _counts(items: pl.DataFrame, buckets: list[str], outcomes: list[str]) -> np.ndarray:
    counted = items.group_by("from_bucket").agg((pl.col(name) != 0).sum().cast(pl.Int64) for name in outcomes)
    whole = pl.DataFrame({"from_bucket": buckets}).join(counted, on="from_bucket", how="left", maintain_order="left")
    return whole.select(pl.col(outcomes).fill_null(0)).to_numpy()
