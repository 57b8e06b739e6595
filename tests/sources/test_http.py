"""The HTTP client against a server on this machine: what it repeats, refuses, bounds, keeps and gives up."""

from __future__ import annotations

import gzip
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sources.local_server import LocalServer, Said

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.http import CONTACT, FOR_EVER, HttpClient
from credrisk.sources.pace import Pace

Make = Callable[..., HttpClient]
PAGE = b"<!DOCTYPE html><html><head><title>Invented | Too\n many requests</title></head><body>no</body></html>"


def test_reads_json_and_says_when_it_was_retrieved(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b'{"answer": 42}'))
    reply = new_client().ask(url)
    assert (reply.status, reply.kind, reply.from_cache) == (200, "json", False)
    assert reply.json() == {"answer": 42}
    assert abs((reply.retrieved_at - datetime.now(UTC).date()).days) <= 1
    assert server.seen[0][3]["User-Agent"].startswith("Example Ltd credit@example.com credrisk/")


def test_second_request_comes_from_the_cache_also_of_another_client(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b'{"a": 1}'), Said(b'{"a": 2}'))
    first, second = new_client().ask(url), new_client().ask(url)
    assert first.json() == second.json() == {"a": 1}
    assert second.from_cache
    assert second.retrieved_at == first.retrieved_at
    assert server.count("/a.json") == 1


def test_cache_key_has_query_in_any_order_and_body(server: LocalServer, new_client: Make) -> None:
    url, client = server.say("/q", Said(b"[1]")), new_client()
    client.ask(url, params={"x": "1", "y": "2"})
    client.ask(url, params={"y": "2", "x": "1"})
    assert server.count("/q") == 1
    client.ask(url, params={"x": "2", "y": "2"})
    assert server.count("/q") == 2
    for body in ({"name": "A"}, {"name": "A"}, {"name": "B"}):
        client.ask(url, body=body)
    assert [one[1] for one in server.seen] == ["GET", "GET", "POST", "POST"]


def test_age_decides_what_is_asked_again(server: LocalServer, new_client: Make) -> None:
    listing, document = server.say("/list", Said()), server.say("/filing", Said())
    client = new_client()
    for _ in range(2):
        client.ask(listing, keep_for=timedelta(seconds=1))
        client.ask(document, keep_for=FOR_EVER)
        time.sleep(1.1)
    assert (server.count("/list"), server.count("/filing")) == (2, 1)


def test_unchanged_answer_is_confirmed_and_used_again(server: LocalServer, new_client: Make) -> None:
    url = server.say("/list", Said(b"[1]", headers=(("ETag", '"v1"'),)), Said(b"", 304))
    client = new_client()
    client.ask(url, keep_for=timedelta(seconds=1))
    time.sleep(1.1)
    assert client.ask(url, keep_for=timedelta(seconds=1)).json() == [1]
    assert server.seen[1][3]["If-None-Match"] == '"v1"'
    assert "Cache-Control" not in server.seen[1][3]


def test_refusal_is_not_repeated_not_kept_and_the_host_is_left_alone(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(PAGE, 403, "text/html"))
    reply = new_client().ask(url)
    with pytest.raises(SourceError, match=r"web page .*status 403: Invented \| Too many requests"):
        reply.json()
    with pytest.raises(SourceError, match="refused or failed earlier; it is left alone"):
        new_client().ask(server.say("/b.json", Said()))
    assert (server.count("/a.json"), server.count("/b.json")) == (1, 0)


def test_web_page_with_status_200_is_no_data_and_is_not_kept(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(PAGE, 200, "application/json"), Said(b'{"a": 1}'))
    client = new_client()
    with pytest.raises(SourceError, match="web page instead of data"):
        client.ask(url).json()
    assert client.ask(url).json() == {"a": 1}


def test_broken_json_and_other_statuses_are_errors_in_words(server: LocalServer, new_client: Make) -> None:
    client = new_client()
    with pytest.raises(SourceError, match="not readable JSON"):
        client.ask(server.say("/cut.json", Said(b'{"a": '))).json()
    with pytest.raises(SourceError, match="not readable JSON"):
        client.ask(server.say("/deep.json", Said(b"[" * 100_000))).json()
    with pytest.raises(SourceError, match="status 404"):
        client.ask(server.url + "/missing").json()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_throttling_and_server_errors_are_tried_again(server: LocalServer, new_client: Make, status: int) -> None:
    busy = Said(b"busy", status, "text/plain")
    url = server.say("/a.json", busy, busy, Said(b'{"a": 1}'))
    assert new_client().ask(url).json() == {"a": 1}
    assert server.count("/a.json") == 3


