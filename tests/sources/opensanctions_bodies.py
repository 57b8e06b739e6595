"""Bodies in the format of OpenSanctions' documentation about invented companies."""

from __future__ import annotations

import json
from typing import Any

from sources.local_server import LocalServer, Said

ENTITY = "NK-invented1"


def result(
    score: float = 0.91,
    *,
    entity: str = ENTITY,
    caption: str = "Invented Shipping LLC",
    schema: str = "Company",
    topics: tuple[str, ...] = ("sanction",),
    first_seen: str = "2021-04-20T10:11:12",
    last_change: str | None = "2024-11-02T10:11:12",
) -> dict[str, Any]:
    """One candidate; ``first_seen`` is the entity's and lies before it was listed."""
    return {
        "id": entity,
        "caption": caption,
        "schema": schema,
        "properties": {"name": [caption], "topics": list(topics)},
        "datasets": ["xx_list", "eu_list"],
        "referents": [],
        "target": True,
        "first_seen": first_seen,
        "last_seen": "2025-05-15T10:11:12",
        "last_change": last_change,
        "score": score,
        "features": {},
        "match": score >= 0.7,
    }


def listing(
    first_seen: str | None, began: str = "2022-03-01", authority: str = "Council of Examples"
) -> dict[str, Any]:
    """A sanction nested in an entity."""
    return {
        "id": f"sanction-{first_seen}-{began}",
        "schema": "Sanction",
        "properties": {"startDate": [began], "authority": [authority], "program": ["EX-1"]},
        "datasets": ["eu_list"],
        "first_seen": first_seen,
    }


def matched(*results: dict[str, Any], status: int = 200, names: tuple[str, ...] = ("0",)) -> Said:
    """A body of ``/match``; every query gets the same results."""
    one = {"status": status, "total": {"value": len(results), "relation": "eq"}, "results": list(results)}
    content = {"responses": dict.fromkeys(names, one), "matcher": {}, "limit": 5}
    return Said(json.dumps(content).encode())


def entity(*listings: dict[str, Any]) -> Said:
    """A body of ``/entities/{id}`` with what is nested."""
    properties = {"name": ["Invented Shipping LLC"], "topics": ["sanction"], "sanctionEntities": list(listings)}
    return Said(json.dumps({"id": ENTITY, "schema": "Company", "properties": properties}).encode())


def play(server: LocalServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let the server know one sanctioned company."""
    server.say("/match/sanctions", matched(result()))
    server.say(f"/entities/{ENTITY}", entity(listing("2022-03-02T04:05:06")))
    return {"url": server.url}, {"customer_id": "C-1", "name": "Invented Shipping L.L.C.", "country": "AE"}
