"""Who is insolvent or gone by the own books or a register: what ends it, what is too weak, and what hangs on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from decisions.cases import features_of, scores_of
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.decisions.insolvency import ended_by_registers, insolvencies, said_by_registers, warned_by_registers
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_evidence import limit_evidence
from credrisk.decisions.order_release import decide_order
from credrisk.decisions.queue import collection_queue
from credrisk.ledger.ledger import Ledger

AS_OF = date(2025, 3, 31)
INVOICE = {
    "document_id": "d",
    "customer_id": "a",
    "document_date": "2025-01-01",
    "due_date": "2025-02-28",
    "amount": 500_000,
}


def event(kind: str, day: str = "2025-03-10", **more: Any) -> dict[str, Any]:
    told = {"customer_id": "a", "kind": kind, "happened_on": day, "known_at": day, "source": "register"}
    return told | more


def book(*events: dict[str, Any], **tables: Any) -> Ledger:
    return ledger_of(documents=[INVOICE], events=list(events), **tables)


CASES = {
    "an order": ([event("winding_up_order")], "insolvent (register)"),
    "as another writes it": ([event("Winding-up order")], "insolvent (register)"),
    "dissolved": ([event("dissolution")], "dissolved (register)"),
    "struck off": ([event("struck_off")], "dissolved (register)"),
    "in liquidation, solvent or not is not said": ([event("in_liquidation")], "in liquidation (register)"),
    "as GLEIF says it": ([event("liquidation")], "in liquidation (register)"),
    "insolvent, then dissolved": ([event("bankruptcy"), event("dissolution", "2025-03-20")], "dissolved (register)"),
    "restored": ([event("dissolution"), event("restored_to_register", "2025-03-20")], None),
    "restored, then gone again": (
        [event("dissolution", "2025-01-05"), event("restored_to_register", "2025-02-20"), event("struck_off")],
        "dissolved (register)",
    ),
    "ended": ([event("in_administration"), event("insolvency_ended", "2025-03-20")], None),
    "ended and begun on one day": ([event("in_administration"), event("insolvency_ended")], "insolvent (register)"),
    "a petition": ([event("winding_up_petition")], None),
    "a strike-off announced": ([event("strike_off_notice")], None),
    "solvent": ([event("members_voluntary_liquidation")], None),
    "in liquidation, and solvent": (
        [event("members_voluntary_liquidation", "2025-03-08"), event("in_liquidation")],
        None,
    ),
    "solvent, and then not": (
        [event("members_voluntary_liquidation", "2023-03-08"), event("in_liquidation"), event("winding_up_order")],
        "insolvent (register)",
    ),
    "declared solvent more than a year later": (
        [event("members_voluntary_liquidation", "2025-03-08"), event("in_liquidation", "2024-03-06")],
        "in liquidation (register)",
    ),
    "a plan confirmed": ([event("bankruptcy", "2024-06-10"), event("bankruptcy_progress")], None),
    "merged, perhaps": ([event("entity_inactive")], None),
    "three years ago to the day": ([event("bankruptcy", "2022-03-31")], None),
    "a day less than three years ago": ([event("bankruptcy", "2022-04-01")], "insolvent (register)"),
    "long ago, and a new step": (
        [event("in_administration", "2022-03-01"), event("proceedings_progress", "2024-11-01")],
        "insolvent (register)",
    ),
    "long ago, and a liquidator since": (
        [event("in_liquidation", "2022-03-01"), event("liquidator_appointed", "2024-06-01")],
        "in liquidation (register)",
    ),
    "steps year by year since": (
        [event("in_administration", "2012-03-01")]
        + [event("proceedings_progress", f"{year}-02-01") for year in range(2013, 2026)],
        "insolvent (register)",
    ),
    "a step long after": ([event("in_administration", "2012-03-01"), event("proceedings_progress")], None),
    "a liquidator of a solvent liquidation": (
        [
            event("in_administration", "2021-03-01"),
            event("members_voluntary_liquidation", "2025-03-01"),
            event("liquidator_appointed"),
        ],
        None,
    ),
    "a step long before": ([event("proceedings_progress", "2022-03-30"), event("bankruptcy", "2022-03-31")], None),
    "a step in a bankruptcy ends no other proceedings": (
        [event("insolvency", "2024-10-01"), event("bankruptcy_progress", "2024-11-01")],
        "insolvent (register)",
    ),
    "long ago, and a new order": (
        [event("in_administration", "2019-04-01"), event("winding_up_order")],
        "insolvent (register)",
    ),
    "dissolved long ago": ([event("dissolution", "2012-04-01")], "dissolved (register)"),
    "an unsure match": ([event("bankruptcy", match_confidence=0.89)], None),
    "a sure match": ([event("bankruptcy", match_confidence=0.9)], "insolvent (register)"),
    "of an id that the account shares": ([event("bankruptcy", customer_id=None, lei="L1")], "insolvent (register)"),
    "of a company number alone": ([event("bankruptcy", customer_id=None, company_number="7")], None),
    "of a British number, by the British register": (
        [event("bankruptcy", customer_id=None, company_number="7", source="companies_house")],
        "insolvent (companies_house)",
    ),
    "of another company": ([event("bankruptcy", customer_id=None, lei="L2")], None),
}


@pytest.mark.parametrize(("events", "said"), CASES.values(), ids=CASES)
def test_what_a_register_says_counts_until_it_is_ended(events: list[dict[str, Any]], said: str | None) -> None:
    found = insolvencies(
        book(*events, customers=[{"customer_id": "a", "lei": "L1", "company_number": "7", "country": "GB"}]).cut(AS_OF)
    )
    assert found["insolvent_as"].to_list() == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("country", "stopped", "warned"),
    [("DE", 0, 0), (None, 0, 1), ("Ireland", 0, 1), ("gb", 1, 0), ("GBR", 1, 0), ("United Kingdom", 1, 0)],
)
def test_a_british_number_is_of_british_companies(country: str | None, stopped: int, warned: int) -> None:
    told = event("bankruptcy", customer_id=None, company_number="7", source="companies_house")
    ledger = book(told, customers=[{"customer_id": "a", "company_number": "7", "country": country}])
    assert (insolvencies(ledger).height, warned_by_registers(ledger).height) == (stopped, warned)


def test_the_day_is_the_first_since_the_last_end_and_the_own_record_goes_first() -> None:
    events = (
        event("in_administration", "2024-05-01"),
        event("insolvency_ended", "2024-09-01"),
        event("winding_up_order", "2025-03-01"),
        event("compulsory_liquidation", "2025-03-05", source="journal"),
    )
    assert insolvencies(book(*events)).rows() == [("a", date(2025, 3, 1), "insolvent (journal)")]
    own = [{"customer_id": "a", "date": "2025-03-20", "kind": "insolvency"}]
    assert insolvencies(book(*events, credit_events=own)).rows() == [("a", date(2025, 3, 20), "insolvent")]


def test_an_own_record_ends_by_an_event_and_leaves_limits_to_the_status() -> None:
    own = [{"customer_id": "a", "date": "2012-06-01", "kind": "insolvency"}]
    assert insolvencies(book(credit_events=own)).rows() == [("a", date(2012, 6, 1), "insolvent")]
    assert ended_by_registers(book(credit_events=own)).is_empty()
    over = event("insolvency_ended", "2014-02-01", source="own")
    assert insolvencies(book(over, credit_events=own)).is_empty()
    again = [*own, {"customer_id": "a", "date": "2025-02-01", "kind": "insolvency"}]
    assert insolvencies(book(over, credit_events=again)).rows() == [("a", date(2025, 2, 1), "insolvent")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["bankruptcy", "insolvency_ended", "dissolution", "restored_to_register"]),
            st.integers(0, 60),
            st.integers(0, 30),
        ),
        max_size=6,
    ),
    st.integers(0, 90),
)
def test_what_becomes_known_later_changes_nothing(told: list[tuple[str, int, int]], day: int) -> None:
    start = date(2025, 1, 2)
    events = [
        event(kind, str(start + timedelta(happened)), known_at=str(start + timedelta(happened + later)))
        for kind, happened, later in told
    ]
    at = start + timedelta(day)
    known = [one for one in events if one["known_at"] <= str(at)]
    assert insolvencies(book(*events).cut(at)).equals(insolvencies(book(*known).cut(at)))


def test_no_credit_no_shipment_no_contact_without_any_model() -> None:
    scores = scores_of({"customer_id": "a", "pd_12m": None, "pd_source": None})
    features = features_of({"customer_id": "a"})

    def decided(ledger: Ledger) -> tuple[dict[str, Any], Any, dict[str, Any]]:
        limit = recommend_limits(
            scores,
            features=features,
            as_of=AS_OF,
            currency="EUR",
            output="polars",
            **limit_evidence(ledger, as_of=AS_OF),
        ).row(0, named=True)
        order = decide_order(ledger, "a", 100.0, scores=scores, as_of=AS_OF)
        listed = collection_queue(ledger, as_of=AS_OF, scores=scores, output="polars").row(0, named=True)
        return limit, order, listed

    limit, order, listed = decided(book(event("dissolution", source="companies_house")))
    assert (limit["recommended_limit"], limit["action"], limit["binding"]) == (0.0, "stop", "insolvent")
    assert "Stop: dissolved (companies_house) since 10 March 2025. No new shipments on credit." in limit["reasons"]
    assert (order.answer, order.block) == ("hold", "insolvent")
    assert "dissolved (companies_house) since 2025-03-10" in order.says
    assert listed["hold"] == "insolvency"
    assert "dissolved (companies_house) since 10 March 2025: for the lawyer" in listed["reasons"]

    later = event("dissolution", known_at="2025-04-01")
    for ledger in (book(), book(later)):
        limit, order, listed = decided(ledger)
        assert limit["recommended_limit"] > 0
        assert order.block is None
        assert listed["hold"] is None


WARNED = {
    "a petition": ([event("winding_up_petition")], "winding up petition of 2025-03-10 (register)"),
    "dismissed": ([event("winding_up_petition"), event("petition_dismissed", "2025-03-20")], None),
    "dismissed on its day": (
        [event("winding_up_petition"), event("petition_dismissed")],
        "winding up petition of 2025-03-10 (register)",
    ),
    "dismissed, but perhaps of another company": (
        [event("winding_up_petition"), event("petition_dismissed", "2025-03-20", match_confidence=0.5)],
        "winding up petition of 2025-03-10 (register)",
    ),
    "unsure, and so is its end": (
        [
            event("winding_up_petition", match_confidence=0.5),
            event("petition_dismissed", "2025-03-20", match_confidence=0.5),
        ],
        None,
    ),
    "a solvent liquidation that ended": (
        [event("members_voluntary_liquidation"), event("insolvency_ended", "2025-03-20")],
        None,
    ),
    "another after the dismissal": (
        [
            event("winding_up_petition", "2025-01-10"),
            event("petition_dismissed", "2025-02-01"),
            event("Winding-up petition", "2025-03-01", source="journal"),
        ],
        "winding up petition of 2025-03-01 (journal)",
    ),
    "a strike-off announced": ([event("strike_off_notice")], "strike off notice of 2025-03-10 (register)"),
    "and given up": ([event("strike_off_notice"), event("strike_off_discontinued", "2025-03-12")], None),
    "solvent": (
        [event("members_voluntary_liquidation")],
        "members voluntary liquidation of 2025-03-10 (register)",
    ),
    "an unsure match": (
        [event("bankruptcy", match_confidence=0.8)],
        "bankruptcy of 2025-03-10 (register, a match 80 % sure)",
    ),
    "inactive": ([event("entity_inactive")], "entity inactive of 2025-03-10 (register)"),
    "its entry closed": ([event("registration_ended")], "registration ended of 2025-03-10 (register)"),
    "and restored": ([event("registration_ended"), event("restored_to_register", "2025-03-11")], None),
    "its shares off the books of the SEC": ([event("reporting_ended")], None),
    "and active again": ([event("entity_inactive"), event("entity_reactivated", "2025-03-11")], None),
    "a plan confirmed, or a further case": (
        [event("bankruptcy", "2024-06-10"), event("bankruptcy_progress")],
        "bankruptcy progress of 2025-03-10 (register)",
    ),
    "a liquidator": ([event("liquidator_appointed")], "liquidator appointed of 2025-03-10 (register)"),
    "by the number alone": (
        [event("bankruptcy", customer_id=None, company_number="7")],
        "bankruptcy of 2025-03-10 (register, by the company number alone)",
    ),
    "of a register of another country": (
        [event("bankruptcy", customer_id=None, company_number="7", source="companies_house")],
        None,
    ),
    "a step of which no beginning is known": (
        [event("proceedings_progress")],
        "proceedings progress of 2025-03-10 (register)",
    ),
    "nearly sure": (
        [event("bankruptcy", match_confidence=0.899)],
        "bankruptcy of 2025-03-10 (register, a match 89 % sure)",
    ),
    "listed long ago": ([event("sanctioned", "2019-01-01")], "sanctioned of 2019-01-01 (register)"),
    "listed": ([event("sanctioned")], "sanctioned of 2025-03-10 (register)"),
    "long ago": ([event("winding_up_petition", "2022-03-31")], None),
    "bad news of another kind": ([event("accounts_overdue"), event("news")], None),
    "stopped already": ([event("winding_up_petition"), event("winding_up_order")], None),
    "the last of two": (
        [event("strike_off_notice", "2025-03-02"), event("winding_up_petition", "2025-03-01")],
        "strike off notice of 2025-03-02 (register)",
    ),
}


@pytest.mark.parametrize(("events", "said"), WARNED.values(), ids=WARNED)
def test_what_stops_nothing_by_itself_is_told(events: list[dict[str, Any]], said: str | None) -> None:
    customers = [{"customer_id": "a", "company_number": "7", "country": "IE"}]
    told = warned_by_registers(book(*events, customers=customers).cut(AS_OF))["warned_of"].to_list()
    assert told == ([] if said is None else [said])


def test_both_stand_beside_each_other() -> None:
    events = (event("winding_up_order", customer_id="b"), event("winding_up_petition"))
    customers = [{"customer_id": name} for name in "abc"]
    assert said_by_registers(book(*events, customers=customers).cut(AS_OF)).rows() == [
        ("a", None, None, "winding up petition of 2025-03-10 (register)"),
        ("b", date(2025, 3, 10), "insolvent (register)", None),
    ]
