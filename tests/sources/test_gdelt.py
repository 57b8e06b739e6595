"""GDELT: throttled by a sentence, escapes that JSON does not know, one story once, tone by whole weeks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from sources.gdelt_bodies import CUSTOMER, NOW, PATH, THROTTLE, TOO_SHORT, article, articles, daily, play, tone
from sources.local_server import LocalServer, Said

from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.gdelt import Gdelt
from credrisk.sources.http import HttpClient

Client = Callable[..., HttpClient]
TODAY = NOW.date()


def ask(server: LocalServer, client: HttpClient, customer: dict[str, Any] | None = None, **more: Any) -> SourceResult:
    return ask_source(Gdelt(client, url=server.url), pl.DataFrame([customer or CUSTOMER]), **more)


def statuses(result: SourceResult) -> dict[str, str]:
    return dict(result.answers.select("part", "status").rows())


def test_articles_are_events_known_from_the_day_they_were_seen(server: LocalServer, new_client: Client) -> None:
    kwargs, customer = play(server)
    result = ask_source(Gdelt(new_client(), **kwargs), pl.DataFrame([customer]))
    assert statuses(result) == {"articles": "hit", "tone": "hit"}
    three_days_ago = TODAY - timedelta(days=3)
    assert result.events.select("kind", "happened_on", "known_at", "text", "entity", "licence").sort("kind").rows() == [
        (
            "adverse_news",
            three_days_ago,
            three_days_ago,
            "Kranzmeier Werkzeuge meldet Insolvenz an (paper.example)",
            '"Kranzmeier Werkzeuge GmbH"',
            Gdelt.licence,
        ),
        (
            "news",
            three_days_ago,
            three_days_ago,
            "Messe beginnt (paper.example)",
            '"Kranzmeier Werkzeuge GmbH"',
            Gdelt.licence,
        ),
    ]
    assert set(result.events["kind"]) <= set(FAMILIES["news"])
    assert result.events["match_confidence"].to_list() == [None, None]  # a search by name measures none
    listed, timeline = (parse_qs(urlsplit(seen[2]).query) for seen in server.seen)
    assert listed["query"] == ['"Kranzmeier Werkzeuge GmbH"']
    assert (listed["mode"], timeline["mode"]) == (["artlist"], ["timelinetone"])


def test_a_name_without_legal_form_is_searched_with_its_place(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, Said(b"{}"))
    for place, asked in (("Bremen", "Bremen"), ("Bad Salzuflen", '"Bad Salzuflen"'), ("Ulm", "Germany")):
        ask(server, new_client(), CUSTOMER | {"name": "Kranzmeier/Werkzeuge", "city": place})
        query = parse_qs(urlsplit(server.seen[-1][2]).query)["query"]
        assert query == [f'"Kranzmeier Werkzeuge" {asked}']


@pytest.mark.parametrize("name", ["Orange", "Zyk", None])
def test_an_ambiguous_name_is_not_measured_and_not_asked(
    server: LocalServer, new_client: Client, name: str | None
) -> None:
    result = ask(server, new_client(), CUSTOMER | {"name": name})
    assert statuses(result) == {"articles": "not_measured", "tone": "not_measured"}
    assert all(result.answers["reason"])
    assert server.seen == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(THROTTLE, 200, "text/html; charset=utf-8"), "limit requests to one every 5 seconds"),
        (Said(THROTTLE, 429, "text/plain"), "limit requests to one every 5 seconds"),
        (Said(TOO_SHORT, 200, "text/html"), "phrase is too short"),
        (Said(b"<html><body>Service <b>down</b></body></html>", 503, "text/html"), "Service down"),
        (Said(b"", 200, "application/json"), "not readable JSON"),
        (Said(b'{"articles": [', 200), "not readable JSON"),
        (Said(b"[]", 200), "another shape"),
        (Said(b'{"articles": 5}', 200), "another shape"),
        (Said(b'{"message": "over quota"}', 200), "another shape"),
        (Said(b'{"articles": [], "n": NaN}', 200), "not readable JSON"),
        (articles({"title": "x"}), "another shape"),
        (articles(article("x", seendate="yesterday")), "another shape"),
        (articles(article("x", seendate="20240101120000")), "another shape"),
        (articles(article("x", url="javascript:alert(1)")), "another shape"),
    ],
)
def test_refusals_and_what_cannot_be_read_are_not_measured(
    server: LocalServer, new_client: Client, said: Said, reason: str
) -> None:
    server.say(PATH, said)
    result = ask(server, new_client(retries=0))
    assert statuses(result) == {"articles": "not_measured", "tone": "not_measured"}
    assert reason in result.answers["reason"][0]
    assert result.events.is_empty()


def test_a_sentence_is_not_kept(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, Said(THROTTLE, 200, "text/html"))
    assert statuses(ask(server, new_client()))["articles"] == "not_measured"
    play(server)
    assert statuses(ask(server, new_client()))["articles"] == "hit"


@pytest.mark.parametrize("body", [b"{}", b'{"articles": []}'])
def test_an_answer_without_articles_is_none_and_its_tone_is_not_asked(
    server: LocalServer, new_client: Client, body: bytes
) -> None:
    server.say(PATH, Said(body))
    result = ask(server, new_client())
    assert statuses(result) == {"articles": "none", "tone": "none"}
    assert "of the last three months" in result.answers["reason"][0]
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"Kranzmeier\'s plan", r"Kranzmeier\'s plan"),
        (r"100\% owned", r"100\% owned"),
        (r"A \u00e9tape", "A étape"),
        (r"A \u12 broken", r"A \u12 broken"),
        (r"said \"yes\" \/ no", 'said "yes" / no'),
        (r"a backslash \\ stays", "a backslash \\ stays"),
        (r"two \\\' of them", "two \\\\' of them"),
        ("a\ttab", "a tab"),
    ],
)
def test_only_escapes_that_json_does_not_know_are_mended(
    server: LocalServer, new_client: Client, written: str, read: str
) -> None:
    row = json.dumps(article("TITLE")).replace("TITLE", written)
    server.say(PATH, Said(f'{{"articles": [{row}]}}'.encode()), tone(daily()))
    result = ask(server, new_client())
    assert result.events["text"].to_list() == [f"{read} (paper.example)"]


def test_one_story_counts_once_from_its_first_day(server: LocalServer, new_client: Client) -> None:
    rows = [
        article("Kranzmeier Werkzeuge: neue Halle", 2, url="https://a.example/1"),
        article("Kranzmeier Werkzeuge - neue Halle!", 5, url="https://b.example/2"),
        article("Anderer Titel", 1, url="https://b.example/2"),
        article("", 4, url="https://c.example/3"),
        article("", 3, url="https://d.example/4"),
        article("Fussball: Kranzmeier Werkzeuge Cup", 4),
    ]
    server.say(PATH, articles(*rows), tone(daily()))
    result = ask(server, new_client())
    assert result.events.select("url", "known_at").sort("url").rows() == [
        ("https://b.example/2", TODAY - timedelta(days=5)),
        ("https://c.example/3", TODAY - timedelta(days=4)),
        ("https://d.example/4", TODAY - timedelta(days=3)),
    ]
    assert result.answers["reason"][0] == "1 left out as of another subject"


def test_a_full_list_says_that_it_is_cut(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, articles(*(article(f"Meldung {number}") for number in range(250))), tone(daily()))
    result = ask(server, new_client())
    assert result.events.height == 250
    assert "only the latest 250" in result.answers["reason"][0]


def test_as_of_keeps_what_had_been_seen(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, articles(article("Alt", 20), article("Neu", 2)), tone(daily()))
    result = ask(server, new_client(), as_of=TODAY - timedelta(days=10))
    assert [text.split()[0] for text in result.events["text"]] == ["Alt"]
    assert result.facts["known_at"].max() <= TODAY - timedelta(days=10)


def test_silence_of_three_months_says_nothing_about_the_time_before(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, articles())
    assert set(ask(server, new_client(), as_of=TODAY - timedelta(days=88)).answers["status"]) == {"none"}
    before = ask(server, new_client(), as_of=TODAY - timedelta(days=89)).answers
    assert set(before["status"]) == {"not_measured"}


def test_a_full_list_speaks_of_the_days_it_shows(server: LocalServer, new_client: Client) -> None:
    server.say(PATH, articles(*(article(f"Meldung {number}", 3) for number in range(250))), tone(daily()))
    result = ask(server, new_client(), as_of=TODAY - timedelta(days=10))
    assert dict(result.answers.select("part", "status").rows()) == {"articles": "not_measured", "tone": "hit"}


def test_tone_is_the_mean_of_whole_weeks_known_the_day_after(server: LocalServer, new_client: Client) -> None:
    monday = NOW - timedelta(days=NOW.weekday() + 14)
    days = {monday - timedelta(days=2): 9.0, monday: -2.0, monday + timedelta(days=6): -4.0}
    days |= {monday + timedelta(days=3): 0.0, NOW: 7.0}  # no article on one day; a week that is not over
    server.say(PATH, articles(article("Meldung")), tone(days))
    result = ask(server, new_client())
    first: date = monday.date()
    assert result.facts.select("measure", "period_start", "period_end", "value", "known_at").rows() == [
        ("news_tone", first, first + timedelta(days=6), -3.0, first + timedelta(days=7))
    ]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Said(b"{}"), "none"),
        (tone({}), "none"),
        (Said(b'{"timeline": [{"data": [{"date": "soon"}]}]}'), "not_measured"),
        (Said(b'{"other": 1}'), "not_measured"),
        (Said(THROTTLE, 200, "text/html"), "not_measured"),
    ],
)
def test_tone_that_is_refused_leaves_the_articles(
    server: LocalServer, new_client: Client, said: Said, status: str
) -> None:
    server.say(PATH, articles(article("Meldung")), said)
    result = ask(server, new_client())
    assert statuses(result) == {"articles": "hit", "tone": status}
    assert result.facts.is_empty()
