"""What was read stays: new ratings join those of earlier readings, so that last year can be seen as it was known."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.atomic import new_file
from credrisk.errors import DataError
from credrisk.injection import ESCAPED, harmless
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.sources.licensed.gathered import LicensedResult

__all__ = ["FILES", "keep_licensed"]

FILES = {"ratings": "ratings.csv", "facts": "licensed_facts.csv", "events": "licensed_events.csv"}
"""Tables and their files; figures and events stand apart from those of the public sources."""


def keep_licensed(result: LicensedResult, folder: str | PathLike[str]) -> dict[str, tuple[int, int]]:
    """Add what was read to the files of a folder; a row that is there already is not added again.

    Returns
    -------
    dict
        By table: how many rows were added, and how many there are now.

    Raises
    ------
    DataError
        When a file that is there has other columns.
    """
    counts = {}
    for name, rows in result.tables().items():
        target = Path(folder) / FILES[name]
        before = _kept(target, name)
        key = list(TABLES[name].key)
        together = pl.concat([before, rows]).unique(key, keep="first", maintain_order=True)
        counts[name] = (together.height - before.height, together.height)
        if together.height > before.height or (name == "ratings" and not target.exists()):
            with new_file(target) as draft:
                texts = [column for column, kind in together.schema.items() if kind == pl.String]
                together.sort(key).with_columns(harmless(text) for text in texts).write_csv(draft)
    return counts


def _kept(target: Path, name: str) -> pl.DataFrame:
    schema = {column.name: DTYPES[column.kind] for column in TABLES[name].columns}
    if not target.exists():
        return pl.DataFrame(schema=schema)
    try:
        return pl.read_csv(target, infer_schema=False).select(
            pl.col(one).str.to_date("%Y-%m-%d") if kind == pl.Date else _plain(one).cast(kind)
            for one, kind in schema.items()
        )
    except pl.exceptions.PolarsError as error:
        remedy = "move it away, or give another folder."
        raise DataError(f"{target.name} is not a table that this command wrote ({error}).", remedy=remedy) from None


def _plain(name: str) -> pl.Expr:
    """Take off the apostrophe that was put before what a spreadsheet would run."""
    text = pl.col(name)
    return pl.when(text.str.contains(ESCAPED)).then(text.str.slice(1)).otherwise(text)
