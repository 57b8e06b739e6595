"""The day's orders in one sitting: within every limit as a whole, ranked by what is at stake."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from decisions.order_cases import POLICY, desk_of, facts
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.order_batch import decide_batch, decision_table, orders_of_the_day
from credrisk.decisions.order_facts import OpenOrder
from credrisk.decisions.order_ids import nearest_ids
from credrisk.decisions.order_release import OrderDecision
from credrisk.decisions.order_rows import read_orders
from credrisk.errors import DataError


def orders(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"order_id": pl.String, "customer_id": pl.String, "amount": pl.Float64}, orient="row"
    )


def by_order(decisions: list[OrderDecision]) -> dict[str | None, OrderDecision]:
    return {found.order_id: found for found in decisions}


def test_the_room_goes_to_the_orders_one_after_the_other() -> None:
    desk = desk_of(facts(open_items=2_000.0))
    found = by_order(
        decide_batch(desk, orders(("small", "A", 2_000.0), ("large", "A", 6_000.0), ("middle", "A", 4_000.0)))
    )
    assert (found["large"].answer, found["large"].on_credit) == ("release", 6_000.0)
    assert (found["middle"].answer, found["middle"].on_credit) == ("partial_release", 3_000.0)
    assert found["middle"].before["released_today"] == 6_000.0
    assert "6,000 EUR released before it today" in found["middle"].says
    assert found["small"].answer == "prepay"


def test_orders_of_the_book_count_only_with_what_is_released_of_them() -> None:
    """One by one each of the two would find the other in its way."""
    book = tuple(OpenOrder(name, "A", 7_000.0, 0.0, None) for name in ("O1", "O2"))
    desk = desk_of(facts(open_items=2_000.0, open_orders=14_000.0), orders=book)
    assert desk.decide("A", 7_000.0, order_id="O1").answer == "partial_release"
    found = desk.batch(orders_of_the_day(desk))
    assert [one.answer for one in found] == ["partial_release", "release"]  # what has to be decided comes first
    assert [one.on_credit for one in found] == [2_000.0, 7_000.0]
    assert found[0].after["exposure"] == 11_000.0


def test_the_room_of_a_group_is_shared() -> None:
    policy = POLICY.changed({"appetite.single_name": 50_000.0, "appetite.group": 50_000.0})
    shared = {"group": "A", "group_accounts": 2, "limit_on_file": 50_000.0}
    book = (OpenOrder("O1", "A", 30_000.0, 0.0, None), OpenOrder("O2", "B", 25_000.0, 0.0, None))
    desk = desk_of(
        facts(**shared, open_orders=30_000.0, exposure=30_000.0, rest_of_group=27_000.0, group_exposure=57_000.0),
        facts(customer_id="B", **shared, open_items=2_000.0, open_orders=25_000.0, rest_of_group=30_000.0),
        policy=policy,
        orders=book,
    )
    found = by_order(decide_batch(desk, orders_of_the_day(desk)))
    assert (found["O1"].answer, found["O1"].before["group_exposure"]) == ("release", 2_000.0)
    assert (found["O2"].answer, found["O2"].on_credit) == ("partial_release", 18_000.0)
    assert found["O2"].after["group_exposure"] == 50_000.0


rows = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]), st.integers(1, 2_000_000).map(lambda cents: cents / 100), st.booleans()
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(rows, st.tuples(*[st.integers(0, 12_000).map(float)] * 3))
def test_a_sitting_stays_within_the_limits_as_a_whole(asked: Any, owed: tuple[float, float, float]) -> None:
    policy = POLICY.changed({"appetite.single_name": 10_500.0, "appetite.group": 14_000.0, "order.partial_step": 0.01})
    whole = [(f"O{n}", who, amount, in_book) for n, (who, amount, in_book) in enumerate(asked)]
    book = tuple(OpenOrder(name, who, amount, 0.0, None) for name, who, amount, in_book in whole if in_book)
    placed = {who: sum(one.undelivered for one in book if one.customer_id == who) for who in "ABC"}
    exposure = {who: own + placed[who] for who, own in zip("ABC", owed, strict=True)}
    group = {"A": exposure["A"] + exposure["B"], "B": exposure["A"] + exposure["B"], "C": exposure["C"]}
    customers = [
        facts(
            customer_id=who,
            open_items=own,
            open_orders=placed[who],
            group="C" if who == "C" else "A",
            group_accounts=1 if who == "C" else 2,
            rest_of_group=group[who] - exposure[who],
        )
        for who, own in zip("ABC", owed, strict=True)
    ]
    given_orders = orders(*[(name, who, amount) for name, who, amount, _ in whole])
    found = decide_batch(desk_of(*customers, policy=policy, orders=book), given_orders)
    assert {one.order_id for one in found} == {name for name, *_ in whole}
    out = {who: sum(one.on_credit for one in found if one.customer_id == who) for who in "ABC"}
    for who, own in zip("ABC", owed, strict=True):
        assert own + out[who] <= 10_500.01 or out[who] == 0
    if out["A"] + out["B"] > 0:
        assert owed[0] + owed[1] + out["A"] + out["B"] <= 14_000.01
    place = [(one.routine, -abs(one.value_if_all_on_credit or 0.0)) for one in found]
    assert place == sorted(place)


def test_what_has_to_be_decided_stands_before_the_routine_releases() -> None:
    desk = desk_of(facts(), facts(customer_id="B", limit_on_file=100.0))
    found = decide_batch(desk, orders(("large", "A", 9_000.0), ("small", "B", 500.0), ("new", "nobody", 70_000.0)))
    assert [one.order_id for one in found] == ["small", "new", "large"]
    assert [one.routine for one in found] == [False, False, True]


def test_two_orders_of_which_the_second_needs_the_raise() -> None:
    desk = desk_of(facts(recommended_limit=20_000.0))
    found = by_order(decide_batch(desk, orders(("large", "A", 9_000.0), ("small", "A", 8_000.0))))
    assert (found["large"].limit_used, found["large"].routine) == (10_000.0, True)
    assert (found["small"].answer, found["small"].limit_used) == ("release", 20_000.0)
    assert found["small"].after["exposure"] == 17_000.0


def test_the_table_holds_every_answer_in_its_order() -> None:
    desk = desk_of(facts(), facts(customer_id="B", status="in_default"))
    found = decide_batch(desk, orders(("1", "A", 500.0), ("2", "B", 900.0), ("3", "nobody", 50.0)))
    table = decision_table(found)
    assert table["rank"].tolist() == [1, 2, 3]
    assert table["order_id"].tolist() == ["2", "3", "1"]
    assert table["answer"].tolist() == ["hold", "prepay", "release"]
    assert table["value_at_stake"].isna().tolist() == [False, True, False]
    assert {"limit_on_file", "recommended_limit", "limit_used", "answer_on_file"} <= set(table.columns)
    codes = decision_table(decide_batch(desk, orders(("4", "A", 90_000.0))))["reason_codes"][0].split()
    assert codes.count("limit") == 1
    assert decision_table([], output="polars").columns == list(table.columns)


def test_deliveries_come_from_the_order_book() -> None:
    desk = desk_of(facts(), orders=(OpenOrder("O1", "A", 100.0, 0.0, date(2025, 7, 20)),))
    assert decide_batch(desk, orders_of_the_day(desk))[0].delivery == date(2025, 7, 20)


def test_a_day_without_orders() -> None:
    desk = desk_of(facts())
    assert decide_batch(desk, orders_of_the_day(desk)) == []


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pl.DataFrame({"customer_id": ["A"]}), "columns are missing.*amount"),
        (
            pl.DataFrame({"customer_id": ["A"], "amount": ["ten"]}),
            "cannot be read: row 1, column amount, value 'ten'.*12000.00",
        ),
        (pl.DataFrame({"customer_id": ["A"] * 2, "amount": ["5.00", "1,234"]}), None),
        (pl.DataFrame({"customer_id": ["A"], "amount": ["1,234"]}), "in two ways: row 1, column amount, value '1,234'"),
        (
            pl.DataFrame({"customer_id": ["A"] * 2, "amount": [1.0, 1.0], "delivery": ["2025-12-31", "31.12"]}),
            "a date cannot be read: row 2, column delivery, value '31.12'.*write dates as 2025-12-31",
        ),
        (
            pl.DataFrame({"customer_id": ["A"], "amount": [1.0], "delivery": ["03/04/2026"]}),
            "a date can be read in two ways: row 1, column delivery",
        ),
        (
            pl.DataFrame({"customer_id": ["A"], "amount": [1.0], "terms_days": ["net"]}),
            "terms cannot be read: row 1, column terms_days, value 'net'",
        ),
        (orders(("1", "A", 0.0)), "an amount is not above 0: row 1, column amount, value 0.0"),
        (orders(("1", "A", float("nan"))), "an amount is not above 0"),
        (orders(("1", "A", 5.0), ("1", "A", 5.0)), "an order stands twice"),
        (orders(("O9", "A", 5.0)), "an order is another customer's"),
        (pl.DataFrame({"customer_id": [None], "amount": [1.0]}), "a customer is missing.*empty"),
        (pl.DataFrame({"customer_id": ["A"], "amount": [1.0], "terms_days": [-3]}), "terms are below 0"),
        (
            pl.DataFrame({"customer_id": ["A"], "amount": [1.0], "delivery": [date(2025, 1, 1)]}),
            "a delivery lies before",
        ),
    ],
)
def test_orders_that_break_a_rule_are_named(frame: pl.DataFrame, message: str | None) -> None:
    desk = desk_of(facts(), orders=(OpenOrder("O9", "B", 1.0, 0.0, None),))
    if message is None:  # another row of the column tells how it is to be read
        assert [one.amount for one in decide_batch(desk, frame)] == [1_234.0, 5.0]
        return
    with pytest.raises(DataError, match=message):
        decide_batch(desk, frame)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_file_is_read_whatever_parts_its_columns(separator: str, tmp_path: Path) -> None:
    file = tmp_path / "blocked.csv"
    lines = [["Customer ID", "amount", "delivery"], ["A", "1234.50", "31.07.2025"], ["A", "7.00", "2025-08-01"]]
    file.write_text("".join(separator.join(line) + "\n" for line in lines))
    found = decide_batch(desk_of(facts()), read_orders(file)[0])
    assert {(one.amount, one.delivery) for one in found} == {
        (1_234.5, date(2025, 7, 31)),
        (7.0, date(2025, 8, 1)),
    }
    file.write_text("customer_id,amount\nA,5,9\n")
    with pytest.raises(DataError, match=r"row 1 of blocked.csv has more or fewer cells"):
        read_orders(file)
    file.write_text("who|what\nA|5\n")
    with pytest.raises(DataError, match="columns are missing"):
        read_orders(file)


def test_a_currency_is_that_of_the_ledger_or_refused_and_what_is_not_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "blocked.csv"
    file.write_text("customer_id,amount,currency,salesman\nA,5,eur,Ann\nA,7,,Ben\n")
    orders, unread = read_orders(file)
    assert unread == ["salesman"]
    assert [one.amount for one in decide_batch(desk_of(facts()), orders)] == [7.0, 5.0]
    file.write_text("customer_id,amount,currency\nA,5,EUR\nA,10000,GBP\n")
    with pytest.raises(DataError, match="not in EUR, the currency of the ledger: row 2, column currency, value 'GBP'"):
        decide_batch(desk_of(facts()), read_orders(file)[0])


def test_ids_that_come_nearest() -> None:
    known = ["C006", "C060", "D1", "10-20"]
    assert nearest_ids("c006", known) == ["C006"]
    assert nearest_ids("C6", known) == ["C006"]
    assert nearest_ids("1020", known) == ["10-20"]
    assert nearest_ids("C0606", known)[0] == "C060"
    assert nearest_ids("somebody else", known) == []
