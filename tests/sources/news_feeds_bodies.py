"""Feeds in RSS 2.0 and Atom with invented items."""

from __future__ import annotations

from typing import Any

from sources.local_server import LocalServer, Said

from credrisk.sources.news_feeds import Feed

CUSTOMER = {"customer_id": "C1", "name": "Kranzmeier Werkzeuge GmbH", "city": "Bremen", "country": "DE"}


def item(title: str, published: str = "Tue, 02 Jan 2024 09:00:00 +0100", link: str = "https://paper.example/1") -> str:
    """An item of RSS."""
    dated = f"<pubDate>{published}</pubDate>" if published else ""
    about = "<description>Kranzmeier Werkzeuge GmbH.</description>"
    return f"<item><title>{title}</title>{about}<link>{link}</link>{dated}</item>"


def rss(*items: str) -> bytes:
    """A feed in RSS 2.0."""
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Paper</title>'
    return f"{head}{''.join(items)}</channel></rss>".encode()


def atom(*entries: str) -> bytes:
    """A feed in Atom."""
    head = '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Paper</title>'
    return f"{head}{''.join(entries)}</feed>".encode()


def entry(published: str, updated: str, link: str = '<link rel="alternate" href="https://paper.example/2"/>') -> str:
    """An entry of Atom."""
    dated = f"<published>{published}</published>" * bool(published) + f"<updated>{updated}</updated>"
    return f"<entry><title>Kranzmeier Werkzeuge GmbH baut aus</title>{link}{dated}</entry>"


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let a feed name one customer; return the source's keyword arguments and the customer."""
    address = server.say("/feed.xml", Said(rss(item("Kranzmeier Werkzeuge insolvent")), 200, "application/rss+xml"))
    return {"feeds": (Feed("paper", address),)}, dict(CUSTOMER)
