"""Whether a column says what became of its documents (paid, void, uncollectible) and not what they are."""

from __future__ import annotations

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.words import meaning_of_status, meaning_of_type, plain

__all__ = ["is_status", "known_status"]

_MOST = 40
_FEW = 12
_KNOWN = 0.5
"""Of a column that may be of something else (State, Estado), so many rows must say a known status."""
_PLAIN_WORDS = ("status", "statut")


def is_status(content: Content) -> bool:
    """Tell whether a column whose header may say status holds any: most are known, or it can be nothing else."""
    if content.kind != "text" or content.distinct > _MOST:
        return False
    if any(_says_type(value) for value, _ in content.counts):
        return False
    told = any(plain(one).endswith(_PLAIN_WORDS) for one in content.headings)
    return known_status(content) >= _KNOWN or (told and content.distinct <= _FEW)


def known_status(content: Content) -> float:
    """Return the share of the filled rows whose value is a known status."""
    return sum(rows for value, rows in content.counts if meaning_of_status(value)) / max(content.filled, 1)


def _says_type(value: str) -> bool:
    return meaning_of_status(value) is None and meaning_of_type(value) not in (None, "leave_out", "write_off")
