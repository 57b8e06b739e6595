"""The scores that a command decides on: those of an earlier run, or of one made now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger
    from credrisk.pipeline.scored_day import ScoredDay
    from credrisk.progress import Progress

__all__ = ["Results", "refuse_default_from", "scored"]

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


def scored(
    ledger: Ledger,
    *,
    results: Path | None,
    as_of: str | None,
    policy: Policy,
    default_from: float | None,
    progress: Progress,
) -> ScoredDay:
    """Return the scores of a run, read or made, and the day they stand on.

    They are those of the ledger as it was exported: what was recorded since is in no probability.
    """
    from credrisk.cli.options import label_settings
    from credrisk.pipeline.scored_day import scored_day

    refuse_default_from(results, default_from)
    settings = None if results is not None else label_settings(default_from, ledger.settings.currency)
    return scored_day(ledger, results=results, as_of=as_of, policy=policy, label_settings=settings, progress=progress)


def refuse_default_from(results: Path | None, default_from: float | None) -> None:
    """Raise where both are given; called before the ledger is read, which may take long."""
    from credrisk.errors import ParameterError

    if results is not None and default_from is not None:
        raise ParameterError("--default-from", "left out with --results: its run has its own", default_from)
