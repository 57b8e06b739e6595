"""Companies that Companies House finds by a name, as candidates for matching: a search is no match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.companies_house_client import CompaniesHouseClient, company_number_of, listed, text_of
from credrisk.sources.matching.register import REGISTER

__all__ = ["find_companies", "search_rows"]

FOUND = "100"
"""Companies a search gives at once, the most there is; further pages are worse fits."""


def find_companies(name: str, *, register: CompaniesHouseClient) -> pl.DataFrame:
    """Ask the register for companies of a name: rows of the ``register`` frame, the best fit first.

    Raises
    ------
    SourceError
        When the answer cannot be read.
    """
    content, reply = register.object("/search/companies", {"q": name, "items_per_page": FOUND})
    if content is None:
        raise SourceError(f"{reply.url}: the search is not there.")
    return search_rows(content)


def search_rows(content: Mapping[str, Any]) -> pl.DataFrame:
    """Return what a search found; entries without a name or a number are left out.

    Raises
    ------
    SourceError
        When it has another shape.
    """
    if "items" not in content:
        raise SourceError("the result of the search has another shape.")
    rows = []
    for item in listed(content, "items"):
        name, address = text_of(item.get("title")), item.get("address")
        try:
            number = company_number_of(item.get("company_number"))
        except ParameterError:
            continue
        if not name:
            continue
        places = address if isinstance(address, dict) else {}
        lines = (text_of(places.get(line)) for line in ("premises", "address_line_1", "address_line_2"))
        rows.append(
            {
                "register": "companies_house",
                "entity": number,
                "id_column": "company_number",
                "name": name,
                "name_kind": "legal",
                "country": "GB",
                "postcode": text_of(places.get("postal_code")) or None,
                "city": text_of(places.get("locality")) or None,
                "street": " ".join(line for line in lines if line) or None,
                "legal_form": text_of(item.get("company_type")) or None,
                "status": text_of(item.get("company_status")) or None,
            }
        )
    return pl.DataFrame([{column: row.get(column) for column in REGISTER} for row in rows], schema=REGISTER)
