"""The queue again under other weights or another capacity, and what that costs by the model's own measure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_selection import MOST_FOR_COVERAGE, checked_capacity, coverage_quota, coverage_slots
from credrisk.decisions.queue_weights import QueueWeights, weighted_money
from credrisk.decisions.team_capacity import contact_of
from credrisk.errors import DataError
from credrisk.frames import as_polars, check_output, given_out

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QueueDifference", "QueueWeights", "queue_diff", "rerank"]

MOVABLE = ("gain", "coverage", "automatic")
"""Slots that the ranking gave; any other (an insurer's deadline, a pin, the draw) is a rule's and stays."""
STALE = ("minutes", "collector_today", "selection_probability")
NEEDED = (
    "customer_id",
    "rank",
    "slot",
    "contact_today",
    "action",
    "gain",
    "expected_loss_avoided",
    "time_value",
    "cost",
    "goodwill",
    "past_due",
    "oldest_open_days",
    "hold",
    "last_contact_on",
)


@dataclass(frozen=True)
class QueueDifference:
    """What another order changes.

    Attributes
    ----------
    table
        One row a customer that moved or whose place in today's list changed, first who comes in, then who goes out,
        then by how far it moved: ``customer_id, rank_before, rank_after, moved`` (places up; negative: down),
        ``direction`` (``up``, ``down``, ``same``), ``today_before, today_after, change`` (``in``, ``out``, null),
        ``gain_before, gain_after`` (by the model, of the action proposed then).
    gain_before, gain_after
        What today's list gains by the model's own measure under each order.
    contacts_before, contacts_after
        Contacts of today's list, those sent automatically included.
    sentences
        The same in words.
    """

    table: pl.DataFrame
    gain_before: float
    gain_after: float
    contacts_before: int
    contacts_after: int
    sentences: tuple[str, ...]


@overload
def rerank(
    queue: Any,
    *,
    weights: QueueWeights | None = ...,
    capacity: int | None = ...,
    as_of: date | str,
    policy: Policy | None = ...,
    output: Literal["pandas"] = ...,
) -> pd.DataFrame: ...
@overload
def rerank(
    queue: Any,
    *,
    weights: QueueWeights | None = ...,
    capacity: int | None = ...,
    as_of: date | str,
    policy: Policy | None = ...,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def rerank(
    queue: Any,
    *,
    weights: QueueWeights | None = None,
    capacity: int | None = None,
    as_of: date | str,
    policy: Policy | None = None,
    output: str = "pandas",
) -> Any:
    """Rank a queue again without touching the ledger: what a supervisor tries out before deciding.

    Parameters
    ----------
    queue
        As :func:`~credrisk.decisions.queue.collection_queue` returns it, pandas or Polars; it is not changed.
    weights
        The model's own where none are given.
    capacity
        Contacts by hand; the policy's ``capacity_per_day`` where none is given.
    as_of
        The day of the queue: who was contacted within the policy's cycle of coverage depends on it.
    policy
        That of the queue: says what is automatic, what a small account is and how many places are kept for them.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        The same rows and columns with ``rank``, ``slot`` and ``contact_today`` set anew, in the new order, and
        ``weighted_gain``, which ordered them. ``gain`` and its parts stay the model's; a boost by hand is not applied.
        With the ledger at hand :func:`~credrisk.decisions.queue.queue_from` makes the whole list again instead.
        ``minutes``, ``collector_today`` and ``selection_probability``, where they are there, are null: they belong to
        the list that was made. An account to which something goes out by itself keeps that, and one that loses its
        place gets none: that needs the list made again. The ``weighted_gain`` of an action by hand is less what would
        go out by itself anyway, as ``gain_beyond_mail`` is.

        The rules of the queue hold: who is held stays so; nobody is contacted at a weighted loss; a payables desk takes
        one contact; places for small accounts are kept; what a rule put on the list (a slot other than gain, coverage
        or automatic) stays there and takes its place of the capacity.

    Raises
    ------
    DataError
        When a column is missing.
    ParameterError
        When ``capacity`` is not a whole number of at least 0.
    """
    check_output(output)
    rows, rules = as_polars(queue, "queue"), (policy or Policy.default()).collection
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise DataError("Columns are missing.", table="queue", columns=missing, remedy="give the queue as it came.")
    capacity = checked_capacity(rules.capacity_per_day if capacity is None else capacity)
    cycle_start = to_date(as_of) - timedelta(days=rules.coverage_cycle_days)
    by_hand = {action.name for action in rules.actions if action.uses_capacity}
    # What goes out by itself anyway is taken off at the model's own weights.
    anyway = pl.col("gain") - pl.col("gain_beyond_mail") if "gain_beyond_mail" in rows.columns else pl.lit(0.0)
    rows = rows.with_columns(
        weighted_gain=weighted_money(weights or QueueWeights(), rules) - anyway,
        only_by_hand=anyway <= 0,
        contact=contact_of(rows),
        deadline=pl.col("insurer_deadline") if "insurer_deadline" in rows.columns else pl.lit(None, pl.Date),
    )
    slots = _slots(rows, by_hand, capacity, rules, cycle_start)
    held, slot = pl.col("hold").is_not_null(), pl.col("new_slot")
    ordered = (
        rows.join(slots, on="customer_id", how="left", maintain_order="left")
        .sort(
            held,
            slot.is_null(),
            slot.ne_missing("insurer"),
            pl.when(slot == "insurer").then("deadline"),
            slot.ne_missing("pin"),
            "weighted_gain",
            pl.when(held).then("past_due"),
            "customer_id",
            descending=[False, False, False, False, False, True, True, False],
            nulls_last=True,
        )
        .with_columns(
            slot=slot,
            contact_today=slot.is_not_null(),
            rank=pl.when(~held).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64)),
            **{name: pl.lit(None, rows.schema[name]).alias(name) for name in STALE if name in rows.columns},
        )
        .drop("new_slot", "contact", "deadline", "only_by_hand")
    )
    return given_out(ordered, output)


def _slots(rows: pl.DataFrame, by_hand: set[str], capacity: int, rules: Collection, cycle_start: date) -> pl.DataFrame:
    """Return ``customer_id, new_slot`` of today's contacts.

    As the queue does it: what a rule put there, the highest gains, a part kept for small accounts (those not contacted
    within the cycle first), what is left to gain again, and what goes out by itself.
    """
    free = rows.filter(pl.col("hold").is_null())
    ruled = free.filter(pl.col("slot").is_not_null() & ~pl.col("slot").is_in(MOVABLE))
    free = free.join(ruled.select("contact"), on="contact", how="anti", maintain_order="left")
    past_due = pl.col("past_due").sum()
    hand = free.filter(pl.col("action").is_in(by_hand))
    contacts = (
        hand.sort("weighted_gain", "customer_id", descending=[True, False])
        .group_by("contact", maintain_order=True)
        .agg(
            gain=pl.when((pl.col("weighted_gain") > 0).any())
            .then(pl.col("weighted_gain").filter(pl.col("weighted_gain") > 0).sum())
            .otherwise(pl.col("weighted_gain").max()),
            first=pl.col("customer_id").min(),
            small=(past_due > 0) & (past_due < rules.small_balance) & pl.col("only_by_hand").all(),
            last_contact_on=pl.col("last_contact_on").max(),
        )
        .sort("gain", "first", descending=[True, False])
    )
    taken = ruled.filter(pl.col("action").is_in(by_hand))["contact"].n_unique()
    left = max(capacity - taken, 0)
    waiting = contacts.filter(pl.col("small") & (pl.col("gain") >= rules.coverage_minimum_gain))
    floor = coverage_slots(capacity, rules)
    quota = min(coverage_quota(waiting.height, rules), math.floor(MOST_FOR_COVERAGE * capacity))
    kept = min(max(floor, quota), left)
    worth = contacts.filter(pl.col("gain") > 0)
    best = worth.head(left - kept)
    waiting = waiting.join(best, on="contact", how="anti").sort(
        "last_contact_on", "gain", "first", descending=[False, True, False], nulls_last=[False, True, True]
    )
    lately = (pl.col("last_contact_on") > cycle_start).fill_null(False)
    due = waiting.filter(~lately).head(kept)
    others = waiting.filter(lately).head(min(max(floor - due.height, 0), kept - due.height))
    small = pl.concat([due, others])
    rest = worth.join(pl.concat([best, small]), on="contact", how="anti", maintain_order="left")
    rest = rest.head(left - best.height - small.height)
    by_slot = {"gain": pl.concat([best, rest]), "coverage": small}
    served = [ruled.select("customer_id", new_slot="slot")]
    for name, chosen in by_slot.items():
        least = pl.col("weighted_gain") > 0
        if name == "coverage":
            least = least | (pl.col("weighted_gain") >= rules.coverage_minimum_gain)
        of = hand.join(chosen.select("contact"), on="contact", how="semi").filter(least)
        served.append(of.select("customer_id", new_slot=pl.lit(name)))
    busy = pl.concat([best, small, rest]).select("contact")
    sent = free.filter(~pl.col("action").is_in(by_hand) & (pl.col("weighted_gain") > 0))
    sent = sent.join(busy, on="contact", how="anti")
    return pl.concat([*served, sent.select("customer_id", new_slot=pl.lit("automatic"))])


def queue_diff(before: Any, after: Any) -> QueueDifference:
    """Say what another order of the same queue changes.

    Parameters
    ----------
    before, after
        Queues of the same customers, pandas or Polars: the model's, and the one that :func:`rerank` or a supervisor's
        hand made of it.

    Raises
    ------
    DataError
        When a column is missing or the customers differ.
    """
    old, new = (_sides(frame, name) for frame, name in ((before, "before"), (after, "after")))
    apart = pl.concat(
        [
            old.join(new, on="customer_id", how="anti").select("customer_id"),
            new.join(old, on="customer_id", how="anti").select("customer_id"),
        ]
    )
    if apart.height:
        ids = apart["customer_id"].sort().to_list()
        raise DataError("The queues hold different customers.", table="after", rows=apart.height, ids=ids)
    came = ~pl.col("today_before") & pl.col("today_after")
    went = pl.col("today_before") & ~pl.col("today_after")
    moved = pl.col("rank_before") - pl.col("rank_after")
    both = old.join(new, on="customer_id", how="inner").with_columns(
        moved=moved,
        direction=pl.when(moved > 0).then(pl.lit("up")).when(moved < 0).then(pl.lit("down")).otherwise(pl.lit("same")),
        change=pl.when(came).then(pl.lit("in")).when(went).then(pl.lit("out")),
    )
    gains = [float(both.filter(f"today_{side}")[f"gain_{side}"].sum()) for side in ("before", "after")]
    contacts = [int(both[f"today_{side}"].sum()) for side in ("before", "after")]
    table = (
        both.filter((pl.col("direction") != "same") | pl.col("change").is_not_null())
        .sort(
            pl.col("change").replace_strict({"in": 0, "out": 1}, default=2),
            pl.col("moved").abs(),
            "customer_id",
            descending=[False, True, False],
            nulls_last=True,
        )
        .select(
            "customer_id",
            "rank_before",
            "rank_after",
            "moved",
            "direction",
            "today_before",
            "today_after",
            "change",
            "gain_before",
            "gain_after",
        )
    )
    return QueueDifference(table, gains[0], gains[1], contacts[0], contacts[1], _said(table, gains, contacts))


def _sides(frame: Any, side: str) -> pl.DataFrame:
    rows = as_polars(frame, side)
    missing = [name for name in ("customer_id", "rank", "contact_today", "gain") if name not in rows.columns]
    if missing:
        raise DataError("Columns are missing.", table=side, columns=missing, remedy="give the queue as it came.")
    return rows.select(
        "customer_id",
        pl.col("rank").cast(pl.Int64).alias(f"rank_{side}"),
        pl.col("contact_today").alias(f"today_{side}"),
        pl.col("gain").fill_null(0.0).alias(f"gain_{side}"),
    )


def _said(table: pl.DataFrame, gains: list[float], contacts: list[int]) -> tuple[str, ...]:
    change = gains[1] - gains[0]
    came, went = (table.filter(pl.col("change") == which).height for which in ("in", "out"))
    if not table.height:
        return ("The order is the model's: nothing moved.",)
    verb = "wins" if change > 0 else "gives up"
    money = (
        "By the model's own measure today's list gains the same."
        if abs(change) < 0.005
        else f"By the model's own measure today's list {verb} {abs(change):,.2f} "
        f"({gains[0]:,.2f} before, {gains[1]:,.2f} after)."
    )
    listed = f"Today's list: {came} in, {went} out; {contacts[0]} contacts before, {contacts[1]} after."
    ups, downs = (table.filter(pl.col("direction") == which).height for which in ("up", "down"))
    return (money, listed, f"Accounts that moved: {ups} up, {downs} down.")
