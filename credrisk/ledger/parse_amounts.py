"""Amounts and other numbers as exports write them, read exactly: text to thousandths, thousandths to minor units."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.money import EXPONENTS, LARGEST_EXACT
from credrisk.ledger.style import Evidence, Question

__all__ = [
    "DECIMAL_MARK",
    "accounting_zeros",
    "number_evidence",
    "number_proof",
    "read_float_amounts",
    "read_numbers",
    "to_minor",
]

DECIMAL_MARK = Question("decimal_mark", ("point", "comma"), ("decimal point", "decimal comma"), "numbers such as 1,234")

MINOR_UNIT_TOLERANCE = 1e-6
"""A float amount is taken for the minor unit next to it when it is no further away than this share of that unit."""
_THOUSANDTHS = 1000
_COARSE = 1e7
"""From here on the last bits of a float64 come near :data:`MINOR_UNIT_TOLERANCE` of a cent."""

_TWO_DECIMALS = r"^-?\d+([.,])\d\d?$"
"""The way most amounts are written, which is read without further ado."""
_PLAIN = r"^-?\d+(?:[.,]\d+)?$"
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "$": "", "¥": ""}
"""Currency signs that are read over; those of one currency only must agree with the row's currency."""
_MINUS = r"[−–‒﹣-]"
_BLANK = r"[\s\u00a0\u2007\u2009\u202f]"
_CURRENCY = r"(?:[€£₹$¥]|[A-Z]{3})"
_ZERO = rf"^(?:{_CURRENCY}\s*)?{_MINUS}(?:\s*{_CURRENCY})?$"
_DECIMALS_KEPT = 3


def number_evidence(texts: pl.Series) -> Evidence:
    """Count the rows that prove a decimal point, a decimal comma, and those (like ``1,234``) that could be both.

    Proof is: both marks (the last is the decimal), a mark used twice (it groups thousands), a number of digits other
    than three behind the mark, a leading zero, or more than three digits, before it.
    """
    plain = texts.str.extract(_TWO_DECIMALS)
    rest = texts.filter(plain.is_null() & texts.is_not_null())
    parts = _bodies(_counted(rest)).with_columns(_mark_of(pl.col("body")).alias("mark"))
    counts = parts.select(
        pl.col("rows").filter(pl.col("mark") == mark).sum().alias(mark) for mark in ("point", "comma", "either")
    )
    return Evidence(int((plain == ".").sum()), int((plain == ",").sum())) + Evidence(*map(int, counts.row(0)))


def accounting_zeros(text: pl.Expr) -> pl.Expr:
    """Return amounts with ``0`` where a dash stands, alone or beside a currency: so Excel's accounting format writes 0.

    Only for columns of amounts; :func:`read_numbers` does not take a dash for a number.
    """
    return pl.when(text.str.strip_chars().str.contains(_ZERO)).then(pl.lit("0")).otherwise(text)


def number_proof(texts: pl.Series) -> pl.Series:
    """Tell of each text whether it proves a decimal point or a decimal comma."""
    marked = _bodies(_counted(texts)).select("text", proof=_mark_of(pl.col("body")).is_in(["point", "comma"]))
    found = texts.to_frame("text").join(marked, on="text", how="left", maintain_order="left")
    return found["proof"].fill_null(False)


def read_numbers(texts: pl.Series, *, decimal_comma: bool, percent: bool = False) -> pl.DataFrame:
    """Read a column of texts as exact decimal numbers.

    Known ways: ``1,234.56``, ``1.234,56``, ``1 234,56``, ``1'234.56``; a minus before or behind, also the Unicode
    minus; parentheses for negative amounts; a currency sign or code before or behind; non-breaking blanks. The tail
    that float64 leaves (``1234.5600000000001``) is cut off.

    Returns
    -------
    polars.DataFrame
        One row for every row given: ``number`` (plain text such as ``-1234.56``), ``milli`` (Int64 thousandths, null
        where more than three decimals count or the number is too large), ``said`` (currency named in the cell) and
        ``fault`` (null, ``unreadable_amount``, ``other_decimal_mark``, ``too_many_decimals`` or ``too_large``).
    """
    mark = "," if decimal_comma else "."
    frame = texts.to_frame("text").with_row_index("place")
    usual = pl.col("text").str.contains(rf"^-?\d{{1,14}}(?:\{mark}\d{{1,3}})?$").fill_null(False)
    easy = frame.filter(usual).select("place", *_as_it_stands(mark))
    if easy.height == texts.len():
        return easy.drop("place")
    hard = frame.filter(~usual)
    read = hard.join(_read_distinct(hard["text"], decimal_comma, percent), on="text", how="left").drop("text")
    return pl.concat([easy, read.select(easy.columns)]).sort("place").drop("place")


