"""Debt, size, restatements, warning signs, registers, news and ratings on ledgers small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from features.test_formulas_outside import FIRM, event, of, row, statement
from small_ledgers import Rows, ledger_of

from credrisk.features.altman import MANUFACTURERS, OTHERS
from credrisk.features.catalogue import COMPANY_INFORMATION, QUESTIONS, from_company_information
from credrisk.features.registers import STATES
from credrisk.ledger.event_kinds import FAMILIES

MORE = {
    "cost_of_sales": 1000,
    "payables": 100,
    "inventory": 200,
    "short_term_debt": 80,
    "long_term_debt": 220,
    "depreciation": 50,
    "operating_cash_flow": 120,
}


def test_margins_and_the_days_the_customer_takes_to_pay_and_its_stock_lasts() -> None:
    found = row(of(statement(**FIRM, **MORE)))
    expected = {
        "gross_margin": 500 / 1500,
        "ebit_margin": 100 / 1500,
        "customer_dso_days": 36.5,
        "customer_dpo_days": 36.5,
        "inventory_days": 73.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_what_debt_is_beside_earnings_cash_and_assets() -> None:
    found = row(of(statement(**FIRM, **MORE)))
    expected = {
        "debt_to_ebitda": 300 / 150,
        "debt_to_assets": 0.3,
        "cash_to_short_term_debt": 60 / 80,
        "cash_flow_to_liabilities": 120 / 600,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    without = {name: value for name, value in (FIRM | MORE).items() if name != "liabilities"}
    assert row(of(statement(**without)))["cash_flow_to_liabilities"] == pytest.approx(120 / 600)
    no_assets = statement(revenue=1500, liabilities=600, operating_cash_flow=120)
    assert row(of([fact | {"unit": None} for fact in no_assets]))["cash_flow_to_liabilities"] is None


def test_debt_of_which_a_part_is_not_stated_is_not_known_and_a_negative_ebitda_carries_none() -> None:
    part = {name: value for name, value in (FIRM | MORE).items() if name != "long_term_debt"}
    found = row(of(statement(**part)))
    assert found["debt_to_ebitda"] is found["debt_to_assets"] is None
    assert row(of(statement(**(FIRM | MORE | {"ebit": -60}))))["debt_to_ebitda"] is None


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ({"employees": 9}, 0),
        ({"employees": 10}, 1),
        ({"employees": 249}, 2),
        ({"employees": 250}, 3),
        ({"revenue": 2e6}, 0),
        ({"revenue": 2_000_001}, 1),
        ({"total_assets": 43e6}, 2),
        ({"total_assets": 43_000_001}, 3),
        # The lower of the two in money, for either may exceed its threshold; but employees may not.
        ({"revenue": 60e6, "total_assets": 5e6}, 1),
        ({"revenue": 60e6, "total_assets": 5e6, "employees": 300}, 3),
        ({"revenue": 60e6, "total_assets": 5e6, "employees": 3}, 1),
        ({"net_income": 5}, None),
    ],
)
def test_the_size_class_of_the_european_recommendation(figures: dict[str, float], expected: int | None) -> None:
    assert row(of(statement(**figures)))["size_class"] == expected


def test_employees_need_no_currency_and_no_business_year() -> None:
    facts = [one | {"unit": "persons", "period_start": "2023-10-01"} for one in statement(employees=12)]
    assert row(of(facts))["employees"] == 12.0


def test_a_restatement_downward_counts_from_its_publication_and_only_within_its_source() -> None:
    first, later = statement(revenue=100, total_assets=200), statement(known="2024-06-15", revenue=95, total_assets=191)
    other = [one | {"source": "agency"} for one in statement(known="2024-06-15", revenue=50)]
    covers = {"covers_from": "2022-01-01"}
    books = of(first + later, **covers)
    assert row(books, "2024-06-14")["downward_restatements_24m"] == 0.0
    # Revenue fell by 5 %, assets by less.
    assert row(books, "2024-06-15")["downward_restatements_24m"] == 1.0
    assert row(of(first + other, **covers))["downward_restatements_24m"] == 0.0
    assert row(of(first + statement(known="2024-06-15", revenue=120), **covers))["downward_restatements_24m"] == 0.0
    loss = statement(net_income=-100) + statement(known="2024-06-15", net_income=-105)
    assert row(of(loss, **covers))["downward_restatements_24m"] == 1.0


@pytest.mark.parametrize(
    ("industry", "left_out", "expected"),
    [
        # Z = 3.19, Z' = 2.4005, Z'' = 3.336: see the test of the scores.
        ("paper", (), (1.2 * 0.2 + 1.4 * 0.2 + 3.3 * 0.1 + 0.6 * 4 / 3 + 1.5 - 1.81) / (2.99 - 1.81)),
        ("Paper ", ("market_value",), (0.1434 + 0.1694 + 0.3107 + 0.28 + 1.497 - 1.23) / (2.90 - 1.23)),
        ("wholesale", (), (6.56 * 0.2 + 3.26 * 0.2 + 6.72 * 0.1 + 1.05 * 2 / 3 - 1.10) / (2.60 - 1.10)),
        ("astrology", (), None),
        ("banks", (), None),
        (None, (), None),
    ],
)
def test_altmans_score_is_the_one_made_for_the_kind_of_firm(
    industry: str | None, left_out: tuple[str, ...], expected: float | None
) -> None:
    known = {name: value for name, value in FIRM.items() if name not in left_out}
    customers = [{"customer_id": "a", "industry": industry}]
    found = row(of(statement(**known), static=("industry",), customers=customers))["altman_standing"]
    assert found == (None if expected is None else pytest.approx(expected))


def test_no_industry_is_of_two_kinds() -> None:
    assert not set(MANUFACTURERS) & set(OTHERS)


# Events --------------------------------------------------------------------------------------------------------------


def test_single_signs_are_counted_by_their_kind() -> None:
    events = [
        event("charge_registered", "2024-01-10"),
        event("charge_satisfied", "2024-01-11"),
        event("director_resigned", "2024-02-01"),
        event("director_appointed", "2024-02-01"),
        event("going_concern_doubt", "2023-07-02"),
        event("going_concern_doubt", "2023-07-01"),
        event("auditor_resigned", "2024-03-01"),
        event("payment_judgment", "2024-06-01"),
    ]
    found = row(of([], events=events, covers_from="2022-01-01"))
    expected = {
        "charges_registered_365d": 1.0,
        "officer_resignations_365d": 1.0,
        "going_concern_doubts_365d": 1.0,
        "auditor_events_365d": 2.0,
        "defaults_elsewhere_365d": 0.0,
        "days_since_judgment": 29.0,
        "days_since_insolvency_notice": None,
        "days_since_filing": 121.0,
    }
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("events", "standing"),
    [
        ([], 0),
        (["members_voluntary_liquidation"], 0),
        (["winding_up_petition"], 1),
        (["winding_up_petition", "petition_dismissed"], 0),
        (["strike_off_notice"], 1),
        (["strike_off_notice", "strike_off_discontinued"], 0),
        (["in_administration"], 2),
        (["in_administration", "insolvency_ended"], 0),
        (["in_administration", "insolvency_ended", "creditors_voluntary_liquidation"], 2),
        (["in_administration", "dissolution"], 3),
        (["struck_off", "restored_to_register"], 0),
        (["strike_off_notice", "strike_off_suspended"], 1),
        (["voluntary_strike_off"], 1),
        (["in_liquidation"], 1),
        (["entity_inactive", "entity_reactivated"], 0),
        (["merger"], 0),
    ],
)
def test_the_standing_in_the_registers_follows_what_happened_last(events: list[str], standing: int) -> None:
    told = [event(kind, f"2024-0{month}-01") for month, kind in enumerate(events, 1)]
    assert row(of([], events=told or [event("annual_report", "2024-01-01")]))["register_standing"] == standing


def test_on_one_day_an_insolvency_outlasts_the_end_of_one_and_a_late_known_end_counts_late() -> None:
    both = [event("insolvency_ended", "2024-03-01"), event("in_administration", "2024-03-01")]
    assert row(of([], events=both))["register_standing"] == 2.0
    ended = [event("in_administration", "2024-03-01"), event("insolvency_ended", "2024-04-01", "2024-06-30")]
    books = of([], events=ended)
    assert row(books, "2024-06-29")["register_standing"] == 2.0
    assert row(books, "2024-06-30")["register_standing"] == 0.0


def test_a_lapsed_lei_counts_until_it_is_renewed() -> None:
    lapsed, renewed = event("lei_lapsed", "2024-03-31"), event("lei_renewed", "2024-06-01")
    assert row(of([], events=[lapsed]))["lei_lapsed_days"] == 91.0
    assert row(of([], events=[lapsed, renewed]))["lei_lapsed_days"] is None
    assert row(of([], events=[lapsed]))["adverse_events_365d"] == 0.0


def test_states_begin_and_end_with_kinds_that_have_a_family() -> None:
    kinds = {kind for family in FAMILIES.values() for kind in family}
    assert {kind for _, begins, ends in STATES for kind in begins + ends} <= kinds


def test_news_stands_against_the_usual() -> None:
    events = [event("news", day) for day in ("2023-08-01", "2023-10-01", "2023-12-01", "2024-02-01", "2024-03-01")]
    events += [event("adverse_news", "2024-05-01"), event("news", "2024-06-01")]
    found = row(of([], events=events, covers_from="2022-01-01"))
    assert (found["adverse_news_90d"], found["news_90d"]) == (1.0, 2.0)
    assert found["adverse_news_share_365d"] == pytest.approx(1 / 7)
    assert found["news_against_usual_90d"] == pytest.approx((2 / 90) / (5 / 275))


def test_bad_news_of_the_others_of_the_group_reaches_the_customer() -> None:
    customers = [{"customer_id": name} for name in "abc"]
    history = [{"customer_id": "a", "attribute": "parent_id", "value": "b", "valid_from": "2024-02-01"}]
    events = [event("insolvency_notice", "2024-03-01") | {"customer_id": name} for name in "bc"]
    books = of([], customers=customers, customer_history=history, events=events, covers_from="2022-01-01")
    found = {name: row(books, customer=name) for name in "abc"}
    assert [found[name]["rest_of_group_adverse_events_365d"] for name in "abc"] == [1.0, 0.0, 0.0]
    assert [found[name]["rest_of_group_insolvency_notices"] for name in "abc"] == [1.0, 0.0, 0.0]
    assert [found[name]["parent_known"] for name in "abc"] == [1.0, 0.0, 0.0]
    before = row(books, "2024-01-31")
    assert (before["parent_known"], before["rest_of_group_adverse_events_365d"]) == (0.0, 0.0)


# Ratings -------------------------------------------------------------------------------------------------------------


def rating(scale: str, rated: str, risk: float | None, known: str | None = None, **more: Any) -> dict[str, Any]:
    given = {"customer_id": "a", "provider": "agency", "scale": scale, "rated_on": rated, "known_at": known or rated}
    return given | {"value": "x", "risk": risk} | more


def rated(*ratings: dict[str, Any], as_of: str = "2024-06-30", **more: Any) -> dict[str, Any]:
    return row(of([], ratings=list(ratings), **more), as_of)


def test_the_worst_of_the_newest_ratings_counts() -> None:
    found = rated(rating("one", "2024-01-01", 0.9), rating("one", "2024-03-01", 0.25), rating("two", "2024-02-01", 0.5))
    assert (found["external_risk"], found["external_rating_age_days"]) == (0.5, 121.0)
    late = (rating("one", "2024-03-01", 0.25), rating("one", "2024-02-01", 0.9, "2024-06-01"))
    assert rated(*late)["external_risk"] == 0.25


def test_a_rating_counts_from_the_day_it_was_received_until_it_is_24_months_old_or_withdrawn() -> None:
    one = rating("one", "2024-03-01", 0.25, "2024-05-01")
    assert rated(one, as_of="2024-04-30")["external_risk"] is None
    assert rated(one, as_of="2024-05-01")["external_risk"] == 0.25
    late: Any = {"covers_to": "2026-12-31"}
    assert rated(one, as_of="2026-02-28", **late)["external_risk"] == 0.25
    assert rated(one, as_of="2026-03-31", **late)["external_risk"] is None
    assert rated(one, rating("one", "2024-06-01", None))["external_risk"] is None


def test_the_change_compares_a_scale_with_itself() -> None:
    ratings = [rating("one", "2023-05-01", 0.25), rating("one", "2024-02-01", 0.5), rating("two", "2024-02-01", 1.0)]
    assert rated(*ratings)["external_risk_change_12m"] == 0.25
    assert rated(ratings[2])["external_risk_change_12m"] is None


def test_the_lowest_limit_proposed_is_translated_and_set_against_what_is_owed() -> None:
    invoice = {"document_id": "d", "customer_id": "a", "document_date": "2024-05-01", "due_date": "2024-05-31"}
    documents: Rows = [invoice | {"amount": 15_000}]
    rates = [{"currency": "USD", "date": "2024-01-01", "rate": 0.5}]
    ratings = [
        rating("one", "2024-02-01", 0.1, limit_amount=1000.0, limit_currency="EUR"),
        rating("two", "2024-02-01", 0.1, limit_amount=1200.0, limit_currency="usd"),
        rating("three", "2024-02-01", 0.1, limit_amount=1.0, limit_currency="GBP"),
    ]
    found = rated(*ratings, documents=documents, rates=rates)
    assert found["external_limit"] == 600.0
    assert found["balance_to_external_limit"] == pytest.approx(150 / 600)
    none = rated(rating("one", "2024-02-01", 0.9, limit_amount=0.0, limit_currency="EUR"), documents=documents)
    assert (none["external_limit"], none["balance_to_external_limit"]) == (0.0, None)


# What is answered from outside --------------------------------------------------------------------------------------


def test_features_of_company_information_are_null_without_its_tables_and_the_others_are_not() -> None:
    names = [name for own in from_company_information().values() for name in own]
    questions = [question for own in COMPANY_INFORMATION.values() for question in own]
    assert {f"credrisk.features.{question}" for question in questions} <= set(QUESTIONS)
    assert len(names) == len(set(names))
    invoice = {"document_id": "d", "customer_id": "a", "document_date": "2024-05-01", "due_date": "2024-05-31"}
    found = row(ledger_of(customers=[{"customer_id": "a"}], documents=[invoice | {"amount": 100}]))
    assert {found[name] for name in names} == {None}
    given = {name for name, value in found.items() if value is not None}
    assert {"open_balance", "past_due", "invoiced_3m"} <= given
