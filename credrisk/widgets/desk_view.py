"""What the desk shows: the list under the state, what it changes against the model's, and what each change is worth."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from credrisk.decisions.queue_rerank import QueueDifference, queue_diff
from credrisk.widgets.desk import Desk, by_hand, made_list
from credrisk.widgets.desk_state import DeskState, first_state
from credrisk.wording import counted

__all__ = ["DeskView", "Step", "shown_rows", "view"]


@dataclass(frozen=True)
class Step:
    """One of the changes at the desk: what it is, and what today's list gains by it, by the model's own measure."""

    says: str
    gain: float


@dataclass(frozen=True)
class DeskView:
    """The list under a state.

    Attributes
    ----------
    state
        What is set.
    model
        The list as the policy makes it, with its capacity and what stands in the log.
    queue
        The list under the state, with ``moved`` (places up against the model's; null where one has no rank).
    difference
        Between the two.
    steps
        Capacity, weights, hand: their gains add up to the difference.
    """

    state: DeskState
    model: pl.DataFrame
    queue: pl.DataFrame
    difference: QueueDifference
    steps: tuple[Step, ...]

    def by_hand(self) -> pl.DataFrame:
        """Return the accounts that somebody contacts today."""
        return self.queue.filter(by_hand())

    def mailed(self) -> pl.DataFrame:
        """Return the accounts to which something goes out by itself."""
        return self.queue.filter(pl.col("contact_today") & ~by_hand())

    def gain(self) -> float:
        """Return what today's list gains."""
        return self.difference.gain_after


def view(desk: Desk, state: DeskState) -> DeskView:
    """Make the list under ``state`` and compare it with the model's."""
    model = made_list(desk)
    with_capacity = made_list(desk, capacity=state.capacity)
    with_weights = made_list(desk, capacity=state.capacity, weights=state.weighed())
    queue = made_list(desk, capacity=state.capacity, weights=state.weighed(), laid=state.laid)
    more = state.capacity - first_state(desk).capacity
    changes = (
        (counted(abs(more), "more contact" if more > 0 else "fewer contact"), model, with_capacity),
        ("your weights", with_capacity, with_weights),
        ("your pins, boosts and exclusions", with_weights, queue),
    )
    touched = (bool(more), state.weighed() is not None, bool(state.laid))
    steps = tuple(
        Step(says, _today(after) - _today(before))
        for (says, before, after), done in zip(changes, touched, strict=True)
        if done
    )
    before = model.select("customer_id", rank_before="rank")
    placed = queue.join(before, on="customer_id", how="left", maintain_order="left").with_columns(
        moved=pl.col("rank_before") - pl.col("rank")
    )
    return DeskView(state, model, placed.drop("rank_before"), queue_diff(model, queue), steps)


def shown_rows(seen: DeskView, desk: Desk) -> pl.DataFrame:
    """Return the accounts that the filters of the state let through, in its order; ties by rank, then customer."""
    state, queue = seen.state, seen.queue
    changed = seen.difference.table["customer_id"].implode()
    touched = pl.Series([each.customer_id for each in state.laid] + desk.laid["customer_id"].to_list(), dtype=pl.String)
    kept = {
        "by_hand": by_hand(),
        "mail": pl.col("contact_today") & ~by_hand(),
        "free": pl.col("hold").is_null(),
        "moved": pl.col("customer_id").is_in(changed),
        "laid": pl.col("customer_id").is_in(touched.implode()),
        "held": pl.col("hold").is_not_null() & (pl.col("hold") != "nothing_due"),
        "all": pl.lit(True),
    }[state.shown]
    rows = queue.filter(kept.fill_null(False), pl.col("past_due") >= state.least_past_due)
    if state.collector is not None:
        rows = rows.filter(pl.col("collector") == state.collector)
    for word in state.search.lower().split():
        text = pl.concat_str("customer_id", "name", separator=" ", ignore_nulls=True).str.to_lowercase()
        rows = rows.filter(text.str.contains(word, literal=True))
    by = pl.coalesce("name", "customer_id").str.to_lowercase() if state.sort == "customer" else pl.col(state.sort)
    return rows.sort(by, pl.col("rank"), "customer_id", descending=[state.descending, False, False], nulls_last=True)


def _today(queue: pl.DataFrame) -> float:
    return float(queue.filter("contact_today")["gain"].sum())