def _as_it_stands(mark: str) -> list[pl.Expr]:
    """Read digits with at most three decimals behind the mark."""
    text = pl.col("text")
    decimals = pl.when(text.str.contains(mark, literal=True)).then(
        text.str.len_bytes() - text.str.find(mark, literal=True) - 1
    )
    digits = text.str.replace(mark, "", literal=True).cast(pl.Int64)
    return [
        text.str.replace(mark, ".", literal=True).alias("number"),
        (digits * pl.lit(10, pl.Int64).pow(_DECIMALS_KEPT - decimals.fill_null(0).cast(pl.Int64))).alias("milli"),
        pl.lit(None, pl.String).alias("said"),
        pl.lit(False).alias("hundredth"),
        pl.lit(None, pl.String).alias("fault"),
    ]


def _read_distinct(texts: pl.Series, decimal_comma: bool, percent: bool) -> pl.DataFrame:
    """Read every different text once, by all the known ways."""
    distinct = _bodies(_counted(texts).drop("rows"), percent=percent)
    mark, other = (",", ".") if decimal_comma else (".", ",")
    valid = pl.col("body").str.contains(_shape(mark, other))
    swapped = pl.col("body").str.contains(_shape(other, mark))
    whole = pl.col("body").str.replace(rf"\{mark}.*$", "").str.replace_all(r"\D", "").str.strip_chars_start("0")
    decimals = pl.col("body").str.extract(rf"\{mark}(\d*)$").fill_null("").str.strip_chars_end("0")
    zeros = decimals.str.extract(r"^(\d{0,3}?)0{6,}\d*$")
    nines = decimals.str.extract(r"^(\d{0,3}?)9{6,}\d*$")
    read = distinct.select(
        "text",
        "said",
        "negative",
        "hundredth",
        valid.alias("valid"),
        swapped.alias("swapped"),
        whole.alias("whole"),
        decimals.alias("all_decimals"),
        pl.coalesce(zeros, nines, decimals).alias("decimals"),
        (nines.is_not_null() & zeros.is_null()).alias("up"),
    )
    kept = pl.col("decimals").str.pad_end(_DECIMALS_KEPT, "0").str.slice(0, _DECIMALS_KEPT)
    carry = pl.lit(10, pl.Int64).pow(_DECIMALS_KEPT - pl.col("decimals").str.len_chars().clip(0, _DECIMALS_KEPT))
    digits = pl.concat_str("whole", kept).cast(pl.Int64, strict=False)
    sign = pl.when("negative").then(-1).otherwise(1)
    milli = sign * (digits + pl.when("up").then(carry).otherwise(0)).cast(pl.Int64)
    plain = pl.concat_str(
        pl.when("negative").then(pl.lit("-")).otherwise(pl.lit("")),
        pl.when(pl.col("whole") == "").then(pl.lit("0")).otherwise("whole"),
        pl.when(pl.col("all_decimals") == "").then(pl.lit("")).otherwise(pl.concat_str(pl.lit("."), "all_decimals")),
    )
    fine = pl.col("decimals").str.len_chars() > _DECIMALS_KEPT
    return read.select(
        "text",
        pl.when("valid").then(plain).alias("number"),
        pl.when(pl.col("valid") & ~fine).then(milli).alias("milli"),
        "said",
        "hundredth",
        pl.when(~pl.col("valid") & pl.col("swapped"))
        .then(pl.lit("other_decimal_mark"))
        .when(~pl.col("valid"))
        .then(pl.lit("unreadable_amount"))
        .when(digits.is_null())
        .then(pl.lit("too_large"))
        .when(fine)
        .then(pl.lit("too_many_decimals"))
        .alias("fault"),
    )


def read_float_amounts(values: pl.Series) -> pl.DataFrame:
    """Read a column of numbers as exact thousandths; the columns are those of :func:`read_numbers`.

    A float is rounded only if it lies within 1e-6 of a minor unit; any other is ``too_many_decimals``. Above ten
    million the bits of float64 are coarser than that, and the shortest decimal that it stands for is read instead.
    """
    number = values.cast(pl.Float64).fill_nan(None).to_frame("value").with_row_index("place")
    large = (pl.col("value").abs() >= _COARSE).fill_null(False)
    scaled = pl.col("value") * _THOUSANDTHS
    near = (scaled - scaled.round(0)).abs() <= MINOR_UNIT_TOLERANCE * 10
    small = number.filter(~large).select(
        "place",
        pl.col("value").cast(pl.String).alias("number"),
        pl.when(near).then(scaled.round(0)).cast(pl.Int64).alias("milli"),
        pl.lit(None, pl.String).alias("said"),
        pl.lit(False).alias("hundredth"),
        pl.when(~near).then(pl.lit("too_many_decimals")).alias("fault"),
    )
    coarse = number.filter(large)
    if coarse.is_empty():
        return small.drop("place")
    read = read_numbers(coarse["value"].cast(pl.String), decimal_comma=False).with_columns(coarse["place"])
    beyond = coarse["value"].is_finite() & (coarse["value"].abs() >= float(LARGEST_EXACT))
    read = read.with_columns(pl.when(pl.lit(beyond)).then(pl.lit("too_large")).otherwise("fault").alias("fault"))
    return pl.concat([small, read.select(small.columns)]).sort("place").drop("place")


