"""How fast a host may be asked, over all threads and processes that share one cache folder.

A small SQLite file holds, for every host, when the next request may go out and until when the host asked to be left
alone. A request reserves its turn in one immediate transaction and then waits for it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from credrisk.errors import SourceError

__all__ = ["Pace"]

LONGEST_QUEUE = 3600.0
"""Seconds. A turn further away comes from a clock that was set back, and is forgotten."""


class Pace:
    """Turns at hosts, kept in ``pace.sqlite`` of the cache folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "pace.sqlite"
        with self._open() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS hosts "
                "(host TEXT PRIMARY KEY, next_turn REAL NOT NULL DEFAULT 0, quiet_until REAL NOT NULL DEFAULT 0)"
            )

    def wait(self, host: str, *, per_second: float) -> None:
        """Reserve the next turn at ``host`` and sleep until it comes.

        Raises
        ------
        SourceError
            At once, when the host asked to be left alone for now.
        """
        with self._open() as connection:
            now = time.time()
            next_turn, quiet_until = self._state(connection, host)
            if now < quiet_until <= now + LONGEST_QUEUE:
                raise SourceError(f"{host} refused earlier; it is left alone for another {quiet_until - now:.0f} s.")
            turn = max(now, next_turn) if next_turn <= now + LONGEST_QUEUE else now
            self._keep(connection, host, turn + 1 / per_second, quiet_until)
        time.sleep(max(0.0, turn - now))

    def leave_alone(self, host: str, *, seconds: float) -> None:
        """Ask ``host`` nothing more for some seconds (an hour at most), from any process."""
        with self._open() as connection:
            next_turn, quiet_until = self._state(connection, host)
            until = time.time() + min(seconds, LONGEST_QUEUE)
            self._keep(connection, host, next_turn, max(until, quiet_until))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @staticmethod
    def _state(connection: sqlite3.Connection, host: str) -> tuple[float, float]:
        row = connection.execute("SELECT next_turn, quiet_until FROM hosts WHERE host = ?", (host,)).fetchone()
        return (0.0, 0.0) if row is None else (float(row[0]), float(row[1]))

    @staticmethod
    def _keep(connection: sqlite3.Connection, host: str, next_turn: float, quiet_until: float) -> None:
        connection.execute("INSERT OR REPLACE INTO hosts VALUES (?, ?, ?)", (host, next_turn, quiet_until))
