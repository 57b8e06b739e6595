"""The tables of credit work: disputes, promises, contacts, the lists, orders, cover, and events of loss."""

from __future__ import annotations

from credrisk.ledger.declaration import Column, Table, currency_column, known_column

__all__ = ["CONTACTS", "COVER", "CREDIT_EVENTS", "DISPUTES", "ORDERS", "PROMISES", "QUEUE_LOG", "REASON_CODES"]

REASON_CODES = ("cannot_pay", "will_not_pay", "dispute", "our_error", "their_process", "not_received")
"""Why a customer says that it has not paid."""

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
        Column("owner", "text", "who has to settle it on our side"),
        Column("cause", "code", "price, quantity, quality, delivery, missing_po, tax, ...; the root cause"),
        known_column(),
        Column("currency", "code", "of the document", derived=True),
    ),
    event="opened_on",
    known="recorded_at",
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
        Column("plan_id", "id", "an instalment of an agreed payment plan: the plan it belongs to"),
        known_column(),
        currency_column("the customer"),
    ),
    event="made_on",
    known="recorded_at",
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
        Column("action", "code", "the action of the policy that it carried out"),
        Column("party", "text", "who was reached"),
        Column("right_party", "flag", "somebody was reached who can decide on the payment"),
        Column("reason", "code", "why the customer has not paid, as it says", choices=REASON_CODES),
        Column("minutes", "number", "time that it took", minimum=0),
        Column("note", "text"),
        known_column(),
    ),
    event="date",
    known="recorded_at",
    refers=(("customer_id", "customers"),),
)

QUEUE_LOG = Table(
    "queue_log",
    "an account on the list of a day: what was offered, by which chance, and whether it was done",
    ("customer_id", "date"),
    (
        Column("date", "date", "day of the list", required=True),
        Column("customer_id", "id", required=True),
        # As text, for in a column of codes the word none would be read as empty.
        Column("action", "text", "the action of the policy that was offered; none where nothing was", required=True),
        Column("collector", "text", "who had it on the list"),
        Column("rank", "integer", "place on the list, from 1", minimum=1),
        Column("slot", "code", "why it stood there: gain, coverage, automatic, explore, pin, ..."),
        Column("probability", "number", "chance of this offer under the list's own rule", minimum=0, maximum=1),
        Column("policy_version", "text"),
        Column("policy_hash", "text"),
        Column("done", "flag", "the action was carried out", visible_from="done_on"),
        Column("done_on", "date", "when it was done, or noted that it was not", visible_from="done_on"),
        Column("why_not", "text", "why it was not done", visible_from="done_on"),
        known_column(),
    ),
    event="date",
    known="recorded_at",
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
        currency_column("the customer"),
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
        known_column(),
        currency_column("the customer"),
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
        known_column(),
        currency_column("the customer"),
    ),
    event="date",
    known="recorded_at",
    money_of="currency",
    refers=(("customer_id", "customers"),),
)
