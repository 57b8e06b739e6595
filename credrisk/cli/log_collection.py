"""`credrisk log contact|promise|dispute|...`: what a collector did and heard, checked against the ledger and kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from credrisk.cli.options import Author, Currency, LedgerPath, PolicyPath, author_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog, Record
    from credrisk.decisions.policy import Policy
    from credrisk.ledger.ledger import Ledger

__all__ = ["register"]

LogPath = Annotated[Path, typer.Argument(metavar="FILE", help="The decision log; made where there is none.")]
Customer = Annotated[str, typer.Option("--customer", metavar="ID", help="Whom it is about.", show_default=False)]
SomeCustomer = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--customer", metavar="ID", help="Whom it is about.", show_default=False),
]
Document = Annotated[str, typer.Option("--document", metavar="ID", help="The document.", show_default=False)]
SomeDocument = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--document", metavar="ID", help="The document; left out: the account.", show_default=False),
]
SomeAmount = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option("--amount", help="In the document's currency; left out: all that is open.", show_default=False),
]
SomeDay = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--date", metavar="DATE", help="When it was; default: the day of the entry.", show_default=False),
]
SomeText = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--note", metavar="TEXT", help="What else was said.", show_default=False),
]
At = Annotated[
    Optional[datetime],  # noqa: UP045
    typer.Option(
        "--at",
        metavar="TIME",
        help="When it was written down (UTC), to take over an older record; default: now. What is asked as of an "
        "earlier day does not see it.",
        show_default=False,
    ),
]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="Your role in the policy's authority matrix.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it has to be said.")]
Results = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--results",
        metavar="FOLDER",
        help="What credrisk run wrote: it knows the customer's grade. Without it the worst is assumed.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `credrisk log`."""
    app.command("contact")(contact_command)
    app.command("promise")(promise_command)
    app.command("dispute")(dispute_command)
    app.command("resolve")(resolve_command)
    app.command("note")(note_command)
    app.command("plan")(plan_command)
    app.command("write-off")(write_off_command)
    app.command("credit-note")(credit_note_command)
    app.command("settlement")(settlement_command)


def contact_command(
    file: LogPath,
    ledger: LedgerPath,
    customer: Customer,
    channel: Annotated[str, typer.Option("--channel", help="call, email, letter, visit, notice, portal or other.")],
    outcome: Annotated[
        str,
        typer.Option(
            "--outcome",
            help="reached, no_answer, promise, dispute, wants_copy, wants_po, wants_delivery_proof or refused.",
        ),
    ],
    date: SomeDay = None,
    action: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--action", help="The policy's action that it carried out.", show_default=False),
    ] = None,
    party: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--party", metavar="NAME", help="Who was reached.", show_default=False),
    ] = None,
    right_party: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--right-party/--wrong-party", help="Whether that was somebody who decides on it.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--reason",
            help="Why it has not paid: cannot_pay, will_not_pay, dispute, our_error, their_process, not_received.",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--minutes", help="How long it took.", show_default=False),
    ] = None,
    note: SomeText = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a contact: the next queue leaves the customer in peace for the policy's quiet days.

    Example: credrisk log contact decisions.db data/sample --customer C010 --channel call --outcome reached
    """
    from credrisk.decisions.collection_entries import contact_entry

    desk = _opened(file, ledger, author, at, currency)
    entry = contact_entry(
        desk.books,
        customer_id=customer,
        channel=channel,
        outcome=outcome,
        made_on=date,
        action=action,
        collector=desk.author,
        party=party,
        right_party=right_party,
        reason=reason,
        minutes=minutes,
        note=note,
    )
    _append(desk, [entry])


def promise_command(
    file: LogPath,
    ledger: LedgerPath,
    customer: Customer,
    due: Annotated[str, typer.Option("--due", metavar="DATE", help="The day promised.")],
    amount: SomeAmount = None,
    document: SomeDocument = None,
    date: SomeDay = None,
    note: SomeText = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a promise to pay: the next queue holds what was promised until its day and the days of grace are over.

    Example: credrisk log promise decisions.db data/sample --customer C010 --due 2026-01-15 --amount 1200
    """
    from credrisk.decisions.collection_entries import promise_entry

    desk = _opened(file, ledger, author, at, currency)
    entry = promise_entry(
        desk.books, customer_id=customer, due_on=due, amount=amount, document_id=document, made_on=date, note=note
    )
    _append(desk, [entry])


def dispute_command(
    file: LogPath,
    ledger: LedgerPath,
    document: Document,
    customer: SomeCustomer = None,
    amount: SomeAmount = None,
    date: SomeDay = None,
    reason: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--reason", metavar="TEXT", help="What the customer says.", show_default=False),
    ] = None,
    owner: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--owner", metavar="NAME", help="Who has to settle it on our side.", show_default=False),
    ] = None,
    cause: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--cause", help="The root cause, such as price, quantity, delivery.", show_default=False),
    ] = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a dispute of a document: the next queue asks for the undisputed rest only.

    Example: credrisk log dispute decisions.db data/sample --document D00012 --amount 300 --owner sales --cause price
    """
    from credrisk.decisions.collection_entries import dispute_entry

    desk = _opened(file, ledger, author, at, currency)
    entry = dispute_entry(
        desk.books,
        document_id=document,
        customer_id=customer,
        amount=amount,
        opened_on=date,
        reason=reason,
        owner=owner,
        cause=cause,
    )
    _append(desk, [entry])


def resolve_command(
    file: LogPath,
    ledger: LedgerPath,
    dispute: Annotated[str, typer.Option("--dispute", metavar="ID", help="The dispute, of the ledger or of the log.")],
    outcome: Annotated[str, typer.Option("--outcome", help="valid (the customer was right), invalid or partly.")],
    note: SomeText = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down that a dispute is settled, today: what it held may be asked for again.

    Example: credrisk log resolve decisions.db data/sample --dispute Q00012 --outcome invalid
    """
    from credrisk.decisions.collection_entries import resolved_entry

    desk = _opened(file, ledger, author, at, currency)
    _append(desk, [resolved_entry(desk.books, dispute_id=dispute, outcome=outcome, note=note)])


