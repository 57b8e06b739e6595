"""`credrisk log contact|promise|dispute|...`: what a collector did and heard, checked against the ledger and kept."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from credrisk.cli.log_decisions import credit_note_command, plan_command, settlement_command, write_off_command
from credrisk.cli.log_desk import (
    At,
    Customer,
    Document,
    LogPath,
    SomeAmount,
    SomeCustomer,
    SomeDay,
    SomeDocument,
    SomeText,
    append,
    opened,
)
from credrisk.cli.log_worklist import form_command, worklist_command
from credrisk.cli.options import Author, Currency, LedgerPath

__all__ = ["register"]


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
    app.command("worklist")(worklist_command)
    app.command("form")(form_command)


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

    desk = opened(file, ledger, author, at, currency)
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
    append(desk, [entry])


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

    desk = opened(file, ledger, author, at, currency)
    entry = promise_entry(
        desk.books, customer_id=customer, due_on=due, amount=amount, document_id=document, made_on=date, note=note
    )
    append(desk, [entry])


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

    desk = opened(file, ledger, author, at, currency)
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
    append(desk, [entry])


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

    desk = opened(file, ledger, author, at, currency)
    append(desk, [resolved_entry(desk.books, dispute_id=dispute, outcome=outcome, note=note)])


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

    desk = opened(file, ledger, author, at, currency)
    append(desk, [note_entry(desk.books, text=text, customer_id=customer, document_id=document)])
