"""What an extract of today says of an earlier day is what an extract of that day said."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from sap_world import item, items

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp.sap_ledger import ledger_of_items
from credrisk.sources.erp.sap_settings import Settings

START = date(2024, 1, 1)
Row = dict[str, object]


def day(rng: np.random.Generator, low: int, high: int) -> date:
    return START + timedelta(days=int(rng.integers(low, high)))


def books(rng: np.random.Generator) -> list[Row]:
    """Return invented items: paid, paid in part, with a residual item, cancelled late, credited, open, written off."""
    rows: list[Row] = []
    for turn in range(14):
        number, size = 5000 + 10 * turn, int(rng.integers(50, 900))
        posted, paid = day(rng, 0, 60), day(rng, 70, 150)
        later = paid + timedelta(days=int(rng.integers(5, 60)))
        due = posted + timedelta(days=30)
        cleared = {"clearing": str(number + 9), "cleared_on": paid}
        again = {"clearing": str(number + 8), "cleared_on": later}
        invoice = {"day": posted, "due_date": due}
        way = turn % 7
        if way == 0:
            rows += [
                item(str(number), size, **invoice, **cleared),
                item(str(number + 9), -size, kind="DZ", day=paid, **cleared),
            ]
        elif way == 1:  # in part first, the rest later
            reference = {"invoice": f"1000-{number}-2024-1"}
            rows += [
                item(str(number), size, **invoice, **again),
                item(str(number + 7), -10, kind="DZ", day=paid, **reference, **again),
                item(str(number + 8), 10 - size, kind="DZ", day=later, **again),
            ]
        elif way == 2:  # a residual item
            rows += [
                item(str(number), size, **invoice, **cleared),
                item(str(number + 9), -size, kind="DZ", day=paid, **cleared),
                item(str(number + 9), 20, kind="DZ", key="06", line="2", day=paid, due_date=due, **again),
                item(str(number + 8), -20, kind="DZ", day=later, **again),
            ]
        elif way == 3:  # cancelled, dated back
            back = {"clearing": str(number + 9), "cleared_on": posted}
            rows += [
                item(str(number), size, **invoice, **back),
                item(str(number + 9), -size, day=posted, recorded_at=paid, reverses=f"1000-{number}-2024", **back),
            ]
        elif way == 4:  # a credit note and a payment together
            rows += [
                item(str(number), size, **invoice, **cleared),
                item(str(number + 1), -30, kind="DG", day=posted, **cleared),
                item(str(number + 9), 30 - size, kind="DZ", day=paid, recorded_at=later, **cleared),
            ]
        elif way == 5:
            rows += [item(str(number), size, **invoice), item(str(number + 1), -15, kind="DZ", day=paid)]
        else:  # written off
            lost = {"offset_account": "655000", "kind": "SA"}
            rows += [
                item(str(number), size, **invoice, **cleared),
                item(str(number + 9), -size, day=paid, **lost, **cleared),
            ]
    return rows


def extract_of(rows: list[Row], as_of: date) -> list[Row]:
    """Return the items as SAP showed them at the end of a day: entered by then, cleared by what was entered by then."""
    entered = {str(row["number"]): row["recorded_at"] for row in rows}
    shown = []
    for row in rows:
        if row["recorded_at"] > as_of:  # type: ignore[operator]
            continue
        clearing = row.get("clearing")
        unknown = clearing is not None and max(entered[str(clearing)], row["cleared_on"]) > as_of  # type: ignore[type-var]
        shown.append(row | {"clearing": None, "cleared_on": None} if unknown else row)
    return shown


def aged(rows: list[Row], as_of: date) -> tuple[float, ...]:
    tables = ledger_of_items(items(*rows), Settings(bad_debt_accounts=("655*",))).tables
    customers = pl.DataFrame({"customer_id": ["77"]})
    ledger = Ledger.read(
        tables | {"customers": customers}, currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31"
    )
    assert ledger.quarantine.is_empty()
    shown = ageing(ledger, as_of=as_of, by="portfolio", output="polars")
    return tuple(shown.select(pl.exclude("currency", "share_past_due")).row(0)) if shown.height else ()


@pytest.mark.parametrize("seed", range(2))
def test_an_extract_of_today_tells_of_the_past_what_one_of_then_told(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = books(rng)
    for as_of in sorted(day(rng, 20, 215) for _ in range(4)):
        assert aged(rows, as_of) == aged(extract_of(rows, as_of), as_of)
