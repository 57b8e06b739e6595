"""The days covered are told from how densely a ledger posts, not from its first and last date."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from credrisk.ledger import Ledger


def ledger_of_days(days: list[date], **settings: Any) -> Ledger:
    frame = pl.DataFrame(
        {
            "document_id": [f"D{n:04d}" for n in range(len(days))],
            "customer_id": "C1",
            "customer_name": "Alpha Works",
            "document_date": days,
            "due_date": days,
            "amount": 10.0,
        }
    )
    return Ledger.read({"documents": frame}, currency="EUR", **settings)


def every(step: int, count: int, start: date = date(2024, 1, 3)) -> list[date]:
    return [start + timedelta(days=step * n) for n in range(count)]


def warned(ledger: Ledger) -> list[tuple[str, int, float | None, tuple[str, ...]]]:
    return [(f.code, f.rows, f.money, f.ids) for f in ledger.findings if f.severity == "warning"]


@pytest.mark.parametrize("step", [1, 3, 9], ids=["daily", "ten a month", "three a month"])
@pytest.mark.parametrize("stray", [[date(2019, 5, 5)], [date(1924, 1, 9), date(2042, 1, 9)]], ids=["old", "typos"])
def test_stray_dates_do_not_stretch_the_coverage(step: int, stray: list[date]) -> None:
    days = every(step, 360 // step)
    ledger = ledger_of_days(stray + days)
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (days[0], days[-1])
    ids = tuple(f"D{n:04d}" for n in range(len(stray)))
    assert warned(ledger) == [("sparse_postings", len(stray), 10.0 * len(stray), ids)]
    (finding,) = [f for f in ledger.findings if f.code == "sparse_postings"]
    assert "state covers_from and covers_to" in finding.remedy


def test_a_tail_of_old_open_items_is_no_coverage() -> None:
    old = [date(2021 + n // 12, n % 12 + 1, 7) for n in range(0, 36, 2)]
    ledger = ledger_of_days(old + every(1, 365) + every(1, 363, date(2025, 1, 3)))
    assert ledger.settings.covers_from == date(2024, 1, 3)
    assert [w[:2] for w in warned(ledger)] == [("sparse_postings", len(old))]


def test_an_even_ledger_is_covered_from_end_to_end() -> None:
    ledger = ledger_of_days(every(7, 150))
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (date(2024, 1, 3), every(7, 150)[-1])
    assert warned(ledger) == []


def test_two_large_parts_are_both_covered() -> None:
    ledger = ledger_of_days(every(3, 60, date(2018, 1, 3)) + every(3, 60))
    assert ledger.settings.covers_from == date(2018, 1, 3)


def test_few_postings_are_covered_from_the_first_to_the_last_and_a_gap_is_named() -> None:
    ledger = ledger_of_days([date(2019, 5, 5), *every(20, 5)])
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (date(2019, 5, 5), every(20, 5)[-1])
    assert warned(ledger) == [("stray_postings", 1, 10.0, ("D0000",))]
    assert warned(ledger_of_days(every(90, 9))) == []


def test_what_is_stated_wins() -> None:
    days = [date(2019, 5, 5), *every(1, 300)]
    ledger = ledger_of_days(days, covers_from="2019-01-01", covers_to="2025-01-31")
    assert (ledger.settings.covers_from, ledger.settings.covers_to) == (date(2019, 1, 1), date(2025, 1, 31))
    assert warned(ledger) == []
    assert ledger_of_days(days, covers_from="2019-01-01").settings.covers_to == days[-1]
    assert warned(ledger_of_days(days, covers_from="2019-01-01")) == []
