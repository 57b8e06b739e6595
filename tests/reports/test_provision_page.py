"""The provision as page and workbook: figures to the cent, live formulas without errors, hostile texts harmless."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import polars as pl
import pytest
from defusedxml import ElementTree
from reports.books import plausible_book
from reports.provisions import HOSTILE, bare, full
from reports.test_looks import MEASURE, chromium, tool
from xlsxwriter.utility import xl_cell_to_rowcol

from credrisk.errors import EvidenceError
from credrisk.portfolio.provision.disclosure import LINES_IN_WORDS
from credrisk.portfolio.provision.exposures import STEPS
from credrisk.portfolio.provision.in_default import with_defaults_told
from credrisk.portfolio.provision.pool import WHOLE
from credrisk.portfolio.provision.settings import Scenario
from credrisk.reports.book_page import write_book_page
from credrisk.reports.charts import (
    loss_rate_chart,
    provision_backtest_chart,
    provision_movement_chart,
    to_svg,
)
from credrisk.reports.provision_pack import ProvisionPack
from credrisk.reports.provision_page import provision_charts, provision_headline, provision_page
from credrisk.reports.provision_tables import tables_of
from credrisk.reports.provision_workbook import FIRST, write_provision_workbook
from credrisk.wording import percent


@pytest.fixture(scope="module")
def pack() -> ProvisionPack:
    return full()


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_is_one_harmless_file(pack: ProvisionPack) -> None:
    page = provision_page(pack)
    assert "<script" not in page
    assert "&lt;script&gt;alert" in page
    assert "\u202e" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page == provision_page(full.__wrapped__())


def test_why_it_moved_is_told_by_the_matrix_at_both_ends(pack: ProvisionPack) -> None:
    text, table = text_of(provision_page(pack)), tables_of(pack)["ends"]
    assert pack.ends is not None
    exposure, rate = (pack.exact(float(pack.ends[name].sum())) for name in ("by_exposure", "by_rate"))
    assert f"What is exposed moved the allowance by {exposure}" in text.replace("\u00a0", " ")
    assert table.headings[2:4] == ("Exposed then", "Exposed now")
    assert table.rows[-1][-2:] == (exposure, rate)
    assert table.title in text


def test_customers_in_default_by_the_run_are_told_beside_the_specific_share(pack: ProvisionPack) -> None:
    notes = {label: note for label, _, note in provision_headline(pack)}
    assert "in the pool" not in notes["Specific"]
    scores = pl.DataFrame({"customer_id": ["=01"], "status": ["in_default"]})
    told = replace(pack, found=with_defaults_told(pack.found, scores=scores))
    notes = {label: note for label, _, note in provision_headline(told)}
    assert notes["Specific"].endswith("; customers in default by the run are in the pool")
    assert "1 customer in default by the run" in text_of(provision_page(told))


def test_the_page_shows_the_allowance_its_movement_and_the_paragraphs(pack: ProvisionPack) -> None:
    text = text_of(provision_page(pack))
    for words in (
        pack.exact(pack.found.total),
        pack.exact(pack.movement.charge if pack.movement else None),
        "Provision matrix (EUR)",
        "Movement of the allowance, 2025-03-31 to 2025-06-30",
        "Journal entry",
        "Past provisions and what was lost in the 4 months after",
        "Against PD x LGD x EAD",
        "Credit-impaired customers",
        "B5.5.35",
    ):
        assert words in text, words


def test_the_tables_of_the_notes_name_the_paragraphs_that_they_serve(pack: ProvisionPack) -> None:
    """What IFRS 7.35L asks for is not the whole amount written off: the ledger does not know what is still enforced."""
    tables = tables_of(pack)
    assert tables["matrix"].title == "Provision matrix (EUR), for IFRS 7.35M-35N, B8I"
    assert tables["movement"].title.endswith("(EUR), for IFRS 7.35H")
    written = tables["note_written_off"]
    assert written.title == "Written off and recovered (what was written off: IFRS 7.35I(c))"
    assert written.rows[1] == ("Of it still subject to enforcement (IFRS 7.35L): the ledger does not tell", "–")


def test_the_matrix_of_the_page_adds_up(pack: ProvisionPack) -> None:
    table = tables_of(pack)["matrix"]
    place = table.headings.index("Allowance")
    amounts = [float(row[place].replace(",", "")) for row in table.rows]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-6)
    assert table.rows[-1][0] == "Total"


def test_past_provisions_are_judged_over_days_that_are_named(pack: ProvisionPack) -> None:
    """Two days: 100 against 50 by own rates, 300 against 50 by published ones. 2.00 over one, 4.00 over both."""
    assert pack.backtest is not None
    days = pack.backtest.dates.head(2).with_columns(
        own_month_ends=pl.Series([0, 3]), allowance=pl.Series([300.0, 100.0]), outcome=pl.lit(50.0)
    )
    days = days.with_columns(ratio=pl.col("allowance") / pl.col("outcome"))
    last = days["as_of"][1]

    def tile(frame: pl.DataFrame) -> tuple[str, str]:
        assert pack.backtest is not None
        judged = replace(pack, backtest=replace(pack.backtest, dates=frame))
        (found,) = [entry[1:] for entry in provision_headline(judged) if entry[0] == "Last provision judged"]
        return found

    assert tile(days) == (
        "2.00",
        f"times what was then lost: of {last}; 2.00 over the 1 with own rates; 4.00 over all 2, the others by "
        "published rates",
    )
    both = days.with_columns(own_month_ends=pl.lit(3))
    assert tile(both) == ("2.00", f"times what was then lost: of {last}; 4.00 over the 2 days")
    assert tile(days.tail(1)) == ("2.00", f"times what was then lost: of {last}")
    for frame, words in (
        (
            days,
            "were 2.00 times what was lost, over the 1 past day with own rates; 4.00 over all 2; "
            f"the last, of {last}, 2.00",
        ),
        (days.tail(1), "were 2.00 times what was lost, over 1 past day"),
        (days.head(1), "were 6.00 times what was lost, over 1 past day by published rates alone"),
        (
            days.head(1).with_columns(outcome=pl.lit(0.0)),
            "stood against no loss at all, over 1 past day by published rates alone",
        ),
    ):
        assert provision_backtest_chart(frame, currency="EUR").finding == f"Past allowances {words}"


def test_no_name_of_a_line_of_the_movement_is_cut_in_its_chart(pack: ProvisionPack) -> None:
    names = list(LINES_IN_WORDS.values())
    lines = [(name, 100.0 + place) for place, name in enumerate(names)]
    day = pack.found.as_of
    drawn = to_svg(provision_movement_chart(lines, currency="EUR", opening_on=day, closing_on=day), name="movement")
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", drawn)).split())
    assert "…" not in words
    for name in names:
        assert name in words, name


def test_the_rate_before_the_forecast_is_not_called_that_of_the_past(pack: ProvisionPack) -> None:
    """It is blended with published rates; what the ledger alone shows stands in the table of the evidence."""
    tables = tables_of(pack)
    assert "Rate before the forecast" in tables["matrix"].headings
    assert "Own loss rate" in tables["evidence"].headings


def test_nothing_open_is_no_error() -> None:
    page = text_of(provision_page(bare()))
    assert "No item is open" in page
    assert {label: value for label, value, _ in provision_headline(bare())}["Of the gross amount"] == "–"


def test_charts_say_what_they_show(pack: ProvisionPack) -> None:
    for name, (_, _, draw) in provision_charts(pack).items():
        chart = draw()
        assert chart.finding, name
        assert len(chart.alt) > 40, name
        assert to_svg(chart, name=name) == to_svg(draw(), name=name)
    rates = loss_rate_chart([("all", [0.001, 0.5])], columns=["not due", "over 90 days past due"])
    empty = {"columns": ["not due", "1-30 days", "credit-impaired"], "holding": ["not due", "1-30 days"]}
    told = loss_rate_chart([("all", [0.001, 0.02, 0.4])], **empty).finding
    assert told == "Of what is not due 0.10 % is lost, of what is 1-30 days 2.0 %"
    assert rates.finding == "Of what is not due 0.10 % is lost, of what is over 90 days past due 50.0 %"
    ends = {"rates": [("all", [0.001, 0.5])], "columns": ["not due", "over 90 days past due"]}
    for published, words in (
        ([0.02, 0.0], "0.10 % is lost, of what is over 90 days past due 50.0 %"),
        ([0.02, 0.3], "is expected to be lost, of what is over 90 days past due 50.0 %, up to 30 % of a rate from"),
        (
            [1.0, 1.0],
            "is assumed to be lost, of what is over 90 days past due 50.0 %: published rates, for no finished",
        ),
    ):
        assert words in loss_rate_chart(**ends, published=published).finding
    with pytest.raises(EvidenceError):
        loss_rate_chart([], columns=[])
    with pytest.raises(EvidenceError):
        provision_backtest_chart(bare().found.overlay.head(0), currency="EUR")
    day = pack.found.as_of
    with pytest.raises(EvidenceError):
        provision_movement_chart([("Opening", 0.0), ("Closing", 0.0)], currency="EUR", opening_on=day, closing_on=day)


def recalculated(book: Path, folder: Path) -> dict[str, list[list[str]]]:
    """Return the cells of each sheet as LibreOffice works them out, every cached value thrown away."""
    stripped = folder / "stripped.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(stripped, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if "worksheets/sheet" in name:
                content = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
            new.writestr(name, content)
    kind = "csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,false,false,false,false,-1"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [tool("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(stripped)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    found = {}
    for written in folder.glob("stripped-*.csv"):
        with written.open(encoding="utf-8", newline="") as lines:
            found[written.stem.removeprefix("stripped-")] = list(csv.reader(lines, delimiter="\t"))
    return found


@pytest.mark.libreoffice
def test_the_workbook_is_live_and_its_checks_are_0(pack: ProvisionPack, tmp_path: Path) -> None:
    write_provision_workbook(tmp_path / "provision.xlsx", pack)
    sheets = recalculated(tmp_path / "provision.xlsx", tmp_path)
    found = {row[0]: row[1] for row in sheets["Checks"][5:] if row and row[0]}
    assert len(found) == 5
    assert {float(value) for value in found.values()} == {0.0}
    errors = [cell for rows in sheets.values() for row in rows for cell in row if cell.startswith(("#", "Err:"))]
    assert not errors
    matrix = sheets["Matrix"]
    head = matrix[4]
    place = head.index("Allowance")
    total = next(row for row in matrix if row[0] == "Total")
    assert float(total[head.index("Items")]) == pack.found.items.height
    assert float(total[place]) == pytest.approx(pack.found.total, abs=1e-6)
    for row, own in zip(matrix[5:], pack.found.matrix.iter_rows(named=True), strict=False):
        assert float(row[place]) == pytest.approx(own["allowance"], abs=1e-6)
        # The rate of the impaired is that of their allowance, which is rounded.
        near = 0.005 / own["exposed"] + 1e-9 if own["state"] == "credit_impaired" else 1e-9
        assert float(row[head.index("Rate")].rstrip("%")) / 100 == pytest.approx(own["rate"], abs=near)


@pytest.mark.libreoffice
def test_a_scenario_that_is_changed_shows_in_the_checks_that_say_so(pack: ProvisionPack, tmp_path: Path) -> None:
    """The first scenario is doubled: what the pool's allowance grows by is the one difference, and less the other."""
    write_provision_workbook(tmp_path / "plain.xlsx", pack)
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "changed.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("worksheets/sheet2.xml"):
                content, times = re.subn(rb'(<c r="C6"[^>]*><v>)1(</v>)', rb"\g<1>2\g<2>", content)
                assert times == 1
            new.writestr(name, content)
    sheets = recalculated(tmp_path / "changed.xlsx", tmp_path)
    head, rows = sheets["Matrix"][4], sheets["Matrix"][5:]
    now = float(next(row for row in rows if row[0] == "Total")[head.index("Allowance")])
    grown = round(now - pack.found.total, 2)
    assert grown > 0
    found = {row[0]: (float(row[1]), row[2]) for row in sheets["Checks"][5:] if row and row[0]}
    for words, (value, after) in found.items():
        due = {"Matrix less its items": grown, "Movement's closing": -grown}
        expected = next((amount for lead, amount in due.items() if words.startswith(lead)), 0.0)
        assert value == pytest.approx(expected, abs=0.005), words
        assert after.startswith("What it did") == bool(expected), words


