"""Companies House on recorded and official bodies: a company's life, and what each body says, read by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beside import SHARED
from sources.local_server import LocalServer, Said, serving

from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.companies_house import CompaniesHouse, CompaniesHouseProfile
from credrisk.sources.companies_house_search import search_rows
from credrisk.sources.companies_house_state import insolvency_events, register_rows
from credrisk.sources.http import HttpClient

BODIES = SHARED / "samples" / "companies_house"
API, OFFICIAL = BODIES / "api", BODIES / "insolvency_official"
pytestmark = pytest.mark.real
HIRE, TRUST, CANDOUR, AIRWAYS = "07310390", "14190543", "08957400", "00000001"
INSOLVENT = {kind for family in ADVERSE for kind in FAMILIES[family]}
Ask = Callable[..., SourceResult]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[tuple[LocalServer, Ask]]:
    """A register on this machine that says what a test has recorded for a company; the rest is not found."""
    with (
        serving() as server,
        HttpClient(
            cache_folder=tmp_path, contact="Example credit@example.com", per_second=500, retries=0, refusal_pause=0
        ) as client,
    ):

        def ask(source: Any, number: str, as_of: str | None = None, **bodies: str | Path) -> SourceResult:
            for path, body in bodies.items():
                file = API / body if isinstance(body, str) else body
                place = f"/company/{number}" + ("" if path == "profile" else f"/{path.replace('_', '-')}")
                server.say(place, Said(file.read_bytes()))
            customers = pl.DataFrame({"customer_id": ["C"], "company_number": [number]})
            return ask_source(source(client, url=server.url), customers, as_of=as_of)

        yield server, ask


def days(result: SourceResult, kind: str) -> list[date]:
    return result.events.filter(kind=kind).sort("known_at")["known_at"].to_list()


def test_life_of_a_company_from_its_charges_to_its_dissolution(register: tuple[LocalServer, Ask]) -> None:
    _, ask = register
    recorded = {"filing_history": "filing_pfb_hire.json", "charges": "charges_pfb_hire.json"}
    result = ask(CompaniesHouse, HIRE, **recorded)
    assert result.answers.select("part", "status").rows() == [("filing_history", "hit"), ("charges", "hit")]
    assert days(result, "charge_registered") == [
        date(2010, 9, 15),
        date(2011, 1, 13),
        date(2012, 2, 8),
        date(2013, 12, 21),
        date(2014, 4, 14),
        date(2014, 10, 7),
        date(2014, 10, 7),
        date(2015, 2, 28),
        date(2015, 12, 21),
    ]
    assert days(result, "charge_satisfied") == [date(2014, 8, 7)]
    outstanding = result.facts.filter(measure="charges_outstanding").sort("known_at")
    assert outstanding["value"].to_list() == [1, 2, 3, 4, 5, 4, 6, 7, 8]
    start = result.events.filter(kind="creditors_voluntary_liquidation")
    assert start.select("happened_on", "known_at").row(0) == (date(2016, 5, 26), date(2016, 6, 13))
    assert start.height == 1
    assert days(result, "liquidator_appointed") == [date(2016, 6, 13)]
    progress = result.events.filter(kind="proceedings_progress").sort("known_at")
    assert progress["known_at"].to_list() == [
        date(2016, 6, 13),
        date(2016, 7, 1),
        date(2017, 8, 4),
        date(2018, 8, 2),
        date(2018, 10, 3),
    ]
    assert "final" in progress["text"][-1]
    assert days(result, "dissolution") == [date(2019, 1, 3)]
    assert days(result, "accounts_filed") == [
        date(2012, 4, 5),
        date(2012, 10, 11),
        date(2014, 1, 13),
        date(2014, 10, 7),
        date(2015, 10, 23),
    ]
    lags = result.facts.filter(measure="accounts_filing_days").sort("period_end")
    assert lags["value"].to_list() == [249, 72, 166, 68, 84]
    assert lags["period_end"][-1] == date(2015, 7, 31)
    assert len(days(result, "director_resigned")) == 3
    assert len(days(result, "director_appointed")) == 3
    moved = result.events.filter(kind="registered_office_changed").sort("known_at").row(-1, named=True)
    assert moved["known_at"] == date(2016, 6, 15)
    assert moved["text"].endswith("to St Helen's House King Street Derby DE1 3EE")
    assert set(result.events["kind"]) & INSOLVENT == {"creditors_voluntary_liquidation"}
    assert "REDACTED" not in result.events.write_json()


def test_the_day_before_the_liquidation_was_filed_it_was_not_known(register: tuple[LocalServer, Ask]) -> None:
    _, ask = register
    recorded = {"filing_history": "filing_pfb_hire.json", "charges": "charges_pfb_hire.json"}
    before = ask(CompaniesHouse, HIRE, "2016-06-12", **recorded)
    assert not set(before.events["kind"]) & INSOLVENT
    assert before.facts.filter(measure="charges_outstanding").sort("known_at")["value"][-1] == 8
    assert set(ask(CompaniesHouse, HIRE, "2016-06-13").events["kind"]) & INSOLVENT


def test_change_of_name_and_of_the_owner(register: tuple[LocalServer, Ask]) -> None:
    _, ask = register
    result = ask(CompaniesHouse, TRUST, filing_history="filing_tell_aldi.json")
    assert result.events.sort("known_at").select("kind", "happened_on", "known_at").rows() == [
        ("owner_changed", date(2023, 1, 1), date(2023, 1, 19)),
        ("name_changed", date(2023, 1, 20), date(2023, 1, 20)),
    ]
    assert "helping hands trust LTD" in result.events.filter(kind="name_changed")["text"].item()
    assert "Ejaz" not in result.events.write_json()


@pytest.mark.parametrize(
    ("body", "due", "postcode"),
    [
        ("company_candour.json", date(2021, 3, 31), "CT1 3DZ"),
        ("company_candour_last_account_type.json", date(2024, 12, 31), "ME14 5DA"),
    ],
)
def test_profiles_of_one_company_at_two_times(
    register: tuple[LocalServer, Ask], body: str, due: date, postcode: str
) -> None:
    server, ask = register
    server.say(f"/company/{CANDOUR}/insolvency", Said(b"", 404))
    result = ask(CompaniesHouseProfile, CANDOUR, profile=body)
    assert result.answers.select("part", "status").rows() == [("profile", "hit"), ("insolvency", "none")]
    today = datetime.now(UTC).date()
    assert result.facts["value"].item() == (due - today).days
    assert not set(result.events["kind"]) & INSOLVENT
    rows = register_rows(result.events).sort("name_kind")
    assert rows.select("name", "name_kind", "valid_from", "valid_to", "postcode", "status", "legal_form").rows() == [
        ("LONDON & KENT ESTATES LIMITED", "former", None, date(2020, 4, 20), postcode, "active", "ltd"),
        ("CANDOUR GROUP LIMITED", "legal", date(2020, 4, 20), None, postcode, "active", "ltd"),
    ]


def test_compulsory_liquidation_of_an_airline(register: tuple[LocalServer, Ask]) -> None:
    _, ask = register
    result = ask(CompaniesHouseProfile, AIRWAYS, insolvency="insolvency_london_airways.json")
    assert result.events.sort("happened_on").select("kind", "happened_on").rows() == [
        ("winding_up_petition", date(1994, 12, 12)),
        ("compulsory_liquidation", date(1995, 1, 18)),
    ]
    assert set(result.events["known_at"]) == {datetime.now(UTC).date()}
    assert "REDACTED" not in result.events.write_json()
    assert "Wellingborough" not in result.events.write_json()


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (1, [("members_voluntary_liquidation", date(2020, 5, 6))]),
        (2, [("creditors_voluntary_liquidation", date(2021, 5, 24))]),
        (3, [("compulsory_liquidation", date(2021, 6, 10)), ("winding_up_petition", date(2021, 6, 8))]),
        (4, [("compulsory_liquidation", date(2021, 6, 10)), ("winding_up_petition", date(2021, 6, 8))]),
    ],
)
def test_official_cases_in_the_public_shape(case: int, told: list[tuple[str, date]]) -> None:
    body = json.loads((OFFICIAL / f"output_case_type_{case}_output.json").read_text("utf-8"))
    events = insolvency_events(body["external_data"], number="02877511", retrieved_at=date(2026, 1, 1))
    assert [(event["kind"], event["happened_on"]) for event in events] == told
    assert (case == 1) == (told[0][0] not in INSOLVENT)
    assert "Tucker" not in json.dumps(events, default=str)


@pytest.mark.parametrize("body", sorted(OFFICIAL.glob("in*.json")), ids=lambda path: path.stem)
def test_official_messages_inside_the_register_are_not_its_public_shape(
    register: tuple[LocalServer, Ask], body: Path
) -> None:
    _, ask = register
    result = ask(CompaniesHouseProfile, "02877511", profile=body, insolvency=body)
    assert set(result.answers["status"]) == {"not_measured"}
    assert result.events.is_empty()


@pytest.mark.parametrize(
    "body", ["officers_you_limited.json", "persons_yorkshire_air_ambulance.json", "appointments_person.json"]
)
def test_lists_of_persons_are_never_taken_for_filings(register: tuple[LocalServer, Ask], body: str) -> None:
    _, ask = register
    result = ask(CompaniesHouse, "04475590", filing_history=body, charges=body)
    assert set(result.answers["status"]) == {"not_measured"}
    assert result.events.is_empty()


def test_recorded_search_gives_names_and_addresses() -> None:
    body = json.loads((API / "search_result_you.json").read_text("utf-8"))
    rows = search_rows(body)
    assert rows.filter(entity="04475590").select("name", "postcode", "city", "status").rows() == [
        ("YOU LIMITED", "HU17 8EU", "Beverley", "active")
    ]
    dissolved = rows.filter(entity="08051585").row(0, named=True)
    assert (dissolved["name"], dissolved["status"], dissolved["street"]) == (
        "YOU & CO. LTD",
        "dissolved",
        "20-22 Wenlock Road",
    )
    assert rows.filter(entity="11722385").is_empty()
    assert rows["entity"].str.len_chars().unique().to_list() == [8]
