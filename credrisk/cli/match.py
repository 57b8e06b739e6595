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
    register_date: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--register-date",
            metavar="DATE",
            help="The day that the registers' copies are of: from then on what they say is known. Default: today.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Find the customers in public registers: by their ids, else by name, legal form and address.

    Sure matches go to matches.csv, likely ones to the review file, where you write accept, reject or the right id into
    the column decision. Run the command again with --overwrite: your decisions stand, and are never written over.

    What the registers say of the entities found (names, addresses, status) goes to register.csv, for credrisk company
    and credrisk addresses.

    Example: credrisk match my-ledger --register lei.csv --register company_tickers.json --out public
    """
    from datetime import UTC, datetime

    import polars as pl

    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError
    from credrisk.injection import harmless, harmless_texts
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.matching.matching import match_customers
    from credrisk.sources.matching.register import read_register
    from credrisk.sources.matching.review_file import read_review, write_review

    target, said = out / "matches.csv", out / "register.csv"
    if said.resolve() in [path.resolve() for path in register]:
        raise ParameterError("--out", f"another folder than that of the register {said.name}, which would go", str(out))
    today = datetime.now(UTC).date()
    known_at = today if register_date is None else to_date(register_date, "register_date")
    if known_at > today:
        raise ParameterError("--register-date", f"today ({today}) or earlier", str(known_at))
    asked = review or out / "match_review.csv"
    for file in (target, said):
        refuse_existing(file, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        customers = Ledger.read(ledger).table("customers")
        progress("Reading the registers", 0, 0)
        entries = pl.concat([read_register(path, id_column=id_column) for path in register])
        decisions = read_review(asked)
        result = match_customers(customers, entries, decisions=decisions, output="polars", progress=progress)
        with new_file(target, overwrite=overwrite) as draft:
            result.matches.with_columns(harmless("entity_name"), harmless("reason")).write_csv(draft)
        found = entries.join(result.matches, on=["register", "entity"], how="semi")
        copied = found.sort(found.columns, nulls_last=True).with_columns(known_at=pl.lit(known_at))
        with new_file(said, overwrite=overwrite) as draft:
            harmless_texts(copied).write_csv(draft)
        write_review(result.review, asked)
    counts = result.matches.group_by("register", "zone", "decided_by").len().sort("register", "zone", "decided_by")
    rows = [
        [register_name, zone, "your decision" if by == "review_file" else ZONES[zone], f"{number:,}"]
        for register_name, zone, by, number in counts.iter_rows()
    ]
    print_table("Matches", ("Register", "Zone", "What it means", "Customers"), rows, right=(3,))
    console.print(f"Written: {target}\nWritten: {said}\nWritten: {asked}", markup=False, soft_wrap=True)
