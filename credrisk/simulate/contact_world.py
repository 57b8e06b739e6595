"""A ledger whose accounts can be contacted: what each action would truly gain, account by account.

On top of a simulated ledger: up to a day it is collected as :mod:`credrisk.simulate.collection` does it, and from then
on nobody is contacted unless somebody asks for it here. The truth of each account is the day on which each open amount
is paid if nobody asks, its hidden health and failure intensity, and the reason why it has not paid. An action moves the
days of payment by a mechanism (:mod:`credrisk.simulate.contact_world_mechanism`): a share of the remaining delay, by
reason, where somebody is reached. Loss is avoided because money comes before the failure would have; it is not a
parameter.

What an action truly gains stands in :mod:`credrisk.simulate.contact_world_gains`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Self

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import ParameterError
from credrisk.simulate.clock import NEVER, Flags, Floats, Ints, Streams
from credrisk.simulate.contact_world_gains import YEAR_DAYS, gains_of, mean_lgd
from credrisk.simulate.contact_world_items import Behind, Pieces, behind, pieces_of
from credrisk.simulate.contact_world_mechanism import REASONS, Mechanism, world_mechanism
from credrisk.simulate.simulator import Simulation, simulate_ledger
from credrisk.simulate.unbroken import expected_intensity

__all__ = ["DUE_SOON_DAYS", "ContactWorld", "visible_accounts"]

DUE_SOON_DAYS = 5
"""An item due within so many days may be reminded of, where nothing is past due."""
START = date(2020, 1, 1)
EPOCH = date(1970, 1, 1)
LATE_HABITS = (2, 3)
"""Late, and slow but safe (:data:`credrisk.simulate.accounts.HABITS`)."""


@dataclass(frozen=True)
class ContactWorld:
    """Accounts of a simulated ledger with the truth of every action.

    Attributes
    ----------
    simulation
        The ledger; it goes on after ``as_of`` with a collection of its own, so look at it cut at that day only.
    as_of
        The last day of the simulator's own collection.
    truth
        What is behind it.
    pieces
        What is owed, and the day on which it is paid if nobody asks.
    mechanism
        What an action does.
    reason
        (customers,) code of the reason for which each account does not pay (:data:`REASONS`).
    cost_of_funds
        A year.
    """

    simulation: Simulation
    as_of: date
    truth: Behind
    pieces: Pieces
    mechanism: Mechanism
    reason: Ints
    cost_of_funds: float

    @classmethod
    def of(
        cls,
        *,
        seed: int,
        customers: int = 1500,
        world: str = "usual",
        history_months: int = 36,
        months: int = 14,
        cost_of_funds: float = 0.08,
    ) -> Self:
        """Simulate a ledger of ``history_months`` and ``months`` after them, and lay the contact world over it.

        Parameters
        ----------
        seed
            The same seed gives the same ledger in every world.
        world
            One of :data:`~credrisk.simulate.contact_world_mechanism.WORLDS`.
        """
        simulation = simulate_ledger(customers=customers, months=history_months + months, start=START, seed=seed)
        as_of = date.fromordinal(months_after(START, history_months).toordinal() - 1)
        return cls.on(simulation, as_of=as_of, mechanism=world_mechanism(world), cost_of_funds=cost_of_funds)

    @classmethod
    def on(
        cls, simulation: Simulation, *, as_of: date | str, mechanism: Mechanism, cost_of_funds: float = 0.08
    ) -> Self:
        """Lay a contact world over a simulation whose months go on after ``as_of``."""
        day = to_date(as_of)
        truth = behind(simulation, as_of=day)
        pieces = pieces_of(simulation, truth, _open_items(simulation, day), as_of=day)
        reason = _reasons(simulation, truth, pieces, mechanism, day)
        return cls(simulation, day, truth, pieces, mechanism, reason, cost_of_funds)

    def in_world(self, world: str) -> Self:
        """Return the same accounts, reasons and days in another world."""
        return replace(self, mechanism=world_mechanism(world))

    @cached_property
    def customer_id(self) -> list[str]:
        """Ids of all customers, in the order of the codes in ``pieces``."""
        width = len(str(len(self.reason)))
        return [f"C{number:0{width}d}" for number in range(1, len(self.reason) + 1)]

    @property
    def last_day(self) -> date:
        """Last simulated day; documents and failures are known until then."""
        return self.truth.world.clock.day(self.truth.world.clock.end)

    def accounts(self, day: date | str | None = None) -> pl.DataFrame:
        """Return what can be seen of the accounts with something past due or due soon, if nobody was contacted.

        Columns of :func:`visible_accounts`. ``day``: ``as_of`` or later.
        """
        t = self.day_number(day)
        return visible_accounts(self, self.with_failures(self.pieces, t), t)

    def account_truth(self, day: date | str | None = None) -> pl.DataFrame:
        """Return what is hidden, one row a customer.

        ``customer_id, reason, health, failures_12m`` (expected), ``lgd``, ``squeezed`` (what fell due in one of the
        last three months waits until it can pay again), ``failed`` (flag, by that day) and ``days_to_pay`` (of what may
        be asked for, by money, if nobody asks; cut at 365; null: nothing to ask for).
        """
        t = self.day_number(day)
        asked = self.asked_for(self.pieces, t)
        cents, n = asked.cents.astype(float), len(self.reason)
        days = np.clip(asked.day - t, 0, YEAR_DAYS)
        owed = np.bincount(asked.customer, cents, minlength=n)
        mean = np.bincount(asked.customer, cents * days, minlength=n) / np.where(owed > 0, owed, np.nan)
        return pl.DataFrame(
            {
                "customer_id": self.customer_id,
                "reason": [REASONS[code] for code in self.reason],
                "health": self.health(t),
                "failures_12m": self.hazard(t).sum(axis=1),
                "lgd": np.full(n, mean_lgd()),
                "squeezed": squeezed_lately(self.truth, t),
                "failed": self.truth.world.outcomes.failed <= t,
                "days_to_pay": pl.Series(mean, nan_to_null=True),
            }
        )

    def gains(self, day: date | str | None = None) -> pl.DataFrame:
        """Return the true expected gain of every action for every account of :meth:`accounts`, past due or due soon.

        ``customer_id, action, allowed`` (the age fits), ``uses_capacity, gain, loss_avoided, time_value, cost`` (with
        fee and goodwill), ``days_accelerated`` (by money), ``cash_30, cash_60, cash_90`` (expected cash within so many
        days beyond that without the action). Whoever knows the days of payment
        knows this; see :func:`~credrisk.simulate.contact_world_oracle.expected_gains` for who does not.
        """
        t = self.day_number(day)
        asked = self.asked_for(self.pieces, t)
        return gains_of(self, asked, asked.cents.astype(float), t)

    def with_failures(self, pieces: Pieces, t: int) -> Pieces:
        """Return the pieces as they are once the failures up to the day ``t`` have happened."""
        failed = self.truth.world.outcomes.failed[pieces.customer]
        return replace(pieces, day=np.where((failed <= t) & (pieces.day >= failed), NEVER, pieces.day))

    def asked_for(self, pieces: Pieces, t: int) -> Pieces:
        """Return the pieces that an action on the day ``t`` is about; see :meth:`is_asked_for`."""
        now = self.with_failures(pieces, t)
        return now.take(self.is_asked_for(now, t))

    def is_asked_for(self, now: Pieces, t: int) -> Flags:
        """Return which pieces an action is about: past due, or due soon where nothing is past due.

        What is in dispute is not asked for. ``now``: with the failures up to the day.
        """
        is_open = (now.known <= t) & (now.day > t)
        in_dispute = (now.disputed_from <= t) & (t < now.disputed_to)
        late = is_open & (now.due < t)
        soon = is_open & (now.due >= t) & (now.due <= t + DUE_SOON_DAYS)
        is_late = np.bincount(now.customer[late], minlength=len(self.reason)) > 0
        return np.asarray((late | (soon & ~is_late[now.customer])) & ~in_dispute)

    def day_number(self, day: date | str | None) -> int:
        """Return a day as days since 1970, checked to lie within the world."""
        found = self.as_of if day is None else to_date(day)
        if not self.as_of <= found <= self.last_day:
            raise ParameterError("day", f"from {self.as_of} to {self.last_day}", found.isoformat())
        return (found - EPOCH).days

    def health(self, t: int) -> Floats:
        """Return the hidden health of every customer on a day."""
        world = self.truth.world
        return world.health.health[:, world.clock.month_of(np.array([t]))[0]]

    def hazard(self, t: int) -> Floats:
        """Return the failures to expect in each of the 12 months after a day, given the health of that day."""
        return expected_intensity(self.truth.world, as_of=EPOCH + (date.resolution * t), months=12)


def squeezed_lately(truth: Behind, t: int) -> Flags:
    """Return whether a customer's items of this or the last two months wait until it can pay again."""
    month = int(truth.world.clock.month_of(np.array([t]))[0])
    return np.asarray(truth.squeezed[:, max(month - 2, 0) : month + 1].any(axis=1))


