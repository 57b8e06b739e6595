"""`credrisk import wizard`: a mapping proposed for an export that credrisk has never seen, looked over, and written."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from credrisk.cli.options import Overwrite
from credrisk.cli.wizard_dialogue import asked, corrected, pairs, stopped, take_back, told_answers
from credrisk.errors import DataError, ParameterError

if TYPE_CHECKING:
    from credrisk.sources.wizard.preview import Preview
    from credrisk.sources.wizard.proposal import Proposal

__all__ = ["wizard_command"]


def wizard_command(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="EXPORT", help="A CSV, Excel or Parquet file, or a folder or zip of some.", show_default=False
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the mapping goes.")] = Path("mapping.toml"),
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Ask nothing: take the proposals, and stop where there is none that is safe."),
    ] = False,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer",
            metavar="KEY=VALUE",
            help="Answer a question by its key, or name a column: invoices.due_date=Faellig.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Propose a mapping for an unknown export: columns, dates, decimal marks, types and ids, by headers and content.

    Shows what is sure, what is not and what is missing, the first rows as the ledger would hold them, and how rows
    and money tie out; asks only what it cannot decide. Dates that can be read in two ways are never guessed.

    Example: credrisk import wizard exports/ --out mapping.toml
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console
    from credrisk.wording import counted

    refuse_existing(out, overwrite)
    answers = pairs(answer or [])
    with nullcontext() if yes else told_answers(answers):
        proposal, preview = _settled(source, answers, yes=yes)
    write_text(out, preview.text)
    console.print(f"\nThe mapping is in {out}.", markup=False)
    if yes and proposal.questions:
        stand = "stands in it as a comment" if len(proposal.questions) == 1 else "stand in it as comments"
        console.print(f"{counted(len(proposal.questions), 'open question')} {stand}.", markup=False)
    console.print(
        f"Next: credrisk import {quote(str(source))} --map {quote(str(out))} --out my-ledger",
        markup=False,
        soft_wrap=True,
    )


def _settled(source: Path, answers: dict[str, str], *, yes: bool) -> tuple[Proposal, Preview]:
    """Return the proposal that is accepted and what it makes of the export; ``answers`` grows by what is typed."""
    from credrisk.cli.console import drawn_progress
    from credrisk.sources.wizard.preview import preview_mapping
    from credrisk.sources.wizard.propose import propose_mapping

    typed: dict[str, str] = {}
    while True:
        try:
            with drawn_progress() as progress:
                progress("Looking at the export", 0, 0)
                proposal = propose_mapping(source, answers=answers | typed)
            open_questions = [one for one in proposal.questions if one.key not in answers | typed]
            if proposal.blocking and (yes or not open_questions):
                raise stopped(proposal)
            if yes or not open_questions:
                _print_decisions(proposal)
                with drawn_progress() as progress:
                    progress("Reading it by the proposal", 0, 0)
                    preview = preview_mapping(proposal, source)
        except (ParameterError, DataError) as error:
            take_back(typed, answers, error)
            continue
        answers |= typed
        if open_questions and not yes:
            typed = asked(open_questions[0])
            continue
        _print_preview(proposal, preview)
        typed = {} if yes else corrected()
        if not typed:
            return proposal, preview


def _print_decisions(proposal: Proposal) -> None:
    from credrisk.cli.console import console

    parts = (
        ("Sure, by the evidence of whole columns", proposal.sure, ""),
        ("Not sure: please look", proposal.unsure, "yellow"),
        ("Missing, and what that costs", proposal.missing, ""),
        ("Not read", [f"{path}: {why}" for path, why in proposal.unread.items()], ""),
    )
    for title, said, style in parts:
        if said:
            console.print(f"\n{title}", style="bold")
            for one in said:
                console.print(f"  - {one}", markup=False, style=style or None)


def _print_preview(proposal: Proposal, preview: Preview) -> None:
    import polars as pl

    from credrisk.cli.check import print_check
    from credrisk.cli.console import console, print_table

    for name in preview.tables:
        frame = preview.first_rows(name)
        if frame.is_empty():
            continue
        total = preview.ledger.tables[name].height
        right = tuple(number for number, dtype in enumerate(frame.dtypes) if dtype.is_numeric())
        console.print()
        print_table(
            f"{name}: the first of {total:,} rows",
            [column.replace("_", " ") for column in frame.columns],
            [[_cell(row[name], row.get("currency")) for name in frame.columns] for row in frame.iter_rows(named=True)],
            right=right,
        )
    _print_tie_outs(proposal, preview)
    console.print()
    found = preview.ledger.check()
    grave = tuple(one for one in found.findings if one.severity != "note")
    print_check(replace(found, findings=grave))
    console.print("Errors and warnings alone; credrisk check shows the notes of the ledger too.", style="dim")
    if preview.ledger.quarantine["reason"].is_in(["conflicting_id", "refers_to_quarantined"]).any():
        for hint in proposal.repeated:
            console.print(f"\nOf the rows set aside: {hint}", style="yellow", markup=False)
    gone = preview.ledger.quarantine.filter(reason="no_longer_open")["table"].value_counts(name="gone")
    intake = found.intake.join(gone, on="table", how="left", maintain_order="left")
    lost = pl.col("rows_quarantined") - pl.col("gone").fill_null(0)  # what was settled in full needs no mending
    for row in intake.filter(2 * lost > pl.col("rows_read")).iter_rows(named=True):
        console.print(
            f"\nMost rows of {row['table']} are set aside: {row['rows_quarantined']:,} of {row['rows_read']:,}. "
            "Mend what the findings above name, in the export or in the mapping, before you rely on any figure.",
            style="bold yellow",
            markup=False,
        )


def _print_tie_outs(proposal: Proposal, preview: Preview) -> None:
    """Print the rows of each file, the money of each currency, and the open balance beside its ageing."""
    from credrisk.cli.console import console, print_table
    from credrisk.portfolio.ageing import ageing
    from credrisk.sources.wizard.preview import last_day, tie_out_preview

    summary = preview.imported.summary
    console.print()
    print_table(
        "Rows of the export: read = blank + left out + merged + used",
        [name.replace("_", " ") for name in summary.columns],
        [["" if cell is None else _cell(cell) for cell in row] for row in summary.rows()],
        right=(2, 3, 4, 5, 6),
    )
    for one in proposal.amounts:
        console.print()
        if one.columns:
            print_table(
                f"Rows and amounts of {one.file}, by what becomes of them",
                ["", "rows", *one.columns],
                [[line.what, _cell(line.rows), *map(_cell, line.sums)] for line in (*one.lines, one.whole)],
                right=tuple(range(1, 2 + len(one.columns))),
            )
        if one.totals_differ:
            listed = ", ".join(f"{name} by {difference:,.2f}" for name, difference in one.totals_differ)
            console.print(
                f"Lines of totals of {one.file} differ from what is used: {listed}.", style="yellow", markup=False
            )
        if one.unused:
            listed = ", ".join(f"{name} ({total:,.2f})" for name, total in one.unused)
            console.print(f"Columns of {one.file} not used that hold amounts: {listed}.", style="yellow", markup=False)
    _print_set_aside(preview)
    tied = tie_out_preview(preview)
    aged = ageing(preview.ledger, as_of=last_day(preview.ledger), by="portfolio", translate=False, output="polars")
    console.print()
    print_table(
        f"The ledger on its last day, {last_day(preview.ledger)}",
        ["currency", "documents", "invoiced", "credited", "cleared", "open balance", "sum of the ageing"],
        [
            [
                row["currency"],
                _cell(row["documents"]),
                *(_cell(row[name], row["currency"]) for name in ("invoiced", "credited", "cleared", "open_balance")),
                _cell(sum(aged.filter(currency=row["currency"])["open_balance"].to_list(), 0.0), row["currency"]),
            ]
            for row in tied.iter_rows(named=True)
        ],
        right=(1, 2, 3, 4, 5, 6),
    )


def _print_set_aside(preview: Preview) -> None:
    """Say how much of what is used the ledger sets aside, so that nobody takes the tables above for what it holds."""
    import polars as pl

    from credrisk.cli.console import console

    lost = preview.ledger.intake.filter(pl.col("rows_quarantined") > 0)
    said = [
        f"{row['rows_quarantined']:,} rows of {row['table']}"
        + (f", {row['money_quarantined']:,.2f} {row['currency']}" if row["money_quarantined"] else "")
        for row in lost.iter_rows(named=True)
    ]
    if said:
        console.print(
            f"\nOf what is used above, the ledger sets aside {'; '.join(said)}. The findings below say why.",
            style="yellow",
            markup=False,
        )


def _cell(value: object, currency: str | None = None) -> str:
    """Write a cell, an amount with the decimals of its currency; two where it is not known."""
    from credrisk.wording import exact_amount

    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else exact_amount(value, currency or "")
