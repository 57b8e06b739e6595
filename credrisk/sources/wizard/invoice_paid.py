"""Which column of the payments names the invoice paid: the one whose values are documents, or that the user named."""

from __future__ import annotations

import polars as pl

from credrisk.errors import ParameterError
from credrisk.sources.wizard.content import MOSTLY, Content
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.on_account import words_alone
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.several_invoices import named_together
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["invoice_paid"]


def invoice_paid(
    understood: Understood, rows: pl.Series, documents: Content | None, *, open_items: bool, notes: Notes
) -> Content | None:
    """Return the column that names the invoice paid, whatever its header; None where there is none.

    Parameters
    ----------
    rows
        Which rows are payments.
    documents
        The numbers of the documents, as their column has them; None where several columns make a number.
    open_items
        Whether the documents are what is open alone: then a column counts that is named and written like their numbers,
        however few of its values are still among them.

    Raises
    ------
    ParameterError
        When the user named a column, and no single column numbers the documents.
    """
    answered = _answered(understood)
    if documents is None:
        if answered:
            thing, column = answered
            rule = f"left out, for several columns make the number of a document and {column} alone is none of them"
            raise ParameterError("answer", rule, f"{understood.key}.{thing}={column}")
        notes.missing.append(
            f"{understood.key}: several columns make the number of a document, so no column of the payments can name it"
        )
        return None
    found = understood.contents[answered[1]] if answered else _by_values(understood, rows, documents)
    if found is None and open_items:
        found = _by_form(understood, rows, documents)
    if found is None:
        if understood.about != "journal" or not understood.has("matched_by"):
            notes.missing.append(
                f"{understood.key}: no column holds the numbers of the documents, so it is not known which invoice a "
                "payment pays"
            )
        return None
    _say(understood, rows, found, documents, open_items=open_items, notes=notes)
    return found


def _answered(understood: Understood) -> tuple[str, str] | None:
    """Return the thing and the column by which the user named the invoice paid; a journal's number is its own."""
    things = ("applies_to", "document_id") if understood.about == "payments" else ("applies_to",)
    return next(
        ((one, understood.column(one)) for one in things if understood.has(one) and understood.roles[one].answered),
        None,
    )


def _by_values(understood: Understood, rows: pl.Series, documents: Content) -> Content | None:
    """Return the column of whose values most are among the documents, one that a header names before others."""
    if "applies_to" in understood.declined:
        return None
    ids = id_texts(documents)
    taken = {
        role.column
        for name, role in understood.roles.items()
        if name not in ("document_id", "applies_to", "payment_id")
    }
    named = {understood.roles[role].column for role in ("applies_to", "document_id") if understood.has(role)}
    candidates = [
        one
        for name, one in understood.contents.items()
        if name not in taken and one.kind in ("text", "number") and one.texts.filter(rows).count()
        if name in named or one.of_rows(rows).tells_apart
    ]
    # words alone speak against a column only where no header says that it names the invoice
    shares: list[tuple[float, bool, Content]] = []
    for one in candidates:
        counting = _of_numbers(understood, rows, one, documents) if one.name in named else rows
        shares.append((_share_of(one.of_rows(counting), ids), one.name in named, one))
    best = max(shares, key=lambda share: (*share[:2], share[2].of_rows(rows).distinct), default=None)
    return best[2] if best is not None and best[0] >= SHARED_FROM else None


def _of_numbers(understood: Understood, rows: pl.Series, column: Content, documents: Content) -> pl.Series:
    """Return the rows but for those with words alone in the column, which are cash on account of their customer."""
    if not understood.has("customer_id") and not understood.has("name"):
        return rows
    return rows & ~column.texts.is_in(words_alone(column.of_rows(rows), documents)).fill_null(False)


def _share_of(column: Content, ids: pl.Series) -> float:
    """Return the share of a column's values that are numbers of documents, or name several of them."""
    each = Content(column.name, column.kind, column.texts.drop_nulls().unique())
    together = named_together(each, ids).texts
    return round(overlap(column, ids) + len(together) / max(1, column.distinct), 9)


def _by_form(understood: Understood, rows: pl.Series, documents: Content) -> Content | None:
    """Return the column that a header takes for a document, if its values are written like the documents' numbers."""
    forms = _forms(documents).unique().to_list()
    for role in ("applies_to", "document_id"):
        content = understood.content(role)
        if content is None or (understood.about == "journal" and role == "document_id"):
            continue
        alike = _forms(content.of_rows(rows)).is_in(forms)
        if alike.len() and int(alike.sum()) >= MOSTLY * alike.len():
            return content
    return None


def _forms(content: Content) -> pl.Series:
    """Return how the values are written: ``FV24/00008`` is ``A9/9``."""
    texts = id_texts(content).drop_nulls().unique()
    return texts.str.replace_all(r"\p{L}+", "A").str.replace_all(r"\d+", "9")


def _say(
    understood: Understood, rows: pl.Series, found: Content, documents: Content, *, open_items: bool, notes: Notes
) -> None:
    """Say how many of the numbers are documents, and what becomes of the payments of others and of none."""
    ids = id_texts(documents)
    rows = _of_numbers(understood, rows, found, documents)  # the others say so themselves
    key, share, together = (
        understood.key,
        _share_of(found.of_rows(rows), ids),
        named_together(found.of_rows(rows), ids),
    )
    said = f"{key}: {found.name} names the invoice paid; {share:.0%} of its numbers are among the documents"
    if share < 1:
        there = ids.drop_nulls().str.strip_chars_start("0").unique().to_list()
        known = id_texts(found).str.strip_chars_start("0").is_in(there) | id_texts(found).is_in(together.texts)
        strange = rows & ~known.fill_null(True)
        numbers = signed_numbers(understood)
        money = f", {abs(numbers.filter(strange).sum()):,.2f} in all" if numbers is not None else ""
        why = (
            "paid in full before this list of open items was drawn"
            if open_items
            else "to be found among the documents: export those too"
        )
        said += f"; {counted(int(strange.sum()), 'payment')} of others{money}, will be set aside, for those invoices "
        said += f"were {why}" if open_items else f"are not {why}"
    (notes.sure if share == 1 else notes.unsure).append(said)
    together.say(key, found.name, notes)
    without = int((found.texts.is_null() & rows).sum())
    if without and (understood.has("customer_id") or understood.has("name")):
        notes.unsure.append(f"{key}: cash on account, as no invoice is named, in {counted(without, 'payment')}")
    elif without:
        notes.missing.append(
            f"{key}: {counted(without, 'payment')} name no invoice, and no column names the customer. Where "
            "other lines of the same payment are of one customer they are cash on account of that one; the others are "
            "set aside. Export the customer with the payments"
        )
