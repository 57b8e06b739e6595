"""`credrisk match`: which company of a public register each customer is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import LedgerPath, Overwrite

__all__ = ["match_command"]

ZONES = {
    "auto": "sure: used by credrisk enrich",
    "review": "for you to decide, in the review file",
    "none": "no entity is alike enough",
}


def match_command(
    ledger: LedgerPath,
    register: Annotated[
        list[Path],
        typer.Option(
            "--register",
            metavar="FILE",
            help="A register: CSV or Parquet with the columns entity, id_column (lei, company_number, vat_id, cik or "
            "duns) and name, better with name_kind, valid_from, valid_to, country, postcode, city, street, legal_form "
            "and parent; or SEC's company_tickers.json. May be given several times.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for matches.csv.")] = Path("public"),
    review: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--review",
            metavar="FILE",
            help="The review file: proposals for you to decide. Rows with a decision are kept for good. "
            "Default: match_review.csv in the folder of --out.",
            show_default=False,
        ),
    ] = None,
    id_column: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--id-column",
            metavar="NAME",
            help="What the ids of the registers are, where the files have no column id_column.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Find the customers in public registers: by their ids, else by name, legal form and address.

    Sure matches go to matches.csv, likely ones to the review file, where you write accept, reject or the right id into
    the column decision. Run the command again with --overwrite: your decisions stand, and are never written over.

    Example: credrisk match my-ledger --register lei.csv --register company_tickers.json --out public
    """
    import polars as pl

    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.injection import harmless
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.matching.matching import match_customers
    from credrisk.sources.matching.register import read_register
    from credrisk.sources.matching.review_file import read_review, write_review

    target = out / "matches.csv"
    asked = review or out / "match_review.csv"
    refuse_existing(target, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        customers = Ledger.read(ledger).table("customers")
        progress("Reading the registers", 0, 0)
        entries = pl.concat([read_register(path, id_column=id_column) for path in register])
        decisions = read_review(asked)
        result = match_customers(customers, entries, decisions=decisions, output="polars", progress=progress)
        with new_file(target, overwrite=overwrite) as draft:
            result.matches.with_columns(harmless("entity_name"), harmless("reason")).write_csv(draft)
        write_review(result.review, asked)
    counts = result.matches.group_by("register", "zone", "decided_by").len().sort("register", "zone", "decided_by")
    rows = [
        [register_name, zone, "your decision" if by == "review_file" else ZONES[zone], f"{number:,}"]
        for register_name, zone, by, number in counts.iter_rows()
    ]
    print_table("Matches", ("Register", "Zone", "What it means", "Customers"), rows, right=(3,))
    console.print(f"Written: {target}\nWritten: {asked}", markup=False, soft_wrap=True)
