"""The ledger that a command was given, as a stored ledger: itself where it is one, else a copy while the work lasts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from credrisk.cli.public import read_with_public

if TYPE_CHECKING:
    from credrisk.progress import Progress

__all__ = ["stored_source"]


@contextmanager
def stored_source(
    ledger: str | PathLike[str],
    out: str | PathLike[str],
    *,
    currency: str | None,
    public: Path | None,
    progress: Progress,
    as_of: str | None = None,
) -> Iterator[str | PathLike[str]]:
    """Give the folder of a stored ledger; a copy that was made goes when the block ends.

    A project folder is copied as it was known on ``as_of``.

    It stays beside ``out`` when the work was interrupted: the same command takes it up with the same copy.
    """
    from credrisk.errors import EvidenceError, ParameterError
    from credrisk.ledger.store import is_stored
    from credrisk.pipeline.stored_copy import stored_copy

    if is_stored(ledger):
        if public is not None:
            rule = "stated when the ledger is stored: credrisk store LEDGER --public DIR"
            raise ParameterError("--public", rule, str(public))
        yield ledger
        return
    progress("Reading the ledger", 0, 0)
    copy = stored_copy(read_with_public(ledger, public, currency=currency, as_of=as_of), out)
    try:
        yield copy
    except (EvidenceError, ParameterError):
        shutil.rmtree(copy)
        raise
    shutil.rmtree(copy)
