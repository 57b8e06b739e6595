"""Bodies in the format of GDELT's DOC 2.0 interface (from documentation: no recorded body is public), all invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from sources.local_server import LocalServer, Said

PATH = "/doc/doc"
THROTTLE = b"Please limit requests to one every 5 seconds or contact the project for larger queries.\n"
TOO_SHORT = b"The specified phrase is too short.\n"
CUSTOMER = {"customer_id": "C1", "name": "Kranzmeier Werkzeuge GmbH", "city": "Bremen", "country": "DE"}
NOW = datetime.now(UTC)


def article(title: str, days_ago: int = 3, **changes: Any) -> dict[str, Any]:
    """One row of an article list."""
    seen = (NOW - timedelta(days=days_ago)).strftime("%Y%m%dT210000Z")
    address = f"https://paper.example/{crc32(title.encode())}"
    stated = {"url": address, "url_mobile": "", "title": title, "seendate": seen, "socialimage": ""}
    return {**stated, "domain": "paper.example", "language": "German", "sourcecountry": "Germany", **changes}


def articles(*rows: dict[str, Any]) -> Said:
    """An article list."""
    return Said(json.dumps({"articles": rows}).encode(), 200, "application/json; charset=utf-8")


def tone(values: dict[datetime, float]) -> Said:
    """A timeline of tone by day."""
    data = [{"date": day.strftime("%Y%m%dT000000Z"), "value": value} for day, value in values.items()]
    return Said(json.dumps({"timeline": [{"series": "Average Tone", "data": data}]}).encode())


def daily(days: int = 30, value: float = -1.5) -> dict[datetime, float]:
    """The same tone on each of the last days."""
    return {NOW - timedelta(days=ago): value for ago in range(days, -1, -1)}


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the press write about one customer; return the source's keyword arguments and the customer."""
    server.say(
        PATH, articles(article("Kranzmeier Werkzeuge meldet Insolvenz an"), article("Messe beginnt")), tone(daily())
    )
    return {"url": server.url}, dict(CUSTOMER)
