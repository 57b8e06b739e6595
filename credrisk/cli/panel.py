"""`credrisk panel`: the features, one row a customer and date, for your own analysis."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from credrisk.cli.options import AsOf, Currency, Memory, Overwrite, Workers
from credrisk.cli.panel_choices import CalendarName, check_calendar, chosen_calendar, chosen_features
from credrisk.cli.public import Public, read_with_public

if TYPE_CHECKING:
    from credrisk.features.calendar import Calendar
    from credrisk.ledger.ledger import LedgerSettings
    from credrisk.progress import Progress

__all__ = ["panel_command"]

FILES = (".parquet", ".csv")
WHERE = (
    "File (.parquet or .csv) to write with the ledger in memory; any other name is a folder of Parquet parts, worked "
    "out partition by partition. Default: panel.parquet, and for a stored ledger the folder panel."
)


def panel_command(
    ledger: Annotated[
        str,
        typer.Argument(
            metavar="LEDGER",
            help="Folder of CSV or Parquet files, workbook, .duckdb file, or a stored ledger (credrisk store); for "
            "--engine spark any address of a stored ledger that Spark reads.",
            show_default=False,
        ),
    ],
    out: Annotated[Optional[str], typer.Option("--out", metavar="PATH", help=WHERE, show_default=False)] = None,  # noqa: UP045
    as_of: AsOf = None,
    calendar: Annotated[
        CalendarName,
        typer.Option(
            "--calendar",
            help="The dates of the rows. months-back: months counted back from the as-of date. month-ends: the ends of "
            "calendar months up to it. weeks: every seventh day up to it. dates: those of --dates.",
        ),
    ] = "months-back",
    months: Annotated[int, typer.Option(min=1, help="How many months back from the as-of date.")] = 36,
    since: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--from",
            metavar="DATE",
            help="First day of month-ends, or first end of weeks. Default: --months back.",
            show_default=False,
        ),
    ] = None,
    dates: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--dates", metavar="D,D,...", help="The dates of --calendar dates.", show_default=False),
    ] = None,
    features: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--features",
            metavar="A,B,...",
            help="Names of features, or of groups of the catalogue such as payment or ageing. Default: all.",
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="Add what happened next (default, bad debt, late); into one file only.")
    ] = False,
    memory: Memory = None,
    workers: Workers = None,
    engine: Annotated[
        Literal["local", "spark"],
        typer.Option("--engine", help="Who works out a folder of parts: this machine, or Spark (docs/spark.md)."),
    ] = "local",
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute features for each customer at each date, as they were known on that day.

    Into one file with the ledger in memory, or into a folder of Parquet parts for a ledger of any size: interrupted
    work is then taken up by the same command.

    Example: credrisk panel data/sample --months 12 --labels --out panel.csv

    Example: credrisk panel stored-ledger --features payment,past_due --calendar weeks --memory 4GB --out panel
    """
    from credrisk.cli.console import console, drawn_progress
    from credrisk.cli.known import covered_day
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError

    started = time.perf_counter()
    wanted = chosen_features(features)
    check_calendar(calendar, since=since, dates=dates)
    stored = _stored(ledger, engine)
    place = out or ("panel" if stored else "panel.parquet")
    one_file = Path(place).suffix in FILES
    if one_file:
        _refuse_with_a_file(engine=engine, memory=memory, workers=workers)
    elif Path(place).suffix:
        raise ParameterError("--out", "a file ending in .parquet or .csv, or a folder's name without an ending", place)
    if not one_file and labels:
        raise ParameterError("--labels", "left out for a folder of parts, or --out a file", place)
    if engine == "spark" and (memory or workers):
        raise ParameterError(
            "--memory and --workers", "left out with --engine spark, which has its own settings", "both"
        )
    if engine == "spark" and public:
        rule = "stated when the ledger is stored: credrisk store LEDGER --public DIR"
        raise ParameterError("--public", rule, str(public))
    if stored and currency and not one_file:
        raise ParameterError("--currency", "stated when the ledger is stored: credrisk store --currency", currency)

    def ends(settings: LedgerSettings) -> Calendar:
        day = covered_day(settings, as_of)
        begin = to_date(since, "--from") if since else None
        return chosen_calendar(calendar, as_of=day, months=months, since=begin, dates=dates, first=settings.covers_from)

    with drawn_progress() as progress:
        if engine == "spark":
            rows, columns, periods = _on_spark(ledger, place, ends, wanted, overwrite, progress)
        elif one_file:
            known = None if labels else as_of
            rows, columns, periods = _one_file(
                ledger, Path(place), ends, wanted, labels, currency, public, known, overwrite, progress
            )
        else:
            options = {"memory": memory or "2GB", "workers": workers}
            rows, columns, periods = _parts(
                ledger, Path(place), ends, wanted, currency, public, as_of, overwrite, progress, options
            )
    console.print(
        f"{rows:,} rows x {columns} columns written to {place} ({rows // periods:,} customers, {periods} "
        f"{'period' if periods == 1 else 'periods'}, {time.perf_counter() - started:.1f} s)",
        markup=False,
    )


