"""Ids of millions of rows as row numbers, exactly and in little memory.

Ids of one length that share a beginning and differ in digits (``D0000012345``) are looked up by their number in a
table, when the numbers lie close enough together. All others are looked up by a hash of 128 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from credrisk.errors import DataError
from credrisk.pipeline.partition_chunks import nulls

__all__ = ["Ids", "index_of"]

LONGEST_NUMBER = 15
"""Digits whose number float64 holds exactly."""

SPARSEST = 4
"""A table of numbers may have this many places a row."""

BLOCK = 1 << 16

SEEDS = (11, 47)


class Ids(Protocol):
    """Finds the row of an id."""

    def find(self, ids: pa.Array) -> np.ndarray:
        """Return the row of each id, int64, -1 where none has it (or it is null)."""
        ...


def index_of(table: str, column: str, chunks: Callable[[], Iterable[pa.Array]]) -> Ids:
    """Return the index of a column of distinct ids.

    Parameters
    ----------
    table, column
        Where they stand, for the error.
    chunks
        Called to read them, once or twice; rows are numbered in that order.

    Raises
    ------
    DataError
        When an id stands twice.
    """
    return _numbered(chunks()) or _hashed(table, column, chunks())


class _Pattern:
    """How the ids begin and how long they are."""

    def __init__(self, example: bytes) -> None:
        self.width = len(example)
        self.start = len(example.rstrip(b"0123456789"))
        self.prefix = np.frombuffer(example[: self.start], dtype=np.uint8)
        digits = self.width - self.start
        self.fits = 0 < digits <= LONGEST_NUMBER
        self.powers = 10.0 ** np.arange(digits - 1, -1, -1)

    def numbers(self, ids: pa.Array) -> np.ndarray:
        """Return the numbers of ids, -1 where one is of another pattern."""
        offsets, data = _buffers(ids)
        lengths = np.diff(offsets)
        numbers = np.full(len(ids), -1, dtype=np.int64)
        own = np.flatnonzero(lengths == self.width)
        whole = len(own) == len(ids) and len(ids) > 0
        if whole:
            cells = data[offsets[0] : offsets[-1]].reshape(-1, self.width)
        for first in range(0, len(own), BLOCK):
            rows = own[first : first + BLOCK]
            block = cells[first : first + BLOCK] if whole else data[offsets[rows][:, None] + np.arange(self.width)]
            digits = block[:, self.start :] - np.uint8(ord("0"))
            found = (digits.astype(np.float64) @ self.powers).astype(np.int64)
            if digits.max() > 9 or (block[:, : self.start] != self.prefix).any():
                good = (digits <= 9).all(axis=1) & (block[:, : self.start] == self.prefix).all(axis=1)
                found = np.where(good, found, -1)
            numbers[rows] = found
        return numbers


class _Numbered:
    def __init__(self, pattern: _Pattern, lowest: int, table: np.ndarray) -> None:
        self._pattern, self._lowest, self._table = pattern, lowest, table

    def find(self, ids: pa.Array) -> np.ndarray:
        places = self._pattern.numbers(ids) - self._lowest
        outside = (places < 0) | (places >= len(self._table))
        if ids.null_count:
            outside |= nulls(ids)
        if not outside.any():
            return np.asarray(self._table[places], dtype=np.int64)
        found = self._table[np.where(outside, 0, places)].astype(np.int64)
        found[outside] = -1
        return found


class _Hashed:
    def __init__(self, first: np.ndarray, second: np.ndarray, rows: np.ndarray) -> None:
        self._first, self._second, self._rows = first, second, rows

    def find(self, ids: pa.Array) -> np.ndarray:
        found = np.full(len(ids), -1, dtype=np.int64)
        if not len(self._rows):
            return found
        first, second = _hashes(ids)
        # In rising order the search walks through memory instead of jumping.
        order = np.argsort(first)
        places = np.minimum(np.searchsorted(self._first, first[order]), len(self._rows) - 1)
        for place in (places, np.minimum(places + 1, len(self._rows) - 1)):
            # Two ids may share the first half of the hash, hardly ever and never three.
            same = (self._first[place] == first[order]) & (self._second[place] == second[order])
            found[order[same]] = self._rows[place[same]]
        if ids.null_count:
            found[nulls(ids)] = -1
        return found


def _numbered(chunks: Iterable[pa.Array]) -> Ids | None:
    """Return an index by number; None where the ids are not of one pattern, are sparse, or one stands twice."""
    pattern: _Pattern | None = None
    parts = []
    for chunk in chunks:
        if not len(chunk):
            continue
        pattern = pattern or _Pattern(str(chunk[0]).encode())
        if not pattern.fits:
            return None
        numbers = pattern.numbers(chunk)
        if (numbers < 0).any():
            return None
        parts.append(numbers)
    if pattern is None:
        return _Hashed(*(np.empty(0, dtype=np.uint64),) * 2, np.empty(0, dtype=np.int64))
    lowest, highest = min(int(part.min()) for part in parts), max(int(part.max()) for part in parts)
    rows = sum(map(len, parts))
    if highest - lowest >= SPARSEST * rows + 1_000:
        return None
    table = np.full(highest - lowest + 1, -1, dtype=np.int32 if rows < 2**31 else np.int64)
    first = 0
    for part in parts:
        table[part - lowest] = np.arange(first, first + len(part))
        first += len(part)
    return _Numbered(pattern, lowest, table) if np.count_nonzero(table != -1) == rows else None


def _hashed(table: str, column: str, chunks: Iterable[pa.Array]) -> Ids:
    hashed = [_hashes(chunk) for chunk in chunks]
    first, second = (np.concatenate([pair[side] for pair in hashed]) for side in (0, 1))
    order = np.argsort(first)
    first, second = first[order], second[order]
    again = int(np.count_nonzero((first[1:] == first[:-1]) & (second[1:] == second[:-1])))
    if again:
        raise DataError(
            "an id stands in several rows.",
            table=table,
            columns=[column],
            rows=again,
            remedy="read the ledger with credrisk, which sets such rows aside, and store it anew.",
        )
    return _Hashed(first, second, order)


def _hashes(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    series = pl.Series(pl.from_arrow(ids)).cast(pl.String)
    first, second = (series.hash(seed).to_numpy() for seed in SEEDS)
    return first, second


def _buffers(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets and bytes of an array of text."""
    if ids.type != pa.large_string():
        ids = ids.cast(pa.large_string())
    _, offsets, data = ids.buffers()
    edges = np.frombuffer(offsets, dtype=np.int64, count=len(ids) + 1, offset=ids.offset * 8)
    return edges, np.frombuffer(data or b"", dtype=np.uint8)
