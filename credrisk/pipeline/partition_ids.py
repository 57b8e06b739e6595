"""Ids of millions of rows as row numbers, exactly and in little memory.

Ids of one length that share a beginning and differ in digits (``D0000012345``) are looked up by their number in a
table, when the numbers lie close enough together. All others are looked up by a hash of 128 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from credrisk.errors import DataError
from credrisk.pipeline.partition_chunks import nulls, series

__all__ = ["Ids", "index_of"]

LONGEST_NUMBER = 18
"""Digits whose number int64 holds."""

SPARSEST = 4
"""A table of numbers may have this many places a row."""

BLOCK = 1 << 14
"""So few ids at once that they stay in the cache."""

PIECES = (8, 4, 2, 1)
"""Characters that are read at once, as one number of as many bytes."""

HALVES = {8: (0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0x00000000FFFFFFFF), 4: (0x00FF00FF, 0x0000FFFF), 2: (0x00FF,)}
"""Which bytes of a piece hold a result after its neighbouring digits, pairs and fours were joined."""

SEEDS = (11, 47)


class Ids(Protocol):
    """Finds the row of an id."""

    def find(self, ids: pa.Array) -> np.ndarray:
        """Return the row of each id, int32 or int64, -1 where none has it (or it is null)."""
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
        self.prefix = example[: self.start]
        self.fits = 0 < self.width - self.start <= LONGEST_NUMBER

    def numbers(self, ids: pa.Array) -> np.ndarray:
        """Return the numbers of ids, int64, -1 where one is of another pattern."""
        offsets, data = _buffers(ids)
        own = np.diff(offsets) == self.width
        numbers = np.empty(len(ids), dtype=np.int64)
        if own.all():
            cells = data[offsets[0] : offsets[-1]]
            for first in range(0, len(ids), BLOCK):
                numbers[first : first + BLOCK] = self._read(cells[first * self.width : (first + BLOCK) * self.width])
            return numbers
        numbers[:] = -1
        rows = np.flatnonzero(own)
        for first in range(0, len(rows), BLOCK):
            block = rows[first : first + BLOCK]
            numbers[block] = self._read(data[offsets[block][:, None] + np.arange(self.width)].ravel())
        return numbers

    def _read(self, cells: np.ndarray) -> np.ndarray:
        """Return the numbers of ids whose characters follow each other."""
        count = len(cells) // self.width
        numbers, strange = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=bool)
        for place, size in _pieces(0, self.start):
            expected = int.from_bytes(self.prefix[place : place + size], "little")
            strange |= self._piece(cells, place, size) != expected
        for place, size in _pieces(self.start, self.width):
            digits = self._piece(cells, place, size) ^ _each(0x30, size)
            # A byte above 9 has a bit in its upper half, or gets one when 6 is added.
            strange |= ((digits | (digits + _each(0x06, size))) & _each(0xF0, size)) != 0
            base, bits = 10, 8
            for half in HALVES.get(size, ()):
                digits = (digits * base + (digits >> bits)) & half
                base, bits = base * base, bits * 2
            numbers *= np.uint64(10**size)
            numbers += digits
        found = numbers.view(np.int64)
        found[strange] = -1
        return found

    def _piece(self, cells: np.ndarray, place: int, size: int) -> np.ndarray:
        """Return some characters of each id as numbers, the first in the lowest byte."""
        count = len(cells) // self.width
        kind = np.dtype(f"<u{size}")
        piece = np.ndarray(count, kind, cells, place, (self.width,))
        return piece.astype(np.uint64) if size < 8 else piece


def _pieces(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield place and size of the pieces in which the characters from ``start`` to ``stop`` (exclusive) are read."""
    while start < stop:
        size = next(size for size in PIECES if size <= stop - start)
        yield start, size
        start += size


def _each(byte: int, size: int) -> int:
    return int.from_bytes(bytes([byte]) * size, "little")


class _Numbered:
    """The ids by their number: in rising order without a gap the row is the number's place, else a table tells it."""

    def __init__(self, pattern: _Pattern, lowest: int, rows: int, table: np.ndarray | None) -> None:
        self._pattern, self._lowest, self._table = pattern, lowest, table
        self._places = np.uint64(rows if table is None else len(table))
        self._kind = np.int32 if rows < 2**31 else np.int64

    def find(self, ids: pa.Array) -> np.ndarray:
        places = self._pattern.numbers(ids)
        places -= self._lowest
        # Below 0 is far above as a number without a sign.
        outside = places.view(np.uint64) >= self._places
        if ids.null_count:
            outside |= nulls(ids)
        places[outside] = -1
        if self._table is None:
            return places.astype(self._kind)
        found: np.ndarray = self._table.take(places, mode="clip")
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
    firsts = lowest + np.cumsum([0, *map(len, parts)])
    if all(part[0] == first and (np.diff(part) == 1).all() for part, first in zip(parts, firsts, strict=False)):
        return _Numbered(pattern, lowest, rows, None)
    table = np.full(highest - lowest + 1, -1, dtype=np.int32 if rows < 2**31 else np.int64)
    first = 0
    for part in parts:
        table[part - lowest] = np.arange(first, first + len(part))
        first += len(part)
    return _Numbered(pattern, lowest, rows, table) if np.count_nonzero(table != -1) == rows else None


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
    texts = series(ids).cast(pl.String)
    first, second = (texts.hash(seed).to_numpy() for seed in SEEDS)
    return first, second


def _buffers(ids: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets and bytes of an array of text."""
    if ids.type not in (pa.string(), pa.large_string()):
        ids = ids.cast(pa.large_string())
    _, offsets, data = ids.buffers()
    kind = np.dtype(np.int32 if ids.type == pa.string() else np.int64)
    edges = np.frombuffer(offsets, dtype=kind, count=len(ids) + 1, offset=ids.offset * kind.itemsize)
    return edges, np.frombuffer(data or b"", dtype=np.uint8)
