"""Recommendations under portfolio limits: none above its own, sums within the caps, and what is said to bind."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from decisions.cases import features_of, scores_of
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.limit import recommend_limits
from credrisk.decisions.limit_curves import LimitCurves, limit_curves
from credrisk.decisions.limit_evidence import LimitEvidence
from credrisk.decisions.limit_inputs import limit_inputs
from credrisk.decisions.limit_owed import OwedAbove, owed_above
from credrisk.decisions.limit_words import owed_sentence
from credrisk.decisions.margins import ATTRIBUTES
from credrisk.decisions.policy import Policy
from credrisk.decisions.recommendation import LOWERED_BY
from credrisk.pipeline.portfolio_answer import LedgerLimits
from credrisk.pipeline.portfolio_job import portfolio_of

AS_OF = date(2025, 3, 31)
POLICY = Policy.default()
NOTHING = pl.DataFrame(schema={"customer_id": pl.String})

a_customer = st.fixed_dictionaries(
    {
        "pd_12m": st.floats(0.001, 0.4),
        "invoiced_12m": st.integers(0, 600_000).map(float),
        "credit_limit": st.none() | st.integers(0, 90_000).map(float),
        "net_balance": st.integers(0, 60_000).map(float),
        "oldest_open_days": st.sampled_from([0.0, 0.0, 30.0]),
        "days": st.sampled_from([10.0, 10.0, 400.0]),
        "status": st.sampled_from(["at_risk"] * 5 + ["in_default", "recovering"]),
        "industry": st.sampled_from(["steel", "food", None]),
    }
)
books = st.lists(a_customer, min_size=2, max_size=12)


def book(customers: list[dict]) -> tuple[pl.DataFrame, pl.DataFrame, LimitEvidence, pl.DataFrame]:
    scores = scores_of(*({name: row[name] for name in ("pd_12m", "status")} for row in customers))
    known = ("invoiced_12m", "credit_limit", "net_balance", "oldest_open_days")
    features = features_of(*({"invoiced_3m": 0.0} | {name: row[name] for name in known} for row in customers))
    features = features.with_columns(days_since_last_invoice=pl.Series([row["days"] for row in customers]))
    industries = pl.Series([row["industry"] for row in customers], dtype=pl.String)
    members = scores.select("customer_id", group=pl.lit(None, pl.String), industry=industries, country=pl.lit("DE"))
    evidence = dict.fromkeys(("contracts", "peaks", "statements", "history", "exposure_at_default"))
    evidence["attributes"] = pl.DataFrame(schema={"customer_id": pl.String} | ATTRIBUTES)
    return scores, features, evidence, members


def both(customers: list[dict], policy: Policy, **budgets: float) -> tuple[LedgerLimits, pl.DataFrame]:
    scores, features, evidence, members = book(customers)
    asked = {"as_of": AS_OF, "currency": "EUR", "policy": policy}
    found = portfolio_of(
        scores, features=features, evidence=evidence, members=members, sales_12m=1e6, **asked, **budgets
    )
    limits = recommend_limits(scores, features=features, **evidence, portfolio=found.limits, **asked, output="polars")
    return found, limits


@given(books, st.floats(0.05, 0.9), st.sampled_from([0.3, 0.6, 1.0]), st.sampled_from([10_000.0, 2_000_000.0]))
@settings(max_examples=25, deadline=None)
def test_what_is_recommended_keeps_every_cap_and_budget(customers, share, of_need, single_name):
    policy = POLICY.changed({"appetite.industry_share": of_need, "appetite.single_name": single_name})
    free = both(customers, policy)[0]
    budget = share * float(free.limits.expected_loss.sum())
    found, limits = both(customers, policy, loss_budget=budget)
    assert (limits["recommended_limit"] <= single_name).all()
    bound = limits.filter(pl.col("portfolio_limit").is_not_null())
    assert (bound["recommended_limit"] <= bound["portfolio_limit"] + 1e-9).all()
    if bound.height:
        curves = found.curves
        _, draw = curves.at(limits["recommended_limit"].to_numpy())
        assert float(curves.pd @ (curves.lgd * draw)) <= budget + 1e-6
        for cap in found.limits.problem.caps.values():
            assert (cap.sums(limits["recommended_limit"].to_numpy()) <= cap.most + 1e-6).all()
    lowered = set(found.table().filter(pl.col("binding").is_in(LOWERED_BY))["customer_id"])
    assert set(limits.filter(pl.col("binding") == "portfolio")["customer_id"]) <= lowered
    assert "own_bounds" not in found.table()["binding"].to_list()


@given(books, st.lists(st.integers(0, 80_000).map(float), min_size=12, max_size=12))
@settings(max_examples=40, deadline=None)
def test_no_tolerance_carries_a_limit_above_the_portfolios(customers, amounts):
    scores, features, evidence, _ = book(customers)
    portfolio = scores.select("customer_id", limit=pl.Series(amounts[: scores.height]))
    limits = recommend_limits(
        scores, features=features, **evidence, portfolio=portfolio, as_of=AS_OF, currency="EUR", output="polars"
    )
    assert (limits["recommended_limit"] <= limits["portfolio_limit"]).all()
    assert limits["recommended_limit"].sum() <= sum(amounts[: scores.height])


CUSTOMER = {
    "pd_12m": 0.02,
    "invoiced_12m": 120_000.0,
    "credit_limit": 9_800.0,
    "net_balance": 0.0,
    "oldest_open_days": 0.0,
    "days": 10.0,
    "status": "at_risk",
    "industry": None,
}


@pytest.mark.parametrize(("binding", "said"), [("own_bounds", "need"), ("tail_loss", "portfolio"), (None, "portfolio")])
def test_the_portfolio_binds_only_whom_a_budget_has_lowered(binding, said):
    scores, features, evidence, _ = book([CUSTOMER])
    portfolio = pl.DataFrame({"customer_id": ["c1"], "limit": [9_500.0], "binding": [binding]})
    row = recommend_limits(
        scores, features=features, **evidence, portfolio=portfolio, as_of=AS_OF, currency="EUR", output="polars"
    ).row(0, named=True)
    # Today's 9,800 is within the tolerance of 9,500, but above what the portfolio leaves.
    assert (row["recommended_limit"], row["action"], row["binding"]) == (9_500, "lower", said)


def test_the_own_bound_is_named_in_the_portfolio_too():
    rows = [
        CUSTOMER | {"pd_12m": 0.01},
        CUSTOMER | {"pd_12m": 0.001, "invoiced_12m": 600.0},
        CUSTOMER | {"credit_limit": 5_000.0, "days": 300.0},
    ]
    table = both(rows, POLICY)[0].table()
    assert table["binding"].to_list() == ["need", "own_optimum", "idle"]
    assert table["portfolio_limit"].to_list() == [9_500, 500, 5_000]


def test_what_is_owed_above_the_limits_walks_through_the_layer_of_cover():
    customers = [CUSTOMER | {"net_balance": balance} for balance in (50_000.0, 5_000.0, 20_000.0)]
    scores, features, _, _ = book(customers)
    contract = {"customer_id": "c1", "kind": "insurance", "provider": None, "limit": 30_000.0, "insured_share": 0.9}
    contract |= dict.fromkeys(("deductible", "max_terms_days", "stop_shipment_dpd"))
    inputs = limit_inputs(
        scores, features=features, as_of=AS_OF, policy=POLICY, contracts=pl.DataFrame([contract], infer_schema_length=1)
    )
    curves: LimitCurves = limit_curves(inputs, policy=POLICY)
    owed = owed_above(inputs, np.array([10_000.0, 10_000.0, 0.0]), curves)
    np.testing.assert_allclose(owed.amount, [40_000, 0, 20_000])
    cost, lgd = 1 - POLICY.economics.margin, POLICY.economics.lgd_uninsured
    insured = POLICY.economics.lgd_by_cover["insurance"]
    # Of the 40,000 above the limit 20,000 lie in the layer, of which 90 % are insured.
    by_hand = 0.02 * cost * (18_000 * insured + 22_000 * lgd)
    np.testing.assert_allclose(owed.expected_loss, [by_hand, 0, 0.02 * cost * lgd * 20_000])
    said = owed_sentence(owed, currency="EUR")
    assert said.startswith("2 customers owe 60,000 EUR more than their limits. Another ")
    none = OwedAbove(np.zeros(2), np.zeros(2))
    assert owed_sentence(none, currency="EUR") == "Nobody owes more than its limit."


def test_the_budget_table_holds_the_loss_that_no_budget_does():
    found = both([CUSTOMER | {"net_balance": 50_000.0}, CUSTOMER], POLICY)[0]
    row = found.budget_table().row(by_predicate=pl.col("kind") == "owed_above", named=True)
    assert row["used"] == pytest.approx(found.table()["expected_loss_owed_above"].sum())
    assert row["used"] > 0
    assert row["budget"] is None
    assert any("more than its limit" in sentence for sentence in found.sentences)
    then, now, difference = found.against_today().iter_rows(named=True)
    assert difference["profit"] == pytest.approx(now["profit"] - then["profit"])
    assert then["limits"] == 19_600
