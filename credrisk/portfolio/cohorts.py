"""How the invoices of a month are paid off as they age, cohort by cohort: does a later cohort pay slower than before.

A cohort is the invoices and debit notes of a calendar month. An invoice counts from its date, what clears it from the
day on which it could be seen; age 0 is the end of the month of invoice, age 1 the end of the next month. Curves of
later cohorts are shorter: what has not happened yet is not there.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import month_end, months_after, to_date
from credrisk.errors import ParameterError
from credrisk.features.item_rows import BILLED
from credrisk.features.spans import as_day
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates
from credrisk.portfolio.item_flows import owed_changes
from credrisk.portfolio.period_ends import check_covered

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cohort_curves"]

_FLOWS = ("paid", "credited", "written_off", "other")
_SCHEMA = {
    "cohort": pl.Date,
    "age_months": pl.Int64,
    "currency": pl.String,
    "invoices": pl.Int64,
    "invoiced": pl.Float64,
    "open_share": pl.Float64,
    "paid_share": pl.Float64,
    "credited_share": pl.Float64,
    "written_off_share": pl.Float64,
    "other_share": pl.Float64,
}


@overload
def cohort_curves(
    ledger: Ledger, *, as_of: date | str, months: int = ..., output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def cohort_curves(
    ledger: Ledger, *, as_of: date | str, months: int = ..., output: Literal["polars"]
) -> pl.DataFrame: ...
def cohort_curves(ledger: Ledger, *, as_of: date | str, months: int = 24, output: str = "pandas") -> Any:
    """Return what was still open, paid, credited and written off of each month's invoices at each age.

    Parameters
    ----------
    as_of
        The day, inclusive; nothing known later is used. Not after the last day covered.
    months
        How many months of invoices, counted back from the last calendar month that has ended by the day. Months not
        wholly covered by the ledger, and such without sales, are left out.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``cohort`` (first day of the month of invoice), ``age_months`` (0: its end), ``currency``, ``invoices``,
        ``invoiced`` (float64 major units), ``open_share, paid_share`` (cash, less what was paid back),
        ``credited_share, written_off_share, other_share`` (deductions, discounts, set-offs, exchange differences): of
        what was invoiced, and they add up to 1. Empty where no month is covered, and without applications.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before the day: everything is at the rates of ``as_of``.
    ParameterError
        When ``as_of`` lies after the last day covered, or ``months`` is below 1.

    Examples
    --------
    >>> cohort_curves(ledger, as_of="2025-12-31").query("age_months == 3")  # doctest: +SKIP
    """
    check_output(output)
    day = to_date(as_of)
    check_covered(ledger, day, "as_of")
    if months < 1:
        raise ParameterError("months", "1 or more", months)
    last = day if day == month_end(day) else day.replace(day=1) - timedelta(days=1)
    ends = [months_after(last, -back) for back in range(months - 1, -1, -1)]
    ends = [end for end in ends if end.replace(day=1) >= ledger.settings.covers_from]
    if not ends or not ledger.has("applications"):
        return given_out(pl.DataFrame(schema=_SCHEMA), output)
    seen = ledger.cut(day)
    changes = (
        owed_changes(seen)
        .filter(pl.col("document_kind").is_in(BILLED))
        .filter(pl.col("document_date").is_between(ends[0].replace(day=1), last))
        .with_columns(cohort=_months_from(pl.col("document_date"), ends[0]))
        .with_columns(age=(_months_from(pl.col("date"), ends[0]) - pl.col("cohort")).clip(0))
        .with_columns(age=pl.when(pl.col("outcome") == "opened").then(0).otherwise("age"))
    )
    size = len(ends)
    flows = _cells(changes, Rates(seen), day, size)
    invoices = np.zeros(size, dtype=np.int64)
    counted = changes.filter(pl.col("outcome") == "opened").group_by("cohort").agg(pl.col("document_id").n_unique())
    invoices[counted["cohort"].to_numpy()] = counted["document_id"].to_numpy()
    invoiced = flows["opened"][:, -1]
    cohort, age = np.nonzero(np.add.outer(np.arange(size), np.arange(size)) < size)
    some = np.where(invoiced > 0, invoiced, 1.0)[:, None]
    shown = pl.DataFrame(
        {
            "cohort": [ends[place].replace(day=1) for place in cohort],
            "age_months": age,
            "currency": [ledger.settings.currency] * len(cohort),
            "invoices": invoices[cohort],
            "invoiced": invoiced[cohort] / minor_factor(ledger.settings.currency),
            "open_share": (flows["open"] / some)[cohort, age],
            **{f"{name}_share": (-flows[name] / some + 0.0)[cohort, age] for name in _FLOWS},
        },
        schema_overrides=_SCHEMA,
    )
    return given_out(shown.filter(pl.col("invoiced") > 0), output)


def _months_from(day: pl.Expr, first: date) -> pl.Expr:
    return (day.dt.year().cast(pl.Int64) - first.year) * 12 + day.dt.month().cast(pl.Int64) - first.month


def _cells(changes: pl.DataFrame, rates: Rates, day: date, size: int) -> dict[str, np.ndarray]:
    """Return what was opened, what cleared it and what is open, up to each age, of shape (cohorts, ages).

    In minor units of the ledger's currency, not rounded: what is wholly cleared is 0 whatever its currency.
    """
    cells = (
        changes.filter(pl.col("age") < size)
        .with_columns(
            flow=pl.when(pl.col("outcome").is_in(["opened", *_FLOWS])).then("outcome").otherwise(pl.lit("other"))
        )
        .group_by("flow", "cohort", "age", "currency")
        .agg(pl.sum("change"))
    )
    names, on = ("opened", *_FLOWS), np.array([as_day(day)])
    found = {name: np.zeros((size, size)) for name in (*names, "open")}
    for code in cells["currency"].unique().sort():
        rate = rates.on(code, on)[0]
        if np.isnan(rate):
            raise rates.missing(code, on)
        left = np.zeros((size, size))
        for name in names:
            mine = cells.filter((pl.col("currency") == code) & (pl.col("flow") == name))
            flow = np.zeros((size, size))
            flow[mine["cohort"].to_numpy(), mine["age"].to_numpy()] = mine["change"].to_numpy()
            found[name] += rate * np.cumsum(flow, axis=1)
            left += flow
        found["open"] += rate * np.cumsum(left, axis=1)
    return found
