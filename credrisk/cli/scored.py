"""The scores that a command decides on: those of an earlier run, or of one made now."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    import polars as pl

    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.progress import Progress

__all__ = ["Results", "scores_at"]

Results = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--results",
        metavar="FOLDER",
        help="What credrisk run wrote for the same ledger, day and policy: its scores are used. Default: it is run "
        "first.",
        show_default=False,
    ),
]


def scores_at(
    ledger: Ledger,
    *,
    results: Path | None,
    as_of: str | None,
    policy: Policy,
    default_from: float | None,
    progress: Progress,
) -> tuple[pl.DataFrame, date]:
    """Return the scores and the day they stand on."""
    import polars as pl

    from credrisk.cli.options import label_settings
    from credrisk.dates import to_date
    from credrisk.errors import ParameterError
    from credrisk.pipeline.job import run
    from credrisk.pipeline.stored_results import read_results

    if results is not None:
        if default_from is not None:
            raise ParameterError("--default-from", "left out with --results: its run has its own", default_from)
        found = read_results(results, ledger=ledger, policy=policy, as_of=to_date(as_of) if as_of else None)
        return found.scores, found.as_of
    # Back-tests change no score and take most of the time.
    made = run(
        ledger,
        as_of=as_of,
        policy=policy,
        label_settings=label_settings(default_from, ledger.settings.currency),
        back_tests=False,
        progress=progress,
    )
    return pl.from_pandas(made.scores), made.as_of
