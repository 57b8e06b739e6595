"""From an unknown export to a proposed mapping: files understood, ids joined, tables put together, questions listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.sources.mapping_left_open import LEFT_OPEN
from credrisk.sources.packed_export import opened_export
from credrisk.sources.wizard.answers import refuse_strange_answers, tidy_answers
from credrisk.sources.wizard.answers_followed import refuse_unfollowed_answers
from credrisk.sources.wizard.brought_forward import brought_forward, paying_openings
from credrisk.sources.wizard.closed_unpaid import ask_closed_unpaid
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.credit_note_files import credit_note_file_tables
from credrisk.sources.wizard.credit_notes import negative_documents_set_off
from credrisk.sources.wizard.credited_numbers import credited_numbers
from credrisk.sources.wizard.customer_codes import with_customer_codes
from credrisk.sources.wizard.customer_doubt import say_doubtful_customers
from credrisk.sources.wizard.customers import customer_tables
from credrisk.sources.wizard.discounts import hold_discounts
from credrisk.sources.wizard.disputes import dispute_tables
from credrisk.sources.wizard.document_kinds import propose_kinds, signed_numbers
from credrisk.sources.wizard.documents import document_rows, document_tables
from credrisk.sources.wizard.file_amounts import amounts_of, closes
from credrisk.sources.wizard.general_ledger import in_accounts
from credrisk.sources.wizard.ids import id_texts, lost_zeros, number_by_content
from credrisk.sources.wizard.invoice_lines import with_lines
from credrisk.sources.wizard.invoice_number import with_number_named_elsewhere
from credrisk.sources.wizard.ledger_currency import ledger_currency
from credrisk.sources.wizard.line_items import refuse_line_items
from credrisk.sources.wizard.numbered_payments import (
    numbered_payment_tables,
    numbered_payments,
    with_numbered_payments,
    without_payments_alone,
)
from credrisk.sources.wizard.on_account import on_account
from credrisk.sources.wizard.original_amounts import without_original_amounts
from credrisk.sources.wizard.paid_short import paid_short_tables, refuse_unfollowed_rests
from credrisk.sources.wizard.paid_twice import once_credited, once_paid
from credrisk.sources.wizard.payment_dates import with_own_date
from credrisk.sources.wizard.payment_discounts import amounts_owed
from credrisk.sources.wizard.payments import payment_tables
from credrisk.sources.wizard.proposal import Notes, Proposal, TableProposal
from credrisk.sources.wizard.receipt_lists import list_of_receipts
from credrisk.sources.wizard.repeated_numbers import ask_what_repeats
from credrisk.sources.wizard.settled_elsewhere import settled_by_receipts
from credrisk.sources.wizard.settlements import lists_open_items
from credrisk.sources.wizard.shared_numbers import with_shared_numbers
from credrisk.sources.wizard.source_table import read_tables
from credrisk.sources.wizard.statuses import statuses_as_kinds
from credrisk.sources.wizard.understanding import understand
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.unread_files import ask_unread, no_documents, why_unread
from credrisk.sources.wizard.without_invoice import settled_without_invoice

__all__ = ["propose_mapping"]

_WITH_DOCUMENTS = ("documents", "journal")
_WITH_PAYMENTS = ("payments", "journal")


def propose_mapping(source: str | PathLike[str], *, answers: Mapping[str, str] | None = None) -> Proposal:
    """Propose how an export becomes a ledger.

    Parameters
    ----------
    source
        A file (.csv, .tsv, .txt, also .gz; .xlsx, .parquet), or a folder or zip of files.
    answers
        What the user said, by the key of the question; also ``FILE.THING`` (the column that is the customer_id,
        document_id, document_date, due_date, amount, settled_on, ...) and ``about.FILE`` (documents, payments, journal,
        credit_notes, customers, nothing), whether it was asked or not.

    Returns
    -------
    Proposal
        With ``blocking`` questions, its mapping cannot be written before they are answered.

    Raises
    ------
    ParameterError
        When there is no table at the place, or an answer is none of the choices.
    DataError
        When a file cannot be read, or is a line item list that has an importer of its own.

    Examples
    --------
    >>> proposal = propose_mapping("exports/", answers={"dates.invoices": "day_first"})  # doctest: +SKIP
    """
    given, notes = tidy_answers(answers or {}), Notes()
    with opened_export(Path(source)) as place:
        files = [understand(table, given, notes) for table in read_tables(place)]
    refuse_strange_answers(given, files)
    refuse_line_items(files, given, Path(source))
    files, given = statuses_as_kinds(files, given)
    files = [with_numbered_payments(one, notes) for one in files]
    files = [list_of_receipts(one, files, given, notes) for one in files]
    files = with_customer_codes(files, given, notes)
    files = [with_number_named_elsewhere(one, files, notes) for one in files]
    files = [with_own_date(one, files, given, notes) for one in files]
    files = [with_lines(one, files, given, notes) for one in files]
    typed = [one for one in files if _is_ledger(one) and one.has("kind")]
    kinds = {one.key: propose_kinds(one, given, notes) for one in typed if one.about != "payments"}
    credited_before = credited_numbers(files, kinds)
    for one in typed:
        if one.about == "payments":
            kinds[one.key] = propose_kinds(one, given, notes, credited=credited_before)
    shared = [with_shared_numbers(one, kinds.get(one.key, {}), notes) for one in files]
    files, kinds = [one for one, _ in shared], {one.key: meant for one, meant in shared}
    files = [_with_number(one, kinds.get(one.key, {}), notes) for one in files]
    documents = [one for one in files if one.about in _WITH_DOCUMENTS]
    payments = [one for one in files if one.about in _WITH_PAYMENTS]
    credited = [one for one in files if one.about == "credit_notes"]
    accounts = [one for one in files if one.about == "customers"]
    if not documents:
        notes.questions.append(no_documents(files))
    currency = ledger_currency(
        list({one.key: one for one in [*documents, *payments, *credited] or files}.values()), given, notes
    )
    pad = lost_zeros(content for one in files if (content := one.content("customer_id")) is not None)
    tables: list[TableProposal] = customer_tables(
        accounts, [*documents, *credited], currency=currency, pad=pad, notes=notes
    )
    beside = {one.key for one in documents if numbered_payments(one)}
    paid_never = not payments and not beside and not any(_settled(one) for one in documents)
    numbers: Content | None = None
    owed = pl.DataFrame(schema={"number": pl.String, "owed": pl.Float64})

    def made_of(one: Understood, apart: str, said: Notes) -> list[TableProposal]:
        return document_tables(
            one,
            kinds.get(one.key, {}),
            currency=currency,
            pad=pad,
            paid_never=paid_never,
            paid_elsewhere=one.key in beside or any(other is not one for other in payments),
            apart=apart,
            answers=given,
            notes=said,
        )

    settled = [one for one in documents if _settled(one)]
    apart = "payments are in another file too, and a ledger takes one form of them" if payments else ""
    if not apart and len({_applied(made_of(one, "", Notes())) for one in settled}) > 1:
        apart = "another file has payments without discounts, and a ledger takes one form of them; join the files"
    for one in documents:
        meaning = kinds.get(one.key, {})
        made = made_of(one, apart, notes)
        tables += [without_payments_alone(each, one) for each in made] if one.key in beside else made
        tables += numbered_payment_tables(one, made[0], notes)
        rows, rule = document_rows(one, meaning), made[0].columns["document_id"]
        if payments or one.key in beside or one in settled:
            off = negative_documents_set_off(one, made[0], notes)
            tables += off
        if one in settled and one.about == "documents" and not payments:
            tables += paid_short_tables(one, [*made, *off], rows, given, notes)
        single = rule if isinstance(rule, str) else rule.get("column", "")
        if single:
            own = Content(single, one.contents[single].kind, one.contents[single].texts.filter(rows))
            owed = pl.concat([owed, amounts_owed(one, rows, own)])
            numbers = own if numbers is None else Content(single, "text", pl.concat([numbers.texts, own.texts]))
        tables += dispute_tables(one, made[0], rows, notes)
        _relations(one, rows, notes)
    openings = [found for one in documents if (found := brought_forward(one, kinds.get(one.key, {}))) is not None]
    named = [content for one in documents if (content := one.content("customer_id") or one.content("name")) is not None]
    owners = pl.concat([id_texts(one).rename("owner") for one in named]) if named else pl.Series([], dtype=pl.String)
    open_items = all(lists_open_items(one, document_rows(one, kinds.get(one.key, {}))) for one in documents)
    say_doubtful_customers([(one, document_rows(one, kinds.get(one.key, {}))) for one in documents], notes)
    credited_there = any(_credits(one, kinds.get(one.key, {})) for one in documents)
    for one in payments:
        paying = payment_tables(
            one,
            kinds.get(one.key, {}),
            numbers,
            currency=currency,
            owners=owners,
            pad=pad,
            alone=len(payments) == 1,
            open_items=open_items,
            credited_there=credited_there,
            owed=owed,
            notes=notes,
        )
        opened = sorted(openings, key=lambda found: found.understood is not one)
        tables += on_account(paying_openings(paying, one, opened, notes), one, numbers, notes)
    tables = once_credited(once_paid(tables, files, notes), files, notes)
    for one in credited:
        tables += credit_note_file_tables(one, numbers, currency=currency, pad=pad, notes=notes)
    if any(one.instalments for one in tables):  # a number may be shared between files: all are told apart alike
        tables = [replace(one, instalments=True) if one.table == "documents" else one for one in tables]
    tables = settled_by_receipts(tables, given, notes)
    of_lines = {one.key for one in files if one.further is not None}
    tables = [replace(one, lines=one.file in of_lines and not one.one_row_per) for one in tables]
    tables = in_accounts(tables, files)
    hold_discounts(given, files, tables)
    refuse_unfollowed_rests(given, tables)
    repeated = ask_what_repeats(documents, kinds, given, notes)
    if not any(one.blocking for one in notes.questions):
        refuse_unfollowed_answers(given, files, tables)
    if documents:
        notes.questions += [asked for one in files if (asked := ask_unread(one, files, given)) is not None]
        ask_closed_unpaid(files, kinds, tables, given, notes)
        _say_missing(documents, payments, tables, given, notes)
    settings = {"currency": currency}
    if any("country" in table.columns for table in tables if table.table == "customers"):
        settings["static"] = "country"
    settings |= settled_without_invoice(tables, given, notes, open_items=open_items)
    read = {table.file for table in tables}
    return Proposal(
        str(source),
        tuple(one.source_file for one in files if one.key in read),
        tuple(tables),
        settings,
        {one.table.file.path: why_unread(one, given) for one in files if one.key not in read},
        tuple(
            amounts
            for one in files
            if one.key in read
            if (amounts := amounts_of(one, tables, kinds.get(one.key, {}))).columns or amounts.unused
        ),
        tuple(dict.fromkeys(notes.sure)),
        tuple(dict.fromkeys(notes.unsure)),
        tuple(dict.fromkeys(notes.missing)),
        tuple({one.key: one for one in notes.questions}.values()),
        repeated,
    )


def _is_ledger(understood: Understood) -> bool:
    return understood.about in {*_WITH_DOCUMENTS, *_WITH_PAYMENTS}


def _with_number(understood: Understood, kinds: Mapping[str, str], notes: Notes) -> Understood:
    if understood.about not in _WITH_DOCUMENTS:
        return understood
    numbered = number_by_content(understood, document_rows(understood, kinds), notes)
    return without_original_amounts(numbered, document_rows(numbered, kinds), notes)


def _credits(understood: Understood, kinds: Mapping[str, str]) -> bool:
    """Tell whether some documents of a file are credit notes, by type or sign."""
    signed = signed_numbers(understood)
    negative = signed is not None and (document_rows(understood, kinds) & (signed < 0).fill_null(False)).any()
    return "credit_note" in kinds.values() or bool(negative)


def _settled(understood: Understood) -> bool:
    content = understood.content("settled_on")
    return content is not None and content.kind != "empty"


def _applied(tables: Sequence[TableProposal]) -> bool:
    return any(one.table == "applications" and one.columns["amount"] != {"constant": LEFT_OPEN} for one in tables)


def _relations(understood: Understood, rows: pl.Series, notes: Notes) -> None:
    """Hold the dates against each other: nothing falls due or is settled before it is there."""
    if not understood.has("document_date"):
        return
    first = understood.days("document_date").filter(rows)
    for role, words in (("due_date", "fall due"), ("settled_on", "were settled")):
        if not understood.has(role) or understood.contents[understood.column(role)].kind != "date":
            continue
        later = understood.days(role).filter(rows)
        early, both = int((later < first).sum()), int((later.is_not_null() & first.is_not_null()).sum())
        said = (
            f"{understood.key}: {early:,} of {both:,} documents {words} ({understood.column(role)}) before their date"
        )
        if early:
            notes.unsure.append(said)
        elif both:
            notes.sure.append(f"{understood.key}: none of {both:,} documents {words} before their date")


def _say_missing(
    documents: Sequence[Understood],
    payments: Sequence[Understood],
    tables: Sequence[TableProposal],
    answers: Mapping[str, str],
    notes: Notes,
) -> None:
    paid = payments or any(one.table == "payments" for one in tables)
    if not paid and not any(one.has("settled_on") for one in documents):
        unsaid = [one for one in documents if f"{one.key}.settled_on" not in answers]
        hints = " ".join(hint for one in unsaid if (hint := one.resembling("settled_on", "date")))
        notes.missing.append(
            "payments: neither a date of payment nor a file of payments. Ageing and exposure work; who pays late, the "
            f"probability of a bad debt and the cash forecast cannot be learnt. {hints}".rstrip()
        )
    if not any(one.has("kind") for one in documents):
        notes.missing.append("document types: no column says invoice or credit note; negative amounts are credit notes")
    lacking = [
        thing
        for thing, there in (
            ("write-offs", any(closes(one, "write_off") for one in tables)),
            ("disputes", any(one.table == "disputes" for one in tables)),
        )
        if not there
    ]
    notes.missing.append(
        f"{', '.join((*lacking, 'promises, contacts, limits and cover'))}: what the export does not say stays unknown "
        "(docs/data-model.md lists the tables that may be added)"
    )
