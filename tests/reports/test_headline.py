"""The key figures of a run: what the first lines say."""

from __future__ import annotations

import polars as pl
import pytest

from credrisk.reports.headline import headline_of


@pytest.mark.parametrize(
    ("cash", "note"),
    [
        ([7205.25, 0.0], "2 customers with a balance; before 7.21 k EUR of unapplied cash"),
        ([0.0, 0.0], "2 customers with a balance"),
        ([None, None], "2 customers with a balance"),
    ],
)
def test_unapplied_cash_is_named_beside_the_open_balance(cash: list[float | None], note: str) -> None:
    ageing = pl.DataFrame(
        {
            "customer_id": ["C1", "C2"],
            "not_due": [100.0, 200.0],
            "open_balance": [100.0, 200.0],
            "unapplied_cash": cash,
        },
        schema_overrides={"unapplied_cash": pl.Float64},
    )
    none = pl.DataFrame()
    figures = headline_of(ageing=ageing, history=none, scores=none, limits=none, queue=none, currency="EUR")
    assert figures["Open balance"] == ("300 EUR", note)


def test_whom_we_owe_is_not_counted_among_those_who_owe() -> None:
    ageing = pl.DataFrame(
        {"customer_id": ["C1", "C2", "C3", "C4"], "not_due": [1.0] * 4, "open_balance": [100.0, -8.0, 0.0, None]}
    )
    none = pl.DataFrame()
    figures = headline_of(ageing=ageing, history=none, scores=none, limits=none, queue=none, currency="EUR")
    assert figures["Open balance"] == ("92 EUR", "1 customer with a balance; 1 more in credit")
