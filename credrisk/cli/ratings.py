"""`credrisk ratings`: reports of licensed providers that you hold become ratings of your customers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["ratings_command"]


def ratings_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILES...", help="Reports (JSON, XML, CSV), or folders of them.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of ratings.csv; new ratings join those in it.")
    ] = Path("public"),
    provider: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--provider",
            help="coface, creditsafe, dnb or experian; refuses files of another. Default: recognised by the content.",
            show_default=False,
        ),
    ] = None,
    received: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--received",
            metavar="DATE",
            help="Day on which you received the files (YYYY-MM-DD), for those that state none (a CSV's received_on). "
            "Default: the day on which each was last written.",
            show_default=False,
        ),
    ] = None,
    matches: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--matches",
            metavar="FILE",
            help="CSV with customer_id, register (the provider) and entity (its company id), where ids do not fit.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Read scores, limits and reports of D&B, Creditsafe, Coface and Experian from files that you hold under licence.

    Every score keeps its own scale and value, with a risk from 0 (the best of the scale) to 1 (the worst). It is known
    from the day you received it, never from the provider's own date. Errors and unfinished orders are no rating.

    Example: credrisk ratings reports/ --out public --received 2025-05-15
    """
    from credrisk.cli.console import console, drawn_progress, print_table
    from credrisk.sources.licensed import read_licensed
    from credrisk.sources.licensed.keep import FILES, keep_licensed

    with drawn_progress() as progress:
        result = read_licensed(
            files, provider=provider, received_on=received, matches=_table(matches), progress=progress
        )
        added = keep_licensed(result, out)
    counts = result.answers.group_by("provider", "status").len().sort("provider", "status")
    rows = [[provider or "not known", status, f"{number:,}"] for provider, status, number in counts.rows()]
    print_table("Reports", ("Provider", "Status", "Reports"), rows, right=(2,))
    missed = result.answers.filter(status="not_measured").select("file", "reason").unique().sort("file")
    if missed.height:
        print_table("Not measured", ("File", "Reason"), [list(row) for row in missed.rows()])
    kept, aside = result.ratings.height, result.set_aside.height
    console.print(f"Ratings: {result.read:,} read = {kept:,} kept + {aside:,} set aside")
    for finding in result.findings:
        if finding.code != "report_not_measured":
            console.print(f"{finding.severity}: {finding.message} ({finding.rows:,})", markup=False)
    for row in result.set_aside.iter_rows(named=True):
        told = f"  {row['provider']} {row['entity']} {row['scale']} {row['value']}: {row['reason']}"
        console.print(told, markup=False)
    for name, (new, total) in added.items():
        if total or name == "ratings":
            console.print(f"{name}: {new:,} added, {total:,} now in {out / FILES[name]}", markup=False)
    if result.answers.height and (result.answers["status"] == "not_measured").all():
        raise typer.Exit(1)


def _table(path: Path | None) -> pl.DataFrame | None:
    if path is None:
        return None
    import polars as pl

    from credrisk.errors import ParameterError

    if not path.is_file():
        raise ParameterError("matches", "a file that exists", str(path))
    frame = pl.read_csv(path, infer_schema=False)
    return frame.with_columns(pl.col("score").cast(pl.Float64)) if "score" in frame.columns else frame
