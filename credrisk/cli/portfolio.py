"""`credrisk portfolio`: how the portfolio stands and where it goes, as tables and one page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite

__all__ = ["portfolio_command"]


def portfolio_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Folder to write into.")] = Path(
        "portfolio"
    ),
    as_of: AsOf = None,
    by: Annotated[
        Literal[
            "customer", "country", "portfolio", "group", "currency", "industry", "segment", "collector", "seller_entity"
        ],
        typer.Option("--by", help="What ageing and collection effectiveness are split by, as known on the day."),
    ] = "group",
    months: Annotated[int, typer.Option("--months", min=1, max=120, help="How many months back the charts go.")] = 24,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure the portfolio: ageing, DSO, collection effectiveness, roll rates, cohorts, losses, concentration, limits.

    Writes portfolio.html (every measure under the question it answers, with its formula, its chart and the published
    median) and a CSV file for each table. What the ledger does not hold is left empty, with the reason.

    Example: credrisk portfolio data/sample --as-of 2025-12-31 --out portfolio

    Example: credrisk portfolio data/sample --by collector --months 12 --out by-collector
    """
    from credrisk import __version__
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day, read_known
    from credrisk.pipeline.portfolio_measures import measure_portfolio
    from credrisk.reports.portfolio_measures import FILES
    from credrisk.reports.portfolio_measures_page import measures_headline, measures_page
    from credrisk.reports.tables import write_csv

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        settings = {"credrisk": __version__, "Split by": by.replace("_", " "), "Months": str(months)}
        found = measure_portfolio(read, as_of=day, by=by, months=months, settings=settings, progress=progress)
        progress("Writing", 0, 0)
        with new_folder(out, overwrite=overwrite, replaceable=tuple(FILES.values())) as draft:
            for table, frame in found.tables().items():
                if frame.width:
                    write_csv(draft / FILES[table], frame, table=table, currency=found.currency)
            (draft / "portfolio.html").write_text(measures_page(found), encoding="utf-8")
    console.print(f"{day}: {measures_headline(found)}", markup=False)
    for subject, reason in found.notes:
        console.print(f"Note: {subject}: {reason}", style="yellow", markup=False)
    console.print(f"Written to {out} ({time.perf_counter() - started:.1f} s)", markup=False)
