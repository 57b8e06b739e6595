"""Pieces of work come back from one process or several, and errors of ours as themselves."""

from __future__ import annotations

import math
import os
from functools import partial

import pytest

from credrisk.engines.processes import SURROUNDINGS, Processes
from credrisk.errors import CredriskError, ParameterError
from credrisk.ledger.money import minor_factor
from credrisk.pipeline.partitions import memory_bytes

HERE = "credrisk.pipeline.partitions"


def test_every_piece_comes_back_once() -> None:
    before = {name: os.environ.get(name) for name in SURROUNDINGS}
    with Processes(2, HERE) as several, Processes(1, HERE) as one:
        pieces = list(range(20))
        assert sorted(several.over(math.factorial, pieces)) == sorted(one.over(math.factorial, pieces))
        assert list(several.over(minor_factor, [])) == []
    assert {name: os.environ.get(name) for name in SURROUNDINGS} == before


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_ours_arrives_as_itself(workers: int) -> None:
    with Processes(workers, HERE) as processes, pytest.raises(ParameterError, match="got 'much'") as raised:
        list(processes.over(memory_bytes, ["2GB", "much"]))
    assert raised.value.parameter == "memory"


def test_a_process_that_ends_by_itself_is_told() -> None:
    with Processes(2, HERE) as processes, pytest.raises(CredriskError, match="ended by itself"):
        list(processes.over(partial(os._exit), [1]))
