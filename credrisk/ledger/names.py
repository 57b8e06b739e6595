"""One rule for the names of tables and columns, however an export writes them."""

from __future__ import annotations

import re

__all__ = ["plain_name"]

_NOT_WORD = re.compile(r"[\s\-.]+")


def plain_name(name: object) -> str:
    """Return a column or table name by the declared rule.

    Blanks at the ends are dropped, letters made small, and blanks, hyphens and points inside become one underscore.

    Examples
    --------
    >>> plain_name(" Document-ID ")
    'document_id'
    """
    return _NOT_WORD.sub("_", str(name).strip().lower()).strip("_")