def test_retry_after_is_waited_for(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b"", 429, headers=(("Retry-After", "1"),)), Said())
    new_client().ask(url)
    assert server.seen[1][0] - server.seen[0][0] >= 1


def test_long_retry_after_is_a_refusal(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b"", 503, headers=(("Retry-After", "900"),)), Said())
    assert new_client().ask(url).status == 503
    with pytest.raises(SourceError, match="left alone for another"):
        new_client().ask(url)
    assert server.count("/a.json") == 1


def test_gives_up_after_the_allowed_attempts(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b"", 500, "text/plain"))
    with pytest.raises(SourceError, match="status 500"):
        new_client(retries=2).ask(url).json()
    assert server.count("/a.json") == 3


def test_broken_connection_is_tried_again(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b'{"a":', announce=100), Said(b'{"a": 1}'))
    server.answers["/a.json"][0] = Said(b'{"a":', announce=100, headers=(("Connection", "close"),))
    assert new_client(timeout=(1.0, 1.0)).ask(url).json() == {"a": 1}
    assert server.count("/a.json") == 2


def test_an_order_is_never_repeated_sent_on_or_taken_from_the_cache(server: LocalServer, new_client: Make) -> None:
    client = new_client()
    url = server.say("/order", Said(b"", 503, "text/plain"), Said(b"", 307, headers=(("Location", "/order"),)), Said())
    assert [client.order(url, {"order": 1}).status for _ in range(4)] == [503, 307, 200, 200]
    assert server.count("/order") == 4
    assert not client.ask(url, body={"order": 1}).from_cache


def test_a_question_with_a_body_may_be_repeated(server: LocalServer, new_client: Make) -> None:
    url = server.say("/match", Said(b"", 503, "text/plain"), Said(b'{"a": 1}'))
    assert new_client().ask(url, body={"name": "A"}).json() == {"a": 1}
    assert [one[4] for one in server.seen] == [b'{"name": "A"}'] * 2


def test_slow_answer_is_cut_off_even_when_bytes_keep_coming(server: LocalServer, new_client: Make) -> None:
    url = server.say("/slow.json", Said(b'{"a": "' + b"x" * 400 + b'"}', drip=0.05))
    started = time.monotonic()
    with pytest.raises(SourceError, match="too slow"):
        new_client(timeout=(1.0, 0.5), retries=0).ask(url)
    assert time.monotonic() - started < 3


def test_no_connection_is_an_error_in_words(new_client: Make) -> None:
    with pytest.raises(SourceError, match=r"no answer \(no connection\)"):
        new_client(retries=1).ask("http://127.0.0.1:9/")


def test_large_answers_are_refused_packed_ones_by_their_unpacked_size(server: LocalServer, new_client: Make) -> None:
    client = new_client(max_bytes=10_000)
    plain = server.say("/plain", Said(b" " * 20_000))
    packed = server.say("/packed", Said(gzip.compress(b" " * 5_000_000), headers=(("Content-Encoding", "gzip"),)))
    for url in (plain, packed):
        with pytest.raises(SourceError, match="larger than 10,000 bytes"):
            client.ask(url)
    assert new_client().ask(
        server.say("/ok", Said(gzip.compress(b"[1]"), headers=(("Content-Encoding", "gzip"),)))
    ).json() == [1]


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost:9/x",
        "http://example.com/x",
        "https://example.com/x",
        "ftp://127.0.0.1/x",
        "file:///etc/passwd",
    ],
)
def test_redirect_to_another_place_or_scheme_is_refused(server: LocalServer, new_client: Make, target: str) -> None:
    url = server.say("/away", Said(b"", 302, headers=(("Location", target),)))
    with pytest.raises(SourceError, match="sends on to another place"):
        new_client().ask(url)


def test_redirect_on_the_same_host_is_followed(server: LocalServer, new_client: Make) -> None:
    server.say("/new", Said(b"[7]"))
    url = server.say("/old", Said(b"", 301, headers=(("Location", "/new"),)))
    client = new_client()
    assert client.ask(url).json() == client.ask(url).json() == [7]
    assert server.count("/new") == 1


