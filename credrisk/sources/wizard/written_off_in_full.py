"""Documents that a status or a date says were written off, without the amount: what is left open of them is closed.

On the date of the write-off, in a column or in a text; where there is none on the last day that the export covers. How
much is left the ledger works out from all that was paid by then, in whichever file (:mod:`credrisk.ledger.left_open`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from shlex import quote
from typing import Any

import polars as pl

from credrisk.sources.mapping_last_day import LAST_DAY
from credrisk.sources.mapping_left_open import LEFT_OPEN
from credrisk.sources.wizard.dates_in_text import write_off_date_in_text
from credrisk.sources.wizard.discounts import filled
from credrisk.sources.wizard.document_kinds import numbers_or_nil, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import meaning_of_status
from credrisk.wording import counted

__all__ = ["written_off_in_full"]

_LAST_DAY = {"constant": LAST_DAY}
_WHY = "no date of the write-off; it was known on the last day of the export"
_Tests = tuple[dict[str, Any], ...]


def written_off_in_full(
    understood: Understood, tables: Sequence[TableProposal], rows: pl.Series, notes: Notes, *, paid_elsewhere: bool
) -> list[TableProposal]:
    """Return the documents of a file, and what closes them, with the write-offs that a status or a date tells.

    Parameters
    ----------
    tables
        The documents, and what closes them already.
    rows
        Which rows are documents.
    paid_elsewhere
        Whether another file has the payments.
    """
    taken = rows & understood.written_off
    if not taken.any():
        return list(tables)
    made = next(one for one in tables if one.table == "documents")
    if made.instalments:
        notes.missing.append(
            f"{understood.key}: {_held(understood, taken)} written off according to {_by(understood)} stay open: rows "
            "share a number, and what is left open of one of them is not known"
        )
        return list(tables)
    part_paid = _part_paid(understood, taken) & (not paid_elsewhere)
    documents = [part for one in tables for part in _without_settlement(understood, one, taken)]
    if part_paid.any():
        documents = [part for one in documents for part in _with_part_paid(understood, one, part_paid)]
    where = _unsettling(understood, made)
    columns = {"to_document_id": made.columns["document_id"], "amount": {"constant": LEFT_OPEN}}
    columns["kind"] = {"constant": "write_off"}
    _say(understood, taken, part_paid, notes)
    return [
        *documents,
        *(
            TableProposal(
                "applications",
                made.file,
                {**columns, "applied_on": on},
                (*where, *tests),
                remarks={"amount": "what is not paid"} | ({"applied_on": _WHY} if on == _LAST_DAY else {}),
            )
            for on, tests in _days(understood)
        ),
    ]


def _days(understood: Understood) -> list[tuple[Any, _Tests]]:
    """Return the rules of the day of the write-offs, each with the conditions of the rows that have it.

    Where no column has it, that which a text tells of most rows; of the others the last day. A date of settlement is
    that of the write-off where nothing else is said to have been paid.
    """
    said: _Tests = tuple({"column": name, "equals": list(values)} for name, values in understood.lost.items())
    alone = not understood.has("written_off_amount")
    for thing in ("written_off_on", "settled_on"):
        content = understood.content(thing)
        if content is None or content.kind != "date" or (thing == "settled_on" and not _settled_by_status(understood)):
            continue
        there, not_there = ({"column": content.name, "empty": empty} for empty in (False, True))
        dated: _Tests = (there,) if thing == "written_off_on" and alone else (there, *said)
        days: list[tuple[Any, _Tests]] = [(understood.date(thing), dated)] if said or alone else []
        return [*days, (_LAST_DAY, (not_there, *said))] if said else days
    told = write_off_date_in_text(understood, understood.own & understood.written_off)
    return [(_LAST_DAY if told is None else told.rule, said)]


def _settled_by_status(understood: Understood) -> bool:
    """Tell whether the date of settlement of what was written off is no payment: its status says so by itself."""
    return not understood.has("paid_amount") and all(
        meaning_of_status(value) == "write_off" for values in understood.lost.values() for value in values
    )


def _without_settlement(understood: Understood, made: TableProposal, taken: pl.Series) -> list[TableProposal]:
    """Return the documents so that a date beside the status of a write-off, and no amount paid, is not a payment."""
    settled, paid = understood.content("settled_on"), understood.content("paid_amount")
    if made.table != "documents" or "settled_on" not in made.columns or settled is None or not understood.lost:
        return [made]
    own = [value for values in understood.lost.values() for value in values if meaning_of_status(value) == "write_off"]
    (name,) = understood.lost
    unsaid = taken & settled.texts.is_not_null() & understood.contents[name].texts.is_in(own).fill_null(False)
    if paid is not None:
        unsaid = unsaid & paid.texts.is_null()
    if not unsaid.any():
        return [made]
    bare = {name: rule for name, rule in made.columns.items() if not name.startswith("settled_")}
    mine = {"column": name, "equals": own}
    parts = [replace(made, where=(*made.where, {"column": name, "not_equals": own}))]
    if paid is None:
        return [*parts, replace(made, columns=bare, where=(*made.where, mine))]
    stated, unstated = ({"column": paid.name, "empty": empty} for empty in (False, True))
    return [
        *parts,
        replace(made, where=(*made.where, mine, stated)),
        replace(made, columns=bare, where=(*made.where, mine, unstated)),
    ]


def _part_paid(understood: Understood, taken: pl.Series) -> pl.Series:
    """Tell which documents written off were paid in part on a day that nobody says."""
    settled, paid = understood.content("settled_on"), understood.content("paid_amount")
    if settled is None or settled.kind != "date" or paid is None:
        return taken & False
    return taken & settled.texts.is_null() & (numbers_or_nil(paid, taken) != 0)


def _with_part_paid(understood: Understood, made: TableProposal, part_paid: pl.Series) -> list[TableProposal]:
    """Return the documents with what was paid of one written off, at the latest on the day of the write-off."""
    unsettled = any(test == {"column": understood.column("settled_on"), "empty": True} for test in made.where)
    if made.table != "documents" or not unsettled:
        return [made]
    paid = understood.contents[understood.column("paid_amount")]
    in_part = filled(paid, numbers_or_nil(paid, part_paid), understood.own)
    settled = [
        replace(
            made,
            columns={**made.columns, "settled_on": on, "settled_amount": paid.name},
            where=(*made.where, *tests, in_part),
            remarks={**made.remarks, "settled_on": "paid in part, at the latest on the day of the write-off"},
        )
        for on, tests in _days(understood)
    ]
    zeros = list(in_part.get("not_equals", []))
    others: list[_Tests] = [({"column": paid.name, "empty": True},)]
    if zeros:
        others.append(({"column": paid.name, "equals": zeros},))
    others.append((in_part, *_never(understood)))
    return [*settled, *(replace(made, where=(*made.where, *tests)) for tests in others)]


def _never(understood: Understood) -> _Tests:
    """Return the conditions of the rows that neither a status nor a date says to be written off."""
    tests: list[dict[str, Any]] = [
        {"column": name, "not_equals": list(values)} for name, values in understood.lost.items()
    ]
    date = understood.content("written_off_on")
    if date is not None and date.kind == "date" and not understood.has("written_off_amount"):
        tests.append({"column": date.name, "empty": True})
    return tuple(tests)


def _unsettling(understood: Understood, made: TableProposal) -> _Tests:
    """Return the conditions of all documents, of which those that were settled may be a part."""
    settled = understood.column("settled_on") if understood.has("settled_on") else ""
    return tuple(dict(test) for test in made.where if test["column"] != settled)


def _by(understood: Understood) -> str:
    said = [f"{name} {' or '.join(map(repr, values))}" for name, values in understood.lost.items()]
    if _dates(understood, "written_off_on") and not understood.has("written_off_amount"):
        said.append(f"a date in {understood.column('written_off_on')}")
    return " or ".join(said)


def _held(understood: Understood, rows: pl.Series) -> str:
    numbers = signed_numbers(understood)
    money = "" if numbers is None else f" of {numbers.filter(rows).sum():,.2f} in all"
    return f"{counted(int(rows.sum()), 'document')}{money}"


def _say(understood: Understood, taken: pl.Series, part_paid: pl.Series, notes: Notes) -> None:
    """Say what was written off, by which words, on which days, and how to say that it was not."""
    key = understood.key
    said = f"{key}: what is not paid of {_held(understood, taken)} is closed as a write-off, by {_by(understood)}"
    dated = pl.Series([False] * taken.len())
    thing = next((one for one in ("written_off_on", "settled_on") if _dates(understood, one)), "")
    where = understood.column(thing) if thing else ""
    if thing:
        dated = understood.contents[where].texts.is_not_null()
    elif (told := write_off_date_in_text(understood, understood.own & understood.written_off)) is not None:
        dated, where = told.dated, f"the date beside the word in {told.column}"
    own, last = int((taken & dated).sum()), int((taken & ~dated).sum())
    parts = [f"{own:,} by {where}"] if own else []
    parts += [f"{last:,} on the last day that the export covers, for the file has no date of them"] if last else []
    said += f". Dated: {'; '.join(parts)}"
    if part_paid.any():
        paid = understood.contents[understood.column("paid_amount")]
        money = numbers_or_nil(paid, taken).filter(part_paid).sum()
        said += f". {money:,.2f} of {paid.name} without a date is taken to be paid by that day"
    keep = [f"status.{key}.{value}=keep" for values in understood.lost.values() for value in values]
    if _dates(understood, "written_off_on"):
        keep.append(f"{key}.written_off_on=")
    notes.unsure.append(f"{said}. If not: {' '.join(f'--answer {quote(one)}' for one in keep)}")


def _dates(understood: Understood, thing: str) -> bool:
    content = understood.content(thing)
    if content is None or content.kind != "date":
        return False
    return thing == "written_off_on" or _settled_by_status(understood)
