"""Bodies in the format of CourtListener's search about invented companies (shape from its documentation)."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said


def docket(name: str = "In re Invented Ceramics, Inc.", **changes: Any) -> dict[str, Any]:
    return {
        "caseName": name,
        "court_id": "deb",
        "chapter": "11",
        "dateFiled": "2020-03-29",
        "docketNumber": "20-10001",
        "docket_absolute_url": "/docket/1/invented-ceramics-inc/",
        "meta": {"date_created": "2020-04-02T10:00:00-07:00"},
    } | changes


def found(*dockets: dict[str, Any], following: str | None = None) -> Said:
    return Said(json.dumps({"count": len(dockets), "next": following, "results": dockets}).encode())


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer as CourtListener does where there is one docket."""
    server.say("/api/search/", found(docket()))
    return {"url": f"{server.url}/api"}, {"customer_id": "C1", "name": "Invented Ceramics Inc", "country": "US"}
