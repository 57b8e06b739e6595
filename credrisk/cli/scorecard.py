"""`credrisk scorecard`: a points card that a committee can read and any system can run."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, label_settings
from credrisk.cli.public import Public, read_with_public

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
    variables: Annotated[
        Optional[str],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--variables",
            metavar="NAME[,NAME]",
            help="The variables, where the choice is yours. Default: chosen by what they tell of later months; none of "
            "them is your own conduct (contacts).",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--exclude", metavar="NAME[,NAME]", help="Variables that shall not be on the card.", show_default=False
        ),
    ] = None,
    default_from: DefaultFrom = None,
    public: Public = None,
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
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError
    from credrisk.injection import harmless
    from credrisk.models.scorecard import Scorecard
    from credrisk.pipeline.scorecard_job import scorecard_of
    from credrisk.reports.scorecard_page import write_scorecard_book, write_scorecard_page

    started = time.perf_counter()
    refuse_existing(out, overwrite)
    for option, number in (("--odds", odds), ("--double", double)):
        if not (math.isfinite(number) and number > 0):
            raise ParameterError(option, "finite and above 0", number)
    if not math.isfinite(at):
        raise ParameterError("--at", "finite", at)
    if not all(part.strip() for part in table.split(".")):
        raise ParameterError("--table", "the name of a table, with its schema before a point where need be", table)
    wanted, unwanted = _features("--variables", variables), _features("--exclude", exclude)
    if both := sorted(set(wanted) & set(unwanted)):
        raise ParameterError("--exclude", "without the names of --variables", ", ".join(both))
    if as_of is not None:
        to_date(as_of, "--as-of")
    card = Scorecard(
        target=target,
        good_bad_odds=odds,
        score_at_odds=at,
        points_to_double=double,
        whole_points=not exact,
        variables=wanted or None,
        exclude=unwanted,
    )
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        settings = label_settings(default_from, read.settings.currency)
        found = scorecard_of(read, as_of=as_of, target=target, settings=settings, card=card, progress=progress)
        card, customers, day = found.card, found.customers, found.as_of
        lines = card.table(output="polars")
        with new_folder(out, overwrite=overwrite) as draft:
            lines.with_columns(harmless("variable"), harmless("bin")).write_csv(draft / "scorecard.csv")
            card.choice_.write_csv(draft / "choice.csv")
            customers.with_columns(harmless("customer_id"), harmless("name")).write_csv(draft / "customers.csv")
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
    if warning := card.evidence_["warning"]:
        console.print(f"Warning: {warning}", style="yellow", markup=False)
    others = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in found.not_scored.items())
    known = customers.height + sum(found.not_scored.values())
    console.print(
        f"{customers.height:,} of {known:,} customers scored: those at risk on {day}"
        f"{f' (not: {others})' if others else ''}; written to {out} ({time.perf_counter() - started:.1f} s). "
        f"Start with {out / 'scorecard.html'}",
        markup=False,
    )


def _features(option: str, text: str | None) -> tuple[str, ...]:
    """Read names of features between commas."""
    from credrisk.errors import ParameterError
    from credrisk.features.catalogue import catalogue

    if text is None:
        return ()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names or any(name not in catalogue() for name in names):
        wrong = [name for name in names if name not in catalogue()]
        raise ParameterError(option, "features of the catalogue, between commas", ", ".join(wrong) or text)
    return names
