"""However books write off, take back and recover, the provision and its movement say the same, to the cent."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.bad_debt_ratio import bad_debt_ratio
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import GROSS_LINES, LINES, Movement, provision_movement
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=4)
OPENING, CLOSING = "2025-06-30", "2025-07-31"
STANDARDS = pytest.mark.parametrize("standard", ["ifrs9", "cecl"])
Posted = tuple[str, str, int]
"""Kind, day and amount of what is applied to A; a kind that begins with ``cash`` comes from the receipt."""


def invoice(name: str, customer: str = "", **own: Any) -> dict[str, Any]:
    row = {"document_id": name, "customer_id": customer or name, "amount": 1000_00}
    return {**row, "document_date": "2025-04-01", "due_date": "2025-05-10", **own}


def ledger_with(*posted: Posted, documents: tuple[dict[str, Any], ...] = (), **more: Any) -> Ledger:
    """Invoice A of 1,000.00 with what was applied to it, and another customer's KEPT."""
    rows = [
        {"to_document_id": "A", "applied_on": day, "amount": amount, "kind": kind.removeprefix("cash ")}
        | ({"from_id": "R"} if kind.startswith("cash") else {})
        for kind, day, amount in posted
    ]
    receipt = {"receipt_id": "R", "customer_id": "A", "date": "2025-07-01", "amount": 1000_00}
    receipts = [receipt] if any("from_id" in row for row in rows) else []
    return ledger_of(
        documents=[invoice("A"), invoice("KEPT"), *documents], applications=rows, receipts=receipts, **more
    )


def moved(ledger: Ledger, standard: str = "ifrs9", **changes: Any) -> tuple[Movement, Provision]:
    chosen = SHORT.changed(standard=standard, **changes)
    first, last = (provision(ledger, as_of=day, settings=chosen, output="polars") for day in (OPENING, CLOSING))
    found = provision_movement(ledger, opening=first, closing=last, output="polars")
    for column in ("pool", "specific", "total"):
        lines = cents(found.table, column)
        assert sum(lines[line] for line in LINES[:-1]) == lines["closing"], column
    gross = cents(found.gross)
    assert sum(gross[line] for line in GROSS_LINES[:-1]) == gross["closing"] == round(last.gross * 100)
    journal = provision_journal(found, output="polars")
    assert float(journal["debit"].sum()) == pytest.approx(float(journal["credit"].sum()))
    own = journal.filter(pl.col("role") == "allowance")
    assert float(own["credit"].sum() - own["debit"].sum()) == pytest.approx(last.total - first.total, abs=1e-6)
    return found, last


def cents(frame: pl.DataFrame, column: str = "") -> dict[str, int]:
    return {line: round(value * 100) for line, value in frame.select("line", column or frame.columns[-1]).iter_rows()}


def note_of(found: Movement, last: Provision, key: str) -> dict[str, float | None]:
    notes, _ = provision_disclosure(last, movement=found, output="polars")
    return dict(next(note.table for note in notes if note.key == key).iter_rows())


@pytest.mark.parametrize("source", ["", "cash "])
def test_a_cheque_that_bounced_before_the_write_off_takes_none_of_it_back(source: str) -> None:
    """1,000 paid, bounced and written off in July: 1,000 is lost, with a receipt or without."""
    posted = (f"{source}payment", "2025-07-05", 1000_00), (f"{source}reversal", "2025-07-10", -1000_00)
    ledger = ledger_with(*posted, ("write_off", "2025-07-20", 1000_00))
    found, _ = moved(ledger)
    total = cents(found.table)
    held = total["opening"] // 2
    assert total["write_offs"] == cents(found.gross)["write_offs"] == -1000_00
    assert (total["settled"], total["taken_back"], total["losses_beyond"]) == (0, 0, 1000_00 - held)
    ratio = bad_debt_ratio(ledger, dates=[CLOSING], output="polars")
    assert ratio["written_off_12m"].to_list() == [1000.0]
    later = provision(ledger, as_of="2025-10-31", settings=SHORT, output="polars")
    rates = later.rates.filter((pl.col("method") == "cohort") & (pl.col("segment") == "all receivables"))
    assert rates["loss_customers"].sum() > 0
    assert rates["own_rate"].max() > 0.3


@pytest.mark.parametrize("kind", ["recovery", "payment"])
def test_cash_on_what_is_written_off_settles_no_other_invoice(kind: str) -> None:
    """300 came in on A, which is written off: its customer owes the 1,000 of LIVE in full, as without the 300."""
    live = invoice("LIVE", "A", document_date="2025-05-01", due_date="2025-06-10")
    off = ("write_off", "2025-06-10", 1000_00)
    ledgers = [ledger_with(off, documents=(live,)), ledger_with(off, (kind, "2025-06-20", 300_00), documents=(live,))]
    plain, found = (provision(ledger, as_of=OPENING, settings=SHORT, output="polars") for ledger in ledgers)
    assert found.total == plain.total
    row = found.items.filter(pl.col("document_id") == "LIVE").row(0, named=True)
    assert (row["gross"], row["netted"], row["exposed"]) == (1000.0, 0.0, 1000.0)
    assert dict(found.base.iter_rows())["open_debit_items"] == 2000.0


