"""The collection queue beside the lists that people make without it: oldest, largest, risk x amount, and at random.

All choose among the same accounts under the same capacity, and on an account that is chosen all take the same action:
so what differs is whom they choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.contact_value import action_values, best_action
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_selection import coverage_slots
from credrisk.errors import ParameterError

__all__ = ["QUEUE", "RANKINGS", "best_by_hand", "first_of", "list_of_day", "may_be_contacted"]

QUEUE = "queue"
RANKINGS = (QUEUE, "oldest_first", "largest_first", "risk_x_amount", "random")


def may_be_contacted(accounts: pl.DataFrame, policy: Policy, *, day: date) -> pl.DataFrame:
    """Return the accounts that any list may hold: enough to ask for, and not within the quiet days of the last contact.

    ``accounts`` has ``chased, last_contact_on`` and ``last_action`` (an action of the policy; null: none yet).
    """
    rules = policy.collection
    quiet = {action.name: rules.quiet_days[action.channel] for action in rules.actions}
    until = pl.col("last_contact_on") + pl.duration(
        days=pl.col("last_action").replace_strict(quiet, default=0, return_dtype=pl.Int64)
    )
    return accounts.filter(pl.col("chased") >= rules.minimum_balance, (until <= day).fill_null(True))


def best_by_hand(accounts: pl.DataFrame, policy: Policy, *, actions: Sequence[str]) -> pl.DataFrame:
    """Add the best ``action`` that somebody takes by hand, of ``actions``, and its ``gain``; accounts without are left
    out.

    ``accounts``: as :func:`~credrisk.decisions.contact_value.action_values` takes them.
    """
    values = action_values(accounts, policy).filter(pl.col("uses_capacity") & pl.col("action").is_in(list(actions)))
    best = best_action(values).select("customer_id", "action", "gain")
    return accounts.join(best, on="customer_id", how="inner", maintain_order="left")


def first_of(accounts: pl.DataFrame, *, ranking: str, capacity: int, luck: np.random.Generator) -> pl.DataFrame:
    """Return the first ``capacity`` accounts of one of the rivals' lists, in its order.

    ``accounts`` has ``customer_id, age_days`` (days past due of the oldest item), ``past_due, chased`` and ``pd_used``.
    Ties by ``customer_id``.

    Raises
    ------
    ParameterError
        When the ranking is not one of ``RANKINGS``, or is the queue's, which does not follow from one column.
    """
    by: dict[str, pl.Expr | pl.Series] = {
        "oldest_first": pl.col("age_days"),
        "largest_first": pl.col("past_due"),
        "risk_x_amount": pl.col("pd_used") * pl.col("chased"),
        "random": pl.Series("luck", luck.random(accounts.height)),
    }
    if ranking not in by:
        raise ParameterError("ranking", f"one of {', '.join(by)}", ranking)
    ordered = accounts.sort("customer_id").with_columns(place=by[ranking])
    return ordered.sort("place", "customer_id", descending=[True, False], nulls_last=True).head(capacity).drop("place")


def list_of_day(
    accounts: pl.DataFrame, policy: Policy, *, ranking: str, capacity: int, luck: np.random.Generator
) -> pl.DataFrame:
    """Return whom one of ``RANKINGS`` contacts today, at most ``capacity``: the rows of ``accounts``, in its order.

    The queue takes the highest gains, none at a loss, and keeps the policy's share of the places for small accounts
    never, or longest ago, contacted. ``accounts`` as :func:`best_by_hand` gives them, with ``last_contact_on``.
    """
    if ranking != QUEUE:
        return first_of(accounts, ranking=ranking, capacity=capacity, luck=luck)
    rules = policy.collection
    ordered = accounts.filter(pl.col("gain") > 0).sort("gain", "customer_id", descending=[True, False])
    kept = coverage_slots(capacity, rules)
    first = ordered.head(capacity - kept)
    small = (pl.col("past_due") > 0) & (pl.col("past_due") < rules.small_balance)
    neglected = (
        accounts.filter(small & (pl.col("gain") >= rules.coverage_minimum_gain))
        .join(first, on="customer_id", how="anti")
        .sort("last_contact_on", "gain", "customer_id", descending=[False, True, False], nulls_last=False)
        .head(kept)
    )
    chosen = pl.concat([first, neglected])
    rest = ordered.join(chosen, on="customer_id", how="anti", maintain_order="left")
    return pl.concat([chosen, rest.head(capacity - chosen.height)])
