"""From customers and a register to compared pairs: candidates found, each word by word, with form and address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import log2
from typing import get_type_hints

import numpy as np
import polars as pl

from credrisk.progress import Progress, silent
from credrisk.sources.matching.addresses import same_city, same_postcode, same_street
from credrisk.sources.matching.blocking import Names, candidates
from credrisk.sources.matching.comparing import Bits, Compared, compare
from credrisk.sources.matching.legal_forms import kin
from credrisk.sources.matching.normal_names import NormalName, spellings
from credrisk.sources.matching.telling_words import COMMON

__all__ = ["bits_of", "compared_pairs", "same_form"]

_IMAGINED_NAMES = 10_000
_COMMON_AMONG_THEM = 100
"""Added to the register's own counts: 10,000 names, of which 100 have a given common word and one any other. So a small
register does not make its words look rarer or more common than they are."""
_LEAST_ALIKE = 55.0
"""Of 100: pairs of names less alike in letters than this are not compared word by word."""
_MOST_COMPARED = 10
_COMPARED = {name: pl.Float64 if kind is float else pl.Int64 for name, kind in get_type_hints(Compared).items()}


def bits_of(counts: Counter[str], names: int) -> Bits:
    """Return how much a word tells among so many names, counted by the names that have it."""
    whole = names + _IMAGINED_NAMES

    def bits(word: str) -> float:
        among = _COMMON_AMONG_THEM if word in COMMON else 1
        return log2(whole / (counts.get(word, 0) + among))

    return bits


def compared_pairs(customers: pl.DataFrame, register: pl.DataFrame, *, progress: Progress = silent) -> pl.DataFrame:
    """Return the pairs of a customer's name and an entity's name that are alike, compared.

    Parameters
    ----------
    customers
        ``name, country, postcode, city, street``; the row number is what the result calls ``customer``.
    register
        The checked rows of one register; the row number is what the result calls ``entry``.

    Returns
    -------
    polars.DataFrame
        ``customer, entry``, the fields of :class:`~credrisk.sources.matching.comparing.Compared`, ``form``,
        ``country``, ``postcode``, ``city``, ``street`` (1 agrees, -1 differs, 0 unsaid), ``form_open`` (written on one
        side alone, or in another language), ``letters_alike`` and ``words_alike`` (0 to 1). One
        row per customer and entry: that of the likest spellings.
    """
    from rapidfuzz.distance import JaroWinkler
    from rapidfuzz.fuzz import token_sort_ratio
    from rapidfuzz.process import cpdist

    mine, my_names = _spelled(customers, progress, "reading the customers' names")
    theirs, their_names = _spelled(register, progress, "reading the register's names")
    found = candidates(mine, theirs, progress=progress)
    texts = found.join(mine.frame.select("row", "text"), on="row", how="left", maintain_order="left").join(
        theirs.frame.select(pl.col("row").alias("other"), pl.col("text").alias("their_text")),
        on="other",
        how="left",
        maintain_order="left",
    )
    progress("comparing names", 0, found.height)
    one, other = texts["text"].to_list(), texts["their_text"].to_list()
    alike = cpdist(one, other, scorer=token_sort_ratio, dtype=np.float32)
    letters = cpdist(one, other, scorer=JaroWinkler.normalized_similarity, dtype=np.float32)
    del one, other
    near = (
        texts.select("row", "other")
        .with_columns(
            words_alike=pl.Series(alike, dtype=pl.Float64) / 100, letters_alike=pl.Series(letters, dtype=pl.Float64)
        )
        .with_columns(likest=pl.max_horizontal("words_alike", "letters_alike"))
        .filter(pl.col("likest") >= _LEAST_ALIKE / 100)
        .sort("row", "likest", "other", descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .head(_MOST_COMPARED)
    )
    counts = Counter(word for name in their_names for word in set(name.words))
    pairs = _word_by_word(near, my_names, their_names, bits_of(counts, len(their_names)), counts, progress)
    owned = (
        pairs.join(mine.frame.select("row", pl.col("owner").alias("customer")), on="row", how="left")
        .join(theirs.frame.select(pl.col("row").alias("other"), pl.col("owner").alias("entry")), on="other", how="left")
        .sort(
            "customer",
            "entry",
            "overlap",
            "likest",
            "row",
            "other",
            descending=[False, False, True, True, False, False],
        )
        .unique(("customer", "entry"), keep="first", maintain_order=True)
        .drop("row", "other", "likest")
    )
    return _with_places(owned, customers, register)


def _spelled(frame: pl.DataFrame, progress: Progress, stage: str) -> tuple[Names, list[NormalName]]:
    owners: list[int] = []
    names: list[NormalName] = []
    progress(stage, 0, frame.height)
    stated = frame["legal_form"].to_list() if "legal_form" in frame.columns else [None] * frame.height
    for owner, (name, form) in enumerate(zip(frame["name"].to_list(), stated, strict=True)):
        ways = spellings(name or "", stated_form=form)
        names += ways
        owners += [owner] * len(ways)
    countries = frame["country"].fill_null("").gather(owners).to_list()
    progress(stage, frame.height, frame.height)
    return Names.of(owners, [name.words for name in names], countries), names


def _word_by_word(
    near: pl.DataFrame,
    mine: list[NormalName],
    theirs: list[NormalName],
    bits: Bits,
    counts: Counter[str],
    progress: Progress,
) -> pl.DataFrame:
    known: Callable[[str], bool] = counts.__contains__
    rows: list[Compared] = []
    forms: list[tuple[int, bool]] = []
    step = 50_000
    for number, (row, other) in enumerate(near.select("row", "other").iter_rows()):
        if number % step == 0:
            progress("comparing names", number, near.height)
        one, two = mine[row], theirs[other]
        rows.append(compare(one.words, two.words, bits=bits, known=known))
        same = same_form(one.form, two.form)
        forms.append((same, same == 0 and one.form != two.form))
    progress("comparing names", near.height, near.height)
    compared = pl.DataFrame(rows, schema=_COMPARED, orient="row")
    told = pl.DataFrame(forms, schema={"form": pl.Int8, "form_open": pl.Boolean}, orient="row")
    return pl.concat((near, compared, told), how="horizontal")


def same_form(one: str, other: str) -> int:
    """Return 1 where two legal forms agree, -1 where they differ, 0 where one is unsaid or they are kin."""
    if not one or not other or (one != other and kin(one, other)):
        return 0
    return 1 if one == other else -1


def _with_places(pairs: pl.DataFrame, customers: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    mine = pairs["customer"]
    theirs = pairs["entry"]
    columns = {}
    for part, same in (("postcode", same_postcode), ("city", same_city), ("street", same_street), ("country", _same)):
        ours, others = customers[part].gather(mine).to_list(), register[part].gather(theirs).to_list()
        columns[part] = pl.Series(part, [same(a, b) for a, b in zip(ours, others, strict=True)], dtype=pl.Int8)
    return pairs.with_columns(**columns)


def _same(one: str | None, other: str | None) -> int:
    return 0 if not one or not other else (1 if one == other else -1)
