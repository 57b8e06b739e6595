"""The reconciliation as page, workbook and JSON: to the cent, hostile texts harmless, gaps said."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path

import polars as pl
import pytest
from reports.reconciliations import HOSTILE, bare, full
from reports.test_looks import MEASURE, chromium

from credrisk.reports.reconciliation_page import (
    ReconciliationPack,
    headline_of,
    reconciliation_json,
    reconciliation_page,
)
from credrisk.reports.reconciliation_workbook import write_reconciliation_workbook


@pytest.fixture(scope="module")
def pack() -> ReconciliationPack:
    return full()


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_page_is_one_harmless_file(pack: ReconciliationPack) -> None:
    page = reconciliation_page(pack)
    assert "<script>alert" not in page
    assert "<b>1000" not in page
    assert "&lt;script&gt;alert" in page
    assert "http://" not in page
    assert "https://" not in page
    assert page == reconciliation_page(full())


def test_the_page_shows_every_step_to_the_cent_in_each_currency(pack: ReconciliationPack) -> None:
    """1,234.56 twice, 2,500 moved and 20 of fees, less 77 of credits and 1,234.56 of cash: 3,677.56 against 5,000."""
    text = text_of(reconciliation_page(pack))
    for words in (
        "Open items 4,912.12",
        "Less unapplied cash -1,234.56",
        "Customers' balance 3,677.56",
        "Not explained 1,322.44",
        "Control account 1400 & 1410 5,000.00",
        "Documents dated up to the day, entered after it: 314.15",
        "Control account 99,999,999,999",
        "Company 2000, USD Agrees to the cent",
        "EUR 61-90 days 4,969.12 2,469.12 -2,500.00",
    ):
        assert words in text, words


def test_key_figures(pack: ReconciliationPack) -> None:
    figures = {label: value for label, value, _ in headline_of(pack.found)}
    assert figures["Ageing and postings"] == "agree"
    assert figures["Control accounts that agree"] == "2 of 3"
    assert figures["Not explained"] == "1"
    nothing = {label: value for label, value, _ in headline_of(bare().found)}
    assert nothing["Control accounts that agree"] == nothing["Not explained"] == "–"


def test_what_was_not_tested_is_said() -> None:
    text = text_of(reconciliation_page(bare()))
    for words in ("No control account was given", "no table of receipts", "cut-off cannot be tested", "No rows."):
        assert words in text, words


def test_json_holds_every_figure_and_no_more_than_json_can(pack: ReconciliationPack) -> None:
    content = json.loads(reconciliation_json(pack), parse_constant=lambda name: pytest.fail(name))
    assert content["as_of"] == "2025-06-30"
    by_scope = {row["scope"]: row for row in content["accounts"]}
    assert by_scope["EUR"]["not_explained"] == pytest.approx(1_322.44)
    mine = [row for row in content["lines"] if row["scope"] == "EUR"]
    assert round(sum(row["amount"] for row in mine if row["part"] in ("ageing", "not_explained")), 2) == 5_000.0
    assert {row["code"] for row in content["findings"]} >= {"duplicate_documents", "entered_after_the_day"}


def test_the_workbook_holds_every_row_as_text_and_number(pack: ReconciliationPack, tmp_path: Path) -> None:
    write_reconciliation_workbook(tmp_path / "one.xlsx", pack)
    write_reconciliation_workbook(tmp_path / "two.xlsx", full())
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    sheets = pl.read_excel(tmp_path / "one.xlsx", sheet_id=0, has_header=False)
    assert list(sheets) == [
        *("Balances", "Tie-out", "Differences", "Hints", "Findings", "Rows", "Customers", "Due dates"),
        *("Changed due dates", "One customer", "Groups", "Cut-off", "Definitions"),
    ]
    rows = sheets["Rows"]
    assert rows.height - 2 - 1 >= pack.found.rows.height
    cells = [cell for column in rows.iter_columns() for cell in column.cast(pl.String).to_list()]
    assert HOSTILE in cells
    assert "=1+2" in cells
    with zipfile.ZipFile(tmp_path / "one.xlsx") as book:
        written = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    assert len(written) == len(sheets)
    assert not any("<f>" in sheet for sheet in written)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("make", [full, bare], ids=["full", "bare"])
def test_nothing_overflows_or_overlaps(tmp_path: Path, make: Callable[[], ReconciliationPack], width: int) -> None:
    text = reconciliation_page(make()).replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="4000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    found = re.search(r'data-measured="([^"]*)"', dom)
    assert found is not None
    assert json.loads(unescape(found.group(1))) == {"wide": width, "faults": []}