@pytest.mark.libreoffice
def test_errors_of_opposite_sign_do_not_hide_each_other(pack: ProvisionPack, tmp_path: Path) -> None:
    """Two buckets are a cent off, one up and one down: they add up to nothing, and the check shows both."""
    rows = pack.found.items.with_row_index("place")
    state = pl.struct("segment", "state")
    first = rows.group_by("segment", "state", maintain_order=True).agg(pl.first("place"))["place"].to_list()
    off = pl.when(pl.col("place") == first[0]).then(0.01).when(pl.col("place") == first[1]).then(-0.01).otherwise(0.0)
    items = rows.with_columns(pl.col("allowance") + off).drop("place")
    assert items.select(state.n_unique()).item() > 1
    write_provision_workbook(tmp_path / "provision.xlsx", replace(pack, found=replace(pack.found, items=items)))
    checks = recalculated(tmp_path / "provision.xlsx", tmp_path)["Checks"]
    value = next(row[1] for row in checks if row and row[0].startswith("Matrix less its items"))
    assert float(value) == pytest.approx(0.02)


def test_each_check_is_a_formula_over_other_sheets_and_says_what_a_change_does(
    pack: ProvisionPack, tmp_path: Path
) -> None:
    """No amount is typed into a check: rounding digits, and the 1 of the probabilities, are all the figures in them."""
    write_provision_workbook(tmp_path / "provision.xlsx", replace(pack, found=replace(pack.found, translated=3)))
    cells = cells_of(tmp_path / "provision.xlsx")["Checks"]
    with zipfile.ZipFile(tmp_path / "provision.xlsx") as book:
        last = max(name for name in book.namelist() if "worksheets/sheet1" in name)
        formulas = [unescape(found) for found in re.findall(r"<f>([^<]*)</f>", book.read(last).decode())]
    assert len(formulas) == 5
    for formula in formulas:
        assert re.search(r"[A-Z][a-z]+!", formula)
        bare_figures = re.findall(r"(?<![A-Z$\d.])\d+\.\d+", formula)
        assert not bare_figures, formula
    said = " ".join(row[2][1] for row in cells.values() if 2 in row)
    assert "items stay as measured" in said
    assert "movement and journal stay as measured" in said


