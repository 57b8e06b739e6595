"""`credrisk apply`: what was decided in the pack's workbook becomes entries of the decision log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from credrisk.cli.log_desk import At, moment_of
from credrisk.cli.options import Author, Currency, LedgerPath, PolicyPath, author_of
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credrisk.decisions.pack_apply import PackChanges
    from credrisk.decisions.pack_edits import PackStamp
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger

__all__ = ["apply_command"]


def apply_command(
    workbook: Annotated[
        Path, typer.Argument(metavar="PACK", help="The pack.xlsx of credrisk report, filled in.", show_default=False)
    ],
    ledger: LedgerPath,
    log: Annotated[
        Path,
        typer.Option("--log", metavar="FILE", help="The decision log; made where there is none.", show_default=False),
    ],
    author: Author = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be entered, and every fault; enter nothing.")
    ] = False,
    results: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote: limits are held against it rather than against the workbook's own stamp.",
            show_default=False,
        ),
    ] = None,
    date: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--date", metavar="DATE", help="When the worklist was worked; default: the day of the list."),
    ] = None,
    policy: PolicyPath = None,
    at: At = None,
    public: Public = None,
    currency: Currency = None,
) -> None:
    """Take what was decided on the sheets Limits, Queue and Worklist of the pack into the log: all of it or nothing.

    The workbook must be of this ledger, policy and day; rows are known by their customer number, so that the sheets may
    be sorted and filtered. What was entered before is not entered again. The next credrisk queue --log and credrisk
    limits --log follow.

    Example: credrisk apply pack/pack.xlsx data/sample --log decisions.db --author NAME --dry-run
    """
    from credrisk.cli.console import console
    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.pack_apply import pack_changes, refuse_another
    from credrisk.errors import ParameterError
    from credrisk.reports.book_read import read_book_workbook

    name = author_of(author)
    moment = moment_of(at)
    edits = read_book_workbook(workbook)
    if moment.date() < edits.stamp.as_of:
        raise ParameterError("--at", f"not before {edits.stamp.as_of}, the day of the pack", moment.isoformat())
    rules = policy_for(ledger, policy)
    read = read_with_public(ledger, public, currency=currency, as_of=edits.stamp.as_of.isoformat())
    refuse_another(edits.stamp, ledger=read, policy=rules)
    decisions = DecisionLog(log)
    entries = decisions.read() if decisions.path.exists() else []
    found = pack_changes(
        edits,
        books=AccountBooks.open(read, decisions, day=moment.date()),
        entries=entries,
        policy=rules,
        author=name,
        recommended=_of_run(results, read, rules, edits.stamp) if results is not None else None,
        worked_on=date,
    )
    _print(found, dry_run)
    if found.changes and not dry_run:
        added = decisions.append_all(found.records, author=name, policy=rules, at=moment, after=found.seen)
        _print_added(decisions, len(added), added[0].number, name)
        if moment.date() > edits.stamp.as_of:
            console.print(
                f"They count from {moment.date()} on: a list or limits of {edits.stamp.as_of} made again do not see "
                "them. What was decided on an earlier day is entered with --at.",
                style="dim",
                markup=False,
            )


def _of_run(results: Path, ledger: Ledger, policy: Policy, stamp: PackStamp) -> Mapping[str, Mapping[str, Any]]:
    """Return the recommended limits of the run, with the fingerprint of each row."""
    from credrisk.decisions.limit_record import inputs_of
    from credrisk.pipeline.stored_results import read_results

    limits = read_results(results, ledger=ledger, policy=policy, as_of=stamp.as_of).limits
    return {row["customer_id"]: {**row, "inputs": inputs_of(row)} for row in limits.iter_rows(named=True)}


def _print(found: PackChanges, dry_run: bool) -> None:
    from credrisk.cli.console import console
    from credrisk.wording import counted

    for note in found.notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
    if found.known:
        console.print(f"Entered before, as they stand: {counted(found.known, 'row')}.", markup=False)
    for change in found.changes:
        console.print(f"{change.place}, {change.customer_id}: {change.says}", markup=False)
    if not found.changes:
        console.print("Nothing is to be entered: the log stays as it is.", markup=False)
    elif dry_run:
        said = counted(len(found.changes), "entry", "entries")
        console.print(f"{said} would be made. Nothing was entered: this was a dry run.", markup=False)


def _print_added(log: Any, count: int, first: int, author: str) -> None:
    from credrisk.cli.console import console
    from credrisk.wording import counted

    number, head = log.head()
    said = counted(count, "entry", "entries")
    console.print(f"{said} made by {author}: {first} to {first + count - 1} of {log.path}.", markup=False)
    console.print(f"In the log: {number:,} entries, head {head}", style="dim", markup=False)
