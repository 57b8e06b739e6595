"""The desk of a collection supervisor: what is known of every account on a day, and the list that the policy makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import queue_from
from credrisk.decisions.queue_basis import QueueBasis, queue_basis
from credrisk.decisions.queue_selection import checked_capacity
from credrisk.decisions.queue_weights import QueueWeights
from credrisk.decisions.roll_over import roll_over
from credrisk.decisions.supervisor_hand import COLUMNS, hand_of, hand_record
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["Desk", "Laid", "by_hand", "default_expiry", "desk_of_ledger", "hand_frame", "made_list", "open_desk"]

LISTS_KEPT = 64
"""Lists kept in memory, so that going back to an earlier setting is at once."""


@dataclass(frozen=True)
class Laid:
    """A pin, boost or exclusion that was laid at the desk; it holds up to, but not on, ``expires_on``."""

    customer_id: str
    what: str
    reason: str
    expires_on: date
    factor: float | None = None

    def checked(self, as_of: date) -> Laid:
        """Return it, once every value keeps its rule.

        Raises
        ------
        ParameterError
            When one does not, or it would be over on ``as_of`` already.
        """
        hand_record(
            self.customer_id, what=self.what, reason=self.reason, expires_on=self.expires_on, factor=self.factor
        )
        if self.expires_on <= as_of:
            raise ParameterError("expires_on", f"after the day of the list, {as_of}", self.expires_on.isoformat())
        return self


@dataclass(frozen=True)
class Desk:
    """What the desk stands on.

    Attributes
    ----------
    basis
        Every scored account as the ledger knows it.
    capacity
        Contacts by hand of the list that is made without the desk.
    laid
        What stood in the decision log on that day (:func:`~credrisk.decisions.supervisor_hand.hand_of`).
    roll_over
        What passes 60 or 90 days within 30 days.
    notes
        What the list cannot know.
    log
        The decision log; None where there is none.
    """

    basis: QueueBasis
    capacity: int
    laid: pl.DataFrame
    roll_over: pl.DataFrame
    notes: tuple[str, ...] = ()
    log: DecisionLog | None = None
    _lists: dict[tuple[int, QueueWeights | None, tuple[Laid, ...]], pl.DataFrame] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def as_of(self) -> date:
        """Return the day of the list."""
        return self.basis.as_of

    @property
    def currency(self) -> str:
        """Return the ledger's currency."""
        return self.basis.ledger.settings.currency

    @property
    def policy(self) -> Policy:
        """Return the policy that rules the list."""
        return self.basis.policy

    def most_contacts(self) -> int:
        """Return how many contacts by hand gain anything today: with more of them nothing changes."""
        everybody = made_list(self, capacity=max(self.basis.accounts.height, 1))
        return everybody.filter(by_hand()).height


def open_desk(
    ledger: Ledger,
    *,
    as_of: date | str,
    scores: pd.DataFrame | pl.DataFrame,
    policy: Policy | None = None,
    capacity: int | None = None,
    timing: PaymentTiming | None = None,
    log: DecisionLog | None = None,
    notes: tuple[str, ...] = (),
) -> Desk:
    """Open the desk of a day.

    Parameters
    ----------
    ledger, as_of, scores, policy
        See :func:`~credrisk.decisions.queue.collection_queue`.
    capacity
        Contacts by hand; the policy's ``capacity_per_day`` where none is given.
    timing
        The model of the day of payment: how likely items are to pass 60 and 90 days.
    log
        A decision log whose pins, boosts and exclusions hold, and into which those of the desk may be written.

    Raises
    ------
    ParameterError
        When ``capacity`` is not a whole number of at least 0.
    """
    day, rules = to_date(as_of), policy or Policy.default()
    contacts = checked_capacity(rules.collection.capacity_per_day if capacity is None else capacity)
    laid = hand_of(log, as_of=day) if log is not None and log.path.exists() else pl.DataFrame(schema=COLUMNS)
    return Desk(
        basis=queue_basis(ledger, as_of=day, scores=scores, policy=rules),
        capacity=contacts,
        laid=laid,
        roll_over=roll_over(ledger, as_of=day, timing=timing, output="polars"),
        notes=notes,
        log=log,
    )


def desk_of_ledger(
    ledger: Ledger,
    *,
    as_of: date | str | None = None,
    results: str | Path | None = None,
    policy: Policy | None = None,
    capacity: int | None = None,
    log: DecisionLog | None = None,
    progress: Progress = silent,
) -> Desk:
    """Open the desk with the scores of an earlier run, or of one that is made now and kept in memory.

    Parameters
    ----------
    results
        The folder of `credrisk run` for this ledger, day and policy; None: it is run, without its back-tests.
    as_of
        Default: the day of the results, else the last day that the ledger covers.

    Raises
    ------
    ParameterError, DataError
        When the results are of another ledger, day or policy, or are not what the run wrote.
    """
    from credrisk.pipeline.scored_day import scored_day

    rules = policy or Policy.default()
    found = scored_day(ledger, results=results, as_of=as_of, policy=rules, progress=progress)
    timing, why = found.timing()
    progress("Making the list", 0, 0)
    return open_desk(
        ledger,
        as_of=found.as_of,
        scores=found.scores,
        policy=rules,
        capacity=capacity,
        timing=timing,
        log=log,
        notes=(why,) if why else (),
    )


def hand_frame(desk: Desk, laid: tuple[Laid, ...]) -> pl.DataFrame:
    """Return what stands in the log and what was laid at the desk, the latter in place of the former.

    The columns are those of :func:`~credrisk.decisions.supervisor_hand.hand_of`; the author at the desk is ``desk``.
    """
    rows = [
        {
            "customer_id": each.customer_id,
            "what": each.what,
            "factor": each.factor,
            "reason": each.reason,
            "author": "desk",
            "made_on": desk.as_of,
            "expires_on": each.expires_on,
        }
        for each in laid
    ]
    own = pl.DataFrame(rows, schema=COLUMNS)
    return pl.concat([desk.laid.join(own, on=["customer_id", "what"], how="anti"), own]).sort("customer_id", "what")


def made_list(
    desk: Desk, *, capacity: int | None = None, weights: QueueWeights | None = None, laid: tuple[Laid, ...] = ()
) -> pl.DataFrame:
    """Return the list of the day under a capacity, weights and what was laid at the desk; the model's by default."""
    contacts = desk.capacity if capacity is None else capacity
    key = contacts, weights, laid
    if key not in desk._lists:
        while len(desk._lists) >= LISTS_KEPT:
            del desk._lists[next(iter(desk._lists))]
        desk._lists[key] = queue_from(
            desk.basis, capacity=contacts, hand=hand_frame(desk, laid), weights=weights, output="polars"
        )
    return desk._lists[key]


def by_hand() -> pl.Expr:
    """Tell of each account of a list whether somebody contacts it today."""
    # A pin for which nothing is done by hand goes out by itself, without a chance of a contact by hand.
    automatic = (pl.col("slot") == "automatic") | ((pl.col("slot") == "pin") & (pl.col("selection_probability") == 0))
    return pl.col("contact_today") & ~automatic.fill_null(False)


def default_expiry(desk: Desk, days: int = 14) -> date:
    """Return until when a hand holds unless something else is said."""
    return desk.as_of + timedelta(days=days)
