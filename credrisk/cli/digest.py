"""`credrisk digest`: the day on one page for the credit manager, and the working lists of the team."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath
from credrisk.cli.public import Public, policy_for, read_with_public

if TYPE_CHECKING:
    from datetime import date

    from credrisk.ledger.ledger import Ledger

__all__ = ["digest_command"]

TABLES = ("reasons", "reasons-by-document", "missing-documents", "requirements", "down-payments", "remittance-matches")


def digest_command(
    ledger: LedgerPath,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page (HTML).")] = Path("digest.html"),
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--log", metavar="FILE", help="The decision log, with what was recorded.", show_default=False),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, max=31, help="Days that it speaks of, up to that day: 3 on a Monday.")
    ] = 1,
    tables: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--tables",
            metavar="FOLDER",
            help="Write the working lists here as well (CSV): reasons of non-payment, missing documents, requirements, "
            "down payments, remittance matches.",
            show_default=False,
        ),
    ] = None,
    cash_model: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--cash-model",
            metavar="FOLDER",
            help="The folder model that credrisk cash wrote, if before these days; default: fitted on what was known.",
            show_default=False,
        ),
    ] = None,
    forecast: Annotated[
        bool, typer.Option("--forecast/--no-forecast", help="Hold the cash against its forecast.")
    ] = True,
    policy: PolicyPath = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Sum up a day for the credit manager: cash against forecast, promises, disputes, new risk, contacts, exceptions.

    With --tables also the lists that the team works from. Nothing is sent.

    Example: credrisk digest data/sample --as-of 2025-12-31 --log decisions.db --out digest.html --tables lists
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console, drawn_progress
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.decisions.recorded import with_recorded
    from credrisk.errors import ParameterError
    from credrisk.models.payment_timing import PaymentTiming
    from credrisk.reports.digest import daily_digest, digest_page

    refuse_existing(out, overwrite)
    if tables is not None:
        refuse_existing(tables, overwrite)
    if log is not None and not log.is_file():
        raise ParameterError("--log", "an existing decision log", str(log))
    rules = policy_for(ledger, policy)
    timing = PaymentTiming.load(cash_model) if cash_model is not None else None
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        kept = DecisionLog(log) if log is not None else None
        found = daily_digest(
            read,
            as_of=as_of or read.settings.covers_to,
            log=kept,
            policy=rules,
            days=days,
            timing=timing,
            forecast=forecast,
            progress=progress,
        )
        if tables is not None:
            progress("Listing what the team works from", 0, 0)
            whole = with_recorded(read, kept, as_of=found.as_of) if kept is not None else read
            _write_tables(whole, found.as_of, tables, overwrite)
    write_text(out, digest_page(found))
    for part in found.parts:
        console.print(f"{part.title}: {part.finding}", style="yellow" if part.alarm else None, markup=False)
    console.print(f"Written to {out}{f' and {tables}' if tables is not None else ''}.", markup=False)


def _write_tables(ledger: Ledger, day: date, folder: Path, overwrite: bool) -> None:
    import polars as pl

    from credrisk.atomic import new_folder
    from credrisk.decisions.down_payments import down_payment_schedule
    from credrisk.decisions.missing_documents import invoicing_requirements, missing_documents
    from credrisk.decisions.non_payment import non_payment_items, non_payment_reasons
    from credrisk.decisions.remittance_match import remittance_matches
    from credrisk.injection import harmless

    items = non_payment_items(ledger, as_of=day, output="polars")
    frames = (
        non_payment_reasons(items, output="polars"),
        items,
        missing_documents(ledger, as_of=day, output="polars"),
        invoicing_requirements(ledger, as_of=day, output="polars"),
        down_payment_schedule(ledger, as_of=day, output="polars"),
        remittance_matches(ledger, as_of=day, output="polars"),
    )
    with new_folder(folder, overwrite=overwrite, replaceable=[f"{name}.csv" for name in TABLES]) as draft:
        for name, frame in zip(TABLES, frames, strict=True):
            texts = [harmless(column) for column, dtype in frame.schema.items() if dtype == pl.String]
            frame.with_columns(texts).write_csv(draft / f"{name}.csv")
