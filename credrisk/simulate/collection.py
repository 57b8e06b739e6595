"""When customers mean to pay, and what collectors change in it: contacts, promises kept and broken, payment plans.

Every week the accounts with past-due invoices may be contacted. A contact that reaches somebody brings the payment
forward, more so when the customer could pay; a promise is kept with a chance that falls with health.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Flags, Floats, Ints, Rows, workday
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.health import Health, stress
from credrisk.simulate.sales import Documents

__all__ = [
    "CHANNELS",
    "CONTACT_OUTCOMES",
    "Contacts",
    "DunningStops",
    "Extensions",
    "Plan",
    "Promises",
    "collect",
    "draw_dunning_stops",
    "plan_payments",
    "squeezes",
]

CHANNELS = ("email", "call", "letter", "visit")
REACHED = np.array([0.35, 0.6, 0.25, 0.9])
CONTACT_OUTCOMES = ("no_answer", "reached", "promise", "payment_plan")
STRESS_DAYS = 30.0
"""Days of delay that one unit of stress costs, before noise."""
SQUEEZE_CHANCE = 0.16
"""Chance a month and unit of stress that nothing is paid for one to five months."""
DISCOUNT_SHARE = 0.02
QUIET_DAYS = 14


@dataclass
class Plan(Rows):
    """How each document is meant to be paid; amounts in minor units, 0 where nothing is paid in cash."""

    first: Ints
    """Day of the first part (equal to ``last`` when paid at once)."""
    last: Ints
    first_cents: Ints
    last_cents: Ints
    discount_cents: Ints
    offset: Flags
    """Set off against what the seller owes the customer, so that no cash comes."""

    def extended(self, size: int) -> Plan:
        """Return the plan for ``size`` documents: those that came later are settled apart from it."""
        more = size - len(self)
        nothing, never = np.zeros(more, dtype=np.int64), np.full(more, NEVER, dtype=np.int64)
        return self.plus(Plan(never, never, nothing, nothing, nothing, np.zeros(more, dtype=bool)))


@dataclass
class Contacts(Rows):
    """One row a contact attempt."""

    customer: Ints
    day: Ints
    channel: Ints
    outcome: Ints


@dataclass
class Promises(Rows):
    """One row a promise; ``document`` is -1 for a promise on account; amounts in minor units."""

    customer: Ints
    document: Ints
    day: Ints
    due: Ints
    cents: Ints


@dataclass
class DunningStops(Rows):
    """One row a spell in which sales asked that nobody writes to the customer; ``ends`` is the first day after it."""

    customer: Ints
    begins: Ints
    ends: Ints


@dataclass
class Extensions(Rows):
    """A later date agreed for a document (its original due date stays)."""

    document: Ints
    due: Ints
    day: Ints


def plan_payments(
    rng: np.random.Generator,
    accounts: Accounts,
    health: Health,
    documents: Documents,
    held: Ints,
    clock: Clock,
    *,
    squeezed: Flags | None = None,
) -> Plan:
    """Draw the day on which each document would be paid if nobody asked.

    ``squeezed`` (customers, months) are the months that :func:`squeezes` takes for squeezed, where they are known.
    """
    size, customer = len(documents), documents.customer
    cash = np.where(documents.kind == 2, 0, documents.cents - held)
    state = health.health[customer, clock.month_of(documents.due)]
    weight = np.clip(
        1 + 0.12 * np.log(np.maximum(documents.cents, 1) / (100 * accounts.monthly_sales[customer])), 0.7, 1.4
    )
    strained = STRESS_DAYS * stress(state) * weight * np.exp(0.55 * rng.normal(size=size))
    strained += squeezes(rng, health, squeezed=squeezed)[customer, clock.month_of(documents.due)]
    usual = accounts.habit_days[customer] + accounts.spread_days[customer] * rng.normal(size=size)
    forgotten = np.where(rng.random(size) < 0.02, rng.integers(8, 45, size), 0)
    delay = np.round(usual + strained + forgotten).astype(np.int64)
    last = np.maximum(documents.due + delay, documents.day + 2)

    takes = accounts.discount[customer] & (rng.random(size) < 0.8 / (1 + np.exp(-3 * (state + 0.4))))
    takes &= (documents.kind == 0) & (held == 0)
    last = np.where(takes, documents.day + rng.integers(5, 10, size), last)
    discount = np.where(takes, np.round(DISCOUNT_SHARE * cash).astype(np.int64), 0)
    last = np.where(takes, workday(last), _nearest_run(accounts, customer, last))
    last = np.maximum(last, documents.day + 2)

    parts = ~takes & (rng.random(size) < 0.012 + 0.07 * np.minimum(stress(state), 2.0)) & (cash > 100_000)
    share, gap = rng.uniform(0.25, 0.7, size), rng.integers(7, 41, size)
    first = np.where(parts, np.maximum(workday(last - gap), documents.day + 2), last)
    first_cents = np.where(parts, np.round(share * cash).astype(np.int64), 0)
    offset = ~takes & ~parts & (rng.random(size) < 0.004) & (cash > 0)
    return Plan(first, last, first_cents, cash - first_cents - discount, discount, offset)


def squeezes(rng: np.random.Generator, health: Health, *, squeezed: Flags | None = None) -> Floats:
    """Draw the months in which a weak customer cannot pay anybody for long (customers, months), in days of delay.

    Where the months are known (``squeezed``) only the days are drawn.
    """
    drawn = rng.random(health.health.shape) < SQUEEZE_CHANCE * stress(health.health)
    return np.where(drawn if squeezed is None else squeezed, rng.uniform(40.0, 150.0, health.health.shape), 0.0)


def _nearest_run(accounts: Accounts, customer: Ints, day: Ints) -> Ints:
    """Move each day to the payment run of the customer that is about nearest."""
    run, weekday = accounts.run[customer], accounts.run_day[customer]
    day = day - np.array([0, 3, 8])[run]
    weekly = day + (weekday - (day + 3)) % 7
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    first = month.astype("datetime64[D]").astype(np.int64)
    following = (month + 1).astype("datetime64[D]").astype(np.int64)
    of_month = day - first
    twice = np.where(of_month <= 9, first + 9, np.where(of_month <= 24, first + 24, following + 9))
    return workday(np.where(run == 1, weekly, np.where(run == 2, twice, day)))


def collect(
    rng: np.random.Generator,
    accounts: Accounts,
    health: Health,
    outcomes: Outcomes,
    documents: Documents,
    plan: Plan,
    stops: DunningStops,
    clock: Clock,
    *,
    tighter: tuple[int, int] | None = None,
) -> tuple[Plan, Contacts, Promises, Extensions]:
    """Work the past-due accounts week by week; return the plan as it comes out, and the collectors' notes.

    ``tighter`` is the day from which less time passes between two contacts, and how many days then.
    """
    first, last = plan.first.copy(), plan.last.copy()
    failed = outcomes.failed[documents.customer]
    first[first >= failed], last[last >= failed] = NEVER, NEVER
    owed = plan.first_cents + plan.last_cents > 0
    n = len(accounts)
    quiet_until, promised_until = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    stopped = np.full((2, n), NEVER, dtype=np.int64)
    stopped[:, stops.customer] = stops.begins, stops.ends
    contacts: list[Contacts] = []
    promises: list[Promises] = []
    extensions: list[Extensions] = []
    monday = clock.first + (-(clock.first + 3)) % 7
    for day in range(monday, clock.end + 1, 7):
        pause = QUIET_DAYS if tighter is None or day < tighter[0] else tighter[1]
        late = np.flatnonzero(owed & (documents.due + 4 < day) & (last > day) & (documents.recorded <= day))
        owner = documents.customer[late]
        days_past = np.zeros(n, dtype=np.int64)
        np.maximum.at(days_past, owner, day - documents.due[late])
        luck = rng.random((4, n))
        asked = (days_past > 0) & (quiet_until <= day) & (promised_until < day) & (luck[0] < 0.8)
        asked &= ~((stopped[0] <= day) & (day < stopped[1])) & (outcomes.failed + 30 > day)
        who = np.flatnonzero(asked)
        state = health.health[:, clock.month_of(np.array([day]))[0]]
        channel = np.where(days_past < 15, 0, np.where(days_past < 45, 1, np.where(luck[1] < 0.6, 1, 2)))
        channel = np.where((days_past > 60) & (luck[1] > 0.93), 3, channel)
        reached = asked & (luck[2] < REACHED[channel])
        promise = reached & (luck[3] < 0.5) & (days_past > 8)
        agreed = reached & ~promise & (days_past > 45) & (luck[3] > 0.75)
        outcome = np.where(promise, 2, np.where(agreed, 3, np.where(reached, 1, 0)))
        contacts.append(Contacts(who, np.full(len(who), day), channel[who], outcome[who]))
        quiet_until[who] = day + np.where(days_past[who] > 45, QUIET_DAYS // 2, pause)

        able = 1 / (1 + np.exp(-2.5 * (state + 0.6)))
        pull = np.where(reached, 0.9 - 0.45 * able, np.where(asked, 0.97 - 0.1 * able, 1.0))
        pull = np.where(agreed, 1.0, pull)
        promise_day = workday(day + rng.integers(5, 15, n))
        kept = rng.random(n) < 1 / (1 + np.exp(-(1.3 + 1.2 * state)))
        break_days = 5 + (25 * rng.random(n) * np.clip(0.5 - 0.5 * state, 0.3, 2.0)).astype(np.int64)
        for days in (first, last):
            days[late] = _moved(
                days[late], day, pull[owner], promise[owner], promise_day[owner], kept[owner], break_days[owner]
            )
        made = np.flatnonzero(promise)
        if len(made):
            promises.append(_promises(documents, plan, late, made, day, promise_day))
            promised_until[made] = promise_day[made] + 3
        chosen = late[agreed[owner]]
        extensions.append(Extensions(chosen, np.full(len(chosen), day + 30), np.full(len(chosen), day)))
    first = np.minimum(first, last)
    moved = Plan(first, last, plan.first_cents, plan.last_cents, plan.discount_cents, plan.offset)
    nobody = Contacts(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
    nothing = Promises(*(np.zeros(0, dtype=np.int64) for _ in range(5)))
    return moved, nobody.plus(*contacts), nothing.plus(*promises), extensions[0].plus(*extensions[1:])


def draw_dunning_stops(rng: np.random.Generator, accounts: Accounts, clock: Clock) -> DunningStops:
    """Give a few customers one dunning stop of some weeks, whatever their health."""
    n = len(accounts)
    begins = workday(rng.integers(clock.start, clock.end, n))
    ends = workday(begins + rng.integers(20, 60, n))
    has = (rng.random(n) < 0.06) & (accounts.opened < begins)
    return DunningStops(np.arange(n), begins, ends).take(has)


def _moved(days: Ints, today: int, pull: Floats, promise: Flags, due: Ints, kept: Flags, break_days: Ints) -> Ints:
    """Return the payment days after this week's contacts; what will never be paid stays so."""
    ahead = days - today
    moved = today + np.maximum(np.ceil(ahead * pull).astype(np.int64), 2)
    moved = np.where(promise & kept, np.minimum(moved, due), moved)
    moved = np.where(promise & ~kept, np.maximum(moved, due + break_days), moved)
    changes = (ahead > 2) & (days < NEVER) & ((pull < 1.0) | promise)
    return np.where(changes, np.minimum(workday(moved), np.maximum(days, due + 60)), days)


def _promises(documents: Documents, plan: Plan, late: Ints, made: Ints, day: int, due: Ints) -> Promises:
    """Write down what was promised: all that is past due, on the document itself where there is only one."""
    owner = documents.customer[late]
    size = int(owner.max()) + 1
    cents, count, which = (np.zeros(size, dtype=np.int64) for _ in range(3))
    still = np.where(plan.first[late] > day, plan.first_cents[late], 0) + plan.last_cents[late]
    np.add.at(cents, owner, still)
    np.add.at(count, owner, 1)
    which[owner] = late
    document = np.where(count[made] == 1, which[made], -1)
    return Promises(made, document, np.full(len(made), day), due[made], cents[made])
