"""`credrisk run`: the main job, from a ledger to the three answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from credrisk.pipeline.job import RunResult

__all__ = ["run_command"]

SHOWN = 5

DOUBTFUL_BALANCES = ("balance_differs", "not_covered_by_update", "deleted_by_update")
"""Warnings of the check without which the balances of the answers would be taken for more than they are."""


def run_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = Path("out"),
    policy: PolicyPath = None,
    capacity: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--capacity", min=1, help="Contacts your team can make today. Default: the policy's."),
    ] = None,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Check the ledger, estimate bad-debt probabilities, recommend limits and rank today's contacts.

    Writes scores.csv, limits.csv, queue.csv (each row with its reasons), credit-pack.xlsx, portfolio.html,
    model/ and run.json into the output folder.

    Example: credrisk run data/sample --as-of 2025-12-31 --out out
    """
    from credrisk.cli.console import console, drawn_progress
    from credrisk.pipeline.job import run
    from credrisk.pipeline.writing import refuse_taken

    refuse_taken(out, overwrite=overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        result = run(
            read,
            as_of=as_of,
            policy=rules,
            capacity=capacity,
            out=out,
            overwrite=overwrite,
            label_settings=label_settings(default_from, read.settings.currency),
            progress=progress,
        )
    _print_faults(result)
    _print_answers(result)
    console.print("\n[bold]Written to[/]")
    for path in result.files:
        console.print(f"  {path}", markup=False)


def _print_faults(result: RunResult) -> None:
    """Say what was set aside or is wrong, so that nobody takes the answers for more than they are."""
    from credrisk.cli.console import console
    from credrisk.wording import counted

    aside = int(result.check.intake["rows_quarantined"].sum())
    errors = sum(finding.severity == "error" for finding in result.check.findings)
    doubtful = [f for f in result.check.findings if f.severity == "error" or f.code in DOUBTFUL_BALANCES]
    said = [f"{aside:,} {'row was' if aside == 1 else 'rows were'} set aside"] if aside else []
    if errors:
        said.append(f"the check found {errors:,} {'error' if errors == 1 else 'errors'}")
    if len(doubtful) > errors:
        said.append("balances are in doubt")
    if said:
        told = "; ".join(said)
        console.print(f"\nLook first: {told}. credrisk check LEDGER shows them.", style="yellow", markup=False)
    told_of: dict[str, list[str]] = {}
    for finding in doubtful:
        table = f"{finding.table}: " if finding.table else ""
        held = counted(finding.rows, "row")
        held += "" if finding.money is None else f", {finding.money:,.2f} {finding.currency}"
        told_of.setdefault(f"{table}{finding.message} {finding.remedy}", []).append(held)
    for sentence, each in told_of.items():
        console.print(f"  {sentence} ({'; '.join(each)})", style="yellow", markup=False)


def _print_answers(result: RunResult) -> None:
    from credrisk.cli.console import console, print_list

    console.print()
    for heading, (value, note) in result.pack.headline.items():
        console.print(f"{heading}: {value}" + (f" ({note})" if note else ""), markup=False)
    for answer in result.answers(SHOWN):
        console.print()
        print_list(answer.title, answer.headings, answer.rows, right=answer.right, reasons=answer.reasons)
    for note in result.pack.notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
