"""FRED: vintages with a key, today's table without, quarters dated by their first day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest
from sources.local_server import LocalServer, Said
from sources.market_bodies import OBSERVATIONS, TABLE, fred_table, observations, play_fred

from credrisk.errors import ParameterError
from credrisk.sources import fred
from credrisk.sources.fred import Fred
from credrisk.sources.fred_series import FRED_SERIES, FredSeries
from credrisk.sources.http import HttpClient
from credrisk.sources.market_base import ask_market

Client = Callable[..., HttpClient]
DELINQUENCY = next(wanted for wanted in FRED_SERIES if wanted.id == "DRBLACBS")
STANDARDS = next(wanted for wanted in FRED_SERIES if wanted.id == "DRTSCILM")
TODAY = datetime.now(UTC).date()


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Callable[[FredSeries], None]:
    """Let the source have one series only."""
    return lambda wanted: monkeypatch.setattr(fred, "FRED_SERIES", (wanted,))


def asked(server: LocalServer) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(seen[2]).query) for seen in server.seen]


def test_with_a_key_every_vintage_is_dated_by_its_release(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None]
) -> None:
    one(DELINQUENCY)
    client = new_client(secret_params={"127.0.0.1": {"api_key": "hidden-key"}})
    market, answers = ask_market([Fred(client, **play_fred(server))])
    assert market.drop("country", "industry", "source").rows() == [
        ("business_delinquency_rate", date(2024, 3, 31), 0.011, date(2024, 5, 20)),
        ("business_delinquency_rate", date(2024, 3, 31), 0.0112, date(2024, 8, 20)),
        ("business_delinquency_rate", date(2024, 6, 30), 0.0113, date(2024, 8, 20)),
    ]
    assert set(market["country"]) == {"US"}
    assert set(market["source"]) == {"fred"}
    (query,) = asked(server)
    assert query["api_key"] == ["hidden-key"]
    assert query["realtime_start"] + query["realtime_end"] == ["1776-07-04", "9999-12-31"]
    assert query["output_type"] == ["1"]
    assert "hidden-key" not in str(answers.rows())


def test_what_was_known_on_a_day_is_the_vintage_of_that_day(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None]
) -> None:
    one(DELINQUENCY)
    market, _ = ask_market([Fred(new_client(), **play_fred(server))], as_of="2024-08-19")
    assert market.select("period_end", "value").rows() == [(date(2024, 3, 31), 0.011)]


def test_series_that_estimate_the_past_anew_are_taken_as_first_released(
    server: LocalServer, new_client: Client
) -> None:
    server.say(OBSERVATIONS, Said(json.dumps({"count": 0, "observations": []}).encode()))
    _, answers = ask_market([Fred(new_client(), url=server.url, keyed=True)])
    assert set(answers["status"]) == {"none"}
    output = {query["series_id"][0]: query["output_type"][0] for query in asked(server)}
    assert {series for series, kind in output.items() if kind == "4"} == {"NFCI", "STLFSI4"}
    assert len(output) == len(FRED_SERIES)


def test_further_pages_are_asked_for_and_a_missing_one_is_not_measured(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None]
) -> None:
    one(DELINQUENCY)
    first = [("2024-01-01", "2024-05-20", "9999-12-31", "1.10")]
    second = [("2024-04-01", "2024-08-20", "9999-12-31", "1.13")]
    server.say(OBSERVATIONS, Said(observations(first, count=2)), Said(observations(second, count=2)))
    market, _ = ask_market([Fred(new_client(), url=server.url, keyed=True)])
    assert market.height == 2
    assert [query["offset"] for query in asked(server)] == [["0"], ["100000"]]
    server.say(OBSERVATIONS, Said(observations(first, count=3)), Said(observations([], count=3)))
    _, answers = ask_market([Fred(new_client(), url=server.url, keyed=True, since=date(2001, 1, 1))])
    assert answers["status"].to_list() == ["not_measured"]
    assert "1 of 3 observations" in answers["reason"][0]


REFUSED = Said(json.dumps({"error_code": 400, "error_message": "Bad Request. The api_key is wrong."}).encode(), 400)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (REFUSED, "The api_key is wrong"),
        (Said(b"<html><title>Access Denied</title></html>", 403, "text/html"), "Access Denied"),
        (Said(b"Too many requests", 200, "text/plain"), "not readable JSON"),
        (Said(b'{"count": 1, "observations": [{"date": "2024-01-01"}]}'), "another shape"),
        (Said(observations([("2024-01-01", "2024-05-20", "", "1,10")])), "is no number"),
        (Said(observations([("2024-02-30", "2024-05-20", "", "1.10")])), "is no date"),
        (Said(observations([("2024-02-01", "2024-05-20", "", "1.10")])), "not the first day of a quarter"),
        (Said(observations([("2024-04-01", "2024-03-31", "", "1.10")])), "older than its period"),
    ],
)
def test_what_cannot_be_read_is_not_measured(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None], said: Said, problem: str
) -> None:
    one(DELINQUENCY)
    server.say(OBSERVATIONS, said)
    market, answers = ask_market([Fred(new_client(refusal_pause=0), url=server.url, keyed=True)])
    assert market.is_empty()
    assert answers["status"].to_list() == ["not_measured"]
    assert problem in answers["reason"][0]


@pytest.mark.parametrize("header", ["DATE", "observation_date"])
@pytest.mark.parametrize("missing", [".", ""])
def test_without_a_key_all_is_known_from_the_day_of_retrieval(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None], header: str, missing: str
) -> None:
    one(DELINQUENCY)
    table = fred_table("DRBLACBS", header).replace(b",.", f",{missing}".encode())
    server.say(TABLE, Said(table, 200, "application/csv"))
    source = Fred(new_client(), csv_url=server.url)
    market, answers = ask_market([source])
    assert not source.keeps_history
    assert market.select("period_end", "value", "known_at", "source").rows() == [
        (date(2024, 3, 31), 0.0112, TODAY, "fred"),
        (date(2024, 6, 30), 0.0113, TODAY, "fred"),
    ]
    assert answers["licence"].to_list() == [DELINQUENCY.licence]


def test_without_a_key_the_past_is_refused(server: LocalServer, new_client: Client) -> None:
    _, answers = ask_market([Fred(new_client(), csv_url=server.url)], as_of="2024-12-31")
    assert answers["status"].to_list() == ["not_measured"]
    assert server.seen == []


def test_an_assumed_lag_dates_by_the_end_of_the_period_and_says_so(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None]
) -> None:
    one(DELINQUENCY)
    recent = fred_table("DRBLACBS") + f"{TODAY.year}-01-01,2.0\n".encode()
    server.say(TABLE, Said(recent, 200, "text/csv"))
    market, _ = ask_market([Fred(new_client(), csv_url=server.url, assume_release_lag=True)])
    assert set(market["source"]) == {"fred_lagged"}
    known = dict(market.select("period_end", "known_at").rows())
    assert known[date(2024, 6, 30)] == date(2024, 9, 8)  # 70 days after the END of the quarter
    assert max(known.values()) <= TODAY


def test_no_lag_dates_a_series_that_estimates_the_past_anew(server: LocalServer, new_client: Client) -> None:
    answers = Fred(new_client(), csv_url=server.url, assume_release_lag=True).series()
    assert {a.series for a in answers if "anew" in a.reason} == {"financial_conditions", "financial_stress"}
    assert {a.status for a in answers} == {"not_measured"}


def test_a_lag_with_a_key_is_a_mistake(new_client: Client) -> None:
    with pytest.raises(ParameterError, match="assume_release_lag must be left out"):
        Fred(new_client(), keyed=True, assume_release_lag=True)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(b"<html><title>Down</title></html>", 200, "text/html"), "answered html"),
        (Said(b"observation_date,OTHER\n2024-01-01,1\n", 200, "text/csv"), "does not begin with a date and DRBLACBS"),
        (Said(b"Try again later", 200, "text/plain"), "does not begin"),
        (Said(b"", 200, "text/csv"), "does not begin"),
        (Said(b"DATE,DRBLACBS\n2024-01-01\n", 200, "text/csv"), "breaks off"),
        (Said(b"DATE,DRBLACBS\n2024-01-01,1\n2024-01-01,2\n", 200, "text/csv"), "two values"),
        (Said(b"DATE,DRBLACBS\n01/01/2024,1\n", 200, "text/csv"), "is no date"),
        (Said(b"DATE,DRBLACBS\n2024-01-01,\xff\n", 200, "text/csv"), "not readable"),
        (Said(b"DATE,DRBLACBS\n2024-01-01,1\n", 404, "text/csv"), "status 404"),
    ],
)
def test_a_table_that_cannot_be_read_is_not_measured(
    server: LocalServer, new_client: Client, one: Callable[[FredSeries], None], said: Said, problem: str
) -> None:
    one(DELINQUENCY)
    server.say(TABLE, said)
    _, answers = ask_market([Fred(new_client(), csv_url=server.url)])
    assert answers["status"].to_list() == ["not_measured"]
    assert problem in answers["reason"][0]


@pytest.mark.parametrize(
    ("wanted", "day", "end"),
    [
        (DELINQUENCY, date(2024, 4, 1), date(2024, 6, 30)),
        (DELINQUENCY, date(2024, 10, 1), date(2024, 12, 31)),
        (STANDARDS, date(2024, 7, 1), date(2024, 6, 30)),
        (next(w for w in FRED_SERIES if w.id == "UNRATE"), date(2024, 2, 1), date(2024, 2, 29)),
        (next(w for w in FRED_SERIES if w.id == "ICSA"), date(2024, 9, 28), date(2024, 9, 28)),
    ],
)
def test_the_end_of_the_period_follows_from_how_a_series_is_dated(wanted: FredSeries, day: date, end: date) -> None:
    assert wanted.period_end(day) == end


def test_no_series_may_not_be_passed_on() -> None:
    ids = {wanted.id for wanted in FRED_SERIES}
    assert not any(series.startswith(("BAML", "BAA", "AAA")) for series in ids)
    assert len(ids) == len({wanted.series for wanted in FRED_SERIES}) == len(FRED_SERIES)
    assert all(wanted.licence for wanted in FRED_SERIES)


def test_offline_answers_from_the_cache(server: LocalServer, new_client: Client) -> None:
    kwargs: dict[str, Any] = play_fred(server)
    online = ask_market([Fred(new_client(), **kwargs)])[0]
    asked_before = len(server.seen)
    offline = ask_market([Fred(new_client(offline=True), **kwargs)])[0]
    assert offline.equals(online)
    assert len(server.seen) == asked_before
    assert isinstance(online, pl.DataFrame)
