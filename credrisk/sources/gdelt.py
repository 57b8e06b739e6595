"""GDELT: what the world's press wrote about a customer in the last three months, free and without a key.

The DOC 2.0 interface searches the full text of articles, their translations too, and answers with headlines. It
takes one request in five seconds, and refuses with a plain sentence, by any status. Each article is known from the
moment GDELT saw it. What is older than three months is not searched, so nothing found says nothing about it.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

from credrisk.errors import SourceError
from credrisk.sources.base import Answer
from credrisk.sources.http import HttpClient
from credrisk.sources.http_reply import Reply, no_number
from credrisk.sources.news_names import NewsName, news_name, words_of
from credrisk.sources.news_words import kind_of_headline

__all__ = ["Gdelt", "mended_json"]

PARTS = ("articles", "tone")
SHORTEST_PHRASE = 5
"""Characters below which GDELT answers that the phrase is too short."""
MOST_ARTICLES = 250
WINDOW = "3months"
REACHES_BACK = timedelta(days=88)
"""Whole days that the window holds at least: from 1 December to 28 February."""
BAD_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
WEEK = timedelta(days=7)


class Gdelt:
    """The source: reads ``name``, ``city`` and ``country``; a name that could be anybody's is not searched for."""

    name = "gdelt"
    licence = "GDELT: free for any use with a citation and link; articles belong to their publishers"
    keeps_history = True
    reads = ("name", "city", "country")
    about = "Headlines of the world's press of the last three months that name the customer, and their tone by week."
    site = "https://www.gdeltproject.org"
    limits: ClassVar[Mapping[str, Sequence[tuple[int, float]]]] = {"api.gdeltproject.org": ((1, 5.0),)}
    credential: str | None = None

    def __init__(self, client: HttpClient, *, url: str = "https://api.gdeltproject.org/api/v2") -> None:
        self._client, self._url = client, url.rstrip("/")

    def ask(self, customer: Mapping[str, Any]) -> tuple[Answer, ...]:
        """Answer in two parts: ``articles`` (events) and ``tone`` (facts; asked for only where there are articles)."""
        try:
            asked = news_name(customer, shortest=SHORTEST_PHRASE)
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), part) for part in PARTS)
        query = _query(asked)
        try:
            reply, content = self._content(
                query, {"mode": "artlist", "maxrecords": str(MOST_ARTICLES), "sort": "datedesc"}
            )
            articles = _articles(content, reply)
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), part, query) for part in PARTS)
        events, others = _events(articles, asked)
        said = [f"{others} left out as of another subject"] * bool(others)
        full = len(articles) >= MOST_ARTICLES
        said += [f"only the latest {MOST_ARTICLES} articles were given"] * full
        seen: dict[str, Any] = {"entity": query, "url": reply.url, "retrieved_at": reply.retrieved_at}
        since = min(one["seen"] for one in articles) if full else reply.retrieved_at - REACHES_BACK
        if not events:
            reason = "; ".join(["no article of the last three months", *said])
            return tuple(Answer("none", reason, part, covers_from=since, **seen) for part in PARTS)
        found_articles = Answer("hit", "; ".join(said), "articles", covers_from=since, events=events, **seen)
        return found_articles, self._tone(query)

    def _tone(self, query: str) -> Answer:
        try:
            reply, content = self._content(query, {"mode": "timelinetone"})
            facts = _weeks(_days(content, reply), reply.retrieved_at)
        except SourceError as error:
            return Answer("not_measured", str(error), "tone", query)
        reason = "" if facts else "no whole week with articles"
        seen = (query, reply.url, reply.retrieved_at)
        since = reply.retrieved_at - REACHES_BACK
        return Answer("hit" if facts else "none", reason, "tone", *seen, facts=facts, covers_from=since)

    def _content(self, query: str, how: Mapping[str, str]) -> tuple[Reply, Mapping[str, Any]]:
        params = {"query": query, "format": "json", "timespan": WINDOW, **how}
        reply = self._client.ask(f"{self._url}/doc/doc", params=params)
        content = mended_json(reply)
        if not isinstance(content, dict):
            raise SourceError(f"{reply.url}: the answer has another shape.")
        return reply, content


