"""`credrisk init` and `credrisk update`: a project folder, and the next extract into its ledger."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.project import Update
    from credrisk.progress import Progress

__all__ = ["init_command", "update_command"]

SHOWN = 8
SAID = {
    "back_dated": "put into days that an earlier extract covered",
    "missing_before": "recorded, they say, before an extract that did not hold them",
    "changed": "other values than before",
    "due_date": "another due date than before",
    "deleted": "gone from days that the extract covers",
    "new_table": "a table that was not there before",
}
HEADINGS = {"unchanged": "same", "missing_before": "missing before", "not_in_extract": "not covered"}
README = """# A credrisk project

| here | what it is |
|---|---|
| `project.json`, `store/` | the ledger over all extracts, every version of every row; written by `credrisk update` |
| `updates/` | what each extract changed in the past, what was set aside, and counts |
| `policy.toml` | the credit policy that decisions cite; edit it |
| `mapping.toml` | how your export becomes tables, if it needs one; `credrisk update` takes it |
| `models/`, `public/` | places for fitted models and public company information |
| `decisions.db` | the decision log, from the first entry on |

    credrisk update . EXTRACT --dry-run      # what would the next extract change?
    credrisk update . EXTRACT
    credrisk run . --out results             # the project's folder is a LEDGER to every command
    credrisk run . --as-of 2025-12-31 --out results-2025    # with what was known on that day
    credrisk queue . --log decisions.db --out queue
