"""GLEIF's other answers: entities with a similar name, and what the codes of legal forms and registers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from credrisk.errors import SourceError
from credrisk.sources.gleif_values import lei_of, shaped
from credrisk.sources.http import FOR_EVER, HttpClient

__all__ = ["legal_form_name", "names_like", "read_authorities", "read_completions", "read_legal_forms", "register_name"]

ACCEPT = "application/vnd.api+json, application/json;q=0.9"
API = "https://api.gleif.org/api/v1"


def names_like(client: HttpClient, name: str, *, url: str = API) -> list[tuple[str, str]]:
    """Return legal names that resemble ``name`` with their LEI, as GLEIF ranks them.

    They are candidates to look at, never a match: the ranking knows neither country nor address.
    """
    params = {"field": "entity.legalName", "q": name}
    reply = client.ask(f"{url.rstrip('/')}/fuzzycompletions", params=params, accept=ACCEPT)
    return [(value, lei) for value, lei in read_completions(reply.json()) if lei is not None]


def legal_form_name(client: HttpClient, code: str, *, url: str = API) -> str:
    """Return what a code of ISO 20275 means, such as ``2HBR``: Gesellschaft mit beschränkter Haftung."""
    return _meaning(client, f"{url.rstrip('/')}/entity-legal-forms/{code}", code, read_legal_forms)


def register_name(client: HttpClient, code: str, *, url: str = API) -> str:
    """Return the name of a business register, such as ``RA000585``."""
    return _meaning(client, f"{url.rstrip('/')}/registration-authorities/{code}", code, read_authorities)


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


def _meaning(client: HttpClient, url: str, code: str, read: Callable[[Any], dict[str, str]]) -> str:
    found = read(client.ask(url, accept=ACCEPT, keep_for=FOR_EVER).json()).get(code)
    if found is None:
        raise SourceError(f"{url}: the answer is not about {code}.")
    return found
