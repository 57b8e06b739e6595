"""The exposure waterfall: ties out to the ageing, follows the policy's definition, counts a group once."""

from __future__ import annotations

from datetime import date
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from random_ledgers import LAST, ledgers, random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.company_group import company_groups_today
from credrisk.decisions.exposure_today import exposure_today
from credrisk.decisions.policy import Policy
from credrisk.features.panel import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing

FLAGS = ("open_orders", "delivered_not_invoiced", "less_unapplied_cash", "less_security", "net_of_tax")
DAY = "2025-06-30"


def policy_with(**flags: bool) -> Policy:
    return Policy.default().changed({f"exposure.{name}": value for name, value in flags.items()})


def exposures(ledger: Ledger, day: date | str = DAY, **flags: bool) -> dict[str, dict[str, object]]:
    frame = exposure_today(ledger, as_of=day, policy=policy_with(**flags), output="polars")
    return {row["customer_id"]: row for row in frame.iter_rows(named=True)}


def rich() -> Ledger:
    """One customer with everything: 1,190 invoiced (190 of it tax), 300 credit, 200 cash, orders, contracts."""
    return ledger_of(
        covers_to="2025-06-30",
        documents=[
            {
                "document_id": "D1",
                "customer_id": "A",
                "document_date": "2025-05-01",
                "amount": 119_000,
                "tax_amount": 19_000,
            },
            {
                "document_id": "D2",
                "customer_id": "A",
                "document_date": "2025-05-02",
                "amount": -30_000,
                "tax_amount": -5_000,
            },
            {"document_id": "D3", "customer_id": "A", "document_date": "2025-07-05", "amount": 999_900},
        ],
        receipts=[{"receipt_id": "R1", "customer_id": "A", "date": "2025-06-01", "amount": 20_000}],
        orders=[
            {
                "order_id": "O1",
                "customer_id": "A",
                "order_date": "2025-06-01",
                "amount": 100_000,
                "open_amount": 60_000,
                "delivered_uninvoiced": 15_000,
            },
            {
                "order_id": "O2",
                "customer_id": "A",
                "order_date": "2025-03-01",
                "amount": 70_000,
                "closed_on": "2025-04-01",
            },
        ],
        cover=[
            {"cover_id": "G", "customer_id": "A", "kind": "guarantee", "limit": 50_000, "valid_from": "2025-01-01"},
            {
                "cover_id": "I",
                "customer_id": "A",
                "kind": "insurance",
                "limit": 90_000,
                "insured_share": 0.9,
                "valid_from": "2025-01-01",
            },
            {
                "cover_id": "L",
                "customer_id": "A",
                "kind": "letter_of_credit",
                "limit": 90_000,
                "valid_from": "2025-01-01",
                "valid_to": "2025-06-29",
            },
        ],
    )


def test_every_part_worked_out_by_hand() -> None:
    row = exposures(rich(), less_security=True)["A"]
    assert {name: row[name] for name in ("open_items", "tax", "delivered_uninvoiced", "open_orders")} == {
        "open_items": 1190.0,
        "tax": 0.0,
        "delivered_uninvoiced": 150.0,
        "open_orders": 600.0,
    }
    assert row["unapplied"] == 500.0  # 300 credit + 200 cash
    assert row["security"] == 500.0  # the guarantee in full; the letter of credit ended the day before
    assert row["exposure"] == 1190 + 150 + 600 - 500 - 500


@pytest.mark.parametrize("chosen", list(product((False, True), repeat=len(FLAGS))))
def test_the_policy_says_what_counts(chosen: tuple[bool, ...]) -> None:
    flags = dict(zip(FLAGS, chosen, strict=True))
    row = exposures(rich(), **flags)["A"]
    items, credited = (1000.0, 250.0) if flags["net_of_tax"] else (1190.0, 300.0)
    counted = items + 600 * flags["open_orders"] + 150 * flags["delivered_not_invoiced"]
    counted -= (credited + 200) * flags["less_unapplied_cash"]
    assert row["exposure"] == counted - min(500.0, counted) * flags["less_security"]
    assert row["tax"] == (140.0 if flags["net_of_tax"] else 0.0)
    assert row["open_items"] + row["tax"] - row["unapplied"] == 1190 - 300 - 200


