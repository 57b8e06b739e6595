"""What a ledger can come in: a folder of CSV or Parquet, a workbook, a DuckDB file, a dict of frames."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.delimited import RAGGED, ROW, read_delimited
from credrisk.ledger.findings import Finding
from credrisk.ledger.names import plain_name
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.packing import hold_workbook
from credrisk.ledger.parse_values import as_text

__all__ = ["Found", "open_source"]

Origin = Literal["text", "workbook", "typed"]
"""``text``: every cell is text; ``workbook``: numbers may be Excel dates; ``typed``: frames and databases."""

_TEXT_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_NO_CELL = " \t\u00a0,;|"
"""A line of these alone has no value."""
_UNREAD = ("quarantine", "intake")
"""What an import leaves beside the tables for people to look at."""
NAMES_SHOWN = 5
_DATABASES = (".duckdb", ".db", ".ddb")

# fastexcel warns of every empty column; without a handler of the program's own, Python would print that.
logging.getLogger("fastexcel").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Found:
    """One table as it was found, before any rule.

    Attributes
    ----------
    name
        Table name by the declared rule.
    source
        File, sheet or entry, for findings and the quarantine.
    scope
        What is taken to share one style of dates and amounts: the file, the workbook, the frame.
    header, frame
        Column names as written, and the columns "0", "1", ... with the row number and ragged lines. Of a large text
        file, columns in which texts repeat are categories.
    """

    name: str
    source: str
    scope: str
    origin: Origin
    header: list[str]
    frame: pl.DataFrame


def open_source(
    source: str | PathLike[str] | Mapping[str, Any], *, columns_of: Mapping[str, frozenset[str]], max_line_bytes: int
) -> tuple[dict[str, Found], list[Finding]]:
    """Return every known table of the source as found, and what was noticed on the way.

    Parameters
    ----------
    columns_of
        Columns known, by table name: tells tables from other files and helps to find the separator.

    Raises
    ------
    DataError
        When the source is missing, unreadable, or holds a table twice, or a link in it leads out of its folder.
    """
    findings: list[Finding] = []
    if isinstance(source, Mapping):
        found: Iterable[Found] = _frames(source, columns_of, findings)
    else:
        path = Path(source)
        if not path.exists():
            raise DataError(
                f"there is no file or folder {path}.", remedy="check the path; give the folder that holds the tables."
            )
        if path.is_dir():
            found = _folder(path, columns_of, max_line_bytes, findings)
        elif path.suffix.lower() in _WORKBOOKS:
            found = _workbook(path, columns_of, findings)
        elif path.suffix.lower() in _DATABASES:
            found = _database(path, columns_of, findings)
        else:
            raise DataError(
                f"{path.name} is neither a folder, a workbook nor a DuckDB file.",
                remedy="give the folder that holds one CSV or Parquet file per table, an .xlsx or a .duckdb file; an "
                "export with other columns becomes a ledger by credrisk import --map.",
            )
    tables: dict[str, Found] = {}
    for table in found:
        if table.name in tables:
            raise DataError(
                f"the table is there twice: {tables[table.name].source} and {table.source}.",
                table=table.name,
                remedy="keep one of them.",
            )
        tables[table.name] = _without_blank_rows(table, findings)
    return tables, findings


def _folder(
    folder: Path, columns_of: Mapping[str, frozenset[str]], max_line_bytes: int, findings: list[Finding]
) -> Iterable[Found]:
    others: list[str] = []
    empty, home = True, folder.resolve()
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        suffix = next((s for s in (*_TEXT_SUFFIXES, ".parquet") if path.name.lower().endswith(s)), "")
        name = plain_name(path.name[: -len(suffix)]) if suffix else ""
        if path.is_dir() or path.name.startswith(".") or name not in columns_of:
            others.append(path.name)
            continue
        empty = False
        if not path.resolve().is_relative_to(home):
            raise DataError(f"{path.name} is a link that leads out of the folder {home.name}.", remedy="copy it in.")
        if suffix == ".parquet":
            frame = _polars(partial(pl.read_parquet, path, glob=False), name, path.name)
            yield _typed(name, path.name, path.name, "typed", frame)
        else:
            text = read_delimited(path, table=name, known=columns_of[name], max_line_bytes=max_line_bytes, packed=True)
            findings.extend(text.findings)
            yield Found(name, path.name, path.name, "text", text.header, text.frame)
    if empty:
        raise _no_ledger(folder, others)
    _note_others(others, "files", findings)


def _no_ledger(folder: Path, found: list[str]) -> DataError:
    """Return the error that a folder is no ledger: what was looked for, what was found."""
    shown = ", ".join([*found[:NAMES_SHOWN], *(["..."] if len(found) > NAMES_SHOWN else [])])
    return DataError(
        f"the folder {folder} is no ledger. Looked for: one file a table, such as customers.csv and "
        f"documents.parquet, or the ledger.json of a stored ledger. Found: {shown or 'nothing'}.",
        remedy="give the folder in which the tables lie, each file named after its table, or a workbook itself; an "
        "export with other names becomes a ledger by credrisk import --map.",
    )


def _workbook(path: Path, columns_of: Mapping[str, frozenset[str]], findings: list[Finding]) -> Iterable[Found]:
    import fastexcel

    def damaged(refusal: Exception) -> DataError:
        return DataError(
            f"the workbook {path.name} cannot be read ({str(refusal).splitlines()[0]}).",
            remedy="open it in a spreadsheet program, save it as .xlsx without a password, and try again.",
        )

    hold_workbook(path, path.name)
    try:
        with panics_as_errors(path.name):
            book = fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError, ValueError) as refusal:
        raise damaged(refusal) from None
    others: list[str] = []
    for sheet in book.sheet_names:
        name = plain_name(sheet)
        if name not in columns_of:
            others.append(sheet)
            continue
        try:
            with panics_as_errors(path.name):
                frame = book.load_sheet(sheet, schema_sample_rows=None).to_polars()
        except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError) as refusal:
            raise damaged(refusal) from None
        if frame.width:
            yield _typed(name, sheet, path.name, "workbook", frame)
        else:
            others.append(f"{sheet} (empty)")
    _note_others(others, "sheets", findings)


def _database(path: Path, columns_of: Mapping[str, frozenset[str]], findings: list[Finding]) -> Iterable[Found]:
    import duckdb

    try:
        connection = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
    except duckdb.Error as refusal:
        raise DataError(
            f"the file {path.name} cannot be opened as a DuckDB database ({_said(refusal)}).",
            remedy="check that it is one, and that no other program is writing to it.",
        ) from None
    others: list[str] = []
    with connection:
        listed = connection.execute(
            "select table_schema, table_name from information_schema.tables order by table_schema, table_name"
        ).fetchall()
        for owner, table in listed:
            name = plain_name(table)
            if name not in columns_of:
                others.append(table)
                continue
            quoted = ".".join('"' + part.replace('"', '""') + '"' for part in (owner, table))
            try:
                rows = connection.sql(f"select * from {quoted}").to_arrow_table()  # noqa: S608 - quoted identifier
            except duckdb.Error as refusal:
                raise DataError(f"cannot be read ({_said(refusal)}).", table=name) from None
            yield _typed(name, table, path.name, "typed", _from_anything(rows))
    _note_others(others, "tables", findings)


def _frames(
    frames: Mapping[str, Any], columns_of: Mapping[str, frozenset[str]], findings: list[Finding]
) -> Iterable[Found]:
    others: list[str] = []
    for given in sorted(frames, key=str):
        name = plain_name(given)
        if name not in columns_of:
            others.append(str(given))
            continue
        frame = _polars(partial(_from_anything, frames[given]), name, str(given))
        yield _typed(name, str(given), str(given), "typed", frame)
    _note_others(others, "entries", findings)


def _said(refusal: Exception) -> str:
    """Return what DuckDB says in its first line, without the name of the kind of error."""
    return re.sub(r"^[\w ]+ Error: ", "", str(refusal).splitlines()[0])


def _from_anything(frame: Any) -> pl.DataFrame:
    """Turn a pandas, Polars or Arrow table into Polars; a pandas column of mixed objects becomes text."""
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if hasattr(frame, "iloc") and hasattr(frame, "columns"):
        return pl.DataFrame([_from_pandas(frame.iloc[:, place], str(place)) for place in range(frame.shape[1])]).rename(
            {str(place): name for place, name in enumerate(_distinct(map(str, frame.columns)))}
        )
    if not hasattr(frame, "__arrow_c_stream__"):
        raise TypeError(f"a {type(frame).__name__} is no table")
    converted = pl.from_arrow(frame)
    if not isinstance(converted, pl.DataFrame):
        raise TypeError("a table is wanted, not one column")
    return converted


def _from_pandas(column: Any, name: str) -> pl.Series:
    column = column.reset_index(drop=True)
    try:
        converted: pl.Series = pl.from_pandas(column, nan_to_null=True)
        return converted.rename(name)
    except Exception:  # pyarrow and Polars raise many kinds for mixed objects; text holds them all
        texts = [None if empty else str(value) for value, empty in zip(column, column.isna(), strict=True)]
        return pl.Series(name, texts, dtype=pl.String)


def _distinct(names: Iterable[str]) -> list[str]:
    """Keep the first of equal names; the column rule refuses the rest where they matter."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else name + " " * (seen[name] - 1))
    return result


