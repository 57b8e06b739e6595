"""`credrisk import`: an export of an accounting system, or any other by a mapping file, becomes a ledger."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from credrisk.cli.check import EXIT_ERRORS
from credrisk.cli.options import Overwrite
from credrisk.cli.wizard import wizard_command
from credrisk.errors import ParameterError

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.mapping import Imported

__all__ = ["import_app", "read_imported"]

_ITSELF = "(an export)"
"""Name of the command that stands for ``credrisk import EXPORT`` itself; nobody types it."""


class _ImportGroup(TyperGroup):
    """``import wizard EXPORT`` is the wizard, ``import EXPORT`` the import; a folder called wizard is ``./wizard``."""

    @property
    def itself(self) -> Any:
        """The command that ``credrisk import EXPORT`` is."""
        return self.commands[_ITSELF]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        parsed: list[str] = super().parse_args(ctx, args if args[:1] == ["wizard"] else [_ITSELF, *args])
        return parsed

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        return None if name == _ITSELF else name, command, rest


def import_command(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="EXPORT", help="Folder or zip with the exports, or one file of it.", show_default=False),
    ] = None,
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="LEDGER", help="Where the ledger goes: a folder, .xlsx or .duckdb.", show_default=False
        ),
    ],
    mapping: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="Mapping file (TOML).", show_default=False)
    ] = None,
    as_format: Annotated[
        str | None,
        typer.Option("--as", metavar="FORMAT", help="The system it comes from; else recognised.", show_default=False),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A setting of the format, e.g. date_order=day_first; currency=EUR of any.",
            show_default=False,
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="URI",
            help="Read a database instead of an export, by the queries of --map: postgresql://user@host/name, "
            "mysql://, mssql://, snowflake://, bigquery://, sqlite:///FILE, duckdb:///FILE. The password comes from "
            "CREDRISK_DATABASE_PASSWORD or the keyring.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Turn an export of your accounting system into a ledger; any other CSV, Excel or Parquet by a mapping file.

    Exports of known systems are recognised by their files (docs/erp.md lists them). For any other, credrisk import
    wizard EXPORT proposes a mapping: your files and columns, constants, date formats and how ids are made.
    docs/sources.md teaches it and examples/mappings/ has examples. Every source row is used, merged, left out by a rule
    or set aside, and counted. What was set aside, noticed and tied out is written beside the tables: quarantine,
    findings and intake. With --db the tables come from a database, which is only read (docs/database.md). Exit code 2
    if there are errors; the ledger is written all the same, as credrisk check would find it.

    Example: credrisk import exports/ --out my-ledger
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.check import print_check
    from credrisk.cli.console import console, drawn_progress
    from credrisk.ledger.write import write_ledger
    from credrisk.sources.database import import_database
    from credrisk.sources.erp.formats import import_export
    from credrisk.sources.erp.no_receivables import refuse_without_receivables
    from credrisk.sources.erp.stated_currency import refuse_without_currency
    from credrisk.sources.mapping import import_with_map

    if mapping is not None and (as_format is not None or settings):
        raise ParameterError("--map", "given without --as and --set: the mapping says it all", str(mapping))
    if (source is None) == (database is None):
        raise ParameterError("EXPORT", "given, or --db, and not both", "both" if source else "neither")
    if database is not None and mapping is None:
        raise ParameterError("--map", "given with --db: a file with a query per table", "nothing")
    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        if database is not None and mapping is not None:
            imported = import_database(database, mapping=mapping, progress=progress)
        elif mapping is not None and source is not None:
            imported = import_with_map(mapping, source, progress=progress)
        else:
            progress("Reading the export", 0, 0)
            chosen, imported = import_export(str(source), as_format=as_format, settings=_by_name(settings or []))
            refuse_without_receivables(chosen.name, imported)
        progress("Checking against the contract", 0, 0)
        refuse_without_currency(imported, mapped=mapping is not None)
        ledger = read_imported(imported)
        found = ledger.check()
        progress("Writing the ledger", 0, 0)
        write_ledger(ledger, out, overwrite=overwrite, with_record=True)
    if mapping is None:
        console.print(f"Read as {chosen.name} ({chosen.verified}): {chosen.about}\n", markup=False)
    _print_summary(imported)
    console.print()
    print_check(found)
    if ledger.quarantine.height:
        console.print(f"\n{ledger.quarantine.height:,} rows set aside, in {_aside(out)}", markup=False)
    if found.worst != "error":
        console.print(f"\nThe ledger is in {out}. Next: credrisk run {quote(str(out))}", markup=False)
        return
    console.print(f"\nThe ledger is in {out}. Look at its errors first: credrisk check {quote(str(out))}", markup=False)
    raise typer.Exit(EXIT_ERRORS)


def read_imported(imported: Imported) -> Ledger:
    """Check the tables against the contract; rows set aside before come first in the quarantine.

    Where every document was set aside there is no ledger, and the error says why.
    """
    import polars as pl

    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.no_documents import refuse_all_set_aside

    ledger = Ledger.read(imported.tables)
    refuse_all_set_aside(ledger)
    if imported.set_aside.is_empty():
        return ledger
    return ledger.replace(quarantine=pl.concat([imported.set_aside, ledger.quarantine]))


def _by_name(settings: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in settings]
    for name, mark, value in pairs:
        if not (name.strip() and mark and value.strip()):
            raise ParameterError("--set", "NAME=VALUE", name + mark + value)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _print_summary(imported: Imported) -> None:
    from credrisk.cli.console import console, print_table
    from credrisk.wording import counted

    columns = imported.summary.columns
    aside = " + set aside" if "set_aside" in columns else ""
    heads = {"left_out_unless": "why left out"} if aside else {}
    print_table(
        f"Source rows: read = blank + left out + merged{aside} + used",
        [heads.get(name, name.replace("_", " ")) for name in columns],
        [
            ["" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
            for row in imported.summary.rows()
        ],
        right=tuple(i for i, dtype in enumerate(imported.summary.dtypes) if dtype.is_numeric()),
    )
    for file, currency, rows, amount in imported.numberless.select("file", "currency", "rows", "amount").rows():
        console.print(
            f"{file}: {counted(rows, 'document')} without a number left out, {amount:,.2f} {currency}".rstrip(),
            style="yellow",
            markup=False,
        )


def _aside(out: Path) -> str:
    """Say where the rows set aside were written."""
    inside = {".xlsx": "the sheet quarantine of {}", ".duckdb": "the table quarantine of {}"}.get(out.suffix.lower())
    file = out / ("quarantine.parquet" if out.suffix.lower() == ".parquet" else "quarantine.csv")
    return inside.format(out) if inside else str(file)


import_app = typer.Typer(cls=_ImportGroup, add_completion=False, rich_markup_mode="rich")
import_app.command(_ITSELF, hidden=True)(import_command)
import_app.command("wizard")(wizard_command)
