"""Customers as they are: size, trade, terms, currency, group, and a payment habit that is not their health."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.clock import NEVER, Clock, Flags, Floats, Ints, Rows
from credrisk.simulate.names import INDUSTRIES

__all__ = ["COUNTRIES", "CURRENCIES", "HABITS", "Accounts", "draw_accounts"]

CURRENCIES = ("EUR", "GBP", "USD")
COUNTRIES = {"EUR": ("DE", "FR", "NL", "IT", "ES", "AT", "BE"), "GBP": ("GB",), "USD": ("US",)}
"""Countries by currency; the first one of the ledger's currency is home, where sales bear tax."""

HABITS = ("prompt", "usual", "late", "slow_but_safe")
HABIT_SHARES = (0.45, 0.42, 0.13)
HABIT_DAYS = ((-6.5, 2.0), (-3.0, 2.0), (5.0, 3.5), (18.0, 5.0))
"""Mean and spread over customers of the days beyond terms that a customer takes in good health."""

FOREIGN_SHARE = 0.08
TERMS_DAYS = (14, 30, 45, 60)
TERMS_SHARES = (0.1, 0.5, 0.2, 0.2)


@dataclass
class Accounts(Rows):
    """One row a customer. What is latent here goes to the truth and never into the ledger."""

    industry: Ints
    country: Ints
    currency: Ints
    """0 is the ledger's currency."""
    home: Flags
    """Domestic: sales bear tax."""
    size: Floats
    """Standard normal: how big the customer is."""
    monthly_sales: Floats
    orders_a_month: Floats
    terms: Ints
    new_terms: Ints
    terms_change: Ints
    """Day from which ``new_terms`` hold."""
    discount: Flags
    """May take 2 % within 10 days."""
    habit: Ints
    habit_days: Floats
    spread_days: Floats
    """Standard deviation of the delay between invoices of one customer in good health."""
    run: Ints
    """Payment runs: 0 any working day, 1 once a week, 2 twice a month."""
    run_day: Ints
    mean_health: Floats
    market_loading: Floats
    opened: Ints
    head: Ints
    """Customer that heads the group; -1 for none."""
    joined: Ints
    """Day on which it joined the group."""
    dispute_rate: Floats
    short_payer: Flags
    poor_remittance: Flags
    rebate: Flags
    instalments: Flags
    pays_in_home_currency: Flags
    charged_late_fees: Flags
    publishes: Flags
    covered: Flags

    def terms_at(self, customer: Ints, day: Ints) -> Ints:
        """Return the terms in days that hold for each customer on each day."""
        return np.where(day >= self.terms_change[customer], self.new_terms[customer], self.terms[customer])


def draw_accounts(rng: np.random.Generator, *, customers: int, clock: Clock) -> Accounts:
    """Draw the customers of a ledger."""
    n = customers
    size = rng.normal(size=n)
    monthly = np.exp(8.7 + 1.05 * size)
    rate = np.clip(np.exp(-0.8 + 0.4 * size + 0.45 * rng.normal(size=n)), 0.3, 6.0)
    safe_giant = 0.04 + 0.08 * (size > 0.7)
    edges = np.cumsum(HABIT_SHARES)
    habit = np.where(rng.random(n) < safe_giant, 3, np.minimum(np.searchsorted(edges, rng.random(n)), 2))
    habit_mean, habit_sd = np.array(HABIT_DAYS)[habit].T
    foreign = rng.random(n) < FOREIGN_SHARE
    currency = np.where(foreign, 1 + rng.integers(0, 2, n), 0)
    country = np.where(foreign, 0, np.maximum(rng.integers(-3, 7, n), 0))
    terms = rng.choice(TERMS_DAYS, n, p=TERMS_SHARES)
    changes = rng.random(n) < 0.06
    arrives = rng.random(n) < 0.14
    opened = np.where(
        arrives,
        rng.integers(clock.start, max(clock.start + 1, clock.end - 60), n),
        clock.first - rng.integers(1, 12 * 365, n),
    )
    head, joined = _groups(rng, opened=opened, clock=clock)
    return Accounts(
        industry=rng.integers(0, len(INDUSTRIES), n),
        country=country,
        currency=currency,
        home=(currency == 0) & (country == 0),
        size=size,
        monthly_sales=monthly,
        orders_a_month=rate,
        terms=terms,
        new_terms=rng.choice(TERMS_DAYS, n, p=TERMS_SHARES),
        terms_change=np.where(changes, rng.integers(clock.start, clock.end, n), NEVER),
        discount=(rng.random(n) < 0.14) & (terms >= 30) & (habit <= 1),
        habit=habit,
        habit_days=habit_mean + habit_sd * rng.normal(size=n),
        spread_days=rng.uniform(1.0, 4.0, n),
        run=rng.choice(3, n, p=(0.35, 0.4, 0.25)),
        run_day=rng.integers(0, 5, n),
        mean_health=0.5 * rng.normal(size=n) + 0.12 * size + 0.6 * (habit == 3) - 0.05,
        market_loading=rng.uniform(0.05, 0.35, n),
        opened=opened,
        head=head,
        joined=joined,
        dispute_rate=0.03 * rng.gamma(1.2, 1.0, n),
        short_payer=rng.random(n) < 0.12,
        poor_remittance=rng.random(n) < 0.1,
        rebate=rng.random(n) < 0.06,
        instalments=rng.random(n) < 0.02,
        pays_in_home_currency=(currency > 0) & (rng.random(n) < 0.25),
        charged_late_fees=rng.random(n) < 0.2,
        publishes=rng.random(n) < np.clip(0.33 + 0.15 * size, 0.02, 0.95),
        covered=rng.random(n) < np.clip(0.28 + 0.1 * size, 0.02, 0.9),
    )


def _groups(rng: np.random.Generator, *, opened: Ints, clock: Clock) -> tuple[Ints, Ints]:
    """Put about one customer in eight into a group of two to four; a few groups buy a member on the way."""
    n = len(opened)
    head, joined = np.full(n, -1, dtype=np.int64), np.full(n, NEVER, dtype=np.int64)
    sizes = rng.integers(2, 5, n // 24)
    members = rng.permutation(n)[: sizes.sum()]
    heads = np.repeat(members[np.cumsum(sizes) - sizes], sizes)
    belongs = heads != members
    members, heads = members[belongs], heads[belongs]
    since = np.maximum(opened[members], opened[heads])
    bought = rng.random(len(members)) < 0.2
    bought_on = np.maximum(since, rng.integers(clock.start, clock.end, len(members)))
    head[members], joined[members] = heads, np.where(bought, bought_on, since)
    return head, joined
