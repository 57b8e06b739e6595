"""Forms to be signed: a request for a credit note, an adjustment or a refund, filled from the books, with who may sign.

A plain HTML page that prints on one sheet of A4; it is written and nothing is decided, posted or sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from credrisk.decisions.authority import authority_for
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_checks import checked_amount, exact_money, refuse_above
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError
from credrisk.ledger.money import EXPONENTS, minor_factor
from credrisk.ledger.movements import cash_movements
from credrisk.reports.months import day_in_words
from credrisk.reports.page import rendered

__all__ = ["FORMS", "FormKind", "RequestForm", "request_form", "request_page"]

FormKind = Literal["credit", "adjustment", "refund"]
FORMS = {
    "credit": ("Request for a credit note", "credit_note", "To be credited"),
    "adjustment": ("Request for an adjustment", "write_off", "To be written off"),
    "refund": ("Request for a refund", "credit_note", "To be paid back"),
}
"""Title, the action of the authority matrix that decides, and what is asked for. A refund is money given back, and is
signed by whoever may sign a credit note of that amount."""


@dataclass(frozen=True)
class RequestForm:
    """What stands on a form; ``lines`` are name and value, ``documents`` number, date, due date, open, requested."""

    kind: FormKind
    customer_id: str
    name: str | None
    amount: float
    currency: str
    reason: str
    requested_by: str
    requested_on: date
    approver: str | None
    documents: Sequence[tuple[str, str, str, str, str]]
    policy: str


def request_form(
    books: AccountBooks,
    *,
    kind: FormKind,
    policy: Policy,
    reason: str,
    requested_by: str,
    customer_id: str | None = None,
    document_id: str | None = None,
    amount: float | None = None,
    grade: str | None = None,
) -> RequestForm:
    """Return a filled form.

    Parameters
    ----------
    books
        Of the day of the request.
    kind
        ``credit`` or ``adjustment`` of a document, ``refund`` to a customer.
    document_id, amount
        Of a credit or an adjustment: the document, and at most what is open of it (all of it where no amount is given).
    customer_id, amount
        Of a refund: the customer, and at most its unapplied cash and open credits in the ledger's currency.
    grade
        The customer's grade; None counts as the worst.

    Raises
    ------
    ParameterError
        When a value breaks its rule, or there is nothing to credit or pay back.
    """
    if kind not in FORMS:
        raise ParameterError("kind", f"one of {', '.join(FORMS)}", kind)
    if not reason.strip():
        raise ParameterError("reason", "stated: the form has to say why", reason)
    documents: list[tuple[str, str, str, str, str]] = []
    if kind == "refund":
        if customer_id is None:
            raise ParameterError("customer", "given: to whom it is to be paid back", "nothing")
        customer, currency = books.customer(customer_id), books.currency
        most, what = _to_pay_back(books, customer), "its unapplied cash and open credits"
        asked = most if amount is None else amount
    else:
        if document_id is None:
            raise ParameterError("document", f"given: what the {kind} is for", "nothing")
        item = books.document(document_id, customer_id=customer_id)
        customer, currency = item.customer_id, item.currency
        most, what = item.open_amount, f"what is open of {document_id}"
        asked = most if amount is None else amount
        shown = exact_money(item.open_amount, currency), exact_money(asked, currency)
        documents = [(document_id, item.document_date.isoformat(), item.due_date.isoformat(), *shown)]
    if most <= 0:
        raise ParameterError(
            "document" if document_id else "customer", "one with money for it", document_id or customer
        )
    asked = checked_amount("amount", round(asked, EXPONENTS[currency]) if amount is None else asked, currency)
    refuse_above("amount", asked, most, currency, what)
    worth = asked if currency == books.currency else books.in_ledger_currency(asked, currency)
    names = books.ledger.table("customers").filter(pl.col("customer_id") == customer)["name"]
    return RequestForm(
        kind,
        customer,
        names[0],
        asked,
        currency,
        " ".join(reason.split()),
        requested_by,
        books.day,
        authority_for(policy, action=FORMS[kind][1], amount=worth, grade=grade),
        documents,
        f"{policy.version} ({policy.hash[:12]})",
    )


def request_page(form: RequestForm) -> str:
    """Return the form as a page of HTML that needs nothing beside it."""
    title, _, asked = FORMS[form.kind]
    return rendered(
        "request.html",
        currency=form.currency,
        title=title,
        asked=asked,
        form=form,
        amount=exact_money(form.amount, form.currency),
        day=day_in_words(form.requested_on),
        approver=form.approver or "nobody, by the policy",
    )


def _to_pay_back(books: AccountBooks, customer: str) -> float:
    """Return a customer's unapplied cash and open credits in the ledger's currency, in major units."""
    own = (pl.col("customer_id") == customer) & (pl.col("currency") == books.currency)
    cash = cash_movements(books.ledger).filter(own)["amount"].sum()
    notes = books.items.filter(own & (pl.col("residual") < 0))["residual"].sum()
    return max(0, int(cash) - int(notes)) / minor_factor(books.currency)
