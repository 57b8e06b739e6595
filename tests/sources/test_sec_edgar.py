"""SEC EDGAR against a server on this machine: events, figures as known, and every way of not knowing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import polars as pl
import pytest
from sources.local_server import LocalServer, Said
from sources.sec_bodies import (
    CIK,
    FIGURES,
    FILINGS,
    OLDER,
    REFUSAL,
    absent,
    columns,
    facts,
    figure,
    healthy,
    submissions,
)

from credrisk.errors import ParameterError, SourceError
from credrisk.ledger.tables import TABLES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.http import HttpClient
from credrisk.sources.sec_client import cik_of
from credrisk.sources.sec_edgar import SecEdgar
from credrisk.sources.sec_facts import last_known, measure_rows, read_facts
from credrisk.sources.sec_submissions import read_filings

Make = Callable[..., HttpClient]
SUBMISSIONS, FACTS = f"/submissions/CIK{CIK}.json", f"/api/xbrl/companyfacts/CIK{CIK}.json"
ONE = pl.DataFrame({"customer_id": ["C1"], "cik": ["9000001"]})


def fetch(
    server: LocalServer, client: HttpClient, customers: pl.DataFrame = ONE, as_of: str | None = None
) -> SourceResult:
    source = SecEdgar(client, url=server.url)
    return ask_source(source, customers, as_of=as_of)


def statuses(result: SourceResult) -> dict[str, str]:
    return dict(result.answers.select("part", "status").iter_rows())


def test_events_are_known_from_the_filing_date(server: LocalServer, new_client: Make) -> None:
    healthy(server)
    result = fetch(server, new_client())
    told = result.events.sort("known_at", "kind").select("kind", "happened_on", "known_at").rows()
    assert told == [
        ("impairment", date(2010, 5, 4), date(2010, 5, 4)),
        ("listing_notice", date(2019, 12, 10), date(2019, 12, 13)),
        ("delisted_by_exchange", date(2020, 1, 10), date(2020, 1, 10)),
        ("auditor_changed", date(2020, 1, 27), date(2020, 2, 3)),
        ("annual_report_late", date(2020, 3, 30), date(2020, 3, 30)),
        ("bankruptcy", date(2020, 3, 28), date(2020, 3, 30)),
        ("debt_accelerated", date(2020, 3, 28), date(2020, 3, 30)),
    ]
    first = result.events.filter(kind="bankruptcy").row(0, named=True)
    assert first["url"] == "https://www.sec.gov/Archives/edgar/data/9000001/000900000120000009/k9.htm"
    assert (first["customer_id"], first["cik"], first["source"]) == ("C1", CIK, "sec_edgar")
    assert result.events.filter(kind="auditor_changed")["text"].item() == "8-K/A: the auditor changed (amended filing)"
    assert result.events.filter(kind="delisted_by_exchange")["url"].item().endswith("/0009000001-20-000004-index.htm")
    assert result.answers.filter(part="submissions")["reason"].item() == "registered as Invented Ceramics"
    assert result.answers.select("part", "status", "entity", "match_confidence").rows() == [
        ("submissions", "hit", CIK, 1.0),
        ("facts", "hit", CIK, 1.0),
    ]


def test_as_of_keeps_what_had_been_filed_that_day(server: LocalServer, new_client: Make) -> None:
    healthy(server)
    result = fetch(server, new_client(), as_of="2020-01-10")
    assert result.events["known_at"].max() == date(2020, 1, 10)
    assert result.events.height == 3
    assert fetch(server, new_client(), as_of="2020-01-09").events.height == 2
    assert fetch(server, new_client(), as_of="2019-10-31").facts.filter(measure="total_assets")["value"].to_list() == [
        900
    ]


def test_figures_keep_every_statement_and_every_period(server: LocalServer, new_client: Make) -> None:
    healthy(server)
    result = fetch(server, new_client())
    assert result.facts.columns == list(TABLES["facts"].names)
    shown = result.facts.select("measure", "period_start", "period_end", "known_at", "value", "unit").rows()
    year_end, filed = date(2018, 12, 31), date(2019, 2, 20)
    assert shown == [
        ("revenue", date(2018, 1, 1), year_end, filed, 75.0, "USD"),
        ("revenue", date(2018, 10, 1), year_end, filed, 20.0, "USD"),
        ("total_assets", None, year_end, filed, 900.0, "USD"),
        ("total_assets", None, year_end, date(2019, 11, 1), 880.0, "USD"),
    ]


def test_last_known_is_the_last_filed_by_then() -> None:
    figures = read_facts(json.loads(facts(FIGURES))).filter(tag="us-gaap:Assets")
    assert last_known(figures, as_of=date(2019, 10, 31))["value"].to_list() == [900]
    assert last_known(figures, as_of=date(2019, 11, 1))["value"].to_list() == [880]
    assert last_known(figures, as_of=date(2019, 2, 19)).is_empty()


def test_one_value_a_day_the_best_tag_and_the_filings_main_currency() -> None:
    one, two = "0009000001-19-000001", "0009000001-19-000007"
    tags = {
        "Assets": {
            "CNY": [figure("2018-12-31", 700, "2019-02-20", one), figure("2017-12-31", 600, "2019-02-20", one)],
            "USD": [figure("2018-12-31", 100, "2019-02-20", one)],
        },
        "StockholdersEquity": {
            "USD": [
                figure("2018-12-31", 5, "2019-05-01", two),
                figure("2018-12-31", 4, "2019-05-01", "0009000001-19-000006"),
            ]
        },
    }
    rows = measure_rows(read_facts(json.loads(facts(tags))), cik=CIK)
    assert [(row["measure"], row["period_end"].year, row["value"], row["unit"]) for row in rows] == [
        ("equity", 2018, 5.0, "USD"),
        ("total_assets", 2017, 600.0, "CNY"),
        ("total_assets", 2018, 700.0, "CNY"),
    ]


def test_registrant_that_does_not_exist_is_none(server: LocalServer, new_client: Make) -> None:
    server.answers[SUBMISSIONS] = [absent(SUBMISSIONS)]
    result = fetch(server, new_client())
    assert statuses(result) == {"submissions": "none", "facts": "none"}
    assert result.answers["reason"].unique().to_list() == ["EDGAR has no registrant with this CIK"]
    assert server.count(FACTS) == 0


def test_company_without_tagged_figures_is_none_for_facts_only(server: LocalServer, new_client: Make) -> None:
    healthy(server)
    server.answers[FACTS] = [absent(FACTS)]
    assert statuses(fetch(server, new_client())) == {"submissions": "hit", "facts": "none"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(REFUSAL, 403, "text/html"), "Request Rate Threshold Exceeded"),
        (Said(REFUSAL, 200, "text/html"), "web page instead of data"),
        (Said(b"", 500, "text/plain"), "status 500"),
        (Said(b"", 429, "text/plain"), "status 429"),
        (Said(b'{"cik"', 200), "not readable JSON"),
        (Said(b"{}", 200), "names no company"),
        (Said(submissions("0009000002"), 200), "about CIK 0009000002, not 0009000001"),
        (Said(b"not here", 404, "text/plain"), "status 404"),
        (Said(b"<Error><Code>NoSuchKey</Code></Error>", 404, "application/xml"), "status 404"),
        (absent("/submissions/CIK-000000001.json"), "status 404"),
        (Said(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", 404, "application/xml"), "status 404"),
        (
            Said(
                b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "x">]><Error><Code>NoSuchKey</Code>'
                + f"<Key>CIK{CIK}.json</Key></Error>".encode(),
                404,
                "application/xml",
            ),
            "status 404",
        ),
        (Said(json.dumps({"cik": CIK, "filings": {}}).encode()), "another shape"),
        *(
            (
                Said(json.dumps({"cik": CIK, "filings": {"recent": columns(FILINGS), "files": files}}).encode()),
                "another shape",
            )
            for files in (None, 3, "page.json", {"name": "page.json"})
        ),
        (Said(json.dumps({"cik": CIK, "filings": {"recent": None, "files": []}}).encode()), "not readable"),
        (Said(json.dumps({"cik": CIK, "filings": None}).encode()), "another shape"),
        (Said(b"[1]"), "names no company"),
        (
            Said(
                json.dumps(
                    {"cik": CIK, "filings": {"recent": columns(FILINGS) | {"form": ["8-K"]}, "files": []}}
                ).encode()
            ),
            "list of filings is not readable",
        ),
    ],
)
def test_what_cannot_be_read_is_not_measured(server: LocalServer, new_client: Make, said: Said, reason: str) -> None:
    healthy(server)
    server.answers[SUBMISSIONS] = [said]
    result = fetch(server, new_client(retries=1, refusal_pause=0.0))
    answer = result.answers.filter(part="submissions").row(0, named=True)
    assert answer["status"] == "not_measured"
    assert reason in answer["reason"]
    assert result.events.is_empty()
    assert statuses(result)["facts"] == "hit"


@pytest.mark.parametrize(
    "said", [Said(REFUSAL, 403, "text/html"), absent("/older"), Said(json.dumps(columns(OLDER * 2)).encode())]
)
def test_missing_older_filings_are_not_measured_but_recent_ones_stay(
    server: LocalServer, new_client: Make, said: Said
) -> None:
    healthy(server)
    server.answers[f"/submissions/CIK{CIK}-submissions-001.json"] = [said]
    result = fetch(server, new_client(refusal_pause=0.0))
    assert statuses(result) == {"submissions": "not_measured", "facts": "hit"}
    assert result.answers["reason"][0].startswith("an older page of filings was not read")
    assert "bankruptcy" in result.events["kind"].to_list()


def test_unreadable_figures_are_not_measured(server: LocalServer, new_client: Make) -> None:
    for body in (
        b'{"cik": 9000001}',
        facts({"Assets": {"USD": [{"val": 1}]}}),
        facts({"Assets": {"USD": [figure("x", 1, "y", "z")]}}),
    ):
        healthy(server)
        server.answers[FACTS] = [Said(body)]
        client = new_client()
        result = fetch(server, client)
        assert statuses(result) == {"submissions": "hit", "facts": "not_measured"}
        client._session.cache.clear()


def test_customers_without_cik_are_not_measured_and_nobody_is_asked(server: LocalServer, new_client: Make) -> None:
    customers = pl.DataFrame({"customer_id": ["A", "B", "C"], "cik": [None, "", "12-34"]})
    result = fetch(server, new_client(), customers)
    assert result.answers["status"].unique().to_list() == ["not_measured"]
    assert result.answers.height == 6
    assert "got '12-34'" in result.answers["reason"][-1]
    assert server.seen == []


@pytest.mark.parametrize("stated", ["high", "1.5", "nan"])
def test_a_confidence_that_is_no_share_is_not_measured(server: LocalServer, new_client: Make, stated: str) -> None:
    healthy(server)
    result = fetch(server, new_client(), ONE.with_columns(confidence_cik=pl.lit(stated)))
    assert statuses(result) == {"submissions": "not_measured", "facts": "not_measured"}
    assert result.answers["reason"][0] == f"confidence_cik is no number from 0 to 1: {stated!r}"
    assert server.seen == []


def test_older_pages_of_another_shape_are_not_measured_but_recent_filings_stay(
    server: LocalServer, new_client: Make
) -> None:
    healthy(server)
    said = {"cik": CIK, "filings": {"recent": columns(FILINGS), "files": [None, {"name": None}]}}
    server.answers[SUBMISSIONS] = [Said(json.dumps(said).encode())]
    result = fetch(server, new_client())
    assert statuses(result)["submissions"] == "not_measured"
    assert "bankruptcy" in result.events["kind"].to_list()


def test_two_accounts_of_one_registrant_cost_one_request(server: LocalServer, new_client: Make) -> None:
    healthy(server)
    customers = pl.DataFrame({"customer_id": ["B", "A"], "cik": ["9000001", "0009000001"]})
    result = fetch(server, new_client(), customers)
    assert server.count(SUBMISSIONS) == 1
    by_customer = result.events.group_by("customer_id").len().sort("customer_id").rows()
    assert by_customer == [("A", 7), ("B", 7)]
    turned = fetch(server, new_client(), customers.reverse())
    assert turned.events.equals(result.events)
    assert turned.facts.equals(result.facts)
    assert turned.answers.equals(result.answers)


def test_cik_is_read_from_any_usual_spelling() -> None:
    for given in (9000001, 9000001.0, "9000001", "CIK0009000001", " 0009000001 "):
        assert cik_of(given) == CIK
    for given in ("", "0", "12a", "12345678901", "-5", "٣"):
        with pytest.raises(ParameterError, match="cik must be up to ten digits"):
            cik_of(given)


def test_filing_without_a_date_is_unreadable() -> None:
    with pytest.raises(SourceError, match="without date"):
        read_filings(columns([(*OLDER[0][:1], None, *OLDER[0][2:])]))  # type: ignore[list-item]
