"""Why a customer's rate is what it is: contributions of the features, and the largest ones in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from credrisk.features.catalogue import Feature, catalogue
from credrisk.wording import in_words

__all__ = ["NOTHING_RAISES", "reasons", "sentence"]

NOTHING_RAISES = "nothing in the ledger raises it above the average"
"""What is said of a customer whom nothing makes riskier than the average training row."""

LEAST_RAISE = 0.01
"""Log rate below which a contribution is no reason: nobody acts on one part in a hundred."""

LEAST_READ = {"money": 0.5, "days": 0.5, "months": 0.5, "count": 0.5, "share": 0.005, "ratio": 0.005, "index": 0.005}
"""Smallest value of each unit that does not read as zero."""


def reasons(parts: np.ndarray, values: np.ndarray, features: Sequence[str], *, top: int, currency: str) -> pl.DataFrame:
    """Return the ``top`` reasons of each row in words: only what raises its rate.

    Parameters
    ----------
    parts, values
        Contributions to the log rate and the values behind them, shape (n_rows, n_features).
    features
        Their names, all in the catalogue.
    top
        Reasons a row at most.
    currency
        Currency of the money features.

    Returns
    -------
    polars.DataFrame
        ``row`` (position), ``rank`` (from 1), ``feature``, ``value`` (null where not measured), ``contribution`` (of
        that feature, log rate against the average row) and ``says``. A row that nothing raises has one line that says
        so, without feature.

    Notes
    -----
    Features of one trade question (a module of the catalogue) tell much the same story, so the questions are ranked by
    the sum of their contributions and each is told by its strongest feature; further features follow only where fewer
    than ``top`` questions raise the rate. A feature at its harmless end (it reads as 0 or less where more is worse) is
    never a reason, and one that is not measured only where no measured one is. Ties keep the catalogue's order.
    """
    entries = catalogue(features)
    asked = [entries[name].question for name in features]
    questions = list(dict.fromkeys(asked))
    column_of = np.array([questions.index(question) for question in asked], dtype=np.int64)
    by_question = np.zeros((len(parts), len(questions)))
    for column, question in enumerate(column_of):
        by_question[:, question] += parts[:, column]
    raises = (parts > LEAST_RAISE) & (by_question[:, column_of] > LEAST_RAISE)
    null = np.isnan(values)
    reads_above_zero = np.array([LEAST_READ[entries[name].unit] for name in features])
    more_is_worse = np.array([entries[name].worse == "higher" for name in features], dtype=bool)
    measured = raises & ~null & ~(more_is_worse & (np.nan_to_num(values) < reads_above_zero))
    named = np.where(measured.any(axis=1, keepdims=True), measured, raises & null)
    leads = np.zeros_like(named)
    for question in range(len(questions)):
        own = np.nonzero(column_of == question)[0]
        strength = np.where(named[:, own], parts[:, own], -np.inf)
        best = own[strength.argmax(axis=1)]
        leads[np.arange(len(parts)), best] = named[np.arange(len(parts)), best]
    strength = np.where(leads, by_question[:, column_of], parts)
    order = np.lexsort((-strength, ~leads, ~named), axis=1)[:, : min(top, len(features))]
    row, rank = np.nonzero(np.take_along_axis(named, order, axis=1))
    place = order[row, rank]
    raising = pl.DataFrame(
        {
            "row": row,
            "rank": rank + 1,
            "feature": [features[position] for position in place.tolist()],
            "value": pl.Series(values[row, place], dtype=pl.Float64).fill_nan(None),
            "contribution": pl.Series(parts[row, place], dtype=pl.Float64),
            "says": [
                sentence(entries[features[position]], value, currency)
                for position, value in zip(place.tolist(), values[row, place].tolist(), strict=True)
            ],
        },
        schema_overrides={"row": pl.Int64, "rank": pl.Int64, "feature": pl.String, "says": pl.String},
    )
    calm = pl.DataFrame({"row": np.nonzero(~named.any(axis=1))[0]}, schema={"row": pl.Int64})
    calm = calm.with_columns(rank=pl.lit(1, pl.Int64), says=pl.lit(NOTHING_RAISES))
    return pl.concat([raising, calm], how="diagonal").sort("row", "rank")


def sentence(entry: Feature, value: float, currency: str) -> str:
    """Put one value into the catalogue's sentence; the magnitude alone where a sentence for below zero exists."""
    if np.isnan(value):
        return f"{entry.name.replace('_', ' ')} not measured: {entry.null}"
    told = in_words(abs(value), entry.unit, currency)
    if told == in_words(0.0, entry.unit, currency):
        if entry.unit == "share" and value > 0:
            return entry.says.replace("{value}", "less than 1 %")
        if entry.says_at_zero:
            return entry.says_at_zero
    if value < 0 and entry.says_below:
        return entry.says_below.replace("{value}", told)
    return entry.says.replace("{value}", in_words(value, entry.unit, currency))
