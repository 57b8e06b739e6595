"""What a model's customers looked like when it was fitted: kept as JSON beside the model, for monitoring to compare.

It holds the last year of training dates: how each feature and the model's own probability were spread, how much they
moved from date to date though nothing was wrong, and how often they were empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from credrisk.atomic import write_text
from credrisk.errors import CredriskError, EvidenceError, ModelFileError
from credrisk.features.catalogue import fingerprint
from credrisk.frames import as_polars
from credrisk.models.drift import Bands, bands_of, psi_of_shares

if TYPE_CHECKING:
    from credrisk.models.bad_debt import BadDebtModel

__all__ = ["Reference", "Spread", "reference_of", "reference_path"]

FORMAT, VERSION = "credrisk reference", 2
RECENT_DATES = 12
"""Training dates that the reference takes, from the last back: a year of months has every season once."""
MOST_BYTES = 50_000_000
REBUILT = "remove it, or name none: it is rebuilt from the ledger."
CATEGORIES = ("industry", "country", "currency", "seller_entity")


@dataclass(frozen=True)
class Spread:
    """How one figure was spread over the reference dates.

    Attributes
    ----------
    bands
        Over all reference dates.
    moved
        Stability index of a date against the others, of the values there are: what is usual. Of the dates' the upper
        quartile, for a ledger's first months can be far from the others.
    null_low, null_high, null_last
        Smallest and largest share of nulls on a date, and that of the last date.
    middle_low, middle_high
        Smallest and largest median of a date, over all training dates, not only the reference's; None without a value.
    """

    bands: Bands
    moved: float
    null_low: float
    null_high: float
    null_last: float
    middle_low: float | None = None
    middle_high: float | None = None


@dataclass(frozen=True)
class Reference:
    """The reference of one model.

    Attributes
    ----------
    target, catalogue, model
        What the model predicts, the fingerprint of its features, and its hash (``BadDebtModel.hash_``).
    first_on, last_on
        First and last reference date.
    observed_to
        The last day of which the model learnt what happened: nothing up to it proves anything.
    rows, customers
        How many.
    months, mean
        Horizon of the probability in ``score``, and its mean.
    score, features
        The spread of the model's probability, and of its features by name.
    categories
        Values of the customer master's columns by column, as they were known.
    """

    target: str
    catalogue: str
    model: str
    first_on: date
    last_on: date
    observed_to: date
    rows: int
    customers: int
    months: int
    mean: float
    score: Spread
    features: Mapping[str, Spread]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, path: str | PathLike[str]) -> None:
        """Write it as JSON."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "target": self.target,
            "catalogue": self.catalogue,
            "model": self.model,
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
            "observed_to": self.observed_to.isoformat(),
            "rows": self.rows,
            "customers": self.customers,
            "months": self.months,
            "mean": self.mean,
            "score": _as_json(self.score),
            "features": {name: _as_json(spread) for name, spread in self.features.items()},
            "categories": {name: list(values) for name, values in self.categories.items()},
        }
        write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Reference:
        """Read what :meth:`write` wrote.

        Raises
        ------
        ModelFileError
            When the file is missing, damaged or no reference of this version.
        """
        place = Path(path)
        try:
            if place.stat().st_size > MOST_BYTES:
                raise ModelFileError(f"{place} is larger than {MOST_BYTES:,} bytes; no reference is.", remedy=REBUILT)
            stored = json.loads(place.read_text(encoding="utf-8"))
        except OSError as wrong:
            raise ModelFileError(f"{place} cannot be read: {wrong.strerror}.", remedy=REBUILT) from wrong
        except (ValueError, RecursionError) as wrong:
            raise ModelFileError(f"{place} is damaged: {wrong}", remedy=REBUILT) from wrong
        if not isinstance(stored, dict) or (stored.get("format"), stored.get("version")) != (FORMAT, VERSION):
            raise ModelFileError(f"{place} holds no {FORMAT} of version {VERSION}.", remedy=REBUILT)
        try:
            return cls(
                target=str(stored["target"]),
                catalogue=str(stored["catalogue"]),
                model=str(stored["model"]),
                first_on=date.fromisoformat(stored["first_on"]),
                last_on=date.fromisoformat(stored["last_on"]),
                observed_to=date.fromisoformat(stored["observed_to"]),
                rows=int(stored["rows"]),
                customers=int(stored["customers"]),
                months=int(stored["months"]),
                mean=_finite(stored["mean"]),
                score=_of_json(stored["score"]),
                features={str(name): _of_json(spread) for name, spread in stored["features"].items()},
                categories={str(name): tuple(map(str, held)) for name, held in stored["categories"].items()},
            )
        except (CredriskError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as wrong:
            raise ModelFileError(f"{place} is damaged: {wrong}", remedy=REBUILT) from wrong


def reference_path(folder: str | PathLike[str]) -> Path:
    """Return where the reference of a saved model lies: beside its folder, ``<folder>.reference.json``."""
    place = Path(folder)
    return place.with_name(f"{place.name}.reference.json")


def reference_of(
    model: BadDebtModel, X: Any, *, as_of: Any, customers: Any, observed_to: date, attributes: Any = None
) -> Reference:
    """Return the reference of a fitted model from the rows that it learnt from.

    Parameters
    ----------
    X, as_of, customers
        Features, date and customer of each training row, as :func:`~credrisk.models.outcomes.training_rows` gives them.
    observed_to
        The last day of which the model learnt what happened: that on which it was fitted.
    attributes
        The customers table, for its categories.

    Notes
    -----
    The probability is that within the longest horizon that the model could measure.

    Raises
    ------
    EvidenceError
        When there is no row.
    """
    frame = as_polars(X, "X").with_columns(as_of=pl.Series(as_of).cast(pl.Date), customer=pl.Series(customers))
    names = [str(name) for name in model.feature_names_in_]
    middles = frame.group_by("as_of").agg(pl.col(name).cast(pl.Float64).median() for name in names)
    dates: list[date] = sorted(frame["as_of"].unique().to_list())[-RECENT_DATES:]
    frame = frame.filter(pl.col("as_of").is_in(dates))
    if frame.is_empty():
        raise EvidenceError("a reference needs rows that the model learnt from")
    horizon = model.measured_horizons_[-1]
    probability = model.predict_pd(frame.select(names), horizons=[horizon], output="polars").to_series()
    day = frame["as_of"].rank("dense").to_numpy().astype(np.int64) - 1
    return Reference(
        target=model.target,
        catalogue=fingerprint(names),
        model=model.hash_,
        first_on=dates[0],
        last_on=dates[-1],
        observed_to=observed_to,
        rows=frame.height,
        customers=frame["customer"].n_unique(),
        months=horizon,
        mean=float(probability.to_numpy().mean()),
        score=spread_of(probability.to_numpy(), day),
        features={name: spread_of(_numbers(frame[name]), day, middles=middles[name]) for name in names},
        categories=categories_of(attributes),
    )


def spread_of(values: np.ndarray, day: np.ndarray, *, middles: pl.Series | None = None) -> Spread:
    """Return the spread of a figure over dates numbered from 0; ``middles`` are its medians on all training dates."""
    bands = bands_of(values)
    counts = np.stack([bands.count(values[day == number]) for number in range(int(day.max()) + 1)])
    held = counts[:, :-1]
    moved = [
        psi_of_shares(held.sum(axis=0) - own, own)
        for own in held
        if len(held) > 1 and own.sum() and held.sum() > own.sum()
    ]
    null_share = counts[:, -1] / counts.sum(axis=1)
    known = np.array([]) if middles is None else middles.drop_nulls().to_numpy()
    return Spread(
        bands,
        moved=float(np.quantile(moved, 0.75)) if moved else 0.0,
        null_low=float(null_share.min()),
        null_high=float(null_share.max()),
        null_last=float(null_share[-1]),
        middle_low=float(known.min()) if len(known) else None,
        middle_high=float(known.max()) if len(known) else None,
    )


def categories_of(attributes: Any) -> dict[str, tuple[str, ...]]:
    """Return the values that the columns of the customer master hold."""
    if attributes is None:
        return {}
    frame = as_polars(attributes, "attributes")
    held = {}
    for name in (column for column in CATEGORIES if column in frame.columns):
        known = frame[name].cast(pl.String).drop_nulls().unique().sort()
        if len(known):
            held[name] = tuple(known.to_list())
    return held


def _numbers(values: pl.Series) -> np.ndarray:
    found: np.ndarray = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found


def _as_json(spread: Spread) -> dict[str, Any]:
    return {
        **spread.bands.as_json(),
        "moved": spread.moved,
        "null_low": spread.null_low,
        "null_high": spread.null_high,
        "null_last": spread.null_last,
        "middle_low": spread.middle_low,
        "middle_high": spread.middle_high,
    }


def _finite(stored: Any) -> float:
    if not np.isfinite(number := float(stored)):
        raise ValueError("a number that is not finite")
    return number


def _of_json(stored: Mapping[str, Any]) -> Spread:
    numbers: Sequence[float] = [float(stored[name]) for name in ("moved", "null_low", "null_high", "null_last")]
    if not np.isfinite(numbers).all():
        raise ValueError("a spread with numbers that are not finite")
    ends = [None if stored[name] is None else float(stored[name]) for name in ("middle_low", "middle_high")]
    if not np.isfinite([end for end in ends if end is not None]).all():
        raise ValueError("a median that is not finite")
    return Spread(Bands.of_json(stored), *numbers, *ends)
