"""Every reader on some hundreds or thousands of changed seeds, the same each time: see tests/fuzz/targets.py."""

from __future__ import annotations

import random
import signal
from types import FrameType

import pytest
from fuzz.targets import SEEDS, TARGETS, changed

RUNS = {
    "amounts": 400,
    "archive": 400,
    "cells": 30,
    "dates": 200,
    "delimited": 1500,
    "export": 150,
    "ledger": 100,
    "mapped": 100,
    "mapping": 1500,
    "packed": 150,
    "wizard": 60,
}
"""Together under a minute; a column of amounts or dates holds some tens of texts each time."""
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
