"""Tables of common connectors (one CSV for each table of the interface, as Fivetran lays them out) as records.

A table is known by columns that only it has. Its rows get the names that the interface itself uses, so that one reader
serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from credrisk.sources.erp.account import FileAccount
from credrisk.sources.erp.bodies import Body, Record
from credrisk.sources.erp.cells import LINE
from credrisk.sources.erp.files import ExportFile
from credrisk.sources.erp.postings import Postings

__all__ = ["Names", "TableKind", "last_sync", "records_of_table", "table_kind", "table_not_needed"]

Names = Mapping[str, str | tuple[str, ...]]
DELETED = "_fivetran_deleted"
SYNCED = "_fivetran_synced"


@dataclass(frozen=True)
class TableKind:
    """A table of a connector.

    Attributes
    ----------
    kind
        What its rows are, by the interface's name.
    marks
        Columns that together only this table has.
    names
        Columns and where the interface has them: a key, or a path of keys.
    """

    kind: str
    marks: tuple[str, ...]
    names: Names = field(default_factory=dict)


def table_kind(file: ExportFile, kinds: Sequence[TableKind]) -> TableKind | None:
    """Return which of the tables a file is: the one with most marks, all of them there."""
    if file.kind not in ("csv", "xlsx"):
        return None
    header = set(file.header)
    fitting = [one for one in kinds if set(one.marks) <= header]
    return max(fitting, key=lambda one: len(one.marks), default=None)


def records_of_table(
    file: ExportFile, table: TableKind, postings: Postings, *, finish: Callable[[Body], None] | None = None
) -> list[Record]:
    """Return the rows of a table as records; empty rows are counted, ragged ones set aside.

    Parameters
    ----------
    finish
        Completes each body in place; the cells that were not named are in it by their column.
    """
    postings.count_blank(file.name, file.cells.blank)
    for place, line in file.cells.ragged:
        ragged = Record(table.kind, {"line": line}, file.name, place)
        postings.set_aside(ragged, "ragged_line", "", table=table.kind, key=None)
    made = []
    for row in file.rows():
        body: Body = {}
        for column, value in row.items():
            if value is None or column == LINE:
                continue
            path = table.names.get(column, column)
            _put(body, (path,) if isinstance(path, str) else path, value)
        if str(row.get(DELETED)).lower() in ("true", "1"):
            body["status"] = "Deleted"
        if finish is not None:
            finish(body)
        made.append(Record(table.kind, body, file.name, row[LINE]))
    return made


def last_sync(file: ExportFile) -> str | None:
    """Return the day on which a table was last brought up to date; None where it does not say."""
    synced = file.cells.frame[SYNCED].drop_nulls() if SYNCED in file.header else None
    return None if synced is None or synced.is_empty() else str(synced.max())[:10]


def table_not_needed(file: ExportFile) -> FileAccount:
    """Return the account of a table of which no row is read."""
    cells = file.cells
    left_out = {"a table that is not needed": cells.read - cells.blank}
    return FileAccount("none", file.name, cells.read, 0, cells.blank, left_out=left_out)


def _put(body: Body, path: tuple[str, ...], value: str) -> None:
    for key in path[:-1]:
        body = body.setdefault(key, {})
    body[path[-1]] = value
