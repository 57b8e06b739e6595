"""Where SEC EDGAR keeps what, and how its answers, its refusals and its absences are told apart.

A refusal is a web page with status 403; a registrant that does not exist is a 404 whose XML names the very object
that was asked for. Everything else that is not readable JSON is an error, and so "not measured".
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.http import HttpClient, Reply

__all__ = ["SecClient", "cik_of"]

LISTS_KEPT = timedelta(days=1)


def cik_of(value: object) -> str:
    """Return a CIK as ten digits: ``320193``, ``320193.0``, ``"CIK0000320193"`` are ``0000320193``.

    Raises
    ------
    ParameterError
        When it is no CIK.
    """
    text = str(value).strip().upper().removeprefix("CIK").strip().removesuffix(".0")
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) > 0):
        raise ParameterError("cik", "up to ten digits", value)
    return text.zfill(10)


class SecClient:
    """The addresses of EDGAR that credrisk asks; parsed JSON and the reply it came from.

    Parameters
    ----------
    data_url
        Where ``data.sec.gov`` (or a mirror) is.
    """

    def __init__(self, client: HttpClient, *, data_url: str = "https://data.sec.gov") -> None:
        self._client, self._data = client, data_url.rstrip("/")

    def submissions(self, cik: str) -> tuple[Any | None, Reply]:
        """Return what a company has filed; None when EDGAR has no such registrant."""
        return self._object(f"{self._data}/submissions/CIK{cik}.json")

    def older_page(self, name: str) -> tuple[Any, Reply]:
        """Return an older page of filings, named in ``filings.files``."""
        content, reply = self._object(f"{self._data}/submissions/{name}")
        if content is None:
            raise SourceError(f"{reply.url}: the page is announced but not there.")
        return content, reply

    def company_facts(self, cik: str) -> tuple[Any | None, Reply]:
        """Return all figures that a company has tagged; None when it never filed any."""
        return self._object(f"{self._data}/api/xbrl/companyfacts/CIK{cik}.json")

    def _object(self, url: str) -> tuple[Any | None, Reply]:
        reply = self._client.ask(url, keep_for=LISTS_KEPT)
        if _absent(reply):
            return None, reply
        content = reply.json()
        if content is None:
            raise SourceError(f"{reply.url}: the answer has another shape.")
        return content, reply


def _absent(reply: Reply) -> bool:
    """Tell whether the answer says that the object asked for does not exist."""
    if reply.status != 404 or reply.kind != "xml":
        return False
    try:
        error = fromstring(reply.body)
    except (ParseError, DefusedXmlException):
        return False
    asked = urlsplit(reply.url).path.rpartition("/")[2]
    named = (error.findtext("Key") or "").rpartition("/")[2]
    return error.tag == "Error" and error.findtext("Code") == "NoSuchKey" and named == asked
