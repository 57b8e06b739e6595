"""Where customers of a grade are some months later: in which grade, gone, or gone bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import EvidenceError, ParameterError
from credrisk.frames import as_polars
from credrisk.models.calibration_tests import jeffreys_interval
from credrisk.models.master_scale import MasterScale
from credrisk.models.outcomes import PREFIXES

__all__ = ["NOT_GRADED", "WITHDRAWN", "Migration", "migration_matrix"]

WITHDRAWN = "withdrawn"
"""State of a customer that left in good standing."""
NOT_GRADED = "not_graded"
"""State of a customer that is there but has no grade: in default, recovering, or not scored on that day."""


@dataclass(frozen=True)
class Migration:
    """A migration matrix.

    Attributes
    ----------
    cells
        One row per pair of states: ``from``, ``to``, ``rows``, ``share`` (of the rows from that grade; they sum to 1),
        ``low`` and ``high`` (95 % by Jeffreys' prior on the number of customers, not of rows, for rows of one customer
        are nearly copies). Grades from which nobody started have null shares.
    starts
        ``from``, ``rows``, ``customers`` by grade.
    months, target
        How far apart, and what going bad means.
    """

    cells: pl.DataFrame
    starts: pl.DataFrame
    months: int
    target: str

    def to_frame(self) -> pl.DataFrame:
        """Return the shares as a table: a row a grade, a column a state."""
        return self.cells.pivot(on="to", index="from", values="share", maintain_order=True)


def migration_matrix(
    scored: Any,
    labels: Any,
    *,
    scale: MasterScale,
    target: str = "bad_debt",
    months: int = 12,
    probability: str | None = None,
    start: date | str | None = None,
) -> Migration:
    """Return where the customers at risk of each grade were ``months`` later.

    Parameters
    ----------
    scored
        ``customer_id, as_of`` and the probability, at the dates that count.
    labels
        Output of ``build_labels`` for the same dates.
    target
        What going bad means: ``bad_debt``, ``default`` or ``late30``. It is the state of whoever met it within the
        months, wherever they are afterwards.
    probability
        Column of the probability; None takes the target's over 12 months (``pd_12m``).
    start
        One date to start from; None takes every date whose end is observed.

    Raises
    ------
    EvidenceError
        When no date has both graded customers and an observed end.
    ParameterError
        When a parameter breaks its rule.
    """
    if target not in PREFIXES:
        raise ParameterError("target", f"one of {', '.join(PREFIXES)}", target)
    if months < 1:
        raise ParameterError("months", "1 or more", months)
    column = probability or f"{PREFIXES[target]}_12m"
    scores = as_polars(scored, "scored").with_columns(pl.col("as_of").cast(pl.Date))
    told = as_polars(labels, "labels").with_columns(pl.col("as_of").cast(pl.Date))
    if column not in scores.columns:
        raise ParameterError("probability", f"a column of scored ({', '.join(scores.columns)})", column)
    at_risk = told.filter(pl.col(f"{target}_at_risk"))
    place = pl.Series("place", scale.positions(scores[column].cast(pl.Float64).fill_null(np.nan).to_numpy()))
    graded = scores.select("customer_id", "as_of").with_columns(place).filter(pl.col("place") >= 0)
    key = ["customer_id", "as_of"]
    graded = graded.join(at_risk.select(key), on=key, how="semi")
    own_end = f"{target}_observed_to" if f"{target}_observed_to" in told.columns else "observed_to"
    ends = pl.DataFrame(
        {"as_of": (dates := graded["as_of"].unique().sort()), "end": [months_after(day, months) for day in dates]},
        schema_overrides={"end": pl.Date},
    )
    rows = graded.join(at_risk.select(*key, f"{target}_on", "left_on", seen_to=own_end), on=key, how="inner").join(
        ends, on="as_of", how="inner"
    )
    if start is not None:
        rows = rows.filter(pl.col("as_of") == to_date(start, "start"))
    rows = rows.filter(pl.col("end") <= pl.col("seen_to"))
    if rows.is_empty():
        raise EvidenceError(f"no date has graded customers and {months} observed months after it")
    later = graded.select("customer_id", end="as_of", later="place")
    rows = rows.join(later, on=["customer_id", "end"], how="left")
    on, left = pl.col(f"{target}_on"), pl.col("left_on")
    bad = (on <= pl.col("end")) & (left.is_null() | (on <= left))
    count = len(scale.names)
    state = (
        pl.when(bad.fill_null(False))
        .then(count + 2)
        .when((left <= pl.col("end")).fill_null(False))
        .then(count)
        .otherwise(pl.col("later").fill_null(count + 1))
    )
    return _matrix(rows.with_columns(state=state), scale, target, months)


def _matrix(rows: pl.DataFrame, scale: MasterScale, target: str, months: int) -> Migration:
    states = (*scale.names, WITHDRAWN, NOT_GRADED, target)
    n_from, n_to = len(scale.names), len(states)
    place, state = rows["place"].to_numpy(), rows["state"].to_numpy()
    counts = np.bincount(place * n_to + state, minlength=n_from * n_to).reshape(n_from, n_to)
    by_grade = rows.group_by("place").agg(pl.col("customer_id").n_unique().alias("customers"))
    customers = np.zeros(n_from)
    customers[by_grade["place"].to_numpy()] = by_grade["customers"].to_numpy()
    total = counts.sum(axis=1)
    shares = counts / np.maximum(total, 1)[:, None]
    low, high = jeffreys_interval(shares * customers[:, None], np.maximum(customers, 1e-9)[:, None])
    empty = np.repeat(total == 0, n_to)

    def column(values: np.ndarray) -> pl.Series:
        return pl.Series(np.where(empty, np.nan, values.ravel()), nan_to_null=True)

    cells = pl.DataFrame(
        {
            "from": np.repeat(np.array(scale.names, dtype=object), n_to),
            "to": np.tile(np.array(states, dtype=object), n_from),
            "rows": counts.ravel(),
            "share": column(shares),
            "low": column(low),
            "high": column(high),
        },
        schema_overrides={"from": pl.String, "to": pl.String},
    )
    starts = pl.DataFrame({"from": scale.names, "rows": total, "customers": customers.astype(np.int64)})
    return Migration(cells, starts, months, target)
