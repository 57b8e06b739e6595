"""Whether two addresses agree: postcode, city and street, each 1 (agrees), -1 (differs) or 0 (one is not said)."""

from __future__ import annotations

import re
from functools import lru_cache

from credrisk.sources.matching.normal_names import spellings

__all__ = ["same_city", "same_postcode", "same_street"]

_SHORTEST_PREFIX = 4
"""A postcode may be given without its extension (US 12345-6789); shorter beginnings are whole regions."""
_STREET_WORDS = re.compile(
    r"(?<=\w)(?:strasse|str)\b|\b(?:strasse|str|street|st|road|rd|avenue|ave|av|lane|ln|drive|dr|rue|via|calle|boulevard"
    r"|blvd|bd|suite|ste|floor|fl|unit)\b"
)
_NUMBER = re.compile(r"\d+")


def same_postcode(one: str | None, other: str | None) -> int:
    """Compare two postcodes of one country, blanks and hyphens left out."""
    mine, theirs = _plain_postcode(one), _plain_postcode(other)
    if not mine or not theirs:
        return 0
    shorter, longer = sorted((mine, theirs), key=len)
    return 1 if shorter == longer or (len(shorter) > _SHORTEST_PREFIX and longer.startswith(shorter)) else -1


def same_city(one: str | None, other: str | None) -> int:
    """Compare two cities: they agree when the words of one are all among the other's (Frankfurt, Frankfurt am Main)."""
    mine, theirs = _ways(one or ""), _ways(other or "")
    if not mine or not theirs:
        return 0
    return 1 if any(a <= b or b <= a for a in mine for b in theirs) else -1


def same_street(one: str | None, other: str | None) -> int:
    """Compare two streets with their house numbers: they agree when the numbers meet and a word is the same."""
    mine, theirs = _street(one or ""), _street(other or "")
    if not any(mine) or not any(theirs):
        return 0
    numbers = mine[0] & theirs[0] or not mine[0] or not theirs[0]
    return 1 if numbers and mine[1] & theirs[1] else -1


def _plain_postcode(text: str | None) -> str:
    return re.sub(r"[^0-9A-Z]", "", (text or "").upper())


@lru_cache(maxsize=200_000)
def _ways(text: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(way.words) for way in spellings(text) if way.words)


@lru_cache(maxsize=200_000)
def _street(text: str) -> tuple[frozenset[str], frozenset[str]]:
    plain = [" ".join(way.words) + f" {way.form}" for way in spellings(text)]
    names = frozenset(word for way in plain for word in _STREET_WORDS.sub(" ", way).split() if len(word) > 2)
    return frozenset(_NUMBER.findall(text)), frozenset(word for word in names if not _NUMBER.search(word))
