"""A ledger goes out: a folder of CSV or Parquet, a workbook or a DuckDB file, which read back give the same ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import new_file, new_folder
from credrisk.errors import DataError, ParameterError
from credrisk.injection import FORMULA_STARTS, harmless
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.record import RECORDS, records_of
from credrisk.ledger.tables import TABLES

__all__ = ["decimal_text", "tables_out", "write_ledger", "write_quarantine"]

_TEXT_KINDS = ("id", "text", "code")
_EXACT = pl.Decimal(38, 3)
"""Major units with three decimals hold every currency's minor unit."""
_EXCEL_ROWS = 1_048_575
_EXCEL_CHARACTERS = 32_767
_EXCEL_DIGITS = 15
"""A spreadsheet keeps 15 digits; a column with a longer amount is written as text."""
_EXCEL_FIRST_DAY = date(1900, 3, 1)
"""Spreadsheets count a 29 February 1900 that never was; days before it are written as text."""


def write_ledger(
    ledger: Ledger, target: str | PathLike[str], *, overwrite: bool = False, with_record: bool = False
) -> None:
    """Write every table that the ledger has, and its settings; reading it back gives the same tables and settings.

    Parameters
    ----------
    target
        Its name says what is written: ``.xlsx`` a workbook, ``.duckdb`` a DuckDB file, ``.parquet`` a folder of Parquet
        files, anything else a folder of CSV.
    overwrite
        Allow an existing target to be replaced. It appears whole or not at all.
    with_record
        Write what the reading of the source set aside, noticed and tied out beside the tables: ``quarantine``,
        ``findings`` and ``intake``. Reading brings these findings forward.

    Notes
    -----
    Money is written in major units, exactly: decimal text in CSV, DECIMAL in Parquet and DuckDB, numbers in a workbook
    (as text where one has over 15 digits). A text that a spreadsheet would take for a formula (beginning with ``=``,
    ``+``, ``-``, ``@``, tab or carriage return; a plain number is none) is written to CSV with an apostrophe before it,
    which reading takes off again; in a workbook such cells are text with the quote prefix. The quarantine, the tie-out
    and the findings are about the source that was read and are written only when asked for.

    Raises
    ------
    ParameterError
        When the target exists and may not be overwritten.
    DataError
        When a table does not fit into a workbook.
    """
    path = Path(target)
    record = records_of(ledger) if with_record else {}
    writers: dict[str, Callable[[dict[str, pl.DataFrame], Path], None]] = {
        ".xlsx": _write_workbook,
        ".duckdb": _write_database,
    }
    suffix = path.suffix.lower()
    if suffix in writers:
        if path.is_dir():
            raise ParameterError("output", "the name of a file, not of a folder", str(path))
        with new_file(path, overwrite=overwrite) as draft:
            writers[suffix](tables_out(ledger, exact=suffix == ".duckdb") | record, draft)
        return
    if path.is_file():
        raise ParameterError("output", "the name of a folder, or end in .xlsx or .duckdb", str(path))
    exact = suffix == ".parquet"
    own = [f"{name}{'.parquet' if exact else '.csv'}" for name in ("settings", *TABLES, *RECORDS)]
    with new_folder(path, overwrite=overwrite, replaceable=own) as draft:
        (_write_parquet if exact else _write_folder)(tables_out(ledger, exact=exact) | record, draft)


def write_quarantine(ledger: Ledger, target: str | PathLike[str]) -> None:
    """Write the rows that were set aside, with reason and content, as one CSV."""
    texts = [name for name, dtype in ledger.quarantine.schema.items() if dtype == pl.String]
    with new_file(target) as draft:
        ledger.quarantine.with_columns(harmless(name) for name in texts).write_csv(draft)


