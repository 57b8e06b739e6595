"""What goes wrong at hosts, as a list: every source must live with every one of these.

A fault is set before a source is made: ``FAULTS[name](server)``. It breaks the answers of every path, whatever a test
tells the server to say. ``PASSING`` ones are over after an answer or two, so the source must succeed; all others stay,
and the source must say "not measured": no hang, no "none", nothing half read. ``settings_for`` makes a client for which
all this takes little time.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sources.local_server import JSON, LocalServer, Said

LIMITS: dict[str, Any] = {"per_second": 5000.0, "backoff": 0.001, "retries": 2, "max_bytes": 1_000_000, "patience": 3.0}
SECONDS = {"silence": 0.4, "headers that drip": 0.4, "body that drips": 0.4, "silence once": 1.5}
"""For a whole answer, under the faults that are about time; a busy machine must not be slow enough for the others."""


def settings_for(name: str) -> dict[str, Any]:
    """Return settings of ``HttpClient`` with which a fault takes little time."""
    return LIMITS | {"timeout": (10.0, SECONDS.get(name, 10.0))}


PAGE = b"<!DOCTYPE html><html><head><title>Invented | busy</title></head><body>come back later</body></html>"
SENTENCE = b"Please limit requests to one every 5 seconds or contact the invented registrar for larger queries.\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nX-Padding: " + b"x" * 200


def always(said: Said) -> Callable[[LocalServer], None]:
    """Answer the same to everything."""

    def apply(server: LocalServer) -> None:
        server.fault = lambda path, answer: said

    return apply


def first(*said: Said | Callable[[], Said]) -> Callable[[LocalServer], None]:
    """Answer so to the first questions, then as told."""

    def apply(server: LocalServer) -> None:
        coming = list(said)

        def change(path: str, answer: Said) -> Said:
            if not coming:
                return answer
            server.answers.get(path, []).insert(0, answer)  # what was told is for the time after
            chosen = coming.pop(0)
            return chosen() if callable(chosen) else chosen

        server.fault = change

    return apply


def changed(change: Callable[[Said], Said]) -> Callable[[LocalServer], None]:
    """Change every answer that was told."""

    def apply(server: LocalServer) -> None:
        server.fault = lambda path, answer: change(answer)

    return apply


def untrusted(server: LocalServer) -> None:
    """Send everybody to the encrypted twin, whose certificate nobody trusts."""
    server.url = server.untrusted_url


def packed(content: bytes, cut: int = 0) -> Said:
    """Return a body that is stated to be gzip."""
    return Said(content[: len(content) - cut], headers=(("Content-Encoding", "gzip"),))


def in_seconds(seconds: float) -> str:
    """Return a moment from now as HTTP writes it, rounded up."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds + 1), usegmt=True)


def throttled(after: str | None = None) -> Said:
    """Return "too many requests", with or without the time to wait."""
    return Said(b"", 429, "text/plain", (("Retry-After", after),) if after else ())


def sent_on(target: str, status: int = 302) -> Said:
    """Return a redirect."""
    return Said(b"", status, "text/plain", (("Location", target),))


