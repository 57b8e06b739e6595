"""A workbook kept by hand: a sheet a year, and beside each invoice its payments in pairs of columns."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = ["Inv No", "Date", "Customer", "Total", "Due", "Paid 1", "Date 1", "Paid 2", "Date 2", "Bad debt", "Balance"]
CUSTOMERS = ("Alder Textiles", "Birch Foods", "Cedar Builders")


def sheet(year: int) -> list[list[Any]]:
    """Return 36 invoices of a year: paid at once, in two parts, in part, lost, open; and a payment that names none."""
    rows = []
    for place in range(36):
        day = date(year, 1 + place // 3, 3 + place % 5)
        total, who = 100.25 + place, CUSTOMERS[place % 3]
        row: list[Any] = [
            f"{year % 100}{place:03}",
            day,
            who,
            total,
            day + timedelta(days=30),
            None,
            None,
            None,
            None,
            None,
        ]
        paid, lost = 0.0, 0.0
        if place % 6 != 5:
            paid = 60.0 if place % 4 == 1 else total
            row[5:7] = [paid, day + timedelta(days=35)]
        if paid and place % 8 == 1:
            row[7:9] = [total - 60.0, day + timedelta(days=50)]
            paid = total
        if place == 11:
            row[9] = lost = total
        rows.append([*row, round(total - paid - lost, 2)])
    loose = ["on a/c", None, CUSTOMERS[1], None, None, 77.5, date(year, 11, 20), None, None, None, -77.5]
    return [*rows, loose]


def net_by_hand(year: int) -> dict[str, float]:
    owed = dict.fromkeys(CUSTOMERS, 0.0)
    for row in sheet(year):
        owed[row[2]] += row[10]
    return owed


def read(folder: Path, *, head: list[str] = HEAD) -> tuple[Proposal, Ledger]:
    with xlsxwriter.Workbook(folder / "book.xlsx") as book:
        shown = book.add_format({"num_format": "dd/mm/yyyy"})
        for year in (2023, 2024):
            page = book.add_worksheet(str(year))
            page.write_row(0, 0, head)
            for place, row in enumerate(sheet(year), start=1):
                for column, cell in enumerate(row):
                    if cell is not None:
                        page.write(place, column, cell, shown if isinstance(cell, date) else None)
    proposal = propose_mapping(folder / "book.xlsx", answers={"currency": "GBP"})
    assert not proposal.blocking, proposal.blocking
    return proposal, preview_mapping(proposal, folder / "book.xlsx").ledger


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"Paid 1": "Payment 1", "Paid 2": "Payment 2"},
        {"Paid 1": "1st", "Paid 2": "2nd"},
        {"Paid 1": "Amount paid 1", "Date 1": "Date paid 1", "Paid 2": "Amount paid 2", "Date 2": "Date paid 2"},
        {"Paid 1": "Zahlung 1", "Date 1": "Zahldatum 1", "Paid 2": "Zahlung 2", "Date 2": "Zahldatum 2"},
    ],
    ids=["paid", "payment", "no word for it", "amount paid", "german"],
)
def test_each_pair_is_a_payment_on_its_own_day(words: dict[str, str], tmp_path: Path) -> None:
    proposal, ledger = read(tmp_path, head=[words.get(name, name) for name in HEAD])
    if "1st" in words.values():
        assert not any(one.table == "payments" for one in proposal.tables)
        return
    aged = ageing(ledger, as_of=last_day(ledger), by="customer", translate=False, output="polars")
    net = dict(aged.select("customer_id", pl.col("open_balance") - pl.col("unapplied_cash")).rows())
    truth = {name: net_by_hand(2023)[name] + net_by_hand(2024)[name] for name in CUSTOMERS}
    assert net == pytest.approx(truth)
    closed = ledger.tables["applications"]
    assert closed.filter(to_document_id="23001").select("applied_on", "amount").rows() == [
        (date(2023, 1, 4) + timedelta(days=35), 60_00),
        (date(2023, 1, 4) + timedelta(days=50), 41_25),
    ]
    assert closed.filter(kind="write_off")["to_document_id"].sort().to_list() == ["23011", "24011"]
    assert not any("payments:" in one for one in proposal.missing)
    assert any("77.50 in all, in rows that owe nothing" in one for one in proposal.unsure)
    assert not any("Paid 1" in one for one in proposal.unsure)


def test_amounts_without_their_dates_are_no_pairs(tmp_path: Path) -> None:
    swapped = [*HEAD[:6], "Seen 1", "Paid 2", "Seen 2", *HEAD[9:]]
    proposal, _ = read(tmp_path, head=swapped)
    assert not any(one.table == "payments" for one in proposal.tables)
    one_only = [*HEAD[:7], "Discount", "Checked on", *HEAD[9:]]
    proposal, _ = read(tmp_path / ".." / tmp_path.name, head=one_only)
    assert not any(one.table == "payments" for one in proposal.tables)


def sheet_of(folder: Path, head: list[str], rows: list[list[str]]) -> Proposal:
    text = "\n".join(",".join(one) for one in (head, *rows)) + "\n"
    (folder / "sheet.csv").write_text(text, encoding="utf-8")
    return propose_mapping(folder / "sheet.csv", answers={"currency": "GBP"})


def test_twelve_months_are_twelve_pairs(tmp_path: Path) -> None:
    head = ["Inv No", "Date", "Customer", "Total", "Due"] + [
        f"{name} {n}" for n in range(1, 13) for name in ("Paid", "Date")
    ]
    rows = []
    for place in range(30):
        start = date(2023, 1, 3) + timedelta(days=place)
        paid = [f"{cell}" for n in range(1, 13) for cell in (10, start + timedelta(days=30 * n))]
        rows.append(
            [f"{place + 700}", str(start), CUSTOMERS[place % 3], "120.00", str(start + timedelta(days=30)), *paid]
        )
    proposal = sheet_of(tmp_path, head, rows)
    paying = [one for one in proposal.tables if one.table == "payments"]
    assert [one.columns["amount"] for one in paying] == [f"Paid {n}" for n in range(1, 13)]


@pytest.mark.parametrize(
    ("amount", "day", "years"),
    [("Payment", "Due", 0), ("Zahlung", "F\u00e4llig am", 0), ("Instalment", "Date", 0), ("Payment", "Date", 80)],
)
def test_a_plan_of_instalments_is_no_cash(amount: str, day: str, years: int, tmp_path: Path) -> None:
    head = ["Inv No", "Date", "Customer", "Total", f"{amount} 1", f"{day} 1", f"{amount} 2", f"{day} 2"]
    rows = []
    for place in range(30):
        start = date(2023, 1, 3) + timedelta(days=place)
        later = [str((start + timedelta(days=days)).replace(year=2023 + years)) for days in (30, 60)]
        rows.append(
            [f"{place + 700}", str(start), CUSTOMERS[place % 3], "120.00", "60.00", later[0], "60.00", later[1]]
        )
    proposal = sheet_of(tmp_path, head, rows)
    assert not any(str(one.columns.get("amount")).startswith(amount) for one in proposal.tables)
    assert not any("beside the invoices" in one for one in proposal.sure)
