"""`credrisk disputes`: what is in dispute, whose turn it is, why, how long it takes, which deductions to pursue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, PolicyPath, RecordedIn
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    import polars as pl

__all__ = ["disputes_command"]

SHOWN = 10
"""Rows of a table on the screen; the page has more."""


def disputes_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path(
        "disputes"
    ),
    as_of: AsOf = None,
    policy: PolicyPath = None,
    case_cost: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--case-cost",
            metavar="MONEY",
            min=0.0,
            help="What the work on one case costs. Default: 40.",
            show_default=False,
        ),
    ] = None,
    window: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--window",
            metavar="DAYS",
            min=0,
            help="Days within which a deduction may be contested, where the customer history has no "
            "dispute_window_days. Default: not known.",
            show_default=False,
        ),
    ] = None,
    log: RecordedIn = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Age the disputes by owner, find their causes and the days they cost, and rank the deductions worth pursuing.

    Writes disputes.csv, owners.csv, causes.csv, times.csv (how long they take, those still open counted as such),
    deductions.csv (probability that it is not justified, deadline, expected recovery less cost) and disputes.html.

    Example: credrisk disputes data/sample --as-of 2025-12-31 --window 90 --out disputes
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.cli.known import covered_day, read_known
    from credrisk.cli.recorded import with_log
    from credrisk.decisions.deductions_pursuit import COST_OF_CASE, deductions_to_pursue
    from credrisk.decisions.dispute_ageing import dispute_ageing, dispute_buckets, dispute_causes, resolution_times
    from credrisk.reports.promises_page import dispute_tables, disputes_headline, disputes_page

    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        read = with_log(read, log, as_of=day)
        progress("Ageing the disputes", 0, 0)
        found = dispute_ageing(read, as_of=day, output="polars")
        owners, causes = dispute_buckets(found), dispute_causes(read, found, as_of=day)
        times = resolution_times(found)
        progress("Weighing the deductions", 0, 0)
        deductions = deductions_to_pursue(
            read,
            as_of=day,
            policy=rules,
            cost_of_case=COST_OF_CASE if case_cost is None else case_cost,
            window_days=window,
            output="polars",
        )
    money = read.settings.currency
    names = dict(read.table("customers").select("customer_id", "name").iter_rows())
    headline = disputes_headline(owners, currency=money)
    sentences = _sentences(found, deductions, money, has_table=read.has("disputes"))
    tables = dispute_tables(owners, causes, times, deductions, currency=money, names=names)
    page = disputes_page(as_of=day, currency=money, headline=headline, sentences=sentences, tables=tables)
    with new_folder(out, overwrite=overwrite) as draft:
        frames = {"disputes": found, "owners": owners, "causes": causes, "times": times, "deductions": deductions}
        for name, frame in frames.items():
            _write(draft / f"{name}.csv", frame)
        (draft / "disputes.html").write_text(page, encoding="utf-8")
    console.print(f"[bold]{headline}.[/]")
    for sentence in sentences:
        console.print(sentence, markup=False)
    for table in tables:
        columns = len(table.headings) - (table.headings[-1] == "Because")
        console.print()
        print_table(
            table.title, table.headings[:columns], [row[:columns] for row in table.rows[:SHOWN]], right=table.right
        )
    console.print(f"Written to {out}", markup=False)


def _write(path: Path, frame: pl.DataFrame) -> None:
    import polars as pl

    from credrisk.injection import harmless

    texts = [harmless(name) for name, kind in frame.schema.items() if kind == pl.String]
    frame.with_columns(texts).write_csv(path, float_precision=4)


def _sentences(disputes: pl.DataFrame, deductions: pl.DataFrame, currency: str, *, has_table: bool) -> list[str]:
    import polars as pl

    from credrisk.decisions.dispute_ageing import NO_OWNER, resolution_times
    from credrisk.reports.style import short_money
    from credrisk.wording import counted

    said = []
    if not has_table:
        said.append("The ledger holds no table of disputes: only short payments and posted deductions are shown.")
    still = disputes.filter(pl.col("ended_on").is_null())
    unowned = still.filter(pl.col("owner") == NO_OWNER).height
    if still.height:
        said.append(f"{unowned:,} of {counted(still.height, 'open dispute')} have no owner.")
    half = resolution_times(disputes, by=None)["median_days"].drop_nulls()
    said += [f"Half of the disputes end within {counted(days, 'day')}." for days in half]
    worth = deductions.filter(pl.col("decision") == "pursue")
    if worth.height:
        brings = short_money(float(worth["net_value"].sum()), currency)
        said.append(f"Pursuing {counted(worth.height, 'deduction')} is expected to bring {brings} after its cost.")
    late = deductions.filter(pl.col("decision") == "too_late")
    if late.height:
        lost = short_money(float(late["amount"].sum()), currency)
        said.append(f"{counted(late.height, 'deduction')} over {lost} can no longer be contested.")
    return said
