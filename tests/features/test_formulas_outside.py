"""Statements, events, markets and industries on ledgers small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from small_ledgers import Rows, ledger_of

from credrisk.features import build_panel, figures
from credrisk.features.altman import zone
from credrisk.features.catalogue import catalogue
from credrisk.features.company_events import ADVERSE, FILED
from credrisk.features.peers import PEER_INPUTS, peer_medians
from credrisk.ledger.event_kinds import FAMILIES
from credrisk.ledger.ledger import Ledger
from credrisk.sources.sec_facts import MEASURES
from credrisk.sources.sec_submissions import FORMS, ITEMS

YEARLY = ("revenue", "net_income", "ebit", "interest_expense")
FIRM = {
    "total_assets": 1000,
    "current_assets": 500,
    "current_liabilities": 300,
    "liabilities": 600,
    "equity": 400,
    "retained_earnings": 200,
    "cash": 60,
    "receivables": 150,
    "revenue": 1500,
    "net_income": 45,
    "ebit": 100,
    "interest_expense": 25,
    "market_value": 800,
}


def row(ledger: Ledger, as_of: str = "2024-06-30", customer: str = "a") -> dict[str, Any]:
    return build_panel(ledger, as_of=as_of, output="polars").filter(customer_id=customer).row(0, named=True)


def statement(end: str = "2023-12-31", known: str = "2024-04-30", **figures: float) -> Rows:
    """Return a statement of customer a; figures of a year carry the day after the end of the year before."""
    return [
        {
            "customer_id": "a",
            "measure": measure,
            "period_start": f"{end[:4]}-01-01" if measure in YEARLY else None,
            "period_end": end,
            "value": value,
            "unit": "EUR",
            "known_at": known,
            "source": "register",
        }
        for measure, value in figures.items()
    ]


def of(facts: Rows, *, static: tuple[str, ...] = (), **more: Any) -> Ledger:
    tables = {"customers": [{"customer_id": "a"}], "facts": facts} | more
    return ledger_of(static=static, **tables)


def test_the_ratios_of_a_statement() -> None:
    found = row(of(statement(**FIRM)))
    expected = {
        "balance_sheet_total": 1000.0,
        "net_worth": 400.0,
        "current_ratio": 5 / 3,
        "quick_ratio": 0.7,
        "cash_ratio": 0.2,
        "cash_to_assets": 0.06,
        "equity_ratio": 0.4,
        "debt_to_equity": 1.5,
        "revenue": 1500.0,
        "net_margin": 0.03,
        "return_on_assets": 0.045,
        "interest_cover": 4.0,
        "asset_turnover": 1.5,
        "customer_dso_days": 36.5,
        "statement_age_days": 182.0,
        "reporting_delay_days": 121.0,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_growth_and_losses_take_the_statement_of_the_year_before() -> None:
    before = statement("2022-12-31", "2023-05-31", **(FIRM | {"revenue": 1200, "net_income": -30, "equity": -50}))
    found = row(of(before + statement(**FIRM)))
    assert found["revenue_growth"] == pytest.approx(0.25)
    assert found["assets_growth"] == 0.0
    assert found["equity_change"] == pytest.approx(0.45)
    assert (found["losses_in_two_years"], found["negative_equity_in_two_years"]) == (1.0, 1.0)
    alone = row(of(statement(**FIRM)))
    assert alone["revenue_growth"] is alone["losses_in_two_years"] is None


def test_altman_scores_with_the_published_weights() -> None:
    """X1 = 0.2, X2 = 0.2, X3 = 0.1, X4 = 2/3 of the books and 4/3 of the market, X5 = 1.5."""
    found = row(of(statement(**FIRM)))
    assert found["altman_z"] == pytest.approx(1.2 * 0.2 + 1.4 * 0.2 + 3.3 * 0.1 + 0.6 * 4 / 3 + 1.5)
    assert found["altman_z_private"] == pytest.approx(0.1434 + 0.1694 + 0.3107 + 0.28 + 1.497)
    assert found["altman_z_services"] == pytest.approx(6.56 * 0.2 + 3.26 * 0.2 + 6.72 * 0.1 + 1.05 * 2 / 3)


def test_liabilities_not_stated_are_assets_less_equity() -> None:
    bare = {name: value for name, value in FIRM.items() if name != "liabilities"}
    found, stated = row(of(statement(**bare))), row(of(statement(**FIRM)))
    for name in ("debt_to_equity", "altman_z", "altman_z_services"):
        assert found[name] == stated[name]


@pytest.mark.parametrize(
    ("score", "value", "expected"),
    [
        ("altman_z", 1.80, "distress"),
        ("altman_z", 1.81, "grey"),
        ("altman_z", 2.99, "grey"),
        ("altman_z", 3.00, "safe"),
        ("altman_z_private", 1.22, "distress"),
        ("altman_z_private", 1.23, "grey"),
        ("altman_z_private", 2.91, "safe"),
        # Where those of Z' are printed beside Z'', 1.15 would be distress and 2.7 grey.
        ("altman_z_services", 1.09, "distress"),
        ("altman_z_services", 1.15, "grey"),
        ("altman_z_services", 2.60, "grey"),
        ("altman_z_services", 2.70, "safe"),
    ],
)
def test_the_zones_of_the_scores(score: str, value: float, expected: str) -> None:
    assert zone(score, value) == expected


@pytest.mark.parametrize(
    "changed", [{"equity": -1}, {"equity": 0}, {"retained_earnings": None}, {"industry": "Insurance "}]
)
def test_altman_scores_do_not_apply(changed: dict[str, Any]) -> None:
    known = {name: value for name, value in (FIRM | changed).items() if value is not None and name != "industry"}
    customers = [{"customer_id": "a", "industry": changed.get("industry", "paper")}]
    found = row(of(statement(**known), static=("industry",), customers=customers))
    assert {found[name] for name in ("altman_z", "altman_z_private", "altman_z_services")} == {None}


def test_a_restatement_counts_from_the_day_it_is_known() -> None:
    restated = statement(known="2024-06-15", equity=100)
    books = of(statement(**FIRM) + restated)
    assert row(books, "2024-06-14")["equity_ratio"] == 0.4
    assert row(books, "2024-06-15")["equity_ratio"] == 0.1
    assert row(books, "2024-04-29")["equity_ratio"] is None
    assert row(books)["reporting_delay_days"] == 121.0


def test_a_quarterly_balance_sheet_does_not_take_the_annual_accounts_out_of_force() -> None:
    quarter = statement("2024-03-31", "2024-05-15", total_assets=1100, equity=330)
    quarter += statement("2024-03-31", "2024-05-15", revenue=400)
    found = row(of(statement(**FIRM) + quarter))
    assert found["equity_ratio"] == pytest.approx(0.3)
    assert found["asset_turnover"] == pytest.approx(1.5)
    assert found["current_ratio"] is None
    assert found["statement_age_days"] == 91.0


def test_a_statement_is_out_of_force_after_thirty_months() -> None:
    books = of(statement("2022-01-31", "2023-01-31", **FIRM))
    assert row(books, "2024-07-30")["equity_ratio"] == 0.4
    assert row(books, "2024-07-31")["equity_ratio"] is None


def test_money_is_translated_and_ratios_need_one_currency() -> None:
    facts = statement(**FIRM)
    for fact in facts:
        fact["unit"] = "eur" if fact["measure"] == "equity" else "USD"
    rates = [
        {"currency": "USD", "date": "2023-11-30", "rate": 0.5},
        {"currency": "USD", "date": "2024-01-01", "rate": 9},
    ]
    found = row(of(facts, rates=rates))
    assert (found["balance_sheet_total"], found["net_worth"]) == (500.0, 400.0)
    assert found["equity_ratio"] is found["altman_z_services"] is None
    assert found["current_ratio"] == pytest.approx(5 / 3)
    assert row(of(facts))["balance_sheet_total"] is None


def test_what_we_sell_beside_the_customers_revenue_and_what_it_owes_beside_its_worth() -> None:
    invoices = [
        {
            "document_id": "d",
            "customer_id": "a",
            "document_date": "2024-05-01",
            "due_date": "2024-05-31",
            "amount": 15_000,
        }
    ]
    found = row(of(statement(**FIRM), documents=invoices))
    assert found["share_of_customer_revenue_12m"] == pytest.approx(0.1)
    assert found["net_balance_to_net_worth"] == pytest.approx(150 / 400)


def test_an_entity_may_have_several_accounts_and_a_named_account_is_only_itself() -> None:
    customers = [
        {"customer_id": "a", "cik": "7"},
        {"customer_id": "b", "cik": "7", "lei": "L"},
        {"customer_id": "c", "lei": "M"},
    ]
    facts = statement(**FIRM)
    for fact in facts:
        fact |= {"customer_id": None, "cik": "7", "lei": "L"}
    books = of(facts, customers=customers)
    assert [row(books, customer=name)["equity_ratio"] for name in "abc"] == [0.4, 0.4, None]
    named = of(statement(**FIRM), customers=customers)
    assert [row(named, customer=name)["equity_ratio"] for name in "abc"] == [0.4, None, None]


# Events --------------------------------------------------------------------------------------------------------------


def event(kind: str, happened: str, known: str | None = None) -> dict[str, Any]:
    return {"customer_id": "a", "kind": kind, "happened_on": happened, "known_at": known or happened, "source": "x"}


def test_events_count_in_windows_of_days_from_the_day_they_are_known() -> None:
    events = [event("payment_judgment", "2024-04-01"), event("payment_judgment", "2024-04-02", "2024-06-30")]
    books = of([], events=events)
    assert row(books)["payment_judgments_90d"] == 1.0
    assert row(books)["adverse_events_365d"] == 2.0
    assert row(books)["days_since_adverse_event"] == 89.0
    assert row(books, "2024-06-29")["payment_judgments_90d"] == 1.0
    assert row(books, "2024-06-29")["days_since_adverse_event"] == 89.0


def test_one_event_that_two_sources_tell_counts_once() -> None:
    def told(source: str, kind: str, happened: str, known: str | None = None) -> dict[str, Any]:
        return event(kind, happened, known) | {"source": source}

    journal = [told("gazette", "winding_up_petition", "2024-05-03"), told("gazette", "winding_up_order", "2024-06-03")]
    register = [
        told("companies_house_profile", "winding_up_petition", "2024-04-22", "2024-06-10"),
        told("companies_house_profile", "compulsory_liquidation", "2024-05-29", "2024-06-10"),
    ]
    assert row(of([], events=journal))["insolvency_notices"] == 2.0
    assert row(of([], events=journal + register))["insolvency_notices"] == 2.0
    assert row(of([], events=journal + register))["adverse_events_90d"] == 2.0
    second = told("gazette", "winding_up_petition", "2024-05-20")
    assert row(of([], events=[*journal, *register, second]))["insolvency_notices"] == 3.0
    seen_twice = told("companies_house", "winding_up_petition", "2024-05-24", "2024-06-11")
    assert row(of([], events=[*journal, *register, second, seen_twice]))["insolvency_notices"] == 3.0
    later = told("companies_house", "winding_up_petition", "2024-06-24")
    assert row(of([], events=[*journal, *register, later]))["insolvency_notices"] == 3.0, "more than a month later"
    courts = [
        told("sec_edgar", "bankruptcy", "2024-06-01"),
        told("courtlistener", "bankruptcy", "2024-05-31", "2024-06-20"),
    ]
    assert row(of([], events=courts))["adverse_events_365d"] == 1.0
    press = [told("gdelt", "adverse_news", "2024-06-01"), told("news_feeds", "adverse_news", "2024-06-01")]
    assert row(of([], events=press))["news_90d"] == 2.0


def test_a_solvent_liquidation_is_no_insolvency_and_an_unknown_kind_counts_nowhere() -> None:
    events = [event("members-voluntary-liquidation", "2024-06-01"), event("weather", "2024-06-01")]
    found = row(of([], events=events))
    assert (found["insolvency_notices"], found["adverse_events_90d"], found["filings_90d"]) == (0.0, 0.0, 1.0)


def test_every_kind_of_edgar_has_one_family() -> None:
    kinds = [kind for family in FAMILIES.values() for kind in family]
    assert len(kinds) == len(set(kinds))
    assert {kind for kind, _ in (*ITEMS.values(), *FORMS.values())} <= set(kinds)
    assert set(ADVERSE) | set(FILED) <= set(FAMILIES)


NOT_OF_EDGAR = {
    "cost_of_sales",
    "depreciation",
    "employees",
    "inventory",
    "market_value",
    "operating_cash_flow",
    "payables",
    "short_term_debt",
}
"""Figures that registers and licensed files give."""


def test_every_figure_that_features_read_is_one_that_some_source_gives() -> None:
    assert set(figures.MEASURES) - set(MEASURES) <= NOT_OF_EDGAR
    assert set(MEASURES) <= set(figures.MEASURES)


# Markets -------------------------------------------------------------------------------------------------------------


def series(
    value: float, end: str, known: str, country: str | None = None, industry: str | None = None
) -> dict[str, Any]:
    place = {"country": country, "industry": industry}
    return {"series": "failure_rate", "period_end": end, "known_at": known, "value": value, "source": "x", **place}


def test_the_most_specific_series_counts_and_the_change_stays_within_it() -> None:
    customers = [{"customer_id": "a", "country": "DE", "industry": "paper"}]
    market = [
        series(0.01, "2023-03-31", "2023-05-15"),
        series(0.02, "2024-03-31", "2024-05-15"),
        series(0.03, "2023-03-31", "2023-05-15", "DE"),
        series(0.05, "2024-03-31", "2024-05-15", "DE"),
        series(0.09, "2024-03-31", "2024-05-15", "DE", "paper"),
        series(0.08, "2024-03-31", "2024-05-15", None, "paper"),
    ]

    def rates(rows: Rows, as_of: str = "2024-06-30") -> tuple[Any, Any]:
        found = row(of([], customers=customers, market=rows, static=("industry",)), as_of)
        return found["market_failure_rate"], found["market_failure_rate_change_12m"]

    assert rates(market) == (0.09, None)
    assert rates([one for one in market if one["value"] < 0.09]) == (0.08, None)
    assert rates(market[:4]) == (0.05, pytest.approx(0.02))
    assert rates(market[:2]) == (0.02, pytest.approx(0.01))
    assert rates(market[:4], "2024-05-14") == (0.03, None)


def test_an_older_period_published_later_does_not_replace_a_newer_one_and_old_values_lapse() -> None:
    market = [series(0.05, "2024-03-31", "2024-04-15"), series(0.02, "2023-12-31", "2024-06-01")]
    assert row(of([], market=market))["market_failure_rate"] == 0.05
    assert row(of([], market=market[:1], covers_to="2026-12-31"), "2026-03-30")["market_failure_rate"] == 0.05
    assert row(of([], market=market[:1], covers_to="2026-12-31"), "2026-03-31")["market_failure_rate"] is None


# Industries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "median"),
    [
        ([3.0, 1.0, 2.0, 9.0, 4.0], 3.0),
        ([3.0, 1.0, 2.0, 9.0, 4.0, None], 3.0),
        ([0.1, 0.2, 0.3, 0.7, 9.0, -5.0], (0.2 + 0.3) / 2),
        ([1.0, 2.0, 3.0, 4.0, None], None),
    ],
)
def test_the_median_of_an_industry(values: list[float | None], median: float | None) -> None:
    rows = len(values)
    narrow = pl.DataFrame(
        {"industry": ["paper"] * rows, "as_of": ["2024-06-30"] * rows, **dict.fromkeys(PEER_INPUTS, values)}
    )
    unknown = narrow.with_columns(industry=pl.lit(None, pl.String))
    found = peer_medians(pl.concat([narrow, unknown]))
    assert found.height == 1
    assert found["utilisation"].to_list() == [median]


def test_a_customer_stands_against_the_median_of_its_industry() -> None:
    """Of five customers 0, 1, 2, 3 and 4 of four invoices are past due; the sixth has none, so no share."""
    customers = [{"customer_id": name, "industry": "paper"} for name in "abcdef"]
    documents = []
    for place, name in enumerate("abcde"):
        for number, due in enumerate(["2024-06-10"] * place + ["2024-07-10"] * (4 - place)):
            one = {"document_id": f"{name}{number}", "customer_id": name, "document_date": "2024-06-01", "amount": 100}
            documents.append(one | {"due_date": due})
    books = of([], customers=customers, documents=documents, static=("industry",))
    found = {name: row(books, customer=name) for name in "aef"}
    assert {one["industry_share_past_due"] for one in found.values()} == {0.5}
    assert [found[name]["share_past_due_against_industry"] for name in "aef"] == [-0.5, 0.5, None]


def test_features_of_the_industry_are_those_of_the_declared_inputs() -> None:
    own = [name for name, entry in catalogue().items() if entry.question == "peers"]
    assert own == [name for one in PEER_INPUTS for name in (f"industry_{one}", f"{one}_against_industry")]
    assert not {catalogue()[name].unit for name in PEER_INPUTS} & {"money"}
