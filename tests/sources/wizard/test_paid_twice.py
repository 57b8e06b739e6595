"""A list of transactions beside a list of what each payment and credit note was applied to: every payment once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.wizard.preview import last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

SOLD = {f"I{100 + n}": (f"C{n % 3}", f"2024-{1 + n // 4:02}-{5 + n % 20:02}", 100 + n) for n in range(40)}
PAID = {f"P{500 + n}": (f"I{100 + n}", f"2024-{2 + n // 4:02}-{10 + n % 18:02}") for n in range(36)}


def transactions(*, surplus: int = 0) -> str:
    """Return invoices and payments under one header of numbers; one payment may be ``surplus`` too much."""
    rows = ["Customer,Document No,Check No,Type,Document Date,Due Date,Original Amount,Description"]
    rows += [f"{who},{no},,Invoice,{day},{day},{amount}.00," for no, (who, day, amount) in SOLD.items()]
    for place, (no, (invoice, day)) in enumerate(PAID.items()):
        who, _, amount = SOLD[invoice]
        rows.append(f"{who},{no},{9000 + place},Payment,{day},,{amount + (surplus if place == 3 else 0)}.00,")
    rows.append("C1,P900,9900,Payment,2024-11-20,,77.00,")
    rows.append("C0,K1,,Credit Memo,2024-11-25,,30.00,Credit I136")
    return "\n".join(rows) + "\n"


def applied() -> str:
    """Return what was applied: of payments in one part, of the first in two, and of a credit memo."""
    rows = ["Customer,Document Type,Document No,Document Date,Original Amount,Amount Applied,Applied To Invoice No"]
    for place, (no, (invoice, day)) in enumerate(PAID.items()):
        who, _, amount = SOLD[invoice]
        parts = [60, amount - 60] if place == 0 else [amount]
        rows += [f"{who},Payment,{no},{day},{amount}.00,{part}.00,{invoice}" for part in parts]
    rows.append("C0,Credit Memo,K1,2024-11-25,30.00,25.00,I136")
    return "\n".join(rows) + "\n"


def read(folder: Path, **answers: str) -> tuple[Proposal, Ledger]:
    given = {"currency": "EUR", "about.applied": "payments"} | {
        name.replace("_", "."): v for name, v in answers.items()
    }
    proposal = propose_mapping(folder, answers=given)
    assert not proposal.blocking, proposal.blocking
    return proposal, preview_mapping(proposal, folder).ledger


def net(ledger: Ledger) -> dict[str, float]:
    aged = ageing(ledger, as_of=last_day(ledger), by="customer", translate=False, output="polars")
    return dict(aged.select("customer_id", pl.col("open_balance") - pl.col("unapplied_cash")).rows())


def truth(surplus: int = 0) -> dict[str, float]:
    owed = {"C0": -30.0, "C1": -77.0, "C2": 0.0}
    for number, (who, _, amount) in SOLD.items():
        owed[who] += 0 if number in {invoice for invoice, _ in PAID.values()} else amount
    owed["C0"] -= surplus  # the fourth invoice is of C0
    return owed


@pytest.mark.parametrize("surplus", [0, 50])
def test_a_payment_in_two_files_counts_once_with_what_it_does_not_apply(surplus: int, tmp_path: Path) -> None:
    (tmp_path / "transactions.csv").write_text(transactions(surplus=surplus), encoding="utf-8")
    (tmp_path / "applied.csv").write_text(applied(), encoding="utf-8")
    proposal, ledger = read(tmp_path)
    assert net(ledger) == pytest.approx(truth(surplus))
    assert ledger.tables["receipts"].height == 37
    assert any("the same payments, told by Document No" in one for one in proposal.sure)
    assert not any("which invoice a payment pays" in one for one in proposal.missing)
    credits_ = ledger.tables["applications"].filter(pl.col("kind") == "credit_note")
    assert credits_.select("from_id", "to_document_id", "amount").rows() == [("K1", "I136", 2500)]


def test_a_third_file_of_payments_leaves_the_list_of_what_was_paid_alone(tmp_path: Path) -> None:
    (tmp_path / "transactions.csv").write_text(transactions(), encoding="utf-8")
    (tmp_path / "applied.csv").write_text(applied(), encoding="utf-8")
    head = "Customer,Payment No,Payment Date,Invoice No,Amount Paid\n"
    more = f"{head}C2,Z1,2024-11-28,I137,10.00\nC1,Z2,2024-11-28,I139,4.00\n"
    (tmp_path / "more.csv").write_text(more, encoding="utf-8")
    proposal, ledger = read(tmp_path)
    left_out = truth() | {"C1": truth()["C1"] + 77.0}
    assert sum(net(ledger).values()) == pytest.approx(sum(left_out.values()) - 14.0)
    assert any("77.00 of transactions that applied does not apply is left out" in one for one in proposal.missing)


def test_other_payments_under_like_numbers_are_not_taken_for_the_same(tmp_path: Path) -> None:
    (tmp_path / "transactions.csv").write_text(transactions(), encoding="utf-8")
    doubled = applied().replace(".00,Amount", ",Amount").splitlines()
    larger = [doubled[0], *(row.replace(".00,I", "0.00,I") for row in doubled[1:])]
    (tmp_path / "applied.csv").write_text("\n".join(larger) + "\n", encoding="utf-8")
    proposal, _ = read(tmp_path)
    assert not any("the same payments" in one for one in (*proposal.sure, *proposal.missing))


def test_lists_of_two_companies_with_like_numbers_are_two(tmp_path: Path) -> None:
    for company, amount, count in (("de", 5000, 40), ("at", 100, 35)):
        sold = ["Customer,Invoice No,Invoice Date,Due Date,Amount"]
        paid = ["Customer,Payment No,Payment Date,Invoice No,Amount Paid"]
        for n in range(count):
            day = f"2024-{1 + n // 4:02}-{5 + n % 20:02}"
            sold.append(f"{company}{n % 3},{company}{n},{day},{day},{amount + n}.00")
            paid.append(f"{company}{n % 3},{n + 1},{day},{company}{n},{amount + n}.00")
        (tmp_path / f"invoices_{company}.csv").write_text("\n".join(sold) + "\n", encoding="utf-8")
        (tmp_path / f"payments_{company}.csv").write_text("\n".join(paid) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert not any("the same payments" in one for one in (*proposal.sure, *proposal.missing))
    assert sum(one.table == "payments" for one in proposal.tables) == 2


def test_receipts_of_other_customers_under_the_same_numbers_are_others(tmp_path: Path) -> None:
    (tmp_path / "transactions.csv").write_text(transactions(), encoding="utf-8")
    moved = [line.replace("C0,", "C1,", 1) if line.startswith("C0") else line for line in applied().splitlines()]
    (tmp_path / "applied.csv").write_text("\n".join(moved) + "\n", encoding="utf-8")
    proposal, _ = read(tmp_path)
    assert not any("the same payments" in one for one in (*proposal.sure, *proposal.missing))
