"""How Companies House is asked: company numbers, pages to the last one, and what its "not found" means.

An answer 404 counts as "there is none" only when it is the register's own (its list of ``errors``, or nothing at all);
any other 404, a refusal and a page of HTML are errors, and so "not measured".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.british import BRITISH
from credrisk.sources.http import HttpClient, Reply

__all__ = [
    "PAGES",
    "CompaniesHouseClient",
    "company_number_of",
    "iso_date",
    "listed",
    "number_of_customer",
    "text_of",
]

PAGES = "https://find-and-update.company-information.service.gov.uk"
"""The pages for people, which events point to."""

LISTS_KEPT = timedelta(days=1)
PAGE_SIZE = 100
"""The most that the register gives at once; it cuts larger numbers down silently."""
MOST_PAGES = 200
"""A bound only: the longest histories have about ten thousand filings."""

DIGITS = re.compile(r"\d{1,8}")
PREFIXED = re.compile(r"([A-Z]{2})(\d{1,6})")
OLD_KINDS = re.compile(r"[A-Z]{2}\d{5}[A-Z]|R\d{7}")
"""Registered societies such as IP12345R, and old Northern Irish companies such as R0000123."""


def company_number_of(value: object) -> str:
    """Return a company number as its eight characters.

    ``7310390`` and ``7310390.0`` are ``07310390``, ``sc 5336`` is ``SC005336``.

    Raises
    ------
    ParameterError
        When it is no company number.
    """
    text = re.sub(r"\s", "", str(value)).upper().removesuffix(".0")
    if DIGITS.fullmatch(text) and text.isascii() and int(text) > 0:
        return text.zfill(8)
    if (parts := PREFIXED.fullmatch(text)) and text.isascii():
        return parts[1] + parts[2].zfill(6)
    if OLD_KINDS.fullmatch(text) and text.isascii():
        return text
    raise ParameterError("company_number", "up to eight digits, or two letters and up to six digits", value)


def number_of_customer(customer: Mapping[str, Any]) -> str:
    """Return the number under which the register of the United Kingdom knows a customer.

    A number of digits alone may be of any country's register (an Irish one looks the same), so where the customer's
    ``country`` is another it counts only when matching has found it, which ``confidence_company_number`` says.

    Raises
    ------
    SourceError
        With the reason, when there is none.
    """
    given, country = customer.get("company_number"), text_of(customer.get("country"))
    if given is None or not str(given).strip():
        raise SourceError("no company number given")
    try:
        number = company_number_of(given)
    except ParameterError as error:
        raise SourceError(str(error)) from None
    abroad = bool(country) and country.lower() not in BRITISH
    if abroad and number.isdigit() and customer.get("confidence_company_number") is None:
        raise SourceError(f"a number of digits alone, and the country is {country}: it may be of another register")
    return number


def iso_date(value: object, what: str) -> date:
    """Read a date of the register, strictly ``2016-06-13``.

    Raises
    ------
    SourceError
        When it is none.
    """
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise SourceError(f"{what} is no date: {value!r}.")


def text_of(value: object) -> str:
    """Return a text of the register without its line breaks and double blanks; nothing where it is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def listed(content: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects in an answer; an empty one where it is left out.

    Raises
    ------
    SourceError
        When it is something else.
    """
    found = content.get(key) or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise SourceError(f"{key} has another shape.")
    return found


class CompaniesHouseClient:
    """The addresses of the register's interface; parsed JSON and the reply it came from.

    Parameters
    ----------
    url
        Where the interface is.
    """

    def __init__(self, client: HttpClient, url: str) -> None:
        self._client, self._url = client, url.rstrip("/")

    def object(self, path: str, params: Mapping[str, str] | None = None) -> tuple[dict[str, Any] | None, Reply]:
        """Return the object at ``path``; None when the register says that it has none.

        Raises
        ------
        SourceError
            When it refuses, fails or answers something else than an object.
        """
        reply = self._client.ask(f"{self._url}{path}", params=params, keep_for=LISTS_KEPT)
        if _absent(reply):
            return None, reply
        if reply.status == 401 and reply.kind != "html":
            raise SourceError(f"{reply.url}: the key is missing or refused (CREDRISK_COMPANIES_HOUSE_KEY).")
        content = reply.json()
        if not isinstance(content, dict):
            raise SourceError(f"{reply.url}: the answer has another shape.")
        return content, reply

    def pages(self, path: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None, Reply, str]:
        """Return the items of all pages of a list, its first page, its first reply, and why it is incomplete.

        The first page is None when the register has no such list. The reason is empty when there are as many items
        as the register counts.

        Raises
        ------
        SourceError
            When the first page cannot be read.
        """
        first, reply = self.object(path, _page(0))
        if first is None:
            return [], None, reply, ""
        items, total = _items(first, reply.url)
        pages = 1
        try:
            while len(items) < total and pages < MOST_PAGES:
                following, further = self.object(path, _page(len(items)))
                if following is None:
                    raise SourceError(f"{further.url}: the page is announced but not there.")
                more, _ = _items(following, further.url)
                if not more:
                    break
                items += more
                pages += 1
        except SourceError as error:
            return items, first, reply, f"a further page was not read: {error}"
        short = f"{len(items)} entries where {total} are announced" if len(items) != total else ""
        return items, first, reply, short


def _page(start: int) -> dict[str, str]:
    return {"items_per_page": str(PAGE_SIZE), "start_index": str(start)}


def _items(content: Mapping[str, Any], url: str) -> tuple[list[dict[str, Any]], int]:
    items, total = content.get("items"), content.get("total_count")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or not isinstance(total, int):
        raise SourceError(f"{url}: the list has another shape.")
    return list(items), total


def _absent(reply: Reply) -> bool:
    if reply.status != 404 or reply.kind == "html":
        return False
    if not reply.body.strip():
        return True
    try:
        content = Reply(reply.url, 200, reply.kind, reply.body, reply.retrieved_at, reply.from_cache).json()
    except SourceError:
        return False
    return isinstance(content, dict) and isinstance(content.get("errors"), list)
