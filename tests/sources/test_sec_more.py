"""EDGAR's daily index, full-text search and data sets, and CourtListener, against bodies of invented companies."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources import courtlistener_bodies as courts
from sources import sec_text_bodies as texts
from sources.local_server import LocalServer, Said

from credrisk.errors import SourceError
from credrisk.sources import sec_statements
from credrisk.sources.base import Answer, ask_source
from credrisk.sources.courtlistener import CourtListener
from credrisk.sources.http import HttpClient
from credrisk.sources.sec_full_text import SecFullText
from credrisk.sources.sec_index import daily_index, read_index
from credrisk.sources.sec_statements import read_statement_set
from credrisk.sources.sec_submissions import filing_events, former_names, read_filings

Make = Callable[..., HttpClient]
INDEX = b"""Description: Daily Index

Form Type   Company Name              CIK         Date Filed  File Name
---------------------------------------------------------------------------------
10-K        INVENTED CERAMICS         9000001     20200330    edgar/data/9000001/0009000001-20-000009.txt
8-K         ZWEITE ERFUNDENE AG       123         20200330    edgar/data/123/0009000001-20-000010.txt
"""


def filings(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Filings of (day, form, items), numbered in the order given."""
    days, forms, items = (list(column) for column in zip(*rows, strict=True))
    numbers = [f"0009000001-20-{place:06d}" for place in range(len(rows))]
    page = {"accessionNumber": numbers, "filingDate": days, "reportDate": [""] * len(rows), "form": forms}
    return read_filings(page | {"items": items, "primaryDocument": [""] * len(rows)})


def kinds(*rows: tuple[str, str, str]) -> list[str]:
    return [event["kind"] for event in filing_events(filings(*rows), cik="0009000001")]


def test_only_the_first_bankruptcy_in_24_months_counts() -> None:
    told = kinds(("2020-01-01", "8-K", "1.03"), ("2021-12-31", "8-K", "1.03"), ("2024-01-01", "8-K", "1.03"))
    assert told == ["bankruptcy", "bankruptcy_progress", "bankruptcy"]


def test_a_notice_on_the_listing_is_adverse_only_beside_distress_known_by_then() -> None:
    assert kinds(("2020-01-01", "8-K", "3.01"), ("2020-02-01", "NT 10-K", "")) == [
        "listing_notice",
        "annual_report_late",
    ]
    assert kinds(("2020-01-01", "NT 10-K", ""), ("2020-12-31", "8-K", "3.01"))[-1] == "delisting_notice"
    assert kinds(("2020-01-01", "NT 10-K", ""), ("2021-01-01", "8-K", "3.01"))[-1] == "listing_notice"
    assert kinds(("2020-01-01", "8-K", "3.01"), ("2020-07-01", "8-K", "3.01"))[-1] == "delisting_notice"
    assert kinds(("2020-01-01", "8-K", "3.01,4.02")) == ["delisting_notice", "statements_withdrawn"]


def test_a_move_to_another_exchange_is_known_from_the_application() -> None:
    assert kinds(("2020-01-01", "8-K", "3.01"), ("2020-03-01", "8-A12B", "")) == [
        "listing_notice",
        "listing_transferred",
    ]
    assert kinds(("2020-01-01", "8-K", "3.01"), ("2020-03-02", "8-A12B", "")) == ["listing_notice"]
    assert kinds(("2020-01-01", "8-A12B", ""), ("2020-01-10", "25-NSE", "")) == ["listing_transferred"]
    assert kinds(("2020-01-10", "25-NSE", ""), ("2020-01-11", "8-A12B", "")) == ["delisted_by_exchange"]


def test_what_a_filing_is_taken_for_never_depends_on_later_ones() -> None:
    rows = [
        ("2019-01-01", "8-K", "3.01"),
        ("2019-02-01", "8-A12B", ""),
        ("2019-06-01", "NT 10-K", ""),
        ("2019-07-01", "8-K", "3.01,4.01"),
        ("2020-01-01", "25-NSE", ""),
        ("2020-02-01", "8-K", "1.03,2.04"),
        ("2020-09-01", "8-K", "1.03"),
    ]
    whole = filing_events(filings(*rows), cik="0009000001")
    for cut in range(1, len(rows) + 1):
        known = filing_events(filings(*rows[:cut]), cik="0009000001")
        assert known == whole[: len(known)]


@pytest.mark.parametrize("names", [[{"name": "A"}], [{"name": "A", "from": "x", "to": "y"}], ["A"], 5])
def test_former_names_of_another_shape_are_an_error(names: Any) -> None:
    with pytest.raises(SourceError, match="former names"):
        former_names({"name": "B", "formerNames": names})


