"""A register to match against: one row a name of an entity, former and other names with their dates."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars
from credrisk.sources.gleif_golden_copy import is_golden_copy, read_golden_copy

__all__ = [
    "DATED_REGISTER",
    "ID_COLUMNS",
    "REGISTER",
    "id_key",
    "plain_id",
    "read_register",
    "read_texts",
    "register_of",
]

ID_COLUMNS = ("lei", "company_number", "vat_id", "cik", "duns")
"""Columns of ``customers`` that hold an id of a register."""

NAME_KINDS = ("legal", "trade", "other", "former")
"""From the surest to the least sure; of two names that fit alike the surer one is named."""

REGISTER: dict[str, pl.DataType] = {
    "register": pl.String(),
    "entity": pl.String(),
    "id_column": pl.String(),
    "name": pl.String(),
    "name_kind": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "country": pl.String(),
    "postcode": pl.String(),
    "city": pl.String(),
    "street": pl.String(),
    "legal_form": pl.String(),
    "status": pl.String(),
    "parent": pl.String(),
}
"""Columns of a register; only ``entity`` and ``name`` must be there, and ``id_column`` says what the entity's id is."""

DATED_REGISTER: dict[str, pl.DataType] = REGISTER | {"known_at": pl.Date()}
"""One row a name of an entity; ``known_at`` is the day that the copy of the register is of."""

_LONGEST_HEADER = 100_000
_WIDTHS = {"cik": 10, "duns": 9}
"""Ids of figures alone that have zeros before them. Company numbers are as long as their country has them."""


def plain_id(text: pl.Expr, id_column: str) -> pl.Expr:
    """Return ids of a kind as they are written: capitals, no blanks, dots or hyphens; empty is null.

    A CIK and a D-U-N-S number get back the zeros that a spreadsheet took.
    """
    plain = text.cast(pl.String).str.to_uppercase().str.replace_all(r"[\s.\-]", "")
    if (width := _WIDTHS.get(id_column)) is not None:
        plain = pl.when(plain.str.contains(r"^\d+$")).then(plain.str.zfill(width)).otherwise(plain)
    return plain.replace("", None)


def id_key(text: pl.Expr, id_column: str) -> pl.Expr:
    """Return ids as they are compared: those of figures alone without the zeros before them."""
    plain = plain_id(text, id_column)
    return pl.when(plain.str.contains(r"^\d+$")).then(plain.str.strip_chars_start("0")).otherwise(plain)


def read_register(path: str | PathLike[str], *, id_column: str | None = None) -> pl.DataFrame:
    """Read a register from a CSV or Parquet file of the columns :data:`REGISTER`, or from a public list as it comes.

    These are GLEIF's golden copy (level 1, CSV, packed as ZIP or gzip or not), the monthly list of Companies House (a
    file ``BasicCompanyData...``, ZIP or CSV) and SEC's ``company_tickers.json``.

    Parameters
    ----------
    id_column
        What the ids are (one of :data:`ID_COLUMNS`), where the file has no column that says it.

    Raises
    ------
    DataError
        When the file has another shape, a required column is missing, or a date cannot be read.
    """
    path = Path(path)
    if is_golden_copy(path):
        return register_of(read_golden_copy(path, output="polars"))
    if path.name.lower().startswith("basiccompanydata"):
        from credrisk.sources import companies_house_bulk

        return register_of(companies_house_bulk.read_register(companies_house_bulk.Snapshot.of(path)))
    try:
        if path.suffix.lower() == ".json":
            return register_of(_tickers(json.loads(path.read_text(encoding="utf-8")), path.name))
        frame = pl.read_parquet(path) if path.suffix.lower() == ".parquet" else read_texts(path)
    except (ValueError, OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"the register {path.name} cannot be read ({error}).", remedy=_REMEDY) from None
    frame = frame.rename({name: name.strip().lower() for name in frame.columns})
    if id_column is not None and "id_column" not in frame.columns:
        frame = frame.with_columns(id_column=pl.lit(id_column))
    if "register" not in frame.columns:
        frame = frame.with_columns(register=pl.lit(path.name.partition(".")[0]))
    return register_of(frame)


_REMEDY = "give a CSV or Parquet file with the columns entity, id_column and name, or SEC's company_tickers.json."


def read_texts(path: Path) -> pl.DataFrame:
    """Read a CSV file as texts, separated by commas or, where its header is, by semicolons."""
    with path.open("rb") as file:
        header = file.readline(_LONGEST_HEADER)
    return pl.read_csv(path, separator=max(",;", key=lambda mark: header.count(mark.encode())), infer_schema=False)


def register_of(frame: Any) -> pl.DataFrame:
    """Return a pandas or Polars frame as a checked register: all columns of :data:`REGISTER`, each name once.

    Columns that are not of a register are left out, rows without an entity or a name too. ``name_kind`` is ``legal``
    where empty; a ``parent`` named in one row of an entity is that of all its rows.

    Raises
    ------
    DataError
        Without ``entity``, ``id_column`` or ``name``; for an unknown ``id_column`` or ``name_kind``; for an
        unreadable date.
    """
    given = as_polars(frame, "register")
    missing = [name for name in ("register", "entity", "id_column", "name") if name not in given.columns]
    if missing:
        raise DataError("columns are missing.", table="register", columns=missing, remedy=_REMEDY)
    texts = [
        pl.col(name).cast(pl.String).str.strip_chars().replace("", None)
        if name in given.columns
        else pl.lit(None, pl.String).alias(name)
        for name in REGISTER
    ]
    table = given.select(texts).filter(pl.col("entity").is_not_null() & pl.col("name").is_not_null())
    table = table.with_columns(pl.col("name_kind").str.to_lowercase().fill_null("legal"))
    for column, allowed in (("id_column", ID_COLUMNS), ("name_kind", NAME_KINDS)):
        _refuse(
            table.filter(~pl.col(column).is_in(allowed).fill_null(False)), column, f"is none of {', '.join(allowed)}"
        )
    dated = table.with_columns(pl.col("valid_from", "valid_to").str.head(10).str.to_date("%Y-%m-%d", strict=False))
    for column in ("valid_from", "valid_to"):
        _refuse(table.filter(dated[column].is_null() & table[column].is_not_null()), column, "is no date YYYY-MM-DD")
    kinds = table["id_column"].unique().to_list()
    entity = [pl.when(pl.col("id_column") == kind).then(plain_id(pl.col("entity"), kind)) for kind in kinds]
    return dated.with_columns(
        pl.coalesce(*entity, "entity").alias("entity"),
        pl.col("country").str.to_uppercase(),
        pl.col("parent").fill_null(pl.col("parent").min().over("register", "entity")),
    ).unique()


def _refuse(bad: pl.DataFrame, column: str, problem: str) -> None:
    if bad.height:
        raise DataError(
            f"{column} {problem}.",
            table="register",
            columns=(column,),
            rows=bad.height,
            ids=[str(name) for name in bad["entity"].head(5)],
        )


def _tickers(content: Any, name: str) -> pl.DataFrame:
    try:
        rows = [(str(entry["cik_str"]), str(entry["title"])) for entry in content.values()]
    except (AttributeError, KeyError, TypeError):
        raise DataError(f"{name} is not SEC's list company_tickers.json.", remedy=_REMEDY) from None
    listed = pl.DataFrame(rows, schema=["entity", "name"], orient="row")
    return listed.with_columns(register=pl.lit("sec_edgar"), id_column=pl.lit("cik"))
