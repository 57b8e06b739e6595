"""SEC EDGAR: filings and figures of United States registrants as events and facts, free and without a key.

Only SEC registrants are covered, usually a small part of a customer list. Bodies are public domain. The SEC asks every
program to name a contact and to stay under ten requests a second over all machines of a user.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.registered_name import registered_as
from credrisk.sources.sec_client import SecClient, cik_of
from credrisk.sources.sec_facts import measure_rows, read_facts
from credrisk.sources.sec_submissions import filing_events, former_names, read_filings

__all__ = ["SecEdgar"]

PARTS = ("submissions", "facts")


class SecEdgar:
    """The source: reads ``cik`` of a customer (and ``confidence_cik`` where it was looked up)."""

    name = "sec_edgar"
    licence = "public domain (United States government)"
    keeps_history = True
    reads = ("cik",)
    about = "Filings and figures of companies registered with the United States SEC, as filed."
    site = "https://www.sec.gov/edgar"
    limits = {"data.sec.gov": ((5, 1.0),)}  # noqa: RUF012
    credential: str | None = None

    def __init__(self, client: HttpClient, *, url: str = "https://data.sec.gov") -> None:
        self._client = SecClient(client, data_url=url)

    def ask(self, customer: Mapping[str, Any]) -> tuple[Answer, ...]:
        """Answer in two parts: ``submissions`` (events) and ``facts``."""
        given = customer.get("cik")
        if given is None or not str(given).strip():
            return tuple(Answer("not_measured", "no CIK given", part) for part in PARTS)
        try:
            cik = cik_of(given)
        except ParameterError as error:
            return tuple(Answer("not_measured", str(error), part) for part in PARTS)
        try:
            confidence = confidence_of(customer, "cik")
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), part, cik) for part in PARTS)
        filings = self._filings(cik, confidence)
        if filings.status == "none":
            return filings, Answer("none", filings.reason, "facts", cik, filings.url, filings.retrieved_at, confidence)
        return filings, self._facts(cik, confidence)

    def _filings(self, cik: str, confidence: float) -> Answer:
        try:
            content, reply = self._client.submissions(cik)
        except SourceError as error:
            return Answer("not_measured", str(error), "submissions", cik, match_confidence=confidence)
        seen = _Seen("submissions", cik, confidence, reply)
        if content is None:
            return seen.answer("none", "EDGAR has no registrant with this CIK")
        try:
            _is_about(content, cik)
            recent, files = content["filings"]["recent"], content["filings"]["files"]
            if not isinstance(files, list):
                raise TypeError("the older pages are no list")
            pages, renamed = [read_filings(recent)], _renamed(content, cik)
        except (KeyError, TypeError):
            return seen.answer("not_measured", "the submissions have another shape")
        except SourceError as error:
            return seen.answer("not_measured", str(error))
        reason = ""
        for file in files:
            try:
                older, reply = self._client.older_page(str(file["name"]))
                seen.also(reply)
                page = read_filings(older)
                if page.height != file["filingCount"]:
                    raise SourceError(f"{page.height} filings where {file['filingCount']} are announced.")
                pages.append(page)
            except (SourceError, KeyError, TypeError) as error:
                reason = f"an older page of filings was not read: {error}"
        events = [{**event, "cik": cik} for event in [*filing_events(pl.concat(pages).unique(), cik=cik), *renamed]]
        named = registered_as(content.get("name"))
        return seen.answer("not_measured" if reason else "hit", reason or named, events=events)

    def _facts(self, cik: str, confidence: float) -> Answer:
        try:
            content, reply = self._client.company_facts(cik)
        except SourceError as error:
            return Answer("not_measured", str(error), "facts", cik, match_confidence=confidence)
        seen = _Seen("facts", cik, confidence, reply)
        if content is None:
            return seen.answer("none", "the company has filed no tagged figures")
        try:
            _is_about(content, cik)
            rows = [{**row, "cik": cik} for row in measure_rows(read_facts(content), cik=cik)]
        except SourceError as error:
            return seen.answer("not_measured", str(error))
        return seen.answer("hit", facts=rows)


class _Seen:
    """What one part of an answer rests on; the oldest reply dates it."""

    def __init__(self, part: str, cik: str, confidence: float, reply: Reply) -> None:
        self._part, self._cik, self._confidence = part, cik, confidence
        self._url, self._retrieved_at = reply.url, reply.retrieved_at

    def also(self, reply: Reply) -> None:
        self._retrieved_at = min(self._retrieved_at, reply.retrieved_at)

    def answer(self, status: Any, reason: str = "", **rows: Any) -> Answer:
        return Answer(status, reason, self._part, self._cik, self._url, self._retrieved_at, self._confidence, **rows)


def _renamed(content: Any, cik: str) -> list[dict[str, Any]]:
    """Return the changes of name by day: known from the last day of the old name."""
    names: dict[date, list[str]] = {}
    for former in former_names(content):
        if former["valid_to"] is not None:
            names.setdefault(former["valid_to"], []).append(former["name"])
    return [
        {
            "kind": "name_changed",
            "happened_on": day,
            "known_at": day,
            "url": f"https://www.sec.gov/cgi-bin/browse-edgar?action=getcompany&CIK={cik}",
            "text": f"until then named {' and '.join(former)}",
        }
        for day, former in sorted(names.items())
    ]


def _is_about(content: Any, cik: str) -> None:
    try:
        about = cik_of(content["cik"])
    except (KeyError, TypeError, ParameterError):
        raise SourceError("the answer names no company.") from None
    if about != cik:
        raise SourceError(f"the answer is about CIK {about}, not {cik}.")
