"""Bodies in the format of EDGAR's full-text search about invented companies."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

CIK = "0009000001"


def hit(name: str, filed: str, cik: str = CIK, form: str = "10-K") -> dict[str, Any]:
    return {"_id": name, "_source": {"ciks": [cik], "file_date": filed, "form": form, "display_names": ["Invented"]}}


def found(*hits: dict[str, Any], total: int | None = None) -> Said:
    total = len(hits) if total is None else total
    return Said(json.dumps({"hits": {"total": {"value": total, "relation": "eq"}, "hits": hits}}).encode())


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer as EDGAR does where one report has the words."""
    server.say("/search-index", found(hit("0009000001-20-000009:k9.htm", "2020-03-30")))
    return {"url": f"{server.url}/search-index"}, {"customer_id": "C1", "cik": CIK}
