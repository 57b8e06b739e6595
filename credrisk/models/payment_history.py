"""What could be known of an invoice and of its customer on the day before a forecast: the features of the timing model.

Everything is counted from items whose payment was known, or which were opened, strictly before the first forecast day:
what happens on that day itself is not used, so invoices paid together never foretell each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from credrisk.models.payment_bands import BAND_FROM, BandCounts, shrunk_hazard
from credrisk.models.payment_items import NEVER, Items

__all__ = ["ITEM_FEATURES", "WEEKDAYS", "Habits", "PaymentHistory", "weekday_of"]

WEEKDAYS = 7
MOST_DAYS = 120
"""Days late beyond this count as this many in means, so that one forgotten invoice does not make the customer."""

MOST_COUNTED = 30
"""Payments beyond which more of them say nothing new; uncapped, their number would tell the date."""

RECENT = (3, 10)
MEAN_SHRUNK_BY, SHARE_SHRUNK_BY = 2.0, 5.0
"""Payments as many as which the mean of all customers counts in a customer's own mean and share."""

MARKET_DAYS = 28
LONGEST_GAP = 365

ITEM_FEATURES = (
    "terms_days",
    "age_days",
    "days_late_now",
    "log_amount",
    "amount_to_usual",
    "due_weekday",
    "due_day_of_month",
    "opened_weekday",
    "due_month",
    "disputed",
    "days_since_dispute",
    "log_paid_before",
    "mean_days_late",
    "sd_days_late",
    "median_days_late",
    "share_late",
    "mean_days_late_last_3",
    "mean_days_late_last_10",
    "days_late_last",
    "days_since_last_payment",
    "open_items",
    "open_past_due",
    "mean_days_past_due_open",
    "market_days_late_28d",
)
"""Features of an item on the day before the forecast; the days ahead add theirs."""


def weekday_of(day: np.ndarray) -> np.ndarray:
    """Return 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday."""
    return (day + 3) % WEEKDAYS


