"""EDGAR's full-text search: which filings of a company say that it may not go on.

An auditor's or a management's doubt "about its ability to continue as a going concern" stands in the text of a report,
in no figure. The search covers filings since 2001. That a filing holds the words does not say who says it of whom: a
bank may say it of a borrower. So the event names the filing, for somebody to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.http import HttpClient
from credrisk.sources.sec_client import cik_of
from credrisk.sources.sec_submissions import filing_url

__all__ = ["GOING_CONCERN", "SecFullText"]

GOING_CONCERN = '"substantial doubt about its ability to continue as a going concern"'
FORMS = "10-K,10-K/A,10-Q,10-Q/A,20-F"
MOST_PAGES = 20
KEPT = timedelta(days=7)


class SecFullText:
    """The source: reads ``cik``; events ``going_concern_doubt``, one a filing, known from its filing date."""

    name = "sec_full_text"
    licence = "public domain (United States government)"
    keeps_history = True
    reads = ("cik",)
    about = "Reports to the United States SEC whose text doubts that the company can go on."
    site = "https://www.sec.gov/edgar/search"
    limits = {"efts.sec.gov": ((3, 1.0),)}  # noqa: RUF012
    credential: str | None = None

    def __init__(self, client: HttpClient, *, url: str = "https://efts.sec.gov/LATEST/search-index") -> None:
        self._client, self._url = client, url

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer for one customer."""
        given = customer.get("cik")
        if given is None or not str(given).strip():
            return [Answer("not_measured", "no CIK given")]
        try:
            cik = cik_of(given)
        except ParameterError as error:
            return [Answer("not_measured", str(error))]
        hits: list[Mapping[str, Any]] = []
        for _ in range(MOST_PAGES):
            params = {"q": GOING_CONCERN, "forms": FORMS, "ciks": cik}
            reply = self._client.ask(
                self._url, params=params | ({"from": str(len(hits))} if hits else {}), keep_for=KEPT
            )
            page, total = _read(reply.json(), reply.url)
            hits += page
            if len(hits) >= total:
                break
            if not page:
                raise SourceError(f"{reply.url}: {len(hits)} of {total} filings came.")
        else:
            raise SourceError(f"{self._url}: more than {MOST_PAGES} pages.")
        events = {event["url"]: event for hit in hits for event in _event(hit, cik, reply.url)}
        about: dict[str, Any] = {
            "entity": cik,
            "url": reply.url,
            "retrieved_at": reply.retrieved_at,
            "match_confidence": confidence_of(customer, "cik"),
        }
        if not events:
            return [Answer("none", "no report with these words", **about)]
        return [Answer("hit", events=list(events.values()), **about)]


def _read(content: Any, url: str) -> tuple[list[Mapping[str, Any]], int]:
    try:
        found, total = content["hits"]["hits"], int(content["hits"]["total"]["value"])
        return [{**hit["_source"], "id": hit["_id"]} for hit in found], total
    except (KeyError, TypeError, ValueError):
        raise SourceError(f"{url}: the answer of the search has another shape.") from None


def _event(hit: Mapping[str, Any], cik: str, url: str) -> list[dict[str, Any]]:
    """Return the event of a hit; none where the filing is another registrant's."""
    try:
        accession, _, document = hit["id"].partition(":")
        filed = date.fromisoformat(hit["file_date"])
        owners = {cik_of(one) for one in hit["ciks"]}
        form = str(hit.get("form") or hit.get("root_form") or "report")
    except (KeyError, TypeError, AttributeError, ValueError, ParameterError):
        raise SourceError(f"{url}: a hit of the search has another shape.") from None
    if cik not in owners:
        return []
    return [
        {
            "kind": "going_concern_doubt",
            "happened_on": filed,
            "known_at": filed,
            "url": filing_url(cik, accession, document),
            "text": f"{form}: its text speaks of substantial doubt that the company can continue as a going concern",
            "cik": cik,
        }
    ]
