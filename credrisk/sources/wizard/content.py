"""What stands in a column: dates, numbers or text, how they are written, and which values say that there is nothing."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.parse_amounts import accounting_zeros, number_evidence, read_numbers
from credrisk.ledger.parse_dates import NO_DAY, date_evidence, read_dates
from credrisk.ledger.parse_values import as_text
from credrisk.ledger.style import Evidence
from credrisk.sources.wizard.words import marks

__all__ = ["Content", "contents_of", "no_amounts"]

MOSTLY = 0.9
"""A column is of a kind when this share of its filled cells is: totals and remarks stand in the same columns."""
_MANY = 50
"""So many payments of one invoice are none: what stands there is an account, a department or a tax code."""
_ALIKE = 3
"""Beyond so many rows a column of one value is a year or a period, which is the number of some document too."""
NO_EVIDENCE = Evidence()
_ZEROS = ("-", "\u2013", "\u2014")
"""How zero is written in columns of amounts: most cells of one may hold nothing else."""


@dataclass(frozen=True)
class Content:
    """One column of an export as found.

    Attributes
    ----------
    texts
        Its cells as text, null where there is nothing.
    typed
        Whether the file itself says dates or numbers (workbook, Parquet), so that nothing can be read in two ways.
    number
        Its cells as numbers, as far as they read (the decimal mark by the column's own evidence).
    date_order, decimal
        How many cells prove day first and month first; decimal point and comma; and how many prove neither.
    said
        The currencies that stand beside the numbers.
    nothings
        Values such as ``-`` that stand for an empty cell.
    no_days
        Cells with a day that stands for no date, such as 1900-01-01, and one of them; they are empty in ``texts``.
    part
        The separator where a number and a name stand in each cell; ``texts`` are the numbers alone then.
    above
        What stands over its name where the header has two lines.
    """

    name: str
    kind: Literal["empty", "date", "number", "text"]
    texts: pl.Series
    typed: bool = False
    number: pl.Series | None = None
    date_order: Evidence = NO_EVIDENCE
    decimal: Evidence = NO_EVIDENCE
    said: tuple[str, ...] = ()
    nothings: tuple[str, ...] = ()
    no_days: tuple[int, str] = (0, "")
    part: str = ""
    above: str = ""

    @property
    def headings(self) -> tuple[str, ...]:
        """What people read over the column: its name, and that under what stands above it."""
        if not self.above:
            return (self.name,)
        bare = re.sub(r"_duplicated_\d+$|(?<=\D)_\d+$", "", self.name)  # as readers tell equal names apart
        return tuple(dict.fromkeys((bare, f"{self.above} {bare}")))

    @property
    def filled(self) -> int:
        """Cells with a value."""
        return self.texts.len() - self.texts.null_count()

    @property
    def distinct(self) -> int:
        """Different values."""
        return self.texts.drop_nulls().n_unique()

    @property
    def examples(self) -> str:
        """Its most frequent values, in words."""
        return ", ".join(value for value, _ in self.counts[:3])

    @property
    def whole(self) -> bool:
        """Whether its numbers have no decimals."""
        return self.number is not None and bool(((self.number % 1) == 0).all())

    @property
    def has_decimals(self) -> bool:
        """Whether its numbers have decimals, if only ``.00``."""
        if self.number is None:
            return False
        return not self.whole or bool(self.texts.drop_nulls().str.contains(r"[.,]\d\d$").all())

    @property
    def tells_apart(self) -> bool:
        """Whether it has many values: a bank account that is the number of some document too has few."""
        one_alone = self.distinct == 1 and self.filled > _ALIKE
        return 0 < self.filled < _MANY * max(1, self.distinct) and not one_alone

    @property
    def is_currency(self) -> bool:
        """Whether its values are currency codes."""
        values = self.texts.drop_nulls().str.to_uppercase().unique()
        return bool(values.len()) and bool(values.is_in(list(EXPONENTS)).all())

    def of_rows(self, rows: pl.Series) -> Content:
        """Return the column with the cells of some rows alone."""
        return Content(self.name, self.kind, self.texts.filter(rows))

    def mostly_negative(self, rows: pl.Series) -> bool:
        """Tell whether more of the amounts in some rows are below zero than above."""
        if self.number is None:
            return False
        numbers = self.number.filter(rows).drop_nulls()
        return int((numbers < 0).sum()) > int((numbers > 0).sum())

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Its values with their numbers of rows, the most frequent first."""
        counted = Counter(self.texts.drop_nulls().to_list())
        return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))


