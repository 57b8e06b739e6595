"""How two names compare, word by word: what they share, what only one has, and how telling either is.

Words are paired off: the same; two written as one; one letter wrong (two in a long word); one the beginning of the
other. Numbers and telling words (:mod:`~credrisk.sources.matching.telling_words`) pair off only with themselves. What
is left over belongs to one name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from credrisk.sources.matching.telling_words import COMMON, TELLING, is_number

__all__ = ["COMPARISON", "Bits", "Compared", "compare"]

Bits = Callable[[str], float]
"""How much a word tells: minus the logarithm to base 2 of its share of names."""

_SHORTEST_MISSPELT = 5
_LONG = 9
_SHORTEST_BEGINNING = 3
_MISSPELT_SHARE = 0.8
_BEGINNING_SHARE = 0.5
_LONG_BITS = 30.0
"""More shared information than that makes nothing surer (one name in a billion)."""


class Compared(NamedTuple):
    """What comparing two names gave: :data:`COMPARISON` says what each field measures."""

    overlap: float
    shared_bits: float
    misspelt: int
    other_word: int
    shortened: int
    joined: int
    moved: int
    only_one: float
    telling: int
    number: int
    exact: int


COMPARISON = {
    "overlap": "information of the shared words as a share of that of all words of both",
    "shared_bits": "information of the shared words, in bits, at most 30",
    "misspelt": "words paired off in spite of a wrong letter, the customer's unknown to the register",
    "other_word": "words paired off in spite of a wrong letter, both known to the register: Hansen and Hanson",
    "shortened": "words paired off with a beginning of theirs",
    "joined": "words paired off with two written as one",
    "moved": "1 where the shared words stand in another order",
    "only_one": "information of the words that only one name has, in bits",
    "telling": "telling words that only one name has",
    "number": "numbers that only one name has",
    "exact": "1 where the words are the same, in the same order",
}


def compare(mine: Sequence[str], theirs: Sequence[str], *, bits: Bits, known: Callable[[str], bool]) -> Compared:
    """Compare the words of a customer's name with those of an entity's.

    Parameters
    ----------
    mine, theirs
        Words as :func:`~credrisk.sources.matching.normal_names.normal_name` gives them.
    bits
        How much a word tells.
    known
        Whether the register has a word: a known word is no slip of the pen.
    """
    if mine == theirs:
        total = sum(map(bits, mine))
        return Compared(1.0, min(total, _LONG_BITS), 0, 0, 0, 0, 0, 0.0, 0, 0, 1)
    left, right = list(mine), list(theirs)
    shared, places = 0.0, []
    for word in mine:
        if word in right:
            left.remove(word)
            places.append(right.index(word))
            right[places[-1]] = ""
            shared += bits(word)
    moved = int(places != sorted(places))
    right = [word for word in right if word]
    joined = 0
    for ones, others in ((left, right), (right, left)):
        for word in [word for word in ones if len(word) >= _SHORTEST_MISSPELT]:
            pair = next((two for two in pairwise(others) if "".join(two) == word), None)
            if pair:
                ones.remove(word)
                for part in pair:
                    others.remove(part)
                joined += 1
                shared += bits(word)
    misspelt = other_word = shortened = 0
    total = shared
    for word in tuple(left):
        like = next((other for other in right if _misspells(word, other)), None)
        if like is not None:
            unknown = not known(word)
            misspelt += unknown
            other_word += not unknown
            shared += _MISSPELT_SHARE * bits(like)
        else:
            like = next((other for other in right if _begins(word, other)), None)
            if like is None:
                continue
            shortened += 1
            shared += _BEGINNING_SHARE * min(bits(word), bits(like))
        total += bits(like)
        left.remove(word)
        right.remove(like)
    alone = left + right
    lonely = sum(map(bits, alone), 0.0)
    return Compared(
        overlap=shared / (total + lonely / 2) if total + lonely > 0 else 0.0,
        shared_bits=min(shared, _LONG_BITS),
        misspelt=misspelt,
        other_word=other_word,
        shortened=shortened,
        joined=joined,
        moved=moved,
        only_one=lonely,
        telling=sum(word in TELLING for word in alone),
        number=sum(map(is_number, alone)),
        exact=0,
    )


def _misspells(word: str, other: str) -> bool:
    shorter = min(len(word), len(other))
    if shorter < _SHORTEST_MISSPELT or (word in COMMON and other in COMMON) or is_number(word) or is_number(other):
        return False
    allowed = 2 if shorter >= _LONG else 1
    return OSA.distance(word, other, score_cutoff=allowed) <= allowed


def _begins(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < _SHORTEST_BEGINNING or (shorter in TELLING and longer in TELLING) or is_number(shorter):
        return False
    return longer.startswith(shorter)
