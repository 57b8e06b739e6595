"""The last day that an export covers, as a date of a mapping: ``{ constant = "covers_to" }``, or as ``default``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.density import covered_days
from credrisk.sources.mapping_rules import ImportMap
from credrisk.sources.mapping_targets import TARGETS
from credrisk.sources.mapping_values import read_date

__all__ = ["LAST_DAY", "with_last_day"]

LAST_DAY = "covers_to"
"""What a mapping writes for the day; it is also the name of the setting that states it."""
_POSTED = (
    ("documents", "documents", "document_date"),
    ("documents", "receipts", "settled_on"),
    ("payments", "receipts", "date"),
    ("receipts", "receipts", "date"),
    ("applications", "receipts", "applied_on"),
)
"""Table of the mapping, what its date is a posting of, and the date."""


def with_last_day(rules: ImportMap, tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with the last day covered where a rule of a date says ``covers_to``.

    It is the setting of the mapping, else told from the density of the postings as the ledger tells it.

    Raises
    ------
    DataError
        When the mapping does not state the day and no date reads without its format.
    """
    wanted = {
        (one.table, rule.target)
        for one in rules.tables
        for rule in one.columns
        if LAST_DAY in (rule.constant, rule.default) and TARGETS[one.table][rule.target].kind == "date"
    }
    if not wanted:
        return dict(tables)
    day = dict(rules.settings).get(LAST_DAY) or _told(tables)
    if day is None:
        raise DataError(
            f"{rules.name} asks for the last day covered, and no date of documents or payments tells it.",
            remedy="state covers_to in [settings], or the formats of the dates.",
        )
    made = dict(tables)
    for table, column in sorted(wanted):
        text = pl.col(column).cast(pl.String)
        made[table] = made[table].with_columns(
            pl.when(text == LAST_DAY).then(pl.lit(str(day))).otherwise(text).alias(column)
        )
    return made


def _told(tables: Mapping[str, pl.DataFrame]) -> date | None:
    postings: dict[str, list[pl.DataFrame]] = {"documents": [], "receipts": []}
    for table, of, column in _POSTED:
        if table in tables and column in tables[table].columns:
            days = tables[table].select(read_date(pl.col(column).cast(pl.String), ()).alias("day"))
            postings[of].append(days.drop_nulls())
    named = {"documents": ("document_id", "document_date"), "receipts": ("receipt_id", "date")}
    frames = {
        of: pl.concat(parts).select(
            pl.lit("").alias(named[of][0]),
            pl.col("day").alias(named[of][1]),
            pl.lit("EUR").alias("currency"),
            pl.lit(0).alias("amount"),
        )
        for of, parts in postings.items()
        if parts
    }
    return covered_days(frames, from_given=None, to_given=None, findings=[])[1]
