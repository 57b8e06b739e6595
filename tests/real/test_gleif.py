"""GLEIF on recorded bodies: all of them parse, with figures read from the bodies by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from beside import SHARED
from sources.local_server import LocalServer, Said, serving

from credrisk.sources.base import ask_source
from credrisk.sources.gleif import Gleif
from credrisk.sources.gleif_changes import (
    Modification,
    read_exception,
    read_modifications,
    read_parent,
    read_relationships,
)
from credrisk.sources.gleif_events import (
    ENTITY_STATUS,
    REGISTRATION_STATUS,
    change_events,
    entity_events,
    status_as_of,
    status_events,
)
from credrisk.sources.gleif_names import gleif_register
from credrisk.sources.gleif_parents import parent_event
from credrisk.sources.gleif_records import LeiRecord, read_record, read_records
from credrisk.sources.http import HttpClient

BODIES = SHARED / "samples" / "gleif"
TODAY = date(2025, 5, 15)
"""The day of the golden copy that the bodies are from."""
AMAZON, ROCA, NFA, FRAPORT = (
    "254900LNRYNOQ9YPU758",
    "254900MSZM6DMP853B11",
    "335800CCCPHKUOXPC332",
    "5299001ERX0K10IZUL40",
)
SHELL, BLOOMBERG, NORDIC, APPLE_ENERGY = (
    "21380068P1DRHMJ8KU70",
    "5493001KJTIIGC8Y1R12",
    "549300O897ZC5H7CY412",
    "549300YX4S1LLSMK2627",
)
COMMERZBANK, MICROSOFT, PUMA = "851WYGNLUQLFZBSYGB56", "INR2EJN1ERAN0W5ZP974", "529900GRZ2BQY5ZM9N49"
BLUE_AMBER, ROUND_ISLAND, PUMA_NORDIC = "222100RB6N1EBY6GMD95", "GGCMDC0OOHBLHHFALS29", "213800BQD7W6G427DD83"

pytestmark = pytest.mark.real


def body(*parts: str) -> Any:
    return json.loads(BODIES.joinpath(*parts).read_text(encoding="utf-8"))


def own(lei: str) -> LeiRecord:
    return read_record(body("lei_records", f"single_lei_record_{lei}.json"), lei=lei)


def log_of(lei: str) -> list[Modification]:
    return read_modifications(body("field_modifications", f"field_modifications_{lei}.json"), lei=lei)[0]


def in_list(name: str, lei: str) -> LeiRecord:
    return next(one for one in read_records(body("lei_records", name)) if one.lei == lei)


def all_records() -> list[LeiRecord]:
    found: list[LeiRecord] = []
    for path in sorted((BODIES / "lei_records").glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        data = content["data"]
        found += read_records(content) if isinstance(data, list) else [read_record(content, lei=data["id"])]
    return found


def test_every_recorded_body_parses() -> None:
    read: Counter[str] = Counter()
    for path in sorted(BODIES.rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        folder, end = path.parent.name, path.stem.rpartition("_")[2]
        match folder:
            case "lei_records":
                data = content["data"]
                found = read_records(content) if isinstance(data, list) else [read_record(content, lei=data["id"])]
            case "relationships" if "child" in path.name:
                found = read_relationships(content)
            case "relationships":
                found = [read_parent(content, lei=end)]
            case "reporting_exceptions":
                found = [read_exception(content, lei=end)]
            case "field_modifications":
                found = read_modifications(content, lei=end)[0]
            case _:  # names and codes, which the source does not ask for
                continue
        assert len(found) == (len(content["data"]) if isinstance(content["data"], list) else 1)
        read[folder] += 1
    assert read.total() == 104


def test_status_of_company_and_of_paperwork_are_two_things() -> None:
    records = all_records()
    assert Counter(one.entity_status for one in records) == {"ACTIVE": 144, "INACTIVE": 1}
    assert Counter(one.registration_status for one in records) == {"ISSUED": 121, "LAPSED": 23, "RETIRED": 1}
    kinds = Counter(event.type for one in records for event in one.events)
    assert kinds == {
        "CHANGE_LEGAL_ADDRESS": 25,
        "CHANGE_HQ_ADDRESS": 23,
        "CHANGE_LEGAL_NAME": 3,
        "MERGERS_AND_ACQUISITIONS": 2,
        "DISSOLUTION": 1,
    }


def test_record_has_what_the_body_says() -> None:
    record = own(AMAZON)
    assert record.legal_name == "Amazon Digital UK Limited"
    assert [name.name for name in record.names[1:]] == [
        "AMAZON VIDEO LIMITED",
        "AMAZON INSTANT VIDEO LIMITED",
        "LOVEFILM UK LIMITED",
        "LOVEFILM LIMITED",
    ]
    assert (record.company_number, record.register_authority, record.address["city"]) == (
        "06528297",
        "RA000585",
        "London",
    )
    assert record.parents == {"direct": "exception", "ultimate": "reported"}
    assert record.renewal_due == date(2026, 5, 20)
    assert own(COMMERZBANK).address == {
        "country": "DE",
        "postcode": "60311",
        "city": "Frankfurt am Main",
        "street": "Kaiserstraße 16",
    }


def test_merger_recorded_in_march_was_published_in_april() -> None:
    (event,) = entity_events(own(COMMERZBANK), log_of(COMMERZBANK), retrieved_at=TODAY)
    assert (event["kind"], event["happened_on"], event["known_at"]) == ("merger", date(2020, 11, 11), date(2022, 4, 7))


def test_move_of_an_airport_is_one_event_though_the_log_has_it_too() -> None:
    log = log_of(FRAPORT)
    events = entity_events(own(FRAPORT), log, retrieved_at=TODAY)
    assert [(one["kind"], one["happened_on"], one["known_at"]) for one in events] == [
        ("head_office_changed", date(2024, 4, 27), date(2024, 4, 28))
    ]
    assert change_events(FRAPORT, log, known=events) == []


def test_dissolved_fund_manager_is_retired_and_was_not_insolvent() -> None:
    record = in_list(f"direct-children_{COMMERZBANK}.json", BLUE_AMBER)
    assert (record.entity_status, record.registration_status) == ("INACTIVE", "RETIRED")
    (event,) = entity_events(record, [], retrieved_at=TODAY)
    assert (event["kind"], event["happened_on"], event["known_at"]) == (
        "dissolution",
        date(2023, 8, 23),
        date(2023, 9, 21),
    )
    undated = status_events(record, [], retrieved_at=TODAY)
    assert {(one["kind"], one["known_at"]) for one in undated} == {("lei_retired", TODAY), ("entity_inactive", TODAY)}


def test_lapse_and_renewal_are_dated_by_the_log() -> None:
    assert [(one["kind"], one["known_at"]) for one in change_events(ROCA, log_of(ROCA))] == [
        ("lei_renewed", date(2023, 4, 5)),
        ("lei_lapsed", date(2023, 3, 3)),
    ]
    for day, status in ((date(2023, 3, 2), "ISSUED"), (date(2023, 3, 3), "LAPSED"), (date(2023, 4, 5), "ISSUED")):
        assert status_as_of(log_of(ROCA), field=REGISTRATION_STATUS, as_of=day) == status
    assert [(one["kind"], one["known_at"]) for one in change_events(NFA, log_of(NFA))] == [
        ("lei_lapsed", date(2025, 5, 11))
    ]
    assert status_events(own(NFA), log_of(NFA), retrieved_at=TODAY) == []
    assert status_as_of(log_of(NFA), field=ENTITY_STATUS, as_of=date(2024, 5, 9)) is None
    assert status_as_of(log_of(NFA), field=ENTITY_STATUS, as_of=date(2024, 5, 10)) == "ACTIVE"


def test_lapse_of_2018_without_its_log_is_known_from_today() -> None:
    record = in_list(f"direct-children_{MICROSOFT}.json", ROUND_ISLAND)
    (event,) = status_events(record, [], retrieved_at=TODAY)
    assert (event["kind"], event["happened_on"], event["known_at"]) == ("lei_lapsed", date(2018, 9, 19), TODAY)


def test_change_of_name_in_the_log_and_a_change_of_capitals_that_is_none() -> None:
    (event,) = change_events(SHELL, log_of(SHELL))
    assert (event["kind"], event["known_at"], event["text"]) == (
        "name_changed",
        date(2022, 1, 24),
        "ROYAL DUTCH SHELL PLC became SHELL PLC",
    )
    names = gleif_register([own(SHELL)], logs={SHELL: log_of(SHELL)}, output="polars")
    assert names.select("name", "name_kind", "valid_from", "valid_to").rows() == [
        ("ROYAL DUTCH SHELL PLC", "former", None, date(2022, 1, 24)),
        ("SHELL PLC", "legal", date(2022, 1, 24), None),
    ]
    assert "name_changed" not in {one["kind"] for one in change_events(ROCA, log_of(ROCA))}
    assert change_events(APPLE_ENERGY, log_of(APPLE_ENERGY)) == []


def test_transfer_between_issuers_is_no_renewal() -> None:
    kinds = [(one["kind"], one["known_at"]) for one in change_events(MICROSOFT, log_of(MICROSOFT))]
    assert kinds == [("head_office_changed", date(2023, 9, 15))]


def test_parents_are_known_from_their_publication() -> None:
    for lei, kind, parent_lei, began, known_at in (
        (NORDIC, "direct", "549300OWK6ZGNYP4G142", date(2006, 8, 8), date(2025, 1, 28)),
        (BLOOMBERG, "direct", "549300B56MD0ZC402L06", date(2007, 6, 5), date(2017, 5, 18)),
    ):
        parent = read_parent(body("relationships", f"{kind}-parent-relationship_{lei}.json"), lei=lei)
        assert (parent.lei, parent.active) == (parent_lei, True)
        name = read_record(body("lei_records", f"{kind}-parent_{lei}.json"), lei=parent_lei).legal_name
        event = parent_event(own(lei), parent, name, log_of(lei), retrieved_at=TODAY)
        assert (event["happened_on"], event["known_at"]) == (began, known_at)
    assert event["text"] == "LEI 549300B56MD0ZC402L06: Bloomberg L.P."


def test_registration_of_2014_says_nothing_about_a_parent_since_2021() -> None:
    children = dict(read_relationships(body("relationships", f"direct-child-relationships_{PUMA}.json")))
    parent = children[PUMA_NORDIC]
    assert (parent.valid_from, parent.first_registered.date()) == (date(2021, 12, 7), date(2014, 2, 3))
    record = in_list(f"direct-children_{PUMA}.json", PUMA_NORDIC)
    event = parent_event(record, parent, "PUMA SE", [], retrieved_at=TODAY)
    assert (event["happened_on"], event["known_at"]) == (date(2021, 12, 7), date(2023, 8, 10))


def test_reasons_for_no_parent() -> None:
    stated = {
        path.stem.rpartition("_")[2]: read_exception(
            json.loads(path.read_text(encoding="utf-8")), lei=path.stem.rpartition("_")[2]
        )[1]
        for path in (BODIES / "reporting_exceptions").glob("direct-*.json")
    }
    assert stated[MICROSOFT] == "NON_CONSOLIDATING"
    assert stated[AMAZON] == "NON_PUBLIC"


def test_names_of_all_records_for_matching() -> None:
    frame = gleif_register(all_records(), output="polars")
    assert frame["entity"].n_unique() == 90
    counts = dict(frame["name_kind"].value_counts().iter_rows())
    assert counts == {"legal": 90, "former": 11, "other": 6, "trade": 1}
    former = frame.filter(name="CRI/CRITERION MARKETING ASIA PACIFIC PTE LTD").row(0, named=True)
    assert (former["name_kind"], former["valid_to"]) == ("former", date(2024, 7, 4))
    polish = frame.filter(name="G-Invest spolka z ograniczona odpowiedzialnoscia").row(0, named=True)
    assert (polish["name_kind"], polish["country"]) == ("other", "PL")


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[tuple[LocalServer, HttpClient]]:
    """GLEIF as recorded, on this machine; what was not recorded does not exist."""
    with serving() as server:
        at = "/api/v1/lei-records"
        for path in sorted(BODIES.rglob("*.json")):
            kind, _, lei = path.stem.rpartition("_")
            said = Said(path.read_bytes(), kind="application/vnd.api+json")
            if kind == "single_lei_record":
                server.say(f"{at}/{lei}", said)
            elif path.parent.name in ("relationships", "reporting_exceptions"):
                server.say(f"{at}/{lei}/{kind}", said)
            elif kind == "field_modifications":
                server.say(f"{at}/{lei}/field-modifications", said)
            elif kind in ("direct-parent", "ultimate-parent"):
                server.say(f"{at}/{json.loads(path.read_bytes())['data']['id']}", said)
        with HttpClient(cache_folder=tmp_path, contact="Example credit@example.com", per_second=500) as client:
            yield server, client


def test_source_over_the_recorded_bodies(recorded: tuple[LocalServer, HttpClient]) -> None:
    server, client = recorded
    leis = [NORDIC, BLOOMBERG, AMAZON, MICROSOFT, SHELL]
    frame = pl.DataFrame({"customer_id": leis, "lei": leis})
    result = ask_source(Gleif(client, url=f"{server.url}/api/v1"), frame)
    parts = result.answers.group_by("part").agg(pl.col("status").unique())
    # Only the first page of each log was recorded, so that none is whole.
    assert dict(parts.iter_rows()) == {"record": ["hit"], "changes": ["not_measured"], "parents": ["hit"]}
    told = (
        result.events.filter(pl.col("kind").str.ends_with("_parent")).select("lei", "kind", "text").sort("lei", "kind")
    )
    assert told.rows() == [
        (AMAZON, "ultimate_parent", "LEI ZXTILKJKG63JELOEG630: AMAZON.COM, INC."),
        (BLOOMBERG, "direct_parent", "LEI 549300B56MD0ZC402L06: Bloomberg L.P."),
        (BLOOMBERG, "ultimate_parent", "LEI 549300RMUDWPHCUQNE66: Bloomberg Inc."),
        (NORDIC, "direct_parent", "LEI 549300OWK6ZGNYP4G142: La Gare Holding AB"),
        (NORDIC, "ultimate_parent", "LEI 549300OWK6ZGNYP4G142: La Gare Holding AB"),
    ]
    reasons = result.events.filter(kind="parent_exception", lei=SHELL)["text"].sort().to_list()
    assert len(reasons) == 2
