"""Two invented registers for tests: one dates its notices, one only shows today's state."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sources.local_server import LocalServer, Said

from credrisk.sources.base import Answer, confidence_of
from credrisk.sources.http import HttpClient

ADDRESS = "NOTICES_URL"


class Notices:
    """A register of insolvency notices, asked by company number."""

    name = "notices"
    licence = "CC0 1.0"
    keeps_history = True
    reads: tuple[str, ...] = ("company_number",)
    about = "Notices of insolvency, dated by their publication."
    site = "https://notices.example"
    limits: Mapping[str, Sequence[tuple[int, float]]] = {"127.0.0.1": ((1_000_000, 1.0),)}

    def __init__(self, client: HttpClient, *, url: str | None = None) -> None:
        self._client, self._url = client, url or os.environ[ADDRESS]

    def ask(self, customer: Mapping[str, Any]) -> list[Answer]:
        number = customer.get("company_number")
        if not number:
            return [Answer("not_measured", "no company number given")]
        reply = self._client.ask(f"{self._url}/{self.name}/{number}.json")
        if reply.status == 404 and reply.kind == "json":
            return [Answer("none", "not in the register", "", number, reply.url, reply.retrieved_at)]
        rows = [
            {
                "kind": one["kind"],
                "happened_on": date.fromisoformat(one["happened_on"]),
                "known_at": self.known_at(one, reply.retrieved_at),
                "url": reply.url,
                "text": one["text"],
            }
            for one in reply.json()["notices"]
        ]
        sure = confidence_of(customer, "company_number")
        return [Answer("hit", "", "", number, reply.url, reply.retrieved_at, sure, events=rows)]

    def known_at(self, notice: Mapping[str, Any], retrieved_at: date) -> date:
        return date.fromisoformat(notice["published"])


class Board(Notices):
    """A notice board: what hangs there today."""

    name = "board"
    keeps_history = False
    about = "What hangs on the board today."

    def known_at(self, notice: Mapping[str, Any], retrieved_at: date) -> date:
        return retrieved_at


def notice(kind: str = "petition", published: str = "2024-03-05", text: str = "a petition") -> dict[str, str]:
    return {"kind": kind, "happened_on": "2024-03-01", "published": published, "text": text}


def hang(server: LocalServer, number: str, *notices: dict[str, str], source: str = "notices") -> str:
    """Let a register hold some notices of a company; return the path of its page."""
    path = f"/{source}/{number}.json"
    server.say(path, Said(json.dumps({"notices": notices}).encode()))
    return path


def unknown(server: LocalServer, number: str, source: str = "notices") -> str:
    """Let a register say that it has no such company; return the path of its page."""
    path = f"/{source}/{number}.json"
    server.say(path, Said(b'{"error": "no such company"}', 404))
    return path
