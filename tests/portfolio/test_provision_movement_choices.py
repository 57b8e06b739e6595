"""A choice that is made otherwise at the closing is a line of its own in a movement, whatever it chooses."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.movement import GROSS_LINES, LINES, Movement, provision_movement
from credrisk.portfolio.provision.provide import provision
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=4)
PUBLISHED = 0.144
"""Of 31 to 60 days past due: nothing was lost in the book below."""


def book() -> Ledger:
    """A of 1,000.00 less a credit note of 400 and half of 300 in dispute: 450 exposed. L is due in three years."""
    old = {"customer_id": "X", "document_date": "2025-04-01", "due_date": "2025-05-10"}
    cover = {"cover_id": "G", "customer_id": "X", "kind": "guarantee", "limit": 100_00, "insured_share": 1.0}
    return ledger_of(
        documents=[
            {**old, "document_id": "A", "amount": 1000_00, "tax_amount": 200_00},
            {**old, "document_id": "K", "amount": -400_00},
            {**old, "document_id": "F", "amount": 50_00, "kind": "late_fee"},
            {**old, "document_id": "L", "customer_id": "Y", "due_date": "2028-06-30", "amount": 1000_00},
        ],
        disputes=[{"dispute_id": "Q", "document_id": "A", "opened_on": "2025-05-01", "amount": 300_00}],
        cover=[{**cover, "valid_from": "2025-01-01"}],
    )


def moved(ledger: Ledger, then: dict[str, Any], now: dict[str, Any], days: tuple[Any, Any]) -> Movement:
    ends = (
        provision(ledger, as_of=day, settings=SHORT.changed(**own), output="polars")
        for day, own in zip(days, (then, now), strict=True)
    )
    opening, closing = ends
    return provision_movement(ledger, opening=opening, closing=closing, output="polars")


def amounts(frame: pl.DataFrame) -> dict[str, float]:
    return {line: amount for line, amount in frame.select("line", frame.columns[-1]).iter_rows() if amount}


TIME = 1000 * (1 - 1.1 ** (-1094 / 365)) * 0.00524
"""1,094 days before L is due, at its published rate of items that are not due."""
TENTH, LONGER = {"effective_rate": 0.1}, {"effective_rate": 0.1, "over_terms_days": 2000}

BY_HAND: dict[str, tuple[dict[str, Any], dict[str, Any], float]] = {
    "netting": ({}, {"credits": "not_netted"}, 400 * PUBLISHED),
    "disputes": ({}, {"disputed": "in_pool"}, 150 * PUBLISHED),
    "tax": ({}, {"vat": "relief"}, -0.2 * 450 * PUBLISHED),
    "cover": ({}, {"integral": ("guarantee",)}, -100 * PUBLISHED),
    "discount": ({}, TENTH, -TIME),
    "terms": (TENTH, LONGER, TIME),
    "financing": (LONGER, {**LONGER, "financing_component": True}, -TIME),
    "no loss": ({}, {"zero_loss": {"X": "central government"}}, -450 * PUBLISHED),
    "fee notes": ({}, {"late_fees": "in_pool"}, 50 * PUBLISHED),
}


@pytest.mark.parametrize("back", [False, True], ids=["made", "taken back"])
@pytest.mark.parametrize(("then", "now", "effect"), BY_HAND.values(), ids=BY_HAND)
def test_nothing_but_the_choice_moved(then: dict[str, Any], now: dict[str, Any], effect: float, back: bool) -> None:
    """From one day to the next, with no posting: the allowance moves by the choice alone."""
    cecl, days = {"standard": "cecl"}, ("2025-07-01", "2025-07-02")
    ends = (now, then) if back else (then, now)
    found = moved(book(), cecl | ends[0], cecl | ends[1], days)
    lines = amounts(found.table)
    # A discount unwinds by a day, too.
    assert {line for line, amount in lines.items() if abs(amount) > 0.011} == {"opening", "new_matrix", "closing"}
    assert lines["new_matrix"] == pytest.approx(-effect if back else effect, abs=0.011)
    gross = amounts(found.gross)
    assert set(gross) <= {"opening", "new_matrix", "closing"}
    fees = 0.0 if effect != 50 * PUBLISHED else -50.0 if back else 50.0
    assert gross.get("new_matrix", 0.0) == fees


@pytest.mark.parametrize(("then", "now"), [("in_pool", "excluded"), ("excluded", "in_pool")])
def test_a_fee_note_that_a_choice_leaves_out_was_not_paid(then: str, now: str) -> None:
    """The fee of 50.00 is open at both ends, 20.00 of it is paid in July: only these are."""
    base = book()
    paid = {"to_document_id": "F", "amount": 20_00, "applied_on": "2025-07-10", "kind": "payment"}
    more = ledger_of(documents=[], applications=[paid]).table("applications")
    ledger = base.replace(tables={**base.tables, "applications": more})
    found = moved(ledger, {"late_fees": then}, {"late_fees": now}, ("2025-06-30", "2025-07-31"))
    gross = amounts(found.gross)
    if then == "in_pool":
        assert (gross["settled"], gross["new_matrix"]) == (-20.0, -30.0)
        fee = found.items.filter(pl.col("document_id") == "F").row(0, named=True)
        assert fee["settled"] == pytest.approx(-0.4 * fee["opening"], abs=0.011)
    else:
        assert "settled" not in gross
        assert (gross["new_matrix"], gross.get("new", 0.0)) == (30.0, 0.0)
    notes, _ = provision_disclosure(
        provision(ledger, as_of="2025-07-31", settings=SHORT, output="polars"), movement=found, output="polars"
    )
    lines = next(note.table for note in notes if note.key == "gross")["line"].to_list()
    assert "Fee notes, taken in or left out by choice" in lines


CHOICES = st.sampled_from(
    [
        {"credits": "not_netted"},
        {"disputed": "in_pool", "vat": "relief"},
        {"integral": ("guarantee", "insurance"), "edges": (15, 45)},
        {"effective_rate": 0.2, "financing_component": True},
        {"late_fees": "in_pool", "past_due_days": 60},
        {"segment_by": "currency", "method": "roll_rate"},
    ]
)


@settings(max_examples=15, deadline=None)
@given(ledgers(), st.integers(0, 6), st.integers(1, 8), CHOICES)
def test_the_lines_before_it_are_those_of_a_closing_by_the_old_choices(
    ledger: Ledger, back: int, length: int, choice: dict[str, Any]
) -> None:
    """For every item of the opening: the choice comes on top, and is what it makes of the closing allowance."""
    last = months_after(LAST, -back)
    days = months_after(last, -length), last
    plain, other = (moved(ledger, {}, own, days) for own in ({}, choice))
    both = plain.items.join(other.items, on="document_id", suffix="_other").filter(
        pl.col("opening_stage").is_not_null()
    )
    close = 0.031  # the cents of up to three roundings
    for line in ("currency", "settled", "write_offs", "losses_beyond"):
        assert both[line].to_list() == both[f"{line}_other"].to_list(), line
    for line in ("exposure", "moved_bucket", "new_rates"):
        assert both[line].to_list() == pytest.approx(both[f"{line}_other"].to_list(), abs=close), line
    made = both["closing_other"] - both["closing"]
    assert both["new_matrix_other"].to_list() == pytest.approx(made.to_list(), abs=close)
    for frame, lines in ((other.table, LINES), (other.gross, GROSS_LINES)):
        told = dict(frame.select("line", frame.columns[-1]).iter_rows())
        assert sum(told[line] for line in lines[:-1]) == pytest.approx(told["closing"], abs=1e-6)
