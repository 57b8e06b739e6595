"""OpenSanctions: whether a customer resembles a sanctioned company, by the matching API (hosted, or your own yente).

The question belongs to compliance: a hit is a candidate with a score, to be looked at by a person, and no sign of
distress. Whoever was taken off the lists is found no more, so an answer speaks of the day it was given. The data are CC
BY-NC 4.0: commercial use needs a licence from OpenSanctions. Read from documentation; not tried against the live
service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from urllib.parse import quote

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.base import Answer
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.pace import Limits

__all__ = ["OpenSanctions"]

BATCH = 50
"""Queries in one request; the service takes a hundred."""
KINDS = {"sanction": "sanctioned", "sanction.linked": "sanction_linked"}
"""Topics of an entity and the kinds they become; other topics (politically exposed, debarred, ...) are not read."""
COMPANIES = ("Company", "LegalEntity", "Organization", "PublicBody")
REFUSED = "refused (status {}): a key is needed, or the address of your own yente"


class OpenSanctions:
    """The source: asks by name, country and ids; the answer's ``entity`` is the most similar listed company.

    Parameters
    ----------
    threshold
        Score from which a candidate is a hit; the service's own default is 0.7.
    """

    name = "opensanctions"
    licence = "CC BY-NC 4.0 (commercial use needs a licence of OpenSanctions)"
    keeps_history = True
    reads = ("name", "country", "lei", "company_number", "vat_id")
    about = "Sanctions lists of many countries: which customers resemble a listed company."
    site = "https://www.opensanctions.org"
    limits: ClassVar[Limits] = {"api.opensanctions.org": ((60, 60.0),)}
    credential: str | None = "OPENSANCTIONS_KEY"
    secret_as = ("header", "api.opensanctions.org", "Authorization", "ApiKey {secret}")

    def __init__(
        self, client: HttpClient, *, url: str = "https://api.opensanctions.org", threshold: float = 0.7
    ) -> None:
        if not 0 < threshold <= 1:
            raise ParameterError("threshold", "above 0 and at most 1", threshold)
        self._client, self._url, self._threshold = client, url.rstrip("/"), threshold

    def ask(self, customer: Mapping[str, Any]) -> tuple[Answer, ...]:
        """Answer about one customer."""
        return self.ask_many([customer])[0]

    def ask_many(self, customers: Sequence[Mapping[str, Any]]) -> list[tuple[Answer, ...]]:
        """Answer about many customers with few requests, in their order."""
        queries = {str(place): query for place, one in enumerate(customers) if (query := _query(one)) is not None}
        answers = {}
        names = list(queries)
        for first in range(0, len(names), BATCH):
            batch = {name: queries[name] for name in names[first : first + BATCH]}
            try:
                reply = self._match(batch)
                content = reply.json()
            except SourceError as error:
                answers.update(dict.fromkeys(batch, Answer("not_measured", str(error))))
                continue
            for name in batch:
                try:
                    answers[name] = self._answer(content["responses"][name], reply)
                except SourceError as error:
                    answers[name] = Answer("not_measured", str(error), url=reply.url)
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    reason = f"the answer has another shape ({type(error).__name__}: {error})"
                    answers[name] = Answer("not_measured", reason, url=reply.url)
        unnamed = Answer("not_measured", "no name given")
        return [(answers.get(str(place), unnamed),) for place in range(len(customers))]

    def _match(self, queries: Mapping[str, Any]) -> Reply:
        reply = self._client.ask(
            f"{self._url}/match/sanctions",
            params={"algorithm": "logic-v2", "threshold": str(self._threshold)},
            body={"queries": queries},
        )
        if reply.kind != "html" and reply.status in (401, 403):
            raise SourceError(f"{reply.url}: {REFUSED.format(reply.status)}.")
        return reply

    def _answer(self, response: Mapping[str, Any], reply: Reply) -> Answer:
        if response["status"] != 200:
            raise SourceError(f"{reply.url}: the query was answered with status {response['status']}.")
        companies = [one for one in response["results"] if one["schema"] in COMPANIES]
        scored = sorted(((_score(one), one) for one in companies), key=lambda pair: (-pair[0], pair[1]["id"]))
        events: list[dict[str, Any]] = []
        hits = [(score, one) for score, one in scored if score >= self._threshold]
        for score, one in hits:
            for topic, kind in KINDS.items():
                if topic in one["properties"].get("topics", []):
                    events += self._listings(one, kind, score, reply.retrieved_at)
        if not events:
            nearest = f"; the nearest scores {scored[0][0]:.2f}" if scored else ""
            reason = f"no sanctioned company scores {self._threshold} or more{nearest}"
            today = reply.retrieved_at
            return Answer("none", reason, url=reply.url, retrieved_at=today, covers_from=today)
        best = max(events, key=lambda event: event["match_confidence"])
        shown = ("", "", best["entity"], reply.url, reply.retrieved_at, best["match_confidence"])
        return Answer("hit", *shown, events=_one_each(events), covers_from=reply.retrieved_at)

    def _listings(self, found: Mapping[str, Any], kind: str, score: float, today: date) -> Iterator[dict[str, Any]]:
        """Yield one event a listing, known from the day on which that listing was first seen.

        An entity may have been known for other reasons years before it was listed, so its own ``first_seen`` would
        look ahead; where the listing has no day, the last change of the entity counts.
        """
        entity = str(found["id"])
        base = {
            "kind": kind,
            "url": f"https://www.opensanctions.org/entities/{quote(entity)}/",
            "entity": entity,
            "match_confidence": score,
        }
        listings = self._sanctions(entity) if kind == "sanctioned" else []
        dated = [(known, one) for one in listings if (known := _day(one.get("first_seen"))) is not None]
        for known_at, listing in dated:
            stated = listing["properties"]
            began = [day for text in stated.get("startDate", []) if (day := _day(text)) is not None]
            authority = ", ".join([*stated.get("authority", [])[:1], *stated.get("program", [])[:1]])
            yield {
                **base,
                "happened_on": min([*began, known_at]),
                "known_at": known_at,
                "text": f"{found['caption']}: {authority or 'sanctioned'}",
            }
        if not dated:
            known_at = _day(found.get("last_change")) or today
            text = f"{found['caption']}: {kind.replace('_', ' ')}; {', '.join(sorted(found['datasets'])[:3])}"
            yield {**base, "happened_on": known_at, "known_at": known_at, "text": text}

    def _sanctions(self, entity: str) -> list[Mapping[str, Any]]:
        try:
            reply = self._client.ask(f"{self._url}/entities/{quote(entity, safe='')}", params={"nested": "true"})
            properties = reply.json()["properties"]
            values = [value for several in properties.values() for value in several if isinstance(value, Mapping)]
            return [value for value in values if value.get("schema") == "Sanction" and "properties" in value]
        except (SourceError, KeyError, TypeError, AttributeError):
            return []


def _query(customer: Mapping[str, Any]) -> dict[str, Any] | None:
    given = {
        "name": customer.get("name"),
        "jurisdiction": customer.get("country"),
        "leiCode": customer.get("lei"),
        "registrationNumber": customer.get("company_number"),
        "vatCode": customer.get("vat_id"),
    }
    stated = {name: [str(value).strip()] for name, value in given.items() if value and str(value).strip()}
    if "name" not in stated:
        return None
    if "jurisdiction" in stated:
        stated["jurisdiction"] = [stated["jurisdiction"][0].lower()]
    return {"schema": "Company", "properties": stated}


def _score(result: Mapping[str, Any]) -> float:
    score = float(result["score"])
    if not 0 <= score <= 1:
        raise ValueError(f"a score of {score}")
    return score


def _day(text: Any) -> date | None:
    if not isinstance(text, str) or not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _one_each(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for event in events:
        key = (event["kind"], event["happened_on"], event["known_at"], event["url"])
        if key in found:
            found[key] = {**found[key], "text": f"{found[key]['text']}; {event['text']}"}
        else:
            found[key] = event
    return list(found.values())
