"""`credrisk import wizard`: a mapping proposed for an export that credrisk has never seen, looked over, and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from credrisk.cli.options import Overwrite
from credrisk.errors import CredriskError, DataError, ParameterError

if TYPE_CHECKING:
    from credrisk.sources.wizard.preview import Preview
    from credrisk.sources.wizard.proposal import Proposal, Question

__all__ = ["wizard_command"]

_SPELT_OUT = 2
"""So many choices of a question are printed as one would type them; of the others the value alone."""


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
    from credrisk.cli.console import console, drawn_progress
    from credrisk.sources.wizard.preview import preview_mapping
    from credrisk.sources.wizard.propose import propose_mapping
    from credrisk.wording import counted

    refuse_existing(out, overwrite)
    answers, typed = _pairs(answer or []), dict[str, str]()
    while True:
        try:
            with drawn_progress() as progress:
                progress("Looking at the export", 0, 0)
                proposal = propose_mapping(source, answers=answers | typed)
            open_questions = [one for one in proposal.questions if one.key not in answers | typed]
            if proposal.blocking and (yes or not open_questions):
                raise _stopped(proposal)
            if yes or not open_questions:
                _print_decisions(proposal)
                with drawn_progress() as progress:
                    progress("Reading it by the proposal", 0, 0)
                    preview = preview_mapping(proposal, source)
        except (ParameterError, DataError) as error:
            _take_back(typed, answers, error)
            continue
        answers |= typed
        if open_questions and not yes:
            typed = _asked(open_questions[0])
            continue
        _print_preview(proposal, preview)
        typed = {} if yes else _corrected()
        if not typed:
            break
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


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for name, mark, value in pairs:
        if not (name.strip() and mark):
            raise ParameterError("--answer", "KEY=VALUE", name + mark + value)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _take_back(typed: dict[str, str], answers: dict[str, str], error: CredriskError) -> None:
    """Forget what was typed last and cannot be, and say so; an error of anything else ends the command."""
    from credrisk.cli.console import console
    from credrisk.wording import counted

    if not typed:
        raise error
    said = ", ".join(f"{name}={value}" for name, value in typed.items())
    kept = f" The other {counted(len(answers), 'answer')} stay." if answers else ""
    console.print(f"\n{said} is not taken: {error}{kept}", style="yellow", markup=False)
    typed.clear()


def _asked(question: Question) -> dict[str, str]:
    """Ask until the answer is one of the choices; return it by the key of the question."""
    from credrisk.cli.console import console
    from credrisk.sources.wizard.words import plain

    console.print(f"\n{question.words}", style="bold", markup=False)
    if question.evidence:
        console.print(question.evidence, markup=False)
    for number, (value, meaning) in enumerate(question.choices, start=1):
        console.print(f"  {number}  {value}" + (f"  ({meaning})" if meaning and meaning != value else ""), markup=False)
    values = [value for value, _ in question.choices]
    alike = {plain(value): value for value in values}
    while True:
        said = _typed(question.free or "number or word", question.proposal)
        if said.isdigit() and values and 1 <= int(said) <= len(values):
            said = values[int(said) - 1]
        said = said if said in values else alike.get(plain(said), said)
        if said and (not values or said in values):
            break
        console.print(f"One of: {', '.join(values)}" if values else f"Wanted: {question.free}", style="yellow")
    return {question.key: said}


def _typed(wanted: str, proposal: str) -> str:
    from rich.prompt import Prompt

    from credrisk.cli.console import console

    try:
        return Prompt.ask(f"  {wanted}", console=console, default=proposal or "", show_default=bool(proposal)).strip()
    except EOFError:
        raise ParameterError(
            "--yes", "given where nobody can answer, with --answer KEY=VALUE for what it asks", "no answer"
        ) from None


def _corrected() -> dict[str, str]:
    """Let the user accept, or correct a column and look again; nothing where it is accepted."""
    from credrisk.cli.console import console

    while True:
        said = _typed("Enter to write the mapping, or FILE.THING=COLUMN to correct it", "")
        try:
            return _pairs([said]) if said else {}
        except ParameterError:
            console.print("Wanted: FILE.THING=COLUMN, such as invoices.due_date=Faellig.", style="yellow", markup=False)


def _stopped(proposal: Proposal) -> DataError:
    lines = []
    for one in proposal.blocking:
        how = f"--answer {quote(one.key)}= {one.free}"
        if one.choices:
            how = f"--answer {' or '.join(quote(f'{one.key}={value}') for value, _ in one.choices[:_SPELT_OUT])}"
            how += "".join(f", {value}" for value, _ in one.choices[_SPELT_OUT:])
        lines.append("\n".join(f"  {line}" for line in (one.words, one.evidence, how) if line))
    count = len(lines)
    return DataError(
        f"{count} {'question has' if count == 1 else 'questions have'} no safe answer:\n\n"
        + "\n\n".join(lines)
        + "\n\n",
        remedy="answer with --answer KEY=VALUE, or run the wizard without --yes.",
    )


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
