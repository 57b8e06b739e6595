"""What is packed unpacks to so much and no more: a small file must not fill the memory."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from credrisk.errors import DataError

__all__ = ["LARGEST_UNPACKED", "hold_packing", "hold_workbook"]

LARGEST_UNPACKED = 4 << 30
"""Bytes of one file, or of all files of a zip, unpacked."""
_FREELY = 1 << 28
_LARGEST_RATIO = 200
"""Exports pack to a tenth or a fiftieth; a file made to fill the memory, to a thousandth."""


def hold_packing(size: int, packed: int, name: str) -> None:
    """Stop where a packed file would unpack to far more than an export does.

    Raises
    ------
    DataError
        Beyond 256 MiB that are 200 times what lies on disk.
    """
    if size > _FREELY and size > _LARGEST_RATIO * packed:
        raise DataError(
            f"{name} unpacks to more than {_LARGEST_RATIO} times its size; it was not read further.",
            remedy="look at where it comes from; unpack it first if it is sound.",
        )


def hold_workbook(source: Path | bytes, name: str) -> None:
    """Stop where a workbook would unpack to far more than one does; what is no zip is left to its reader.

    Raises
    ------
    DataError
        As :func:`hold_packing`, and beyond 4 GiB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as book:
            sizes = [(one.file_size, one.compress_size) for one in book.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    size, packed = (sum(column) for column in zip(*sizes, strict=True)) if sizes else (0, 0)
    hold_packing(size, packed, name)
    if size > LARGEST_UNPACKED:
        raise DataError(
            f"the workbook {name} is larger than {LARGEST_UNPACKED:,} bytes unpacked.",
            remedy="export the tables as CSV, which is read in pieces.",
        )