def test_before_the_extract_an_order_counts_with_what_is_not_invoiced_on_it() -> None:
    ledger = ledger_of(
        covers_to="2025-06-30",
        documents=[
            {
                "document_id": "D1",
                "customer_id": "A",
                "document_date": "2025-05-01",
                "amount": 40_000,
                "order_id": "O1",
            },
            {"document_id": "D2", "customer_id": "A", "document_date": "2025-06-20", "amount": 5_000, "order_id": "O1"},
        ],
        orders=[
            {
                "order_id": "O1",
                "customer_id": "A",
                "order_date": "2025-04-20",
                "amount": 100_000,
                "open_amount": 50_000,
                "delivered_uninvoiced": 5_000,
            },
        ],
    )
    then = exposures(ledger, "2025-05-31")["A"]
    assert (then["open_orders"], then["delivered_uninvoiced"], then["exposure"]) == (600.0, None, 1000.0)
    today = exposures(ledger, "2025-06-30")["A"]
    assert (today["open_orders"], today["delivered_uninvoiced"], today["exposure"]) == (500.0, 50.0, 1000.0)


def test_more_cash_than_debt_is_no_negative_exposure() -> None:
    ledger = ledger_of(
        documents=[{"document_id": "D", "customer_id": "A", "document_date": "2025-05-01", "amount": 1_000}],
        receipts=[{"receipt_id": "R", "customer_id": "A", "date": "2025-06-01", "amount": 9_000}],
    )
    assert exposures(ledger)["A"]["exposure"] == 0.0


def test_foreign_currency_takes_the_last_rate_by_the_day() -> None:
    ledger = ledger_of(
        documents=[
            {"document_id": "D", "customer_id": "A", "document_date": "2025-05-01", "amount": 10_000, "currency": "USD"}
        ],
        orders=[
            {"order_id": "O", "customer_id": "A", "order_date": "2025-05-01", "amount": 500, "currency": "JPY"},
        ],
        rates=[
            {"currency": "USD", "date": "2025-01-01", "rate": 0.5},
            {"currency": "USD", "date": "2025-06-30", "rate": 0.75},
            {"currency": "USD", "date": "2025-07-01", "rate": 9.0},
            {"currency": "JPY", "date": "2025-01-01", "rate": 0.0078125},
        ],
    )
    row = exposures(ledger)["A"]
    assert (row["open_items"], row["open_orders"]) == (75.0, 3.91)


ROUNDED = 12
"""Figures of a row of the ageing and the waterfall that are translated and rounded by themselves, at most."""


def check_tie_out(ledger: Ledger, day: date) -> None:
    """To the cent in the ledger's currency; each part of a foreign amount is rounded by itself on either side."""
    foreign = ledger.table("documents").filter(pl.col("currency") != "EUR")["customer_id"].to_list()
    foreign += ledger.table("receipts").filter(pl.col("currency") != "EUR")["customer_id"].to_list()
    shown = exposure_today(ledger, as_of=day, output="polars")
    by_age = ageing(ledger, as_of=day, output="polars")
    joined = by_age.join(shown, on="customer_id", how="left", maintain_order="left")
    assert joined["open_items"].null_count() == 0
    for row in joined.iter_rows(named=True):
        slack = 1e-9 + (0.005 * ROUNDED * 2 if row["customer_id"] in foreign else 0.0)
        net = row["open_items"] + row["tax"] - row["unapplied"]
        assert net == pytest.approx(row["net_balance"], abs=slack, rel=1e-12)
        debits = row["open_balance"] - row["open_credits"]
        assert row["open_items"] == pytest.approx(debits, abs=slack, rel=1e-12)
    rest = shown.join(by_age, on="customer_id", how="anti")
    assert rest.select((pl.col("open_items").abs() + pl.col("unapplied").abs()).sum()).item() == 0


@settings(max_examples=15, deadline=None)
@given(ledgers())
def test_it_ties_out_to_the_ageing(ledger: Ledger) -> None:
    check_tie_out(ledger, LAST)


