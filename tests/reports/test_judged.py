"""Whom the model judges among those who owe, in words."""

from __future__ import annotations

import polars as pl

from credrisk.reports.judged import judged_told


def test_whom_the_model_leaves_out_is_told_with_number_and_money() -> None:
    owing = pl.DataFrame({"customer_id": ["A", "B", "C", "D", "E"], "open_balance": [100.0, 900.0, 50.0, 800.0, 7.0]})
    states = pl.DataFrame(
        {
            "customer_id": ["A", "B", "C", "D", "E"],
            "status": ["at_risk", "in_default", "bad_debt", "in_default", "at_risk"],
        }
    )
    said = judged_told(owing, judged=pl.Series(["A", "X"]), states=states, currency="EUR")
    assert said == (
        "The model judges 1 of 5 customers that owe something, 100 EUR of 1,857 EUR. Not the others: 2 in default, "
        "1,700 EUR; 1 with a bad debt already, 50 EUR; 1 without a probability, 7 EUR."
    )


def test_where_everybody_is_judged_nobody_is_said_to_be_left_out() -> None:
    owing = pl.DataFrame({"customer_id": ["A"], "open_balance": [100.0]})
    states = pl.DataFrame({"customer_id": ["A"], "status": ["at_risk"]})
    said = judged_told(owing, judged=owing["customer_id"], states=states, currency="EUR")
    assert said == "The model judges 1 of 1 customer that owes something, 100 EUR of 100 EUR."
