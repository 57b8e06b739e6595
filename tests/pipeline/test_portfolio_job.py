"""Budgets and worlds of a ledger: sales of a short ledger, groups counted once, and a recession for everybody."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from decisions.cases import features_of, scores_of
from small_ledgers import ledger_of

from credrisk.decisions.factor_model import pd_in_bad_year
from credrisk.decisions.policy import Policy
from credrisk.ledger.ledger import LedgerSettings
from credrisk.pipeline.portfolio_job import in_recession, portfolio_members, portfolio_of, sales_of_year
from credrisk.simulate import simulate_ledger


def test_sales_of_a_ledger_that_covers_less_than_a_year_count_at_the_same_rate() -> None:
    features = pl.DataFrame({"invoiced_12m": [60.0, None, 40.0, -5.0]})
    day = date(2025, 12, 31)
    settings = LedgerSettings("EUR", covers_from=date(2020, 1, 1), covers_to=day, extracted_on=day)
    assert sales_of_year(features, settings, day) == 100.0
    short = LedgerSettings("EUR", covers_from=date(2025, 10, 20), covers_to=day, extracted_on=day)
    assert sales_of_year(features, short, day) == pytest.approx(100.0 * 365 / 73)


def test_a_recession_raises_every_pd_and_lowers_no_survival_below_zero() -> None:
    policy = Policy.default()
    inputs = pl.DataFrame({"pd": [0.0, 0.001, 0.05, 0.6, 1.0], "survived": [1.0, 0.9995, 0.98, 0.6, 0.0]})
    bad = in_recession(inputs, policy)
    known = pd_in_bad_year(inputs["pd"].to_numpy(), correlation=policy.appetite.correlation, quantile=0.95)
    np.testing.assert_allclose(bad["pd"], known)
    assert (bad["pd"] >= inputs["pd"]).all()
    assert (bad["survived"] <= inputs["survived"]).all()
    assert bad["survived"].is_between(0, 1).all()


def test_a_group_is_named_after_its_first_customer_and_one_alone_has_none() -> None:
    ledger = simulate_ledger(customers=80, months=12, seed=3).ledger()
    ids = ledger.table("customers")["customer_id"].cast(pl.String)
    attributes = pl.DataFrame({"customer_id": ids, "industry": "steel", "country": "DE"})
    members = portfolio_members(ledger, attributes)
    assert sorted(members["customer_id"]) == sorted(ids)
    sizes = members.drop_nulls("group").group_by("group").agg(pl.len(), pl.col("customer_id").min().alias("first"))
    assert (sizes["len"] > 1).all()
    assert (sizes["first"] == sizes["group"]).all()


@pytest.mark.parametrize(("industries", "capped"), [(["retail"], False), (["retail", "steel", "wood"], True)])
def test_a_seller_to_one_industry_is_held_to_no_cap_by_industry_and_told_so(
    industries: list[str], capped: bool
) -> None:
    many = [{}] * 12
    scores, features = scores_of(*many), features_of(*many)
    scores = scores.with_columns(expected_loss=pl.lit(None, pl.String))  # as a CSV file holds a column of nothing
    attributes = scores.select("customer_id").with_columns(
        industry=pl.Series([industries[place % len(industries)] for place in range(12)]),
        **dict.fromkeys(("country", "segment"), pl.lit(None, pl.String)),
        margin_rate=pl.lit(None, pl.Float64),
    )
    evidence = dict.fromkeys(("contracts", "peaks", "statements", "history", "exposure_at_default"))
    found = portfolio_of(
        scores,
        features=features,
        evidence={**evidence, "attributes": attributes},
        members=attributes.select("customer_id", "industry", "country"),
        sales_12m=1e9,
        as_of=date(2025, 3, 31),
        currency="EUR",
        policy=Policy.default(),
    )
    assert (found.limits.budgets.industry is not None) == capped
    said = [sentence for sentence in found.sentences if "appetite.industry_share" in sentence]
    assert len(said) == (not capped)
    if not capped:
        assert said[0].startswith("The customers are of 1 industry: a cap of 40 % of the need")


def test_who_has_left_a_group_is_held_to_its_cap_no_more() -> None:
    def parent(customer: str, name: str, day: str) -> dict[str, str]:
        return {"customer_id": customer, "attribute": "parent_id", "value": name, "valid_from": day, "recorded_at": day}

    ledger = ledger_of(
        customers=[{"customer_id": name} for name in "ABC"],
        customer_history=[
            parent("B", "A", "2023-01-01"),
            parent("C", "A", "2023-01-01"),
            parent("C", "", "2024-01-01"),  # sold
        ],
    )
    attributes = pl.DataFrame({"customer_id": list("ABC"), "industry": "steel", "country": "DE"})
    for day, groups in ((date(2023, 12, 31), ["A", "A", "A"]), (date(2024, 12, 31), ["A", "A", None])):
        members = portfolio_members(ledger.cut(day), attributes)
        assert members["customer_id"].to_list() == list("ABC")
        assert members["group"].to_list() == groups
