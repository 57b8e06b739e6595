"""GLEIF: what is read from its bodies, since when it was known, and what is never made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from sources import gleif_bodies as bodies
from sources.gleif_bodies import CHILD, PARENT, ULTIMATE
from sources.local_server import LocalServer, Said

from credrisk.errors import SourceError
from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.gleif import Gleif
from credrisk.sources.gleif_changes import read_modifications, read_parent
from credrisk.sources.gleif_events import (
    ENTITY_KINDS,
    ENTITY_STATUS,
    EVENT_KINDS,
    REGISTRATION_KINDS,
    REGISTRATION_STATUS,
    change_events,
    status_as_of,
    status_events,
)
from credrisk.sources.gleif_names import REGISTER_COLUMNS, gleif_register
from credrisk.sources.gleif_parents import parent_event, parent_history, parents
from credrisk.sources.gleif_records import read_record, read_records
from credrisk.sources.gleif_values import day_of, lei_of
from credrisk.sources.http import HttpClient

AT = "/api/v1/lei-records"
NewClient = Callable[..., HttpClient]


def asked(server: LocalServer, client: HttpClient, *, as_of: str | None = None, **more: Any) -> SourceResult:
    settings, customer = bodies.play(server)
    return ask_source(Gleif(client, **settings), pl.DataFrame([{**customer, **more}]), as_of=as_of)


def told(result: SourceResult) -> dict[str, list[tuple[date, date]]]:
    rows = result.events.sort("kind", "happened_on").group_by("kind", maintain_order=True)
    return {str(kind[0]): list(zip(part["happened_on"], part["known_at"], strict=True)) for kind, part in rows}


def test_happy_path_dates_every_event_by_its_publication(server: LocalServer, new_client: NewClient) -> None:
    result = asked(server, new_client())
    assert result.answers.select("part", "status", "entity", "match_confidence").rows() == [
        ("record", "hit", CHILD, 1.0),
        ("changes", "hit", CHILD, 1.0),
        ("parents", "hit", CHILD, 1.0),
    ]
    assert result.answers.filter(part="record")["reason"].item() == "registered as Invented Ceramics GmbH"
    assert told(result) == {
        "direct_parent": [(date(2018, 2, 6), date(2018, 3, 2))],
        "head_office_changed": [(date(2023, 12, 6), date(2024, 6, 5))],
        "lei_lapsed": [(date(2024, 3, 2), date(2024, 3, 2))],
        "lei_renewed": [(date(2024, 5, 2), date(2024, 5, 2))],
        "liquidation": [(date(2025, 2, 1), date(2025, 2, 4))],
        "merger": [(date(2020, 11, 11), date(2022, 4, 7))],
        "name_changed": [(date(2022, 1, 24), date(2022, 1, 24))],
        "registered_office_changed": [(date(2021, 7, 5), date(2021, 7, 5))],
        "ultimate_parent": [(date(2018, 2, 6), date(2018, 3, 2))],
    }
    assert set(result.events["licence"]) == {"CC0 1.0"}
    liquidation = result.events.filter(kind="liquidation").row(0, named=True)
    assert liquidation["text"] == "Liquidation (in progress, solvent or not is not said)"
    assert liquidation["url"] == f"https://search.gleif.org/#/record/{CHILD}"


def test_recorded_before_published_is_not_known_before_published(server: LocalServer, new_client: NewClient) -> None:
    client = new_client()
    assert "merger" not in told(asked(server, client, as_of="2022-04-06"))
    assert "merger" in told(asked(server, client, as_of="2022-04-07"))


def test_confidence_of_a_matched_identifier_is_kept(server: LocalServer, new_client: NewClient) -> None:
    result = asked(server, new_client(), confidence_lei=0.9)
    assert set(result.answers["match_confidence"]) == {0.9}
    assert set(result.events["match_confidence"]) == {0.9}


@pytest.mark.parametrize("given", [None, "", " "])
def test_no_identifier_is_not_measured(server: LocalServer, new_client: NewClient, given: str | None) -> None:
    result = asked(server, new_client(), lei=given)
    assert set(result.answers["reason"]) == {"no LEI given"}
    assert not server.seen


def test_wrong_check_digits_are_not_asked(server: LocalServer, new_client: NewClient) -> None:
    result = asked(server, new_client(), lei=CHILD[:-1] + str((int(CHILD[-1]) + 1) % 10))
    assert set(result.answers["status"]) == {"not_measured"}
    assert not server.seen


def test_published_identifiers_have_right_check_digits() -> None:
    # The standard's own example is GLEIF's identifier; the second is of a large technology company.
    assert lei_of("506700GE1G29325QX363") == "506700GE1G29325QX363"
    assert lei_of(" hwupkr0mpou8fgxbt394") == "HWUPKR0MPOU8FGXBT394"
    assert lei_of("HWUPKR0MPOU8FGXBT349") is None


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (bodies.absent(), "none"),
        (Said(b"<html><title>Not Found</title></html>", 404, "text/html"), "not_measured"),
        (Said(b"{}", 404, bodies.KIND), "not_measured"),
        (Said(b"Too many requests", 200, "text/plain"), "not_measured"),
        (bodies.said(bodies.record(PARENT)), "not_measured"),
        (bodies.said({"type": "lei-records"}), "not_measured"),
    ],
)
def test_absence_counts_only_when_the_source_says_so(
    server: LocalServer, new_client: NewClient, said: Said, status: str
) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{CHILD}", said)
    result = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer]))
    assert set(result.answers["status"]) == {status}
    assert result.events.is_empty()


def test_without_the_log_changes_are_not_measured_and_events_are_known_a_day_later(
    server: LocalServer, new_client: NewClient
) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{CHILD}/field-modifications", Said(b"<html><title>Busy</title></html>", 403, "text/html"))
    result = ask_source(Gleif(new_client(refusal_pause=0.0), **settings), pl.DataFrame([customer]))
    statuses = dict(result.answers.select("part", "status").iter_rows())
    assert statuses == {"record": "hit", "changes": "not_measured", "parents": "hit"}
    assert told(result)["merger"] == [(date(2020, 11, 11), date(2022, 3, 30))]
    assert "lei_lapsed" not in told(result)


def test_log_that_ends_early_is_not_measured(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{CHILD}/field-modifications", bodies.said(bodies.log(*bodies.CHANGES[:3], total=9)))
    result = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer]))
    reason = result.answers.filter(part="changes")["reason"][0]
    assert "3 lines where 9 are announced" in reason


def test_reason_for_no_parent_is_known_from_its_publication_or_from_today(
    server: LocalServer, new_client: NewClient
) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{CHILD}", bodies.said(bodies.record(exceptions=("direct", "ultimate"))))
    category = "{}_ACCOUNTING_CONSOLIDATION_PARENT"
    for kind, reason in (("direct", "NON_CONSOLIDATING"), ("ultimate", "NATURAL_PERSONS")):
        server.say(
            f"{AT}/{CHILD}/{kind}-parent-reporting-exception",
            bodies.said(bodies.exception(category.format(kind.upper()), reason)),
        )
    line = bodies.change("", "2024-04-10T00:00:00Z", "NO_KNOWN_PERSON", "NON_CONSOLIDATING")
    line["attributes"] |= {
        "recordType": "REPEX",
        "field": "/repex:ReportingExceptionData/repex:ReportingExceptions/repex:Exception/repex:ExceptionReason",
        "context": {"exceptionCategory": category.format("DIRECT")},
    }
    server.say(f"{AT}/{CHILD}/field-modifications", bodies.said(bodies.log(line)))
    result = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer]))
    rows = result.events.sort("known_at").select("kind", "text", "known_at").rows()
    today = result.answers["retrieved_at"][0]
    assert rows == [
        ("parent_exception", "no direct parent: non consolidating", date(2024, 4, 10)),
        ("parent_exception", "no ultimate parent: natural persons", today),
    ]


def test_a_record_that_says_nothing_of_parents_was_read_on_a_day(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{CHILD}", bodies.said(bodies.record()))
    server.say(f"{AT}/{CHILD}/field-modifications", bodies.said(bodies.log()))
    answers = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer])).answers
    parts = {part: (status, day) for part, status, day in answers.select("part", "status", "retrieved_at").iter_rows()}
    assert parts["parents"] == ("none", parts["record"][1])
    assert parts["record"][1] is not None


def test_parent_that_cannot_be_read_leaves_the_other(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    server.say(f"{AT}/{PARENT}", Said(b"oops", 200, "text/plain"))
    result = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer]))
    answer = result.answers.filter(part="parents").row(0, named=True)
    assert answer["status"] == "not_measured"
    assert answer["reason"].startswith("direct parent:")
    assert "ultimate_parent" in told(result)
    assert "direct_parent" not in told(result)


def test_parent_whose_registration_is_that_of_the_identifier_is_known_from_the_log_or_its_last_update() -> None:
    child = read_record({"data": bodies.record()}, lei=CHILD)
    today = date(2026, 1, 1)
    line = bodies.change("rr:Registration/rr:LastUpdateDate", "2023-05-06T00:00:00Z", "a", "b")
    line["attributes"]["context"] = {"relationshipType": "IS_DIRECTLY_CONSOLIDATED_BY", "endNode": PARENT}
    for registered, log, known_at in (
        ("2018-03-01T12:13:14Z", (), date(2018, 3, 2)),
        ("2018-02-06T12:13:14Z", (), date(2018, 2, 7)),
        ("2018-02-05T12:13:14Z", (), date(2025, 4, 12)),  # before the relationship began
        ("2014-03-01T10:11:12Z", (), date(2025, 4, 12)),  # the identifier's own
        ("2014-03-01T10:11:12Z", (line,), date(2023, 5, 6)),
    ):
        body = bodies.relationship("direct")
        body["attributes"]["registration"]["initialRegistrationDate"] = registered
        parent = read_parent({"data": body}, lei=CHILD)
        event = parent_event(child, parent, "Invented Holding AG", modifications(*log), retrieved_at=today)
        assert (event["happened_on"], event["known_at"]) == (date(2018, 2, 6), known_at), registered
        assert parent_event(child, parent, "", [], retrieved_at=date(2018, 2, 1))["known_at"] == date(2018, 2, 1)


def test_ended_relationship_is_no_parent(server: LocalServer, new_client: NewClient) -> None:
    settings, customer = bodies.play(server)
    ended = bodies.relationship("direct", status="INACTIVE")
    server.say(f"{AT}/{CHILD}/direct-parent-relationship", bodies.said(ended))
    result = ask_source(Gleif(new_client(), **settings), pl.DataFrame([customer]))
    assert "direct_parent" not in told(result)
    assert set(result.answers["status"]) == {"hit"}


def test_parents_read_back_and_become_parents_in_the_ledger(server: LocalServer, new_client: NewClient) -> None:
    frame = parents(asked(server, new_client()).events, output="polars")
    assert frame.select("customer_id", "kind", "parent_lei", "parent_name", "valid_from", "known_at").rows() == [
        ("C-1", "direct", PARENT, "Invented Holding AG", date(2018, 2, 6), date(2018, 3, 2)),
        ("C-1", "ultimate", ULTIMATE, "Invented Group SE", date(2018, 2, 6), date(2018, 3, 2)),
    ]
    accounts = pl.DataFrame({"customer_id": ["C-1", "C-9", "C-5", "C-7"], "lei": [CHILD, ULTIMATE, PARENT, PARENT]})
    assert parent_history(frame, accounts, output="polars").rows() == [
        ("C-1", "parent_id", "C-5", date(2018, 2, 6), date(2018, 3, 2))
    ]
    only_ultimate = accounts.filter(pl.col("lei") != PARENT)
    assert parent_history(frame, only_ultimate, output="polars")["value"].to_list() == ["C-9"]
    assert parent_history(frame, accounts.filter(lei=CHILD), output="polars").is_empty()


def test_second_call_is_answered_from_the_cache(server: LocalServer, new_client: NewClient) -> None:
    client = new_client()
    first = asked(server, client)
    seen = len(server.seen)
    second = asked(server, client)
    assert len(server.seen) == seen
    assert second.events.equals(first.events)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2020-11-10T23:00:00Z", date(2020, 11, 11)),  # midnight in Germany, winter
        ("2023-07-24T22:00:00Z", date(2023, 7, 25)),  # midnight in Austria, summer
        ("2025-03-21T18:30:00Z", date(2025, 3, 22)),  # midnight in India
        ("2024-01-17T16:00:00Z", date(2024, 1, 18)),  # midnight in Singapore
        ("2023-05-09T05:00:00Z", date(2023, 5, 9)),  # midnight in New York
        ("2023-08-23T00:00:00Z", date(2023, 8, 23)),
        ("2023-09-20T23:47:57Z", date(2023, 9, 20)),  # a moment, no midnight
        ("2020-11-11T00:00:00+01:00", date(2020, 11, 11)),
    ],
)
def test_days_are_those_that_were_meant(moment: str, day: date) -> None:
    assert day_of(moment) == day


@pytest.mark.parametrize("text", ["2024-02-30T00:00:00Z", "2024-02-01", "soon", "2024-02-01T00:00:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="no moment"):
        day_of(text)


def modifications(*lines: dict[str, Any]) -> list[Any]:
    return read_modifications(bodies.log(*lines), lei=CHILD)[0]


def test_status_as_of_reads_the_log() -> None:
    log = modifications(*bodies.CHANGES)
    for day, status in (
        (date(2020, 12, 31), None),
        (date(2021, 1, 1), "ISSUED"),
        (date(2024, 3, 1), "ISSUED"),
        (date(2024, 3, 2), "LAPSED"),
        (date(2024, 5, 1), "LAPSED"),
        (date(2024, 5, 2), "ISSUED"),
    ):
        assert status_as_of(log, field=REGISTRATION_STATUS, as_of=day) == status
    assert status_as_of(log, field=ENTITY_STATUS, as_of=date(2024, 1, 1)) is None
    later = modifications(bodies.change(bodies.STATUS, "2024-03-02T00:00:00Z", "ISSUED", "LAPSED"))
    assert status_as_of(later, field=REGISTRATION_STATUS, as_of=date(2023, 1, 1)) == "ISSUED"


def test_the_paperwork_of_an_identifier_is_no_bad_news() -> None:
    family = {kind: name for name, kinds in FAMILIES.items() for kind in kinds}
    for kind in (*REGISTRATION_KINDS.values(), *ENTITY_KINDS.values(), "dissolution", "merger", "name_changed"):
        assert family[kind] not in ADVERSE, kind
    assert {family[EVENT_KINDS[one]] for one in ("BANKRUPTCY", "INSOLVENCY", "VOLUNTARY_ARRANGEMENT")} == {"insolvency"}
    assert not {"direct_parent", "ultimate_parent", "parent_exception"} & set(family)


def test_a_move_between_issuers_is_neither_lapsed_nor_renewed() -> None:
    log = modifications(
        bodies.change(bodies.STATUS, "2023-09-15T00:00:00Z", "PENDING_ARCHIVAL", "ISSUED"),
        bodies.change(bodies.STATUS, "2023-08-29T00:00:00Z", "ISSUED", "PENDING_TRANSFER"),
    )
    assert change_events(CHILD, log) == []


def test_end_of_a_company_and_of_its_identifier() -> None:
    log = modifications(
        bodies.change("lei:Entity/lei:EntityStatus", "2023-09-21T00:00:00Z", "ACTIVE", "INACTIVE"),
        bodies.change(bodies.STATUS, "2023-09-21T00:00:00Z", "LAPSED", "RETIRED"),
    )
    assert [(row["kind"], row["known_at"]) for row in change_events(CHILD, log)] == [
        ("entity_inactive", date(2023, 9, 21)),
        ("lei_retired", date(2023, 9, 21)),
    ]


def test_status_older_than_the_log_is_known_from_today_only() -> None:
    lapsed = read_record({"data": bodies.record(registration_status="LAPSED")}, lei=CHILD)
    today = date(2025, 5, 15)
    (row,) = status_events(lapsed, [], retrieved_at=today)
    assert (row["kind"], row["happened_on"], row["known_at"]) == ("lei_lapsed", date(2024, 3, 1), today)
    dated = modifications(bodies.change(bodies.STATUS, "2024-03-02T00:00:00Z", "ISSUED", "LAPSED"))
    assert status_events(lapsed, dated, retrieved_at=today) == []
    assert status_events(read_record({"data": bodies.record()}, lei=CHILD), [], retrieved_at=today) == []


def test_register_of_records_has_every_name_with_the_days_that_are_known() -> None:
    names = (
        ("Elder Pottery GmbH", "PREVIOUS_LEGAL_NAME"),
        ("Eldest Pottery KG", "PREVIOUS_LEGAL_NAME"),
        ("Invented Ceramics", "TRADING_OR_OPERATING_NAME"),
        ("Invented Ceramics Ltd", "ALTERNATIVE_LANGUAGE_LEGAL_NAME"),
        ("Erfundene Keramik", "PREFERRED_ASCII_TRANSLITERATED_LEGAL_NAME"),
    )
    records = read_records({"data": [bodies.record(others=names)]})
    log = modifications(*bodies.CHANGES)
    frame = gleif_register(records, logs={CHILD: log}, parents={CHILD: PARENT}, output="polars")
    assert frame.schema == pl.Schema(REGISTER_COLUMNS)
    assert frame.select("name", "name_kind", "valid_from", "valid_to").rows() == [
        ("Elder Pottery GmbH", "former", None, date(2022, 1, 24)),
        ("Eldest Pottery KG", "former", None, None),
        ("Invented Ceramics GmbH", "legal", date(2022, 1, 24), None),
        ("Erfundene Keramik", "other", None, None),
        ("Invented Ceramics Ltd", "other", None, None),
        ("Invented Ceramics", "trade", None, None),
    ]
    assert frame.select("entity", "country", "postcode", "city", "street", "status", "parent").unique().rows() == [
        (CHILD, "DE", "90001", "Musterstadt", "Tonweg 1, Hof 2", "ACTIVE", PARENT)
    ]


def test_bodies_of_another_shape_are_errors() -> None:
    whole = {"data": bodies.record()}
    read_record(whole, lei=CHILD)
    for path in (("entity", "legalName"), ("entity", "eventGroups"), ("registration", "status"), ("lei",)):
        broken = json.loads(json.dumps(whole))
        place = broken["data"]["attributes"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = None
        with pytest.raises(SourceError):
            read_record(broken, lei=CHILD)
