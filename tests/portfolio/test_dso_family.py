"""The DSO family against plain loops, by hand, and against the figures published for each method."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from portfolio.slow_book import rate_on, sales_by_month, slow_items
from random_ledgers import covering_two_years, random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.features.dso import countback
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.dso import dso_family, true_dso
from credrisk.portfolio.history import portfolio_history

ENDS = [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 15)]
"""15 September: months counted back from a day within a month."""


def slow_row(ledger: Ledger, end: date) -> dict[str, float | None]:
    sales = sales_by_month(ledger, end)
    days = [(months_after(end, -m) - months_after(end, -m - 1)).days for m in range(12)]
    weighted = everything = inside = 0.0
    true: list[float] = [0.0] * 12
    lines: dict[tuple[str, str, str], int] = defaultdict(int)
    for item in slow_items(ledger, fees=True):
        left, rate, document = item.left(end), rate_on(ledger, item.document["currency"], end), item.document
        if left < 0 or document["kind"] != "late_fee":
            column = "credit" if left < 0 else item.bucket(end)
            lines[document["customer_id"], document["currency"], column] += left
        if left < 0 or document["kind"] == "late_fee":
            continue
        late = (end - item.document["due_date"]).days
        weighted += rate * left * max(late, 0)
        everything += rate * left
        sold = item.document["document_date"]
        month = next((m for m in range(12) if sold > months_after(end, -m - 1)), None)
        if left and month is not None and item.document["kind"] in ("invoice", "debit_note"):
            inside += rate * left
            true[month] += rate * left * (end - sold).days
    # A customer's line is rounded once, so that a balance ends exactly where a month's sales end.
    totals: dict[str, int] = defaultdict(int)
    for (_, currency, column), minor in lines.items():
        totals[column] += round(minor * rate_on(ledger, currency, end))
    not_due, owed = totals["not_due"], max(sum(totals.values()), 0)

    def against(balance: float, months: int) -> float | None:
        sold = sales[:months]
        if any(s is None for s in sold) or sum(sold) == 0:  # type: ignore[arg-type]
            return None
        return balance * sum(days[:months]) / sum(sold)  # type: ignore[arg-type]

    def counted(balance: float) -> float | None:
        total = 0.0
        for sold, length in zip(sales, days, strict=True):
            if balance <= 0:
                break
            if sold is None:
                return None
            total += length * min(1.0, balance / sold) if sold else length
            balance -= sold
        return total

    unknown = any(w > 0 and not s for w, s in zip(true, sales, strict=True))
    return {
        "dso_simple": against(owed, 1),
        "dso_3m": against(owed, 3),
        "dso_12m": against(owed, 12),
        "dso_countback": counted(owed),
        "dso_true": None if unknown else sum(w / s for w, s in zip(true, sales, strict=True) if s),
        "dso_true_left_out": (everything - inside) / everything if everything else None,
        "best_possible_dso_3m": against(not_due, 3),
        "best_possible_dso_countback": counted(not_due),
        "days_beyond_terms": weighted / everything if everything else None,
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("long", [True, False])
def test_agrees_with_plain_loops(seed: int, long: bool) -> None:
    ledger = random_ledger(seed, customers=6, rows=8)
    ledger = covering_two_years(ledger) if long else ledger
    for row in dso_family(ledger, dates=ENDS, output="polars").to_dicts():
        for name, value in slow_row(ledger, row["as_of"]).items():
            assert row[name] == (None if value is None else pytest.approx(value, rel=1e-9)), name
        gap = row["average_days_delinquent"]
        known = row["dso_3m"] is not None
        assert gap == (pytest.approx(row["dso_3m"] - row["best_possible_dso_3m"]) if known else None)


@pytest.mark.parametrize("seed", range(3))
def test_a_cut_ledger_gives_the_same_and_so_does_the_history(seed: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=8, rows=10))
    together = dso_family(ledger, dates=ENDS[::-1], output="polars")
    for place, end in enumerate(ENDS):
        alone = dso_family(ledger.cut(end), dates=[end], output="polars")
        assert_frame_equal(together.slice(place, 1), alone, rel_tol=1e-9)
    history = portfolio_history(ledger, dates=ENDS, output="polars")
    for name in ("dso_countback", "dso_3m", "best_possible_dso_3m"):
        assert history[name].to_list() == together[name].to_list()


def book(*, not_due: int, past_due: int, sales: tuple[int, ...] = (0,)) -> Ledger:
    """Return a ledger at 31 December 2025: sales of each month paid at once, but what is open then, in cents."""
    documents: list[dict[str, Any]] = []
    applications = []
    for month, sold in enumerate(sales):
        day = months_after(date(2025, 12, 31), -month)
        documents.append({"document_id": f"S{month}", "customer_id": "A", "document_date": day, "amount": sold})
        applications.append({"from_id": None, "to_document_id": f"S{month}", "amount": sold, "applied_on": day})
    opening = {"customer_id": "A", "document_date": date(2023, 6, 1), "kind": "down_payment"}
    documents += [
        opening | {"document_id": "N", "amount": not_due, "due_date": date(2026, 1, 31)},
        opening | {"document_id": "P", "amount": past_due, "due_date": date(2025, 12, 1)},
    ]
    return ledger_of(documents=documents, applications=applications)


def measured(ledger: Ledger) -> dict[str, Any]:
    return dso_family(ledger, dates=["2025-12-31"], output="polars").row(0, named=True)


def test_count_back_as_published() -> None:
    """212 open, sales of 100, 80 and 70 in months of 30 days: 60 + 32/70 x 30 = 73.7; then with the calendar's days."""
    published = countback(np.array(212.0), np.array([100.0, 80.0, 70.0]), np.full(3, 30.0))
    assert round(float(published), 1) == 73.7
    row = measured(book(not_due=12_000, past_due=9_200, sales=(10_000, 8_000, 7_000)))
    assert row["dso_countback"] == pytest.approx(31 + 30 + 32 / 70 * 31)
    assert row["best_possible_dso_countback"] == pytest.approx(31 + 20 / 80 * 30)
    assert row["average_days_delinquent_countback"] == pytest.approx(30 * 60 / 80 + 32 / 70 * 31)


