"""A text file before anything is split: bounded, unpacked, its encoding told from the bytes and the evidence stated.

A file is looked over once, piece by piece, and read again by whoever splits it; neither holds it whole.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from credrisk.errors import DataError
from credrisk.ledger.encodings import Encoding, EncodingTeller
from credrisk.ledger.packing import hold_packing

__all__ = ["TextFile", "bounded_bytes", "look_over", "unpacked"]

_CHUNK = 1 << 20
_LINE = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class TextFile:
    """A text file that was looked over.

    Attributes
    ----------
    size
        Bytes, unpacked.
    quoted
        Whether there is a quotation mark in it.
    odd_quotes
        Whether their number is odd.
    skipped
        Filled lines at its beginning that are no part of the table.
    """

    path: Path
    encoding: Encoding
    size: int
    quoted: bool
    odd_quotes: bool
    skipped: int = 0

    def pieces(self) -> Iterator[bytes]:
        """Yield the text in UTF-8, without a byte order mark."""
        with unpacked(self.path) as stream:
            pieces = iter(lambda: stream.read(_CHUNK), b"")
            if not self.encoding.plain:
                decoder = codecs.getincrementaldecoder(self.encoding.codec)(self.encoding.errors)
                pieces = _recoded(pieces, decoder)
            first = next(pieces, b"").removeprefix(codecs.BOM_UTF8)
            for _ in range(self.skipped):
                first = b"".join(_LINE.split(first.lstrip(), maxsplit=1)[1:])
            yield first
            yield from pieces

    def open(self) -> BinaryIO:
        """Open the text in UTF-8, without a byte order mark."""
        return io.BufferedReader(_Stream(self.pieces()), _CHUNK)

    @cached_property
    def text(self) -> bytes:
        """The whole text in UTF-8, without a byte order mark."""
        return b"".join(self.pieces())

    @cached_property
    def beginning(self) -> bytes:
        """The text from its first filled line to the end of that line or beyond it; empty where there is none."""
        filled = b""
        for piece in self.pieces():
            filled += piece if filled else piece.lstrip()
            if b"\n" in filled or b"\r" in filled:
                break
        return filled


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Fill as much of the buffer as the next piece has."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def look_over(path: Path, max_line_bytes: int) -> TextFile:
    """Look over a text file, packed with gzip or not, piece by piece.

    Raises
    ------
    DataError
        When a line is longer than ``max_line_bytes`` (looked at before anything is parsed), the packing is damaged or
        would unpack to far more than an export does, or the file cannot be read.
    """
    teller, lines = EncodingTeller(), _LineBound(path.name, max_line_bytes)
    size = quotes = 0
    with unpacked(path) as stream:
        while chunk := stream.read(_CHUNK):
            lines.hold(chunk)
            teller.see(chunk)
            size += len(chunk)
            quotes += chunk.count(b'"')
    return TextFile(path, teller.told(), size, quotes > 0, quotes % 2 == 1)


def bounded_bytes(path: Path, max_line_bytes: int) -> bytes:
    """Read a whole file, unpacking gzip, with the bounds of :func:`look_over`."""
    lines, parts = _LineBound(path.name, max_line_bytes), []
    with unpacked(path) as stream:
        while chunk := stream.read(_CHUNK):
            lines.hold(chunk)
            parts.append(chunk)
    return b"".join(parts)


class unpacked:  # noqa: N801 - used as a function
    """Open a file, unpacking gzip; damage, and packing that no export has, is a :class:`DataError`."""

    def __init__(self, path: Path) -> None:
        self._path, self._packed = path, path.name.lower().endswith(".gz")
        self._size = 0

    def __enter__(self) -> unpacked:
        with _refusals(self._path):
            self._stream = gzip.open(self._path, "rb") if self._packed else self._path.open("rb")
            self._on_disk = self._path.stat().st_size
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, count: int) -> bytes:
        """Return the next bytes, unpacked."""
        with _refusals(self._path):
            chunk = self._stream.read(count)
        self._size += len(chunk)
        if self._packed:
            hold_packing(self._size, self._on_disk, self._path.name)
        return chunk


class _refusals:  # noqa: N801 - used as a function
    def __init__(self, path: Path) -> None:
        self._name = path.name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, fault: BaseException | None, __: object) -> None:
        if isinstance(fault, gzip.BadGzipFile | EOFError | zlib.error):
            raise DataError(
                f"the file {self._name} is no whole gzip file ({fault}).", remedy="copy it again."
            ) from None
        if isinstance(fault, OSError):
            raise DataError(f"the file {self._name} cannot be read ({fault.strerror or fault}).") from None


class _LineBound:
    """No line may be longer than the bound; the first that is gets named by its number."""

    def __init__(self, name: str, bound: int) -> None:
        self._name, self._bound = name, bound
        self._open = self._lines = 0

    def hold(self, chunk: bytes) -> None:
        """Look at the next piece of the file.

        Most pieces are passed by leaping from line end to line end, as far ahead as the bound allows each time.
        """
        place, reach = 0, self._bound - self._open
        while len(chunk) - place > reach:
            end = max(chunk.rfind(b"\n", place, place + reach + 1), chunk.rfind(b"\r", place, place + reach + 1))
            if end < 0:
                self._refuse(chunk)
            place, reach = end + 1, self._bound
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._open = self._open + len(chunk) if last < 0 else len(chunk) - last - 1
        self._lines += chunk.count(b"\n")

    def _refuse(self, chunk: bytes) -> None:
        codes = np.frombuffer(chunk, dtype=np.uint8)
        ends = np.flatnonzero((codes == 10) | (codes == 13))
        lengths = np.diff(np.concatenate(([-1 - self._open], ends, [codes.size]))) - 1
        long = int(np.flatnonzero(lengths > self._bound)[0])
        start = int(ends[long - 1]) + 1 if long else 0
        line = self._lines + int(np.count_nonzero(codes[:start] == 10)) + 1
        raise DataError(
            f"line {line} of {self._name} is longer than {self._bound:,} bytes; nothing was parsed.",
            remedy="check that the file has line ends and closed quotation marks, or raise max_line_bytes.",
        )


def _recoded(pieces: Iterator[bytes], decoder: codecs.IncrementalDecoder) -> Iterator[bytes]:
    for piece in pieces:
        yield decoder.decode(piece).encode("utf-8", errors="replace")
    yield decoder.decode(b"", True).encode("utf-8", errors="replace")