def contents_of(frame: pl.DataFrame, passed_over: pl.Series, above: Mapping[str, str]) -> dict[str, Content]:
    """Return what stands in each column of a table, as if nothing stood in the rows that are ``passed_over``."""
    made = {}
    for name in frame.columns:
        texts, no_days = _without_days_of_nothing(frame[name])
        made[name] = dataclasses.replace(
            _content(frame[name], texts, passed_over), above=above.get(name, ""), no_days=no_days
        )
    return made


def no_amounts(content: Content) -> pl.Series:
    """Tell the filled cells of a column that read as an amount neither with a decimal point nor with a comma."""
    zeroed = content.texts.to_frame("text").select(accounting_zeros(pl.col("text"))).to_series()
    fault = read_numbers(zeroed, decimal_comma=False)["fault"]
    return content.texts.is_not_null() & (fault == "unreadable_amount").fill_null(False)


def _without_days_of_nothing(raw: pl.Series) -> tuple[pl.Series, tuple[int, str]]:
    """Return a column as text, null where a day stands for no date; how many such cells there are, and one."""
    if raw.dtype.is_nested() or raw.dtype in (pl.Binary, pl.Object):
        return pl.Series(raw.name, [None] * raw.len(), dtype=pl.String), (0, "")
    texts = as_text(raw).str.replace_all("\u00a0", " ", literal=True).str.strip_chars()
    if raw.dtype.is_numeric() or raw.dtype == pl.Boolean:
        return texts, (0, "")
    days = texts.str.contains(NO_DAY).fill_null(False)
    return texts.set(days, None), (int(days.sum()), next(iter(texts.filter(days)), ""))


def _content(raw: pl.Series, texts: pl.Series, passed_over: pl.Series) -> Content:
    if raw.dtype.is_nested() or raw.dtype in (pl.Binary, pl.Object):
        return Content(raw.name, "empty", texts, typed=True)
    lower = texts.str.to_lowercase()
    nothing = (texts == "") | lower.is_in(list(marks("nothing")))
    found = texts.filter((nothing & (texts != "")).fill_null(False)).unique().sort().to_list()
    dashes = int(texts.is_in(_ZEROS).sum())
    texts = texts.set(nothing.fill_null(False) | passed_over, None)
    typed = raw.dtype != pl.String
    if raw.dtype in (pl.Date, pl.Datetime) or isinstance(raw.dtype, pl.Datetime):
        return Content(raw.name, "date", texts.str.head(10), typed=True)
    filled = texts.drop_nulls()
    if filled.is_empty():
        return Content(raw.name, "empty", texts, typed=typed, nothings=tuple(found))
    if raw.dtype.is_numeric():
        return Content(raw.name, "number", texts, typed=True, number=raw.cast(pl.Float64))
    days = read_dates(filled, month_first=False, workbook=False)
    real = days["value"].is_not_null() | (days["fault"] == "other_date_order").fill_null(False)
    if real.any() and (real | days["fault"].is_null()).sum() >= MOSTLY * filled.len():
        return Content(raw.name, "date", texts, date_order=date_evidence(filled), nothings=tuple(found))
    proof = number_evidence(filled)
    zeroed = texts.to_frame("text").select(accounting_zeros(pl.col("text"))).to_series()
    read = read_numbers(zeroed, decimal_comma=proof.answer == 1)
    amounts = read.select(pl.when(pl.col("fault").is_null()).then("number").cast(pl.Float64, strict=False)).to_series()
    readable = (read["fault"].is_null() & texts.is_not_null()) | read["fault"].is_in(
        ["other_decimal_mark", "too_many_decimals", "too_large"]
    )
    if readable.sum() + dashes >= MOSTLY * (filled.len() + dashes) and 2 * readable.sum() > filled.len():
        said = tuple(sorted(set(read["said"].drop_nulls().to_list())))
        return Content(
            raw.name, "number", texts, number=amounts, decimal=proof, said=said, nothings=tuple(found), typed=False
        )
    return Content(raw.name, "text", texts, nothings=tuple(found))
