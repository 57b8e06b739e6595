"""When a document was made and when it falls due; a date that the export lacks is made from the other and the terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from shlex import quote
from typing import Any

import polars as pl

from credrisk.sources.terms_in_words import TERMS_FORMS, Terms, read_terms
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import TERMS_FROM
from credrisk.sources.wizard.understood import Understood
from credrisk.wording import counted

__all__ = ["document_dates"]

_SHOWN = 6
"""So many terms in words are told with their days."""


def document_dates(
    understood: Understood, rows: pl.Series, answers: Mapping[str, str], notes: Notes, remarks: dict[str, str]
) -> dict[str, Any]:
    """Return the rules of the document date and the due date.

    Parameters
    ----------
    rows
        Which rows are documents.
    answers
        ``terms.FILE``: the days of the terms, where no column has them; ``terms.FILE.TERMS``: what terms mean that a
        column has in words.
    """
    if understood.has("document_date", "due_date"):
        return {role: understood.date(role) for role in ("document_date", "due_date")}
    given = next((role for role in ("document_date", "due_date") if understood.has(role)), "")
    if not given:
        notes.questions.append(_which_date(understood))
        return {"document_date": "", "due_date": ""}
    lacking = "due_date" if given == "document_date" else "document_date"
    key = "plus_days" if lacking == "due_date" else "minus_days"
    keys = _terms(understood, rows, key, answers, notes, remarks) or _answered(understood, answers, key, notes, given)
    if lacking == "document_date" and understood.has("settled_on"):
        keys["not_after"] = understood.column("settled_on")
    made = {given: understood.date(given), lacking: understood.date(given, **keys)}
    return {role: made[role] for role in ("document_date", "due_date")}


def _terms(
    understood: Understood, rows: pl.Series, key: str, answers: Mapping[str, str], notes: Notes, remarks: dict[str, str]
) -> dict[str, Any]:
    """Return the days from a column of terms, in numbers or words; where invoices have none, the most frequent ones.

    Values that say nothing are asked; a column of which most cells say nothing is no column of terms.
    """
    terms = understood.content("terms_days")
    texts = None if terms is None else terms.texts.filter(rows)
    if terms is None or texts is None or texts.null_count() == texts.len():
        return {}
    counts = Counter(texts.drop_nulls().to_list())
    read = {text: one for text in counts if (one := read_terms(text)) and (key == "plus_days" or not one.month_end)}
    unread = sorted(counts.keys() - read.keys())
    if sum(counts[text] for text in read) < TERMS_FROM * counts.total() or (terms.kind == "number" and unread):
        return {}
    stated = {text: _stated(understood, text, rows, answers, notes) for text in unread}
    days: Counter[int] = Counter()
    for text, one in read.items():
        if not one.month_end:
            days[one.days] += counts[text]
    lacking, given = ("due date", "document date") if key == "plus_days" else ("document date", "due date")
    words = f"the {given} {'plus' if key == 'plus_days' else 'less'} {terms.name}"
    keys: dict[str, Any] = {key: terms.name}
    if any(stated.values()):
        keys["days_of"] = {text: int(said) if said.isdigit() else said for text, said in stated.items() if said}
    empty = _invoices_without(understood, texts, rows)
    usual = answers.get(f"terms.{understood.key}") or min(days, key=lambda one: (-days[one], one), default="")
    if (empty or (key == "minus_days" and texts.null_count())) and usual != "":
        keys[f"default_{key}"] = int(usual)
        words += f"; {usual} days in the {texts.null_count():,} rows where it is empty"
    elif empty:
        notes.missing.append(
            f"{understood.key}: {counted(empty, 'invoice')} without {terms.name} have no due date and will be set "
            f"aside. If they have usual terms: --answer terms.{understood.key}=DAYS"
        )
    elif texts.null_count():
        notes.sure.append(
            f"{understood.key}: {counted(texts.null_count(), 'credit note')} without {terms.name} are due on their own "
            "date"
        )
    notes.unsure.append(f"{understood.key}: no {lacking}; it is {words}")
    remarks[lacking.replace(" ", "_")] = words
    if terms.kind == "text":
        notes.sure.append(f"{understood.key}: {terms.name} in words: {_in_words(read, counts)}")
    return keys


def _stated(understood: Understood, text: str, rows: pl.Series, answers: Mapping[str, str], notes: Notes) -> str:
    """Return what the user says that terms mean which say nothing by themselves, or ask it."""
    said = answers.get(f"terms.{understood.key}.{text}") or answers.get(f"terms.{understood.key}", "")
    if not said:
        column, numbers = understood.contents[understood.column("terms_days")], signed_numbers(understood)
        those = rows & (column.texts == text).fill_null(False)
        held = counted(int(those.sum()), "row") + (
            f", {numbers.filter(those).sum():,.2f}" if numbers is not None else ""
        )
        notes.questions.append(
            Question(
                f"terms.{understood.key}.{text}",
                f"After how many days is payment due by the terms {text!r} of {understood.key}?",
                f"{held}. It is read in two ways, or not at all; nothing is guessed.",
                free="days, 'end of month', '30 days after end of month' or 'end of month after 30 days'",
            )
        )
    return said


def _invoices_without(understood: Understood, texts: pl.Series, rows: pl.Series) -> int:
    """Return how many rows have no terms and are no credit notes, which are due on their own date."""
    numbers = signed_numbers(understood)
    owed = pl.Series([True] * texts.len()) if numbers is None else ~(numbers.filter(rows) < 0).fill_null(False)
    return int((texts.is_null() & owed).sum())


def _in_words(read: Mapping[str, Terms], counts: Counter[str]) -> str:
    ends = {"": "", "from": " after the end of the month", "to": ", then to the end of the month"}
    most = sorted(read, key=lambda text: (-counts[text], text))[:_SHOWN]
    said = ", ".join(f"{text!r} is {counted(read[text].days, 'day')}{ends[read[text].month_end]}" for text in most)
    return said + (f" and {len(read) - _SHOWN:,} more" if len(read) > _SHOWN else "")


def _answered(understood: Understood, answers: Mapping[str, str], key: str, notes: Notes, given: str) -> dict[str, Any]:
    said = answers.get(f"terms.{understood.key}", "")
    if said.isdigit():
        return {key: int(said)}
    lacking = "due date" if given == "document_date" else "document date"
    thing = lacking.replace(" ", "_")
    strange = understood.unreadable(thing)
    dated = understood.dates_for(thing)
    hint = f"If a column has it: --answer {understood.key}.{thing}=COLUMN."
    if dated:
        first = quote(f"{understood.key}.{thing}={dated[0].name}")
        others = ", ".join(one.name for one in dated[1:])
        hint = f"If {dated[0].name!r} is it: --answer {first}." + (f" It may also be {others}." if others else "")
    missed = f"No column for the {lacking} was recognised; columns: {', '.join(understood.contents)}. {hint}"
    notes.questions.append(
        Question(
            f"terms.{understood.key}",
            f"{understood.key} has no {lacking}. How many days after the document is payment due by your terms?",
            f"{strange or missed} {_no_terms(understood)}Lateness "
            "counts from the due date, so wrong terms make every figure of lateness wrong.",
            free="a whole number of days",
            thing=f"{understood.key}.{thing}",
            columns=tuple((one.name, one.examples) for one in dated),
        )
    )
    return {}


def _no_terms(understood: Understood) -> str:
    """Say that a column taken for the terms says no days, and in which forms it would."""
    terms = understood.content("terms_days")
    if terms is None or terms.kind == "empty":
        return ""
    return f"{terms.name} ({terms.examples}) says no number of days in most rows; read are {TERMS_FORMS}. "


def _which_date(understood: Understood) -> Question:
    dates = [(one.name, one.examples) for one in understood.dates_for("document_date")]
    return Question(
        f"{understood.key}.document_date",
        f"Which column of {understood.key} is the date of the document?",
        understood.unreadable("document_date"),
        choices=tuple(dates),
    )
