"""Where the credit notes of a journal name their invoice: a column that other rows use otherwise, or behind a word.

As the customer's reference (``INV-10042`` beside ``PO 7301`` of the invoices), or in words: ``R230801 de F2310049``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from credrisk.sources.wizard.content import Content
from credrisk.sources.wizard.ids import SHARED_FROM, id_rule, id_texts
from credrisk.sources.wizard.understood import Understood

__all__ = ["NamedBy", "named_anywhere"]

_TELLING = 4
"""Characters of a number that is no accident: a period or a quantity is the number of some document too."""
_SAME = 2
"""A column with fewer than one value for so many credit notes names nothing: it is a year, a period, an account."""
_MOST_ODD = 20
"""So many texts that name no document are left out one by one; with more the column is not one that names them."""
_USED_OTHERWISE = ("payment_id", "applies_to", "order_id", "method")
"""What the column may be in other rows."""


@dataclass(frozen=True)
class NamedBy:
    """The column that names the invoice, its rule, and the tests that leave out rows in which it does not."""

    column: str
    rule: Any
    tests: tuple[dict[str, Any], ...] = ()


def named_anywhere(understood: Understood, rows: pl.Series, number: Content, documents: Content) -> NamedBy | None:
    """Return how most credit notes of a journal or a list of documents name another document of their customer.

    None where they do not.

    Parameters
    ----------
    rows
        The credit notes.
    number
        Their own numbers.
    documents
        The numbers of all documents.
    """
    if understood.about not in ("journal", "documents"):
        return None
    customer = understood.content("customer_id") or understood.content("name")
    if customer is None:
        return None
    own = id_texts(number).filter(rows).drop_nulls().unique()
    others = set(id_texts(documents).drop_nulls().to_list()) - set(own.to_list())
    owners = pl.DataFrame({"number": id_texts(number), "owner": customer.texts}).drop_nulls().unique("number")
    taken = {role.column for thing, role in understood.roles.items() if thing not in _USED_OTHERWISE}
    for one in understood.contents.values():
        if one.name in taken or one.name == number.name or one.kind in ("date", "empty"):
            continue
        cells = Content(one.name, one.kind, id_texts(one).filter(rows))
        if cells.distinct * _SAME <= cells.filled:
            continue
        for mark, parts in _parts(cells):
            named = parts.is_in(list(others)) & (parts.str.len_chars() >= _TELLING)
            named &= _of_the_customer(parts, customer.texts.filter(rows), owners)
            odd = cells.texts.filter(~named.fill_null(False)).drop_nulls().unique().sort().to_list()
            if int(named.sum()) >= SHARED_FROM * cells.texts.len() and len(odd) <= _MOST_ODD:
                tests = ({"column": one.name, "not_equals": odd},) if odd else ()
                return NamedBy(one.name, {"column": one.name, "part_after": mark} if mark else id_rule(one), tests)
    return None


def _of_the_customer(numbers: pl.Series, customers: pl.Series, owners: pl.DataFrame) -> pl.Series:
    """Tell whether the document of each number is of the customer beside it."""
    beside = pl.DataFrame({"number": numbers, "customer": customers})
    found = beside.join(owners, on="number", how="left", maintain_order="left")
    return found.select((pl.col("owner") == pl.col("customer")).fill_null(False)).to_series()


def _parts(cells: Content) -> Iterator[tuple[str, pl.Series]]:
    """Yield the cells as they are, and what stands behind the word that most often stands before their last part."""
    yield "", cells.texts
    if cells.kind != "text":
        return
    words = [text.split(" ") for text in cells.texts.drop_nulls()]
    before = Counter(f" {parts[-2]} " if len(parts) > 2 else f"{parts[-2]} " for parts in words if len(parts) > 1)
    for mark, _ in before.most_common(1):
        yield mark, cells.texts.str.splitn(mark, 2).struct.field("field_1").str.strip_chars()
