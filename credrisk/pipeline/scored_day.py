"""The scores and limits that a question stands on: those of an earlier run of this ledger, or of one made now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.policy import Policy
from credrisk.pipeline.stored_results import read_results, stored_timing
from credrisk.progress import Progress, silent
from credrisk.reports.tables import as_written

if TYPE_CHECKING:
    from credrisk.features.labels import LabelSettings
    from credrisk.ledger.ledger import Ledger
    from credrisk.models.payment_timing import PaymentTiming

__all__ = ["ScoredDay", "scored_day"]


@dataclass(frozen=True)
class ScoredDay:
    """What is known of every customer on a day.

    Attributes
    ----------
    as_of
        The day.
    scores, limits
        The tables of ``scores.csv`` and ``limits.csv``, rounded as the files are whether or not they were written.
    model
        Hash of the bad-debt model, None where there was none.
    timing
        Call it for the model of the day of payment, or None and why there is none, in words.
    """

    as_of: date
    scores: pl.DataFrame
    limits: pl.DataFrame
    model: str | None
    timing: Callable[[], tuple[PaymentTiming | None, str]]


def scored_day(
    ledger: Ledger,
    *,
    results: str | PathLike[str] | None = None,
    as_of: date | str | None = None,
    policy: Policy | None = None,
    label_settings: LabelSettings | None = None,
    progress: Progress = silent,
) -> ScoredDay:
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
    label_settings
        Of the run that is made now: when a customer counts as in default.

    Raises
    ------
    ParameterError
        When ``results`` are of another day, policy, currency or ledger, or ``as_of`` lies outside what the ledger
        covers.
    """
    rules = policy or Policy.default()
    if results is not None:
        day = to_date(as_of) if as_of is not None else None
        found = read_results(Path(results), ledger=ledger, policy=rules, as_of=day)
        return ScoredDay(found.as_of, found.scores, found.limits, found.model, lambda: stored_timing(Path(results)))
    from credrisk.pipeline.job import run

    made = run(ledger, as_of=as_of, policy=rules, label_settings=label_settings, back_tests=False, progress=progress)
    model = made.estimates["bad_debt"].model
    return ScoredDay(
        made.as_of,
        as_written(pl.from_pandas(made.scores), table="scores", currency=ledger.settings.currency),
        as_written(pl.from_pandas(made.limits), table="limits", currency=ledger.settings.currency),
        None if model is None else model.hash_,
        lambda: (made.timing, made.timing_note),
    )