def test_hackett_shows_the_gap() -> None:
    """DSO from 158 to 160 days, best possible from 59 to 32: the gap grew from 99 to 128, by 29 days and not by 2."""
    gaps = []
    for dso, best in ((158, 59), (160, 32)):
        sold = 92 * 1_000
        row = measured(
            book(not_due=best * 1_000, past_due=(dso - best) * 1_000, sales=(sold // 2, sold // 4, sold // 4))
        )
        assert row["dso_3m"] == pytest.approx(dso)
        assert row["best_possible_dso_3m"] == pytest.approx(best)
        gaps.append(row["average_days_delinquent"])
    assert gaps == pytest.approx([99, 128])


def test_true_dso_by_hand() -> None:
    """50 of 100 sold ten days ago and 30 of 60 sold forty days ago: 10 x 50/100 + 40 x 30/60 = 25 days."""
    assert true_dso(np.array([500.0, 1200.0]), np.array([100.0, 60.0])) == 25.0
    assert np.isnan(true_dso(np.array([500.0]), np.array([0.0])))
    documents = [
        {"document_id": "I1", "customer_id": "A", "document_date": date(2025, 12, 21), "amount": 10_000},
        {"document_id": "I2", "customer_id": "A", "document_date": date(2025, 11, 21), "amount": 6_000},
        {"document_id": "I0", "customer_id": "A", "document_date": date(2024, 11, 21), "amount": 2_000},
    ]
    applications = [
        {"from_id": None, "to_document_id": "I1", "amount": 5_000, "applied_on": date(2025, 12, 30)},
        {"from_id": None, "to_document_id": "I2", "amount": 3_000, "applied_on": date(2025, 12, 30)},
    ]
    row = measured(ledger_of(documents=documents, applications=applications))
    assert row["dso_true"] == pytest.approx(25.0)
    assert row["dso_true_left_out"] == pytest.approx(0.2)


def test_days_beyond_terms_exact_and_as_a_bureau_counts() -> None:
    """400 not due, 300 of 10 days, 200 of 40, 100 of 100 days: 21 days exactly, 24 by the middle of each bucket."""
    owed = {0: 40_000, 10: 30_000, 40: 20_000, 100: 10_000}
    documents = [
        {"document_id": f"I{late}", "customer_id": "A", "document_date": date(2025, 9, 1), "amount": amount}
        | {"due_date": date(2025, 12, 31) - timedelta(late)}
        for late, amount in owed.items()
    ]
    row = measured(ledger_of(documents=documents))
    assert row["days_beyond_terms"] == pytest.approx((300 * 10 + 200 * 40 + 100 * 100) / 1000)
    assert row["days_beyond_terms_bureau"] == pytest.approx((300 * 15 + 200 * 45 + 100 * 105) / 1000)


def test_what_is_not_measured_is_null_with_the_reason() -> None:
    ledger = ledger_of(
        documents=[{"document_id": "I", "customer_id": "A", "document_date": "2025-11-05", "amount": 10_000}],
        covers_from="2025-11-01",
    )
    early, late = dso_family(ledger, dates=["2025-10-31", "2025-12-31"], output="polars").to_dicts()
    assert set(early.values()) == {
        date(2025, 10, 31),
        None,
        "the day lies before the ledger's coverage, which begins on 2025-11-01",
    }
    assert late["dso_simple"] is late["dso_3m"] is late["dso_12m"] is None
    assert late["dso_countback"] == 61.0
    assert late["reason"] == (
        "1 month: nothing was invoiced; 3 months: not covered before 2025-11-01; "
        "12 months: not covered before 2025-11-01"
    )
    with pytest.raises(ParameterError, match="the last day that the ledger covers"):
        dso_family(ledger, dates=["2026-01-01"])
    with pytest.raises(ParameterError, match="at least one date"):
        dso_family(ledger, dates=[])
    assert dso_family(ledger, dates=["2025-12-31"])["dso_countback"].tolist() == [61.0]


def test_an_empty_ledger_has_no_days() -> None:
    row = measured(ledger_of())
    assert row["dso_countback"] == row["dso_true"] == 0.0
    assert row["dso_3m"] is row["days_beyond_terms"] is None
    assert "nothing is open" in row["reason"]
    assert isinstance(dso_family(ledger_of(), dates=["2025-12-31"], output="polars"), pl.DataFrame)
