"""GDELT on the transcribed shape: no recorded body is public, so this shows the field names, not the service."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from beside import SHARED
from sources.gdelt_bodies import CUSTOMER
from sources.local_server import Said, serving

from credrisk.sources.base import ask_source
from credrisk.sources.gdelt import Gdelt
from credrisk.sources.http import HttpClient

pytestmark = pytest.mark.real


def test_the_transcribed_shape_and_throttle(tmp_path: Path) -> None:
    shape = json.loads((SHARED / "samples" / "gdelt" / "doc_artlist_shape.json").read_text(encoding="utf-8"))
    throttle = shape["_throttle_body_plain_text_http_429_or_200"].encode()
    body = json.dumps({"articles": shape["articles"]}).encode()
    with (
        serving() as server,
        HttpClient(cache_folder=tmp_path, contact="Example credit@example.com", per_second=500, backoff=0.01) as client,
    ):
        source = Gdelt(client, url=server.url)
        server.say("/doc/doc", Said(body), Said(throttle, 200, "text/html"))
        result = ask_source(source, pl.DataFrame([CUSTOMER]))
        assert result.events.select("kind", "known_at", "url").rows() == [("news", date(2026, 5, 1), "https://…")]
        tone = result.answers.filter(part="tone").row(0, named=True)
        assert tone["status"] == "not_measured"
        assert "one every 5 seconds" in tone["reason"]
        server.say("/doc/doc", Said(throttle, 429, "text/plain"))
        again = ask_source(source, pl.DataFrame([CUSTOMER | {"name": "Tandoluz Alimentos SA"}]))
        assert set(again.answers["status"]) == {"not_measured"}
