"""Ids, codes, texts and plain numbers as exports write them, read by declared rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.injection import ESCAPED
from credrisk.ledger.parse_amounts import read_numbers

__all__ = [
    "EMPTY_WORDS",
    "Read",
    "as_text",
    "filled_text",
    "read_codes",
    "read_figures",
    "read_flags",
    "read_ids",
    "read_texts",
]

_BLANKS = "\u00a0\u2007\u200b\u202f\u2060\ufeff \t\r\n\x0b\x0c"
EMPTY_WORDS = ("nan", "nat", "none", "null", "<na>", "#n/a", "n/a")
"""What programs write for a value that is not there (compared in small letters; not used for free text)."""
NO_DATE = "no date of the calendar"
_YES = ("yes", "y", "true", "t", "1", "1.0", "x", "ja", "oui", "si", "s\u00ed")
_NO = ("no", "n", "false", "f", "0", "0.0", "nein", "non")
_EPOCH = date(1970, 1, 1).toordinal()
_NAMEABLE_DAYS = (date.min.toordinal() - _EPOCH, date.max.toordinal() - _EPOCH)
_TICKS_A_DAY = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
_LONGEST_EMPTY = max(map(len, EMPTY_WORDS))
_FLOAT_ID = r"^\d+\.0+$"
_LARGEST_WHOLE_FLOAT = 2.0**53
_SCIENTIFIC = r"^-?\d+(?:\.\d+)?[eE][+-]?\d+$"
_UPPER = ("currency", "country")


@dataclass(frozen=True)
class Read:
    """A column read: values, the fault of each row (null where it is good), and the rules that were applied.

    ``rules`` maps the rule's code to the number of rows it changed.
    """

    values: pl.Series
    fault: pl.Series
    rules: dict[str, int]


def as_text(raw: pl.Series) -> pl.Series:
    """Return any column as text, as a person would write the values; nested values as Polars prints them."""
    if raw.dtype == pl.String:
        return raw
    if raw.dtype in (pl.Object, pl.Binary) or raw.dtype.is_nested():
        return pl.Series(raw.name, [None if v is None else str(v) for v in raw.to_list()], dtype=pl.String)
    if raw.dtype == pl.Boolean:
        return raw.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    if raw.dtype.is_float():
        text = raw.fill_nan(None).cast(pl.String)
        return text.str.replace(r"\.0+$", "")
    if raw.dtype == pl.Date:
        return _named_days(raw)
    if isinstance(raw.dtype, pl.Datetime):
        sound = (raw.to_physical() // _TICKS_A_DAY[raw.dtype.time_unit]).is_between(*_NAMEABLE_DAYS).fill_null(True)
        return raw.set(~sound, None).cast(pl.String).set(~sound, NO_DATE)
    return raw.cast(pl.String)


def _named_days(raw: pl.Series) -> pl.Series:
    """Return dates as ISO text; Polars cannot write those beyond the years 1 to 9999."""
    sound = raw.to_physical().is_between(*_NAMEABLE_DAYS).fill_null(True)
    return raw.set(~sound, None).cast(pl.String).set(~sound, NO_DATE)


def filled_text(raw: pl.Series) -> pl.Series:
    """Return trimmed text, null where the cell says that there is no value."""
    return _trimmed(as_text(raw), empties=True, escaped=True)[0]


def read_ids(raw: pl.Series, *, escaped: bool) -> Read:
    """Read ids: blanks at the ends dropped; whole numbers of a float column become the text of the integer.

    ``escaped`` tells (here and below) that the source is text, where formulas were given an apostrophe.

    A float column is one that pandas made of integers with gaps (``200706844.0``). In text it is recognised by every
    value ending in ``.0``. A float with decimals, or too large to be exact, is ``id_not_whole``.
    """
    if raw.dtype.is_float():
        number = raw.cast(pl.Float64).fill_nan(None)
        whole = (number == number.round(0)) & (number.abs() <= _LARGEST_WHOLE_FLOAT)
        fault = pl.select(
            pl.when(number.is_not_null() & ~whole.fill_null(True)).then(pl.lit("id_not_whole"))
        ).to_series()
        kept = number.to_frame("n").select(pl.when(whole.fill_null(False)).then("n").cast(pl.Int64)).to_series()
        return Read(kept.cast(pl.String), fault, {"float_ids": kept.drop_nulls().len()})
    text, rules = _trimmed(as_text(raw), empties=True, escaped=escaped)
    filled = text.drop_nulls()
    if filled.len() and filled.str.contains(_FLOAT_ID).all():
        text = text.str.replace(r"\.0+$", "")
        rules["float_ids"] = filled.len()
    return Read(text, _no_fault(text), rules)


def read_texts(raw: pl.Series, *, escaped: bool) -> Read:
    """Read free text: blanks at the ends dropped, nothing else changed."""
    text, rules = _trimmed(as_text(raw), empties=False, escaped=escaped)
    return Read(text, _no_fault(text), rules)


def read_codes(raw: pl.Series, *, name: str, choices: tuple[str, ...], escaped: bool) -> Read:
    """Read codes: small letters (currency and country capitals); blanks and hyphens inside become underscores.

    A value outside ``choices`` is ``unknown_code``.
    """
    text, rules = _trimmed(as_text(raw), empties=True, escaped=escaped)
    if "none" in choices:  # there the word says that there is nothing, as credrisk itself writes it
        rules.pop("empty_words", None)
    if name in _UPPER:
        return Read(text.str.to_uppercase(), _no_fault(text), rules)
    lower = text.str.to_lowercase()
    if not choices:
        return Read(lower, _no_fault(text), rules)
    joined = lower.str.replace_all(r"[\s\-]+", "_")
    wrong = joined.is_not_null() & ~joined.is_in(choices)
    return Read(joined, pl.select(pl.when(wrong).then(pl.lit("unknown_code"))).to_series(), rules)


def read_flags(raw: pl.Series) -> Read:
    """Read flags: yes and no, true and false, 1 and 0, x, and the same words in German, French and Spanish.

    Any other word is ``unknown_code``.
    """
    if raw.dtype == pl.Boolean:
        return Read(raw, _no_fault(raw), {})
    text, rules = _trimmed(as_text(raw), empties=True, escaped=True)
    word = text.str.to_lowercase()
    answers = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
    flag = word.replace_strict(answers, default=None, return_dtype=pl.Boolean)
    wrong = word.is_not_null() & flag.is_null()
    return Read(flag, pl.select(pl.when(wrong).then(pl.lit("unknown_code"))).to_series(), rules)


def read_figures(raw: pl.Series, *, decimal_comma: bool, whole: bool) -> Read:
    """Read figures that are no money (shares, rates, days): float64, or whole numbers.

    ``80 %`` is 0.8. The faults are those of amounts, called ``unreadable_number``, and ``not_whole``.
    """
    kind = pl.Int64 if whole else pl.Float64
    if raw.dtype.is_numeric():
        number = raw.cast(pl.Float64).fill_nan(None)
        fault = pl.select(pl.when(number.is_infinite()).then(pl.lit("unreadable_number"))).to_series()
        rules: dict[str, int] = {}
    else:
        text, rules = _trimmed(as_text(raw), empties=True, escaped=True)
        read = read_numbers(text, decimal_comma=decimal_comma, percent=True)
        scientific = text.str.contains(_SCIENTIFIC).fill_null(False)
        read = read.with_columns(text.alias("text"), scientific.alias("scientific"))
        done = read.select(
            pl.when("scientific")
            .then(pl.col("text").cast(pl.Float64, strict=False))
            .otherwise(pl.col("number").cast(pl.Float64, strict=False) / pl.when("hundredth").then(100).otherwise(1))
            .alias("value"),
            pl.when("scientific")
            .then(None)
            .when(pl.col("fault") == "other_decimal_mark")
            .then("fault")
            .when(pl.col("fault") == "unreadable_amount")
            .then(pl.lit("unreadable_number"))
            .alias("fault"),
        )
        number, fault = done["value"], done["fault"]
    if whole:
        uneven = (number.is_not_null() & fault.is_null() & (number != number.round(0))) | (number.abs() > 2.0**53)
        fault = pl.select(pl.when(uneven.fill_null(False)).then(pl.lit("not_whole")).otherwise(fault)).to_series()
        number = pl.select(pl.when(fault.is_null()).then(number)).to_series()
    return Read(number.cast(kind, strict=False), fault, rules)


def _trimmed(text: pl.Series, *, empties: bool, escaped: bool) -> tuple[pl.Series, dict[str, int]]:
    """Drop blanks at the ends, the apostrophe of an escaped formula, and what stands for no value."""
    bare = text.str.strip_chars(_BLANKS)
    stray = int((bare != text).fill_null(False).sum())
    bare = bare.to_frame("t").select(pl.when(pl.col("t") != "").then("t")).to_series()
    rules = {"stray_blanks": stray} if stray else {}
    if escaped and bare.str.starts_with("'").any():
        bare = (
            bare.to_frame("t")
            .select(pl.when(pl.col("t").str.contains(ESCAPED)).then(pl.col("t").str.slice(1)).otherwise("t"))
            .to_series()
        )
    if empties and _may_be_empty(bare):
        nothing = bare.str.to_lowercase().is_in(EMPTY_WORDS).fill_null(False)
        rules["empty_words"] = int(nothing.sum())
        bare = bare.to_frame("t").select(pl.when(~nothing).then("t")).to_series()
    return bare, rules


def _may_be_empty(texts: pl.Series) -> bool:
    """Look only at the few different short values; whole columns of small letters cost more than the answer."""
    short = texts.filter((texts.str.len_bytes() <= _LONGEST_EMPTY).fill_null(False)).unique()
    return bool(short.str.to_lowercase().is_in(EMPTY_WORDS).any())


def _no_fault(values: pl.Series) -> pl.Series:
    return pl.repeat(None, values.len(), dtype=pl.String, eager=True)
