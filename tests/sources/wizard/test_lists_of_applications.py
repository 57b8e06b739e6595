"""A list of what was applied of one document to another has no terms, and repeats the numbers of other files."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from credrisk.cli.app import app
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

INVOICES = (
    "Customer No,Document No,Document Type,Document Date,Due Date,Amount",
    *(f"C{one % 3},INV{one},Invoice,2024-01-{one + 10},2024-02-{one + 10},100.25" for one in range(9)),
    "C0,CM1,Credit Memo,2024-03-01,,-20.25",
)
APPLIED = (
    "Customer No,Document No,Type,Document Date,Amount Applied,Applied_to_Document_Date,Applied_to_Doc_Number",
    *(f"C{one % 3},PAY{one},Payment,2024-02-{one + 10},100.25,2024-01-{one + 10},INV{one}" for one in range(6)),
    "C0,CM1,Credit Memo,2024-03-01,20.25,2024-01-16,INV6",
)
REPEATED = (
    "Customer No,Document No,Document Date,Amount",
    *(f"C{one % 3},INV{one},2024-02-{one + 10},50.25" for one in range(6)),
)


def propose(folder: Path, detail: tuple[str, ...], **answers: str) -> Proposal:
    for name, lines in (("detail", detail), ("transactions", INVOICES)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    given = {name.replace("__", "."): value for name, value in answers.items()}
    return propose_mapping(folder, answers={"currency": "EUR", **given})


@pytest.mark.parametrize("header", ["Type", "Memo"])
def test_a_list_of_applications_is_not_asked_for_terms(header: str, tmp_path: Path) -> None:
    proposal = propose(tmp_path, tuple(line.replace("Type", header) for line in APPLIED))
    assert not proposal.blocking
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.tables["documents"].height == 10
    paid = ledger.tables["applications"].filter(kind="payment")
    assert sorted(paid["to_document_id"]) == [f"INV{one}" for one in range(6)]


def test_an_invoice_list_that_says_by_what_it_was_paid_is_none(tmp_path: Path) -> None:
    lines = (
        "Customer No,Invoice No,Invoice Date,Amount,Applied Amount,Applied Cash Run",
        *(f"C{one % 3},INV{one},2024-02-{one + 10},50.25,50.25,R{one}" for one in range(6)),
    )
    (tmp_path / "a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path, answers={"currency": "EUR"})
    assert [one.key for one in proposal.blocking] == ["terms.a"]


def test_a_file_without_due_dates_that_repeats_numbers_is_asked_what_it_is(tmp_path: Path) -> None:
    proposal = propose(tmp_path, REPEATED)
    (question,) = proposal.blocking
    assert question.key == "about.detail"
    assert "payments" in [value for value, _ in question.choices]
    assert question.evidence.startswith("Most of the 6 numbers of detail (Document No) are documents of transactions")
    answered = propose(tmp_path, REPEATED, about__detail="payments")
    assert not answered.blocking
    assert preview_mapping(answered, tmp_path).ledger.tables["applications"].height == 6


def test_where_it_is_read_as_documents_the_end_says_how_to_read_it_else(tmp_path: Path) -> None:
    propose(tmp_path, REPEATED)
    given = ["--yes", "--answer", "currency=EUR", "--answer", "terms.detail=30"]
    arguments = ["import", "wizard", str(tmp_path), "--out", str(tmp_path / "m.toml"), *given]
    made = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    assert made.exit_code == 0, made.output
    assert "Of the rows set aside: Most of the 6 numbers of detail" in made.output
    assert "--answer about.detail=payments" in made.output
