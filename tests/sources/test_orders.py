"""Orders that cost money go out once, whatever happens: under every fault, from every thread, after every crash."""

from __future__ import annotations

import multiprocessing
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sources.faults import FAULTS, PASSING, settings_for
from sources.local_server import LocalServer, Said

from credrisk.errors import NotSentError, ParameterError, SourceError
from credrisk.sources.http import HttpClient
from credrisk.sources.http_reply import Reply
from credrisk.sources.orders import Orders, wait_for_result

DOCS = Path(__file__).parents[2] / "docs" / "sources.md"
Make = Callable[..., HttpClient]
ORDER: dict[str, Any] = {"provider": "invented", "key": "C-17 full report", "body": {"company": "4711"}}
TAKEN = Said(b'{"order": "A-1"}', 202, headers=(("Location", "/orders/A-1"), ("Retry-After", "1")))


@pytest.fixture
def orders(tmp_path: Path) -> Orders:
    return Orders(tmp_path / "kept" / "orders.sqlite")


def posts(server: LocalServer) -> int:
    return sum(one[1] == "POST" for one in server.seen)


def test_an_order_is_sent_once_and_its_answer_kept(server: LocalServer, new_client: Make, tmp_path: Path) -> None:
    url = server.say("/orders", TAKEN, Said(b'{"order": "A-2"}', 202))
    book = Orders(tmp_path / "orders.sqlite")
    first = book.place(new_client(), url=url, **ORDER)
    again = Orders(tmp_path / "orders.sqlite").place(new_client(), url=url, **ORDER)
    assert (first.status, first.body, first.location) == (202, b'{"order": "A-1"}', server.url + "/orders/A-1")
    assert (again.status, again.body, again.location, again.retry_after) == (202, first.body, first.location, 1.0)
    assert (first.from_cache, again.from_cache) == (False, True)
    assert posts(server) == 1
    assert server.seen[0][4] == b'{"company": "4711"}'
    other = book.place(new_client(), url=url, **ORDER | {"key": "C-17 full report, 2026"})
    assert other.body == b'{"order": "A-2"}'
    assert posts(server) == 2


def test_the_journal_lists_what_was_ordered(server: LocalServer, new_client: Make, orders: Orders) -> None:
    assert orders.frame().is_empty()
    orders.place(new_client(), url=server.say("/orders", TAKEN), **ORDER)
    with pytest.raises(SourceError):
        orders.place(new_client(), url=server.say("/lost", Said(raw=b"")), **ORDER | {"key": "lost"})
    listed = orders.frame()
    assert listed.select("provider", "key", "state", "status").rows() == [
        ("invented", "C-17 full report", "answered", 202),
        ("invented", "lost", "unknown", None),
    ]
    assert abs((listed["sent_at"][0] - datetime.now(UTC)).total_seconds()) < 600
    assert listed["answered_at"].null_count() == 1


ANSWERED = {
    "throttled",
    "throttled for long",
    "throttled once",
    "throttled once for a second",
    "throttled once until a date",
    "throttled unreadably",
    "throttled until a date",
    "refused as a page",
    "refused as JSON",
    "key not accepted",
    "bad request",
    "page with status 404",
    "no content",
    "another shape",
    "a number",
    "null",
    "nothing with status 200",
}
"""Faults that are a whole answer of the provider to an order."""

NEVER_SENT = {"certificate not trusted"}


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_no_fault_makes_a_second_order(
    name: str, breaking_server: LocalServer, new_client: Make, orders: Orders
) -> None:
    FAULTS[name](breaking_server)
    url, client = breaking_server.say("/orders", Said(b'{"order": "A-1"}')), new_client(**settings_for(name))
    for _ in range(2):
        result = outcome(orders, client, url)
        if name in ANSWERED:
            assert isinstance(result, Reply)
        elif name in NEVER_SENT:
            assert isinstance(result, NotSentError)
        else:
            assert type(result) is SourceError
            assert "invented may have booked it, so it is not sent again" in str(result)
            assert f"an order of that time to {url}" in str(result)
    assert posts(breaking_server) == (0 if name in NEVER_SENT else 1)
    assert orders.frame()["state"].to_list() == (
        [] if name in NEVER_SENT else ["answered" if name in ANSWERED else "unknown"]
    )
    breaking_server.fault = None
    if name not in NEVER_SENT:
        outcome(orders, client, url)
        assert posts(breaking_server) == 1, "also when the host is well again"


def outcome(orders: Orders, client: HttpClient, url: str) -> Reply | SourceError:
    """Place the order, whatever comes of it."""
    try:
        return orders.place(client, url=url, **ORDER)
    except SourceError as error:
        return error


def test_what_never_left_this_machine_may_be_ordered_again(
    server: LocalServer, new_client: Make, orders: Orders
) -> None:
    with pytest.raises(NotSentError, match="no connection"):
        orders.place(new_client(), url="http://127.0.0.1:9/orders", **ORDER)
    with pytest.raises(NotSentError, match="offline"):
        orders.place(new_client(offline=True), url=server.url + "/orders", **ORDER)
    with pytest.raises(NotSentError, match="only https"):
        orders.place(new_client(), url="http://example.com/orders", **ORDER)
    with pytest.raises(ParameterError, match="without secrets"):
        orders.place(new_client(), url=server.url + "/orders?token=1", **ORDER)
    assert orders.frame().is_empty()
    assert orders.place(new_client(), url=server.say("/orders", TAKEN), **ORDER).status == 202


