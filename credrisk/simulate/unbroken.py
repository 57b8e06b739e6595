"""What every customer would have ordered and paid, had nobody failed after a day.

The simulator draws orders, their amounts and health before it looks at who fails, so the same streams give the orders
that the failures of a simulation cut off. Deliveries and payments come after that and are drawn anew; they follow the
same law. A second reading starts at the day itself: health, orders and payments of the time after it drawn with other
streams, which is what somebody knows who knows the customer and not the future.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.simulate import health as latent
from credrisk.simulate.accounts import Accounts, draw_accounts
from credrisk.simulate.clock import NEVER, Clock, Floats, Streams
from credrisk.simulate.collection import Plan, collect, draw_dunning_stops, plan_payments
from credrisk.simulate.disputes import draw_disputes, draw_rebates
from credrisk.simulate.failure import Outcomes, draw_outcomes
from credrisk.simulate.health import Health, draw_health
from credrisk.simulate.rates import draw_rates
from credrisk.simulate.sales import Documents, draw_sales

__all__ = ["World", "expected_intensity", "redrawn_world", "surviving", "unbroken_world"]

MONTHS_AFTER = 2
"""Months simulated after the replayed ones, so that what is delivered at the end has its day of payment."""


@dataclass(frozen=True)
class World:
    """Trade without failures after a day.

    Attributes
    ----------
    outcomes
        What becomes of each customer in the simulation itself, failures after the day included.
    rates
        Units of the ledger's currency for one unit of each currency (currencies, months).
    documents, plan
        Every document that was sold and when it is paid; nobody fails after the day.
    """

    clock: Clock
    accounts: Accounts
    health: Health
    outcomes: Outcomes
    rates: Floats
    documents: Documents
    plan: Plan


def unbroken_world(parameters: Mapping[str, str], *, as_of: date) -> World:
    """Return the trade of a simulation as if nobody failed after ``as_of``.

    Parameters
    ----------
    parameters
        Those of the simulation (:attr:`~credrisk.simulate.Simulation.parameters`); scenario ``none`` only.

    Raises
    ------
    ParameterError
        When the simulation ran under a scenario.
    """
    if parameters.get("scenario", "none") != "none":
        raise ParameterError("simulation", "one without a scenario", parameters["scenario"])
    streams = Streams(int(parameters["seed"]))
    clock = Clock.of(to_date(parameters["start"]), int(parameters["months"]))
    accounts = draw_accounts(streams("accounts"), customers=int(parameters["customers"]), clock=clock)
    health = draw_health(streams("health"), accounts, clock)
    outcomes = draw_outcomes(streams("outcomes"), accounts, health, clock)
    rates = draw_rates(streams("rates"), clock, parameters["currency"])
    documents, plan = _trade(streams, accounts, health, surviving(outcomes, as_of), clock)
    return World(clock, accounts, health, outcomes, rates, documents, plan)


def redrawn_world(known: World, *, as_of: date, months: int, seed: int) -> World:
    """Return another future of the same customers: what was true on ``as_of`` is kept, what comes after is drawn.

    Health goes on from that of the day. Orders and payments of the months before are drawn anew as well, so that the
    balance of the day is one of those that the customer may have. Nobody leaves and rates stay.
    """
    streams = Streams(seed)
    clock = Clock.of(date.fromordinal(as_of.toordinal() + 1), months + MONTHS_AFTER)
    today = _month(known, as_of)
    health = _health_onward(streams("health"), known, today, clock)
    rates = np.repeat(known.rates[:, [today]], clock.months, axis=1)
    outcomes = surviving(known.outcomes, as_of)
    documents, plan = _trade(streams, known.accounts, health, outcomes, clock)
    return World(clock, known.accounts, health, outcomes, rates, documents, plan)


def expected_intensity(known: World, *, as_of: date, months: int) -> Floats:
    """Return the true failures to expect in each month after ``as_of`` given the health of the day: (n, months).

    Own, industry and market state are Gaussian given today's, so the mean of ``exp(-slope x health)`` is that of a
    lognormal variable. Only a customer that is alive on the day has them.
    """
    today = _month(known, as_of)
    accounts, path = known.accounts, known.health
    ahead = np.arange(1, months + 1)
    mean = np.repeat(accounts.mean_health[:, None], months, axis=1)
    variance = np.zeros((len(accounts), months))
    market, industry = path.market[today], path.industry[accounts.industry, today]
    rest = path.health[:, today] - accounts.mean_health - accounts.market_loading * market
    own = rest - latent.INDUSTRY_LOADING * industry
    for state, loading, persistence in (
        (accounts.market_loading * market, accounts.market_loading, latent.MARKET_PERSISTENCE),
        (latent.INDUSTRY_LOADING * industry, latent.INDUSTRY_LOADING, latent.INDUSTRY_PERSISTENCE),
        (own, latent.OWN_SD, latent.OWN_PERSISTENCE),
    ):
        mean += state[:, None] * persistence**ahead
        variance += np.broadcast_to(np.square(loading), len(own))[:, None] * (1 - persistence ** (2 * ahead))
    slope = latent.HEALTH_SLOPE
    weakness = np.exp(-slope * mean + slope**2 * variance / 2)
    return np.asarray((latent.FAILURES_A_YEAR * weakness + latent.FLOOR_A_YEAR) / 12)


def _month(known: World, as_of: date) -> int:
    """Return the index of the month of a day."""
    return int(known.clock.month_of(np.array([(as_of - date(1970, 1, 1)).days]))[0])


def _trade(
    streams: Streams, accounts: Accounts, health: Health, outcomes: Outcomes, clock: Clock
) -> tuple[Documents, Plan]:
    """Return what was sold, in the order of the draws, and how it is paid; credit notes and new bills are left out."""
    _, sold = draw_sales(streams("sales"), accounts, health, outcomes, clock)
    quarrels = draw_disputes(streams("disputes"), accounts, outcomes, sold)
    quarrels = draw_rebates(streams("rebates"), accounts, outcomes, quarrels, clock)
    documents = quarrels.documents
    meant = plan_payments(streams("payments"), accounts, health, documents, quarrels.held, clock)
    stops = draw_dunning_stops(streams("dunning stops"), accounts, clock)
    plan, *_ = collect(streams("collection"), accounts, health, outcomes, documents, meant, stops, clock)
    # What a dispute or a rebate holds back counts as paid with the rest.
    first = np.arange(len(sold))
    return sold, replace(plan, last_cents=plan.last_cents + quarrels.held).take(first)


def surviving(outcomes: Outcomes, as_of: date) -> Outcomes:
    """Return the outcomes with everybody alive who had not failed by ``as_of``."""
    day = (as_of - date(1970, 1, 1)).days
    lives = outcomes.failed > day
    return Outcomes(
        failed=np.where(lives, NEVER, outcomes.failed),
        kind=np.where(lives, 0, outcomes.kind),
        left=outcomes.left,
        lgd=np.where(lives, np.nan, outcomes.lgd),
        orders_until=np.where(lives, outcomes.left, outcomes.orders_until),
        deliveries_until=np.where(lives, NEVER, outcomes.deliveries_until),
    )


def _health_onward(rng: np.random.Generator, known: World, today: int, clock: Clock) -> Health:
    """Keep the health of the months before the clock's start and draw what comes after from the last of them."""
    accounts, before = known.accounts, clock.warm_up
    months, path = clock.months, known.health
    market = _onward(rng, path.market[None, today - before + 1 : today + 1], months, latent.MARKET_PERSISTENCE)[0]
    industry = _onward(rng, path.industry[:, today - before + 1 : today + 1], months, latent.INDUSTRY_PERSISTENCE)
    shared = (
        accounts.mean_health[:, None]
        + accounts.market_loading[:, None] * market
        + latent.INDUSTRY_LOADING * industry[accounts.industry]
    )
    own = (path.health[:, today - before + 1 : today + 1] - shared[:, :before]) / latent.OWN_SD
    health = shared + latent.OWN_SD * _onward(rng, own, months, latent.OWN_PERSISTENCE)
    yearly = latent.FAILURES_A_YEAR * np.exp(-latent.HEALTH_SLOPE * health) + latent.FLOOR_A_YEAR
    return Health(health, yearly / 12, market, industry)


def _onward(rng: np.random.Generator, seen: Floats, months: int, persistence: float) -> Floats:
    """Continue AR(1) paths of unit variance (rows, months seen) to ``months``."""
    paths = np.empty((len(seen), months))
    paths[:, : seen.shape[1]] = seen
    shocks = np.sqrt(1 - persistence**2) * rng.normal(size=paths.shape)
    for month in range(seen.shape[1], months):
        paths[:, month] = persistence * paths[:, month - 1] + shocks[:, month]
    return paths
