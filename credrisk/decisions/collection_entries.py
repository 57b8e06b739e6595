"""The entries a collector makes: what is checked before a contact, a promise, a dispute or a note enters the log.

Each function returns the :class:`~credrisk.decisions.decision_log.Record` to be appended; nothing is written here.
Payloads are flat: money in major units of the ``currency`` beside it, dates as ISO text, empty values left out.
"""

from __future__ import annotations

from datetime import date

from credrisk.dates import to_date
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_checks import (
    checked_amount,
    checked_day,
    of_code,
    one_line,
    payload,
    refuse_above,
)
from credrisk.decisions.decision_log import Record
from credrisk.errors import ParameterError
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.ledger.money import EXPONENTS

__all__ = [
    "CHANNELS",
    "DISPUTE_OUTCOMES",
    "OUTCOMES",
    "contact_entry",
    "dispute_entry",
    "note_entry",
    "promise_entry",
    "resolved_entry",
]

CHANNELS = ("call", "email", "letter", "visit", "notice", "portal", "other")
OUTCOMES = ("reached", "no_answer", "promise", "dispute", "wants_copy", "wants_po", "wants_delivery_proof", "refused")
"""What came of a contact; ``no_answer``: nobody was reached. The ``wants_`` outcomes ask for a document."""
DISPUTE_OUTCOMES = ("valid", "invalid", "partly")
LONGEST_PROMISE_DAYS = 366
"""A later date is taken for a typing error."""


def contact_entry(
    books: AccountBooks,
    *,
    customer_id: str,
    channel: str,
    outcome: str,
    made_on: date | str | None = None,
    action: str | None = None,
    collector: str | None = None,
    party: str | None = None,
    right_party: bool | None = None,
    reason: str | None = None,
    minutes: float | None = None,
    note: str | None = None,
) -> Record:
    """Return the entry of one contact attempt.

    Parameters
    ----------
    books
        Of the day on which the entry is made.
    channel
        One of :data:`CHANNELS`.
    outcome
        One of :data:`OUTCOMES`.
    made_on
        Day of the contact, not after that of the entry; the same day where none is given.
    action
        The action of the policy that it carried out.
    collector, party
        Who made it, and who was reached.
    right_party
        Somebody was reached who can decide on the payment; None: not known. Nobody is where there was no answer.
    reason
        Why the customer has not paid: one of :data:`~credrisk.ledger.credit_tables.REASON_CODES`.
    minutes
        What it took, at least 0.

    Raises
    ------
    ParameterError
        When a value breaks its rule.
    """
    if minutes is not None and not 0 <= minutes < 24 * 60:
        raise ParameterError("minutes", "from 0 to below a day", minutes)
    if outcome == "no_answer" and (right_party or reason is not None):
        what = "right_party" if right_party else "reason"
        raise ParameterError(what, "left out where nobody answered", right_party if right_party else reason)
    content = {
        "date": checked_day("date", made_on, books.day).isoformat(),
        "channel": of_code("channel", channel, CHANNELS),
        "outcome": of_code("outcome", outcome, OUTCOMES),
        "action": one_line("action", action),
        "collector": one_line("collector", collector),
        "party": one_line("party", party),
        "right_party": right_party,
        "reason": None if reason is None else of_code("reason", reason, REASON_CODES),
        "minutes": minutes,
        "note": one_line("note", note),
    }
    return Record("contact", payload(content), customer_id=books.customer(customer_id))


