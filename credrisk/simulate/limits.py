"""Credit limits, terms, collectors, groups and cover as dated values: what the credit file says and from when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Rows, posted, workday
from credrisk.simulate.collection import DunningStops
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.health import Health
from credrisk.simulate.names import COLLECTORS
from credrisk.simulate.sales import Documents
from credrisk.simulate.scenarios import Scenario

__all__ = ["COVER_KINDS", "Cover", "draw_cover", "draw_history"]

COVER_KINDS = ("insurance", "guarantee", "letter_of_credit")
HEADROOM = 1.8
"""A limit is granted for this many times the balance that the terms imply."""
NEW_SEGMENT = "D"
"""Beside A, B and C by size: where a scenario brings accounts of another kind."""


@dataclass
class Cover(Rows):
    """One row a version of a cover; the limit in minor units of the customer's currency."""

    customer: Ints
    kind: Ints
    cents: Ints
    begins: Ints
    ends: Ints
    recorded: Ints


def draw_history(
    rng: np.random.Generator,
    accounts: Accounts,
    health: Health,
    outcomes: Outcomes,
    documents: Documents,
    stops: DunningStops,
    ids: np.ndarray,
    clock: Clock,
    scenario: Scenario,
) -> pl.DataFrame:
    """Draw the dated attributes of every customer.

    Returns
    -------
    polars.DataFrame
        ``customer, attribute, value, day, recorded``; limits in whole units of the ledger's currency; a null value
        ends a dunning stop.
    """
    everybody = np.arange(len(accounts))
    parts: list[pl.DataFrame] = []

    def add(attribute: str, customer: Ints, value: np.ndarray, day: Ints, recorded: Ints | None = None) -> None:
        known = day if recorded is None else recorded
        parts.append(
            pl.DataFrame(
                {"customer": customer, "value": value.astype(str), "day": day, "recorded": known},
                schema_overrides={"value": pl.String},
            ).with_columns(attribute=pl.lit(attribute))
        )

    add("terms_days", everybody, accounts.terms, accounts.opened)
    changed = np.flatnonzero((accounts.terms_change < NEVER) & (accounts.terms_change > accounts.opened))
    changed = changed[accounts.terms[changed] != accounts.new_terms[changed]]
    add("terms_days", changed, accounts.new_terms[changed], accounts.terms_change[changed])
    grouped = np.flatnonzero(accounts.head >= 0)
    joined = accounts.joined[grouped]
    learned = np.where(joined >= clock.start, workday(joined + rng.integers(0, 45, len(grouped))), joined)
    add("parent_id", grouped, ids[accounts.head[grouped]], joined, learned)
    desk = rng.integers(0, len(COLLECTORS), len(accounts))
    add("collector", everybody, np.array(COLLECTORS)[desk], accounts.opened)
    leaves = int(rng.integers(clock.start, clock.end))
    moved = np.flatnonzero((desk == 3) & (accounts.opened < leaves))
    add("collector", moved, np.array(COLLECTORS)[rng.integers(0, 3, len(moved))], np.full(len(moved), leaves))
    segment = np.where(accounts.size > 0.9, "A", np.where(accounts.size > -0.4, "B", "C"))
    segment = np.where(scenario.segment, NEW_SEGMENT, segment)
    add("segment", everybody, segment, accounts.opened)
    for customer, limit, day in _limits(rng, accounts, health, outcomes, documents, clock, scenario):
        add("credit_limit", customer, limit, day, posted(rng, day, late=0.02))
    add("dunning_stop", stops.customer, np.full(len(stops), "sales"), stops.begins)
    add("dunning_stop", stops.customer, np.full(len(stops), ""), stops.ends)
    return pl.concat(parts).with_columns(pl.col("value").replace("", None))


