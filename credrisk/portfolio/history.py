"""The portfolio date by date: balances by bucket, what was invoiced and received in the month, DSO and effectiveness.

A row looks at its own date and the months counted back from it, so it does not depend on the other dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload, runtime_checkable

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import ParameterError
from credrisk.features.dso import COUNTED_BACK, countback
from credrisk.features.grid import ratio
from credrisk.features.item_rows import BILLED
from credrisk.frames import check_output, given_out
from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import to_major
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from
from credrisk.portfolio.ageing import bucket_names
from credrisk.portfolio.measures import collection_effectiveness

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["portfolio_history"]

Array = npt.NDArray[Any]


@runtime_checkable
class _Periods(Protocol):
    @property
    def ends(self) -> tuple[date, ...]: ...


@overload
def portfolio_history(
    ledger: Ledger, *, dates: Sequence[date | str] | _Periods, output: Literal["pandas"] = ...
) -> pd.DataFrame: ...
@overload
def portfolio_history(
    ledger: Ledger, *, dates: Sequence[date | str] | _Periods, output: Literal["polars"]
) -> pl.DataFrame: ...
def portfolio_history(ledger: Ledger, *, dates: Sequence[date | str] | _Periods, output: str = "pandas") -> Any:
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
    given: Sequence[date | str] = dates.ends if isinstance(dates, _Periods) else dates
    ends = sorted({to_date(value, "dates") for value in given})
    if not ends:
        raise ParameterError("dates", "at least one date", dates)
    book = _Totals(ledger, ends)
    closing = book.balances(_days(ends))
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


_BUCKETS = bucket_names((30, 60, 90))
_COLUMNS = [
    "as_of",
    "currency",
    "open_balance",
    *_BUCKETS,
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


class _Totals:
    """Totals of a ledger at dates; minor units of its currency as float64, NaN where not known."""

    def __init__(self, ledger: Ledger, ends: list[date]) -> None:
        self._ledger, self._ends, self._rates = ledger, ends, Rates(ledger)
        self._items = item_movements(ledger)
        parts = debit_and_credit_parts(self._items, item="document_id", day="date")
        fee = pl.col("document_kind") == "late_fee"
        sides = {
            "debit": pl.when(fee).then(0).otherwise("debit"),
            "late_fee": pl.when(fee).then("debit").otherwise(0),
        }
        self._parts = self._with_lines(parts.with_columns(**sides))
        self._cash = self._with_lines(cash_movements(ledger))
        self._covers_from = _days([ledger.settings.covers_from])[0]
        self._starts = _days([months_after(end, -1) for end in ends])

    def balances(self, days: Array) -> dict[str, Array]:
        """Return the balances by bucket at rising days."""
        parts, (seen, due) = self._parts, (_column(self._parts, name) for name in ("date", "due_date"))
        beyond = [self._balance(parts, "debit", np.maximum(seen, due + edge + 1), days) for edge in (0, 30, 60, 90)]
        levels = [self._balance(parts, "debit", seen, days), *beyond, {}]
        totals = {
            name: self._translated(upper, lower, days)
            for name, upper, lower in zip(_BUCKETS, levels[:-1], levels[1:], strict=True)
        }
        totals["past_due"] = np.sum([totals[name] for name in _BUCKETS[1:]], axis=0)
        for name, part in (("late_fees", "late_fee"), ("open_credits", "credit")):
            totals[name] = self._translated(self._balance(parts, part, seen, days), {}, days)
        apart = totals["late_fees"] + totals["open_credits"]
        totals["open_balance"] = totals["not_due"] + totals["past_due"] + apart
        cash = self._translated(self._balance(self._cash, "amount", _column(self._cash, "date"), days), {}, days)
        totals["unapplied_cash"] = cash if self._ledger.has("receipts") else np.full(len(days), np.nan)
        totals["net_balance"] = totals["open_balance"] - cash
        return totals

    def opening_debits(self) -> Array:
        """Return what was left above 0 on items but fee notes a month before each date, at the rates of the date."""
        seen = _column(self._parts, "date")
        return self._translated(self._balance(self._parts, "debit", seen, self._starts), {}, _days(self._ends))

    def translation_difference(self, closing: Array) -> Array:
        """Return what of the month's change of the open balance is no posting of the month."""
        opening = self.balances(self._starts)["open_balance"]
        moved = self._items.filter(pl.Series(_column(self._items, "date") > self._starts.min(initial=0)))
        posted = self._within_months(_column(moved, "date"), self._home(moved, _column(moved, "date")))
        return np.where(self._starts + 1 < self._covers_from, np.nan, closing - opening - posted)

    def customers_with_balance(self) -> list[int]:
        """Return how many customers have an open balance above 0 in at least one currency."""
        days = _days(self._ends)
        lines = self._items.group_by("customer_id", "currency", "date").agg(pl.sum("amount"))
        ranks = lines.select(
            account=pl.struct("customer_id", "currency").rank("dense").cast(pl.Int64) - 1,
            customer=pl.col("customer_id").rank("dense").cast(pl.Int64) - 1,
        )
        account, customer = ranks["account"].to_numpy(), ranks["customer"].to_numpy()
        cell = np.searchsorted(days, _column(lines, "date"), side="left")
        accounts = int(account.max(initial=-1)) + 1
        changes = np.bincount(
            account * (len(days) + 1) + cell, lines["amount"].to_numpy(), minlength=accounts * (len(days) + 1)
        ).reshape(accounts, len(days) + 1)
        owner = np.zeros(accounts, dtype=np.int64)
        owner[account] = customer
        positive = np.cumsum(changes, axis=1)[:, : len(days)] > 0
        return [len(np.unique(owner[positive[:, place]])) for place in range(len(days))]

    def sales(self) -> tuple[Array, Array]:
        """Return what was invoiced in each month counted back from each date, the latest first, and its days."""
        marks = np.array([_days([months_after(end, -m) for m in range(COUNTED_BACK + 1)]) for end in self._ends])
        billed = self._ledger.table("documents").filter(pl.col("kind").is_in(BILLED))
        seen = billed.with_columns(seen=visible_from("documents"))
        day, known = _column(seen, "document_date"), _column(seen, "seen")
        needed = (day > marks.min()) & (day <= marks.max()) & (day >= self._covers_from)
        amount = self._home(billed.filter(pl.Series(needed)), day[needed])
        day, known = day[needed], known[needed]
        sales = np.zeros((len(marks), COUNTED_BACK))
        for row, mark in enumerate(marks):
            mine = known <= mark[0]
            month = COUNTED_BACK - np.searchsorted(mark[::-1], day[mine], side="left")
            inside = (month >= 0) & (month < COUNTED_BACK)
            sales[row] = np.bincount(month[inside], amount[mine][inside], minlength=COUNTED_BACK)
        sales[marks[:, 1:] + 1 < self._covers_from] = np.nan
        return sales, marks[:, :-1] - marks[:, 1:]

    def month_sales_at_end(self) -> Array:
        """Return what was invoiced in the month to each date, at the rates of the date."""
        billed = self._ledger.table("documents").filter(pl.col("kind").is_in(BILLED))
        day, known = _column(billed, "document_date"), _column(billed.select(seen=visible_from("documents")), "seen")
        sales = np.full(len(self._ends), np.nan)
        for place, (start, end) in enumerate(zip(self._starts, _days(self._ends), strict=True)):
            if start + 1 >= self._covers_from:
                rows = billed.filter(pl.Series((day > start) & (known <= end)))
                sales[place] = self._home(rows, np.full(rows.height, end)).sum()
        return sales

    def received(self) -> Array:
        """Return the cash received in the month to each date."""
        receipts = self._cash.filter(pl.col("kind") == "receipt")
        receipts = receipts.filter(pl.Series(_column(receipts, "date") >= max(self._starts.min(), self._covers_from)))
        day = _column(receipts, "date")
        unknown = (self._starts + 1 < self._covers_from) | (not self._ledger.has("receipts"))
        return np.where(unknown, np.nan, self._within_months(day, self._home(receipts, day)))

    def _within_months(self, day: Array, amount: Array) -> Array:
        """Return the sum of what is dated in the month to each date."""
        order = np.argsort(day, kind="stable")
        total = np.r_[0.0, np.cumsum(amount[order])]
        opened, closed = (np.searchsorted(day[order], d, side="right") for d in (self._starts, _days(self._ends)))
        within: Array = total[closed] - total[opened]
        return within

    def _with_lines(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Number what is translated by itself: a customer's foreign balance; the ledger's currency needs no number."""
        foreign = pl.col("currency") != self._rates.currency
        customer = pl.col("customer_id").rank("dense").over("currency").cast(pl.Int64) - 1
        return rows.with_columns(line=pl.when(foreign).then(customer).otherwise(0))

    def _balance(self, rows: pl.DataFrame, part: str, enters: Array, days: Array) -> dict[str, Array]:
        """Return the balances (line, day) of each currency, of amounts that count from the day they enter."""
        cell, codes = np.searchsorted(days, enters, side="left"), rows["currency"].to_numpy()
        amounts, lines, width, balances = rows[part].to_numpy(), rows["line"].to_numpy(), len(days) + 1, {}
        for code in rows["currency"].unique().sort():
            mine = codes == code
            height = int(lines[mine].max()) + 1
            flows = np.bincount(lines[mine] * width + cell[mine], amounts[mine], minlength=height * width)
            balances[code] = np.cumsum(flows.reshape(height, width), axis=1)[:, :-1]
        return balances

    def _translated(self, upper: dict[str, Array], lower: dict[str, Array], days: Array) -> Array:
        """Return the sum of the lines' balances at the rates of ``days``, each line rounded by itself."""
        total = np.zeros(len(days))
        for code, balance in upper.items():
            on = np.broadcast_to(days, balance.shape)
            total += self._rates.translate(balance - lower.get(code, 0), code, on).sum(axis=0)
        return total

    def _home(self, rows: pl.DataFrame, day: Array) -> Array:
        return self._rates.translate_rows(rows["amount"].to_numpy(), rows["currency"].to_numpy(), day)


def _days(dates: list[date]) -> Array:
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)


def _column(rows: pl.DataFrame, name: str) -> Array:
    return np.asarray(rows[name].to_physical().cast(pl.Int64).to_numpy())
