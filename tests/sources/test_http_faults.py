"""Every fault of a host: no hang, no half answer, nothing kept of it, and the pace held whoever asks."""

from __future__ import annotations

import gzip
import multiprocessing
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sources.faults import BY_THE_CLIENT, PASSING, STAYING, in_seconds, settings_for, throttled
from sources.local_server import LocalServer, Said

from credrisk.errors import NotSentError, SourceError
from credrisk.sources.http import HttpClient, Reply

Make = Callable[..., HttpClient]
HEALTHY = b'{"name": "Invented Mills", "figures": [1, 2, 3]}'
ANY_HANG = 10.0
"""Seconds, far beyond what the settings allow any question to take."""

QUICK = settings_for("any")
READABLE = {"another shape", "a number", "null"}
"""Valid JSON: only the source can tell that it is not an answer."""


@pytest.mark.parametrize("name", sorted(set(STAYING) - READABLE))
def test_a_fault_that_stays_is_an_error_in_words_and_nothing_is_kept_of_it(
    name: str, breaking_server: LocalServer, new_client: Make, tmp_path: Path
) -> None:
    STAYING[name](breaking_server)
    url, started = breaking_server.say("/a", Said(HEALTHY)), time.monotonic()
    client = new_client(**settings_for(name))
    question = client.ask if name in BY_THE_CLIENT else lambda url: client.ask(url).json()
    with pytest.raises(SourceError) as caught:
        question(url)
    assert time.monotonic() - started < ANY_HANG
    assert str(caught.value).startswith((url, breaking_server.url))
    assert cached(tmp_path) == 0


