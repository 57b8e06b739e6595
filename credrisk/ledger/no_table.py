"""Files that are no text whatever their name says: a PDF, a picture, a workbook or an archive called .csv."""

from __future__ import annotations

from credrisk.errors import DataError

__all__ = ["refuse_no_table"]

_AS_TABLE = "export the list itself, as CSV or as a workbook."
_BY_NAME = "give it its own ending (.xlsx, .zip), or export it as CSV."
_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "is a PDF, which is print and no table", _AS_TABLE),
    (b"PK\x03\x04", "is a workbook or a zip, whatever its name says", _BY_NAME),
    (b"\xd0\xcf\x11\xe0", "is a workbook of old or one with a password, whatever its name says", _AS_TABLE),
    (b"\x89PNG", "is a picture and no table", _AS_TABLE),
    (b"\xff\xd8\xff", "is a picture and no table", _AS_TABLE),
    (b"{\\rtf", "is a text of a word processor and no table", _AS_TABLE),
    (b"Rar!", "is an archive, whatever its name says", "unpack it."),
    (b"7z\xbc\xaf", "is an archive, whatever its name says", "unpack it."),
)
"""How files begin, and what they are then."""


def refuse_no_table(raw: bytes, name: str) -> None:
    """Refuse what is no text by how it begins.

    Raises
    ------
    DataError
        With what it is.
    """
    for beginning, what, remedy in _BEGINNINGS:
        if raw.startswith(beginning):
            raise DataError(f"{name} {what}.", remedy=remedy)
