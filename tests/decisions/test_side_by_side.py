"""Need, financial capacity, peers and margins, each by hand; and the ledger that knows nothing of them."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from decisions.cases import features_of, scores_of
from small_ledgers import ledger_of

from credrisk.decisions.budgets import Budgets
from credrisk.decisions.capacity import STATEMENTS
from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_curves import limit_curves
from credrisk.decisions.limit_evidence import draw_of_past_defaults, limit_evidence
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.margins import ATTRIBUTES, customer_attributes, with_margin
from credrisk.decisions.policy import Policy
from credrisk.decisions.portfolio_limits import optimise_limits
from credrisk.errors import DataError

POLICY = Policy.default()
AS_OF = date(2025, 3, 31)


def limits(*rows, policy=POLICY, score=None, **evidence) -> pl.DataFrame:
    scores = scores_of(*((score or {}) for _ in rows))
    return recommend_limits(
        scores, features=features_of(*rows), as_of=AS_OF, currency="EUR", policy=policy, **evidence, output="polars"
    )


def statements_of(**figures) -> pl.DataFrame:
    row = {"customer_id": "c1", "intangibles_known": True, "statement_age_days": 200.0} | figures
    return pl.DataFrame([row], schema={"customer_id": pl.String, **STATEMENTS})


def attributes_of(*rows: dict) -> pl.DataFrame:
    given = [{"customer_id": f"c{place}"} | row for place, row in enumerate(rows, start=1)]
    return pl.DataFrame(given, schema={"customer_id": pl.String, **ATTRIBUTES})


@pytest.mark.parametrize(
    ("figures", "limit"),
    [
        # PD 1 % is grade C: 10 % of tangible net worth, 20 % of working capital, the lower of the two
        ({"tangible_net_worth": 100_000.0, "working_capital": 80_000.0}, 10_000),
        ({"tangible_net_worth": 100_000.0, "working_capital": 30_000.0}, 6_000),
        ({"tangible_net_worth": 100_000.0}, 10_000),
        ({"working_capital": 30_000.0}, 6_000),
        ({"tangible_net_worth": -5_000.0, "working_capital": 30_000.0}, 0),
        ({}, None),
    ],
)
def test_capacity_by_hand(figures, limit):
    row = limits({}, statements=statements_of(**figures)).row(0, named=True)
    assert row["capacity_limit"] == (limit if limit is None else pytest.approx(limit))
    words = row["capacity_arithmetic"]
    assert ("no figure" in words) == (limit is None)
    if figures.get("tangible_net_worth") == 100_000.0:
        assert "10.0 % (grade C) of tangible net worth of 100,000 EUR = 10,000 EUR." in words
        assert "200 days old" in words


def test_capacity_stands_beside_the_limit_and_binds_only_where_the_policy_says_so():
    poor = statements_of(tangible_net_worth=20_000.0)
    row = limits({}, statements=poor).row(0, named=True)
    assert (row["binding"], row["recommended_limit"]) == ("need", 9_500)
    assert "above the financial capacity of 2,000 EUR" in row["reasons"]
    binding = POLICY.changed({"limit.capacity_binds": True})
    row = limits({}, statements=poor, policy=binding).row(0, named=True)
    assert (row["binding"], row["recommended_limit"]) == ("capacity", 2_000)
    assert "above the financial capacity" not in row["reasons"]
    assert limits({}, policy=binding).row(0, named=True)["binding"] == "need"  # no statement, no figure


def test_without_a_statement_of_intangibles_it_is_called_net_worth():
    row = limits({}, statements=statements_of(tangible_net_worth=1e5, intangibles_known=False)).row(0, named=True)
    assert "of net worth of" in row["capacity_arithmetic"]


def test_peers_by_hand():
    # eleven of one industry, size and grade with limits of 10 % to 110 % of their sales; the last has none of its own
    rows = [{"credit_limit": 12_000.0 * place} for place in range(1, 12)]
    found = limits(
        *rows, {"credit_limit": None}, attributes=attributes_of(*({"industry": "retail"} for _ in range(12)))
    )
    last = found.filter(pl.col("customer_id") == "c12").row(0, named=True)
    assert last["peer_limit"] == pytest.approx(72_000)  # the median 60 % of 120,000
    assert last["peer_arithmetic"] == (
        "60.0 % x 120,000 EUR invoiced in 12 months: the median of 11 others in retail, grade C, "
        "100,000 EUR to 1,000,000 EUR a year."
    )
    # peers show what is usual, they bind nothing
    assert last["recommended_limit"] == 9_500


@pytest.mark.parametrize(
    ("others", "attribute", "words"),
    [(9, {"industry": "retail"}, "Only 9 customers compare; 10 are needed."), (15, {}, "The industry is not known.")],
)
def test_too_few_peers_are_no_figure(others, attribute, words):
    found = limits(*({} for _ in range(others + 1)), attributes=attributes_of(*(attribute for _ in range(others + 1))))
    assert found["peer_limit"].null_count() == others + 1
    assert set(found["peer_arithmetic"]) == {words}


def test_others_of_another_size_grade_or_industry_are_no_peers():
    attributes = attributes_of(*({"industry": "retail"} for _ in range(10)), {"industry": "food"})
    found = limits(*({} for _ in range(9)), {"invoiced_12m": 9e6}, {}, attributes=attributes)
    assert found["peer_limit"].null_count() == 11


def test_the_margin_that_is_known_best_holds():
    policy = POLICY.changed(
        {
            "economics.margin_by_segment": {"A": 0.31},
            "economics.margin_by_industry": {"retail": 0.32},
            "economics.margin_by_country": {"DE": 0.33},
        }
    )
    rows = attributes_of(
        {"margin_rate": 0.30, "segment": "A", "industry": "retail", "country": "DE"},
        {"segment": "A", "industry": "retail", "country": "DE"},
        {"segment": "B", "industry": "retail", "country": "DE"},
        {"country": "DE"},
        {"segment": "B", "country": "FR"},
        {},
    )
    found = with_margin(rows, policy.economics)
    assert found["margin"].to_list() == [0.30, 0.31, 0.32, 0.33, 0.25, 0.25]
    assert found["margin_source"].to_list() == ["own", "segment", "industry", "country", "flat", "flat"]
    assert with_margin(rows, POLICY.economics)["margin"].to_list() == [0.30, 0.25, 0.25, 0.25, 0.25, 0.25]


def test_attributes_are_those_known_on_the_day():
    dated = [
        {"attribute": "margin_rate", "value": "0.2", "valid_from": "2024-01-01"},
        {"attribute": "margin_rate", "value": "0.4", "valid_from": "2025-06-01"},
        {"attribute": "segment", "value": "A", "valid_from": "2024-01-01"},
        {"attribute": "segment", "value": "B", "valid_from": "2025-01-01", "recorded_at": "2025-05-01"},
    ]
    ledger = ledger_of(
        customers=[{"customer_id": "c1", "industry": "retail", "country": "DE"}, {"customer_id": "c2"}],
        customer_history=[
            *({"customer_id": "c1"} | row for row in dated),
            {"customer_id": "c2", "attribute": "margin_rate", "value": "a third", "valid_from": "2024-01-01"},
        ],
    )
    found = customer_attributes(ledger, as_of=AS_OF)
    assert found.select("segment", "margin_rate").rows() == [("A", 0.2), (None, None)]
    # the master data carry no dates: before the extract nobody knew the industry
    assert found["industry"].to_list() == [None, None]
    assert customer_attributes(ledger, as_of="2025-12-31").select("industry", "segment", "margin_rate").row(0) == (
        "retail",
        "B",
        0.4,
    )


def test_who_is_sold_to_at_a_loss_earns_nothing_and_not_the_margin_of_others():
    rates = {"below": "-0.1", "none": "0", "most": "0.99", "percent": "25"}
    ledger = ledger_of(
        customers=[{"customer_id": name} for name in rates],
        customer_history=[
            {"customer_id": name, "attribute": "margin_rate", "value": value, "valid_from": "2024-01-01"}
            for name, value in rates.items()
        ],
    )
    found = customer_attributes(ledger, as_of="2025-12-31").select("customer_id", "margin_rate")
    assert dict(found.iter_rows()) == {"below": 0.0, "none": 0.0, "most": 0.99, "percent": None}


@pytest.mark.parametrize("limit", [18_000.0, 18_500.0, 20_000.0, 22_200.0, 22_300.0])
def test_a_limit_near_the_usual_peak_does_not_double_the_need(limit):
    """The same purchases and peaks under limits a little apart: at most half as much again as was ever owed."""
    ends = pl.date_range(date(2024, 4, 30), date(2025, 3, 31), "1mo", eager=True)
    peaks = pl.DataFrame({"customer_id": "c1", "month_end": ends, "peak": 20_000.0, "limit": limit})
    known = features_of({}).with_columns(peak_balance_12m=pl.lit(20_000.0))
    scores, day = scores_of({}), {"as_of": AS_OF, "currency": "EUR", "policy": POLICY}
    need = recommend_limits(scores, features=known, peaks=peaks, output="polars", **day)["need"][0]
    assert 20_000 < need <= 31_000


def test_a_peak_raises_the_need():
    ends = pl.date_range(date(2024, 4, 30), date(2025, 3, 31), "1mo", eager=True)
    peaks = pl.DataFrame(
        {"customer_id": ["c1"] * 12, "month_end": ends, "peak": [10_000.0] * 9 + [30_000.0] * 3, "limit": [5e4] * 12}
    )
    row = limits({}, peaks=peaks).row(0, named=True)
    assert 15_000 < row["need"] < 35_000
    assert row["recommended_limit"] > 15_000
    assert "by the level and spread of 12 months of own peaks." in row["need_arithmetic"]
    assert "Need" in row["reasons"]
    assert "the peak of its months" in row["reasons"]
    known = features_of({}).with_columns(peak_balance_12m=pl.lit(31_250.0))
    told = recommend_limits(
        scores_of({}), features=known, as_of=AS_OF, currency="EUR", policy=POLICY, peaks=peaks, output="polars"
    )
    assert "12 months of own peaks (the highest 31,250 EUR)." in told["need_arithmetic"][0]


def test_a_ledger_that_knows_nothing_beside_invoices():
    """No orders, no statements, no limits, no cover, one customer: sensible, stated output."""
    documents = [
        {
            "document_id": f"d{month}",
            "customer_id": "c1",
            "amount": 10_000_00,
            "document_date": f"2024-{month:02d}-05",
            "due_date": f"2024-{month:02d}-25",
        }
        for month in range(1, 13)
    ]
    ledger = ledger_of(documents=documents, covers_to="2024-12-31")
    day = date(2024, 12, 31)
    evidence = limit_evidence(ledger, as_of=day)
    known = features_of({"credit_limit": None, "invoiced_12m": 120_000.0, "invoiced_3m": 30_000.0})
    row = recommend_limits(scores_of({}), features=known, as_of=day, currency="EUR", output="polars", **evidence).row(
        0, named=True
    )
    assert row["action"] == "grant"
    assert row["recommended_limit"] > 0
    for name, words in (
        ("capacity", "No statement"),
        ("peer", "The industry is not known."),
        ("cover", "No cover."),
        ("need", "a month x"),
        ("expected_profit", "The margin is flat"),
    ):
        assert words in row[f"{name}_arithmetic"], name
    assert (row["capacity_limit"], row["peer_limit"], row["cover_limit"]) == (None, None, 0)
    assert row["temporary_limit"] is None
    labels = pl.DataFrame({"customer_id": ["c1"], "as_of": [day], "status": ["at_risk"]})
    panel = pl.DataFrame(
        {"customer_id": ["c1"], "as_of": [day], "net_balance": [0.0], "peak_balance_12m": [0.0], "credit_limit": [0.0]}
    )
    assert draw_of_past_defaults(ledger, panel=panel, labels=labels, as_of=day) is None


def test_thousands_of_new_customers_get_the_trial_limit():
    new = {"invoiced_3m": None, "invoiced_12m": None, "tenure_months": 0.5, "credit_limit": None, "terms_days": None}
    scores = {"pd_12m": None, "status": "not_yet_customer"}
    found = limits(*(dict(new) for _ in range(3_000)), score=scores)
    assert found["recommended_limit"].unique().to_list() == [5_000]
    assert found["binding"].unique().to_list() == ["new_customer"]
    assert found["pd_used_source"].unique().to_list() == ["policy_grade"]


def test_a_portfolio_limit_takes_part():
    frame = pl.DataFrame({"customer_id": ["c1"], "limit": [3_200.0]})
    row = limits({}, {}, portfolio=frame)
    assert row["portfolio_limit"].to_list() == [3_200, None]
    assert row["binding"].to_list() == ["portfolio", "need"]
    assert row["recommended_limit"].to_list() == [3_000, 9_500]
    assert "its budgets and caps leave 3,200 EUR" in row["reasons"][0]
    evidence = {"features": features_of({}, {}), "as_of": AS_OF, "policy": POLICY}
    curves = limit_curves(limit_inputs(scores_of({}, {}), **evidence), policy=POLICY)
    optimal = optimise_limits(curves, budgets=Budgets(expected_loss=60.0))
    found = limits({}, {}, portfolio=optimal)
    assert found["portfolio_limit"].to_list() == pytest.approx(optimal.limit.tolist())
    assert (found["recommended_limit"] <= optimal.limit).all()
    with pytest.raises(DataError, match="portfolio"):
        limits({}, portfolio=frame.rename({"limit": "amount"}))