@pytest.mark.libreoffice
@pytest.mark.parametrize(("off", "translated", "left"), [(0.01, 0, True), (0.01, 1, False), (0.02, 1, True)])
def test_the_check_of_the_ageing_lets_translated_items_round_and_no_more(
    pack: ProvisionPack, tmp_path: Path, off: float, translated: int, left: bool
) -> None:
    """The ageing is ``off`` from the matrix: a cent for each translated item is rounding, more is not."""
    owed = pl.when(pl.col("line") == "open_debit_items").then(off).otherwise(0.0)
    base = pack.found.base.with_columns(pl.col("amount") + owed)
    found = replace(pack.found, base=base, translated=translated)
    write_provision_workbook(tmp_path / "provision.xlsx", replace(pack, found=found))
    checks = recalculated(tmp_path / "provision.xlsx", tmp_path)["Checks"]
    value = next(row[1] for row in checks if row and row[0].startswith("Open debit items of the ageing"))
    assert (float(value) != 0) == left


def test_the_workbook_is_the_same_again_and_texts_are_never_formulas(pack: ProvisionPack, tmp_path: Path) -> None:
    write_provision_workbook(tmp_path / "one.xlsx", pack)
    write_provision_workbook(tmp_path / "two.xlsx", full.__wrapped__())
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheets = pl.read_excel(tmp_path / "one.xlsx", sheet_id=0, has_header=False)
    assert list(sheets) == [
        *("Matrix", "Scenarios", "Base", "Items", "Specific", "Movement", "Journal", "Both ends"),
        *("Loss rates", "Dilution", "Past provisions", "Against PD", "By customer", "Choices", "Checks"),
    ]
    cells = [cell for sheet in sheets.values() for column in sheet.iter_columns() for cell in column.cast(pl.String)]
    assert any(cell and cell.startswith("=cmd") for cell in cells)
    with zipfile.ZipFile(tmp_path / "one.xlsx") as book:
        written = b"".join(book.read(name) for name in book.namelist() if "worksheets/sheet" in name).decode()
    formulas = re.findall(r"<f>([^<]*)</f>", written)
    assert formulas
    assert not [formula for formula in formulas if "cmd" in formula or "calc" in formula]
    assert HOSTILE[:10] not in written
    write_provision_workbook(tmp_path / "bare.xlsx", bare())


