"""`credrisk market`: how lending, delinquency and insolvency go in the countries you sell to, dated by release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["market_command"]

NOTHING_MEASURED = 3
"""Exit code when no series was measured."""


def market_command(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for market.csv, which grows, and market_answers.csv.")
    ] = Path("public"),
    country: Annotated[
        Optional[list[str]],  # noqa: UP045 - typer reads the annotation at run time
        typer.Option(
            "--country",
            metavar="CODE",
            help="A country, such as US or DE; may be given several times. Default: all that the sources have.",
            show_default=False,
        ),
    ] = None,
    industry: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--industry",
            metavar="NACE=NAME",
            help="What your ledger calls a sector of Eurostat's bankruptcies, such as F=Construction; may be given "
            "several times. Default: every sector by its NACE code.",
            show_default=False,
        ),
    ] = None,
    assume_release_lag: Annotated[
        bool,
        typer.Option(
            "--assume-release-lag",
            help="Without a key for FRED: date its values by the usual lag of their release (source fred_lagged). "
            "They are today's figures, revised since.",
        ),
    ] = False,
    contact: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--contact",
            envvar="CREDRISK_CONTACT",
            help="Who is asking, such as 'Example Trading credit@example.com'.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path,
        typer.Option("--cache", metavar="DIR", help="Folder of kept answers; a second call asks only what is new."),
    ] = Path(".credrisk-cache"),
    as_of: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--as-of",
            metavar="DATE",
            help="Keep only what was known on that day; what shows only today's state is then not asked.",
            show_default=False,
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use the cache alone.")] = False,
) -> None:
    """Fetch market series (FRED, ECB, Eurostat) into market.csv, each value dated by the day it was known.

    What is there already is kept; a later fetch adds what has changed. Set CREDRISK_FRED_KEY (free) to get every
    revision of the United States' series since it was made; without it they are known from today.

    Use the folder with --public: credrisk run my-ledger --public public

    Exit code 3: no series was measured.

    Example: credrisk market --out public --country US --country DE --contact "Example Trading credit@example.com"
    """
    from credrisk.atomic import new_file, refuse_unwritable
    from credrisk.cli.console import console, drawn_progress
    from credrisk.errors import ParameterError
    from credrisk.sources.market_fetch import fetch_market, keep_market, read_market

    table, said = out / "market.csv", out / "market_answers.csv"
    refuse_unwritable(said)
    if table.exists() and not said.exists():
        raise ParameterError("output", "a folder without a market.csv of your own; name another", str(out))
    kept = read_market(table)
    with drawn_progress() as progress:
        fetched, answers = fetch_market(
            countries=country,
            industries=_named(industry),
            assume_release_lag=assume_release_lag,
            cache_folder=cache,
            contact=contact,
            as_of=as_of,
            offline=offline,
            progress=progress,
        )
    market = keep_market(kept, fetched)
    for path, frame in ((said, answers), (table, market)):
        with new_file(path) as draft:
            frame.write_csv(draft)
    _print_summary(answers)
    added = market.height - kept.height
    console.print(f"{market.height:,} values ({added:,} new) in {table}", markup=False)
    if not (answers["status"] != "not_measured").any():
        console.print("Nothing was measured: the reasons stand in market_answers.csv.", style="yellow", markup=False)
        raise typer.Exit(NOTHING_MEASURED)


def _named(pairs: list[str] | None) -> dict[str, str] | None:
    """Return the ledger's words for sectors by NACE code."""
    from credrisk.errors import ParameterError

    if pairs is None:
        return None
    split = [pair.partition("=") for pair in pairs]
    named = {code.strip(): name.strip() for code, equals, name in split if equals and code.strip() and name.strip()}
    if len(named) < len(pairs):
        raise ParameterError("--industry", "NACE=NAME, each code once, such as F=Construction", ", ".join(pairs))
    return named


def _print_summary(answers: pl.DataFrame) -> None:
    import polars as pl

    from credrisk.cli.console import console, print_list
    from credrisk.sources.fred_series import FRED_NOTICE

    counts = [pl.col("status").eq(status).sum().alias(status) for status in ("hit", "none", "not_measured")]
    failed = pl.col("reason").filter(pl.col("status") == "not_measured").first().fill_null("").alias("why")
    summary = answers.group_by("source", "series", maintain_order=True).agg(
        *counts, pl.col("rows").sum(), pl.col("last_period_end").max(), failed
    )
    headings = ("Series", "Hit", "Nothing", "Not measured", "Values", "Last period")
    for (source,), series in summary.group_by("source", maintain_order=True):
        shown = series.drop("source", "why").rows()
        rows = [["" if cell is None else str(cell) for cell in row] for row in shown]
        title = f"{source}: countries by answer"
        print_list(title, headings, rows, reasons=series["why"].to_list(), right=(1, 2, 3, 4))
    if answers["source"].str.starts_with("fred").any():
        console.print(FRED_NOTICE, style="dim", markup=False)
