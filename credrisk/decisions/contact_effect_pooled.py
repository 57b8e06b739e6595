"""At which level do contacts by hand work at all? Asked of all of them together, before any single action is looked at.

A log of a few hundred contacts shows nothing of single actions. All contacts by hand together say more, and the
priors of these actions are used at the level found, shrunk to what was believed by precision: the gain is linear in
the effect, so the shrunk level is what the list should count with, however little the log tells. How many contacts
pay at all is then data; the order of the accounts stays that of the priors. What is **said** has a test at 5 % of its
own, ahead of those of the actions (which Holm adjusts among themselves):

* shown to delay payment: the actions by hand are credited with nothing at best, so no list asks for such a contact;
* shown to win fewer, or more, days than believed;
* else not told apart from what is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.decisions.contact_effect_words import pooled_words
from credrisk.models.contact_effect_pooled import PooledEffect, pooled_effect
from credrisk.models.contact_effect_study import ALPHA, Study

__all__ = ["POOLED", "PooledContacts", "pooled_contacts"]

POOLED: dict[str, Any] = {
    "offers": pl.Int64,
    "ess": pl.Float64,
    "ess_none": pl.Float64,
    "estimate": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "p_value": pl.Float64,
    "prior": pl.Float64,
    "p_prior": pl.Float64,
    "level": pl.Float64,
    "level_lower": pl.Float64,
    "level_upper": pl.Float64,
    "status": pl.String,
    "said": pl.String,
}
"""``estimate`` (days won per offer, 95 % from ``lower`` to ``upper``; ``p_value``: of none), ``prior`` (days believed
of the same offers), ``level`` (the one over the other; ``p_prior``: of 1), ``status`` (``harmful, below_prior,
above_prior, as_believed, not_identified``)."""


@dataclass(frozen=True)
class PooledContacts:
    """The level at which the priors of actions by hand are used, and the row (:data:`POOLED`) that says why."""

    level: float
    row: pl.DataFrame


def pooled_contacts(study: Study, priors: pl.DataFrame, eligible: dict[str, np.ndarray]) -> PooledContacts:
    """Return the level of all contacts by hand in a study; ``priors`` as the policy's offers have them."""
    by_hand = priors.filter("by_hand")["action"].to_list()
    found = pooled_effect(
        study.rows,
        study.rows.column("open_days_90"),
        study.chances,
        expected=study.expected,
        prior_days=dict(priors.select("action", "prior_days").iter_rows()),
        by_hand={action: eligible[action] for action in study.rows.actions if action in by_hand},
    )
    status = _status(found)
    level = min(found.shrunk_level, 0.0) if status == "harmful" else found.shrunk_level
    row = {"offers": found.offers, "ess": found.ess, "ess_none": found.ess_none, "status": status}
    if found.days is not None and found.level is not None:
        row |= {
            "estimate": found.days.value,
            "lower": found.days.lower,
            "upper": found.days.upper,
            "p_value": found.days.p_value,
            "prior": found.prior_days,
            "p_prior": found.p_prior,
            "level": found.level.value,
            "level_lower": found.level.lower,
            "level_upper": found.level.upper,
        }
    row["said"] = pooled_words(found, status=status, level=level)
    return PooledContacts(level, pl.DataFrame([row], schema=POOLED))


def _status(found: PooledEffect) -> str:
    if found.days is None or found.level is None:
        return "not_identified"
    if found.days.p_value <= ALPHA and found.days.value < 0:
        return "harmful"
    if found.p_prior <= ALPHA:
        return "below_prior" if found.level.value < 1 else "above_prior"
    return "as_believed"