def decimal_text(minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Write minor units as exact decimal text in major units: 123456 EUR is ``1234.56``."""
    digits = currency.replace_strict(EXPONENTS, default=2, return_dtype=pl.Int64)
    factor = pl.lit(10, pl.Int64).pow(digits)
    whole = (minor.abs() // factor).cast(pl.String)
    fraction = (minor.abs() % factor).cast(pl.String).str.zfill(digits)
    sign = pl.when(minor < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return (
        pl.when(minor.is_null())
        .then(None)
        .when(digits == 0)
        .then(pl.concat_str(sign, whole))
        .otherwise(pl.concat_str(sign, whole, pl.lit("."), fraction))
    )


def tables_out(ledger: Ledger, *, exact: bool) -> dict[str, pl.DataFrame]:
    """Return the tables and settings with money in major units: DECIMAL, or text that says the same."""
    tables = {"settings": _settings(ledger)}
    for name, declared in TABLES.items():
        if not ledger.has(name):
            continue
        frame = ledger.table(name)
        source = _source_currencies(ledger) if name == "applications" else None
        money = []
        for column in declared.money:
            of_source = source is not None and column == "from_amount"
            text = decimal_text(pl.col(column), pl.lit(source) if of_source else pl.col(declared.money_of))
            money.append((text.cast(_EXACT) if exact else text).alias(column))
        tables[name] = frame.with_columns(money)
    return tables


def _source_currencies(ledger: Ledger) -> pl.Series:
    """Return the currency of what each application comes from; that of its document where it comes from nothing."""
    known = pl.concat(
        ledger.table(name).select(pl.col(key).alias("from_id"), pl.lit(kind).alias("from_kind"), source="currency")
        for name, key, kind in (("receipts", "receipt_id", "receipt"), ("documents", "document_id", "document"))
    )
    applications = ledger.table("applications").select("from_id", "from_kind", "currency")
    joined = applications.join(known, on=["from_id", "from_kind"], how="left", maintain_order="left")
    return joined.select(pl.coalesce("source", "currency")).to_series()


def _settings(ledger: Ledger) -> pl.DataFrame:
    lines = {
        "currency": ledger.settings.currency,
        "covers_from": ledger.settings.covers_from.isoformat(),
        "covers_to": ledger.settings.covers_to.isoformat(),
        "extracted_on": ledger.settings.extracted_on.isoformat(),
        "decimal_mark": "point",
    }
    if ledger.settings.static:
        lines["static"] = ",".join(ledger.settings.static)
    return pl.DataFrame({"key": list(lines), "value": list(lines.values())})


def _escaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run as a formula."""
    texts = [column for column, dtype in frame.schema.items() if dtype == pl.String] if name in RECORDS else []
    if name in TABLES:
        texts = [c.name for c in TABLES[name].columns if c.kind in _TEXT_KINDS]
    return frame.with_columns(harmless(text) for text in texts)


def _write_folder(tables: dict[str, pl.DataFrame], draft: Path) -> None:
    for name, frame in tables.items():
        _escaped(name, frame).write_csv(draft / f"{name}.csv")


def _write_parquet(tables: dict[str, pl.DataFrame], draft: Path) -> None:
    for name, frame in tables.items():
        frame.write_parquet(draft / f"{name}.parquet")


def _write_database(tables: dict[str, pl.DataFrame], draft: Path) -> None:
    import duckdb

    with duckdb.connect(str(draft)) as connection:
        for name, frame in tables.items():
            connection.register("rows_out", frame.to_arrow())
            connection.execute(f'create table "{name}" as select * from rows_out')  # noqa: S608 - a declared name
            connection.unregister("rows_out")


def _write_workbook(tables: dict[str, pl.DataFrame], draft: Path) -> None:
    import xlsxwriter

    for name, frame in tables.items():
        _refuse_what_excel_cuts(name, frame)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(draft), options) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # the same ledger gives the same bytes
        styles = {
            "head": book.add_format({"bold": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "money": book.add_format({"num_format": "#,##0.00#"}),
            "text": book.add_format({"quote_prefix": True}),
        }
        for name, frame in tables.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(frame.columns):
                sheet.write_string(0, place, column, styles["head"])
                sheet.set_column(place, place, max(12, len(column) + 2))
                is_money = name in TABLES and column in TABLES[name].money
                values = frame[column].to_list()
                if is_money or frame[column].dtype.is_numeric():
                    _write_numbers(sheet, place, values, styles["money"] if is_money else None)
                    continue
                for row, value in enumerate(values, start=1):
                    _write_cell(sheet, row, place, value, styles)


def _write_numbers(sheet: Any, place: int, values: list[Any], style: Any) -> None:
    """Write a column of numbers; as text throughout if a spreadsheet would lose digits of one of them."""
    exact = all(value is None or _keeps_digits(value) for value in values)
    for row, value in enumerate(values, start=1):
        if value is not None:
            if exact:
                sheet.write_number(row, place, float(value), style)
            else:
                sheet.write_string(row, place, value if isinstance(value, str) else repr(value))


def _keeps_digits(value: str | float) -> bool:
    if isinstance(value, str):
        return len(value.lstrip("-").replace(".", "")) <= _EXCEL_DIGITS
    return float(f"{value:.16G}") == value  # the digits that go into the file


def _write_cell(sheet: Any, row: int, place: int, value: Any, styles: dict[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, date):
        if value >= _EXCEL_FIRST_DAY:
            sheet.write_datetime(row, place, datetime(value.year, value.month, value.day), styles["date"])
        else:
            sheet.write_string(row, place, value.isoformat())
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    else:
        sheet.write_string(row, place, value, styles["text"] if value.startswith(FORMULA_STARTS) else None)


def _refuse_what_excel_cuts(name: str, frame: pl.DataFrame) -> None:
    texts = [column for column, kind in frame.schema.items() if kind == pl.String]
    long = [c for c in texts if frame.height and (frame[c].str.len_chars().max() or 0) > _EXCEL_CHARACTERS]  # type: ignore[operator]
    if frame.height > _EXCEL_ROWS or long:
        what = f"texts longer than {_EXCEL_CHARACTERS:,} characters" if long else f"more than {_EXCEL_ROWS:,} rows"
        raise DataError(
            f"a worksheet cannot hold {what}.",
            table=name,
            columns=long,
            rows=frame.height,
            remedy="write a folder of CSV or Parquet, or a .duckdb file.",
        )
