"""Which date of a file of payments is the payment's own: never that of the invoice whose number stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote

import polars as pl

from credrisk.ledger.parse_dates import read_dates
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import SURE_FROM, marks, plain, role_scores
from credrisk.sources.wizard.writing import writing_of

__all__ = ["booked_on", "posted_first", "posted_on", "with_own_date"]

_MOSTLY = 0.95
"""A column holds the dates of the invoices when it does in this share of the payments that can tell."""
_FEWEST = 5
"""Fewer payments on the day of their invoice may be so by chance."""


def posted_on(understood: Understood, rows: pl.Series, taken: str, notes: Notes) -> Content | None:
    """Return the column with the day on which the payments of a journal were booked, where the one taken is no such.

    Some journals repeat the date of the invoice beside its payment. So it is where nearly all payments stand on the day
    of an invoice of their customer, and another date of theirs is never earlier, and mostly later. In others payments
    have no date of a document: then that which all of them have.

    Parameters
    ----------
    rows
        Which rows are payments.
    taken
        The column that is taken for their date.
    """
    customer = understood.content("customer_id") or understood.content("name")
    if understood.about != "journal" or customer is None or not understood.has("document_date"):
        return None
    days = pl.DataFrame({"who": customer.texts, "day": understood.days_of(taken)})
    sold = days.filter(understood.own & ~rows).drop_nulls().unique()
    paid = days.filter(rows).drop_nulls("day")
    same = paid.join(sold, on=["who", "day"], how="semi").height
    of_invoice = paid.height >= _FEWEST and same >= _MOSTLY * paid.height
    lacking = days["day"].filter(rows).null_count()
    if not of_invoice and not lacking:
        return None
    why = f"on it {same:,} of {paid.height:,} payments stand on the day of an invoice of their customer"
    why = why if of_invoice else f"it is empty in {lacking:,} of {int(rows.sum()):,} payments"
    known = {role.column for thing, role in understood.roles.items() if thing != "recorded_at"}
    for other in understood.contents.values():
        if other.kind != "date" or other.name in known or other.texts.filter(rows).null_count():
            continue
        later = (understood.days_of(other.name) - days["day"]).dt.total_days().filter(rows).drop_nulls()
        mostly = int((later > 0).sum()) >= SHARED_FROM * later.len()
        if (later >= 0).all() and (mostly or not of_invoice):
            notes.unsure.append(
                f"{understood.key}: {other.name} is taken for the day of the payments, and not {taken}: {why}. If it "
                f"is not: --answer {quote(f'{understood.key}.settled_on={taken}')}"
            )
            return other
    if of_invoice:
        notes.unsure.append(
            f"{understood.key}: {why} ({taken}); if that is the date of the invoice, nobody seems to pay late"
        )
    return None


def booked_on(understood: Understood, rows: pl.Series, taken: str, notes: Notes) -> Content | None:
    """Return the column of the day of posting beside that of the date on a cheque: cash is there when it is booked.

    Parameters
    ----------
    rows
        Which rows are payments.
    taken
        The column that is taken for their date.
    """
    if not _headed(understood.contents[taken], "cheque_date"):
        return None
    dates = [one for one in understood.contents.values() if one.kind == "date" and _headed(one, "posting_date")]
    posted = next((one for one in dates if not one.texts.filter(rows).null_count()), None)
    if posted is None:
        return None
    days = pl.DataFrame({"posted": understood.days_of(posted.name), "taken": understood.days_of(taken)}).filter(rows)
    apart = days.filter(pl.col("posted") != pl.col("taken")).height
    notes.unsure.append(
        f"{understood.key}: {posted.name} is taken for the day of the payments, and not {taken}, the date on the "
        f"cheque; they differ in {apart:,} of {days.height:,} rows. If it is not: --answer "
        f"{quote(f'{understood.key}.settled_on={taken}')}"
    )
    return posted


def posted_first(dates: Sequence[Content]) -> list[Content]:
    """Return columns of dates, those of the day of posting before others."""
    return sorted(dates, key=lambda one: not _headed(one, "posting_date"))


def _headed(content: Content, name: str) -> bool:
    return any(plain(heading) in marks(name) for heading in content.headings)


def with_own_date(
    understood: Understood, files: Sequence[Understood], answers: Mapping[str, str], notes: Notes
) -> Understood:
    """Return a file of payments with the payment's own date where the one taken for it is that of the invoice.

    It is the invoice's by its header (``Invoice Date``), or as it stands beside the number in the file of documents.
    Where several others may be the payment's own it is asked; where there is none, it is told.
    """
    taken = understood.content("document_date")
    if understood.about != "payments" or taken is None or understood.has("settled_on"):
        return understood
    if understood.roles["document_date"].answered:
        return understood
    same, told = _on_day_of_invoice(understood, taken, files)
    by_header, by_values = _names_invoice(taken), told >= _FEWEST and same >= _MOSTLY * told
    if not by_header and not by_values:
        return understood
    others = [
        one
        for one in understood.contents.values()
        if one.kind == "date" and one.name != taken.name and not _names_invoice(one)
    ]
    named = [one for one in others if any(_means_date(heading) for heading in one.headings)]
    known = {role.column for role in understood.roles.values()}
    free = named or [one for one in others if one.name not in known] or others
    answer = f"{understood.key}.settled_on"
    why = f"{same:,} of {told:,} payments stand on the day of the invoice that they name" if told else "by its header"
    if len(free) == 1 and (named or (by_header and free[0].name not in known)):
        own = free[0]
        stale = f"{understood.key}: {taken.name} is taken for the document date;"
        notes.unsure[:] = [said for said in notes.unsure if not said.startswith(stale)]
        notes.unsure.append(
            f"{understood.key}: {own.name} is taken for the date of the payment, and not {taken.name}, which is that "
            f"of the invoice ({why}). Else: --answer {quote(f'{answer}={taken.name}')}"
        )
        return _dated(understood, own, answers, notes)
    if by_header and free:
        notes.questions.append(
            Question(
                answer,
                f"On which date of {understood.key} was the money there?",
                f"{taken.name} is that of the invoice ({why}).",
                tuple((one.name, one.examples) for one in (*free, taken)),
            )
        )
        return understood
    instead = f" ({', '.join(one.name for one in free)})" if free else ""
    notes.unsure.append(
        f"{understood.key}: {taken.name} is taken for the date of the payment, and it may be that of the invoice "
        f"({why}); then nothing tells who pays late. If another column{instead} is the day of the payment: --answer "
        f"{quote(f'{answer}=COLUMN')}"
    )
    return understood


def _dated(understood: Understood, own: Content, answers: Mapping[str, str], notes: Notes) -> Understood:
    gone = {"document_date", *(name for name, role in understood.roles.items() if role.column == own.name)}
    roles = {name: role for name, role in understood.roles.items() if name not in gone}
    written = writing_of(understood.key, [own], [], answers, notes)
    dates = {name: one for name, one in understood.writing.dates.items() if name != understood.column("document_date")}
    writing = replace(
        understood.writing,
        dates={**dates, **written.dates},
        empty=tuple(dict.fromkeys((*understood.writing.empty, *written.empty))),
    )
    return replace(understood, roles={**roles, "settled_on": Role(own.name, 100.0)}, writing=writing)


def _names_invoice(content: Content) -> bool:
    """Tell whether a header says that the column is of the invoice: a word is, or begins with, that for an invoice."""
    words = plain(content.name).split()
    return any(
        word == one or (len(one) > 4 and word.startswith(one)) for word in words for one in marks("invoice_words")
    )


def _means_date(heading: str) -> bool:
    scores = role_scores(heading)
    return max(scores.get("settled_on", 0.0), scores.get("document_date", 0.0)) >= SURE_FROM


def _on_day_of_invoice(understood: Understood, dates: Content, files: Sequence[Understood]) -> tuple[int, int]:
    """Return how many payments have the date of the invoice that they name, and of how many that can be told."""
    same = told = 0
    for other in files:
        numbers = other.content("document_id") if other.about == "documents" else None
        if numbers is None or not other.has("document_date"):
            continue
        ids = id_texts(numbers)
        things = [one for role in ("applies_to", "document_id", "payment_id") if (one := understood.content(role))]
        naming = next((one for one in things if overlap(one, ids) >= SHARED_FROM), None)
        if naming is None:
            continue
        billed = pl.DataFrame({"number": ids, "billed": _days(other, other.contents[other.column("document_date")])})
        paid = pl.DataFrame({"number": id_texts(naming), "paid": _days(understood, dates)}).filter(understood.own)
        both = paid.join(billed.drop_nulls().unique("number"), on="number").drop_nulls()
        same, told = same + int((both["paid"] == both["billed"]).sum()), told + both.height
    return same, told


def _days(understood: Understood, content: Content) -> pl.Series:
    month_first = any(form.startswith("%m") for form in understood.writing.dates.get(content.name, ()))
    return read_dates(content.texts, month_first=month_first, workbook=False)["value"]
