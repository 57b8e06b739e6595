"""`credrisk fetch-sec`: filings and figures of customers that are registered with the SEC."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import AsOf, LedgerPath, Overwrite

__all__ = ["fetch_sec_command"]

WRITTEN = ("facts", "events", "answers")


def fetch_sec_command(
    ledger: LedgerPath,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for facts.csv, events.csv and answers.csv.")
    ] = Path("sec"),
    contact: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--contact",
            envvar="CREDRISK_CONTACT",
            help="Who is asking, such as 'Example Trading credit@example.com'. The SEC refuses anonymous requests.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path,
        typer.Option("--cache", metavar="DIR", help="Folder of kept answers; a second call asks only what is new."),
    ] = Path(".credrisk-cache"),
    as_of: AsOf = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use the cache alone.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """Fetch SEC EDGAR filings and company facts for customers with a `cik`, dated by when they were filed.

    What the SEC refused or could not be read is reported as not measured, never as "no bad news".

    Put facts.csv and events.csv beside the other tables of your ledger to use them.

    Example: credrisk fetch-sec my-ledger --out sec --contact "Example Trading credit@example.com"
    """
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.sec_edgar import fetch_sec

    for name in WRITTEN:
        refuse_existing(out / f"{name}.csv", overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        customers = Ledger.read(ledger).table("customers")
        result = fetch_sec(
            customers, cache_folder=cache, contact=contact, as_of=as_of, offline=offline, progress=progress
        )
        for name, frame in zip(WRITTEN, (result.facts, result.events, result.answers), strict=True):
            with new_file(out / f"{name}.csv", overwrite=overwrite) as draft:
                frame.write_csv(draft)
    counts = result.answers.group_by("part", "status").len().sort("part", "status")
    print_table(
        "Answers", ("Part", "Status", "Customers"), [[str(cell) for cell in row] for row in counts.rows()], right=(2,)
    )
    console.print(f"{result.facts.height:,} facts and {result.events.height:,} events written to {out}", markup=False)
