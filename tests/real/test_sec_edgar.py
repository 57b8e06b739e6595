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
from credrisk.sources.sec_client import SecClient
from credrisk.sources.sec_edgar import SecEdgar
from credrisk.sources.sec_facts import last_known, measure_rows, read_facts
from credrisk.sources.sec_match import find_cik

BODIES = SHARED / "samples" / "sec_edgar"
pytestmark = pytest.mark.real
CARBO, SOLIDION, WOLFSPEED, MARVELL = "0001009672", "0001881551", "0000895419", "0001835632"
Fetch = Callable[..., SourceResult]


@pytest.fixture
def edgar(tmp_path: Path) -> Iterator[tuple[LocalServer, SecClient]]:
    """EDGAR as recorded, on this machine; what was not recorded does not exist."""
    with serving() as server:
        for folder, path in (("submissions", "/submissions"), ("companyfacts", "/api/xbrl/companyfacts")):
            for body in sorted((BODIES / folder).glob("CIK*.json")):
                server.say(f"{path}/{body.name}", Said(body.read_bytes()))
        server.say("/files/company_tickers.json", Said((BODIES / "company_tickers.json").read_bytes()))
        with HttpClient(
            cache_folder=tmp_path, contact="Example credit@example.com", per_second=500, refusal_pause=0
        ) as client:
            yield server, SecClient(client, data_url=server.url, www_url=server.url)


def fetch(client: SecClient, *ciks: str, as_of: str | None = None) -> SourceResult:
    return ask_source(SecEdgar(client), pl.DataFrame({"customer_id": ciks, "cik": ciks}), as_of=as_of)


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


def test_sequence_before_the_bankruptcy_of_a_manufacturer(edgar: tuple[LocalServer, SecClient]) -> None:
    result = fetch(edgar[1], CARBO)
    assert told(result, "2019-12-01", "2020-03-31") == [
        (date(2019, 12, 13), "delisting_notice"),
        (date(2019, 12, 20), "delisting_notice"),
        (date(2020, 1, 2), "agreement_terminated"),
        (date(2020, 1, 10), "delisted_by_exchange"),
        (date(2020, 1, 27), "auditor_changed"),
        (date(2020, 3, 30), "annual_report_late"),
        (date(2020, 3, 30), "bankruptcy"),
        (date(2020, 3, 30), "debt_accelerated"),
    ]
    assert told(fetch(edgar[1], CARBO, as_of="2020-03-29"), "2020-01-10", "2020-12-31") == [
        (date(2020, 1, 10), "delisted_by_exchange"),
        (date(2020, 1, 27), "auditor_changed"),
    ]
    assert result.answers.select("part", "status").rows() == [("submissions", "hit"), ("facts", "not_measured")]
    assert edgar[0].count(f"/submissions/CIK{CARBO}-submissions-001.json") == 1


def test_company_that_is_late_again_and_again(edgar: tuple[LocalServer, SecClient]) -> None:
    kinds = fetch(edgar[1], SOLIDION).events["kind"].value_counts()
    counts = dict(kinds.iter_rows())
    assert counts["quarterly_report_late"] == 10
    assert counts["annual_report_late"] == 2
    assert counts["statements_withdrawn"] == 3
    assert counts["auditor_changed"] == 4


def test_older_page_that_was_not_recorded_is_not_measured(edgar: tuple[LocalServer, SecClient]) -> None:
    result = fetch(edgar[1], WOLFSPEED)
    answer = result.answers.filter(part="submissions").row(0, named=True)
    assert answer["status"] == "not_measured"
    assert "older page" in answer["reason"]
    assert (date(2025, 7, 1), "bankruptcy") in told(result, "2025-07-01", "2025-07-01")


@pytest.mark.parametrize("page", ["rate-exceeded.html", "undeclared_automated_tool_403.html"])
def test_recorded_refusals_are_not_measured(edgar: tuple[LocalServer, SecClient], page: str) -> None:
    server, client = edgar
    refusal = Said((BODIES / "errors" / page).read_bytes(), 403, "text/html")
    server.say(f"/submissions/CIK{SOLIDION}.json", refusal)
    result = fetch(client, SOLIDION)
    assert set(result.answers["status"]) == {"not_measured"}
    assert "SEC.gov |" in result.answers["reason"][0]
    assert result.events.is_empty()
    assert server.count(f"/submissions/CIK{SOLIDION}.json") == 1


def test_recorded_absence_counts_only_for_the_object_asked_for(edgar: tuple[LocalServer, SecClient]) -> None:
    server, client = edgar
    recorded = (BODIES / "errors" / "404_submissions_NoSuchKey.xml").read_bytes()
    server.say("/submissions/CIK0009999999.json", Said(recorded, 404, "application/xml"))
    assert set(fetch(client, "0009999999").answers["status"]) == {"not_measured"}
    own = recorded.replace(b"CIK-000000001.json", b"CIK0009999998.json")
    server.say("/submissions/CIK0009999998.json", Said(own, 404, "application/xml"))
    assert set(fetch(client, "0009999998").answers["status"]) == {"none"}


def test_the_full_list_of_companies_is_searched(edgar: tuple[LocalServer, SecClient]) -> None:
    customers = pl.DataFrame(
        {"customer_id": ["1", "2", "3"], "name": ["Apple Incorporated", "MICROSOFT Corporation", "No such firm"]}
    )
    assert find_cik(customers, client=edgar[1])["cik"].to_list() == ["0000320193", "0000789019", None]
