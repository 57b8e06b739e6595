"""Every source under every fault: what cannot be read is "not measured", never "none", and what passes changes nothing.

Which sources there are is read from the registry, and from the package itself, so that none is forgotten.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import polars as pl
import pytest
from sources.faults import BY_THE_CLIENT, PASSING, STAYING, settings_for
from sources.local_server import LocalServer, serving

import credrisk.sources
from credrisk.sources.base import ask_source
from credrisk.sources.http import HttpClient
from credrisk.sources.market_base import ask_market
from credrisk.sources.registry import MARKET_SOURCES, SOURCES

Make = Callable[..., HttpClient]

CLASSES = {**SOURCES, **MARKET_SOURCES}
"""The registry's sources, and the one that is asked on request only."""

READ_FILES = {"credrisk.sources.companies_house_changes:CompaniesHouseBulk"}
"""Sources that ask nobody."""

PLAYS = {
    "companies_house": "companies_house_bodies:play",
    "companies_house_profile": "companies_house_bodies:play",
    "courtlistener": "courtlistener_bodies:play",
    "ecb": "market_bodies:play_ecb",
    "eurostat": "market_bodies:play_eurostat",
    "fred": "market_bodies:play_fred",
    "gazette": "gazette_bodies:play",
    "gdelt": "gdelt_bodies:play",
    "gleif": "gleif_bodies:play",
    "news_feeds": "news_feeds_bodies:play",
    "opensanctions": "opensanctions_bodies:play",
    "sec_edgar": "sec_bodies:play",
    "sec_full_text": "sec_text_bodies:play",
}
"""Who makes the server answer as the source does when all is well."""

ANY_HANG = 30.0
"""Seconds, far beyond what the settings allow any source to take."""


def of(place: str, package: str = "") -> Any:
    """Return what ``module:name`` names."""
    module, _, name = place.partition(":")
    return getattr(import_module(package + module), name)


def asked(name: str, server: LocalServer, client: HttpClient) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Return the answers of a source and its rows by table."""
    played = of(PLAYS[name], "sources.")(server)
    if name in MARKET_SOURCES:
        market, answers = ask_market([of(CLASSES[name])(client, **played)])
        return answers, {"market": market}
    settings, customer = played
    result = ask_source(of(CLASSES[name])(client, **settings), pl.DataFrame([customer]))
    return result.answers, result.tables()


def test_no_source_is_forgotten() -> None:
    assert set(PLAYS) == set(CLASSES)
    found = {
        f"{module.name}:{name}"
        for module in walk_packages(credrisk.sources.__path__, "credrisk.sources.")
        for name, value in vars(import_module(module.name)).items()
        if isinstance(value, type) and value.__module__ == module.name and is_source(value)
    }
    assert found == set(CLASSES.values()) | READ_FILES


def is_source(value: type) -> bool:
    """Tell whether a class can be asked: it has a name and a licence of its own, and a question."""
    asks = any(callable(getattr(value, question, None)) for question in ("ask", "series"))
    return asks and all(isinstance(getattr(value, attribute, None), str) for attribute in ("name", "licence"))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_source_says_what_the_command_line_needs(name: str) -> None:
    source = of(CLASSES[name])
    assert source.name == name or name == "sec_full_text"
    for attribute in ("about", "licence", "site"):
        assert isinstance(getattr(source, attribute), str)
        assert getattr(source, attribute)
    assert source.site.startswith("https://")
    assert all(count >= 1 and seconds > 0 for windows in source.limits.values() for count, seconds in windows)
    if source.credential is not None:
        assert source.secret_as[0] in ("header", "param", "basic")
        host = source.secret_as[1]
        assert any(host == limited or host.endswith(f".{limited}") for limited in source.limits), "a host with limits"


def met(faults: Iterable[str]) -> list[tuple[str, str]]:
    """Return every source with every fault; with those that are the client's alone one source."""
    return [
        (name, fault)
        for name in sorted(CLASSES)
        for fault in sorted(faults)
        if fault not in BY_THE_CLIENT or name == "sec_edgar"
    ]


Well = Callable[[str], tuple[pl.DataFrame, dict[str, pl.DataFrame]]]


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Well:
    """Return what a source answers when all is well."""

    @cache
    def answered(name: str) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
        folder = tmp_path_factory.mktemp("well")
        with (
            serving() as server,
            HttpClient(cache_folder=folder, contact="a@example.com", **settings_for("no")) as client,
        ):
            return asked(name, server, client)

    return answered


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_all_is_well_without_a_fault(name: str, well: Well) -> None:
    answers, tables = well(name)
    assert "hit" in answers["status"].to_list()
    assert any(table.height for table in tables.values())
    assert "" not in answers["licence"].to_list()


@pytest.mark.parametrize(("name", "fault"), met(STAYING))
def test_what_cannot_be_read_is_not_measured(
    name: str, fault: str, breaking_server: LocalServer, new_client: Make, well: Well
) -> None:
    STAYING[fault](breaking_server)
    started = time.monotonic()
    client = new_client(**settings_for(fault) | {"failures": 1, "retries": 0})
    answers, tables = asked(name, breaking_server, client)
    assert time.monotonic() - started < ANY_HANG
    out_of_scope = well(name)[0].filter(pl.col("retrieved_at").is_null(), status="none")  # known without asking
    assert answers.filter(pl.col("status") != "not_measured").equals(out_of_scope)
    assert answers.height > out_of_scope.height
    assert all(reason and "Traceback" not in reason for reason in answers["reason"].to_list())
    assert all(table.is_empty() for table in tables.values())


@pytest.mark.parametrize(("name", "fault"), met(PASSING))
def test_what_passes_changes_nothing(
    name: str, fault: str, breaking_server: LocalServer, new_client: Make, well: Well
) -> None:
    PASSING[fault](breaking_server)
    told = asked(name, breaking_server, new_client(**settings_for(fault)))
    assert without_addresses(*told) == without_addresses(*well(name))


def without_addresses(answers: pl.DataFrame, tables: dict[str, pl.DataFrame]) -> list[list[dict[str, Any]]]:
    """Return rows without what differs from server to server."""
    return [frame.drop("url", strict=False).to_dicts() for frame in (answers, *tables.values())]
