"""Where a letter goes: names from the ledger, addresses from a table of the user's own."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from credrisk.errors import DataError
from credrisk.frames import as_polars
from credrisk.reports.letters.clean import clean

__all__ = ["RECIPIENT_FIELDS", "address_lines", "recipients_of"]

RECIPIENT_FIELDS = {
    "recipient": "to whom it is addressed; the customer's name where it is not given",
    "attention": "a person or department",
    "street": "street and number",
    "postcode": "postal code",
    "city": "town",
    "country_name": "country, as it is to be written",
    "email": "e-mail address",
    "greeting": "the whole greeting, such as Dear Ms Example,",
    "their_reference": "what the customer wants quoted",
}
"""Columns of a table of addresses beside ``customer_id``; all may be absent or empty."""

_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


def recipients_of(customers: pl.DataFrame, addresses: Any = None) -> dict[str, dict[str, str]]:
    """Return for each customer the fields of :data:`RECIPIENT_FIELDS`, empty where nothing is known.

    Parameters
    ----------
    customers
        ``customer_id, name``.
    addresses
        A frame with ``customer_id`` and some of the columns; more columns are left alone.

    Raises
    ------
    DataError
        When ``customer_id`` is missing or has several rows.
    """
    found: dict[str, dict[str, str]] = {}
    if addresses is not None:
        table = as_polars(addresses, "addresses")
        if "customer_id" not in table.columns:
            raise DataError("a column is missing.", table="addresses", columns=["customer_id"], remedy="add it.")
        table = table.with_columns(pl.col("customer_id").cast(pl.String)).drop_nulls("customer_id")
        if (doubled := table.filter(pl.col("customer_id").is_duplicated())).height:
            ids = doubled["customer_id"].unique().sort().to_list()
            raise DataError(
                "customers have several rows.", table="addresses", rows=doubled.height, ids=ids, remedy="keep one."
            )
        for row in table.iter_rows(named=True):
            found[row["customer_id"]] = {name: _said(row.get(name)) for name in RECIPIENT_FIELDS}
    empty = dict.fromkeys(RECIPIENT_FIELDS, "")
    recipients = {}
    for customer, name in customers.select("customer_id", "name").iter_rows():
        fields = empty | found.get(customer, {})
        fields["recipient"] = fields["recipient"] or clean(name) or clean(customer)
        fields["email"] = fields["email"] if _EMAIL.fullmatch(fields["email"]) else ""
        recipients[customer] = fields
    return recipients


def address_lines(recipient: dict[str, str]) -> list[str]:
    """Return the lines of the address, those that are known."""
    town = " ".join(part for part in (recipient["postcode"], recipient["city"]) if part)
    lines = (recipient["recipient"], recipient["attention"], recipient["street"], town, recipient["country_name"])
    return [line for line in lines if line]


def _said(value: object) -> str:
    return "" if value is None else clean(str(value))
