"""Ids that a spreadsheet or a transfer has changed: they look whole, and meet nothing any more."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from credrisk.ledger.findings import Finding, few
from credrisk.ledger.integrity import MATCHED
from credrisk.ledger.working import Working

__all__ = ["note_mangled_ids"]

_AS_NUMBER = r"^\d(?:[.,]\d+)?E\+\d{2,3}$"
"""1.23E+11: how Excel shows a long number, and writes it to CSV; the digits behind are lost. 1E5 is left an id."""
_MONTHS = (
    "(?i:jan|feb|mar|mär|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|janv|févr|avr|juin|juil|août|déc|ene|abr|ago"
    r"|dic|gen|mag|giu|lug|set|ott)\.?"
)
_AS_DATE = rf"^(?:{_MONTHS}-\d{{2}}|\d{{1,2}}-{_MONTHS}(?:-\d{{2,4}})?|\d{{4}}-\d{{2}}-\d{{2}} 00:00:00)$"
"""Jan-24 was 1-24, 5-Mar was 3-5: what Excel makes of ids that could be dates."""
_INVISIBLE = r"[\x00-\x1f\x7f\u0080-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffd]"
"""Control characters, what has no width, and the mark of a letter that could not be decoded."""

_KINDS = (
    (
        "ids_as_numbers",
        _AS_NUMBER,
        "ids are numbers as Excel shows them (1.23E+11): the digits behind are lost, and different ids may look alike",
        "export again, with the column as text before a spreadsheet opens the file.",
    ),
    (
        "ids_as_dates",
        _AS_DATE,
        "ids look like dates that Excel made of them (Jan-24 was perhaps 1-24)",
        "export again, with the column as text before a spreadsheet opens the file.",
    ),
    (
        "invisible_characters",
        _INVISIBLE,
        "ids hold characters that cannot be seen (control characters, or letters lost in decoding); they differ from "
        "the same ids without them",
        "remove the characters in the source, or export in another encoding.",
    ),
)


def note_mangled_ids(tables: Iterable[Working], findings: list[Finding]) -> None:
    """Warn of ids that were changed on the way, in the keys of tables and in what refers to them.

    They are kept as they stand: which id it was, nothing in the file tells.
    """
    for working in tables:
        columns = dict.fromkeys((working.key, *(name for name, _ in MATCHED.get(working.name, working.table.refers))))
        for column in columns:
            ids = working.frame[column]
            if ids.dtype != pl.String or ids.null_count() == ids.len():
                continue
            for code, pattern, message, remedy in _KINDS:
                found = ids.str.contains(pattern).fill_null(False)
                if found.any():
                    rows, shown = int(found.sum()), few(ids.filter(found).str.replace_all(_INVISIBLE, "\u2423"))
                    findings.append(
                        Finding("warning", working.name, code, f"{column}: {message}.", rows, shown, remedy=remedy)
                    )