def test_what_was_paid_beyond_what_is_written_off_is_a_credit_still() -> None:
    """200 of A is written off and 1,100 paid: of the 300 below 0 100 is the customer's and settles LIVE in part."""
    live = invoice("LIVE", "A", document_date="2025-05-01", due_date="2025-06-10")
    posted = ("write_off", "2025-06-10", 200_00), ("payment", "2025-06-20", 1100_00)
    found = provision(ledger_with(*posted, documents=(live,)), as_of=OPENING, settings=SHORT, output="polars")
    assert dict(found.items.select("document_id", "netted").iter_rows()) == {"LIVE": 100.0, "KEPT": 0.0}


OFF = ("write_off", "2025-06-10", 1000_00)


@STANDARDS
@pytest.mark.parametrize(
    "booked",
    [
        [("recovery", "2025-07-06", 300_00)],
        [("payment", "2025-07-06", 300_00)],
        [("reversal", "2025-07-05", -300_00), ("recovery", "2025-07-06", 300_00)],
        [("reversal", "2025-07-05", -300_00), ("payment", "2025-07-06", 300_00)],
        [("reversal", "2025-07-06", -300_00), ("cash payment", "2025-07-06", 300_00)],
        [("payment", "2025-07-03", 300_00), ("reversal", "2025-07-06", -300_00)],
    ],
)
def test_a_recovery_is_one_however_it_is_booked(standard: str, booked: list[Posted]) -> None:
    """1,000 was written off before the opening, 300 comes in: no write-off of the period, and no new item."""
    found, last = moved(ledger_with(OFF, *booked), standard)
    total = cents(found.table)
    cecl = standard == "cecl"
    assert found.recovered == 300.0
    assert total["recoveries"] == -total["less_recovered"] == (300_00 if cecl else 0)
    assert total["write_offs"] == total["taken_back"] == total["new"] == total["losses_new"] == 0
    assert cents(found.gross)["new"] == cents(found.gross)["taken_back"] == 0
    journal = provision_journal(found, output="polars")
    assert set(journal["entry"]) == {"recoveries", "charge"}
    if cecl:
        rows = note_of(found, last, "rollforward")
        assert rows["Recoveries of amounts previously written off"] == 300.0
        assert rows["Write-offs charged against the allowance"] == 0.0
        assert "Write-offs taken back" not in rows
    else:
        rows = note_of(found, last, "written_off")
        assert (rows["Written off in the period"], rows["Recovered of what was written off, in profit or loss"]) == (
            0.0,
            300.0,
        )


@STANDARDS
def test_an_earlier_write_off_taken_back_without_cash_has_a_line_of_its_own(standard: str) -> None:
    """400 of the 1,000 written off in June are owed again: no write-off of -400, and the charge is 400 less."""
    found, last = moved(ledger_with(OFF, ("reversal", "2025-07-05", -400_00)), standard)
    total, gross = cents(found.table), cents(found.gross)
    assert (total["taken_back"], total["less_recovered"]) == (400_00, -400_00)
    assert total["write_offs"] == total["recoveries"] == total["losses_new"] == 0
    assert (gross["taken_back"], gross["new"], gross["write_offs"]) == (400_00, 0, 0)
    assert round(found.charge * 100) == total["closing"] - total["opening"] - 400_00
    journal = provision_journal(found, output="polars").filter(pl.col("entry") == "write_offs_taken_back")
    assert journal.select("role", "debit", "credit").rows() == [("receivables", 400.0, 0.0), ("allowance", 0.0, 400.0)]
    charge = provision_journal(found, output="polars").filter(pl.col("entry") == "charge")["text"][0]
    assert charge == "Expected credit losses of the period; less 400.00 of earlier write-offs taken back"
    words = {"ifrs9": ("written_off", "Of earlier write-offs taken back without cash")}
    key, line = words.get(standard, ("rollforward", "Write-offs taken back"))
    rows = note_of(found, last, key)
    assert rows[line] == 400.0
    if standard == "cecl":
        assert sum(value for name, value in rows.items() if name != "Ending balance") == pytest.approx(
            rows["Ending balance"]
        )


def test_cash_after_a_reopening_pays_what_was_written_off_first() -> None:
    """600 was written off and 400 open; the 600 is taken back and 700 paid: 600 recovered, 100 settled."""
    first = ("write_off", "2025-06-10", 600_00)
    found, _ = moved(ledger_with(first, ("reversal", "2025-07-05", -600_00), ("payment", "2025-07-06", 700_00)))
    total, gross = cents(found.table), cents(found.gross)
    assert (found.recovered, total["write_offs"], total["taken_back"]) == (600.0, 0, 0)
    assert (gross["settled"], gross["closing"]) == (-100_00, 1300_00)
    # 200 of it is owed again where 400 is paid.
    found, _ = moved(ledger_with(first, ("reversal", "2025-07-05", -600_00), ("payment", "2025-07-06", 400_00)))
    assert (found.recovered, cents(found.table)["taken_back"], cents(found.gross)["settled"]) == (400.0, 200_00, 0)


