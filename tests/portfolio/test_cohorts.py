"""Cohort curves against plain loops and by hand."""

from __future__ import annotations

from datetime import date

import pytest
from polars.testing import assert_frame_equal
from portfolio.slow_book import rate_on, slow_items
from random_ledgers import covering_two_years, random_ledger
from small_ledgers import ledger_of

from credrisk.dates import month_end, months_after
from credrisk.errors import ParameterError
from credrisk.portfolio.cohorts import cohort_curves

AS_OF = date(2024, 7, 20)
SHARES = ("open_share", "paid_share", "credited_share", "written_off_share", "other_share")


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_plain_loops(seed: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=8, rows=8))
    table = cohort_curves(ledger, as_of=AS_OF, months=8, output="polars")
    billed = {
        item.document["document_date"].replace(day=1)
        for item in slow_items(ledger)
        if item.document["kind"] in ("invoice", "debit_note") and item.seen <= AS_OF
    }
    assert set(table["cohort"]) == {month for month in billed if date(2023, 11, 1) <= month <= date(2024, 6, 1)}
    for row in table.to_dicts():
        end = months_after(month_end(row["cohort"]), row["age_months"])
        parts = dict.fromkeys(("opened", "paid", "credited", "written_off", "other"), 0.0)
        count = 0
        for item in slow_items(ledger):
            document = item.document
            same_month = document["document_date"].replace(day=1) == row["cohort"]
            if not same_month or document["kind"] not in ("invoice", "debit_note") or item.seen > AS_OF:
                continue
            count += 1
            rate = rate_on(ledger, document["currency"], AS_OF)
            for day, _, outcome, change in item.changes():
                if outcome == "opened" or (day <= end and day <= AS_OF):
                    parts[outcome if outcome in parts else "other"] += rate * change
        assert row["invoices"] == count
        assert row["invoiced"] == pytest.approx(parts["opened"] / 100)
        for name in ("paid", "credited", "written_off", "other"):
            assert row[f"{name}_share"] == pytest.approx(-parts[name] / parts["opened"], abs=1e-12)
        assert sum(row[name] for name in SHARES) == pytest.approx(1.0)


def test_a_cut_ledger_gives_the_same() -> None:
    ledger = random_ledger(3, customers=10, rows=10)
    whole = cohort_curves(ledger, as_of=AS_OF, output="polars")
    assert whole.height
    assert_frame_equal(whole, cohort_curves(ledger.cut(AS_OF), as_of=AS_OF, output="polars"))


def test_three_months_by_hand() -> None:
    """100 invoiced in October: 30 paid in October, 50 in November, 15 written off in December."""
    documents = [
        {"document_id": "I", "customer_id": "A", "document_date": "2025-10-05", "amount": 10_000},
        {"document_id": "J", "customer_id": "A", "document_date": "2025-12-05", "amount": 4_000},
    ]
    applications = [
        {"from_id": None, "to_document_id": "I", "amount": 3_000, "applied_on": "2025-10-31"},
        {"from_id": None, "to_document_id": "I", "amount": 5_000, "applied_on": "2025-11-01"},
        {"from_id": None, "to_document_id": "I", "amount": 1_500, "applied_on": "2025-12-31", "kind": "write_off"},
    ]
    ledger = ledger_of(documents=documents, applications=applications)
    table = cohort_curves(ledger, as_of="2025-12-31", output="polars")
    shown = [
        (r["cohort"].month, r["age_months"], r["invoiced"], r["open_share"], r["paid_share"], r["written_off_share"])
        for r in table.to_dicts()
    ]
    assert shown == [
        (10, 0, 100.0, 0.7, 0.3, 0.0),
        (10, 1, 100.0, pytest.approx(0.2), 0.8, 0.0),
        (10, 2, 100.0, pytest.approx(0.05), 0.8, 0.15),
        (12, 0, 40.0, 1.0, 0.0, 0.0),
    ]
    before = cohort_curves(ledger, as_of="2025-12-30", output="polars")
    assert before["age_months"].to_list() == [0, 1]


def test_months_not_covered_are_left_out() -> None:
    invoice = {"document_id": "I", "customer_id": "A", "document_date": "2025-10-20", "amount": 10_000}
    ledger = ledger_of(documents=[invoice], applications=[], covers_from="2025-10-02")
    assert cohort_curves(ledger, as_of="2025-12-31").empty
    whole = ledger_of(documents=[invoice], applications=[], covers_from="2025-10-01")
    assert cohort_curves(whole, as_of="2025-12-31")["open_share"].tolist() == [1.0, 1.0, 1.0]
    assert cohort_curves(ledger_of(documents=[invoice]), as_of="2025-12-31").empty
    with pytest.raises(ParameterError, match="months"):
        cohort_curves(whole, as_of="2025-12-31", months=0)