def test_only_https_beyond_this_machine(new_client: Make) -> None:
    for url in (
        "http://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.example.com/x",
        "ftp://example.com/",
        "file:///etc/passwd",
        "example.com",
    ):
        with pytest.raises(SourceError, match="only https is asked"):
            new_client().ask(url)


@pytest.mark.parametrize("url", ["http://[::1", "https://", "https://example.com:port/", "", "https://*/"])
def test_unreadable_addresses_are_errors_in_words(new_client: Make, url: str) -> None:
    client = new_client(timeout=(0.5, 0.5), retries=0)
    for question in (client.ask, lambda url: client.order(url, {})):
        with pytest.raises(SourceError, match=r"no answer|only https"):
            question(url)


def test_offline_answers_from_the_cache_however_old_and_asks_nobody(server: LocalServer, new_client: Make) -> None:
    url = server.say("/a.json", Said(b'{"a": 1}'))
    new_client().ask(url, keep_for=timedelta(seconds=1))
    time.sleep(1.1)
    offline = new_client(offline=True, contact=None)
    assert offline.ask(url, keep_for=timedelta(seconds=1)).json() == {"a": 1}
    with pytest.raises(SourceError, match="not in the cache, and the client is offline"):
        offline.ask(server.url + "/b.json")
    assert len(server.seen) == 1


def test_contact_is_required_and_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: LocalServer
) -> None:
    monkeypatch.delenv(CONTACT, raising=False)
    for contact in (None, "", "credrisk", "a@example.com\r\nX-Bad: 1"):
        with pytest.raises(ParameterError, match="contact must be who is asking"):
            HttpClient(cache_folder=tmp_path, contact=contact)
    monkeypatch.setenv(CONTACT, "Example Ltd https://example.com/about")
    with HttpClient(cache_folder=tmp_path) as client:
        client.ask(server.say("/a", Said()))
    assert server.seen[0][3]["User-Agent"].startswith("Example Ltd https://example.com/about")


def test_secrets_reach_the_host_but_neither_log_nor_cache(
    server: LocalServer, new_client: Make, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    client = new_client(secret_headers={"127.0.0.1": {"X-Pass": "s3cr3t-value"}})
    client.ask(server.say("/a", Said()))
    assert server.seen[0][3]["X-Pass"] == "s3cr3t-value"
    assert "s3cr3t-value" not in caplog.text
    assert caplog.text.count("/a") >= 1
    client.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert b"/a" in stored
    assert b"s3cr3t-value" not in stored


@pytest.mark.parametrize(
    ("url", "params"),
    [("/a", {"api_key": "1"}), ("/a?token=1", None), ("/a", {"access-key": "1"}), ("/a", {"Password": "x"})],
)
def test_secrets_in_the_address_are_refused(
    server: LocalServer, new_client: Make, url: str, params: dict[str, str] | None
) -> None:
    with pytest.raises(ParameterError, match="without secrets"):
        new_client().ask(server.url + url, params=params)
    with pytest.raises(ParameterError, match="without secrets"):
        new_client().ask("https://user:word@example.com/")
    assert new_client().ask(server.say("/b", Said()), params={"keyword": "steel"}).status == 200


def test_threads_share_one_client_and_one_pace(server: LocalServer, new_client: Make) -> None:
    client = new_client(per_second=20.0)
    for number in range(12):
        server.say(f"/{number}", Said(b"[%d]" % number))
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda number: client.ask(f"{server.url}/{number}").json(), range(12)))
    assert replies == [[number] for number in range(12)]
    times = sorted(one[0] for one in server.seen)
    assert times[-1] - times[0] > 11 / 20 - 0.1


def test_damaged_cache_is_an_error_in_words(tmp_path: Path, new_client: Make, server: LocalServer) -> None:
    client = new_client()
    for name in ("http.sqlite", "pace.sqlite"):
        (tmp_path / "cache" / name).write_bytes(b"damaged" * 1000)
    with pytest.raises(SourceError, match="delete the cache folder"):
        client.ask(server.say("/a", Said()))


def test_pace_is_kept_per_host_and_forgets_a_clock_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pace, started = Pace(tmp_path, per_second=0.2), time.monotonic()
    for host in ("a.example", "b.example", "c.example"):
        pace.wait(host)
    assert time.monotonic() - started < 1
    ahead = time.time() + 10_000
    with monkeypatch.context() as patch:
        patch.setattr("credrisk.sources.pace.time.time", lambda: ahead)
        pace.wait("d.example")
        pace.leave_alone("e.example", seconds=600)
        pace.hold("f.example", seconds=600)
    for host in ("d.example", "e.example", "f.example"):
        pace.wait(host)
    assert time.monotonic() - started < 2


