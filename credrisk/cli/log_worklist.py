"""`credrisk log worklist|form`: a worklist that was filled in becomes entries, and a request becomes a form."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional, cast

import typer

from credrisk.cli.log_desk import (
    At,
    LogPath,
    Reason,
    Results,
    SomeAmount,
    SomeCustomer,
    SomeDocument,
    append,
    grade_of,
    opened,
)
from credrisk.cli.options import AsOf, Author, Currency, LedgerPath, Overwrite, PolicyPath, author_of
from credrisk.cli.public import policy_for

if TYPE_CHECKING:
    from credrisk.reports.request_forms import FormKind

__all__ = ["form_command", "worklist_command"]


def worklist_command(
    file: LogPath,
    ledger: LedgerPath,
    workbook: Annotated[
        Path, typer.Option("--workbook", metavar="XLSX", help="The workbook of credrisk run, its Worklist filled in.")
    ],
    date: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--date", metavar="DATE", help="When it was worked; default: the day of the list."),
    ] = None,
    policy: PolicyPath = None,
    author: Author = None,
    at: At = None,
    currency: Currency = None,
) -> None:
    """Take the filled-in sheet Worklist into the log: all its rows or none, and none of them twice.

    Example: credrisk log worklist decisions.db data/sample --workbook out/credit-pack.xlsx
    """
    from credrisk.cli.console import console
    from credrisk.decisions.collection_entries_worklist import worklist_entries
    from credrisk.reports.worklist_read import read_worklist
    from credrisk.wording import counted

    rows = read_worklist(workbook)
    desk = opened(file, ledger, author, at, currency)
    rules = policy_for(ledger, policy)
    logged = desk.log.read() if desk.log.path.exists() else []
    found = worklist_entries(desk.books, rows, entries=logged, policy=rules, worked_on=date)
    said = f"{counted(found.filled_in, 'row')} filled in, {found.known:,} entered before, {found.empty:,} left empty."
    console.print(said, markup=False)
    if found.records:
        append(desk, found.records, rules)
    else:
        console.print("Nothing was added to the log.", markup=False)


def form_command(
    ledger: LedgerPath,
    kind: Annotated[str, typer.Option("--kind", help="credit, adjustment or refund.")],
    reason: Reason,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The form (HTML).")],
    document: SomeDocument = None,
    customer: SomeCustomer = None,
    amount: SomeAmount = None,
    log: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--log", metavar="FILE", help="What was recorded counts as well.", show_default=False),
    ] = None,
    results: Results = None,
    policy: PolicyPath = None,
    author: Author = None,
    as_of: AsOf = None,
    currency: Currency = None,
    overwrite: Overwrite = False,
) -> None:
    """Fill in a form to be signed: a request for a credit note, an adjustment or a refund. Nothing enters the log.

    Example: credrisk log form data/sample --kind credit --document D00012 --amount 40 --reason "price agreed by sales"
    --out request.html
    """
    from credrisk.atomic import refuse_existing, write_text
    from credrisk.cli.console import console
    from credrisk.cli.known import read_known
    from credrisk.decisions.collection_entries_books import AccountBooks
    from credrisk.decisions.decision_log import DecisionLog
    from credrisk.reports.request_forms import request_form, request_page

    refuse_existing(out, overwrite)
    name, rules = author_of(author), policy_for(ledger, policy)
    read = read_known(ledger, currency=currency, as_of=as_of)
    books = AccountBooks.open(read, DecisionLog(log) if log is not None else None, day=as_of or read.settings.covers_to)
    whose = books.document(document).customer_id if document is not None else customer
    form = request_form(
        books,
        kind=cast("FormKind", kind),
        policy=rules,
        reason=reason,
        requested_by=name,
        customer_id=customer,
        document_id=document,
        amount=amount,
        grade=grade_of(results, read, rules, whose),
    )
    write_text(out, request_page(form))
    console.print(f"To be signed by: {form.approver or 'nobody may, by the policy'}. Written to {out}.", markup=False)
