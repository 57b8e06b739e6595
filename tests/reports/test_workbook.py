"""The workbook holds the frames' figures, live sums with their values, and text that stays text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from defusedxml import ElementTree
from reports.packs import AWKWARD, EVERY, awkward, nothing, plausible

from credrisk.reports.columns import columns_of
from credrisk.reports.sheets import FIRST_ROW, HEADER_ROW, TOTAL_ROW
from credrisk.reports.workbook import write_workbook

SHEETS = [
    "Summary",
    "Memo",
    "Ageing",
    "Scores",
    "Limits",
    "Queue",
    "Worklist",
    "Findings",
    "Intake",
    "Back-test",
    "Back-test folds",
    "History",
    "Definitions",
]
OWN_FORMULAS = (
    r"(SUBTOTAL\(109,|SUM\('Ageing'!|IF\(SUM\(\$B"
    r"|IFERROR\(MATCH\((SUBSTITUTE\()+\$B\$4,|IF\(\$[FGH]\$4=0,\"[a-z ]*\",IF\(INDEX\()"
)
"""How every formula begins; none holds a text of the data."""
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def part(path: Path, name: str) -> ElementTree:
    with zipfile.ZipFile(path) as folder:
        return ElementTree.fromstring(folder.read(name))


def sheet_xml(path: Path, sheet: str) -> ElementTree:
    return part(path, f"xl/worksheets/sheet{SHEETS.index(sheet) + 1}.xml")


def strings(path: Path) -> list[str]:
    return ["".join(node.itertext()) for node in part(path, "xl/sharedStrings.xml").iter(f"{MAIN}si")]


def read_back(path: Path, sheet: str) -> pl.DataFrame:
    """Read a sheet as a user would: headings in words, mapped to the CSV's names by the sheet Definitions."""
    book = fastexcel.read_excel(path)
    frame = book.load_sheet(sheet, header_row=HEADER_ROW).to_polars()
    mapping = book.load_sheet("Definitions", header_row=HEADER_ROW).to_polars().filter(pl.col("Sheet") == sheet)
    return frame.rename(dict(mapping.select("Term or heading", "Column in the CSV").iter_rows()))


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("book") / "credit-pack.xlsx"
    write_workbook(path, plausible())
    return path


@pytest.mark.parametrize("name", EVERY)
def test_every_pack_makes_a_workbook_with_all_sheets_and_the_same_bytes(tmp_path, name):
    for copy in ("first", "second"):
        write_workbook(tmp_path / f"{copy}.xlsx", EVERY[name]())
    assert (tmp_path / "first.xlsx").read_bytes() == (tmp_path / "second.xlsx").read_bytes()
    assert fastexcel.read_excel(tmp_path / "first.xlsx").sheet_names == SHEETS
    with zipfile.ZipFile(tmp_path / "first.xlsx") as folder:
        for item in folder.namelist():
            ElementTree.fromstring(folder.read(item))


@pytest.mark.parametrize("table", ["ageing", "scores", "limits", "queue", "history"])
def test_read_back_equals_the_frame(book, table):
    frame = getattr(plausible(), table)
    back = read_back(book, table.capitalize())
    key = "as_of" if table == "history" else "customer_id"
    back, frame = back.sort(key), frame.sort(key)
    assert back.height == frame.height
    for column in columns_of(table, frame):
        if frame[column.name].null_count() == frame.height:
            assert back[column.name].null_count() == back.height
        elif column.kind == "date":
            assert back[column.name].cast(pl.Date).to_list() == frame[column.name].to_list()
        elif frame.schema[column.name] == pl.Boolean:
            assert back[column.name].to_list() == ["yes" if value else "no" for value in frame[column.name]]
        elif column.kind == "state":
            assert back[column.name].to_list() == [value.replace("_", " ") for value in frame[column.name]]
        elif column.kind == "money":
            assert back[column.name].cast(pl.Float64).to_list() == frame[column.name].to_list()
        elif frame.schema[column.name].is_numeric():
            given, got = frame[column.name], back[column.name].cast(pl.Float64)
            assert got.is_null().to_list() == given.is_null().to_list()
            # A workbook keeps 16 digits.
            assert got.drop_nulls().to_list() == pytest.approx(given.drop_nulls().to_list(), rel=1e-14)
        else:
            assert back[column.name].to_list() == frame[column.name].to_list()


def test_the_back_test_is_in_words(book):
    back, metrics = read_back(book, "Back-test"), plausible().metrics
    assert back.row(0)[:2] == ("credrisk", "AUC")
    assert back["value"].drop_nulls().to_list() == metrics["value"].drop_nulls().to_list()
    assert back["value"].null_count() == metrics["value"].null_count() == 6


def test_findings_stand_worst_first(book):
    assert read_back(book, "Findings")["severity"].to_list() == ["error", "warning", "note"]


