"""What was written off, and what of it was taken back later.

A reversal that comes from no receipt, on a document with something written off, takes back the latest write-off first,
at the rate of the write-off; so does a negative write-off. What moves on a document on one day is netted first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.features.label_settings import LabelSettings
from credrisk.features.open_items import Book, days_of, open_book
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS

__all__ = ["WriteOffs", "standing_write_offs", "write_offs_of"]

Array = npt.NDArray[Any]

_REVERSED = pl.Schema(
    {
        "customer": pl.Int64,
        "document_id": pl.String,
        "currency": pl.String,
        "document_kind": pl.String,
        "due": pl.Int64,
        "origin": pl.Int64,
        "day": pl.Int64,
        "minor": pl.Int64,
        "amount": pl.Float64,
    }
)


@dataclass(frozen=True)
class WriteOffs:
    """Write-offs and what was taken back of them, by document.

    Attributes
    ----------
    written
        ``customer, document_kind, day, amount``, above 0, in minor units of the ledger's currency.
    reversed
        The same for what was taken back on ``day`` of what was written off on ``origin``; beside it the
        ``document_id``, ``minor`` of its ``currency`` and its ``due`` day.
    """

    written: pl.DataFrame
    reversed: pl.DataFrame


def write_offs_of(book: Book) -> WriteOffs:
    """Return the write-offs of a book; those of credit notes are none."""
    counts = (pl.col("kind") == "write_off") | ((pl.col("kind") == "reversal") & (pl.col("from_kind") == "none"))
    written = pl.col("document_id").is_in(book.moves.filter(kind="write_off")["document_id"].unique().implode())
    moves = book.moves.filter(counts & written & (pl.col("document_kind") != "credit_note"))
    daily = (
        moves.with_columns(day=pl.Series(days_of(moves["date"]), dtype=pl.Int64), due=_due(moves))
        .group_by("customer", "document_id", "currency", "document_kind", "due", "day")
        .agg(minor=-pl.sum("amount"))
        .filter(pl.col("minor") != 0)
        .sort("customer", "document_id", "day")
    )
    amount = book.rates.translate_rows(
        daily["minor"].clip(0).to_numpy(), daily["currency"].to_numpy(), daily["day"].to_numpy()
    )
    daily = daily.with_columns(amount=pl.Series(amount, dtype=pl.Float64))
    touched = daily.filter((pl.col("minor") < 0).any().over("document_id"))
    return WriteOffs(
        daily.filter(pl.col("minor") > 0).select("customer", "document_kind", "day", "amount"), _taken_back(touched)
    )


def standing_write_offs(
    ledger: Ledger, *, customers: Collection[str], settings: LabelSettings | None = None
) -> pl.DataFrame:
    """Return what stands written off of some customers, by the day of the write-off; notes of late fees as they count.

    Returns
    -------
    polars.DataFrame
        ``customer_id, date, amount``, sorted: above 0, in major units of the ledger's currency, less what was taken
        back by the end of the ledger.
    """
    settings = settings or LabelSettings()
    book = open_book(ledger)
    counted = pl.lit(True) if settings.count_late_fees else pl.col("document_kind") != "late_fee"
    numbers = book.numbered(pl.DataFrame({"customer_id": sorted(customers)}, schema={"customer_id": pl.String}))
    found = write_offs_of(book)
    taken_back = found.reversed.filter(counted).select("customer", day="origin", amount=-pl.col("amount"))
    scale = 10.0 ** EXPONENTS[ledger.settings.currency]
    return (
        pl.concat([found.written.filter(counted).select("customer", "day", "amount"), taken_back])
        .group_by("customer", "day")
        .agg(pl.col("amount").sort().sum())
        .join(numbers, on="customer")
        .filter(pl.col("amount").round() > 0)
        .select("customer_id", date=pl.col("day").cast(pl.Int32).cast(pl.Date), amount=pl.col("amount") / scale)
        .sort("customer_id", "date")
    )


def _taken_back(daily: pl.DataFrame) -> pl.DataFrame:
    """Match what was taken back of each document with its write-offs, the latest first."""
    found = []
    for _, rows in groupby(daily.iter_rows(named=True), key=lambda row: row["document_id"]):
        standing: list[list[Any]] = []
        for row in rows:
            if row["minor"] > 0:
                standing.append([row["day"], row["minor"], row["amount"]])
                continue
            left = -row["minor"]
            while left and standing:
                origin, minor, amount = standing[-1]
                part = min(left, minor)
                share = amount if part == minor else float(np.rint(amount * part / minor))
                standing[-1][1:] = minor - part, amount - share
                left -= part
                if part == minor:
                    standing.pop()
                found.append({**row, "origin": origin, "minor": part, "amount": share})
    return (
        pl.DataFrame(found, schema_overrides=_REVERSED).select(list(_REVERSED))
        if found
        else pl.DataFrame(schema=_REVERSED)
    )


def _due(moves: pl.DataFrame) -> pl.Series:
    return pl.Series(days_of(moves["due_date"]), dtype=pl.Int64)
