"""What the policy believes of each action before anything is measured, per offer on a list."""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.decisions.policy import Policy
from credrisk.errors import DataError
from credrisk.models.offer_rows import NONE, OfferRows

__all__ = ["check_actions", "eligible_rows", "offer_priors"]


def offer_priors(policy: Policy) -> pl.DataFrame:
    """Return the prior of every action of the policy, for an account that is offered it, reached or not.

    Returns
    -------
    polars.DataFrame
        ``action, says, prior_days`` (reach x days accelerated), ``prior_share`` (reach x share of the expected loss
        avoided), ``cost`` (contact and goodwill), ``by_hand`` (it uses capacity), in the order of the policy.
    """
    return pl.DataFrame(
        [
            {
                "action": action.name,
                "says": action.says,
                "prior_days": action.reach * action.days_accelerated,
                "prior_share": action.reach * action.loss_avoided_share,
                "cost": action.cost + action.goodwill,
                "by_hand": action.uses_capacity,
            }
            for action in policy.collection.actions
        ],
        schema={
            "action": pl.String,
            "says": pl.String,
            "prior_days": pl.Float64,
            "prior_share": pl.Float64,
            "cost": pl.Float64,
            "by_hand": pl.Boolean,
        },
    )


def check_actions(rows: OfferRows, policy: Policy) -> None:
    """Refuse offers of actions that the policy does not have: nothing is believed of them, nor what they cost."""
    strangers = sorted(set(rows.actions) - {NONE, *(action.name for action in policy.collection.actions)})
    if strangers:
        raise DataError(
            "actions are not in the policy.",
            table="offers",
            columns=["action"],
            ids=strangers,
            remedy="call them as the policy does, or add them to the policy; nothing offered is 'none'.",
        )


def eligible_rows(rows: OfferRows, policy: Policy) -> dict[str, np.ndarray]:
    """Return, for each action of the offers, the rows whose age allows it; all where ``age_days`` is not there.

    As :func:`~credrisk.decisions.contact_value.action_values` has it, broken promises (``broken_promises``) add to the
    age for the actions of which the policy says so.
    """
    everybody = np.ones(len(rows), dtype=bool)
    if "age_days" not in rows.covariates:
        return dict.fromkeys(rows.actions, everybody)
    age, broken = rows.column("age_days"), np.zeros(len(rows))
    if "broken_promises" in rows.covariates:
        broken = np.nan_to_num(rows.column("broken_promises"))
    older = age + policy.collection.broken_promise_ages_days * broken
    found = {NONE: everybody}
    for action in policy.collection.actions:
        counted = older if action.broken_promises_count else age
        found[action.name] = (counted >= action.from_days) & (counted <= action.to_days)
    return {action: found[action] for action in rows.actions}
