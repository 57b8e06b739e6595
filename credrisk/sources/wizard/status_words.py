"""Whether a column says what became of its documents (paid, void, uncollectible) and not what they are.

Some columns say one thing alone: their header is a word for void or cancelled, and their cells are yes and no, a mark,
or a word. What yes, ``1`` or ``X`` mean there they mean nowhere else.
"""

from __future__ import annotations

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.words import SURE_FROM, marks, meaning_of_status, meaning_of_type, plain, role_scores

__all__ = ["called_status", "headed_void", "is_status", "known_status", "of_something_else", "says_void", "status_of"]

_MOST = 40
_FEW = 12
_KNOWN = 0.5
"""Of a column that may be of something else (State, Estado), so many rows must say a known status."""
_PLAIN_WORDS = ("status", "statut")
_MOST_MARKS = 3
"""A column of marks (``V``, ``X``, ``1``) has few different ones."""


def is_status(content: Content) -> bool:
    """Tell whether a column whose header may say status holds any: most are known, or it can be nothing else."""
    if content.kind != "text" or content.distinct > _MOST:
        return False
    if any(_says_type(value) for value, _ in content.counts):
        return False
    told = any(plain(one).endswith(_PLAIN_WORDS) for one in content.headings)
    return known_status(content) >= _KNOWN or (told and content.distinct <= _FEW)


def known_status(content: Content) -> float:
    """Return the share of the filled rows whose value is a known status, by the header of the column."""
    return sum(rows for value, rows in content.counts if status_of(content, value)) / max(content.filled, 1)


def called_status(content: Content) -> bool:
    """Tell whether a header has a word for status among others, and none for something beside the document."""
    return any(
        role_scores(one).get("status", 0.0) >= SURE_FROM
        or any(word in marks("status_header") or _ends(word) for word in plain(one).split())
        for one in content.headings
    ) and not of_something_else(content)


def of_something_else(content: Content) -> bool:
    """Tell whether a header speaks of a customer, a delivery or an order: their state is none of the document."""
    words = {word for one in content.headings for word in plain(one).split()}
    return any(word.startswith(tuple(marks("no_document"))) for word in words)


def says_void(content: Content) -> bool:
    """Tell whether a header is of void or cancelled documents, and the cells say yes or no to it."""
    if content.kind not in ("text", "number") or not headed_void(content):
        return False
    return content.distinct <= _MOST_MARKS or (content.distinct <= _MOST and known_status(content) >= _KNOWN)


def headed_void(content: Content) -> bool:
    """Tell whether a header is of void or cancelled documents: as a state, not as a number, a name or a reason."""
    words = {word for one in content.headings for word in plain(one).split()}
    return _headed(content, "void_header") and not of_something_else(content) and not words & marks("beside_void")


def status_of(content: Content, value: str) -> str:
    """Return what a status makes of a document; under a header of void documents also yes, no, and a mark."""
    known = meaning_of_status(value) or ""
    if not _headed(content, "void_header"):
        return known
    bare = plain(value) or value
    initials = {plain(one)[:1] for one in content.headings}
    if bare in marks("no") | marks("not_void") or bare.split()[:1] in (["not"], ["non"], ["nicht"], ["no"], ["nao"]):
        return "keep"
    if bare in marks("yes") or bare in initials or bare.startswith(tuple(marks("void_header"))):
        return "ask" if _headed(content, "void_or_paid") else "leave_out"
    return known


def _headed(content: Content, name: str) -> bool:
    stems = tuple(marks(name))
    return any(word.startswith(stems) for one in content.headings for word in plain(one).split())


def _ends(word: str) -> bool:
    return word.startswith(_PLAIN_WORDS) or word.endswith(_PLAIN_WORDS)


def _says_type(value: str) -> bool:
    return meaning_of_status(value) is None and meaning_of_type(value) not in (None, "leave_out", "write_off")
