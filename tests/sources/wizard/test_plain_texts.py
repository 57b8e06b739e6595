"""Many texts are made plain as one is: no character makes a difference."""

from __future__ import annotations

import polars as pl
import pytest

from credrisk.sources.mapping_types_in_words import has_words
from credrisk.sources.wizard.words import plain, plain_texts

TEXTS = [
    "InvoiceDate HTTPServerError aBcDE",
    "Forderungsausfälle: STRASSE Straße STRAẞE",
    "№5, 3º e 4°",
    "Cre\u0301ance irre\u0301couvrable / CRÉANCE\u00a0IRRÉCOUVRABLE",
    "ﬁnal ｗｒｉｔｅ－ｏｆｆ ½",
    "  ",
    "",
]


def test_many_texts_are_as_one() -> None:
    assert plain_texts(pl.Series(TEXTS)).to_list() == [plain(one) for one in TEXTS]


def test_each_character_is_as_alone() -> None:
    texts = [f"aB{chr(one)}Cd" for one in range(1, 0x3000) if not 0xD800 <= one < 0xE000]
    assert plain_texts(pl.Series(texts)).to_list() == [plain(one) for one in texts]


@pytest.mark.parametrize("words", [["write-off", "bad debt"], ["Write Off"]])
def test_whole_words_without_case_accents_and_marks(words: list[str]) -> None:
    texts = pl.Series(["a WRITE-OFF now", "WriteOff", "wríte off", "writes off", "rewrite off", None, ""])
    assert has_words(texts, words).to_list() == [True, True, True, False, False, False, False]
    assert has_words(texts, ["-"]).to_list() == [False] * 7
    assert has_words(texts.clear(), words).to_list() == []
