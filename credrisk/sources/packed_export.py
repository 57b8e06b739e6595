"""An export that comes as a zip: its files, unpacked within bounds for as long as they are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from credrisk.errors import DataError
from credrisk.ledger.packing import LARGEST_UNPACKED
from credrisk.sources.erp.archives import content_of, hold_members, open_zip

__all__ = ["opened_export"]


@contextmanager
def opened_export(source: Path) -> Iterator[Path]:
    """Give the place of an export: itself, or of a zip a folder with its files, or its only file.

    Folders inside the zip are left out of the names, so that a mapping names files as they are called. What the
    system of a Mac adds to a zip is passed over.

    Raises
    ------
    DataError
        When the zip is damaged, encrypted, holds a zip or unpacks to more than an export does, or two files in it have
        one name.
    """
    if source.suffix.lower() != ".zip" or not source.is_file():
        yield source
        return
    with open_zip(source) as book:
        members = [one for one in book.infolist() if not one.is_dir()]
    hold_members(source.name, members)
    names = {one.filename: Path(one.filename.replace("\\", "/")).name for one in members if _is_export(one.filename)}
    if len(set(names.values())) < len(names):
        twice = sorted(name for name in set(names.values()) if list(names.values()).count(name) > 1)
        raise DataError(
            f"{source.name} holds several files named {', '.join(twice)}.", remedy="unpack it, and give one folder."
        )
    with TemporaryDirectory() as place:
        folder = Path(place) / source.name
        folder.mkdir()
        for member, name in names.items():
            (folder / name).write_bytes(content_of(source, member, LARGEST_UNPACKED))
        yield folder / next(iter(names.values())) if len(names) == 1 else folder


def _is_export(member: str) -> bool:
    return not any(part.startswith(".") or part == "__MACOSX" for part in member.replace("\\", "/").split("/"))
