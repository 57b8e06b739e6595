"""The tables of the receivables themselves: accounts, open-item documents, cash, and what was applied to what."""

from __future__ import annotations

from credrisk.ledger.declaration import Column, Table, currency_column, known_column

__all__ = [
    "APPLICATIONS",
    "APPLICATION_KINDS",
    "CUSTOMERS",
    "CUSTOMER_HISTORY",
    "DOCUMENTS",
    "DOCUMENT_CHANGES",
    "RECEIPTS",
]

CUSTOMERS = Table(
    "customers",
    "an account",
    ("customer_id",),
    (
        Column("customer_id", "id", required=True),
        Column("name", "text"),
        Column("country", "code", "ISO 3166 two letters where known"),
        Column("street", "text", "with the number of the house"),
        Column("postcode", "text"),
        Column("city", "text"),
        Column("currency", "code", "ISO 4217; the ledger's currency where empty"),
        Column("industry", "text", dated=False),
        Column("opened_on", "date"),
        Column("seller_entity", "text", dated=False),
        Column("payer_id", "id", dated=False),
        Column("ap_contact_id", "id", dated=False),
        Column("lei", "id"),
        Column("cik", "id"),
        Column("company_number", "id"),
        Column("duns", "id"),
        Column("vat_id", "id"),
    ),
    event="opened_on",
    required=True,
)

CUSTOMER_HISTORY = Table(
    "customer_history",
    "a dated value of a changing attribute",
    ("customer_id", "attribute", "valid_from", "recorded_at"),
    (
        Column("customer_id", "id", required=True),
        Column("attribute", "code", "terms_days, credit_limit, parent_id, collector, segment, ...", required=True),
        Column("value", "text", "a number in major units, or text; empty ends the value"),
        Column("valid_from", "date", required=True),
        known_column(),
    ),
    event="valid_from",
    known="recorded_at",
    refers=(("customer_id", "customers"),),
)

DOCUMENTS = Table(
    "documents",
    "an open-item document; an instalment is its own row",
    ("document_id",),
    (
        Column("document_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("seller_entity", "text"),
        Column("kind", "code", choices=("invoice", "debit_note", "credit_note", "late_fee", "down_payment")),
        Column("document_date", "date", required=True),
        Column(
            "due_date",
            "date",
            "original due date, never a later agreement; a credit note without one is due on its own date",
            required=True,
        ),
        Column("amount", "money", "gross; credit notes negative", required=True),
        Column("tax_amount", "money"),
        currency_column("the customer"),
        Column("order_id", "id"),
        known_column(),
    ),
    event="document_date",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"),),
    required=True,
)

DOCUMENT_CHANGES = Table(
    "document_changes",
    "a changed due date, re-bill or block",
    ("document_id", "field", "changed_on", "recorded_at"),
    (
        Column("document_id", "id", required=True),
        Column("field", "code", "due_date, rebilled_as, dunning_block, ...", required=True),
        Column("value", "text"),
        Column("changed_on", "date", required=True),
        known_column(),
    ),
    event="changed_on",
    known="recorded_at",
    refers=(("document_id", "documents"),),
)

RECEIPTS = Table(
    "receipts",
    "cash received, or paid back (negative)",
    ("receipt_id",),
    (
        Column("receipt_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("date", "date", required=True),
        Column("amount", "money", required=True),
        currency_column("the customer"),
        Column("method", "text"),
        known_column(),
    ),
    event="date",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"),),
)

APPLICATION_KINDS = (
    "payment",
    "credit_note",
    "discount",
    "deduction",
    "write_off",
    "offset",
    "recovery",
    "fx_difference",
    "reversal",
)
APPLICATIONS = Table(
    "applications",
    "an amount applied to a document; it reduces what is open there, a reversal (negative) reopens it",
    ("from_id", "to_document_id", "applied_on", "kind", "amount", "recorded_at"),
    (
        Column("from_id", "id", "receipt or credit note the amount comes from; empty for discounts, write-offs, ..."),
        Column("to_document_id", "id", required=True),
        Column("amount", "money", "in the document's currency", required=True),
        Column("applied_on", "date", required=True),
        Column("kind", "code", choices=APPLICATION_KINDS),
        known_column(),
        Column("from_kind", "code", choices=("receipt", "document", "none"), derived=True),
        Column("from_amount", "money", "in the receipt's currency, where that differs"),
        Column("currency", "code", "of the document", derived=True),
    ),
    event="applied_on",
    known="recorded_at",
    money_of="currency",
    refers=(("to_document_id", "documents"),),
)
