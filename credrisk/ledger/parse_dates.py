"""Dates as exports write them, read by declared rules over the whole column."""

from __future__ import annotations

import polars as pl

from credrisk.ledger.month_names import MONTHS
from credrisk.ledger.parse_values import as_text
from credrisk.ledger.style import Evidence, Question

__all__ = ["DATE_ORDER", "NO_DATE", "NO_DAY", "date_evidence", "date_proof", "date_texts", "read_dates"]

DATE_ORDER = Question("date_order", ("day_first", "month_first"), ("day first", "month first"), "dates")

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside are taken for typing errors."""
CENTURY_PIVOT = 80
"""Two-digit years below are in this century: 79 is 2079, 80 is 1980."""
EXCEL_EPOCH = pl.date(1899, 12, 30)
LAST_SERIAL = 73_415
"""Excel's serial number of 2100-12-31."""

NO_DATE = ("0", "00000000", "00010101", "17530101", "18991230", "18991231", "19000101", "99991231", "29991231")
"""How exports write in digits alone that there is no date."""
_FIRST, _LAST = r"(?:0001|1753|1900)", r"(?:2999|4712|9999)"
_DAYS_OF_NOTHING = (
    *NO_DATE[1:],
    r"0000[-/.]00[-/.]00",
    r"00[-/.]00[-/.]0000",
    rf"{_FIRST}[-/.]0?1[-/.]0?1",
    r"1900[-/.]0?1[-/.]0?[02]",
    r"1899[-/.]12[-/.]3[01]",
    rf"{_LAST}[-/.]12[-/.]31",
    rf"0?1[-/.]0?1[-/.]{_FIRST}",
    r"0?1[-/.]0?[02][-/.]1900|0?[02][-/.]0?1[-/.]1900",
    rf"12[-/.]3[01][-/.]1899|3[01][-/.]12[-/.]1899|12[-/.]31[-/.]{_LAST}|31[-/.]12[-/.]{_LAST}",
    rf"0?1[-/. ]*(?:jan|ene|gen)\p{{L}}*[-/., ]*{_FIRST}|0?[02][-/. ]*(?:jan|ene|gen)\p{{L}}*[-/., ]*1900",
    rf"3[01][-/. ]*(?:d[ei][cz]|déc)\p{{L}}*[-/., ]*1899|31[-/. ]*(?:d[ei][cz]|déc)\p{{L}}*[-/., ]*{_LAST}",
)
NO_DAY = rf"^(?i:{'|'.join(_DAYS_OF_NOTHING)})(?:[T ,].*)?$"
"""The days that systems write for an empty date: the first day of .NET, SQL Server and Dynamics, the days 0, 1 and 2 of
spreadsheets, and the end of time. Each has one reading whichever of day and month is first, but for 2 January 1900."""
_SERIALS_OF_NOTHING = 3
"""Up to this day number, 1900-01-02, a spreadsheet's date is a 0 that was taken for one."""
_TIME = r"(?:[T ,]+\d{1,2}:\d{2}.*)?"
_YEAR_FIRST = rf"^(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_TIME}$"
_COMPACT = r"^(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\.0+)?$"
_YEAR_LAST = rf"^(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){_TIME}$"
_NAMED = rf"^(?P<d>\d{{1,2}})[-/. ]*(?:de )?(?P<m>[\p{{L}}\p{{M}}]{{3,}})[-/., ]*(?:de )?(?P<y>\d{{4}}|\d{{2}}){_TIME}$"
_SERIAL = r"^(?P<n>\d{1,5})(?:\.\d+)?$"


def date_texts(raw: pl.Series) -> pl.Series:
    """Return a column as text to be read as dates; a number without decimals loses its ``.0``."""
    if isinstance(raw.dtype, pl.Datetime):
        return as_text(raw).str.head(10)
    if raw.dtype in (pl.Date, pl.String):
        return as_text(raw).str.strip_chars()
    return raw.cast(pl.String).str.strip_chars().str.replace(r"\.0+$", "")


def date_evidence(texts: pl.Series) -> Evidence:
    """Count the rows that prove day first (a first part above 12), month first, and those that could be both."""
    parts = _counted(texts).with_columns(pl.col("text").str.extract_groups(_YEAR_LAST).alias("part")).unnest("part")
    a, b = (pl.col(name).cast(pl.Int64, strict=False) for name in "ab")
    counts = parts.select(
        pl.col("rows").filter(a.is_between(13, 31) & b.is_between(1, 12)).sum().alias("first"),
        pl.col("rows").filter(b.is_between(13, 31) & a.is_between(1, 12)).sum().alias("second"),
        pl.col("rows").filter(a.is_between(1, 12) & b.is_between(1, 12) & (a != b)).sum().alias("undecided"),
    )
    return Evidence(*map(int, counts.row(0)))


def date_proof(text: pl.Expr) -> pl.Expr:
    """Tell of texts whether they prove day first or month first."""
    a, b = (text.str.extract(_YEAR_LAST, place).cast(pl.Int64, strict=False) for place in (1, 2))
    return (a.is_between(13, 31) & b.is_between(1, 12)) | (b.is_between(13, 31) & a.is_between(1, 12))


