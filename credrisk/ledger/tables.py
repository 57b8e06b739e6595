"""The ledger's contract: which tables there are, what one row is, and from when each value may be seen.

This is the one declaration. The pandera schemas (:mod:`credrisk.ledger.schema`), the readers, the as-of cut and
``docs/data-model.md`` are all derived from it, so importing it costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["APPLICATION_KINDS", "TABLES", "Column", "Table"]

Kind = Literal["id", "text", "code", "date", "money", "number", "integer"]
"""``code`` is text from a short list or register (currency, country); ``money`` is Int64 minor units in the ledger."""


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it must be filled, and from when its values may be seen.

    Attributes
    ----------
    required
        The column must be present and filled in every row.
    choices
        The only values allowed (lower case); empty means free.
    visible_from
        A date column of the same table: the value is filled in later and is hidden before that date.
    dated
        False for master data that carries no date: known only as of the extract, hidden before it
        unless the ledger's settings declare the column static.
    derived
        Filled by credrisk on the way in, not expected from the user.
    minimum, maximum
        Bounds of a number, inclusive.
    above
        Bound that a number must exceed.
    """

    name: str
    kind: Kind
    note: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    visible_from: str = ""
    dated: bool = True
    derived: bool = False
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None

    @property
    def bounds(self) -> str:
        """The bounds in words; empty where there are none."""
        said = {"at least": self.minimum, "at most": self.maximum, "above": self.above}
        return " and ".join(f"{words} {bound:g}" for words, bound in said.items() if bound is not None)


