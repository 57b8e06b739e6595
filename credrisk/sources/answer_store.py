"""The journal of what sources answered: one SQLite file, every answer in it before the next question goes out.

A run that was interrupted, even killed, goes on from here. Answers are added and not changed, so that what a source
showed on one day stays beside what it shows today; only an answer that brought nothing is replaced by the next, and one
that brought the same again by its repetition.
"""

from __future__ import annotations

import io
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES
from credrisk.sources.base import SourceResult

__all__ = ["STORE_FILE", "AnswerStore", "Kept"]

STORE_FILE = "store.sqlite"
LOCK_FILE = ".enrich-lock.sqlite"
FORMAT = 2
ROWS = ("facts", "events")
_UNPACKED_AT_ONCE = 500
_CREATE = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, customer_id TEXT NOT NULL, part TEXT NOT NULL,
    asked TEXT NOT NULL, asked_on TEXT NOT NULL, requests INTEGER NOT NULL, keeps_history INTEGER NOT NULL,
    entity TEXT, status TEXT NOT NULL, reason TEXT, url TEXT, retrieved_at TEXT, licence TEXT, match_confidence REAL,
    covers_from TEXT, facts BLOB, events BLOB
);
CREATE INDEX IF NOT EXISTS answers_by_customer ON answers (source, customer_id);
"""
_DESCRIBED = (
    "id, source, customer_id, part, asked, asked_on, requests, keeps_history, entity, status, reason, url, "
    "retrieved_at, licence, match_confidence, covers_from, facts IS NOT NULL, events IS NOT NULL"
)


_INSERT = f"INSERT INTO answers VALUES (NULL{', ?' * 17})"  # noqa: S608 - seventeen marks


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer of the journal, without its rows.

    Attributes
    ----------
    asked
        The customer's ids (and how surely they were matched) that it was asked by.
    asked_on
        Day of the question; ``retrieved_at`` is the day of what was answered, which a cache may have kept.
    requests
        How many questions went out for it; on the first part of several.
    covers_from
        First day that it speaks of; None for all (:attr:`~credrisk.sources.base.Answer.covers_from`).
    """

    id: int
    source: str
    customer_id: str
    part: str
    asked: Mapping[str, Any]
    asked_on: date
    requests: int
    keeps_history: bool
    entity: str
    status: str
    reason: str
    url: str
    retrieved_at: date | None
    licence: str
    match_confidence: float | None
    covers_from: date | None
    has_facts: bool
    has_events: bool


