"""Packed files of an export: members of zips and gzips read in memory, within bounds, never unpacked to disk."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from credrisk.errors import DataError
from credrisk.ledger.packing import LARGEST_UNPACKED, hold_packing
from credrisk.ledger.text_files import unpacked

__all__ = ["content_of", "hold_members", "open_zip"]

MOST_MEMBERS = 10_000
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".bz2", ".xz")
_PACK_AGAIN = "look at where it comes from; pack the files again, each once."
_CHUNK = 1 << 20
_DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    LookupError,
    ValueError,
    OverflowError,
)
"""What the libraries raise where a packed file is damaged."""


def hold_members(name: str, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a zip of which something would be lost, or that would fill the memory."""
    if len(members) > MOST_MEMBERS:
        raise DataError(f"{name} holds {len(members):,} files; more than {MOST_MEMBERS:,} are not read.")
    seen: set[str] = set()
    for one in members:
        parts = re.split(r"[/\\]", one.filename)
        if ".." in parts or not parts[0] or re.match(r"[A-Za-z]:", one.filename):
            raise DataError(f"{name} holds a file with a place outside it: {one.filename!r}.", remedy=_PACK_AGAIN)
        if one.filename in seen:
            raise DataError(f"{name} holds {one.filename!r} twice.", remedy=_PACK_AGAIN)
        if one.filename.lower().endswith(_ARCHIVES):
            raise DataError(
                f"{name} holds another archive, {one.filename!r}.", remedy="unpack that one, and give the folder."
            )
        if one.flag_bits & 1:
            raise DataError(f"{one.filename} in {name} is encrypted.", remedy="unpack it with its password.")
        hold_packing(one.file_size, one.compress_size, f"{one.filename} in {name}")
        seen.add(one.filename)
    if sum(one.file_size for one in members) > LARGEST_UNPACKED:
        raise DataError(f"{name} is larger than {LARGEST_UNPACKED:,} bytes unpacked.", remedy="export it in parts.")


def content_of(path: Path, member: str, bound: int, *, cut: bool = False) -> bytes:
    """Read a file or member, unpacked; beyond the bound it is cut off, or refused."""
    shown = member or path.name
    try:
        if member:
            with open_zip(path) as book, book.open(member) as stream:
                return _bounded(stream, bound, shown, cut)
        with unpacked(path) as file:
            return _bounded(file, bound, shown, cut)
    except DataError:
        raise
    except _DAMAGE as damage:
        raise DataError(f"{shown} cannot be unpacked ({damage}).", remedy="copy it again.") from None
    except RuntimeError:  # zipfile says so of members that want a password
        raise DataError(f"{shown} in {path.name} is encrypted.", remedy="unpack it with its password.") from None
    except OSError as refusal:
        raise DataError(f"{shown} cannot be read ({refusal.strerror or refusal}).") from None


def _bounded(stream: IO[bytes] | unpacked, bound: int, name: str, cut: bool) -> bytes:
    parts, size = [], 0
    while size < bound + 1 and (part := stream.read(min(_CHUNK, bound + 1 - size))):
        parts.append(part)
        size += len(part)
    if size > bound and not cut:
        raise DataError(f"{name} is larger than {bound:,} bytes unpacked.", remedy="export it in parts.")
    return b"".join(parts)[:bound]


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip; a damaged one is a DataError."""
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGE, OSError) as damage:
        raise DataError(f"{path.name} is no whole zip file ({damage}).", remedy="copy it again.") from None
