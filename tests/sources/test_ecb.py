"""ECB Data Portal: versions dated by the moment from which they were valid; the euro area's countries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sources.local_server import LocalServer, Said
from sources.market_bodies import GERMAN_LOANS, HISTORY, STANDARDS, csv, play_ecb

from credrisk.sources.ecb import EURO_SINCE, Ecb
from credrisk.sources.http import HttpClient
from credrisk.sources.market_base import ask_market

Client = Callable[..., HttpClient]
PATH = f"/data/MIR/{GERMAN_LOANS}"
KEY = f"MIR.{GERMAN_LOANS}"


def test_every_version_is_known_from_the_day_it_was_valid(server: LocalServer, new_client: Client) -> None:
    market, answers = ask_market([Ecb(new_client(), **play_ecb(server))])
    assert market.select("series", "country", "period_end", "value", "known_at").rows() == [
        ("interest_rate", "DE", date(2024, 5, 31), 0.053, date(2024, 7, 3)),
        ("interest_rate", "DE", date(2024, 5, 31), 0.0533, date(2024, 8, 2)),
        ("interest_rate", "DE", date(2024, 6, 30), 0.0521, date(2024, 8, 2)),
        ("lending_standards", "DE", date(2024, 6, 30), 0.035, date(2024, 7, 16)),
    ]
    assert answers.select("series", "country", "status").rows() == [
        ("interest_rate", "DE", "hit"),
        ("interest_rate", "US", "none"),
        ("lending_standards", "DE", "hit"),
        ("lending_standards", "US", "none"),
    ]
    assert "includeHistory=true" in server.seen[0][2]


def test_what_was_known_on_a_day_is_the_version_of_that_day(server: LocalServer, new_client: Client) -> None:
    market, _ = ask_market([Ecb(new_client(), **play_ecb(server))], as_of="2024-08-01")
    assert market.filter(series="interest_rate").select("period_end", "value").rows() == [(date(2024, 5, 31), 0.053)]


def test_an_area_figure_is_given_to_a_country_from_when_it_belonged_to_the_area(
    server: LocalServer, new_client: Client
) -> None:
    table = f"KEY,TIME_PERIOD,OBS_VALUE,VALID_FROM\nBLS.{STANDARDS},2022-Q4,26,2023-01-31T10:00:00+01:00\n"
    server.say(f"/data/BLS/{STANDARDS}", csv(table + f"BLS.{STANDARDS},2023-Q1,27,2023-05-02T10:00:00+02:00\n"))
    market, _ = ask_market([Ecb(new_client(), url=server.url, countries=("DE", "HR"))])
    ends = dict(market.group_by("country").agg("period_end").sort("country").rows())
    assert len(ends["DE"]) == 2
    assert ends["HR"] == [date(2023, 3, 31)]
    assert server.count(f"/data/BLS/{STANDARDS}") == 1
    assert EURO_SINCE["HR"] == date(2023, 1, 1)


def test_a_deleted_version_makes_no_row_and_the_last_of_a_day_counts(server: LocalServer, new_client: Client) -> None:
    later = "{key},M,DE,2024-06,,Delete,2024-09-01T08:00:00+02:00\n{key},M,DE,2024-05,5.4,,2024-08-02T18:00:00+02:00\n"
    server.say(PATH, csv((HISTORY + later).format(key=KEY)))
    market, _ = ask_market([Ecb(new_client(), url=server.url, countries=("DE",))])
    assert market.select("period_end", "value", "known_at").rows() == [
        (date(2024, 5, 31), 0.053, date(2024, 7, 3)),
        (date(2024, 5, 31), 0.054, date(2024, 8, 2)),
        (date(2024, 6, 30), 0.0521, date(2024, 8, 2)),
    ]


HEAD = "KEY,TIME_PERIOD,OBS_VALUE,VALID_FROM\n"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (csv(f"KEY,TIME_PERIOD,OBS_VALUE\n{KEY},2024-05,5.3\n"), "lacks VALID_FROM"),
        (csv(""), "lacks KEY"),
        (csv(f"{HEAD}MIR.OTHER,2024-05,5.3,2024-07-03T10:00:00+02:00\n"), "is about MIR.OTHER"),
        (csv(f"{HEAD}{KEY},2024-05,5.3\n"), "breaks off"),
        (csv(f"{HEAD}{KEY},2024-05,5.3,2024-07-03T10:00:00+02:00,x\n"), "breaks off"),
        (csv(f"{HEAD}{KEY},2024-05,5.3,soon\n"), "is no moment"),
        (csv(f"{HEAD}{KEY},2024-05,5.3,2024-07-03T10:00:00\n"), "no time zone"),
        (csv(f"{HEAD}{KEY},May 2024,5.3,2024-07-03T10:00:00+02:00\n"), "is no date"),
        (Said(b"No results found.", 404, "text/plain"), "status 404"),
        (Said(b"<html><title>Maintenance</title></html>", 200, "text/html"), "answered html"),
        (Said(HEAD.encode() + b"\xff\xff,,,\n", 200, "text/csv"), "not readable"),
    ],
)
def test_what_cannot_be_read_is_not_measured(server: LocalServer, new_client: Client, said: Said, problem: str) -> None:
    play_ecb(server)
    server.say(PATH, said)
    market, answers = ask_market([Ecb(new_client(), url=server.url, countries=("DE",))])
    assert answers["status"].to_list() == ["not_measured", "hit"]
    assert problem in answers["reason"][0]
    assert set(market["series"]) == {"lending_standards"}


def test_a_table_without_rows_is_none(server: LocalServer, new_client: Client) -> None:
    play_ecb(server)
    server.say(PATH, csv(HEAD))
    _, answers = ask_market([Ecb(new_client(), url=server.url, countries=("DE",))])
    assert answers["status"].to_list() == ["none", "hit"]
