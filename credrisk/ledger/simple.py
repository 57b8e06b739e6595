"""The simple form of a ledger: invoices with a settled date, or payments with an invoice number.

Most people can export that much. It becomes receipts and applications by declared rules, with ids made from the data,
so that the same source always gives the same ledger.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from credrisk.ledger.delimited import ROW
from credrisk.ledger.ledger import DTYPES, empty_table
from credrisk.ledger.tables import TABLES, Column, Table

__all__ = [
    "ACCEPTED",
    "ALIASES",
    "CLOSING",
    "DOCUMENTS_WITH_SETTLEMENT",
    "PAID",
    "PAYMENTS",
    "SETTLEMENT",
    "customers_from_documents",
    "receipts_from_applications",
    "receipts_from_payments",
    "receipts_from_settlements",
]

SETTLEMENT = (
    Column("settled_on", "date", "when the document was paid"),
    Column("settled_amount", "money", "what was paid; the whole document where empty"),
    Column("open_amount", "money", "what is open on the day of the export: only checks what the payments leave open"),
    Column("customer_name", "text", "where there is no table of customers"),
    Column("matched_by", "id", "code that a document shares with the payments that settle it (lettering)"),
)
"""Columns that ``documents`` may have beside the declared ones."""

DOCUMENTS_WITH_SETTLEMENT = replace(TABLES["documents"], columns=(*TABLES["documents"].columns, *SETTLEMENT))

CLOSING = (
    Column(
        "left_open",
        "flag",
        "yes on a write-off, discount or deduction without an amount: it closes all that is left open of the document "
        "on the day on which it is known",
    ),
)
"""Columns that ``applications`` may have beside the declared ones."""

PAID = "payment"
PAYMENTS = Table(
    "payments",
    "a payment with the number of the invoice it pays; it becomes a receipt and an application",
    ("payment_id", "document_id", "date", "amount"),
    (
        Column(
            "payment_id", "id", "rows with one payment_id, customer, date, currency and day of entry are one receipt"
        ),
        Column(
            "document_id",
            "id",
            "the invoice paid; empty: cash on account, or the debts that matched_by and the setting without_invoice "
            "name; then customer_id is needed",
        ),
        Column("customer_id", "id", "the document's customer where empty"),
        Column("date", "date", required=True),
        Column("amount", "money", "in the document's currency", required=True),
        Column("currency", "code", "of the document, else of the customer", derived=True),
        Column("method", "text"),
        Column("recorded_at", "date", "when the row was entered; the date where the export lacks it"),
        Column("matched_by", "id", "code that a payment shares with the documents that it settles (lettering)"),
        Column(
            "kind",
            "code",
            "payment where empty; a write-off, discount, deduction or offset is no money: it closes what it names, or "
            "what shares its code, or the oldest debt of its customer on its day",
            choices=(PAID, "write_off", "discount", "deduction", "offset"),
        ),
    ),
    event="date",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"), ("document_id", "documents")),
)

ACCEPTED: dict[str, Table] = {
    **TABLES,
    "documents": DOCUMENTS_WITH_SETTLEMENT,
    "applications": replace(TABLES["applications"], columns=(*TABLES["applications"].columns, *CLOSING)),
    "payments": PAYMENTS,
}
"""Every table that a source may hold."""

_INVOICE = dict.fromkeys(("invoice_number", "invoice_id", "invoice_no", "invoice"), "document_id")
ALIASES: dict[str, dict[str, str]] = {
    "documents": {**_INVOICE, "invoice_date": "document_date", "settled_date": "settled_on"},
    "payments": {**_INVOICE, "payment_date": "date", "customer": "customer_id"},
}
"""Other names that the simple form accepts, by table."""


def customers_from_documents(documents: pl.DataFrame) -> pl.DataFrame:
    """Return one customer for every customer_id of the documents, with the first of its names in their order."""
    named = documents.group_by("customer_id").agg(pl.col("customer_name").drop_nulls().min().alias("name"))
    return _shaped("customers", named.drop_nulls("customer_id"))


def receipts_from_settlements(documents: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return a receipt and its application for every settled document.

    The receipt is called ``settled:`` and the document's id. An empty amount is the whole document. A settled credit
    note is cash paid back: beside the invoices that it was set off against, the cash then sums to what was paid.
    """
    amount = pl.coalesce("settled_amount", "amount")
    settled = documents.filter(pl.col("settled_on").is_not_null()).select(
        "customer_id",
        "currency",
        receipt_id=pl.concat_str(pl.lit("settled:"), "document_id"),
        date="settled_on",
        amount=pl.when(pl.col("amount") < 0).then(-amount.abs()).otherwise(amount),
        recorded_at="settled_on",
        to_document_id="document_id",
    )
    return _shaped("receipts", settled), _shaped("applications", _payments_of(settled))


