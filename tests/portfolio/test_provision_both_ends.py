"""The matrix at both ends by hand, and who is in default by a run but in the pool of the provision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from reports.provisions import bare, full
from small_ledgers import ledger_of

from credrisk.portfolio.provision.both_ends import both_ends
from credrisk.portfolio.provision.in_default import IN_POOL, with_defaults_told
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings

MATRIX = ["segment", "state", "exposed", "rate", "allowance"]
SHORT = ProvisionSettings(observation_months=4, history_months=12)


def end(*rows: tuple[str, float, float, float]) -> pl.DataFrame:
    return pl.DataFrame([("all receivables", *row) for row in rows], schema=MATRIX, orient="row")


def test_the_change_of_each_bucket_is_split_into_exposure_and_rate() -> None:
    then = end(
        ("not_due", 1000.0, 0.01, 10.0), ("past_due_over_90", 100.0, 0.38, 38.0), ("credit_impaired", 50.0, 0.3, 20.0)
    )
    now = end(
        ("not_due", 2000.0, 0.02, 40.0), ("past_due_1_30", 300.0, 0.05, 15.0), ("past_due_over_90", 100.0, 0.3, 30.0)
    )
    before, after = (replace(bare().found, matrix=matrix) for matrix in (then, now))
    ends = both_ends(before, after)
    assert ends["state"].to_list() == ["not_due", "past_due_1_30", "past_due_over_90", "credit_impaired"]
    split = dict(zip(ends["state"], ends.select("by_exposure", "by_rate").iter_rows(), strict=True))
    assert split == {
        # 1,000 more at 1 %, then 2,000 at one point more.
        "not_due": (10.0, 20.0),
        # Nothing stood there, and it had its published rate of 7.6 %: 300 at that, then at 2.6 points less.
        "past_due_1_30": (22.8, -7.8),
        "past_due_over_90": (0.0, -8.0),
        "credit_impaired": (-20.0, 0.0),
    }
    assert ends.filter(state="credit_impaired")["rate_then"].item() == pytest.approx(0.4)
    assert ends.select("by_exposure", "by_rate").sum().sum_horizontal().item() == pytest.approx(85.0 - 68.0)


def test_the_ends_of_a_ledger_add_up_to_its_allowances() -> None:
    pack = full()
    assert pack.ends is not None
    assert pack.movement is not None
    opening = pack.movement.table.filter(line="opening")["total"].item()
    assert pack.ends["allowance_then"].sum() == pytest.approx(opening)
    assert pack.ends["allowance_now"].sum() == pytest.approx(pack.found.total)
    change = pack.ends.select("by_exposure", "by_rate").sum().sum_horizontal().item()
    assert change == pytest.approx(pack.found.total - opening)


def owing(*customers: str) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": customers, "status": ["in_default"] * len(customers)})


def test_customers_in_default_by_the_run_are_told_where_they_stand_in_the_pool() -> None:
    invoice = {"document_date": date(2025, 6, 1), "due_date": date(2025, 7, 10), "amount": 1000_00}
    ledger = ledger_of(
        documents=[{"document_id": f"{name}1", "customer_id": name, **invoice} for name in "ABS"],
        credit_events=[{"customer_id": "S", "date": "2025-06-20", "kind": "insolvency"}],
    )
    found = provision(ledger, as_of="2025-06-30", settings=SHORT, output="polars")
    told = with_defaults_told(found, scores=owing("A", "S")).contested[-1]
    assert told.subject == IN_POOL
    allowance = found.items.filter(customer_id="A")["allowance"].item()
    assert told.words.startswith("1 customer in default by the run")
    assert f"owes 1,000 EUR in the pool, with an allowance of {allowance:,.0f}" in told.words
    assert "insolvency" in told.words
    assert "past_due_days = 90" in told.words
    for silent in (owing("S"), owing(), pl.DataFrame({"customer_id": ["A"]})):
        assert with_defaults_told(found, scores=silent) is found
