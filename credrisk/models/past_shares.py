"""What became of customers in the state that some are in today: in default, or recovering from it.

They are outside the at-risk set on which the model is fitted, and they matter most. So their probability is taken from
the ledger's own past: of the earlier customer-dates in the same state, how many were followed by a bad debt, with the
outcomes that are not known yet treated as censored, never as good. These are few: that none of them fell into the
first months is no proof that none can, so the way to the longest horizon leans on an even spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.dates import months_after
from credrisk.errors import EvidenceError
from credrisk.wording import counted, percent

__all__ = ["FEWEST_CUSTOMERS", "PastShare", "past_share", "why_not_in_order"]

FEWEST_CUSTOMERS = 10
"""Fewer customers than this, at some time in that state, say too little to print a share."""
TIMING_WORTH = 2.0
"""Bad debts that an even spread over the months weighs as, beside those seen: Z = n / (n + 2), as the loss rates of the
provision lean on published ones."""
NONE_SEEN = 0.5
"""What no bad debt at all counts as: the mean of a probability whose prior is that of Jeffreys, Beta(1/2, 1/2)."""
IN_WORDS = {"in_default": "in default", "recovering": "recovering from a default"}


@dataclass(frozen=True)
class PastShare:
    """Share of customers in a state that became a bad debt within each horizon.

    Attributes
    ----------
    status
        ``in_default`` or ``recovering``.
    probabilities
        By horizon in months, rising with it and never 0. That of the longest is the Kaplan-Meier estimate [1]_, or
        ``NONE_SEEN`` of the customers where no bad debt was seen. Of it a shorter one has the share that fell within it
        so far, blended with an even spread over the months.
    customers, became_bad
        Customers seen in that state at an earlier date, and those of them that became a bad debt later.
    within
        Those that became one within the longest horizon, every customer weighing the same over its dates; what the
        spread over the months rests on.

    References
    ----------
    .. [1] E. L. Kaplan and P. Meier (1958), Nonparametric estimation from incomplete observations, JASA 53.
    """

    status: str
    probabilities: dict[int, float]
    customers: int
    became_bad: int
    within: float = 0.0

    @property
    def says(self) -> str:
        """The evidence in words, and how it is weighted."""
        longest = max(self.probabilities)
        own = self.within / (self.within + TIMING_WORTH)
        spread = ""
        if not self.within:
            spread = f". Nobody did so within the {longest} months: that counts as half of one, no probability of 0"
        elif len(self.probabilities) > 1:
            spread = (
                f". When within the {longest} months rests to {percent(own)} on these, else on an even spread: "
                "none seen in the first months is not a probability of 0"
            )
        return (
            f"Customers {IN_WORDS[self.status]} get the share of earlier ones that became a bad debt within "
            f"{longest} months of a month-end at which they were in that state: "
            f"{percent(self.probabilities[longest], 1)}, from {counted(self.customers, 'customer')}, of whom "
            f"{self.became_bad} became one sooner or later. Every customer weighs the same, spread over its month-ends "
            f"in that state; one whose {longest} months are not over counts for as long as it was observed, so that "
            f"the share need not be {self.became_bad} of {self.customers}{spread}"
        )


def past_share(labels: pl.DataFrame, *, status: str, horizons: Sequence[int]) -> PastShare:
    """Estimate what becomes of customers in ``status`` from the earlier dates on which customers were in it.

    Parameters
    ----------
    labels
        Rows of :func:`credrisk.features.labels.build_labels`: ``customer_id, as_of, status, bad_debt_on,
        bad_debt_observed_to``. Each customer weighs the same, however many dates it was in that state.
    horizons
        Months after the date; the last day is included.

    Notes
    -----
    With F the Kaplan-Meier estimate, M the longest horizon and n bad debts within it, that within m months is
    F(M) [n F(m) / F(M) + 2 m / M] / (n + 2).

    Raises
    ------
    EvidenceError
        When fewer than ``FEWEST_CUSTOMERS`` customers were in that state and observed for some time.
    """
    rows = (
        labels.filter(pl.col("status") == status)
        .with_columns(bad=(pl.col("bad_debt_on") <= pl.col("bad_debt_observed_to")).fill_null(False))
        .with_columns(end=pl.when("bad").then("bad_debt_on").otherwise("bad_debt_observed_to"))
        .filter(pl.col("end") > pl.col("as_of"))
        .sort("customer_id", "as_of")
    )
    customers = rows["customer_id"].n_unique()
    if customers < FEWEST_CUSTOMERS:
        raise EvidenceError(
            f"only {counted(customers, 'customer')} {'was' if customers == 1 else 'were'} seen {IN_WORDS[status]} and "
            "observed afterwards; "
            f"{FEWEST_CUSTOMERS} are needed"
        )
    weights = (1 / pl.len().over("customer_id")).alias("weight")
    rows = rows.with_columns(weights)
    became = rows.filter("bad")["customer_id"].n_unique()
    longest = max(horizons)
    seen = {months: _incidence(rows, months) for months in horizons}
    share, within = seen[longest]
    if not share:
        share = NONE_SEEN / (customers + 2 * NONE_SEEN)
    own = within / (within + TIMING_WORTH)
    probabilities = {
        months: own * found + (1 - own) * share * months / longest for months, (found, _) in sorted(seen.items())
    }
    return PastShare(status, probabilities, customers, became, within)


def _incidence(rows: pl.DataFrame, months: int) -> tuple[float, float]:
    """Return the weighted Kaplan-Meier estimate of a bad debt within ``months``, and the weight of those seen."""
    ends = {day: months_after(day, months) for day in rows["as_of"].unique()}
    limit = pl.col("as_of").replace_strict(ends, return_dtype=pl.Date)
    seen = rows.select(
        "weight",
        days=(pl.min_horizontal("end", limit) - pl.col("as_of")).dt.total_days(),
        bad=pl.col("bad") & (pl.col("end") <= limit),
    )
    days, bad, weight = (seen[name].to_numpy() for name in ("days", "bad", "weight"))
    survival = 1.0
    for day in np.unique(days[bad]):
        at_risk = weight[days >= day].sum()
        survival *= 1.0 - weight[(days == day) & bad].sum() / at_risk
    return float(1.0 - survival), float(np.sort(weight[bad]).sum())


def why_not_in_order(shares: Mapping[str, PastShare]) -> list[str]:
    """Say so where customers in default came out better than those recovering from one; nothing otherwise.

    Parameters
    ----------
    shares
        By status.
    """
    worse, better = shares.get("in_default"), shares.get("recovering")
    if worse is None or better is None:
        return []
    longest = max(worse.probabilities)
    if worse.probabilities[longest] >= better.probabilities[longest]:
        return []
    return [
        "The share in default lies below that in recovery: they rest on "
        f"{counted(worse.became_bad, 'bad debt')} and on {better.became_bad}, and each is shown as it was measured; "
        "neither is moved to put the two in order."
    ]
