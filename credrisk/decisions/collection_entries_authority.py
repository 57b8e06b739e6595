"""Entries that give money or time away: only somebody whose role has the authority may make them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from credrisk.dates import to_date
from credrisk.decisions.authority import authority_for
from credrisk.decisions.collection_entries import promise_entry
from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.collection_entries_checks import (
    checked_amount,
    checked_day,
    exact_money,
    one_line,
    payload,
    refuse_above,
)
from credrisk.decisions.decision_log import Record
from credrisk.decisions.policy import Policy
from credrisk.decisions.promise_state import SETTLEMENT
from credrisk.errors import ParameterError
from credrisk.ledger.money import EXPONENTS

__all__ = ["credit_note_entry", "may_decide", "plan_entries", "settlement_entries", "write_off_entry"]

WORDS = {
    "write_off": "write off",
    "credit_note": "credit",
    "payment_plan": "let be paid in instalments",
    "settlement": "give up in a settlement",
}
INSTALMENTS = 60
"""More are taken for a typing error."""


def may_decide(policy: Policy, *, role: str, action: str, amount: float, grade: str | None) -> bool:
    """Tell whether a role of the policy's matrix may take the action; ``grade`` None counts as the worst."""
    names = policy.grade_names
    place = len(names) - 1 if grade is None else names.index(grade)
    return any(
        entry.role.casefold() == role.strip().casefold()
        and entry.action == action
        and amount <= entry.up_to
        and place <= names.index(entry.worst_grade)
        for entry in policy.authority
    )


def write_off_entry(
    books: AccountBooks,
    *,
    policy: Policy,
    role: str,
    grade: str | None,
    document_id: str,
    reason: str,
    amount: float | None = None,
    decided_on: date | str | None = None,
) -> Record:
    """Return the entry of a decision to write off what is open of a document, or a part of it.

    Parameters
    ----------
    policy
        Its authority matrix decides who may.
    role
        The role of whoever enters it.
    grade
        The customer's grade; None (not known) counts as the worst.
    amount
        Above 0 and not above what is open and was not given up already, in the document's currency; None: all of it.
        What was written off or credited of the document before counts towards the authority.
    reason
        Why: it has to be said.

    Raises
    ------
    ParameterError
        When the role may not, naming the lowest one that may; or a value breaks its rule.
    """
    return _given_up(
        books,
        "write_off",
        policy=policy,
        role=role,
        grade=grade,
        document_id=document_id,
        reason=reason,
        amount=amount,
        decided_on=decided_on,
    )


def credit_note_entry(
    books: AccountBooks,
    *,
    policy: Policy,
    role: str,
    grade: str | None,
    document_id: str,
    reason: str,
    amount: float | None = None,
    decided_on: date | str | None = None,
) -> Record:
    """Return the entry of a decision to credit a document; see :func:`write_off_entry`.

    The books post the credit note: until they have, the document stays as it is in the ledger.
    """
    return _given_up(
        books,
        "credit_note",
        policy=policy,
        role=role,
        grade=grade,
        document_id=document_id,
        reason=reason,
        amount=amount,
        decided_on=decided_on,
    )


def plan_entries(
    books: AccountBooks,
    *,
    policy: Policy,
    role: str,
    grade: str | None,
    customer_id: str,
    instalments: Sequence[tuple[date | str, float]],
    reason: str | None = None,
) -> list[Record]:
    """Return the entries of a payment plan: the plan, and a promise for each instalment, which hold the account.

    Parameters
    ----------
    instalments
        Day and amount of each, in rising order of days, from the day of the entry on; amounts above 0 in the ledger's
        currency. Together they are not above what the account owes.

    Raises
    ------
    ParameterError
        When the role may not agree to a plan of that amount, or a value breaks its rule.
    """
    customer, today = books.customer(customer_id), books.day
    days = [to_date(due, "instalments") for due, _ in instalments]
    if not 2 <= len(days) <= INSTALMENTS:
        raise ParameterError("instalments", f"from 2 to {INSTALMENTS}", len(days))
    if any(later <= earlier for earlier, later in pairwise(days)) or days[0] < today:
        shown = ", ".join(day.isoformat() for day in days)
        raise ParameterError("instalments", f"on rising days, none before {today}", shown)
    if (days[-1] - today).days > INSTALMENTS * 31:
        raise ParameterError("instalments", f"over within {INSTALMENTS} months", days[-1].isoformat())
    amounts = [checked_amount("instalments", amount, books.currency) for _, amount in instalments]
    total = round(sum(amounts), EXPONENTS[books.currency])
    refuse_above("instalments", total, books.owed(customer), books.currency, f"what {customer} owes")
    approver = _refuse_below(policy, role=role, action="payment_plan", amount=total, grade=grade, books=books)
    plan_id = _plan_id(books, f"plan-{customer}-{today.isoformat()}")
    plan = {
        "plan_id": plan_id,
        "agreed_on": today.isoformat(),
        "amount": total,
        "currency": books.currency,
        "instalments": len(days),
        "first_on": days[0].isoformat(),
        "last_on": days[-1].isoformat(),
        "reason": one_line("reason", reason),
        **_authority(role, approver, grade),
    }
    promises = [_instalment(books, customer, due, amount, plan_id) for due, amount in zip(days, amounts, strict=True)]
    return [Record("plan", payload(plan), customer_id=customer), *promises]


