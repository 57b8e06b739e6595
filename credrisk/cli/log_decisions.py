"""`credrisk log plan|write-off|credit-note|settlement`: what gives money or time away, if the role may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from credrisk.cli.log_desk import (
    At,
    Customer,
    Desk,
    Document,
    LogPath,
    Reason,
    Results,
    Role,
    SomeAmount,
    SomeDay,
    append,
    grade_of,
    opened,
)
from credrisk.cli.options import Author, Currency, LedgerPath, PolicyPath
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from credrisk.decisions.decision_log import Record

__all__ = ["credit_note_command", "plan_command", "settlement_command", "write_off_command"]


def plan_command(
    file: LogPath,
    ledger: LedgerPath,
    customer: Customer,
    role: Role,
    instalment: Annotated[
        list[str], typer.Option("--instalment", metavar="DATE=AMOUNT", help="One of them; repeat the option.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it was agreed.")] = "",
    results: Results = None,
    policy: PolicyPath = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a payment plan that was agreed: its instalments are promises, and hold the account.

    Example: credrisk log plan decisions.db data/sample --customer C010 --role "credit manager" --instalment
    2026-01-31=500 --instalment 2026-02-28=500
    """
    from credrisk.decisions.collection_entries_authority import plan_entries

    desk = opened(file, ledger, author, at, currency)
    rules = policy_for(ledger, policy)
    entries = plan_entries(
        desk.books,
        policy=rules,
        role=role,
        grade=grade_of(results, desk.ledger, rules, customer),
        customer_id=customer,
        instalments=[_instalment(text) for text in instalment],
        reason=reason,
    )
    append(desk, entries, rules)


def write_off_command(
    file: LogPath,
    ledger: LedgerPath,
    document: Document,
    role: Role,
    reason: Reason,
    amount: SomeAmount = None,
    date: SomeDay = None,
    results: Results = None,
    policy: PolicyPath = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down the decision to write off a document or a part of it, if your role may.

    Example: credrisk log write-off decisions.db data/sample --document D00012 --role "credit manager" --reason
    "estate without assets"
    """
    from credrisk.decisions.collection_entries_authority import write_off_entry

    desk = opened(file, ledger, author, at, currency)
    decided = {"role": role, "reason": reason, "amount": amount, "decided_on": date}
    _give_up(write_off_entry, desk, document, ledger=ledger, results=results, policy=policy, **decided)


def credit_note_command(
    file: LogPath,
    ledger: LedgerPath,
    document: Document,
    role: Role,
    reason: Reason,
    amount: SomeAmount = None,
    date: SomeDay = None,
    results: Results = None,
    policy: PolicyPath = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down the decision to credit a document or a part of it, if your role may; the books post the credit note.

    Example: credrisk log credit-note decisions.db data/sample --document D00012 --amount 40 --role "credit analyst"
    --reason "price agreed by sales"
    """
    from credrisk.decisions.collection_entries_authority import credit_note_entry

    desk = opened(file, ledger, author, at, currency)
    decided = {"role": role, "reason": reason, "amount": amount, "decided_on": date}
    _give_up(credit_note_entry, desk, document, ledger=ledger, results=results, policy=policy, **decided)


def settlement_command(
    file: LogPath,
    ledger: LedgerPath,
    customer: Customer,
    pays: Annotated[float, typer.Option("--pays", help="What the customer still pays, in the ledger's currency.")],
    by: Annotated[str, typer.Option("--by", metavar="DATE", help="Until when.")],
    role: Role,
    reason: Reason,
    results: Results = None,
    policy: PolicyPath = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a settlement: the customer pays a part by a day, the rest is given up, if your role may.

    Example: credrisk log settlement decisions.db data/sample --customer C010 --pays 8000 --by 2026-01-31 --role
    "finance director" --reason "better than the insolvency"
    """
    from credrisk.decisions.collection_entries_authority import settlement_entries

    desk = opened(file, ledger, author, at, currency)
    rules = policy_for(ledger, policy)
    entries = settlement_entries(
        desk.books,
        policy=rules,
        role=role,
        grade=grade_of(results, desk.ledger, rules, customer),
        customer_id=customer,
        pays=pays,
        pay_by=by,
        reason=reason,
    )
    append(desk, entries, rules)


def _instalment(text: str) -> tuple[str, float]:
    from credrisk.errors import ParameterError

    day, sign, amount = text.partition("=")
    try:
        if not sign:
            raise ValueError
        return day.strip(), float(amount)
    except ValueError:
        raise ParameterError("--instalment", "a day and an amount such as 2026-01-31=500", text) from None


def _give_up(
    entry_of: Callable[..., Record],
    desk: Desk,
    document: str,
    *,
    ledger: Path,
    results: Path | None,
    policy: Path | None,
    **decided: str | float | None,
) -> None:
    """Set down that something of a document is given up, if the role may."""
    rules = policy_for(ledger, policy)
    grade = grade_of(results, desk.ledger, rules, desk.books.document(document).customer_id)
    append(desk, [entry_of(desk.books, policy=rules, grade=grade, document_id=document, **decided)], rules)
