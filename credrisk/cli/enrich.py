"""`credrisk enrich`: public company information for the customers of a ledger, from many sources, overnight."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from credrisk.cli.options import LedgerPath

if TYPE_CHECKING:
    import polars as pl

    from credrisk.sources.enrich import Enriched

__all__ = ["enrich_command"]

NOTHING_MEASURED = 3
"""Exit code when not one customer was measured by any source."""
MATCHES_FILE = "matches.csv"
REASONS_SHOWN = 3


def enrich_command(
    ledger: LedgerPath,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Folder for the journal of answers and the tables made of it."),
    ] = Path("public"),
    source: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--source",
            metavar="NAME",
            help="A source to ask (credrisk sources lists them), or module:Class of your own; may be given several "
            "times. Default: those that need no key or have theirs, and for which the ledger has ids.",
            show_default=False,
        ),
    ] = None,
    matches: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--matches",
            metavar="FILE",
            help="What credrisk match found. Default: matches.csv of the folder, where there is one.",
            show_default=False,
        ),
    ] = None,
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Write what could be known at the end of that day. Sources that show only today's state are then not "
            "asked. Default: today.",
            show_default=False,
        ),
    ] = None,
    contact: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--contact",
            envvar="CREDRISK_CONTACT",
            help="Who is asking, such as 'Example Trading credit@example.com'. Some sources refuse anonymous requests.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path, typer.Option("--cache", metavar="DIR", help="Folder of kept answers of hosts, and of their pace.")
    ] = Path(".credrisk-cache"),
    refresh_after: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--refresh-after",
            metavar="DAYS",
            min=0,
            help="Age from which an answer is asked for again. Default: a day for news and filings, a week for "
            "registers; what was not measured is always asked for again.",
            show_default=False,
        ),
    ] = None,
    max_requests: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--max-requests", min=1, help="Stop after so many; the same command goes on.", show_default=False),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: use what is kept.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many requests it takes, and how long at the limits.")
    ] = False,
) -> None:
    """Ask public registers, filings and news about every customer; write facts.csv, events.csv and answers.csv.

    Every answer is kept at once: interrupted, the same command goes on; run again, it asks only for what is old or was
    not measured. What a source refused is "not measured", never "no bad news".

    Use the folder with --public: credrisk run my-ledger --public public

    Exit code 3: not one customer was measured by any source.

    Example: credrisk enrich my-ledger --out public --contact "Example Trading credit@example.com"

    Example: credrisk enrich my-ledger --source sec_edgar --source gleif --dry-run
    """
    from datetime import timedelta

    from credrisk.cli.console import console, drawn_progress
    from credrisk.ledger.ledger import Ledger
    from credrisk.sources.enrich import enrich, enrichment_plan
    from credrisk.sources.enrich_output import refuse_foreign

    refuse_foreign(out)
    if any(":" in name for name in source or ()):
        sys.path.append(str(Path.cwd()))  # as python -m has it: a source of the user's own lies where the user is
    found = matches or (out / MATCHES_FILE if (out / MATCHES_FILE).exists() else None)
    options: dict[str, Any] = {
        "out": out,
        "as_of": as_of,
        "matches": _read_matches(found) if found else None,
        "refresh_after": None if refresh_after is None else timedelta(days=refresh_after),
    }
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        customers = Ledger.read(ledger).table("customers")
        if dry_run:
            plan = enrichment_plan(customers, source, **options)
        else:
            result = enrich(
                customers,
                source,
                contact=contact,
                cache_folder=cache,
                offline=offline,
                max_requests=max_requests,
                progress=progress,
                **options,
            )
    if dry_run:
        _print_plan(plan)
        return
    _print_summary(result)
    for path in result.files:
        console.print(f"  {path}", markup=False)
    if result.nothing_measured:
        console.print("Nothing was measured: the reasons stand in answers.csv.", style="yellow", markup=False)
        raise typer.Exit(NOTHING_MEASURED)
    console.print(f"Next: credrisk run {quote(str(ledger))} --public {quote(str(out))}", markup=False)


def _read_matches(path: Path) -> pl.DataFrame:
    """Read matches as they were written: all text, without the apostrophes that keep spreadsheets from calculating."""
    import polars as pl

    from credrisk.errors import DataError
    from credrisk.injection import ESCAPED

    try:
        frame = pl.read_csv(path, infer_schema=False)
    except pl.exceptions.PolarsError as refusal:
        raise DataError(f"{path} is no table of matches ({str(refusal).splitlines()[0]}).") from None
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(ESCAPED)).then(pl.col(name).str.slice(1)).otherwise(name).alias(name)
        for name in frame.columns
    )


def _print_summary(result: Enriched) -> None:
    from credrisk.cli.console import console, print_table

    counted = result.summary.select("source", "part", "hit", "none", "not_measured").rows()
    rows = [[_shown(cell) for cell in row] for row in counted]
    print_table("Customers by answer", ("Source", "Part", "Hit", "Nothing", "Not measured"), rows, right=range(2, 5))
    asked = result.summary.drop_nulls("answered").drop("part", "hit", "none", "not_measured").rows()
    headings = ("Source", "Customers", "By hosts", "By the cache", "Failed")
    asked_rows = [[_shown(cell) for cell in row] for row in asked]
    if asked_rows:
        print_table("Questions of this run, and who answered", headings, asked_rows, right=range(1, 5))
    for name in result.unfinished:
        said = f"{name} did not get through: no further request was allowed. The same command goes on."
        console.print(said, style="yellow", markup=False)
    _print_reasons(result.state.answers)
    facts, events = result.state.facts.height, result.state.events.height
    answered = dict(result.summary.drop_nulls("answered").select("source", "answered").rows())
    for name, cost in result.costs.items():
        console.print(f"Cost of the {answered[name]:,} questions to {name}: {cost}.", style="yellow", markup=False)
    free = "" if result.costs else "what was asked is free; "
    console.print(f"{facts:,} facts and {events:,} events; {free}{result.seconds:.1f} s. Written:", markup=False)


def _print_reasons(answers: pl.DataFrame) -> None:
    """Print why customers were not measured: the most frequent reasons of each source, whatever the addresses."""
    import polars as pl

    from credrisk.cli.console import console
    from credrisk.wording import counted, hosts_only

    missed = answers.filter(pl.col("status") == "not_measured").with_columns(hosts_only(pl.col("reason")))
    by_reason = missed.group_by("source", "reason").agg(pl.col("customer_id").n_unique().alias("customers"))
    ranked = by_reason.sort("source", "customers", "reason", descending=[False, True, False])
    for (name,), reasons in ranked.group_by(["source"], maintain_order=True):
        for reason, customers in reasons.select("reason", "customers").head(REASONS_SHOWN).rows():
            said = f"Not measured by {name} ({counted(customers, 'customer')}): {reason}"
            console.print(said, style="yellow", markup=False)
        if reasons.height > REASONS_SHOWN:
            more = counted(reasons.height - REASONS_SHOWN, "more reason")
            console.print(f"Not measured by {name}: {more} in answers.csv", style="yellow", markup=False)


def _print_plan(plan: pl.DataFrame) -> None:
    from credrisk.cli.console import console, print_table

    rows = [
        [name, f"{customers:,}", f"{due:,}", f"{requests:,}", _time(seconds)]
        for name, customers, due, requests, seconds in plan.rows()
    ]
    headings = ("Source", "Customers", "Due", "Requests", "At its limits")
    print_table("What a run would ask now", headings, rows, right=range(1, 5))
    guessed = [name for name, _, due, requests, _ in plan.rows() if requests == due > 0]
    if guessed:
        console.print(
            f"One question a customer is assumed for {', '.join(guessed)}; many take several (GLEIF three or four), "
            "and that much longer. Once some customers were asked (--max-requests 100), the plan knows.",
            markup=False,
        )
    longest = max(plan["seconds"].to_list())
    console.print(
        f"About {plan['requests'].sum():,} requests, fewer where the cache knows; sources are asked side by side: at "
        f"least {_time(longest)}.",
        markup=False,
    )


def _shown(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