def test_index_of_a_day_is_asked_once_and_read(server: LocalServer, new_client: Make) -> None:
    server.say("/edgar/daily-index/2020/QTR1/form.20200330.idx", Said(INDEX, kind="text/plain"))
    for _ in range(2):
        index = daily_index(new_client(), date(2020, 3, 30), url=server.url)
    assert len(server.seen) == 1
    assert index.rows() == [
        (
            "0000000123",
            "ZWEITE ERFUNDENE AG",
            "8-K",
            date(2020, 3, 30),
            "https://www.sec.gov/Archives/edgar/data/123/0009000001-20-000010.txt",
            date(2020, 3, 30),
        ),
        (
            "0009000001",
            "INVENTED CERAMICS",
            "10-K",
            date(2020, 3, 30),
            "https://www.sec.gov/Archives/edgar/data/9000001/0009000001-20-000009.txt",
            date(2020, 3, 30),
        ),
    ]


@pytest.mark.parametrize(
    "said", [Said(b"<html><title>Rate</title></html>", 403, "text/html"), Said(b"<?xml version='1.0'?><Error/>", 404)]
)
def test_a_day_without_an_index_is_an_error(server: LocalServer, new_client: Make, said: Said) -> None:
    server.say("/edgar/daily-index/2020/QTR1/form.20200328.idx", said)
    with pytest.raises(SourceError, match="no index of the day"):
        daily_index(new_client(), date(2020, 3, 28), url=server.url)


@pytest.mark.parametrize(
    "body", [b"", b"nothing", INDEX.replace(b"20200330", b"March 30"), INDEX.replace(b"CIK", b"No.")]
)
def test_an_index_of_another_shape_is_an_error(body: bytes) -> None:
    with pytest.raises(SourceError, match="daily index is not readable"):
        read_index(body)


def ask(source: Any, customer: dict[str, Any]) -> Answer:
    (answer,) = source.ask(customer)
    return answer


def test_full_text_search_reads_all_pages_and_only_own_filings(server: LocalServer, new_client: Make) -> None:
    kwargs, customer = texts.play(server)
    others = texts.hit("0009000002-20-000001:x.htm", "2020-01-02", cik="0009000002")
    server.say(
        "/search-index",
        texts.found(texts.hit("0009000001-20-000009:k9.htm", "2020-03-30"), others, total=3),
        texts.found(texts.hit("0009000001-21-000009:q.htm", "2021-05-10", form="10-Q"), total=3),
    )
    result = ask_source(SecFullText(new_client(), **kwargs), pl.DataFrame([customer]))
    assert result.events.select("kind", "known_at", "url").rows() == [
        (
            "going_concern_doubt",
            date(2020, 3, 30),
            "https://www.sec.gov/Archives/edgar/data/9000001/000900000120000009/k9.htm",
        ),
        (
            "going_concern_doubt",
            date(2021, 5, 10),
            "https://www.sec.gov/Archives/edgar/data/9000001/000900000121000009/q.htm",
        ),
    ]
    assert "from=2" in server.seen[1][2]


def test_full_text_search_without_a_hit_is_none_and_broken_is_an_error(
    server: LocalServer, new_client: Make, tmp_path: Path
) -> None:
    kwargs, customer = texts.play(server)
    server.say("/search-index", texts.found())
    assert ask(SecFullText(new_client(), **kwargs), customer).status == "none"
    for broken in (b"{}", b'{"hits": {"total": {"value": 1}, "hits": [{"_id": "a", "_source": {}}]}}', b'{"hits": 5}'):
        server.say("/search-index", Said(broken))
        with pytest.raises(SourceError, match="another shape"):
            ask(SecFullText(new_client(cache_folder=tmp_path / str(len(broken))), **kwargs), customer)
    server.say("/search-index", texts.found(total=2))
    with pytest.raises(SourceError, match="0 of 2 filings came"):
        ask(SecFullText(new_client(cache_folder=tmp_path / "short"), **kwargs), customer)
    assert ask(SecFullText(new_client(), **kwargs), {"cik": None}).status == "not_measured"
    assert ask(SecFullText(new_client(), **kwargs), {"cik": "x"}).status == "not_measured"


