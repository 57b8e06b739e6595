"""The decision log: whole after kills and crowds, and every change of it is found."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credrisk.decisions.decision_chain import FIRST, canonical, check_chain, fingerprint_of
from credrisk.decisions.decision_log import DecisionLog, Record
from credrisk.decisions.policy import Policy
from credrisk.errors import CredriskError, DataError, ParameterError

WRITER = """
import sys
from credrisk.decisions.decision_log import DecisionLog
log, name, times = DecisionLog(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for place in range(times):
    entry = log.append("note", {"writer": name, "place": place}, author=name, customer_id=f"C{place % 3}")
    print(entry.number, entry.hash, flush=True)
"""


def filled(path: Path, entries: int = 6) -> DecisionLog:
    log = DecisionLog(path)
    log.append_all(
        [
            Record(kind, {"amount": 100.5 * place, "says": "führt weiter"}, customer_id=f"C{place % 2}")
            for place, kind in zip(range(entries), ["order", "limit", "note"] * entries, strict=False)
        ],
        author="A. Clerk",
        policy=Policy.default(),
    )
    return log


def tampered(path: Path, *statements: str) -> None:
    """Change a log as somebody with any SQLite tool could."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for trigger in ("never_changed", "never_removed"):
            connection.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            connection.execute(statement)


def test_what_is_written_is_read_back_and_the_chain_holds(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db")
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    last = log.append(
        "policy_change", {"to": "2"}, author="B. Boss", inputs=fingerprint_of({"a": 1}), model="m", at=when
    )
    entries = log.read()
    assert [entry.number for entry in entries] == list(range(1, 8))
    assert entries[-1] == last
    assert (last.at, last.content, last.policy_hash) == ("2026-01-02T03:04:05.000000+00:00", {"to": "2"}, None)
    assert entries[0].policy_hash == Policy.default().hash
    assert entries[0].content["says"] == "führt weiter"
    assert [entry.previous for entry in entries] == [FIRST, *(entry.hash for entry in entries[:-1])]
    assert [entry.number for entry in log.read(customer_id="C1", kind="limit")] == [2]
    verdict = log.verify(last.hash)
    assert (verdict.sound, verdict.entries, verdict.head, verdict.head_given_at) == (True, 7, last.hash, 7)
    assert log.head() == (7, last.hash)
    assert log.verify(entries[2].hash).head_given_at == 3


def test_reading_leaves_no_file_beside_the_log(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.db")
    log.append("note", {"text": "one"}, author="A. Clerk")
    assert log.verify().sound
    assert log.head()
    assert len(log.read()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["decisions.db"]


def test_the_hash_is_what_the_definition_says(tmp_path: Path) -> None:
    """Worked out here from the columns with nothing of the package."""
    import hashlib

    filled(tmp_path / "log.db")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM entries ORDER BY number")]
    for row in rows:
        stored = row.pop("hash")
        text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == stored


@pytest.mark.parametrize(
    "column", ["at", "author", "kind", "customer_id", "payload", "policy_version", "previous", "hash"]
)
@pytest.mark.parametrize("number", [1, 3, 6])
def test_a_changed_cell_is_found(tmp_path: Path, column: str, number: int) -> None:
    log = filled(tmp_path / "log.db")
    changed = f"{column} = replace({column}, substr({column}, 1, 1), 'X')"
    tampered(log.path, f"UPDATE entries SET {changed} WHERE number = {number}")  # noqa: S608
    assert not log.verify().sound


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entries WHERE number = 1",
        "DELETE FROM entries WHERE number = 3",
        "UPDATE entries SET number = number + 10",
        "UPDATE entries SET inputs = '' WHERE number = 2",
        "UPDATE entries SET number = CASE number WHEN 3 THEN -4 ELSE -3 END WHERE number IN (3, 4)",
        "INSERT INTO entries SELECT number + 6, at, author, kind, customer_id, payload, inputs, model, policy_version, "
        "policy_hash, previous, hash FROM entries WHERE number = 6",
    ],
)
def test_removed_moved_and_added_rows_are_found(tmp_path: Path, statement: str) -> None:
    log = filled(tmp_path / "log.db")
    tampered(log.path, statement, "UPDATE entries SET number = -number WHERE number < 0")
    assert not log.verify().sound


def test_removing_an_entry_and_closing_the_gap_is_found(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db")
    tampered(
        log.path,
        "DELETE FROM entries WHERE number = 3",
        *(f"UPDATE entries SET number = {n - 1} WHERE number = {n}" for n in (4, 5, 6)),  # noqa: S608
    )
    assert not log.verify().sound


def test_only_a_head_kept_outside_shows_a_cut_tail(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db")
    _, head = log.head()
    tampered(log.path, "DELETE FROM entries WHERE number > 4")
    assert log.verify().sound
    found = log.verify(head)
    assert not found.sound
    assert "cut off" in found.faults[0]
    assert found.entries == 4


def test_the_head_of_an_empty_log_is_known(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db", entries=1)
    assert log.verify(FIRST).head_given_at == 0


def test_the_file_itself_refuses_changes(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db")
    with closing(sqlite3.connect(log.path)) as connection:
        for statement in ("DELETE FROM entries", "UPDATE entries SET author = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(statement)


def test_every_flipped_byte_is_found_or_changes_nothing(tmp_path: Path) -> None:
    """A byte that no entry lies in (free space, change counters) may go unseen; the entries may not differ."""
    log = filled(tmp_path / "log.db", entries=12)
    whole, entries = log.path.read_bytes(), log.read()
    dice = random.Random(1)
    copy, found = tmp_path / "copy.db", 0
    stored = [whole.index(entry.payload.encode()) for entry in entries]
    places = [place + 3 for place in stored] + [dice.randrange(len(whole)) for _ in range(250)]
    for turn, place in enumerate(places):
        changed = bytearray(whole)
        changed[place] ^= 1 << dice.randrange(8)
        copy.write_bytes(changed)
        for left in (Path(f"{copy}-wal"), Path(f"{copy}-shm")):
            left.unlink(missing_ok=True)
        try:
            sound = DecisionLog(copy).verify().sound
        except CredriskError:
            sound = False
        found += not sound
        assert not sound or DecisionLog(copy).read() == entries, f"byte {place}"
        assert turn >= len(stored) or not sound
    assert found > len(stored)


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False, allow_infinity=False))
    )
)
def test_canonical_text_is_one_for_one_content(pairs: list[tuple[str, float]]) -> None:
    content = dict(pairs)
    text = canonical(content)
    assert canonical(dict(reversed(list(content.items())))) == text
    assert canonical(json.loads(text)) == text


def test_an_empty_chain_is_sound() -> None:
    assert check_chain([]).sound


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "Two words"}, "kind must be"),
        ({"author": " "}, "author must be"),
        ({"payload": {"a": float("nan")}}, "payload must be"),
        ({"payload": {"a": object()}}, "payload must be"),
        ({"payload": {1: 2}}, "payload must be"),
        ({"payload": {"a": "\ud800"}}, "payload must be"),
        ({"payload": [1]}, "payload must be"),
        ({"at": datetime(2026, 1, 1)}, "at must be"),
    ],
)
def test_an_entry_that_breaks_a_rule_is_not_added(tmp_path: Path, change: dict[str, object], message: str) -> None:
    log = filled(tmp_path / "log.db")
    arguments: dict[str, object] = {"kind": "note", "payload": {}, "author": "A. Clerk"} | change
    with pytest.raises(ParameterError, match=message):
        log.append(**arguments)  # type: ignore[arg-type]
    assert log.verify().entries == 6


