"""OpenSanctions: candidates by score, known from the day of the listing, and never "clean" from an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from sources import opensanctions_bodies as bodies
from sources.local_server import LocalServer, Said

from credrisk.errors import ParameterError
from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.http import HttpClient
from credrisk.sources.opensanctions import OpenSanctions

NewClient = Callable[..., HttpClient]


def asked(server: LocalServer, client: HttpClient, *said: Said, **more: Any) -> SourceResult:
    settings, customer = bodies.play(server)
    if said:
        server.say("/match/sanctions", *said)
    return ask_source(OpenSanctions(client, **settings), pl.DataFrame([{**customer, **more}]))


def test_listed_company_is_known_from_the_day_of_its_listing(server: LocalServer, new_client: NewClient) -> None:
    result = asked(server, new_client(), lei="5299000J2N45DDNE4Y28")
    answer = result.answers.row(0, named=True)
    assert (answer["status"], answer["entity"], answer["match_confidence"]) == ("hit", bodies.ENTITY, 0.91)
    (event,) = result.events.rows(named=True)
    assert (event["kind"], event["happened_on"], event["known_at"]) == (
        "sanctioned",
        date(2022, 3, 1),
        date(2022, 3, 2),
    )
    assert event["url"] == f"https://www.opensanctions.org/entities/{bodies.ENTITY}/"
    assert event["text"] == "Invented Shipping LLC: Council of Examples, EX-1"
    assert "CC BY-NC" in event["licence"]
    sent = json.loads(server.seen[0][4])["queries"]["0"]
    assert sent == {
        "schema": "Company",
        "properties": {
            "name": ["Invented Shipping L.L.C."],
            "jurisdiction": ["ae"],
            "leiCode": ["5299000J2N45DDNE4Y28"],
        },
    }


def test_who_is_not_listed_today_may_have_been_listed_before(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    server.say("/match/sanctions", bodies.matched())
    source, rows = OpenSanctions(new_client(), **settings), pl.DataFrame([customer])
    assert ask_source(source, rows).answers["status"].to_list() == ["none"]
    assert ask_source(source, rows, as_of="2023-12-31").answers["status"].to_list() == ["not_measured"]


def test_without_the_listing_the_last_change_counts_never_the_first_sight(
    server: LocalServer, new_client: NewClient
) -> None:
    settings, customer = bodies.play(server)
    server.say(f"/entities/{bodies.ENTITY}", Said(b"<html></html>", 500, "text/html"))
    source = OpenSanctions(new_client(retries=0), **settings)
    assert ask_source(source, pl.DataFrame([customer])).events["known_at"].to_list() == [date(2024, 11, 2)]
    server.say("/match/sanctions", bodies.matched(bodies.result(last_change=None)))
    undated = ask_source(source, pl.DataFrame([{**customer, "name": "Another spelling"}]))
    assert undated.events["known_at"].to_list() == undated.answers["retrieved_at"].to_list()


def test_linked_company_is_another_kind_and_neither_is_distress(server: LocalServer, new_client: NewClient) -> None:
    linked = bodies.result(topics=("sanction.linked", "corp.offshore"))
    result = asked(server, new_client(), bodies.matched(linked))
    assert result.events["kind"].to_list() == ["sanction_linked"]
    assert server.count(f"/entities/{bodies.ENTITY}") == 0
    assert FAMILIES["sanctions"] == ("sanction_linked", "sanctioned")
    assert "sanctions" not in ADVERSE


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (bodies.result(0.69), "the nearest scores 0.69"),
        (bodies.result(0.99, schema="Person"), "or more"),
        (bodies.result(0.99, topics=("role.pep",)), "or more"),
    ],
)
def test_what_is_no_hit(server: LocalServer, new_client: NewClient, result: dict[str, Any], reason: str) -> None:
    answer = asked(server, new_client(), bodies.matched(result)).answers.row(0, named=True)
    assert answer["status"] == "none"
    assert reason in answer["reason"]


def test_nothing_found_is_none(server: LocalServer, new_client: NewClient) -> None:
    assert asked(server, new_client(), bodies.matched()).answers["status"].to_list() == ["none"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(b'{"detail":"Invalid API key"}', 401), "a key is needed"),
        (Said(b'{"detail":"Forbidden"}', 403), "a key is needed"),
        (Said(b"<html><title>Blocked</title></html>", 403, "text/html"), "Blocked"),
        (Said(b"try again", 200, "text/plain"), "not readable JSON"),
        (Said(b'{"responses": {}}'), "another shape"),
        (bodies.matched(bodies.result(7.5)), "another shape"),
        (bodies.matched(status=500), "status 500"),
    ],
)
def test_errors_are_not_measured(server: LocalServer, new_client: NewClient, said: Said, reason: str) -> None:
    result = asked(server, new_client(refusal_pause=0.0), said)
    answer = result.answers.row(0, named=True)
    assert answer["status"] == "not_measured"
    assert reason in answer["reason"]
    assert result.events.is_empty()


def test_without_a_name_nobody_is_asked(server: LocalServer, new_client: NewClient) -> None:
    result = asked(server, new_client(), name=" ")
    assert result.answers["reason"].to_list() == ["no name given"]
    assert not server.seen


def test_many_customers_need_few_requests(server: LocalServer, new_client: NewClient) -> None:
    settings, _ = bodies.play(server)
    server.say("/match/sanctions", bodies.matched(names=tuple(map(str, range(120)))))
    source = OpenSanctions(new_client(), **settings)
    customers = [{"customer_id": str(place), "name": f"Firm {place}"} for place in range(119)]
    answers = source.ask_many([*customers, {"customer_id": "x", "name": None}])
    assert server.count("/match/sanctions") == 3
    assert [one[0].status for one in answers] == ["none"] * 119 + ["not_measured"]
    sizes = [len(json.loads(seen[4])["queries"]) for seen in server.seen]
    assert sizes == [50, 50, 19]


def test_two_listings_of_one_day_are_one_row(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    twice = (bodies.listing("2022-03-02", authority=who) for who in ("Council of Examples", "Office of Examples"))
    server.say(f"/entities/{bodies.ENTITY}", bodies.entity(*twice, bodies.listing("2023-01-01", "2022-12-20")))
    result = ask_source(OpenSanctions(new_client(), **settings), pl.DataFrame([customer]), as_of="2022-12-31")
    (event,) = result.events.rows(named=True)
    assert event["text"].count("Examples") == 2


@pytest.mark.parametrize("threshold", [0.0, 1.1])
def test_threshold_has_bounds(new_client: NewClient, threshold: float) -> None:
    with pytest.raises(ParameterError, match="threshold"):
        OpenSanctions(new_client(), threshold=threshold)
