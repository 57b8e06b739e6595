"""CourtListener: dockets of United States bankruptcy courts, as far as readers bought and shared them (RECAP).

That nothing is found means little: the archive holds only what somebody paid for. Half of all bankruptcies are those of
persons, so a customer is looked for only under a name with a legal form, and a docket counts only when its debtor bears
that very name. Where the address of the court differs it may still be a namesake: the confidence says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.base import Answer
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.matching.legal_forms import SHORT, without_ending

__all__ = ["CourtListener"]

CHAPTERS = {"7": "liquidation", "11": "reorganisation"}
SAME_NAME = 0.8
"""How surely a docket under the very same company name is the customer's: names are not unique over the states."""
COMPANIES = frozenset({"inc", "corp", "co", "llc", "lp", "llp", "ltd", "plc", "gmbh", "ag", "sa", "nv", "bv"})
"""Legal forms under which a name is looked for; short words that end persons' names too are left out."""
COMPANY_WORDS = ("pllc", "pc", "trust")
NOTHING = "no docket in the archive, which holds only what its readers bought: this says little"
KEPT = timedelta(days=7)


class CourtListener:
    """The source: reads ``name``; events ``bankruptcy`` (chapter 7 or 11), known from the day the docket was added."""

    name = "courtlistener"
    licence = "public domain dockets, from Free Law Project's RECAP archive"
    keeps_history = True
    reads = ("name",)
    about = "Dockets of United States bankruptcy courts that readers shared (chapters 7 and 11 of companies)."
    site = "https://www.courtlistener.com"
    limits = {"www.courtlistener.com": ((5, 60.0), (50, 3600.0), (125, 86_400.0))}  # noqa: RUF012
    credential: str | None = "COURTLISTENER_TOKEN"
    secret_as = ("header", "www.courtlistener.com", "Authorization", "Token {secret}")

    def __init__(self, client: HttpClient, *, url: str = "https://www.courtlistener.com/api/rest/v4") -> None:
        self._client, self._url = client, url.rstrip("/")

    def ask(self, customer: Mapping[str, Any]) -> Sequence[Answer]:
        """Answer for one customer, in the United States or of no stated country."""
        name, country = str(customer.get("name") or "").strip(), str(customer.get("country") or "US")
        if not name:
            return [Answer("not_measured", "no name given")]
        if country.upper() != "US":
            return [Answer("not_measured", f"only United States courts are read, the customer is in {country}")]
        if not _is_company(name):
            return [Answer("not_measured", "a name without a legal form could be a person's")]
        words = re.sub(r'["\\]', " ", name)
        reply = self._client.ask(
            f"{self._url}/search/", params={"type": "d", "q": f'caseName:"{words}"'}, keep_for=KEPT
        )
        dockets = _results(reply)
        about: dict[str, Any] = {"entity": name, "url": reply.url, "retrieved_at": reply.retrieved_at}
        events = [event for docket in dockets for event in self._event(docket, name, reply)]
        if reply.json().get("next") and not events:
            return [
                Answer("not_measured", "more dockets than one page, none of this very name among the first", **about)
            ]
        if not events:
            return [Answer("none", NOTHING, **about)]
        return [Answer("hit", events=events, match_confidence=SAME_NAME, **about)]

    def _event(self, docket: Mapping[str, Any], name: str, reply: Reply) -> list[dict[str, Any]]:
        try:
            chapter, court = str(docket.get("chapter") or "").strip(), str(docket["court_id"])
            debtor, number = str(docket["caseName"]), str(docket["docketNumber"])
            if not court.endswith("b") or chapter not in CHAPTERS or _plain(debtor) != _plain(name):
                return []
            filed = date.fromisoformat(str(docket["dateFiled"])[:10])
            added = date.fromisoformat(str(docket["meta"]["date_created"])[:10])
            path = str(docket["docket_absolute_url"])
        except (KeyError, TypeError, ValueError):
            raise SourceError(f"{reply.url}: a docket has another shape.") from None
        return [
            {
                "kind": "bankruptcy",
                "happened_on": filed,
                "known_at": max(filed, added),
                "url": f"https://www.courtlistener.com{path}",
                "text": f"chapter {chapter} ({CHAPTERS[chapter]}), docket {number} at the court {court}",
            }
        ]


def _results(reply: Reply) -> Sequence[Mapping[str, Any]]:
    content = reply.json()
    results = content.get("results") if isinstance(content, Mapping) else None
    if not isinstance(results, list) or not all(isinstance(one, Mapping) for one in results):
        raise SourceError(f"{reply.url}: the answer of the search has another shape.")
    return results


def _is_company(name: str) -> bool:
    words = _plain(name).split()
    return without_ending(words)[1] in COMPANIES or words[-1:] in [[word] for word in COMPANY_WORDS]


def _plain(name: str) -> str:
    """Return a name without "In re", case, punctuation and states in brackets; legal forms abbreviated, but kept."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("&", " and ")
    bare = re.sub(r"^in re:?\s+", "", re.sub(r"\(.*?\)", " ", folded))
    words = re.sub(r"[^\w\s]", "", bare).split()
    return " ".join(SHORT.get(word, word) for word in words)
