"""`credrisk promises`: every promise to pay, what broke today, and who keeps its word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite, RecordedIn
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    import polars as pl

__all__ = ["promises_command"]


def promises_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write into.")] = Path(
        "promises"
    ),
    as_of: AsOf = None,
    grace: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--grace", metavar="DAYS", min=0, help="Days of grace. Default: the shipped policy's.", show_default=False
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", metavar="SHARE", help="Share of the amount that may lack of a kept promise.")
    ] = 0.0,
    days: Annotated[
        int, typer.Option("--days", min=1, help="Broken within so many days: 1 is today, 3 takes in a week-end.")
    ] = 1,
    log: RecordedIn = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """List every promise to pay: kept, kept in part, broken, open or closed, and how late the money was.

    Writes promises.csv, broken.csv (those that broke today), customers.csv (share kept by customer, by number and by
    money) and promises.html.

    Example: credrisk promises data/sample --as-of 2025-12-31 --out promises
    """
    from credrisk.atomic import new_folder, refuse_existing
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.cli.known import covered_day, read_known
    from credrisk.cli.recorded import with_log
    from credrisk.decisions.promise_ledger import broken_lately, kept_ratios, promise_ledger
    from credrisk.reports.promises_page import promise_tables, promises_headline, promises_page

    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_known(ledger, currency=currency, as_of=as_of)
        day = covered_day(read.settings, as_of)
        read = with_log(read, log, as_of=day)
        grace_days = policy_for(ledger, None).collection.promise_grace_days if grace is None else grace
        progress("Judging the promises", 0, 0)
        found = promise_ledger(read, as_of=day, grace_days=grace_days, tolerance=tolerance, output="polars")
    broken, by_customer = broken_lately(found, as_of=day, days=days), kept_ratios(found)
    money = read.settings.currency
    names = dict(read.table("customers").select("customer_id", "name").iter_rows())
    headline = promises_headline(kept_ratios(found, by=None))
    sentences = _sentences(found, has_table=read.has("promises"))
    tables = promise_tables(found, broken, by_customer, days=days, currency=money, names=names)
    page = promises_page(
        as_of=day,
        currency=money,
        headline=headline,
        sentences=sentences,
        tables=tables,
        grace_days=grace_days,
        tolerance=tolerance,
        promises=found,
    )
    with new_folder(out, overwrite=overwrite) as draft:
        for name, frame in (("promises", found), ("broken", broken), ("customers", by_customer)):
            _write(draft / f"{name}.csv", frame)
        (draft / "promises.html").write_text(page, encoding="utf-8")
    console.print(f"[bold]{headline}.[/]")
    for sentence in sentences:
        console.print(sentence, markup=False)
    for table in tables[:2]:
        console.print()
        print_table(table.title, table.headings, table.rows, right=table.right)
    console.print(f"Written to {out}", markup=False)


def _write(path: Path, frame: pl.DataFrame) -> None:
    import polars as pl

    from credrisk.injection import harmless

    texts = [harmless(name) for name, kind in frame.schema.items() if kind == pl.String]
    frame.with_columns(texts).write_csv(path, float_precision=4)


def _sentences(promises: pl.DataFrame, *, has_table: bool) -> list[str]:
    import polars as pl

    from credrisk.wording import counted

    if not has_table:
        return ["The ledger holds no table of promises: log them with credrisk log promise, or export them."]
    if not promises.height:
        return ["No promise was made by then."]
    state = dict(promises["state"].value_counts().iter_rows())
    closed, replaced = state.get("closed", 0), promises["replaced_by"].drop_nulls().len()
    late = promises.filter(pl.col("state").is_in(["partly_kept", "broken"]))
    said = [
        f"{state.get('kept', 0):,} kept, {state.get('partly_kept', 0):,} in part, {state.get('broken', 0):,} broken, "
        f"{state.get('open', 0):,} open, {closed:,} closed otherwise than by cash (not judged)."
    ]
    if late.height:
        paid = late["paid_in_full_on"].drop_nulls().len()
        said.append(
            f"Of {counted(late.height, 'promise')} not kept, {paid:,} were paid in full later and {replaced:,} were "
            f"replaced by a new promise (some both); {late['still_unpaid'].sum():,} are still unpaid."
        )
    return said
