"""Small books of an invented seller in SAP, and what their clearings are: the truth that the importers are held to."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.sources.erp.sap_items import ITEM

__all__ = ["item", "items"]


def item(number: str, amount: float, *, kind: str = "RV", line: str = "1", **more: object) -> dict[str, object]:
    """Return an item of company 1000, customer 77, posted and entered on its day."""
    day = more.pop("day", date(2024, 3, 1))
    document = f"1000-{number}-2024"
    return {
        "item": f"{document}-{line}",
        "document": document,
        "number": number,
        "company": "1000",
        "customer_id": "77",
        "type": kind,
        "document_date": day,
        "posting_date": day,
        "recorded_at": day,
        "due_date": day,
        "milli": round(amount * 1000),
        "discount": 0,
        "currency": "EUR",
        "file": "items.csv",
    } | more


def items(*rows: dict[str, object]) -> pl.DataFrame:
    """Return the rows in the columns of ITEM."""
    return pl.DataFrame([{"row": place} | row for place, row in enumerate(rows, start=1)], schema=ITEM)
