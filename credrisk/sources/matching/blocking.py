"""Which entities of a register are worth comparing with a customer: those that share what few others have.

Names meet by a word, two adjacent words written as one, or a pair of words, in the same country (or where the register
names none), and by the whole name across countries. What more than :data:`MOST_ENTITIES` names of a country share
brings nobody together. A word may have one wrong letter (two from nine letters on).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from credrisk.progress import Progress, silent

__all__ = ["MOST_CANDIDATES", "Names", "candidates"]

MOST_ENTITIES = 400
MOST_CANDIDATES = 24
_ROWS_AT_ONCE = 4_000_000
_MOST_WORDS = 7
"""Further words of a longer name are not looked up; they are compared."""
_SHORTEST_MISSPELT = 5
_LONG = 9
_LONGEST = 24
_MISSPELT_WEIGHT = 0.7
_PAIR_WEIGHT = 0.5
"""A pair counts less than its words: it is there for names of common words alone."""


@dataclass(frozen=True)
class Names:
    """Spellings of names: ``row``, ``owner`` (whose it is, a row number), ``text`` and ``country`` ("" if none)."""

    frame: pl.DataFrame

    @classmethod
    def of(cls, owners: list[int], words: list[tuple[str, ...]], countries: list[str]) -> Names:
        """Make the table of spellings; its row number is the spelling's."""
        texts = pl.Series("text", [" ".join(name) for name in words], dtype=pl.String)
        frame = pl.DataFrame(
            {"owner": pl.Series(owners, dtype=pl.UInt32), "country": pl.Series(countries, dtype=pl.String)}
        )
        return cls(frame.with_columns(texts).with_row_index("row"))


def candidates(customers: Names, register: Names, *, progress: Progress = silent) -> pl.DataFrame:
    """Return pairs of spellings worth comparing: ``row`` (of the customer's) and ``other`` (of the register's).

    At most :data:`MOST_CANDIDATES` a spelling, those that share most information; ties by the register's row. A
    customer without a country is looked for in all of them.
    """
    placed = pl.col("country") != ""
    parts = [(customers.frame.filter(placed), register.frame)]
    if (placeless := customers.frame.filter(~placed)).height:
        parts.append((placeless, register.frame.with_columns(country=pl.lit(""))))
    return pl.concat([_candidates(mine, theirs, progress) for mine, theirs in parts])


def _candidates(customers: pl.DataFrame, register: pl.DataFrame, progress: Progress) -> pl.DataFrame:
    progress("listing the register's words", 0, 0)
    index = _keys(register).select("key", pl.col("row").alias("other"))
    rare = index.group_by("key").agg(pl.len().alias("names")).filter(pl.col("names") <= MOST_ENTITIES)
    index = index.join(rare.select("key"), on="key", how="semi")
    bits = 1 + np.log2(max(register.height, 2)) - pl.col("names").log(2)
    asked = (
        _asked(customers, register)
        .join(rare, on="key", how="inner")
        .select("row", "key", (bits * pl.col("weight")).alias("bits"), "names")
        .sort("row", "key")
    )
    batches = (
        asked.group_by("row", maintain_order=True)
        .agg(pl.col("names").sum())
        .select("row", (pl.col("names").cum_sum() // _ROWS_AT_ONCE).alias("batch"))
        .partition_by("batch", maintain_order=True)
    )
    found = [pl.DataFrame(schema={"row": pl.UInt32, "other": pl.UInt32})]
    for number, part in enumerate(batches):
        progress("looking for candidates", number, len(batches))
        pairs = (
            asked.join(part.select("row"), on="row", how="semi")
            .join(index, on="key", how="inner")
            .group_by("row", "other")
            .agg(pl.col("bits").sum().round(3))
            .sort("row", "bits", "other", descending=[False, True, False])
        )
        found.append(pairs.group_by("row", maintain_order=True).head(MOST_CANDIDATES).select("row", "other"))
    progress("looking for candidates", len(batches), len(batches))
    return pl.concat(found)


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    split = pl.col("text").str.split(" ").list.unique(maintain_order=True).list.head(_MOST_WORDS)
    words = frame.select("row", "country", split.alias("word")).explode("word")
    return words.filter(pl.col("word") != "").with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt8).over("row").alias("place")
    )


def _key(country: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.concat_str(country, pl.lit("|"), text).hash(seed=7).alias("key")


def _keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``row, key, weight``: every key by which a spelling can be met, in its own country."""
    words = _words(frame)
    word, country = pl.col("word"), pl.col("country")
    follows = pl.col("row").shift(-1) == pl.col("row")
    pairs = words.join(words.select("row", "place", word.alias("second")), on="row", how="inner").filter(
        pl.col("place") < pl.col("place_right")
    )
    in_order = pl.concat_str(pl.min_horizontal("word", "second"), pl.lit(" "), pl.max_horizontal("word", "second"))
    parts = (
        (words, _key(country, word), 1.0),
        (words.with_columns(pl.concat_str(word, word.shift(-1))).filter(follows), _key(country, word), 1.0),
        (pairs, _key(country, in_order), _PAIR_WEIGHT),
        (frame.filter(pl.col("text") != ""), _key(pl.lit("*"), pl.col("text").str.replace_all(" ", "")), 1.0),
    )
    keys = [part.select("row", key, pl.lit(weight, pl.Float32).alias("weight")) for part, key, weight in parts]
    return pl.concat(keys).unique(("row", "key"))


def _asked(customers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Return the keys of the customers' spellings in their country and in none, misspelt words included."""
    everywhere = customers
    if (register["country"] == "").any():
        everywhere = pl.concat((customers, customers.with_columns(country=pl.lit("")))).unique()
    near = _misspelt(_words(customers)["word"].unique(), _words(register)["word"].unique())
    misspelt = (
        _words(everywhere)
        .join(near, on="word", how="inner")
        .select("row", _key(pl.col("country"), pl.col("near")), pl.lit(_MISSPELT_WEIGHT, pl.Float32).alias("weight"))
    )
    return pl.concat((_keys(everywhere), misspelt)).group_by("row", "key").agg(pl.col("weight").max())


def _misspelt(asked: pl.Series, known: pl.Series) -> pl.DataFrame:
    """Return ``word, near``: words of the register that differ from an asked one by a letter or two.

    Words that share what is left when one letter is taken out, checked by their distance (a swap of neighbours is one).
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import cpdist

    mine, theirs = _without_a_letter(asked), _without_a_letter(known)
    met = mine.join(theirs, on="left", how="inner").select("word", pl.col("word_right").alias("near")).unique()
    met = met.filter(pl.col("word") != pl.col("near"))
    if not met.height:
        return met
    distance = cpdist(met["word"].to_list(), met["near"].to_list(), scorer=OSA.distance, dtype=np.uint8)
    allowed = np.where(met["word"].str.len_chars().to_numpy() >= _LONG, 2, 1)
    return met.filter(pl.Series(distance <= allowed))


def _without_a_letter(words: pl.Series) -> pl.DataFrame:
    """Return ``word, left``: each word with each of its letters taken out, and whole."""
    long = pl.DataFrame({"word": words}).filter(pl.col("word").str.len_chars().is_between(_SHORTEST_MISSPELT, _LONGEST))
    word, length = pl.col("word"), pl.col("word").str.len_chars()
    parts = [long.select(word, word.hash(seed=7).alias("left"))]
    for place in range(_LONGEST):
        taken_out = pl.concat_str(word.str.slice(0, place), word.str.slice(place + 1)).hash(seed=7).alias("left")
        parts.append(long.filter(length > place).select(word, taken_out))
    return pl.concat(parts).unique()