def _limits(
    rng: np.random.Generator,
    accounts: Accounts,
    health: Health,
    outcomes: Outcomes,
    documents: Documents,
    clock: Clock,
    scenario: Scenario,
) -> list[tuple[Ints, Ints, Ints]]:
    """Grant a limit at the opening, review it once a year on the sales seen, withdraw it after a failure."""
    n = len(accounts)
    invoiced = np.zeros((n, clock.months))
    np.add.at(invoiced, (documents.customer, clock.month_of(documents.day)), documents.cents / 100)
    cycle = accounts.terms / 30 + 1
    limit = _rounded(HEADROOM * accounts.monthly_sales * cycle * np.exp(0.25 * rng.normal(size=n)))
    granted = [(np.arange(n), limit, accounts.opened)]
    review_month = rng.integers(0, 12, n)
    present = np.minimum(outcomes.failed, outcomes.left)
    for month in range(clock.warm_up, clock.months):
        day = int(clock.month_starts[month]) + 9
        luck, noise = rng.random(n), np.exp(0.2 * rng.normal(size=n))
        due = (clock.calendar_months[month] == review_month) & (accounts.opened < day - 200) & (present > day)
        year = invoiced[:, max(0, month - 12) : month].sum(axis=1) * 12 / min(12, month)
        doubt = np.where((health.health[:, month] < -1.2) & (luck < 0.6), 0.55, 1.0)
        headroom = HEADROOM if scenario.headroom is None or day < scenario.begins else scenario.headroom
        wanted = _rounded(headroom * year / 12 * cycle * noise * doubt)
        changed = np.flatnonzero(due & (np.abs(wanted - limit) > 0.15 * limit))
        limit[changed] = wanted[changed]
        granted.append((changed, limit[changed], np.full(len(changed), day)))
    gone = np.flatnonzero(outcomes.kind > 0)
    stop = outcomes.failed[gone] + np.where(outcomes.kind[gone] == 1, 15, 70)
    granted.append((gone, np.zeros(len(gone), dtype=np.int64), stop))
    return granted


def _rounded(amount: Floats) -> Ints:
    """Round to two significant digits, at least 1,000."""
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(amount, 1.0))) - 1, 2)
    rounded: Ints = np.maximum(np.round(amount / step) * step, 1000).astype(np.int64)
    return rounded


def draw_cover(rng: np.random.Generator, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock) -> Cover:
    """Draw insurance with yearly renewals and cuts when health falls, some guarantees and letters of credit."""
    n = len(accounts)
    kind = np.where(rng.random(n) < 0.9, 0, np.where(accounts.currency > 0, 2, 1))
    full = _rounded(1.3 * accounts.monthly_sales * (accounts.terms / 30 + 1))
    limit = np.zeros(n, dtype=np.int64)
    parts: list[Cover] = []
    for month in range(clock.months):
        day = int(clock.month_starts[month])
        january = clock.calendar_months[month] == 0
        luck = rng.random((2, n))
        state = health.health[:, month]
        alive = accounts.covered & (accounts.opened < day) & (outcomes.failed > day) & (outcomes.left > day)
        begins = alive & (limit == 0) & (january | (month == 0) | (accounts.opened > day - 60)) & (state > -1.0)
        renews = alive & (limit > 0) & january & (kind == 0)
        cut = alive & (limit > 0) & ~begins & ~renews & (state < -1.1) & (luck[0] < 0.15) & (kind == 0)
        changed = np.flatnonzero(begins | renews | cut)
        limit = np.where(begins, full, np.where(cut, np.where(luck[1] < 0.5, 0, limit // 2), limit))
        limit = np.where(renews & (state > 0), full, limit)
        starts = day + np.where(cut[changed], 12, 0)
        ends = np.where(kind[changed] == 0, _year_end(day), NEVER)
        parts.append(Cover(changed, kind[changed], 100 * limit[changed], starts, ends, posted(rng, starts, late=0.05)))
    return parts[0].plus(*parts[1:])


def _year_end(day: int) -> int:
    year = np.datetime64(day, "D").astype("datetime64[Y]")
    return int((year + 1).astype("datetime64[D]").astype(np.int64)) - 1