def test_a_write_off_of_the_period_that_is_taken_back_was_none() -> None:
    """Written off by mistake in July, taken back and paid: the item is settled, and nothing was lost or recovered."""
    posted = ("write_off", "2025-07-03", 1000_00), ("reversal", "2025-07-05", -1000_00)
    found, _ = moved(ledger_with(*posted, ("payment", "2025-07-20", 1000_00)))
    total = cents(found.table)
    assert (found.recovered, total["write_offs"], total["taken_back"], total["losses_beyond"]) == (0.0, 0, 0, 0)
    assert total["settled"] == -total["opening"] // 2
    # What was written off before stays so: the latest write-off is taken back first.
    later = ("write_off", "2025-06-10", 600_00), ("write_off", "2025-07-03", 400_00)
    found, _ = moved(ledger_with(*later, ("reversal", "2025-07-05", -500_00)))
    total = cents(found.table)
    assert (total["write_offs"], total["taken_back"], total["losses_beyond"]) == (0, 100_00, 0)


def test_a_recovery_given_back_is_none() -> None:
    """The cheque for 300 bounces in July; it had come in before the opening."""
    found, _ = moved(
        ledger_with(OFF, ("cash payment", "2025-06-20", 300_00), ("cash reversal", "2025-07-05", -300_00)), "cecl"
    )
    assert (found.recovered, cents(found.table)["recoveries"], cents(found.table)["write_offs"]) == (-300.0, -300_00, 0)


DAYS = st.sampled_from(["2025-06-05", "2025-06-20", "2025-06-30", "2025-07-01", "2025-07-10", "2025-07-10"])
KINDS = st.sampled_from(["write_off", "write_off", "reversal", "reversal", "recovery", "payment", "cash payment"])


@st.composite
def postings(draw: Any) -> Posted:
    kind, amount = draw(KINDS), draw(st.sampled_from([1, 300_00, 700_00, 1000_00]))
    turned = kind == "reversal" or (kind == "cash payment" and draw(st.booleans()))
    name = "cash reversal" if turned and kind == "cash payment" else kind
    return name, draw(DAYS), -amount if turned else amount


@settings(max_examples=30, deadline=None)
@given(st.lists(postings(), max_size=6), st.sampled_from(["ifrs9", "cecl"]))
def test_whatever_is_written_off_taken_back_and_paid_adds_up(posted: list[Posted], standard: str) -> None:
    """And nothing is written off or owed again below 0; what still stands written off was lost, or recovered."""
    ledger = ledger_with(*posted)
    found, _ = moved(ledger, standard)
    total = cents(found.table)
    assert total["write_offs"] <= 0 <= total["taken_back"]


def test_recoveries_that_only_credit_events_report_are_told_with_their_money() -> None:
    """300 reported of A, of which 100 is applied: 200 is in no line. Another 50 was reported before the opening."""
    events = [
        {"customer_id": "A", "date": "2025-07-06", "kind": "recovery", "amount": 300_00},
        {"customer_id": "A", "date": "2025-06-20", "kind": "recovery", "amount": 50_00},
    ]
    found, _ = moved(ledger_with(OFF, ("recovery", "2025-07-06", 100_00), credit_events=events))
    assert found.recovered == 100.0
    assert found.notes[-1] == (
        "Reported as recovered by credit events, beyond what is applied to documents: 200 EUR of 1 customer. A credit "
        "event names no item, so this is in no line, nor in the journal entry and the notes: apply it as a recovery to "
        "what was written off. The bad-debt ratio has it."
    )
    whole, _ = moved(ledger_with(OFF, ("recovery", "2025-07-06", 300_00), credit_events=events))
    assert not any("credit events" in note for note in whole.notes)


def test_fee_notes_are_in_the_movement_where_they_are_in_the_pool() -> None:
    """A fee note of 50 is written off in July: a loss where fees are in the pool, and nothing where they are not."""
    fee = invoice("FEE", "KEPT", kind="late_fee", amount=50_00)
    off = {"to_document_id": "FEE", "applied_on": "2025-07-10", "amount": 50_00, "kind": "write_off"}
    base = ledger_with(documents=(fee,))
    more = ledger_of(documents=[fee], applications=[off])
    ledger = base.replace(tables={**base.tables, "applications": more.table("applications")})
    inside, _ = moved(ledger, late_fees="in_pool")
    assert cents(inside.table)["write_offs"] == cents(inside.gross)["write_offs"] == -50_00
    assert cents(inside.gross)["settled"] == 0
    outside, _ = moved(ledger)
    assert cents(outside.table)["write_offs"] == 0