def _stored(ledger: str, engine: str) -> bool:
    from credrisk.ledger.store import is_stored

    return engine == "spark" or is_stored(ledger)


def _refuse_with_a_file(*, engine: str, memory: str | None, workers: int | None) -> None:
    from credrisk.errors import ParameterError

    given = {"--engine": engine if engine == "spark" else None, "--memory": memory, "--workers": workers}
    for name, value in given.items():
        if value is not None:
            rule = "given with a folder as --out (a name without .parquet or .csv); one file is made in memory"
            raise ParameterError(name, rule, value)


def _one_file(
    ledger: str,
    out: Path,
    ends: Any,
    features: list[str] | None,
    labels: bool,
    currency: str | None,
    public: Path | None,
    known: str | None,
    overwrite: bool,
    progress: Progress,
) -> tuple[int, int, int]:
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.features.labels import build_labels
    from credrisk.features.panel import build_panel

    refuse_existing(out, overwrite)
    progress("Reading the ledger", 0, 0)
    read = read_with_public(ledger, public, currency=currency, as_of=known)
    calendar: Calendar = ends(read.settings)
    panel = build_panel(read, calendar=calendar, features=features, output="polars", progress=progress)
    if labels:
        progress("Labelling", 0, 0)
        seen = build_labels(read, dates=calendar, output="polars")
        panel = panel.join(seen, on=["customer_id", "as_of"], how="left", maintain_order="left")
    with new_file(out, overwrite=overwrite) as draft:
        panel.write_parquet(draft) if out.suffix == ".parquet" else panel.write_csv(draft)
    return panel.height, panel.width, len(calendar)


def _parts(
    ledger: str,
    out: Path,
    ends: Any,
    features: list[str] | None,
    currency: str | None,
    public: Path | None,
    as_of: str | None,
    overwrite: bool,
    progress: Progress,
    options: dict[str, Any],
) -> tuple[int, int, int]:
    import polars as pl

    from credrisk.cli.stored_source import stored_source
    from credrisk.ledger.store import open_stored
    from credrisk.pipeline.partitions import panel_parts, refuse_other_than_parts

    refuse_other_than_parts(out, overwrite)
    with stored_source(ledger, out, currency=currency, public=public, progress=progress, as_of=as_of) as source:
        calendar: Calendar = ends(open_stored(source).settings)
        panel_parts(
            source, out, calendar=calendar, features=features, overwrite=overwrite, progress=progress, **options
        )
    written = pl.scan_parquet(sorted(out.glob("*.parquet")))
    return written.select(pl.len()).collect().item(), len(written.collect_schema()), len(calendar)


def _on_spark(
    ledger: str, out: str, ends: Any, features: list[str] | None, overwrite: bool, progress: Progress
) -> tuple[int, int, int]:
    from credrisk.engines.spark import spark_session
    from credrisk.pipeline.spark import spark_panel
    from credrisk.pipeline.spark_tables import stored_settings

    spark = spark_session()
    calendar: Calendar = ends(stored_settings(ledger, spark))
    progress("Computing features on Spark", 0, 0)
    spark_panel(ledger, calendar=calendar, features=features, spark=spark, out=out, overwrite=overwrite)
    written = spark.read.parquet(out)
    return written.count(), len(written.columns), len(calendar)
