"""What happened is told for the status that a customer is in today."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.pipeline.happened import what_happened

HISTORY = pl.DataFrame(
    [
        ("C1", "default", date(2024, 3, 1), 900.0, "90 or more days past due"),
        ("C1", "default", date(2025, 2, 1), 1200.0, "90 or more days past due"),
        ("C2", "bad_debt", date(2025, 1, 5), None, "insolvency"),
        ("C3", "late30", date(2025, 1, 5), 50.0, "30 or more days past due"),
    ],
    schema=["customer_id", "target", "date", "amount", "why"],
    orient="row",
)


def told(placed: date | None = None) -> dict[tuple[str, str], str]:
    placements = pl.DataFrame(
        {"customer_id": ["C1"] if placed else [], "date": [placed] if placed else []},
        schema={"customer_id": pl.String, "date": pl.Date},
    )
    rows = what_happened(HISTORY, placements, "EUR").iter_rows()
    return {(customer, status): said for customer, status, said in rows}


def test_the_latest_event_behind_each_status_is_told() -> None:
    assert told() == {
        ("C1", "in_default"): "in default since 2025-02-01: 90 or more days past due, 1,200 EUR",
        ("C1", "recovering"): "recovering from the default of 2025-02-01: 90 or more days past due, 1,200 EUR",
        ("C2", "bad_debt"): "bad debt since 2025-01-05: insolvency",
    }


def test_a_placement_during_the_default_is_told_with_it() -> None:
    said = told(date(2025, 2, 20))["C1", "in_default"]
    assert said.endswith("1,200 EUR; placed with a third party on 2025-02-20, outcome open")
    assert "placed" not in told(date(2025, 1, 20))["C1", "in_default"]
