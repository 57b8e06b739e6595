"""Eurostat: a sparse cube multiplied out by hand, known from the day of retrieval."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from sources.local_server import LocalServer, Said
from sources.market_bodies import cube, play_eurostat, unemployment

from credrisk.errors import ParameterError, SourceError
from credrisk.sources.eurostat import Eurostat
from credrisk.sources.http import HttpClient
from credrisk.sources.json_stat import cells
from credrisk.sources.market_base import ask_market

Client = Callable[..., HttpClient]
TODAY = datetime.now(UTC).date()


def test_sparse_values_find_their_place_by_multiplying_out_the_sizes() -> None:
    found = {
        (where["nace_r2"], where["geo"], where["time"]): figure
        for where, figure in cells(cube("BKRT", {"0": 1, "3": 4, "5": 6}))
    }
    # sectors x countries x quarters, the last fastest: place 3 is total, EL, Q2; place 5 is F, DE, Q2
    assert found == {
        ("B-S_X_O_S94", "DE", "2024-Q1"): 1,
        ("B-S_X_O_S94", "EL", "2024-Q2"): 4,
        ("F", "DE", "2024-Q2"): 6,
    }


def test_a_full_cube_is_the_product_of_its_dimensions() -> None:
    content = cube("BKRT", list(range(8)))
    oracle = list(product(("B-S_X_O_S94", "F"), ("DE", "EL"), ("2024-Q1", "2024-Q2")))
    found = [(where["nace_r2"], where["geo"], where["time"]) for where, _ in cells(content)]
    assert found == oracle
    assert [figure for _, figure in cells(content)] == list(range(8))


def without(content: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name not in names}


@pytest.mark.parametrize(
    "content",
    [
        {},
        [],
        None,
        without(cube("BKRT", {}), "size"),
        cube("BKRT", {}) | {"version": "1.0"},
        cube("BKRT", {}) | {"class": "collection"},
        cube("BKRT", {"8": 1}),
        cube("BKRT", {"-1": 1}),
        cube("BKRT", {"x": 1}),
        cube("BKRT", {"0": "high"}),
        cube("BKRT", {"0": float("nan")}),
        cube("BKRT", {}) | {"size": [1, 1, 1, 1, 1, 2, 3]},
        cube("BKRT", {}) | {"dimension": {}},
    ],
)
def test_what_is_no_such_cube_is_an_error(content: Any) -> None:
    with pytest.raises(SourceError):
        list(cells(content))


def test_places_of_a_dimension_that_leave_a_gap_are_an_error() -> None:
    content = cube("BKRT", {"0": 1})
    content["dimension"]["geo"]["category"]["index"] = {"DE": 0, "EL": 2}
    with pytest.raises(SourceError, match="another shape"):
        list(cells(content))


def test_series_by_country_and_sector_are_known_from_the_day_of_retrieval(
    server: LocalServer, new_client: Client
) -> None:
    market, answers = ask_market([Eurostat(new_client(), **play_eurostat(server))])
    assert set(market["known_at"]) == {TODAY}
    assert market.select("series", "country", "industry", "period_end", "value").rows() == [
        ("bankruptcy_index", "DE", None, date(2024, 3, 31), 110.5),
        ("bankruptcy_index", "DE", None, date(2024, 6, 30), 112.0),
        ("bankruptcy_index", "DE", "F", date(2024, 6, 30), 120.0),
        ("bankruptcy_index", "GR", None, date(2024, 6, 30), 98.0),
        ("registration_index", "DE", None, date(2024, 3, 31), 101.0),
        ("unemployment_rate", "DE", None, date(2024, 5, 31), 0.033),
    ]
    status = {(row["series"], row["country"]): row["status"] for row in answers.iter_rows(named=True)}
    assert status["bankruptcy_index", "GR"] == "hit"
    assert status["unemployment_rate", "GR"] == "none"
    assert status["bankruptcy_index", "US"] == "none"
    asked = server.seen[0][2]
    assert "geo=DE&geo=EL" in asked
    assert "indic_bt=BKRT" in asked


def test_sectors_are_called_as_the_ledger_calls_them(server: LocalServer, new_client: Client) -> None:
    kwargs = play_eurostat(server)
    market, _ = ask_market([Eurostat(new_client(), industries={"F": "Construction"}, **kwargs)])
    assert set(market["industry"]) == {None, "Construction"}
    play_eurostat(server)
    market, _ = ask_market([Eurostat(new_client(), industries={}, **kwargs)])
    assert set(market["industry"]) == {None}
    with pytest.raises(ParameterError, match="industries must be one NACE code"):
        Eurostat(new_client(), industries={"F": "Works", "G": "Works"})


def test_the_past_is_refused(server: LocalServer, new_client: Client) -> None:
    _, answers = ask_market([Eurostat(new_client(), **play_eurostat(server))], as_of="2024-12-31")
    assert answers["status"].to_list() == ["not_measured"]
    assert server.seen == []


def renamed(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The same cube, with a dimension of another name."""
    content["id"] = [f"{name}_x" if known == name else known for known in content["id"]]
    content["dimension"][f"{name}_x"] = content["dimension"].pop(name)
    return content


REFUSED = {"error": [{"status": 400, "id": 150, "label": "Invalid value for the dimension geo"}]}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said(json.dumps(REFUSED).encode(), 400), "Invalid value for the dimension geo"),
        (Said(b'{"warning": {"status": 413, "label": "ASYNCHRONOUS_RESPONSE"}}', 413), "status 413"),
        (Said(b'{"warning": {"status": 413}}'), "another shape"),
        (Said(b"<html><title>Busy</title></html>", 200, "text/html"), "web page"),
        (Said(json.dumps(cube("REG", {"0": 1})).encode()), "another slice"),
        (Said(json.dumps(unemployment()).encode()), "another slice"),
        (Said(json.dumps(renamed(cube("BKRT", {"0": 1}), "geo")).encode()), "lacks the dimension 'geo'"),
        (Said(json.dumps(renamed(cube("BKRT", {"0": 1}), "unit")).encode()), "lacks the dimension 'unit'"),
    ],
)
def test_what_cannot_be_read_is_not_measured(server: LocalServer, new_client: Client, said: Said, problem: str) -> None:
    server.say("/data/sts_rb_q", said)
    _, answers = ask_market([Eurostat(new_client(), url=server.url, countries=("DE",))])
    first = answers.row(0, named=True)
    assert (first["series"], first["status"]) == ("bankruptcy_index", "not_measured")
    assert problem in first["reason"]
