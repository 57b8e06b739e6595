"""What each action gains against not acting: loss avoided, time won, less what it costs."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import polars as pl

from credrisk.decisions.delay_to_come import avoided_share_by_days, days_within_delay
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_collection import Collectability

__all__ = ["EFFECT_SOURCE", "Effects", "action_values", "best_action", "collected_share"]

EFFECT_SOURCE = "policy_prior"
"""Where the effect of a contact comes from where none was measured: the policy's prior."""


class Effects(Protocol):
    """What was measured of the actions: see :func:`action_values`."""

    def of(self, accounts: pl.DataFrame) -> pl.DataFrame:
        """Return ``customer_id, action, days_accelerated, loss_avoided_share, effect_source`` of the accounts."""


UNMEASURED = (EFFECT_SOURCE, "not_identified")
"""Sources of an effect that nobody has measured."""


def collected_share(age_days: np.ndarray, curve: Collectability) -> np.ndarray:
    """Return the share of a defaulted balance still collected at an age: linear between the points, level beyond."""
    return np.asarray(np.interp(age_days, curve.ages_days, curve.shares), dtype=np.float64)


def action_values(accounts: pl.DataFrame, policy: Policy, *, effects: Effects | None = None) -> pl.DataFrame:
    """Return the value of every action that the policy allows for each account at its age.

    The age is that of the oldest past-due item. For the actions of which the policy says so, the broken promises of a
    past-due account add to it: a stop of supply waits until something really is that old.

    For an account that owes ``A`` (``chased``), fails to pay with probability ``p`` (``pd_used``) and then costs the
    share ``lgd``, an action with reach ``r``, avoided share ``s``, days accelerated ``d`` and fee share ``f`` gives

    * ``expected_loss_avoided`` = e r s k p lgd A over 12 months,
    * ``time_value`` = e r d (cost of funds / 365) A,
    * ``cost`` = cost of the contact + f x collected share at that age x A,
    * ``gain`` = expected_loss_avoided + time_value - cost - goodwill,

    with ``e`` = 1 for a past-due account and the policy's ``due_soon_effect_share`` before the due date. ``p`` and
    ``lgd`` are those of the scores, so that ``p lgd A`` is the expected loss on what is asked for. ``k`` is what an
    action can still do at that age: the collected share over the collected share of the first age of the policy's
    curve, 1 up to that age. It scales the action, not the loss.

    Where ``expected_days_to_pay`` is known, ``r d`` is what can be won of these days
    (:func:`~credrisk.decisions.delay_to_come.days_within_delay`), and ``r s`` the share of the loss that so many days
    avoid (:func:`~credrisk.decisions.delay_to_come.avoided_share_by_days`). What an action costs in
    goodwill is certain, and its effect is a prior until it is measured: until then such an action is not credited with
    more days than the best one without that cost.

    Parameters
    ----------
    accounts
        With ``customer_id, chased, past_due, age_days`` (days past due of the oldest item, negative before it),
        ``broken_promises_open, pd_used`` and ``lgd`` (null: the policy's uninsured rate); and, if there,
        ``expected_days_to_pay`` (:func:`~credrisk.models.days_to_pay.expected_days_to_pay`; null: not known).

    effects
        What was measured, such as :class:`~credrisk.decisions.contact_effects.ContactEffects`. Its
        ``days_accelerated`` and ``loss_avoided_share`` are those of an offer, whether or not anybody was reached, and
        so stand for ``r d`` and ``r s`` above. An account and action that it does not name, or whose figure is null,
        has the policy's prior.

    Returns
    -------
    polars.DataFrame
        One row per account and allowed action: ``customer_id, action, action_says, mildness`` (place in the policy,
        mildest first), ``uses_capacity, effect_source`` and the money columns above, in the order of ``customer_id``
        and ``mildness``.
    """
    rules, economics = policy.collection, policy.economics
    actions = pl.DataFrame(
        [
            {
                "action": action.name,
                "action_says": action.says,
                "mildness": place,
                "uses_capacity": action.uses_capacity,
                "contact_cost": action.cost,
                "fee_share": action.fee_share,
                "goodwill": action.goodwill,
                "reach": action.reach,
                "days_accelerated": action.days_accelerated,
                "loss_avoided_share": action.loss_avoided_share,
                "from_days": action.from_days,
                "to_days": action.to_days,
                "broken_promises_count": action.broken_promises_count,
            }
            for place, action in enumerate(rules.actions)
        ]
    )
    collected = collected_share(accounts["age_days"].to_numpy(), rules.collectability)
    amount = pl.col("chased")
    effect = pl.when(pl.col("past_due") > 0).then(1.0).otherwise(rules.due_soon_effect_share)
    counts = pl.col("broken_promises_count") & (pl.col("past_due") > 0)
    older = rules.broken_promise_ages_days * pl.col("broken_promises_open")
    age = pl.col("age_days") + pl.when(counts).then(older).otherwise(0)
    return (
        accounts.with_columns(collected_share=pl.Series(collected, dtype=pl.Float64))
        .with_columns(
            expected_loss=pl.col("pd_used") * pl.col("lgd").fill_null(economics.lgd_uninsured) * amount,
            still_effective=pl.col("collected_share") / rules.collectability.shares[0],
        )
        .join(actions, how="cross")
        .filter(age.is_between(pl.col("from_days"), pl.col("to_days")))
        .pipe(_with_effects, accounts, effects)
        .pipe(_within_delay)
        .select(
            "customer_id",
            "action",
            "action_says",
            "mildness",
            "uses_capacity",
            "effect_source",
            "goodwill",
            expected_loss_avoided=effect
            * pl.col("avoided_by_offer")
            * pl.col("still_effective")
            * pl.col("expected_loss"),
            time_value=effect * amount * pl.col("days_by_offer") * economics.cost_of_funds / DAYS_IN_YEAR,
            cost=pl.col("contact_cost") + pl.col("fee_share") * pl.col("collected_share") * amount,
        )
        .with_columns(gain=pl.col("expected_loss_avoided") + pl.col("time_value") - pl.col("cost") - pl.col("goodwill"))
        .sort("customer_id", "mildness")
    )


