"""Due dates from terms in words: each document by its own, and what cannot be read is asked, never guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

WORDS = ("30 days net", "2/10 net 30", "14 Tage netto", "end of month", "60", "30 days net")


def exported(folder: Path, *terms: str, credit: str = "") -> Path:
    rows = [f"F{n},C1,2024-01-0{n + 1},{term},{100 + n}.50,EUR" for n, term in enumerate(terms)]
    rows.append(f"G1,C1,2024-01-20,{credit},-5.25,EUR")
    source = folder / "bills.csv"
    source.write_text("\n".join(["Invoice No,Customer No,Invoice Date,Terms,Amount,Currency", *rows]), encoding="utf-8")
    return source


def due(source: Path, **answers: str) -> list[date | None]:
    proposal = propose_mapping(source, answers=answers)
    assert proposal.questions == ()
    return preview_mapping(proposal, source).ledger.tables["documents"].sort("document_id")["due_date"].to_list()


def test_each_document_is_due_by_its_own_terms_and_a_credit_note_on_its_own_date(tmp_path: Path) -> None:
    found = due(exported(tmp_path, *WORDS))
    assert found == [
        date(2024, 1, 31),
        date(2024, 2, 1),
        date(2024, 1, 17),
        date(2024, 1, 31),
        date(2024, 3, 5),
        date(2024, 2, 5),
        date(2024, 1, 20),
    ]


def test_terms_that_say_nothing_are_asked_with_rows_and_money_and_any_answer_is_taken(tmp_path: Path) -> None:
    source = exported(tmp_path, *WORDS, "30 EOM", "30 EOM")
    proposal = propose_mapping(source)
    question = next(one for one in proposal.questions if one.key == "terms.bills.30 EOM")
    assert question.blocking
    assert "2 rows, 214.00" in question.evidence
    answered = due(source, **{"terms.bills.30 EOM": "30 days after end of month"})
    assert answered[6:8] == [date(2024, 3, 1), date(2024, 3, 1)]
    assert due(source, **{"terms.bills": "45"})[6] == date(2024, 2, 21)


def test_a_column_of_terms_named_by_hand_that_says_no_days_is_told(tmp_path: Path) -> None:
    source = exported(tmp_path, "Z1", "Z2", "Z1")
    proposal = propose_mapping(source, answers={"bills.terms_days": "Terms"})
    assert [one.key for one in proposal.questions] == ["terms.bills"]
    assert "Terms (Z1, Z2) says no number of days in most rows" in proposal.questions[0].evidence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"terms.bills.30 EOMM": "30"}, r"about terms of bills \(.*did you mean '30 EOM'"),
        ({"terms.bills.30 EOM": "soon"}, "days, or terms such as"),
    ],
)
def test_answers_about_terms_are_held_against_the_file(tmp_path: Path, answer: dict[str, str], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        propose_mapping(exported(tmp_path, *WORDS, "30 EOM"), answers=answer)


def mapped(folder: Path, rule: str, *terms: str) -> list[str | None]:
    text = (
        '[files.bills]\npath = "bills.csv"\n[tables.documents.columns]\ndocument_id = "Invoice No"\n'
        f'customer_id = "Customer No"\ndocument_date = "Invoice Date"\namount = "Amount"\ndue_date = {rule}\n'
    )
    imported = import_with_map(map_of_text(text, "map.toml"), exported(folder, *terms))
    return imported.tables["documents"]["due_date"].to_list()


def test_a_mapping_reads_days_in_words_and_is_told_what_others_mean(tmp_path: Path) -> None:
    rule = '{ column = "Invoice Date", plus_days = "Terms", days_of = { "as agreed" = 20 } }'
    found = mapped(tmp_path, rule, "30 days net", "as agreed", "EOM", "end of month after 30 days", "whenever")
    assert found == ["2024-01-31", "2024-01-22", "2024-01-31", "2024-02-29", "2024-01-05 and whenever days", None]


def test_days_of_which_none_can_be_read_name_the_remedy(tmp_path: Path) -> None:
    rule = '{ column = "Invoice Date", plus_days = "Terms" }'
    with pytest.raises(DataError, match=r"no value of Terms says how many days .*\n?.*days_of = \{ 'Z1' = 30 \}"):
        mapped(tmp_path, rule, "Z1", "Z2", "Z1")
    with pytest.raises(ParameterError, match=r"days_of.Z1 must be days, or terms such as"):
        mapped(tmp_path, '{ column = "Invoice Date", plus_days = "Terms", days_of = { Z1 = "later" } }', "Z1")
    with pytest.raises(ParameterError, match="days_of must be beside a column of days"):
        mapped(tmp_path, '{ column = "Invoice Date", plus_days = 3, days_of = { Z1 = 3 } }', "Z1")
