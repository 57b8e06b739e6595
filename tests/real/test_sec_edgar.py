"""SEC EDGAR on recorded bodies: the restatements, the failures and the refusals that were really answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beside import SHARED
from sources.local_server import LocalServer, Said, serving

from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.http import HttpClient
from credrisk.sources.sec_edgar import SecEdgar
from credrisk.sources.sec_facts import last_known, measure_rows, read_facts
from credrisk.sources.sec_index import read_index
from credrisk.sources.sec_statements import read_statement_set
from credrisk.sources.sec_submissions import filing_events, former_names, read_filings

BODIES = SHARED / "samples" / "sec_edgar"
pytestmark = pytest.mark.real
CARBO, SOLIDION, WOLFSPEED, MARVELL = "0001009672", "0001881551", "0000895419", "0001835632"
Fetch = Callable[..., SourceResult]


@pytest.fixture
def edgar(tmp_path: Path) -> Iterator[tuple[LocalServer, HttpClient]]:
    """EDGAR as recorded, on this machine; what was not recorded does not exist."""
    with serving() as server:
        for folder, path in (("submissions", "/submissions"), ("companyfacts", "/api/xbrl/companyfacts")):
            for body in sorted((BODIES / folder).glob("CIK*.json")):
                server.say(f"{path}/{body.name}", Said(body.read_bytes()))
        with HttpClient(
            cache_folder=tmp_path, contact="Example credit@example.com", per_second=500, refusal_pause=0
        ) as client:
            yield server, client


def fetch(server: LocalServer, client: HttpClient, *ciks: str, as_of: str | None = None) -> SourceResult:
    return ask_source(SecEdgar(client, url=server.url), pl.DataFrame({"customer_id": ciks, "cik": ciks}), as_of=as_of)


def told(result: SourceResult, since: str, until: str) -> list[tuple[date, str]]:
    window = pl.col("known_at").is_between(date.fromisoformat(since), date.fromisoformat(until))
    return result.events.filter(window).sort("known_at", "kind").select("known_at", "kind").rows()


def body(*parts: str) -> Any:
    return json.loads(BODIES.joinpath(*parts).read_text(encoding="utf-8"))


def test_restated_figures_of_a_large_company_are_seen_as_of_their_day() -> None:
    figures = read_facts(body("companyfacts", f"CIK{MARVELL}.json"))
    key = ["tag", "unit", "period_start", "period_end"]
    stated = (
        figures.filter(pl.col("tag").str.starts_with("us-gaap:"))
        .group_by(key)
        .agg(pl.len(), pl.col("value").n_unique().alias("values"))
    )
    assert stated.filter(pl.col("len") > 1).height == 2_023
    assert stated.filter(pl.col("values") > 1).height == 467
    for as_of in (date(2022, 6, 30), date(2024, 1, 1)):
        seen = last_known(figures, as_of=as_of)
        assert seen["filed"].max() <= as_of
        latest = figures.filter(pl.col("filed") <= as_of).group_by(key).agg(pl.col("filed").max())
        assert seen.height == latest.height
        assert seen.join(latest, on=[*key, "filed"], nulls_equal=True).height == latest.height


def test_measures_of_a_large_company_are_unique_per_day_and_have_the_usual_identities() -> None:
    rows = pl.DataFrame(
        measure_rows(read_facts(body("companyfacts", f"CIK{MARVELL}.json")), cik=MARVELL), infer_schema_length=None
    )
    assert not rows.select("measure", "period_start", "period_end", "known_at").is_duplicated().any()
    assert set(rows["measure"]) >= {"revenue", "net_income", "total_assets", "equity", "liabilities", "receivables"}
    at_instants = rows.filter(pl.col("period_start").is_null()).pivot(
        "measure", index=["period_end", "known_at"], values="value"
    )
    whole = at_instants.drop_nulls(["total_assets", "liabilities", "equity"])
    assert whole.height > 20
    assert (whole["total_assets"] == whole["liabilities"] + whole["equity"]).all()


def test_foreign_registrant_states_its_figures_in_ifrs_tags() -> None:
    rows = measure_rows(read_facts(body("companyfacts", "lpa_facts.json")), cik="0001997711")
    assert {"revenue", "net_income", "total_assets", "equity", "cash"} <= {row["measure"] for row in rows}


def test_sequence_before_the_bankruptcy_of_a_manufacturer(edgar: tuple[LocalServer, HttpClient]) -> None:
    result = fetch(*edgar, CARBO)
    assert told(result, "2019-12-01", "2020-03-31") == [
        (date(2019, 12, 13), "listing_notice"),
        (date(2019, 12, 20), "delisting_notice"),
        (date(2020, 1, 2), "agreement_terminated"),
        (date(2020, 1, 10), "delisted_by_exchange"),
        (date(2020, 1, 27), "auditor_changed"),
        (date(2020, 3, 30), "annual_report_late"),
        (date(2020, 3, 30), "bankruptcy"),
        (date(2020, 3, 30), "debt_accelerated"),
    ]
    assert told(fetch(*edgar, CARBO, as_of="2020-03-29"), "2020-01-10", "2020-12-31") == [
        (date(2020, 1, 10), "delisted_by_exchange"),
        (date(2020, 1, 27), "auditor_changed"),
    ]
    assert result.answers.select("part", "status").rows() == [("submissions", "hit"), ("facts", "not_measured")]
    assert edgar[0].count(f"/submissions/CIK{CARBO}-submissions-001.json") == 1


def test_exchange_transfer_plan_and_emergence_are_no_distress(edgar: tuple[LocalServer, HttpClient]) -> None:
    result = fetch(*edgar, WOLFSPEED)
    assert told(result, "2021-09-01", "2021-12-31") == [
        (date(2021, 9, 16), "listing_notice"),
        (date(2021, 9, 30), "listing_transferred"),
        (date(2021, 10, 1), "delisted_by_company"),
        (date(2021, 10, 1), "name_changed"),
        (date(2021, 12, 8), "debt_accelerated"),
    ]
    assert [(day, kind) for day, kind in told(result, "2025-06-01", "2025-10-31") if "bankruptcy" in kind] == [
        (date(2025, 7, 1), "bankruptcy"),
        (date(2025, 9, 10), "bankruptcy_progress"),
        (date(2025, 9, 30), "bankruptcy_progress"),
    ]
    assert (date(2025, 9, 29), "listing_transferred") in told(result, "2025-09-29", "2025-09-29")
    assert told(fetch(*edgar, WOLFSPEED, as_of="2021-09-29"), "2021-09-01", "2021-12-31") == [
        (date(2021, 9, 16), "listing_notice")
    ]


def test_notices_of_a_company_that_restates_are_those_of_distress(edgar: tuple[LocalServer, HttpClient]) -> None:
    notices = [day for day, kind in told(fetch(*edgar, SOLIDION), "2024-04-01", "2025-12-31") if "delisting" in kind]
    assert date(2024, 6, 7) in notices  # after the late annual report of 2024-04-02
    assert date(2025, 4, 16) in notices  # with the statements withdrawn that day


def test_former_names_are_dated() -> None:
    assert former_names(body("submissions", f"CIK{WOLFSPEED}.json")) == [
        {"name": "CREE, INC.", "valid_from": date(2019, 8, 20), "valid_to": date(2021, 10, 1)},
        {"name": "CREE INC", "valid_from": date(2000, 10, 27), "valid_to": date(2019, 8, 5)},
        {"name": "CREE RESEARCH INC /NC/", "valid_from": date(1996, 11, 14), "valid_to": date(1999, 5, 11)},
    ]
    assert former_names(body("submissions", "CIK0001766140.json")) == []  # only the present name, listed as former
    twice = former_names(body("submissions", "CIK0000749647.json"))
    assert [former["name"] for former in twice] == ["CELSION CORP", "CHEUNG LABORATORIES INC"]


@pytest.mark.parametrize(
    ("name", "first", "of_day"),
    [
        ("form.20200318.idx", ("1-A", "DLP Positive Note Fund LLC", "0001806014"), date(2020, 3, 18)),
        ("company.20221003.idx", ("1-A POS", "1st stREIT Office Inc.", "0001700461"), date(2022, 10, 3)),
    ],
)
def test_daily_indexes_in_both_layouts(name: str, first: tuple[str, str, str], of_day: date) -> None:
    raw = (BODIES / "index" / name).read_bytes()
    index = read_index(raw)
    lines = raw.decode().splitlines()
    rule = next(place for place, line in enumerate(lines) if line.startswith("-----"))
    assert index.height == sum(bool(line.strip()) for line in lines[rule + 1 :])
    assert first in index.select("form", "company", "cik").rows()
    assert index["filed"].max() == of_day  # papers released late were filed before
    assert index["url"].str.contains(r"^https://www\.sec\.gov/Archives/edgar/data/\d+/\d{10}-\d{2}-\d{6}\.txt$").all()


def test_data_set_of_a_quarter_gives_the_figures_that_stand_in_it() -> None:
    facts = read_statement_set(SHARED / "samples" / "sec_fsds" / "2010q2", ciks=["895126", "1166126", "314808"])
    seen = {(row["cik"], row["measure"], row["period_end"], row["known_at"]): row["value"] for row in facts.to_dicts()}
    chesapeake, penney, ensco = "0000895126", "0001166126", "0000314808"
    assert seen[chesapeake, "total_assets", date(2010, 3, 31), date(2010, 5, 10)] == 30_288e6
    assert seen[chesapeake, "total_assets", date(2009, 12, 31), date(2010, 5, 10)] == 29_914e6
    assert seen[penney, "total_assets", date(2010, 4, 30), date(2010, 6, 9)] == 12_081e6
    assert seen[penney, "liabilities", date(2009, 4, 30), date(2010, 6, 9)] == 7_549e6
    assert seen[ensco, "total_assets", date(2008, 12, 31), date(2010, 6, 8)] == 5_830.1e6
    assert set(facts["cik"]) == {chesapeake, penney, ensco}


def test_every_recorded_submission_has_events_known_when_filed() -> None:
    read = 0
    for path in sorted((BODIES / "submissions").glob("CIK*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        page = content["filings"]["recent"] if "filings" in content else content
        filings = read_filings(page)
        events = filing_events(filings, cik=path.name[3:13])
        assert filings.height == len(page["accessionNumber"])
        assert {event["known_at"] for event in events} <= set(filings["filed"])
        assert all(event["happened_on"] <= event["known_at"] for event in events)
        read += 1
    assert read == 9


def test_company_that_is_late_again_and_again(edgar: tuple[LocalServer, HttpClient]) -> None:
    kinds = fetch(*edgar, SOLIDION).events["kind"].value_counts()
    counts = dict(kinds.iter_rows())
    assert counts["quarterly_report_late"] == 10
    assert counts["annual_report_late"] == 2
    assert counts["statements_withdrawn"] == 3
    assert counts["auditor_changed"] == 4


def test_older_page_that_was_not_recorded_is_not_measured(edgar: tuple[LocalServer, HttpClient]) -> None:
    result = fetch(*edgar, WOLFSPEED)
    answer = result.answers.filter(part="submissions").row(0, named=True)
    assert answer["status"] == "not_measured"
    assert "older page" in answer["reason"]
    assert (date(2025, 7, 1), "bankruptcy") in told(result, "2025-07-01", "2025-07-01")


@pytest.mark.parametrize("page", ["rate-exceeded.html", "undeclared_automated_tool_403.html"])
def test_recorded_refusals_are_not_measured(edgar: tuple[LocalServer, HttpClient], page: str) -> None:
    server, client = edgar
    refusal = Said((BODIES / "errors" / page).read_bytes(), 403, "text/html")
    server.say(f"/submissions/CIK{SOLIDION}.json", refusal)
    result = fetch(server, client, SOLIDION)
    assert set(result.answers["status"]) == {"not_measured"}
    assert "SEC.gov |" in result.answers["reason"][0]
    assert result.events.is_empty()
    assert server.count(f"/submissions/CIK{SOLIDION}.json") == 1


def test_recorded_absence_counts_only_for_the_object_asked_for(edgar: tuple[LocalServer, HttpClient]) -> None:
    server, client = edgar
    recorded = (BODIES / "errors" / "404_submissions_NoSuchKey.xml").read_bytes()
    server.say("/submissions/CIK0009999999.json", Said(recorded, 404, "application/xml"))
    assert set(fetch(server, client, "0009999999").answers["status"]) == {"not_measured"}
    own = recorded.replace(b"CIK-000000001.json", b"CIK0009999998.json")
    server.say("/submissions/CIK0009999998.json", Said(own, 404, "application/xml"))
    assert set(fetch(server, client, "0009999998").answers["status"]) == {"none"}
