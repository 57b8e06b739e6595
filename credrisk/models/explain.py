"""Why a customer's rate is what it is: contributions of the features, and the largest ones in words.

A reason may name the figure of before beside that of now, where it is known: "pays 41 days beyond terms on average over
6 months, 12 a year ago".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from credrisk.features.catalogue import Feature
from credrisk.models.reason_words import entries_of, in_sentences, sentence

__all__ = [
    "LEAST_RAISE",
    "NOTHING_RAISES",
    "harmless_end",
    "raised_questions",
    "reasons",
    "sentence",
    "strongest",
]

NOTHING_RAISES = "nothing in the ledger raises it above the average"
"""What is said of a customer whom nothing makes riskier than the average training row."""

LEAST_RAISE = 0.01
"""Log rate below which a contribution is no reason: nobody acts on one part in a hundred."""

LEAST_READ = {"money": 0.5, "days": 0.5, "months": 0.5, "count": 0.5, "share": 0.005, "ratio": 0.005, "index": 0.005}
"""Smallest value of each unit that does not read as zero."""

ROWS_AT_ONCE = 20_000
"""Rows ranked together: what they take stays in tens of megabytes."""


def reasons(
    parts: np.ndarray,
    values: np.ndarray,
    features: Sequence[str],
    *,
    top: int,
    currency: str,
    before: np.ndarray | None = None,
    there: np.ndarray | None = None,
    when: str = "",
) -> pl.DataFrame:
    """Return the ``top`` reasons of each row in words: only what raises its rate.

    Parameters
    ----------
    parts, values
        Contributions to the log rate and the values behind them, shape (n_rows, n_features).
    features
        Their names.
    top
        Reasons a row at most.
    currency
        Currency of the money features.
    before, there, when
        Earlier values (NaN = not measured), which rows were there at all (None = all), and how long ago in words.

    Returns
    -------
    polars.DataFrame
        ``row`` (position), ``rank`` (from 1), ``feature``, ``value`` (null where not measured), ``before`` (where
        given), ``contribution`` (of that feature, log rate against the average row) and ``says``. A row that nothing
        raises has one line that says so, without feature.

    Notes
    -----
    Features of one trade question (a module of the catalogue) tell much the same story, so the questions are ranked by
    the sum of their contributions and each is told by its strongest feature; further features follow only where fewer
    than ``top`` questions raise the rate. A feature at its harmless end (it reads as 0 or less where more is worse) is
    never a reason, and one that is not measured only where no measured one is. Ties keep the catalogue's order.
    """
    entries = entries_of(features)
    questions = [entries[name].question for name in features]
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    calm: list[np.ndarray] = []
    for start in range(0, max(len(parts), 1), ROWS_AT_ONCE):
        part, value = parts[start : start + ROWS_AT_ONCE], values[start : start + ROWS_AT_ONCE]
        measured = (part > LEAST_RAISE) & ~np.isnan(value) & ~harmless_end(value, features, entries)
        raising = raised_questions(part, questions)
        measured &= raising
        missing = (part > LEAST_RAISE) & np.isnan(value) & raising
        named = np.where(measured.any(axis=1, keepdims=True), measured, missing)
        row, rank, place = strongest(part, named, questions, top)
        found.append((row + start, rank, place))
        calm.append(np.nonzero(~named.any(axis=1))[0] + start)
    row, rank, place = (np.concatenate(pieces) for pieces in zip(*found, strict=True))
    columns = {"row": row, "rank": rank, "feature": [features[position] for position in place.tolist()]}
    frame = pl.DataFrame(
        columns, schema_overrides={"row": pl.Int64, "rank": pl.Int64, "feature": pl.String}
    ).with_columns(
        value=pl.Series(values[row, place], dtype=pl.Float64).fill_nan(None),
        contribution=pl.Series(parts[row, place], dtype=pl.Float64),
    )
    earlier = None
    if before is not None:
        seen = np.ones(len(parts), dtype=bool) if there is None else there
        earlier = before[row, place]
        frame = frame.with_columns(before=pl.Series(earlier, dtype=pl.Float64).fill_nan(None))
        words = in_sentences(features, place, values[row, place], currency, earlier, seen[row], when)
    else:
        words = in_sentences(features, place, values[row, place], currency)
    frame = frame.with_columns(says=pl.Series(words, dtype=pl.String))
    order = ["row", "rank", "feature", "value", *(["before"] if before is not None else []), "contribution", "says"]
    quiet = pl.DataFrame({"row": np.concatenate(calm)}, schema={"row": pl.Int64})
    quiet = quiet.with_columns(rank=pl.lit(1, pl.Int64), says=pl.lit(NOTHING_RAISES))
    return pl.concat([frame.select(order), quiet], how="diagonal").sort("row", "rank")


def strongest(
    parts: np.ndarray, named: np.ndarray, questions: Sequence[str], top: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, rank (from 1) and feature (position) of the strongest that are named, at most ``top`` a row.

    The questions come first, in the order of their sums, each told by its strongest named feature; then the rest by
    their own strength. Ties keep the order of the features.
    """
    kept = np.nonzero(named.any(axis=0))[0]
    if not len(kept) or not len(parts):
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, empty
    number = {question: place for place, question in enumerate(dict.fromkeys(questions))}
    question_of = np.array([number[question] for question in questions])
    leading = np.full((len(parts), len(kept)), -np.inf)
    others = np.where(named[:, kept], parts[:, kept], -np.inf)
    rows = np.arange(len(parts))
    for question in dict.fromkeys(question_of[kept].tolist()):
        own = np.nonzero(question_of[kept] == question)[0]
        best = own[others[:, own].argmax(axis=1)]
        told = others[rows, best] > -np.inf
        total = parts[:, question_of == question].sum(axis=1)
        leading[rows[told], best[told]] = total[told]
        others[rows[told], best[told]] = -np.inf
    taken = []
    for rank in range(1, top + 1):
        first, second = leading.argmax(axis=1), others.argmax(axis=1)
        leads, follows = leading[rows, first] > -np.inf, others[rows, second] > -np.inf
        place = np.where(leads, first, second)
        has = np.nonzero(leads | follows)[0]
        if not len(has):
            break
        taken.append((has, np.full(len(has), rank), kept[place[has]]))
        leading[has, place[has]] = -np.inf
        others[has, place[has]] = -np.inf
    row, rank_of, place = (np.concatenate(pieces) for pieces in zip(*taken, strict=True))
    return row, rank_of, place


def raised_questions(parts: np.ndarray, questions: Sequence[str]) -> np.ndarray:
    """Tell of each feature whether its question raises the rate on the whole, shape of ``parts``."""
    raised = np.zeros(parts.shape, dtype=bool)
    asked = np.array(questions, dtype=object)
    for question in dict.fromkeys(questions):
        own = np.nonzero(asked == question)[0]
        raised[:, own] = (parts[:, own].sum(axis=1) > LEAST_RAISE)[:, None]
    return raised


def harmless_end(values: np.ndarray, features: Sequence[str], entries: Mapping[str, Feature]) -> np.ndarray:
    """Tell where a feature of which more is worse reads as 0 or less; False where it is not measured."""
    reads_above_zero = np.array([LEAST_READ[entries[name].unit] for name in features])
    more_is_worse = np.array([entries[name].worse == "higher" for name in features], dtype=bool)
    with np.errstate(invalid="ignore"):
        harmless: np.ndarray = more_is_worse & (values < reads_above_zero)
    return harmless
