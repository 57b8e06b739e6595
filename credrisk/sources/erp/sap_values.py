"""How SAP writes dates, amounts and numbers of accounts and documents, decided over a whole file.

SAP's user formats are few: a date with points is day first (or year first), one with slashes or hyphens month first (or
year first). A file that was saved again by a spreadsheet may have others, so the values are asked first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.findings import Finding
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.parse_amounts import number_evidence, read_numbers
from credrisk.ledger.parse_dates import date_evidence, read_dates
from credrisk.ledger.style import Evidence

__all__ = ["amounts_of", "bare_number", "currency_shift", "dates_of", "document_id"]

_MILLISECONDS = r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$"
_DAY = 86_400_000
_ENTRY_STAMP = r"^(\d{8})\d{6}(?:\.\d+)?$"
NO_CLEARING = ("", "0", "0.0", "#", "*", "-")


def bare_number(column: pl.Expr) -> pl.Expr:
    """Return an account or document number as SAP shows it: without leading zeros where it is of digits only.

    SAP stores such numbers with zeros to the full length, so two that differ only in these are the same.
    """
    text = column.str.strip_chars().str.replace(r"^(\d+)\.0+$", "${1}")
    bare = pl.when(text.str.contains(r"^\d+$")).then(text.str.strip_chars_start("0")).otherwise(text)
    return pl.when(~bare.is_in(list(NO_CLEARING))).then(bare)


def document_id(*parts: pl.Expr) -> pl.Expr:
    """Return the parts of an id joined by hyphens; null where the first is null, without those that are null."""
    return pl.when(parts[0].is_not_null()).then(pl.concat_str(*parts, separator="-", ignore_nulls=True))


def dates_of(
    frame: pl.DataFrame,
    columns: Sequence[str],
    *,
    file: str,
    workbook: bool,
    date_order: str,
    findings: list[Finding],
) -> pl.DataFrame:
    """Read columns as dates; their faults are in ``<column>_fault`` (null where there is none).

    The order of day and month is decided over all the columns of the file: by the setting, else by what the values
    prove, else as SAP writes it (points: day first; slashes or hyphens: month first), with a finding.

    Raises
    ------
    ParameterError
        When the setting is neither ``day_first`` nor ``month_first``, nor empty.
    """
    if date_order not in ("", "day_first", "month_first"):
        raise ParameterError("date_order", "day_first or month_first", date_order)
    texts = {name: _plain_dates(frame[name]) for name in columns}
    evidence = sum((date_evidence(text) for text in texts.values()), Evidence())
    month_first = date_order == "month_first"
    if not date_order and evidence.answer is not None:
        month_first = evidence.answer == 1
    elif not date_order and evidence.undecided:
        month_first = not any(text.str.contains(r"^\d{1,2}\.\d{1,2}\.").any() for text in texts.values())
        words = "month first (slashes or hyphens)" if month_first else "day first (points)"
        findings.append(
            Finding(
                "warning",
                "documents",
                "ambiguous_dates",
                f"no date of {file} says whether day or month comes first; they were read as SAP writes them: {words}.",
                evidence.undecided,
                remedy="if that is wrong, state date_order=day_first or date_order=month_first.",
            )
        )
    if not date_order and min(evidence.first, evidence.second):
        findings.append(
            Finding(
                "warning",
                "documents",
                "mixed_date_orders",
                f"dates of {file} prove both orders of day and month; the more frequent one was taken.",
                min(evidence.first, evidence.second),
                remedy="rows that contradict it were set aside; export the list again in one format.",
            )
        )
    read = {name: read_dates(text, month_first=month_first, workbook=workbook) for name, text in texts.items()}
    return frame.with_columns(
        column
        for name, one in read.items()
        for column in (one["value"].alias(name), one["fault"].alias(f"{name}_fault"))
    )


def amounts_of(frame: pl.DataFrame, columns: Sequence[str], *, file: str, decimal_mark: str) -> pl.DataFrame:
    """Read columns as thousandths; their faults are in ``<column>_fault``, and ``<column>_text`` is the plain number.

    Raises
    ------
    ParameterError
        When the setting is neither ``point`` nor ``comma``, nor empty.
    DataError
        When the amounts can be read with a decimal point and with a decimal comma.
    """
    if decimal_mark not in ("", "point", "comma"):
        raise ParameterError("decimal_mark", "point or comma", decimal_mark)
    texts = {name: frame[name].str.strip_chars() for name in columns}
    evidence = sum((number_evidence(text) for text in texts.values()), Evidence())
    comma = decimal_mark == "comma"
    if not decimal_mark:
        if evidence.answer is None and evidence.undecided:
            raise DataError(
                f"the amounts of {file} can be read with a decimal point and with a decimal comma.",
                columns=tuple(columns),
                rows=evidence.undecided,
                remedy="state decimal_mark=point or decimal_mark=comma.",
            )
        comma = evidence.answer == 1
    read = {name: read_numbers(text, decimal_comma=comma) for name, text in texts.items()}
    return frame.with_columns(
        column
        for name, one in read.items()
        for column in (
            one["milli"].alias(name),
            one["fault"].alias(f"{name}_fault"),
            one["number"].alias(f"{name}_text"),
        )
    )


def currency_shift(
    frame: pl.DataFrame, columns: Iterable[str], *, file: str, currency: str, findings: list[Finding]
) -> pl.DataFrame:
    """Undo SAP's way to store every currency with two decimals: 1,234 yen are stored as 12.34.

    Told by currency: where every amount of a currency with another number of decimals is written with two, it is the
    stored form. A display in SAP shows the currency's own decimals.
    """
    named = list(columns)
    for code in frame[currency].drop_nulls().unique().sort().to_list():
        digits = EXPONENTS.get(code, 2)
        texts = frame.filter(pl.col(currency) == code).select(f"{named[0]}_text").to_series().drop_nulls()
        if digits == 2 or texts.is_empty() or not texts.str.contains(r"\.\d\d$").all():
            continue
        own = pl.col(currency) == code
        moved = [
            pl.when(own)
            .then(pl.col(name) * 100 if digits == 0 else pl.col(name) // 10)
            .otherwise(pl.col(name))
            .alias(name)
            for name in named
        ]
        frame = frame.with_columns(moved)
        findings.append(
            Finding(
                "note",
                "documents",
                "stored_decimals",
                f"amounts in {code} of {file} are in SAP's stored form with two decimals; they were put right.",
                texts.len(),
            )
        )
    return frame


def _plain_dates(column: pl.Series) -> pl.Series:
    milliseconds = pl.col("text").str.extract(_MILLISECONDS).cast(pl.Int64, strict=False)
    text = pl.col("text").str.strip_chars()
    return (
        column.alias("text")
        .to_frame()
        .select(
            pl.when(milliseconds.is_not_null())
            .then((milliseconds // _DAY).cast(pl.Int32).cast(pl.Date).cast(pl.String))
            .when(text.is_in(["", "#", "*"]))
            .then(None)
            .otherwise(text.str.replace(_ENTRY_STAMP, "${1}"))
        )
        .to_series()
    )
