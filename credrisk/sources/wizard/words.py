"""What exports call things: headers and document types by language, compared without case, accents and marks."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files as package_files
from typing import Any

import polars as pl

from credrisk.ledger.money import EXPONENTS

__all__ = [
    "SURE_FROM",
    "UNSURE_FROM",
    "marks",
    "meaning_of_status",
    "meaning_of_type",
    "plain",
    "plain_texts",
    "resemblance",
    "role_scores",
    "says_brought_forward",
    "things",
]

SURE_FROM = 86.0
"""A header that is this alike (0 to 100) to a known word means the thing."""
UNSURE_FROM = 76.0
"""Below this it does not; between the two it is proposed, and said to be unsure."""
_WEAK = 90.0
_FUZZY = 0.97
_WITHIN = 80.0
_TELLING_ALONE = 7
"""Letters of a single word that tells something also beside others."""
_SHORTEST_FUZZY = 6
"""Shorter words differ by a letter and mean something else."""


_WRITTEN_OUT = {
    "ß": "ss",
    "ẞ": "ss",
    "№": "no",
    "º": "",
    "°": "",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
}
"""Letters that are no letter with a mark, so that taking off the marks leaves them."""
_LETTERS = str.maketrans(_WRITTEN_OUT)


def plain(text: str) -> str:
    """Return small letters and digits, a blank between words: ``InvoiceDate`` is ``invoice date``."""
    split = re.sub(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    bare = unicodedata.normalize("NFKD", split.translate(_LETTERS))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", kept.casefold()))


def plain_texts(texts: pl.Series) -> pl.Series:
    """Return what :func:`plain` makes of each text, for many of them."""
    return (
        texts.cast(pl.String)
        .str.replace_all("([a-z\u00df-\u00ff])([A-Z])", "${1} ${2}")
        .str.replace_all("([A-Z])([A-Z][a-z])", "${1} ${2}")
        .str.replace_many(_WRITTEN_OUT)
        .str.normalize("NFKD")
        .str.replace_all(_combining(), "")
        .str.to_lowercase()
        .str.replace_all("[^a-z0-9]+", " ")
        .str.strip_chars(" ")
    )


def role_scores(header: str) -> dict[str, float]:
    """Return how surely (0 to 100) a header means each thing that a ledger needs; things below half sure are left out.

    A currency or unit in brackets, or a currency code at the end, says nothing about what the column is.
    """
    bare = plain(_without_unit(header))
    if not bare:
        return {}
    scores = {role: _likeness(bare, strong, weak) for role, (strong, weak) in _roles().items()}
    return {role: score for role, score in scores.items() if score >= UNSURE_FROM}


def resemblance(header: str, thing: str) -> float:
    """Return how alike (0 to 100) a header and the nearest word of a thing are, however short or misspelt."""
    from rapidfuzz import fuzz

    joined = plain(_without_unit(header)).replace(" ", "")
    strong, weak = _roles()[thing]
    return max(fuzz.ratio(joined, word.replace(" ", "")) for word in strong | weak) if joined else 0.0


def things() -> tuple[str, ...]:
    """Return the things that a column may be: ``document_id``, ``due_date`` and so on."""
    return tuple(_roles())


def meaning_of_type(value: str) -> str | None:
    """Return what a document type means: a kind of document, payment (or reversal), write_off, discount, leave_out.

    A journal called after a bank (``Rabobank``) is that of its account: payments.
    """
    bare = plain(value)
    each = {_types().get(word) for word in bare.split()}
    alike = next(iter(each)) if len(each) == 1 else None  # each word says the same: Ausbuchung Forderungsausfall
    bank = bare in marks("bank_names") or (" " not in bare and bare.endswith("bank"))
    by_rule = "invoice" if says_brought_forward(value) else "payment" if bank else None
    return _types().get(bare) or alike or by_rule


def meaning_of_status(value: str) -> str | None:
    """Return what a status makes of a document: leave_out, write_off, keep, or ask where it has two meanings."""
    return _statuses().get(plain(value))


def says_brought_forward(value: str) -> bool:
    """Tell whether a text says that a balance is brought forward, alone or (longer words) among others."""
    bare = plain(value)
    if any(_types().get(word) == "payment" for word in bare.split()):
        return False  # the receipt that pays what was brought forward
    words = marks("brought_forward")
    return bare in words or any(f" {one} " in f" {bare} " for one in words if len(one) >= _TELLING_ALONE)


@cache
def marks(name: str) -> frozenset[str]:
    """Return the words of a list such as ``total``, ``yes``, ``nothing`` or ``payments_file``."""
    listed: list[str] = _said()["marks"][name]
    return frozenset(listed if name == "nothing" else (plain(one) or one for one in listed))


def _without_unit(header: str) -> str:
    bare = re.sub(r"\(.*?\)|\[.*?\]", " ", header)
    words = re.split(r"[\s_]+", bare.strip())
    if len(words) > 1 and words[-1].upper() in EXPONENTS and words[-1].isupper():
        words = words[:-1]
        if words and plain(words[-1]) == "in":
            words = words[:-1]
    return " ".join(words) or header


def _likeness(header: str, strong: frozenset[str], weak: frozenset[str]) -> float:
    from rapidfuzz import fuzz

    if header in strong:
        return 100.0
    if header in weak:
        return _WEAK
    joined = header.replace(" ", "")
    if any(joined == one.replace(" ", "") for one in strong):
        return 98.0
    if len(joined) < _SHORTEST_FUZZY:
        return 0.0
    within = max((_within(one, header) for one in strong), default=0.0)
    best = max(
        max(fuzz.token_sort_ratio(header, one), fuzz.ratio(joined, one.replace(" ", "")))
        for one in strong
        if len(one) >= _SHORTEST_FUZZY
    )
    return max(within, _FUZZY * best)


def _within(word: str, header: str) -> float:
    """Tell whether a header is a known word with more words around it."""
    whole = " " in word or len(word) >= _TELLING_ALONE
    return _WITHIN if whole and f" {word} " in f" {header} " else 0.0


@cache
def _combining() -> str:
    """Return the pattern of accents and other marks that combine with the letter before."""
    marks_of_letters = filter(unicodedata.combining, map(chr, range(0x300, 0x1F000)))
    return f"[{''.join(marks_of_letters)}]+"


@cache
def _said() -> dict[str, Any]:
    text = (package_files("credrisk.sources.wizard") / "words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _roles() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    return {
        role: (
            _plain_set(word for language, words in lists.items() if language != "weak" for word in words),
            _plain_set(lists.get("weak", ())),
        )
        for role, lists in _said()["roles"].items()
    }


@cache
def _types() -> dict[str, str]:
    return {plain(word): kind for kind, words in _said()["types"].items() for word in words}


@cache
def _statuses() -> dict[str, str]:
    return {plain(word): meaning for meaning, words in _said()["statuses"].items() for word in words}


def _plain_set(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(plain, words))
