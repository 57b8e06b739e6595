"""EDGAR's lists of filings as events: what a filing says about a company's health, by its form and its 8-K items.

The day a filing is known is its filing date. ``acceptanceDateTime`` is not used: it ends in "Z" everywhere, but is
local time in some files and UTC in others. Before August 2004 8-K items were numbered otherwise and give no events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from credrisk.errors import SourceError

__all__ = ["filing_events", "filing_url", "read_filings"]

ITEMS = {
    "1.02": ("agreement_terminated", "a material agreement was terminated"),
    "1.03": ("bankruptcy", "bankruptcy or receivership (also: plan confirmed, emergence)"),
    "2.04": ("debt_accelerated", "a financial obligation was accelerated or increased"),
    "2.05": ("exit_costs", "costs of exit or disposal activities"),
    "2.06": ("impairment", "a material impairment"),
    "3.01": ("delisting_notice", "notice of delisting or of failing a listing rule, or a transfer of listing"),
    "4.01": ("auditor_changed", "the auditor changed"),
    "4.02": ("statements_withdrawn", "earlier financial statements should no longer be relied upon"),
}
"""8-K items that speak of a company's health (Form 8-K as of 2004-08-23): kind and words."""

FORMS = {
    "NT 10-K": ("annual_report_late", "the annual report is late"),
    "NT 10-Q": ("quarterly_report_late", "the quarterly report is late"),
    "NT 20-F": ("annual_report_late", "the annual report is late"),
    "25-NSE": ("delisted_by_exchange", "the exchange removed the securities from listing"),
    "25": ("delisted_by_company", "the company removed its securities from listing"),
    "15-12B": ("registration_ended", "the registration of securities ends"),
    "15-12G": ("registration_ended", "the registration of securities ends"),
    "15-15D": ("registration_ended", "the duty to report is suspended"),
}
"""Forms that speak of a company's health: kind and words."""

COLUMNS = {
    "accessionNumber": "accession",
    "filingDate": "filed",
    "reportDate": "reported",
    "form": "form",
    "items": "items",
    "primaryDocument": "document",
}


def read_filings(page: Any) -> pl.DataFrame:
    """Read the parallel arrays of a page of filings.

    Parameters
    ----------
    page
        ``filings.recent`` of a submissions body, or a whole older page.

    Returns
    -------
    polars.DataFrame
        ``accession, filed, reported, form, items, document``; ``reported`` is null where EDGAR leaves it empty.

    Raises
    ------
    SourceError
        When an array is missing or of another length, or a filing has no date.
    """
    try:
        filings = pl.DataFrame(
            {new: page[old] for old, new in COLUMNS.items()}, schema=dict.fromkeys(COLUMNS.values(), pl.String)
        )
        dated = filings.with_columns(
            pl.col("filed").str.to_date("%Y-%m-%d"),
            pl.col("reported").replace("", None).str.to_date("%Y-%m-%d", strict=False),
        )
    except (KeyError, TypeError, pl.exceptions.PolarsError) as error:
        raise SourceError(f"the list of filings is not readable ({type(error).__name__}).") from None
    if dated["filed"].null_count() or dated["form"].null_count() or dated["accession"].null_count():
        raise SourceError("the list of filings is not readable (a filing without date, form or number).")
    return dated


def filing_events(filings: pl.DataFrame, *, cik: str) -> list[dict[str, Any]]:
    """Return the events in a list of filings: one for every telling form and every telling 8-K item.

    ``happened_on`` is the day of the event that an 8-K reports (the filing date where that is missing or later),
    for other forms the filing date; ``known_at`` is the filing date.
    """
    events = []
    for filing in filings.sort("filed", "accession").iter_rows(named=True):
        form, amended = filing["form"].removesuffix("/A"), filing["form"].endswith("/A")
        is_8k = form.startswith("8-K")
        told = [ITEMS[item] for item in _items(filing) if item in ITEMS] if is_8k else []
        if form in FORMS:
            told.append(FORMS[form])
        for kind, words in told:
            reported = filing["reported"] if is_8k else None
            events.append(
                {
                    "kind": kind,
                    "happened_on": min(reported or filing["filed"], filing["filed"]),
                    "known_at": filing["filed"],
                    "url": filing_url(cik, filing["accession"], filing["document"] or ""),
                    "text": f"{filing['form']}: {words}" + (" (amended filing)" if amended else ""),
                }
            )
    return events


def filing_url(cik: str, accession: str, document: str = "") -> str:
    """Return the address of a filing's main document, or of its index page."""
    folder = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}"
    return f"{folder}/{document}" if document else f"{folder}/{accession}-index.htm"


def _items(filing: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in (filing["items"] or "").split(",")))
