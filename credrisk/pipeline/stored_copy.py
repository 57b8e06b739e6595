"""A ledger in any form, stored for work in partitions: the same copy again when interrupted work is taken up."""

from __future__ import annotations

import shutil
from os import PathLike
from pathlib import Path

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.store import open_stored, store_ledger

__all__ = ["copy_beside", "stored_copy"]


def copy_beside(target: str | PathLike[str]) -> Path:
    """Return where the copy of a ledger lies while ``target`` is worked out."""
    place = Path(target).absolute()
    return place.parent / f".{place.name}.ledger"


def stored_copy(ledger: Ledger, target: str | PathLike[str]) -> Path:
    """Return a stored ledger beside ``target`` with these tables; remove it when the work is done.

    One that an interrupted call left there is kept where it holds the same tables and settings, file by file as it was,
    so that :func:`~credrisk.pipeline.partitions.panel_parts` knows its work again. Any other is replaced.
    """
    place = copy_beside(target)
    if place.exists():
        if _same(place, ledger):
            return place
        shutil.rmtree(place)
    store_ledger(ledger, place)
    return place


def _same(place: Path, ledger: Ledger) -> bool:
    try:
        there = open_stored(place).ledger()
    except (DataError, OSError):
        return False
    return (
        there.settings == ledger.settings
        and there.tables.keys() == ledger.tables.keys()
        and all(frame.equals(ledger.tables[name]) for name, frame in there.tables.items())
    )
