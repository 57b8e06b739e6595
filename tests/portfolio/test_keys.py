"""By what the portfolio is split: the values known and in force on the day, against plain loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, get_args

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.errors import ParameterError
from credrisk.features import build_panel
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.keys import By, parents_on

AS_OF = date(2024, 6, 30)


def with_attributes(seed: int) -> Ledger:
    """Return a random ledger with segments and collectors beside its parents."""
    ledger = random_ledger(seed, customers=12, rows=8)
    history = ledger.table("customer_history")
    more = [
        history.filter(pl.col("attribute") == "terms_days").with_columns(
            attribute=pl.lit(name), value=pl.lit(name + " ") + pl.col("value")
        )
        for name in ("segment", "collector")
    ]
    return ledger.replace(tables={**ledger.tables, "customer_history": pl.concat([history, *more])})


def value_on(ledger: Ledger, customer: str, attribute: str) -> str | None:
    """Return the value in force on the day, as it was known then."""
    known = [
        row
        for row in ledger.table("customer_history").to_dicts()
        if row["customer_id"] == customer
        and row["attribute"] == attribute
        and max(row["valid_from"], row["recorded_at"]) <= AS_OF
    ]
    known.sort(key=lambda row: (row["valid_from"], row["recorded_at"], row["value"] or ""))
    return ((known[-1]["value"] or "").strip() or None) if known else None


def top_of(ledger: Ledger, customer: str) -> str:
    """Walk up the parents; of a ring the smallest number stands for all."""
    way = [customer]
    while True:
        above = value_on(ledger, way[-1], "parent_id")
        if above is None or above == way[-1]:
            return way[-1]
        if above in way:
            return min(way[way.index(above) :])
        way.append(above)


@pytest.mark.parametrize("seed", range(6))
def test_every_key_against_plain_loops_and_the_same_total(seed: int) -> None:
    ledger = with_attributes(seed)
    by_customer = ageing(ledger, as_of=AS_OF, output="polars").to_dicts()
    whole = sum(round(100 * row["net_balance"]) for row in by_customer)
    for by in ("group", "segment", "collector", "country"):
        expected: dict[str | None, int] = defaultdict(int)
        for row in by_customer:
            customer = row["customer_id"]
            key = {"group": top_of(ledger, customer), "country": row["country"]}.get(by, value_on(ledger, customer, by))
            expected[key] += round(100 * row["net_balance"])
        table = ageing(ledger, as_of=AS_OF, by=by, output="polars")  # type: ignore[call-overload]
        assert {row[by]: round(100 * row["net_balance"]) for row in table.to_dicts()} == expected
    for by in get_args(By):
        table = ageing(ledger, as_of=AS_OF, by=by, output="polars")
        if by not in ("currency", "seller_entity"):
            assert round(100 * table["net_balance"].sum()) == whole


@pytest.mark.parametrize("seed", range(6))
def test_groups_are_those_of_the_features(seed: int) -> None:
    ledger = random_ledger(seed, customers=12, rows=8)
    panel = build_panel(ledger, as_of=AS_OF, features=["group_open_balance"], output="polars")
    of_group = dict(panel.select("customer_id", "group_open_balance").iter_rows())
    seen = ledger.cut(AS_OF)
    parents = dict(parents_on(seen).iter_rows())
    table = ageing(ledger, as_of=AS_OF, by="group", output="polars")
    for group, balance in table.select("group", "open_balance").iter_rows():
        members = [c for c in of_group if parents.get(c, c) == group]
        assert all(round(100 * of_group[c]) == round(100 * balance) for c in members if c in parents)


def two_years() -> Ledger:
    """Return two customers whose parent, collector and segment change, and an industry known from the extract on."""
    invoices = [
        {"document_id": f"I{c}{n}", "customer_id": c, "document_date": "2025-01-01", "amount": amount}
        | {"seller_entity": seller, "currency": currency}
        for n, (c, amount, seller, currency) in enumerate(
            [("A", 10_000, "S1", "EUR"), ("A", 4_000, None, "USD"), ("B", 20_000, "S2", "EUR")]
        )
    ]
    changed: list[dict[str, Any]] = [
        {"customer_id": "B", "attribute": "parent_id", "value": "A", "valid_from": "2025-03-01"},
        {"customer_id": "B", "attribute": "parent_id", "value": None, "valid_from": "2025-09-01"},
        {"customer_id": "A", "attribute": "collector", "value": "north", "valid_from": "2025-01-01"},
        {"customer_id": "A", "attribute": "collector", "value": "south", "valid_from": "2025-06-01"}
        | {"recorded_at": "2025-08-01"},
        {"customer_id": "B", "attribute": "segment", "value": "key account", "valid_from": "2025-02-01"},
    ]
    return ledger_of(
        customers=[
            {"customer_id": "A", "name": "Alder Works", "industry": "wood", "seller_entity": "S9"},
            {"customer_id": "B", "name": "Birch Works", "industry": "paper"},
        ],
        documents=invoices,
        customer_history=changed,
        rates=[{"currency": "USD", "date": "2025-01-01", "rate": 0.5}],
        extracted_on="2025-10-01",
    )


def split(by: By, day: str) -> dict[Any, float]:
    table = ageing(two_years(), as_of=day, by=by, output="polars")
    return dict(table.select(by, "open_balance").iter_rows())


def test_the_past_keeps_its_own_parents_collectors_and_industries() -> None:
    assert split("group", "2025-02-28") == {"A": 120.0, "B": 200.0}
    assert split("group", "2025-03-01") == {"A": 320.0}
    assert split("group", "2025-09-01") == {"A": 120.0, "B": 200.0}
    assert split("collector", "2025-07-31") == {"north": 120.0, None: 200.0}
    assert split("collector", "2025-08-01") == {"south": 120.0, None: 200.0}
    assert split("segment", "2025-01-31") == {None: 320.0}
    assert split("segment", "2025-02-01") == {None: 120.0, "key account": 200.0}
    assert split("industry", "2025-09-30") == {None: 320.0}
    assert split("industry", "2025-10-01") == {"wood": 120.0, "paper": 200.0}
    assert split("seller_entity", "2025-09-30") == {"S1": 100.0, "S2": 200.0, None: 20.0}
    assert split("seller_entity", "2025-10-01") == {"S1": 100.0, "S2": 200.0, "S9": 20.0}
    assert split("currency", "2025-10-01") == {"EUR": 300.0, "USD": 40.0}
    names = ageing(two_years(), as_of="2025-03-01", by="group", output="polars")
    assert names.columns[:3] == ["group", "name", "currency"]
    assert names["name"].to_list() == ["Alder Works"]


@pytest.mark.parametrize("by", get_args(By))
def test_a_cut_ledger_gives_the_same(by: By) -> None:
    ledger = with_attributes(3)
    whole = ageing(ledger, as_of=AS_OF, by=by, output="polars")
    assert_frame_equal(whole, ageing(ledger.cut(AS_OF), as_of=AS_OF, by=by, output="polars"))


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ParameterError, match="seller_entity"):
        ageing(two_years(), as_of="2025-03-01", by="region")  # type: ignore[call-overload]