def test_totals_are_live_and_carry_their_values(book):
    pack = plausible()
    columns = columns_of("ageing", pack.ageing)
    cells = {cell.get("r"): cell for cell in sheet_xml(book, "Ageing").iter(f"{MAIN}c")}
    place = next(i for i, column in enumerate(columns) if column.name == "past_due")
    letter = chr(ord("A") + place)
    total = cells[f"{letter}{TOTAL_ROW + 1}"]
    last = FIRST_ROW + pack.ageing.height
    assert total.find(f"{MAIN}f").text == f"SUBTOTAL(109,{letter}{FIRST_ROW + 1}:{letter}{last})"
    assert float(total.find(f"{MAIN}v").text) == pytest.approx(pack.ageing["past_due"].sum(), abs=0.004)


def test_the_summary_sums_the_ageing_sheet(book):
    pack = plausible()
    formulas = {
        cell.find(f"{MAIN}f").text: float(cell.find(f"{MAIN}v").text)
        for cell in sheet_xml(book, "Summary").iter(f"{MAIN}c")
        if cell.find(f"{MAIN}f") is not None
    }
    sums = [value for formula, value in formulas.items() if formula.startswith("SUM('Ageing'!")]
    names = ["not_due", "past_due_1_30", "past_due_31_60", "past_due_61_90", "past_due_over_90", "late_fees"]
    names.append("open_credits")
    expected = [pack.ageing[name].sum() for name in [*names, "open_balance", "unapplied_cash", "net_balance"]]
    assert sums == pytest.approx(expected, abs=0.004)
    shares = [value for formula, value in formulas.items() if formula.startswith("IF(SUM(")]
    assert sum(shares) == pytest.approx(1.0)
    assert sum(expected[:7]) == pytest.approx(expected[7], abs=0.004)


def test_nothing_from_the_data_becomes_a_formula_or_a_link(tmp_path):
    path = tmp_path / "awkward.xlsx"
    write_workbook(path, awkward())
    for sheet in SHEETS:
        root = sheet_xml(path, sheet)
        formulas = [node.text for node in root.iter(f"{MAIN}f")]
        assert all(re.match(OWN_FORMULAS, formula) for formula in formulas)
        assert not list(root.iter(f"{MAIN}hyperlink"))
    texts = strings(path)
    for name in AWKWARD:
        assert name in [text.replace("_x000D_", "\r") for text in texts]


def test_texts_that_look_like_formulas_keep_their_quote(tmp_path):
    path = tmp_path / "awkward.xlsx"
    write_workbook(path, awkward())
    formats = list(part(path, "xl/styles.xml").find(f"{MAIN}cellXfs"))
    texts = strings(path)
    quoted = plain = 0
    for cell in sheet_xml(path, "Scores").iter(f"{MAIN}c"):
        if cell.get("t") != "s":
            continue
        text = texts[int(cell.find(f"{MAIN}v").text)].replace("_x000D_", "\r")
        has_quote = formats[int(cell.get("s"))].get("quotePrefix") == "1"
        assert has_quote == text.startswith(("=", "+", "-", "@", "\t", "\r"))
        quoted, plain = quoted + has_quote, plain + (not has_quote)
    assert quoted == 6
    assert plain > 100


def test_headings_are_frozen_filtered_explained_and_repeated_on_paper(book):
    for sheet in SHEETS[2:12]:
        root = sheet_xml(book, sheet)
        pane = next(root.iter(f"{MAIN}pane"))
        assert (pane.get("state"), pane.get("ySplit")) == ("frozen", str(FIRST_ROW))
        assert root.find(f"{MAIN}autoFilter").get("ref").startswith(f"A{HEADER_ROW + 1}:")
        setup = root.find(f"{MAIN}pageSetup")
        assert setup.get("orientation") == "landscape"
        assert setup.get("fitToHeight", "1") in ("0", "1")
        prompts = [node.get("prompt") for node in root.iter(f"{MAIN}dataValidation")]
        assert prompts
        assert all(prompts)
    names = [node.text for node in part(book, "xl/workbook.xml").iter(f"{MAIN}definedName")]
    assert f"Scores!${HEADER_ROW + 1}:${HEADER_ROW + 1}" in names


def test_null_cells_are_empty(tmp_path):
    path = tmp_path / "nulls.xlsx"
    write_workbook(path, EVERY["all_null"]())
    back = read_back(path, "Scores")
    assert back["pd_12m"].null_count() == back.height == 5
    assert back["customer_id"].to_list() == [f"C{index:05d}" for index in range(1, 6)]


def test_properties_name_the_report_and_no_day_but_its_own(book):
    with zipfile.ZipFile(book) as folder:
        core = folder.read("docProps/core.xml").decode()
    assert "Sample portfolio: credit pack as of 2026-03-31" in core
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"2026-03-31T"}


def test_a_pack_of_nothing_says_so(tmp_path):
    path = tmp_path / "nothing.xlsx"
    write_workbook(path, nothing())
    assert "Nothing was measured." in strings(path)
