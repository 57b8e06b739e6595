"""A flag "disputed" without a date: open documents are in dispute on the last day, settled ones until settlement."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from credrisk import Ledger
from credrisk.errors import DataError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Customer No,Invoice Date,Due Date,Amount,Currency,Paid Amount,Paid Date,Balance,Disputed"
ROWS = (
    "1,A,2024-01-02,2024-02-01,10.00,EUR,10.00,2024-02-03,0.00,Y",
    "2,A,2024-01-05,2024-02-04,20.00,EUR,,,20.00,Y",
    "3,A,2024-01-08,2024-02-07,30.00,EUR,12.00,2024-02-09,18.00,Y",
    "4,A,2024-01-09,2024-02-08,40.00,EUR,40.00,2024-03-05,0.00,N",
    "5,A,2024-01-10,2024-02-09,50.00,EUR,,,50.00,N",
)


def read(folder: Path, *without: str) -> tuple[Proposal, str, Ledger]:
    cells = [line.split(",") for line in (HEAD, *ROWS)]
    kept = [place for place, name in enumerate(cells[0]) if name not in without]
    text = "\n".join(",".join(line[place] for place in kept) for line in cells)
    (folder / "a.csv").write_text(text + "\n", encoding="utf-8")
    proposal = propose_mapping(folder / "a.csv")
    preview = preview_mapping(proposal, folder / "a.csv")
    return proposal, preview.text, preview.ledger


def disputes(ledger: Ledger) -> list[tuple[object, ...]]:
    return ledger.tables["disputes"].sort("document_id").select("document_id", "opened_on", "resolved_on").rows()


LAST = date(2024, 3, 5)
PAID = date(2024, 2, 3)


def test_what_is_open_is_disputed_on_the_last_day_and_what_was_settled_until_then(tmp_path: Path) -> None:
    proposal, _, ledger = read(tmp_path)
    assert disputes(ledger) == [("1", PAID, PAID), ("2", LAST, None), ("3", LAST, None)]
    said = (
        "a: Disputed has no date; disputes of 2 open documents, 38.00 in all, are taken to be known from the last day"
    )
    assert any(one.startswith(said) for one in proposal.unsure)
    said = "a: Disputed has no date; disputes of 1 settled document, 10.00 in all, are taken to be known and resolved"
    assert any(one.startswith(said) for one in proposal.unsure)


@pytest.mark.parametrize(
    ("without", "expected"),
    [
        (("Balance",), [("1", PAID, PAID), ("2", LAST, None), ("3", date(2024, 2, 9), date(2024, 2, 9))]),
        (("Amount", "Paid Amount"), [("1", PAID, PAID), ("2", LAST, None), ("3", date(2024, 2, 9), date(2024, 2, 9))]),
        (("Paid Date", "Paid Amount"), [("2", date(2024, 1, 10), None), ("3", date(2024, 1, 10), None)]),
    ],
)
def test_fewer_columns_say_less(tmp_path: Path, without: tuple[str, ...], expected: list[tuple[object, ...]]) -> None:
    assert disputes(read(tmp_path, *without)[2]) == expected


def test_the_last_day_is_that_of_the_export_read_or_as_stated(tmp_path: Path) -> None:
    _, text, _ = read(tmp_path)
    assert 'opened_on = { constant = "covers_to" }' in text
    source = tmp_path / "a.csv"
    stated = text.replace("# covers_to = 2025-12-31", "covers_to = 2024-03-31")
    (tmp_path / "m.toml").write_text(stated, encoding="utf-8")
    assert "2024-03-31" in import_with_map(tmp_path / "m.toml", source).tables["disputes"]["opened_on"].to_list()
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    source.write_text(source.read_text(encoding="utf-8").replace("2024-03-05", "2024-04-07"), encoding="utf-8")
    assert "2024-04-07" in import_with_map(tmp_path / "m.toml", source).tables["disputes"]["opened_on"].to_list()


def test_a_last_day_that_nothing_tells_is_asked_for(tmp_path: Path) -> None:
    _, text, _ = read(tmp_path)
    source = tmp_path / "a.csv"
    source.write_text(source.read_text(encoding="utf-8").replace("-0", "_0"), encoding="utf-8")
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="no date of documents or payments tells it"):
        import_with_map(tmp_path / "m.toml", source)
