"""News feeds of your choice (RSS 2.0, Atom): items that name a customer, from the day anyone could have read them.

You name the feeds in a small TOML file: the official gazette, the local paper, the trade press. A feed is asked for
once and read for all customers. It holds the latest items only, so that nothing is said about what came before them.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.base import Answer
from credrisk.sources.feed_documents import FeedItem, read_feed
from credrisk.sources.http import HttpClient
from credrisk.sources.news_names import NewsName, news_name
from credrisk.sources.news_words import kind_of_headline

__all__ = ["FEEDS", "Feed", "NewsFeeds", "read_feeds"]

FEEDS = "CREDRISK_NEWS_FEEDS"
"""Environment variable with the TOML file that names the feeds."""
KEPT = timedelta(hours=1)
ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"


@dataclass(frozen=True)
class Feed:
    """A feed: ``name`` is the part of the answers that it gives."""

    name: str
    url: str


def read_feeds(path: str | PathLike[str]) -> tuple[Feed, ...]:
    """Read the file that names the feeds: ``[[feeds]]`` with ``name`` and ``url``.

    Raises
    ------
    ParameterError
        When it is no such file, a name comes twice, or an address is not https.
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError("feeds", f"a TOML file that can be read ({error})", str(path)) from None
    rows = content.get("feeds")
    if set(content) != {"feeds"} or not isinstance(rows, list) or not rows:
        raise ParameterError("feeds", "a file of [[feeds]], each with name and url", sorted(content))
    feeds = []
    for row in rows:
        if (
            not isinstance(row, dict)
            or set(row) != {"name", "url"}
            or not all(isinstance(v, str) for v in row.values())
        ):
            raise ParameterError("feeds", "[[feeds]], each with name and url", row)
        _reachable(row["url"])
        feeds.append(Feed(row["name"], row["url"]))
    if len({feed.name for feed in feeds}) < len(feeds):
        raise ParameterError("feeds", "named apart", [feed.name for feed in feeds])
    return tuple(feeds)


def _reachable(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise ParameterError("feeds", "at https addresses", url)


class NewsFeeds:
    """The source: reads ``name``, ``city`` and ``country``; a name that could be anybody's is not searched for.

    Parameters
    ----------
    feeds
        Default: those of the file that the environment variable ``CREDRISK_NEWS_FEEDS`` names.
    """

    name = "news_feeds"
    licence = "as each publisher allows: headline and link only are kept"
    keeps_history = True
    reads = ("name", "city", "country")
    about = "Headlines that name the customer in news feeds of your choice (RSS, Atom)."
    site = "https://www.rssboard.org/rss-specification"
    limits: ClassVar[Mapping[str, Sequence[tuple[int, float]]]] = {}
    credential: str | None = None

    def __init__(self, client: HttpClient, *, feeds: Sequence[Feed] | None = None) -> None:
        self._client, self._given = client, feeds
        self._read: dict[str, _Held] = {}

    def ask(self, customer: Mapping[str, Any]) -> tuple[Answer, ...]:
        """Answer in one part a feed."""
        feeds = self._feeds()
        try:
            asked = news_name(customer)
        except SourceError as error:
            return tuple(Answer("not_measured", str(error), feed.name) for feed in feeds)
        return tuple(self._answer(feed, asked) for feed in feeds)

    def _feeds(self) -> Sequence[Feed]:
        if self._given is None:
            path = os.environ.get(FEEDS, "")
            if not path:
                raise SourceError(f"no feeds are named: give them, or a file of them as {FEEDS}")
            self._given = read_feeds(path)
        return self._given

    def _answer(self, feed: Feed, asked: NewsName) -> Answer:
        held = self._held(feed)
        entity = asked.phrase + (f", {asked.beside}" if asked.beside else "")
        if held.problem:
            return Answer("not_measured", held.problem, feed.name, entity, feed.url)
        events, others = _events(held.items, asked)
        since = min((item.known_at for item in held.items), default=held.retrieved_at)
        said = [f"{others} left out as of another subject"] * bool(others)
        if not events:
            from_when = f" since {since}" if held.items else ""
            said = [f"none of {len(held.items)} items{from_when} names it", *said]
        status: Literal["hit", "none"] = "hit" if events else "none"
        seen = (feed.name, entity, feed.url, held.retrieved_at)
        return Answer(status, "; ".join(said), *seen, events=events, covers_from=since)

    def _held(self, feed: Feed) -> _Held:
        """Return the items of a feed, asked for once; a feed that failed is not tried again for every customer."""
        if feed.url not in self._read:
            try:
                reply = self._client.ask(feed.url, accept=ACCEPT, keep_for=KEPT)
                self._read[feed.url] = _Held(read_feed(reply), reply.retrieved_at)
            except SourceError as error:
                self._read[feed.url] = _Held((), None, str(error))
        return self._read[feed.url]


@dataclass(frozen=True)
class _Held:
    items: Sequence[FeedItem]
    retrieved_at: date | None
    problem: str = ""


def _events(items: Sequence[FeedItem], asked: NewsName) -> tuple[list[dict[str, Any]], int]:
    """Return one event for each address that names the customer, and how many are of another subject."""
    events: dict[str, dict[str, Any]] = {}
    others = 0
    for item in sorted(items, key=lambda one: (one.known_at, one.url, one.title)):
        if not asked.named_in(item.words):
            continue
        kind = kind_of_headline(item.title, asked)
        if kind == "other_subject":
            others += 1
        elif item.url not in events:
            events[item.url] = {
                "kind": kind,
                "happened_on": item.known_at,
                "known_at": item.known_at,
                "url": item.url,
                "text": f"{item.title} ({item.domain})",
            }
    return list(events.values()), others
