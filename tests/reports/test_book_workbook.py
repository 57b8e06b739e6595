"""The pack's workbook: every formula is worth its value, checks are nil, links lead somewhere, text stays text."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from defusedxml import ElementTree
from reports.pack_books import full_book, hostile_book, small_book
from xlsx_edit import Edited, office, tag

from credrisk.reports.book import Book
from credrisk.reports.book_read import read_book_workbook
from credrisk.reports.book_sheets import MOST_ITEMS, ageing_formulas, book_tables
from credrisk.reports.book_workbook import write_book_workbook
from credrisk.reports.columns import columns_of
from credrisk.reports.sheets import HEADER_ROW

BOOKS = {"full": full_book, "small": small_book, "hostile": hostile_book}
ERROR = re.compile(r"#(REF|NAME|VALUE|DIV/0|N/A|NUM|NULL)")
FUNCTIONS = {
    "SUBTOTAL",
    "SUM",
    "SUMIF",
    "SUMIFS",
    "COUNT",
    "COUNTA",
    "COUNTIFS",
    "SUMPRODUCT",
    "ROUND",
    "ABS",
    "MIN",
    "INDEX",
}
FUNCTIONS |= {"IF", "IFERROR", "AND", "MATCH", "SUBSTITUTE", "ISNUMBER", "SEARCH"}


@pytest.fixture(scope="module", params=BOOKS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Path]:
    book = BOOKS[request.param]()
    path = tmp_path_factory.mktemp(request.param) / "pack.xlsx"
    write_book_workbook(path, book)
    return book, path


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Path]:
    book, path = full_book(), tmp_path_factory.mktemp("full") / "pack.xlsx"
    write_book_workbook(path, book)
    return book, path


def formulas(path: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return sheet and cell -> formula and value, as texts."""
    book = Edited(path)
    found = {}
    for name in book.places:
        for row in book.rows(name).values():
            for cell in row:
                formula = cell.find(tag("f"))
                if formula is not None:
                    found[name, str(cell.get("r"))] = (formula.text or "", book.text(cell))
    return found


def without_values(path: Path, to: Path) -> Path:
    """Write a copy whose formulas have no values, so that whoever opens it has to work them out."""
    book = Edited(path)
    for name in book.places:
        for row in book.rows(name).values():
            for cell in row:
                if cell.find(tag("f")) is not None:
                    cell.attrib.pop("t", None)
                    for value in cell.findall(tag("v")):
                        cell.remove(value)
    return book.save(to)


def sheets(path: Path) -> list[str]:
    return list(Edited(path).places)


def test_the_same_pack_gives_the_same_bytes(made: tuple[Book, Path], tmp_path: Path) -> None:
    book, path = made
    write_book_workbook(tmp_path / "again.xlsx", book)
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


@pytest.mark.libreoffice
@pytest.mark.parametrize("name", ["full", "small"])
def test_every_formula_is_worth_what_stands_beside_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, BOOKS[name]())
    expected = formulas(path)
    assert len(expected) > (400 if name == "full" else 40)
    bare = without_values(path, tmp_path / "bare.xlsx")
    assert {value for _, value in formulas(bare).values()} == {""}
    worked_out = formulas(office(bare, "xlsx", tmp_path / "office"))
    assert set(worked_out) == set(expected)
    for place, (formula, value) in expected.items():
        got = worked_out[place][1]
        assert not ERROR.search(got), (place, formula, got)
        if re.fullmatch(r"-?[\d.]+(?:[eE][-+]?\d+)?", value):
            assert float(got or 0) == pytest.approx(float(value), rel=1e-9, abs=1e-6), (place, formula)
        else:
            assert got == value, (place, formula)


def test_sheets_of_what_there_is_and_words_for_what_there_is_not(full: tuple[Book, Path]) -> None:
    book, path = full
    assert sheets(path) == [
        "Cover", "Charts", "Memo", "Ageing", "By country", "Open items", "DSO", "CEI", "Cash", "Top by customer",
        "Provision", "Specific", "Scenarios", "Provision base", "Scores", "Limits", "Queue", "Worklist", "Promises",
        "Disputes", "Findings", "Intake", "Back-test", "Back-test folds", "History", "Definitions", "Stamp",
    ]  # fmt: skip
    cover = [
        cell
        for row in fastexcel.read_excel(path).load_sheet("Cover", header_row=None).to_polars().rows()
        for cell in row
    ]
    assert "Roll rates" in cover
    assert "The ledger covers fewer than two months." in cover
    assert book.missing


