"""The totals of the portfolio at dates: balances by bucket, what was invoiced month by month, what was received.

A total at a date looks at that date and the months counted back from it, so it does not depend on the other dates.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.dates import months_after
from credrisk.features.dso import COUNTED_BACK
from credrisk.features.grid import ratio
from credrisk.features.item_rows import BILLED
from credrisk.features.spans import as_day
from credrisk.features.windows import day_numbers
from credrisk.ledger.item_parts import debit_and_credit_parts
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements, item_movements
from credrisk.ledger.rates import Rates
from credrisk.ledger.visibility import visible_from
from credrisk.portfolio.ageing import bucket_names

__all__ = ["BUCKETS", "Totals"]

Array = npt.NDArray[Any]

BUCKETS = bucket_names((30, 60, 90))


class Totals:
    """Totals of a ledger at rising dates; minor units of its currency as float64, NaN where not known."""

    def __init__(self, ledger: Ledger, ends: list[date]) -> None:
        self._ledger, self._ends, self._rates = ledger, ends, Rates(ledger)
        self._covers_from = as_day(ledger.settings.covers_from)
        self._marks = np.array([day_numbers([months_after(end, -m) for m in range(COUNTED_BACK + 1)]) for end in ends])
        self._starts = self._marks[:, 1]

    @cached_property
    def _items(self) -> pl.DataFrame:
        return item_movements(self._ledger)

    @cached_property
    def _parts(self) -> pl.DataFrame:
        parts = debit_and_credit_parts(self._items, item="document_id", day="date")
        fee = pl.col("document_kind") == "late_fee"
        sides = {
            "debit": pl.when(fee).then(0).otherwise("debit"),
            "late_fee": pl.when(fee).then("debit").otherwise(0),
        }
        return self._with_lines(parts.with_columns(**sides))

    @cached_property
    def _cash(self) -> pl.DataFrame:
        return self._with_lines(cash_movements(self._ledger))

    def balances(self, days: Array) -> dict[str, Array]:
        """Return the balances by bucket at rising days."""
        parts, (seen, due) = self._parts, (_column(self._parts, name) for name in ("date", "due_date"))
        beyond = [self._balance(parts, "debit", np.maximum(seen, due + edge + 1), days) for edge in (0, 30, 60, 90)]
        levels = [self._balance(parts, "debit", seen, days), *beyond, {}]
        totals = {
            name: self._translated(upper, lower, days)
            for name, upper, lower in zip(BUCKETS, levels[:-1], levels[1:], strict=True)
        }
        totals["past_due"] = np.sum([totals[name] for name in BUCKETS[1:]], axis=0)
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
        return self._translated(self._balance(self._parts, "debit", seen, self._starts), {}, day_numbers(self._ends))

    def translation_difference(self, closing: Array) -> Array:
        """Return what of the month's change of the open balance is no posting of the month."""
        opening = self.balances(self._starts)["open_balance"]
        moved = self._items.filter(pl.Series(_column(self._items, "date") > self._starts.min(initial=0)))
        posted = self._within_months(_column(moved, "date"), self._home(moved, _column(moved, "date")))
        return np.where(self._starts + 1 < self._covers_from, np.nan, closing - opening - posted)

    def customers_with_balance(self) -> list[int]:
        """Return how many customers have an open balance above 0 in at least one currency."""
        days = day_numbers(self._ends)
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
        marks = self._marks
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

    def days_beyond_terms(self) -> Array:
        """Return the days past due of what is open but fee notes, weighted by money; NaN where nothing is open."""
        seen, due = _column(self._parts, "date"), _column(self._parts, "due_date")
        days, debit = day_numbers(self._ends), self._parts["debit"].to_numpy().astype(np.float64)
        past = np.maximum(seen, due)
        # Days are counted from the last date, so that what is long settled cancels without loss.
        late = (days - days[-1]) * self._at_rates(debit, past) - self._at_rates(debit * (due - days[-1]), past)
        return ratio(late, self._at_rates(debit, seen))

    def open_by_month_of_sale(self) -> tuple[Array, Array, Array]:
        """Return what is open of each month's sales as age x amount, the latest month first, how much that is, and all.

        Months are those of :meth:`sales`; ages are days from the document date. What is older, and what are no sales
        (down payments), is only in the last of the three. At the rates of the date, of shape (dates, months), (dates)
        and (dates).
        """
        rows = self._parts.filter(pl.col("document_kind") != "late_fee")
        weighted, inside = np.zeros((len(self._ends), COUNTED_BACK)), np.zeros(len(self._ends))
        everything = np.zeros(len(self._ends))
        for code in rows["currency"].unique().sort():
            mine = rows.filter(pl.col("currency") == code).sort("date", maintain_order=True)
            billed = mine["document_kind"].is_in(BILLED).to_numpy()
            seen, dated, debit = _column(mine, "date"), _column(mine, "document_date"), mine["debit"].to_numpy()
            total = np.r_[0, np.cumsum(debit)]
            for place, end in enumerate(day_numbers(self._ends)):
                mark, known = self._marks[place], np.searchsorted(seen, end, side="right")
                rate = self._rate(code, end)
                everything[place] += rate * total[known]
                rows_in = np.flatnonzero(billed[:known] & (dated[:known] > mark[-1]))
                month = COUNTED_BACK - np.searchsorted(mark[::-1], dated[rows_in], side="left")
                ages = debit[rows_in] * (end - dated[rows_in])
                weighted[place] += rate * np.bincount(np.maximum(month, 0), ages, minlength=COUNTED_BACK)
                inside[place] += rate * debit[rows_in].sum()
        return weighted, inside, everything

    def month_sales_at_end(self) -> Array:
        """Return the invoices and debit notes first seen in the month to each date, at the rates of the date."""
        billed = self._ledger.table("documents").filter(pl.col("kind").is_in(BILLED))
        seen = _column(billed.select(seen=visible_from("documents")), "seen")
        sales = np.full(len(self._ends), np.nan)
        for place, (start, end) in enumerate(zip(self._starts, day_numbers(self._ends), strict=True)):
            if start + 1 >= self._covers_from:
                rows = billed.filter(pl.Series((seen > start) & (seen <= end)))
                sales[place] = self._home(rows, np.full(rows.height, end)).sum()
        return sales

    def received(self) -> Array:
        """Return the cash received in the month to each date."""
        receipts = self._cash.filter(pl.col("kind") == "receipt")
        receipts = receipts.filter(pl.Series(_column(receipts, "date") >= max(self._starts.min(), self._covers_from)))
        day = _column(receipts, "date")
        unknown = (self._starts + 1 < self._covers_from) | (not self._ledger.has("receipts"))
        return np.where(unknown, np.nan, self._within_months(day, self._home(receipts, day)))

    def _at_rates(self, amounts: Array, enters: Array) -> Array:
        """Return the balance at each date, at its rates, of amounts that count from the day they enter; not rounded."""
        days, codes = day_numbers(self._ends), self._parts["currency"]
        own = (self._parts["document_kind"] != "late_fee").to_numpy()
        total = np.zeros(len(days))
        for code in codes.unique().sort():
            mine = own & (codes == code).to_numpy()
            flows = np.bincount(np.searchsorted(days, enters[mine]), amounts[mine], minlength=len(days) + 1)
            balance = np.cumsum(flows)[: len(days)]
            total += balance * np.array([self._rate(code, end) for end in days])
        return total

    def _rate(self, currency: str, end: int) -> float:
        """Return the rate of a currency on a day; 0 where none is known: :meth:`balances` raises then."""
        return float(np.nan_to_num(self._rates.on(currency, np.array([end])))[0])

    def _within_months(self, day: Array, amount: Array) -> Array:
        """Return the sum of what is dated in the month to each date."""
        order = np.argsort(day, kind="stable")
        total = np.r_[0.0, np.cumsum(amount[order])]
        opened, closed = (np.searchsorted(day[order], d, side="right") for d in (self._starts, day_numbers(self._ends)))
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


def _column(rows: pl.DataFrame, name: str) -> Array:
    return np.asarray(rows[name].to_physical().cast(pl.Int64).to_numpy())
