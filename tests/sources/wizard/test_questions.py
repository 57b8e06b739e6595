"""What an export does not prove is asked, never guessed: orders of dates, decimal marks, currencies, terms, types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = ["Invoice No", "Customer No", "Invoice Date", "Due Date", "Amount", "Currency"]
SURE = [
    ["1001", "00012", "2024-01-05", "2024-02-04", "100.10", "EUR"],
    ["1002", "00107", "2024-01-17", "2024-02-16", "200.20", "EUR"],
]


def written(folder: Path, rows: Sequence[Sequence[str]], head: Sequence[str] = HEAD, name: str = "items.csv") -> Path:
    lines = [";".join(row) for row in (head, *rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def with_dates(*pairs: tuple[str, str]) -> list[list[str]]:
    return [[f"{1001 + n}", "00012", day, due, "100.10", "EUR"] for n, (day, due) in enumerate(pairs)]


def keys(proposal: Proposal) -> list[str]:
    return [one.key for one in proposal.questions]


def ledger(proposal: Proposal, source: Path) -> Ledger:
    return preview_mapping(proposal, source).ledger


def test_dates_that_can_be_read_in_two_ways_are_asked(tmp_path: Path) -> None:
    source = written(tmp_path, with_dates(("03/04/2024", "05/06/2024"), ("01/02/2024", "12/03/2024")))
    proposal = propose_mapping(source)
    assert keys(proposal) == ["dates.items"]
    question = proposal.questions[0]
    assert question.blocking
    assert question.choices == (("day_first", "03/04/2024 is 2024-04-03"), ("month_first", "03/04/2024 is 2024-03-04"))
    with pytest.raises(DataError, match=r"dates\.items"):
        preview_mapping(proposal, source)
    for answer, day in (("day_first", date(2024, 4, 3)), ("month_first", date(2024, 3, 4))):
        answered = propose_mapping(source, answers={"dates.items": answer})
        assert answered.questions == ()
        assert ledger(answered, source).tables["documents"]["document_date"][0] == day


def test_the_evidence_says_under_which_reading_documents_fall_due_before_they_exist(tmp_path: Path) -> None:
    rows = with_dates(("10/01/2024", "09/02/2024"), ("11/01/2024", "10/02/2024"))
    evidence = propose_mapping(written(tmp_path, rows)).questions[0].evidence
    assert "day first: Due Date lies before Invoice Date in 0 rows" in evidence
    assert "month first: Due Date lies before Invoice Date in 2 rows" in evidence


def test_one_column_proves_the_order_for_the_file_and_that_is_said(tmp_path: Path) -> None:
    source = written(tmp_path, with_dates(("03/04/2024", "25/06/2024"), ("01/02/2024", "12/03/2024")))
    proposal = propose_mapping(source)
    assert proposal.questions == ()
    assert any("Invoice Date" in said and "other columns" in said for said in proposal.unsure)
    assert any("Due Date of items: day first, proved by 1 cells" in said for said in proposal.sure)


def test_a_column_that_mixes_both_orders_is_asked_and_the_rest_is_set_aside(tmp_path: Path) -> None:
    source = written(tmp_path, with_dates(("25/04/2024", "30/06/2024"), ("04/25/2024", "30/06/2024")))
    proposal = propose_mapping(source)
    assert keys(proposal) == ["dates.items.Invoice Date"]
    read = ledger(propose_mapping(source, answers={"dates.items.Invoice Date": "day_first"}), source)
    assert read.tables["documents"]["document_id"].to_list() == ["1001"]
    assert read.quarantine["value"].to_list() == ["04/25/2024 [not as stated in the mapping]"]


def test_a_header_that_states_the_order_is_believed(tmp_path: Path) -> None:
    head = ["Invoice No", "Customer No", "Invoice Date (MM/DD/YYYY)", "Due Date (MM/DD/YYYY)", "Amount", "Currency"]
    source = written(tmp_path, with_dates(("03/04/2024", "05/06/2024"), ("01/02/2024", "03/03/2024")), head)
    proposal = propose_mapping(source)
    assert proposal.questions == ()
    assert ledger(proposal, source).tables["documents"]["document_date"].min() == date(2024, 1, 2)


@pytest.mark.parametrize(("answer", "cents"), [("point", [90_000]), ("comma", [123_400, 567_800, 90_000])])
def test_amounts_that_differ_by_a_thousand_are_asked(tmp_path: Path, answer: str, cents: list[int]) -> None:
    rows = [[*row[:4], amount, "EUR"] for row, amount in zip(SURE, ("1.234", "5.678"), strict=True)]
    rows.append(["1003", *SURE[0][1:4], "900", "EUR"])
    source = written(tmp_path, rows)
    proposal = propose_mapping(source)
    assert keys(proposal) == ["decimal.items"]
    assert proposal.questions[0].blocking
    answered = propose_mapping(source, answers={"decimal.items": answer})
    read = ledger(answered, source)
    assert read.tables["documents"]["amount"].to_list() == cents
    assert set(read.quarantine["reason"]) == ({"too_many_decimals"} if answer == "point" else set())


def test_the_currency_is_asked_where_nothing_names_it(tmp_path: Path) -> None:
    source = written(tmp_path, [row[:5] for row in SURE], HEAD[:5])
    assert keys(propose_mapping(source)) == ["currency"]
    answered = propose_mapping(source, answers={"currency": "chf"})
    assert set(ledger(answered, source).tables["documents"]["currency"]) == {"CHF"}
    with pytest.raises(ParameterError, match="ISO 4217"):
        propose_mapping(source, answers={"currency": "francs"})


def test_terms_are_asked_where_there_is_no_due_date(tmp_path: Path) -> None:
    source = written(tmp_path, [[*row[:3], *row[4:]] for row in SURE], [*HEAD[:3], *HEAD[4:]])
    assert keys(propose_mapping(source)) == ["terms.items"]
    made = ledger(propose_mapping(source, answers={"terms.items": "14"}), source).tables["documents"]
    assert (made["due_date"] - made["document_date"]).dt.total_days().to_list() == [14, 14]


def test_terms_in_a_column_make_the_due_date(tmp_path: Path) -> None:
    head = [*HEAD[:3], "Payment terms", *HEAD[4:]]
    rows = [[*row[:3], days, *row[4:]] for row, days in zip([*SURE, SURE[0]], ("30", "30", ""), strict=True)]
    rows[2][0] = "1003"
    proposal = propose_mapping(written(tmp_path, rows, head))
    assert any("30 days in the 1 rows where it is empty" in said for said in proposal.unsure)
    made = ledger(proposal, tmp_path / "items.csv").tables["documents"]
    assert set((made["due_date"] - made["document_date"]).dt.total_days()) == {30}


def test_an_unknown_type_is_asked_with_its_money_and_nothing_is_written_until_answered(tmp_path: Path) -> None:
    rows = [[*SURE[0], "Invoice"], [*SURE[1], "ZZ9"], ["1003", *SURE[0][1:], "Invoice"]]
    source = written(tmp_path, rows, [*HEAD, "Document type"])
    proposal = propose_mapping(source)
    question = proposal.questions[0]
    assert (question.key, question.blocking) == ("kind.items.ZZ9", True)
    assert "1 row, 200.20 in all" in question.evidence
    with pytest.raises(DataError, match=r"kind\.items\.ZZ9"):
        preview_mapping(proposal, source)
    dropped = propose_mapping(source, answers={"kind.items.ZZ9": "leave_out"})
    assert ledger(dropped, source).tables["documents"]["document_id"].to_list() == ["1001", "1003"]
    answered = propose_mapping(source, answers={"kind.items.ZZ9": "debit_note"})
    assert ledger(answered, source).tables["documents"]["kind"].to_list() == ["invoice", "debit_note", "invoice"]


def test_a_file_that_is_not_understood_is_asked_about(tmp_path: Path) -> None:
    source = written(tmp_path, [["a", "b"], ["c", "d"]], ["Foo", "Bar"])
    assert "about.items" in keys(propose_mapping(source))


def test_a_column_may_be_named_by_the_user(tmp_path: Path) -> None:
    head = ["Invoice No", "Customer No", "Invoice Date", "Zzz", "Amount", "Currency"]
    source = written(tmp_path, SURE, head)
    assert keys(propose_mapping(source)) == ["terms.items"]
    answered = propose_mapping(source, answers={"items.due_date": "Zzz"})
    assert answered.questions == ()
    assert ledger(answered, source).tables["documents"]["due_date"].to_list() == [date(2024, 2, 4), date(2024, 2, 16)]


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        ({"items.due_date": "Due Dat"}, "did you mean 'Due Date'"),
        ({"itens.due_date": "Due Date"}, "did you mean 'items'"),
        ({"dates.items": "dmy"}, "day_first or month_first"),
    ],
)
def test_an_answer_without_effect_is_refused(tmp_path: Path, answers: dict[str, str], match: str) -> None:
    with pytest.raises(ParameterError, match=match):
        propose_mapping(written(tmp_path, SURE), answers=answers)


JOURNAL = [
    ["C1", "2024-01-10", "INV", "S1", "", "2024-02-09", "100.00"],
    ["C1", "2024-02-12", "XRC", "R1", "S1", "", "-100.00"],
    ["C1", "2024-01-15", "INV", "S2", "", "2024-02-14", "200.00"],
    ["C1", "2024-02-25", "XRC", "R2", "S2", "", "-150.00"],
    ["C1", "2024-03-01", "INV", "S3", "", "2024-03-31", "80.00"],
    ["C1", "2024-03-25", "XRC", "R3", "S3", "", "-80.00"],
    ["C1", "2024-04-02", "XWO", "W1", "S2", "", "-50.00"],
]
JOURNAL_HEAD = ["Account", "Date", "Type", "Doc No", "Applies To", "Due Date", "Amount"]


def test_all_types_that_are_not_known_are_asked_at_once(tmp_path: Path) -> None:
    source = written(tmp_path, JOURNAL, JOURNAL_HEAD)
    asked = [one.key for one in propose_mapping(source).blocking]
    assert sorted(asked) == ["currency", "kind.items.XRC", "kind.items.XWO"]


@pytest.mark.parametrize("kind", ["write_off", "write off", "discount", "deduction", "offset"])
def test_a_type_answered_as_a_payment_makes_a_journal_in_which_others_close_their_invoice(
    tmp_path: Path, kind: str
) -> None:
    source = written(tmp_path, JOURNAL, JOURNAL_HEAD)
    answers = {"currency": "GBP", "kind.items.XRC": "payment", "kind.items.XWO": kind}
    proposal = propose_mapping(source, answers=answers)
    assert proposal.blocking == ()
    applied = ledger(proposal, source).tables["applications"].sort("to_document_id", "amount")
    assert applied.select("to_document_id", "kind", "amount").rows() == [
        ("S1", "payment", 10_000),
        ("S2", kind.replace(" ", "_"), 5_000),
        ("S2", "payment", 15_000),
        ("S3", "payment", 8_000),
    ]


def test_payments_left_out_of_a_file_of_documents_are_told_with_what_takes_them(tmp_path: Path) -> None:
    source = written(tmp_path, JOURNAL, JOURNAL_HEAD)
    answers = {"currency": "GBP", "kind.items.XRC": "payment", "kind.items.XWO": "write_off"}
    said = propose_mapping(source, answers=answers | {"about.items": "documents"}).missing
    told = [one for one in said if one.endswith("--answer about.items=journal")]
    assert [one[:59] for one in told] == [
        "items: 3 rows of the type 'XRC' (payment), -330.00 in all, ",
        "items: 1 row of the type 'XWO' (write off), -50.00 in all, ",
    ]
