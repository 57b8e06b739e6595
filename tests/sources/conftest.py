"""Fixtures for the tests of outside sources: a local server and a client that is quick to try again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sources.local_server import LocalServer, serving

from credrisk.sources.http import HttpClient


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving() as running:
        yield running


@pytest.fixture
def new_client(tmp_path: Path) -> Iterator[Callable[..., HttpClient]]:
    """Make clients that share one cache folder."""
    with ExitStack() as stack:

        def make(**changes: Any) -> HttpClient:
            settings = {"cache_folder": tmp_path / "cache", "contact": "Example Ltd credit@example.com"}
            quick = {"per_second": 500.0, "backoff": 0.01, "timeout": (2.0, 5.0)}
            return stack.enter_context(HttpClient(**{**settings, **quick, **changes}))

        yield make
