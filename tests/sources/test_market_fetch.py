"""What is kept over the fetches: snapshots become a history, and nothing known is taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from ledger_files import GOOD, folder_of
from sources.local_server import LocalServer
from sources.market_bodies import play_ecb, play_eurostat, play_fred

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources import market_fetch
from credrisk.sources.ecb import ECB_SERIES
from credrisk.sources.eurostat import EUROSTAT_SERIES
from credrisk.sources.fred_series import FRED_NOTICE, FRED_SERIES, FredSeries
from credrisk.sources.market_fetch import KEY, fetch_market, keep_market, read_market

JUNE, MARCH = date(2024, 6, 30), date(2024, 3, 31)
MAY, JULY, AUGUST = date(2024, 5, 1), date(2024, 7, 1), date(2024, 8, 1)


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows of series, country, industry, period_end, value, known_at; all of one source."""
    full = [(*row, "office") for row in rows]
    return pl.DataFrame(full, schema=read_market("no such file").schema, orient="row")


def row(value: float, known_at: date, end: date = JUNE, country: str | None = "DE") -> tuple[Any, ...]:
    return ("bankruptcy_index", country, None, end, value, known_at)


def test_snapshots_become_a_history() -> None:
    first = table(row(100.0, MAY, MARCH), row(100.0, MAY, MARCH, None))
    kept = keep_market(read_market("no such file"), first)
    assert kept.height == 2
    again = table(row(100.0, JULY, MARCH), row(101.0, JULY), row(100.0, JULY, MARCH, None))
    kept = keep_market(kept, again)
    assert kept.rows() == table(row(100.0, MAY, MARCH, None), row(100.0, MAY, MARCH), row(101.0, JULY)).rows()
    back = table(row(99.0, AUGUST, MARCH), row(101.0, AUGUST))
    kept = keep_market(kept, back)
    assert kept.filter(period_end=MARCH, country="DE").select("value", "known_at").rows() == [(100, MAY), (99, AUGUST)]
    restored = keep_market(kept, table(row(100.0, date(2024, 9, 1), MARCH)))
    assert restored.filter(period_end=MARCH, country="DE")["value"].to_list() == [100, 99, 100]


def test_a_second_fetch_of_one_day_counts_and_an_empty_one_takes_nothing_away() -> None:
    kept = table(row(100.0, MAY))
    assert keep_market(kept, table(row(102.0, MAY))).rows() == table(row(102.0, MAY)).rows()
    assert keep_market(kept, table()).equals(kept)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    kept = table(row(100.5, MAY), row(7.0, JULY, country=None)).sort("country")
    kept.write_csv(tmp_path / "market.csv")
    assert read_market(tmp_path / "market.csv").equals(kept)


@pytest.mark.parametrize(
    "text", ["series,value\na,1\n", "", "series,country,industry,period_end,value,known_at,source\na,,,soon,1,,b\n"]
)
def test_another_table_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "market.csv").write_text(text)
    with pytest.raises(DataError, match=r"move .* away"):
        read_market(tmp_path / "market.csv")


def on(kind: type[Any], server: LocalServer, **changes: Any) -> type[Any]:
    """The same source at the local server."""

    class Local(kind):  # type: ignore[misc]
        limits: ClassVar = {"127.0.0.1": ((500, 1.0),)}

        def __init__(self, client: Any, **given: Any) -> None:
            super().__init__(client, url=server.url, **{**given, **changes})

    return Local


@pytest.fixture
def fetched(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[pl.DataFrame, pl.DataFrame]]:
    monkeypatch.setenv("CREDRISK_FRED_KEY", "hidden-key")
    kwargs = {"Fred": play_fred(server), "Ecb": play_ecb(server), "Eurostat": play_eurostat(server)}
    monkeypatch.setattr(market_fetch, "Fred", on(market_fetch.Fred, server, csv_url=kwargs["Fred"]["csv_url"]))
    monkeypatch.setattr(market_fetch, "Ecb", on(market_fetch.Ecb, server))
    monkeypatch.setattr(market_fetch, "Eurostat", on(market_fetch.Eurostat, server))

    def fetch(*countries: str, **more: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
        contact = "Example credit@example.com"
        return fetch_market(countries=countries or None, cache_folder=tmp_path, contact=contact, **more)

    return fetch


def test_all_sources_of_the_countries_are_asked(
    fetched: Callable[..., tuple[pl.DataFrame, pl.DataFrame]], server: LocalServer
) -> None:
    market, answers = fetched("us", "DE", industries={"F": "Construction"})
    assert set(market["source"]) == {"fred", "ecb", "eurostat"}
    assert set(market.filter(source="fred")["country"]) == {"US"}
    assert set(market.filter(pl.col("source") != "fred")["country"]) == {"DE"}
    assert "Construction" in market["industry"].to_list()
    assert "output_type=1" in server.seen[0][2]  # with a key: the vintages
    assert "hidden-key" not in str(answers.rows())
    again, _ = fetched("us", "DE", industries={"F": "Construction"}, offline=True)
    assert again.equals(market)


def test_only_sources_that_have_a_country_are_asked(
    fetched: Callable[..., tuple[pl.DataFrame, pl.DataFrame]], server: LocalServer
) -> None:
    _, answers = fetched("PL")
    assert set(answers["source"]) == {"eurostat"}
    with pytest.raises(ParameterError, match=r"country must be one that a source has series of .*DE.*; got 'BR'"):
        fetched("BR", "DE")


def test_of_the_past_only_what_keeps_its_history_is_asked(
    fetched: Callable[..., tuple[pl.DataFrame, pl.DataFrame]],
) -> None:
    market, answers = fetched("US", "DE", as_of="2024-08-01")
    assert market["known_at"].max() <= date(2024, 8, 1)
    assert set(market["source"]) == {"fred", "ecb"}
    assert answers.filter(source="eurostat")["status"].to_list() == ["not_measured"]


def test_the_table_is_read_by_the_ledger(
    fetched: Callable[..., tuple[pl.DataFrame, pl.DataFrame]], tmp_path: Path
) -> None:
    market, _ = fetched("US", "DE")
    (tmp_path / "ledger").mkdir()
    read = Ledger.read(folder_of(tmp_path / "ledger", **GOOD, market=market.write_csv()))
    assert read.quarantine.is_empty()
    assert read.table("market").sort(KEY).equals(market.sort(KEY))


DOCS = (Path(__file__).parents[2] / "docs" / "sources-market.md").read_text("utf-8")


def test_the_source_of_the_documentation_works() -> None:
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)[-1], names)  # noqa: S102
    assert names["market"].select("series", "country", "industry", "value").rows() == [
        ("failure_rate", "DE", "Construction", 0.012)
    ]
    assert names["answers"]["status"].to_list() == ["hit"]


def test_the_documentation_names_every_series_its_source_and_its_lag() -> None:
    listed = {line.split("|")[1].strip(): line for line in DOCS.splitlines() if line.startswith("| `")}
    for wanted in (*FRED_SERIES, *ECB_SERIES, *EUROSTAT_SERIES):
        line = listed[f"`{wanted.series}`"]
        assert getattr(wanted, "id", "") in line
        assert getattr(wanted, "dataset", "") in line
        if isinstance(wanted, FredSeries) and wanted.lag_days is not None:
            (lags,) = (line for ids, line in listed.items() if f"`{wanted.id}`" in ids)
            ids, days = lags.split("|")[1].split(","), lags.split("|")[-2].split(",")
            place = [name.strip(" `") for name in ids].index(wanted.id)
            assert int(days[place]) == wanted.lag_days
    assert FRED_NOTICE in DOCS
