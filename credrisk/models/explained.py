"""Reasons of a model's answer: what it says of each customer, now and against an earlier date of the panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import Feature
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.cold_start import EVER_PAID, NO_RECORD, without_record
from credrisk.models.explain import reasons
from credrisk.models.reason_words import entries_of

__all__ = ["Reading", "explained", "feature_values", "now_and_before", "read_model", "with_customers"]

CLOSE_ENOUGH = timedelta(days=31)
"""How far before the date wanted the earlier date of a panel may lie."""

KEYS = ("customer_id", "as_of")


@dataclass(frozen=True)
class Reading:
    """What a model says of rows: contributions and the values behind them, shape (n_rows, n_features)."""

    features: tuple[str, ...]
    parts: np.ndarray
    base: np.ndarray
    values: np.ndarray
    currency: str

    @property
    def entries(self) -> dict[str, Feature]:
        """Return the features' entries in the catalogue; plain words for those that it does not have."""
        return entries_of(self.features)


def read_model(model: Any, X: Any, *, currency: str | None = None) -> Reading:
    """Read a model's contributions to rows.

    Parameters
    ----------
    model
        Anything fitted with ``contributions(X, output="polars")`` (features and ``base``, summing to the log rate or
        the log odds of bad) and ``currency_``: a BadDebtModel, a Scorecard.
    X
        Its features; ``customer_id`` and ``as_of`` are passed over.
    """
    frame = as_polars(X, "X")
    frame = frame.drop([name for name in KEYS if name in frame.columns])
    found: pl.DataFrame = model.contributions(frame, output="polars")
    names = tuple(name for name in found.columns if name != "base")
    return Reading(
        names,
        found.select(names).to_numpy(),
        found["base"].to_numpy(),
        feature_values(frame, names),
        currency or model.currency_,
    )


def explained(
    model: Any,
    X: Any,
    *,
    before: Any = None,
    when: str = "a year ago",
    top: int = 3,
    currency: str | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Return the reasons of each row in words, with the figures of before where they are given.

    Parameters
    ----------
    model, X
        As in :func:`read_model`.
    before
        The same customers earlier, row by row (:func:`now_and_before` makes it of a panel); a row whose
        ``customer_id`` is null was not there yet. None tells the figures of now alone.
    when
        How long before, in words.
    top
        Reasons a row at most.

    Returns
    -------
    frame
        As :func:`reasons`, with ``before`` (the earlier value), and ``customer_id`` where ``X`` has it.
    """
    check_output(output)
    if top < 1:
        raise ParameterError("top", "1 or more", top)
    frame = as_polars(X, "X")
    reading = read_model(model, frame, currency=currency)
    earlier, there = None, None
    if before is not None:
        past = as_polars(before, "before")
        if past.height != frame.height:
            raise DataError(f"X has {frame.height} rows and before has {past.height}.", table="before")
        earlier = feature_values(past, reading.features)
        there = past["customer_id"].is_not_null().to_numpy() if "customer_id" in past.columns else None
        if there is not None:
            earlier[~there] = np.nan
    found = reasons(
        reading.parts,
        reading.values,
        reading.features,
        top=top,
        currency=reading.currency,
        before=earlier,
        there=there,
        when=when,
    )
    return given_out(with_customers(found, frame), output)


def now_and_before(
    panel: Any,
    *,
    as_of: date | str | None = None,
    months: int = 12,
    output: Literal["pandas", "polars"] = "pandas",
) -> tuple[Any, Any]:
    """Return the rows of a date and, row by row, those of the same customers some months before.

    Parameters
    ----------
    panel
        ``customer_id``, ``as_of`` and features, several dates.
    as_of
        The date of now; None takes the last.
    months
        Months back. The panel's last date on or before that day counts, if it is at most 31 days earlier.
    output
        Frames of ``pandas`` or ``polars``.

    Returns
    -------
    now, before
        Sorted by customer. In ``before`` a customer without a row then has nulls, ``customer_id`` too.

    Raises
    ------
    DataError
        When the panel does not hold one of the dates.
    """
    check_output(output)
    rows = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    day = rows["as_of"].max() if as_of is None else to_date(as_of)
    if not isinstance(day, date):
        raise DataError("The panel holds no dated row.", table="panel", columns=["as_of"])
    now = rows.filter(pl.col("as_of") == day).sort("customer_id")
    if now.is_empty():
        raise DataError(f"The panel holds no row of {day}.", table="panel", columns=["as_of"])
    wanted = months_after(day, -months)
    earlier = rows.filter(pl.col("as_of") <= wanted)["as_of"].max()
    if not isinstance(earlier, date) or wanted - earlier > CLOSE_ENOUGH:
        remedy = f"build the panel with a date {months} months before {day}."
        raise DataError(f"The panel holds no date near {wanted}.", table="panel", columns=["as_of"], remedy=remedy)
    then = rows.filter(pl.col("as_of") == earlier).with_columns(wanted=pl.col("customer_id"))
    joined = now.select(wanted="customer_id").join(then, on="wanted", how="left", maintain_order="left")
    return given_out(now, output), given_out(joined.drop("wanted"), output)


def with_customers(found: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Put ``customer_id`` before reasons by ``row``, where the frame has it."""
    if "customer_id" not in frame.columns:
        return found
    ids = frame["customer_id"].gather(found["row"].to_list())
    return found.select(ids.alias("customer_id"), pl.all())


def feature_values(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return features as floats, nulls as NaN; a feature that the frame lacks is not measured.

    ``no_payment_record``, which no panel holds, is told from the others.
    """
    values = np.full((frame.height, len(names)), np.nan)
    for place, name in enumerate(names):
        if name in frame.columns:
            if not (frame.schema[name].is_numeric() or frame.schema[name] in (pl.Null, pl.Boolean)):
                raise DataError("Reasons in words need numbers.", columns=[name])
            values[:, place] = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    if NO_RECORD.name in names and EVER_PAID in frame.columns:
        values[:, list(names).index(NO_RECORD.name)] = without_record(values, names)
    return values
