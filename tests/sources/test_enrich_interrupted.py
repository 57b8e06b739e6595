"""Ten thousand customers, a run cut off by Ctrl-C, another one killed, and no request made twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from sources import notices
from sources.local_server import LocalServer
from sources.notices import hang, notice, unknown

CUSTOMERS = 10_000
LISTED = 5
"""Every fifth company is in the register."""
TESTS = Path(__file__).parents[1]
RUN = """
import sys
import polars as pl
from sources.notices import Notices
from credrisk.sources.enrich import enrich
customers, out, cache = sys.argv[1:]
enrich(pl.read_parquet(customers), [Notices], out=out, cache_folder=cache, contact="Example Ltd credit@example.com")
"""


def start(*arguments: Path) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, beside the server."""
    paths = os.pathsep.join([str(TESTS), *sys.path])
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths}, stderr=subprocess.DEVNULL)


def stop_after(process: subprocess.Popen[bytes], how: signal.Signals, server: LocalServer, requests: int) -> int:
    """Stop a run once the server has seen so many more requests; return how it ended."""
    wanted, until = len(server.seen) + requests, time.monotonic() + 120
    try:
        while len(server.seen) < wanted and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        assert process.poll() is None, "the run ended by itself"
        process.send_signal(how)
        return process.wait(60)
    finally:
        process.kill()
        process.wait()


def test_ten_thousand_customers_cut_off_killed_and_taken_up_again(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.ADDRESS, server.url)
    numbers = [f"{n:08d}" for n in range(CUSTOMERS)]
    for n, number in enumerate(numbers):
        hang(server, number, notice()) if n % LISTED == 0 else unknown(server, number)
    customers, out = tmp_path / "customers.parquet", tmp_path / "public"
    pl.DataFrame({"customer_id": numbers, "company_number": numbers}).write_parquet(customers)

    for how in (signal.SIGINT, signal.SIGKILL):
        assert stop_after(start(customers, out, tmp_path / "cache"), how, server, CUSTOMERS // 4) != 0
        assert not (out / "answers.csv").exists()
        assert len(server.seen) < CUSTOMERS

    assert start(customers, out, tmp_path / "cache").wait(300) == 0
    asked = Counter(path for _, _, path, _, _ in server.seen)
    assert len(asked) == CUSTOMERS
    assert len(server.seen) <= CUSTOMERS + 1  # the one question whose answer the killed process never took down
    answers = pl.read_csv(out / "answers.csv", infer_schema=False)
    assert answers["customer_id"].to_list() == numbers
    assert dict(answers["status"].value_counts().rows()) == {
        "none": CUSTOMERS - CUSTOMERS // LISTED,
        "hit": CUSTOMERS // LISTED,
    }
    assert pl.read_csv(out / "events.csv", infer_schema=False)["company_number"].to_list() == numbers[::LISTED]

    before, files = len(server.seen), {path.name: path.read_bytes() for path in out.glob("*.csv")}
    assert start(customers, out, tmp_path / "another cache").wait(300) == 0
    assert len(server.seen) == before
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == files
