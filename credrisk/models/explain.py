"""Why a customer's rate is what it is: contributions of the features, and the largest ones in words.

A reason may name the figure of before beside that of now, where the panel holds an earlier date: "pays 41 days beyond
terms on average over 6 months, 12 a year ago".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.errors import DataError, ParameterError
from credrisk.features.catalogue import Feature, catalogue
from credrisk.frames import as_polars, check_output, given_out
from credrisk.wording import in_words

__all__ = [
    "NOTHING_RAISES",
    "Reading",
    "ago",
    "explained",
    "now_and_before",
    "read_model",
    "reasons",
    "sentence",
    "sentence_with_before",
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

ONLY_AGES = frozenset({"tenure_months"})
"""Features that move with the calendar alone: their value of before says nothing."""

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
        _values(frame, names),
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
        earlier = _values(past, reading.features)
        there = past["customer_id"].is_not_null().to_numpy() if "customer_id" in past.columns else None
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
    panel: Any, *, as_of: date | str | None = None, months: int = 12
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows of a date and, row by row, those of the same customers some months before.

    Parameters
    ----------
    panel
        ``customer_id``, ``as_of`` and features, several dates.
    as_of
        The date of now; None takes the last.
    months
        Months back. The panel's last date on or before that day counts, if it is at most 31 days earlier.

    Returns
    -------
    now, before
        Sorted by customer. In ``before`` a customer without a row then has nulls, ``customer_id`` too.

    Raises
    ------
    DataError
        When the panel does not hold one of the dates.
    """
    rows = as_polars(panel, "panel").with_columns(pl.col("as_of").cast(pl.Date))
    day = rows["as_of"].max() if as_of is None else to_date(as_of)
    now = rows.filter(pl.col("as_of") == day).sort("customer_id")
    if now.is_empty() or not isinstance(day, date):
        raise DataError(f"The panel holds no row of {day}.", table="panel", columns=["as_of"])
    wanted = months_after(day, -months)
    earlier = rows.filter(pl.col("as_of") <= wanted)["as_of"].max()
    if not isinstance(earlier, date) or wanted - earlier > CLOSE_ENOUGH:
        remedy = f"build the panel with a date {months} months before {day}."
        raise DataError(f"The panel holds no date near {wanted}.", table="panel", columns=["as_of"], remedy=remedy)
    then = rows.filter(pl.col("as_of") == earlier).with_columns(wanted=pl.col("customer_id"))
    joined = now.select(wanted="customer_id").join(then, on="wanted", how="left", maintain_order="left")
    return now, joined.drop("wanted")


def ago(months: int) -> str:
    """Write how long ago: ``a year ago``, ``a month ago``, ``6 months ago``."""
    return {1: "a month ago", 12: "a year ago"}.get(months, f"{months} months ago")


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


def in_sentences(
    features: Sequence[str],
    place: np.ndarray,
    values: np.ndarray,
    currency: str,
    before: np.ndarray | None = None,
    there: np.ndarray | None = None,
    when: str = "",
) -> list[str]:
    """Put many values into their sentences; each distinct one is worded once."""
    entries = entries_of(features)
    by_place = [entries[name] for name in features]
    worded: dict[tuple[Any, ...], str] = {}
    keys: list[tuple[Any, ...]]
    now = pl.Series(values, dtype=pl.Float64).fill_nan(None).to_list()
    if before is None or there is None:
        keys = list(zip(place.tolist(), now, strict=True))
    else:
        past = pl.Series(before, dtype=pl.Float64).fill_nan(None).to_list()
        keys = list(zip(place.tolist(), now, past, there.tolist(), strict=True))
    said = []
    for key in keys:
        text = worded.get(key)
        if text is None:
            entry, value = by_place[key[0]], np.nan if key[1] is None else key[1]
            if len(key) == 2 or not key[3]:
                text = sentence(entry, value, currency)
            else:
                text = sentence_with_before(entry, value, np.nan if key[2] is None else key[2], currency, when)
            worded[key] = text
        said.append(text)
    return said


def sentence(entry: Feature, value: float, currency: str) -> str:
    """Put one value into the catalogue's sentence; the magnitude alone where a sentence for below zero exists."""
    if value != value:
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


def sentence_with_before(entry: Feature, value: float, before: float, currency: str, when: str) -> str:
    """Put a value into its sentence and name the earlier one: its figure where one word changes, else its sentence."""
    now = sentence(entry, value, currency)
    if entry.name in ONLY_AGES:
        return now
    if before != before:
        return now if value != value else f"{now} (not measured {when})"
    then = sentence(entry, before, currency)
    if then == now:
        return f"{now}, the same {when}"
    told = in_words(abs(before), entry.unit, currency)
    zero = in_words(0.0, entry.unit, currency)
    alike = (value > 0) == (before > 0) and zero not in (told, in_words(abs(value), entry.unit, currency))
    if value == value and alike and (entry.says_below or before > 0):
        figure = told.removesuffix(" days").removesuffix(" day").removesuffix(" months").removesuffix(" month")
        return f"{now}, {figure} {when}"
    return f"{now} ({when}: {then})"


def entries_of(features: Sequence[str]) -> dict[str, Feature]:
    """Return the entries of features, plain ones for names that the catalogue does not have."""
    known = catalogue()
    return {name: known[name] if name in known else _plain_entry(name) for name in features}


def with_customers(found: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Put ``customer_id`` before reasons by ``row``, where the frame has it."""
    if "customer_id" not in frame.columns:
        return found
    ids = frame["customer_id"].gather(found["row"].to_list())
    return found.select(ids.alias("customer_id"), pl.all())


def _plain_entry(name: str) -> Feature:
    words = name.replace("_", " ")
    return Feature(name, "ratio", "", "not on record", "none", f"{words} is {{value}}", "", question=name)


def _values(frame: pl.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return features as floats, nulls as NaN; a feature that the frame lacks is not measured."""
    values = np.full((frame.height, len(names)), np.nan)
    for place, name in enumerate(names):
        if name in frame.columns:
            if not (frame.schema[name].is_numeric() or frame.schema[name] in (pl.Null, pl.Boolean)):
                raise DataError("Reasons in words need numbers.", columns=[name])
            values[:, place] = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values
