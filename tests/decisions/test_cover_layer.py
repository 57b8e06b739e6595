"""What cover pays of new shipments: by hand, contract by contract, and by walking through exposures."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.decisions.cover_layer import CONTRACT, contracts_in_force, cover_arithmetic, cover_layers
from credrisk.decisions.policy import Policy

POLICY = Policy.default()
DAY = date(2025, 3, 31)


def customers_of(*rows: dict) -> pl.DataFrame:
    plain = {"terms_used": 30.0, "oldest_open_days": 0.0, "disputed_share": 0.0, "pd_used": 0.02}
    return pl.DataFrame([{"customer_id": f"c{place}"} | plain | row for place, row in enumerate(rows, start=1)])


def contracts_of(*rows: dict) -> pl.DataFrame:
    plain = {"customer_id": "c1", "kind": "insurance", "limit": 10_000.0, "insured_share": 0.9}
    return pl.DataFrame([plain | row for row in rows], schema={"customer_id": pl.String, **CONTRACT})


def layer(*contracts: dict, aggregates=None, **customer) -> dict:
    found = cover_layers(customers_of(customer), contracts_of(*contracts), policy=POLICY, aggregates=aggregates)
    return found.row(0, named=True)


def paid(row: dict, exposure: float) -> float:
    return row["cover_share"] * max(min(exposure, row["cover_to"]) - row["cover_from"], 0.0)


@given(st.floats(100, 1e6), st.floats(0.05, 1), st.floats(0, 1e5), st.floats(0, 2e6))
@settings(max_examples=80, deadline=None)
def test_a_contract_pays_its_share_up_to_its_limit_less_the_deductible(limit, share, deductible, exposure):
    row = layer({"limit": limit, "insured_share": share, "deductible": deductible})
    expected = max(share * min(exposure, limit) - deductible, 0.0)
    assert paid(row, exposure) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert row["cover_limit"] == pytest.approx(max(share * limit - deductible, 0.0), abs=1e-6)


def test_kinds_lose_differently_and_several_contracts_are_laid_upon_each_other():
    row = layer({}, {"kind": "letter_of_credit", "limit": 30_000.0, "insured_share": 1.0})
    assert (row["cover_from"], row["cover_to"]) == (0, 40_000)
    assert row["cover_share"] == pytest.approx((0.9 * 10 + 1.0 * 30) / 40)
    assert row["cover_lgd"] == pytest.approx((0.10 * 10 + 0.05 * 30) / 40)
    assert row["cover_limit"] == pytest.approx(39_000)


def test_what_ends_first_is_named_and_what_does_not_count_is_not():
    contracts = contracts_of({}, {"limit": 5_000.0}, {"limit": 30_000.0}, {"insured_share": 0.0}).with_columns(
        cover_id=pl.Series(["V1", "V2", "V3", "V4"]),
        valid_to=pl.Series([date(2025, 12, 31), date(2025, 12, 31), None, date(2025, 4, 1)]),
    )
    row = cover_layers(customers_of({}, {}), contracts, policy=POLICY).rows(named=True)
    assert (row[0]["cover_ends"], row[0]["cover_ending"]) == (date(2025, 12, 31), "insurance V1 and insurance V2")
    assert row[0]["cover_ending_pays"] == pytest.approx(0.9 * 15_000)
    assert (row[1]["cover_ends"], row[1]["cover_ending"], row[1]["cover_ending_pays"]) == (None, None, None)


@pytest.mark.parametrize(
    ("contract", "customer", "words"),
    [
        ({"max_terms_days": 29}, {}, "longer"),
        ({"stop_shipment_dpd": 60}, {"oldest_open_days": 60.0}, "past due"),
        ({"deductible": 9_000.0}, {}, "deductible"),
        ({"insured_share": None}, {}, "no share"),
        ({}, {"disputed_share": 1.0}, "in dispute"),
    ],
)
def test_what_does_not_count_is_said(contract, customer, words):
    row = layer(contract, **customer)
    assert (row["cover_limit"], row["cover_to"], row["cover_share"]) == (0, 0, 0)
    assert words in row["cover_lost"]


@pytest.mark.parametrize(
    ("contract", "customer"),
    [
        ({"max_terms_days": 30}, {}),
        ({"stop_shipment_dpd": 60}, {"oldest_open_days": 59.0}),
        ({}, {"oldest_open_days": None}),
        ({"stop_shipment_dpd": 0}, {"oldest_open_days": 0.0}),  # what is not past due stops nothing
    ],
)
def test_bounds_are_inclusive(contract, customer):
    assert layer(contract, **customer)["cover_limit"] == 9_000


def test_only_the_undisputed_part_is_insured():
    row = layer({"deductible": 500.0}, disputed_share=0.2)
    assert row["cover_share"] == pytest.approx(0.72)
    assert row["cover_limit"] == pytest.approx(7_200 - 500)


def test_an_aggregate_caps_a_customer_and_all_together():
    row = layer({"provider": "Alpha"}, aggregates={"Alpha": 4_500.0})
    assert row["cover_limit"] == pytest.approx(4_500)
    assert layer({"provider": "Beta"}, aggregates={"Alpha": 4_500.0})["cover_limit"] == pytest.approx(9_000)
    # ten customers that fail for sure claim 90,000; the provider pays 30,000
    many = customers_of(*({"pd_used": 1.0} for _ in range(10)))
    contracts = contracts_of(*({"customer_id": f"c{place}", "provider": "Alpha"} for place in range(1, 11)))
    found = cover_layers(many, contracts, policy=POLICY, aggregates={"Alpha": 30_000.0})
    assert found["cover_limit"].sum() == pytest.approx(30_000)
    assert found["cover_share"].to_numpy() == pytest.approx(np.full(10, 0.9))


def test_without_cover_there_is_none():
    found = cover_layers(customers_of({}, {}), contracts_of().head(0), policy=POLICY)
    assert found.select("cover_from", "cover_to", "cover_share", "cover_limit").to_numpy().max() == 0
    words = found.with_columns(disputed_share=pl.lit(0.0)).select(cover_arithmetic("EUR"))
    assert words[:, 0].to_list() == ["No cover.", "No cover."]


def test_the_words():
    found = cover_layers(customers_of({}), contracts_of({"deductible": 900.0}), policy=POLICY)
    words = found.with_columns(disputed_share=pl.lit(0.0)).select(cover_arithmetic("EUR")).item()
    assert (
        words
        == "90 % of what is owed from 1,000 EUR to 10,000 EUR: at most 8,100 EUR; 10 % of that is lost all the same."
    )


COVER = {
    "cover_id": "k",
    "customer_id": "c1",
    "kind": "insurance",
    "limit": 10_000_00,
    "insured_share": 0.9,
    "valid_from": "2025-01-01",
}


@pytest.mark.parametrize(
    ("rows", "limits"),
    [
        ([{}], [10_000]),
        ([{"valid_to": "2025-03-31"}], [10_000]),
        ([{"valid_to": "2025-03-30"}], []),
        ([{}, {"cover_id": "l", "limit": 1_000_00}], [10_000, 1_000]),
        ([{}, {"valid_from": "2025-03-01", "limit": 4_000_00}], [4_000]),
        ([{}, {"valid_from": "2025-03-01", "limit": 0}], []),
        ([{}, {"valid_from": "2025-03-01", "limit": 0, "recorded_at": "2025-04-01"}], [10_000]),
        ([{"valid_from": "2025-04-01"}], []),
        ([], []),
    ],
)
def test_lapsed_or_cut_cover_counts_nothing(rows, limits):
    ledger = ledger_of(customers=[{"customer_id": "c1"}, {"customer_id": "c2"}], cover=[COVER | row for row in rows])
    found = contracts_in_force(ledger, as_of=DAY).filter(pl.col("lapsed").is_null())
    assert found["limit"].to_list() == limits
    assert found["customer_id"].to_list() == ["c1"] * len(limits)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"valid_to": "2025-03-30"}], "insurance k ended on 2025-03-30"),
        ([{"valid_to": "2024-04-01"}], "insurance k ended on 2024-04-01"),
        ([{"valid_to": "2024-03-31"}], None),
        ([{}, {"valid_from": "2025-03-01", "limit": 0}], "insurance k was withdrawn on 2025-03-01"),
        ([{"valid_to": "2025-03-30"}, {"cover_id": "l"}], None),
    ],
)
def test_cover_that_is_over_is_named_where_none_took_its_place(rows, words):
    ledger = ledger_of(customers=[{"customer_id": "c1"}], cover=[COVER | row for row in rows])
    found = cover_layers(customers_of({}), contracts_in_force(ledger, as_of=DAY), policy=POLICY)
    assert found["cover_lost"].to_list() == [words]
    assert found["cover_limit"].to_list() == [9_000.0 if "l" in [row.get("cover_id") for row in rows] else 0.0]


@pytest.mark.parametrize(
    ("kind", "share", "pays"), [("insurance", None, 0.0), (None, None, 0.0), ("guarantee", None, 10_000.0)]
)
def test_a_share_that_is_not_stated(kind, share, pays):
    ledger = ledger_of(customers=[{"customer_id": "c1"}], cover=[COVER | {"kind": kind, "insured_share": share}])
    found = cover_layers(customers_of({}), contracts_in_force(ledger, as_of=DAY), policy=POLICY)
    assert found["cover_limit"].to_list() == [pays]
