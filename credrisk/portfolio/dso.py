"""How many days of sales are outstanding, by every usual method, and how many of these days are lateness.

DSO mixes terms and lateness. Beside each method stands the best possible DSO of the same method, of what is not yet
due: the gap is average days delinquent, the part that collection can change. A rise of DSO from 158 to 160 days with a
best possible DSO that fell from 59 to 32 is no slip of 2 days but of 29.

The balance is ``open_balance - late_fees`` (credit notes deducted, unapplied cash not), 0 when negative; sales are
invoices and debit notes, gross. Months are counted back from each date.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.dso import COUNTED_BACK, countback
from credrisk.features.grid import ratio
from credrisk.features.windows import day_numbers
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.period_ends import Dates, check_covered, rising_dates
from credrisk.portfolio.totals import Totals

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["dso_family", "true_dso"]

Array = npt.NDArray[Any]

WEIGHTS = {"past_due_1_30": 15, "past_due_31_60": 45, "past_due_61_90": 75, "past_due_over_90": 105}
"""Days that a bureau takes for each bucket: its middle, and 105 for the last."""


def true_dso(weighted: Array, sales: Array) -> Array:
    """Return true DSO from what is open of each month's sales: the sum of age x amount / sales of the month of sale.

    Parameters
    ----------
    weighted
        Age in days x open amount, summed by month of sale, of shape (..., months).
    sales
        Sales of each month, of the same shape; NaN where not covered.

    Returns
    -------
    numpy.ndarray
        The days, of shape (...). NaN where something is open of a month without sales, or of one not covered.

    Examples
    --------
    >>> float(true_dso(np.array([10.0 * 50, 40.0 * 30]), np.array([100.0, 60.0])))
    25.0
    """
    known = sales > 0
    unknown = ((weighted > 0) & ~known).any(axis=-1)
    total = (np.where(known, weighted, 0.0) / np.where(known, sales, 1.0)).sum(axis=-1)
    return np.where(unknown, np.nan, total)


@overload
def dso_family(ledger: Ledger, *, dates: Dates, output: Literal["pandas"] = ...) -> pd.DataFrame: ...
@overload
def dso_family(ledger: Ledger, *, dates: Dates, output: Literal["polars"]) -> pl.DataFrame: ...
def dso_family(ledger: Ledger, *, dates: Dates, output: str = "pandas") -> Any:
    """Return days sales outstanding of the portfolio by every usual method at each date, as known at its end.

    Parameters
    ----------
    dates
        Dates, usually month-ends, or a calendar whose period ends are taken; none after the last day covered.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per date in rising order, in days, of the ledger's currency:

        - ``as_of``;
        - ``dso_simple, dso_3m, dso_12m``: balance / sales of 1, 3, 12 months x days of these months;
        - ``dso_countback``: the balance used up by the sales of the last month, the month before, ...;
        - ``dso_true``: age x amount / sales of the month of sale, over the open invoices of 12 months;
          ``dso_true_left_out``: the share of open debit items that is older or no sale, and so not in it;
        - ``best_possible_dso_3m, best_possible_dso_countback``: the same methods of what is not yet due;
        - ``average_days_delinquent`` (``dso_3m - best_possible_dso_3m``) and ``average_days_delinquent_countback``;
        - ``days_beyond_terms``: days past due of open items, weighted by money, an item not due with 0;
          ``days_beyond_terms_bureau``: the same from the buckets at 15, 45, 75 and 105 days;
        - ``reason``: what is null and why; null when everything is measured.

    Raises
    ------
    DataError
        When a foreign amount has no rate on or before its date.
    ParameterError
        When there is no date, or one lies after the last day covered.

    Notes
    -----
    Count-back: Hackett's and Oracle's exhaustion method; a balance of 212 against sales of 100, 80 and 70 in months of
    30 days is 73.7 days. Best possible DSO: The Hackett Group. Where open credits outweigh what is past due, days
    delinquent fall below 0: credits are in the balance but not in what is not yet due.

    Examples
    --------
    >>> dso_family(ledger, dates=["2025-11-30", "2025-12-31"])  # doctest: +SKIP
    """
    check_output(output)
    ends = rising_dates(dates)
    check_covered(ledger, ends[-1], "dates")
    book = Totals(ledger, ends)
    closing = book.balances(day_numbers(ends))
    sales, days = book.sales()
    debits = closing["not_due"] + closing["past_due"]
    balance = np.maximum(debits + closing["open_credits"], 0)
    weighted, inside, everything = book.open_by_month_of_sale()
    figures = {
        "dso_simple": _against(balance, sales, days, 1),
        "dso_3m": _against(balance, sales, days, 3),
        "dso_12m": _against(balance, sales, days, 12),
        "dso_countback": countback(balance, sales, days),
        "dso_true": true_dso(weighted, sales),
        "dso_true_left_out": ratio(everything - inside, everything),
        "best_possible_dso_3m": _against(closing["not_due"], sales, days, 3),
        "best_possible_dso_countback": countback(closing["not_due"], sales, days),
        "days_beyond_terms": book.days_beyond_terms(),
        "days_beyond_terms_bureau": ratio(np.sum([w * closing[name] for name, w in WEIGHTS.items()], axis=0), debits),
    }
    figures["average_days_delinquent"] = figures["dso_3m"] - figures["best_possible_dso_3m"]
    figures["average_days_delinquent_countback"] = figures["dso_countback"] - figures["best_possible_dso_countback"]
    covered = np.array([day >= ledger.settings.covers_from for day in ends])
    figures = {name: np.where(covered, figures[name], np.nan) for name in _COLUMNS}
    frame = pl.DataFrame(figures).with_columns(pl.all().fill_nan(None))
    shown = frame.with_columns(
        as_of=pl.Series(ends, dtype=pl.Date),
        reason=pl.Series(_reasons(figures, sales, ends, ledger.settings.covers_from), dtype=pl.String),
    ).select("as_of", *_COLUMNS, "reason")
    return given_out(shown, output)


_COLUMNS = [
    "dso_simple",
    "dso_3m",
    "dso_12m",
    "dso_countback",
    "dso_true",
    "dso_true_left_out",
    "best_possible_dso_3m",
    "best_possible_dso_countback",
    "average_days_delinquent",
    "average_days_delinquent_countback",
    "days_beyond_terms",
    "days_beyond_terms_bureau",
]


def _against(balance: Array, sales: Array, days: Array, months: int) -> Array:
    return ratio(balance * days[:, :months].sum(axis=1), sales[:, :months].sum(axis=1))


def _reasons(figures: dict[str, Array], sales: Array, ends: list[date], covers_from: date) -> list[str | None]:
    """Say of each date what is not measured and why."""
    found = list[str | None]()
    for place, end in enumerate(ends):
        missing = [name for name in _COLUMNS if np.isnan(figures[name][place])]
        if end < covers_from:
            found.append(f"the day lies before the ledger's coverage, which begins on {covers_from}")
            continue
        why = []
        for months, name in ((1, "dso_simple"), (3, "dso_3m"), (12, "dso_12m")):
            if name in missing:
                sold = sales[place, :months].sum()
                cause = f"not covered before {covers_from}" if np.isnan(sold) else "nothing was invoiced"
                why.append(f"{months} month{'' if months == 1 else 's'}: {cause}")
        if "dso_countback" in missing or "best_possible_dso_countback" in missing:
            why.append("count-back: reaches into months that are not covered")
        if "dso_true" in missing:
            why.append(f"true DSO: an item is open of one of {COUNTED_BACK} months without sales, or not covered")
        if "days_beyond_terms" in missing:
            why.append("days beyond terms: nothing is open")
        found.append("; ".join(why) or None)
    return found