def _polars(load: Callable[[], pl.DataFrame], table: str, source: str) -> pl.DataFrame:
    try:
        with panics_as_errors(source):
            return load()
    except (pl.exceptions.PolarsError, OSError, TypeError, ValueError) as refusal:
        reason = str(refusal).splitlines()[0] if str(refusal) else type(refusal).__name__
        raise DataError(f"{source} cannot be read as a table ({reason}).", table=table) from None


def _typed(name: str, source: str, scope: str, origin: Origin, frame: pl.DataFrame) -> Found:
    header = list(frame.columns)
    placed = frame.rename({column: str(place) for place, column in enumerate(header)})
    odd = [n for n, kind in placed.schema.items() if kind.is_nested() or kind in (pl.Object, pl.Binary)]
    numbered = placed.with_columns(as_text(placed[name]) for name in odd).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW), pl.lit(None, pl.String).alias(RAGGED)
    )
    return Found(name, source, scope, origin, header, numbered)


def _without_blank_rows(found: Found, findings: list[Finding]) -> Found:
    blank = found.frame[RAGGED].is_null() | (found.frame[RAGGED].str.strip_chars(_NO_CELL) == "")
    for name, kind in found.frame.schema.items():
        if name in (ROW, RAGGED) or not blank.any():
            continue
        cells = found.frame[name]
        if kind == pl.String or isinstance(kind, pl.Categorical):
            blank &= cells.cast(pl.String).str.strip_chars().fill_null("") == ""
        else:
            blank &= cells.is_null()
    if not found.header or not blank.any():
        return found
    findings.append(
        Finding("note", found.name, "blank_rows", f"{found.source} has rows without any value.", rows=int(blank.sum()))
    )
    return Found(found.name, found.source, found.scope, found.origin, found.header, found.frame.filter(~blank))


def _note_others(others: list[str], what: str, findings: list[Finding]) -> None:
    others = [name for name in others if plain_name(name.removesuffix(".csv").removesuffix(".parquet")) not in _UNREAD]
    if others:
        shown = ", ".join(others[:10]) + (f" and {len(others) - 10} more" if len(others) > 10 else "")
        findings.append(
            Finding("note", "", "not_a_table", f"{what} that are no table of the ledger: {shown}.", len(others))
        )
