"""What changes on the way, on demand: a recession, a change of policy, a new kind of customer.

A scenario begins on the first day of a covered month. Before it the market and the customers are what they are without
it, under the same rules; orders and payments are drawn anew. It has a random stream of its own, so ``none`` is the
plain simulation to the last byte. What changed, for whom and when, is in the truth (table ``changes``) and nowhere said
in the ledger: it shows there as it would in real books.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Flags, Floats

__all__ = ["SCENARIOS", "Scenario", "draw_scenario"]

SCENARIOS = ("none", "recession", "policy_change", "new_segment")

RECESSION_DEPTH, RECESSION_RAMP = -3.0, 3
"""The market factor (unit variance) is pulled down by three within three months, and stays there: for the mean
loading of 0.2 it multiplies failures by about 2.8. credrisk's own judgement of a severe recession."""

SHORTER_TERMS = {45: 30, 60: 30}
TIGHT_HEADROOM = 1.2
"""In place of 1.8 times the balance that the terms imply."""
TIGHT_QUIET_DAYS = 7
"""In place of two weeks between two contacts of a customer up to 45 days past due."""

SEGMENT_SHARE = 0.12
SEGMENT_HEALTH, SEGMENT_HABIT_DAYS, SEGMENT_SALES, SEGMENT_ORDERS = -0.7, 8.0, 0.4, 1.5
"""New accounts of another kind: weaker by 0.7 (failures three times as many), eight days later by habit, 40 % of the
sales in one and a half times as many orders."""


@dataclass(frozen=True)
class Scenario:
    """What changes from day ``begins`` (``NEVER`` for none).

    Attributes
    ----------
    pull
        (simulated months,): added to the market factor.
    headroom, quiet_days
        Tighter policy from ``begins`` on; None leaves the usual one.
    segment
        Customers of the new segment.
    changes
        Truth: ``starts`` (day), ``what``, ``customer`` (-1: all), ``before``, ``after``.
    """

    name: str
    begins: int
    pull: Floats
    headroom: float | None
    quiet_days: int | None
    segment: Flags
    changes: pl.DataFrame


def draw_scenario(
    rng: np.random.Generator, name: str, accounts: Accounts, clock: Clock, *, change_month: int | None
) -> tuple[Scenario, Accounts]:
    """Return the scenario and the customers as it makes them.

    Parameters
    ----------
    change_month
        Covered month (1 is the first) on whose first day the change begins; None is two thirds of the way.
    """
    months = clock.months - clock.warm_up
    if name not in SCENARIOS:
        raise ParameterError("scenario", f"one of {', '.join(SCENARIOS)}", name)
    if change_month is not None and not 2 <= change_month <= months:
        raise ParameterError("change_month", f"from 2 to the number of months ({months})", change_month)
    first = clock.warm_up + (change_month - 1 if change_month else 2 * months // 3)
    begins = int(clock.month_starts[first])
    nothing = pl.DataFrame(
        schema={
            "starts": pl.Int64,
            "what": pl.String,
            "customer": pl.Int64,
            "before": pl.Float64,
            "after": pl.Float64,
        }
    )
    plain = Scenario(name, NEVER, np.zeros(clock.months), None, None, np.zeros(len(accounts), dtype=bool), nothing)
    if name == "none":
        return plain, accounts
    if name == "recession":
        since = np.arange(clock.months) - first + 1
        pull = RECESSION_DEPTH * np.clip(since / RECESSION_RAMP, 0.0, 1.0)
        told = _told(begins, "market_factor", [-1], [0.0], [RECESSION_DEPTH])
        return dataclasses.replace(plain, begins=begins, pull=pull, changes=told), accounts
    if name == "policy_change":
        return _policy_change(plain, accounts, begins)
    return _new_segment(rng, plain, accounts, clock, begins)


def _told(starts: int, what: str, customer: list[int], before: list[float], after: list[float]) -> pl.DataFrame:
    rows = {"starts": [starts] * len(customer), "what": [what] * len(customer)}
    return pl.DataFrame(
        {**rows, "customer": customer, "before": before, "after": after},
        schema_overrides={"customer": pl.Int64, "before": pl.Float64, "after": pl.Float64, "starts": pl.Int64},
    )


def _policy_change(plain: Scenario, accounts: Accounts, begins: int) -> tuple[Scenario, Accounts]:
    """Shorten long terms of old and new accounts, tighten limits, and write to late payers twice as often."""
    from credrisk.simulate.collection import QUIET_DAYS
    from credrisk.simulate.limits import HEADROOM

    now = np.where(accounts.terms_change <= begins, accounts.new_terms, accounts.terms)
    shorter, later = now.copy(), accounts.new_terms.copy()
    for long, short in SHORTER_TERMS.items():
        shorter[now == long] = short
        later[later == long] = short
    moves = shorter != now
    new = moves & (accounts.opened >= begins)
    old = moves & ~new
    changed = dataclasses.replace(
        accounts,
        terms=np.where(new, shorter, np.where(old, now, accounts.terms)),
        new_terms=np.where(old, shorter, np.where(accounts.terms_change > begins, later, accounts.new_terms)),
        terms_change=np.where(old, begins, np.where(new, NEVER, accounts.terms_change)),
    )
    who = np.flatnonzero(moves)
    told = pl.concat(
        [
            _told(begins, "limit_headroom", [-1], [HEADROOM], [TIGHT_HEADROOM]),
            _told(begins, "quiet_days", [-1], [float(QUIET_DAYS)], [float(TIGHT_QUIET_DAYS)]),
            _told(begins, "terms_days", who.tolist(), now[who].tolist(), shorter[who].tolist()),
        ]
    )
    scenario = dataclasses.replace(
        plain, begins=begins, headroom=TIGHT_HEADROOM, quiet_days=TIGHT_QUIET_DAYS, changes=told
    )
    return scenario, changed


def _new_segment(
    rng: np.random.Generator, plain: Scenario, accounts: Accounts, clock: Clock, begins: int
) -> tuple[Scenario, Accounts]:
    """Open accounts of another kind from the day on: some of the customers become such, opened after it."""
    n = len(accounts)
    headed = np.isin(np.arange(n), accounts.head[accounts.head >= 0])
    segment = (rng.random(n) < SEGMENT_SHARE) & (accounts.head < 0) & ~headed
    opens = rng.integers(begins, max(begins + 1, clock.end - 60), n)
    changed = dataclasses.replace(
        accounts,
        opened=np.where(segment, opens, accounts.opened),
        mean_health=accounts.mean_health + np.where(segment, SEGMENT_HEALTH, 0.0),
        habit_days=accounts.habit_days + np.where(segment, SEGMENT_HABIT_DAYS, 0.0),
        monthly_sales=accounts.monthly_sales * np.where(segment, SEGMENT_SALES, 1.0),
        orders_a_month=accounts.orders_a_month * np.where(segment, SEGMENT_ORDERS, 1.0),
    )
    who = np.flatnonzero(segment)
    told = _told(begins, "segment_mean_health", who.tolist(), [0.0] * len(who), [SEGMENT_HEALTH] * len(who))
    return dataclasses.replace(plain, begins=begins, segment=segment, changes=told), changed
