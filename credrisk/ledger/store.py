"""The stored ledger: the tables as they are inside, as Parquet, for work that one machine's memory may not hold.

A folder with ``ledger.json`` (the format's name and what the ledger states about itself) and for each table that was
given a file ``<table>.parquet`` or a folder ``<table>`` of Parquet files: the declared columns in the types of
:data:`~credrisk.ledger.ledger.DTYPES`, money in whole minor units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.atomic import new_folder, write_text
from credrisk.errors import DataError
from credrisk.ledger.ledger import DTYPES, Ledger, LedgerSettings
from credrisk.ledger.native_readers import panics_as_errors
from credrisk.ledger.tables import TABLES

__all__ = [
    "REMEDY",
    "SETTINGS_FILE",
    "StoredLedger",
    "is_stored",
    "open_stored",
    "settings_of",
    "settings_text",
    "store_ledger",
]

FORMAT = "credrisk-ledger-1"
SETTINGS_FILE = "ledger.json"
NAMES_SHOWN = 5
DAYS = ("covers_from", "covers_to", "extracted_on")
REMEDY = "give the folder of a stored ledger; credrisk store LEDGER --out FOLDER writes one."


@dataclass(frozen=True)
class StoredLedger:
    """A stored ledger: what it states about itself, and the Parquet files of each table that was given."""

    folder: Path
    settings: LedgerSettings
    files: Mapping[str, tuple[Path, ...]]

    def ledger(self) -> Ledger:
        """Return the ledger in memory."""
        tables = {}
        for name, files in self.files.items():
            with panics_as_errors(f"the table {name} of {self.folder}"):
                frame = pl.concat([pl.read_parquet(file).select(TABLES[name].names) for file in files])
            tables[name] = frame.sort(TABLES[name].key, nulls_last=False)
        return Ledger(tables, self.settings)


def is_stored(source: str | PathLike[str]) -> bool:
    """Tell whether ``source`` is the folder of a stored ledger: it holds a ``ledger.json``."""
    return (Path(source) / SETTINGS_FILE).is_file()


def open_stored(source: str | PathLike[str]) -> StoredLedger:
    """Return a stored ledger without reading its rows.

    Raises
    ------
    DataError
        When it has no ``ledger.json`` of the format, a required table is missing, or a column is missing or of another
        type than the contract's.
    """
    folder = Path(source)
    if not is_stored(folder):
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        shown = ", ".join([*names[:NAMES_SHOWN], *(["..."] if len(names) > NAMES_SHOWN else [])])
        found = f"Found: {shown or 'nothing'}" if folder.is_dir() else "It is no folder"
        raise DataError(f"{source} is no stored ledger: it holds no {SETTINGS_FILE}. {found}.", remedy=REMEDY)
    settings = settings_of((folder / SETTINGS_FILE).read_text(encoding="utf-8"), str(source))
    files = {}
    for name in TABLES:
        parts = tuple(sorted((folder / name).glob("*.parquet"))) if (folder / name).is_dir() else ()
        single = folder / f"{name}.parquet"
        if parts or single.is_file():
            files[name] = parts or (single,)
            for file in files[name]:
                _check_columns(name, file)
    missing = [name for name, declared in TABLES.items() if declared.required and name not in files]
    if missing:
        raise DataError(f"{source} lacks the tables {', '.join(missing)}.", remedy=REMEDY)
    return StoredLedger(folder, settings, files)


def store_ledger(ledger: Ledger, target: str | PathLike[str], *, overwrite: bool = False) -> None:
    """Write a ledger as a stored ledger, whole or not at all.

    Raises
    ------
    ParameterError
        When ``target`` exists and may not be overwritten.
    """
    with new_folder(target, overwrite=overwrite, replaceable=[f"{name}.parquet" for name in TABLES]) as draft:
        write_text(draft / SETTINGS_FILE, settings_text(ledger.settings))
        for name, frame in ledger.tables.items():
            frame.write_parquet(draft / f"{name}.parquet")


def settings_text(settings: LedgerSettings) -> str:
    """Return the text of ``ledger.json``."""
    stated = {name: getattr(settings, name).isoformat() for name in DAYS}
    stated = {"currency": settings.currency, **stated, "static": list(settings.static)}
    return json.dumps({"format": FORMAT, "settings": stated}, indent=1) + "\n"


def settings_of(text: str, source: str) -> LedgerSettings:
    """Return what the text of a ``ledger.json`` states; ``source`` is named where it is of another format."""
    try:
        stored = json.loads(text)
        given = stored["settings"] if stored["format"] == FORMAT else None
    except (json.JSONDecodeError, KeyError, TypeError):
        given = None
    if given is None:
        raise DataError(f"{source}/{SETTINGS_FILE} is not of the format {FORMAT}.", remedy=REMEDY)
    days = {name: date.fromisoformat(given[name]) for name in DAYS}
    return LedgerSettings(currency=given["currency"], static=tuple(given["static"]), **days)


def _check_columns(name: str, file: Path) -> None:
    with panics_as_errors(file.name):
        types = pl.read_parquet_schema(file)
    wrong = [column.name for column in TABLES[name].columns if types.get(column.name) != DTYPES[column.kind]]
    if wrong:
        problem = f"columns of {file.name} are missing or of another type than a stored ledger has."
        raise DataError(problem, table=name, columns=wrong, remedy="write the ledger with credrisk.")
