"""Write-offs beside the invoice close it by their own kind, on a day on which they were certainly known."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credrisk.ledger import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Customer No,Invoice Date,Due Date,Amount"
ROWS = (
    ("I1", "100.00", "2024-02-10", "100.00", "0.00", "0.00", ""),
    ("I2", "250.00", "2024-03-01", "200.00", "50.00", "0.00", "2024-05-02"),
    ("I3", "80.00", "", "0.00", "80.00", "0.00", "2024-05-03"),
    ("I4", "60.00", "", "0.00", "0.00", "60.00", ""),
    ("I5", "40.00", "2024-04-01", "", "40.00", "0.00", "2024-05-04"),
)
LAST = date(2024, 6, 30)


def read(folder: Path, *columns: str, **answers: str) -> tuple[Proposal, Ledger]:
    """Write the columns of ``ROWS`` that are named: settled, paid, lost, left and, if asked, the write-off's day."""
    lines = [f"{row[0]},C1,2024-01-05,2024-02-04,{','.join(row[1 : 1 + len(columns) + 1])}" for row in ROWS]
    lines.append(f"I9,C2,{LAST},2024-07-30,10.00,,,,10.00{',' if len(columns) > 4 else ''}")
    (folder / "ar.csv").write_text("\n".join((",".join((HEAD, *columns)), *lines)) + "\n", encoding="utf-8")
    given = {one.replace("__", "."): value for one, value in answers.items()}
    proposal = propose_mapping(folder / "ar.csv", answers={"currency": "EUR", **given})
    return proposal, preview_mapping(proposal, folder / "ar.csv").ledger


def closed(ledger: Ledger, kind: str) -> list[tuple[str, date, int]]:
    rows = ledger.tables["applications"].filter(kind=kind).sort("to_document_id")
    return rows.select("to_document_id", "applied_on", "amount").rows()


def test_write_offs_close_what_they_are_for_and_the_balance_ties(tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, "Paid Date", "Paid Amount", "Written Off", "Balance")
    assert closed(ledger, "payment") == [("I1", date(2024, 2, 10), 10_000), ("I2", date(2024, 3, 1), 20_000)]
    # I2 was paid in part: the write-off came after that day, nobody says when. I5 was not: the day can only be its.
    assert closed(ledger, "write_off") == [("I2", LAST, 5_000), ("I3", LAST, 8_000), ("I5", date(2024, 4, 1), 4_000)]
    assert ledger.check().worst not in ("error", "warning")
    (said,) = [one for one in proposal.unsure if "was written off" in one]
    assert "3 rows, 170.00 in all; with what was paid and the balance it makes up the amount in 6 of 6 rows" in said
    assert "1 by Paid Date where nothing was paid; 2 on the last day that the export covers" in said
    assert not any(one.startswith("write-offs") for one in proposal.missing)
    assert [one.unused for one in proposal.amounts] == [()]


def test_a_day_of_the_write_off_goes_first(tmp_path: Path) -> None:
    _, ledger = read(tmp_path, "Paid Date", "Paid Amount", "Written Off", "Balance", "Write-off Date")
    days = [day for _, day, _ in closed(ledger, "write_off")]
    assert days == [date(2024, 5, 2), date(2024, 5, 3), date(2024, 5, 4)]


def test_a_column_that_nobody_knows_is_named_with_its_money_and_followed_by_an_answer(tmp_path: Path) -> None:
    columns = ("Paid Date", "Paid Amount", "Sonst", "Balance")
    proposal, _ = read(tmp_path, *columns)
    (said,) = [one for one in proposal.missing if "Sonst" in one]
    assert "Sonst, 170.00 in all, is what the amount leaves beside the amount paid and the balance, in 6 of 6" in said
    assert "--answer ar.written_off_amount=Sonst" in said
    _, ledger = read(tmp_path, *columns, ar__written_off_amount="Sonst")
    assert sum(amount for _, _, amount in closed(ledger, "write_off")) == 17_000


@pytest.mark.parametrize("sign", ["", "-"])
def test_write_offs_without_any_payment(sign: str, tmp_path: Path) -> None:
    text = f"{HEAD},Written Off\nI1,C1,2024-01-05,2024-02-04,100.00,{sign}30.00\nI2,C1,{LAST},2024-07-30,50.00,\n"
    (tmp_path / "ar.csv").write_text(text, encoding="utf-8")
    proposal = propose_mapping(tmp_path / "ar.csv", answers={"currency": "EUR"})
    assert closed(preview_mapping(proposal, tmp_path / "ar.csv").ledger, "write_off") == [("I1", LAST, 3_000)]