class AnswerStore:
    """The journal in a folder; one run at a time may work on it.

    Raises
    ------
    ParameterError
        When another run works on the folder.
    DataError
        When the file is no such journal.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._claim = sqlite3.connect(folder / LOCK_FILE, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._claim.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            self._claim.close()
            raise ParameterError("out", "a folder that no other enrichment works on now", str(folder)) from None
        self._file = folder / STORE_FILE
        self._open: sqlite3.Connection | None = None
        try:
            self._open = self._connected()
        except sqlite3.DatabaseError as error:
            self.close()
            raise DataError(f"{self._file} is no journal of answers ({error}).", remedy="move it away.") from None

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False, timeout=60)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, FORMAT):
            connection.close()
            raise sqlite3.DatabaseError(f"format {version}, not {FORMAT}")
        connection.executescript(_CREATE + f"PRAGMA user_version = {FORMAT};")
        return connection

    def record(
        self,
        answers: Sequence[tuple[Mapping[str, Any], SourceResult | None]],
        *,
        asked: Mapping[str, Any],
        asked_on: date,
        requests: int,
        keeps_history: bool,
    ) -> None:
        """Take down what a source answered about one customer, all parts in one transaction.

        Parameters
        ----------
        answers
            Per part a row of :data:`~credrisk.sources.base.ANSWERS` and the rows it brought (None for none).

        Raises
        ------
        DataError
            When the journal cannot be written, such as on a full disk; nothing half of it is kept.
        """
        question = json.dumps(asked, sort_keys=True, default=str)
        packed = [(answer, [_packed(table, result) for table in ROWS]) for answer, result in answers]
        with self._lock:
            if self._open is None:
                return
            try:
                self._open.execute("BEGIN IMMEDIATE")
                for place, (answer, rows) in enumerate(packed):
                    answer = _replaced(self._open, answer, question, rows, keeps_history)
                    days = (asked_on.isoformat(), requests if place == 0 else 0, int(keeps_history))
                    self._open.execute(_INSERT, (*_place(answer), question, *days, *_said(answer), *rows))
                self._open.execute("COMMIT")
            except sqlite3.Error as error:
                if self._open.in_transaction:
                    self._open.execute("ROLLBACK")
                problem = f"{self._file} cannot be written ({error})."
                raise DataError(problem, remedy="make room, then run again: what was kept stays.") from None

    def kept(self) -> list[Kept]:
        """Return every answer, in the order in which they came."""
        return [_kept(row) for row in self._rows(f"SELECT {_DESCRIBED} FROM answers ORDER BY id")]  # noqa: S608

    def rows(self, table: str, ids: Sequence[int]) -> pl.DataFrame:
        """Return the rows that some answers brought for a table of the ledger, with ``answer``: whose they are."""
        frames = [pl.DataFrame(schema={"answer": pl.Int64, **_as_text(table)})]
        for first in range(0, len(ids), _UNPACKED_AT_ONCE):
            some = ids[first : first + _UNPACKED_AT_ONCE]
            marks = ", ".join("?" * len(some))
            found = self._rows(f"SELECT id, {table} FROM answers WHERE id IN ({marks}) ORDER BY id", some)  # noqa: S608
            parts = [(number, zlib.decompress(blob)) for number, blob in found if blob is not None]
            if parts:
                text = pl.read_ndjson(io.BytesIO(b"".join(part for _, part in parts)), schema=_as_text(table))
                owners = [number for number, part in parts for _ in range(part.count(b"\n"))]
                frames.append(text.select(pl.Series("answer", owners, pl.Int64), pl.all()))
        dates = [c.name for c in TABLES[table].columns if c.kind == "date" and c.name != "retrieved_at"]
        return pl.concat(frames).with_columns(pl.col(dates).str.to_date("%Y-%m-%d"))

    def close(self) -> None:
        """Close the journal and free the folder."""
        with self._lock:
            for connection in (self._open, self._claim):
                if connection is not None:
                    connection.close()
            self._open = None

    def __enter__(self) -> AnswerStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rows(self, query: str, values: Iterable[Any] = ()) -> list[Any]:
        with self._lock:
            if self._open is None:
                raise ParameterError("store", "open", "closed")
            return self._open.execute(query, tuple(values)).fetchall()


def _as_text(table: str) -> dict[str, pl.DataType]:
    """Return the columns of a table as they are written: dates as text."""
    kept = [column for column in TABLES[table].columns if column.name != "retrieved_at"]
    return {c.name: pl.String() if c.kind == "date" else DTYPES[c.kind] for c in kept}


def _packed(table: str, result: SourceResult | None) -> bytes | None:
    """Return the rows of one table, packed; without the day of retrieval, which the answer has."""
    frame = None if result is None else result.facts if table == "facts" else result.events
    if frame is None or frame.is_empty():
        return None
    return zlib.compress(frame.drop("retrieved_at").write_ndjson().encode("utf-8"))


def _place(answer: Mapping[str, Any]) -> tuple[str, str, str]:
    return answer["source"], answer["customer_id"], answer["part"]


def _said(answer: Mapping[str, Any]) -> tuple[Any, ...]:
    day = answer["retrieved_at"] and answer["retrieved_at"].isoformat()
    texts = (answer["entity"], answer["status"], answer["reason"], answer["url"])
    since = answer["covers_from"] and answer["covers_from"].isoformat()
    return (*texts, day, answer["licence"], answer["match_confidence"], since)


def _replaced(
    connection: sqlite3.Connection,
    answer: Mapping[str, Any],
    question: str,
    rows: Sequence[Any],
    keeps_history: bool,
) -> Mapping[str, Any]:
    """Remove what the new answer makes superfluous, an earlier failure or the very same said before; return the answer.

    One that speaks of a window replaces only those whose window it touches, and then speaks of both.
    """
    place = _place(answer)
    where = "source = ? AND customer_id = ? AND part = ?"
    connection.execute(
        f"DELETE FROM answers WHERE {where} AND status = 'not_measured' AND facts IS NULL AND events IS NULL",  # noqa: S608
        place,
    )
    if not keeps_history or answer["status"] == "not_measured":
        return answer
    same = f"FROM answers WHERE {where} AND status = ? AND asked = ? AND facts IS ? AND events IS ?"
    values = (*place, answer["status"], question, *rows)
    since = answer["covers_from"]
    if since is None:
        connection.execute(f"DELETE {same}", values)
        return answer
    touching = f"{same} AND retrieved_at >= ?"
    (first,) = connection.execute(f"SELECT MIN(covers_from) {touching}", (*values, since.isoformat())).fetchone()
    connection.execute(f"DELETE {touching}", (*values, since.isoformat()))
    return {**answer, "covers_from": min(since, date.fromisoformat(first)) if first else since}


def _kept(row: Any) -> Kept:
    return Kept(
        id=row[0],
        source=row[1],
        customer_id=row[2],
        part=row[3],
        asked=json.loads(row[4]),
        asked_on=date.fromisoformat(row[5]),
        requests=row[6],
        keeps_history=bool(row[7]),
        entity=row[8] or "",
        status=row[9],
        reason=row[10] or "",
        url=row[11] or "",
        retrieved_at=date.fromisoformat(row[12]) if row[12] else None,
        licence=row[13] or "",
        match_confidence=row[14],
        covers_from=date.fromisoformat(row[15]) if row[15] else None,
        has_facts=bool(row[16]),
        has_events=bool(row[17]),
    )