def test_every_window_of_a_host_holds_and_its_subdomains_count_with_it(tmp_path: Path) -> None:
    pace = Pace(tmp_path, per_second=1000, limits={"reg.example": ((3, 0.3), (5, 0.9))})
    times = []
    for turn in range(8):
        pace.wait(("reg.example", "data.REG.example")[turn % 2])
        times.append(time.time())
    for count, seconds in ((3, 0.3), (5, 0.9)):
        assert all(later - earlier >= seconds - 0.01 for earlier, later in zip(times, times[count:], strict=False))
    assert times[-1] - times[0] < 2
    assert times[2] - times[0] < 0.25
    started = time.monotonic()
    for host in ("reg.example.com", "other-reg.example", "example"):
        pace.wait(host)
    assert time.monotonic() - started < 0.25


def test_a_turn_too_far_away_is_an_error_that_says_when(tmp_path: Path) -> None:
    pace = Pace(tmp_path, per_second=1000, limits={"reg.example": ((1, 7200.0),)}, longest_wait=2.0)
    pace.wait("reg.example")
    with pytest.raises(SourceError, match=r"reg\.example: its limit is used up; .* in 120 min"):
        pace.wait("reg.example")


def test_another_client_with_shorter_windows_forgets_nothing(tmp_path: Path) -> None:
    strict = Pace(tmp_path, per_second=1000, limits={"reg.example": ((2, 60.0),)}, longest_wait=0.1)
    lax = Pace(tmp_path, per_second=1000)
    strict.wait("reg.example")
    time.sleep(0.05)
    lax.wait("reg.example")
    with pytest.raises(SourceError, match="used up"):
        strict.wait("reg.example")


def test_a_host_on_hold_is_waited_for(tmp_path: Path) -> None:
    pace, started = Pace(tmp_path, per_second=1000), time.monotonic()
    pace.hold("reg.example", seconds=0.4)
    pace.wait("reg.example")
    assert 0.4 <= time.monotonic() - started < 1


@pytest.mark.parametrize("limits", [{"a": ((0, 1.0),)}, {"a": ((1, 0.0),)}, {"a": ((1, float("nan")),)}])
def test_limits_that_allow_nothing_are_refused(tmp_path: Path, limits: dict[str, tuple[tuple[int, float]]]) -> None:
    with pytest.raises(ParameterError, match="limits must be"):
        HttpClient(cache_folder=tmp_path, contact="credit@example.com", limits=limits)
    with pytest.raises(ParameterError, match="per_second must be above 0"):
        HttpClient(cache_folder=tmp_path, contact="credit@example.com", per_second=0)


def test_secret_parameters_reach_the_host_but_neither_reply_nor_log_nor_cache(
    server: LocalServer, new_client: Make, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG, "credrisk")
    client = new_client(secret_params={"127.0.0.1": {"api_key": "s3cr3t-value"}}, retries=1)
    server.say("/new", Said(b"[7]"))
    away = Said(b"", 302, headers=(("Location", "/new?x=1&api_key=s3cr3t-value"),))
    replies = [
        client.ask(server.say("/a", Said(b"", 503), Said(b"[1]")), params={"id": "GDP"}),
        client.ask(server.say("/b", away)),
    ]
    assert [one[2] for one in server.seen] == [
        "/a?id=GDP&api_key=s3cr3t-value",
        "/a?id=GDP&api_key=s3cr3t-value",
        "/b?api_key=s3cr3t-value",
        "/new?x=1&api_key=s3cr3t-value",
    ]
    assert [reply.json() for reply in replies] == [[1], [7]]
    assert [reply.url for reply in replies] == [server.url + "/a?id=GDP", server.url + "/new?x=1"]
    assert client.ask(server.url + "/a", params={"id": "GDP"}).from_cache
    with pytest.raises(SourceError) as caught:
        new_client(secret_params={"127.0.0.1": {"api_key": "s3cr3t-value"}}, retries=0).ask("http://127.0.0.1:9/")
    assert "s3cr3t-value" not in caplog.text + str(caught.value)
    client.close()
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").iterdir())
    assert b"/new" in stored
    assert b"s3cr3t-value" not in stored
