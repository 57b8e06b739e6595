"""Who would be contacted by somebody who knows the truth: two oracles, and the choice under a capacity.

The **clairvoyant** knows the very day on which each amount will be paid if nobody asks
(:meth:`~credrisk.simulate.contact_world.ContactWorld.gains`); nothing beats it. The **oracle** knows every account as
the simulator does on the day: health, traits, whether it pays nobody at the moment, the reason, the law of payment and
of every action; it does not know the future. Its expectations are averages over redrawn payment days: the customers'
plans and the contacts of the past are drawn again, and of each amount those draws count in which it is still open
today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from credrisk.simulate.clock import NEVER, Clock, Floats, Ints, Streams
from credrisk.simulate.collection import DunningStops, collect, plan_payments
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_gains import gains_of
from credrisk.simulate.contact_world_items import Pieces
from credrisk.simulate.health import Health
from credrisk.simulate.unbroken import surviving

__all__ = ["Redrawn", "best_contacts", "chosen_gain", "expected_gains", "redrawn_days"]

DRAWS = 400
LEAST_DRAWS = 8
"""Draws in which an amount must still be open to speak for it; an amount with fewer takes those of the amounts that are
about as old."""
MOST_DRAWS = 60
"""Of more draws that are open the first ones are taken."""
LOOK_BACK_MONTHS = 10
"""Documents of so many months are drawn again: what fell due before is dealt with as what has too few draws."""


@dataclass(frozen=True)
class Redrawn:
    """Payment days of what is asked for, drawn again.

    Attributes
    ----------
    asked
        The pieces; each stands there once a draw, with its day of payment.
    cents
        Minor units of each row: those of the piece over its number of draws.
    own_share
        Share of the money that can be moved whose draws are its own (the rest: too few were open).
    """

    asked: Pieces
    cents: Floats
    own_share: float


def expected_gains(world: ContactWorld, *, draws: int = DRAWS) -> pl.DataFrame:
    """Return the true expected gain on ``world.as_of`` of every action for who knows all but the future.

    The columns of :meth:`~credrisk.simulate.contact_world.ContactWorld.gains`. The seed of the draws is fixed.
    """
    t = world.day_number(None)
    found = redrawn_days(world, draws=draws)
    return gains_of(world, found.asked, found.cents, t)


def redrawn_days(world: ContactWorld, *, draws: int = DRAWS) -> Redrawn:
    """Draw the payment days of what is asked for on ``world.as_of`` again, given that it is still open."""
    t = world.day_number(None)
    asked = world.asked_for(world.pieces, t)
    alive = world.truth.world.outcomes.failed[asked.customer] > t
    free = np.flatnonzero(asked.moves & alive & (asked.day < NEVER))
    days = _drawn(world, asked.take(free), t, draws)
    is_open = days > t
    counts = is_open.sum(axis=0)
    own = counts >= LEAST_DRAWS
    age = t - asked.due[free]
    rows, values, weights = [], [], []
    for place, piece in enumerate(free):
        source = place if own[place] else _nearest(age, counts, place)
        # Draws of another amount count from its own open days: what is left after today.
        chosen = days[is_open[:, source], source][:MOST_DRAWS]
        if not len(chosen):
            chosen = asked.day[piece : piece + 1]
        rows.append(np.full(len(chosen), piece))
        values.append(chosen)
        weights.append(np.full(len(chosen), asked.cents[piece] / len(chosen)))
    rest = np.setdiff1d(np.arange(len(asked)), free)
    which = np.concatenate([rest, *rows]).astype(np.int64)
    spread = asked.take(which)
    spread = replace(spread, day=np.concatenate([asked.day[rest], *values]).astype(np.int64))
    cents = np.concatenate([asked.cents[rest].astype(float), *weights])
    money = asked.cents[free].astype(float)
    return Redrawn(spread, cents, float(money[own].sum() / max(money.sum(), 1.0)))


def best_contacts(gains: pl.DataFrame, *, capacity: int, among: pl.Series | None = None) -> pl.DataFrame:
    """Return the actions with the highest sum of ``gain`` when ``capacity`` of them may take somebody's time.

    Everybody may have an action that takes nobody's time; of those by hand the ones count that gain most beyond it.

    Parameters
    ----------
    gains
        ``customer_id, action, allowed, uses_capacity, gain``.
    among
        The customers that may be contacted; all where None.

    Returns
    -------
    polars.DataFrame
        ``customer_id, action, gain``: at most one row a customer, nothing at a loss.
    """
    may = gains.filter("allowed")
    if among is not None:
        may = may.filter(pl.col("customer_id").is_in(among.to_list()))
    best = may.sort("gain", descending=True).group_by("customer_id", "uses_capacity", maintain_order=True).first()
    by_itself = best.filter(~pl.col("uses_capacity") & (pl.col("gain") > 0)).select("customer_id", "action", "gain")
    by_hand = (
        best.filter("uses_capacity")
        .join(by_itself.select("customer_id", anyway="gain"), on="customer_id", how="left")
        .with_columns(more=pl.col("gain") - pl.col("anyway").fill_null(0.0))
        .filter(pl.col("more") > 0)
        .sort("more", "customer_id", descending=[True, False])
        .head(capacity)
        .select("customer_id", "action", "gain")
    )
    return pl.concat([by_hand, by_itself.join(by_hand, on="customer_id", how="anti")])


def _nearest(age: Ints, counts: Ints, place: int) -> int:
    """Return the amount with enough draws whose age is nearest."""
    fit = np.flatnonzero(counts >= LEAST_DRAWS)
    return int(fit[np.argmin(np.abs(age[fit] - age[place]))]) if len(fit) else place


def _drawn(world: ContactWorld, free: Pieces, t: int, draws: int) -> Ints:
    """Return the payment day of each piece in each draw (draws, pieces)."""
    truth = world.truth
    real = truth.world
    who = np.unique(free.customer)
    here = int(real.clock.month_of(np.array([t]))[0])
    first = max(here - LOOK_BACK_MONTHS, 0)
    clock = Clock(real.clock.start, t, 0, real.clock.month_starts[first:])
    health = Health(
        real.health.health[who, first:],
        real.health.intensity[who, first:],
        real.health.market[first:],
        real.health.industry[:, first:],
    )
    accounts, outcomes = real.accounts.take(who), surviving(real.outcomes.take(who), world.as_of)
    row = np.flatnonzero(
        np.isin(real.documents.customer, who)
        & (real.documents.due >= clock.first)
        & (real.documents.due <= t + 10)
        & (real.documents.recorded <= t)
    )
    row = np.union1d(row, free.document)
    documents = real.documents.take(row)
    documents = replace(documents, customer=np.searchsorted(who, documents.customer))
    held, squeezed = truth.quarrels.held[row], truth.squeezed[who, first:]
    place = np.searchsorted(row, free.document)
    is_last = real.plan.last[free.document] == free.day
    streams = Streams(int(world.simulation.parameters["seed"]))
    rng = streams("redrawn payments")
    nothing = np.zeros(0, dtype=np.int64)
    stops = DunningStops(nothing, nothing, nothing)
    found = np.empty((draws, len(free)), dtype=np.int64)
    for draw in range(draws):
        meant = plan_payments(rng, accounts, health, documents, held, clock, squeezed=squeezed)
        plan, *_ = collect(rng, accounts, health, outcomes, documents, meant, stops, clock)
        found[draw] = np.where(is_last, plan.last[place], plan.first[place])
    return found


def chosen_gain(gains: pl.DataFrame, chosen: pl.DataFrame) -> float:
    """Return the sum of ``gain`` of chosen actions (``customer_id, action``); one that is not in ``gains`` is 0."""
    named = chosen.select("customer_id", "action")
    return float(gains.join(named, on=["customer_id", "action"], how="inner")["gain"].sum())
