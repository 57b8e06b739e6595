"""When a document was made and when it falls due; a date that the export lacks is made from the other and the terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.understood import Understood

__all__ = ["document_dates"]

_LONGEST_TERMS = 400
"""Days; a column of terms with larger numbers holds something else, such as codes."""


def document_dates(
    understood: Understood, rows: pl.Series, answers: Mapping[str, str], notes: Notes, remarks: dict[str, str]
) -> dict[str, Any]:
    """Return the rules of the document date and the due date.

    Parameters
    ----------
    rows
        Which rows are documents.
    answers
        ``terms.FILE``: the days of the terms, where no column has them.
    """
    if understood.has("document_date", "due_date"):
        return {role: understood.date(role) for role in ("document_date", "due_date")}
    given = next((role for role in ("document_date", "due_date") if understood.has(role)), "")
    if not given:
        notes.questions.append(_which_date(understood))
        return {"document_date": "", "due_date": ""}
    lacking = "due_date" if given == "document_date" else "document_date"
    key = "plus_days" if lacking == "due_date" else "minus_days"
    keys = _terms(understood, rows, key, notes, remarks) or _answered(understood, answers, key, notes, given)
    if lacking == "document_date" and understood.has("settled_on"):
        keys["not_after"] = understood.column("settled_on")
    made = {given: understood.date(given), lacking: understood.date(given, **keys)}
    return {role: made[role] for role in ("document_date", "due_date")}


def _terms(understood: Understood, rows: pl.Series, key: str, notes: Notes, remarks: dict[str, str]) -> dict[str, Any]:
    """Return the days from a column of terms; where it is empty, the most frequent ones."""
    terms = understood.content("terms_days")
    if terms is None or terms.number is None or not terms.number.filter(rows).is_between(0, _LONGEST_TERMS).all():
        return {}
    days = terms.texts.filter(rows).drop_nulls().str.replace(r"\.0+$", "")
    if days.is_empty() or not days.str.contains(r"^\d+$").all():
        return {}
    usual, empty = str(days.mode().sort()[0]), terms.texts.filter(rows).null_count()
    lacking, given = ("due date", "document date") if key == "plus_days" else ("document date", "due date")
    words = f"the {given} {'plus' if key == 'plus_days' else 'less'} {terms.name}"
    if empty:
        words += f"; {usual} days in the {empty:,} rows where it is empty"
    notes.unsure.append(f"{understood.key}: no {lacking}; it is {words}")
    remarks[lacking.replace(" ", "_")] = words
    return {key: terms.name, f"default_{key}": int(usual)}


def _answered(understood: Understood, answers: Mapping[str, str], key: str, notes: Notes, given: str) -> dict[str, Any]:
    said = answers.get(f"terms.{understood.key}", "")
    if said.isdigit():
        return {key: int(said)}
    lacking = "due date" if given == "document_date" else "document date"
    thing = lacking.replace(" ", "_")
    hint = understood.resembling(thing, "date") or f"If a column has it: {understood.key}.{thing}=COLUMN."
    notes.questions.append(
        Question(
            f"terms.{understood.key}",
            f"{understood.key} has no {lacking}. How many days after the document is payment due by your terms?",
            f"No column for the {lacking} was recognised; columns: {', '.join(understood.contents)}. {hint} Lateness "
            "counts from the due date, so wrong terms make every figure of lateness wrong.",
            free="a whole number of days",
        )
    )
    return {}


def _which_date(understood: Understood) -> Question:
    dates = [(one.name, one.examples) for one in understood.of_kind("date")]
    return Question(
        f"{understood.key}.document_date",
        f"Which column of {understood.key} is the date of the document?",
        choices=tuple(dates),
    )
