"""The Gazette: the United Kingdom's official journal, where petitions and insolvencies are published first.

A creditor's petition to wind a company up is advertised here before anything reaches Companies House. Notices are
found by the company number and count only when their own text gives this number as the company's: the search is
fuzzy. Addresses, parameters and codes are from the journal's documentation and from public programs that read it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.companies_house_client import (
    company_number_of,
    iso_date,
    number_of_customer,
    text_of,
)
from credrisk.sources.http import FOR_EVER, HttpClient, Reply
from credrisk.sources.pace import Limits
from credrisk.sources.uk_proceedings import ENDED, LIQUIDATOR, PROGRESS, first_of_each, one_per_key

__all__ = ["CODES", "Gazette", "numbers_in"]

HOST = "www.thegazette.co.uk"

CODES = {
    "2401": ("moratorium", "a moratorium came into force"),
    "2402": (ENDED, "a moratorium came to its end"),
    "2404": ("foreign_insolvency", "cross-border insolvency"),
    "2410": ("administration", "appointment of administrators"),
    "2411": ("administration", "administration order"),
    "2421": ("administrative_receiver", "appointment of administrative receivers"),
    "2423": ("receivership", "appointment of receivers"),
    "2431": ("members_voluntary_liquidation", "members' resolution to wind up: the company is solvent"),
    "2432": (LIQUIDATOR, "appointment of liquidators in a winding-up by the members: the company is solvent"),
    "2441": ("creditors_voluntary_liquidation", "resolution to wind up in a creditors' voluntary liquidation"),
    "2442": ("creditors_voluntary_liquidation", "meeting of creditors in a creditors' voluntary liquidation"),
    "2443": ("creditors_voluntary_liquidation", "appointment of liquidators in a creditors' voluntary liquidation"),
    "2447": ("creditors_voluntary_liquidation", "deemed consent in a creditors' voluntary liquidation"),
    "2450": ("winding_up_petition", "a creditor petitions to wind the company up"),
    "2451": ("winding_up_petition", "a creditor petitions to wind the partnership up"),
    "2452": ("winding_up_order", "winding-up order"),
    "2453": ("winding_up_order", "winding-up order (partnership)"),
    "2454": (LIQUIDATOR, "appointment of liquidators in a winding-up by the court"),
    "2461": ("petition_dismissed", "the petition to wind up was dismissed"),
}
"""Kind and words by notice code, from documentation. Other notices on corporate insolvency (24..) are progress."""

PETITIONS = ("2450", "2451", "2461", "2462")
CORPORATE = re.compile(r"24\d\d")
PAGE_SIZE = 100
MOST_PAGES = 10
MOST_NOTICES_READ = 30
"""Notices that are opened for one customer because the search shows only an excerpt of them."""

STATED = re.compile(
    r"(?i:\b(?:company|registered|registration)\s*(?:registration\s*)?(?:number|no|num)\b)[\s.:()]*"
    r"([A-Z]{2}\s?\d{1,6}[A-Z]?|R\d{7}|\d{1,8})(?![\dA-Za-z])",
)
"""``(Company Number 11416317 )``, ``Company Number: 530703``, ``Registered No. SC005336``."""

Notice = dict[str, Any]


class Gazette:
    """The source: reads ``company_number`` of a customer."""

    name = "gazette"
    licence = "Open Government Licence 3.0 (without personal data)"
    keeps_history = True
    reads = ("company_number",)
    about = "UK official journal: petitions, winding-up orders, administrations and liquidations as published."
    site = f"https://{HOST}"
    limits: ClassVar[Limits] = {HOST: ((5, 10.0),)}
    credential: str | None = None

    def __init__(self, client: HttpClient, *, url: str = f"https://{HOST}") -> None:
        self._client, self._url = client, url.rstrip("/")

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer with the notices whose text names the customer's company number."""
        number, confidence = number_of_customer(customer), confidence_of(customer, "company_number")
        notices: dict[str, Notice] = {}
        replies: list[Reply] = []
        problem = ""
        try:
            for text in _written(number):
                notices |= {notice["url"]: notice for notice in self._search(text, replies)}
            own, unjudged = self._confirmed(notices.values(), number)
            if unjudged:
                problem = f"{unjudged} notices that the search found do not tell which company they are about"
        except SourceError as error:
            own, problem = [], str(error)
        events = one_per_key(first_of_each({**event, "company_number": number} for event in own))
        url = replies[0].url if replies else ""
        day = min((reply.retrieved_at for reply in replies), default=None)
        if problem:
            return (Answer("not_measured", problem, "", number, url, day, confidence, events=events),)
        if not events:
            reason = "no notice on insolvency names this company number"
            return (Answer("none", reason, "", number, url, day, confidence),)
        return (Answer("hit", "", "", number, url, day, confidence, events=events),)

    def _search(self, text: str, replies: list[Reply]) -> Iterator[Notice]:
        """Yield the notices on corporate insolvency that a search for ``text`` finds, page by page."""
        for page in range(1, MOST_PAGES + 1):
            parameters = {
                "text": text,
                "results-page": str(page),
                "results-page-size": str(PAGE_SIZE),
                "sort-by": "latest-date",
            }
            reply = self._client.ask(f"{self._url}/insolvency/notice/data.json", params=parameters, accept=None)
            replies.append(reply)
            entries, more = _entries(reply)
            yield from (_notice(entry) for entry in entries if CORPORATE.fullmatch(_code(entry)))
            if not more:
                return
        raise SourceError(f"{self._url}: the search for {text} finds more than {MOST_PAGES * PAGE_SIZE} notices.")

    def _confirmed(self, notices: Iterable[Notice], number: str) -> tuple[list[dict[str, Any]], int]:
        """Return the events of the notices about ``number``, and how many notices could not be judged."""
        own, opened, unjudged = [], 0, 0
        for notice in notices:
            about = _is_about(notice["content"], number, code=notice["code"])
            if about is None and not numbers_in(notice["content"]):
                opened += 1
                text = self._read(notice["id"]) if opened <= MOST_NOTICES_READ else ""
                about = _is_about(text, number, code=notice["code"], ordered=False) if text else None
                if text and about is None and not _mentions(text, number):
                    about = False
            if about:
                own.append(notice["event"])
            unjudged += about is None
        return own, unjudged

    def _read(self, notice_id: str) -> str:
        """Return the text of a whole notice; nothing where it is unreadable."""
        address = f"{self._url}/notice/{notice_id}/data.json"
        try:
            return " ".join(_texts(self._client.ask(address, accept=None, keep_for=FOR_EVER).json()))
        except SourceError:
            return ""


