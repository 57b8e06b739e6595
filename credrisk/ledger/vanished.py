"""Whether an extract lacks so much of what it is taken to cover that it rather holds a part of the books.

Posted documents hardly ever leave a ledger: mistakes are reversed by another posting. An export of the last twelve
months, or of what is open, lacks most of the rest. So between a correction and a part there is much room; from a
twentieth of the documents or of their money on, the update must be accepted by somebody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.absent import Absent
from credrisk.ledger.ledger import LedgerSettings
from credrisk.ledger.money import minor_factor
from credrisk.ledger.tables import TABLES
from credrisk.ledger.versions import current

__all__ = ["Vanished", "open_beyond", "refuse_vanished", "said_of", "vanished"]

LARGEST_SHARE = 0.05
"""Share of the rows or of the money that an extract may lack without anybody's word."""
FEWEST = 3
"""One or two rows are a correction by hand, however small the ledger."""


@dataclass(frozen=True)
class Vanished:
    """Rows of a table in one currency, of those that the project had: counts, and money in major units, unsigned."""

    table: str
    currency: str
    rows: int
    of_rows: int
    money: float
    of_money: float


def vanished(
    before: Mapping[str, pl.DataFrame], after: Mapping[str, pl.DataFrame], absent: Absent
) -> tuple[Vanished, ...]:
    """Return the documents, receipts and payments that end with an extract, where they are too many to be corrections.

    Of applications those count whose document stays, with less applied to it than before: a paid invoice is open again.
    """
    found = []
    for name in ("documents", "receipts"):
        if name in absent.ended:
            table = TABLES[name]
            rows = current(before[name]).filter(pl.col(table.event).is_between(absent.covers_from, absent.covers_to))
            ended = pl.col(table.key[0]).is_in(absent.ended[name].implode())
            found += _parts(name, rows.with_columns(_gone=pl.when(ended).then(pl.col("amount").abs()).otherwise(0)))
    if absent.applications is not None:
        found += _parts("applications", _less_applied(absent.applications, after))
    return tuple(one for one in found if _too_much(one))


def open_beyond(tables: Mapping[str, pl.DataFrame], absent: Absent) -> tuple[Vanished, ...]:
    """Return the open documents that the extract neither holds nor covers, of all that are open, by currency."""
    documents = current(tables["documents"])
    if "applications" in tables:
        applied = current(tables["applications"])
        paid = applied.group_by(document_id="to_document_id").agg(_paid=pl.col("amount").sum())
        from_documents = applied.filter(pl.col("from_kind") == "document")
        used = from_documents.group_by(document_id="from_id").agg(_used=pl.coalesce("from_amount", "amount").sum())
        documents = documents.join(paid, on="document_id", how="left").join(used, on="document_id", how="left")
        left = pl.col("amount") - pl.col("_paid").fill_null(0) + pl.col("_used").fill_null(0)
    else:
        left = pl.col("amount")
    beyond = ~pl.col("document_date").is_between(absent.covers_from, absent.covers_to)
    outside = beyond & pl.col("document_id").is_in(absent.kept["documents"].implode())
    rows = documents.filter(left != 0).with_columns(amount=left, _gone=pl.when(outside).then(left.abs()).otherwise(0))
    return tuple(one for one in _parts("documents", rows) if one.rows)


def said_of(one: Vanished) -> str:
    """Say how much of what it is."""
    what = "documents paid" if one.table == "applications" else one.table
    return f"{one.rows:,} of {one.of_rows:,} {what} ({one.currency} {one.money:,.2f})"


def refuse_vanished(found: Iterable[Vanished], settings: LedgerSettings, day: date) -> None:
    """Refuse an extract that lacks too much.

    Raises
    ------
    DataError
        When there is anything in ``found``.
    """
    parts = [f"{said_of(one)} would {_fate(one)}" for one in found]
    if parts:
        raise DataError(
            f"the extract of {day} is taken to hold every row of {settings.covers_from} to {settings.covers_to}, "
            f"and lacks much of what the project has for these days: {'; '.join(parts)}. Nothing was written.",
            remedy="if it holds only the last months (with open items from before, or without), say from which day on "
            "it holds everything: --covers-from DATE, or covers_from under [settings] of the mapping; if it holds "
            "any other part of the rows, --partial; if they really are gone from the books, --accept-deleted. "
            "--dry-run lists them.",
        )


def _fate(one: Vanished) -> str:
    return "have less paid on them than before" if one.table == "applications" else "be taken as deleted"


def _less_applied(before: pl.DataFrame, after: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the documents that stay and had something applied to them: what that was, and by how much it is less."""
    stay = current(after["documents"]).select(to_document_id="document_id")
    sums = [
        frame.group_by("to_document_id", "currency").agg(pl.col("amount").sum())
        for frame in (before, current(after["applications"]))
    ]
    keys = ["to_document_id", "currency"]
    both = sums[0].join(sums[1], on=keys, how="left", suffix="_after").join(stay, on="to_document_id", how="semi")
    less = pl.col("amount").abs() - pl.col("amount_after").fill_null(0).abs()
    return both.with_columns(_gone=less.clip(0))


def _parts(name: str, rows: pl.DataFrame) -> list[Vanished]:
    sums = (
        rows.group_by("currency")
        .agg(
            rows=(pl.col("_gone") != 0).sum(),
            of_rows=pl.len(),
            money=pl.col("_gone").sum(),
            of_money=pl.col("amount").abs().sum(),
        )
        .sort("currency")
    )
    return [
        Vanished(name, code, count, of_count, money / minor_factor(code), of_money / minor_factor(code))
        for code, count, of_count, money, of_money in sums.rows()
    ]


def _too_much(one: Vanished) -> bool:
    most = max(one.rows / one.of_rows, one.money / one.of_money if one.of_money else 0.0)
    return one.rows >= FEWEST and most > LARGEST_SHARE
