"""The file that goes with a claim to an agency: what is there of it in the ledger, and what is to be added by hand."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import open_items
from credrisk.decisions.cover_in_force import cover_rows
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.wording import counted

__all__ = ["placement_file"]

IDENTITY = {"company_number": "company number", "vat_id": "VAT number", "lei": "LEI", "duns": "DUNS number"}
BY_HAND = (
    ("contract and terms signed by the customer, with the clause on late payment", "it proves the claim and its law"),
    ("address, managers and guarantors from the register", "where the agency writes to"),
)
INSURED = "insurance"
NONE = "none recorded"

Row = tuple[str, str | None, bool, str]


def placement_file(
    ledger: Ledger, *, customer_id: str, as_of: date | str, output: Literal["pandas", "polars"] = "pandas"
) -> Any:
    """Return the list of what an agency needs for a customer's claim.

    Returns
    -------
    frame
        ``item``, ``document_id`` (null where it concerns the customer), ``here`` (whether the ledger holds it; false:
        to be added by hand) and ``detail``; the customer first, then each open item that is past due, oldest first.

    Raises
    ------
    ParameterError
        When the ledger has no such customer on that day.
    """
    check_output(output)
    day = to_date(as_of)
    seen = ledger.cut(day)
    mine = pl.col("customer_id") == customer_id
    master = seen.table("customers").filter(mine)
    if master.is_empty():
        raise ParameterError("customer_id", "a customer of the ledger on that day", customer_id)
    who = master.row(0, named=True)
    ids = [f"{words} {who[name]}" for name, words in IDENTITY.items() if who[name] is not None]
    found: list[Row] = [
        ("name and country", None, None not in (who["name"], who["country"]), f"{who['name']}, {who['country']}"),
        ("numbers of the company", None, bool(ids), ", ".join(ids) or "none on file"),
        *((item, None, False, why) for item, why in BY_HAND),
    ]
    contacts = seen.table("contacts").filter(mine)
    told = f"{counted(contacts.height, 'contact')}, the last on {_last(contacts, 'date')}"
    found.append(("record of contacts and reminders", None, contacts.height > 0, told if contacts.height else NONE))
    promises = seen.table("promises").filter(mine)
    promised = f"{counted(promises.height, 'promise')}, the last for {_last(promises, 'due_on')}"
    found.append(("promises to pay", None, promises.height > 0, promised if promises.height else NONE))
    cash = seen.table("receipts").filter(mine & (pl.col("amount") > 0))
    paid = f"the last payment on {_last(cash, 'date')}" if cash.height else NONE
    found.append(("account statement with all payments", None, seen.has("receipts"), paid))
    cover = cover_rows(seen, as_of=day).filter(mine & (pl.col("kind") == INSURED))
    if cover.height:
        insurers = ", ".join(sorted({str(name) for name in cover["provider"].drop_nulls()})) or "the insurer"
        found.append(("consent of the credit insurer", None, False, f"cover by {insurers} is in force: ask first"))
    for item in _items(seen, customer_id, day).iter_rows(named=True):
        found += _of_item(item)
    schema = {"item": pl.String, "document_id": pl.String, "here": pl.Boolean, "detail": pl.String}
    return given_out(pl.DataFrame(found, schema=schema, orient="row"), output)


def _items(seen: Ledger, customer_id: str, day: date) -> pl.DataFrame:
    """Return the past-due items with their order and dispute, oldest first."""
    items = open_items(seen, item_movements(seen)).filter(
        (pl.col("customer_id") == customer_id)
        & (pl.col("document_kind") != "credit_note")
        & (pl.col("due_date") < day)
        & (pl.col("residual") > 0)
    )
    documents = seen.table("documents").select("document_id", "document_date", "order_id")
    return items.join(documents, on="document_id", how="left").sort("due_date", "document_id")


def _last(rows: pl.DataFrame, day: str) -> str:
    """Return the latest date of a column, in ISO form."""
    return str(rows[day].dt.to_string().max())


def _of_item(item: dict[str, Any]) -> list[Row]:
    name, order = str(item["document_id"]), item["order_id"]
    needed: list[Row] = [
        ("copy of the invoice", name, False, f"of {item['document_date']}, due on {item['due_date']}"),
        ("order", name, order is not None, f"order {order}: add its copy" if order else "no order number on file"),
        ("proof of delivery", name, False, "the customer's signature, or the carrier's record"),
    ]
    if item["disputed"] > 0:
        whole = "all" if item["disputed"] == item["residual"] else "a part"
        needed.append(("the dispute", name, True, f"{whole} of it is in dispute: settle that first or leave it out"))
    return needed
