"""`credrisk scorecard`: a points card that a committee can read and any system can run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, label_settings

__all__ = ["scorecard_command"]


def scorecard_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")] = Path("scorecard"),
    as_of: AsOf = None,
    target: Annotated[
        Literal["bad_debt", "default", "late30"],
        typer.Option("--target", help="What a bad customer is. default: 90 or more days past due; late30: 30 or more."),
    ] = "bad_debt",
    odds: Annotated[float, typer.Option("--odds", help="Good customers to one bad at the score of --at.")] = 50.0,
    at: Annotated[float, typer.Option("--at", help="The score at which --odds hold.")] = 600.0,
    double: Annotated[float, typer.Option("--double", help="Points that double the odds.")] = 20.0,
    exact: Annotated[
        bool, typer.Option("--exact", help="Points with all their decimals. Default: whole points.")
    ] = False,
    table: Annotated[
        str, typer.Option("--table", metavar="NAME", help="The table that the SQL reads, schema.name where need be.")
    ] = "customers",
    default_from: DefaultFrom = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Fit a scorecard on the ledger and write it for a committee, for a spreadsheet and for other systems.

    The folder holds the card as a page (scorecard.html), workbook (scorecard.xlsx) and table (scorecard.csv), what was
    considered (choice.csv), today's customers with their points (customers.csv), and the card to run elsewhere:
    scorecard.sql, scorecard.py and scorecard.json, which Scorecard.load reads.

    Example: credrisk scorecard data/sample --target default --out scorecard

    Example: credrisk scorecard data/sample --target late30 --as-of 2025-06-30 --odds 20 --at 500 --double 50 --out card
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.injection import harmless
    from credrisk.ledger.ledger import Ledger
    from credrisk.models.scorecard import Scorecard
    from credrisk.pipeline.scorecard_job import scorecard_of
    from credrisk.reports.scorecard_page import write_scorecard_book, write_scorecard_page

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    card = Scorecard(
        target=target, good_bad_odds=odds, score_at_odds=at, points_to_double=double, whole_points=not exact
    )
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = Ledger.read(ledger, currency=currency)
        settings = label_settings(default_from, read.settings.currency)
        found = scorecard_of(read, as_of=as_of, target=target, settings=settings, card=card, progress=progress)
        card, customers, day = found.card, found.customers, found.as_of
        lines = card.table(output="polars")
        with new_folder(out, overwrite=overwrite) as draft:
            lines.with_columns(harmless("variable"), harmless("bin")).write_csv(draft / "scorecard.csv")
            card.choice_.write_csv(draft / "choice.csv")
            customers.with_columns(harmless("customer_id")).write_csv(draft / "customers.csv")
            (draft / "scorecard.sql").write_bytes(card.to_sql(table).encode("utf-8"))
            (draft / "scorecard.py").write_bytes(card.to_python().encode("utf-8"))
            card.save(draft / "scorecard.json")
            write_scorecard_page(draft / "scorecard.html", card, customers, as_of=day)
            write_scorecard_book(draft / "scorecard.xlsx", card, customers, as_of=day)
    rows = [[row["variable"], row["bin"], f"{row['points']:,.10g}"] for row in lines.iter_rows(named=True)]
    print_table(f"Scorecard of {target} as of {day}", ["Variable", "Bin", "Points"], rows, right=[2])
    console.print(
        f"{card.evidence_['events']:,} events in {card.evidence_['rows']:,} rows; {odds:,.10g}:1 at {at:,.10g} points, "
        f"{double:,.10g} points double the odds.",
        markup=False,
    )
    console.print(
        f"{customers.height:,} customers scored; written to {out} ({time.perf_counter() - started:.1f} s). "
        f"Start with {out / 'scorecard.html'}",
        markup=False,
    )