def _is_about(text: str, number: str, *, code: str, ordered: bool = True) -> bool | None:
    """Tell whether a notice is about a company; None where its text does not tell.

    The company that a notice is about is the first that it gives the number of. One that comes later is, in a
    petition, the creditor; elsewhere it may be a second company or the firm of an office-holder. Where the text has
    no order (the fields of linked data) only a single number tells.
    """
    named = numbers_in(text)
    if not named:
        return None
    if number not in named:
        return False
    if not ordered:
        return True if len(named) == 1 else None
    if named[0] == number:
        return True
    return False if code in PETITIONS else None


def _mentions(text: str, number: str) -> bool:
    return any(re.search(rf"(?<!\w){written}(?!\w)", text) for written in _written(number))


def numbers_in(text: str) -> list[str]:
    """Return the company numbers that a notice gives as such, in their order.

    Other numbers in it (dates, cases of a court, telephones) do not count.
    """
    plain = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", text)))
    found = []
    for written in STATED.findall(plain):
        try:
            found.append(company_number_of(written))
        except ParameterError:
            continue
    return list(dict.fromkeys(found))


def _written(number: str) -> list[str]:
    """The number as notices write it: whole, and without its leading zeros."""
    return list(dict.fromkeys((number, number.lstrip("0"))))


def _entries(reply: Reply) -> tuple[list[Mapping[str, Any]], bool]:
    """The results of one page, and whether there is a further one."""
    content = reply.json()
    if not isinstance(content, dict) or "f:total" not in content:
        raise SourceError(f"{reply.url}: the answer has another shape.")
    entries, links = (_many(content.get(key)) for key in ("entry", "link"))
    try:
        total = int(content["f:total"])
    except (TypeError, ValueError):
        raise SourceError(f"{reply.url}: it does not say how many notices there are.") from None
    if total and not entries:
        raise SourceError(f"{reply.url}: {total} notices are announced and none is shown.")
    return entries, bool(entries) and any(link.get("@rel") == "next" for link in links)


def _many(value: Any) -> list[Mapping[str, Any]]:
    """One result comes as an object, several as a list of objects."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(one, dict) for one in several):
        raise SourceError("a list of notices has another shape.")
    return several


def _code(entry: Mapping[str, Any]) -> str:
    code = entry.get("f:notice-code")
    if not isinstance(code, str | int):
        raise SourceError("a notice has no code.")
    return str(code)


def _notice(entry: Mapping[str, Any]) -> Notice:
    code, published = _code(entry), str(entry.get("published") or "")
    known_at = _day(published)
    address = text_of(entry.get("id"))
    notice_id = address.rpartition("/")[2]
    if not re.fullmatch(r"[\w.-]+", notice_id):
        raise SourceError(f"a notice has no number: {address!r}.")
    kind, words = CODES.get(code, (PROGRESS, _term(entry)))
    url = f"https://{HOST}/notice/{notice_id}"
    return {
        "id": notice_id,
        "code": code,
        "url": url,
        "content": str(entry.get("content") or ""),
        "event": {
            "kind": kind,
            "happened_on": known_at,
            "known_at": known_at,
            "url": url,
            "text": f"{words} (notice code {code})",
        },
    }


def _day(published: str) -> date:
    return iso_date(published[:10], "the day of publication")


def _term(entry: Mapping[str, Any]) -> str:
    terms = [text_of(category.get("@term")) for category in _many(entry.get("category"))]
    return ", ".join(term for term in terms if term) or "notice on insolvency"


def _texts(value: Any) -> Iterator[str]:
    """Every text in an answer, with the name of its field: linked data keeps the number in a field of its own."""
    if isinstance(value, dict):
        for key, inner in value.items():
            for text in _texts(inner):
                field = re.sub(r"(?<=[a-z])(?=[A-Z])|[-_:]", " ", str(key))
                yield f"{field} {text}" if isinstance(inner, str | int) else text
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)
