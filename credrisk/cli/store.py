"""`credrisk store`: a ledger in the form for work that memory may not hold."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite
from credrisk.cli.public import Public, read_with_public

__all__ = ["store_command"]


def store_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder for the stored ledger.")] = Path(
        "stored-ledger"
    ),
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Read a ledger, check it, and store it as typed Parquet files, one a table.

    A stored ledger opens at once, and panel and score work it out partition by partition, whatever its size; every
    command takes it as LEDGER. Rows that fail the contract are set aside and not stored.

    Example: credrisk store data/sample --out stored-ledger
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.ledger.store import store_ledger

    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency)
        progress("Storing the ledger", 0, 0)
        store_ledger(read, out, overwrite=overwrite)
    aside, settings = read.quarantine.height, read.settings
    if aside:
        said = f"{aside:,} {'row was' if aside == 1 else 'rows were'} set aside and not stored."
        console.print(f"Look first: {said} credrisk check {ledger} shows them.", style="yellow", markup=False)
    rows = sum(frame.height for frame in read.tables.values())
    console.print(
        f"{rows:,} rows in {len(read.tables)} tables, {read.table('customers').height:,} customers, "
        f"{settings.covers_from} to {settings.covers_to} in {settings.currency}, stored in {out}",
        markup=False,
    )
    console.print(f"Next: credrisk panel {quote(str(out))} --out panel", markup=False)