def test_a_key_stands_for_one_order(server: LocalServer, new_client: Make, orders: Orders) -> None:
    url = server.say("/orders", TAKEN)
    orders.place(new_client(), url=url, **ORDER)
    for other in ({"body": {"company": "4712"}}, {"url": server.url + "/other"}):
        with pytest.raises(ParameterError, match="key must be used for one order"):
            orders.place(new_client(), **{"url": url, **ORDER, **other})
    orders.place(new_client(), url=url, **ORDER | {"provider": "another"})
    with pytest.raises(ValueError, match="JSON"):
        orders.place(new_client(), url=url, **ORDER | {"key": "x", "body": {"a": float("nan")}})
    assert posts(server) == 2


def test_many_threads_order_once(server: LocalServer, new_client: Make, orders: Orders) -> None:
    url, client = server.say("/orders", Said(b'{"order": "A-1"}', wait=0.3)), new_client()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: outcome(orders, client, url), range(8)))
    assert posts(server) == 1
    assert sum(isinstance(result, Reply) for result in results) == 1
    assert all("it was sent earlier" in str(result) for result in results if not isinstance(result, Reply))


def _order_and_die(folder: str, url: str) -> None:
    class Dying(HttpClient):
        def order(self, *args: Any, **kwargs: Any) -> Reply:
            super().order(*args, **kwargs)
            os._exit(9)

    with Dying(cache_folder=folder, contact="credit@example.com") as client:
        Orders(Path(folder) / "orders.sqlite").place(client, url=url, **ORDER)


def test_a_crash_before_the_answer_is_written_down_orders_nothing_twice(
    server: LocalServer, new_client: Make, tmp_path: Path
) -> None:
    url = server.say("/orders", TAKEN)
    dying = multiprocessing.get_context("spawn").Process(target=_order_and_die, args=(str(tmp_path), url))
    dying.start()
    dying.join()
    assert dying.exitcode == 9
    assert posts(server) == 1
    orders = Orders(tmp_path / "orders.sqlite")
    assert orders.frame()["state"].to_list() == ["sent"]
    with pytest.raises(SourceError, match="it was sent earlier"):
        orders.place(new_client(), url=url, **ORDER)
    assert posts(server) == 1


def test_the_result_is_asked_for_until_it_is_there(server: LocalServer, new_client: Make, orders: Orders) -> None:
    client = new_client()
    taken = orders.place(client, url=server.say("/orders", TAKEN), **ORDER)
    busy = Said(b'{"state": "in work"}', 202)
    server.say("/orders/A-1", busy, busy, Said(b'{"score": 7}'))
    result = wait_for_result(client, taken.location, seconds=30, pause=0.05)
    assert result.json() == {"score": 7}
    assert server.count("/orders/A-1") == 3
    assert posts(server) == 1


def test_the_order_of_the_documentation_works(
    server: LocalServer, new_client: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    code = next(block for block in blocks if "Orders(" in block)
    server.say("/orders", TAKEN)
    server.say("/orders/A-1", Said(b'{"score": 7}'))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"client": new_client()}
    exec(code.replace("https://api.provider.example", server.url), names)  # noqa: S102
    assert names["report"].json() == {"score": 7}


def test_the_provider_may_say_in_the_answer_that_it_is_not_ready(server: LocalServer, new_client: Make) -> None:
    url = server.say("/orders/A-1", Said(b'{"state": "open"}'), Said(b'{"state": "done"}'))
    done = wait_for_result(new_client(), url, seconds=30, pause=0.05, ready=lambda reply: b"done" in reply.body)
    assert done.json() == {"state": "done"}
    assert server.count("/orders/A-1") == 2


def test_a_result_that_does_not_come_is_not_waited_for_without_end(server: LocalServer, new_client: Make) -> None:
    url, started = server.say("/orders/A-1", Said(b"{}", 202)), time.monotonic()
    with pytest.raises(SourceError, match=r"the result is not there after 0\.5 s\. It can be asked for later"):
        wait_for_result(new_client(), url, seconds=0.5, pause=0.05)
    assert time.monotonic() - started < 5
    later = server.say("/orders/A-2", Said(b"{}", 202, headers=(("Retry-After", "900"),)))
    with pytest.raises(SourceError, match="not there"):
        wait_for_result(new_client(), later, seconds=60)
    assert server.count("/orders/A-2") == 1


def test_passing_faults_do_not_disturb_the_question_for_a_result(server: LocalServer, new_client: Make) -> None:
    PASSING["server error, then good"](server)
    url = server.say("/orders/A-1", Said(b'{"score": 7}'))
    assert wait_for_result(new_client(**settings_for("any")), url, seconds=30).json() == {"score": 7}
