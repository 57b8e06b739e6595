"""What could be done today for each payables desk (or account of its own): one contact serves all of its accounts."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.queue_weights import QueueWeights, weighted_money

__all__ = [
    "AMOUNT_X_TIMING",
    "GAIN",
    "WEIGHTED",
    "best_by_hand_and_automatic",
    "unit_options",
    "units_of",
    "with_own_gain",
    "with_score",
    "with_weighted_score",
]

GAIN, AMOUNT_X_TIMING, WEIGHTED = "gain", "amount_x_timing", "weighted_gain"
"""What the list may be ranked by: the gain, or, where measured effects have not shown themselves to rank better, the
money won by the days that the policy's prior says an action brings forward; or the gain under somebody's weights."""


def with_score(values: pl.DataFrame, accounts: pl.DataFrame, *, ranked_by: str) -> pl.DataFrame:
    """Add ``unit``, ``pinned``, ``score``, ``gain_beyond_mail`` and ``order``, by which the list is ranked.

    ``score`` is the gain (or time value) times the boost; what loses money has its loss as its score, whatever the
    boost. ``gain_beyond_mail`` is the gain less that of the best action that goes out by itself with a gain, for the
    same account: what somebody's time adds. It is the gain for what goes out by itself. ``order`` is the score less
    that action's score.
    """
    of = accounts.select("customer_id", "unit", "boost", "pinned")
    measure = "gain" if ranked_by == GAIN else "time_value"
    return (
        values.join(of, on="customer_id", how="inner", maintain_order="left")
        .with_columns(score=pl.when(pl.col("gain") > 0).then(pl.col(measure) * pl.col("boost")).otherwise("gain"))
        .with_columns(
            gain_beyond_mail=pl.col("gain") - _anyway("gain"),
            order=pl.col("score") - _anyway("score"),
        )
    )


def with_weighted_score(
    values: pl.DataFrame, accounts: pl.DataFrame, weights: QueueWeights, rules: Collection
) -> pl.DataFrame:
    """Return ``values``, which :func:`with_score` gave, with the weighted gain wherever the gain would decide."""
    known = accounts.select("customer_id", "oldest_open_days", "past_due")
    weighted = (
        values.join(known, on="customer_id", how="inner", maintain_order="left")
        .with_columns(gain=weighted_money(weights, rules))
        .select(
            pl.exclude("unit", "pinned", "score", "gain_beyond_mail", "order", "boost", "oldest_open_days", "past_due")
        )
    )
    return with_score(weighted, accounts, ranked_by=GAIN)


def with_own_gain(queue: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Put the model's own gain back into a list that was chosen by a weighted one, which is ``weighted_gain`` then."""
    own = values.select("customer_id", "action", own_gain="gain", own_beyond="gain_beyond_mail")
    return (
        queue.with_columns(weighted_gain="gain_beyond_mail")
        .join(own, on=["customer_id", "action"], how="left", maintain_order="left")
        .with_columns(gain="own_gain", gain_beyond_mail="own_beyond")
        .drop("own_gain", "own_beyond")
    )


def _anyway(measure: str) -> pl.Expr:
    """Return what an account gains by what goes out by itself, for an action by hand; 0 for the others."""
    sent = ~pl.col("uses_capacity") & (pl.col("gain") > 0)
    most = pl.col(measure).filter(sent).max().over("customer_id").fill_null(0.0)
    return pl.when("uses_capacity").then(most).otherwise(0.0)


def best_by_hand_and_automatic(options: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Return of each unit the option by hand that gains most and, of those that go out by themselves, that one too.

    An option by hand that gains no more than what goes out by itself anyway is left out: nobody's time goes into it,
    but for a unit that is pinned.
    """
    pinned = pl.col("unit").is_in(units.filter("pinned")["unit"].implode())
    best = options.sort("unit", "uses_capacity", "gain", "mildness", descending=[False, False, True, False]).unique(
        ["unit", "uses_capacity"], keep="first", maintain_order=True
    )
    sent = best.filter(~pl.col("uses_capacity") & (pl.col("gain") > 0)).select("unit", anyway="score")
    adds = ~pl.col("uses_capacity") | pinned | (pl.col("score") > pl.col("anyway")).fill_null(True)
    return best.join(sent, on="unit", how="left", maintain_order="left").filter(adds).drop("anyway")


def unit_options(values: pl.DataFrame, rules: Collection) -> pl.DataFrame:
    """Return one row per unit and action: what it gains over all accounts of the unit that it gains anything for.

    Returns
    -------
    polars.DataFrame
        ``unit, action, mildness, uses_capacity, minutes, skill`` (null: none), ``gain`` and ``score``: sums over the
        accounts with a gain above 0; where there is none, those of the account that loses least. Sorted by unit and
        mildness.
    """
    told = pl.DataFrame(
        [
            {"action": action.name, "minutes": action.minutes, "skill": action.skill.strip().lower() or None}
            for action in rules.actions
        ],
        schema={"action": pl.String, "minutes": pl.Float64, "skill": pl.String},
    )
    wins = pl.col("gain") > 0
    return (
        values.sort("unit", "mildness", "customer_id")
        .group_by("unit", "action", "mildness", "uses_capacity", maintain_order=True)
        .agg(
            pl.when(wins.any()).then(pl.col(name).filter(wins).sum()).otherwise(pl.col(name).max())
            for name in ("gain", "score")
        )
        .join(told, on="action", how="left", maintain_order="left")
    )


def units_of(free: pl.DataFrame, rules: Collection, *, as_of: date) -> pl.DataFrame:
    """Return one row per unit of the accounts that may be contacted, in the order of their first ``customer_id``.

    Returns
    -------
    polars.DataFrame
        ``unit, owner`` (collector), ``language`` and ``customer_skill`` of the account with the most to ask for,
        ``insurer_deadline`` (the first of those that are near), ``pinned``, ``small`` (something past due, but less
        than the policy's ``small_balance`` in all), ``last_contact_on`` (of the desk) and ``lately`` (contacted within
        the policy's coverage cycle).
    """
    cycle_start = as_of - timedelta(days=rules.coverage_cycle_days)
    lead = pl.col("chased").arg_max()
    past_due = pl.col("past_due").sum()
    return (
        free.sort("customer_id")
        .group_by("unit", maintain_order=True)
        .agg(
            owner=pl.col("collector").get(lead),
            language=pl.col("language").get(lead),
            customer_skill=pl.col("customer_skill").get(lead),
            insurer_deadline=pl.col("insurer_deadline").filter(pl.col("insurer_due")).min(),
            pinned=pl.col("pinned").any(),
            small=(past_due > 0) & (past_due < rules.small_balance),
            last_contact_on=pl.col("desk_contact_on").max(),
        )
        .with_columns(lately=(pl.col("last_contact_on") > cycle_start).fill_null(False))
    )
