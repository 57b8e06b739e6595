"""What a column of status says of documents: no receivable (void, draft), written off, or nothing that matters here.

A status is no type. Rows that are no receivable are left out, and it says so with rows and money; a status that nobody
knows keeps its rows, and says so; one that means opposite things in two countries is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from shlex import quote

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.document_kinds import LEAVE_OUT, numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, Question
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.status_words import (
    called_status,
    headed_void,
    is_status,
    known_status,
    of_something_else,
    says_void,
    status_of,
)
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import meaning_of_status
from credrisk.wording import counted

__all__ = [
    "CREDIT_NOTE",
    "DISCOUNT",
    "KEEP",
    "STATUS_MEANINGS",
    "WRITE_OFF",
    "status_as_kind",
    "status_columns",
    "statuses_as_kinds",
    "with_statuses",
]

KEEP, WRITE_OFF, DISCOUNT, CREDIT_NOTE = "keep", "write_off", "discount", "credit_note"
STATUS_MEANINGS = (KEEP, LEAVE_OUT, WRITE_OFF, DISCOUNT, CREDIT_NOTE)
"""What the user may say of a status: ``status.FILE.VALUE=``; of a file without types also ``kind.FILE.VALUE=``."""
_AS_KINDS = {"invoice": KEEP, "debit_note": KEEP}
_KNOWN = 0.5
_MOST_VOID = 0.25
"""Of the rows, that a yes under a header of void documents leaves out unasked."""
_FILES = ("documents", "journal", "credit_notes", "payments")


def status_as_kind(
    contents: Mapping[str, Content], roles: Mapping[str, Role], key: str, notes: Notes
) -> dict[str, Role]:
    """Return what the columns are, with a column of status that the user named as the type taken for what it is."""
    kind = roles.get("kind")
    if kind is None or not kind.answered:
        return dict(roles)
    content = contents[kind.column]
    if not is_status(content) or known_status(content) < _KNOWN:
        return dict(roles)
    notes.unsure.append(
        f"{key}: {kind.column} says what became of each document, not what it is, and is taken for the status: "
        f"--answer {quote(f'{key}.status={kind.column}')}"
    )
    return {**{thing: role for thing, role in roles.items() if thing != "kind"}, "status": kind}


def with_statuses(understood: Understood, answers: Mapping[str, str], notes: Notes) -> Understood:
    """Return the file with the statuses whose rows are left out, and those that say written off; and say which."""
    if understood.about not in _FILES or answers.get(f"{understood.key}.status") == "":
        return understood
    void: dict[str, tuple[str, ...]] = {}
    lost: dict[str, tuple[str, ...]] = {}
    for content in status_columns(understood):
        meant = {value: _meant(understood, content, value, answers) for value, _ in content.counts}
        asked = [value for value, meaning in meant.items() if meaning == "ask" and _money(understood, content, value)]
        left_out = [value for value, meaning in meant.items() if meaning == LEAVE_OUT]
        for value in left_out:
            answered = _answer(understood, value, answers)
            doubtful = _paid(understood, content, value).any() or _takes_back(understood, content, value)
            many = _rows(understood, content, value).sum() > _MOST_VOID * int(understood.own.sum())
            if not answered and (doubtful or (many and not meaning_of_status(value))):
                asked.append(value)
        for value in asked:
            notes.questions.append(_question(understood, content, value))
        if left_out:
            void[content.name] = tuple(sorted(left_out))
            _say_left_out(understood, content, [value for value in left_out if value not in asked], notes)
        written = [value for value, meaning in meant.items() if meaning == WRITE_OFF]
        if written and not lost and understood.about in ("documents", "journal"):
            lost[content.name] = tuple(sorted(written))
        _say_unknown(understood, content, [value for value, meaning in meant.items() if not meaning], notes)
    _say_of_something_else(understood, notes)
    made = replace(understood, void=void, lost=lost)
    return replace(made, void_on=tuple(_void_days(made, notes)))


def statuses_as_kinds(
    files: Sequence[Understood], answers: Mapping[str, str]
) -> tuple[list[Understood], dict[str, str]]:
    """Return files and answers so that a status of payments which the user calls written off is a type of payment.

    Of a file of payments without types: its rows with that status close invoices without cash, the others are cash.
    """
    found, said = list[Understood](), dict(answers)
    for one in files:
        columns = status_columns(one) if one.about == "payments" and not one.has("kind") else []
        for content in columns:
            if not any(_answer(one, value, answers) == WRITE_OFF for value, _ in content.counts):
                continue
            for value, _ in content.counts:
                lost = _answer(one, value, answers) == WRITE_OFF
                said[f"kind.{one.key}.{value}"] = "write_off" if lost else "payment"
            one = replace(one, roles={**one.roles, "kind": Role(content.name, 100.0, answered=True)})
            break
        found.append(one)
    return found, said


def status_columns(understood: Understood) -> list[Content]:
    """Return the columns of status: the one that is taken for it, and others that are called so."""
    taken = {role.column for role in understood.roles.values()}
    others = [
        one
        for name, one in understood.contents.items()
        if name not in taken
        and (says_void(one) or (is_status(one) and called_status(one) and known_status(one) >= _KNOWN))
    ]
    status = understood.content("status")
    return others if status is None else [status, *others]


def _meant(understood: Understood, content: Content, value: str, answers: Mapping[str, str]) -> str:
    return _answer(understood, value, answers) or status_of(content, value)


def _answer(understood: Understood, value: str, answers: Mapping[str, str]) -> str:
    """Return what the user said of a status, empty where nothing; of a file without types also as of a type."""
    said = answers.get(f"status.{understood.key}.{value}", "")
    if not said and not understood.has("kind"):
        said = answers.get(f"kind.{understood.key}.{value}", "")
    return _AS_KINDS.get(said, said)


def _rows(understood: Understood, content: Content, value: str) -> pl.Series:
    return understood.own & (content.texts == value).fill_null(False)


def _money(understood: Understood, content: Content, value: str) -> float:
    numbers = signed_numbers(understood)
    return 0.0 if numbers is None else float(numbers.filter(_rows(understood, content, value)).sum())


def _held(understood: Understood, content: Content, value: str) -> str:
    rows = counted(int(_rows(understood, content, value).sum()), "row")
    return f"{value!r} ({rows}, {_money(understood, content, value):,.2f} in all)"


def _paid(understood: Understood, content: Content, value: str) -> pl.Series:
    """Tell the rows of a status that the file itself says were paid."""
    rows = _rows(understood, content, value)
    if understood.about != "documents":
        return rows & False
    settled, paid = understood.content("settled_on"), understood.content("paid_amount")
    none = pl.Series([False] * rows.len())
    if paid is not None:
        return rows & (numbers_or_nil(paid, rows) != 0)
    return none if settled is None else rows & settled.texts.is_not_null()


def _takes_back(understood: Understood, content: Content, value: str) -> bool:
    """Tell whether the rows of a void status are below zero beside others above: bookings that cancel what stays."""
    numbers = signed_numbers(understood)
    if numbers is None or understood.about == "payments" or not says_void(content):
        return False
    rows = _rows(understood, content, value)
    void, others = numbers.filter(rows).drop_nulls(), numbers.filter(understood.own & ~rows).drop_nulls()
    return bool(2 * (void < 0).sum() > void.len() and 2 * (others < 0).sum() < others.len())


def _question(understood: Understood, content: Content, value: str) -> Question:
    paid = int(_paid(understood, content, value).sum())
    why = f" {counted(paid, 'row')} of them {'has' if paid == 1 else 'have'} been paid." if paid else ""
    if _takes_back(understood, content, value):
        why += " Their amounts are below zero: they may cancel rows that stay, and belong beside them."
    return Question(
        f"status.{understood.key}.{value}",
        f"Are the rows with {content.name} {value!r} in {understood.key} owed?",
        f"{_held(understood, content, value)}.{why}",
        (
            (KEEP, "documents as any other, open or paid"),
            (LEAVE_OUT, "void: no receivable, and what was paid on them is left out with them"),
            (WRITE_OFF, "what is left open of them was written off"),
        ),
    )


def _say_left_out(understood: Understood, content: Content, values: list[str], notes: Notes) -> None:
    if not values:
        return
    listed = ", ".join(_held(understood, content, value) for value in values)
    notes.unsure.append(
        f"{understood.key}: left out, as {content.name} says that they are no receivable: {listed}. If they are owed: "
        f"--answer {quote(f'status.{understood.key}.{values[0]}={KEEP}')}"
    )


def _say_unknown(understood: Understood, content: Content, values: list[str], notes: Notes) -> None:
    there = [value for value in values if _money(understood, content, value)]
    if not there:
        return
    listed = ", ".join(_held(understood, content, value) for value in there)
    key = f"status.{understood.key}.{there[0]}"
    notes.unsure.append(
        f"{understood.key}: {content.name} is not known, and kept: {listed}. If they are no receivable, or were "
        f"written off: --answer {quote(f'{key}={LEAVE_OUT}')} or {quote(f'{key}={WRITE_OFF}')}"
    )


def _say_of_something_else(understood: Understood, notes: Notes) -> None:
    """Name columns whose header speaks of a delivery or a customer and whose cells say cancelled or draft."""
    for content in understood.of_kind("text"):
        if not of_something_else(content) or not is_status(content) or known_status(content) < _KNOWN:
            continue
        void = [value for value, _ in content.counts if status_of(content, value) == LEAVE_OUT]
        there = [value for value in void if _money(understood, content, value)]
        if there and (called_status(content) or "kind" not in understood.roles):
            listed = ", ".join(_held(understood, content, value) for value in there)
            notes.unsure.append(
                f"{understood.key}: {content.name} says {listed}; these rows are kept, as the header speaks of "
                "something else than the document. If they are no receivable: "
                f"--answer {quote(f'{understood.key}.status={content.name}')}"
            )


def _void_days(understood: Understood, notes: Notes) -> list[str]:
    """Return the columns of the day on which a document became void, and say what is left out by them.

    One that is filled in most rows, or where something was paid, is another date, and is told.
    """
    taken = {role.column for role in understood.roles.values()}
    found = []
    for name, content in understood.contents.items():
        rows = understood.own & content.texts.is_not_null()
        if name in taken or content.kind != "date" or not headed_void(content) or not rows.any():
            continue
        settled, numbers = understood.content("settled_on"), signed_numbers(understood)
        paid = settled is not None and bool((rows & settled.texts.is_not_null()).any())
        money = 0.0 if numbers is None else float(numbers.filter(rows).sum())
        held = f"{counted(int(rows.sum()), 'row')}, {money:,.2f} in all"
        if paid or 2 * int(rows.sum()) > int(understood.own.sum()):
            notes.unsure.append(
                f"{understood.key}: {name} is filled in {held}, which are kept. If they are void: put "
                f'{{ column = "{name}", empty = true }} into where of the mapping'
            )
            continue
        found.append(name)
        notes.unsure.append(
            f"{understood.key}: left out, as {name} says since when they are no receivable: {held}. If they are owed: "
            f"--answer {quote(f'{understood.key}.status=')}"
        )
    return found