STAYING: dict[str, Callable[[LocalServer], None]] = {
    "silence": always(Said(wait=1.2)),
    "headers that drip": always(Said(raw=HEAD, drip=0.05)),
    "body that drips": always(Said(b'{"a": "' + b"x" * 200 + b'"}', drip=0.05)),
    "body cut": always(Said(b'{"a": "xx', announce=100)),
    "connection closed": always(Said(raw=b"")),
    "no HTTP at all": always(Said(raw=b"SSH-2.0-Invented\r\n")),
    "a header without end": always(Said(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000)),
    "a thousand headers": always(Said(headers=tuple((f"X-{number}", "1") for number in range(1000)))),
    "half a body, stated as whole": changed(lambda said: replace(said, body=said.body[: len(said.body) // 2])),
    "packed body cut": always(packed(gzip.compress(b"[1]" * 1000, mtime=0), cut=12)),
    "packed body damaged": always(packed(gzip.compress(b"[1]" * 1000, mtime=0)[:-8] + b"\0" * 8)),
    "plain body stated as packed": always(packed(b'{"a": 1}')),
    "packed in another way": always(Said(b"\x8b\x01\x80", headers=(("Content-Encoding", "br"),))),
    "packed twice": always(Said(gzip.compress(b"[1]"), headers=(("Content-Encoding", "gzip, gzip"),))),
    "packed body that swells": always(packed(gzip.compress(b" " * 30_000_000, 1))),
    "huge body": always(Said(b"[" + b" " * 1_500_000 + b"]")),
    "body without end": always(Said(b" " * 65_536, times=10_000)),
    "throttled": always(throttled()),
    "throttled for long": always(throttled("900")),
    "throttled until a date": changed(lambda said: throttled(in_seconds(900))),
    "throttled unreadably": always(throttled("soon")),
    "server error": always(Said(b"", 500, "text/plain")),
    "gateway error as a page": always(Said(PAGE, 502, "text/html")),
    "maintenance": always(Said(PAGE, 503, "text/html", (("Retry-After", "3600"),))),
    "refused as a page": always(Said(PAGE, 403, "text/html")),
    "refused as JSON": always(Said(b'{"error": "forbidden"}', 403)),
    "key not accepted": always(Said(b'{"error": "unauthorized"}', 401)),
    "bad request": always(Said(b'{"errors": [{"status": "400", "title": "bad"}]}', 400)),
    "page with status 200": always(Said(PAGE, 200, "text/html")),
    "page stated as JSON": always(Said(PAGE, 200, JSON)),
    "page with status 404": always(Said(PAGE, 404, "text/html")),
    "sentence with status 200": always(Said(SENTENCE, 200, "text/plain")),
    "sentence stated as JSON": always(Said(SENTENCE, 200, JSON)),
    "nothing with status 200": always(Said(b"")),
    "no content": always(Said(b"", 204)),
    "another shape": always(Said(b'{"unexpected": [1]}')),
    "a number": always(Said(b"17")),
    "null": always(Said(b"null")),
    "JSON cut": always(Said(b'{"a": [1, ')),
    "JSON too deep": always(Said(b"[" * 100_000)),
    "no number of JSON": always(Said(b'{"a": NaN}')),
    "wrong encoding": always(Said(b'{"name": "M\xfcller"}', kind=f"{JSON}; charset=utf-8")),
    "redirect loop": changed(lambda said: sent_on("/again")),
    "redirect elsewhere": always(sent_on("https://example.invalid/x")),
    "redirect to a file": always(sent_on("file:///etc/hostname")),
    "redirect to nowhere": always(sent_on("http://[::1")),
    "certificate not trusted": untrusted,
}
"""Faults that stay."""

PASSING: dict[str, Callable[[LocalServer], None]] = {
    "throttled once": first(throttled()),
    "throttled once for a second": first(throttled("1")),
    "throttled once until a date": first(lambda: throttled(in_seconds(0))),
    "server error, then good": first(Said(b"", 500, "text/plain"), Said(PAGE, 502, "text/html")),
    "connection closed once": first(Said(raw=b"")),
    "body cut once": first(Said(b'{"a": "xx', announce=100)),
    "packed body cut once": first(packed(gzip.compress(b"[1]" * 1000, mtime=0), cut=12)),
    "silence once": first(Said(wait=2.0)),
}
"""Faults that are over soon."""

FAULTS = STAYING | PASSING

BY_THE_CLIENT = {
    "a header without end",
    "a thousand headers",
    "body cut once",
    "body that drips",
    "body without end",
    "headers that drip",
    "no HTTP at all",
    "packed body cut",
    "packed body cut once",
    "packed body damaged",
    "packed body that swells",
    "packed in another way",
    "packed twice",
    "plain body stated as packed",
    "redirect to a file",
    "redirect to nowhere",
    "silence once",
    "throttled once for a second",
    "throttled once until a date",
}
"""The client alone deals with these: no source ever sees an answer, so it is enough that one source meets them."""
