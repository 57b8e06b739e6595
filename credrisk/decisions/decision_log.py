"""The decision log: who decided what, when, from which inputs, by which model and policy; append-only and verifiable.

One SQLite file in WAL mode with ``synchronous = FULL``: what :meth:`DecisionLog.append` has returned from survives a
power cut, and a process that is killed leaves the log as it was before or after the entry. Reading the head and adding
the entry happen in one transaction that begins IMMEDIATE, so that concurrent writers queue up and lose nothing. The
entries are chained by their hashes (:mod:`credrisk.decisions.decision_chain`).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credrisk.decisions.decision_chain import FIRST, Entry, Verdict, chained, check_chain
from credrisk.errors import CredriskError, DataError, ParameterError

if TYPE_CHECKING:
    from credrisk.decisions.policy import Policy

__all__ = ["DecisionLog", "Record"]

APPLICATION_ID = 0x63726C67
"""``crlg``: tells a decision log from any other SQLite file."""

FORMAT = 1
PATIENCE_SECONDS = 60.0
"""How long a writer waits for the others."""

COLUMNS = tuple(field.name for field in fields(Entry))
TABLE = """CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    customer_id TEXT,
    payload TEXT NOT NULL,
    inputs TEXT,
    model TEXT,
    policy_version TEXT,
    policy_hash TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT"""
NEVER = """CREATE TRIGGER never_{done} BEFORE {verb} ON entries
BEGIN SELECT RAISE(ABORT, 'entries of a decision log are never {done}'); END"""
SCHEMA = (TABLE, NEVER.format(verb="UPDATE", done="changed"), NEVER.format(verb="DELETE", done="removed"))
ADD = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - nothing but question marks
LAST = "SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True)
class Record:
    """One decision to be logged; see :class:`~credrisk.decisions.decision_chain.Entry` for the meaning."""

    kind: str
    payload: Mapping[str, Any]
    customer_id: str | None = None
    inputs: str | None = None
    model: str | None = None


class DecisionLog:
    """An append-only log of decisions in one file.

    Parameters
    ----------
    path
        The file; the first entry creates it, its folder must exist.

    Examples
    --------
    >>> import tempfile
    >>> log = DecisionLog(f"{tempfile.mkdtemp()}/decisions.db")
    >>> log.append("note", {"says": "limit under review"}, author="A. Clerk", customer_id="C1").number
    1
    >>> log.verify().sound
    True
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)

    def append(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        author: str,
        customer_id: str | None = None,
        inputs: str | None = None,
        model: str | None = None,
        policy: Policy | None = None,
        at: datetime | None = None,
    ) -> Entry:
        """Add one entry and return it once it is safely on disk.

        Parameters
        ----------
        kind, payload, author, customer_id, inputs, model
            See :class:`~credrisk.decisions.decision_chain.Entry`.
        policy
            The policy that was in force; its version and hash are stored.
        at
            When it was decided, with its time zone; now where none is given.

        Raises
        ------
        ParameterError
            When a value breaks its rule, or the folder of the file does not exist.
        DataError
            When the file is no decision log.
        CredriskError
            When it cannot be written: read-only, disk full, or another writer kept it for over a minute.
        """
        return self.append_all(
            [Record(kind, payload, customer_id, inputs, model)], author=author, policy=policy, at=at
        )[0]

    def append_all(
        self,
        records: Sequence[Record],
        *,
        author: str,
        policy: Policy | None = None,
        at: datetime | None = None,
        after: int | None = None,
    ) -> list[Entry]:
        """Add several entries, all of them or none.

        Parameters
        ----------
        after
            Number of the last entry that the caller has seen. Where others were added since, nothing is written.

        Raises
        ------
        DataError
            When the log holds entries later than ``after``, or is no decision log.
        """
        version, policy_hash = (policy.version, policy.hash) if policy is not None else (None, None)
        added: list[Entry] = []
        with self._writing() as connection:
            before = connection.execute(LAST).fetchone() or (0, FIRST)
            if after is not None and before[0] != after:
                raise DataError(
                    f"entries were added to {self.path} meanwhile ({before[0]:,}, not {after:,}); nothing was written.",
                    remedy="do the same again: what was added is then seen.",
                )
            for record in records:
                entry = chained(
                    before,
                    kind=record.kind,
                    payload=record.payload,
                    author=author,
                    customer_id=record.customer_id,
                    inputs=record.inputs,
                    model=record.model,
                    policy_version=version,
                    policy_hash=policy_hash,
                    at=at,
                )
                connection.execute(ADD, astuple(entry))
                added.append(entry)
                before = entry.number, entry.hash
        return added

    def read(self, *, customer_id: str | None = None, kind: str | None = None) -> list[Entry]:
        """Return the entries in their order, all or those of one customer or kind."""
        chosen = {"customer_id": customer_id, "kind": kind}
        given = {name: value for name, value in chosen.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given)
        with self._reading() as connection:
            return list(_entries(connection, f"WHERE {where}" if where else "", tuple(given.values())))

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last entry: what is to be kept outside the log."""
        with self._reading() as connection:
            number, found = connection.execute(LAST).fetchone() or (0, FIRST)
            return int(number), str(found)

    def verify(self, head: str | None = None) -> Verdict:
        """Check the file and the whole chain; see :func:`~credrisk.decisions.decision_chain.check_chain`.

        Raises
        ------
        DataError
            When there is no such file or it is no decision log at all. What is wrong inside a log is in the verdict.
        """
        with self._reading() as connection:
            try:
                damage = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
                found = check_chain(_entries(connection), head=head)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as wrong:
                return Verdict(0, FIRST, None, (f"the file is damaged: {wrong}",))
        faults = () if damage == ["ok"] else tuple(f"the file is damaged: {line}" for line in damage)
        return Verdict(found.entries, found.head, found.head_given_at, (*faults, *found.faults))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection inside a transaction that nobody else can be in, and commit it at the end."""
        if not self.path.absolute().parent.is_dir():
            raise ParameterError("log", "in a folder that exists", str(self.path))
        if self.path.is_dir():
            raise ParameterError("log", "a file, not a folder", str(self.path))
        with self._complaining("written"), closing(self._connected("rwc")) as connection:
            if not _is_empty(connection):
                self._check_format(connection)
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                if _is_empty(connection):
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    connection.execute(f"PRAGMA user_version = {FORMAT}")
                    for statement in SCHEMA:
                        connection.execute(statement)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.path.is_file():
            raise ParameterError("log", "an existing decision log", str(self.path))
        # Only who may write can take SQLite's helper files away again; the connection itself changes nothing.
        writable = os.access(self.path, os.W_OK) and os.access(self.path.absolute().parent, os.W_OK)
        with self._complaining("read"), closing(self._connected("rw" if writable else "ro")) as connection:
            connection.execute("PRAGMA query_only = ON")
            self._check_format(connection)
            connection.execute("BEGIN")
            yield connection

    def _connected(self, mode: str) -> sqlite3.Connection:
        place = f"{self.path.absolute().as_uri()}?mode={mode}"
        connection = sqlite3.connect(place, uri=True, timeout=PATIENCE_SECONDS, isolation_level=None)
        if mode != "ro":
            return connection
        try:
            connection.execute("PRAGMA schema_version")
        except sqlite3.OperationalError as wrong:
            # A log in a folder that cannot be written: SQLite wants its helper files there. Without a journal beside it
            # the file is whole, so it may be read as one that nobody changes.
            journal = Path(f"{self.path}-wal")
            cannot = _code(wrong) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not cannot or (journal.exists() and journal.stat().st_size):
                connection.close()
                raise
            connection.close()
            connection = sqlite3.connect(f"{place}&immutable=1", uri=True, isolation_level=None)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_format(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION_ID:
            raise self._no_log("it is empty or made by another program")
        if version != FORMAT:
            raise self._no_log(f"its format is {version}, this version reads {FORMAT}")

    def _no_log(self, why: str) -> DataError:
        return DataError(f"{self.path} is no decision log: {why}.", remedy="give the file that credrisk wrote.")

    @contextmanager
    def _complaining(self, done: str) -> Iterator[None]:
        """Turn what SQLite says into what the user can act on."""
        try:
            yield
        except sqlite3.OperationalError as wrong:
            raise CredriskError(f"The decision log {self.path} cannot be {done}: {_cause(wrong)}.") from None
        except sqlite3.DatabaseError as wrong:
            if _code(wrong) == sqlite3.SQLITE_NOTADB:
                raise self._no_log("it is no SQLite file, or its first bytes were changed") from None
            raise DataError(
                f"the decision log {self.path} is damaged: {wrong}.", remedy="take the last sound copy."
            ) from None


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; while another process does the same SQLite gives up at once, so it is asked with patience."""
    for left in range(int(PATIENCE_SECONDS * 20), -1, -1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as wrong:
            if _code(wrong) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or not left:
                raise
            time.sleep(0.05)


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]


def _entries(connection: sqlite3.Connection, where: str = "", given: tuple[str, ...] = ()) -> Iterator[Entry]:
    asked = f"SELECT {', '.join(COLUMNS)} FROM entries {where} ORDER BY number"  # noqa: S608 - column names of ours
    rows = connection.execute(asked, given)
    return (Entry(*row) for row in rows)


def _code(wrong: sqlite3.Error) -> int:
    """Return the primary code of an error; 0 for one that the sqlite3 module raised by itself."""
    return getattr(wrong, "sqlite_errorcode", 0) & 0xFF


def _cause(wrong: sqlite3.OperationalError) -> str:
    causes = {
        sqlite3.SQLITE_FULL: "the disk is full; nothing was added",
        sqlite3.SQLITE_READONLY: "the file is read-only",
        sqlite3.SQLITE_CANTOPEN: "the file, or the folder it lies in, may not be opened",
        sqlite3.SQLITE_BUSY: f"another process kept it for more than {PATIENCE_SECONDS:.0f} s",
        sqlite3.SQLITE_IOERR: "the disk failed to read or write",
    }
    return causes.get(_code(wrong), str(wrong))
