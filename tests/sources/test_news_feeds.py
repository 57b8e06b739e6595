"""News feeds: dated never before anyone could have read them, read once for all customers, unsafe XML refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources.local_server import LocalServer, Said
from sources.news_feeds_bodies import CUSTOMER, atom, entry, item, play, rss

from credrisk.errors import ParameterError
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.http import HttpClient
from credrisk.sources.news_feeds import FEEDS, Feed, NewsFeeds, read_feeds

Client = Callable[..., HttpClient]
TODAY = datetime.now(UTC).date()


def ask(server: LocalServer, client: HttpClient, body: bytes, *customers: dict[str, Any]) -> SourceResult:
    address = server.say("/feed.xml", Said(body, 200, "application/rss+xml"))
    return ask_source(NewsFeeds(client, feeds=(Feed("paper", address),)), pl.DataFrame(customers or (CUSTOMER,)))


def test_an_item_that_names_the_customer_is_an_event(server: LocalServer, new_client: Client) -> None:
    kwargs, customer = play(server)
    result = ask_source(NewsFeeds(new_client(), **kwargs), pl.DataFrame([customer]))
    assert result.answers.select("part", "status").rows() == [("paper", "hit")]
    assert result.events.select("kind", "happened_on", "known_at", "url", "text", "source").rows() == [
        (
            "adverse_news",
            date(2024, 1, 2),
            date(2024, 1, 2),
            "https://paper.example/1",
            "Kranzmeier Werkzeuge insolvent (paper.example)",
            "news_feeds",
        )
    ]


@pytest.mark.parametrize(
    ("published", "known"),
    [
        ("Mon, 01 Jan 2024 23:30:00 -0500", date(2024, 1, 2)),  # the day in UTC
        ("Tue, 02 Jan 2024 00:30:00 +0200", date(2024, 1, 1)),
        ("Mon, 01 Jan 2024 23:30:00 GMT", date(2024, 1, 1)),
        ("Mon, 01 Jan 2024 23:30:00 EST", date(2024, 1, 2)),
        ("Mon, 01 Jan 2024 10:00:00", date(2024, 1, 2)),  # no zone: it may have been the next day somewhere
        ("Mon, 01 Jan 2024 10:00:00 -0000", date(2024, 1, 2)),
        ("2024-01-01T10:00:00Z", date(2024, 1, 1)),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(days=9)), TODAY, id="the future was seen today"),
        ("yesterday", TODAY),
        ("Mon, 99 Jan 2024 10:00:00 GMT", TODAY),
        ("", TODAY),
    ],
)
def test_an_item_is_not_known_before_it_could_be_read(
    server: LocalServer, new_client: Client, published: str, known: date
) -> None:
    assert ask(server, new_client(), rss(item("Neue Halle", published))).events["known_at"].to_list() == [known]


@pytest.mark.parametrize(
    ("published", "updated", "known"),
    [
        ("2024-01-01T10:00:00Z", "2024-02-03T10:00:00+01:00", date(2024, 2, 3)),  # the headline may be the later one
        ("2024-03-01T10:00:00Z", "2024-02-03T10:00:00Z", date(2024, 3, 1)),
        ("", "2024-02-03T23:30:00-01:00", date(2024, 2, 4)),
        ("2024-01-01T10:00:00Z", "soon", TODAY),
    ],
)
def test_an_entry_of_atom_is_known_from_its_last_update(
    server: LocalServer, new_client: Client, published: str, updated: str, known: date
) -> None:
    result = ask(server, new_client(), atom(entry(published, updated)))
    assert result.events.select("known_at", "url").rows() == [(known, "https://paper.example/2")]


def test_addresses_are_web_addresses_or_the_feeds_own(server: LocalServer, new_client: Client) -> None:
    strange = item("Neue Halle", link="javascript:alert(1)")
    assert ask(server, new_client(), rss(strange)).events["url"].to_list() == [f"{server.url}/feed.xml"]
    guid = "<item><title>Kranzmeier Werkzeuge GmbH</title><guid>https://paper.example/9</guid></item>"
    assert ask(server, new_client(cache_folder="guid"), rss(guid)).events["url"].to_list() == [
        "https://paper.example/9"
    ]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_markup_in_a_headline_is_taken_off(server: LocalServer, new_client: Client) -> None:
    body = rss(item("&lt;b&gt;Kranzmeier&lt;/b&gt; Werkzeuge &amp;amp; Co: Insolvenz"))
    event = ask(server, new_client(), body).events.row(0, named=True)
    assert event["text"] == "Kranzmeier Werkzeuge & Co: Insolvenz (paper.example)"
    assert event["kind"] == "adverse_news"


def test_a_feed_is_read_once_for_all_customers_and_says_since_when(server: LocalServer, new_client: Client) -> None:
    customers = [CUSTOMER | {"customer_id": f"C{number}", "name": f"Zwirnold {number} GmbH"} for number in range(20)]
    result = ask(server, new_client(), rss(item("Neue Halle")), CUSTOMER | {"customer_id": "X"}, *customers)
    assert len(server.seen) == 1
    by_customer = dict(result.answers.select("customer_id", "status").rows())
    assert by_customer.pop("X") == "hit"
    assert set(by_customer.values()) == {"none"}
    assert result.answers.filter(status="none")["reason"][0] == "none of 1 items since 2024-01-02 names it"
    assert set(result.answers["covers_from"]) == {date(2024, 1, 2)}


def test_other_subjects_and_a_second_item_of_one_address_are_left_out(server: LocalServer, new_client: Client) -> None:
    items = (item("Fussball", link="https://paper.example/3"), item("Neue Halle"), item("Neue Halle, zweite Fassung"))
    result = ask(server, new_client(), rss(*items))
    assert result.events.height == 1
    assert result.answers["reason"].to_list() == ["1 left out as of another subject"]


BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY c "&a;&a;&a;">]><rss><channel>&c;</channel></rss>'


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(b"<html><title>Consent</title></html>", 200, "text/html"), "answered html"),
        (Said(b"gone", 410, "text/plain"), "status 410"),
        (Said(rss(item("x"))[:-20], 200, "application/rss+xml"), "not readable XML"),
        (Said(BOMB, 200, "application/rss+xml"), "not readable XML"),
        (Said(b'<?xml version="1.0" encoding="nonsense"?><rss/>', 200, "text/xml"), "not readable XML"),
        (Said(b"<?xml version='1.0'?><sitemap/>", 200, "text/xml"), "neither RSS 2.0 nor Atom"),
        (Said(b"<?xml version='1.0'?><rss/>", 200, "text/xml"), "neither RSS 2.0 nor Atom"),
        (Said(b'{"items": []}', 200), "not readable XML"),
    ],
)
def test_what_is_no_feed_is_not_measured(server: LocalServer, new_client: Client, said: Said, reason: str) -> None:
    address = server.say("/feed.xml", said)
    source = NewsFeeds(new_client(), feeds=(Feed("paper", address),))
    customers = pl.DataFrame([CUSTOMER, CUSTOMER | {"customer_id": "C2"}])
    answers = ask_source(source, customers).answers
    assert answers["status"].to_list() == ["not_measured"] * 2
    assert reason in answers["reason"][0]
    assert server.count("/feed.xml") == 1


def test_an_empty_feed_is_none(server: LocalServer, new_client: Client) -> None:
    assert ask(server, new_client(), rss()).answers.select("status", "reason").rows() == [
        ("none", "none of 0 items names it")
    ]


def test_an_ambiguous_name_is_not_measured(server: LocalServer, new_client: Client) -> None:
    result = ask(server, new_client(), rss(item("Orange")), CUSTOMER | {"name": "Orange"})
    assert result.answers["status"].to_list() == ["not_measured"]
    assert "ambiguous" in result.answers["reason"][0]
    assert server.seen == []


def test_feeds_are_named_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_client: Client) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text('[[feeds]]\nname = "paper"\nurl = "https://paper.example/rss"\n', encoding="utf-8")
    assert read_feeds(path) == (Feed("paper", "https://paper.example/rss"),)
    monkeypatch.setenv(FEEDS, str(path))
    answers = ask_source(NewsFeeds(new_client(offline=True)), pl.DataFrame([CUSTOMER])).answers
    assert answers.select("part", "status").rows() == [("paper", "not_measured")]
    monkeypatch.delenv(FEEDS)
    answers = ask_source(NewsFeeds(new_client()), pl.DataFrame([CUSTOMER])).answers
    assert "no feeds are named" in answers["reason"][0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a file of"),
        ("feeds = 3", "a file of"),
        ("[[feeds]]\nname='a'\nurl='https://a.example'\n[[other]]\n", "a file of"),
        ("[[feeds]]\nname='a'\n", "each with name and url"),
        ("[[feeds]]\nname='a'\nurl=5\n", "each with name and url"),
        ("[[feeds]]\nname='a'\nurl='http://a.example'\n", "https"),
        ("[[feeds]]\nname='a'\nurl='https://a.example'\n[[feeds]]\nname='a'\nurl='https://b.example'\n", "named apart"),
        ("[[feeds", "that can be read"),
    ],
)
def test_a_file_of_feeds_that_is_wrong_is_an_error(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ParameterError, match=problem):
        read_feeds(path)
