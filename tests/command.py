"""The `credrisk` command run inside the test: what it printed, and how it ended."""

from __future__ import annotations

import io
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from credrisk.cli import main

__all__ = ["Outcome", "credrisk", "refused", "succeeded"]

ENTRAILS = re.compile(r"Traceback|\b[A-Za-z_.]+(Error|Exception|Warning)\b|\bErrno\b|site-packages|\bNone\b")
"""What only a programmer can read: a traceback, the name of a kind of exception, a path into a library."""


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed, white space collapsed so that the width of the screen does not matter."""

    code: int
    out: str
    err: str


def credrisk(*arguments: str | Path) -> Outcome:
    """Run one command line. What the command does not turn into a message and an exit code fails the test."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.object(sys, "argv", ["credrisk", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
    outcome = Outcome(code, *(" ".join(stream.getvalue().split()) for stream in (out, err)))
    assert not ENTRAILS.search(outcome.out + outcome.err), outcome
    return outcome


def succeeded(*arguments: str | Path) -> Outcome:
    """Run a command that must end well."""
    outcome = credrisk(*arguments)
    assert outcome.code == 0, outcome
    return outcome


def with_errors(*arguments: str | Path) -> Outcome:
    """Run a command that does its work and must say, by its exit code, that the ledger has errors."""
    outcome = credrisk(*arguments)
    assert outcome.code == 2, outcome
    return outcome


def refused(*arguments: str | Path) -> str:
    """Run a command that must refuse; return its one message."""
    outcome = credrisk(*arguments)
    assert outcome.code == 1, outcome
    assert outcome.err.count("Error:") == 1, outcome
    return outcome.err.partition("Error: ")[2]
