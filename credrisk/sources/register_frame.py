"""The ``register`` frame: names and addresses of companies, one row a name, as matching and address tracing take it."""

from __future__ import annotations

import re

import polars as pl

__all__ = ["REGISTER", "postcode_in"]

REGISTER: dict[str, pl.DataType] = {
    "register": pl.String(),
    "entity": pl.String(),
    "id_column": pl.String(),
    "name": pl.String(),
    "name_kind": pl.String(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "country": pl.String(),
    "postcode": pl.String(),
    "city": pl.String(),
    "street": pl.String(),
    "legal_form": pl.String(),
    "status": pl.String(),
    "parent": pl.String(),
}
"""Columns. ``entity`` is the id in the register and ``id_column`` the customers' column that holds such ids;
``name_kind`` is legal, former, other or trade; a former name was used until ``valid_to``."""

UK_POSTCODE = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b")


def postcode_in(address: str) -> str | None:
    """Return the last United Kingdom postcode in an address; None when there is none."""
    found = UK_POSTCODE.findall(address.upper())
    return " ".join(found[-1]) if found else None
