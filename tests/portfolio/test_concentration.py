"""Concentration against plain sums, and by hand."""

from __future__ import annotations

from datetime import date

import pytest
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.concentration import concentration, concentration_summary
from credrisk.portfolio.keys import parents_on

AS_OF = date(2024, 6, 30)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_plain_sums(seed: int) -> None:
    ledger = random_ledger(seed, customers=15, rows=6)
    balances = ageing(ledger, as_of=AS_OF, output="polars").select("customer_id", "net_balance").iter_rows()
    owed = {customer: max(0, round(100 * net)) for customer, net in balances}
    parents, groups = dict(parents_on(ledger.cut(AS_OF)).iter_rows()), dict[str, int]()
    for customer, net in owed.items():
        group = parents.get(customer, customer)
        groups[group] = groups.get(group, 0) + net
    for by, sums in (("customer", owed), ("group", groups)):
        table = concentration(ledger, as_of=AS_OF, by=by, output="polars")  # type: ignore[call-overload]
        expected = sorted(((-net, key) for key, net in sums.items() if net))
        assert [(-round(100 * row["amount"]), row["key"]) for row in table.to_dicts()] == expected
        assert table["rank"].to_list() == list(range(1, len(expected) + 1))
        assert table["cumulative"].to_list() == pytest.approx(table["share"].cum_sum().to_list())
        assert table["cumulative"][-1] == 1.0
        (row,) = concentration_summary(ledger, as_of=AS_OF, by=by, output="polars").to_dicts()  # type: ignore[call-overload]
        shares = [net / sum(sums.values()) for net in sorted(sums.values(), reverse=True)]
        assert [row["top_1"], row["top_5"], row["top_50"]] == pytest.approx(
            [shares[0], sum(shares[:5]), sum(shares[:50])]
        )
        assert row["herfindahl"] == pytest.approx(sum(share**2 for share in shares))
        assert row["debtors"] == len(expected)


def three(*, country: str | None = "FR", receipts: bool = True) -> Ledger:
    """Return debtors of 60, 40 and one whose credit outweighs its debt, in two countries."""
    amounts = {"A": 6_000, "B": 4_000, "C": 1_000}
    documents = [
        {"document_id": f"I{c}", "customer_id": c, "document_date": "2025-01-01", "amount": amount}
        for c, amount in amounts.items()
    ]
    documents.append({"document_id": "K", "customer_id": "C", "document_date": "2025-01-01", "amount": -3_000})
    customers = [{"customer_id": c, "country": "DE" if c == "A" else country} for c in amounts]
    cash = {"receipts": [{"receipt_id": "R", "customer_id": "A", "date": "2025-02-01", "amount": 0}]}
    return ledger_of(documents=documents, customers=customers, **(cash if receipts else {}))


def test_two_debtors_by_hand() -> None:
    (row,) = concentration_summary(three(), as_of="2025-06-30", output="polars").to_dicts()
    assert row["amount"] == 100.0
    assert (row["top_1"], row["top_5"], row["debtors"]) == (0.6, 1.0, 2)
    assert row["herfindahl"] == pytest.approx(0.52)
    assert row["effective_number"] == pytest.approx(1 / 0.52)
    table = concentration(three(), as_of="2025-06-30", by="country")
    assert table[["rank", "key", "amount", "share"]].values.tolist() == [[1, "DE", 60.0, 0.6], [2, "FR", 40.0, 0.4]]


def test_what_is_not_told_stands_last_without_a_rank_and_too_much_of_it_says_nothing() -> None:
    ledger = three(country=None)
    table = concentration(ledger, as_of="2025-06-30", by="country", output="polars")
    assert table["key"].to_list() == ["DE", None]
    assert table["rank"].to_list() == [1, None]
    (row,) = concentration_summary(ledger, as_of="2025-06-30", by="country", output="polars").to_dicts()
    assert row["herfindahl"] is None
    assert row["known_share"] == 0.6
    assert row["reason"] == "country is told for 60% of the money only"


def test_nothing_owed_and_what_is_refused() -> None:
    (row,) = concentration_summary(ledger_of(), as_of="2025-06-30", output="polars").to_dicts()
    assert row["reason"] == "nothing is owed"
    assert row["top_1"] is None
    assert concentration(ledger_of(), as_of="2025-06-30").empty
    with pytest.raises(ParameterError, match="splits the portfolio"):
        concentration(three(), as_of="2025-06-30", by="portfolio")
    with pytest.raises(ParameterError, match="last day that the ledger covers"):
        concentration(three(), as_of="2026-06-30")
    without = concentration(three(receipts=False), as_of="2025-06-30", output="polars")
    assert without["amount"].to_list() == [60.0, 40.0]