IDS = {"Document", "Customer", "Segment", "Account", "Entry", "Name"}
"""Columns whose texts may look like figures."""
FIGURE = re.compile(r"[-+]?[\d.,]*\d(e[-+]?\d+)?( ?%)?")


def test_no_figure_of_the_workbook_is_a_text(pack: ProvisionPack, tmp_path: Path) -> None:
    """A text cannot be summed, is set without a format, and counts as 0 once the sheet is worked out anew."""
    write_provision_workbook(tmp_path / "provision.xlsx", pack)
    figures = 0
    for name, rows in cells_of(tmp_path / "provision.xlsx").items():
        headings = rows[FIRST]
        for row, cells in rows.items():
            for column, (kind, value) in cells.items():
                if kind != "text":
                    figures += 1
                elif row > FIRST and headings.get(column, ("", ""))[1] not in IDS:
                    assert not FIGURE.fullmatch(value.strip()), (name, row, column, value)
    assert figures > 300
    items = cells_of(tmp_path / "provision.xlsx")["Items"]
    rates = {items[row][7] for row in items if row > FIRST and 7 in items[row]}
    assert {kind for kind, _ in rates} == {"number"}
    own = sorted(pack.found.items["rate"].unique().to_list())
    assert sorted(float(value) for _, value in rates) == pytest.approx(own, rel=1e-12)


