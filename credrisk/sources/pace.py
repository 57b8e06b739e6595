"""How fast a host may be asked, over all threads and processes that share one cache folder.

A small SQLite file holds when every host was asked, and until when it wants to be left alone. Whoever wants to ask
takes a turn in one immediate transaction, if every limit of the host has room for it, and else sleeps until it has.
Nobody holds a turn in the future, so all who wait learn at once that a host has refused.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from credrisk.errors import NotSentError, ParameterError

__all__ = ["Limits", "Pace", "Window"]

Window = tuple[int, float]
"""So many requests in so many seconds, at most."""

Limits = Mapping[str, Sequence[Window]]
"""By host: the windows that all hold. A host stands for its subdomains too, which share one count."""

LONGEST_QUIET = 3600.0
"""Seconds. A host is left alone for no longer; a later end comes from a clock that was set back, and is forgotten."""

JITTER = 0.25
"""Seconds by which two requests may differ on their way to the host; windows of a second and more are kept longer."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS turns (host TEXT NOT NULL, at REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS turns_of_host ON turns (host, at)",
    "CREATE TABLE IF NOT EXISTS parties (host TEXT PRIMARY KEY, "
    "quiet_until REAL NOT NULL, hold_until REAL NOT NULL, longest_window REAL NOT NULL, failures INTEGER NOT NULL)",
)


class Pace:
    """Turns at hosts, kept in ``pace.sqlite`` of the cache folder.

    Parameters
    ----------
    per_second
        Requests a second to any host.
    limits
        Further windows, by host.
    longest_wait
        Seconds that a turn is waited for.

    Raises
    ------
    ParameterError
        When a limit allows nothing.
    """

    def __init__(
        self, folder: Path, *, per_second: float, limits: Limits | None = None, longest_wait: float = 600.0
    ) -> None:
        if not per_second > 0:
            raise ParameterError("per_second", "above 0", per_second)
        for windows in (limits or {}).values():
            for window in windows:
                if not (window[0] >= 1 and window[1] > 0):
                    raise ParameterError("limits", "by host, pairs of requests (1 or more) and seconds", window)
        self._file = folder / "pace.sqlite"
        self._everywhere: Window = (1, 1 / per_second)
        self._limits = {host.lower(): tuple(windows) for host, windows in (limits or {}).items()}
        self._longest_wait = longest_wait
        with self._open() as connection:
            for table in TABLES:
                connection.execute(table)

    def wait(self, host: str) -> bool:
        """Take the next turn at ``host``, sleeping until there is one.

        Returns
        -------
        bool
            Whether requests to it were given up lately (see :meth:`answered`).

        Raises
        ------
        NotSentError
            At once, when the host asked to be left alone for now, or its next turn is too far away.
        """
        who, windows = self._party(host)
        until = time.time() + self._longest_wait
        while True:
            free_at, failed = self._take(who, windows)
            if free_at is None:
                return failed
            if free_at > until:
                raise NotSentError(f"{who}: its limit is used up; the next request may go out in {_away(free_at)}.")
            time.sleep(max(0.001, free_at - time.time()))

    def leave_alone(self, host: str, *, seconds: float) -> None:
        """Ask ``host`` nothing more for some seconds (an hour at most), from any process: it is an error to try."""
        with self._change(host) as state:
            state.quiet_until = max(state.quiet_until, time.time() + min(seconds, LONGEST_QUIET))

    def hold(self, host: str, *, seconds: float) -> None:
        """Let all who want to ask ``host`` wait for some seconds (an hour at most), in any process."""
        with self._change(host) as state:
            state.hold_until = max(state.hold_until, time.time() + min(seconds, LONGEST_QUIET))

    def gave_up(self, host: str, *, allowed: int, seconds: float) -> None:
        """Note that a request to ``host`` was given up; after ``allowed`` in a row it is left alone for ``seconds``."""
        with self._change(host) as state:
            state.failures += 1
            if state.failures >= allowed:
                state.failures = 0
                state.quiet_until = max(state.quiet_until, time.time() + min(seconds, LONGEST_QUIET))

    def answered(self, host: str) -> None:
        """Note that ``host`` answered, which ends a row of failures."""
        with self._change(host) as state:
            state.failures = 0

    def _party(self, host: str) -> tuple[str, tuple[Window, ...]]:
        """Return under which name a host is counted, and its windows, the widest margin for the way included."""
        labels = host.lower().split(".")
        for start in range(len(labels)):
            parent = ".".join(labels[start:])
            if parent in self._limits:
                kept = ((count, seconds + JITTER * (seconds >= 1)) for count, seconds in self._limits[parent])
                return parent, (self._everywhere, *kept)
        return host.lower(), (self._everywhere,)

    def _take(self, host: str, windows: tuple[Window, ...]) -> tuple[float | None, bool]:
        """Take a turn now (None), or return when one may be free; and whether the host failed lately."""
        with self._open() as connection:
            now = time.time()
            state = _read(connection, host)
            if now < state.quiet_until:
                left = state.quiet_until - now
                raise NotSentError(f"{host} refused or failed earlier; it is left alone for another {left:.0f} s.")
            longest = max(state.longest_window, *(seconds for _, seconds in windows))
            forgotten = (host, now - longest, now + 1)  # too old, or from a clock that was set back
            connection.execute("DELETE FROM turns WHERE host = ? AND (at < ? OR at > ?)", forgotten)
            free_at = state.hold_until
            for count, seconds in windows:
                query = "SELECT at FROM turns WHERE host = ? ORDER BY at DESC LIMIT 1 OFFSET ?"
                full = connection.execute(query, (host, count - 1)).fetchone()
                free_at = max(free_at, full[0] + seconds) if full else free_at
            if free_at > now:
                return free_at, state.failures > 0
            connection.execute("INSERT INTO turns VALUES (?, ?)", (host, now))
            if longest > state.longest_window:
                state.longest_window = longest
                _write(connection, host, state)
            return None, state.failures > 0

    @contextmanager
    def _change(self, host: str) -> Iterator[_State]:
        who, _ = self._party(host)
        with self._open() as connection:
            state = _read(connection, who)
            before = replace(state)
            yield state
            if state != before:
                _write(connection, who, state)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=60, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # after a power failure at worst the pace is forgotten
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")


@dataclass
class _State:
    """What is known of a host, beside its turns."""

    quiet_until: float = 0.0
    hold_until: float = 0.0
    longest_window: float = 0.0
    failures: int = 0


def _read(connection: sqlite3.Connection, host: str) -> _State:
    """Return the state of a host; ends further away than any can be are forgotten: a clock was set back."""
    row = connection.execute("SELECT * FROM parties WHERE host = ?", (host,)).fetchone()
    state = _State(*row[1:]) if row else _State()
    last = time.time() + LONGEST_QUIET
    state.quiet_until = state.quiet_until if state.quiet_until <= last else 0.0
    state.hold_until = state.hold_until if state.hold_until <= last else 0.0
    return state


def _write(connection: sqlite3.Connection, host: str, state: _State) -> None:
    connection.execute("INSERT OR REPLACE INTO parties VALUES (?, ?, ?, ?, ?)", (host, *astuple(state)))


def _away(moment: float) -> str:
    seconds = moment - time.time()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
