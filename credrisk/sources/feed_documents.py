"""What a feed says, in RSS 2.0 or Atom, and from which day anyone could have read it.

A publisher states when an item came out, sometimes without a time zone, in the future, or not at all. The day taken is
never before the moment could have been: the later of published and updated, in UTC; a day later where the zone is
unknown; and the day of retrieval where nothing readable is said. It is never after the retrieval, which saw the item.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from credrisk.errors import SourceError
from credrisk.sources.http import Reply
from credrisk.sources.news_names import words_of

__all__ = ["FeedItem", "read_feed"]

ATOM = "{http://www.w3.org/2005/Atom}"
DUBLIN_CORE_DATE = "{http://purl.org/dc/elements/1.1/}date"


@dataclass(frozen=True)
class FeedItem:
    """One item: ``words`` are those of headline and summary, folded; ``known_at`` as this module says."""

    title: str
    url: str
    domain: str
    known_at: date
    words: str


def read_feed(reply: Reply) -> list[FeedItem]:
    """Return the items of a feed, in its order.

    Raises
    ------
    SourceError
        When the answer is no feed: a web page, broken or unsafe XML, another vocabulary.
    """
    if reply.kind == "html" or reply.status != 200:
        raise SourceError(f"{reply.url}: answered {reply.kind} with status {reply.status} instead of a feed.")
    try:
        root = fromstring(reply.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise SourceError(f"{reply.url}: the feed is not readable XML ({type(error).__name__}).") from None
    if root.tag == "rss" and (channel := root.find("channel")) is not None:
        return [_item(reply, *said) for said in _rss(channel)]
    if root.tag == f"{ATOM}feed":
        return [_item(reply, *said) for said in _atom(root)]
    raise SourceError(f"{reply.url}: neither RSS 2.0 nor Atom, but {root.tag[:60]}.")


def _rss(channel: Any) -> Iterator[tuple[str, str, str, list[str]]]:
    for item in channel.iterfind("item"):
        guid = item.find("guid")
        permanent = "" if guid is None or guid.get("isPermaLink") == "false" else guid.text or ""
        stated = [item.findtext("pubDate") or item.findtext(DUBLIN_CORE_DATE) or ""]
        yield (
            item.findtext("title") or "",
            item.findtext("description") or "",
            item.findtext("link") or permanent,
            stated,
        )


def _atom(feed: Any) -> Iterator[tuple[str, str, str, list[str]]]:
    for entry in feed.iterfind(f"{ATOM}entry"):
        title, summary = ("".join(part.itertext()) for part in (_part(entry, "title"), _part(entry, "summary")))
        links = [
            link.get("href") or "" for link in entry.iterfind(f"{ATOM}link") if link.get("rel") in (None, "alternate")
        ]
        stated = [entry.findtext(f"{ATOM}{name}") or "" for name in ("published", "updated")]
        yield title, summary, next(iter(links), ""), [text for text in stated if text]


def _part(entry: Any, name: str) -> Any:
    found = entry.find(f"{ATOM}{name}")
    return found if found is not None else fromstring("<nothing/>")


def _item(reply: Reply, title: str, summary: str, link: str, stated: list[str]) -> FeedItem:
    address = link.strip() if urlsplit(link.strip()).scheme in ("http", "https") else reply.url
    title = _plain(title)
    words = " ".join(words_of(f"{title} {_plain(summary)}"))
    return FeedItem(title, address, urlsplit(address).hostname or "", _known_at(stated, reply.retrieved_at), words)


def _plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html.unescape(text)).split())


def _known_at(stated: list[str], retrieved_at: date) -> date:
    days = [_day(text.strip()) for text in stated if text.strip()]
    if not days or None in days:
        return retrieved_at
    return min(max(day for day in days if day), retrieved_at)


def _day(text: str) -> date | None:
    """Return the UTC day of a moment as RSS or Atom writes it; None when it is not readable."""
    try:
        moment = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
        if moment.tzinfo is None:
            return moment.date() + timedelta(days=1)
        return moment.astimezone(UTC).date()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
