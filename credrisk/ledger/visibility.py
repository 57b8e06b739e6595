"""From when a row or a value may be seen: the one place where the point-in-time rule is written.

A row is visible at ``as_of`` if and only if both its event date and the date it was known are on or before ``as_of``.
A value that is filled in later (the outcome of a dispute) is visible from the date its column declares. Master data
without a date is known only as of the extract, unless the ledger declares the column static.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk.ledger.tables import TABLES, Table

if TYPE_CHECKING:
    from credrisk.ledger.ledger import Ledger, LedgerSettings

__all__ = ["cut", "master_visible_from", "visible_from"]


def visible_from(table: str) -> pl.Expr:
    """Return the date from which a row of ``table`` may be seen: the later of its event and known dates.

    Null (an account without an opening date) means always visible.
    """
    declared = TABLES[table]
    dates = [pl.col(name) for name in (declared.event, declared.known) if name]
    return pl.max_horizontal(dates)


def master_visible_from(column: str, settings: LedgerSettings) -> pl.Expr:
    """Return the date from which a column of ``customers`` may be seen; null means always.

    The account's opening; for a column without dates that is not declared static, not before the extract either.
    """
    always = _dated_or_static(TABLES["customers"].column(column).dated, column, settings)
    return pl.max_horizontal(visible_from("customers"), *([] if always else [pl.lit(settings.extracted_on)]))


def cut(ledger: Ledger, as_of: date) -> Ledger:
    """Return the ledger as it could be known at the end of ``as_of`` (rows dated ``as_of`` are included).

    Rows not yet visible are left out, values filled in later are blanked, and the coverage ends at ``as_of``.
    """
    tables = {name: _visible(frame, TABLES[name], as_of, ledger.settings) for name, frame in ledger.tables.items()}
    return ledger.replace(tables=tables, settings=ledger.settings.ending(as_of))


def _visible(frame: pl.DataFrame, table: Table, as_of: date, settings: LedgerSettings) -> pl.DataFrame:
    seen = frame.filter((visible_from(table.name) <= as_of).fill_null(True))
    return seen.with_columns(
        pl.when(_value_visible(column.visible_from, column.dated, column.name, as_of, settings))
        .then(pl.col(column.name))
        .alias(column.name)
        for column in table.columns
        if column.name in frame.columns and (column.visible_from or not column.dated)
    )


def _value_visible(filled_on: str, dated: bool, name: str, as_of: date, settings: LedgerSettings) -> pl.Expr:
    if filled_on:
        return pl.col(filled_on) <= as_of
    return pl.lit(_dated_or_static(dated, name, settings) or as_of >= settings.extracted_on)


def _dated_or_static(dated: bool, name: str, settings: LedgerSettings) -> bool:
    return dated or name in settings.static
