"""Customers: from a file of accounts, and from the documents where that file is missing or lacks some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from credrisk.sources.wizard.brought_forward import brought_forward
from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.documents import customer_rule, numberless
from credrisk.sources.wizard.ids import id_texts
from credrisk.sources.wizard.proposal import Notes, TableProposal
from credrisk.sources.wizard.understood import Understood, kinds_of

__all__ = ["customer_tables"]

_ATTRIBUTES = ("name", "country", "street", "postcode", "city", "industry", "vat_id")


def customer_tables(
    accounts: Sequence[Understood], documents: Sequence[Understood], *, currency: str, pad: int, notes: Notes
) -> list[TableProposal]:
    """Return how the customers are made: one row for each id."""
    tables = [
        TableProposal("customers", one.key, _columns(one, pad, notes), _totals(one), "customer_id") for one in accounts
    ]
    known = [id_texts(one.contents[one.column("customer_id")]) for one in accounts if one.has("customer_id")]
    ids = pl.concat(known).drop_nulls().str.strip_chars_start("0").unique().to_list() if known else []
    for one in documents:
        content = one.content("customer_id") or one.content("name")
        if content is None:
            continue
        named = id_texts(content).filter(_of_items(one)).drop_nulls().unique()
        lacking = named.filter(~named.str.strip_chars_start("0").is_in(ids))
        if accounts and lacking.is_empty():
            continue
        if accounts:
            notes.unsure.append(
                f"{one.key}: {lacking.len():,} customers are not in {accounts[0].key} (for example "
                f"{', '.join(lacking.sort().head(3).to_list())}); they are taken from the documents, without a name"
            )
            columns: dict[str, Any] = {"customer_id": customer_rule(one, pad, Notes())}
        else:
            columns = _columns(one, pad, Notes())
            _say_names(one, pad, notes)
            columns |= {"currency": {"constant": currency}} if not one.has("currency") else {}
        tables.append(TableProposal("customers", one.key, columns, _totals(one), "customer_id"))
    return tables


def _columns(understood: Understood, pad: int, notes: Notes) -> dict[str, Any]:
    columns: dict[str, Any] = {"customer_id": customer_rule(understood, pad, notes)}
    for role in (*_ATTRIBUTES, "currency"):
        content = understood.content(role)
        if content is not None and content.kind != "empty":
            columns[role] = content.name
    if (content := understood.content("customer_id")) is not None and content.part and "name" not in columns:
        columns["name"] = {"column": content.name, "part_after": content.part}
    if understood.has("opened_on") and understood.contents[understood.column("opened_on")].kind == "date":
        columns["opened_on"] = understood.date("opened_on")
    return columns


def _totals(understood: Understood) -> tuple[dict[str, Any], ...]:
    tests: list[dict[str, Any]] = [
        {"column": name, "not_equals": list(values)} for name, values in understood.totals.items()
    ]
    tests += understood.outside
    if (telling := _telling(understood)) is not None:
        tests.append({"column": telling.name, "empty": False})  # a heading or a line of totals names no customer
    content = understood.content("customer_id") or understood.content("name")
    if content is not None and content.texts.filter(understood.own).null_count():
        tests.append({"column": content.name, "empty": False})
    return tuple(tests)


def _telling(understood: Understood) -> Content | None:
    """Return the column that is empty in headings and lines of totals alone; in a journal payments have it too."""
    opening = brought_forward(understood, kinds_of(understood, {}))
    if understood.about == "documents" and opening is None:
        return numberless(understood)
    if understood.about not in ("documents", "journal") or not understood.has("document_date"):
        return None
    dates = [content.texts for role in ("document_date", "settled_on") if (content := understood.content(role))]
    items = understood.own & pl.select(pl.coalesce(dates).is_not_null()).to_series()
    for role in ("document_id", "kind", "document_date"):
        content = understood.content(role)
        if content is not None and content.texts.is_null().any() and not (content.texts.is_null() & items).any():
            return content
    return None


def _of_items(understood: Understood) -> pl.Series:
    telling = _telling(understood)
    return understood.own if telling is None else understood.own & telling.texts.is_not_null()


def _say_names(understood: Understood, pad: int, notes: Notes) -> None:
    """Say where an id has several names, or a name several ids."""
    if not understood.has("customer_id", "name"):
        return
    pair = pl.DataFrame(
        {
            "id": id_texts(understood.contents[understood.column("customer_id")]).str.zfill(pad),
            "name": understood.contents[understood.column("name")].texts,
        }
    ).drop_nulls()
    several = pair.unique().group_by("id").len().filter(pl.col("len") > 1)
    if several.height:
        notes.unsure.append(
            f"{understood.key}: {several.height:,} customers have more than one name; the most frequent is taken"
        )
    split = pair.unique().group_by("name").len().filter(pl.col("len") > 1)
    if split.height:
        notes.unsure.append(
            f"{understood.key}: {split.height:,} names stand beside more than one customer number "
            f"(for example {split.sort('name')['name'][0]}); they stay several customers"
        )
