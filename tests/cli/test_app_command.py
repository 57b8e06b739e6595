"""`credrisk app`: what it refuses before it works anything out; what it shows is tested in a browser."""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path

import pytest
from command import refused, succeeded

from credrisk.errors import CredriskError, ParameterError
from credrisk.widgets.serving import checked, page_address

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture
def no_traces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let temporary folders be made where they can be counted."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_taken_port_is_refused_at_once(no_traces: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = refused("app", SAMPLE, "--port", str(port), "--no-browser")
    assert "--port must be free: another program listens there" in said
    assert str(port) in said
    assert list(no_traces.iterdir()) == []


def test_a_port_that_there_is_not_is_refused() -> None:
    for port in (0, 65536, -1):
        with pytest.raises(ParameterError, match="from 1 to 65535"):
            checked(port)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, no_traces: Path) -> None:
    for name in ("anywidget", "ipykernel", "ipywidgets", "voila.app"):
        with monkeypatch.context() as hidden:
            hidden.setitem(sys.modules, name, None)
            with pytest.raises(CredriskError, match=r"pip install 'credrisk\[notebooks\]'"):
                checked(free())
    monkeypatch.setitem(sys.modules, "voila.app", None)
    assert "credrisk[notebooks]" in refused("app", SAMPLE, "--port", str(free()), "--no-browser")
    assert list(no_traces.iterdir()) == []


def test_results_and_ledgers_that_are_none_are_refused_and_nothing_is_left(no_traces: Path) -> None:
    port = str(free())
    assert "finished credrisk run" in refused("app", SAMPLE, "--results", no_traces / "no", "--port", port)
    assert "ledger" in refused("app", no_traces / "nowhere", "--port", port)
    both = ("--results", no_traces / "no", "--default-from", "100")
    assert "--default-from must be left out" in refused("app", SAMPLE, *both, "--port", port)
    assert list(no_traces.iterdir()) == []


def test_the_help_tells_where_it_can_be_seen_from() -> None:
    told = succeeded("app", "--help").out
    assert "127.0.0.1" in told
    assert "token" in told
    assert page_address(8866, "abc") == "http://127.0.0.1:8866/?token=abc"


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
