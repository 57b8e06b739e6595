"""The chunks of a stored ledger's files: runs of row groups, read column by column."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from credrisk.errors import DataError
from credrisk.ledger.money import EXPONENTS
from credrisk.ledger.tables import TABLES

__all__ = ["Chunk", "codes", "codes_of", "each", "empty_columns", "nulls", "read", "rows_of", "runs", "series"]

Result = TypeVar("Result")
ROWS_A_CHUNK = 2_000_000
Chunk = tuple[Path, list[int]]
"""A file and the numbers of its row groups."""


def codes_of(table: str, column: str) -> list[str] | None:
    """Return the values that a column of codes may take, None where any text may stand."""
    declared = TABLES[table].column(column)
    if column == "currency":
        return list(EXPONENTS)
    return list(declared.choices) if declared.choices else None


def runs(files: tuple[Path, ...]) -> Iterator[Chunk]:
    """Yield runs of row groups of some million rows."""
    for file in files:
        metadata, groups, rows = pq.read_metadata(file), list[int](), 0
        for group in range(metadata.num_row_groups):
            groups.append(group)
            rows += metadata.row_group(group).num_rows
            if rows >= ROWS_A_CHUNK:
                yield file, groups
                groups, rows = [], 0
        if groups:
            yield file, groups


def rows_of(chunk: Chunk) -> int:
    """Return how many rows a chunk has."""
    file, groups = chunk
    metadata = pq.read_metadata(file)
    return sum(metadata.row_group(group).num_rows for group in groups)


def read(chunk: Chunk, columns: list[str], coded: list[str] | None = None) -> dict[str, pa.Array]:
    """Return columns of a chunk by name; those in ``coded`` as dictionaries."""
    file, groups = chunk
    source = pq.ParquetFile(file, read_dictionary=coded or [])
    table = source.read_row_groups(groups, columns=columns)
    return {name: _whole(table[name]) for name in columns}


def each(chunks: list[Chunk], work: Callable[[Chunk], Result], threads: int) -> Iterator[Result]:
    """Yield what ``work`` makes of each chunk, in order, a few chunks ahead in threads."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    joined = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def codes(values: pa.Array, choices: list[str], table: str, column: str) -> np.ndarray:
    """Return the place of each value among the choices, -1 for null."""
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    texts = values.dictionary.to_pylist()
    strange = [text for text in texts if text is not None and text not in choices]
    if strange:
        raise DataError(
            "a code is none of those that the column may hold.",
            table=table,
            columns=[column],
            ids=strange,
            remedy="read the ledger with credrisk, which sets such rows aside, and store it anew.",
        )
    places = [-1 if text is None else choices.index(text) for text in texts] + [-1]
    indices = series(values.indices)
    indices = (indices.fill_null(len(texts)) if indices.null_count() else indices).cast(pl.UInt32)
    return pl.Series(places, dtype=pl.Int16).gather(indices).to_numpy()


def empty_columns(chunk: Chunk, columns: list[str]) -> set[str]:
    """Return the columns that hold nothing but nulls in a chunk, as its statistics tell."""
    file, groups = chunk
    metadata = pq.read_metadata(file)
    places = {metadata.schema.column(place).name: place for place in range(metadata.num_columns)}
    empty = set()
    for column in columns:
        found = [metadata.row_group(group).column(places[column]) for group in groups]
        if all(
            c.statistics is not None and c.statistics.has_null_count and c.statistics.null_count == c.num_values
            for c in found
        ):
            empty.add(column)
    return empty


def nulls(ids: pa.Array) -> np.ndarray:
    """Tell where an array is null."""
    return series(ids).is_null().to_numpy()


def series(values: pa.Array) -> pl.Series:
    """Return an Arrow array as a series; without importing pyarrow.compute and pandas, as other ways do."""
    return pl.Series(_Handed(values))


class _Handed:
    """An Arrow array of which nothing is known but how to hand it over."""

    def __init__(self, values: pa.Array) -> None:
        self._values = values

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        handed: tuple[object, object] = self._values.__arrow_c_array__(requested_schema)
        return handed
