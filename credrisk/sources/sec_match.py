"""Which SEC registrant a customer is, by ticker or by the very same name: sure matches only.

The list holds the companies listed today, under today's names: whoever went under or changed its name is not in it.
So a customer without a match may well be a registrant, and a match made today must not explain the past.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import polars as pl

from credrisk.errors import ParameterError, SourceError
from credrisk.frames import as_polars
from credrisk.sources.matching.legal_forms import SHORT
from credrisk.sources.sec_client import SecClient, cik_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["find_cik"]

CONFIDENCE = {"ticker": 0.95, "name": 0.9}
MATCHES = {
    "customer_id": pl.String,
    "cik": pl.String,
    "registrant": pl.String,
    "how": pl.String,
    "confidence_cik": pl.Float64,
    "reason": pl.String,
}


def find_cik(customers: pl.DataFrame | pd.DataFrame, *, client: SecClient) -> pl.DataFrame:
    """Look up the CIK of customers by ``ticker`` (where there is such a column), else by ``name``.

    Returns
    -------
    polars.DataFrame
        ``customer_id, cik, registrant, how, confidence_cik, reason``, sorted by customer; ``cik`` is null with a
        reason where nothing or more than one registrant fits.

    Raises
    ------
    SourceError
        When the list cannot be read.
    """
    frame = as_polars(customers, "customers")
    if "customer_id" not in frame.columns or not {"name", "ticker"} & set(frame.columns):
        raise ParameterError("customers", "a frame with customer_id and name or ticker", frame.columns)
    content, reply = client.tickers()
    by_ticker: dict[str, dict[str, str]] = {}
    by_name: dict[str, dict[str, str]] = {}
    try:
        for entry in content.values():
            cik, title = cik_of(entry["cik_str"]), str(entry["title"])
            by_ticker.setdefault(_ticker(entry["ticker"]), {})[cik] = title
            by_name.setdefault(_plain(title), {})[cik] = title
    except (AttributeError, KeyError, TypeError, ParameterError):
        raise SourceError(f"{reply.url}: the list of companies has another shape.") from None
    rows = []
    for customer in frame.sort("customer_id").iter_rows(named=True):
        ticker, name = str(customer.get("ticker") or ""), str(customer.get("name") or "")
        ways = (("ticker", by_ticker.get(_ticker(ticker)) if ticker else None), ("name", by_name.get(_plain(name))))
        how, found = next(((way, hits) for way, hits in ways if hits), ("", {}))
        rows.append(_match(str(customer["customer_id"]), how, found))
    return pl.DataFrame(rows, schema=MATCHES, orient="row")


def _match(customer_id: str, how: str, found: dict[str, str]) -> tuple[Any, ...]:
    if len(found) == 1:
        ((cik, title),) = found.items()
        return customer_id, cik, title, how, CONFIDENCE[how], ""
    reason = f"{len(found)} registrants have this {how}: {_few(found)}" if found else "no listed company of this name"
    return customer_id, None, None, how, None, reason


def _few(ciks: Iterable[str]) -> str:
    return ", ".join(sorted(ciks)[:5])


def _ticker(text: object) -> str:
    return str(text).strip().upper().replace(".", "-")


def _plain(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    words = re.sub(r"[^\w\s]", "", folded.replace("/", " ")).split()
    return " ".join(SHORT.get(word, word) for word in words)
