"""Which of several columns of numbers is the document's: that by which the other files name the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import SURE_FROM, role_scores

__all__ = ["with_number_named_elsewhere"]

_NAMING = ("payments", "journal", "credit_notes")


def with_number_named_elsewhere(understood: Understood, files: Sequence[Understood], notes: Notes) -> Understood:
    """Return a file of documents with the column of numbers that other files hold, where its own is in none.

    Only columns count whose headers say that they are the number of a document (``Invoice ID``, ``Invoice Number``).
    """
    taken = understood.content("document_id")
    if understood.about != "documents" or taken is None or understood.roles["document_id"].answered:
        return understood
    free = {one.name for one in understood.of_kind("text", "number")}
    free |= {role.column for thing, role in understood.roles.items() if thing == "order_id" and not role.answered}
    others = [one for name, one in understood.contents.items() if name in free and _named_so(one)]
    naming = [
        (other, column)
        for other in files
        if other.key != understood.key and other.about in _NAMING
        for column in other.contents.values()
        if column.kind in ("text", "number") and not column.has_decimals and column.filled
    ]
    if not others or not naming or _share(taken, naming)[0] >= SHARED_FROM:
        return understood
    share, found, other, column = max(
        ((*_share(one, naming)[:1], one, *_share(one, naming)[1:]) for one in others), key=lambda told: told[0]
    )
    if share < SHARED_FROM:
        return understood
    stale = f"{understood.key}: {taken.name} is taken for the document id;"
    notes.unsure[:] = [said for said in notes.unsure if not said.startswith(stale)]
    (notes.sure if share == 1 else notes.unsure).append(
        f"{understood.key}: {found.name} is the number of the document, and not {taken.name}: {share:.0%} of the "
        f"numbers in {column.name} of {other.key} are among it"
    )
    roles = {thing: role for thing, role in understood.roles.items() if role.column != found.name}
    return replace(understood, roles={**roles, "document_id": Role(found.name, 100.0)})


def _named_so(content: Content) -> bool:
    return any(role_scores(heading).get("document_id", 0.0) >= SURE_FROM for heading in content.headings)


def _share(numbers: Content, naming: Sequence[tuple[Understood, Content]]) -> tuple[float, Understood, Content]:
    """Return the largest share of a column of another file whose values are among the numbers, and which it is."""
    ids = id_texts(numbers)
    return max(((overlap(column, ids), other, column) for other, column in naming), key=lambda told: told[0])