def note_command(
    file: LogPath,
    ledger: LedgerPath,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="The note.")],
    customer: SomeCustomer = None,
    document: SomeDocument = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Set down a note, on a customer, a document or in general.

    Example: credrisk log note decisions.db data/sample --customer C010 --text "new head of payables from May"
    """
    from credrisk.decisions.collection_entries import note_entry

    desk = _opened(file, ledger, author, at, currency)
    _append(desk, [note_entry(desk.books, text=text, customer_id=customer, document_id=document)])


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

    desk = _opened(file, ledger, author, at, currency)
    rules = _rules(policy)
    entries = plan_entries(
        desk.books,
        policy=rules,
        role=role,
        grade=_grade(results, desk, rules, customer),
        customer_id=customer,
        instalments=[_instalment(text) for text in instalment],
        reason=reason,
    )
    _append(desk, entries, rules)


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

    desk = _opened(file, ledger, author, at, currency)
    rules = _rules(policy)
    grade = _grade(results, desk, rules, desk.books.document(document).customer_id)
    entry = write_off_entry(
        desk.books,
        policy=rules,
        role=role,
        grade=grade,
        document_id=document,
        reason=reason,
        amount=amount,
        decided_on=date,
    )
    _append(desk, [entry], rules)


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

    desk = _opened(file, ledger, author, at, currency)
    rules = _rules(policy)
    grade = _grade(results, desk, rules, desk.books.document(document).customer_id)
    entry = credit_note_entry(
        desk.books,
        policy=rules,
        role=role,
        grade=grade,
        document_id=document,
        reason=reason,
        amount=amount,
        decided_on=date,
    )
    _append(desk, [entry], rules)


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

    desk = _opened(file, ledger, author, at, currency)
    rules = _rules(policy)
    entries = settlement_entries(
        desk.books,
        policy=rules,
        role=role,
        grade=_grade(results, desk, rules, customer),
        customer_id=customer,
        pays=pays,
        pay_by=by,
        reason=reason,
    )
    _append(desk, entries, rules)


@dataclass(frozen=True)
class _Desk:
    """Who enters, into which log, against which books; ``moment`` is None where it is now."""

    author: str
    log: DecisionLog
    ledger: Ledger
    books: AccountBooks
    moment: datetime | None


def _opened(file: Path, ledger: Path, author: str | None, at: datetime | None, currency: str | None) -> _Desk:
    from datetime import UTC

    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.errors import ParameterError
    from credrisk.ledger.ledger import Ledger

    name = author_of(author)
    now = datetime.now(UTC)
    moment = at.replace(tzinfo=UTC) if at is not None else None
    if moment is not None and moment > now:
        raise ParameterError("--at", "not in the future", moment.isoformat())
    log = DecisionLog(file)
    if log.path.exists():
        log.head()
    read = Ledger.read(ledger, currency=currency)
    return _Desk(name, log, read, AccountBooks.open(read, log, day=(moment or now).date()), moment)


def _append(desk: _Desk, entries: Sequence[Record], policy: Policy | None = None) -> None:
    from credrisk.cli.console import console

    added = desk.log.append_all(entries, author=desk.author, policy=policy, at=desk.moment)
    numbers = ", ".join(str(entry.number) for entry in added)
    kinds = ", ".join(dict.fromkeys(entry.kind.replace("_", " ") for entry in added))
    word = "Entry" if len(added) == 1 else "Entries"
    console.print(f"{word} {numbers} of {desk.log.path}: {kinds} by {desk.author}.", markup=False)


def _rules(policy: Path | None) -> Policy:
    from credrisk.decisions.policy import Policy

    return Policy.read(policy) if policy else Policy.default()


def _grade(results: Path | None, desk: _Desk, policy: Policy, customer: str) -> str | None:
    """Return the customer's grade as the results of a run have it; None without results, or where it has none."""
    from credrisk.pipeline.stored_results import read_results

    if results is None:
        return None
    limits = read_results(results, ledger=desk.ledger, policy=policy).limits
    own = limits.filter(limits["customer_id"] == customer)
    return None if own.is_empty() else own["grade_used"][0]


def _instalment(text: str) -> tuple[str, float]:
    from credrisk.errors import ParameterError

    day, sign, amount = text.partition("=")
    try:
        if not sign:
            raise ValueError
        return day.strip(), float(amount)
    except ValueError:
        raise ParameterError("--instalment", "a day and an amount such as 2026-01-31=500", text) from None
