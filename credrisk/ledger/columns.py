"""Which column of the source is which column of the table, and a clear error for a missing one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.delimited import RAGGED, ROW
from credrisk.ledger.findings import Finding
from credrisk.ledger.names import plain_name
from credrisk.ledger.tables import Table

__all__ = ["match_columns"]


def match_columns(
    frame: pl.DataFrame, header: Sequence[str], table: Table, *, source: str, aliases: dict[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...], list[Finding]]:
    """Return the frame with the table's columns under their declared names (absent ones null), and which were given.

    Parameters
    ----------
    frame
        As found in the source: columns called "0", "1", ... after their place, with :data:`ROW` and :data:`RAGGED`.
    header
        Names of those columns as the source writes them.
    table
        The declaration to match.
    aliases
        Other names accepted where the declared one is absent: alias -> declared name.

    Raises
    ------
    DataError
        When a required column is missing (naming the columns there and near misses), or two columns of the source
        have the same name by the rule.
    """
    stated = {plain_name(name) for name in header}
    plain = [_declared(plain_name(name), stated, aliases) for name in header]
    _refuse_twice(header, plain, table, source)
    missing = [c.name for c in table.columns if c.required and c.name not in plain]
    if missing:
        raise DataError(
            f"required columns are missing in {source}: {', '.join(missing)}. "
            f"The columns there: {', '.join(map(str, header)) or 'none'}.{_near(missing, sorted(set(plain)))}",
            table=table.name,
            columns=missing,
            remedy="rename or add the columns, or import the export with a mapping file.",
        )
    unique = [name if name in table.names else _apart(plain, place) for place, name in enumerate(plain)]
    unknown = sorted(name for name in unique if name not in table.names)
    findings = []
    if named := sorted(name for name in plain if name and name not in table.names):
        findings.append(
            Finding(
                "note",
                table.name,
                "unknown_columns",
                f"{source} has columns that the table does not know; they were not used: {', '.join(named)}.",
                rows=frame.height,
            )
        )
    renamed = frame.rename({str(place): name for place, name in enumerate(unique)})
    absent = [pl.lit(None, pl.String).alias(c.name) for c in table.columns if c.name not in plain]
    given = (*(name for name in table.names if name in plain), *unknown)
    return renamed.with_columns(absent).select(ROW, RAGGED, *table.names, *unknown), given, findings


def _declared(name: str, stated: set[str], aliases: dict[str, str]) -> str:
    declared = aliases.get(name, name)
    return name if declared in stated else declared


def _apart(plain: Sequence[str], place: int) -> str:
    """Give a column that the table does not know a name of its own."""
    name = plain[place] or "unnamed"
    return f"{name} (column {place + 1})" if plain.count(plain[place]) > 1 or not plain[place] else name


def _refuse_twice(header: Sequence[str], plain: Sequence[str], table: Table, source: str) -> None:
    twice = sorted({name for name in plain if plain.count(name) > 1 and name in table.names})
    if twice:
        found = [given for given, name in zip(header, plain, strict=True) if name in twice]
        raise DataError(
            f"{source} has more than one column for {', '.join(twice)}: {', '.join(map(repr, found))}.",
            table=table.name,
            columns=twice,
            remedy="keep one of them.",
        )


def _near(missing: Sequence[str], present: Sequence[str]) -> str:
    near = {name: difflib.get_close_matches(name, present, n=2, cutoff=0.6) for name in missing}
    said = [f"{' or '.join(found)} for {name}" for name, found in near.items() if found]
    return f" Perhaps {', '.join(said)}?" if said else ""
