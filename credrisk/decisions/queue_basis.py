"""What a day's list is chosen from: every scored account as the ledger knows it, before any choice is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.grades import with_used_pd
from credrisk.decisions.inputs import customer_rows
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_accounts import account_rows
from credrisk.errors import EvidenceError
from credrisk.ledger.ledger import Ledger
from credrisk.models.promise_odds import promise_odds

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QueueBasis", "queue_basis"]

SCORES = {"status": pl.String(), "pd_12m": pl.Float64(), "p_late30_12m": pl.Float64()}
SCORES_OPTIONAL = {
    "name": pl.String(),
    "dbt_12m": pl.Float64(),
    "lgd": pl.Float64(),
    "expected_days_to_pay": pl.Float64(),
}


@dataclass(frozen=True)
class QueueBasis:
    """What every list of one day starts from; another capacity, hand or weighting needs no other.

    Attributes
    ----------
    ledger
        Cut at ``as_of``.
    accounts
        One row a scored customer, with what the ledger knows of the account and the PD that counts.
    """

    ledger: Ledger
    as_of: date
    policy: Policy
    accounts: pl.DataFrame

    @cached_property
    def odds(self) -> pl.DataFrame | None:
        """Return ``customer_id, p_promise_kept`` of the least likely open promise; None where it cannot be learnt."""
        try:
            odds = promise_odds(self.ledger, as_of=self.as_of)
        except EvidenceError:
            return None
        return odds.group_by("customer_id").agg(p_promise_kept=pl.col("p_kept").min())


def queue_basis(
    ledger: Ledger, *, as_of: date | str, scores: pd.DataFrame | pl.DataFrame, policy: Policy | None = None
) -> QueueBasis:
    """Look up what the ledger, cut at ``as_of``, knows of the customers of ``scores``.

    Parameters
    ----------
    ledger, as_of, scores, policy
        See :func:`~credrisk.decisions.queue.collection_queue`.

    Raises
    ------
    DataError
        When columns are missing, a customer has several rows or is not in the ledger, or a currency has no rate.
    """
    day, policy = to_date(as_of), policy or Policy.default()
    seen = ledger.cut(day)
    rows = customer_rows(scores, "scores", required=SCORES, optional=SCORES_OPTIONAL, as_of=day)
    return QueueBasis(seen, day, policy, with_used_pd(account_rows(seen, rows, policy.collection, day), policy))
