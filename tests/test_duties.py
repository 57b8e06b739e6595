"""The table of duties is true: all are there, every command, function, notebook and test that it names exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.main import get_command

from credrisk.cli.app import app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "duties.md").read_text(encoding="utf-8")
STATES = ("served", "in part", "not served")
HOW_MANY = 44


class Duty(NamedTuple):
    number: int
    duty: str
    state: str
    served_by: list[str]
    shown_by: list[str]
    missing: str


def duties() -> list[Duty]:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if re.match(r"\| \d", line)]
    return [
        Duty(int(number), duty, state, re.findall(r"`([^`]+)`", served), re.findall(r"`([^`]+)`", shown), missing)
        for number, duty, state, served, shown, missing in rows
    ]


DUTIES = duties()


def is_command(words: str) -> bool:
    """Say whether these words lead to a command, or to one that has commands below it and may be called itself."""
    found = get_command(app)
    for word in words.split():
        found = getattr(found, "commands", {}).get(word)
        if found is None:
            return False
    return True


def imported(dotted: str) -> object:
    """Return what a dotted name of the package stands for."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(module), name)


def test_every_duty_is_there_once_in_order():
    assert [duty.number for duty in DUTIES] == list(range(1, HOW_MANY + 1))
    assert len({duty.duty for duty in DUTIES}) == HOW_MANY


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: str(duty.number))
def test_what_serves_a_duty_exists(duty: Duty):
    assert duty.state in STATES
    for named in duty.served_by:
        if named.startswith("credrisk "):
            assert is_command(named.removeprefix("credrisk ")), named
        elif named.startswith("credrisk."):
            assert callable(imported(named)), named
        else:
            assert (ROOT / named).is_file(), named
    for named in duty.shown_by:
        assert named.startswith("tests/"), named
        assert "def test_" in (ROOT / named).read_text(encoding="utf-8"), named
    if duty.state != "not served":
        assert duty.served_by
        assert duty.shown_by
    if duty.state != "served":
        assert duty.missing


def test_commands_named_in_words_exist_too():
    for named in re.findall(r"`credrisk ([a-z -]+)`", PAGE):
        assert is_command(named), named


def test_no_command_that_is_not_there_passes():
    assert not is_command("collect")
    assert not is_command("log wish")
    assert is_command("log contact")
    with pytest.raises(AttributeError):
        imported("credrisk.collect")