def read_dates(texts: pl.Series, *, month_first: bool, workbook: bool) -> pl.DataFrame:
    """Read a column of texts as dates.

    Known ways: ISO with ``-``, ``/`` or ``.``, with or without a time; ``20190307`` and ``20190307.0``; day, month and
    year with ``/``, ``.`` or ``-`` and two or four digits for the year; ``31-Jan-2024``, ``1. März 2024`` and
    ``01-mrt-24``, the months as in :data:`credrisk.ledger.month_names.MONTHS`; Excel's serial numbers where the source
    is a workbook.

    Returns
    -------
    polars.DataFrame
        ``value`` (date or null), ``fault`` (null, ``unreadable_date``, ``impossible_date`` or ``other_date_order``) and
        ``rule`` (the way it was written), one row for every row given.
    """
    distinct = _counted(texts).drop("rows")
    read = pl.concat(
        [
            distinct,
            _groups(distinct, _YEAR_FIRST, "iso", "ymd"),
            _groups(distinct, _COMPACT, "compact", "ymd"),
            _groups(distinct, _YEAR_LAST, "last", "yab"),
            _groups(distinct, _NAMED, "named", "ymd"),
            distinct.select(pl.col("text").str.extract(_SERIAL).cast(pl.Int64).alias("serial")),
        ],
        how="horizontal",
    )
    month, day = ("last_a", "last_b") if month_first else ("last_b", "last_a")
    named_month = pl.col("named_m").str.to_lowercase().replace_strict(MONTHS, default=None, return_dtype=pl.Int64)
    serial = pl.col("serial").is_between(1, LAST_SERIAL) if workbook else pl.lit(False)
    nothing = pl.col("text").is_in(NO_DATE) | pl.col("text").str.contains(NO_DAY)
    nothing |= (serial & (pl.col("serial") <= _SERIALS_OF_NOTHING)).fill_null(False)
    ways: list[tuple[str, pl.Expr, pl.Expr]] = [
        ("empty", nothing, pl.lit(None, pl.Date)),
        ("iso", pl.col("iso_y").is_not_null(), _date(pl.col("iso_y"), pl.col("iso_m"), pl.col("iso_d"))),
        ("compact", pl.col("compact_y").is_not_null(), _date(*(pl.col(f"compact_{part}") for part in "ymd"))),
        ("year_last", pl.col("last_y").is_not_null(), _date(_year(pl.col("last_y")), pl.col(month), pl.col(day))),
        (
            "month_name",
            named_month.is_not_null(),
            _date(_year(pl.col("named_y")), named_month.cast(pl.String), pl.col("named_d")),
        ),
        ("excel_serial", serial, EXCEL_EPOCH + pl.duration(days=pl.col("serial"))),
    ]
    value, rule = pl.lit(None, pl.Date), pl.lit(None, pl.String)
    for name, recognised, result in reversed(ways):
        value = pl.when(recognised).then(result).otherwise(value)
        rule = pl.when(recognised).then(pl.lit(name)).otherwise(rule)
    swapped = _date(_year(pl.col("last_y")), pl.col(day), pl.col(month))
    done = read.select("text", swapped.alias("swapped"), value.alias("value"), rule.alias("rule")).select(
        "text",
        pl.when(pl.col("value").dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then("value").alias("value"),
        "rule",
        pl.when(pl.col("rule").is_null())
        .then(pl.lit("unreadable_date"))
        .when(pl.col("rule") == "empty")
        .then(None)
        .when(pl.col("value").dt.year().is_between(FIRST_YEAR, LAST_YEAR))
        .then(None)
        .when((pl.col("rule") == "year_last") & pl.col("swapped").is_not_null() & pl.col("value").is_null())
        .then(pl.lit("other_date_order"))
        .otherwise(pl.lit("impossible_date"))
        .alias("fault"),
    )
    return (
        texts.to_frame("text").join(done, on="text", how="left", maintain_order="left").select("value", "fault", "rule")
    )


def _counted(texts: pl.Series) -> pl.DataFrame:
    """Return the distinct texts with their number of rows; the work is then done once for each."""
    return texts.drop_nulls().to_frame("text").group_by("text").agg(pl.len().alias("rows"))


def _groups(distinct: pl.DataFrame, pattern: str, prefix: str, parts: str) -> pl.DataFrame:
    found = distinct.select(pl.col("text").str.extract_groups(pattern).alias("found")).unnest("found")
    return found.select(pl.col(part).alias(f"{prefix}_{part}") for part in parts)


def _year(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Int64, strict=False)
    return (
        pl.when(text.str.len_chars() == 4)
        .then(text)
        .otherwise((number + pl.when(number < CENTURY_PIVOT).then(2000).otherwise(1900)).cast(pl.String))
    )


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Put a date together from its parts as text; one that the calendar does not have is null."""
    return pl.concat_str(year, month.str.zfill(2), day.str.zfill(2), separator="-").str.to_date(
        "%Y-%m-%d", strict=False
    )
