"""FRED on recorded bodies: what was known on a day, and the quarter that is dated by its first day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beside import SHARED
from sources.local_server import LocalServer, Said, serving

from credrisk.dates import month_end, months_after
from credrisk.sources import fred
from credrisk.sources.fred import Fred, read_csv, read_observations
from credrisk.sources.fred_series import FRED_SERIES, FredSeries
from credrisk.sources.http import HttpClient, Reply
from credrisk.sources.market_base import ask_market
from credrisk.sources.market_periods import day_of

BODIES = SHARED / "samples" / "fred"
pytestmark = pytest.mark.real
GDP = FredSeries("GDP", "gdp", "quarter", 1.0, None, "public domain", "billions of US dollars")
DOWNLOADED = date(2024, 10, 8)
"""Of the tables, by their ABOUT.md."""


def body(name: str) -> Any:
    return json.loads((BODIES / name).read_text(encoding="utf-8"))


def recorded(name: str, kind: str = "json", retrieved_at: date = DOWNLOADED) -> Reply:
    return Reply(f"https://recorded.example/{name}", 200, kind, (BODIES / name).read_bytes(), retrieved_at, False)


@pytest.fixture(scope="module")
def gdp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pl.DataFrame]:
    """The market table of all vintages of the gross domestic product."""
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(fred, "FRED_SERIES", (GDP,))
        server.say("/fred/series/observations", Said((BODIES / "observations_GDP_all_vintages.json").read_bytes()))
        yield asked(server, tmp_path_factory.mktemp("fred"))


def asked(server: LocalServer, folder: Path) -> pl.DataFrame:
    with HttpClient(cache_folder=folder, contact="Example credit@example.com", per_second=500) as client:
        market, answers = ask_market([Fred(client, url=server.url, keyed=True)])
    assert answers["status"].to_list() == ["hit"]
    return market


def known(market: pl.DataFrame, end: str, as_of: str) -> float | None:
    """The last value of a period that was known at the end of a day."""
    rows = market.filter(period_end=date.fromisoformat(end)).filter(pl.col("known_at") <= date.fromisoformat(as_of))
    values = rows.sort("known_at")["value"].to_list()
    return values[-1] if values else None


@pytest.mark.parametrize(
    ("end", "as_of", "value"),
    [
        # third quarter of 2008: three estimates, then revisions of the year
        ("2008-09-30", "2008-10-29", None),
        ("2008-09-30", "2008-10-30", 14429.2),
        ("2008-09-30", "2008-11-24", 14429.2),
        ("2008-09-30", "2008-11-25", 14420.5),
        ("2008-09-30", "2008-12-23", 14412.8),
        ("2008-09-30", "2009-07-30", 14412.8),
        ("2008-09-30", "2009-07-31", 14546.7),
        ("2008-09-30", "2013-07-31", 14844.3),
        ("2008-09-30", "2024-10-30", 14898.999),
        # second and third quarter of 2024
        ("2024-06-30", "2024-07-24", None),
        ("2024-06-30", "2024-07-25", 28629.153),
        ("2024-06-30", "2024-08-29", 28652.337),
        ("2024-06-30", "2024-09-26", 29016.714),
        ("2024-09-30", "2024-10-29", None),
        ("2024-09-30", "2024-10-30", 29349.924),
        # fourth quarter of 1989: taken back for the day on which 1994 and later came first; the last known stays
        ("1989-12-31", "1999-10-27", 5537.8),
        ("1989-12-31", "1999-10-28", 5537.8),
        ("1989-12-31", "1999-10-29", 5588.0),
    ],
)
def test_the_product_of_a_quarter_as_known_on_a_day(
    gdp: pl.DataFrame, end: str, as_of: str, value: float | None
) -> None:
    assert known(gdp, end, as_of) == value


@pytest.mark.parametrize("as_of", ["1992-12-22", "1999-10-29", "2008-11-01", "2020-04-29", "2024-10-30"])
def test_what_was_known_agrees_with_the_real_time_of_every_observation(gdp: pl.DataFrame, as_of: str) -> None:
    windows = [
        (row["date"], float(row["value"]))
        for row in body("observations_GDP_all_vintages.json")["observations"]
        if row["realtime_start"] <= as_of <= row["realtime_end"] and row["value"] != "."
    ]
    oracle = {month_end(date.fromisoformat(f"{day[:5]}{int(day[5:7]) + 2:02d}-01")): value for day, value in windows}
    rows = gdp.filter(pl.col("known_at") <= date.fromisoformat(as_of)).sort("known_at")
    seen = dict(rows.group_by("period_end", maintain_order=True).agg(pl.col("value").last()).rows())
    assert {end: seen[end] for end in oracle} == oracle
    withdrawn = set(seen) - set(oracle)  # base years before which FRED no longer shows a quarter
    assert not withdrawn or max(withdrawn) < date(1959, 1, 1)


def test_every_release_is_one_of_the_recorded_vintages(gdp: pl.DataFrame) -> None:
    vintages = {date.fromisoformat(day) for day in body("vintagedates_GDP.json")["vintage_dates"]}
    assert len(vintages) == 393
    assert set(gdp["known_at"]) <= vintages


def test_recorded_pages_of_the_other_kinds_are_read() -> None:
    first, count = read_observations(recorded("observations_GDP_output_type4_initial.json"))
    assert len(first) == count == 132
    assert first[0] == (date(1991, 10, 1), 5736.6, date(1992, 1, 29))
    latest, count = read_observations(recorded("observations_GDP_latest.json"))
    assert len(latest) == count == 315
    assert latest[0] == (date(1946, 1, 1), None, date(2024, 10, 30))
    assert latest[-1] == (date(2024, 7, 1), 29349.924, date(2024, 10, 30))


@pytest.mark.parametrize(
    ("name", "first", "last", "rows", "missing"),
    [
        ("DRBLACBS", (date(1987, 1, 1), 6.75), (date(2024, 4, 1), 1.13), 150, 0),
        ("DRCLACBS", (date(1987, 1, 1), 3.35), (date(2024, 4, 1), 2.74), 150, 0),
        ("ICSA", (date(1967, 1, 7), 208000.0), (date(2024, 9, 28), 225000.0), 3013, 0),
        ("DGS10", (date(1962, 1, 2), 4.06), (date(2024, 10, 3), 3.85), 16373, 697),
        ("T10Y3MM", (date(1982, 1, 1), 1.67), (date(2024, 9, 1), -1.2), 513, 0),
        ("SAHMREALTIME", (date(1959, 12, 1), 0.77), (date(2024, 9, 1), 0.5), 778, 0),
    ],
)
def test_recorded_tables(
    name: str, first: tuple[date, float], last: tuple[date, float], rows: int, missing: int
) -> None:
    read = read_csv(recorded(f"csv/{name}.csv", "text"), name)
    assert (read[0][:2], read[-1][:2]) == (first, last)
    assert (len(read), sum(value is None for _, value, _ in read)) == (rows, missing)


@pytest.mark.parametrize(("lagged", "last_known_at"), [(False, DOWNLOADED), (True, date(2024, 9, 8))])
def test_the_delinquency_of_a_quarter_is_known_weeks_after_its_end(lagged: bool, last_known_at: date) -> None:
    """On 2024-10-08 the last date was 2024-04-01: the quarter that ended on 2024-06-30."""
    wanted = next(wanted for wanted in FRED_SERIES if wanted.id == "DRBLACBS")
    read = read_csv(recorded("csv/DRBLACBS.csv", "text"), wanted.id)
    rows = fred._rows(wanted, read, DOWNLOADED, lagged=lagged)
    assert rows[-1] == {"period_end": date(2024, 6, 30), "value": 0.0113, "known_at": last_known_at}
    if lagged:
        not_yet = wanted.period_end(date(2024, 7, 1))
        assert not_yet > last_known_at


@pytest.mark.parametrize("series_id", ["DRBLACBS", "ICSA", "T10Y3MM"])
def test_no_assumed_lag_says_known_what_the_table_of_that_day_lacks(series_id: str) -> None:
    wanted = next(wanted for wanted in FRED_SERIES if wanted.id == series_id)
    days = [day for day, _, _ in read_csv(recorded(f"csv/{series_id}.csv", "text"), series_id)]
    step = {"quarter": 3, "month": 1}.get(wanted.dated)
    following = months_after(days[-1], step) if step else days[-1] + timedelta(days=7)
    lag = timedelta(days=wanted.lag_days or 0)
    assert wanted.period_end(days[-1]) + lag <= DOWNLOADED < wanted.period_end(following) + lag


def test_recorded_descriptions_agree_with_the_observations() -> None:
    (described,) = body("series_GDP.json")["seriess"]
    assert described["frequency_short"] == "Q"
    latest, _ = read_observations(recorded("observations_GDP_latest.json"))
    valued = [day for day, value, _ in latest if value is not None]
    assert (valued[0], valued[-1]) == (day_of(described["observation_start"]), day_of(described["observation_end"]))
    assert described["last_updated"][:10] == body("vintagedates_GDP.json")["vintage_dates"][-1]
    assert body("series_release_GDP.json")["releases"][0]["name"] == "Gross Domestic Product"
    releases = [day_of(row["date"]) for row in body("release_dates_10.json")["release_dates"]]
    assert len(releases) == 927
    assert releases == sorted(set(releases))