class _Sums:
    """Sums of columns over the rows of a group whose day lies strictly before a day, and over the last few of them."""

    def __init__(self, group: np.ndarray, day: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        keys = (group.astype(np.int64) << 32) | (day + NEVER)
        order = np.argsort(keys, kind="stable")
        self._keys, self._day = keys[order], day[order]
        self._sums = {
            name: np.concatenate([[0.0], np.cumsum(values[order], dtype=float)]) for name, values in columns.items()
        }

    def places(self, group: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of the first row of each group and of the first row not before the day."""
        base = group.astype(np.int64) << 32
        return np.searchsorted(self._keys, base), np.searchsorted(self._keys, base | (day + NEVER))

    def total(self, name: str, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the sum of a column over rows ``first`` to ``last``, the latter left out."""
        found: np.ndarray = self._sums[name][last] - self._sums[name][first]
        return found

    def latest_day(self, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Return the day of the row before ``last``, NaN where there is none."""
        if not len(self._day):
            return np.full(len(last), np.nan)
        return np.where(last > first, self._day[np.maximum(last - 1, 0)].astype(float), np.nan)


@dataclass(frozen=True)
class Habits:
    """Daily hazards of being closed, by band, and what goes with them.

    Attributes
    ----------
    everyone, customer, recent
        Hazard of all customers, of the customer, of its recent items, (n_rows, BANDS).
    cash_share
        Share of cash in what is closed in the band, of all customers, (n_rows, BANDS).
    weekday
        Share of each weekday in the customer's payments, (n_rows, 7).
    """

    everyone: np.ndarray
    customer: np.ndarray
    recent: np.ndarray
    cash_share: np.ndarray
    weekday: np.ndarray


class PaymentHistory:
    """The items of a ledger, asked for what was known before any day.

    Parameters
    ----------
    items
        All items; what was known later than a day asked for changes nothing.
    half_life_days
        An item counts half as much, in the recent hazard, as one due so many days later.
    prior_days
        Days at risk, in a band, as many as which the hazard of all customers counts in a customer's own.
    """

    def __init__(self, items: Items, *, half_life_days: float, prior_days: float) -> None:
        self._items, self._half_life, self._prior_days = items, half_life_days, prior_days

    @cached_property
    def _of_all(self) -> BandCounts:
        return BandCounts(self._items, np.zeros(len(self._items), dtype=np.int64))

    @cached_property
    def _of_customer(self) -> BandCounts:
        return BandCounts(self._items, self._items.customer)

    @cached_property
    def _of_recent(self) -> BandCounts:
        return BandCounts(self._items, self._items.customer, half_life_days=self._half_life)

    @cached_property
    def _payments(self) -> tuple[_Sums, _Sums]:
        """Payments by customer, and of all, in the order in which they were known."""
        items = self._items
        paid = np.flatnonzero((items.known < NEVER) & items.by_cash)
        late = np.clip(items.settled - items.due, -MOST_DAYS, MOST_DAYS)[paid].astype(float)
        weekday = weekday_of(items.settled[paid])
        columns = {
            "count": np.ones(len(paid)),
            "late": late,
            "square": late**2,
            "is_late": (late > 0).astype(float),
        } | {f"weekday_{day}": (weekday == day).astype(float) for day in range(WEEKDAYS)}
        known = items.known[paid]
        return _Sums(items.customer[paid], known, columns), _Sums(np.zeros(len(paid), dtype=np.int64), known, columns)

    @cached_property
    def _opened(self) -> _Sums:
        items = self._items
        columns = {"count": np.ones(len(items)), "log_amount": np.log(items.amount)}
        return _Sums(items.customer, items.opened, columns)

    @cached_property
    def _closed(self) -> _Sums:
        items = self._items
        return _Sums(items.customer, items.known, {"count": np.ones(len(items))})

    @cached_property
    def _past_due(self) -> tuple[_Sums, _Sums]:
        """Items that were open after their due day: when they became past due, and when they were closed."""
        items = self._items
        since = np.maximum(items.due, items.opened) + 1
        late = np.flatnonzero(items.known >= since)
        columns = {"count": np.ones(len(late)), "due": items.due[late].astype(float)}
        return _Sums(items.customer[late], since[late], columns), _Sums(
            items.customer[late], items.known[late], columns
        )

    def habits(self, which: np.ndarray, start: np.ndarray) -> Habits:
        """Return the hazards for forecasts of the items ``which`` from the days ``start`` on, (n_rows, BANDS) each."""
        customer = self._items.customer[which]
        days, place = np.unique(start, return_inverse=True)
        paid, other, at_risk = self._of_all.at(np.zeros(len(days), dtype=np.int64), days)
        closed = paid + other
        typical = (closed.sum(axis=1) + 1.0) / (at_risk.sum(axis=1) + 30.0)
        everyone = shrunk_hazard(closed, at_risk, _smooth(closed, at_risk, typical), prior_days=50.0)
        usual = (paid.sum(axis=1) + 1.0) / (closed.sum(axis=1) + 1.0)
        cash_share = shrunk_hazard(paid, closed, usual[:, None], prior_days=SHARE_SHRUNK_BY)
        own_paid, own_other, own_risk = self._of_customer.at(customer, start)
        own = shrunk_hazard(own_paid + own_other, own_risk, everyone[place], prior_days=self._prior_days)
        new_paid, new_other, new_risk = self._of_recent.at(customer, start)
        recent = shrunk_hazard(new_paid + new_other, new_risk, own, prior_days=self._prior_days)
        return Habits(everyone[place], own, recent, cash_share[place], self._weekdays(customer, start))

    def _weekdays(self, customer: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Return the share of each weekday in the customer's payments, shrunk to that of all, (n_rows, 7)."""
        own, every = self._payments
        first, last = own.places(customer, start)
        first_of_all, last_of_all = every.places(np.zeros_like(customer), start)
        shares = []
        for day in range(WEEKDAYS):
            name = f"weekday_{day}"
            of_all = (every.total(name, first_of_all, last_of_all) + 1 / WEEKDAYS) / (last_of_all - first_of_all + 1.0)
            count = own.total(name, first, last)
            shares.append((count + SHARE_SHRUNK_BY * of_all) / (last - first + SHARE_SHRUNK_BY))
        return np.column_stack(shares)

    def features(self, which: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Return ``ITEM_FEATURES`` of the items ``which`` before the days ``start``, shape (n_rows, n_features)."""
        items = self._items
        customer, due, opened = items.customer[which], items.due[which], items.opened[which]
        log_amount = np.log(items.amount[which])
        due_date = due.astype("datetime64[D]")
        month = due_date.astype("datetime64[M]")
        disputed = (items.disputed_from[which] < start) & ~(items.disputed_to[which] < start)
        own, every = self._payments
        first, last = own.places(customer, start)
        count = (last - first).astype(float)
        all_first, all_last = every.places(np.zeros_like(customer), start)
        all_count = np.maximum(all_last - all_first, 1)
        all_mean = every.total("late", all_first, all_last) / all_count
        all_late = every.total("is_late", all_first, all_last) / all_count
        mean = (own.total("late", first, last) + MEAN_SHRUNK_BY * all_mean) / (count + MEAN_SHRUNK_BY)
        with np.errstate(invalid="ignore", divide="ignore"):
            plain = own.total("late", first, last) / count
            spread = np.sqrt(np.maximum(own.total("square", first, last) / count - plain**2, 0.0))
            last_few = [
                own.total("late", np.maximum(last - few, first), last) / np.minimum(count, few) for few in (1, *RECENT)
            ]
        market_first = every.places(np.zeros_like(customer), start - MARKET_DAYS)[1]
        market = every.total("late", market_first, all_last) / np.maximum(all_last - market_first, 1)
        since_last = np.minimum(start - own.latest_day(first, last), LONGEST_GAP)
        opened_first, opened_last = self._opened.places(customer, start)
        usual = self._opened.total("log_amount", opened_first, opened_last)
        opened_before = opened_last - opened_first
        closed_first, closed_last = self._closed.places(customer, start)
        late_in, late_out = self._past_due
        in_first, in_last = late_in.places(customer, start + 1)
        out_first, out_last = late_out.places(customer, start)
        past_due = (in_last - in_first) - (out_last - out_first)
        due_sum = late_in.total("due", in_first, in_last) - late_out.total("due", out_first, out_last)
        columns = {
            "terms_days": due - opened,
            "age_days": start - opened,
            "days_late_now": start - due,
            "log_amount": log_amount,
            "amount_to_usual": np.where(opened_before > 0, log_amount - usual / np.maximum(opened_before, 1), np.nan),
            "due_weekday": weekday_of(due),
            "due_day_of_month": (due_date - month.astype("datetime64[D]")).astype(int) + 1,
            "opened_weekday": weekday_of(opened),
            "due_month": month.astype(int) % 12 + 1,
            "disputed": disputed,
            "days_since_dispute": np.where(disputed, start - items.disputed_from[which], np.nan),
            "log_paid_before": np.log1p(np.minimum(count, MOST_COUNTED)),
            "mean_days_late": mean,
            "sd_days_late": np.where(count > 1, spread, np.nan),
            "median_days_late": self._medians(customer, start),
            "share_late": (own.total("is_late", first, last) + SHARE_SHRUNK_BY * all_late) / (count + SHARE_SHRUNK_BY),
            "mean_days_late_last_3": last_few[1],
            "mean_days_late_last_10": last_few[2],
            "days_late_last": last_few[0],
            "days_since_last_payment": since_last,
            "open_items": opened_before - (closed_last - closed_first),
            "open_past_due": past_due,
            "mean_days_past_due_open": np.where(past_due > 0, start - due_sum / np.maximum(past_due, 1), np.nan),
            "market_days_late_28d": np.where(all_last > market_first, market, np.nan),
        }
        return np.column_stack([np.asarray(columns[name], dtype=float) for name in ITEM_FEATURES])

    def _medians(self, customer: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Return the customer's median days late, NaN without payments: exact within 30 days of the due date."""
        paid = self._of_customer.at(customer, start)[0]
        count = paid.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            reached = np.cumsum(paid, axis=1) >= 0.5 * count[:, None]
        place = np.clip(BAND_FROM[np.argmax(reached, axis=1)], -MOST_DAYS, MOST_DAYS)
        return np.where(count > 0, place, np.nan)


def _smooth(paid: np.ndarray, at_risk: np.ndarray, typical: np.ndarray) -> np.ndarray:
    """Return the hazard of each band from its neighbours within two bands, shrunk to the typical one."""
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
    spread = [np.apply_along_axis(np.convolve, 1, part, kernel, mode="same") for part in (paid, at_risk)]
    smooth: np.ndarray = (spread[0] + 30.0 * typical[:, None]) / (spread[1] + 30.0)
    return smooth
