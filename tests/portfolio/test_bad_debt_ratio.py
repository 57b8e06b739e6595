"""Bad debt to sales against plain sums and by hand; how limits are used; the published medians."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from random_ledgers import covering_two_years, random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.benchmarks import BENCHMARKS, latest_benchmark
from credrisk.portfolio.utilisation import utilisation

ENDS = [date(2024, 6, 30), date(2024, 9, 15)]


@pytest.mark.parametrize("seed", range(4))
def test_a_cut_ledger_gives_the_same(seed: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=10, rows=10))
    together = bad_debt_ratio(ledger, dates=ENDS, output="polars")
    for place, end in enumerate(ENDS):
        assert_frame_equal(together.slice(place, 1), bad_debt_ratio(ledger.cut(end), dates=[end], output="polars"))


@pytest.mark.parametrize("seed", range(4))
def test_without_reversals_it_is_the_plain_sum(seed: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=10, rows=10))
    kept = ledger.table("applications").filter(pl.col("kind") != "reversal", pl.col("amount") > 0)
    ledger = ledger.replace(tables={**ledger.tables, "applications": kept})
    documents = {row["document_id"]: row for row in ledger.table("documents").to_dicts()}
    rates = ledger.table("rates").sort("date").to_dicts()

    def home(amount: int, currency: str, day: date) -> int:
        if currency == "EUR":
            return amount
        rate = [r["rate"] for r in rates if r["currency"] == currency and r["date"] <= day][-1]
        return round(amount * rate * (100 if currency == "JPY" else 1))

    for row in bad_debt_ratio(ledger, dates=ENDS, output="polars").to_dicts():
        daily: dict[tuple[str, date], int] = {}
        for applied in kept.to_dicts():
            document = documents[applied["to_document_id"]]
            seen = max(
                applied["applied_on"], applied["recorded_at"], document["document_date"], document["recorded_at"]
            )
            counts = applied["kind"] == "write_off" and document["kind"] not in ("credit_note", "late_fee")
            if counts and months_after(row["as_of"], -12) < seen <= row["as_of"]:
                key = document["document_id"], seen
                daily[key] = daily.get(key, 0) + applied["amount"]
        total = sum(home(minor, documents[name]["currency"], day) for (name, day), minor in daily.items())
        assert round(100 * row["written_off_12m"]) == total
        assert row["ratio"] == pytest.approx(total / 100 / row["invoiced_12m"])


def losses() -> Ledger:
    """Return 1,000 sold, 50 of it written off and 10 of that taken back; 8 recovered of these 10, reported as 6."""
    common = {"customer_id": "A", "document_date": "2025-02-01"}
    documents = [
        common | {"document_id": "I", "amount": 100_000},
        common | {"document_id": "F", "amount": 9_000, "kind": "late_fee"},
    ]
    applied = {"from_id": None, "to_document_id": "I", "kind": "write_off"}
    applications = [
        applied | {"amount": 5_000, "applied_on": "2025-06-01"},
        applied | {"amount": -1_000, "applied_on": "2025-09-01", "kind": "reversal"},
        applied | {"amount": 9_000, "applied_on": "2025-06-01", "to_document_id": "F"},
        applied | {"amount": 800, "applied_on": "2025-10-01", "kind": "recovery"},
    ]
    events = [{"customer_id": "A", "date": "2025-10-02", "kind": "recovery", "amount": 600}]
    return ledger_of(documents=documents, applications=applications, credit_events=events, covers_from="2024-06-30")


def test_by_hand() -> None:
    dates = ["2025-05-31", "2025-08-31", "2025-12-31"]
    early, before, after = bad_debt_ratio(losses(), dates=dates, output="polars").to_dicts()
    assert early["ratio"] is None
    assert early["reason"] == "the 12 months begin before the ledger's coverage (2024-06-30)"
    assert (before["written_off_12m"], before["recovered_12m"], before["ratio"]) == (50.0, 0.0, 0.05)
    assert (after["written_off_12m"], after["recovered_12m"], after["invoiced_12m"]) == (48.0, 8.0, 1000.0)
    assert after["ratio"] == pytest.approx(0.048)
    assert after["net_ratio"] == pytest.approx(0.04)


def test_a_write_off_taken_back_to_book_the_cash_is_deducted_once() -> None:
    """90 of 1,000 written off; 30 come in, booked as a recovery with a reversal: 60 of 1,000 are lost, not 30."""
    applied = {"from_id": None, "to_document_id": "I"}
    applications = [
        applied | {"amount": 9_000, "applied_on": "2025-06-01", "kind": "write_off"},
        applied | {"amount": 3_000, "applied_on": "2025-09-01", "kind": "recovery"},
        applied | {"amount": -3_000, "applied_on": "2025-09-01", "kind": "reversal"},
    ]
    document = {"document_id": "I", "customer_id": "A", "document_date": "2025-02-01", "amount": 100_000}
    ledger = ledger_of(documents=[document], applications=applications, covers_from="2024-06-30")
    (row,) = bad_debt_ratio(ledger, dates=["2025-12-31"], output="polars").to_dicts()
    assert (row["written_off_12m"], row["recovered_12m"]) == (90.0, 30.0)
    assert (row["ratio"], row["net_ratio"]) == (pytest.approx(0.09), pytest.approx(0.06))


def test_what_is_not_known_is_null_with_the_reason() -> None:
    sold = {"document_id": "I", "customer_id": "A", "document_date": "2025-02-01", "amount": 100}
    (row,) = bad_debt_ratio(ledger_of(documents=[sold]), dates=["2025-12-31"], output="polars").to_dicts()
    assert (row["ratio"], row["written_off_12m"], row["invoiced_12m"]) == (None, None, 1.0)
    assert "no applications" in row["reason"]
    (row,) = bad_debt_ratio(ledger_of(applications=[]), dates=["2025-12-31"], output="polars").to_dicts()
    assert (row["ratio"], row["reason"]) == (None, "nothing was invoiced in 12 months")
    with pytest.raises(ParameterError, match="last day that the ledger covers"):
        bad_debt_ratio(losses(), dates=["2026-01-31"])


def test_use_of_the_limits_by_hand() -> None:
    """A owes 120 of 100, a limit of 500 is entered later; B owes 50 without a limit; C has 40 unapplied; D nothing."""
    documents = [
        {"document_id": f"I{c}", "customer_id": c, "document_date": "2025-01-01", "amount": amount}
        for c, amount in (("A", 12_000), ("B", 5_000), ("C", 1_000))
    ]
    limit = {"attribute": "credit_limit", "valid_from": "2025-01-01"}
    history = [
        limit | {"customer_id": "A", "value": "100"},
        limit | {"customer_id": "A", "value": "500", "recorded_at": "2025-08-01"},
        limit | {"customer_id": "C", "value": "0"},
    ]
    customers = [{"customer_id": c, "name": f"{c} Works"} for c in "ABCD"]
    receipts = [{"receipt_id": "R", "customer_id": "C", "date": "2025-02-01", "amount": 4_000}]
    ledger = ledger_of(documents=documents, customer_history=history, customers=customers, receipts=receipts)
    rows = utilisation(ledger, as_of="2025-06-30", output="polars").to_dicts()
    names = ("customer_id", "exposure", "limit", "utilisation", "over_limit", "reason")
    shown = [tuple(row[name] for name in names) for row in rows]
    assert shown == [
        ("A", 120.0, 100.0, 1.2, 20.0, None),
        ("B", 50.0, None, None, None, "no credit limit is in force"),
        ("C", 0.0, 0.0, None, 0.0, "the credit limit is 0"),
    ]
    assert rows[0]["headroom"] == -20.0
    assert utilisation(ledger, as_of="2025-08-01")["utilisation"].tolist()[0] == pytest.approx(0.24)


@pytest.mark.parametrize("seed", range(3))
def test_exposure_is_the_net_balance_of_the_ageing(seed: int) -> None:
    ledger = random_ledger(seed, customers=12, rows=8)
    owed = {
        row["customer_id"]: row["net_balance"]
        for row in ageing(ledger, as_of=ENDS[0], output="polars").to_dicts()
        if row["net_balance"] > 0
    }
    table = utilisation(ledger, as_of=ENDS[0], output="polars")
    assert {row["customer_id"]: row["exposure"] for row in table.to_dicts() if row["exposure"]} == owed
    assert_frame_equal(table, utilisation(ledger.cut(ENDS[0]), as_of=ENDS[0], output="polars"))


def test_published_medians_are_dated_and_independent() -> None:
    """The survey's summaries of the third quarter of 2020 and the first of 2021."""
    medians = {(each.quarter, each.measure): each.median for each in BENCHMARKS}
    assert medians["2020-Q3", "cei"] == 0.8284
    assert medians["2021-Q1", "share_over_90"] == 0.0056
    assert [medians["2021-Q1", name] for name in ("dso_3m", "best_possible_dso_3m", "average_days_delinquent")] == [
        38.04,
        32.02,
        3.0,
    ]
    latest = latest_benchmark("cei")
    assert latest is not None
    assert (latest.quarter, latest.median, latest.unit) == ("2021-Q1", 0.8652, "share")
    assert all(each.address.startswith("https://www.crfonline.org/") for each in BENCHMARKS)
    assert latest_benchmark("herfindahl") is None