def test_it_ties_out_to_the_ageing_of_larger_ledgers_on_past_days() -> None:
    for seed in range(2):
        for day in (date(2023, 9, 30), LAST):
            check_tie_out(random_ledger(seed), day)


def test_what_was_posted_later_does_not_exist_yet() -> None:
    ledger, day = random_ledger(5), date(2024, 3, 31)
    now = exposure_today(ledger, as_of=day, output="polars")
    assert now.equals(exposure_today(ledger.cut(day), as_of=day, output="polars"))


def test_groups_and_their_exposure_are_those_of_the_features() -> None:
    """With nothing but open items, cash and credits the group's exposure is the feature of that name."""
    for seed in range(3):
        ledger, day = random_ledger(seed), date(2024, 6, 30)
        shown = exposure_today(
            ledger,
            as_of=day,
            policy=policy_with(open_orders=False, delivered_not_invoiced=False),
            output="polars",
        )
        panel = build_panel(ledger, as_of=day, features=["group_exposure", "group_size"], output="polars")
        both = panel.join(shown, on="customer_id", suffix="_shown").filter(pl.col("group_size").is_not_null())
        assert both.height > 3
        parts_rounded = (
            0.005 * ROUNDED * both["group_size"]
        )  # each on its own, in the three currencies of these ledgers
        assert ((both["group_exposure"] - both["group_exposure_shown"]).abs() <= parts_rounded).all()


def test_a_group_is_counted_once_and_credits_of_one_do_not_pay_for_another() -> None:
    parents = [
        {"customer_id": "B", "attribute": "parent_id", "value": "A", "valid_from": "2024-01-01"},
        {"customer_id": "C", "attribute": "parent_id", "value": "B", "valid_from": "2024-01-01"},
        {"customer_id": "D", "attribute": "parent_id", "value": "A", "valid_from": "2024-01-01"},
        {"customer_id": "D", "attribute": "parent_id", "value": None, "valid_from": "2025-01-01"},
        {"customer_id": "E", "attribute": "parent_id", "value": "A", "valid_from": "2025-07-01"},
    ]
    ledger = ledger_of(
        documents=[
            {"document_id": f"I{who}", "customer_id": who, "document_date": "2024-05-01", "amount": amount}
            for who, amount in {"A": 10_000, "B": 20_000, "C": -5_000, "D": 1_000, "E": 2_000}.items()
        ],
        customer_history=parents,
    )
    rows = exposures(ledger)
    assert {who: row["group"] for who, row in rows.items()} == {"A": "A", "B": "A", "C": "A", "D": "D", "E": "E"}
    assert {who: row["group_exposure"] for who, row in rows.items()} == {
        "A": 300.0,
        "B": 300.0,
        "C": 300.0,
        "D": 10.0,
        "E": 20.0,
    }
    assert company_groups_today(ledger.cut(date(2025, 6, 30)))["accounts"].to_list() == [3, 3, 3, 1, 1]


def test_rings_and_parents_that_are_no_accounts() -> None:
    ledger = ledger_of(
        customers=[{"customer_id": who} for who in "ABCD"],
        customer_history=[
            {"customer_id": "A", "attribute": "parent_id", "value": "B", "valid_from": "2024-01-01"},
            {"customer_id": "B", "attribute": "parent_id", "value": "A", "valid_from": "2024-01-01"},
            {"customer_id": "C", "attribute": "parent_id", "value": "Holding", "valid_from": "2024-01-01"},
            {"customer_id": "D", "attribute": "parent_id", "value": " Holding ", "valid_from": "2024-01-01"},
        ],
    )
    found = company_groups_today(ledger)
    assert found["group"].to_list() == ["A", "A", "Holding", "Holding"]


def test_a_ledger_with_nothing_in_it() -> None:
    assert exposure_today(ledger_of(documents=[]), as_of=DAY).empty
    only = exposures(ledger_of(customers=[{"customer_id": "A"}]))
    assert only["A"]["exposure"] == 0.0
    assert only["A"]["group"] == "A"
