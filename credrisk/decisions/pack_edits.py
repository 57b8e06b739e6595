"""What people wrote into the pack's workbook, as it was read, and what it becomes: changes, or faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from credrisk.decisions.collection_entries_worklist import WorklistRow
from credrisk.decisions.decision_chain import fingerprint_of
from credrisk.decisions.decision_log import Record

__all__ = ["Change", "HandEdit", "LimitEdit", "PackEdits", "PackStamp", "Taken", "spelled"]


@dataclass(frozen=True)
class LimitEdit:
    """A row of the sheet Limits in which a limit was decided; ``place`` is where it stands, for messages."""

    place: str
    customer_id: str
    limit: float | None
    reason: str | None

    @property
    def fingerprint(self) -> str:
        """What tells the row from one that was changed afterwards."""
        return _fingerprint(customer_id=self.customer_id, limit=self.limit, reason=self.reason)


@dataclass(frozen=True)
class HandEdit:
    """A row of the sheet Queue on which the supervisor laid a hand.

    Attributes
    ----------
    what
        pin, boost or exclude; None where a new place alone is asked for.
    factor
        Of a boost.
    new_place
        The place in the list that the account is to have.
    expires_on
        The first day on which it no longer holds.
    """

    place: str
    customer_id: str
    what: str | None
    factor: float | None
    new_place: int | None
    expires_on: date | None
    reason: str | None

    @property
    def fingerprint(self) -> str:
        """What tells the row from one that was changed afterwards."""
        return _fingerprint(
            customer_id=self.customer_id,
            what=self.what,
            factor=self.factor,
            new_place=self.new_place,
            expires_on=self.expires_on and self.expires_on.isoformat(),
            reason=self.reason,
        )


@dataclass(frozen=True)
class PackStamp:
    """What a workbook was made from, as its hidden sheet says.

    Attributes
    ----------
    as_of, currency
        Day of the pack and currency of its amounts.
    made_from
        ``ledger`` (content hash as known on the day), ``policy`` and ``model`` (hashes), ``policy_version``, ``run``.
    limits
        By customer the part of the recommendation that stands in an entry of the log, and ``inputs``, the fingerprint
        of the whole.
    queue
        By customer ``rank``, ``slot``, ``worth`` (what the list is ranked by) and ``hold``.
    """

    as_of: date
    currency: str
    made_from: Mapping[str, str]
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    queue: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def pack(self) -> str:
        """Name of the pack: the same for every copy of it, another for another ledger, day, policy or run."""
        return fingerprint_of({"as_of": self.as_of.isoformat(), "currency": self.currency, **self.made_from})[:16]


@dataclass(frozen=True)
class PackEdits:
    """A workbook as it came back.

    Attributes
    ----------
    notes
        What was found beside the edits: changed cells that nobody is asked to change, rows and sheets that are gone.
    faults
        Cells that cannot be read, each with its address; their rows are not among the edits.
    """

    stamp: PackStamp
    limits: tuple[LimitEdit, ...] = ()
    hands: tuple[HandEdit, ...] = ()
    worklist: tuple[WorklistRow, ...] = ()
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """One thing that the workbook changes: where it stands, about whom, in words, and its entry of the log."""

    place: str
    customer_id: str
    says: str
    record: Record


@dataclass
class Taken:
    """How the rows of a sheet were taken.

    Attributes
    ----------
    changes
        What is to be entered.
    known
        Rows that were entered before, as they stand.
    faults
        What must be mended before anything is entered.
    notes
        What is worth knowing.
    """

    changes: list[Change] = field(default_factory=list)
    known: int = 0
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _fingerprint(**said: Any) -> str:
    return fingerprint_of({name: value for name, value in said.items() if value is not None})[:16]


def spelled(code: str) -> str:
    """Return a code in words: ``will_not_pay`` is "will not pay"."""
    return code.replace("_", " ")
