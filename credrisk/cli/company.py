"""`credrisk company`: the dossier of one company, on two pages or as text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for
from credrisk.cli.run_results import RunResults

__all__ = ["company_command"]


class Format(StrEnum):
    """How a dossier is written."""

    HTML = "html"
    TEXT = "text"


def company_command(
    company: Annotated[str, typer.Argument(metavar="COMPANY", help="The customer's id or name.", show_default=False)],
    ledger: LedgerPath,
    public: Public = None,
    results: RunResults = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--out",
            metavar="FILE",
            help="The page to write; for text the file, else it is printed. Default: dossier-ID.html.",
            show_default=False,
        ),
    ] = None,
    written_as: Annotated[Format, typer.Option("--format", help="A page, or plain text.")] = Format.HTML,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="The day to stand on; nothing known later is told. Default: the ledger's last day or the last day on "
            "which a public source was asked, whichever is later.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyPath = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the dossier of one company: who it is, its group, money, filings, figures, red flags, and what is missing.

    A name that fits no account, or several, is not guessed at: the nearest accounts are listed.

    Example: credrisk company C010 data/sample

    Example: credrisk company "Amber Imaginary Bakeries" LEDGER --public public --results results --out dossier.html
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import read_known
    from credrisk.pipeline.dossier_job import company_dossier, results_of
    from credrisk.pipeline.find_customer import find_customer
    from credrisk.reports.dossier import dossier_page, headline
    from credrisk.reports.dossier_text import dossier_text, printable
    from credrisk.reports.memo_files import file_stems
    from credrisk.sources.public_folder import read_public

    rules = policy_for(ledger, policy)
    if out is not None:
        refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        folder = read_public(public) if public is not None else None
        customer = find_customer(read, company)
        place = out
        if place is None and written_as is Format.HTML:
            place = Path(f"dossier-{file_stems([customer])[customer]}.html")
            refuse_existing(place, overwrite)
        stored = results_of(results, read, public=folder, policy=rules) if results is not None else None
        progress("Putting the dossier together", 0, 0)
        found = company_dossier(read, customer, public=folder, results=stored, as_of=as_of)
        text = dossier_page(found) if written_as is Format.HTML else dossier_text(found)
    if place is None:
        console.print(text, markup=False, soft_wrap=True)
        return
    write_text(place, text)
    console.print(printable(f"{found.title}: {headline(found)}."), markup=False, soft_wrap=True)
    console.print(f"Written to {place}", markup=False, soft_wrap=True)
