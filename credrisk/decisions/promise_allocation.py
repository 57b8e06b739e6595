"""Which promise a payment keeps: every cent that came counts for one promise only.

Promises of one document, or of one customer on account, that were made together (the instalments of a plan, or on one
day) are an agreement. Money goes first to agreements whose last deadline is not over, to the promise that fell due
first, even when it is overdue; what is left then goes, late, to agreements that are over. So one payment does not keep
six instalments, and a promise made anew is kept by the money that the broken one before it no longer waits for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

import polars as pl

__all__ = ["HALF_A_CENT", "allocated_cash"]

HALF_A_CENT = 0.005
"""Money that falls short by less than this is rounding, not a broken promise."""

SCHEMA = {
    "promise_id": pl.String,
    "received_in_time": pl.Float64,
    "received_late": pl.Float64,
    "returned_later": pl.Float64,
    "paid_in_full_on": pl.Date,
}


@dataclass
class _Promise:
    """One promise while the money is shared out; ``wanted`` None: any payment keeps it."""

    promise_id: str
    customer_id: str
    made_on: date
    due_on: date
    deadline: date
    over_after: date
    wanted: float | None
    in_time: float = 0.0
    late: float = 0.0
    returned: float = 0.0
    full_on: date | None = None

    def lacks(self) -> float:
        if self.wanted is None:
            return 0.0 if self.in_time + self.late > HALF_A_CENT else float("inf")
        return self.wanted - self.in_time - self.late


@dataclass
class _Key:
    """The promises of one document or account, what was shared out (last on top), and how much of it on which day."""

    promises: list[_Promise]
    shared: list[tuple[_Promise | None, float]] = field(default_factory=list)
    by_day: dict[date, float] = field(default_factory=lambda: defaultdict(float))

    def receive(self, day: date, amount: float) -> None:
        waiting = [one for one in self.promises if one.made_on <= day and one.lacks() > HALF_A_CENT]
        for one in sorted(waiting, key=lambda it: (it.over_after < day, it.due_on, it.made_on, it.promise_id)):
            part = min(amount, one.lacks())
            if day <= one.deadline:
                one.in_time += part
            else:
                one.late += part
            if one.lacks() <= HALF_A_CENT:
                one.full_on = day
            self.shared.append((one, part))
            self.by_day[day] += part
            amount -= part
            if amount <= 0:
                return
        self.shared.append((None, amount))

    def give_back(self, day: date, amount: float) -> None:
        """Take back what came last; after its deadline a promise stays kept, and what went back is told apart."""
        while amount > HALF_A_CENT and self.shared:
            one, had = self.shared.pop()
            part = min(amount, had)
            amount -= part
            if had - part > 0:
                self.shared.append((one, had - part))
            if one is None:
                continue
            if day <= one.deadline:
                one.in_time -= part
            elif one.late > 0:
                taken = min(part, one.late)
                one.late -= taken
                one.returned += part - taken
            else:
                one.returned += part
            if one.lacks() > HALF_A_CENT:
                one.full_on = None
            self.by_day[day] -= part


def allocated_cash(promises: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    """Share out the cash that came among the promises.

    Parameters
    ----------
    promises
        ``promise_id, customer_id, document_id, made_on, due_on, deadline``, ``agreement`` (equal for promises made
        together) and ``wanted`` (major units; null on account: any payment).
    flows
        As :func:`credrisk.decisions.promise_state.promised_flows`: ``on_account, key, day, paid`` (cumulated).

    Returns
    -------
    polars.DataFrame
        One row per promise: ``promise_id``, ``received_in_time`` (by the deadline, inclusive), ``received_late``,
        ``returned_later`` (of the former, given back after the deadline) and ``paid_in_full_on`` (null: not yet). Cash
        that keeps a promise of a document does not count for one on account.
    """
    over = pl.col("deadline").max().over("customer_id", "document_id", "agreement")
    rows = promises.with_columns(over_after=over, key=pl.coalesce("document_id", "customer_id"))
    events = flows.sort("on_account", "key", "day").with_columns(
        amount=pl.col("paid") - pl.col("paid").shift(1).over("on_account", "key").fill_null(0.0)
    )
    used: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    done: list[_Promise] = []
    for on_account in (False, True):
        of_kind = pl.col("document_id").is_null() if on_account else pl.col("document_id").is_not_null()
        keys: dict[str, list[_Promise]] = defaultdict(list)
        fields = ("promise_id", "customer_id", "made_on", "due_on", "deadline", "over_after", "wanted")
        for key, *values in rows.filter(of_kind).select("key", *fields).sort("key", "promise_id").iter_rows():
            keys[key].append(_Promise(*values))
        came: dict[str, list[tuple[date, float]]] = defaultdict(list)
        for key, day, amount in events.filter(on_account=on_account).select("key", "day", "amount").iter_rows():
            came[key].append((day, amount))
        for key, own in keys.items():
            shared = _Key(own)
            for day, amount in came[key]:
                rest = amount - used[key].get(day, 0.0) if on_account else amount
                if rest > HALF_A_CENT:
                    shared.receive(day, rest)
                elif rest < -HALF_A_CENT:
                    shared.give_back(day, -rest)
            if not on_account:
                for day, amount in shared.by_day.items():
                    used[own[0].customer_id][day] += amount
            done += own
    found = [(one.promise_id, one.in_time, one.late, one.returned, one.full_on) for one in done]
    return pl.DataFrame(found, schema=SCHEMA, orient="row").sort("promise_id")
