"""The Gazette against a server on this machine: only notices about the customer, known from the day of publication."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from sources.gazette_bodies import LIFE, NUMBER, SEARCH, found, notice, play
from sources.local_server import LocalServer, Said

from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.gazette import CODES, Gazette, numbers_in
from credrisk.sources.http import HttpClient

Make = Callable[..., HttpClient]


def fetch(server: LocalServer, client: HttpClient, number: str = NUMBER, as_of: str | None = None) -> SourceResult:
    customers = pl.DataFrame({"customer_id": ["C1"], "company_number": [number]})
    return ask_source(Gazette(client, url=server.url), customers, as_of=as_of)


def status(result: SourceResult) -> str:
    return str(result.answers["status"].item())


def test_notices_are_known_from_their_publication(server: LocalServer, new_client: Make) -> None:
    play(server)
    result = fetch(server, new_client())
    assert status(result) == "hit"
    assert result.events.sort("known_at", "kind").select("kind", "known_at", "url").rows() == [
        ("winding_up_petition", date(2021, 10, 4), "https://www.thegazette.co.uk/notice/2"),
        ("petition_dismissed", date(2021, 12, 1), "https://www.thegazette.co.uk/notice/3"),
        ("creditors_voluntary_liquidation", date(2022, 3, 10), "https://www.thegazette.co.uk/notice/5"),
        ("proceedings_progress", date(2022, 3, 10), "https://www.thegazette.co.uk/notice/4"),
    ]
    assert result.events["text"].str.contains("notice code").all()
    assert fetch(server, new_client(), as_of="2021-10-03").events.is_empty()
    assert fetch(server, new_client(), as_of="2021-10-04").events.height == 1


def test_no_accept_header_is_sent_and_the_number_is_sought_as_it_is_written(
    server: LocalServer, new_client: Make
) -> None:
    play(server)
    fetch(server, new_client())
    assert [path.partition("text=")[2].partition("&")[0] for _, _, path, _, _ in server.seen] == ["09000001", "9000001"]
    assert not any("accept" in (name.lower() for name in headers) for *_, headers, _ in server.seen)
    fetch(server, new_client(), number="SC123456")
    assert len(server.seen) == 3


def test_one_result_comes_as_an_object(server: LocalServer, new_client: Make) -> None:
    server.say(SEARCH, found(notice(1, "2452", "2022-03-10")))
    assert fetch(server, new_client()).events["kind"].to_list() == ["winding_up_order"]


def test_no_result_is_none(server: LocalServer, new_client: Make) -> None:
    server.say(SEARCH, found([], 0))
    assert status(fetch(server, new_client())) == "none"
    server.say(SEARCH, Said(b'{"f:total": "0"}'))
    assert status(fetch(server, new_client(), "09000002")) == "none"


def test_another_company_and_the_petitioner_are_not_the_customer(server: LocalServer, new_client: Make) -> None:
    petitioner = f"(Company Number 08888888). Petition presented by OURS LIMITED (Company Number {NUMBER})"
    other = "(Company Number 08888888)"
    server.say(SEARCH, found([notice(1, "2450", "2022-03-10", petitioner), notice(2, "2443", "2022-03-10", other)]))
    result = fetch(server, new_client())
    assert status(result) == "none"
    assert result.events.is_empty()


def test_second_company_of_a_notice_is_not_judged(server: LocalServer, new_client: Make) -> None:
    both = f"(Company Number 08888888) and OURS LIMITED (Company Number {NUMBER})"
    server.say(SEARCH, found([notice(1, "2410", "2022-03-10", both), notice(2, "2452", "2022-03-11")]))
    result = fetch(server, new_client())
    assert status(result) == "not_measured"
    assert "which company" in result.answers["reason"].item()
    assert result.events["kind"].to_list() == ["winding_up_order"]


def test_excerpt_without_a_number_is_read_in_full(server: LocalServer, new_client: Make) -> None:
    server.say(SEARCH, found([notice(7, "2410", "2022-03-10", "excerpt ...")]))
    whole = {"isAbout": {"companyNumber": NUMBER, "name": "INVENTED CERAMICS LIMITED"}, "caseNumber": 12345678}
    server.say("/notice/7/data.json", Said(json.dumps(whole).encode()))
    assert fetch(server, new_client()).events["kind"].to_list() == ["administration"]


@pytest.mark.parametrize("whole", [{"text": "no number in it"}, {"isAbout": {"companyNumber": "08888888"}}])
def test_notice_without_the_number_is_about_somebody_else(
    server: LocalServer, new_client: Make, whole: dict[str, Any]
) -> None:
    server.say(SEARCH, found([notice(7, "2410", "2022-03-10", "excerpt ...")]))
    server.say("/notice/7/data.json", Said(json.dumps(whole).encode()))
    assert status(fetch(server, new_client())) == "none"


def test_only_so_many_notices_are_opened_for_a_customer(server: LocalServer, new_client: Make) -> None:
    server.say(SEARCH, found([notice(n, "2410", "2022-03-10", "excerpt ...") for n in range(40)]))
    for n in range(40):
        server.say(f"/notice/{n}/data.json", Said(b'{"text": "no number in it"}'))
    assert status(fetch(server, new_client())) == "not_measured"
    assert len(server.seen) == 32


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"<html><title>Busy</title></html>", 503, "text/html"),
        Said(json.dumps({"text": f"somewhere in it stands {NUMBER}, but not as whose number"}).encode()),
        Said(b"{}"),
        Said(b"gone", 404, "text/plain"),
        Said(json.dumps({"a": {"companyNumber": NUMBER}, "b": {"companyNumber": "08888888"}}).encode()),
    ],
)
def test_notice_that_cannot_be_judged_is_not_measured(server: LocalServer, new_client: Make, answer: Said) -> None:
    server.say(SEARCH, found([notice(7, "2410", "2022-03-10", "excerpt ...")]))
    server.say("/notice/7/data.json", answer)
    result = fetch(server, new_client(retries=0))
    assert status(result) == "not_measured"
    assert result.events.is_empty()


def test_searches_are_paged_and_bounded(server: LocalServer, new_client: Make) -> None:
    last = found([notice(1000, "2452", "2020-01-01")], 201)
    server.say(SEARCH, found(LIFE, 201, following=True), found(LIFE, 201, following=True), last)
    assert "winding_up_order" in fetch(server, new_client()).events["kind"].to_list()
    server.say(SEARCH, found(LIFE, 9999, following=True))
    result = fetch(server, new_client(), "09000002")
    assert status(result) == "not_measured"
    assert "more than" in result.answers["reason"].item()


@pytest.mark.parametrize(
    "answer",
    [
        Said(b"<html><title>Error</title></html>", 500, "text/html"),
        Said(b"<html><title>Blocked</title></html>", 403, "text/html"),
        Said(b"<html><title>Login</title></html>", 200, "text/html"),
        Said(b"{}", 429),
        Said(b"{}"),
        Said(b"[]"),
        Said(b'{"f:total": "many", "entry": []}'),
        Said(b'{"f:total": "3", "entry": []}'),
        Said(b'{"f:total": "1", "entry": ["x"]}'),
        found([{**notice(1, "2452", "2022-03-10"), "published": "yesterday"}]),
        found([{**notice(1, "2452", "2022-03-10"), "f:notice-code": None}]),
        found([{**notice(1, "2452", "2022-03-10"), "id": ""}]),
    ],
)
def test_everything_else_is_not_measured(server: LocalServer, new_client: Make, answer: Said) -> None:
    server.say(SEARCH, answer)
    result = fetch(server, new_client(retries=0, refusal_pause=0))
    assert status(result) == "not_measured"
    assert result.answers["reason"].item()


def test_notices_on_persons_are_passed_over(server: LocalServer, new_client: Make) -> None:
    server.say(SEARCH, found([notice(1, "2503", "2022-03-10"), notice(2, "2903", "2022-03-10")]))
    assert status(fetch(server, new_client())) == "none"


def test_solvent_windings_up_are_no_insolvency(server: LocalServer, new_client: Make) -> None:
    members = [notice(n, code, "2022-03-10") for n, code in enumerate(("2431", "2432", "2433", "2435"))]
    server.say(SEARCH, found(members))
    told = set(fetch(server, new_client()).events["kind"])
    assert "members_voluntary_liquidation" in told
    assert not told & {kind for family in ADVERSE for kind in FAMILIES[family]}


def test_every_code_has_a_kind_of_a_family() -> None:
    assert {kind for kind, _ in CODES.values()} <= {kind for members in FAMILIES.values() for kind in members}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("MEGA LIMITED (Company Number 11416317 ) Trading Name: Mega", ["11416317"]),
        ("Name of Company: MINI LIMITED Company Number: 09184913", ["09184913"]),
        ("(Company Number 530703)", ["00530703"]),
        ("Company Registration No. SC005336", ["SC005336"]),
        ("Registered&nbsp;number:&nbsp;<b>OC 318315</b>", ["OC318315"]),
        ("company number 1234567890", []),
        ("Court number 001234 of 2022; telephone number 02071234567", []),
        ("Company Number: 01111111 ... Company number 02222222 ... company number 01111111", ["01111111", "02222222"]),
        ("no number in this text", []),
    ],
)
def test_numbers_that_a_notice_gives_as_the_companys(text: str, numbers: list[str]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize("number", [None, "", "HRB 12345"])
def test_customers_without_a_number_are_not_measured(server: LocalServer, new_client: Make, number: Any) -> None:
    assert status(fetch(server, new_client(), number)) == "not_measured"
    assert server.seen == []
