"""What `credrisk enrich` and `credrisk match` left in a folder: public facts, who was asked, and who is who.

The tables of the ledger among them (facts, events, market, ratings) go beside the ledger's own; on an equal key the
ledger's own row stands. The others say where the rows come from and what was not measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.injection import ESCAPED
from credrisk.ledger.ledger import DTYPES, Ledger
from credrisk.ledger.tables import TABLES
from credrisk.sources.base import ANSWERS

__all__ = ["MATCHES", "REGISTER", "PublicFolder", "read_public"]

MATCHES: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "register": pl.String(),
    "id_column": pl.String(),
    "entity": pl.String(),
    "entity_name": pl.String(),
    "score": pl.Float64(),
    "zone": pl.String(),
    "decided_by": pl.String(),
    "how": pl.String(),
    "reason": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
}
REGISTER: dict[str, pl.DataType] = {
    "register": pl.String(),
    "entity": pl.String(),
    "id_column": pl.String(),
    "name": pl.String(),
    "name_kind": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "country": pl.String(),
    "postcode": pl.String(),
    "city": pl.String(),
    "street": pl.String(),
    "legal_form": pl.String(),
    "status": pl.String(),
    "parent": pl.String(),
    "known_at": pl.Date(),
}
"""One row a name of an entity; ``known_at`` is the day that the copy of the register is of."""
OF_LEDGER = ("facts", "events", "market", "ratings")
OTHERS = {"answers": ANSWERS, "matches": MATCHES, "register": REGISTER}


@dataclass(frozen=True)
class PublicFolder:
    """The tables of the folder; one that is not there is empty, and ``has`` tells it from one without rows."""

    path: Path
    tables: dict[str, pl.DataFrame]
    answers: pl.DataFrame
    matches: pl.DataFrame
    register: pl.DataFrame
    has: frozenset[str]

    def beside(self, ledger: Ledger) -> Ledger:
        """Return the ledger with the folder's rows beside its own, which win on an equal key."""
        merged = dict(ledger.tables)
        for name, rows in self.tables.items():
            table = TABLES[name]
            own = ledger.table(name)
            both = pl.concat([own, rows.select(own.columns).cast(dict(own.schema))])
            rest = [column for column in table.names if column not in table.key]
            merged[name] = both.unique(table.key, keep="first", maintain_order=True).sort(*table.key, *rest)
        return ledger.replace(tables=merged)


def read_public(folder: str | PathLike[str]) -> PublicFolder:
    """Read the folder that ``credrisk enrich`` wrote.

    Raises
    ------
    ParameterError
        When it is no folder, or holds none of the tables.
    DataError
        When a table lacks a column that must be there, or a value is of another kind.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ParameterError("public", "the folder that credrisk enrich wrote", str(folder))
    found = frozenset(name for name in (*OF_LEDGER, *OTHERS) if (path / f"{name}.csv").is_file())
    if not found:
        raise ParameterError("public", f"a folder with one of {', '.join((*OF_LEDGER, *OTHERS))} (.csv)", str(folder))
    tables = {}
    for name in OF_LEDGER:
        if name in found:
            declared = TABLES[name]
            schema = {column.name: DTYPES[column.kind] for column in declared.columns}
            required = tuple(column.name for column in declared.columns if column.required)
            tables[name] = _read(path / f"{name}.csv", schema, required)
    others = {
        name: _read(path / f"{name}.csv", schema, ("customer_id",) if "customer_id" in schema else ("register",))
        if name in found
        else pl.DataFrame(schema=schema)
        for name, schema in OTHERS.items()
    }
    return PublicFolder(path, tables, **others, has=found)


def _read(path: Path, schema: dict[str, pl.DataType], required: tuple[str, ...]) -> pl.DataFrame:
    """Return the declared columns of a CSV; what a spreadsheet would have run is read without its apostrophe."""
    raw = pl.read_csv(path, infer_schema=False, null_values=[""])
    if missing := [name for name in required if name not in raw.columns]:
        raise DataError(f"{path} lacks columns.", columns=missing, remedy="run credrisk enrich again.")
    columns = []
    for name, dtype in schema.items():
        if name not in raw.columns:
            columns.append(pl.lit(None, dtype).alias(name))
        elif dtype == pl.String():
            escaped = pl.col(name).str.contains(ESCAPED)
            columns.append(pl.when(escaped).then(pl.col(name).str.slice(1)).otherwise(name).alias(name))
        elif dtype == pl.Date():
            columns.append(pl.col(name).str.to_date("%Y-%m-%d").alias(name))
        else:
            columns.append(pl.col(name).cast(dtype).alias(name))
    try:
        frame = raw.select(columns)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"{path} holds values of the wrong kind ({error}).", remedy="run credrisk enrich again."
        ) from None
    declared_required = [name for name in required if frame[name].null_count()]
    if declared_required:
        raise DataError(f"{path} holds rows without required values.", columns=declared_required)
    return frame
