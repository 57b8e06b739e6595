"""How likely a customer keeps what it agrees to: its own record, shrunk to that of all, or the policy's prior."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.models.promise_odds import FEWEST_JUDGED, JUDGED, SHRUNK_BY, judged_promises
from credrisk.wording import percent

__all__ = ["PromiseRecord", "promise_record"]


@dataclass(frozen=True)
class PromiseRecord:
    """Belief in the share of promises that a customer keeps: a beta distribution.

    Attributes
    ----------
    kept, broken
        Its two parameters, both above 0.
    source
        In words.
    """

    kept: float
    broken: float
    source: str

    @property
    def mean(self) -> float:
        """Return the chance that the next promise is kept."""
        return self.kept / (self.kept + self.broken)

    def all_kept(self, count: int) -> float:
        """Return the chance that the next ``count`` promises are all kept.

        The share is the same for all of them and only not known, so having kept one makes the next more likely: the
        product of (kept + i) / (kept + broken + i), not a power of the mean.
        """
        chance = 1.0
        for place in range(count):
            chance *= (self.kept + place) / (self.kept + self.broken + place)
        return chance


def promise_record(ledger: Ledger, *, customer_id: str, as_of: date, prior: float) -> PromiseRecord:
    """Return what past promises say of a customer, by what was known on ``as_of``.

    Parameters
    ----------
    prior
        Share kept where fewer than ``FEWEST_JUDGED`` promises of all customers have fallen due; above 0, at most 1.
    """
    promises = judged_promises(ledger, as_of=as_of)
    judged = promises.filter(pl.col("state").is_in(JUDGED) & (pl.col("due_on") < as_of))
    own = judged.filter(pl.col("customer_id") == customer_id)
    kept = int((own["state"] == "kept").sum())
    if judged.height < FEWEST_JUDGED:
        share = prior
        source = f"the policy's prior of {percent(prior)}, for only {judged.height} promises have fallen due"
    else:
        share = float((judged["state"] == "kept").to_numpy().mean())
        record = f"{kept} of its {own.height} promises kept, shrunk to" if own.height else "no promise of its own yet,"
        source = f"{record} {percent(share)} of {judged.height} of all"
    share = min(max(share, 0.01), 0.99)
    return PromiseRecord(kept + SHRUNK_BY * share, own.height - kept + SHRUNK_BY * (1 - share), source)