def _query(asked: NewsName) -> str:
    """Return the search: quotation marks hold the words of a phrase together; a place of one word needs none."""
    phrase, place = (" ".join(re.findall(r"[\w]+", text)) for text in (asked.phrase, asked.beside))
    return f'"{phrase}"' + (f' "{place}"' if " " in place else f" {place}" if place else "")


def mended_json(reply: Reply) -> Any:
    r"""Return the parsed body; backslashes that JSON does not know (``\'``) are taken as written, nothing else mended.

    Raises
    ------
    SourceError
        With GDELT's own sentence where it answers one instead of data.
    """
    if reply.kind != "json" or reply.status != 200:
        said = " ".join(re.sub(r"<[^>]*>", " ", reply.body[:2000].decode("utf-8", "replace")).split())[:200]
        raise SourceError(f"{reply.url}: answered no data (status {reply.status}): {said or 'nothing'}")
    try:
        text = reply.body.decode("utf-8-sig")
        mended = BAD_ESCAPE.sub(lambda found: found[0] if found[1] else r"\\", text)
        return json.loads(mended, strict=False, parse_constant=no_number)
    except (ValueError, RecursionError):
        raise SourceError(f"{reply.url}: the answer is not readable JSON.") from None


def _articles(content: Mapping[str, Any], reply: Reply) -> list[dict[str, Any]]:
    """Return title, address, domain and day of every article; an answer ``{}`` says that there is none."""
    try:
        return [
            {
                "title": " ".join(str(article["title"]).split()),
                "url": _address(article["url"]),
                "domain": str(article.get("domain") or urlsplit(article["url"]).hostname),
                "seen": _moment(article["seendate"]).date(),
            }
            for article in (content["articles"] if content else [])
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise SourceError(f"{reply.url}: the articles have another shape.") from None


def _address(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https"):
        raise ValueError(text)
    return text


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S%z")


def _events(articles: Sequence[Mapping[str, Any]], asked: NewsName) -> tuple[list[dict[str, Any]], int]:
    """Return one event a story, from the day it was first seen, and how many articles are of another subject.

    Papers print the same story of an agency: of one headline the first counts.
    """
    events: dict[str, dict[str, Any]] = {}
    others, addresses = 0, set()
    for article in sorted(articles, key=lambda one: (one["seen"], one["url"])):
        kind = kind_of_headline(article["title"], asked)
        if kind == "other_subject":
            others += 1
            continue
        story = " ".join(words_of(article["title"])) or article["url"]
        if story in events or article["url"] in addresses:
            continue
        addresses.add(article["url"])
        events[story] = {
            "kind": kind,
            "happened_on": article["seen"],
            "known_at": article["seen"],
            "url": article["url"],
            "text": f"{article['title']} ({article['domain']})",
        }
    return list(events.values()), others


def _days(content: Mapping[str, Any], reply: Reply) -> dict[date, float]:
    """Return the tone by day; a day of exactly 0 is one without an article."""
    try:
        series = content["timeline"]
        return {_moment(point["date"]).date(): float(point["value"]) for one in series for point in one["data"]}
    except (KeyError, TypeError, ValueError):
        if content == {}:
            return {}
        raise SourceError(f"{reply.url}: the tone has another shape.") from None


def _weeks(days: Mapping[date, float], retrieved_at: date) -> list[dict[str, Any]]:
    """Return the mean tone of each week from Monday to Sunday that lies wholly in the window and is over."""
    weeks: defaultdict[date, list[float]] = defaultdict(list)
    for day, tone in days.items():
        if tone:
            weeks[day - timedelta(days=day.weekday())].append(tone)
    first = min(days, default=retrieved_at)
    return [
        {
            "measure": "news_tone",
            "period_start": monday,
            "period_end": monday + WEEK - timedelta(days=1),
            "value": sum(tones) / len(tones),
            "known_at": monday + WEEK,
        }
        for monday, tones in sorted(weeks.items())
        if first <= monday and monday + WEEK <= retrieved_at
    ]