@dataclass(frozen=True)
class Table:
    """One table: its key, the date something happened and the date it was known.

    Attributes
    ----------
    event
        Column with the date on which the row happened ("" where the table has none).
    known
        Column with the date on which the row was known ("" = the event date is assumed).
    refers
        Foreign keys: column -> (table, column).
    money_of
        The column of this table that names the currency of its money columns.
    """

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    event: str = ""
    known: str = ""
    money_of: str = ""
    refers: tuple[tuple[str, str], ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def money(self) -> tuple[str, ...]:
        """Names of the money columns."""
        return tuple(column.name for column in self.columns if column.kind == "money")


def _known(note: str = "when the row was entered; the event date where the export lacks it") -> Column:
    return Column("recorded_at", "date", note)


def _currency(of: str) -> Column:
    return Column("currency", "code", f"ISO 4217; the currency of {of} where empty")


_ENTITY_IDS = (
    Column("customer_id", "id", "the account, where matched"),
    Column("lei", "id"),
    Column("cik", "id"),
    Column("company_number", "id"),
    Column("duns", "id"),
)

CUSTOMERS = Table(
    "customers",
    "an account",
    ("customer_id",),
    (
        Column("customer_id", "id", required=True),
        Column("name", "text"),
        Column("country", "code", "ISO 3166 two letters where known"),
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
        _known(),
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
        Column("due_date", "date", "original due date, never a later agreement", required=True),
        Column("amount", "money", "gross; credit notes negative", required=True),
        Column("tax_amount", "money"),
        _currency("the customer"),
        Column("order_id", "id"),
        _known(),
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
        _known(),
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
        _currency("the customer"),
        Column("method", "text"),
        _known(),
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
        _known(),
        Column("from_kind", "code", choices=("receipt", "document", "none"), derived=True),
        Column("from_amount", "money", "in the receipt's currency, where that differs"),
        Column("currency", "code", "of the document", derived=True),
    ),
    event="applied_on",
    known="recorded_at",
    money_of="currency",
    refers=(("to_document_id", "documents"),),
)

DISPUTES = Table(
    "disputes",
    "a query or charge-back",
    ("dispute_id",),
    (
        Column("dispute_id", "id", required=True),
        Column("document_id", "id", required=True),
        Column("opened_on", "date", required=True),
        Column("amount", "money", "the part in dispute; the whole document where empty"),
        Column("reason", "text"),
        Column("resolved_on", "date", visible_from="resolved_on"),
        Column("outcome", "code", "valid, invalid, partly, ...", visible_from="resolved_on"),
        Column("currency", "code", "of the document", derived=True),
    ),
    event="opened_on",
    money_of="currency",
    refers=(("document_id", "documents"),),
)

PROMISES = Table(
    "promises",
    "an expected payment date",
    ("promise_id",),
    (
        Column("promise_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("document_id", "id", "empty: promised on account"),
        Column("made_on", "date", required=True),
        Column("due_on", "date", required=True),
        Column("amount", "money"),
        _currency("the customer"),
    ),
    event="made_on",
    money_of="currency",
    refers=(("customer_id", "customers"), ("document_id", "documents")),
)

CONTACTS = Table(
    "contacts",
    "one contact attempt",
    ("contact_id",),
    (
        Column("contact_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("date", "date", required=True),
        Column("channel", "code", "email, letter, call, visit, ..."),
        Column("collector", "text"),
        Column("outcome", "code", "reached, no_answer, promise, dispute, ..."),
    ),
    event="date",
    refers=(("customer_id", "customers"),),
)

ORDERS = Table(
    "orders",
    "an order",
    ("order_id",),
    (
        Column("order_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("order_date", "date", required=True),
        Column("amount", "money", required=True),
        Column("open_amount", "money", "not yet delivered, as of the extract", dated=False),
        Column("delivered_uninvoiced", "money", "as of the extract", dated=False),
        Column("requested_delivery", "date"),
        Column("closed_on", "date", visible_from="closed_on"),
        _currency("the customer"),
    ),
    event="order_date",
    money_of="currency",
    refers=(("customer_id", "customers"),),
)

COVER = Table(
    "cover",
    "insurance, guarantee or letter of credit; a cut or renewal is a new row of the same cover_id",
    ("cover_id", "valid_from", "recorded_at"),
    (
        Column("cover_id", "id", required=True),
        Column("customer_id", "id", required=True),
        Column("provider", "text"),
        Column("kind", "code", choices=("insurance", "guarantee", "letter_of_credit", "security")),
        Column("limit", "money", required=True),
        Column("insured_share", "number", minimum=0, maximum=1),
        Column("deductible", "money"),
        Column("max_terms_days", "integer"),
        Column("stop_shipment_dpd", "integer"),
        Column("report_overdue_dpd", "integer"),
        Column("valid_from", "date", required=True),
        Column("valid_to", "date", "last day, inclusive"),
        _known(),
        _currency("the customer"),
    ),
    event="valid_from",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"),),
)

CREDIT_EVENTS = Table(
    "credit_events",
    "insolvency, third-party placement, legal action, write-off decision or recovery",
    ("customer_id", "date", "kind", "amount", "recorded_at"),
    (
        Column("customer_id", "id", required=True),
        Column("date", "date", required=True),
        Column(
            "kind",
            "code",
            required=True,
            choices=("insolvency", "placement", "legal_action", "write_off_decision", "recovery"),
        ),
        Column("amount", "money"),
        _known(),
        _currency("the customer"),
    ),
    event="date",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"),),
)

FACTS = Table(
    "facts",
    "an external figure",
    ("source", "measure", "period_start", "period_end", "known_at", *(c.name for c in _ENTITY_IDS)),
    (
        *_ENTITY_IDS,
        Column("measure", "code", required=True),
        Column("period_start", "date", "empty for a figure at one instant"),
        Column("period_end", "date", required=True),
        Column("value", "number", required=True),
        Column("unit", "code"),
        Column("known_at", "date", required=True),
        Column("source", "code", required=True),
        Column("url", "text"),
        Column("retrieved_at", "date"),
    ),
    event="period_end",
    known="known_at",
)

EVENTS = Table(
    "events",
    "an external happening: filing, notice, news",
    ("source", "kind", "happened_on", "known_at", "url", *(c.name for c in _ENTITY_IDS)),
    (
        *_ENTITY_IDS,
        Column("kind", "code", required=True),
        Column("happened_on", "date", required=True),
        Column("known_at", "date", required=True),
        Column("source", "code", required=True),
        Column("url", "text"),
        Column("text", "text"),
        Column("retrieved_at", "date"),
    ),
    event="happened_on",
    known="known_at",
)

MARKET = Table(
    "market",
    "a dated value of a series on a market: a country, an industry, both or all",
    ("series", "country", "industry", "period_end", "known_at", "source"),
    (
        Column("series", "code", "failure_rate, unemployment_rate, interest_rate, activity_index, ...", required=True),
        Column("country", "code", "empty: every country"),
        Column("industry", "text", "as in customers; empty: every industry"),
        Column("period_end", "date", required=True),
        Column("value", "number", "rates as shares of one", required=True),
        Column("known_at", "date", "the day of publication", required=True),
        Column("source", "code", required=True),
    ),
    event="period_end",
    known="known_at",
)

RATES = Table(
    "rates",
    "a currency rate: units of the ledger's currency for one unit of this one",
    ("currency", "date"),
    (
        Column("currency", "code", required=True),
        Column("date", "date", required=True),
        Column("rate", "number", required=True, above=0),
    ),
    event="date",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        CUSTOMER_HISTORY,
        DOCUMENTS,
        DOCUMENT_CHANGES,
        RECEIPTS,
        APPLICATIONS,
        DISPUTES,
        PROMISES,
        CONTACTS,
        ORDERS,
        COVER,
        CREDIT_EVENTS,
        FACTS,
        EVENTS,
        MARKET,
        RATES,
    )
}
"""Every table of the ledger by name. Customers and documents are required, the rest optional."""
