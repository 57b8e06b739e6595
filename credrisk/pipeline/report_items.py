"""The open items of the pack: how late each is, what of it is disputed, until when it is promised."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.ageing import column_of

__all__ = ["report_items"]


def report_items(seen: Ledger, *, as_of: date, promises: pl.DataFrame, edges: tuple[int, ...]) -> pl.DataFrame:
    """Return every open item of a ledger cut at ``as_of``.

    Parameters
    ----------
    promises
        Of :func:`credrisk.promise_ledger`; empty where there is no table of promises.
    edges
        Last day of each ageing bucket but the oldest.

    Returns
    -------
    polars.DataFrame
        The columns that :class:`credrisk.reports.book.Book` declares for ``items``, in its order.
    """
    documents = (
        seen.table("documents").group_by("document_id").agg(pl.first("document_date"), original=pl.sum("amount"))
    )
    promised = (
        promises.filter((pl.col("state") == "open") & pl.col("document_id").is_not_null())
        .group_by("document_id")
        .agg(promised_on=pl.col("due_on").max())
        if promises.width
        else pl.DataFrame(schema={"document_id": pl.String, "promised_on": pl.Date})
    )
    late = (pl.lit(as_of) - pl.col("due_date")).dt.total_days()
    found = (
        open_items(seen, item_movements(seen))
        .rename({"residual": "amount"})
        .with_columns(bucket=column_of(edges, as_of), days_past_due=late, open_in_currency="amount")
        .join(documents, on="document_id", how="left")
        .join(promised, on="document_id", how="left")
    )
    if not seen.has("disputes"):
        found = found.with_columns(disputed=pl.lit(None, dtype=pl.Int64))
    translated = in_ledger_currency(found, ["open_in_currency", "disputed"], seen, as_of)
    money = translated.with_columns(major_units("original", "currency"), major_units("amount", "currency"))
    return (
        money.rename({"amount": "open_amount", "original": "amount", "document_kind": "kind"})
        .select(
            "customer_id",
            "document_id",
            "kind",
            "document_date",
            "due_date",
            "days_past_due",
            "bucket",
            "currency",
            "amount",
            "open_amount",
            "open_in_currency",
            "disputed",
            "promised_on",
        )
        .sort("customer_id", "due_date", "document_id", nulls_last=True)
    )