def receipts_from_payments(payments: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return receipts, applications of payments that name their invoice, and the lines that name none.

    Rows with one payment_id, customer, date, currency and day of entry are one receipt, called by that id (and ``/2``,
    ``/3``, ... where one payment_id has several). Without a payment_id each row is a receipt called ``payment:``, the
    document (or the customer), the date and a number. The lines are as they came, with their receipt_id. Rows of
    another kind than payment are no receipt.
    """
    place = pl.coalesce("document_id", "customer_id")
    order = ["customer_id", "date", "currency", "document_id", "amount", "recorded_at", "method"]
    payments = payments.with_columns(pl.col("kind").fill_null(PAID))
    rows = payments.sort("payment_id", *order).with_columns(
        pl.int_range(1, pl.len() + 1).over(place, "date").cast(pl.String).alias("_number"),
    )
    own = pl.struct("customer_id", "date", "currency", "recorded_at").rank("dense").over("payment_id").cast(pl.String)
    made = pl.concat_str(pl.lit("payment:"), place, pl.lit(":"), pl.col("date").cast(pl.String), pl.lit(":"), "_number")
    named = (
        pl.when(pl.col("_part") == "1").then("payment_id").otherwise(pl.concat_str("payment_id", pl.lit("/"), "_part"))
    )
    rows = rows.with_columns(own.alias("_part")).with_columns(
        pl.when(pl.col("payment_id").is_null()).then(made).otherwise(named).alias("receipt_id")
    )
    receipts = (
        rows.filter(kind=PAID)
        .group_by("receipt_id", "customer_id", "currency", "date")
        .agg(pl.col("amount").sum(), pl.col("method").drop_nulls().min(), pl.col("recorded_at").min())
    )
    applied = rows.filter(pl.col("document_id").is_not_null()).with_columns(to_document_id="document_id")
    closing = applied.filter(pl.col("kind") != PAID).with_columns(from_kind=pl.lit("none"), applied_on="date")
    closed = [
        _shaped("applications", _payments_of(applied.filter(kind=PAID))),
        _shaped("applications", closing.drop("from_id", strict=False)),
    ]
    return _shaped("receipts", receipts), pl.concat(closed), rows.filter(pl.col("document_id").is_null())


def receipts_from_applications(
    applications: pl.DataFrame, documents: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the receipts that applications come from where the ledger has no table of them, and which is of which row.

    One receipt for each from_id that is no document, day of application and day on which it was known: what is applied
    or taken back later must not change what had been received before. The first keeps the id, the others have the day
    of application behind it (and the day on which it was known, where that is another). A receipt belongs to the
    customer of its documents (the first in order, where there are several) and is known when they are.
    """
    owners = documents.select(
        "customer_id", to_document_id="document_id", seen=pl.max_horizontal("document_date", "recorded_at")
    )
    named = applications.filter(pl.col("from_kind").is_null()).join(owners, on="to_document_id", how="inner")
    known = pl.max_horizontal("recorded_at", "seen")
    named = named.with_columns(known=known, visible=pl.max_horizontal("applied_on", known))
    first = pl.struct("visible", "applied_on", "known").rank("dense").over("from_id") == 1
    entered = pl.when(pl.col("known") != pl.col("applied_on")).then(pl.format(":{}", "known")).otherwise(pl.lit(""))
    later = pl.format("{}:{}{}", "from_id", "applied_on", entered)
    named = named.with_columns(receipt_id=pl.when(first).then("from_id").otherwise(later))
    receipts = named.group_by("receipt_id", "currency", date="applied_on", recorded_at="known").agg(
        pl.col("customer_id").min(), pl.col("amount").sum()
    )
    return _shaped("receipts", receipts), named.select(ROW, "receipt_id")


def _payments_of(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        pl.col("receipt_id").alias("from_id"),
        pl.col("date").alias("applied_on"),
        pl.lit("payment").alias("kind"),
        pl.lit("receipt").alias("from_kind"),
    )


def _shaped(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Give a frame the declared columns in the declared order."""
    empty = empty_table(name)
    absent = [pl.lit(None, DTYPES[c.kind]).alias(c.name) for c in TABLES[name].columns if c.name not in frame.columns]
    return frame.with_columns(absent).select(empty.columns).cast(empty.schema)
