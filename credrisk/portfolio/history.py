"""The portfolio date by date: balances by bucket, what was invoiced and received in the month, DSO and effectiveness.

A row looks at its own date and the months counted back from it, so it does not depend on the other dates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.dso import countback
from credrisk.features.grid import ratio
from credrisk.features.windows import day_numbers
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import to_major
from credrisk.portfolio.measures import collection_effectiveness
from credrisk.portfolio.period_ends import Dates, rising_dates
from credrisk.portfolio.totals import BUCKETS, Totals

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["portfolio_history"]

Array = npt.NDArray[Any]


@overload
def portfolio_history(ledger: Ledger, *, dates: Dates, output: Literal["pandas"] = ...) -> pd.DataFrame: ...
@overload
def portfolio_history(ledger: Ledger, *, dates: Dates, output: Literal["polars"]) -> pl.DataFrame: ...
def portfolio_history(ledger: Ledger, *, dates: Dates, output: str = "pandas") -> Any:
    """Return the totals of the portfolio at each date, as they could be known at its end.

    Parameters
    ----------
    dates
        Dates, usually month-ends, or a calendar whose period ends are taken.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per date in rising order, money as float64 major units of the ledger's currency: ``as_of, currency,
        open_balance, not_due, past_due_1_30, past_due_31_60, past_due_61_90, past_due_over_90, late_fees,
        open_credits, past_due, unapplied_cash, net_balance, share_past_due, share_over_60, share_over_90`` (shares of
        the open debit items but late fees), ``customers_with_balance`` (open balance above 0), ``invoiced, received``
        (in the month to the date; cash by the day it could be seen, paid back deducted), ``translation_difference``
        (the part of the month's change of ``open_balance`` that no posting explains: foreign balances at new rates,
        and rounding), ``dso_countback, dso_3m, best_possible_dso_3m`` (days; of the balance without late fees) and
        ``collection_effectiveness`` (of the month, share of one, over what is left above 0 on items but late fees; all
        of it at the rates of the date, so that a move of a rate is no collection).

        Null: ``received`` and ``unapplied_cash`` without a table of receipts, a month or window that reaches before
        ``covers_from``, a share of nothing.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before its date.
    ParameterError
        When ``dates`` is empty.

    Examples
    --------
    >>> portfolio_history(ledger, dates=["2025-11-30", "2025-12-31"])[["as_of", "dso_countback"]]  # doctest: +SKIP
    """
    check_output(output)
    ends = rising_dates(dates)
    book = Totals(ledger, ends)
    closing = book.balances(day_numbers(ends))
    sales, sold_days = book.sales()
    invoiced, three = sales[:, 0], sales[:, :3].sum(axis=1)
    debits = closing["not_due"] + closing["past_due"]
    quarter = sold_days[:, :3].sum(axis=1)
    outstanding = np.maximum(debits + closing["open_credits"], 0)
    cei = collection_effectiveness(
        opening=book.opening_debits(),
        sales=book.month_sales_at_end(),
        closing=debits,
        closing_not_due=closing["not_due"],
    )
    money = {**closing, "invoiced": invoiced, "received": book.received()}
    money["translation_difference"] = book.translation_difference(closing["open_balance"])
    over_60 = closing["past_due_61_90"] + closing["past_due_over_90"]
    figures = {
        **{name: to_major(amount, ledger.settings.currency) for name, amount in money.items()},
        "share_past_due": ratio(closing["past_due"], debits),
        "share_over_60": ratio(over_60, debits),
        "share_over_90": ratio(closing["past_due_over_90"], debits),
        "dso_countback": countback(outstanding, sales, sold_days),
        "dso_3m": ratio(outstanding * quarter, three),
        "best_possible_dso_3m": ratio(closing["not_due"] * quarter, three),
        "collection_effectiveness": cei,
    }
    frame = pl.DataFrame(figures).with_columns(pl.all().fill_nan(None))
    frame = frame.with_columns(
        as_of=pl.Series(ends, dtype=pl.Date),
        currency=pl.lit(ledger.settings.currency),
        customers_with_balance=pl.Series(book.customers_with_balance(), dtype=pl.Int64),
    ).select(_COLUMNS)
    return given_out(frame, output)


_COLUMNS = [
    "as_of",
    "currency",
    "open_balance",
    *BUCKETS,
    "late_fees",
    "open_credits",
    "past_due",
    "unapplied_cash",
    "net_balance",
    "share_past_due",
    "share_over_60",
    "share_over_90",
    "customers_with_balance",
    "invoiced",
    "received",
    "translation_difference",
    "dso_countback",
    "dso_3m",
    "best_possible_dso_3m",
    "collection_effectiveness",
]
