"""GLEIF's other answers: entities with a similar name, and what the codes of legal forms and registers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from credrisk.sources.gleif_values import lei_of, shaped

__all__ = ["ACCEPT", "API", "read_authorities", "read_completions", "read_legal_forms"]

ACCEPT = "application/vnd.api+json, application/json;q=0.9"
API = "https://api.gleif.org/api/v1"


def read_completions(content: Any) -> list[tuple[str, str | None]]:
    """Read ``/fuzzycompletions`` or ``/autocompletions``: names, with the LEI where the name is one entity's."""

    def parsed() -> list[tuple[str, str | None]]:
        found = []
        for one in content["data"]:
            record = ((one.get("relationships") or {}).get("lei-records") or {}).get("data") or {}
            found.append((str(one["attributes"]["value"]), lei_of(record["id"]) if record else None))
        return found

    return shaped(parsed, "the list of names")


def read_legal_forms(content: Any) -> dict[str, str]:
    """Read ``/entity-legal-forms``, one or a list: the local name by code."""
    return shaped(
        lambda: {one["code"]: one["names"][0]["localName"] for one in _attributes(content)}, "the list of legal forms"
    )


def read_authorities(content: Any) -> dict[str, str]:
    """Read ``/registration-authorities``, one or a list: the name by code."""
    return shaped(
        lambda: {one["code"]: one["localName"] or one["internationalName"] for one in _attributes(content)},
        "the list of registers",
    )


def _attributes(content: Any) -> list[Mapping[str, Any]]:
    data = content["data"]
    return [one["attributes"] for one in (data if isinstance(data, list) else [data])]
