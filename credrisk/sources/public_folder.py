"""Who was asked, and who is who: what `credrisk enrich` and `credrisk match` left in a folder beside facts and events.

The tables of the ledger in it (facts, events, market, ratings) are read by
:func:`credrisk.sources.public_beside.with_public`; the others here say where rows come from, what was not measured, and
which names and addresses a register has.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.injection import ESCAPED
from credrisk.ledger.public import PUBLIC_TABLES
from credrisk.sources.base import ANSWERS
from credrisk.sources.matching.register import DATED_REGISTER
from credrisk.sources.matching.result import MATCHES

__all__ = ["PublicFolder", "read_answers", "read_matches", "read_public", "read_table"]

OTHERS = {"answers": ANSWERS, "matches": MATCHES, "register": DATED_REGISTER}
REQUIRED = {"answers": ("customer_id", "source", "status"), "matches": ("customer_id", "register"),
            "register": ("register", "entity")}  # fmt: skip


@dataclass(frozen=True)
class PublicFolder:
    """The folder's own tables; one that is not there is empty, and ``has`` tells it from one without rows."""

    path: Path
    answers: pl.DataFrame
    matches: pl.DataFrame
    register: pl.DataFrame
    has: frozenset[str]


def read_public(folder: str | PathLike[str]) -> PublicFolder:
    """Read the folder that ``credrisk enrich`` and ``credrisk match`` wrote.

    Raises
    ------
    ParameterError
        When it is no folder, or holds none of the tables.
    DataError
        When a table lacks a column that must be there, or a value is of another kind.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ParameterError("public", "the folder that credrisk enrich wrote", str(folder))
    found = {entry.name.partition(".")[0] for entry in path.iterdir()}
    if not found & {*PUBLIC_TABLES, *OTHERS}:
        names = ", ".join((*PUBLIC_TABLES, *OTHERS))
        raise ParameterError("public", f"a folder with one of {names} (.csv)", str(folder))
    has = frozenset(name for name in OTHERS if (path / f"{name}.csv").is_file())
    frames = {name: _read(path, name) for name in OTHERS}
    return PublicFolder(path, **frames, has=has)


def read_matches(folder: Path) -> pl.DataFrame:
    """Return the folder's matches (:data:`~credrisk.sources.matching.result.MATCHES`), none where it has no file.

    Raises
    ------
    DataError
        When a column that must be there is not, or a value is of another kind.
    """
    return _read(folder, "matches")


def read_answers(folder: Path) -> pl.DataFrame:
    """Return what sources answered (:data:`~credrisk.sources.base.ANSWERS`), as :func:`read_matches` does."""
    return _read(folder, "answers")


def _read(folder: Path, name: str) -> pl.DataFrame:
    path = folder / f"{name}.csv"
    if not path.is_file():
        return pl.DataFrame(schema=OTHERS[name])
    return read_table(path, OTHERS[name], required=REQUIRED[name])


def read_table(path: Path, schema: dict[str, pl.DataType], *, required: tuple[str, ...]) -> pl.DataFrame:
    """Return the declared columns of a CSV; what a spreadsheet would have run is read without its apostrophe.

    Raises
    ------
    DataError
        When a required column is not there or empty somewhere, or a value is of another kind.
    """
    again = "write it again, by the command that made it."
    try:
        raw = pl.read_csv(path, infer_schema=False, null_values=[""])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path} cannot be read ({error}).", remedy=again) from None
    if missing := [name for name in required if name not in raw.columns]:
        raise DataError(f"{path} lacks columns.", columns=missing, remedy=again)
    columns = []
    for name, dtype in schema.items():
        if name not in raw.columns:
            columns.append(pl.lit(None, dtype).alias(name))
        elif dtype == pl.String():
            escaped = pl.col(name).str.contains(ESCAPED)
            columns.append(pl.when(escaped).then(pl.col(name).str.slice(1)).otherwise(name).alias(name))
        elif dtype == pl.Date():
            columns.append(pl.col(name).str.to_date("%Y-%m-%d").alias(name))
        else:
            columns.append(pl.col(name).cast(dtype).alias(name))
    try:
        frame = raw.select(columns)
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path} holds values of the wrong kind ({error}).", remedy=again) from None
    if empty := [name for name in required if frame[name].null_count()]:
        raise DataError(f"{path} holds rows without required values.", columns=empty, remedy=again)
    return frame
