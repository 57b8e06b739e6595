"""`credrisk monitor`: does a saved model still hold on a later ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import Public, policy_for, read_with_public

__all__ = ["monitor_command"]


def monitor_command(
    ledger: LedgerPath,
    model: Annotated[
        Path,
        typer.Option(
            "--model",
            metavar="FOLDER",
            help="Saved model: the folder model that credrisk run writes, or one model of it.",
        ),
    ],
    target: Annotated[
        Literal["bad_debt", "default", "late30"],
        typer.Option("--target", help="Which of the models in the folder."),
    ] = "bad_debt",
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the report.")] = Path("monitoring"),
    as_of: AsOf = None,
    policy: PolicyPath = None,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Compare a later ledger with the one a model learnt from: drift, missing values, and what came true since.

    Writes monitoring.html (alerts in words, charts, tables) and monitoring.json (every figure) into the output folder.
    Inputs and probabilities can be judged at once, outcomes when a horizon (3, 6, 12 months) has passed since the model
    was fitted.

    Example: credrisk monitor ledger-2025 --model results/model --out monitoring, where results is what credrisk run
    wrote a year before
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.pipeline.monitoring import model_folder, monitor_ledger, write_monitoring
    from credrisk.reports.monitoring_page import state_of

    refuse_existing(out, overwrite)
    folder = model_folder(model, target)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        pack = monitor_ledger(
            read,
            model=folder,
            as_of=as_of,
            policy=rules,
            label_settings=label_settings(default_from, read.settings.currency),
            progress=progress,
        )
        progress("Writing the report", 0, 0)
        files = write_monitoring(out, pack, overwrite=overwrite)
    state = state_of(pack)
    console.print(f"\n[bold]{state.question}[/]")
    console.print(f"  {state.sentence} {' '.join(state.more)}", markup=False)
    for alert in pack.found.alerts.iter_rows(named=True):
        console.print(f"  {alert['severity']}: {alert['message']} {alert['remedy']}", markup=False)
    for note in pack.notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
    console.print("\n[bold]Written to[/]")
    for path in files:
        console.print(f"  {path}", markup=False)
