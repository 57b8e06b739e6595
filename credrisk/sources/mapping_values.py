"""Column rules of a mapping as Polars expressions: text in, text out, and nothing that cannot be read is blanked.

Values that a rule cannot read (a date in another format) are kept and marked, so that nothing behind the mapping can
read them another way: the ledger's intake quarantines the row, with the value the user knows.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.month_names import with_english_months
from credrisk.ledger.parse_amounts import accounting_zeros
from credrisk.ledger.parse_dates import NO_DATE, NO_DAY
from credrisk.ledger.parse_values import EMPTY_WORDS
from credrisk.sources.mapping_rules import ColumnRule, Condition, SourceFile
from credrisk.sources.terms_in_words import Terms, read_terms

__all__ = [
    "MISFIT",
    "as_text",
    "blank",
    "condition",
    "date_after",
    "formats_of",
    "origin",
    "plain_number",
    "read_date",
    "rule_value",
    "terms_of",
]

ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
TIME = ("%H", "%I", "%T", "%R")
ISO_TIME = r"^(\d{4}-\d{2}-\d{2})[T ]+\d{1,2}:\d{2}"
MISFIT = " [not as stated in the mapping]"
"""Put behind a value that does not fit what the mapping states; no date and no number ends like that."""
WHOLE = r"^-?\d+(\.0+)?$"
NUMBER = r"^[+-]?\d+(\.\d+)?$"
OLDEST_YEAR = 1900
"""``%Y`` reads the year 13 from ``4/6/13``; such a date is not believed."""


def as_text(column: str, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return a source column as text without blanks around it; empty values, and those of ``empty``, are null.

    Numbers that are whole read without a decimal point, dates and times as ISO dates.
    """
    value, dtype = pl.col(column), frame.schema[column]
    if _unreadable(dtype):
        raise DataError(f"{column} holds {dtype} values, not text, numbers or dates.", remedy="export it flat.")
    if dtype.is_float():
        whole = value.is_finite() & (value == value.round()) & (value.abs() < 2**53)
        value = (
            pl.when(whole)
            .then(value.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(value.fill_nan(None).cast(pl.String))
        )
    elif isinstance(dtype, pl.Datetime):
        value = value.dt.date().cast(pl.String)
    elif dtype != pl.String:
        value = value.cast(pl.String)
    value = value.str.replace_all("\u00a0", " ", literal=True).str.strip_chars()
    return pl.when(value.is_in(["", *file.empty])).then(None).otherwise(value)


def blank(frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return which rows hold no value at all."""
    return pl.all_horizontal(
        pl.col(column).is_null() if _unreadable(dtype) else as_text(column, frame, file).is_null()
        for column, dtype in frame.schema.items()
    )


def condition(test: Condition, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return whether the test holds in a row; an empty value equals nothing, and is less than nothing.

    To a test of ``empty``, a day that stands for no date (1900-01-01) is empty too.
    """
    value = as_text(test.column, frame, file)
    holds = pl.lit(True)
    if test.equals is not None:
        holds &= value.is_in(list(test.equals)).fill_null(False)
    if test.not_equals is not None:
        holds &= ~value.is_in(list(test.not_equals)).fill_null(False)
    if test.empty is not None:
        texts = [as_text(one, frame, file) for one in (test.column, *test.others)]
        filled = pl.any_horizontal(one.is_not_null() & ~one.str.contains(NO_DAY) for one in texts)
        holds &= ~filled if test.empty else filled
    if test.less_than is not None:
        than = _number(test.less_than, frame, file) if isinstance(test.less_than, str) else pl.lit(test.less_than)
        holds &= (_number(test.column, frame, file) < than).fill_null(False)
    return holds


def rule_value(rule: ColumnRule, kind: str, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return the expression of one target column, of the given kind of the contract."""
    if rule.constant is not None:
        return pl.lit(rule.constant, dtype=pl.String).alias(rule.target)
    if kind in {"money", "number", "integer"} and _kept_as_number(rule, frame):
        number = pl.col(rule.columns[0])
        return (-number if rule.turn_sign else number).alias(rule.target)
    value = origin(rule, frame, file)
    if rule.values is not None:
        value = _translated(value, rule)
    if kind == "money":
        value = accounting_zeros(value)
    if kind == "date":
        value = _dated(value, rule, frame, file)
    elif kind in {"money", "number", "integer"} and file.decimal and _written_as_text(rule, frame):
        value = plain_number(value, file)
    if rule.pad_zeros:
        value = pl.when(value.str.contains(r"^\d+$")).then(value.str.zfill(rule.pad_zeros)).otherwise(value)
    if rule.default is not None:
        value = value.fill_null(rule.default)
    if side := _other_side(rule):
        both = pl.all_horizontal(as_text(one, frame, file).is_not_null() for one in (rule.columns[0], side))
        value = pl.when(both).then(value + pl.lit(MISFIT)).otherwise(value)
    if rule.negative_where is not None:
        unsigned = _without_sign(value)
        negative = condition(rule.negative_where, frame, file)
        value = pl.when(negative).then(pl.lit("-") + unsigned).otherwise(value)
    if rule.turn_sign or rule.turn_where is not None:
        bare = _without_sign(value)
        minus = value.str.contains(r"^\D*[-−]|[-−]\D*$|\(.*\)")
        turned = pl.when(minus).then(bare).otherwise(pl.lit("-") + bare)
        where = pl.lit(True) if rule.turn_where is None else condition(rule.turn_where, frame, file)
        value = pl.when(where).then(turned).otherwise(value)
    return value.alias(rule.target)


def _without_sign(value: pl.Expr) -> pl.Expr:
    """Return amounts without plus, minus and brackets before the first digit and behind the last: ``EUR (12.50)``."""
    signs = r"[+−()\s-]*[+−()-][+−()\s-]*"
    before, behind = rf"^([^\d+−(-]*){signs}", rf"{signs}([^\d+−)-]*)$"
    return value.str.replace(before, "${1}").str.replace(behind, "${1}").str.strip_chars()


def _other_side(rule: ColumnRule) -> str:
    """Return the column whose filled cells decide the sign of an amount that is the first filled of two: the second.

    Where both are filled no sign is right: the row is one of two sides that were not told apart.
    """
    for test in (rule.negative_where, rule.turn_where):
        if test is not None and test.empty is False and test.column in rule.columns[1:]:
            return test.column
    return ""


def origin(rule: ColumnRule, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return what the rule's column or template holds, before it is translated, dated or defaulted."""
    if rule.template is not None:
        parts = [
            pl.lit(part) if literal else as_text(part, frame, file)
            for text, name, _, _ in string.Formatter().parse(rule.template)
            for part, literal in ((text, True), (name, False))
            if part
        ]
        value = pl.concat_str(parts)
    else:
        value = pl.coalesce(as_text(column, frame, file) for column in rule.columns)
    if separator := rule.part_before or rule.part_after:
        halves = value.str.splitn(separator, 2).struct
        value = halves.field("field_0" if rule.part_before else "field_1").str.strip_chars()
        value = pl.when(value != "").then(value)
    if rule.date_after:
        value = value.str.extract(date_after(rule.date_after))
    return value.str.replace(r"^(-?\d+)\.0+$", "${1}") if rule.whole_number else value


def date_after(words: Sequence[str]) -> str:
    """Return the pattern of the date in digits that stands behind one of the words, with no other digit between."""
    said = "|".join(re.escape(one) for one in sorted(words, key=lambda one: (-len(one), one)))
    return rf"(?i)(?:^|[^\pL\d])(?:{said})\D{{0,20}}?(\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}})"


def formats_of(rule: ColumnRule, file: SourceFile) -> tuple[str, ...]:
    """Return the date formats that apply to a rule: its own, else the file's; ISO where a date must be computed."""
    derived = rule.days is not None or rule.not_before is not None or rule.not_after is not None
    return rule.dates or file.dates or (ISO if derived else ())


def terms_of(rule: ColumnRule, frame: pl.DataFrame, file: SourceFile) -> dict[str, Terms]:
    """Return what each different value of a rule's column of days says, of those that say something.

    Days that are taken off cannot be counted from the end of a month.
    """
    if not isinstance(rule.days, str):
        return {}
    texts = frame.select(as_text(rule.days, frame, file).alias("terms")).to_series().drop_nulls().unique().to_list()
    stated = dict(rule.days_of)
    read = {
        text: stated.get(text) or (Terms(int(float(text))) if re.match(WHOLE, text) else read_terms(text))
        for text in texts
    }
    return {text: one for text, one in read.items() if one and (rule.days_sign > 0 or not one.month_end)}


def read_date(value: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Return text as dates: the first format that fits counts, ISO is always tried, null where none fits.

    A day that stands for no date, such as 1900-01-01, is null.
    """
    tried = []
    english = with_english_months(value)
    for form in (*formats, *(one for one in ISO if one not in formats)):
        if any(code in form for code in TIME):
            day = (english if "%b" in form else value).str.to_datetime(form, strict=False).dt.date()
        else:
            day = (english if "%b" in form else value).str.to_date(form, strict=False)
        tried.append(pl.when(day.dt.year() >= OLDEST_YEAR).then(day))
    day = pl.coalesce(*tried, value.str.extract(ISO_TIME).str.to_date("%Y-%m-%d", strict=False))
    return pl.when(~(value.str.contains(NO_DAY) | value.is_in(NO_DATE))).then(day)


def plain_number(value: pl.Expr, file: SourceFile) -> pl.Expr:
    """Return numbers written with the file's marks as plain text: ``1.234,50-`` and ``(1.234,50)`` are ``-1234.50``.

    A currency or a percent sign beside the number stays there for the ledger. A number with other marks than the
    file's is marked as a misfit, and so is other text; what the ledger reads as empty stays as it is.
    """
    compact = value.str.replace_all(r"[\s'’]", "")
    mark, group = rf"\{file.decimal}", rf"\{file.thousands}" if file.thousands else ""
    whole = rf"\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|\d+" if group else r"\d+"  # 1,18,000 in India
    fits = compact.str.contains(rf"^[^\d.,]*(?:(?:{whole})(?:{mark}\d*)?|{mark}\d+)[^\d.,]*$")
    bare = compact.str.replace_all(file.thousands, "", literal=True) if file.thousands else compact
    dotted = bare.str.replace(file.decimal, ".", literal=True).str.replace(r"(\.\d{3})(\D|$)", "${1}0${2}")
    signed = dotted.str.replace(r"^(.*\d)-$", "-${1}").str.replace(r"^\((.*)\)$", "-${1}")
    nothing = value.str.to_lowercase().is_in(EMPTY_WORDS)
    return pl.when(fits).then(signed).when(nothing).then(value).otherwise(value + pl.lit(MISFIT))


def _number(column: str, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    """Return a column as numbers; null where a cell is none by the file's marks."""
    if frame.schema[column].is_numeric():
        return pl.col(column).cast(pl.Float64)
    text = as_text(column, frame, file)
    plain = plain_number(text, file) if file.decimal else text
    number = plain.str.extract(r"^[^\d.\-]*(-?[\d.]+)[^\d.\-]*$")
    return pl.when(~plain.str.contains(MISFIT, literal=True)).then(number).cast(pl.Float64, strict=False)


def _unreadable(dtype: pl.DataType) -> bool:
    return dtype.is_nested() or dtype in (pl.Binary, pl.Object)


def _written_as_text(rule: ColumnRule, frame: pl.DataFrame) -> bool:
    return not rule.columns or any(frame.schema[column] == pl.String for column in rule.columns)


def _kept_as_number(rule: ColumnRule, frame: pl.DataFrame) -> bool:
    changed = (rule.values, rule.default, rule.negative_where, rule.turn_where)
    if len(rule.columns) != 1 or rule.part_before or rule.part_after or any(one is not None for one in changed):
        return False
    dtype = frame.schema[rule.columns[0]]
    return dtype.is_numeric()


def _translated(value: pl.Expr, rule: ColumnRule) -> pl.Expr:
    listed = {key: text or None for key, text in rule.values or ()}
    others = value if rule.keep_others else pl.lit(rule.otherwise, dtype=pl.String)
    translated = value.replace_strict(listed, default=None, return_dtype=pl.String)
    return pl.when(value.is_null()).then(None).when(value.is_in(list(listed))).then(translated).otherwise(others)


def _dated(value: pl.Expr, rule: ColumnRule, frame: pl.DataFrame, file: SourceFile) -> pl.Expr:
    formats = formats_of(rule, file)
    if not formats:
        return value
    base = day = read_date(value, formats)
    unreadable = pl.lit(None, dtype=pl.String)
    if isinstance(rule.days, int):
        day = base + pl.duration(days=rule.days)
    elif rule.days is not None:
        given = as_text(rule.days, frame, file)
        terms = terms_of(rule, frame, file)
        known = {text: one.days for text, one in terms.items()}
        said = given.replace_strict(known, default=None, return_dtype=pl.Int64)
        filled = pl.when(given.is_null()).then(pl.lit(rule.default_days, dtype=pl.Int64)).otherwise(said)
        ends = {
            way: given.is_in([text for text, one in terms.items() if one.month_end == way]) for way in ("from", "to")
        }
        start = pl.when(ends["from"].fill_null(False)).then(base.dt.month_end()).otherwise(base)
        day = start + pl.duration(days=rule.days_sign * filled)
        day = pl.when(ends["to"].fill_null(False)).then(day.dt.month_end()).otherwise(day)
        unread = given.is_not_null() & ~given.is_in(list(terms))
        unreadable = pl.when(unread).then(pl.format("{} and {} days", value, given))
    for bound, nearest in ((rule.not_before, pl.max_horizontal), (rule.not_after, pl.min_horizontal)):
        if bound is not None:
            limit = read_date(as_text(bound, frame, file), formats)
            day = pl.when(day.is_not_null()).then(nearest(day, limit))
    nothing = value.is_in(NO_DATE) | value.str.contains(NO_DAY) | value.str.to_lowercase().is_in(EMPTY_WORDS)
    kept = pl.when(nothing).then(value).otherwise(value + pl.lit(MISFIT))
    return pl.coalesce(day.cast(pl.String), unreadable, pl.when(base.is_null()).then(kept))
