"""One partition of a split ledger, as rows for the grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import DTYPES, Ledger, LedgerSettings
from credrisk.ledger.tables import TABLES
from credrisk.pipeline.partition_chunks import codes_of
from credrisk.pipeline.partition_split import EVERYWHERE, INDEX_FILE, KEYS, NAMES_FILE

__all__ = ["partition_rows"]

PLACES = {
    "customers": ("customer_id",),
    "documents": ("document_id", "customer_id"),
    "receipts": ("receipt_id", "customer_id"),
    "applications": ("to_document_id", "from_id"),
}
"""Columns that hold places in the partition instead of ids; in the other tables these are:"""
OTHER_PLACES = ("customer_id", "document_id")


def partition_rows(folder: Path, part: int, settings: LedgerSettings) -> LedgerRows:
    """Return the rows of partition ``part`` of a ledger split into ``folder``."""
    index = json.loads((folder / INDEX_FILE).read_text())
    tables = {}
    for name in index["given"]:
        if name in EVERYWHERE:
            tables[name] = pl.read_ipc(folder / f"{name}.arrow")
        else:
            tables[name] = _slices(folder, name, index["tables"].get(name, []), part)
    first = sum(index["sizes"][:part])
    names = _slice(folder / NAMES_FILE, first, index["sizes"][part])["customer_id"]
    return LedgerRows(Ledger(tables, settings), customers=names)


def _slices(folder: Path, name: str, pieces: list[dict[str, Any]], part: int) -> pl.DataFrame:
    slices = []
    for piece in pieces:
        begin, end = piece["starts"][part : part + 2]
        if end > begin:
            slices.append(_slice(folder / piece["file"], begin, end - begin))
    if not slices:
        return _empty(name)
    # A column that was empty in a chunk may lack there, and so in all slices.
    whole = pl.concat(slices, how="diagonal", rechunk=True)
    if name in KEYS:
        whole = whole.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).alias(KEYS[name]))
    lacking = {column: kind for column, kind in _schema(name).items() if column not in whole.columns}
    return whole.with_columns(pl.lit(None, dtype=kind).alias(column) for column, kind in lacking.items())


def _slice(file: Path, offset: int, length: int) -> pl.DataFrame:
    with pa.memory_map(str(file)) as source:
        table = pa.ipc.open_file(source).read_all().slice(offset, length)
        return pl.DataFrame(pl.from_arrow(table))


def _empty(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema=_schema(name))


def _schema(name: str) -> dict[str, Any]:
    places = PLACES.get(name, OTHER_PLACES)
    schema: dict[str, Any] = {}
    for column in TABLES[name].columns:
        choices = codes_of(name, column.name)
        own = pl.Int32() if column.name in places else DTYPES[column.kind]
        schema[column.name] = pl.Enum(choices) if choices else own
    return schema
