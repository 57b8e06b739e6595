"""Cash whose cell of the invoice holds words alone (``ON ACCOUNT``, ``Abschlag``): it is on account of its customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from credrisk.sources.mapping_several import has_digits
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.document_kinds import signed_numbers
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood
from credrisk.sources.wizard.words import says_brought_forward
from credrisk.wording import counted

__all__ = ["on_account", "words_alone"]


def words_alone(column: Content, documents: Content) -> list[str]:
    """Return the cells that name no document: without a digit, where nearly all numbers of documents hold one.

    Words for a balance brought forward name that balance.
    """
    ids = id_texts(documents)
    if not has_digits(ids):
        return []
    texts = column.texts.drop_nulls().unique()
    words = texts.filter(~texts.str.contains(r"\d") & ~texts.is_in(ids.drop_nulls().unique().to_list()))
    return sorted(one for one in words.to_list() if not says_brought_forward(one))


def on_account(
    tables: Sequence[TableProposal], understood: Understood, documents: Content | None, notes: Notes
) -> list[TableProposal]:
    """Return the payments of a file so that those with words alone in the cell of the invoice name none.

    What a receipt applies by such a row is not applied: the receipt has its total, and the rest of it is on account.
    """
    made: list[TableProposal] = []
    said: dict[str, pl.Series] = {}
    kept = any(one.table == "receipts" for one in tables)
    for table in tables:
        place = "document_id" if table.table == "payments" else "to_document_id"
        rule = table.columns.get(place)
        name = rule.get("column") if isinstance(rule, Mapping) else rule
        cash = table.table == "payments" or (kept and table.columns.get("kind") == {"constant": "payment"})
        owned = kept or "customer_id" in table.columns
        if documents is None or name is None or not cash or not owned:
            made.append(table)
            continue
        content = understood.contents[name]
        rows = understood.where(table.where)
        words = words_alone(content.of_rows(rows), documents)
        if not words:
            made.append(table)
            continue
        made.append(replace(table, where=(*table.where, {"column": name, "not_equals": words})))
        if table.table == "payments":
            columns = {one: value for one, value in table.columns.items() if one != place}
            made.append(replace(table, columns=columns, where=(*table.where, {"column": name, "equals": words})))
        found = rows & content.texts.is_in(words).fill_null(False)
        said[name] = said[name] | found if name in said else found
    for name, rows in said.items():
        _say(understood, rows, name, notes)
    return made


def _say(understood: Understood, rows: pl.Series, name: str, notes: Notes) -> None:
    signed = signed_numbers(understood)
    money = "" if signed is None else f", {abs(signed.filter(rows).sum()):,.2f} in all"
    notes.unsure.append(
        f"{understood.key}: cash on account of its customer, as {name} holds words and no number (for example "
        f"{understood.contents[name].texts.filter(rows).min()!r}), in {counted(int(rows.sum()), 'payment')}{money}"
    )
