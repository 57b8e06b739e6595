"""What the commands of `credrisk log` share: options, the desk at which entries are made, and how they are added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import author_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog, Record
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger

__all__ = [
    "At",
    "Customer",
    "Desk",
    "Document",
    "LogPath",
    "Reason",
    "Results",
    "Role",
    "SomeAmount",
    "SomeCustomer",
    "SomeDay",
    "SomeDocument",
    "SomeText",
    "append",
    "grade_of",
    "moment_of",
    "opened",
]

LogPath = Annotated[Path, typer.Argument(metavar="FILE", help="The decision log; made where there is none.")]
Customer = Annotated[str, typer.Option("--customer", metavar="ID", help="Whom it is about.", show_default=False)]
SomeCustomer = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--customer", metavar="ID", help="Whom it is about.", show_default=False),
]
Document = Annotated[str, typer.Option("--document", metavar="ID", help="The document.", show_default=False)]
SomeDocument = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--document", metavar="ID", help="The document; left out: the account.", show_default=False),
]
SomeAmount = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--amount", help="In the document's currency; left out: all that is open.", show_default=False),
]
SomeDay = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--date", metavar="DATE", help="When it was; default: the day of the entry.", show_default=False),
]
SomeText = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--note", metavar="TEXT", help="What else was said.", show_default=False),
]
At = Annotated[
    Optional[datetime],  # noqa: UP045
    typer.Option(
        "--at",
        metavar="TIME",
        help="When it was written down (UTC), to take over an older record; default: now. What is asked as of an "
        "earlier day does not see it.",
        show_default=False,
    ),
]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="Your role in the policy's authority matrix.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it has to be said.")]
Results = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--results",
        metavar="FOLDER",
        help="What credrisk run wrote: it knows the customer's grade. Without it the worst is assumed.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Desk:
    """Who enters, into which log, against which books; ``moment`` is None where it is now."""

    author: str
    log: DecisionLog
    ledger: Ledger
    books: AccountBooks
    moment: datetime | None


def opened(file: Path, ledger: Path, author: str | None, at: datetime | None, currency: str | None) -> Desk:
    """Return the desk: who enters, what the books of the day of the entry show, and the log, which is read first."""
    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.ledger.ledger import Ledger

    name = author_of(author)
    moment = moment_of(at)
    log = DecisionLog(file)
    if log.path.exists():
        log.head()
    read = Ledger.read(ledger, currency=currency)
    return Desk(name, log, read, AccountBooks.open(read, log, day=moment.date()), moment if at else None)


def moment_of(at: datetime | None) -> datetime:
    """Return the time of an entry in UTC, now where none is given.

    Raises
    ------
    ParameterError
        When it lies in the future.
    """
    from datetime import UTC

    from credrisk.errors import ParameterError

    now = datetime.now(UTC)
    moment = at.replace(tzinfo=UTC) if at is not None else now
    if moment > now:
        raise ParameterError("--at", "not in the future", moment.isoformat())
    return moment


def append(desk: Desk, entries: Sequence[Record], policy: Policy | None = None) -> None:
    """Add the entries, all or none, and say their numbers."""
    from credrisk.cli.console import console

    added = desk.log.append_all(entries, author=desk.author, policy=policy, at=desk.moment)
    first, last = added[0].number, added[-1].number
    numbers = str(first) if first == last else f"{first} to {last}"
    kinds = ", ".join(dict.fromkeys(entry.kind.replace("_", " ") for entry in added))
    word = "Entry" if len(added) == 1 else "Entries"
    console.print(f"{word} {numbers} of {desk.log.path}: {kinds} by {desk.author}.", markup=False)


def grade_of(results: Path | None, ledger: Ledger, policy: Policy, customer: str | None) -> str | None:
    """Return the customer's grade as the results of a run have it; None without results, or where it has none."""
    from credrisk.pipeline.stored_results import read_results

    if results is None:
        return None
    limits = read_results(results, ledger=ledger, policy=policy).limits
    own = limits.filter(limits["customer_id"] == customer)
    return None if own.is_empty() else own["grade_used"][0]
