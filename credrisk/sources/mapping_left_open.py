"""What is left open of a document, as an amount that a mapping may use: ``{ constant = "left_open" }``.

An export often says that a document was written off, and not how much: it is what was not paid, by whichever file. The
amount is the document's less all that pays or closes it; where nothing is left, there is nothing to write off.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.ledger.contract import CASH
from credrisk.sources.mapping_instalments import NAMED, amount_of, units_of

__all__ = ["LEFT_OPEN", "with_left_open", "without_left_open"]

LEFT_OPEN = "left_open"
"""What a mapping writes for the amount."""


def with_left_open(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with what is left open where an amount of the applications says ``left_open``.

    Rows of documents of which nothing is left are dropped, and so is a second row of one document. A document that is
    there twice, or whose amount cannot be read, keeps the word, and the ledger sets the row aside.

    Parameters
    ----------
    tables
        ``documents`` (``document_id, amount``) and what is paid on them, as a mapping makes them. Days of settlement
        count where no table holds the payments, as in the ledger.
    """
    applications = tables.get("applications")
    if (
        applications is None
        or "documents" not in tables
        or not {"amount", "to_document_id"} <= set(applications.columns)
    ):
        return dict(tables)
    wanted = _wanted(applications)
    if not wanted.any():
        return dict(tables)
    others = {**tables, "applications": applications.filter(~wanted)}
    left = _documents(tables["documents"]).join(_closed(others), on="number", how="left")
    left = left.select("number", left=pl.col("units") - pl.col("closed").fill_null(0))
    rows = applications.with_row_index("row").with_columns(wanted=wanted, number=_text("to_document_id"))
    rows = rows.join(left, on="number", how="left", maintain_order="left")
    again = pl.int_range(pl.len()).over("number", "wanted") > 0
    gone = pl.col("wanted") & ((pl.col("left") <= 0).fill_null(False) | (again & pl.col("left").is_not_null()))
    stated = pl.when("wanted").then(amount_of(pl.col("left"), pl.String())).otherwise(None)
    rows = rows.filter(~gone).with_columns(amount=pl.coalesce(stated, pl.col("amount").cast(pl.String)))
    return {**tables, "applications": rows.select(applications.columns)}


def without_left_open(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows whose amount the export states: of the others no sum can be told from the file."""
    return frame.filter(~_wanted(frame)) if "amount" in frame.columns else frame


def _wanted(frame: pl.DataFrame) -> pl.Series:
    return frame.select((_text("amount") == LEFT_OPEN).fill_null(False).alias("wanted")).to_series()


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _documents(documents: pl.DataFrame) -> pl.DataFrame:
    """Return ``number, units`` of the documents that are there once and whose amount reads."""
    rows = documents.select(number=_text("document_id"), units=units_of(pl.col("amount"))).drop_nulls("number")
    return rows.filter(pl.len().over("number") == 1).drop_nulls("units")


def _closed(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return ``number, closed`` of what pays or closes the documents."""
    parts = [
        tables[name].select(number=_text(number), units=units_of(pl.col("amount")))
        for name, (number, _) in NAMED.items()
        if name in tables and {number, "amount"} <= set(tables[name].columns)
    ]
    if not _paid_by_tables(tables) and "settled_on" in tables["documents"].columns:
        parts.append(_settled(tables["documents"]))
    return pl.concat(parts).drop_nulls().group_by("number").agg(closed=pl.col("units").sum())


def _paid_by_tables(tables: Mapping[str, pl.DataFrame]) -> bool:
    kinds = tables["applications"]
    cash = "kind" in kinds.columns and kinds["kind"].is_in(CASH).any()
    return "payments" in tables or "receipts" in tables or bool(cash)


def _settled(documents: pl.DataFrame) -> pl.DataFrame:
    amount = units_of(pl.col("amount"))
    paid = pl.coalesce(units_of(pl.col("settled_amount")), amount) if "settled_amount" in documents.columns else amount
    settled = documents.filter(_text("settled_on").is_not_null())
    return settled.select(number=_text("document_id"), units=paid)
