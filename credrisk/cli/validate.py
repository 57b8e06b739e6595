"""`credrisk validate`: would the model have worked on this ledger, as a report to read and one to compute with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from credrisk.cli.options import AsOf, Currency, DefaultFrom, LedgerPath, Overwrite, PolicyPath, label_settings
from credrisk.cli.public import Public, policy_for, read_with_public

__all__ = ["validate_command"]


def validate_command(
    ledger: LedgerPath,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the report.")] = Path("validation"),
    target: Annotated[
        Literal["bad_debt", "default", "late30"],
        typer.Option(
            "--target", help="What is predicted: a bad debt, 90 days past due (default) or 30 days late (late30)."
        ),
    ] = "bad_debt",
    months: Annotated[int, typer.Option("--months", min=1, max=24, help="Horizon of the probability, in months.")] = 12,
    folds: Annotated[
        int, typer.Option("--folds", min=1, max=24, help="Past dates at which the model is fitted anew, at most.")
    ] = 3,
    as_of: AsOf = None,
    policy: PolicyPath = None,
    review_cost: Annotated[
        float,
        typer.Option("--review-cost", min=0, help="Cost of looking into one customer, in the ledger's currency."),
    ] = 25.0,
    default_from: DefaultFrom = None,
    public: Public = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Judge the model on your own ledger: fit it at past dates, compare with what came after and with plain rules.

    Writes validation.html (the verdict in words, charts, tables) and validation.json (every figure) into the output
    folder: ranking and level with intervals, money, grades, stability over time, segments, drift, leakage alarms.
    It needs about three years of postings; what cannot be measured is said with the reason.

    Example: credrisk validate data/sample --out validation

    Example: credrisk validate data/sample --target default --months 6 --folds 4 --out validation-default
    """
    from credrisk.atomic import refuse_existing
    from credrisk.cli.console import console, drawn_progress
    from credrisk.pipeline.validating import validate_ledger, write_validation
    from credrisk.reports.verdict import verdicts

    refuse_existing(out, overwrite)
    rules = policy_for(ledger, policy)
    with drawn_progress() as progress:
        progress("Reading the ledger", 0, 0)
        read = read_with_public(ledger, public, currency=currency, as_of=as_of)
        pack = validate_ledger(
            read,
            target=target,
            months=months,
            folds=folds,
            as_of=as_of,
            policy=rules,
            review_cost=review_cost,
            label_settings=label_settings(default_from, read.settings.currency),
            progress=progress,
        )
        progress("Writing the report", 0, 0)
        files = write_validation(out, pack, overwrite=overwrite)
    for one in verdicts(pack.assessment, event=pack.event, currency=pack.currency):
        console.print(f"\n[bold]{one.question}[/]")
        console.print(f"  {one.sentence}", markup=False)
    for note in pack.notes:
        console.print(f"Note: {note}", style="yellow", markup=False)
    console.print("\n[bold]Written to[/]")
    for path in files:
        console.print(f"  {path}", markup=False)
