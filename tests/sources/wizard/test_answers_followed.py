"""A column that the user names is what the mapping makes of it, or the answer is refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import ParameterError
from credrisk.ledger import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

OPEN = """\
Invoice No,Customer No,Invoice Date,Due Date,Amount,Open Amount,Zone
FV24/0007,C1,2024-03-01,2024-03-31,500.00,300.00,A
FV24/0008,C2,2024-03-05,2024-04-04,80.00,80.00,B
"""
PAID = """\
Payment No,Payment Date,Customer No,{head},Amount,Fee
P1,2024-02-01,C1,FV24/0001,100.00,0.10
P2,2024-02-08,C2,FV24/0002,50.00,0.20
P3,2024-02-20,C2,FV24/0003,70.00,0.10
P4,2024-03-20,C1,FV24/0007,200.00,0.30
"""


def export(folder: Path, head: str = "Invoice No", listed: str = OPEN) -> Path:
    (folder / "items.csv").write_text(listed, encoding="utf-8")
    (folder / "payments.csv").write_text(PAID.format(head=head), encoding="utf-8")
    return folder


def read(source: Path, **answers: str) -> tuple[Proposal, Ledger]:
    given = {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(source, answers={"currency": "EUR", **given})
    return proposal, preview_mapping(proposal, source).ledger


@pytest.mark.parametrize(
    ("head", "answers"),
    [
        ("Invoice No", {}),
        ("Zu", {"payments__applies_to": "Zu"}),
        ("Zu", {"payments__document_id": "Zu"}),
    ],
)
def test_payments_of_invoices_that_a_list_of_open_items_no_longer_holds(
    head: str, answers: dict[str, str], tmp_path: Path
) -> None:
    proposal, ledger = read(export(tmp_path, head), **answers)
    said = " ".join(proposal.unsure)
    assert f"{head} names the invoice paid; 25% of its numbers are among the documents; 3 payments of others" in said
    assert "220.00 in all, will be set aside, for those invoices were paid in full before this list" in said
    assert not any("no date of payment" in one for one in proposal.missing)
    assert ledger.tables["applications"].select("to_document_id", "amount").rows() == [("FV24/0007", 20_000)]
    (found,) = [one for one in ledger.check().findings if one.table == "payments" and one.severity != "note"]
    assert (found.severity, found.code, found.rows, found.money) == ("warning", "no_longer_open", 3, 220.0)
    assert "balance_differs" not in {one.code for one in ledger.check().findings}


def test_numbers_of_another_form_are_not_taken_for_invoices(tmp_path: Path) -> None:
    listed = OPEN.replace("FV24/000", "4711")
    proposal, _ = read(export(tmp_path, listed=listed))
    assert any("no column holds the numbers of the documents" in one for one in proposal.missing)


def test_a_list_with_paid_invoices_holds_what_is_paid(tmp_path: Path) -> None:
    listed = OPEN + "FV24/0009,C2,2024-03-06,2024-04-05,10.00,0.00,A\n"
    proposal, ledger = read(export(tmp_path, listed=listed), payments__applies_to="Invoice No")
    assert "are not to be found among the documents: export those too" in " ".join(proposal.unsure)
    codes = {one.code for one in ledger.check().findings if one.table == "payments" and one.severity != "note"}
    assert codes == {"unknown_document"}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"items__applies_to": "Zone"}, "Zone is not used as the applies to of items, which is read as documents"),
        ({"items__open_amount": "Zone"}, r"its cells are no amounts \(A, B\)"),
        (
            {"payments__open_amount": "Fee"},
            r"and Amount is in its place. If it is the amount: --answer payments\.amount",
        ),
    ],
)
def test_an_answer_that_nothing_is_made_of_is_refused(answers: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=words):
        read(export(tmp_path), **answers)


def test_a_balance_of_dashes_and_a_few_numbers_is_a_column_of_amounts(tmp_path: Path) -> None:
    rows = [f"I{n},C{n % 3},2024-01-{n + 1:02},2024-02-{n + 1:02},10.00,2024-02-20,10.00,-" for n in range(20)]
    rows += ["I90,C1,2024-01-28,2024-02-27,50.00,,,50.00", "I91,C2,2024-01-29,2024-02-28,60.00,,,60.00"]
    head = "Invoice No,Customer No,Invoice Date,Due Date,Amount,Date Paid,Amount Paid,Balance"
    lines = [head, *rows[:10], ",,,,,,,Page 2", *rows[10:]]
    (tmp_path / "bills.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    proposal, _ = read(tmp_path / "bills.csv", bills__open_amount="Balance")
    documents = next(one for one in proposal.tables if one.table == "documents")
    assert documents.columns["open_amount"] == "Balance"
    assert documents.columns["amount"] == "Amount"
