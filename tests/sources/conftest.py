"""Fixtures for the tests of outside sources: a local server and a client that is quick to try again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sources.local_server import LocalServer, self_signed, serving

from credrisk.sources.http import HttpClient


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving() as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate that nobody trusts."""
    return self_signed(tmp_path_factory.mktemp("certificate") / "untrusted.pem")


@pytest.fixture
def breaking_server(certificate: Path) -> Iterator[LocalServer]:
    """Run a server that every fault can be set on."""
    with serving(certificate) as running:
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
