"""`credrisk simulate`: a ledger of invented customers whose truth is known."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from credrisk.cli.options import Overwrite

__all__ = ["simulate_command"]


def simulate_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write the ledger into.")],
    customers: Annotated[int, typer.Option(min=50, help="Number of customers.")] = 600,
    months: Annotated[int, typer.Option(min=12, help="Number of months covered.")] = 36,
    start: Annotated[str, typer.Option(metavar="DATE", help="First day covered (first of a month).")] = "2023-01-01",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    scenario: Annotated[
        str, typer.Option(help="What changes on the way: none, recession, policy_change, new_segment.")
    ] = "none",
    change_month: Annotated[
        int | None, typer.Option(min=2, help="Covered month in which it begins; two thirds of the way by default.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Simulate a receivables ledger with every table, and the truth behind it in FOLDER/truth.

    The customers are invented. Use it to learn the tool, to test a policy, or to judge a model against the truth.

    Example: credrisk simulate my-ledger --customers 2000 --seed 7
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.dates import to_date
    from credrisk.simulate.simulator import simulate_ledger

    refuse_existing(folder, overwrite)
    with drawn_progress() as progress:
        simulation = simulate_ledger(
            customers=customers,
            months=months,
            start=to_date(start, "start"),
            seed=seed,
            scenario=scenario,
            change_month=change_month,
            progress=progress,
        )
        simulation.write(folder, overwrite=overwrite)
    documents = simulation.tables["documents"].height
    console.print(
        f"{customers:,} customers, {documents:,} documents, {months} months written to {folder}", markup=False
    )
    console.print(f"Next: credrisk run {quote(str(folder))}", markup=False)