def to_minor(milli: pl.Expr, currency: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the minor units of an amount in thousandths, and the fault where the currency has no such unit."""
    step = currency.replace_strict({code: 10 ** (3 - e) for code, e in EXPONENTS.items()}, default=None)
    step = step.cast(pl.Int64)
    minor = pl.when(milli % step == 0).then(milli // step)
    fault = (
        pl.when(milli.is_not_null() & step.is_not_null() & (milli % step != 0))
        .then(pl.lit("too_many_decimals"))
        .when(minor.abs() > LARGEST_EXACT)
        .then(pl.lit("too_large"))
    )
    return minor, fault


def _counted(texts: pl.Series) -> pl.DataFrame:
    return texts.drop_nulls().to_frame("text").group_by("text").agg(pl.len().alias("rows"))


def _bodies(distinct: pl.DataFrame, *, percent: bool = False) -> pl.DataFrame:
    """Strip sign, currency and blanks: ``body`` keeps digits, marks and ``_`` for any other grouping."""
    plain = pl.col("text").str.contains(_PLAIN)
    easy = distinct.filter(plain).with_columns(
        pl.col("text").str.strip_prefix("-").alias("body"),
        pl.col("text").str.starts_with("-").alias("negative"),
        pl.lit(None, pl.String).alias("said"),
        pl.lit(False).alias("hundredth"),
    )
    cell = pl.col("text").str.replace_all(_BLANK, " ").str.replace_all(_MINUS, "-").str.strip_chars()
    code = pl.coalesce(
        cell.str.extract(r"^\(?-? ?([A-Z]{3})(?: |-|\d|\()"), cell.str.extract(r"(?: |\d|-|\))([A-Z]{3})\)?-?$")
    )
    sign = pl.coalesce(
        pl.when(cell.str.contains(mark, literal=True)).then(pl.lit(named)) for mark, named in _SIGNS.items() if named
    )
    bare = cell.str.replace_all(r"[€£₹$¥]", "").str.replace(r"[A-Z]{3}", "").str.strip_chars()
    if percent:
        bare = bare.str.replace(r" ?%$", "")
    opened = bare.str.contains(r"^-?\(.*\)$")
    inside = bare.str.replace(r"^\((.*)\)$", "$1").str.strip_chars()
    before, behind = inside.str.starts_with("-"), inside.str.ends_with("-")
    body = inside.str.replace(r"^- ?", "").str.replace(r" ?-$", "").str.replace(r"^\+ ?", "")
    hard = distinct.filter(~plain).with_columns(
        body.str.replace_all("[ '’]", "_").alias("body"),
        (opened | before | behind).alias("negative"),
        pl.coalesce(code, sign).alias("said"),
        (cell.str.ends_with("%") if percent else pl.lit(False)).alias("hundredth"),
    )
    twice = hard.with_columns(
        pl.when((opened.cast(pl.Int8) + before.cast(pl.Int8) + behind.cast(pl.Int8)) > 1)
        .then(pl.lit("unreadable"))
        .otherwise("body")
        .alias("body")
    )
    return pl.concat([easy, twice])


def _mark_of(body: pl.Expr) -> pl.Expr:
    """Tell which decimal mark a number proves: point, comma, either, or null (no mark at all)."""
    points, commas = body.str.count_matches(".", literal=True), body.str.count_matches(",", literal=True)
    well_formed = body.str.contains(_shape(".", ",")) | body.str.contains(_shape(",", "."))
    open_single = body.str.contains(r"^[1-9]\d{0,2}[.,]\d{3}$")
    return (
        pl.when(~well_formed | (points + commas == 0))
        .then(None)
        .when((points > 0) & (commas > 0))
        .then(pl.when(body.str.contains(r",.*\.")).then(pl.lit("point")).otherwise(pl.lit("comma")))
        .when(points > 1)
        .then(pl.lit("comma"))
        .when(commas > 1)
        .then(pl.lit("point"))
        .when(open_single)
        .then(pl.lit("either"))
        .when(points == 1)
        .then(pl.lit("point"))
        .otherwise(pl.lit("comma"))
    )


def _shape(mark: str, other: str) -> str:
    """Return the pattern of a number with this decimal mark: digits, or groups of two or three ending in three."""
    grouped = "|".join(rf"\d{{1,3}}(?:{g}\d{{2,3}})*{g}\d{{3}}" for g in (rf"\{other}", "_"))
    return rf"^(?:(?:\d+|{grouped})(?:\{mark}\d*)?|\{mark}\d+)$"