SUB = "adsh\tcik\tname\tform\tperiod\tfiled\taccepted\tprevrpt\n"
NUM = "adsh\ttag\tversion\tddate\tqtrs\tuom\tsegments\tcoreg\tvalue\tfootnote\n"
A, B = "0009000001-20-000009", "0009000002-20-000001"
SUBS = (
    f"{A}\t9000001\tINVENTED\t10-K\t20191231\t20200327\t2020-03-27 17:31:00.0\t1\n"
    f"{B}\t9000002\tX\t10-K\t20191231\t20200330\t2020-03-30 09:00:00.0\t0\n"
)
NUMS = "".join(
    f"{row}\n"
    for row in (
        f"{A}\tAssets\tus-gaap/2019\t20191231\t0\tUSD\t\t\t900.0\t",
        f"{A}\tAssets\tus-gaap/2019\t20191231\t0\tUSD\tSegment=X;\t\t1.0\t",
        f"{A}\tAssets\tus-gaap/2019\t20191231\t0\tUSD\t\tDaughter\t2.0\t",
        f'{A}\tRevenues\tus-gaap/2019\t20191231\t4\tUSD\t\t\t75.0\ta "quoted" note',
        f"{A}\tRevenues\tus-gaap/2019\t20191231\t1\tUSD\t\t\t20.0\t",
        f"{A}\tRevenues\t{A}\t20191231\t1\tUSD\t\t\t21.0\t",
        f"{A}\tLiabilities\tus-gaap/2019\t20191231\t0\tUSD\t\t\t\t",
        f"{B}\tAssets\tus-gaap/2019\t20191231\t0\tUSD\t\t\t5.0\t",
    )
)


def data_set(path: Path, sub: str = SUB + SUBS, num: str = NUM + NUMS) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sub.txt", sub)
        archive.writestr("num.txt", num)
    return path


def test_data_set_gives_the_figures_of_the_whole_company_as_filed(tmp_path: Path) -> None:
    facts = read_statement_set(data_set(tmp_path / "2020q1.zip"), ciks=["9000001"])
    known, end = date(2020, 3, 30), date(2019, 12, 31)  # accepted after 17:30 of a Friday
    assert facts.select("cik", "measure", "period_start", "period_end", "value", "known_at").rows() == [
        ("0009000001", "revenue", date(2019, 1, 1), end, 75.0, known),
        ("0009000001", "revenue", date(2019, 10, 1), end, 20.0, known),
        ("0009000001", "total_assets", None, end, 900.0, known),
    ]


def test_data_set_is_read_by_its_headings(tmp_path: Path) -> None:
    num = "value\tadsh\tuom\ttag\tversion\tqtrs\tddate\n" + f"900.0\t{A}\tUSD\tAssets\tus-gaap/2019\t0\t20191231\n"
    facts = read_statement_set(data_set(tmp_path / "old.zip", num=num), ciks=["9000001", "77"])
    assert facts["value"].to_list() == [900.0]


def test_data_set_that_is_broken_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK no")
    with pytest.raises(SourceError, match="no readable data set"):
        read_statement_set(tmp_path / "no.zip", ciks=["9000001"])
    for broken in (NUM.replace("qtrs", "q") + NUMS, NUM + NUMS.replace("900.0", "many")):
        with pytest.raises(SourceError, match="not readable"):
            read_statement_set(data_set(tmp_path / "broken.zip", num=broken), ciks=["9000001"])
    monkeypatch.setattr(sec_statements, "LARGEST", 100)
    with pytest.raises(SourceError, match="larger than 100 bytes"):
        read_statement_set(data_set(tmp_path / "large.zip"), ciks=["9000001"])


def test_docket_under_the_very_name_is_a_hit(server: LocalServer, new_client: Make) -> None:
    kwargs, customer = courts.play(server)
    result = ask_source(CourtListener(new_client(), **kwargs), pl.DataFrame([customer]))
    assert result.events.select("kind", "happened_on", "known_at", "url").rows() == [
        (
            "bankruptcy",
            date(2020, 3, 29),
            date(2020, 4, 2),
            "https://www.courtlistener.com/docket/1/invented-ceramics-inc/",
        )
    ]
    assert result.answers["match_confidence"].to_list() == [0.8]


@pytest.mark.parametrize(
    "other",
    [
        courts.docket("Invented Ceramics LLC"),
        courts.docket("Invented Ceramics Holding Inc"),
        courts.docket(chapter="13"),
        courts.docket(chapter=None),
        courts.docket(court_id="ded"),
    ],
)
def test_other_dockets_are_none_and_say_that_it_means_little(
    server: LocalServer, new_client: Make, other: dict[str, Any]
) -> None:
    kwargs, customer = courts.play(server)
    server.say("/api/search/", courts.found(other))
    answer = ask(CourtListener(new_client(), **kwargs), customer)
    assert (answer.status, "says little" in answer.reason) == ("none", True)


def test_what_a_court_archive_cannot_answer_is_not_measured(server: LocalServer, new_client: Make) -> None:
    kwargs, customer = courts.play(server)
    source = CourtListener(new_client(), **kwargs)
    for changes in ({"name": "Jo Invented"}, {"name": ""}, {"country": "DE"}):
        assert ask(source, customer | changes).status == "not_measured"
    assert not server.seen
    server.say("/api/search/", courts.found(courts.docket("Another Inc"), following="page2"))
    assert ask(source, customer).status == "not_measured"
