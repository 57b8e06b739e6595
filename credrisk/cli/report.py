"""`credrisk report`: the monthly pack as a page of sections, tables and a card for every customer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from credrisk.reports.book import Book

__all__ = ["report_command", "write_items"]

REPLACEABLE = ("open-items.csv",)
MEGABYTE = 1_000_000


def report_command(
    ledger: LedgerPath,
    results: Annotated[
        Path,
        typer.Option(
            "--results",
            metavar="FOLDER",
            help="What credrisk run wrote for the same ledger and policy; the report stands on its day.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path("pack"),
    provision_settings: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--provision-settings",
            metavar="FILE",
            help="Accounting choices of the provision (TOML, credrisk provision init). Default: those shipped.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--log",
            metavar="FILE",
            help="Decision log: the workbook shows the limits and the pins, boosts and exclusions decided by the day.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="Name of the portfolio at the head of the page.")
    ] = "Receivables portfolio",
    public: Public = None,
    policy: PolicyPath = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Write the monthly pack: ageing, collection, risk, limits, queue, cases, provision, and a card for every customer.

    Writes pack.html, one file that needs nothing beside it: sections that each answer a question, tables to sort and
    filter, a search box, and what is owed, likely, allowed and to be done of each customer; and pack.xlsx, the same as
    a workbook whose limits, queue and worklist come back by credrisk apply. Where a card cannot hold all open items of
    its customer, open-items.csv lists every one.

    Example: credrisk run data/sample --as-of 2025-12-31 --out results

    Example: credrisk report data/sample --results results --out pack
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.pipeline.report_job import book_of
    from credrisk.pipeline.report_log import with_decisions
    from credrisk.pipeline.stored_results import stored_record
    from credrisk.portfolio.provision.settings import ProvisionSettings
    from credrisk.reports.book_answers import asked
    from credrisk.reports.book_page import write_book_page
    from credrisk.reports.book_workbook import write_book_workbook
    from credrisk.wording import counted

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    choices = ProvisionSettings.read(provision_settings) if provision_settings is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        day = stored_record(results)["as_of"]
        read = read_with_public(ledger, public, currency=currency, as_of=day)
        book = book_of(
            read, results, policy=policy_for(ledger, policy), provision_settings=choices, title=title, progress=progress
        )
        if log is not None:
            book = with_decisions(book, DecisionLog(log))
        with new_folder(out, overwrite=overwrite, replaceable=REPLACEABLE) as draft:
            progress("Writing the page", 0, 0)
            size = write_book_page(draft / "pack.html", book)
            progress("Writing the workbook", 0, 0)
            write_book_workbook(draft / "pack.xlsx", book)
            listed = write_items(draft / "open-items.csv", book)
    overview = asked(book)[0]
    console.print(f"[bold]{overview.name}[/], {book.as_of.isoformat()}")
    console.print(overview.answer, markup=False)
    for name in book.missing:
        console.print(f"Not measured: {book.missing[name]}", style="yellow", markup=False)
    if listed:
        console.print(f"Every one of {counted(book.items.height, 'open item')} is in open-items.csv.", markup=False)
    whom = counted(book.customers.height, "customer")
    seconds = time.perf_counter() - started
    said = f"pack.html ({size / MEGABYTE:.1f} MB) and pack.xlsx, {whom} ({seconds:.1f} s)"
    console.print(f"Written to {out}: {said}", markup=False)


def write_items(path: Path, book: Book) -> bool:
    """Write every open item where the cards do not hold them all; tell whether it was written."""
    from credrisk.injection import harmless_texts
    from credrisk.reports.book_cards import left_out

    if not left_out(book):
        return False
    harmless_texts(book.items).write_csv(path, float_precision=4)
    return True
