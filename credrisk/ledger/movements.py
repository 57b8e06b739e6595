"""What moved on each open item and on unapplied cash, and from which day it could be seen.

Every balance, ageing and tie-out starts here. A document enters with its signed amount (credit notes negative); an
application lowers what it is applied to and, when it comes from a credit note, raises that credit note by as much, so
the two legs sum to zero. A leg counts from the day on which the application and the row it touches are both visible:
so a ledger cut at ``as_of`` has exactly the movements dated on or before ``as_of``.
"""

from __future__ import annotations

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import APPLICATION_KINDS
from credrisk.ledger.visibility import visible_from

__all__ = ["cash_movements", "item_movements"]


def item_movements(ledger: Ledger) -> pl.DataFrame:
    """Return every change of an open item.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, document_kind, document_date, due_date, kind, date, event_date, amount,
        from_kind``; one row a movement. ``kind`` is ``document`` or the kind of the application, ``date`` the day from
        which it is visible, ``event_date`` the day it happened (for a receipt: the day the cash arrived, if the receipt
        was visible by ``date``; else the day of application), ``amount`` Int64 minor units, positive when it raises
        the item, ``from_kind`` what the application came from (null for the document itself). Sorted by document,
        date, event date, kind, amount.
    """
    documents = _numbered(ledger.table("documents"), "document_id").select(
        "place",
        "document_id",
        "customer_id",
        "currency",
        "document_date",
        "due_date",
        "amount",
        document_kind="kind",
        seen=visible_from("documents"),
    )
    applications = ledger.table("applications").with_columns(seen_application=visible_from("applications"))
    # In a partition of a split ledger ids are numbers and codes are Enums; a table that was not given has text still.
    received = ledger.table("receipts").select(
        from_id=pl.col("receipt_id").cast(applications.schema["from_id"]),
        received_on="date",
        seen_receipt=visible_from("receipts"),
    )
    to_leg = (
        applications.join(received, on="from_id", how="left", maintain_order="left")
        .join(documents.drop("amount"), left_on="to_document_id", right_on="document_id", how="inner", suffix="_doc")
        .with_columns(
            # A receipt recorded after its application must not change the past, so it does not count for the date.
            event_date=pl.when(
                pl.col("from_kind") == "receipt",
                pl.col("seen_receipt") <= pl.max_horizontal("seen_application", "seen"),
            )
            .then(pl.min_horizontal("received_on", "applied_on"))
            .otherwise("applied_on"),
            amount=-pl.col("amount"),
            document_id="to_document_id",
        )
    )
    from_leg = (
        applications.filter(pl.col("from_kind") == "document")
        .join(documents.drop("amount"), left_on="from_id", right_on="document_id", how="inner", suffix="_doc")
        .with_columns(
            event_date=pl.col("applied_on"),
            amount=pl.coalesce("from_amount", "amount"),
            document_id="from_id",
            currency="currency_doc",
        )
    )
    columns = [
        "place",
        "document_id",
        "customer_id",
        "currency",
        "document_kind",
        "document_date",
        "due_date",
        "kind",
        "date",
        "event_date",
        "amount",
        "from_kind",
    ]
    opened = documents.with_columns(
        kind=pl.lit("document"), date="seen", event_date="document_date", from_kind=pl.lit(None, pl.String)
    )
    legs = [
        leg.with_columns(
            pl.col("kind", "from_kind").cast(pl.String), date=pl.max_horizontal("seen_application", "seen")
        ).select(columns)
        for leg in (to_leg, from_leg)
    ]
    moved = pl.concat([opened.select(columns), *legs])
    return moved.sort("place", "date", "event_date", _KIND, "amount").drop("place")


def cash_movements(ledger: Ledger) -> pl.DataFrame:
    """Return every change of unapplied cash: receipts raise it, their applications lower it.

    Returns
    -------
    polars.DataFrame
        ``customer_id, currency, receipt_id, kind, date, event_date, amount``; ``kind`` is ``receipt`` or
        ``application``; ``amount`` Int64 minor units of the receipt's currency. Sorted by customer, receipt, date,
        kind, event date, amount.
    """
    receipts = _numbered(ledger.table("receipts"), "customer_id", "receipt_id").select(
        "place", "receipt_id", "customer_id", "currency", "date", "amount", seen=visible_from("receipts")
    )
    columns = ["place", "customer_id", "currency", "receipt_id", "kind", "date", "event_date", "amount"]
    received = receipts.select(
        "place",
        "customer_id",
        "currency",
        "receipt_id",
        "amount",
        kind=pl.lit("receipt"),
        date="seen",
        event_date="date",
    ).select(columns)
    applied = (
        ledger.table("applications")
        .filter(pl.col("from_kind") == "receipt")
        .with_columns(seen_application=visible_from("applications"))
        .with_columns(pl.col("from_id").cast(receipts.schema["receipt_id"]))
        .join(receipts.drop("amount", "date"), left_on="from_id", right_on="receipt_id", how="inner", suffix="_receipt")
        .select(
            "place",
            "customer_id",
            kind=pl.lit("application"),
            receipt_id="from_id",
            currency="currency_receipt",
            date=pl.max_horizontal("seen_application", "seen"),
            event_date="applied_on",
            amount=-pl.coalesce("from_amount", "amount"),
        )
        .select(columns)
    )
    return pl.concat([received, applied]).sort("place", "date", "kind", "event_date", "amount").drop("place")


_KIND = pl.col("kind").cast(pl.Enum(sorted({"document", *APPLICATION_KINDS})))


def _numbered(table: pl.DataFrame, *key: str) -> pl.DataFrame:
    """Number the rows in the order of their ids: sorting by numbers is several times as fast as by text."""
    return table.sort(key).with_columns(place=pl.int_range(pl.len(), dtype=pl.UInt32))
