"""Parts of a long replay kept beside its output: interrupted work goes on where it was, other settings start anew."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.atomic import new_file

__all__ = ["Parts"]

SETTINGS = "settings.json"


class Parts:
    """A hidden folder of finished parts, each a table.

    Parameters
    ----------
    beside
        The output that is being made; the folder stands next to it.
    settings
        All that the parts depend on; parts of other settings are thrown away.
    """

    def __init__(self, beside: Path, settings: Mapping[str, Any]) -> None:
        self.folder = beside.absolute().parent / f".{beside.name}.parts"
        said = json.dumps(settings, sort_keys=True, default=str)
        told = self.folder / SETTINGS
        if self.folder.exists() and (not told.exists() or told.read_text(encoding="utf-8") != said):
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not told.exists():
            with new_file(told) as draft:
                draft.write_text(said, encoding="utf-8")

    def part(self, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Return the part ``name``: read if it was finished before, else made and kept."""
        path = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"
        if not path.exists():
            found = make()
            with new_file(path) as draft:
                found.write_parquet(draft)
        return pl.read_parquet(path)

    def done(self) -> None:
        """Throw the parts away: the output is made."""
        shutil.rmtree(self.folder, ignore_errors=True)
