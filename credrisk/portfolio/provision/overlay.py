"""The forecast: what each scenario makes of the historical loss rates, weighted by its probability.

IFRS 9 5.5.17(a) and B5.5.41-43 ask for an unbiased amount weighted by probability, ASC 326-20-30-7 to 30-9 for a
reasonable and supportable forecast. A rate is capped at 100 % in each scenario before it is weighted: losses do not
grow without end, so the rate of the mean is not the mean of the rates.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import ParameterError
from credrisk.frames import as_polars
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

__all__ = ["linked_scenarios", "weighted_rates"]

Array = npt.NDArray[Any]
LEAST_VALUES = 12
"""Values of a series under which its mean over the history says nothing."""


def linked_scenarios(
    settings: ProvisionSettings, series: Any, *, history_from: date, as_of: date
) -> tuple[Scenario, ...]:
    """Return the scenarios with their multipliers: as stated, or from a macro series that the user gives.

    Parameters
    ----------
    series
        None, or a frame ``date, value`` (with ``known_at`` where it was published later). The multiplier of a scenario
        is exp(elasticity x (its value - mean of the series from ``history_from`` to ``as_of``)).

    Raises
    ------
    ParameterError
        When scenarios have values and no series is given, or the other way round, or fewer than 12 values are known.
    """
    linked = settings.scenarios[0].value is not None
    if not linked and series is None:
        return settings.scenarios
    if not linked or series is None:
        raise ParameterError("series", "given together with a value in every scenario", "only one of them")
    frame = as_polars(series, "series")
    missing = [name for name in ("date", "value") if name not in frame.columns]
    if missing:
        raise ParameterError("series", "a table with date and value", ", ".join(frame.columns))
    known = frame["known_at"] if "known_at" in frame.columns else frame["date"]
    dated = frame.with_columns(pl.col("date").cast(pl.Date), known_at=known.cast(pl.Date)).filter(
        pl.col("date").is_between(history_from, as_of) & (pl.col("known_at") <= as_of)
    )
    values = dated.group_by("date").agg(pl.col("value").sort_by("known_at").last())["value"].drop_nulls()
    if values.len() < LEAST_VALUES:
        raise ParameterError(
            "series", f"at least {LEAST_VALUES} values known by {as_of} since {history_from}", values.len()
        )
    mean = float(np.mean(values.sort().to_numpy()))
    return tuple(
        replace(entry, multiplier=float(np.exp(settings.elasticity * (float(entry.value or 0.0) - mean))))
        for entry in settings.scenarios
    )


def weighted_rates(rates: Array, scenarios: tuple[Scenario, ...]) -> Array:
    """Return the mean over scenarios of min(1, rate x multiplier)."""
    total = np.zeros_like(np.asarray(rates, dtype=np.float64))
    for entry in scenarios:
        total += entry.probability * np.minimum(1.0, rates * entry.multiplier)
    return total
