"""The day of a write-off that stands in a text beside it: ``w/o 20/01/2025 - in liquidation``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.mapping_last_day import LAST_DAY
from credrisk.sources.mapping_values import date_after
from credrisk.sources.wizard.understood import Understood

__all__ = ["DateInText", "write_off_date_in_text"]

_WORDS = (
    *("w/o", "w/off", "wo", "written off", "write off", "write-off", "writeoff", "written-off", "wrote off"),
    *("bad debt", "charged off", "ausgebucht", "ausgebucht am", "ausbuchung", "abgeschrieben", "uneinbringlich"),
    *("passé en perte", "passée en perte", "irrécouvrable", "incobrable", "castigado", "stralciato", "inesigibile"),
    *("afgeboekt", "oninbaar", "incobrável", "afskrevet", "avskriven"),
)
"""As texts have them: with their marks, for the mapping looks for the letters."""
_MONTHS = 12


@dataclass(frozen=True)
class DateInText:
    """The column of text, the rule of the date behind a word in it, and the rows that have one."""

    column: str
    rule: Any
    dated: pl.Series


def write_off_date_in_text(understood: Understood, rows: pl.Series) -> DateInText | None:
    """Return how a text tells the day on which documents were written off; None where none does in most rows,
    or one says a day that no calendar has.

    The order of day and month is that of the dates of the file, else what the texts prove; where nothing tells, none.

    Parameters
    ----------
    rows
        The documents that were written off.
    """
    for one in understood.of_kind("text"):
        texts = one.texts.filter(rows).drop_nulls()
        words = [word for word in _WORDS if texts.str.contains(date_after((word,))).any()]
        if not words:
            continue
        days = pl.select(pl.when(rows).then(one.texts).str.extract(date_after(words))).to_series()
        month_first = _month_first(understood, days)
        if month_first is None:
            continue
        read = read_dates(days, month_first=month_first, workbook=False)["value"]
        dated = read.is_not_null()
        if 2 * int(dated.sum()) < int(rows.sum()) or int(days.is_not_null().sum()) > int(dated.sum()):
            continue  # too few, or days that no calendar has
        rule = {
            "column": one.name,
            "date_after": words if len(words) > 1 else words[0],
            "dates": _formats(days.filter(dated), month_first=month_first),
            "default": LAST_DAY,
        }
        return DateInText(one.name, rule, dated)
    return None


def _month_first(understood: Understood, days: pl.Series) -> bool | None:
    """Tell whether the month stands first: by the formats of the file, else by a day above 12; None where unknown."""
    if days.drop_nulls().str.contains(r"^\d{4}").all():
        return False
    formats = {form[:2] for formats in understood.writing.dates.values() for form in formats} & {"%d", "%m"}
    if len(formats) == 1:
        return formats == {"%m"}
    parts = days.str.extract_groups(r"^(\d{1,2})[./-](\d{1,2})[./-]").struct.unnest().cast(pl.Int64, strict=False)
    first, second = (bool((part > _MONTHS).any()) for part in parts)
    return second if first != second else None


def _formats(days: pl.Series, *, month_first: bool) -> list[str]:
    """Return the formats of dates in digits, by the marks that they have; those of four digits before those of two."""
    marks = days.str.extract(r"^\d{1,2}([./-])").drop_nulls().unique().sort().to_list()
    order = ("%m", "%d") if month_first else ("%d", "%m")
    return [mark.join((*order, year)) for year in ("%Y", "%y") for mark in marks] or ["%Y-%m-%d"]
