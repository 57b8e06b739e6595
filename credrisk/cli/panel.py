"""`credrisk panel`: the features, one row a customer and date, for your own analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credrisk.cli.options import AsOf, Currency, LedgerPath, Overwrite

__all__ = ["panel_command"]


def panel_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File to write: .parquet or .csv.")] = Path(
        "panel.parquet"
    ),
    as_of: AsOf = None,
    months: Annotated[int, typer.Option(min=1, help="Months counted back from the as-of date.")] = 36,
    labels: Annotated[bool, typer.Option("--labels", help="Add what happened next (default, bad debt, late).")] = False,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute every feature of the catalogue for each customer at each month, as it was known on that day.

    Example: credrisk panel data/sample --months 12 --labels --out panel.csv
    """
    from credrisk.atomic import new_file, refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError
    from credrisk.features.calendar import Calendar
    from credrisk.features.labels import build_labels
    from credrisk.features.panel import build_panel
    from credrisk.ledger.ledger import Ledger

    if out.suffix not in {".parquet", ".csv"}:
        raise ParameterError("--out", "a file ending in .parquet or .csv", str(out))
    refuse_existing(out, overwrite)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = Ledger.read(ledger, currency=currency)
        first, last = read.settings.covers_from, read.settings.covers_to
        day = to_date(as_of) if as_of else last
        if not first <= day <= last:
            raise ParameterError("--as-of", f"within what the ledger covers ({first} to {last})", day.isoformat())
        calendar = Calendar.months_back(day, months)
        panel = build_panel(read, calendar=calendar, output="polars", progress=progress)
        if labels:
            progress("Labelling", 0, 0)
            seen = build_labels(read, dates=calendar, output="polars")
            panel = panel.join(seen, on=["customer_id", "as_of"], how="left", maintain_order="left")
        with new_file(out, overwrite=overwrite) as draft:
            panel.write_parquet(draft) if out.suffix == ".parquet" else panel.write_csv(draft)
    console.print(f"{panel.height:,} rows x {panel.width} columns written to {out}", markup=False)
