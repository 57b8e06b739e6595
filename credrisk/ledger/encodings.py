"""How a text is encoded, told from its bytes, and what tells it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

import numpy as np

__all__ = ["Encoding", "EncodingTeller", "decode"]

Name = Literal["UTF-8", "UTF-16", "Windows-1252", "Latin-1"]

_SAMPLE = 4096
_SHARE_OF_ZEROS = 3
"""Of UTF-16 with Latin letters every second byte is zero; a third is asked for."""
_UNKNOWN_TO_WINDOWS = tuple(bytes([code]) for code in (0x81, 0x8D, 0x8F, 0x90, 0x9D))
_STRAY = 10
"""A file with this many characters of UTF-8 for each byte that is none is UTF-8 into which a few bytes strayed."""
_ENOUGH = 1000
"""So many bytes that are no UTF-8 settle the matter, if they outnumber the characters."""
_HANDLER = "credrisk.windows-1252"


@dataclass(frozen=True)
class Encoding:
    """How a text is encoded.

    Attributes
    ----------
    name, codec
        In words, and for :func:`codecs.lookup`.
    evidence
        What tells it.
    stray
        Bytes of a UTF-8 file that are none and were read as Windows-1252.
    """

    name: Name
    codec: str
    evidence: str
    stray: int = 0

    @property
    def plain(self) -> bool:
        """Whether the bytes are UTF-8 as they stand."""
        return self.name == "UTF-8" and not self.stray

    @property
    def errors(self) -> str:
        """What the decoder does with bytes that the encoding does not have."""
        return _HANDLER if self.stray else "replace"


def decode(raw: bytes, *, cut: bool = False) -> tuple[str, Encoding]:
    """Return bytes as text without a byte order mark, and the encoding told from them.

    UTF-8, UTF-16 by its mark or its zeros, else Windows-1252, else Latin-1. With ``cut`` the bytes are the beginning of
    a file, which may end within a character.
    """
    teller = EncodingTeller()
    teller.see(raw)
    encoding = teller.told(cut=cut)
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    return decoder.decode(raw, not cut).removeprefix("\ufeff"), encoding


class EncodingTeller:
    """Tells the encoding from the bytes, seen piece by piece."""

    def __init__(self) -> None:
        self._sample = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._line = 1
        self._characters = self._bad = 0
        self._first: tuple[int, int] | None = None
        self._in_windows = True

    def see(self, chunk: bytes) -> None:
        """Look at the next piece of the file."""
        if len(self._sample) < _SAMPLE:
            self._sample += chunk[: _SAMPLE - len(self._sample)]
        if self._in_windows:
            self._in_windows = not any(code in chunk for code in _UNKNOWN_TO_WINDOWS)
        if self._settled:
            return
        held = self._decoder.getstate()[0]
        if chunk.isascii() and not held:
            self._line += chunk.count(b"\n")
            return
        self._count(held + chunk)

    @property
    def _settled(self) -> bool:
        return self._bad > _ENOUGH and self._bad > self._characters

    def _count(self, rest: bytes) -> None:
        self._decoder.reset()
        while rest and not self._settled:
            try:
                text = self._decoder.decode(rest)
            except UnicodeDecodeError as fault:
                text = rest[: fault.start].decode("utf-8")
                if self._first is None:
                    self._first = (self._line + text.count("\n"), rest[fault.start])
                self._bad += 1
                rest = rest[fault.start + 1 :]
                self._decoder.reset()
            else:
                rest = b""
            self._line += text.count("\n")
            if not text.isascii():
                codes = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
                self._characters += int(np.count_nonzero(codes >= 0xC0))

    def told(self, *, cut: bool = False) -> Encoding:
        """Return the encoding of what was seen."""
        sample = self._sample
        if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return Encoding("UTF-16", "utf-16", "it begins with the byte order mark of UTF-16")
        zeros = sample.count(0)
        if zeros and zeros >= len(sample) // _SHARE_OF_ZEROS:
            codec = "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
            return Encoding("UTF-16", codec, f"{zeros:,} of its first {len(sample):,} bytes are zero")
        tail = self._decoder.getstate()[0]
        if tail and not cut and not self._settled:
            self._first = self._first or (self._line, tail[0])
            self._bad += 1
        mark = sample.startswith(codecs.BOM_UTF8)
        if self._first is None:
            told = "it begins with the byte order mark of UTF-8" if mark else "every byte of it is UTF-8"
            return Encoding("UTF-8", "utf-8", told)
        line, byte = self._first
        found = f"line {line:,} holds the byte 0x{byte:02X} where UTF-8 has no such byte"
        if mark or self._characters >= _STRAY * self._bad:
            found = (
                f"{self._characters:,} characters are UTF-8, {self._bad:,} bytes are not, the first in line {line:,}"
            )
            return Encoding("UTF-8", "utf-8", found, stray=self._bad)
        if self._in_windows:
            return Encoding("Windows-1252", "cp1252", found)
        return Encoding("Latin-1", "latin-1", f"{found}, and bytes that Windows-1252 does not have")


def _as_windows(fault: UnicodeError) -> tuple[str, int]:
    """Read a byte that is no UTF-8 as Windows-1252, or Latin-1 where that has none."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    byte = fault.object[fault.start : fault.start + 1]
    try:
        return byte.decode("cp1252"), fault.start + 1
    except UnicodeDecodeError:
        return byte.decode("latin-1"), fault.start + 1


codecs.register_error(_HANDLER, _as_windows)
