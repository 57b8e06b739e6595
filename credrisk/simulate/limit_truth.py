"""What limits are worth under the true law of failure, rather than under the failures that happened to come.

Demand, payments and departures are those of the simulated year; the failure of each customer is averaged over its true
intensities. A month's failures are placed on two days of it (a quarter and three quarters through). On such a day the
balance is the one that the limit has led to; a customer that is insolvent stops there, one that just stops paying is
delivered to for 10 to 39 more days, one number of days standing for all on each of the 24 days (they are spread
evenly). Loss given default is the mean of its kind. Customers that had failed by the day of the decision count with
what came of them, and members of a group fail apart from each other (which leaves expectations as they are).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from credrisk.simulate.clock import NEVER, Flags, Floats, Ints
from credrisk.simulate.failure import INSOLVENCY_SHARE, RECOVERY
from credrisk.simulate.limit_replay import DAYS_IN_YEAR, Economics, replay
from credrisk.simulate.limit_timeline import Timeline
from credrisk.simulate.shipments import Year

__all__ = ["MEAN_LGD", "Expected", "FailureDays", "expected_under_truth", "failure_days"]

MEAN_LGD = tuple(1 - a / (a + b) for a, b in RECOVERY[1:])
"""Of insolvency and of stopped payment: 0.85 and 0.64."""
WITHIN_MONTH = (0.25, 0.75)
LINGERS = (10, 40)
"""Days for which who stopped paying is delivered to: at least, and less than (``failure.draw_outcomes``)."""
GOLDEN = 0.6180339887498949
"""Its multiples, modulo 1, spread evenly over the days of failure."""


@dataclass(frozen=True)
class FailureDays:
    """The days that stand for all failures of the year.

    Attributes
    ----------
    day, month, lingers
        (k,) the day, its month, and the days of deliveries after it where nobody has noticed.
    chance
        (n, k) true probability that the customer fails at this day.
    survives
        (n,) that it does not fail within the year.
    """

    day: Ints
    month: Ints
    lingers: Ints
    chance: Floats
    survives: Floats


@dataclass(frozen=True)
class Expected:
    """Expectations over the failures that might have come: (n, rules), major units.

    ``loss`` is in the terms of the economics (after recoveries and cover, times the loss share), ``exposure`` what is
    open of new shipments when the customer fails, times its chance; ``accepted`` is what passes as long as nobody
    fails.
    """

    profit: Floats
    loss: Floats
    exposure: Floats
    accepted: Floats


def failure_days(year: Year) -> FailureDays:
    """Return the days of failure and their chances; nothing for who had failed or left before."""
    starts, intensity = year.month_starts, year.intensity
    months = intensity.shape[1]
    before = np.cumsum(intensity, axis=1) - intensity
    within = np.exp(-before) * -np.expm1(-intensity)
    month = np.repeat(np.arange(months), len(WITHIN_MONTH))
    length = starts[month + 1] - starts[month]
    day = starts[month] + (np.tile(WITHIN_MONTH, months) * length).astype(np.int64)
    chance = within[:, month] / len(WITHIN_MONTH)
    chance = np.where((year.fates.failed[:, None] > 0) & (day[None, :] < year.left[:, None]), chance, 0.0)
    low, high = LINGERS
    lingers = low + np.floor((np.arange(1, len(day) + 1) * GOLDEN) % 1 * (high - low)).astype(np.int64)
    return FailureDays(day, month, lingers, chance, 1 - chance.sum(axis=1))


def expected_under_truth(
    year: Year,
    limits: npt.ArrayLike,
    economics: Economics,
    *,
    timeline: Timeline | None = None,
) -> Expected:
    """Return the true expected profit and loss of vectors of limits.

    Parameters
    ----------
    limits
        (n, rules) in major units, in the order of ``year.customer_id``.
    timeline
        That of the year where it has been laid out already.
    """
    granted = np.asarray(limits, dtype=float)
    passed = (timeline or Timeline.of(year)).passed(granted)
    days = failure_days(year)
    n, rules = granted.shape
    profit, loss, exposure, taken = (np.zeros((n, rules)) for _ in range(4))
    margin, share = (np.broadcast_to(value, n) for value in (economics.margin, economics.loss_share))
    old = _old_balances(year, days.day)
    shipped = _key(year.shipments.customer, year.shipments.day)
    firsts = np.searchsorted(shipped, _key(np.arange(n)[:, None], days.day), side="right")
    ends = np.searchsorted(year.shipments.customer, np.arange(n), side="right")
    weights = days.chance * np.array([[INSOLVENCY_SHARE], [1 - INSOLVENCY_SHARE]])[:, :, None]
    for rule in range(rules):
        path = _Path.of(year, passed[:, rule], days.day)
        stopped = _with_deliveries(year, path.balance, old, granted[:, rule], days, firsts, ends)
        for kind, balance in enumerate((path.balance, stopped)):
            extra = _covered_loss(old, balance, year.insured[:, days.month], MEAN_LGD[kind], economics)
            loss[:, rule] += share * (weights[kind] * extra).sum(axis=1) / 100
            exposure[:, rule] += (weights[kind] * balance).sum(axis=1) / 100
        paid = (days.chance * path.paid).sum(axis=1) + days.survives * path.paid_at_end
        carried = (days.chance * path.carried).sum(axis=1) + days.survives * path.carried_at_end
        funding = carried * economics.cost_of_funds / DAYS_IN_YEAR
        profit[:, rule] = (margin * paid - funding) / 100 - loss[:, rule]
        taken[:, rule] = np.bincount(year.shipments.customer, year.shipments.cents * passed[:, rule], minlength=n) / 100
    gone = year.fates.failed <= 0
    if gone.any():
        came = replay(year, granted, economics)
        for mine, theirs in ((profit, came.profit), (loss, came.loss), (exposure, came.lost_balance)):
            mine[gone] = theirs[gone]
    return Expected(profit, loss, exposure, taken)


@dataclass(frozen=True)
class _Path:
    """What one vector of limits leads to as long as nobody fails, minor units: (n, k) on the days of failure."""

    balance: Floats
    paid: Floats
    carried: Floats
    paid_at_end: Floats
    carried_at_end: Floats

    @classmethod
    def of(cls, year: Year, passed: Flags, day: Ints) -> _Path:
        shipments, payments = year.shipments, year.payments
        n, last = len(year.customer_id), year.last_day
        points = np.append(day, last)
        taken = shipments.cents * passed
        new = payments.shipment >= 0
        settled = np.where(new, payments.cents * passed[np.maximum(payments.shipment, 0)], 0)
        # Delivered up to the day of failure, paid only before it; on the last day both count.
        up_to = np.searchsorted(points, shipments.day, side="left")
        before = np.searchsorted(points, payments.day, side="right")
        before[payments.day == last] = len(day)

        def risen(customer: Ints, place: Ints, value: Floats) -> Floats:
            cells = np.bincount(customer * (len(points) + 1) + place, value, minlength=n * (len(points) + 1))
            return np.asarray(np.cumsum(cells.reshape(n, -1), axis=1)[:, :-1], dtype=float)

        delivered = risen(shipments.customer, up_to, taken.astype(float))
        moments = risen(shipments.customer, up_to, taken * shipments.day.astype(float))
        gone = risen(payments.customer, before, settled.astype(float))
        gone_moments = risen(payments.customer, before, settled * payments.day.astype(float))
        cash = risen(payments.customer, before, np.where(payments.cash, settled, 0).astype(float))
        balance = delivered - gone
        carried = points * balance - moments + gone_moments
        return cls(balance[:, :-1], cash[:, :-1], carried[:, :-1], cash[:, -1], carried[:, -1])


def _key(customer: Ints, day: Ints) -> Ints:
    return np.asarray(customer * NEVER + day)


def _old_balances(year: Year, day: Ints) -> Floats:
    """Return what is left of the opening balance before each day (n, k), minor units."""
    run_off = year.payments.take(year.payments.shipment < 0)
    n = len(year.customer_id)
    place = np.searchsorted(day, run_off.day, side="right")
    cells = np.bincount(run_off.customer * (len(day) + 1) + place, run_off.cents, minlength=n * (len(day) + 1))
    return np.asarray(year.opening[:, None] - np.cumsum(cells.reshape(n, -1), axis=1)[:, :-1], dtype=float)


def _with_deliveries(
    year: Year, balance: Floats, old: Floats, limit: Floats, days: FailureDays, firsts: Ints, ends: Ints
) -> Floats:
    """Return the new balance once deliveries stop, for who stops paying unnoticed: each shipment passes or does not."""
    shipments = year.shipments
    grown, number = balance.copy(), firsts.copy()
    until = days.day + days.lingers
    limits = np.round(limit * 100)
    row, column = np.nonzero(number < ends[:, None])
    while len(row):
        at = number[row, column]
        within = (at < ends[row]) & (days.chance[row, column] > 0)
        within[within] = shipments.day[at[within]] <= until[column[within]]
        row, column, at = row[within], column[within], at[within]
        fits = grown[row, column] + old[row, column] + shipments.cents[at] <= limits[row]
        grown[row[fits], column[fits]] += shipments.cents[at[fits]]
        number[row, column] += 1
    return grown


def _covered_loss(old: Floats, balance: Floats, insured: Floats, lgd: float, economics: Economics) -> Floats:
    """Return what ``balance`` adds to the loss where old items come first under the cover."""
    within = np.minimum(balance, np.clip(insured - old, 0, None))
    return economics.lgd_covered * within + lgd * (balance - within)
