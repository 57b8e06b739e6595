"""Files of documents that repeat the numbers of another file: they may list what was applied, and no documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote

from credrisk.sources.wizard.documents import document_rows
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.unread_files import ROWS
from credrisk.wording import counted

__all__ = ["ask_what_repeats"]


def ask_what_repeats(
    documents: Sequence[Understood],
    kinds: Mapping[str, Mapping[str, str]],
    answers: Mapping[str, str],
    notes: Notes,
) -> tuple[str, ...]:
    """Ask what a file is instead of its terms where it repeats the documents of another; return how else to read it.

    A list of applications has no terms: where a file has no due date and most of its numbers are documents of another
    file, the first question is what its rows are.

    Returns
    -------
    tuple of str
        What to say where the ledger sets rows aside that share a number: by file, how its rows may be read.
    """
    hints = []
    for one in documents:
        if f"about.{one.key}" in answers or (number := one.content("document_id")) is None:
            continue
        rows = document_rows(one, kinds.get(one.key, {}))
        for other in documents:
            theirs = other.content("document_id")
            if other is one or theirs is None or (other.has("due_date") < one.has("due_date")):
                continue
            mine = number.of_rows(rows)
            there = id_texts(theirs).filter(document_rows(other, kinds.get(other.key, {})))
            if overlap(mine, there) < SHARED_FROM or (
                other.has("due_date") == one.has("due_date") and one.own.sum() > other.own.sum()
            ):
                continue
            said = f"{counted(mine.texts.drop_nulls().n_unique(), 'number')} of {one.key} ({number.name})"
            repeated = f"Most of the {said} are documents of {other.key} too."
            answer = quote(f"about.{one.key}=payments")
            hints.append(
                f"{repeated} If the rows of {one.key} say what was paid or applied, and are no documents of their own: "
                f"--answer {answer}"
            )
            if not one.has("due_date"):
                _instead_of_terms(one.key, repeated, notes)
            break
    return tuple(hints)


def _instead_of_terms(key: str, repeated: str, notes: Notes) -> None:
    """Put the question what a file is in the place of that for its terms."""
    asked = Question(f"about.{key}", f"What is {key}?", f"{repeated} It has no due dates.", ROWS)
    notes.questions[:] = [asked if one.key == f"terms.{key}" else one for one in notes.questions]
