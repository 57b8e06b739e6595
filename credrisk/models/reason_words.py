"""Values in the sentences of the catalogue: those of now, alone or beside those of before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from credrisk.features.catalogue import Feature, known_features
from credrisk.models.cold_start import NO_RECORD
from credrisk.wording import in_words

__all__ = ["ago", "entries_of", "in_sentences", "sentence", "sentence_with_before"]

ONLY_AGES = frozenset({"tenure_months"})
"""Features that move with the calendar alone: their value of before says nothing."""


def ago(months: int) -> str:
    """Write how long ago: ``a year ago``, ``a month ago``, ``6 months ago``."""
    return {1: "a month ago", 12: "a year ago"}.get(months, f"{months} months ago")


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
    known = known_features() | {NO_RECORD.name: NO_RECORD}
    return {name: known[name] if name in known else _plain_entry(name) for name in features}


def _plain_entry(name: str) -> Feature:
    words = name.replace("_", " ")
    return Feature(name, "ratio", "", "not on record", "none", f"{words} is {{value}}", "", question=name)
