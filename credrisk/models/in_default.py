"""How often a default in this ledger became a bad debt: the probability for customers who are in default today.

They are outside the at-risk set on which the model is fitted, and they matter most. So their probability is the plain
share of past defaults that turned into a bad debt within the horizon, with Jeffreys' prior, and only when the ledger
has enough of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError

__all__ = ["FEWEST_DEFAULTS", "DefaultOutcome", "outcome_of_defaults"]

FEWEST_DEFAULTS = 10
"""Fewer observed defaults than this say too little to print a share."""


@dataclass(frozen=True)
class DefaultOutcome:
    """Share of past defaults that became a bad debt within ``months``.

    Attributes
    ----------
    months
        Horizon, from the day the default began; the last day is included.
    defaults, became_bad
        Defaults whose horizon is observed, and those of them followed by a bad debt.
    probability
        ``(became_bad + 1/2) / (defaults + 1)``, the mean under Jeffreys' prior for a binomial share.
    """

    months: int
    defaults: int
    became_bad: int
    probability: float


def outcome_of_defaults(history: pl.DataFrame, *, horizons: Sequence[int], covers_to: date) -> list[DefaultOutcome]:
    """Count what became of the defaults.

    Parameters
    ----------
    history
        Frame of :func:`credrisk.features.labels.event_history`: ``customer_id, target, date``.
    covers_to
        A default counts at a horizon only when the horizon ends on or before this day.

    Raises
    ------
    EvidenceError
        When fewer than ``FEWEST_DEFAULTS`` defaults are observed over the longest horizon.
    """
    begun = (
        history.filter(pl.col("target") == "default").select("customer_id", "date").unique().sort("date", "customer_id")
    )
    bad = history.filter(pl.col("target") == "bad_debt").select("customer_id", bad_on="date").unique()
    followed = (
        begun.join(bad, on="customer_id", how="left")
        .filter(pl.col("bad_on").is_null() | (pl.col("bad_on") >= pl.col("date")))
        .group_by("customer_id", "date")
        .agg(pl.col("bad_on").min())
    )
    pairs = begun.join(followed, on=["customer_id", "date"], how="left").rows()
    outcomes = []
    for months in horizons:
        seen = [
            (bad_on, months_after(day, months)) for _, day, bad_on in pairs if months_after(day, months) <= covers_to
        ]
        became = sum(bad_on is not None and bad_on <= end for bad_on, end in seen)
        outcomes.append(DefaultOutcome(months, len(seen), became, (became + 0.5) / (len(seen) + 1)))
    if outcomes[-1].defaults < FEWEST_DEFAULTS:
        raise EvidenceError(
            f"only {outcomes[-1].defaults} past defaults are observed over {horizons[-1]} months; "
            f"at least {FEWEST_DEFAULTS} are needed"
        )
    return outcomes
