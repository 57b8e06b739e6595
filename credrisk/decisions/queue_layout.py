"""The list laid out: each account with its action, in the order in which the accounts are worked."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.decisions.contact_value import best_action
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_selection import Selection

__all__ = ["RUN_COLUMNS", "laid_out", "ranked", "with_choice"]

RUN_COLUMNS = (
    "rank",
    "customer_id",
    "name",
    "collector",
    "contact_today",
    "slot",
    "action",
    "gain",
    "gain_beyond_mail",
    "expected_loss_avoided",
    "time_value",
    "cost",
    "goodwill",
    "effect_source",
    "past_due",
    "disputed",
    "unapplied_cash",
    "chased",
    "oldest_open_days",
    "pd_12m",
    "p_late30_12m",
    "grade_used",
    "pd_used",
    "pd_used_source",
    "hold",
    "held",
    "held_until",
    "last_contact_on",
    "last_promise_due_on",
    "last_promise_state",
    "broken_promises_12m",
    "reasons",
    "policy_version",
    "policy_hash",
)
"""What `credrisk run` writes of the list."""

DAY_COLUMNS = (
    "collector_today",
    "minutes",
    "selection_probability",
    "desk",
    "hand",
    "insurer_deadline",
    "rolls_over_60",
    "rolls_over_90",
    "ranked_by",
    "talking_points",
)
"""What the day of a team needs besides."""

VALUE_COLUMNS = (
    "customer_id",
    "action",
    "action_says",
    "uses_capacity",
    "effect_source",
    "goodwill",
    "expected_loss_avoided",
    "time_value",
    "cost",
    "gain",
    "gain_beyond_mail",
    "order",
)


def with_choice(
    queue: pl.DataFrame, values: pl.DataFrame, selection: Selection, rules: Collection, *, in_contacts: bool
) -> pl.DataFrame:
    """Join to each account that is free its action: that of its unit's contact, else the one that gains most."""
    of_unit = values.join(selection.contacts, on=["unit", "action"], how="inner")
    on_it = (
        (pl.col("gain") > 0)
        | ((pl.col("slot") == "pin") & pl.col("pinned"))
        | ((pl.col("slot") == "coverage") & (pl.col("gain") >= rules.coverage_minimum_gain))
    )
    contacted = (
        of_unit.filter(on_it)
        .sort("unit", "gain", "customer_id", descending=[False, True, False])
        .with_columns(minutes=pl.when(pl.col("unit").is_first_distinct()).then("minutes_today").otherwise(0.0))
    )
    rest = best_action(values.join(contacted, on="customer_id", how="anti")).with_columns(
        slot=pl.lit(None, pl.String), collector_today=pl.lit(None, pl.String), minutes=pl.lit(None, pl.Float64)
    )
    columns = [*VALUE_COLUMNS, "slot", "collector_today", "minutes"]
    own = pl.concat([contacted.select(columns), rest.select(columns)])
    chances = (
        values.join(selection.chances, on=["unit", "action"], how="inner")
        .join(contacted.select("customer_id", there=True), on="customer_id", how="left")
        .filter((pl.col("gain") > 0) | pl.col("there").fill_null(False))
        .select("customer_id", "selection_probability")
    )
    busy = selection.contacts.select("unit", unit_slot="slot")
    queue = (
        queue.join(own, on="customer_id", how="left", maintain_order="left")
        .join(chances, on="customer_id", how="left", maintain_order="left")
        .join(busy, on="unit", how="left", maintain_order="left")
    )
    by_hand = pl.col("slot").is_not_null() & pl.col("uses_capacity")
    if in_contacts:
        queue = queue.with_columns(collector_today=pl.when(by_hand).then("collector"))
    return queue.with_columns(
        selection_probability=pl.when(pl.col("hold").is_null()).then(pl.col("selection_probability").fill_null(0.0)),
        desk_served=pl.col("slot").is_not_null().sum().over("unit"),
        desk_busy=pl.col("slot").is_null() & pl.col("unit_slot").is_not_null() & pl.col("desk").is_not_null(),
    )


def ranked(queue: pl.DataFrame) -> pl.DataFrame:
    """Sort, and add ``rank``: today's contacts first, of these the insurers' deadlines and the pins."""
    held, today = pl.col("hold").is_not_null(), pl.col("slot").is_not_null()
    urgent = today & pl.col("insurer_due")
    ordered = queue.sort(
        held,
        ~today,
        ~urgent,
        pl.when(urgent).then("insurer_deadline"),
        pl.col("slot").ne_missing("pin"),
        "order",
        pl.when(held).then("past_due"),
        "customer_id",
        descending=[False, False, False, False, False, True, True, False],
        nulls_last=True,
    )
    return ordered.with_columns(rank=pl.when(~held).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64)))


def laid_out(queue: pl.DataFrame, policy: Policy, ranked_by: str, more: Sequence[str] = ()) -> pl.DataFrame:
    """Return the columns of the list, and those of ``more``."""
    free = pl.col("hold").is_null()
    return queue.with_columns(
        contact_today=pl.col("slot").is_not_null(),
        effect_source=pl.when(free).then("effect_source"),
        policy_version=pl.lit(policy.version),
        policy_hash=pl.lit(policy.hash),
        ranked_by=pl.when(free).then(pl.lit(ranked_by)),
    ).select(*RUN_COLUMNS, *DAY_COLUMNS, *more)
