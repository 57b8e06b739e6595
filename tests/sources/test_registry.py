"""The list of sources: each can be loaded, says what it must, gets its key at its host only, and can be asked."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ledger_files import GOOD, folder_of
from polars.testing import assert_frame_equal
from sources.local_server import LocalServer
from sources.notices import Notices

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import TABLES
from credrisk.sources import registry
from credrisk.sources.enrich import chosen_cards, enrich
from credrisk.sources.public_beside import with_public
from credrisk.sources.registry import MARKET_SOURCES, SOURCES, card_of, opened, source_card

BODIES = {
    "companies_house": "companies_house_bodies",
    "courtlistener": "courtlistener_bodies",
    "gazette": "gazette_bodies",
    "gdelt": "gdelt_bodies",
    "gleif": "gleif_bodies",
    "news_feeds": "news_feeds_bodies",
    "opensanctions": "opensanctions_bodies",
    "sec_edgar": "sec_bodies",
    "sec_full_text": "sec_text_bodies",
}
"""Invented bodies of each source, and the customer they are about."""
KEYS = [f"CREDRISK_{source_card(name).credential}" for name in SOURCES if source_card(name).credential]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, "CREDRISK_NEWS_FEEDS", "CREDRISK_CONTACT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("credrisk.sources.credentials._of_keyring", lambda name: "")


@pytest.mark.parametrize("name", [*SOURCES, *MARKET_SOURCES])
def test_every_source_says_what_it_must(name: str) -> None:
    card = source_card(name)
    assert card.name == name
    assert card.about.endswith(".")
    assert card.site.startswith("https://")
    assert card.licence
    assert bool(card.reads) == (name in SOURCES)
    assert (card.credential is None) == (not hasattr(card.made_by, "secret_as"))
    for windows in card.limits.values():
        assert all(requests >= 1 and seconds > 0 for requests, seconds in windows)


def test_the_time_that_requests_take_is_that_of_the_tightest_window() -> None:
    assert source_card("courtlistener").seconds_for(125) == pytest.approx(86_400)
    assert source_card("gdelt").seconds_for(10) == pytest.approx(50)
    assert card_of(Bare).seconds_for(10) == pytest.approx(2)
    assert source_card("gdelt").per_second == 5


class Bare:
    """A source that says the least."""

    name, licence, keeps_history = "bare", "CC0 1.0", True

    def __init__(self, client: Any) -> None:
        self.client = client


def test_a_source_of_your_own_needs_to_say_little() -> None:
    card = card_of(Bare)
    assert (card.about, card.reads, card.credential, card.entity_id) == (
        "A source that says the least.",
        (),
        None,
        None,
    )
    assert card.refresh_after == timedelta(days=7)
    assert (card.cost, source_card("gleif").cost) == ("not stated", "free")
    assert "charged" in source_card("opensanctions").cost
    assert source_card("sources.notices:Notices").made_by is Notices


def test_a_key_goes_to_its_host_and_is_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    class Client:
        def __init__(self, **settings: Any) -> None:
            seen.update(settings)

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    monkeypatch.setattr(registry, "AskedClient", Client)
    monkeypatch.setenv("CREDRISK_OPENSANCTIONS_KEY", "s3cr3t")
    card = source_card("opensanctions")
    assert card.key_is_set()
    with opened(card, cache_folder=tmp_path):
        pass
    assert set(seen["secret_headers"]) == {"api.opensanctions.org"}
    assert seen["secret_headers"]["api.opensanctions.org"]["Authorization"].reveal() == "ApiKey s3cr3t"
    assert "s3cr3t" not in repr(seen)


def test_by_default_those_are_asked_that_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(**customer: Any) -> list[str]:
        return [card.name for card in chosen_cards(None, [{"customer_id": "C1", **customer}])]

    assert chosen(lei="L1") == ["gleif"]
    assert chosen(lei="L1", cik=None, company_number=" ") == ["gleif"]
    assert chosen(cik="0000000017") == ["sec_edgar", "sec_full_text"]
    assert chosen(company_number="00000017") == ["gazette"]
    monkeypatch.setenv("CREDRISK_COMPANIES_HOUSE_KEY", "key")
    assert chosen(company_number="00000017") == ["companies_house", "companies_house_profile", "gazette"]
    assert chosen(name="Example Works Ltd") == ["gdelt"]
    monkeypatch.setenv("CREDRISK_NEWS_FEEDS", "feeds.toml")
    assert chosen(name="Example Works Ltd") == ["gdelt", "news_feeds"]
    with pytest.raises(ParameterError, match=r"company_number, lei, name|cik, company_number, lei"):
        chosen()
    with pytest.raises(ParameterError, match="asked about customers; credrisk market asks it"):
        chosen_cards(["fred"], [])
    with pytest.raises(ParameterError, match="CREDRISK_COURTLISTENER_TOKEN"):
        chosen_cards(["courtlistener"], [])


@pytest.mark.parametrize("name", BODIES)
def test_each_source_is_asked_once_and_its_rows_are_the_ledgers(
    name: str, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDRISK_NEWS_FEEDS", "feeds.toml")
    given, customer = import_module(f"sources.{BODIES[name]}").play(server)
    made_by: Any = source_card(name).made_by

    class Local(made_by):  # type: ignore[misc]
        credential = None
        limits = {"127.0.0.1": ((1000, 1.0),)}  # noqa: RUF012

        def __init__(self, client: Any) -> None:
            super().__init__(client, **given)

    customers = pl.DataFrame([{**customer, "customer_id": "C1"}])
    where: dict[str, Any] = {"out": tmp_path / "public", "contact": "Example Ltd credit@example.com"}
    first = enrich(customers, [Local], cache_folder=tmp_path / "cache", **where)
    assert "hit" in first.state.answers["status"].to_list(), first.state.answers.to_dicts()
    asked = len(server.seen)
    if "not_measured" not in first.state.answers["status"].to_list():
        enrich(customers, [Local], cache_folder=tmp_path / "another", **where)
        assert len(server.seen) == asked
    (tmp_path / "ledger").mkdir()
    both = with_public(Ledger.read(folder_of(tmp_path / "ledger", **GOOD), currency="EUR"), tmp_path / "public")
    assert both.quarantine.is_empty(), both.quarantine.to_dicts()
    for table in ("facts", "events"):
        codes = [column.name for column in TABLES[table].columns if column.kind == "code"]
        as_read = getattr(first.state, table).with_columns(pl.col(codes).str.to_lowercase())
        assert_frame_equal(both.table(table), as_read, check_row_order=False)
