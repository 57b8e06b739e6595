"""Rows of one number with the same date, customer and total are one invoice; its number is what other files name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice Date,Invoice ID,Invoice Number,Customer ID,Due Date,SubTotal,Total,Item Name,Item Total,Item Tax Amount"
PAID = "Payment Number,Date,Customer ID,Invoice Number,Amount Applied to Invoice\n" + "".join(
    f"P{day},2025-03-{day:02d},C{day % 3},INV-{day:03d},{110.0 * (1 + day % 3):.2f}\n" for day in range(1, 10)
)


def invoices(*, same: bool = True, per_line: bool = False) -> str:
    """Twelve invoices of one, two or three lines of 100.00 and 10.00 of tax each."""
    rows = [HEAD]
    for day in range(1, 13):
        lines = 1 + day % 3
        for line in range(lines):
            total = 110.0 * (1 if per_line else lines) + (0 if same else line)
            item = 100 + (line - (lines - 1) / 2) * 10
            rows.append(
                f"2025-01-{day:02d},{9000 + day},INV-{day:03d},C{day % 3},2025-02-{day:02d},{100.0 * lines:.2f},"
                f"{total:.2f},Item {line},{item:.2f},{item / 10:.2f}"
            )
    return "\n".join(rows) + "\n"


def proposed(folder: Path, text: str, paid: str = PAID, **answers: str) -> Proposal:
    (folder / "invoice.csv").write_text(text, encoding="utf-8")
    (folder / "payment.csv").write_text(paid, encoding="utf-8")
    said = {f"invoice.{thing}": column for thing, column in answers.items()}
    return propose_mapping(folder, answers={"currency": "USD", **said})


def read(proposal: Proposal, folder: Path) -> tuple[Ledger, float]:
    made = preview_mapping(proposal, folder)
    return made.ledger, tie_out_preview(made)["open_balance"][0]


def test_lines_are_one_invoice_and_the_total_is_used_once(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, invoices())
    ledger, still_open = read(proposal, tmp_path)
    assert ledger.quarantine.is_empty()
    assert ledger.tables["documents"].height == 12
    assert still_open == 110.0 * (1 + 2 + 3)
    said = next(one for one in proposal.sure if "are the lines of" in one)
    assert "20 rows are the lines of 8 documents" in said
    assert "Item Total holds the totals of the lines and is not used" in said
    assert "Item Tax Amount differs from line to line" in said
    assert not any("Item Tax Amount is taken" in one for one in proposal.unsure)
    assert "tax_amount" not in mapping_text(proposal)
    used, further = proposal.amounts[0].lines
    assert (used.rows, used.sums, further.what) == (12, (2640.0,), "further line of a document")
    assert used.rows + further.rows == 24


def test_the_number_is_the_one_that_payments_name(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, invoices())
    assert any("Invoice Number is the number of the document, and not Invoice ID: 100%" in one for one in proposal.sure)
    assert read(proposal, tmp_path)[0].tables["documents"]["document_id"].sort()[0] == "INV-001"
    by_answer = proposed(tmp_path, invoices(), document_id="Invoice ID")
    assert read(by_answer, tmp_path)[0].tables["documents"]["document_id"].sort()[0] == "9001"


def test_that_they_are_lines_can_be_denied(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, invoices(), lines="")
    assert read(proposal, tmp_path)[0].tables["documents"].height < 12 or "lines" not in mapping_text(proposal)
    assert not any("are the lines of" in one for one in proposal.sure)
    with pytest.raises(ParameterError, match="no lines of one document"):
        proposed(tmp_path, invoices(), lines="Item Name")


def test_rows_that_differ_in_the_total_are_no_lines(tmp_path: Path) -> None:
    assert "lines = true" not in mapping_text(proposed(tmp_path, invoices(same=False)))


def test_where_no_column_holds_the_totals_of_the_lines_it_is_not_sure(tmp_path: Path) -> None:
    text = "\n".join(",".join(row.split(",")[:8]) for row in invoices().splitlines()) + "\n"
    proposal = proposed(tmp_path, text)
    [said] = [one for one in proposal.unsure if "20 rows are the lines of 8 documents" in one]
    assert "3,520.00 in Total of the other 12 rows is not used" in said
    assert read(proposal, tmp_path)[1] == 660.0


ARTICLES = "Invoice Number,Customer,Invoice Date,Due Date,Article,Amount\n" + "".join(
    f"{200 + day},C{day % 3},2024-01-{day:02d},2024-02-05,Seat {seat},50.00\n" for day in range(1, 11) for seat in "AB"
)
RECEIPTS = "Receipt No,Invoice Number,Customer,Payment Date,Amount\n"


def test_rows_of_which_payments_pay_more_than_one_are_no_lines(tmp_path: Path) -> None:
    paid = "".join(f"R{day},{200 + day},C{day % 3},2024-02-{day:02d},100.00\n" for day in range(1, 9))
    proposal = proposed(tmp_path, ARTICLES, RECEIPTS + paid)
    assert "lines = true" not in mapping_text(proposal)
    [said] = [one for one in proposal.unsure if "payments pay more" in one]
    assert "8 of the 8 that are paid" in said
    ledger, still_open = read(proposal, tmp_path)
    assert (ledger.tables["documents"]["amount"].sum(), still_open) == (100_000, 200.0)


def test_one_payment_too_large_does_not_part_the_lines(tmp_path: Path) -> None:
    rows = ARTICLES + "".join(
        f"{300 + n},C1,2024-03-05,2024-04-05,Seat {seat},50.00\n" for n in range(15) for seat in "AB"
    )
    numbers = [*range(201, 211), *range(300, 315)]
    paid = "".join(f"R{n},{n},C1,2024-05-02,{100 if n == 300 else 50}.00\n" for n in numbers)
    assert "lines = true" in mapping_text(proposed(tmp_path, rows, RECEIPTS + paid))


def test_amounts_of_lines_that_add_up_to_a_total_give_way_to_it(tmp_path: Path) -> None:
    head = HEAD.replace("SubTotal,Total", "Paper,Invoice Sum").replace("Item Total", "Amount")
    text = invoices().replace(HEAD, head)
    rows = [row.split(",") for row in text.splitlines()]
    text = "\n".join(",".join(row[:6] + row[7:9]) for row in rows) + "\n"
    paid = PAID.replace("110.00", "100.00").replace("220.00", "200.00").replace("330.00", "300.00")
    proposal = proposed(tmp_path, text, paid)
    assert any("Amount holds the totals of the lines" in one for one in proposal.sure)
    assert read(proposal, tmp_path)[1] == 600.0


def test_equal_instalments_stay_instalments(tmp_path: Path) -> None:
    head = "Invoice Date,Invoice Number,Customer ID,Due Date,Total"
    rows = [
        f"2025-01-{day:02d},INV-{day:03d},C1,2025-0{2 + part}-{day:02d},50.00" for day in range(1, 6) for part in (0, 1)
    ]
    paid = "Payment Number,Date,Customer ID,Invoice Number,Amount\n" + "P1,2025-03-01,C1,INV-001,50.00\n"
    text = mapping_text(proposed(tmp_path, "\n".join((head, *rows)) + "\n", paid))
    assert "instalments = true" in text
    assert "lines = true" not in text


def test_the_few_numbers_that_differ_among_lines_are_set_aside_and_told(tmp_path: Path) -> None:
    rows = [
        f"2025-01-{day:02d},{number},INV-{number:03d},C{day % 3},2025-02-{day:02d},100.00,110.00,Item {line},"
        f"{50 + line if number != 7 else 50 - line}.00,5.00"
        for number in range(1, 31)
        for line, day in ((0, 1 + number % 20), (1, 1 + number % 20))
    ]
    rows[12] = rows[12].replace("110.00", "120.00")
    proposal = proposed(
        tmp_path, "\n".join((HEAD, *rows)) + "\n", PAID.replace("330.00", "110.00").replace("220.00", "110.00")
    )
    assert any("58 rows are the lines of 29 documents" in one for one in (*proposal.sure, *proposal.unsure))
    assert any("1 document numbers are in several rows that differ" in one for one in proposal.unsure)
    ledger, _ = read(proposal, tmp_path)
    assert ledger.tables["documents"].height == 29
    assert ledger.quarantine.filter(pl.col("table") == "documents").height == 2
