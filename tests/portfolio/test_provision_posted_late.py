"""What is dated before the opening but was posted after it was booked is of the period; stated recoveries stay put."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import GROSS_LINES, LINES, Movement, provision_movement
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=4)
OPENING, CLOSING = "2025-06-30", "2025-07-31"


def row_of(document: str, kind: str, amount: int, day: str) -> dict[str, Any]:
    return {"to_document_id": document, "amount": amount, "applied_on": day, "kind": kind}


KNOWN = [
    row_of("PART", "write_off", 300_00, "2025-06-20"),
    row_of("OLD", "write_off", 1000_00, "2025-06-10"),
    # Dated in June when it was booked, in July today: no loss of July.
    row_of("MOVED", "write_off", 1000_00, "2025-06-30"),
]
"""Applications that were booked by the end of June."""
LATE = [
    row_of("A", "write_off", 1000_00, "2025-06-29"),
    row_of("PART", "payment", 700_00, "2025-06-28"),
    row_of("OLD", "reversal", -200_00, "2025-06-30"),
    row_of("OLD", "recovery", 200_00, "2025-06-30"),
]
"""Dated in June, posted in July."""


def book(applications: list[dict[str, Any]]) -> Ledger:
    """Five invoices of 1,000.00 due in May 2025; KEPT stays open."""
    dates = {"document_date": "2025-04-01", "due_date": "2025-05-10"}
    documents = [
        {"document_id": name, "customer_id": name, "amount": 1000_00, **dates}
        for name in ("A", "PART", "OLD", "MOVED", "KEPT")
    ]
    return ledger_of(documents=documents, applications=applications)


def booked(ledger: Ledger, day: Any = OPENING, chosen: ProvisionSettings = SHORT) -> Provision:
    return replace(provision(ledger, as_of=day, settings=chosen, output="polars"), booked="provision-2025-06")


def cents(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return {line: round(value * 100) for line, value in frame.select("line", column).iter_rows()}


def adds_up(found: Movement, opening: Provision, closing: Provision) -> None:
    for column in ("pool", "specific", "total"):
        lines = cents(found.table, column)
        assert sum(lines[line] for line in LINES[:-1]) == lines["closing"], column
    total, gross = cents(found.table, "total"), cents(found.gross, "amount")
    assert (total["opening"], total["closing"]) == (round(opening.total * 100), round(closing.total * 100))
    assert sum(gross[line] for line in GROSS_LINES[:-1]) == gross["closing"] == round(closing.gross * 100)
    journal = provision_journal(found, output="polars")
    assert float(journal["debit"].sum()) == pytest.approx(float(journal["credit"].sum()))


@pytest.mark.parametrize("standard", ["ifrs9", "cecl"])
def test_a_write_off_posted_late_is_a_loss_of_the_period(standard: str) -> None:
    """A and KEPT hold r x 1,000 each, PART r x 700: A is written off, PART is paid, 200 came in on OLD."""
    chosen = SHORT.changed(standard=standard)
    opening = booked(book(KNOWN), chosen=chosen)
    today = book([*KNOWN[:-1], row_of("MOVED", "write_off", 1000_00, "2025-07-02"), *LATE])
    closing = provision(today, as_of=CLOSING, settings=chosen, output="polars")
    found = provision_movement(today, opening=opening, closing=closing, output="polars")
    adds_up(found, opening, closing)
    held = dict(opening.items.select("document_id", "allowance").iter_rows())
    assert set(held) == {"A", "PART", "KEPT"}
    total = dict(found.table.select("line", "total").iter_rows())
    recovered = 200.0 if standard == "cecl" else 0.0
    assert total["write_offs"] == -1000.0
    assert total["settled"] == pytest.approx(-held["PART"])
    assert total["losses_beyond"] == pytest.approx(1000 - held["A"])
    assert total["recoveries"] == recovered
    # OLD was gone from the opening: what came in on it is no loss below nothing.
    assert total["losses_new"] == 0
    assert total["less_recovered"] == -recovered
    assert found.recovered == 200.0
    assert found.charge == pytest.approx(closing.total - opening.total + 1000 - recovered)
    assert dict(found.gross.iter_rows())["settled"] == -700.0
    assert found.notes[1:] == (
        "Dated on or before the opening, with no later date of recording, but not known to it, so of this period: "
        "1,000 EUR written off on 1 item, 200 EUR recovered on 1 item, 700 EUR paid or credited on 1 item.",
        "Known to the opening, but dated later or gone today, so not of this period: 1,000 EUR written off on 1 item.",
    )
    journal = provision_journal(found, output="polars")
    assert journal.filter(pl.col("entry") == "write_offs")["debit"].sum() == 1000.0
    # OLD was written off before: what came in on it is named, and is no loss below nothing.
    less = "; less 200.00 recovered on what was written off" if standard == "cecl" else ""
    assert journal.filter(pl.col("entry") == "charge")["text"][0] == (
        f"Expected credit losses of the period; of it written off: {1000 - held['A']:.2f} beyond the provision of "
        f"opening items{less}"
    )


def test_a_ledger_that_did_not_change_has_nothing_posted_late() -> None:
    ledger = book([*KNOWN, *LATE])
    opening = booked(ledger)
    closing = provision(ledger, as_of=CLOSING, settings=SHORT, output="polars")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    assert cents(found.table, "total")["write_offs"] == 0
    assert not any(note.startswith("Dated on or before") for note in found.notes)


def test_what_was_recorded_after_the_opening_is_told_apart_from_what_is_missing_in_it() -> None:
    """A: dated in June, recorded in July. PART: recorded in June, but not in what was booked. KEPT: all in July."""
    late = {**row_of("A", "write_off", 1000_00, "2025-06-20"), "recorded_at": "2025-07-05"}
    missing = {**row_of("PART", "write_off", 100_00, "2025-06-20"), "recorded_at": "2025-06-25"}
    plain = row_of("KEPT", "write_off", 50_00, "2025-07-03")
    paid = {**row_of("KEPT", "payment", 60_00, "2025-06-30"), "recorded_at": "2025-07-01"}
    ledger = book([*KNOWN, late, missing, plain, paid])
    opening = booked(book(KNOWN))
    closing = provision(ledger, as_of=CLOSING, settings=SHORT, output="polars")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    adds_up(found, opening, closing)
    assert cents(found.table, "total")["write_offs"] == -1150_00
    assert found.notes[1:] == (
        "Dated on or before the opening, but recorded after it, so of this period: 1,000 EUR written off on 1 item, "
        "60 EUR paid or credited on 1 item.",
        "Dated on or before the opening, with no later date of recording, but not known to it, so of this period: "
        "100 EUR written off on 1 item.",
    )


def test_what_is_taken_back_late_lessens_no_payment_that_was_recorded_late() -> None:
    """KEPT: 100 written off and taken back, 60 paid; all but the write-off dated in June and recorded in July."""
    off = row_of("KEPT", "write_off", 100_00, "2025-06-05")
    late = [
        {**row_of("KEPT", kind, amount, "2025-06-20"), "recorded_at": "2025-07-02"}
        for kind, amount in (("reversal", -100_00), ("payment", 60_00))
    ]
    ledger = book([*KNOWN, off, *late])
    opening = booked(book([*KNOWN, off]))
    found = provision_movement(
        ledger,
        opening=opening,
        closing=provision(ledger, as_of=CLOSING, settings=SHORT, output="polars"),
        output="polars",
    )
    assert found.notes[1:] == (
        "Dated on or before the opening, but recorded after it, so of this period: 60 EUR paid or credited on 1 item.",
    )
    # The cash came in after the write-off was taken back: a recovery of it.
    assert (found.recovered, cents(found.table, "total")["taken_back"]) == (60.0, 40_00)


@pytest.mark.parametrize("standard", ["ifrs9", "cecl"])
@pytest.mark.parametrize(
    "late", [[("payment", 200_00)], [("reversal", -200_00), ("payment", 200_00)], [("reversal", -200_00)]]
)
def test_a_recovery_posted_late_is_one_however_it_is_booked(standard: str, late: list[tuple[str, int]]) -> None:
    """200 of what was written off on OLD comes in, or is owed again: dated in June, posted in July."""
    chosen = SHORT.changed(standard=standard)
    opening = booked(book(KNOWN), chosen=chosen)
    today = book([*KNOWN, *(row_of("OLD", kind, amount, "2025-06-28") for kind, amount in late)])
    closing = provision(today, as_of=CLOSING, settings=chosen, output="polars")
    found = provision_movement(today, opening=opening, closing=closing, output="polars")
    adds_up(found, opening, closing)
    total, gross = cents(found.table, "total"), cents(found.gross, "amount")
    paid = late[-1][0] == "payment"
    assert found.recovered == (200.0 if paid else 0.0)
    assert total["recoveries"] == (200_00 if paid and standard == "cecl" else 0)
    assert total["taken_back"] == gross["taken_back"] == (0 if paid else 200_00)
    assert total["write_offs"] == total["losses_new"] == gross["new"] == 0


@settings(max_examples=10, deadline=None)
@given(ledgers(), st.integers(0, 4), st.integers(1, 6), st.integers(2, 4), st.sampled_from(["ifrs9", "cecl"]))
def test_what_is_posted_late_still_adds_up(ledger: Ledger, back: int, length: int, every: int, standard: str) -> None:
    """The books of then lack each second to fourth application that the ledger of today has, whatever its date."""
    last = months_after(LAST, -back)
    first, chosen = months_after(last, -length), SHORT.changed(standard=standard)
    fewer = ledger.table("applications").gather_every(every)
    opening = booked(ledger.replace(tables={**ledger.tables, "applications": fewer}), first, chosen)
    closing = provision(ledger, as_of=last, settings=chosen, output="polars")
    adds_up(provision_movement(ledger, opening=opening, closing=closing, output="polars"), opening, closing)


def test_a_stated_recovery_that_stays_moves_nothing_and_one_that_changes_is_a_change_of_rates() -> None:
    """KEPT is insolvent; 90 % of its 1,000 comes back at both ends, and then 60 %."""
    ledger = ledger_of(
        documents=[
            {
                "document_id": "KEPT",
                "customer_id": "KEPT",
                "amount": 1000_00,
                "document_date": "2025-04-01",
                "due_date": "2025-05-10",
            }
        ],
        credit_events=[{"customer_id": "KEPT", "date": "2025-06-01", "kind": "insolvency"}],
    )
    opening = booked(ledger, chosen=SHORT.changed(recovery={"KEPT": 0.9}))
    for share, change in ((0.9, 0.0), (0.6, 300.0)):
        closing = provision(ledger, as_of=CLOSING, settings=SHORT.changed(recovery={"KEPT": share}), output="polars")
        found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
        total = dict(found.table.select("line", "total").iter_rows())
        assert total["opening"] == pytest.approx(100.0)
        assert total["new_rates"] == pytest.approx(change)
        assert total["moved_bucket"] == total["exposure"] == total["forecast"] == 0
