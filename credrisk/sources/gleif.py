"""GLEIF: who a company legally is, who its parents are, what changed and when; free, without a key, for any use.

Only companies with a legal entity identifier are covered: those that trade in securities or derivatives, and few
others. GLEIF keeps a dated log of every change, so that the past can be read as it stood.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from credrisk.errors import SourceError
from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.gleif_changes import Modification, Parent, read_exception, read_modifications, read_parent
from credrisk.sources.gleif_events import change_events, entity_events, record_url, status_events
from credrisk.sources.gleif_parents import exception_event, parent_event
from credrisk.sources.gleif_records import LeiRecord, read_record
from credrisk.sources.gleif_values import lei_of
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.pace import Limits
from credrisk.sources.registered_name import registered_as

__all__ = ["Gleif"]

ACCEPT = "application/vnd.api+json, application/json;q=0.9"
API = "https://api.gleif.org/api/v1"
PARTS = ("record", "changes", "parents")
PAGE = 200
"""Lines of the log on one page: the most that GLEIF gives."""
MOST_PAGES = 50
OTHERS_AGE = timedelta(days=7)
"""Parents change rarely, and their records are shared by sister companies."""


class Gleif:
    """The source: reads ``lei`` and answers in three parts, ``record``, ``changes`` and ``parents``."""

    name = "gleif"
    licence = "CC0 1.0"
    keeps_history = True
    reads = ("lei",)
    about = "Legal entity identifiers: who a company is, its parents, what changed and when."
    site = "https://www.gleif.org"
    limits: ClassVar[Limits] = {"api.gleif.org": ((50, 60.0),)}
    credential: str | None = None

    def __init__(self, client: HttpClient, *, url: str = API) -> None:
        self._client, self._url = client, url.rstrip("/")

    def ask(self, customer: Mapping[str, Any]) -> tuple[Answer, ...]:
        """Answer about one customer; where the log cannot be read, its absence is said and nothing is dated from it."""
        given = customer.get("lei")
        if given is None or not str(given).strip():
            return tuple(Answer("not_measured", "no LEI given", part) for part in PARTS)
        lei = lei_of(given)
        if lei is None:
            return tuple(
                Answer("not_measured", f"the check digits of the LEI {given} are wrong", part) for part in PARTS
            )
        confidence = confidence_of(customer, "lei")
        try:
            reply = self._ask(f"/lei-records/{lei}")
            if _absent(reply):
                none = "GLEIF has no record with this LEI"
                shown = (reply.url, reply.retrieved_at, confidence)
                return tuple(Answer("none", none, part, lei, *shown) for part in PARTS)
            record = read_record(reply.json(), lei=lei)
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), part, lei, match_confidence=confidence) for part in PARTS)
        log, oldest, failed = self._log(lei)
        today = min(reply.retrieved_at, oldest or reply.retrieved_at)
        happened = entity_events(record, log, retrieved_at=today)
        named = registered_as(record.legal_name)
        own = Answer("hit", named, "record", lei, reply.url, today, confidence, events=happened)
        if failed:
            changes = Answer("not_measured", failed, "changes", lei, match_confidence=confidence)
        else:
            dated = change_events(lei, log, known=happened)
            since = status_events(record, log, retrieved_at=today)
            address = f"{self._url}/lei-records/{lei}/field-modifications"
            changes = Answer("hit", "", "changes", lei, address, today, confidence, events=[*dated, *since])
        return own, changes, self._parents(record, log, confidence, today)

    def _log(self, lei: str) -> tuple[list[Modification], date | None, str]:
        """Return the whole log, the day of its oldest page, and why it could not be read."""
        lines: list[Modification] = []
        oldest = None
        try:
            page, pages, total = 1, 1, 0
            while page <= pages:
                query = {"page[number]": str(page), "page[size]": str(PAGE)}
                reply = self._ask(f"/lei-records/{lei}/field-modifications", query)
                some, total, pages = read_modifications(reply.json(), lei=lei)
                if pages > MOST_PAGES:
                    raise SourceError(f"the log of changes has {pages} pages, more than {MOST_PAGES}.")
                oldest = min(reply.retrieved_at, oldest or reply.retrieved_at)
                lines += some
                page += 1
            if len(lines) != total:
                raise SourceError(f"the log of changes has {len(lines)} lines where {total} are announced.")
        except SourceError as error:
            return [], None, str(error)
        return lines, oldest, ""

    def _parents(self, record: LeiRecord, log: list[Modification], confidence: float, read_on: date) -> Answer:
        lei, events, reasons, seen = record.lei, [], [], []
        for kind in ("direct", "ultimate"):
            stated = record.parents.get(kind)
            try:
                if stated == "reported":
                    reply = self._ask(f"/lei-records/{lei}/{kind}-parent-relationship", keep_for=OTHERS_AGE)
                    parent = read_parent(reply.json(), lei=lei)
                    if parent.active:
                        name = self._name(parent)
                        events.append(parent_event(record, parent, name, log, retrieved_at=reply.retrieved_at))
                elif stated == "exception":
                    reply = self._ask(f"/lei-records/{lei}/{kind}-parent-reporting-exception", keep_for=OTHERS_AGE)
                    why = read_exception(reply.json(), lei=lei)
                    events.append(exception_event(lei, kind, *why, log, retrieved_at=reply.retrieved_at))
                else:
                    continue
                seen.append(reply.retrieved_at)
            except SourceError as error:
                reasons.append(f"{kind} parent: {error}")
        shown = (record_url(lei), min(seen, default=read_on), confidence)
        if reasons:
            return Answer("not_measured", "; ".join(reasons), "parents", lei, *shown, events=events)
        if not record.parents:
            return Answer("none", "neither a parent nor a reason for none is stated", "parents", lei, *shown)
        return Answer("hit", "", "parents", lei, *shown, events=events)

    def _name(self, parent: Parent) -> str:
        reply = self._ask(f"/lei-records/{parent.lei}", keep_for=OTHERS_AGE)
        return read_record(reply.json(), lei=parent.lei).legal_name

    def _ask(
        self, path: str, params: Mapping[str, str] | None = None, *, keep_for: timedelta = timedelta(days=1)
    ) -> Reply:
        return self._client.ask(self._url + path, params=params, accept=ACCEPT, keep_for=keep_for)


def _absent(reply: Reply) -> bool:
    """Tell whether GLEIF itself says that it has no such record: JSON with its list of errors, never a web page."""
    return reply.status == 404 and reply.kind == "json" and b'"errors"' in reply.body
