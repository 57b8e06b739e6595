"""What has changed since last time: why a customer's rate is another than a month ago, feature by feature, exactly.

The same model reads the same customer on two dates. Its contributions sum to the log rate on each, so their differences
sum to the change of the log rate: nothing is left over. What comes without a sign weighs more in a lower rate; the
change of that is in ``base``, and a feature that has not changed has changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.frames import as_polars, check_output, given_out
from credrisk.models.explain import LEAST_RAISE, strongest
from credrisk.models.explained import read_model
from credrisk.models.reason_words import in_sentences

__all__ = ["NOTHING_CHANGED", "Changes", "what_changed"]

NOTHING_CHANGED = "nothing that moves the rate by 1 % has changed"
NOT_THERE = "there is no row of before"


@dataclass(frozen=True)
class Changes:
    """What changed for each row of ``after``, in pandas or Polars frames as asked for.

    Attributes
    ----------
    summary
        ``customer_id`` (where given), ``row``, ``log_rate_before``, ``log_rate``, ``change`` (their difference),
        ``times`` (how many times the rate is what it was), ``pd_before``, ``pd`` (within the model's longest horizon)
        and ``why_not`` (why nothing is measured; null otherwise).
    contributions
        ``row``, a column for each contribution of the model (its part of the change), ``base``; a row sums to
        ``change``. Null where ``why_not`` is given.
    reasons
        ``customer_id`` (where given), ``row``, ``rank``, ``feature``, ``before``, ``value``, ``contribution`` (of that
        feature to the change) and ``says``, the strongest change of the rate first, up or down.
    """

    summary: Any
    contributions: Any
    reasons: Any


def what_changed(
    model: Any,
    before: Any,
    after: Any,
    *,
    when: str = "a month ago",
    top: int = 3,
    currency: str | None = None,
    output: Literal["pandas", "polars"] = "pandas",
) -> Changes:
    """Split the change of each customer's log rate into what each feature did.

    Parameters
    ----------
    model
        A fitted BadDebtModel or Scorecard: one and the same for both dates, for a changed model is another question.
    before, after
        Features of the two dates. With ``customer_id`` in both, rows are matched by it; otherwise row by row.
    when
        How long lies between, in words.
    top
        Reasons a row at most.
    currency
        Currency of the money features; None takes the model's.
    output
        Frames of ``pandas`` or ``polars``.

    Raises
    ------
    DataError
        When rows cannot be matched: another number of them, or a customer twice.
    """
    check_output(output)
    if top < 1:
        raise ParameterError("top", "1 or more", top)
    now, past, there = _matched(as_polars(before, "before"), as_polars(after, "after"))
    new, old = read_model(model, now, currency=currency), read_model(model, past, currency=currency)
    if new.features != old.features:
        raise DataError("The model read other features on the two dates.", columns=[*new.features])
    parts = np.where(there[:, None], new.parts - old.parts, np.nan)
    base = np.where(there, new.base - old.base, np.nan)
    rate, rate_before = new.base + new.parts.sum(axis=1), old.base + old.parts.sum(axis=1)
    change = base + parts.sum(axis=1)
    row_numbers = np.arange(now.height)
    summary = pl.DataFrame(
        {
            "row": row_numbers,
            "log_rate_before": np.where(there, rate_before, np.nan),
            "log_rate": rate,
            "change": change,
            "times": np.exp(change),
            "pd_before": np.where(there, _probability(model, past), np.nan),
            "pd": _probability(model, now),
        }
    ).with_columns(pl.exclude("row").fill_nan(None), why_not=pl.when(pl.Series(~there)).then(pl.lit(NOT_THERE)))
    columns = {"row": row_numbers, **{name: parts[:, i] for i, name in enumerate(new.features)}, "base": base}
    contributions = pl.DataFrame(columns).with_columns(pl.exclude("row").fill_nan(None))
    said = _reasons(np.nan_to_num(parts), old.values, new.values, there, new.features, new.currency, when, top)
    if "customer_id" in now.columns:
        ids = now["customer_id"]
        summary = summary.select(ids, pl.all())
        said = said.select(ids.gather(said["row"].to_list()), pl.all())
    return Changes(*(given_out(frame, output) for frame in (summary, contributions, said)))


def _matched(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    if "customer_id" in before.columns and "customer_id" in after.columns:
        for name, frame in (("before", before), ("after", after)):
            doubled = frame.filter(pl.col("customer_id").is_duplicated())["customer_id"].unique().sort()
            if len(doubled):
                remedy = "give the rows of one date."
                raise DataError(
                    "A customer has two rows.", table=name, ids=doubled.cast(pl.String).to_list(), remedy=remedy
                )
        past = after.select("customer_id").join(
            before.with_columns(was_there=pl.lit(True)), on="customer_id", how="left", maintain_order="left"
        )
        there = past["was_there"].fill_null(False).to_numpy()
        return after, past.drop("was_there"), there
    if before.height != after.height:
        raise DataError(
            f"before has {before.height} rows and after has {after.height}.",
            remedy="match them row by row, or give customer_id in both.",
        )
    return after, before, np.ones(after.height, dtype=bool)


def _probability(model: Any, frame: pl.DataFrame) -> np.ndarray:
    features = frame.drop([name for name in ("customer_id", "as_of") if name in frame.columns])
    probability: np.ndarray = model.predict_proba(features)[:, 1]
    return probability


def _reasons(
    parts: np.ndarray,
    old: np.ndarray,
    new: np.ndarray,
    there: np.ndarray,
    features: tuple[str, ...],
    currency: str,
    when: str,
    top: int,
) -> pl.DataFrame:
    """Rank features by the size of their part of the change, each for itself: ups and downs must not cancel."""
    size = np.abs(parts)
    named = (size > LEAST_RAISE) & there[:, None]
    row, rank, place = strongest(size, named, features, top)
    told = in_sentences(
        features, place, new[row, place], currency, old[row, place], np.ones(len(row), dtype=bool), when
    )
    found = pl.DataFrame(
        {
            "row": row,
            "rank": rank,
            "feature": [features[position] for position in place.tolist()],
            "before": pl.Series(old[row, place], dtype=pl.Float64).fill_nan(None),
            "value": pl.Series(new[row, place], dtype=pl.Float64).fill_nan(None),
            "contribution": pl.Series(parts[row, place], dtype=pl.Float64),
            "says": pl.Series(told, dtype=pl.String),
        },
        schema_overrides={"row": pl.Int64, "rank": pl.Int64, "feature": pl.String},
    )
    times = pl.col("contribution").exp()
    percent = ((times - 1).abs() * 100).round(0).cast(pl.Int64).cast(pl.String)
    effect = (
        pl.when(times >= 2)
        .then(pl.format("multiplies the rate by {}", times.round(1)))
        .when(times > 1)
        .then(pl.format("raises the rate by {} %", percent))
        .otherwise(pl.format("lowers the rate by {} %", percent))
    )
    found = found.with_columns(says=pl.format("{}: {}", "says", effect))
    calm = pl.DataFrame({"row": np.nonzero(~named.any(axis=1))[0]}, schema={"row": pl.Int64})
    word = np.where(there[calm["row"].to_numpy()], NOTHING_CHANGED, NOT_THERE).tolist()
    calm = calm.with_columns(rank=pl.lit(1, pl.Int64), says=pl.Series(word, dtype=pl.String))
    return pl.concat([found, calm], how="diagonal").sort("row", "rank")
