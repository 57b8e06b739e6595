"""Is the opening a provision of this ledger? Document numbers alone do not tell: those of two companies coincide.

What a document was cannot change with time: its customer, currency, amount and date. An opening of which more than a
tenth of the items are other documents in the ledger is of another one and is refused. Fewer are corrections made since:
they are named with their money. So are items that the ledger no longer has: all of them may be gone where it is a list
of open items alone, of which paid ones drop out.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.errors import IDS_SHOWN, ParameterError
from credrisk.frames import as_polars
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.provision.provide import Provision
from credrisk.wording import counted, money, percent

__all__ = ["CORRECTED", "opening_in_ledger"]

CORRECTED = 0.10
"""Share of an opening's items up to which it is corrections that make them differ. A statement: books are corrected
after they are closed, but not one document in ten."""

MARKS = {"customer_id": "customer", "currency": "currency", "billed_minor": "amount", "document_date": "document date"}
"""What a document is known by, beside its number."""
REMEDY = (
    "give the folder that credrisk provision wrote for this ledger then, or the date of the opening, on which it is "
    "worked out again"
)

ALL_PAID = "if all items of the opening were paid since, give a ledger that still holds paid documents; else "


def opening_in_ledger(ledger: Ledger, opening: Provision) -> tuple[str, ...]:
    """Return in words which items of an opening are other documents in the ledger, or none.

    Raises
    ------
    ParameterError
        When none of the items is in the ledger, unless it holds open items alone and knows a customer of theirs; or
        when more than ``CORRECTED`` of those that are there differ.
    """
    held = _held(opening)
    known = ledger.table("documents").select(
        pl.col("document_id").cast(pl.String),
        *(pl.col(name).cast(pl.String).alias(f"{name}_1") for name in ("customer_id", "currency")),
        document_date_1="document_date",
        due_date_1="due_date",
        billed_minor_1="amount",
    )
    found = held.join(known.unique("document_id"), on="document_id", how="left", maintain_order="left")
    gone = found.filter(pl.col("customer_id_1").is_null())
    if held.height and gone.height == held.height:
        alone = _open_items_alone(ledger, opening)
        customers = ledger.table("customers")["customer_id"].cast(pl.String)
        if not alone or not held["customer_id"].is_in(customers.implode()).any():
            rule = "a provision of this ledger: none of its items is in it"
            raise ParameterError("opening", rule, _given(opening), remedy=(ALL_PAID if alone else "") + REMEDY)
    differs = {name: pl.col(name) != pl.col(f"{name}_1") for name in MARKS}
    # Booked before the amount was kept: all that can be said is that hardly more is open than was billed.
    differs["billed_minor"] = differs["billed_minor"].fill_null(pl.col("open_minor") > pl.col("billed_minor_1"))
    there = found.filter(pl.col("customer_id_1").is_not_null()).with_columns(
        **{f"{name}_differs": wrong for name, wrong in differs.items()},
        due_differs=pl.col("due_date") != pl.col("due_date_1"),
    )
    marked = [f"{name}_differs" for name in MARKS]
    other = there.filter(pl.any_horizontal(marked))
    if other.height > CORRECTED * there.height:
        rule = (
            f"a provision of this ledger: {percent(other.height / there.height)} of its items "
            f"({other.height:,} of {there.height:,}) have another {_what(other)} in it ({_ids(other)})"
        )
        raise ParameterError("opening", rule, _given(opening), remedy=REMEDY)
    return (*_otherwise(other, opening), *_due(there, marked, opening), *_gone(gone, opening))


def _held(opening: Provision) -> pl.DataFrame:
    items = as_polars(opening.items, "items")
    if "billed_minor" not in items.columns:
        items = items.with_columns(billed_minor=pl.lit(None, pl.Int64))
    return items.select(
        *(pl.col(name).cast(pl.String) for name in ("document_id", "customer_id", "currency")),
        *(pl.col(name).cast(pl.Date) for name in ("document_date", "due_date")),
        *(pl.col(name).cast(pl.Int64) for name in ("open_minor", "billed_minor")),
        "allowance",
    ).sort("document_id")


def _open_items_alone(ledger: Ledger, opening: Provision) -> bool:
    """Return whether no document of before the opening is settled: then what was paid since is not in the ledger."""
    moves = item_movements(ledger).filter(pl.col("document_date") <= opening.as_of)
    return not moves.group_by("document_id").agg(settled=pl.sum("amount") == 0)["settled"].any()


def _given(opening: Provision) -> str:
    return opening.booked or opening.as_of.isoformat()


def _what(items: pl.DataFrame) -> str:
    """Name the marks in which any of the items differ: ``customer, amount or document date``."""
    return _listed([words for name, words in MARKS.items() if items[f"{name}_differs"].any()])


def _listed(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _ids(items: pl.DataFrame) -> str:
    ids = items["document_id"].to_list()
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    return f"{', '.join(ids[:IDS_SHOWN])}{more}"


def _allowed(items: pl.DataFrame, opening: Provision) -> str:
    return money(float(items["allowance"].sum()), opening.currency)


def _otherwise(other: pl.DataFrame, opening: Provision) -> list[str]:
    if other.is_empty():
        return []
    has = "has" if other.height == 1 else "have"
    words = (
        f"{counted(other.height, 'item')} of the opening {has} another {_what(other)} in this ledger "
        f"({_ids(other)}); the allowance of {_allowed(other, opening)} on them is as it was booked."
    )
    if other["customer_id_differs"].any() or other["currency_differs"].any():
        words += " Under another customer or currency an item of the opening is gone and that of today is new."
    return [words]


def _due(there: pl.DataFrame, marked: Sequence[str], opening: Provision) -> list[str]:
    """Name items that are due on another day: terms may be extended, so they are still the same."""
    later = there.filter(pl.col("due_differs") & ~pl.any_horizontal(marked))
    if later.is_empty():
        return []
    verb = "is" if later.height == 1 else "are"
    return [
        f"{counted(later.height, 'item')} of the opening {verb} due on another day in this ledger ({_ids(later)}), "
        f"with an allowance of {_allowed(later, opening)} at the opening."
    ]


def _gone(gone: pl.DataFrame, opening: Provision) -> list[str]:
    if gone.is_empty():
        return []
    verb = "is" if gone.height == 1 else "are"
    return [
        f"{counted(gone.height, 'item')} of the opening {verb} not in this ledger ({_ids(gone)}); the allowance of "
        f"{_allowed(gone, opening)} on what is gone is released as if it had been paid."
    ]
