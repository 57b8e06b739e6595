"""An answer that names nothing is refused with what there is; what is nearly right is suggested."""

from __future__ import annotations

from pathlib import Path

import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No;Customer No;Document type;Invoice Date;Due Date;Paid on;Amount;Currency"
ROWS = (
    "1;C1;Invoice;2024-01-15;2024-02-14;2024-02-20;100.10;EUR",
    "2;C1;Invoice;2024-01-25;2024-02-24;;200.20;EUR",
    "3;C2;Invoice;2024-02-15;2024-03-14;;300.30;EUR",
    "4;C2;Invoice;2024-02-25;2024-03-26;;400.40;EUR",
)


def written(folder: Path, *more: str, head: str = HEAD) -> Path:
    (folder / "a.csv").write_text("\n".join((head, *ROWS, *more)) + "\n", encoding="utf-8")
    return folder / "a.csv"


def kinds(proposal: Proposal, source: Path) -> dict[str, str]:
    documents = preview_mapping(proposal, source).ledger.tables["documents"]
    return dict(documents.select("document_id", "kind").rows())


NEGATIVE = "5;C2;QX;2024-02-26;2024-03-27;;-40.40;EUR"
POSITIVE = "5;C2;QX;2024-02-26;2024-03-27;;40.40;EUR"


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ({"kind.a.QX": "foo"}, "credit_note.*leave_out.*got 'foo'"),
        ({"kind.a.QX": ""}, "one of invoice"),
        ({"kind.a.QX": "3"}, "one of invoice"),
        ({"kind.a.QX": "credit_not"}, "did you mean 'credit_note'"),
        ({"kind.a.QY": "invoice"}, r"Document type of a \(Invoice, QX\)"),
        ({"a.duedate": "Paid on"}, "did you mean 'due_date'"),
        ({"a.thing": ""}, "a thing of document_id, customer_id"),
        ({"about.a": "invoices"}, "documents or payments"),
        ({"terms.a": "soon"}, "whole number of days"),
        ({"dates.a.Due Dat": "day_first"}, "did you mean 'Due Date'"),
        ({"decimal.a": ","}, "point or comma"),
    ],
)
def test_an_answer_that_names_nothing_is_refused(tmp_path: Path, answers: dict[str, str], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        propose_mapping(written(tmp_path, POSITIVE), answers=answers)


@pytest.mark.parametrize("said", ["credit_note", "credit note", "Credit Note", "CREDIT NOTE"])
def test_a_meaning_may_be_given_as_it_is_printed(tmp_path: Path, said: str) -> None:
    source = written(tmp_path, NEGATIVE)
    proposal = propose_mapping(source, answers={"kind.a.QX": said})
    assert proposal.questions == ()
    assert kinds(proposal, source)["5"] == "credit_note"


def test_an_unknown_type_that_is_negative_throughout_is_taken_for_credit_notes_and_said(tmp_path: Path) -> None:
    source = written(tmp_path, NEGATIVE)
    proposal = propose_mapping(source)
    assert [(one.key, one.proposal) for one in proposal.questions] == [("kind.a.QX", "credit_note")]
    assert any("'QX' is not known" in said and "1 row, -40.40 in all" in said for said in proposal.unsure)
    assert kinds(proposal, source)["5"] == "credit_note"


@pytest.mark.parametrize(
    "more",
    [
        (POSITIVE,),
        (NEGATIVE, "6;C2;QX;2024-02-26;2024-03-27;;1.00;EUR"),
        (NEGATIVE, NEGATIVE.replace("5;", "6;", 1)),  # as many may be payments
        (NEGATIVE, "6;C2;Payment;2024-02-26;;;-1.00;EUR"),
    ],
)
def test_an_unknown_type_that_holds_money_is_not_dropped(tmp_path: Path, more: tuple[str, ...]) -> None:
    source = written(tmp_path, *more)
    proposal = propose_mapping(source)
    assert "kind.a.QX" in [one.key for one in proposal.blocking]
    with pytest.raises(DataError, match=r"kind\.a\.QX"):
        preview_mapping(proposal, source)


def test_an_unknown_type_without_money_is_left_out(tmp_path: Path) -> None:
    source = written(tmp_path, "5;C2;QX;2024-02-26;2024-03-27;;0.00;EUR")
    proposal = propose_mapping(source)
    assert [(one.key, one.proposal) for one in proposal.questions] == [("kind.a.QX", "leave_out")]
    assert "5" not in kinds(proposal, source)


def test_a_header_misspelt_is_suggested_for_what_is_missing(tmp_path: Path) -> None:
    head = HEAD.replace("Due Date", "Du Dat").replace("Paid on", "Pyed")
    rows = "\n".join(row.replace(";;", ";2024-04-01;") for row in ROWS)
    (tmp_path / "a.csv").write_text(f"{head}\n{rows}\n", encoding="utf-8")
    proposal = propose_mapping(tmp_path / "a.csv")
    evidence = next(one.evidence for one in proposal.questions if one.key == "terms.a")
    assert "columns: Invoice No, Customer No" in evidence
    assert "If 'Du Dat' is it: --answer 'a.due_date=Du Dat'." in evidence
    assert any("If 'Pyed' is it: --answer a.settled_on=Pyed." in said for said in proposal.missing)


def test_an_export_without_rows_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="no rows under the header of a"):
        propose_mapping(tmp_path / "a.csv")
