"""`credrisk import`: an export with other column names becomes a ledger, by a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credrisk.cli.options import Overwrite

__all__ = ["import_command"]


def import_command(
    source: Annotated[
        Path, typer.Argument(metavar="EXPORT", help="Folder with the exports, or one export file.", show_default=False)
    ],
    mapping: Annotated[Path, typer.Option("--map", metavar="FILE", help="Mapping file (TOML).", show_default=False)],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="LEDGER", help="Where the ledger goes: a folder, .xlsx or .duckdb.", show_default=False
        ),
    ],
    overwrite: Overwrite = False,
) -> None:
    """Turn any CSV, Excel or Parquet export into a ledger by a mapping file, without code.

    A mapping names your files and columns, constants, date formats and how ids are made; docs/sources.md teaches it and
    examples/mappings/ has examples. Every source row is used, merged, left out by a rule or set aside, and counted.
    What was set aside, noticed and tied out is written beside the tables: quarantine, findings and intake.

    Example: credrisk import exports/ --map examples/mappings/ibm-ar.toml --out my-ledger
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.check import print_check
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.write import write_ledger
    from credrisk.sources.mapping import import_with_map

    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        imported = import_with_map(mapping, source, progress=progress)
        progress("Checking against the contract", 0, 0)
        ledger = Ledger.read(imported.tables)
        found = ledger.check()
        progress("Writing the ledger", 0, 0)
        write_ledger(ledger, out, overwrite=overwrite, with_record=True)
    columns = imported.summary.columns
    print_table(
        "Source rows: read = blank + left out + merged + used",
        [name.replace("_", " ") for name in columns],
        [
            ["" if cell is None else f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row]
            for row in imported.summary.rows()
        ],
        right=tuple(i for i, dtype in enumerate(imported.summary.dtypes) if dtype.is_numeric()),
    )
    console.print()
    print_check(found)
    if ledger.quarantine.height:
        console.print(f"\n{ledger.quarantine.height:,} rows set aside, in {_aside(out)}", markup=False)
    console.print(f"\nThe ledger is in {out}. Next: credrisk run {out}", markup=False)


def _aside(out: Path) -> str:
    """Say where the rows set aside were written."""
    inside = {".xlsx": "the sheet quarantine of {}", ".duckdb": "the table quarantine of {}"}.get(out.suffix.lower())
    file = out / ("quarantine.parquet" if out.suffix.lower() == ".parquet" else "quarantine.csv")
    return inside.format(out) if inside else str(file)
