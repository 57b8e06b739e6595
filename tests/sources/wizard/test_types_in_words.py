"""General journals: write-offs and returned cheques of one type are told by the memo beside them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.mapping_rules import TypeInWords
from credrisk.sources.mapping_types_in_words import has_words, with_types_in_words
from credrisk.sources.wizard.mapping_text import mapping_text
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Customer,Type,Date,Num,Memo,Due Date,Amount\n"
ROWS = [
    "Alder Inc.,Invoice,06/08/2024,201,,07/08/2024,100.00",
    "Alder Inc.,Payment,07/22/2024,4001,201,,-100.00",
    "Alder Inc.,General Journal,07/29/2024,GJ1,NSF check 4001,,100.00",
    "Alder Inc.,Invoice,08/13/2024,202,,09/12/2024,50.00",
    "Birch LLC,Invoice,06/10/2024,203,,07/10/2024,70.00",
    "Birch LLC,General Journal,11/10/2024,GJ2,Write-off bad debt inv 203,,-70.00",
    "Birch LLC,Invoice,07/15/2024,204,,08/14/2024,30.00",
    "Birch LLC,Payment,08/20/2024,4002,204,,-30.00",
]
CURRENCY = {"currency": "USD"}


def written(folder: Path, rows: list[str] = ROWS) -> Path:
    path = folder / "transactions.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_memo_tells_write_offs_from_returned_cheques(tmp_path: Path) -> None:
    path = written(tmp_path)
    proposal = propose_mapping(path, answers=CURRENCY)
    assert not proposal.blocking
    assert any(
        "1 row of Type 'General Journal' counted as write-off, as Memo says so" in one for one in proposal.unsure
    )
    text = mapping_text(proposal)
    rules = map_of_text(text, "map")
    assert [(one.words, one.into) for one in rules.files[0].types_in_words] == [
        (("bad debt", "write off"), "write-off"),
        (("nsf",), "returned payment"),
    ]
    ledger = preview_mapping(proposal, path).ledger
    assert ledger.quarantine.is_empty()
    kinds = dict(ledger.tables["applications"].group_by("kind").agg(pl.col("amount").sum()).iter_rows())
    assert kinds == {"payment": 3000, "write_off": 7000}
    assert ledger.tables["documents"]["amount"].sum() - sum(kinds.values()) == 15000


def test_words_count_only_where_they_move_the_balance_the_way_they_say(tmp_path: Path) -> None:
    rows = [*ROWS, "Birch LLC,General Journal,12/10/2024,GJ3,Reverse write off 203,,70.00"]
    proposal = propose_mapping(written(tmp_path, rows), answers=CURRENCY)
    assert [one.key for one in proposal.blocking] == ["kind.transactions.General Journal"]


def test_the_user_may_say_that_words_mean_nothing(tmp_path: Path) -> None:
    path = written(tmp_path)
    proposal = propose_mapping(path, answers={**CURRENCY, "transactions.types_in_words": ""})
    assert [one.key for one in proposal.blocking] == ["kind.transactions.General Journal"]
    with pytest.raises(ParameterError, match="nothing behind it"):
        propose_mapping(path, answers={**CURRENCY, "transactions.types_in_words": "Memo"})
    whole = propose_mapping(path, answers={**CURRENCY, "kind.transactions.General Journal": "leave_out"})
    assert whole.files[0].types_in_words == ()


def test_an_answer_is_for_the_rest_of_the_type(tmp_path: Path) -> None:
    """Tax withheld is asked about; what words part from it is not closed by that answer."""
    path = written(tmp_path, [*ROWS, "Alder Inc.,General Journal,08/15/2024,GJ3,TDS 202,202,-5.00"])
    asked = propose_mapping(path, answers=CURRENCY)
    assert "kind.transactions.General Journal" in [one.key for one in asked.blocking]
    answered = propose_mapping(
        path, answers={**CURRENCY, "kind.transactions.General Journal": "deduction", "terms.transactions": "30"}
    )
    assert {one.into for one in answered.files[0].types_in_words} == {"write-off", "returned payment"}
    ledger = preview_mapping(answered, path).ledger
    kinds = dict(ledger.tables["applications"].group_by("kind").agg(pl.col("amount").sum()).iter_rows())
    assert kinds == {"payment": 3000, "write_off": 7000, "deduction": 500}


def test_an_answer_of_the_same_meaning_is_for_all_of_it(tmp_path: Path) -> None:
    rows = [*ROWS[:2], *ROWS[3:]]
    said = {**CURRENCY, "kind.transactions.General Journal": "write_off"}
    assert propose_mapping(written(tmp_path, rows), answers=said).files[0].types_in_words == ()


def test_words_are_whole_and_compared_without_case_accents_and_marks() -> None:
    texts = pl.Series(["WRITE-OFF 12", "rewrite offer", None, "Créance irrécouvrable", "write  off"])
    words = ["write off", "creance irrecouvrable"]
    assert has_words(texts, words).to_list() == [True, False, False, True, True]
    assert has_words(texts, []).to_list() == [False] * 5


def test_rows_of_other_types_keep_theirs() -> None:
    frame = pl.DataFrame({"T": ["J", "J", "I", None], "M": ["bad debt", "rent", "bad debt", "bad debt"]})
    rule = TypeInWords("T", "J", "M", ("bad debt",), "write-off")
    assert with_types_in_words(frame, rule)["T"].to_list() == ["write-off", "J", "I", None]


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ('{ column = "Type", value = "J", by = "Memo", into = "write-off" }', "complete: it needs"),
        ('{ column = "Art", value = "J", by = "Memo", words = ["x"], into = "w" }', "a column of the file"),
        ('{ column = "Type", value = "J", by = "Text", words = "x", into = "w" }', "a column of the file"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_by_its_place(tmp_path: Path, rule: str, place: str) -> None:
    path = written(tmp_path)
    text = mapping_text(
        propose_mapping(
            path,
            answers={**CURRENCY, "transactions.types_in_words": "", "kind.transactions.General Journal": "leave_out"},
        )
    )
    text = text.replace('path = "transactions.csv"', f'path = "transactions.csv"\ntypes_in_words = [{rule}]')
    with pytest.raises(ParameterError, match=place) as caught:
        import_with_map(map_of_text(text, "map"), path)
    assert "types_in_words[1]" in str(caught.value)


def test_a_write_off_names_its_invoice_in_the_text_where_no_column_does(tmp_path: Path) -> None:
    (tmp_path / "customer_ledger.csv").write_text(
        "Type,Account,Name,Date,Due on,Ref,Details,Debit,Credit\n"
        "SI,ALTO01,Alto Ltd,05/01/2024,04/02/2024,10001,Goods,100.00,\n"
        "SI,ALTO01,Alto Ltd,15/01/2024,14/02/2024,10002,Goods,80.00,\n"
        "SI,BORA01,Bora Ltd,25/01/2024,24/02/2024,10003,Goods,60.00,\n"
        "SR,ALTO01,Alto Ltd,20/02/2024,,BACS,Payment,,100.00\n"
        "SR,BORA01,Bora Ltd,26/02/2024,,BACS,Payment,,20.00\n"
        "JNL,ALTO01,Alto Ltd,26/11/2024,,JV7,Bad debt 10002,,80.00\n",
        encoding="utf-8",
    )
    preview = preview_mapping(propose_mapping(tmp_path, answers=CURRENCY), tmp_path)
    rows = preview.ledger.tables["applications"].select("to_document_id", "kind", "amount").sort("to_document_id")
    assert rows.rows() == [("10001", "payment", 10000), ("10002", "write_off", 8000), ("10003", "payment", 2000)]
