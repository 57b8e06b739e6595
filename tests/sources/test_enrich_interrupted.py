"""Ten thousand customers, a run cut off by an error, another one killed, and no request made twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources import notices
from sources.local_server import LocalServer
from sources.notices import Notices, hang, notice, unknown

from credrisk.sources.answer_store import STORE_FILE
from credrisk.sources.enrich import Enriched, enrich

CUSTOMERS = 10_000
LISTED = 5
"""Every fifth company is in the register."""
TESTS = Path(__file__).parents[1]
KILLED = """
import sys
import polars as pl
from sources.notices import Notices
from credrisk.sources.enrich import enrich
customers, out, cache = sys.argv[1:]
enrich(pl.read_parquet(customers), [Notices], out=out, cache_folder=cache, contact="Example Ltd credit@example.com")
"""


class Interrupted(Exception):  # noqa: N818
    """What stops the run."""


def register(server: LocalServer) -> pl.DataFrame:
    numbers = [f"{n:08d}" for n in range(CUSTOMERS)]
    for n, number in enumerate(numbers):
        hang(server, number, notice()) if n % LISTED == 0 else unknown(server, number)
    return pl.DataFrame({"customer_id": [f"C{number}" for number in numbers], "company_number": numbers})


def asked(server: LocalServer) -> Counter[str]:
    return Counter(one[2] for one in server.seen)


def test_ten_thousand_customers_cut_off_killed_and_taken_up_again(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.ADDRESS, server.url)
    customers = register(server)
    out, cache = tmp_path / "public", tmp_path / "cache"

    def run(**options: Any) -> Enriched:
        where = {"out": out, "cache_folder": cache, "contact": "Example Ltd credit@example.com"}
        return enrich(customers, [Notices], **{**where, **options})

    def stop(stage: str, done: int, total: int) -> None:
        if done >= CUSTOMERS // 4:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(progress=stop)
    first = len(server.seen)
    assert CUSTOMERS // 4 <= first < CUSTOMERS
    assert max(asked(server).values()) == 1

    kill_when(server, first + CUSTOMERS // 4, customers, out, cache, tmp_path)
    second = len(server.seen)
    assert first < second < CUSTOMERS
    assert (out / STORE_FILE).exists()
    assert not (out / "answers.csv").exists()

    whole = run()
    twice = {path: count for path, count in asked(server).items() if count > 1}
    assert len(twice) <= 1, twice  # the one question whose answer the killed process never got
    assert len(asked(server)) == CUSTOMERS
    assert whole.state.answers["status"].value_counts(sort=True).rows() == [
        ("none", CUSTOMERS - CUSTOMERS // LISTED),
        ("hit", CUSTOMERS // LISTED),
    ]
    assert whole.state.events.height == CUSTOMERS // LISTED
    assert whole.state.events["customer_id"].n_unique() == CUSTOMERS // LISTED

    before, files = len(server.seen), {path: path.read_bytes() for path in whole.files}
    again = run(cache_folder=tmp_path / "no cache")
    assert len(server.seen) == before
    assert {path: path.read_bytes() for path in again.files} == files


def kill_when(
    server: LocalServer, requests: int, customers: pl.DataFrame, out: Path, cache: Path, tmp_path: Path
) -> None:
    """Run in a process of its own and kill it without warning once the server has seen so many requests."""
    customers.write_parquet(tmp_path / "customers.parquet")
    paths = [str(TESTS), *sys.path]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "customers.parquet"), str(out), str(cache)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        until = time.monotonic() + 120
        while len(server.seen) < requests and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert process.poll() is None, "the process ended by itself"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
