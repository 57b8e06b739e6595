"""Orders that cost money: written down before they are sent, sent once, and never again on a guess.

A report that is ordered twice is paid twice. So an order has a key of its own, the journal has it on disk before the
first byte goes out, and a key that was sent is not sent again, whatever happened then: not after a cut connection, not
after a crash, not from another process. Where the answer was lost the order is ``unknown``, and only the provider can
say what became of it. A provider that answers later (status 202) is asked for the result by GET, which costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path

import polars as pl

from credrisk.errors import NotSentError, ParameterError, SourceError
from credrisk.sources.http import JSON, HttpClient
from credrisk.sources.http_reply import Reply

__all__ = ["Orders", "wait_for_result"]

JOURNAL = """CREATE TABLE IF NOT EXISTS orders (
    provider TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, url TEXT NOT NULL, fingerprint TEXT NOT NULL,
    sent_at TEXT NOT NULL, answered_at TEXT, status INTEGER, kind TEXT, charset TEXT, location TEXT, retry_after REAL,
    body BLOB, PRIMARY KEY (provider, key))"""

ORDER = "(provider, key, state, url, fingerprint, sent_at)"
REPLY = ("status", "kind", "charset", "location", "retry_after", "body")
"""What is kept of an answer."""

COLUMNS = {
    "provider": pl.String(),
    "key": pl.String(),
    "state": pl.String(),
    "url": pl.String(),
    "sent_at": pl.Datetime("us", "UTC"),
    "answered_at": pl.Datetime("us", "UTC"),
    "status": pl.Int64(),
}

PAUSE_GROWS = 1.5
LONGEST_PAUSE = 60.0
"""Seconds between two questions for a result."""


class Orders:
    """The journal of orders, an SQLite file that processes may share.

    Parameters
    ----------
    file
        Keep it: without it nobody knows what was ordered.
    """

    def __init__(self, file: str | PathLike[str]) -> None:
        self._file = Path(file)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute(JOURNAL)

    def place(
        self, client: HttpClient, *, provider: str, key: str, url: str, body: object, accept: str = JSON
    ) -> Reply:
        """Send an order, unless its key was sent before, and return what the provider answered then or now.

        Parameters
        ----------
        provider
            Who is asked, and sends the bill.
        key
            What this order is, such as ``"C-17 full report 2025-06"``: one key, one purchase.
        url, body
            Where it goes, and what it says (sent as JSON); kept as a fingerprint, for the key stands for one order.

        Returns
        -------
        Reply
            The answer, also a refusal (status 4xx): the key is used up then too. Kept, so that asking again with the
            same key costs nothing.

        Raises
        ------
        ParameterError
            When the key was used for another order.
        NotSentError
            When nothing left this machine; the key is free.
        SourceError
            When the answer was lost, now or earlier: it says what to look up with the provider.
        """
        fingerprint = hashlib.sha256(json.dumps([url, body], sort_keys=True, allow_nan=False).encode()).hexdigest()
        with self._open() as connection:
            earlier = _find(connection, provider, key)
            if earlier is None:
                order = (provider, key, url, fingerprint, _now())
                connection.execute(f"INSERT INTO orders {ORDER} VALUES (?, ?, 'sent', ?, ?, ?)", order)  # noqa: S608
        if earlier is not None:
            return _answered_then(earlier, fingerprint)
        try:
            reply = client.order(url, body, accept=accept)
        except (NotSentError, ParameterError):
            with self._open() as connection:
                connection.execute("DELETE FROM orders WHERE provider = ? AND key = ?", (provider, key))
            raise
        except SourceError as error:
            raise _lost(self._note("unknown", provider, key), str(error)) from None
        decided = _is_an_answer(reply, accept)
        noted = self._note("answered" if decided else "unknown", provider, key, reply)
        if not decided:
            raise _lost(
                noted, f"{url}: what it answered (status {reply.status}, {reply.kind}) is no answer to an order."
            )
        return reply

    def frame(self) -> pl.DataFrame:
        """Return all orders by the time they were sent: provider, key, state, url, sent_at, answered_at, status.

        ``state`` is ``sent`` (no answer yet, or the process died), ``answered`` or ``unknown`` (the answer was lost).
        """
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(COLUMNS)} FROM orders ORDER BY sent_at, provider, key"  # noqa: S608
            ).fetchall()
        times = [name for name, kind in COLUMNS.items() if isinstance(kind, pl.Datetime)]
        text = {name: pl.String() if name in times else kind for name, kind in COLUMNS.items()}
        return pl.DataFrame([tuple(row) for row in rows], schema=text, orient="row").with_columns(
            pl.col(times).str.to_datetime(time_zone="UTC")
        )

    def _note(self, state: str, provider: str, key: str, reply: Reply | None = None) -> sqlite3.Row:
        seen = (None,) * len(REPLY) if reply is None else tuple(getattr(reply, name) for name in REPLY)
        sets = ", ".join(f"{name} = ?" for name in ("state", "answered_at", *REPLY))
        values = (state, None if reply is None else _now(), *seen, provider, key)
        with self._open() as connection:
            connection.execute(f"UPDATE orders SET {sets} WHERE provider = ? AND key = ?", values)  # noqa: S608
            noted = _find(connection, provider, key)
        if noted is None:
            raise SourceError(f"{self._file}: the journal has lost the order {key!r} to {provider}.")
        return noted

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=60, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


def wait_for_result(
    client: HttpClient,
    url: str,
    *,
    seconds: float,
    pause: float = 2.0,
    ready: Callable[[Reply], bool] = lambda reply: reply.status != 202,
) -> Reply:
    """Ask for the result of an order by GET until it is there.

    Parameters
    ----------
    url
        The address of the result, such as ``location`` of the answer to the order.
    seconds
        How long to ask; the order stays what it is, and its result may be asked for another time.
    pause
        Seconds before the second question; growing, and longer where the provider says so (``Retry-After``).
    ready
        Tells the result from "not yet".

    Raises
    ------
    SourceError
        When it is not there in time, or the provider cannot be asked.
    """
    until = time.monotonic() + seconds
    while True:
        reply = client.ask(url, keep_for=timedelta(0))
        if ready(reply):
            return reply
        wait = max(pause, reply.retry_after)
        if time.monotonic() + wait > until:
            raise SourceError(f"{url}: the result is not there after {seconds:g} s. It can be asked for later.")
        time.sleep(wait)
        pause = min(pause * PAUSE_GROWS, LONGEST_PAUSE)


def _find(connection: sqlite3.Connection, provider: str, key: str) -> sqlite3.Row | None:
    query = "SELECT * FROM orders WHERE provider = ? AND key = ?"
    row: sqlite3.Row | None = connection.execute(query, (provider, key)).fetchone()
    return row


def _is_an_answer(reply: Reply, accept: str) -> bool:
    """Tell whether the provider itself decided: it refused, or took the order in a form that can be read."""
    if not 200 <= reply.status < 300:
        return 400 <= reply.status < 500
    try:
        if "json" in accept and reply.body:
            reply.json(statuses=range(200, 300))
    except SourceError:
        return False
    return True


def _answered_then(order: sqlite3.Row, fingerprint: str) -> Reply:
    if order["fingerprint"] != fingerprint:
        raise ParameterError("key", f"used for one order; it was used on {order['sent_at'][:10]}", order["key"])
    if order["state"] != "answered":
        raise _lost(order, "it was sent earlier.")
    day = datetime.fromisoformat(order["answered_at"]).date()
    return Reply(
        order["url"],
        order["status"],
        order["kind"],
        order["body"],
        day,
        True,
        charset=order["charset"],
        location=order["location"],
        retry_after=order["retry_after"],
    )


def _lost(order: sqlite3.Row, problem: str) -> SourceError:
    provider, sent_at = order["provider"], f"{order['sent_at'][:16].replace('T', ' ')} UTC"
    return SourceError(
        f"{problem} The answer to the order {order['key']!r} of {sent_at} is not known: {provider} may have booked it, "
        f"so it is not sent again. What to do: look with {provider} for an order of that time to {order['url']}. If it "
        "is there, fetch its result by its number; if it is not, order under another key."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