def _within_delay(rows: pl.DataFrame) -> pl.DataFrame:
    """Bound what an offer wins by the days that the account is expected to take, where these are known."""
    if "expected_days_to_pay" not in rows.columns:
        return rows
    delay = pl.col("expected_days_to_pay")
    harder = (pl.col("goodwill") > 0) & pl.col("effect_source").is_in(UNMEASURED) & delay.is_not_null()
    mild = pl.col("won").filter(pl.col("goodwill") == 0).max().over("customer_id")
    return (
        rows.with_columns(won=days_within_delay(pl.col("days_by_offer"), delay))
        .with_columns(won=pl.when(harder).then(pl.min_horizontal("won", mild)).otherwise("won"))
        .with_columns(
            days_by_offer="won",
            avoided_by_offer=avoided_share_by_days(pl.col("won"), delay, pl.col("pd_used"), pl.col("avoided_by_offer")),
        )
        .drop("won")
    )


def _with_effects(rows: pl.DataFrame, accounts: pl.DataFrame, effects: Effects | None) -> pl.DataFrame:
    """Add ``days_by_offer``, ``avoided_by_offer`` and ``effect_source``: measured where they were, else the prior."""
    prior_days, prior_avoided = (pl.col("reach") * pl.col(name) for name in ("days_accelerated", "loss_avoided_share"))
    prior = pl.lit(EFFECT_SOURCE)
    if effects is None:
        return rows.with_columns(days_by_offer=prior_days, avoided_by_offer=prior_avoided, effect_source=prior)
    measured = effects.of(accounts).select(
        "customer_id",
        "action",
        "effect_source",
        measured_days="days_accelerated",
        measured_avoided="loss_avoided_share",
    )
    return rows.join(measured, on=["customer_id", "action"], how="left", maintain_order="left").with_columns(
        days_by_offer=pl.coalesce("measured_days", prior_days),
        avoided_by_offer=pl.coalesce("measured_avoided", prior_avoided),
        effect_source=pl.coalesce("effect_source", prior),
    )


def best_action(values: pl.DataFrame) -> pl.DataFrame:
    """Return the action with the highest gain of each account; of equal ones the mildest."""
    return (
        values.sort("customer_id", "gain", "mildness", descending=[False, True, False])
        .group_by("customer_id", maintain_order=True)
        .first()
        .drop("mildness")
    )
