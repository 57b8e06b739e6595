"""The receivables ledger: its tables under contract, what was set aside, and what it covers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.errors import ParameterError
from credrisk.frames import given_out
from credrisk.ledger.tables import TABLES

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from credrisk.ledger.findings import Check

__all__ = ["DTYPES", "Ledger", "LedgerSettings"]

DTYPES: dict[str, pl.DataType] = {
    "id": pl.String(),
    "text": pl.String(),
    "code": pl.String(),
    "date": pl.Date(),
    "money": pl.Int64(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "flag": pl.Boolean(),
}
"""Polars type of each kind of column."""


@dataclass(frozen=True)
class LedgerSettings:
    """What the ledger states about itself.

    Attributes
    ----------
    currency
        Reporting currency (ISO 4217): balances in other currencies are translated into it.
    covers_from, covers_to
        First and last day (inclusive) for which the ledger holds every posting.
    extracted_on
        Day on which undated master data were true.
    static
        Columns of ``customers`` declared not to change, so that they may be used at any date.
    """

    currency: str
    covers_from: date
    covers_to: date
    extracted_on: date
    static: tuple[str, ...] = ()

    def ending(self, as_of: date) -> LedgerSettings:
        """Return the settings of the ledger cut at ``as_of``."""
        return dataclasses.replace(self, covers_to=min(self.covers_to, as_of))


def empty_table(name: str) -> pl.DataFrame:
    """Return ``name`` with its declared columns and no rows."""
    return _empty_table(name).clone()


@cache
def _empty_table(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema={column.name: DTYPES[column.kind] for column in TABLES[name].columns})


@dataclass(frozen=True)
class Ledger:
    """A receivables ledger whose every row has passed the contract.

    Attributes
    ----------
    tables
        Polars frames by table name, every declared column present in the declared order, rows sorted by key.
        Money is Int64 minor units of the row's ``currency``. A table that was not given is absent.
    settings
        Reporting currency, coverage, extract date.
    quarantine
        Rows that failed: table, source, row number, key, reason, column, value, amount, currency, row (JSON).
    intake
        Per table and currency: rows and money read, kept, quarantined. They tie out exactly.
    findings
        What the readers noticed and which declared rule they applied.
    """

    tables: Mapping[str, pl.DataFrame]
    settings: LedgerSettings
    quarantine: pl.DataFrame = field(default_factory=pl.DataFrame)
    intake: pl.DataFrame = field(default_factory=pl.DataFrame)
    findings: tuple[Any, ...] = ()

    def has(self, name: str) -> bool:
        """Tell whether the table was given (even if without rows)."""
        return name in self.tables

    def table(self, name: str) -> pl.DataFrame:
        """Return a table as a Polars frame; one that was not given comes back empty, with its columns."""
        if name not in TABLES:
            raise ParameterError("table", f"one of {', '.join(TABLES)}", name)
        return self.tables[name] if name in self.tables else empty_table(name)

    def replace(self, **changes: Any) -> Ledger:
        """Return a copy with some attributes replaced."""
        return dataclasses.replace(self, **changes)

    def cut(self, as_of: date | str) -> Ledger:
        """Return the ledger as it could be known at the end of ``as_of`` (inclusive)."""
        from credrisk.ledger.visibility import cut

        return cut(self, to_date(as_of))

    def check(self) -> Check:
        """Return the findings by severity with counts and money, and the tie-outs."""
        from credrisk.ledger.checks import check

        return check(self)

    @classmethod
    def read(
        cls,
        source: str | PathLike[str] | Mapping[str, Any],
        *,
        currency: str | None = None,
        covers_from: date | str | None = None,
        covers_to: date | str | None = None,
        extracted_on: date | str | None = None,
        static: tuple[str, ...] | None = None,
        max_line_bytes: int = 1_000_000,
        known_at: date | str | None = None,
    ) -> Ledger:
        """Read a ledger: a folder of CSV or Parquet, a workbook, DuckDB, a stored ledger, a project or frames."""
        from credrisk.ledger.read import read_ledger

        return read_ledger(
            source,
            currency=currency,
            covers_from=covers_from,
            covers_to=covers_to,
            extracted_on=extracted_on,
            static=static,
            max_line_bytes=max_line_bytes,
            known_at=known_at,
        )

    def write(self, target: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write the ledger: a folder of CSV (or ``.parquet`` files), ``.xlsx`` or ``.duckdb`` by the name's suffix."""
        from credrisk.ledger.write import write_ledger

        write_ledger(self, target, overwrite=overwrite)

    @overload
    def frame(self, name: str, *, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
    @overload
    def frame(self, name: str, *, output: Literal["polars"]) -> pl.DataFrame: ...
    def frame(self, name: str, *, output: str = "pandas") -> Any:
        """Return a table to look at: money as float64 in major units of its currency, pandas by default."""
        from credrisk.ledger.money import major_units

        declared, table = TABLES[name], self.table(name)
        shown = table.with_columns(major_units(amount, declared.money_of) for amount in declared.money)
        return given_out(shown, output)
