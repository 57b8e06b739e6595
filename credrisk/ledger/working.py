"""A table on its way in: raw beside read, every row either good or with the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from credrisk.ledger.containers import Origin
from credrisk.ledger.delimited import RAGGED, ROW
from credrisk.ledger.findings import Finding, Severity, few
from credrisk.ledger.tables import Table

__all__ = ["COLUMN", "GOOD", "REASON", "Working"]

REASON = "_reason"
"""Why the row is set aside; null while it is good."""
COLUMN = "_column"
"""The column at fault."""
GOOD = pl.col(REASON).is_null()


@dataclass(frozen=True)
class Distinct:
    """The different texts of a column, and which of them each row has; without places every row has its own."""

    texts: pl.Series
    places: pl.Series | None

    def spread(self, values: pl.Series) -> pl.Series:
        """Return what belongs to the texts for every row."""
        return values if self.places is None else values.gather(self.places)


@dataclass
class Working:
    """One table being read.

    Attributes
    ----------
    raw
        The cells as found, under their matched names, with the row number. Texts may be categories: see
        :meth:`cells`.
    given
        Names of the columns that the source really had.
    frame
        The cells as read: one row for every row of ``raw``, good or not, with :data:`REASON` and :data:`COLUMN`.
    decimal_comma
        How the numeric attributes of the customer history are written; None where nothing decides it.
    read_money
        Rows and minor units per currency, taken when the amounts had been read: what must tie out.
    """

    table: Table
    source: str
    scope: str
    origin: Origin
    raw: pl.DataFrame
    given: tuple[str, ...]
    frame: pl.DataFrame = field(init=False)
    read_money: pl.DataFrame = field(init=False)
    decimal_comma: bool | None = False

    def __post_init__(self) -> None:
        """Start with every row good but the ragged ones."""
        nothing = pl.lit(None, pl.String)
        ragged = pl.when(pl.col(RAGGED).is_not_null()).then(pl.lit("ragged_line"))
        any_ragged = self.raw[RAGGED].null_count() < self.raw.height
        self.frame = self.raw.select(ROW, (ragged if any_ragged else nothing).alias(REASON), nothing.alias(COLUMN))

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.table.name

    @property
    def key(self) -> str:
        """The id of a row, or the first part of its key."""
        return self.table.key[0]

    @property
    def money(self) -> str | None:
        """The money column that ties out: the first that the table declares."""
        return self.table.money[0] if self.table.money else None

    @property
    def good(self) -> pl.DataFrame:
        """The rows without fault."""
        return self.frame if self.frame[REASON].null_count() == self.frame.height else self.frame.filter(GOOD)

    def cells(self, column: str) -> pl.Series:
        """Return a column's cells as found; categories are the texts again."""
        raw = self.raw[column]
        return raw.cast(pl.String) if isinstance(raw.dtype, pl.Categorical) else raw

    def distinct(self, column: str) -> Distinct:
        """Return the different cells of a column of categories, so that each is read once; of any other, all."""
        raw = self.raw[column]
        if not isinstance(raw.dtype, pl.Categorical):
            return Distinct(raw, None)
        used = raw.drop_nulls().unique()
        codes = used.to_physical().to_numpy()
        place = np.zeros(int(codes.max(initial=0)) + 1, dtype=np.uint32)
        place[codes] = np.arange(codes.size, dtype=np.uint32)
        return Distinct(used.cast(pl.String), pl.Series(place).gather(raw.to_physical()))

    def put(self, column: str, values: pl.Series, fault: pl.Series | None = None) -> None:
        """Set a column as read, and set aside the rows whose cell has a fault."""
        self.frame = self.frame.with_columns(values.alias(column))
        if fault is not None and fault.null_count() < fault.len():
            self.set_aside(pl.lit(fault), column)

    def set_aside(self, reason: pl.Expr, column: str) -> None:
        """Set aside the good rows where ``reason`` is not null."""
        at_fault = GOOD & reason.is_not_null()
        if not self.frame.select(at_fault.any()).item():
            return
        self.frame = self.frame.with_columns(
            pl.when(at_fault).then(pl.lit(column)).otherwise(COLUMN).alias(COLUMN),
            pl.when(at_fault).then(reason).otherwise(REASON).alias(REASON),
        )

    def finding(
        self, code: str, message: str, rows: pl.DataFrame, *, severity: Severity = "note", remedy: str = ""
    ) -> Finding:
        """Return a finding on some rows of this table, with their ids."""
        return Finding(severity, self.name, code, message, rows.height, few(rows[self.key]), remedy=remedy)