def test_links_of_the_contents_lead_to_sheets(full: tuple[Book, Path]) -> None:
    _, path = full
    book = Edited(path)
    links = [str(link.get("location")) for link in book.sheet("Cover").iter(tag("hyperlink"))]
    named = [re.fullmatch(r"'(.+)'!A1", link) for link in links]
    visible = [name for name in sheets(path) if name not in ("Cover", "Stamp")]
    assert [match[1] for match in named if match] == visible


def test_checks_are_nil_and_a_changed_cell_shows(full: tuple[Book, Path], tmp_path: Path) -> None:
    _, path = full
    checks = {place: value for place, value in formulas(path).items() if place[0] == "Cover" and "ROUND(" in value[0]}
    assert len(checks) >= 7
    assert {float(value) for _, value in checks.values()} == {0.0}
    states = [
        value for (name, _), (formula, value) in formulas(path).items() if name == "Cover" and '"ties"' in formula
    ]
    assert states == ["ties"] * len(checks)
    book = full_book()
    wrong = replace(book, items=book.items.with_columns(open_in_currency=pl.col("open_in_currency") + 1.0))
    write_book_workbook(tmp_path / "wrong.xlsx", wrong)
    found = [value for _, value in formulas(tmp_path / "wrong.xlsx").values()]
    assert found.count("differs") == 1


def cover_of(path: Path) -> dict[str, list[str]]:
    """Return label -> the cells to the right of it."""
    book = Edited(path)
    rows = ([book.text(cell) for cell in row] for row in book.rows("Cover").values())
    return {row[0]: row[1:] for row in rows if row}


def test_the_sums_of_the_limits_cross_foot_where_none_is_on_file(tmp_path: Path) -> None:
    book = small_book()
    granted = book.limits.filter(pl.col("current_limit").is_null() & (pl.col("recommended_limit") > 0))
    assert granted.height
    write_book_workbook(tmp_path / "pack.xlsx", book)
    edited = Edited(tmp_path / "pack.xlsx")
    headings = {edited.text(cell): re.sub(r"\d", "", str(cell.get("r"))) for cell in edited.rows("Limits")[4]}
    today, after, change = (headings[each] for each in ("Current limit", "Recommended limit", "Change"))
    sums = {re.sub(r"\d", "", str(cell.get("r"))): cell for cell in edited.rows("Limits")[3]}
    amounts = [float(edited.text(sums[each])) for each in (today, after, change)]
    assert amounts[1] - amounts[0] == pytest.approx(amounts[2])
    assert amounts[2] == pytest.approx(book.limits["recommended_limit"].sum() - book.limits["current_limit"].sum())


@pytest.mark.libreoffice
def test_limits_decided_as_text_change_no_figure_of_the_cover(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, small_book())
    book = Edited(path)
    book.write("Limits", "a", "Decided limit", 25_000.0)
    book.write("Limits", "b", "Decided limit", "25,500.00 EUR")
    book.write("Limits", "j", "Decided limit", 1_000.0)  # has no limit today
    decided = without_values(book.save(tmp_path / "decided.xlsx"), tmp_path / "bare.xlsx")
    cover = cover_of(office(decided, "xlsx", tmp_path / "office"))
    assert [float(cover[name][0]) for name in ("Limits decided here", "Decided as text")] == [2, 1]
    assert float(cover["Limits once these are set"][0]) == float(cover["Limits today"][0]) + 5_000 + 1_000


@pytest.mark.libreoffice
def test_a_figure_that_was_typed_over_differs_from_what_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, full_book())
    checks = ("Open balance as measured", "Expected loss as measured", "Provision as measured")
    assert [cover_of(path)[name][:2] for name in checks] == [["0.0", "ties"]] * 3
    book = Edited(path)
    book.put("Provision", f"{book.headings('Provision')['Rate']}5", 0.5)
    book.put("Scores", f"{book.headings('Scores')['Expected loss']}5", 1e6)
    changed = without_values(book.save(tmp_path / "changed.xlsx"), tmp_path / "bare.xlsx")
    cover = cover_of(office(changed, "xlsx", tmp_path / "office"))
    assert [cover[name][1] for name in checks] == ["ties", "differs", "differs"]