def visible_accounts(world: ContactWorld, pieces: Pieces, t: int) -> pl.DataFrame:
    """Return what the seller sees of the accounts with something past due or due soon on the day ``t``.

    Returns
    -------
    polars.DataFrame
        ``customer_id, past_due, disputed, due_soon, chased`` (past due without what is disputed, else due soon; money
        in major units), ``age_days`` (days past due of the oldest past-due item, or minus the days to the next due
        date), ``due_items`` (count of past-due items). Sorted by id.
    """
    is_open = (pieces.known <= t) & (pieces.day > t)
    in_dispute = (pieces.disputed_from <= t) & (t < pieces.disputed_to)
    late, soon = is_open & (pieces.due < t), is_open & (pieces.due >= t) & (pieces.due <= t + DUE_SOON_DAYS)
    n, money = len(world.reason), pieces.cents / 100

    def total(which: Flags) -> Floats:
        return np.asarray(np.bincount(pieces.customer[which], money[which], minlength=n), dtype=float)

    def oldest(which: Flags) -> Floats:
        age = np.full(n, -1e9)
        np.maximum.at(age, pieces.customer[which], (t - pieces.due[which]).astype(float))
        return age

    past_due, disputed, due_soon = total(late), total(late & in_dispute), total(soon & ~in_dispute)
    items = np.bincount(pieces.customer[late], minlength=n)
    chased = np.where(past_due > 0, past_due - disputed, due_soon)
    age = np.where(past_due > 0, oldest(late), oldest(soon))
    return pl.DataFrame(
        {
            "customer_id": world.customer_id,
            "past_due": past_due,
            "disputed": disputed,
            "due_soon": due_soon,
            "chased": chased.round(2),
            "age_days": age,
            "due_items": items,
        },
        schema_overrides={"customer_id": pl.String},
    ).filter((pl.col("past_due") > 0) | (pl.col("due_soon") > 0))


