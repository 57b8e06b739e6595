"""Payments taken back that name the payment and no document: a returned cheque opens again what the cheque had paid.

``NSF check 4004`` names cheque 4004, not the invoice. The row is made one of each line of that payment, in its place,
with the sign turned. Only where nothing else fits: the cell is no document's number, one earlier payment of the same
customer has a number among its words, and the money taken back is all of that payment. Everything else stays as it
came, and the ledger sets it aside.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from credrisk.sources.mapping_instalments import amount_of, units_of
from credrisk.sources.mapping_values import read_date

__all__ = ["name_what_was_paid"]

_NEEDED = {"payment_id", "document_id", "customer_id", "date", "amount"}
_WORDS = r"[0-9A-Za-z][0-9A-Za-z/_.-]*"


def name_what_was_paid(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Return the tables with payments taken back on the documents that their payment had named.

    Parameters
    ----------
    tables
        ``documents`` (``document_id``) and ``payments`` in the simple form, as a mapping makes them. Lines on account
        of the payment (without document) are taken back on account.
    """
    payments = tables.get("payments")
    if payments is None or "documents" not in tables or not set(payments.columns) >= _NEEDED:
        return dict(tables)
    text = {name: pl.col(name).cast(pl.String) for name in ("payment_id", "document_id", "customer_id")}
    lines = payments.with_row_index("row").select(
        "row", **text, day=read_date(pl.col("date").cast(pl.String), ()), units=units_of(pl.col("amount"))
    )
    numbers = tables["documents"].select(number=pl.col("document_id").cast(pl.String)).drop_nulls().unique()
    back = lines.filter(pl.col("units") < 0).join(numbers, left_on="document_id", right_on="number", how="anti")
    back = back.drop_nulls(["document_id", "customer_id", "day"])
    if back.is_empty():
        return dict(tables)
    of_payment = ["payment_id", "customer_id"]
    paid = lines.filter(pl.col("units") > 0).join(back.select("customer_id").unique(), on="customer_id", how="semi")
    whole = paid.group_by(of_payment).agg(pl.col("units").sum(), pl.col("day").max())
    words = (
        back.with_columns(named=pl.col("document_id").str.extract_all(_WORDS)).explode("named").unique(["row", "named"])
    )
    fits = words.join(whole, left_on=["named", "customer_id"], right_on=of_payment, suffix="_paid")
    fits = fits.filter((pl.col("units") == -pl.col("units_paid")) & (pl.col("day_paid") <= pl.col("day")))
    fits = fits.filter((pl.len().over("row") == 1) & (pl.len().over(["named", "customer_id"]) == 1))
    if fits.is_empty():
        return dict(tables)
    parts = fits.select("row", "customer_id", payment_id="named").join(paid.drop("row", "day"), on=of_payment)
    parts = parts.select("row", number="document_id", units=-pl.col("units")).with_columns(taken=True)
    rows = payments.with_row_index("row").join(parts, on="row", how="left", maintain_order="left")
    taken = pl.col("taken").is_not_null()
    amount = amount_of(pl.col("units"), payments.schema["amount"])
    number = pl.when(taken).then("number").otherwise(pl.col("document_id").cast(pl.String))
    rows = rows.with_columns(amount=pl.when(taken).then(amount).otherwise("amount"), document_id=number)
    return {**tables, "payments": rows.select(payments.columns)}
