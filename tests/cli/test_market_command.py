"""`credrisk market`: what it writes, that it grows and never takes away, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from command import credrisk, refused, succeeded
from sources.local_server import LocalServer, Said, serving
from sources.market_bodies import fred_table, play_ecb, play_eurostat, play_fred
from sources.test_market_fetch import on

from credrisk.ledger.tables import TABLES
from credrisk.sources import market_fetch
from credrisk.sources.fred_series import FRED_NOTICE

CONTACT = ("--contact", "Example Trading credit@example.com")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    monkeypatch.setenv("CREDRISK_FRED_KEY", "hidden-key")
    monkeypatch.setenv("COLUMNS", "160")
    with serving() as running:
        kwargs: dict[str, Any] = play_fred(running) | play_ecb(running) | play_eurostat(running)
        monkeypatch.setattr(market_fetch, "Fred", on(market_fetch.Fred, running, csv_url=kwargs["csv_url"]))
        for name in ("Ecb", "Eurostat"):
            monkeypatch.setattr(market_fetch, name, on(getattr(market_fetch, name), running))
        yield running


def test_market_writes_a_table_that_grows(server: LocalServer, tmp_path: Path) -> None:
    out, cache = tmp_path / "public", tmp_path / "cache"
    arguments = ("market", "--out", out, "--cache", cache, "--country", "US", "--country", "DE", *CONTACT)
    first = succeeded(*arguments)
    market = pl.read_csv(out / "market.csv", infer_schema=False)
    assert tuple(market.columns) == TABLES["market"].names
    assert set(market["source"]) == {"fred", "ecb", "eurostat"}
    assert f"{market.height:,} values ({market.height:,} new)" in first.out
    assert FRED_NOTICE in first.out
    assert "lending_standards" in first.out
    asked = len(server.seen)
    again = succeeded(*arguments, "--offline")
    assert "(0 new)" in again.out
    assert len(server.seen) == asked
    assert pl.read_csv(out / "market.csv", infer_schema=False).equals(market)
    succeeded("market", "--out", out, "--cache", cache, "--country", "DE", "--offline")
    assert pl.read_csv(out / "market.csv", infer_schema=False).equals(market)
    answers = pl.read_csv(out / "market_answers.csv", infer_schema=False)
    assert set(answers["source"]) == {"ecb", "eurostat"}
    assert "hidden-key" not in "".join(path.read_text("utf-8") for path in out.iterdir())


def test_nothing_measured_is_said_and_told_by_the_exit_code(tmp_path: Path) -> None:
    out = tmp_path / "public"
    outcome = credrisk("market", "--out", out, "--cache", tmp_path / "cache", "--country", "US", "--offline")
    assert outcome.code == 3
    assert "not in the cache" in outcome.out
    assert "Nothing was measured" in outcome.out
    assert pl.read_csv(out / "market.csv").is_empty()


def test_a_lag_is_assumed_only_when_asked_for(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDRISK_FRED_KEY")
    server.say("/graph/fredgraph.csv", Said(fred_table("DRTSCILM"), 200, "text/csv"))
    out = tmp_path / "public"
    arguments = ("market", "--out", out, "--cache", tmp_path / "cache", "--country", "US", *CONTACT)
    succeeded(*arguments)
    assert set(pl.read_csv(out / "market.csv")["source"]) == {"fred"}
    succeeded(*arguments, "--assume-release-lag")
    rows = pl.read_csv(out / "market.csv").filter(source="fred_lagged")
    assert rows.select("series", "period_end", "known_at").rows() == [
        ("lending_standards", "2023-12-31", "2024-02-29"),
        ("lending_standards", "2024-03-31", "2024-05-30"),
    ]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--country", "BR"), "--country must be one that a source has series of"),
        (("--industry", "Construction"), "--industry must be NACE=NAME"),
        (("--industry", "F=A", "--industry", "F=B"), "--industry must be NACE=NAME, each code once"),
        (("--as-of", "soon"), "--as-of must be a date"),
    ],
)
def test_mistakes_are_told_by_the_option(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    message = refused("market", "--offline", "--out", tmp_path / "public", "--cache", tmp_path / "cache", *arguments)
    assert problem in message


def test_a_table_of_the_users_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "market.csv").write_text("mine")
    message = refused("market", "--offline", "--out", tmp_path, "--cache", tmp_path / "cache")
    assert "a folder without a market.csv of your own" in message
    assert (tmp_path / "market.csv").read_text() == "mine"
    assert not (tmp_path / "market_answers.csv").exists()
