"""A contact world worked day by day by one way of choosing whom to contact: cash, what grows old, contacts, gain.

Every way works the same accounts with the same luck: whether a customer is reached on a day does not depend on who
chose it, and failures come when they come. So what differs is the choice alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from credrisk.errors import ParameterError
from credrisk.simulate.clock import Floats, Ints
from credrisk.simulate.contact_world import ContactWorld
from credrisk.simulate.contact_world_run import ContactRun, start_run

__all__ = ["Choice", "WorldReplay", "replay_world"]

Choice = Callable[[date, pl.DataFrame], pl.DataFrame]
"""Given the day and the accounts that can be seen on its morning: ``customer_id, action`` of those to contact."""

DSO_DAYS = 90
"""Days of sales that the receivables are compared with."""

SATURDAY = 5
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class WorldReplay:
    """What came of one way of choosing.

    Attributes
    ----------
    days
        One row a working day: ``date, day`` (since the start), ``cash`` (received since the start), ``open`` (what is
        owed), ``past_due, over_60, over_90`` (more than so many days past due), ``dso_days`` (open / invoiced in the
        last 90 days x 90), ``contacts`` and ``gain`` (true expected gain of the contacts), both since the start. Money
        in major units of the ledger's currency.
    contacts
        ``customer_id, date, action, reached``, and ``gain`` of each.
    penetration
        Share of the accounts that were past due on a working day of the replay which were contacted; null without any.
    """

    days: pl.DataFrame
    contacts: pl.DataFrame
    penetration: float | None


def replay_world(world: ContactWorld, choose: Choice, *, days: int = 90) -> WorldReplay:
    """Work the accounts on every working day (Monday to Friday) of the ``days`` days after ``world.as_of``.

    ``choose`` sees the accounts of :meth:`ContactRun.accounts` on the morning of the day, with ``last_action`` (null:
    no contact in this run). Contacts change what comes after the day. The last row is that of the last day.

    Raises
    ------
    ParameterError
        When the world does not go on for so many days.
    """
    last = world.as_of + timedelta(days=days)
    if days < 1 or last > world.last_day:
        longest = (world.last_day - world.as_of).days
        raise ParameterError("days", f"from 1 to {longest}, the days that the world goes on", days)
    run, book = start_run(world), _Book(world)
    seen_late: set[str] = set()
    gains: list[pl.DataFrame] = []
    rows = []
    for number in range(1, days + 1):
        day = world.as_of + timedelta(days=number)
        if day.weekday() >= SATURDAY and day != last:
            continue
        book.receive(run.step(day))
        accounts = run.accounts(day)
        seen_late.update(accounts.filter(pl.col("past_due") > 0)["customer_id"])
        if day.weekday() < SATURDAY:
            chosen = choose(day, accounts.join(_last_action(run), on="customer_id", how="left", maintain_order="left"))
            if chosen.height:
                true = run.gains(day).join(chosen, on=["customer_id", "action"], how="semi")
                gains.append(true.select("customer_id", "action", "gain", date=pl.lit(day)))
                run.step(day, chosen.select("customer_id", "action"))
        total = sum(float(each["gain"].sum()) for each in gains)
        rows.append({"date": day, "day": number, **book.on(day), "contacts": run.contacts.height, "gain": total})
    worth = pl.concat([pl.DataFrame(schema=GAINS), *gains])
    contacts = run.contacts.join(worth, on=["customer_id", "action", "date"], how="left", maintain_order="left")
    reached = set(contacts["customer_id"]) & seen_late
    return WorldReplay(pl.DataFrame(rows), contacts, len(reached) / len(seen_late) if seen_late else None)


GAINS = {"customer_id": pl.String, "action": pl.String, "gain": pl.Float64, "date": pl.Date}


def _last_action(run: ContactRun) -> pl.DataFrame:
    """Return the action of each customer's last contact."""
    return (
        run.contacts.sort("date").group_by("customer_id", maintain_order=True).agg(last_action=pl.col("action").last())
    )


class _Book:
    """What is owed: everything that enters the books less the cash, by due date."""

    def __init__(self, world: ContactWorld) -> None:
        start = world.day_number(None)
        owed = world.pieces.take(world.pieces.day > start)
        self._known, self._due, self._money = owed.known, owed.due, owed.cents / 100
        self._invoiced_on, self._invoiced = _invoices(world)
        self._paid_due: list[Ints] = []
        self._paid: list[Floats] = []

    def receive(self, cash: pl.DataFrame) -> None:
        self._paid_due.append(cash["due_date"].cast(pl.Int32).cast(pl.Int64).to_numpy())
        self._paid.append(cash["amount"].to_numpy())

    def on(self, day: date) -> dict[str, float | None]:
        t = (day - EPOCH).days
        here = self._known <= t
        paid_due, paid = np.concatenate(self._paid_due), np.concatenate(self._paid)

        def due_before(limit: int) -> float:
            owed = self._money[here & (self._due < limit)].sum() - paid[paid_due < limit].sum()
            return round(float(owed), 2)

        everything = round(float(self._money[here].sum() - paid.sum()), 2)
        lately = self._invoiced[(self._invoiced_on > t - DSO_DAYS) & (self._invoiced_on <= t)].sum()
        return {
            "cash": round(float(paid.sum()), 2),
            "open": everything,
            "past_due": due_before(t),
            "over_60": due_before(t - 60),
            "over_90": due_before(t - 90),
            "dso_days": everything / float(lately) * DSO_DAYS if lately > 0 else None,
        }


def _invoices(world: ContactWorld) -> tuple[Ints, Floats]:
    """Return the day and the amount of every invoice of the simulation, at the rate of the world's first day."""
    tables = world.simulation.tables
    rates = tables["rates"].filter(pl.col("date") <= world.as_of).sort("date").unique("currency", keep="last")
    rows = (
        tables["documents"]
        .filter(pl.col("amount") > 0)
        .join(rates.select("currency", "rate"), on="currency", how="left", maintain_order="left")
        .select(
            day=pl.col("document_date").cast(pl.Int32).cast(pl.Int64),
            money=pl.col("amount") * pl.col("rate").fill_null(1.0),
        )
    )
    return rows["day"].to_numpy(), rows["money"].to_numpy()
