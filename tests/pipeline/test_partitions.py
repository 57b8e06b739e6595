"""A stored ledger worked out in partitions gives the panel of the ledger in memory, to the last bit."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from random_ledgers import random_ledger
from stored_ledgers import renamed, side_by_side, with_newcomers

from credrisk.errors import CredriskError, DataError, ParameterError
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.store import open_stored, store_ledger
from credrisk.pipeline import partitions
from credrisk.pipeline.partitions import memory_bytes, panel_parts


def several(seed: int) -> Ledger:
    """Return a ledger of groups that know nothing of each other, and customers with nothing but orders."""
    return with_newcomers(side_by_side([random_ledger(number) for number in range(seed, seed + 5)]))


@pytest.mark.parametrize(("seed", "rows", "workers"), [(1, 5, 1), (2, 40, 1), (3, 10_000, 1), (4, 20, 2)])
def test_partitions_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, rows: int, workers: int
) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", rows)
    ledger = several(seed)
    store_ledger(ledger, tmp_path / "ledger")
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=workers)
    found = pl.concat([pl.read_parquet(file) for file in sorted(out.glob("*.parquet"))])
    assert found.sort("customer_id", "as_of").equals(build_panel(ledger, output="polars"))
    assert (len(list(out.iterdir())) > 3) == (rows < 10_000)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_pandas_reads_the_dates_of_the_parts_as_the_page_says(tmp_path: Path) -> None:
    ledger = random_ledger(2)
    store_ledger(ledger, tmp_path / "ledger")
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", features=["past_due"], workers=1)
    days = build_panel(ledger, features=["past_due"])["as_of"]
    assert (pd.to_datetime(pd.read_parquet(out)["as_of"]) == days).all()
    assert (pd.read_parquet(out, dtype_backend="pyarrow")["as_of"] == days.dt.date).all()


def test_the_panel_needs_neither_pandas_nor_the_functions_of_arrow(tmp_path: Path) -> None:
    store_ledger(random_ledger(2), tmp_path / "ledger")
    script = (
        "import sys; from credrisk.pipeline.partitions import panel_parts\n"
        "panel_parts(*sys.argv[1:], features=['past_due', 'dbt_12m'], workers=1)\n"
        "print(*({'pandas', 'pyarrow.compute'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "ledger"), str(tmp_path / "panel")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == ""


@pytest.mark.parametrize("after", [2, -2])
def test_interrupted_work_is_taken_up_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", 20)
    ledger, done, full_panel = several(6), list[int](), partitions.full_panel
    store_ledger(ledger, tmp_path / "ledger")
    count = len(list(panel_parts(tmp_path / "ledger", tmp_path / "whole", workers=1).iterdir()))
    interrupted = after % count

    def once(*given: Any, **named: Any) -> pl.DataFrame:
        if len(done) == interrupted:
            done.append(interrupted)
            raise KeyboardInterrupt
        done.append(len(done))
        return full_panel(*given, **named)

    monkeypatch.setattr(partitions, "full_panel", once)
    with pytest.raises(KeyboardInterrupt):
        panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=1)
    assert not (tmp_path / "panel").exists()
    monkeypatch.setattr(partitions, "split", None)
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=1)
    parts = sorted(out.glob("*.parquet"))
    assert len(parts) == count == len(done) - 1
    found = pl.concat([pl.read_parquet(file) for file in parts])
    assert found.sort("customer_id", "as_of").equals(build_panel(ledger, output="polars"))
    with pytest.raises(ParameterError, match="output"):
        panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=1)


def test_a_worker_that_is_killed_costs_only_what_it_was_doing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", 5)
    ledger, killed = several(11), list[int]()
    store_ledger(ledger, tmp_path / "ledger")
    strangers = {child.pid for child in multiprocessing.active_children()}

    def kill_one(stage: str, done: int, total: int) -> None:
        if stage == "Computing features" and done == 2:
            worker = next(child for child in multiprocessing.active_children() if child.pid not in strangers)
            assert worker.pid is not None
            killed.append(total)
            os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(CredriskError, match="what was finished is kept"):
        panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=2, progress=kill_one)
    assert not (tmp_path / "panel").exists()
    finished = tmp_path / ".panel.work" / "panel"
    before = {file.name: file.stat().st_mtime_ns for file in finished.glob("part-*.parquet")}
    assert 2 <= len(before) < killed[0]
    (finished / ".part-00099.parquet.draft").mkdir()
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=2)
    after = {file.name: file.stat().st_mtime_ns for file in out.iterdir()}
    assert len(after) == killed[0]
    assert before.items() <= after.items()
    found = pl.concat([pl.read_parquet(file) for file in sorted(out.iterdir())])
    assert found.sort("customer_id", "as_of").equals(build_panel(ledger, output="polars"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def in_words(one: str) -> str:
    """Return a name without digits, of a length of its own, that tells nothing of the id."""
    digest = hashlib.sha256(one.encode()).digest()
    return "".join("abcdefghijklmnoßüж"[byte % 18] for byte in digest[: 9 + digest[0] % 20])


def test_ids_that_are_words_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "LEAST_ROWS_A_PART", 1)
    monkeypatch.setattr(partitions, "MOST_ROWS_A_PART", 20)
    ledger = renamed(several(21), in_words)
    for name, key in (("customers", "customer_id"), ("documents", "document_id"), ("receipts", "receipt_id")):
        ids = ledger.table(name)[key]
        assert ids.n_unique() == len(ids) > 5, name
        assert not ids.str.contains(r"\d").any(), name
        assert ids.str.len_bytes().n_unique() > 3, name
    store_ledger(ledger, tmp_path / "ledger")
    out = panel_parts(tmp_path / "ledger", tmp_path / "panel", workers=1)
    found = pl.concat([pl.read_parquet(file) for file in sorted(out.glob("*.parquet"))])
    expected = build_panel(ledger, output="polars")
    assert found.sort("customer_id", "as_of").equals(expected)
    assert len(list(out.iterdir())) > 3
    plain = build_panel(several(21), output="polars").with_columns(
        pl.col("customer_id").map_elements(in_words, return_dtype=pl.String)
    )
    assert plain.sort("customer_id", "as_of").equals(expected)


def test_a_folder_that_holds_other_files_is_refused_before_the_work(tmp_path: Path) -> None:
    store_ledger(random_ledger(5), tmp_path / "ledger")
    (tmp_path / "panel").mkdir()
    (tmp_path / "panel" / "notes.txt").write_text("mine")
    with pytest.raises(ParameterError, match=r"notes\.txt"):
        panel_parts(tmp_path / "ledger", tmp_path / "panel", overwrite=True)
    assert not (tmp_path / ".panel.work").exists()


def test_a_stored_ledger_comes_back_as_it_was(tmp_path: Path) -> None:
    ledger = random_ledger(5)
    store_ledger(ledger, tmp_path / "ledger")
    again = open_stored(tmp_path / "ledger").ledger()
    assert again.settings == ledger.settings
    assert build_panel(again, output="polars").equals(build_panel(ledger, output="polars"))


def test_what_is_no_stored_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ledger\.json"):
        open_stored(tmp_path)


@pytest.mark.parametrize("text", ["2", "GB", "-1GB", "1MB"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ParameterError):
        memory_bytes(text)


def test_a_size_in_words() -> None:
    assert memory_bytes("2GB") == 2**31