def settlement_entries(
    books: AccountBooks,
    *,
    policy: Policy,
    role: str,
    grade: str | None,
    customer_id: str,
    pays: float,
    pay_by: date | str,
    reason: str,
) -> list[Record]:
    """Return the entries of a settlement: what the customer still pays, by when, and what is given up for it.

    Parameters
    ----------
    pays
        Above 0 and below what the account owes, in the ledger's currency. The rest is what is given up, and decides who
        may agree. The payment is recorded as a promise, which holds the account.

    Raises
    ------
    ParameterError
        When the role may not give up that much, or a value breaks its rule.
    """
    customer = books.customer(customer_id)
    owed = round(books.owed(customer), EXPONENTS[books.currency])
    pays = checked_amount("pays", pays, books.currency)
    if pays >= owed:
        rule = f"below {exact_money(owed, books.currency)}, what {customer} owes: else nothing is given up"
        raise ParameterError("pays", rule, pays)
    given_up = round(owed - pays, EXPONENTS[books.currency])
    approver = _refuse_below(policy, role=role, action="settlement", amount=given_up, grade=grade, books=books)
    plan_id = _plan_id(books, f"{SETTLEMENT}{customer}-{books.day.isoformat()}")
    promise = promise_entry(books, customer_id=customer, due_on=to_date(pay_by, "pay_by"), amount=pays, plan_id=plan_id)
    content = {
        "plan_id": plan_id,
        "agreed_on": books.day.isoformat(),
        "owed": owed,
        "pays": pays,
        "pay_by": to_date(pay_by).isoformat(),
        "amount": given_up,
        "currency": books.currency,
        "reason": _reason(reason),
        **_authority(role, approver, grade),
    }
    return [Record("settlement", payload(content), customer_id=customer), promise]


def _given_up(
    books: AccountBooks,
    action: str,
    *,
    policy: Policy,
    role: str,
    grade: str | None,
    document_id: str,
    reason: str,
    amount: float | None,
    decided_on: date | str | None,
) -> Record:
    item = books.document(document_id)
    left = round(item.open_amount - item.not_posted, EXPONENTS[item.currency])
    if left <= 0:
        rule = "one of which something is open"
        if item.not_posted:
            rule += f": {exact_money(item.not_posted, item.currency)} of it was decided to be given up before"
        raise ParameterError("document", rule, document_id)
    given = checked_amount("amount", left if amount is None else amount, item.currency)
    refuse_above("amount", given, left, item.currency, f"what is open of {document_id} and not given up before")
    # Authority reaches to all that is given up of a document: else two halves would pass where the whole may not.
    whole = given + item.given_up
    in_ledger = whole if item.currency == books.currency else books.in_ledger_currency(whole, item.currency)
    approver = _refuse_below(policy, role=role, action=action, amount=in_ledger, grade=grade, books=books)
    content = {
        "document_id": document_id,
        "date": checked_day("date", decided_on, books.day).isoformat(),
        "amount": given,
        "currency": item.currency,
        "reason": _reason(reason),
        **_authority(role, approver, grade),
    }
    return Record(action, payload(content), customer_id=item.customer_id)


def _refuse_below(
    policy: Policy, *, role: str, action: str, amount: float, grade: str | None, books: AccountBooks
) -> str | None:
    """Return the lowest role that may; refuse one that may not."""
    lowest = authority_for(policy, action=action, amount=amount, grade=grade)
    if may_decide(policy, role=role, action=action, amount=amount, grade=grade):
        return lowest
    worth, of_grade = exact_money(amount, books.currency), "" if grade is None else f" for grade {grade}"
    who = f"{lowest}, or higher" if lowest is not None else "nobody, by the policy"
    rule = f"one that may {WORDS[action]} {worth}{of_grade}: {who}"
    unknown = " Without a grade the customer counts as the worst: give the results of a run." if grade is None else ""
    raise ParameterError("role", rule, role, remedy=f"ask for approval; nothing was entered.{unknown}")


def _authority(role: str, approver: str | None, grade: str | None) -> dict[str, Any]:
    return {"role": role.strip(), "approver": approver, "grade": grade}


def _instalment(books: AccountBooks, customer: str, due: date, amount: float, plan_id: str) -> Record:
    content = {
        "made_on": books.day.isoformat(),
        "due_on": due.isoformat(),
        "amount": amount,
        "currency": books.currency,
        "plan_id": plan_id,
    }
    return Record("promise", content, customer_id=customer)


def _plan_id(books: AccountBooks, wanted: str) -> str:
    known = set(books.ledger.table("promises")["plan_id"].drop_nulls())
    numbers = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(known) + 2))
    return next(one for one in numbers if one not in known)


def _reason(reason: str) -> str:
    said = one_line("reason", reason)
    if said is None:
        raise ParameterError("reason", "stated: why the money is given up", reason)
    return said
