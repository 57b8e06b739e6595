"""The date of a payment is its own: that of the invoice beside it is not taken, and what both may be is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from credrisk import Ledger
from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = "Invoice Date,Invoice Number,Customer ID,Due Date,Total\n" + "".join(
    f"2025-01-{day:02d},INV-{day:03d},C{day % 3},2025-02-{day:02d},{100 + day}.50\n" for day in range(1, 13)
)
HEAD = "Payment Number,Amount,Customer ID,Date,Created Time,Amount Applied to Invoice,Invoice Number,Invoice Date"


def payments() -> list[list[str]]:
    """Ten invoices paid one by one, two by one payment that also leaves 20.00 over."""
    rows = [
        [f"{day}", f"{100 + day}.50", f"C{day % 3}", f"2025-03-{day:02d}", f"2025-03-{day:02d} 10:00:00",
         f"{100 + day}.50", f"INV-{day:03d}", f"2025-01-{day:02d}"]
        for day in range(1, 11) if day not in (4, 7)
    ]  # fmt: skip
    both = [
        ["99", "232.00", "C1", "2025-03-20", "2025-03-20 10:00:00", f"{100 + day}.50", f"INV-{day:03d}",
         f"2025-01-{day:02d}"]
        for day in (4, 7)
    ]  # fmt: skip
    return [*rows, *both]


def proposed(
    folder: Path, *without: str, head: str = HEAD, answers: dict[str, str] | None = None, invoices: str = INVOICES
) -> Proposal:
    kept = [place for place, name in enumerate(HEAD.split(",")) if name not in without]
    lines = [",".join(head.split(",")[place] for place in kept)]
    lines += [",".join(row[place] for place in kept) for row in payments()]
    (folder / "invoice.csv").write_text(invoices, encoding="utf-8")
    (folder / "customer_payment.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return propose_mapping(folder, answers={"currency": "USD", **(answers or {})})


def read(proposal: Proposal, folder: Path) -> tuple[Ledger, float]:
    made = preview_mapping(proposal, folder)
    return made.ledger, tie_out_preview(made)["open_balance"][0]


def days(ledger: Ledger) -> set[date]:
    return set(ledger.tables["receipts"]["date"].to_list())


PAID = {*(date(2025, 3, day) for day in (1, 2, 3, 5, 6, 8, 9, 10)), date(2025, 3, 20)}


def test_the_payments_own_date_is_taken_and_what_is_left_over_is_cash_on_account(tmp_path: Path) -> None:
    proposal = proposed(tmp_path)
    ledger, still_open = read(proposal, tmp_path)
    assert days(ledger) == PAID
    assert still_open == 111.5 + 112.5
    received, applied = (sum(ledger.tables[table]["amount"].to_list()) for table in ("receipts", "applications"))
    assert received - applied == 20_00
    said = next(said for said in proposal.unsure if "Date is taken for the date of the payment" in said)
    assert "not Invoice Date" in said
    assert "10 of 10 payments stand on the day of the invoice" in said
    assert not proposal.questions


def test_it_can_be_overruled_by_an_answer(tmp_path: Path) -> None:
    for thing in ("settled_on", "document_date"):
        made = proposed(tmp_path, answers={f"customer_payment.{thing}": "Invoice Date"})
        assert min(days(read(made, tmp_path)[0])) == date(2025, 1, 1)


def test_the_date_of_the_document_answered_for_payments_is_their_own(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, answers={"customer_payment.document_date": "Date"})
    assert {table.table for table in proposal.tables if table.file == "customer_payment"} == {
        "receipts",
        "applications",
    }
    assert days(read(proposal, tmp_path)[0]) == PAID


def test_where_only_the_day_of_entry_is_beside_it_the_date_is_asked(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "Date")
    asked = next(one for one in proposal.questions if one.key == "customer_payment.settled_on")
    assert [name for name, _ in asked.choices] == ["Created Time", "Invoice Date"]


def test_a_column_of_the_same_days_under_another_header_is_told(tmp_path: Path) -> None:
    head = HEAD.replace("Invoice Date", "Document Date").replace("Date,Created", "Booked,Created")
    proposal = proposed(tmp_path, head=head)
    assert any("Document Date is taken for the date of the payment, and it may be" in one for one in proposal.unsure)
    assert any("customer_payment.settled_on=COLUMN" in one for one in proposal.unsure)


def test_a_date_of_the_invoice_alone_is_told(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "Date", "Created Time")
    assert any("then nothing tells who pays late" in one for one in proposal.unsure)


def test_days_of_settlement_beside_the_invoices_are_not_used_where_receipts_say_it(tmp_path: Path) -> None:
    rows = INVOICES.splitlines()
    paid = [f"{row},{f'2025-03-{day:02d}' if day < 11 else ''}" for day, row in enumerate(rows[1:], 1)]
    proposal = proposed(tmp_path, invoices="\n".join((f"{rows[0]},Last Payment Date", *paid)) + "\n")
    assert not any("settled_on" in table.columns for table in proposal.tables)
    assert any("Last Payment Date is not used, for customer_payment says when" in one for one in proposal.sure)
    assert not any("is taken to be paid in full" in one for one in proposal.unsure)
    asked = proposed(
        tmp_path, answers={"invoice.settled_on": "Last Payment Date"}, invoices=(tmp_path / "invoice.csv").read_text()
    )
    assert any("settled_on" in table.columns for table in asked.tables)
