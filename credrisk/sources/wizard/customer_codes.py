"""Which column is the customer's number where no header says so: codes that repeat, each beside one name.

Two customers of one name are one where the name stands in for the number. A code counts where every other file that
names customers has it too, so that all files speak of the same customers.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.customer_numbers import coded
from credrisk.sources.wizard.ids import SHARED_FROM, id_texts, overlap
from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.roles import Role
from credrisk.sources.wizard.understood import Understood

__all__ = ["with_customer_codes"]

_REPEATED = 1.5
"""So many rows a code stands in, on average, or more: the number of a document stands in one."""
_ONE_CODE = 0.5
"""This share of the names, or more, has one code: orders and projects of a customer are many."""
_OF_ITEMS = ("documents", "journal")


def with_customer_codes(files: Sequence[Understood], answers: Mapping[str, str], notes: Notes) -> list[Understood]:
    """Return the files with codes in place of the customers' names; where names stay, say what cannot be told apart."""
    made = list(files)
    for place, one in enumerate(files):
        name = _name(one, answers) if one.about in _OF_ITEMS else None
        if name is None:
            continue
        codes = [code for code in one.of_kind("text", "number") if _of_customers(code, name, one.own)]
        columns = _columns(codes[0], name, made, place) if len(codes) == 1 else None
        if columns is None:
            _say_names(one, name, codes, notes)
            continue
        for other, column in columns.items():
            made[other] = _numbered(made[other], column)
        pairs = _pairs(codes[0], name, one.own)
        notes.unsure.append(
            f"{one.key}: {codes[0].name} is taken for the customer's number: its {pairs.height:,} codes repeat over "
            f"the rows, each beside one {name.name}, of which there are {pairs['name'].n_unique():,}. If it is not: "
            f"--answer {shlex.quote(f'{one.key}.customer_id={name.name}')}"
        )
    return made


def _name(understood: Understood, answers: Mapping[str, str]) -> Content | None:
    """Return the column of names that stands in for the customer's number; None where none does, or the user said."""
    if f"{understood.key}.customer_id" in answers or understood.table.file.headings is not None:
        return None
    content = understood.content("customer_id")
    if content is None:
        content = understood.content("name")
    elif understood.has("name") and understood.column("name") != content.name:
        return None
    if content is None or content.part or coded(content) or not content.texts.str.contains(r"\S\s+\S").any():
        return None
    return content


def _of_customers(code: Content, name: Content, rows: pl.Series) -> bool:
    """Tell whether codes repeat, each stands beside one name in all rows, and most names have one of them."""
    if not coded(code) or (code.kind == "number" and not code.whole):
        return False
    if (code.texts.is_null() & name.texts.is_not_null() & rows).any():
        return False
    pairs = _pairs(code, name, rows)
    names = pairs.group_by("name").len()
    return (
        names.height > 1
        and pairs["code"].is_unique().all()
        and pairs["rows"].sum() >= _REPEATED * pairs.height
        and int((names["len"] == 1).sum()) >= _ONE_CODE * names.height
    )


def _pairs(code: Content, name: Content, rows: pl.Series) -> pl.DataFrame:
    """Return ``code, name, rows`` of each code beside each name."""
    frame = pl.DataFrame({"code": id_texts(code), "name": name.texts}).filter(rows).drop_nulls()
    return frame.group_by("code", "name").agg(rows=pl.len())


def _columns(code: Content, name: Content, files: Sequence[Understood], place: int) -> dict[int, str] | None:
    """Return by file the column of the codes; None where a file has the names and no codes."""
    found = {place: code.name}
    for other, one in enumerate(files):
        if other == place or one.about == "nothing":
            continue
        own = one.content("customer_id")
        there = [] if own is None else [own]
        if own is None or overlap(own, id_texts(code)) < SHARED_FROM:
            there = [column for column in one.of_kind("text", "number") if coded(column)]
        shares = [(overlap(column, id_texts(code)), column.name) for column in there]
        best = max(shares, default=(0.0, ""))
        if best[0] >= SHARED_FROM:
            found[other] = best[1]
            continue
        customer = own or one.content("name")
        if customer is not None and overlap(customer, name.texts) > 0:
            return None
    return found


def _numbered(understood: Understood, column: str) -> Understood:
    """Return the file with the column as the customer's number, and what was it as the name."""
    roles = dict(understood.roles)
    was = roles.get("customer_id")
    if was is not None and was.column == column:
        return understood
    if was is not None and "name" not in roles:
        roles["name"] = was
    roles["customer_id"] = Role(column, 0.0)
    return replace(understood, roles=roles)


def _say_names(understood: Understood, name: Content, codes: Sequence[Content], notes: Notes) -> None:
    """Say that customers of one name are one, and which columns might tell them apart."""
    maybe = [one.name for one in codes] or [
        one.name
        for one in understood.of_kind("text", "number")
        if coded(one) and one.distinct < one.filled and not (one.kind == "number" and one.has_decimals)
    ]
    which = f"Columns that might be it: {', '.join(maybe)}. " if maybe else ""
    notes.unsure.append(
        f"{understood.key}: customers are told apart by {name.name} alone, for no column is known to be their number; "
        f"two of one name are one. {which}If a column is it: "
        f"--answer '{understood.key}.customer_id={maybe[0] if len(maybe) == 1 else 'COLUMN'}'"
    )
