"""Texts from a ledger made harmless on paper: one line, no control or direction marks, not without end."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["LONGEST", "clean"]

LONGEST = 300
"""Characters of a text that a letter shows."""


def clean(text: str | None, *, longest: int = LONGEST) -> str:
    r"""Return ``text`` on one line, without marks that change what a reader sees.

    Line ends and control characters become spaces (no header of an e-mail can be added), marks of direction and of
    format fall away, half characters become the replacement character.

    Examples
    --------
    >>> clean("Alpha\r\nBcc: all@example.com")
    'Alpha Bcc: all@example.com'
    """
    if not text:
        return ""
    kept = []
    for character in unicodedata.normalize("NFC", text[: 4 * longest]):
        kind = unicodedata.category(character)
        if kind in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif kind == "Cs":
            kept.append("\ufffd")
        elif kind not in ("Cf", "Cn"):
            kept.append(character)
    line = re.sub(" {2,}", " ", "".join(kept)).strip()
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