def cells_of(book: Path) -> dict[str, dict[int, dict[int, tuple[str, str]]]]:
    """Return by sheet, row and column (from 0) whether a cell is a text or a number, and what it holds."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    found: dict[str, dict[int, dict[int, tuple[str, str]]]] = {}
    with zipfile.ZipFile(book) as folder:
        strings = ElementTree.fromstring(folder.read("xl/sharedStrings.xml")).findall(f"{main}si")
        texts = ["".join(part.text or "" for part in entry.iter(f"{main}t")) for entry in strings]
        sheets = ElementTree.fromstring(folder.read("xl/workbook.xml")).iter(f"{main}sheet")
        for number, sheet in enumerate(sheets, start=1):
            rows = found.setdefault(str(sheet.get("name")), {})
            for cell in ElementTree.fromstring(folder.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{main}c"):
                value = cell.findtext(f"{main}v")
                if value is not None:
                    row, column = xl_cell_to_rowcol(str(cell.get("r")))
                    kind = ("text", texts[int(value)]) if cell.get("t") == "s" else ("number", value)
                    rows.setdefault(row, {})[column] = kind
    return found


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("make", [full, bare], ids=["full", "bare"])
def test_nothing_overflows_or_overlaps(tmp_path: Path, make: Callable[[], ProvisionPack], width: int) -> None:
    text = provision_page(make()).replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
    text = text.replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    found = re.search(r'data-measured="([^"]*)"', dom)
    assert found is not None
    assert json.loads(unescape(found.group(1))) == {"wide": width, "faults": []}


def crowded() -> ProvisionPack:
    """Return a provision whose matrix has every step, long segments and amounts of hundreds of millions."""
    pack = full()
    steps = (pl.lit(1_234_567.89).alias(name) for name in STEPS)
    money = (pl.lit(234_567_890.12).alias(name) for name in ("gross", "exposed"))
    shown = pack.found.matrix.with_columns(
        *steps,
        *money,
        segment=pl.lit("wholesale of household goods ") + pl.col("segment"),
        allowance=pl.lit(12_345_678.9),
        items=12_345,
    )
    return replace(pack, found=replace(pack.found, matrix=shown))


def test_many_steps_share_a_column_that_adds_up(pack: ProvisionPack) -> None:
    """Gross and the steps' columns make what is exposed, whether they stand apart or together."""
    matrix = pack.found.matrix.with_columns(
        *(pl.lit(float(place)).alias(name) for place, name in enumerate(STEPS, start=1)), gross=pl.col("exposed") + 21.0
    )
    table = tables_of(replace(pack, found=replace(pack.found, matrix=matrix)))["matrix"]
    place = table.headings.index("Less credits, disputes, tax, collected later, cover, discounting")
    for row in table.rows:
        gross, less, exposed = (float(row[place + step].replace(",", "")) for step in (-1, 0, 1))
        assert gross + less == pytest.approx(exposed, abs=1e-6)
    two = matrix.with_columns(pl.lit(0.0).alias(name) for name in STEPS[2:])
    headings = tables_of(replace(pack, found=replace(pack.found, matrix=two)))["matrix"].headings
    assert headings[4:6] == ("Open credits and unapplied cash", "Expected dilution by disputes")


