"""EDGAR's lists of filings as events: what a filing says about a company's health, by its form and its 8-K items.

Three items mean different things at different times, and are judged by what had been filed by then:

- 1.03 is reported again when a plan is confirmed and when the company emerges, so only the first in 24 months is a
  bankruptcy; the others are ``bankruptcy_progress``.
- 3.01 is a notice of delisting, of failing a rule, or only of a move to another exchange. It is a ``delisting_notice``
  where the year before it, or the same day, holds another sign of distress (:data:`DISTRESS`, or a 3.01), else a
  ``listing_notice``, which is not adverse.
- An application for listing (8-A12B) within 60 days after a 3.01 shows the move: ``listing_transferred``, known from
  the application. A removal by an exchange (25-NSE) within 60 days after such an application is one too.

The day a filing is known is its filing date. ``acceptanceDateTime`` is not used: it ends in "Z" everywhere, but is
local time in some files and UTC in others. Before August 2004 8-K items were numbered otherwise and give no events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from credrisk.errors import SourceError

__all__ = ["filing_events", "filing_url", "former_names", "read_filings"]

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
    "15-12B": ("reporting_ended", "the registration of securities ends"),
    "15-12G": ("reporting_ended", "the registration of securities ends"),
    "15-15D": ("reporting_ended", "the duty to report is suspended"),
}
"""Forms that speak of a company's health: kind and words."""

DISTRESS = (
    "annual_report_late",
    "auditor_changed",
    "bankruptcy",
    "debt_accelerated",
    "impairment",
    "quarterly_report_late",
    "statements_withdrawn",
)
"""Signs that make a notice of an exchange one of distress."""

PLAN_AND_EMERGENCE, YEAR, LISTING = timedelta(days=730), timedelta(days=365), timedelta(days=60)

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
    for other forms the filing date; ``known_at`` is the filing date. What a filing is taken for depends on filings of
    its day and before, never on later ones.
    """
    judge, events = _Judge(), []
    for (filed,), day in filings.sort("filed", "accession").group_by("filed", maintain_order=True):
        on_the_day = [(filing, kind, words) for filing in day.iter_rows(named=True) for kind, words in _told(filing)]
        listed = bool(day["form"].is_in(["8-A12B"]).any())
        for filing, kind, words in judge.judged(filed, on_the_day, listed=listed, first=day.row(0, named=True)):
            form = filing["form"]
            reported = filing["reported"] if form.startswith("8-K") else None
            events.append(
                {
                    "kind": kind,
                    "happened_on": min(reported or filed, filed),
                    "known_at": filed,
                    "url": filing_url(cik, filing["accession"], filing["document"] or ""),
                    "text": f"{form}: {words}" + (" (amended filing)" if form.endswith("/A") else ""),
                }
            )
    return events


def former_names(content: Any) -> list[dict[str, Any]]:
    """Return the names that a company had before, of a submissions body: ``name, valid_from, valid_to`` (dates).

    A name that only differs in case from the present one, or from one already listed, is left out.

    Raises
    ------
    SourceError
        When they have another shape.
    """
    try:
        seen, names = {(content.get("name") or "").casefold()}, []
        for former in content.get("formerNames") or []:
            name, start, end = former["name"], former["from"], former["to"]
            if name.casefold() not in seen:
                seen.add(name.casefold())
                first, last = (date.fromisoformat(day[:10]) if day else None for day in (start, end))
                names.append({"name": name, "valid_from": first, "valid_to": last})
    except (KeyError, TypeError, AttributeError, ValueError):
        raise SourceError("the former names are not readable.") from None
    return names


def filing_url(cik: str, accession: str, document: str = "") -> str:
    """Return the address of a filing's main document, or of its index page."""
    folder = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}"
    return f"{folder}/{document}" if document else f"{folder}/{accession}-index.htm"


class _Judge:
    """What had been filed so far, as far as it decides what the next filing is taken for."""

    def __init__(self) -> None:
        self._bankrupt, self._listing, self._distress, self._applied = (date.min,) * 4

    def judged(
        self,
        filed: date,
        told: Sequence[tuple[Mapping[str, Any], str, str]],
        *,
        listed: bool,
        first: Mapping[str, Any],
    ) -> list[tuple[Mapping[str, Any], str, str]]:
        """Return a day's filings with the kinds they are taken for."""
        kinds = {kind for _, kind, _ in told}
        if kinds & set(DISTRESS):
            self._distress = filed
        if listed:
            self._applied = filed
        judged = [(filing, *self._taken(filed, kind, words)) for filing, kind, words in told]
        if listed and _within(filed, self._listing, LISTING):
            judged.append((first, "listing_transferred", "listed anew after a notice on its listing"))
        if "bankruptcy" in kinds:
            self._bankrupt = filed
        if "delisting_notice" in kinds:
            self._listing = filed
        return judged

    def _taken(self, filed: date, kind: str, words: str) -> tuple[str, str]:
        if kind == "bankruptcy" and _within(filed, self._bankrupt, PLAN_AND_EMERGENCE):
            return "bankruptcy_progress", "bankruptcy goes on (plan confirmed, emergence or a further case)"
        if kind == "delisting_notice" and not (
            _within(filed, self._distress, YEAR) or _within(filed, self._listing, YEAR)
        ):
            return "listing_notice", "notice of failing a listing rule, or a transfer of listing"
        if kind == "delisted_by_exchange" and _within(filed, self._applied, LISTING):
            return "listing_transferred", "the exchange removed the old securities after a new listing"
        return kind, words


def _within(filed: date, earlier: date, span: timedelta) -> bool:
    return filed - earlier <= span


def _told(filing: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the kinds and words of a filing's form and items."""
    form = filing["form"].removesuffix("/A")
    told = [ITEMS[item] for item in _items(filing) if item in ITEMS] if form.startswith("8-K") else []
    return [*told, FORMS[form]] if form in FORMS else told


def _items(filing: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(item.strip() for item in (filing["items"] or "").split(",")))