"""


def init_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new project.", show_default=False)],
    mapping: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--map", metavar="FILE", help="Mapping of your export, to be kept in the project."),
    ] = None,
) -> None:
    """Make a project folder: the ledger over all extracts, the policy, the mapping, models and decisions in one place.

    The folder is a LEDGER to every command once the first extract is in it.

    Example: credrisk init receivables
    """
    from credrisk.cli.console import console
    from credrisk.decisions.policy import default_text
    from credrisk.errors import ParameterError
    from credrisk.ledger.project import is_project, make_project
    from credrisk.sources.mapping_file import read_toml

    if folder.is_dir() and any(folder.iterdir()):
        there = (
            "a project already: bring the next extract in with credrisk update" if is_project(folder) else "not empty"
        )
        raise ParameterError("DIR", f"a new or an empty folder; this one is {there}", str(folder))
    files = {"README.md": README, "policy.toml": default_text()}
    if mapping is not None:
        read_toml(mapping)
        files["mapping.toml"] = mapping.read_text(encoding="utf-8-sig")
    make_project(folder, files)
    console.print(f"The project is in {folder}. Next: credrisk update {quote(str(folder))} EXTRACT", markup=False)


def update_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder.", show_default=False)],
    extract: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(
            metavar="EXTRACT",
            help="A ledger, an export of a known system, or any other export with --map.",
            show_default=False,
        ),
    ] = None,
    mapping: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--map", metavar="FILE", help="Mapping file (TOML). Default: the project's mapping.toml, if it has one."
        ),
    ] = None,
    database: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--db", metavar="URI", help="Read a database by the mapping's queries.", show_default=False),
    ] = None,
    extracted_on: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--extracted-on",
            metavar="DATE",
            help="Day of the extract. Default: what the extract states, else the last day it covers.",
            show_default=False,
        ),
    ] = None,
    covers_from: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--covers-from",
            metavar="DATE",
            help="First day from which the extract has every document. Default: what it states, else told from how "
            "densely it posts.",
            show_default=False,
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="The extract has only some rows: none is gone because it lacks it.")
    ] = False,
    accept_deleted: Annotated[
        bool,
        typer.Option(
            "--accept-deleted",
            help="What the extract lacks of the days it covers is gone from the books, even where that is more than "
            "5 % of the documents, receipts or payments.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
) -> None:
    """Bring the next extract into a project: new rows, changed ones as new versions; nothing known before is lost.

    Tells which rows change the past (back-dated, changed, gone, other due dates), how much money, and which as-of dates
    that touches; the whole list is in DIR/updates. The same extract again changes nothing.

    Example: credrisk update receivables exports/2026-02 --dry-run
    """
    from credrisk.cli.console import drawn_progress
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError
    from credrisk.ledger.project import open_project

    if (extract is None) == (database is None):
        raise ParameterError("EXTRACT", "given, or --db, and not both", "both" if extract else "neither")
    project = open_project(folder)
    own = folder / "mapping.toml"
    rules = mapping or (own if own.is_file() else None)
    with drawn_progress() as progress:
        progress("Reading the extract", 0, 0)
        read = _read(extract, database, rules, folder, progress)
        if covers_from is not None:
            read = _covering(read, to_date(covers_from, "--covers-from"))
        progress("Comparing it with the project", 0, 0)
        update = project.update(
            read,
            day=extracted_on,
            partial=partial,
            source=extract.name if extract else "database",
            accept_deleted=accept_deleted,
            dry_run=dry_run,
        )
    _print(update, folder, dry_run=dry_run)


def _read(extract: Path | None, database: str | None, rules: Path | None, folder: Path, progress: Progress) -> Ledger:
    from credrisk.cli.convert import read_imported
    from credrisk.errors import DataError, ParameterError
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.database import import_database
    from credrisk.sources.erp.formats import import_export
    from credrisk.sources.erp.no_receivables import refuse_without_receivables
    from credrisk.sources.mapping import import_with_map

    if database is not None:
        if rules is None:
            raise ParameterError("--map", "given with --db: a file with a query per table", "nothing")
        return Ledger.read(import_database(database, mapping=rules, progress=progress).tables)
    place = Path() if extract is None else extract
    if rules is not None:
        return read_imported(import_with_map(rules, place, progress=progress))
    try:
        return Ledger.read(place)
    except DataError as no_ledger:
        try:
            chosen, imported = import_export(place)
        except (DataError, ParameterError):
            raise DataError(
                no_ledger.problem,
                table=no_ledger.table,
                columns=no_ledger.columns,
                rows=no_ledger.rows,
                ids=no_ledger.ids,
                remedy=f"{no_ledger.remedy.rstrip('.')}. For an export of any other kind, credrisk import wizard "
                f"{place} --out {folder / 'mapping.toml'} proposes the mapping that update then takes.",
            ) from None
        refuse_without_receivables(chosen.name, imported)
    return read_imported(imported)


def _covering(ledger: Ledger, first: date) -> Ledger:
    from credrisk.errors import ParameterError

    last = ledger.settings.covers_to
    if first > last:
        raise ParameterError("--covers-from", f"on or before the last day that the extract covers, {last}", str(first))
    return ledger.replace(settings=dataclasses.replace(ledger.settings, covers_from=first))


def _print(update: Update, folder: Path, *, dry_run: bool) -> None:
    from credrisk.cli.console import console, print_table

    if update.again:
        console.print(
            f"This extract is update {update.number} of {update.day} already: nothing was changed.", markup=False
        )
        return
    counted = [name for name in update.counts.columns if name != "table"]
    names = [name for name in counted if name == "rows" or update.counts[name].sum()]
    print_table(
        f"The extract of {update.day}, row by row",
        ["table", *(HEADINGS.get(name, name.replace("_", "-")) for name in names)],
        [
            [row[0], *(f"{cell:,}" if cell else "" for cell in row[1:])]
            for row in update.counts.select("table", *names).rows()
        ],
        right=tuple(range(1, len(names) + 1)),
    )
    if update.gap is not None:
        first, last = update.gap
        console.print(
            f"\nNo extract covers {first} to {last}: the ledger now covers only what comes after.",
            style="yellow",
            markup=False,
        )
    if update.quarantined:
        where = "" if dry_run else f", in {folder}/updates/{update.number:04d}/quarantine.csv"
        console.print(f"\n{update.quarantined:,} rows were set aside{where}", style="yellow", markup=False)
    _print_unsure(update, dry_run=dry_run)
    if update.number > 1:
        _print_changes(update.changes)
    covers = f"{update.settings.covers_from} to {update.settings.covers_to}"
    if dry_run:
        console.print(f"\nNothing was written. The ledger would cover {covers}.", markup=False)
    else:
        listed = (
            f"Every change is in {folder}/updates/{update.number:04d}/changes.csv. " if update.changes.height else ""
        )
        console.print(f"\n{listed}The ledger covers {covers}. Next: credrisk run {quote(str(folder))}", markup=False)


def _print_unsure(update: Update, *, dry_run: bool) -> None:
    """Print what makes the balances after the update doubtful."""
    from credrisk.cli.console import console
    from credrisk.ledger.vanished import said_of

    for one in update.vanished:
        what = "have less paid on them than before" if one.table == "applications" else "are taken as deleted"
        refused = "; the update would be refused without --accept-deleted" if dry_run else ""
        console.print(f"\n{said_of(one)} {what}{refused}.", style="yellow", markup=False)
    for one in update.open_beyond:
        console.print(
            f"\n{said_of(one)} were open before; this extract neither holds nor covers them, so they stay open, and "
            "what was paid on them since is unknown. An extract that reaches back to them would tell.",
            style="yellow",
            markup=False,
        )


def _print_changes(changes: pl.DataFrame) -> None:
    import polars as pl

    from credrisk.cli.console import console

    if changes.is_empty():
        console.print("\nNothing that was known before is otherwise now.", markup=False)
        return
    console.print("\nThe past is not as it was:", style="yellow", markup=False)
    for kind, words in SAID.items():
        found = changes.filter(pl.col("change") == kind)
        if found.is_empty():
            continue
        first, last = found.select(pl.col("affected_from").min(), pl.col("affected_to").max()).row(0)
        rows = "1 row" if found.height == 1 else f"{found.height:,} rows"
        dates = f"as-of dates {f'{first} to' if first else 'up to'} {last} would have been others"
        console.print(f"  {kind}: {rows}, {words} ({_by_table(found)}); {dates}.", markup=False)
    size = pl.col("amount").abs().fill_null(-1.0)
    largest = changes.sort(size, "table", "key", "column", descending=[True, False, False, False]).head(SHOWN)
    title = f"The largest {SHOWN} of {changes.height:,}" if changes.height > SHOWN else "Each of them"
    console.print(f"\n{title}:", markup=False)
    for row in largest.iter_rows(named=True):
        said = [f"{row['change']}: {row['table']} {row['key']}"]
        if row["happened_on"] is not None:
            said.append(f"of {row['happened_on']}")
        if row["amount"] is not None:
            said.append(f"{row['currency']} {row['amount']:,.2f}")
        if row["column"]:
            said.append(f"{row['column']} {row['before'] or 'empty'} -> {row['after'] or 'empty'}")
        console.print(f"  {', '.join(said)}", markup=False)


def _by_table(changes: pl.DataFrame) -> str:
    """Say the rows and the money table by table: an invoice, its receipt and its payment are the same money."""
    import polars as pl

    of_money = pl.col("column").is_in(["", "due_date", "amount"])
    said = []
    for (table,), rows in sorted(changes.group_by("table"), key=lambda part: str(part[0])):
        sums = rows.filter(of_money).group_by("currency").agg(pl.col("amount").sum()).drop_nulls().sort("currency")
        money = [f"{code} {value:,.2f}" for code, value in sums.rows() if value]
        said.append(", ".join([f"{table} {rows.height:,}", *money]))
    return "; ".join(said)