def test_translated_items_may_be_off_by_their_rounding_and_no_more(tmp_path: Path) -> None:
    book = full_book()
    for off, state in ((0.02, "ties"), (0.03, "differs")):
        place = pl.int_range(pl.len())
        items = book.items.with_columns(
            currency=pl.when(place < 2).then(pl.lit("USD")).otherwise("currency"),
            open_in_currency=pl.col("open_in_currency") + pl.when(place == 0).then(off).otherwise(0.0),
        )
        write_book_workbook(tmp_path / "pack.xlsx", replace(book, items=items))
        found = [value for _, value in formulas(tmp_path / "pack.xlsx").values()]
        assert ("differs" in found) == (state == "differs"), off


def test_no_formula_holds_a_text_of_the_data(made: tuple[Book, Path]) -> None:
    book, path = made
    data = {text for name in ("customer_id", "name") for text in book.scores[name].to_list()} | {book.title}
    names = set(sheets(path))
    for place, (formula, _) in formulas(path).items():
        assert set(re.findall(r"([A-Za-z.]+)\(", re.sub(r'"[^"]*"', "", formula))) <= FUNCTIONS, (place, formula)
        assert not set(re.findall(r'"([^"]*)"', formula)) & data, (place, formula)
        assert set(re.findall(r"'([^']*)'!", formula)) <= names, (place, formula)
    with zipfile.ZipFile(path) as folder:
        assert not [name for name in folder.namelist() if "externalLink" in name or "vba" in name.lower()]
        for name in folder.namelist():
            if name.endswith(".rels"):
                assert "External" not in folder.read(name).decode()


def test_hostile_names_stand_as_they_are(tmp_path: Path) -> None:
    book, path = hostile_book(), tmp_path / "pack.xlsx"
    write_book_workbook(path, book)
    back = fastexcel.read_excel(path).load_sheet("Limits", header_row=HEADER_ROW).to_polars()
    names = dict(back.select("Customer no.", "Customer").rows())
    given = dict(book.limits.select("customer_id", "name").rows())
    assert {one: " ".join(text.split()) for one, text in names.items()} == {
        one: " ".join(text.split()) for one, text in given.items()
    }
    parts = Edited(path)
    styles = ElementTree.fromstring(parts.parts["xl/styles.xml"])
    formats = list(styles.find(tag("cellXfs")))
    for name in ("Limits", "Queue", "Worklist", "Scores"):
        for row in parts.rows(name).values():
            for cell in row:
                text = parts.text(cell)
                if cell.get("t") == "s" and text.startswith(("=", "+", "-", "@", "\t", "\r")):
                    assert formats[int(str(cell.get("s")))].get("quotePrefix") == "1", (name, text)


def test_sheets_are_filtered_frozen_and_fit_for_paper(full: tuple[Book, Path]) -> None:
    _, path = full
    book = Edited(path)
    plain = ("Cover", "Charts", "Memo", "Stamp")
    for name in sheets(path):
        if name in plain:
            continue
        root = book.sheet(name)
        assert next(root.iter(tag("pane"))).get("state") == "frozen"
        assert root.find(tag("autoFilter")) is not None
        setup = root.find(tag("pageSetup"))
        assert setup.get("orientation") == "landscape"
        assert setup.get("fitToHeight", "1") in ("0", "1")
        assert "&P / &N" in root.findtext(f"{tag('headerFooter')}/{tag('oddFooter')}", "")
    workbook = ElementTree.fromstring(book.parts["xl/workbook.xml"])
    hidden = [sheet.get("name") for sheet in workbook.iter(tag("sheet")) if sheet.get("state")]
    assert hidden == ["Stamp"]
    rules = [str(rule.get("type")) for rule in book.sheet("Limits").iter(tag("dataValidation"))]
    assert {"decimal", "textLength"} <= set(rules)
    assert {"list", "decimal", "whole", "date"} <= {
        str(r.get("type")) for r in book.sheet("Queue").iter(tag("dataValidation"))
    }
    drawn = [name for name in book.parts if name.startswith("xl/charts/chart")]
    assert len(drawn) == 5
    drawing = next(text for name, text in book.parts.items() if "drawings/drawing1.xml" in name)
    assert b"descr=" in drawing


