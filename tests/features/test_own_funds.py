"""Tangible net worth and working capital, by hand, as known on the day."""

from __future__ import annotations

from datetime import date

import pytest
from small_ledgers import ledger_of

from credrisk.features.own_funds import own_funds
from credrisk.features.panel import build_panel

DAY = date(2025, 3, 31)
FIGURES = {
    "total_assets": 900.0,
    "equity": 300.0,
    "current_assets": 500.0,
    "current_liabilities": 350.0,
    "goodwill": 40.0,
    "intangible_assets": 10.0,
}


def ledger(known_at="2024-08-01", **figures):
    facts = [
        {
            "customer_id": "c1",
            "measure": measure,
            "period_end": "2023-12-31",
            "value": value,
            "unit": "EUR",
            "known_at": known_at,
            "source": "register",
        }
        for measure, value in figures.items()
    ]
    documents = [{"document_id": "a", "customer_id": "c1", "amount": 1_00, "document_date": "2024-01-10"}]
    return ledger_of(documents=documents, facts=facts)


def test_by_hand():
    found = own_funds(ledger(**FIGURES), as_of=DAY).row(0, named=True)
    assert (found["tangible_net_worth"], found["working_capital"]) == (250.0, 150.0)
    assert found["intangibles_known"] is True
    assert found["statement_age_days"] == (DAY - date(2023, 12, 31)).days
    panel = build_panel(ledger(**FIGURES), as_of=DAY, features=["net_worth"], output="polars")
    assert panel["net_worth"][0] == 300.0


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        (("goodwill", "intangible_assets"), (300.0, 150.0, False)),
        (("goodwill",), (290.0, 150.0, True)),
        (("equity",), (None, 150.0, True)),
        (("current_liabilities",), (250.0, None, True)),
    ],
)
def test_what_is_not_stated(left_out, expected):
    figures = {name: value for name, value in FIGURES.items() if name not in left_out}
    row = own_funds(ledger(**figures), as_of=DAY).row(0, named=True)
    assert (row["tangible_net_worth"], row["working_capital"], row["intangibles_known"]) == expected


def test_no_statement_no_row():
    assert own_funds(ledger(**FIGURES), as_of="2024-07-31").height == 0  # not known yet
    assert own_funds(ledger(**FIGURES), as_of="2025-12-31").height == 1
    assert own_funds(ledger(cash=5.0), as_of=DAY).height == 0
    documents = [{"document_id": "a", "customer_id": "c1", "amount": 1_00, "document_date": "2024-01-10"}]
    assert own_funds(ledger_of(documents=documents), as_of=DAY).height == 0
