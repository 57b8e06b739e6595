"""A contact world day by day: who is contacted, what comes of it, and the cash that is received."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.simulate.clock import NEVER, Floats, Ints, Streams, workday
from credrisk.simulate.contact_world import ContactWorld, visible_accounts
from credrisk.simulate.contact_world_gains import gains_of, moved_days
from credrisk.simulate.contact_world_mechanism import NONE

__all__ = ["ContactRun", "start_run"]


def start_run(world: ContactWorld) -> ContactRun:
    """Return a run of the world from the evening of ``world.as_of``; runs do not know of each other."""
    return ContactRun(world)


class ContactRun:
    """The days after ``as_of`` under one way of choosing whom to contact.

    Luck is common to all runs of a world: whether a customer is reached on a day is drawn by customer and day, so that
    two ways of choosing differ by what they choose alone. Failures are those that came in the simulation.

    Attributes
    ----------
    world
        The world.
    day
        The last day that was stepped to; ``as_of`` at first.
    contacts
        What was done: ``customer_id, date, action, reached`` (flag).

    Examples
    --------
    >>> run = start_run(ContactWorld.of(seed=1))                                  # doctest: +SKIP
    >>> chosen = run.accounts(day).sort("chased", descending=True).head(40)       # doctest: +SKIP
    >>> cash = run.step(day, chosen.select("customer_id", action=pl.lit("call"))) # doctest: +SKIP
    """

    def __init__(self, world: ContactWorld) -> None:
        self.world = world
        self.day = world.as_of
        self._pieces = replace(world.pieces)
        self._contacts: list[pl.DataFrame] = []

    @property
    def contacts(self) -> pl.DataFrame:
        """What was done so far."""
        empty = pl.DataFrame(
            schema={"customer_id": pl.String, "date": pl.Date, "action": pl.String, "reached": pl.Boolean}
        )
        return pl.concat([empty, *self._contacts])

    def accounts(self, day: date | None = None) -> pl.DataFrame:
        """Return what the seller sees on a day not before the last step (default: that day).

        The columns of :func:`~credrisk.simulate.contact_world.visible_accounts`, and ``last_contact_on`` (in this run).
        """
        t = self._number(day or self.day)
        seen = visible_accounts(self.world, self.world.with_failures(self._pieces, t), t)
        last = self.contacts.group_by("customer_id").agg(last_contact_on=pl.col("date").max())
        return seen.join(last, on="customer_id", how="left", maintain_order="left")

    def gains(self, day: date | None = None) -> pl.DataFrame:
        """Return the true expected gain of every action on that day, as the run has gone so far.

        See :meth:`~credrisk.simulate.contact_world.ContactWorld.gains`.
        """
        t = self._number(day or self.day)
        asked = self.world.asked_for(self._pieces, t)
        return gains_of(self.world, asked, asked.cents.astype(float), t)

    def step(self, day: date, actions: pl.DataFrame | None = None) -> pl.DataFrame:
        """Go on to ``day``, then take ``actions`` on it; return the cash received since the last step, up to ``day``.

        Parameters
        ----------
        day
            Not before the last step, at most ``world.last_day``.
        actions
            ``customer_id, action``: at most one a customer; ``none`` does nothing. They change what comes after the
            day.

        Returns
        -------
        polars.DataFrame
            ``customer_id, date, amount`` (major units), and ``due_date`` of what was paid. Sorted by date and id.

        Raises
        ------
        ParameterError
            When the day lies before the last step or beyond the world, or an action is not known.
        DataError
            When a customer has several actions or is not in the world.
        """
        t = self._number(day)
        received = self._received(self._number(self.day), t)
        if actions is not None and actions.height:
            self._act(day, t, actions)
        self.day = day
        return received

    def _received(self, since: int, until: int) -> pl.DataFrame:
        pieces = self.world.with_failures(self._pieces, until)
        paid = pieces.take((pieces.day > since) & (pieces.day <= until))
        ids = np.array(self.world.customer_id)
        return (
            pl.DataFrame(
                {
                    "customer_id": ids[paid.customer],
                    "date": pl.Series(paid.day).cast(pl.Int32).cast(pl.Date),
                    "amount": paid.cents / 100,
                    "due_date": pl.Series(paid.due).cast(pl.Int32).cast(pl.Date),
                },
                schema_overrides={"customer_id": pl.String},
            )
            .group_by("date", "customer_id", "due_date")
            .agg(pl.col("amount").sum().round(2))
            .sort("date", "customer_id", "due_date")
            .select("customer_id", "date", "amount", "due_date")
        )

    def _act(self, day: date, t: int, actions: pl.DataFrame) -> None:
        chosen = actions.filter(pl.col("action") != NONE)
        if chosen["customer_id"].is_duplicated().any():
            raise DataError("customers have several actions.", table="actions", columns=["customer_id"])
        place = {name: number for number, name in enumerate(self.world.customer_id)}
        strangers = [name for name in chosen["customer_id"].to_list() if name not in place]
        if strangers:
            raise DataError("customers are not in the world.", table="actions", ids=strangers)
        who = np.array([place[name] for name in chosen["customer_id"]], dtype=np.int64)
        what = np.array([self.world.mechanism.place(name) for name in chosen["action"]], dtype=np.int64)
        kept, reached = self.kept(t, who, what)
        share = np.ones(len(self.world.reason))
        share[who] = kept
        self._pieces = replace(self._pieces, day=self._moved(t, share))
        self._contacts.append(
            chosen.select("customer_id", date=pl.lit(day), action="action").with_columns(reached=pl.Series(reached))
        )

    def kept(self, t: int, who: Ints, what: Ints) -> tuple[Floats, np.ndarray]:
        """Return the share of the remaining delay that is left after action ``what`` on ``who``, and who is reached."""
        world = self.world
        streams = Streams(int(world.simulation.parameters["seed"]))
        luck = streams(f"contacts of day {t}").random(len(world.reason))[who]
        mechanism, health = world.mechanism, world.health(t)[who]
        reached = luck < np.array([action.reach for action in mechanism.actions])[what]
        kept = np.ones(len(who))
        for place in np.unique(what):
            mine = what == place
            near, far = mechanism.kept_shares(int(place), world.reason[who[mine]], health[mine])
            kept[mine] = np.where(reached[mine], near, far)
        return kept, reached

    def _moved(self, t: int, share: Floats) -> Ints:
        """Return the days of payment after today's actions; nothing comes sooner for who has failed."""
        pieces, world = self._pieces, self.world
        asked = world.is_asked_for(world.with_failures(pieces, t), t)
        alive = world.truth.world.outcomes.failed[pieces.customer] > t
        days = np.where(pieces.day >= NEVER, float(NEVER), (pieces.day - t).astype(float))
        touched = asked & alive & pieces.moves & (share[pieces.customer] != 1.0) & (pieces.day < NEVER)
        later = moved_days(days, share[pieces.customer], touched, world.mechanism.least_days)
        return np.where(touched, workday(t + np.ceil(later).astype(np.int64)), pieces.day)

    def _number(self, day: date) -> int:
        if day < self.day:
            raise ParameterError("day", f"not before {self.day}", day.isoformat())
        return self.world.day_number(day)
