"""Types told by a text beside them: journal entries of which some are write-offs and some are returned cheques.

A bookkeeper writes off a bad debt and books a returned cheque by the same ``General Journal``; only the memo tells
them apart. The rule gives the rows with such words a type of their own, and everything that follows goes by types.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from credrisk.ledger.parse_values import as_text
from credrisk.sources.mapping_rules import TypeInWords
from credrisk.sources.wizard.words import plain, plain_texts

__all__ = ["has_words", "with_types_in_words"]


def has_words(texts: pl.Series, words: Iterable[str]) -> pl.Series:
    """Tell which texts hold one of the words, whole words compared without case, accents and marks; false for nulls."""
    sought = [f" {bare} " for bare in map(plain, words) if bare]
    if not sought:
        return pl.Series([False] * texts.len(), dtype=pl.Boolean)
    return pl.select(pl.format(" {} ", plain_texts(texts)).str.contains_any(sought).fill_null(value=False)).to_series()


def with_types_in_words(frame: pl.DataFrame, rule: TypeInWords) -> pl.DataFrame:
    """Return a frame in which the rows of a type whose text holds one of the words are of the rule's new type.

    An empty type is that of the rows that have none.
    """
    types, texts = (as_text(frame[name]) for name in (rule.column, rule.by))
    of_type = types.str.strip_chars().fill_null("") == rule.value
    said = has_words(pl.select(pl.when(of_type).then(texts)).to_series(), rule.words)
    return frame.with_columns(pl.when(said).then(pl.lit(rule.into)).otherwise(types).alias(rule.column))