def promise_entry(
    books: AccountBooks,
    *,
    customer_id: str,
    due_on: date | str,
    amount: float | None = None,
    document_id: str | None = None,
    made_on: date | str | None = None,
    plan_id: str | None = None,
    note: str | None = None,
) -> Record:
    """Return the entry of a promise to pay.

    Parameters
    ----------
    due_on
        The day promised: not before ``made_on`` and at most a year after it.
    amount
        Above 0 and not above what is open: of the document in its currency, else of the account in the ledger's. None:
        all that is open.
    document_id
        What is to be paid; None: promised on account.

    Raises
    ------
    ParameterError
        When a value breaks its rule, or nothing is open.
    """
    customer = books.customer(customer_id)
    made = checked_day("made_on", made_on, books.day)
    due = to_date(due_on, "due_on")
    if not 0 <= (due - made).days <= LONGEST_PROMISE_DAYS:
        rule = f"from {made}, the day of the promise, to {LONGEST_PROMISE_DAYS} days later"
        raise ParameterError("due_on", rule, due.isoformat())
    if document_id is None:
        currency, left, what = books.currency, books.owed(customer), f"what {customer} owes"
    else:
        item = books.document(document_id, customer_id=customer)
        currency, left, what = item.currency, item.open_amount, f"what is open of {document_id}"
    if left <= 0:
        asked = document_id if document_id is not None else customer
        raise ParameterError("document" if document_id else "customer", "one of which something is open", asked)
    if amount is not None:
        amount = checked_amount("amount", amount, currency)
        refuse_above("amount", amount, left, currency, what)
    content = {
        "document_id": document_id,
        "made_on": made.isoformat(),
        "due_on": due.isoformat(),
        "amount": amount,
        "currency": currency,
        "plan_id": plan_id,
        "note": one_line("note", note),
    }
    return Record("promise", payload(content), customer_id=customer)


def dispute_entry(
    books: AccountBooks,
    *,
    document_id: str,
    customer_id: str | None = None,
    amount: float | None = None,
    opened_on: date | str | None = None,
    reason: str | None = None,
    owner: str | None = None,
    cause: str | None = None,
) -> Record:
    """Return the entry of a dispute of a document.

    Parameters
    ----------
    amount
        The part in dispute, above 0 and not above what is open and not in dispute yet; None: all of that.
    reason
        What the customer says.
    owner
        Who has to settle it on our side.
    cause
        The root cause: a short name such as price, quantity, delivery.

    Raises
    ------
    ParameterError
        When a value breaks its rule, or nothing undisputed is open.
    """
    customer = None if customer_id is None else books.customer(customer_id)
    item = books.document(document_id, customer_id=customer)
    opened = checked_day("opened_on", opened_on, books.day)
    if opened < item.document_date:
        raise ParameterError("opened_on", f"not before the document's date ({item.document_date})", opened.isoformat())
    left = item.open_amount - item.disputed
    if left <= 0:
        rule = "one of which something is open that is not in dispute already"
        raise ParameterError("document", rule, document_id)
    if amount is not None:
        amount = checked_amount("amount", amount, item.currency)
        refuse_above("amount", amount, left, item.currency, "what is open and not in dispute yet")
    elif item.disputed:
        amount = round(left, EXPONENTS[item.currency])
    content = {
        "document_id": document_id,
        "opened_on": opened.isoformat(),
        "amount": amount,
        "currency": item.currency,
        "reason": one_line("reason", reason),
        "owner": one_line("owner", owner),
        "cause": one_line("cause", cause.strip().lower().replace(" ", "_") if cause else None),
    }
    return Record("dispute", payload(content), customer_id=item.customer_id)


def resolved_entry(books: AccountBooks, *, dispute_id: str, outcome: str, note: str | None = None) -> Record:
    """Return the entry that an open dispute is resolved, on the day of the entry; ``outcome``: valid, invalid, partly.

    Raises
    ------
    ParameterError
        When there is no such dispute, or it is resolved already.
    """
    document, customer = books.dispute(dispute_id)
    content = {
        "dispute_id": dispute_id,
        "document_id": document,
        "outcome": of_code("outcome", outcome, DISPUTE_OUTCOMES),
        "note": one_line("note", note),
    }
    return Record("dispute_resolved", payload(content), customer_id=customer)


def note_entry(
    books: AccountBooks, *, text: str, customer_id: str | None = None, document_id: str | None = None
) -> Record:
    """Return the entry of a note; on a customer, on one of its documents, or on nobody in particular.

    Raises
    ------
    ParameterError
        When it says nothing, or names what the ledger does not know.
    """
    said = one_line("text", text)
    if said is None:
        raise ParameterError("text", "words", text)
    customer = None if customer_id is None else books.customer(customer_id)
    if document_id is not None:
        customer = books.document(document_id, customer_id=customer).customer_id
    return Record("note", payload({"text": said, "document_id": document_id}), customer_id=customer)
