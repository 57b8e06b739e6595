"""Which open items unapplied cash may be meant for: suggestions with their reason, never applied.

A receipt is compared with the customer's open debit items in its currency, the oldest first: with one item, with the
items that are past due or all that are open, with the sum of a few, and with an item less a usual cash discount. Where
several fit equally well the oldest stand in the suggestion, and the number of the others is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.cash_on_hand import cash_on_hand
from credrisk.decisions.collectable import open_items
from credrisk.frames import given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import major_units
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["remittance_matches"]

ITEMS_SEARCHED = 24
"""Oldest items among which sums are looked for; more would fit by chance."""
MOST_ITEMS = 4
"""Items in a sum."""
DISCOUNTS = (0.01, 0.02, 0.025, 0.03, 0.04, 0.05)
"""Cash discounts that are usual in trade. Convention."""

SCHEMA = {
    "receipt_id": pl.String,
    "customer_id": pl.String,
    "received_on": pl.Date,
    "currency": pl.String,
    "unapplied": pl.Int64,
    "match": pl.String,
    "document_ids": pl.String,
    "items": pl.Int64,
    "matched": pl.Int64,
    "difference": pl.Int64,
    "others": pl.Int64,
    "why": pl.String,
}


@dataclass(frozen=True)
class _Item:
    document_id: str
    due_on: date
    left: int


@dataclass(frozen=True)
class _Match:
    kind: str
    items: tuple[_Item, ...]
    others: int
    why: str


@overload
def remittance_matches(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def remittance_matches(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def remittance_matches(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return for every receipt that is not applied in full what it may be meant for.

    Parameters
    ----------
    ledger
        It is cut at ``as_of``. Nothing in it is changed.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``receipt_id, customer_id, received_on, currency``; ``unapplied`` (major units of ``currency``); ``match``:
        ``one item``, ``all past due``, ``all open``, ``sum of items``, ``less discount``, null where nothing fits;
        ``document_ids`` (joined by a blank), ``items``, ``matched`` (what is open of them), ``difference`` (matched
        less unapplied: the discount taken), ``others`` (other sets of items that fit as well) and ``why``. In the order
        of receipt; an item that is suggested for a receipt is not suggested again for a later one.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    left = cash_on_hand(seen).rename({"amount": "unapplied"}).sort("received_on", "receipt_id")
    owed = open_items(seen, item_movements(seen)).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("residual") > 0)
    )
    owed = owed.join(left.select("customer_id", "currency").unique(), on=["customer_id", "currency"], how="semi")
    by_account: dict[tuple[str, str], list[_Item]] = {}
    for row in owed.sort("due_date", "document_id").iter_rows(named=True):
        item = _Item(row["document_id"], row["due_date"], row["residual"])
        by_account.setdefault((row["customer_id"], row["currency"]), []).append(item)
    rows = []
    for row in left.iter_rows(named=True):
        items = by_account.get((row["customer_id"], row["currency"]), [])
        found = _match(row["unapplied"], items, day)
        if found is not None:
            taken = set(found.items)
            by_account[row["customer_id"], row["currency"]] = [item for item in items if item not in taken]
        rows.append(row | _told(found, row["unapplied"], bool(items)))
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    money = [major_units(name, "currency").alias(name) for name in ("unapplied", "matched", "difference")]
    return given_out(table.with_columns(money), output)


def _match(cash: int, items: Sequence[_Item], day: date) -> _Match | None:
    """Return the first that fits: one item, all past due, all open, a sum of a few, an item less a discount."""
    alone = [item for item in items if item.left == cash]
    if alone:
        return _Match("one item", (alone[0],), len(alone) - 1, f"equals what is open of {alone[0].document_id}")
    late = tuple(item for item in items if item.due_on < day)
    for kind, group in (("all past due", late), ("all open", tuple(items))):
        if len(group) > 1 and sum(item.left for item in group) == cash:
            return _Match(kind, group, 0, f"equals all {len(group)} items {kind.removeprefix('all ')}")
    sums = _sums(cash, [item for item in items if item.left < cash][:ITEMS_SEARCHED])
    if sums:
        first = sums[0]
        return _Match("sum of items", first, len(sums) - 1, f"equals the sum of {len(first)} items")
    return _less_discount(cash, items)


def _sums(cash: int, items: Sequence[_Item]) -> list[tuple[_Item, ...]]:
    """Return the sets of the fewest items that sum to the cash exactly, the oldest first."""
    for size in range(2, MOST_ITEMS + 1):
        fits = [group for group in combinations(items, size) if sum(item.left for item in group) == cash]
        if fits:
            return fits
    return []


def _less_discount(cash: int, items: Sequence[_Item]) -> _Match | None:
    for share in DISCOUNTS:
        fits = [item for item in items if cash < item.left and abs(item.left * (1 - share) - cash) <= 1]
        if fits:
            why = f"equals what is open of {fits[0].document_id} less {100 * share:g} % discount"
            return _Match("less discount", (fits[0],), len(fits) - 1, why)
    return None


def _told(found: _Match | None, cash: int, has_items: bool) -> dict[str, Any]:
    if found is None:
        why = "no item, sum of items or item less a usual discount fits" if has_items else "nothing is open to match"
        nothing = dict.fromkeys(("match", "document_ids", "items", "matched", "difference", "others"))
        return {**nothing, "why": why}
    matched = sum(item.left for item in found.items)
    also = f"; {found.others:,} other {'set fits' if found.others == 1 else 'sets fit'} as well" if found.others else ""
    return {
        "match": found.kind,
        "document_ids": " ".join(item.document_id for item in found.items),
        "items": len(found.items),
        "matched": matched,
        "difference": matched - cash,
        "others": found.others,
        "why": f"{found.why}{also}",
    }
