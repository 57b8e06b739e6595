"""What happened is told for the status that a customer is in today."""

from __future__ import annotations

from datetime import date, timedelta

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


def written_off(*rows: tuple[str, date, float]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows), schema={"customer_id": pl.String, "date": pl.Date, "amount": pl.Float64}, orient="row"
    )


def told(
    placed: date | None = None,
    *,
    share: float = 0.0,
    paid: date | None = None,
    as_of: date = date(2025, 6, 30),
    written: tuple[tuple[str, date, float], ...] = (),
) -> dict[tuple[str, str], str]:
    placements = pl.DataFrame(
        [("C1", placed, share, paid, placed + timedelta(days=180))] if placed else [],
        schema={
            "customer_id": pl.String,
            "date": pl.Date,
            "paid_share": pl.Float64,
            "paid_on": pl.Date,
            "verdict_on": pl.Date,
        },
        orient="row",
    )
    rows = what_happened(HISTORY, placements, written_off(*written), "EUR", as_of=as_of).iter_rows()
    return {(customer, status): said for customer, status, said in rows}


def test_the_latest_event_behind_each_status_is_told() -> None:
    assert told() == {
        ("C1", "in_default"): "in default since 2025-02-01: 90 or more days past due, 1,200 EUR",
        ("C1", "recovering"): "recovering from the default of 2025-02-01: 90 or more days past due, 1,200 EUR",
        ("C2", "bad_debt"): "bad debt since 2025-01-05: insolvency",
    }


def test_a_placement_during_the_default_is_told_with_it() -> None:
    said = told(date(2025, 2, 20))["C1", "in_default"]
    assert said.endswith("1,200 EUR; placed with a third party on 2025-02-20, outcome open until 2025-08-19")
    assert "placed" not in told(date(2025, 1, 20))["C1", "in_default"]


def test_of_a_placed_debt_that_was_paid_the_outcome_is_not_open() -> None:
    placed, paid = date(2025, 2, 20), date(2025, 4, 5)
    said = told(placed, share=1.0, paid=paid)["C1", "in_default"]
    assert said.endswith("on 2025-02-20, placed debt paid by 2025-04-05; verdict formally on 2025-08-19")
    in_part = told(placed, share=0.93, paid=paid)["C1", "in_default"]
    assert in_part.endswith("on 2025-02-20, 93 % of it paid by 2025-04-05; verdict formally on 2025-08-19")
    later = told(placed, share=1.0, paid=paid, as_of=date(2025, 9, 30))["C1", "in_default"]
    assert later.endswith("placed debt paid by 2025-04-05")


def test_what_was_written_off_after_a_bad_debt_began_is_told_with_it() -> None:
    before, once, again = (
        ("C2", date(2025, *day), amount) for day, amount in (((1, 5), 50.0), ((3, 1), 4000.0), ((4, 9), 500.0))
    )
    assert told(written=(before,)) == told()
    said = told(written=(before, once))["C2", "bad_debt"]
    assert said == "bad debt since 2025-01-05: insolvency; since then 4,000 EUR written off, on 2025-03-01"
    said = told(written=(before, once, again))["C2", "bad_debt"]
    assert said.endswith("; since then 4,500 EUR written off, the last of it on 2025-04-09")
    others = told(written=(("C3", date(2025, 3, 1), 10.0),))
    assert others == told()
