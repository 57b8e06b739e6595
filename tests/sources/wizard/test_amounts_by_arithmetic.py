"""Amounts are told apart by sums in the rows: running balances, totals beside the parts that were applied."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

ACCOUNT = (
    ("C1", "2024-01-05", "Invoice", "I1", "", "2024-02-04", 100.0, 0.0),
    ("C1", "2024-01-20", "Invoice", "I2", "", "2024-02-19", 250.5, 0.0),
    ("C1", "2024-02-06", "Payment", "P1", "I1", "", 0.0, 100.0),
    ("C1", "2024-03-01", "Invoice", "I3", "", "2024-03-31", 80.25, 0.0),
    ("C1", "2024-03-09", "Payment", "P2", "I2", "", 0.0, 200.0),
    ("C2", "2024-01-08", "Invoice", "I4", "", "2024-02-07", 300.0, 0.0),
    ("C2", "2024-02-10", "Payment", "P3", "I4", "", 0.0, 300.0),
    ("C2", "2024-02-11", "Invoice", "I5", "", "2024-03-12", 44.4, 0.0),
    ("C2", "2024-03-02", "Invoice", "I6", "", "2024-04-01", 55.6, 0.0),
)
# By hand: C1 owes 50.50 of I2 and I3; C2 owes I5 and I6.
OWED = {"C1": 130.75, "C2": 100.0}


def account(folder: Path, plus: str, minus: str, balance: str, *, whole: bool = False, upwards: bool = False) -> Path:
    """Write a customer account with a balance that runs by customer, or over the whole file, down or up the page."""
    lines, running = [], dict[str, float]()
    for customer, day, kind, number, applied, due, debit, credit in ACCOUNT:
        whose = "" if whole else customer
        running[whose] = running.get(whose, 1_000.0 if whole else 0.0) + debit - credit
        sides = (f"{debit:.2f}" if debit else "", f"{credit:.2f}" if credit else "")
        lines.append(",".join((customer, day, kind, number, applied, due, *sides, f"{running[whose]:.2f}")))
    head = f"Customer No,Date,Type,Doc No,Applied To,Due Date,{plus},{minus},{balance}"
    file = folder / "account.csv"
    file.write_text("\n".join([head, *(reversed(lines) if upwards else lines)]) + "\n", encoding="utf-8")
    return file


def proposed(source: Path, **answers: str) -> Proposal:
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(source, answers={"currency": "EUR", **given})


def net(ledger: Ledger) -> dict[str, float]:
    aged = ageing(ledger, as_of=last_day(ledger), by="customer", translate=False, output="polars")
    return dict(aged.select("customer_id", pl.col("open_balance") - pl.col("unapplied_cash")).rows())


def said(proposal: Proposal) -> str:
    return "\n".join((*proposal.sure, *proposal.unsure, *proposal.missing))


@pytest.mark.parametrize(
    ("plus", "minus", "balance", "whole", "upwards"),
    [
        ("Charge", "Credit", "Balance", False, False),
        ("Charges", "Payments", "Running Balance", True, False),
        ("Zu", "Ab", "Stand", False, True),
    ],
)
def test_what_moves_a_running_balance_are_the_amounts(
    plus: str, minus: str, balance: str, whole: bool, upwards: bool, tmp_path: Path
) -> None:
    file = account(tmp_path, plus, minus, balance, whole=whole, upwards=upwards)
    proposal = proposed(file)
    assert net(preview_mapping(proposal, file).ledger) == pytest.approx(OWED)
    tested = 8 if whole else 7
    assert f"{balance} is a running balance and no amount: in {tested} of {tested} rows it differs by {plus}" in said(
        proposal
    )
    assert "only amount" not in said(proposal)
    assert [one.unused for one in proposal.amounts] == [()]


def test_a_balance_that_does_not_run_proves_nothing(tmp_path: Path) -> None:
    file = account(tmp_path, "Charge", "Credit", "Balance")
    lines = file.read_text(encoding="utf-8").splitlines()
    wrong = [lines[0], *(line[: line.rindex(",")] + f",{place * 7}.10" for place, line in enumerate(lines[1:]))]
    file.write_text("\n".join(wrong) + "\n", encoding="utf-8")
    assert "running balance" not in said(proposed(file))


def test_a_running_balance_is_refused_as_an_amount(tmp_path: Path) -> None:
    file = account(tmp_path, "Charge", "Credit", "Balance")
    with pytest.raises(ParameterError, match=r"Balance is a running balance .* amounts are in Charge and Credit"):
        proposed(file, account__amount="Balance")


def test_of_several_columns_that_move_a_balance_one_is_asked(tmp_path: Path) -> None:
    file = account(tmp_path, "Zu", "Ab", "Stand")
    lines = file.read_text(encoding="utf-8").splitlines()
    more = [f"{line},{line.split(',')[6] or '0.001'}" for line in lines[1:]]
    file.write_text("\n".join([f"{lines[0]},Anders", *more]) + "\n", encoding="utf-8")
    asked = {one.key: [value for value, _ in one.choices] for one in proposed(file).blocking}
    assert asked["account.debit"] == ["Zu", "Anders"]


INVOICES = """\
Invoice No,Customer No,Invoice Date,Due Date,Amount
I1,C1,2024-01-05,2024-02-04,100.50
I2,C1,2024-01-09,2024-02-08,200.25
I3,C2,2024-01-11,2024-02-10,80.00
I4,C2,2024-01-12,2024-02-11,55.00
"""
HEAD = "Receipt No,Receipt Date,Customer No,Receipt Amount,Invoice No"
PARTS = ("R1,2024-02-06,C1,300.75,I1,100.50", "R1,2024-02-06,C1,300.75,I2,200.25", "R2,2024-02-09,C2,80.00,I3,80.00")


def receipts(folder: Path, *lines: str, part: str = "Allocated Amount", name: str = "receipts.csv") -> Path:
    (folder / "invoices.csv").write_text(INVOICES, encoding="utf-8")
    (folder / name).write_text("\n".join((f"{HEAD},{part}", *lines)) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("part", ["Allocated Amount", "Discount", "xyz"])
def test_the_part_applied_counts_and_not_the_total_of_the_receipt(part: str, tmp_path: Path) -> None:
    proposal = proposed(receipts(tmp_path, *PARTS, part=part))
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert net(ledger) == pytest.approx({"C2": 55.0})
    assert ledger.tables["receipts"].sort("receipt_id")["amount"].to_list() == [30_075, 8_000]
    assert f"{part} is the part applied by each row and Receipt Amount the total" in said(proposal)
    assert "in 1 of 1 that have several rows the parts add up to it" in said(proposal)
    assert [one.unused for one in proposal.amounts] == [(), ()]


def test_what_no_part_applies_is_cash_on_account(tmp_path: Path) -> None:
    proposal = proposed(receipts(tmp_path, *PARTS, "R3,2024-02-12,C2,90.00,I4,55.00"))
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["receipts"].sort("receipt_id")["amount"].to_list() == [30_075, 8_000, 9_000]
    assert ledger.tables["applications"]["amount"].sum() == 10_050 + 20_025 + 8_000 + 5_500
    assert net(ledger) == pytest.approx({"C2": -35.0})
    assert "1 receipt is applied in part: of Receipt Amount, 35.00 in all is beyond the parts and is cash on" in said(
        proposal
    )


def test_a_row_of_a_receipt_that_names_no_invoice_leaves_its_money_on_account(tmp_path: Path) -> None:
    proposal = proposed(receipts(tmp_path, *PARTS, "R3,2024-02-12,C2,90.00,I4,55.00", "R3,2024-02-12,C2,90.00,,35.00"))
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["receipts"]["amount"].sum() == 30_075 + 8_000 + 9_000
    assert net(ledger) == pytest.approx({"C2": -35.0})


def test_the_rest_is_told_where_it_cannot_be_kept(tmp_path: Path) -> None:
    receipts(tmp_path, *PARTS, "R3,2024-02-12,C2,90.00,I4,55.00")
    other = "Payment No,Payment Date,Customer No,Invoice No,Amount\nP1,2024-02-20,C2,I4,0.00\n"
    (tmp_path / "payments.csv").write_text(other, encoding="utf-8")
    missing = " ".join(proposed(tmp_path).missing)
    assert "35.00 in all is beyond the parts and left out, for another file has payments too" in missing


def test_cash_on_account_is_kept_where_types_stand_beside_the_parts(tmp_path: Path) -> None:
    lines = [f"{line},Payment" for line in PARTS]
    lines += ["R3,2024-02-12,C2,35.00,,,Payment", "R4,2024-02-20,C2,-80.00,I3,-80.00,Bounced"]
    receipts(tmp_path, *lines, part="Allocated Amount,Type")
    ledger = preview_mapping(proposed(tmp_path), tmp_path).ledger
    assert ledger.quarantine.is_empty()
    assert net(ledger) == pytest.approx({"C2": 80.0 + 55.0 - 35.0})
    receipts(tmp_path, *lines, "R5,2024-02-21,C2,60.00,I4,55.00,Payment", part="Allocated Amount,Type")
    missing = " ".join(proposed(tmp_path).missing)
    assert "1 receipt is applied in part: of Receipt Amount, 5.00 in all is beyond the parts and left out" in missing


def test_a_total_that_its_parts_do_not_make_is_no_total(tmp_path: Path) -> None:
    lines = ("R1,2024-02-06,C1,100.50,I1,7.00", "R1,2024-02-06,C1,200.25,I2,9.00", "R2,2024-02-09,C2,80.00,I3,1.00")
    proposal = proposed(receipts(tmp_path, *lines))
    assert "the part applied" not in said(proposal)
    assert net(preview_mapping(proposal, tmp_path).ledger) == pytest.approx({"C2": 55.0})


def test_the_answer_names_the_part_and_never_the_total(tmp_path: Path) -> None:
    receipts(tmp_path, *PARTS)
    ledger = preview_mapping(proposed(tmp_path, receipts__amount="Allocated Amount"), tmp_path).ledger
    assert net(ledger) == pytest.approx({"C2": 55.0})
    with pytest.raises(ParameterError, match="The amount of a row is Allocated Amount"):
        proposed(tmp_path, receipts__amount="Receipt Amount")


def test_two_columns_of_what_remains_are_no_running_balance(tmp_path: Path) -> None:
    """Nearly all is paid, so that both are 0 in nearly every row: that proves nothing."""
    lines = [
        "Entry No.,Document Type,Document No.,Customer No.,Posting Date,Due Date,Original,Amount,Remaining Amount,LCY"
    ]
    for place in range(60):
        left = 100 + place if place in (20, 45) else 0
        day = f"2025-{1 + place // 28:02d}-{1 + place % 28:02d}"
        lines.append(
            f"{place},Invoice,F{place},C{place % 5},{day},{day},{100 + place}.00,{100 + place}.00,{left}.00,{left}.00"
        )
    (tmp_path / "entries.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert not any("running balance" in one for one in proposal.sure)
    assert any(
        "Remaining Amount (265.00) is taken as what is owed, not Amount (7,770.00)" in one for one in proposal.unsure
    )
