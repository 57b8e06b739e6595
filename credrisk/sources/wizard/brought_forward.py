"""Balances brought forward: documents without a number, which get one of their customer; receipts find them by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from credrisk.sources.wizard.document_kinds import KINDS, signed_numbers
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import says_brought_forward
from credrisk.wording import counted

__all__ = ["BroughtForward", "brought_forward", "opening_table", "paying_openings"]

_PREFIX = "BF-"


@dataclass(frozen=True)
class BroughtForward:
    """The rows of a file that bring balances forward.

    Attributes
    ----------
    values
        What says so in the column ``column``.
    rows
        Which rows they are.
    key
        Columns that tell them apart, the customer first: their number is made of these.
    mixed
        Whether rows with these values have a number too: then those are documents like others.
    """

    understood: Understood
    column: str
    values: tuple[str, ...]
    rows: pl.Series
    key: tuple[str, ...]
    mixed: bool


def brought_forward(understood: Understood, kinds: Mapping[str, str]) -> BroughtForward | None:
    """Return the rows that bring a balance forward and have no number; None where there are none.

    Parameters
    ----------
    kinds
        Meaning of each document type: a balance that is said to be no document is none.
    """
    customer, signed = understood.content("customer_id") or understood.content("name"), signed_numbers(understood)
    if understood.about not in ("documents", "journal") or customer is None or signed is None:
        return None
    number, kind = understood.content("document_id"), understood.content("kind")
    possible = understood.own & (signed != 0).fill_null(False) & customer.texts.is_not_null()
    for content in dict.fromkeys(one.name for one in (kind, number, *understood.of_kind("text")) if one is not None):
        texts = understood.contents[content].texts
        values = [value for value, _ in understood.contents[content].counts if says_brought_forward(value)]
        rows = possible
        if kind is not None and kind.name == content:
            values = [value for value in values if kinds.get(value) in KINDS]
        elif kind is not None:
            documents = [value for value, meaning in kinds.items() if meaning in KINDS]
            rows = rows & (kind.texts.is_null() | kind.texts.is_in(documents).fill_null(False))
        marked = rows & texts.is_in(values).fill_null(False)
        rows = marked if number is None or number.name == content else marked & number.texts.is_null()
        if rows.any():
            mixed = bool((marked & ~rows).any())
            return BroughtForward(understood, content, tuple(sorted(values)), rows, _key(understood, rows), mixed)
    return None


def opening_table(
    found: BroughtForward,
    made: TableProposal,
    where: Sequence[Mapping[str, Any]],
    kinds: Mapping[str, str],
    notes: Notes,
) -> TableProposal:
    """Return how balances brought forward become documents, due on their own date, from how the others are made.

    Parameters
    ----------
    where
        The conditions that leave out lines of totals.
    """
    understood, rows = found.understood, found.rows
    own = understood.date("document_date" if understood.has("document_date") else "due_date")
    columns = dict(made.columns) | {"document_id": _template(found.key), "document_date": own, "due_date": own}
    if understood.has("document_date", "due_date"):
        due = understood.contents[understood.column("due_date")].texts.filter(rows)
        if not due.null_count():
            columns["due_date"] = understood.date("due_date")
    signed = signed_numbers(understood)
    numbers = pl.Series([0.0]) if signed is None else signed.filter(rows)
    columns.pop("kind", None)
    if _unsigned_credit_notes(understood, kinds):  # the ledger turns credit notes only where none is negative
        columns["kind"] = {"constant": "invoice"}
    tests: list[Mapping[str, Any]] = [*where, {"column": found.column, "equals": list(found.values)}]
    customer = understood.contents[found.key[0]]
    if (customer.texts.is_null() & understood.contents[found.column].texts.is_in(list(found.values))).any():
        tests.append({"column": customer.name, "empty": False})
    if found.mixed:
        tests.append({"column": understood.column("document_id"), "empty": True})
    credit = int((numbers < 0).sum())
    said = f"{understood.key}: {counted(int(rows.sum()), 'balance')} brought forward, {numbers.sum():,.2f} in all: "
    said += f"opening documents numbered {_template(found.key)['template']}, due on their own date"
    notes.unsure.append(said + (f"; {credit:,} below 0 are credit notes" if credit else ""))
    _say_faults(found, notes)
    why = "a balance brought forward has no number"
    return TableProposal("documents", understood.key, columns, tuple(tests), remarks={"document_id": why})


def paying_openings(
    tables: Sequence[TableProposal],
    understood: Understood,
    openings: Sequence[BroughtForward],
    notes: Notes,
) -> list[TableProposal]:
    """Return the payments of a file so that those of "B/fwd" pay their customer's balance, else are cash on account.

    Parameters
    ----------
    openings
        The balances brought forward of all files.
    """
    made: list[TableProposal] = []
    for table in tables:
        place = "document_id" if table.table == "payments" else "to_document_id"
        rule = table.columns.get(place)
        name = rule["column"] if isinstance(rule, Mapping) else rule
        if name is None:
            made.append(table)
            continue
        content = understood.contents[name]
        words = sorted(value for value, _ in content.counts if says_brought_forward(value))
        rows = understood.where(table.where) & content.texts.is_in(words).fill_null(False)
        customer = understood.content("customer_id") or understood.content("name")
        if not rows.any() or customer is None:
            made.append(table)
            continue
        made += _parted(table, place, name, words, rows, customer.name, understood, openings, notes)
    return made


def _parted(
    table: TableProposal,
    place: str,
    name: str,
    words: list[str],
    rows: pl.Series,
    customer: str,
    understood: Understood,
    openings: Sequence[BroughtForward],
    notes: Notes,
) -> list[TableProposal]:
    """Return the table without what names a balance brought forward, then that: of those found, and on account."""
    key, known = _known(understood, customer, openings)
    keyed = pl.DataFrame([understood.contents[one].texts.alias(one) for one in key]).filter(rows)
    strange = keyed.join(known, on=list(key), how="anti")[customer].drop_nulls().unique().sort().to_list()
    signed = signed_numbers(understood)
    numbers = pl.Series([0.0] * rows.len()) if signed is None else signed.fill_null(0.0)
    without = rows & understood.contents[customer].texts.is_in(strange).fill_null(False)
    found = rows & ~without
    what, named = "payment" if table.table == "payments" else "clearing", " or ".join(words)
    parts = [replace(table, where=(*table.where, {"column": name, "not_equals": words}))]
    tests = (*table.where, {"column": name, "equals": words})
    if found.any():
        whose = ({"column": customer, "not_equals": strange},) if strange else ()
        columns = {**table.columns, place: _template(key)}
        parts.append(replace(table, columns=columns, where=(*tests, *whose)))
        notes.sure.append(
            f"{understood.key}: with {named} the balance brought forward of the customer is closed: "
            f"{counted(int(found.sum()), what)}, {abs(numbers.filter(found).sum()):,.2f} in all"
        )
    if not without.any():
        return parts
    told = f"{understood.key}: {named}, but the customer has no balance brought forward: "
    told += f"{counted(int(without.sum()), what)}, {abs(numbers.filter(without).sum()):,.2f} in all"
    if table.table == "payments":
        whose = ({"column": customer, "equals": strange},) if found.any() else ()
        columns = {one: rule for one, rule in table.columns.items() if one != place}
        parts.append(replace(table, columns=columns, where=(*tests, *whose)))
        notes.unsure.append(f"{told}; cash on account")
    else:
        notes.missing.append(f"{told}; left out")
    return parts


def _known(
    understood: Understood, customer: str, openings: Sequence[BroughtForward]
) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Return the columns of a file that make the number of a balance brought forward, and the balances by them.

    None is found where another column than the customer and the currency tells the balances apart.
    """
    currency = understood.column("currency") if understood.has("currency") else ""
    for one in openings:
        own = one.understood
        money = own.column("currency") if own.has("currency") else ""
        key = tuple(currency if part == money else customer for part in one.key)
        if set(one.key) - {one.key[0], money} or "" in key:
            continue
        parts = [own.contents[part].texts.alias(name) for part, name in zip(one.key, key, strict=True)]
        return key, pl.DataFrame(parts).filter(one.rows)
    return (customer,), pl.DataFrame({customer: []}, schema={customer: pl.String})


