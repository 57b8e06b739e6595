"""The Gazette on entries that public programs quote; no whole answer of the journal has been recorded."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from beside import SHARED
from sources.local_server import Said, serving

from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.gazette import Gazette
from credrisk.sources.http import HttpClient

ENTRIES = SHARED / "samples" / "gazette" / "entry_shape_excerpts.json"
pytestmark = pytest.mark.real


def ask(folder: Path, number: str, places: slice) -> SourceResult:
    """Ask about a number; the answer is the quoted one with some of its entries and their count."""
    content = json.loads(ENTRIES.read_text("utf-8"))
    entries = [{"id": "https://www.thegazette.co.uk/id/notice/1", **entry} for entry in content["entry"][places]]
    body = {**content, "f:total": str(len(entries)), "entry": entries, "link": []}
    with (
        serving() as server,
        HttpClient(cache_folder=folder, contact="Example credit@example.com", per_second=500) as client,
    ):
        server.say("/insolvency/notice/data.json", Said(json.dumps(body).encode()))
        return ask_source(
            Gazette(client, url=server.url), pl.DataFrame({"customer_id": ["C"], "company_number": [number]})
        )


def test_winding_up_order_of_the_company_it_names(tmp_path: Path) -> None:
    result = ask(tmp_path, "09857485", slice(1, 2))
    assert result.answers["status"].item() == "hit"
    assert result.events.select("kind", "known_at").rows() == [("winding_up_order", date(2026, 7, 4))]


def test_winding_up_order_of_another_company(tmp_path: Path) -> None:
    assert ask(tmp_path, "09857486", slice(1, 2)).answers["status"].item() == "none"


def test_excerpt_that_names_no_number_is_not_measured(tmp_path: Path) -> None:
    """The notice of 2008 (code 2431, by the members: solvent) shows no number, and its full text is not there."""
    result = ask(tmp_path, "00000123", slice(0, 2))
    assert result.answers["status"].item() == "not_measured"
    assert result.events.is_empty()
