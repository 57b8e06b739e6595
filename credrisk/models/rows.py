"""The rows a model learns from, as arrays: features, outcome, date, customer; sorted, re-censored and bounded here."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.features.catalogue import known_features
from credrisk.frames import as_polars
from credrisk.models.outcomes import DAYS_PER_MONTH, TARGET_FIRST, waits_of

__all__ = ["Rows", "as_values", "feature_frame", "feature_matrix", "outcome_arrays", "read_rows"]


@dataclass(frozen=True)
class Rows:
    """Training rows.

    Attributes
    ----------
    values
        Features, shape (n_rows, n_features), NaN = null.
    event, months
        The outcome as ``survival_outcome`` gives it.
    day
        Date of the row in days since 1970-01-01; all 0 where dates were not given.
    group
        Number of the customer.
    waits
        Days, shape (n_rows, n, 2), from the first to before the second of which nothing was known of the target from
        the first on; 0 to 0 where there are fewer. None where no row has any.
    weight
        Inverse of the share sampled, for all of a row but an event of the target, which always counts once; 0 for a
        row kept for its event alone. None where nothing was left out.
    chance
        Of a censored row, the chance that it ended with the target all the same: a placement awaits its verdict
        (:mod:`~credrisk.models.undecided`). None where no row's does.
    """

    values: np.ndarray
    event: np.ndarray
    months: np.ndarray
    day: np.ndarray
    group: np.ndarray
    waits: np.ndarray | None = None
    weight: np.ndarray | None = None
    chance: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.event)

    def take(self, index: np.ndarray) -> Rows:
        """Return the rows at ``index`` (positions or a mask)."""
        some = {name: part[index] for name in _EVERY if (part := getattr(self, name)) is not None}
        return dataclasses.replace(self, **some)

    def known_on(self, day: int) -> Rows:
        """Return the rows dated before ``day`` with only what was known on that day; those without are left out.

        ``chance`` is None: what is to be thought of undecided placements is another on another day.
        """
        end = np.full(len(self), day)
        if self.waits is not None:
            placed, verdict = self.waits[:, :, 0], self.waits[:, :, 1]
            undecided = np.where((placed <= day) & (day < verdict), placed - 1, day)
            end = undecided.min(axis=1, initial=day)
        observed = self.day < end
        early = self.take(observed)
        seen = (end[observed] - early.day) / DAYS_PER_MONTH
        later = early.months > seen
        return dataclasses.replace(
            early,
            event=np.where(later, 0, early.event).astype(np.int8),
            months=np.minimum(early.months, seen),
            chance=None,
        )

    @property
    def end_day(self) -> np.ndarray:
        """Day on which the event came or the watch ended, in days since 1970-01-01."""
        days: np.ndarray = np.rint(self.day + self.months * DAYS_PER_MONTH).astype(np.int64)
        return days

    def sorted(self) -> Rows:
        """Return the rows in an order that does not depend on the order given: by date, customer, then content."""
        order = np.lexsort((self.group, self.day))
        day, group = self.day[order], self.group[order]
        if ((day[1:] == day[:-1]) & (group[1:] == group[:-1])).any():
            order = np.lexsort((self.event, self.months, *self.values.T[::-1], self.group, self.day))
        return self.take(order)

    def first_event_days(self, within_months: float) -> np.ndarray:
        """Return the days of the distinct events: one event is seen from many rows of its customer."""
        hit = (self.event == TARGET_FIRST) & (self.months <= within_months)
        distinct: np.ndarray = np.unique(np.stack([self.group[hit], self.end_day[hit]]), axis=1)[1]
        return distinct


_EVERY = tuple(part.name for part in dataclasses.fields(Rows))


def feature_matrix(X: Any, *, expected: list[str] | None = None) -> tuple[list[str], np.ndarray]:
    """Return names and values of features, nulls as NaN.

    Parameters
    ----------
    X
        pandas or Polars frame; every column a feature of the catalogue or a declared one.
    expected
        Names that a fitted model wants: the columns are put into this order.

    Raises
    ------
    DataError
        For unknown, missing, non-numeric or infinite columns: each is named.
    """
    frame = feature_frame(X, expected=expected)
    return frame.columns, np.ascontiguousarray(as_values(frame))


def feature_frame(X: Any, *, expected: list[str] | None = None) -> pl.DataFrame:
    """Return the columns that :func:`feature_matrix` takes, checked, as they came."""
    frame = as_polars(X, "X")
    known = known_features()
    extra = [name for name in frame.columns if name not in known or (expected is not None and name not in expected)]
    if extra:
        rule = (
            "no features of the catalogue and not declared" if expected is None else "not what the model was fitted on"
        )
        remedy = "leave them out or declare them; customer_id goes to groups, as_of to as_of."
        raise DataError(f"X has columns that are {rule}.", columns=extra, remedy=remedy)
    missing = [name for name in expected or [] if name not in frame.columns]
    if missing:
        raise DataError("X lacks features that the model was fitted on.", columns=missing, remedy="build them.")
    textual = [name for name, kind in frame.schema.items() if not (kind.is_numeric() or kind in _BLANK)]
    if textual:
        raise DataError("Features must be numbers.", columns=textual)
    unbounded = [pl.col(name).is_infinite() for name, kind in frame.schema.items() if kind.is_float()]
    columns = [name for (name, found) in frame.select(part.any() for part in unbounded).to_dict().items() if found[0]]
    if columns:
        rows = frame.select(pl.any_horizontal(pl.col(columns).is_infinite()).sum()).item()
        remedy = "a ratio with a denominator of 0 is null, not infinite."
        raise DataError("X has infinite values.", columns=columns, rows=rows, remedy=remedy)
    return frame if expected is None else frame.select(expected)


def as_values(frame: pl.DataFrame) -> np.ndarray:
    """Return the columns as float64, nulls as NaN, shape (n_rows, n_columns); each column lies in one piece."""
    values = np.empty((frame.width, frame.height)).T
    for place, column in enumerate(frame.iter_columns()):
        values[:, place] = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values


_BLANK = (pl.Null, pl.Boolean)


def outcome_arrays(y: Any, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``event`` (int8) and ``months`` (float64) of a frame or structured array, checked.

    Raises
    ------
    DataError
        When columns are missing, the length differs, ``event`` is not 0, 1 or 2, or ``months`` not positive.
    """
    if isinstance(y, np.ndarray) and y.dtype.names:
        y = pl.DataFrame({name: y[name] for name in y.dtype.names})
    frame = as_polars(y, "y")
    missing = [name for name in ("event", "months") if name not in frame.columns]
    if missing:
        raise DataError("y lacks columns.", columns=missing, remedy="make it with survival_outcome.")
    if frame.height != n_rows:
        raise DataError(f"X has {n_rows} rows and y has {frame.height}.")
    event = frame["event"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    months = frame["months"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    if bad := int((~np.isin(event, (0, 1, 2))).sum()):
        raise DataError("event must be 0 (censored), 1 (the target) or 2 (left).", columns=["event"], rows=bad)
    if bad := int((~(np.isfinite(months) & (months > 0))).sum()):
        remedy = "keep observed rows only, as training_rows does."
        raise DataError("months must be finite and above 0.", columns=["months"], rows=bad, remedy=remedy)
    return event.astype(np.int8), months


def read_rows(values: np.ndarray, y: Any, *, as_of: Any, groups: Any) -> Rows:
    """Check outcome, dates and customers against the features, and sort."""
    event, months = outcome_arrays(y, len(values))
    waits = _waits(y)
    day = np.zeros(len(values), dtype=np.int64)
    if as_of is not None:
        dates = np.asarray(as_of.to_numpy() if hasattr(as_of, "to_numpy") else as_of).astype("datetime64[D]")
        if dates.shape != event.shape or np.isnat(dates).any():
            raise DataError(f"as_of must give a date for each of the {len(event)} rows.", columns=["as_of"])
        day = dates.astype(np.int64)
    if groups is None:
        alone = Rows(values, event, months, day, np.zeros(len(values), dtype=np.int64), waits).sorted()
        return dataclasses.replace(alone, group=np.arange(len(values)))
    names = np.asarray(groups.to_numpy() if hasattr(groups, "to_numpy") else groups)
    if names.dtype.kind not in "iu":
        names = names.astype(str)
    if names.shape != event.shape:
        raise DataError(f"groups must give a customer for each of the {len(event)} rows.", columns=["groups"])
    group = np.unique(names, return_inverse=True)[1]
    return Rows(values, event, months, day, group.astype(np.int64), waits).sorted()


def _waits(y: Any) -> np.ndarray | None:
    """Return the column ``waits`` of an outcome as days, None where nothing waits."""
    if isinstance(y, np.ndarray) or "waits" not in y.columns:
        return None
    pairs = waits_of(as_polars(y, "y")["waits"])
    if pairs.is_empty():
        return None
    nth = pairs.select(pl.int_range(pl.len()).over("row")).to_series().to_numpy()
    waits = np.zeros((len(y), nth.max() + 1, 2), dtype=np.int64)
    for side, name in enumerate(("placed", "verdict")):
        waits[pairs["row"].to_numpy(), nth, side] = pairs[name].to_physical().to_numpy()
    return waits
