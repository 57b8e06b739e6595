"""Companies House against a server on this machine: events by day of filing, today's state, all ways of not knowing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from sources.companies_house_bodies import (
    CASES,
    CHARGE,
    CHARGES,
    COMPANY,
    FILINGS,
    HISTORY,
    INSOLVENCY,
    NOT_FOUND,
    NUMBER,
    PERSON,
    PROFILE,
    filing,
    listed,
    play,
    said,
)
from sources.local_server import LocalServer, Said

from credrisk.errors import ParameterError, SourceError
from credrisk.features.company_events import ADVERSE
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.sources.base import SourceResult, ask_source
from credrisk.sources.companies_house import CompaniesHouse, CompaniesHouseProfile
from credrisk.sources.companies_house_charges import charge_events, charge_facts
from credrisk.sources.companies_house_client import CompaniesHouseClient, company_number_of
from credrisk.sources.companies_house_filings import LEGACY_TYPES, RULES, filing_events
from credrisk.sources.companies_house_search import find_companies
from credrisk.sources.companies_house_state import STATUS_KINDS, insolvency_events, profile_events, register_rows
from credrisk.sources.http import HttpClient
from credrisk.sources.uk_proceedings import STARTS

Make = Callable[..., HttpClient]
HISTORICAL, TODAYS = CompaniesHouse, CompaniesHouseProfile
TODAY = date(2026, 1, 1)
REFUSAL = Said(b"<html><title>Forbidden</title></html>", 403, "text/html")


def fetch(source: Any, server: LocalServer, client: HttpClient, as_of: str | None = None) -> SourceResult:
    arguments, customer = play(server) if not server.answers else ({"url": server.url}, {"company_number": NUMBER})
    return ask_source(source(client, **arguments), pl.DataFrame([{"customer_id": "C1", **customer}]), as_of=as_of)


def statuses(result: SourceResult) -> dict[str, str]:
    return dict(result.answers.select("part", "status").iter_rows())


def kinds(items: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in filing_events(items, number=NUMBER)]


def test_filings_are_known_from_the_day_they_were_put_on_file(server: LocalServer, new_client: Make) -> None:
    result = fetch(HISTORICAL, server, new_client())
    told = result.events.filter(~pl.col("kind").str.starts_with("charge"))
    assert told.sort("known_at", "kind").select("kind", "happened_on", "known_at").rows() == [
        ("officer_appointed", date(2009, 1, 5), date(2009, 1, 5)),
        ("accounts_filed", date(2020, 10, 1), date(2020, 10, 1)),
        ("director_resigned", date(2021, 4, 30), date(2021, 5, 4)),
        ("strike_off_notice", date(2021, 9, 14), date(2021, 9, 14)),
        ("creditors_voluntary_liquidation", date(2021, 12, 9), date(2021, 12, 20)),
        ("liquidator_appointed", date(2021, 12, 20), date(2021, 12, 20)),
        ("proceedings_progress", date(2022, 1, 5), date(2022, 1, 5)),
        ("proceedings_progress", date(2023, 2, 10), date(2023, 2, 10)),
        ("proceedings_progress", date(2024, 3, 1), date(2024, 3, 1)),
        ("dissolution", date(2024, 6, 3), date(2024, 6, 3)),
    ]
    assert statuses(result) == {"filing_history": "hit", "charges": "hit"}
    assert set(result.events["company_number"]) == {NUMBER}
    assert set(result.answers["entity"]) == {NUMBER}
    assert set(result.events["licence"]) == {CompaniesHouse.licence}


def test_as_of_sees_what_was_on_file_that_day(server: LocalServer, new_client: Make) -> None:
    before = fetch(HISTORICAL, server, new_client(), as_of="2021-12-19").events["kind"].to_list()
    assert "strike_off_notice" in before
    assert "creditors_voluntary_liquidation" not in before
    assert (
        "creditors_voluntary_liquidation"
        in fetch(HISTORICAL, server, new_client(), as_of="2021-12-20").events["kind"].to_list()
    )


def test_no_name_of_a_person_is_stored(server: LocalServer, new_client: Make) -> None:
    for source in (HISTORICAL, TODAYS):
        result = fetch(source, server, new_client())
        for frame in (result.events, result.facts, result.answers):
            assert "Hidden" not in frame.write_json()
    assert "Hidden" in PERSON


def test_charges_stand_until_their_satisfaction_was_delivered() -> None:
    first = CHARGE | {"links": {"self": f"{CHARGES}/1"}, "charge_code": "1", "delivered_on": "2019-05-01"}
    released = first | {
        "charge_code": "2",
        "links": {"self": f"{CHARGES}/2"},
        "status": "fully-satisfied",
        "satisfied_on": "2021-06-30",
        "transactions": [
            {"delivered_on": "2019-05-01", "filing_type": "create-charge-with-deed"},
            {"delivered_on": "2021-07-20", "filing_type": "charge-satisfaction"},
        ],
    }
    part = first | {"charge_code": "3", "links": {"self": f"{CHARGES}/3"}, "status": "part-satisfied"}
    facts = charge_facts([first, released, part], number=NUMBER, retrieved_at=TODAY)
    assert [(fact["known_at"], fact["value"]) for fact in facts] == [(date(2019, 5, 1), 3.0), (date(2021, 7, 20), 2.0)]
    events = charge_events([first, released, part], number=NUMBER, retrieved_at=TODAY)
    satisfied = [event for event in events if event["kind"] == "charge_satisfied"]
    assert [(event["happened_on"], event["known_at"]) for event in satisfied] == [
        (date(2021, 6, 30), date(2021, 7, 20))
    ]


def test_satisfaction_without_a_filing_is_known_from_today_only() -> None:
    charge = CHARGE | {"status": "satisfied", "satisfied_on": "2021-06-30"}
    facts = charge_facts([charge], number=NUMBER, retrieved_at=TODAY)
    assert [(fact["known_at"], fact["value"]) for fact in facts] == [(date(2020, 2, 2), 1.0), (TODAY, 0.0)]
    events = charge_events([charge], number=NUMBER, retrieved_at=TODAY)
    assert events[1]["known_at"] == TODAY
    assert events[1]["happened_on"] == date(2021, 6, 30)


def test_facts_of_the_history(server: LocalServer, new_client: Make) -> None:
    facts = fetch(HISTORICAL, server, new_client()).facts
    assert facts.select("measure", "period_end", "known_at", "value", "unit").sort("measure").rows() == [
        ("accounts_filing_days", date(2019, 12, 31), date(2020, 10, 1), 275.0, "days"),
        ("charges_outstanding", date(2020, 2, 2), date(2020, 2, 2), 1.0, "count"),
    ]


def test_histories_are_paged_to_the_end(server: LocalServer, new_client: Make) -> None:
    play(server)
    many = [filing("2020-01-01", "TM01", "termination-director-company", "officers", n) for n in range(230)]
    server.say(FILINGS, *(listed(many[start : start + 100], 230) for start in (0, 100, 200)))
    result = fetch(HISTORICAL, server, new_client())
    assert result.events.filter(kind="director_resigned").height == 230
    assert statuses(result)["filing_history"] == "hit"
    asked = [path for _, _, path, _, _ in server.seen if path.startswith(FILINGS)]
    assert [path.partition("start_index=")[2] for path in asked] == ["0", "100", "200"]


@pytest.mark.parametrize("second", [Said(b"", 404), REFUSAL, listed([], 150), said({"items": "none"})])
def test_page_that_is_missing_makes_the_history_not_measured_but_keeps_what_was_read(
    server: LocalServer, new_client: Make, second: Said
) -> None:
    play(server)
    many = [filing("2020-01-01", "TM01", "termination-director-company", "officers", n) for n in range(100)]
    server.say(FILINGS, listed(many, 150), second)
    result = fetch(HISTORICAL, server, new_client(refusal_pause=0))
    assert statuses(result)["filing_history"] == "not_measured"
    assert result.events.filter(kind="director_resigned").height == 100


def test_charges_that_are_incomplete_give_no_count(server: LocalServer, new_client: Make) -> None:
    play(server)
    server.say(CHARGES, listed([CHARGE], 2), listed([], 2))
    result = fetch(HISTORICAL, server, new_client())
    assert statuses(result)["charges"] == "not_measured"
    assert result.facts.filter(measure="charges_outstanding").is_empty()


@pytest.mark.parametrize("absent", [NOT_FOUND, Said(b"", 404)])
def test_not_found_means_none_where_the_company_is_known(server: LocalServer, new_client: Make, absent: Said) -> None:
    play(server)
    server.say(CHARGES, absent)
    server.say(INSOLVENCY, absent)
    assert statuses(fetch(HISTORICAL, server, new_client())) == {"filing_history": "hit", "charges": "none"}
    assert statuses(fetch(TODAYS, server, new_client())) == {"profile": "hit", "insolvency": "none"}


def test_not_found_says_nothing_where_the_company_was_not_seen(server: LocalServer, new_client: Make) -> None:
    play(server)
    for path in (CHARGES, INSOLVENCY):
        server.say(path, NOT_FOUND)
    for path in (FILINGS, COMPANY):
        server.say(path, said({"error": "Invalid Authorization"}, 401))
    for source in (HISTORICAL, TODAYS):
        result = fetch(source, server, new_client(refusal_pause=0))
        assert set(result.answers["status"]) == {"not_measured"}
        assert any("CREDRISK_COMPANIES_HOUSE_KEY" in reason for reason in result.answers["reason"])


def test_number_that_was_never_given_out_has_an_empty_history(server: LocalServer, new_client: Make) -> None:
    """The register answers 200 with no filings for any number; its profile says whether there is such a company."""
    play(server)
    server.say(FILINGS, listed([], filing_history_status="filing-history-available"))
    server.say(CHARGES, NOT_FOUND)
    server.say(COMPANY, NOT_FOUND)
    server.say(INSOLVENCY, NOT_FOUND)
    result = fetch(HISTORICAL, server, new_client())
    assert statuses(result) == {"filing_history": "none", "charges": "not_measured"}
    assert "never have been given out" in result.answers.filter(part="filing_history")["reason"].item()
    assert statuses(fetch(TODAYS, server, new_client())) == {"profile": "none", "insolvency": "none"}


def test_register_that_cannot_show_filings_is_not_measured(server: LocalServer, new_client: Make) -> None:
    play(server)
    server.say(FILINGS, listed([], filing_history_status="filing-history-not-available-unknown-prefix"))
    assert statuses(fetch(HISTORICAL, server, new_client()))["filing_history"] == "not_measured"


@pytest.mark.parametrize(
    "answer",
    [
        REFUSAL,
        Said(b"<html><title>Not found</title></html>", 404, "text/html"),
        Said(b'{"message":"no Route matched"}', 404),
        Said(b"nothing here", 404, "text/plain"),
        Said(b'{"error":"slow down"}', 429),
        Said(b"{}", 500),
        Said(b"<html><title>Sign in</title></html>", 200, "text/html"),
        Said(b"down for maintenance", 200, "text/plain"),
        said(["a", "list"]),
        said({"items": [{"no": "date"}], "total_count": 1}),
        said({"items": [], "total_count": "many"}),
    ],
)
def test_everything_else_is_not_measured(server: LocalServer, new_client: Make, answer: Said) -> None:
    play(server)
    for path in (FILINGS, CHARGES, COMPANY, INSOLVENCY):
        server.say(path, answer)
    for source in (HISTORICAL, TODAYS):
        result = fetch(source, server, new_client(retries=1, refusal_pause=0))
        assert set(result.answers["status"]) == {"not_measured"}, result.answers["reason"].to_list()
        assert all(result.answers["reason"])
        assert result.events.is_empty()


def test_answers_about_another_company_are_not_measured(server: LocalServer, new_client: Make) -> None:
    play(server)
    foreign = filing("2020-01-01", "TM01", "termination-director-company", "officers")
    server.say(FILINGS, listed([foreign | {"links": {"self": "/company/09000002/filing-history/x"}}]))
    server.say(CHARGES, listed([CHARGE | {"links": {"self": "/company/09000002/charges/x"}}]))
    server.say(COMPANY, said(PROFILE | {"company_number": "09000002"}))
    assert set(fetch(HISTORICAL, server, new_client()).answers["status"]) == {"not_measured"}
    assert statuses(fetch(TODAYS, server, new_client()))["profile"] == "not_measured"


def test_profile_is_known_from_the_day_it_was_fetched(server: LocalServer, new_client: Make) -> None:
    result = fetch(TODAYS, server, new_client())
    today = datetime.now(UTC).date()
    assert set(result.events["known_at"]) == {today}
    said_of = dict(result.events.select("kind", "happened_on").iter_rows())
    assert said_of["accounts_overdue"] == date(2021, 9, 30)
    assert said_of["creditors_voluntary_liquidation"] == date(2021, 12, 9)
    assert "confirmation_statement_overdue" not in said_of
    assert result.facts["measure"].to_list() == ["days_to_accounts_due"]
    assert result.facts["value"].item() == (date(2021, 9, 30) - today).days
    asked = len(server.seen)
    assert set(fetch(TODAYS, server, new_client(), as_of="2021-12-31").answers["status"]) == {"not_measured"}
    assert len(server.seen) == asked


def test_liquidation_of_the_profile_is_not_taken_for_insolvency() -> None:
    kind, words = STATUS_KINDS["liquidation"]
    assert kind in FAMILIES["filing"]
    assert "does not tell whether it is solvent" in words
    solvent = {"cases": [{"type": "members-voluntary-liquidation", "number": "1", "dates": []}]}
    (event,) = insolvency_events(solvent, number=NUMBER, retrieved_at=TODAY)
    assert event["kind"] == "members_voluntary_liquidation"
    assert "no date" in event["text"]
    assert event["kind"] not in FAMILIES["insolvency"]


def test_unsound_office_and_proposal_to_strike_off() -> None:
    profile = PROFILE | {
        "company_status": "active",
        "company_status_detail": "active-proposal-to-strike-off",
        "undeliverable_registered_office_address": True,
        "registered_office_is_in_dispute": True,
    }
    told = {event["kind"] for event in profile_events(profile, number=NUMBER, retrieved_at=TODAY)}
    assert {"strike_off_notice", "registered_office_undeliverable", "registered_office_disputed"} <= told


def test_solvent_winding_up_is_no_insolvency() -> None:
    solvent = [
        filing("2022-03-01", "600", "liquidation-voluntary-appointment-of-liquidator", "insolvency"),
        filing("2022-03-01", "LIQ01", "liquidation-voluntary-declaration-of-solvency", "insolvency", 1),
        filing(
            "2022-03-01",
            "RESOLUTIONS",
            "resolution",
            "resolution",
            2,
            resolutions=[{"type": "LRESSP", "description": "liquidation-voluntary-special-resolution-to-wind-up"}],
        ),
        filing("2023-03-01", "LIQ13", "liquidation-voluntary-members-return-of-final-meeting", "insolvency"),
    ]
    told = kinds(solvent)
    assert sorted(told) == [
        "liquidator_appointed",
        "members_voluntary_liquidation",
        "proceedings_progress",
        "proceedings_progress",
    ]
    assert not set(told) & {kind for family in ADVERSE for kind in FAMILIES[family]}


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("liquidation-compulsory-winding-up-order", "winding_up_order"),
        ("liquidation-compulsory-winding-up-order-with-case-start-date", "winding_up_order"),
        ("liquidation-compulsory-notice-winding-up", "winding_up_order"),
        ("liquidation-compulsory-notice-winding-up-order-court-scotland", "winding_up_order"),
        ("liquidation-court-order-winding-up-northern-ireland", "winding_up_order"),
        ("liquidation-compulsory-winding-up-progress-report", "proceedings_progress"),
        ("liquidation-court-order-to-rescind-winding-up", "insolvency_ended"),
        ("liquidation-court-order-to-stay-winding-up", "proceedings_progress"),
        ("liquidation-appointment-of-provisional-liquidator", "liquidation"),
        ("liquidation-compulsory-appointment-provisional-liquidator-scotland", "liquidation"),
        ("liquidation-compulsory-appointment-liquidator", "liquidator_appointed"),
        ("liquidation-appointment-of-liquidator", "liquidator_appointed"),
        ("liquidation-in-administration-appointment-of-administrator", "administration"),
        ("liquidation-in-administration-appointment-of-administrator-scotland", "administration"),
        ("liquidation-administration-order", "administration"),
        ("liquidation-administration-order-to-deal-charged-property", "proceedings_progress"),
        ("liquidation-appointmentt-of-administrator-northern-ireland", "administration"),
        (
            "liquidation-in-administration-appointment-of-a-replacement-or-additional-administrator",
            "proceedings_progress",
        ),
        ("liquidation-in-administration-end-of-administration", "insolvency_ended"),
        ("liquidation-in-administration-automatic-end-of-case", "insolvency_ended"),
        ("liquidation-in-administration-move-to-creditors-voluntary-liquidation", "creditors_voluntary_liquidation"),
        ("liquidation-administration-discharge-of-administration-order", "insolvency_ended"),
        ("liquidation-receiver-appointment-of-receiver", "receivership"),
        ("liquidation-receiver-appointment-of-receiver-by-court-scotland", "receivership_scotland"),
        ("liquidation-receiver-cease-to-act-receiver", "insolvency_ended"),
        (
            "liquidation-voluntary-arrangement-meeting-approving-companies-voluntary-arrangement",
            "corporate_voluntary_arrangement",
        ),
        (
            "liquidation-meeting-approving-companies-voluntary-arrangement-northern-ireland",
            "corporate_voluntary_arrangement",
        ),
        ("liquidation-voluntary-arrangement-completion", "insolvency_ended"),
        ("liquidation-completion-of-voluntary-arrangement-northern-ireland", "insolvency_ended"),
        ("liquidation-voluntary-arragenment-commencement-of-moratorium", "moratorium"),
        ("liquidation-voluntary-arrangement-ending-of-moratorium", "insolvency_ended"),
        ("liquidation-insolvency-proceedings-overseas", "foreign_insolvency"),
        ("liquidation-appointment-of-liquidator-overseas", "foreign_insolvency"),
        ("liquidation-insolvency-proceedings-limited-liability-partnership", "insolvency"),
        ("liquidation-ex", "insolvency_ended"),
        ("liquidation-extension-northern-ireland", "proceedings_progress"),
        ("liquidation-voluntary-creditors-paid-in-full", "proceedings_progress"),
        ("gazette-notice-compulsary", "strike_off_notice"),
        ("gazette-notice-voluntary", "voluntary_strike_off"),
        ("dissolution-application-strike-off-company", "voluntary_strike_off"),
        ("gazette-filings-brought-up-to-date", "strike_off_discontinued"),
        ("dissolved-compulsory-strike-off-suspended", "strike_off_suspended"),
        ("gazette-dissolved-compulsory", "dissolution"),
        ("restoration-order-of-court", "restored_to_register"),
        ("change-account-reference-date-company-previous-extended", "accounting_date_changed"),
        ("auditors-resignation-company", "auditor_resigned"),
        ("termination-secretary-company-with-name", "officer_resigned"),
        ("termination-member-limited-liability-partnership", "officer_resigned"),
        ("appoint-corporate-director-company-with-name-date", "director_appointed"),
        ("appoint-person-member-limited-liability-partnership", "officer_appointed"),
        ("change-registered-office-address-company-with-date-old-address", "registered_office_changed"),
        ("default-companies-house-registered-office-address-applied", "registered_office_undeliverable"),
        ("certificate-change-of-name-company", "name_changed"),
        ("cessation-of-a-person-with-significant-control", "owner_changed"),
        ("withdrawal-of-a-person-with-significant-control-statement", None),
        ("mortgage-create-with-deed", None),
        ("change-person-director-company", None),
        ("incorporation-company", None),
    ],
)
def test_descriptions_of_the_register(description: str, kind: str | None) -> None:
    assert kinds([filing("2022-01-01", "X", description, "insolvency")]) == ([kind] if kind else [])


def test_second_proceeding_counts_again_and_one_day_is_not_judged_by_the_next() -> None:
    again = [
        filing(day, "AM01", "liquidation-in-administration-appointment-of-administrator", "insolvency")
        for day in ("2012-01-01", "2012-12-30", "2019-05-05")
    ]
    assert kinds(again) == ["administration", "proceedings_progress", "administration"]
    whole = filing_events(HISTORY, number=NUMBER)
    for cut in {event["known_at"] for event in whole}:
        seen = [item for item in HISTORY if item["date"] <= cut.isoformat()]
        assert filing_events(seen, number=NUMBER) == [event for event in whole if event["known_at"] <= cut]


def test_every_kind_belongs_to_a_family() -> None:
    families = {kind for members in FAMILIES.values() for kind in members}
    told = {kind for _, kind, _ in RULES} | {kind for kind, _ in LEGACY_TYPES.values()}
    told |= {kind for kind, _ in STATUS_KINDS.values()}
    assert told <= families
    assert STARTS - {"members_voluntary_liquidation"} <= set(FAMILIES["insolvency"])


def test_dates_and_texts_of_filings() -> None:
    late = filing("2022-01-05", "TM01", "termination-director-company", "officers", action_date="2023-01-01")
    assert filing_events([late], number=NUMBER)[0]["happened_on"] == date(2022, 1, 5)
    renamed = filing(
        "2022-01-05",
        "CERTNM",
        "certificate-change-of-name-company",
        "change-of-name",
        description_values={"description": "Company name changed old pots LTD\\certificate issued on 05/01/22"},
    )
    assert filing_events([renamed], number=NUMBER)[0]["text"] == "the company changed its name; before: old pots LTD"
    for broken in ({"date": "5 January 2022"}, {"date": "2022-02-30"}, {"date": None}):
        with pytest.raises(SourceError, match="is no date"):
            filing_events([renamed | broken], number=NUMBER)


def test_two_filings_of_one_day_stay_two_and_one_without_number_does_not_break_the_contract(
    server: LocalServer, new_client: Make
) -> None:
    play(server)
    twice = [filing("2022-01-05", "TM01", "termination-director-company", "officers", n) for n in (1, 2)]
    bare = [{**one, "transaction_id": None} for one in twice]
    server.say(FILINGS, listed([*twice, *bare]))
    result = fetch(HISTORICAL, server, new_client())
    assert result.events.filter(kind="director_resigned").height == 3
    assert statuses(result)["filing_history"] == "hit"


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("7310390", "07310390"),
        (7310390, "07310390"),
        (7310390.0, "07310390"),
        (" 0731 0390 ", "07310390"),
        ("sc5336", "SC005336"),
        ("NI038289", "NI038289"),
        ("oc 318315", "OC318315"),
        ("IP12345R", "IP12345R"),
        ("R0000123", "R0000123"),
    ],
)
def test_company_numbers_have_eight_characters(given: object, number: str) -> None:
    assert company_number_of(given) == number


@pytest.mark.parametrize("given", ["", "0", "123456789", "SC", "ABC12345", "GB123456789", "-1", "12.5", "१२३", "HRB 1"])
def test_what_is_no_company_number_is_refused(given: object) -> None:
    with pytest.raises(ParameterError, match="company_number must be"):
        company_number_of(given)


@pytest.mark.parametrize(("number", "reason"), [(None, "no company number"), (" ", "no company"), ("HRB 1", "must be")])
def test_customers_without_a_number_are_not_measured(
    server: LocalServer, new_client: Make, number: str | None, reason: str
) -> None:
    source = CompaniesHouse(new_client(), url=server.url)
    result = ask_source(source, pl.DataFrame({"customer_id": ["1"], "company_number": [number]}))
    assert set(result.answers["status"]) == {"not_measured"}
    assert all(reason in one for one in result.answers["reason"])
    assert server.seen == []


@pytest.mark.parametrize(
    ("country", "number", "confidence", "asked"),
    [
        ("GB", "9000001", None, True),
        ("uk", "9000001", None, True),
        ("United Kingdom", "9000001", None, True),
        (None, "9000001", None, True),
        ("IE", "9000001", None, False),
        ("DE", "9000001", None, False),
        ("IE", "9000001", 0.99, True),
        ("IE", "SC000001", None, True),
    ],
)
def test_numbers_of_other_registers_are_not_asked_for(
    server: LocalServer, new_client: Make, country: str | None, number: str, confidence: float | None, asked: bool
) -> None:
    row = {"customer_id": "1", "company_number": number, "country": country, "confidence_company_number": confidence}
    result = ask_source(CompaniesHouse(new_client(), url=server.url), pl.DataFrame([row]))
    assert bool(server.seen) == asked
    assert asked or all("another register" in reason for reason in result.answers["reason"])


def test_confidence_of_a_match_is_carried(server: LocalServer, new_client: Make) -> None:
    arguments, customer = play(server)
    frame = pl.DataFrame([{**customer, "confidence_company_number": 0.97}])
    result = ask_source(CompaniesHouse(new_client(), **arguments), frame)
    assert set(result.answers["match_confidence"]) == {0.97}
    assert set(result.events["match_confidence"]) == {0.97}


def test_register_rows_of_fetched_profiles(server: LocalServer, new_client: Make) -> None:
    events = fetch(TODAYS, server, new_client()).events
    rows = register_rows(events).sort("name_kind")
    assert rows.select("entity", "name", "name_kind", "valid_from", "valid_to", "postcode", "status").rows() == [
        (NUMBER, "INVENTED POTS LIMITED", "former", None, date(2012, 5, 1), "ZZ1 1AA", "liquidation"),
        (NUMBER, "INVENTED CERAMICS LIMITED", "legal", date(2012, 5, 1), None, "ZZ1 1AA", "liquidation"),
    ]
    assert register_rows(events, as_of=date(2021, 1, 1)).is_empty()
    moved = PROFILE | {"company_name": "INVENTED VASES LIMITED", "previous_company_names": []}
    later = [
        {"source": "companies_house_profile", "company_number": NUMBER, **event}
        for event in profile_events(moved, number=NUMBER, retrieved_at=date(2099, 1, 1))
    ]
    both = pl.concat([events.select(*later[0]), pl.DataFrame(later, infer_schema_length=None)])
    assert register_rows(both)["name"].to_list() == ["INVENTED VASES LIMITED"]
    assert register_rows(both, as_of=date(2098, 12, 31)).height == 2


def test_search_gives_candidates(server: LocalServer, new_client: Make) -> None:
    item = {
        "title": "INVENTED  CERAMICS LIMITED",
        "company_number": NUMBER,
        "company_status": "active",
        "address": {"premises": "1", "address_line_1": "Kiln Lane", "locality": "Potstown", "postal_code": "ZZ1 1AA"},
    }
    server.say("/search/companies", said({"items": [item, {**item, "title": None}, {**item, "company_number": "x"}]}))
    register = CompaniesHouseClient(new_client(), server.url)
    rows = find_companies("Invented Ceramics", register=register)
    assert rows.select("entity", "name", "street", "city", "postcode").rows() == [
        (NUMBER, "INVENTED CERAMICS LIMITED", "1 Kiln Lane", "Potstown", "ZZ1 1AA")
    ]
    for number, answer in enumerate((Said(b"", 404), said({"kind": "x"}), REFUSAL)):
        server.say("/search/companies", answer)
        with pytest.raises(SourceError):
            find_companies(f"Other {number}", register=register)


@pytest.mark.parametrize("cases", [{}, {"cases": []}, {"cases": ["x"]}, {"cases": [{"number": "1"}]}])
def test_insolvency_of_another_shape_is_an_error(cases: Any) -> None:
    with pytest.raises(SourceError):
        insolvency_events(cases, number=NUMBER, retrieved_at=TODAY)
    assert insolvency_events(CASES, number=NUMBER, retrieved_at=TODAY)
