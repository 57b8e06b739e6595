"""An amount due that settled documents still have is what was due, not the balance of today."""

from __future__ import annotations

from pathlib import Path

from credrisk.sources.wizard.preview import preview_mapping, tie_out_preview
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "id,Customer,Date,Due Date,Total,Amount Due,Amount Paid,Paid At"


def proposed(folder: Path, *, due_of_paid: str = "100.00", **answers: str) -> Proposal:
    """Eight invoices of 100.00, of which six are paid."""
    rows = [
        f"in_{day},C{day % 3},2025-01-{day:02d},2025-02-{day:02d},100.00,{due_of_paid},100.00,2025-03-{day:02d}"
        for day in range(1, 7)
    ]
    rows += [f"in_{day},C{day % 3},2025-01-{day:02d},2025-02-{day:02d},100.00,100.00,0.00," for day in (7, 8)]
    (folder / "invoices.csv").write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    said = {f"invoices.{thing}": column for thing, column in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **said})


def opened(proposal: Proposal) -> bool:
    return any("open_amount" in table.columns for table in proposal.tables)


def test_it_is_the_amount_where_settled_documents_have_it(tmp_path: Path) -> None:
    proposal = proposed(tmp_path)
    assert not opened(proposal)
    assert any("in 6 of 6 settled documents it is the Total" in one for one in proposal.sure)
    made = preview_mapping(proposal, tmp_path)
    assert tie_out_preview(made)["open_balance"][0] == 200.0
    assert "balance_differs" not in [one.code for one in made.ledger.check().findings]


def test_it_is_the_balance_where_they_have_none(tmp_path: Path) -> None:
    assert opened(proposed(tmp_path, due_of_paid="0.00"))


def test_the_answer_goes_before_it(tmp_path: Path) -> None:
    assert opened(proposed(tmp_path, open_amount="Amount Due"))
