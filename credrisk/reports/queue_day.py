"""Today's lists put together for people: by collector, what goes out by itself, and the lists beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from credrisk.reports.style import short_money
from credrisk.wording import counted

__all__ = ["TEAM", "CollectorDay", "QueueDay"]

TEAM = "Everybody"
"""Where contacts are counted for all together and no account names who looks after it."""


@dataclass(frozen=True)
class CollectorDay:
    """One collector's contacts: ``minutes`` is None where capacity is counted in contacts."""

    name: str
    rows: pl.DataFrame
    minutes: float | None

    def used(self) -> float:
        """Return the minutes of the contacts."""
        return float(self.rows["minutes"].sum())

    def contacts(self) -> int:
        """Return how many contacts there are: those with a payables desk once."""
        own = pl.coalesce(pl.format("d:{}", "desk"), pl.format("c:{}", "customer_id"))
        return int(self.rows.select(own.n_unique()).item())

    def says(self, currency: str) -> str:
        """Return the day in one line."""
        worth = short_money(float(self.rows["gain"].sum()), currency)
        of = f" of {self.minutes:,.0f}" if self.minutes is not None else ""
        return f"{counted(self.contacts(), 'contact')}, {self.used():,.0f}{of} minutes, worth {worth}"


@dataclass(frozen=True)
class QueueDay:
    """Everything that a day's list shows; frames are Polars.

    Attributes
    ----------
    queue
        What :func:`credrisk.collection_queue` returns.
    minutes
        Of each collector who is on the list of the team, in its order; empty where capacity is in contacts.
    disputes, internal, roll_over
        See :mod:`credrisk.decisions.queue_lists` and :mod:`credrisk.decisions.roll_over`.
    notes
        What the list cannot know, and what it rests on.
    policy, draw
        In words; ``draw`` is empty where nothing was drawn.
    """

    as_of: date
    currency: str
    queue: pl.DataFrame
    disputes: pl.DataFrame
    internal: pl.DataFrame
    roll_over: pl.DataFrame
    minutes: dict[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()
    policy: str = ""
    draw: str = ""

    @property
    def names(self) -> dict[str, str | None]:
        """Return what the customers of the list are called."""
        return dict(self.queue.select("customer_id", "name").iter_rows())

    def by_hand(self) -> pl.DataFrame:
        """Return the rows to be contacted by somebody."""
        return self.queue.filter(pl.col("contact_today") & (pl.col("minutes") >= 0) & ~self._automatic())

    def automatic(self) -> pl.DataFrame:
        """Return the rows for which something goes out by itself."""
        return self.queue.filter(pl.col("contact_today") & self._automatic())

    def held(self) -> list[tuple[str, int]]:
        """Return why accounts that owe something are not contacted, and how many: the most frequent first."""
        held = self.queue.filter(pl.col("hold").is_not_null() & (pl.col("hold") != "nothing_due"))
        counts = held.group_by("hold").len().sort("len", "hold", descending=[True, False])
        return [(str(reason).replace("_", " "), count) for reason, count in counts.iter_rows()]

    def collectors(self) -> list[CollectorDay]:
        """Return the day of each collector: all of the team's, else those who look after an account on the list."""
        rows = self.by_hand().with_columns(who=pl.col("collector_today").fill_null(TEAM))
        names = list(self.minutes) or sorted(rows["who"].unique().to_list(), key=lambda name: (name == TEAM, name))
        return [
            CollectorDay(name, rows.filter(pl.col("who") == name).drop("who"), self.minutes.get(name)) for name in names
        ]

    def headline(self) -> str:
        """Return the day in one sentence."""
        people = self.collectors()
        worth = short_money(float(self.by_hand()["gain"].sum()), self.currency)
        contacts = sum(person.contacts() for person in people)
        return f"{counted(contacts, 'contact')} by hand today {'is' if contacts == 1 else 'are'} worth {worth}"

    def table(self) -> pl.DataFrame:
        """Return ``collector, contacts, minutes_used, minutes_today, accounts, chased, gain``, one row a collector."""
        return pl.DataFrame(
            [
                {
                    "collector": person.name,
                    "contacts": person.contacts(),
                    "minutes_used": person.used(),
                    "minutes_today": person.minutes,
                    "accounts": person.rows.height,
                    "chased": float(person.rows["chased"].sum()),
                    "gain": float(person.rows["gain"].sum()),
                }
                for person in self.collectors()
            ],
            schema={
                "collector": pl.String,
                "contacts": pl.Int64,
                "minutes_used": pl.Float64,
                "minutes_today": pl.Float64,
                "accounts": pl.Int64,
                "chased": pl.Float64,
                "gain": pl.Float64,
            },
        )

    def _automatic(self) -> pl.Expr:
        # A pin on an account for which nothing is done by hand goes out by itself, and takes nobody's time.
        return (pl.col("slot") == "automatic") | ((pl.col("slot") == "pin") & (pl.col("selection_probability") == 0))
