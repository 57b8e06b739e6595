"""`credrisk check`: what is wrong with a ledger, how much money it touches, and whether it ties out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite

__all__ = ["check_command"]

COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def check_command(
    ledger: LedgerPath,
    currency: Currency = None,
    quarantine: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--quarantine", metavar="FILE", help="Write the rows that were set aside here (CSV)."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Read a ledger and print the findings by severity, with counts and money. Exit code 2 if there are errors.

    Every row read is either kept or set aside with its reason; rows and money tie out exactly.

    Example: credrisk check data/sample --quarantine set-aside.csv
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import drawn_progress
    from credrisk.ledger.ledger import Ledger
    from credrisk.ledger.write import write_quarantine

    if quarantine is not None:
        refuse_existing(quarantine, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = Ledger.read(ledger, currency=currency)
        progress("Checking", 0, 0)
        found = read.check()
    print_check(found)
    if quarantine is not None:
        write_quarantine(read, quarantine)
        typer.echo(f"{read.quarantine.height:,} rows set aside, written to {quarantine}")
    if found.worst == "error":
        raise typer.Exit(2)


def print_check(found: object) -> None:
    """Print the tie-out and the findings."""
