"""The dialogue of the import wizard: columns and ``KEY=VALUE`` at any question, and no answer is lost where it ends."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from command import credrisk, refused, succeeded

ROWS = [
    *(f"C{one % 3},I{one},2024-01-{one + 10},2024-02-{one + 10},2024-03-{one + 10},{one * 10}.25" for one in range(9)),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def export(folder: Path, head: str) -> None:
    (folder / "items.csv").write_text("\n".join((head, *ROWS)) + "\n", encoding="utf-8")


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


NO_DUE = "Customer No,Invoice No,Invoice Date,Zzz,Entered On,Amount"
NO_DATE = "Customer No,Invoice No,GL_DATE,Due Date,Dt Doc,Amount"


@pytest.mark.parametrize(
    "answer",
    [
        "Zzz",
        "zzz",
        "due_date=Zzz",
        "items.due_date=Zzz",
        "--answer items.due_date=Zzz",
        "'items.due_date=Zzz'",
    ],
)
def test_a_question_of_terms_takes_a_column(folder: Path, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    export(folder, NO_DUE)
    typed(monkeypatch, "EUR", answer, "")
    outcome = succeeded("import", "wizard", "items.csv")
    assert "column Zzz" in outcome.out
    assert 'due_date = "Zzz"' in (folder / "mapping.toml").read_text(encoding="utf-8")


def test_a_column_that_is_not_there_is_asked_again_and_other_answers_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(folder, NO_DUE)
    typed(monkeypatch, "EUR", "Zz", "30", "")
    outcome = succeeded("import", "wizard", "items.csv")
    assert "items.due_date=Zz is not taken" in outcome.out
    assert "plus_days = 30" in (folder / "mapping.toml").read_text(encoding="utf-8")


def test_another_question_may_be_answered_before(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(folder, NO_DUE)
    typed(monkeypatch, "terms.items=14", "EUR", "")
    outcome = succeeded("import", "wizard", "items.csv")
    assert outcome.out.count("In which currency") == 2
    assert "has no due date" not in outcome.out


def test_every_column_of_dates_is_offered_the_best_header_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(folder, NO_DATE)
    said = refused("import", "wizard", "items.csv", "--yes", "--answer", "currency=EUR")
    assert "or --answer 'items.document_date=Dt Doc', GL_DATE" in said
    typed(monkeypatch, "EUR", "Dt Doc", "")
    succeeded("import", "wizard", "items.csv")
    assert 'document_date = "Dt Doc"' in (folder / "mapping.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("header", ["Dato", "TRX_DATE"])
def test_such_headers_are_the_date_of_the_document(header: str, folder: Path) -> None:
    export(folder, f"Customer No,Invoice No,{header},Due Date,GL_DATE,Amount")
    succeeded("import", "wizard", "items.csv", "--yes", "--answer", "currency=EUR")
    assert f'document_date = "{header}"' in (folder / "mapping.toml").read_text(encoding="utf-8")


def test_where_the_input_ends_the_open_question_is_named_and_the_answers_are_printed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(folder, NO_DUE)
    typed(monkeypatch, "EUR")
    outcome = credrisk("import", "wizard", "items.csv")
    assert outcome.code == 1
    assert "--answer terms.items= a whole number of days; or --answer items.due_date=Zzz" in outcome.err
    assert "Your answers so far, for the next time: --answer currency=EUR" in outcome.out
    assert not (folder / "mapping.toml").exists()


class _Interrupted(io.StringIO):
    def readline(self, *arguments: int) -> str:  # type: ignore[override]
        line = super().readline(*arguments)
        if not line:
            raise KeyboardInterrupt
        return line


def test_an_interrupted_dialogue_prints_the_answers_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(folder, NO_DUE)
    monkeypatch.setattr(sys, "stdin", _Interrupted("EUR\nitems.customer_id=Customer No\n"))
    outcome = credrisk("import", "wizard", "items.csv")
    assert outcome.code != 0
    assert "--answer currency=EUR --answer 'items.customer_id=Customer No'" in outcome.out
