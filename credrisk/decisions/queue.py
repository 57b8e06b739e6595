"""Today's collection queue: the contacts that gain the most money, under capacity."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import collectable
from credrisk.decisions.contact_state import collectors, contact_summary, legal_events
from credrisk.decisions.contact_value import EFFECT_SOURCE, action_values, best_action
from credrisk.decisions.grades import with_used_pd
from credrisk.decisions.holds import with_chased, with_holds
from credrisk.decisions.inputs import customer_rows, no_negative_zeros
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.promise_state import promise_summary
from credrisk.decisions.queue_reasons import queue_reasons
from credrisk.decisions.third_party import third_party_claims
from credrisk.errors import DataError, EvidenceError, ParameterError
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.models.promise_odds import promise_odds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["collection_queue", "coverage_slots"]

SCORES = {"status": pl.String(), "pd_12m": pl.Float64(), "p_late30_12m": pl.Float64()}
SCORES_OPTIONAL = {
    "name": pl.String(),
    "dbt_12m": pl.Float64(),
    "lgd": pl.Float64(),
    "expected_days_to_pay": pl.Float64(),
}
SLACK = 1e-9
"""So that 0.29 x 100 gives 29 slots in spite of floats."""


@overload
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    output: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...
@overload
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    output: Literal["polars"],
) -> pl.DataFrame: ...
def collection_queue(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    output: str = "pandas",
) -> Any:
    """Rank the accounts of ``scores`` by the money that contacting them now is expected to gain.

    Parameters
    ----------
    ledger
        The ledger; it is cut at ``as_of`` here.
    scores
        One row per customer: ``customer_id, status, pd_12m, p_late30_12m``, and ``name, dbt_12m, lgd,
        expected_days_to_pay`` (:func:`~credrisk.models.days_to_pay.expected_days_to_pay`) where there.
        Only these customers are ranked, so that a collector's own portfolio can be passed.
    policy
        The shipped policy where none is given.
    capacity
        Contacts that can be made by hand today; the policy's ``capacity_per_day`` where none is given.
    output
        ``"pandas"`` or ``"polars"``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row per customer; money float64 in major units of the ledger's currency. First those to contact today
        (``contact_today``), then the others, each by ``gain``, ties by ``customer_id``; last the held, by past due.

        ``rank``: null when held. ``slot``: ``gain``, ``coverage`` (a place kept for small accounts never, or longest
        ago, contacted) or ``automatic`` (its action takes nobody's time, so capacity does not bound it), null when not
        contacted today. Nobody is contacted at a loss. ``action``: the one with the highest gain, null when held.
        ``gain = expected_loss_avoided + time_value - cost - goodwill``, see
        :func:`~credrisk.decisions.contact_value.action_values`. ``effect_source``: ``policy_prior``, the effect of a
        contact is not measured. ``chased``: what may be asked for. ``hold`` and ``held``: see
        :func:`~credrisk.decisions.holds.with_holds`. ``oldest_open_days``: null when nothing is open, 0 when nothing is
        past due. ``reasons`` in words.

    Raises
    ------
    DataError
        When columns are missing, a customer has several rows or is not in the ledger, or a currency has no rate.
    ParameterError
        When ``capacity`` is not a whole number of at least 0.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    rules = policy.collection
    capacity = rules.capacity_per_day if capacity is None else capacity
    if isinstance(capacity, bool) or not isinstance(capacity, int) or capacity < 0:
        raise ParameterError("capacity", "a whole number of at least 0", capacity)
    seen = ledger.cut(day)
    rows = customer_rows(scores, "scores", required=SCORES, optional=SCORES_OPTIONAL, as_of=day)
    accounts = with_used_pd(_accounts(seen, rows, rules, day), policy)
    currency = ledger.settings.currency
    accounts = with_holds(with_chased(accounts), rules, as_of=day, currency=currency)
    free = accounts.filter(pl.col("hold").is_null())
    best = best_action(action_values(free, policy))
    queue = accounts.join(best, on="customer_id", how="left", maintain_order="left")
    unfit = pl.col("hold").is_null() & pl.col("gain").is_null()
    queue = queue.with_columns(
        held=pl.when(unfit).then(pl.lit("no action of the policy fits its age")).otherwise("held"),
        hold=pl.when(unfit).then(pl.lit("no_action")).otherwise("hold"),
    )
    queue = _with_odds(_ranked(queue, rules, capacity), seen, day)
    queue = queue.with_columns(reasons=queue_reasons(currency, contacts_known=ledger.has("contacts")))
    return given_out(no_negative_zeros(_laid_out(queue, policy)), output)


def coverage_slots(capacity: int, rules: Collection) -> int:
    """Return how many of today's contacts are kept for small accounts (rounded down)."""
    return math.floor(rules.coverage_floor_share * capacity + SLACK)


def _accounts(ledger: Ledger, rows: pl.DataFrame, rules: Collection, as_of: date) -> pl.DataFrame:
    """Join to each scored customer what the ledger, cut at ``as_of``, knows of the account."""
    names = ledger.table("customers").select("customer_id", ledger_name="name")
    strangers = rows.join(names, on="customer_id", how="anti").sort("customer_id")
    if strangers.height:
        raise DataError(
            "customers are not in the ledger.",
            table="scores",
            rows=strangers.height,
            ids=strangers["customer_id"].to_list(),
            remedy="score the customers of this ledger, at this date.",
        )
    movements = item_movements(ledger)
    for found in (
        names,
        collectable(ledger, as_of, movements=movements, due_soon_days=rules.due_soon_days),
        promise_summary(
            ledger,
            as_of,
            movements=movements,
            grace_days=rules.promise_grace_days,
            account_days=rules.broken_promise_account_days,
        ),
        contact_summary(ledger, rules),
        collectors(ledger),
        legal_events(ledger),
        third_party_claims(ledger, movements=movements),
    ):
        rows = rows.join(found, on="customer_id", how="left", maintain_order="left", validate="1:1")
    amounts = ("past_due", "disputed", "due_soon", "open_credits", "unapplied_cash", "open_promised")
    past_days = (pl.lit(as_of) - pl.col("oldest_due_on")).dt.total_days()
    days_to_due = (pl.col("next_due_on") - pl.lit(as_of)).dt.total_days()
    is_late = pl.col("past_due") > 0
    return rows.with_columns(
        *(pl.col(amount).fill_null(0.0) for amount in amounts),
        pl.col("broken_promises_12m", "broken_promises_open").fill_null(0),
        pl.col("open_promised_all").fill_null(False),
        name=pl.coalesce("name", "ledger_name"),
    ).with_columns(
        oldest_open_days=pl.when(is_late).then(past_days).when(pl.col("open_items") > 0).then(0).cast(pl.Float64),
        age_days=pl.when(is_late).then(past_days).otherwise(-days_to_due).fill_null(0).cast(pl.Float64),
    )


def _with_odds(queue: pl.DataFrame, ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Add ``p_promise_kept``: of the least likely open promise of an account that is held for one, null where unknown.

    The odds do not change the hold, which is the policy's; they are told.
    """
    unknown = pl.lit(None, pl.Float64).alias("p_promise_kept")
    if not (queue["hold"] == "promise").any():
        return queue.with_columns(unknown)
    try:
        odds = promise_odds(ledger, as_of=as_of)
    except EvidenceError:
        return queue.with_columns(unknown)
    least = odds.group_by("customer_id").agg(p_promise_kept=pl.col("p_kept").min())
    return queue.join(least, on="customer_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("hold") == "promise").then("p_promise_kept").alias("p_promise_kept")
    )


def _ranked(queue: pl.DataFrame, rules: Collection, capacity: int) -> pl.DataFrame:
    """Add ``slot`` and ``rank`` and sort: what is sent by itself, the highest gains, and a floor for small accounts."""
    free = queue.filter(pl.col("hold").is_null()).sort("gain", "customer_id", descending=[True, False])
    automatic = free.filter(~pl.col("uses_capacity") & (pl.col("gain") > 0))
    by_hand = free.filter("uses_capacity")
    worthwhile = by_hand.filter(pl.col("gain") > 0)
    kept = coverage_slots(capacity, rules)
    by_gain = worthwhile.head(capacity - kept)
    small = (pl.col("past_due") > 0) & (pl.col("past_due") < rules.small_balance)
    neglected = (
        by_hand.filter(small & (pl.col("gain") >= rules.coverage_minimum_gain))
        .join(by_gain, on="customer_id", how="anti")
        .sort("last_contact_on", "gain", "customer_id", descending=[False, True, False], nulls_last=[False, True, True])
        .head(kept)
    )
    unused = capacity - by_gain.height - neglected.height
    rest = worthwhile.join(by_gain, on="customer_id", how="anti", maintain_order="left")
    rest = rest.join(neglected, on="customer_id", how="anti", maintain_order="left").head(unused)
    slots = pl.concat(
        [
            pl.concat([by_gain, rest]).select("customer_id", slot=pl.lit("gain")),
            neglected.select("customer_id", slot=pl.lit("coverage")),
            automatic.select("customer_id", slot=pl.lit("automatic")),
        ]
    )
    held = pl.col("hold").is_not_null()
    ordered = queue.join(slots, on="customer_id", how="left").sort(
        held,
        pl.col("slot").is_null(),
        "gain",
        pl.when(held).then("past_due"),
        "customer_id",
        descending=[False, False, True, True, False],
        nulls_last=True,
    )
    return ordered.with_columns(rank=pl.when(~held).then(pl.int_range(1, pl.len() + 1, dtype=pl.Int64)))


def _laid_out(queue: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    return queue.select(
        "rank",
        "customer_id",
        "name",
        "collector",
        pl.col("slot").is_not_null().alias("contact_today"),
        "slot",
        "action",
        "gain",
        "expected_loss_avoided",
        "time_value",
        "cost",
        "goodwill",
        pl.when(pl.col("hold").is_null()).then(pl.lit(EFFECT_SOURCE)).alias("effect_source"),
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
        pl.lit(policy.version).alias("policy_version"),
        pl.lit(policy.hash).alias("policy_hash"),
    )
