"""Roll rates against the ageing and plain loops, their intervals, and by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from polars.testing import assert_frame_equal
from portfolio.slow_book import rate_on, slow_items
from random_ledgers import covering_two_years, random_ledger
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.resampling import resampled_sums, spread_of
from credrisk.portfolio.roll_rates import roll_rates

ENDS = [months_after(date(2024, 9, 30), -back) for back in range(7, -1, -1)]
STEPS = ["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_91_120"]


def slow_balance(ledger: Ledger, day: date, bucket: int, rates_of: date) -> int:
    """Return what lies in the bucket on a day, rounded customer by customer at the rates of another."""
    lines: dict[tuple[str, str], int] = {}
    for item in slow_items(ledger):
        late = (day - item.document["due_date"]).days
        inside = late <= 0 if bucket == 0 else 30 * (bucket - 1) < late <= 30 * bucket
        key = item.document["customer_id"], item.document["currency"]
        lines[key] = lines.get(key, 0) + (max(item.left(day), 0) if inside else 0)
    return sum(round(minor * rate_on(ledger, currency, rates_of)) for (_, currency), minor in lines.items())


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_plain_loops(seed: int) -> None:
    ledger = covering_two_years(random_ledger(seed, customers=6, rows=8))
    table = roll_rates(ledger, dates=ENDS, output="polars")
    assert table.height == 4 * len(ENDS)
    pooled = dict.fromkeys(STEPS[:-1], (0, 0))
    for row in table.drop_nulls("as_of").to_dicts():
        step, end = STEPS.index(row["from_bucket"]), row["as_of"]
        assert row["to_bucket"] == STEPS[step + 1]
        opening = slow_balance(ledger, months_after(end, -1), step, end)
        closing = slow_balance(ledger, end, step + 1, end)
        assert (round(100 * row["balance_from"]), round(100 * row["balance_to"])) == (opening, closing)
        assert row["rate"] == (pytest.approx(closing / opening) if opening else None)
        before = pooled[row["from_bucket"]]
        pooled[row["from_bucket"]] = (before[0] + opening, before[1] + closing)
    through = 1.0
    for row in table.filter(table["as_of"].is_null()).to_dicts()[::-1]:
        opening, closing = pooled[row["from_bucket"]]
        assert row["rate"] == (pytest.approx(closing / opening) if opening else None)
        through *= closing / opening if opening else float("nan")
        assert row["flow_through"] == (None if np.isnan(through) else pytest.approx(through))
        assert row["months"] == len(ENDS) - 1


def test_a_cut_ledger_gives_the_same() -> None:
    ledger = covering_two_years(random_ledger(1, customers=14, rows=10))
    whole = roll_rates(ledger, dates=ENDS[:-1], output="polars")
    assert_frame_equal(whole, roll_rates(ledger.cut(ENDS[-2]), dates=ENDS[:-1], output="polars"))


def steady(*, customers: int, months: int) -> Ledger:
    """Return invoices of 100 due in the middle of each month; half of the customers pay on time, half 62 days late."""
    documents: list[dict[str, Any]] = []
    applications = []
    for customer in range(customers):
        for place in range(months):
            due = months_after(date(2025, 12, 15), -place)
            name = f"I{customer}-{place}"
            documents.append(
                {"document_id": name, "customer_id": f"C{customer:02d}", "document_date": due - timedelta(40)}
                | {"due_date": due, "amount": 10_000}
            )
            paid = due + timedelta(0 if customer % 2 else 62)
            applications.append({"from_id": None, "to_document_id": name, "amount": 10_000, "applied_on": paid})
    return ledger_of(documents=documents, applications=applications)


def test_half_of_the_customers_paying_two_months_late_by_hand() -> None:
    """At each month-end what is due in its middle is 16 days late at the late half, two weeks and a month later 47."""
    days = [months_after(date(2025, 12, 31), -back) for back in range(8, -1, -1)]
    table = roll_rates(steady(customers=20, months=12), dates=days, output="polars")
    pooled = {row["from_bucket"]: row for row in table.filter(table["as_of"].is_null()).to_dicts()}
    first = pooled["not_due"]
    assert first["rate"] == pytest.approx(0.5)
    assert 0.2 < first["low"] < 0.5 < first["high"] < 0.8
    assert [pooled[name]["rate"] for name in STEPS[1:4]] == [1.0, 0.0, None]
    assert [pooled[name]["low"] for name in STEPS[1:4]] == [1.0, 0.0, None]
    assert first["flow_through"] is None


def test_a_month_is_the_same_whoever_came_later_and_whatever_else_is_asked_for() -> None:
    """Rate and interval of a month stand: in a ledger cut at its end, and among more months."""
    documents: list[dict[str, Any]] = []
    for number, month in enumerate([0, 1, 2, 3, 4, 5, 6] * 20):
        billed = months_after(date(2024, 2, 10), month)
        # Names run against the time: the last to come is the first by name.
        name = f"{9 - month}-{number:03d}"
        documents += [
            {"document_id": f"{name}-{due}", "customer_id": name, "document_date": billed, "amount": 100_00 + number,
             "due_date": billed + timedelta(due)}
            for due in (5, 20, 35)
        ]  # fmt: skip
    applications = [
        {"to_document_id": row["document_id"], "amount": row["amount"], "applied_on": row["due_date"] + timedelta(late)}
        for row, late in zip(documents, [4, 40, 12, 80] * len(documents), strict=False)
        if row["due_date"] + timedelta(late) <= ENDS[-1]
    ]
    ledger = ledger_of(documents=documents, applications=applications, covers_to="2024-09-30")
    asked, then = (
        roll_rates(known, dates=dates, output="polars").drop_nulls("as_of")
        for known, dates in ((ledger, ENDS), (ledger.cut(ENDS[-4]), ENDS[-6:-3]))
    )
    assert then["low"].null_count() < then.height
    assert_frame_equal(then, asked.filter(asked["as_of"].is_in(then["as_of"].implode())))


def test_the_interval_is_as_wide_as_the_theory_says() -> None:
    """Of 400 customers owing 1 each, half roll: the share has a standard error of sqrt(0.25/400) = 0.025."""
    rolled = np.tile([1.0, 0.0], 200)[:, None]
    sums = resampled_sums(np.hstack([rolled, np.ones((400, 1))]))
    low, high = spread_of(sums[:, :1], sums[:, 1:])
    # 500 resamples: the ends of the interval have a standard error of about 0.1 of a standard deviation.
    assert low[0] == pytest.approx(0.5 - 1.96 * 0.025, abs=0.3 * 0.025)
    assert high[0] == pytest.approx(0.5 + 1.96 * 0.025, abs=0.3 * 0.025)


def test_resampling_months_widens_an_interval_when_the_months_differ() -> None:
    months = np.array([0.2, 0.8] * 6)
    parts, wholes = np.tile(months, (500, 1))[:, :, None], np.ones((500, 12, 1))
    low, high = spread_of(parts, wholes)
    error = 0.3 / np.sqrt(12)
    assert low[0] == pytest.approx(0.5 - 1.96 * error, abs=0.3 * error)
    assert high[0] == pytest.approx(0.5 + 1.96 * error, abs=0.3 * error)
    nothing = spread_of(np.zeros((500, 1)), np.zeros((500, 1)))
    assert np.isnan(nothing).all()


def test_too_little_evidence_is_null_with_the_reason() -> None:
    ledger = steady(customers=4, months=12)
    days = [date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31)]
    table = roll_rates(ledger, dates=days, output="polars")
    assert set(table["reason"]) == {"no interval: fewer than 10 customers", "nothing was in the bucket"}
    assert table["low"].null_count() == table.height
    many = steady(customers=30, months=12)
    few_months = roll_rates(many, dates=days, output="polars")
    assert few_months["reason"][0] == "no interval: fewer than 6 months"
    young = many.replace(settings=ledger_of(covers_from="2025-11-15").settings)
    early = roll_rates(young, dates=days, output="polars")
    month = early.filter(early["as_of"] == days[1])
    assert month["rate"].null_count() == 4
    assert month["reason"][0] == "the month begins before the ledger's coverage (2025-11-15)"
    assert early["months"].to_list()[:4] == [1] * 4
    for wrong in (["2025-12-31"], ["2025-10-31", "2025-12-31"], ["2025-12-24", "2025-12-31"]):
        with pytest.raises(ParameterError, match="a month after"):
            roll_rates(ledger, dates=wrong)
    assert roll_rates(ledger_of(), dates=days)["rate"].isna().all()
