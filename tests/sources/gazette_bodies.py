"""Answers in the format of The Gazette about invented companies; the format is from documentation."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

NUMBER = "09000001"
SEARCH = "/insolvency/notice/data.json"


def notice(
    notice_id: int, code: str, published: str, text: str = f"(Company Number {NUMBER} )", term: str = "A notice"
) -> dict[str, Any]:
    return {
        "id": f"https://www.thegazette.co.uk/id/notice/{notice_id}",
        "f:status": "published",
        "f:notice-code": code,
        "title": "INVENTED CERAMICS LIMITED",
        "published": f"{published}T07:43:53",
        "category": {"@term": term},
        "content": f'<div><p><em class="highlight">INVENTED</em> CERAMICS LIMITED {text}</p></div>',
    }


LIFE = [
    notice(5, "2443", "2022-03-10", term="Appointment of Liquidators"),
    notice(4, "2441", "2022-03-10", term="Resolutions for Winding-up"),
    notice(3, "2461", "2021-12-01", term="Dismissal of Winding Up Petition"),
    notice(2, "2450", "2021-10-04", f'Registered number: <em class="highlight">{NUMBER}</em>'),
    notice(9, "2450", "2020-05-05", "(Company Number 08888888) presented by ANOTHER LIMITED"),
]


def found(entries: Any, total: int | None = None, following: bool = False) -> Said:
    links = [{"@rel": "self", "@href": "x"}] + [{"@rel": "next", "@href": "y"}] * following
    count = total if total is not None else len(entries) if isinstance(entries, list) else 1
    return Said(json.dumps({"f:total": str(count), "link": links, "entry": entries}).encode())


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The journal answers the search; the customer has notices."""
    server.say(SEARCH, found(LIFE))
    return {"url": server.url}, {"customer_id": "C1", "company_number": NUMBER}