def test_rates_drawn_before_the_forecast_say_so_and_what_it_makes_of_them(pack: ProvisionPack) -> None:
    """0.7 x 1 + 0.3 x 1.7 = 1.21 times; without a forecast nothing is said of one."""
    rates = pack.found.rates.filter((pl.col("method") == "cohort") & (pl.col("segment") == WHOLE))
    before = rates.filter(pl.col("state") == "not_due")["rate"][0]
    drawn = provision_charts(pack)["rates"][2]()
    assert drawn.finding.startswith(f"Before the forecast: of what is not due {percent(before, 2)} ")
    assert drawn.finding.endswith(f"The forecast makes it {percent(1.21 * before, 2)} of what is not due")
    assert "Loss rate before the forecast" in to_svg(drawn, name="rates")
    plain = replace(pack, found=replace(pack.found, scenarios=(Scenario("as in the past", 1.0, 1.0),)))
    assert "forecast" not in provision_charts(plain)["rates"][2]().finding


LINES_OF_TEXT = """all => all.map(one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return new Set(Array.from(range.getClientRects()).filter(box => box.width).map(box => Math.round(box.top))).size;
})"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1440])
def test_the_matrix_fits_a_laptop_with_every_column_in_page_and_pack(tmp_path: Path, width: int) -> None:
    """With the bar of the page beside it; no bucket breaks its line, and what must scroll shows a bar."""
    pack = crowded()
    (tmp_path / "provision.html").write_text(provision_page(pack), encoding="utf-8")
    write_book_page(tmp_path / "pack.html", replace(plausible_book(), provision=pack.found))
    executable = tool("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        plain = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(
            executable_path=executable, args=plain, ignore_default_args=["--hide-scrollbars"]
        )
        for name in ("provision.html", "pack.html#provision"):
            shown = browser.new_page(viewport={"width": width, "height": 900})
            shown.goto((tmp_path / name.split("#", maxsplit=1)[0]).as_uri() + name.removeprefix(name.split("#")[0]))
            matrix = shown.locator('.scroll[aria-label^="Provision matrix"]')
            room, needed = matrix.evaluate("one => [one.clientWidth, one.scrollWidth]")
            assert needed <= room, (name, room, needed)
            lines = matrix.locator("td", has_text="days past due").evaluate_all(LINES_OF_TEXT)
            assert lines
            assert set(lines) == {1}, name
            shown.set_viewport_size({"width": 760, "height": 900})
            hidden = matrix.evaluate("one => [one.scrollWidth - one.clientWidth, one.offsetHeight - one.clientHeight]")
            assert hidden[0] > 0
            assert hidden[1] >= 9, name
        browser.close()