def cached(folder: Path) -> int:
    """How many answers are kept."""
    with closing(sqlite3.connect(folder / "cache" / "http.sqlite")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM responses").fetchone()[0])


@pytest.mark.parametrize("name", sorted(PASSING))
def test_a_fault_that_passes_is_lived_through(name: str, breaking_server: LocalServer, new_client: Make) -> None:
    PASSING[name](breaking_server)
    reply = new_client(**settings_for(name)).ask(breaking_server.say("/a", Said(HEALTHY)))
    assert reply.body == HEALTHY
    assert 2 <= breaking_server.count("/a") <= 3


@pytest.mark.parametrize("accept", ["text/csv", "application/xml"])
def test_a_page_is_not_kept_whatever_was_asked_for(server: LocalServer, new_client: Make, accept: str) -> None:
    page = Said(b"<html><title>busy</title></html>", 200, accept)
    url, client = server.say("/a", page, Said(b"a,b", 200, accept)), new_client()
    assert client.ask(url, accept=accept).kind == "html"
    assert client.ask(url, accept=accept).body == b"a,b"


def test_a_host_that_fails_again_and_again_is_left_alone(server: LocalServer, new_client: Make) -> None:
    client = new_client(**QUICK | {"failures": 3, "retries": 1})
    for number in range(3):
        assert client.ask(server.say(f"/{number}", Said(b"", 500))).status == 500
    with pytest.raises(NotSentError, match="refused or failed earlier; it is left alone for another 600 s"):
        new_client(**QUICK).ask(server.say("/good", Said()))
    assert len(server.seen) == 6


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_not_tried_again_and_again(server: LocalServer, new_client: Make, status: int) -> None:
    client = new_client(**QUICK)
    assert client.ask(server.say("/a", Said(b'{"error": "key"}', status))).status == status
    with pytest.raises(NotSentError, match="left alone"):
        client.ask(server.say("/b", Said()))
    assert len(server.seen) == 1


def test_an_answer_in_between_ends_the_row_of_failures(server: LocalServer, new_client: Make) -> None:
    client = new_client(**QUICK | {"failures": 2, "retries": 0})
    for number in range(4):
        assert client.ask(server.say(f"/{number}", Said(b"", 500 if number % 2 else 404))).status
    assert len(server.seen) == 4


def test_a_slow_answer_is_asked_for_twice_at_most(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a", Said(wait=0.7))
    with pytest.raises(SourceError, match="too slow"):
        new_client(**settings_for("silence") | {"retries": 5}).ask(url)
    assert server.count("/a") == 2


def test_all_wait_when_one_is_throttled(server: LocalServer, new_client: Make) -> None:
    client = new_client(**QUICK | {"per_second": 20.0})
    urls = [server.say(f"/{number}", Said()) for number in range(24)]
    server.say("/0", throttled("1"), Said())
    with ThreadPoolExecutor(8) as pool:
        assert {reply.status for reply in pool.map(client.ask, urls)} == {200}
    times = {path: moment for moment, _, path, _, _ in reversed(server.seen)}
    refused = times["/0"]
    on_their_way = 0.3  # seconds: asked before the refusal had been read
    assert [moment for moment, *_ in server.seen if refused + on_their_way < moment < refused + 0.95] == []
    assert max(moment for moment, *_ in server.seen) > refused + 0.95


def test_the_time_to_wait_may_be_a_date(server: LocalServer, new_client: Make) -> None:
    date = in_seconds(0.5)
    url = server.say("/a", throttled(date), Said())
    assert new_client(**QUICK).ask(url).status == 200
    assert server.seen[1][0] >= parsedate_to_datetime(date).timestamp()


LIMITS: tuple[tuple[int, float], ...] = ((10, 1.0), (16, 2.0))


def within(times: Sequence[float], limits: Sequence[tuple[int, float]] = LIMITS) -> bool:
    """Tell whether the server never saw more requests than the limits allow, in any window."""
    times = sorted(times)
    return all(
        later - earlier >= seconds
        for count, seconds in limits
        for earlier, later in zip(times, times[count:], strict=False)
    )


def ask_all(url: str, folder: str, name: str, threads: int, requests: int) -> None:
    """Ask for many addresses at once."""
    with (
        HttpClient(cache_folder=folder, contact="credit@example.com", limits={"127.0.0.1": LIMITS}, **QUICK) as client,
        ThreadPoolExecutor(threads) as pool,
    ):
        addresses = [f"{url}/{name}-{number}" for number in range(requests)]
        statuses = [reply.status for reply in pool.map(client.ask, addresses)]
    (Path(folder) / name).write_text(str(statuses.count(404)))


def test_limits_hold_under_eight_threads(server: LocalServer, tmp_path: Path) -> None:
    ask_all(server.url, str(tmp_path), "a", 8, 30)
    times = [one[0] for one in server.seen]
    assert len(times) == 30
    assert within(times)
    assert not within(times, [(10, 1.6)]), "as fast as the limits allow"


def test_limits_hold_under_two_processes(server: LocalServer, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=ask_all, args=(server.url, str(tmp_path), name, 4, 15)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [(tmp_path / name).read_text() for name in ("a", "b")] == ["15", "15"]
    times = [one[0] for one in server.seen]
    assert len(times) == 30
    assert within(times)


def test_a_connection_that_was_closed_while_idle_costs_no_second_request(server: LocalServer, new_client: Make) -> None:
    client = new_client()
    for path in ("/a", "/b"):
        client.ask(server.say(path, Said(headers=(("Connection", "close"),))))
        time.sleep(0.05)
    assert client.order(server.say("/order", Said(b'{"id": 1}', 202)), {"company": "1"}).status == 202
    assert [one[1:3] for one in server.seen] == [("GET", "/a"), ("GET", "/b"), ("POST", "/order")]


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ('{"a": "ü"}'.encode(), "application/json", '{"a": "ü"}'),
        ('{"a": "ü"}'.encode(), "application/json; charset=iso-8859-1", '{"a": "ü"}'),
        ('\ufeff{"a": "ü"}'.encode(), "text/plain", '{"a": "ü"}'),
        ('{"a": "ü"}'.encode("utf-16"), "application/json", '{"a": "ü"}'),
        ('{"a": "ü"}'.encode("latin-1"), 'application/json; charset="ISO-8859-1"', '{"a": "ü"}'),
        ('{"a": "€"}'.encode("cp1252"), "application/json;charset=windows-1252", '{"a": "€"}'),
    ],
)
def test_text_is_utf_8_or_what_is_stated(
    server: LocalServer, new_client: Make, body: bytes, kind: str, text: str
) -> None:
    reply = new_client().ask(server.say("/a", Said(body, kind=kind)))
    assert reply.kind == "json"
    assert reply.text() == text
    assert new_client().ask(server.url + "/a").json() == reply.json() == {"a": text[7]}


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/csv; charset=klingon"])
def test_text_is_never_guessed(server: LocalServer, new_client: Make, kind: str) -> None:
    reply = new_client().ask(server.say("/a", Said("Müller".encode("latin-1"), kind=kind)))
    with pytest.raises(SourceError, match="the text is neither UTF-8 nor what is stated"):
        reply.text()


def test_a_sentence_instead_of_data_is_quoted(server: LocalServer, new_client: Make) -> None:
    reply: Reply = new_client().ask(server.say("/a", Said(b"Please limit\n requests.", 200, "text/plain")))
    with pytest.raises(SourceError, match=r'not readable JSON\. It says "Please limit requests\."'):
        reply.json()
    assert reply.kind == "text"


def test_packed_answers_of_several_members_are_whole(server: LocalServer, new_client: Make) -> None:
    body = gzip.compress(b"[1,") + gzip.compress(b"2]") + b"\0" * 20
    url = server.say("/a", Said(body, headers=(("Content-Encoding", "x-gzip"),)))
    assert new_client().ask(url).json() == [1, 2]
    assert server.seen[0][3]["Accept-Encoding"] == "gzip"