def test_several_entries_are_added_all_or_none(tmp_path: Path) -> None:
    log = filled(tmp_path / "log.db")
    with pytest.raises(ParameterError):
        log.append_all([Record("note", {}), Record("note", {"a": float("inf")})], author="A. Clerk")
    assert log.verify().entries == 6


def started(path: Path, name: str, times: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_four_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path, times = tmp_path / "log.db", 25
    writers = [started(path, f"writer {name}", times) for name in range(4)]
    told = [writer.communicate(timeout=120) for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, told
    log = DecisionLog(path)
    assert log.verify().sound
    entries = log.read()
    assert len(entries) == 4 * times
    for name in range(4):
        assert [e.content["place"] for e in entries if e.author == f"writer {name}"] == list(range(times))
    assert {tuple(line.split()) for out, _ in told for line in out.splitlines()} == {
        (str(entry.number), entry.hash) for entry in entries
    }


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_leaves_a_sound_log_with_all_that_it_was_promised(tmp_path: Path, seed: int) -> None:
    path, dice = tmp_path / "log.db", random.Random(seed)
    told: list[tuple[str, str]] = []
    for turn in range(2):
        writer = started(path, f"turn {turn}", 100_000)
        assert writer.stdout is not None
        told.append(tuple(writer.stdout.readline().split()))  # type: ignore[arg-type]
        time.sleep(dice.uniform(0, 0.1))
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate()
        told += [tuple(line.split()) for line in rest.splitlines(keepends=True) if line.endswith("\n")]  # type: ignore[misc]
        log = DecisionLog(path)
        verdict = log.verify(told[-1][1])
        assert verdict.sound
        stored = {(str(entry.number), entry.hash) for entry in log.read()}
        assert set(told) <= stored
    assert DecisionLog(path).append("note", {}, author="A. Clerk").number == len(stored) + 1


def test_what_is_no_log_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are notes, and no database at all, however long the text may become. " * 20)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (a)")
    for path in (text, other):
        before = path.read_bytes()
        for act in (lambda log: log.append("note", {}, author="A"), lambda log: log.verify(), lambda log: log.read()):
            with pytest.raises(DataError, match="is no decision log"):
                act(DecisionLog(path))
        assert path.read_bytes() == before
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(DataError, match="empty or made by another"):
        DecisionLog(empty).verify()
    for missing in (tmp_path / "none.db", tmp_path):
        with pytest.raises(ParameterError, match="existing decision log"):
            DecisionLog(missing).verify()
    with pytest.raises(ParameterError, match="folder that exists"):
        DecisionLog(tmp_path / "no" / "log.db").append("note", {}, author="A")
    with pytest.raises(ParameterError, match="not a folder"):
        DecisionLog(tmp_path).append("note", {}, author="A")


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = filled(tmp_path / "log.db")
    opened = DecisionLog._connected

    def small(self: DecisionLog, mode: str) -> sqlite3.Connection:
        connection = opened(self, mode)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite raises it to the size that the file has
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(DecisionLog, "_connected", small)
        with pytest.raises(CredriskError, match="the disk is full; nothing was added"):
            log.append_all([Record("note", {"says": "x" * 500})] * 100, author="A. Clerk")
    verdict = log.verify()
    assert verdict.sound
    assert verdict.entries == 6


READ_ONLY = """
import os, sys
from credrisk.decisions.decision_log import DecisionLog
from credrisk.errors import CredriskError
if os.getuid() == 0:  # root may write everywhere
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
log = DecisionLog(sys.argv[1])
print(log.verify().sound, len(log.read()))
try:
    log.append("note", {}, author="A. Clerk")
except CredriskError as wrong:
    print(wrong)
"""


@pytest.mark.parametrize("folder_mode", [0o555, 0o755])
def test_a_read_only_log_is_verified_and_says_why_it_cannot_be_written(folder_mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:  # not tmp_path: other users may not even look into that
        place = Path(name)
        log = filled(place / "log.db")
        log.path.chmod(0o444)
        place.chmod(folder_mode)
        try:
            command = [sys.executable, "-c", READ_ONLY, str(log.path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        finally:
            place.chmod(0o755)
    said = done.stdout.splitlines()
    assert said[:1] == ["True 6"], done
    assert "cannot be written" in said[1]
    assert "read-only" in said[1] or "may not be opened" in said[1]
