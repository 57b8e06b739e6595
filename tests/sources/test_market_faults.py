"""Every fault of a host, at every market source: right status, no hang, nothing half read, never taken for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sources.faults import FAULTS, PASSING, settings_for
from sources.local_server import LocalServer
from sources.market_bodies import play_ecb, play_eurostat, play_fred

from credrisk.sources import ecb, eurostat, fred
from credrisk.sources.http import HttpClient
from credrisk.sources.market_base import ask_market

SOURCES: dict[str, tuple[Any, str, Callable[[LocalServer], dict[str, Any]]]] = {
    "Fred": (fred, "FRED_SERIES", play_fred),
    "Ecb": (ecb, "ECB_SERIES", play_ecb),
    "Eurostat": (eurostat, "EUROSTAT_SERIES", play_eurostat),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("source", sorted(SOURCES))
def test_a_fault_is_never_taken_for_nothing(
    source: str,
    fault: str,
    breaking_server: LocalServer,
    new_client: Callable[..., HttpClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, listed, play = SOURCES[source]
    monkeypatch.setattr(module, listed, getattr(module, listed)[:1])
    FAULTS[fault](breaking_server)
    kwargs = play(breaking_server)
    if "countries" in kwargs:
        kwargs["countries"] = ("DE",)
    market, answers = ask_market([getattr(module, source)(new_client(**settings_for(fault)), **kwargs)])
    assert answers["status"].to_list() == ["hit" if fault in PASSING else "not_measured"]
    assert market.is_empty() == (fault not in PASSING)