def test_long_names_are_cut_below_the_bars_of_the_largest(tmp_path: Path) -> None:
    """The bars read formulas that cut what the table holds, so they follow it when it is sorted."""
    book, path = full_book(), tmp_path / "pack.xlsx"
    write_book_workbook(path, book)
    plain = [text for name, text in Edited(path).parts.items() if name.startswith("xl/charts/chart")]
    assert not any(b"Charts!$U" in text for text in plain)
    top = {key: frame.with_columns(name=pl.lit("N" * 300)) for key, frame in book.concentration.items()}
    write_book_workbook(path, replace(book, concentration=top))
    edited = Edited(path)
    assert any(b"Charts!$U" in text for name, text in edited.parts.items() if name.startswith("xl/charts/chart"))
    formulas = [one.text or "" for one in edited.sheet("Charts").iter(tag("f"))]
    assert formulas
    assert all(text.startswith("IF(LEN(") and "LEFT(" in text for text in formulas)
    cached = [
        cell.findtext(tag("v")) for cell in edited.sheet("Charts").iter(tag("c")) if cell.find(tag("f")) is not None
    ]
    assert {len(str(text)) for text in cached} == {26}


def test_a_long_sheet_prints_its_first_rows_alone(tmp_path: Path) -> None:
    book, path = full_book(), tmp_path / "pack.xlsx"
    items = pl.concat([book.items] * (1 + 70 // book.items.height))
    write_book_workbook(path, replace(book, items=items))
    workbook = ElementTree.fromstring(Edited(path).parts["xl/workbook.xml"])
    areas = [name.text for name in workbook.iter(tag("definedName")) if name.get("name") == "_xlnm.Print_Area"]
    # The headings stand in row 4: rows 5 to 64 are the first sixty.
    assert next(area for area in areas if area.startswith("'Open items'")).endswith("$64")


def test_a_table_that_nearly_fits_on_one_page_is_squeezed_onto_it(tmp_path: Path) -> None:
    book, path = full_book(), tmp_path / "pack.xlsx"
    heights = {}
    for rows in (5, 40, 58):
        items = pl.concat([book.items] * (1 + rows // book.items.height)).head(rows)
        write_book_workbook(path, replace(book, items=items))
        setup = Edited(path).sheet("Open items").find(tag("pageSetup"))
        heights[rows] = setup.get("fitToHeight", "1")
    assert heights == {5: "1", 40: "1", 58: "0"}


def test_an_empty_sheet_says_that_nothing_is_on_it(tmp_path: Path) -> None:
    book, path = small_book(), tmp_path / "pack.xlsx"
    idle = book.queue.with_columns(contact_today=pl.lit(False))
    write_book_workbook(path, replace(book, queue=idle))
    edited = Edited(path)
    assert edited.text(edited.rows("Worklist")[3][0]) == "Nothing to list."
    assert read_book_workbook(path).worklist == ()


def test_no_amount_that_is_rounded_to_zero_has_a_minus(tmp_path: Path) -> None:
    path, gains = tmp_path / "pack.xlsx", {}
    for gain in (-0.17, -0.5, 0.0):
        book = small_book()
        write_book_workbook(path, replace(book, queue=book.queue.with_columns(gain=pl.lit(gain))))
        edited = Edited(path)
        rules = [one for one in edited.sheet("Queue").iter(tag("cfRule")) if one.get("operator") == "between"]
        gains[gain] = [[part.text for part in one.iter(tag("formula"))] for one in rules]
    assert gains == {-0.17: [["-0.499999", "0"]], -0.5: [], 0.0: []}


def test_definitions_tell_sheets_alike_once_and_only_the_terms_are_printed(tmp_path: Path) -> None:
    book, path = full_book(), tmp_path / "pack.xlsx"
    more = {key: next(iter(book.ageing_by.values())).rename({"country": key}) for key in ("industry", "segment")}
    write_book_workbook(path, replace(book, ageing_by={**book.ageing_by, **more}))
    edited = Edited(path)
    told = [tuple(edited.text(cell) for cell in row) for row in edited.rows("Definitions").values()]
    assert len(told) == len(set(told))
    assert [row[2] for row in told if row[0] == "By ..."].count("past_due") == 1
    workbook = ElementTree.fromstring(edited.parts["xl/workbook.xml"])
    areas = [name.text for name in workbook.iter(tag("definedName")) if name.get("name") == "_xlnm.Print_Area"]
    assert next(area for area in areas if "Definitions" in area).endswith(f"${4 + len(book.definitions)}")


@pytest.mark.libreoffice
def test_it_prints_on_whole_pages(tmp_path: Path) -> None:
    path = tmp_path / "pack.xlsx"
    write_book_workbook(path, full_book())
    printed = office(path, "pdf", tmp_path / "office")
    counter = shutil.which("pdftotext")
    if counter is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run([counter, "-layout", str(printed), "-"], check=True, capture_output=True, text=True)
    pages = done.stdout.split("\f")[:-1]
    assert 10 <= len(pages) <= 80
    assert "Checks: each must be nil" in pages[0]
    for page in pages:
        assert "###" not in page
        assert not ERROR.search(page)
    limits = [page for page in pages if re.search(r"\bLimits\s+\d+ / \d+\s*$", page)]
    assert limits
    assert all("Decided limit" in page for page in limits)
    assert not any(re.search(r"\bStamp\s+\d+ / \d+\s*$", page) for page in pages)


def test_formulas_of_an_ageing_name_the_buckets_that_are_there() -> None:
    columns = ["not_due", "past_due_1_30", "past_due_over_30", "past_due", "open_balance", "share_past_due"]
    found = ageing_formulas(columns)
    assert found["past_due"] == "{past_due_1_30}+{past_due_over_30}"
    assert found["open_balance"] == "{not_due}+{past_due_1_30}+{past_due_over_30}"
    assert "net_balance" not in found
    assert not ageing_formulas(["open_balance"])


def test_cohorts_stand_side_by_side() -> None:
    months = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    rows = [
        {"cohort": month, "age_months": age, "invoices": 3, "invoiced": 100.0, "open_share": 0.9 - 0.3 * age,
         "paid_share": 0.1 + 0.3 * age, "currency": "EUR"}
        for place, month in enumerate(months)
        for age in range(3 - place)
    ]  # fmt: skip
    book = replace(full_book(), cohorts=pl.DataFrame(rows))
    (table,) = (one for one in book_tables(book) if one.key == "cohorts")
    shown = table.frame.select("cohort", "open_0", "open_1", "open_2", pl.col("paid_share").round(9)).rows()
    assert shown == [
        (months[0], 0.9, pytest.approx(0.6), pytest.approx(0.3), 0.7),
        (months[1], 0.9, pytest.approx(0.6), None, 0.4),
        (months[2], 0.9, None, None, 0.1),
    ]


def test_a_pack_of_nothing_is_a_workbook_all_the_same(tmp_path: Path) -> None:
    book = small_book()
    nothing = Book(book.as_of, book.currency, stamp=book.stamp)
    write_book_workbook(tmp_path / "pack.xlsx", nothing)
    assert {"Cover", "Limits", "Queue", "Worklist"} <= set(sheets(tmp_path / "pack.xlsx"))
    found = read_book_workbook(tmp_path / "pack.xlsx")
    assert (found.limits, found.hands, found.worklist, found.notes) == ((), (), (), ())


def test_groups_are_named_beside_their_code_and_the_base_of_the_provision_in_words() -> None:
    book = full_book()
    groups = pl.DataFrame({"group": ["g1"], "open_balance": [1.0], "not_due": [1.0], "name": ["Alpha"]})
    tables = {table.sheet: table for table in book_tables(replace(book, ageing_by={"group": groups}))}
    by_group = [column.name for column in columns_of("ageing_by", tables["By group"].frame)]
    assert by_group[:2] == ["group", "name"]
    matrix = tables["Provision"].frame
    assert "Credit-impaired" in matrix["state"].to_list()
    assert tables["Provision"].as_values
    assert columns_of("provision", pl.DataFrame({"vat": [1.0]}))[0].heading == "VAT"
    base = tables["Provision base"].frame
    assert base["line"].to_list()[0] == "Open debit items of the ageing"
    assert 0.0 not in base.filter(~pl.col("line").is_in(["Gross amount provided for"]))["amount"].to_list()


def test_amounts_stand_to_the_cent(tmp_path: Path) -> None:
    book = full_book()
    noisy = replace(book, ageing=book.ageing.with_columns(open_balance=pl.lit(7005411.810000001)))
    write_book_workbook(tmp_path / "pack.xlsx", noisy)
    made = Edited(tmp_path / "pack.xlsx")
    cell = next(one for one in made.rows("Ageing")[5] if one.get("r") == f"{made.headings('Ageing')['Open balance']}5")
    assert made.text(cell) == "7005411.81"


def test_more_items_than_a_sheet_takes_are_counted() -> None:
    book = full_book()
    many = pl.concat([book.items] * (MOST_ITEMS // book.items.height + 1))
    (table,) = (one for one in book_tables(replace(book, items=many)) if one.key == "items")
    assert table.frame.height == MOST_ITEMS
    assert f"The first {MOST_ITEMS:,} of {many.height:,}" in table.subtitle