def _reasons(simulation: Simulation, truth: Behind, pieces: Pieces, mechanism: Mechanism, as_of: date) -> Ints:
    """Draw the reason of every account from its state on the day; it stays for the months after."""
    t, world = (as_of - EPOCH).days, truth.world
    n = len(world.accounts)
    late = (pieces.due < t) & (pieces.known <= t) & (pieces.day > t)
    in_dispute = late & (pieces.disputed_from <= t) & (t < pieces.disputed_to)
    past_due = np.bincount(pieces.customer[late], pieces.cents[late], minlength=n)
    disputed = np.bincount(pieces.customer[in_dispute], pieces.cents[in_dispute], minlength=n)
    shares = mechanism.reason_shares(
        world.health.health[:, world.clock.month_of(np.array([t]))[0]],
        squeezed=squeezed_lately(truth, t).astype(float),
        late_habit=np.isin(world.accounts.habit, LATE_HABITS).astype(float),
        disputed=disputed / np.maximum(past_due, 1),
    )
    luck = Streams(int(simulation.parameters["seed"]))("contact reasons").random(n)
    return np.asarray(np.minimum((luck[:, None] > np.cumsum(shares, axis=1)).sum(axis=1), len(REASONS) - 1))


def _open_items(simulation: Simulation, as_of: date) -> pl.DataFrame:
    """Return what the ledger shows as open on the day: ``document_id, open`` in the ledger's currency."""
    tables = simulation.tables
    documents = tables["documents"].filter((pl.col("recorded_at") <= as_of) & (pl.col("amount") > 0))
    seen = tables["applications"].filter(pl.col("recorded_at") <= as_of, pl.col("applied_on") <= as_of)
    applied = seen.group_by(document_id="to_document_id").agg(done=pl.col("amount").sum())
    rates = tables["rates"].filter(pl.col("date") <= as_of).sort("date").unique("currency", keep="last")
    return (
        documents.join(applied, on="document_id", how="left")
        .join(rates.select("currency", "rate"), on="currency", how="left")
        .select("document_id", open=(pl.col("amount") - pl.col("done").fill_null(0.0)) * pl.col("rate").fill_null(1.0))
        .filter(pl.col("open") > 0.005)
        .sort("document_id")
    )
