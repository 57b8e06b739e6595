"""The scores and limits that a question stands on: those of an earlier run of this ledger, or of one made now."""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.pipeline.stored_results import StoredResults, read_results
from credrisk.progress import Progress, silent

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger

__all__ = ["scored_day"]


def scored_day(
    ledger: Ledger,
    *,
    results: str | PathLike[str] | None = None,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    progress: Progress = silent,
) -> StoredResults:
    """Return scores and limits for a day.

    Parameters
    ----------
    results
        The folder that :func:`credrisk.run` wrote for this ledger, day and policy; None runs it now, without the
        back-tests, which change no score and take most of the time.
    as_of
        Default: the day of ``results``, else the last day the ledger covers.
    policy
        Default: the one shipped.

    Raises
    ------
    ParameterError
        When ``results`` are of another day, policy, currency or ledger, or ``as_of`` lies outside what the ledger
        covers.
    """
    rules = policy or Policy.default()
    if results is not None:
        day = to_date(as_of) if as_of is not None else None
        return read_results(Path(results), ledger=ledger, policy=rules, as_of=day)
    from credrisk.pipeline.job import run

    made = run(ledger, as_of=as_of, policy=rules, back_tests=False, progress=progress)
    model = made.estimates["bad_debt"].model
    return StoredResults(
        made.as_of, pl.from_pandas(made.scores), pl.from_pandas(made.limits), None if model is None else model.hash_
    )
