"""Headings of customers that stand in several cells with labels, the first of them also above the header."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.portfolio.ageing import ageing
from credrisk.sources.mapping import import_with_map
from credrisk.sources.wizard.preview import Preview, last_day, preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "No,Type,Date,Due on,Ref,Details,Amount,O/S,,Debit,Credit"
TITLE = ("Harbour Supplies Ltd,,,,,,,,,,", "Customer Activity (Detailed),,,,,,,,,,", ",,,,,,,,,,")
ALDER = (
    "4,SI,2024-01-05,2024-02-04,10191,Goods,100.50,40.50,p,100.50,",
    "7,SR,2024-02-10,,FPI,Sales Receipt,60.00,0.00,,,60.00",
    ",,,,,Totals:,,40.50,,100.50,60.00",
)
BIRCH = (
    "10,SI,2024-01-08,2024-02-07,10192,Goods,70.25,70.25,*,70.25,",
    "12,SI,2024-01-12,2024-02-11,10193,Goods,10.00,10.00,*,10.00,",
    ",,,,,Totals:,,80.25,,80.25,",
)
OWED = {"ALDERM01": 40.5, "BIRCH02": 80.25}
NAMES = {"ALDERM01": "Alder Motors Ltd", "BIRCH02": "Birch Foods LLP"}
CELLS = ("A/C:,ALDERM01,,Name:,Alder Motors Ltd,,,,,,", "A/C:,BIRCH02,,Name:,Birch Foods LLP,,,,,,")


def written(folder: Path, *lines: str) -> Path:
    (folder / "activity.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def propose(folder: Path, *lines: str, **answers: str) -> tuple[Proposal, Preview]:
    given = {name.replace("__", "."): value for name, value in answers.items()}
    proposal = propose_mapping(written(folder, *lines), answers={"currency": "GBP", **given})
    return proposal, preview_mapping(proposal, folder)


def net(preview: Preview) -> dict[str, float]:
    aged = ageing(preview.ledger, as_of=last_day(preview.ledger), by="customer", translate=False, output="polars")
    return {row["customer_id"]: row["open_balance"] - row["unapplied_cash"] for row in aged.iter_rows(named=True)}


def names(preview: Preview) -> dict[str, str]:
    return dict(preview.ledger.tables["customers"].select("customer_id", "name").iter_rows())


REPORTS = {
    "above the header": (*TITLE, CELLS[0], HEAD, *ALDER, "", CELLS[1], HEAD, *BIRCH),
    "below the header": (*TITLE, HEAD, CELLS[0], *ALDER, "", CELLS[1], *BIRCH),
    "one cell": (
        *(HEAD, "A/C: ALDERM01 Name: Alder Motors Ltd,,,,,,,,,,", *ALDER),
        *("A/C: BIRCH02 Name: Birch Foods LLP,,,,,,,,,,", *BIRCH),
    ),
    "more labels": (
        *TITLE,
        *("A/C:,ALDERM01,,Name:,Alder Motors Ltd,,Tel:,0161 555,,,", HEAD, *ALDER),
        *("A/C:,BIRCH02,,Name:,Birch Foods LLP,,Tel:,0113 555,,,", HEAD, *BIRCH),
    ),
}


@pytest.mark.parametrize("report", REPORTS)
def test_number_and_name_stand_behind_labels(tmp_path: Path, report: str) -> None:
    _, preview = propose(tmp_path, *REPORTS[report])
    assert net(preview) == pytest.approx(OWED)
    assert names(preview) == NAMES
    assert preview.ledger.quarantine.is_empty()


def test_the_first_heading_of_a_workbook_above_the_header(tmp_path: Path) -> None:
    lines = [(line.split(",") + [""] * 11)[:11] for line in REPORTS["above the header"]]
    frame = pl.DataFrame(lines, schema=[f"c{place}" for place in range(11)], orient="row")
    frame.write_excel(tmp_path / "activity.xlsx", include_header=False)
    proposal = propose_mapping(tmp_path, answers={"currency": "GBP"})
    preview = preview_mapping(proposal, tmp_path)
    assert net(preview) == pytest.approx(OWED)
    assert names(preview) == NAMES


def test_next_month_another_customer_stands_above_the_header(tmp_path: Path) -> None:
    _, preview = propose(tmp_path, *REPORTS["above the header"])
    (tmp_path / "m.toml").write_text(preview.text, encoding="utf-8")
    written(tmp_path, *TITLE, CELLS[1], HEAD, *BIRCH, "", CELLS[0], HEAD, *ALDER)
    documents = import_with_map(tmp_path / "m.toml", tmp_path).tables["documents"]
    assert documents["customer_id"].to_list() == ["BIRCH02", "BIRCH02", "ALDERM01"]


@pytest.mark.parametrize("column", ["Type", "column 9"])
def test_an_answer_that_names_a_column_without_headings_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(ParameterError, match=r"a column in which headings stand .*'No' begins with 'A/C:'"):
        propose(tmp_path, *REPORTS["above the header"], activity__headings=column)


def test_an_answer_that_names_the_column_of_the_label_is_followed(tmp_path: Path) -> None:
    _, preview = propose(tmp_path, *REPORTS["above the header"], activity__headings="No")
    assert net(preview) == pytest.approx(OWED)


def test_a_customer_for_nearly_each_document_is_said_first(tmp_path: Path) -> None:
    lines = [f"{n},SI,2024-01-05,2024-02-04,{n + 5000},Goods,100.50,100.50,p,100.50," for n in range(1, 41)]
    proposal = propose_mapping(
        written(tmp_path, HEAD, *lines), answers={"currency": "GBP", "activity.customer_id": "Ref"}
    )
    assert proposal.unsure[0].startswith("activity: Ref makes 40 customers of 40 documents, nearly one for each")
