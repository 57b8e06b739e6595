"""Every reader on some hundreds or thousands of changed seeds, the same each time: see tests/fuzz/targets.py."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import pytest
from fuzz.targets import SEEDS, TARGETS, changed

RUNS = {
    "amounts": 200,
    "archive": 1500,
    "cells": 25,
    "dates": 200,
    "delimited": 1500,
    "export": 45,
    "ledger": 100,
    "mapped": 100,
    "mapping": 1500,
    "packed": 150,
    "wizard": 30,
}
"""Together well under a minute of processor time: reading a whole ledger or workbook takes tens of milliseconds, and a
column of amounts or dates holds some tens of texts each time. `make fuzz` goes on from there."""
HANGS_AFTER = 60


def _too_long(_: int, __: FrameType | None) -> None:
    raise AssertionError(f"no answer within {HANGS_AFTER} s")


@pytest.mark.parametrize("name", TARGETS)
def test_changed_seeds_are_read_set_aside_or_refused(name: str) -> None:
    chance = random.Random(7)
    seeds = SEEDS[name]()
    signal.signal(signal.SIGALRM, _too_long)
    try:
        for number in range(RUNS[name]):
            data = seeds[number] if number < len(seeds) else changed(chance.choice(seeds), chance)
            signal.alarm(HANGS_AFTER)
            try:
                TARGETS[name](data)
            except Exception as fault:
                raise AssertionError(f"{name} on {data!r}: {type(fault).__name__}: {fault}") from fault
    finally:
        signal.alarm(0)


@pytest.mark.parametrize(
    ("name", "place"),
    [(name, place) for name in ("export", "ledger", "mapped", "wizard") for place in range(len(SEEDS[name]()))],
)
def test_a_sound_seed_is_read_with_its_rows(name: str, place: int) -> None:
    assert TARGETS[name](SEEDS[name]()[place])


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not there for every system")
def test_the_fuzzing_under_atheris_runs() -> None:
    runner = Path(__file__).with_name("run.py")
    options = ["--runs", "40", "--targets", "delimited"]
    done = subprocess.run([sys.executable, str(runner), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "broken: none" in done.stdout