def _key(understood: Understood, rows: pl.Series) -> tuple[str, ...]:
    """Return the fewest columns that tell the balances apart: the customer, then the currency, the date, any other."""
    customer = understood.column("customer_id" if understood.has("customer_id") else "name")
    frame = pl.DataFrame([one.texts.alias(name) for name, one in understood.contents.items()]).filter(rows)
    usual = [understood.column(role) for role in ("currency", "document_date") if understood.has(role)]
    kept = [name for name in frame.columns if not frame[name].null_count() and name != customer]
    tried = [(), *((one,) for one in usual if one in kept), tuple(one for one in usual if one in kept)]
    tried += [(one,) for one in kept if one not in usual and understood.contents[one].kind in ("text", "number")]
    for more in tried:
        if frame.select(customer, *more).is_unique().all():
            return (customer, *more)
    return (customer,)


def _template(key: Sequence[str]) -> dict[str, str]:
    return {"template": _PREFIX + "-".join(f"{{{name}}}" for name in key)}


def _unsigned_credit_notes(understood: Understood, kinds: Mapping[str, str]) -> bool:
    """Tell whether credit notes stand in the file without a minus."""
    kind, signed = understood.content("kind"), signed_numbers(understood)
    if kind is None or signed is None:
        return False
    credited = kind.texts.is_in([value for value, said in kinds.items() if said == "credit_note"]).fill_null(False)
    return bool((credited & understood.own & (signed > 0).fill_null(False)).any())


def _say_faults(found: BroughtForward, notes: Notes) -> None:
    """Say which balances will be set aside: without a date, or alike in everything that could number them."""
    understood, rows = found.understood, found.rows
    date = understood.content("document_date") or understood.content("due_date")
    signed = signed_numbers(understood)
    keyed = pl.DataFrame([understood.contents[name].texts.alias(name) for name in found.key])
    twice = rows & keyed.with_columns(rows.alias("of the balances")).is_duplicated()
    for fault, why in (
        (twice, f"share {' and '.join(found.key)}"),
        (rows & (pl.Series([True] * rows.len()) if date is None else date.texts.is_null()), "have no date"),
    ):
        if fault.any() and signed is not None:
            notes.missing.append(
                f"{understood.key}: {counted(int(fault.sum()), 'balance')} brought forward {why}, "
                f"{signed.filter(fault).sum():,.2f} in all, and will be set aside"
            )
