"""The page of the portfolio measures: figures, formulas and benchmarks, hostile names, nothing that sticks out."""

from __future__ import annotations

import json
import re
from html import escape, unescape
from pathlib import Path

import polars as pl
import pytest
from reports.portfolios import AS_OF, awkward_ledger, empty, lively, young
from reports.test_looks import MEASURE, chromium

from credrisk.portfolio.concentration import concentration_summary
from credrisk.portfolio.keys import By
from credrisk.reports.portfolio_measures import FILES, PortfolioMeasures
from credrisk.reports.portfolio_measures_page import measures_headline, measures_page
from credrisk.reports.tables import write_csv


@pytest.fixture(scope="module")
def found() -> PortfolioMeasures:
    return lively("collector")


def test_every_figure_stands_with_its_formula_and_the_published_median(found: PortfolioMeasures) -> None:
    page = unescape(measures_page(found)).replace("\u00a0", " ")
    days = found.dso.row(-1, named=True)
    index = found.effectiveness.row(-1, named=True)
    for figure in (f"{days['dso_3m']:.1f} days", f"{100 * index['cei']:.1f} %", f"{100 * index['cei_cash']:.1f} %"):
        assert figure in page
    for formula in ("balance / sales of 3 months x days", "DSO - best possible DSO", "1 / sum of squared shares"):
        assert formula in page
    for median in ("86.5 % (quarter 1 of 2021)", "38.0 days (quarter 1 of 2021)", "3.0 days (quarter 1 of 2021)"):
        assert median in page
    assert "average days delinquent is not the difference of the two DSOs" in page
    assert page.count("<h2") == 9
    for file in FILES.values():
        if file in ("ageing.csv", "dso.csv", "concentration.csv", "utilisation.csv"):
            assert f'href="{file}"' in page


def test_a_hostile_name_harms_nothing(found: PortfolioMeasures, tmp_path: Path) -> None:
    page = measures_page(found)
    assert "&lt;script&gt;alert" in page
    assert page.count("<script") == 1
    for table, frame in found.tables().items():
        write_csv(tmp_path / FILES[table], frame, table=table, currency=found.currency)
    cells = pl.read_csv(tmp_path / "ageing.csv")["collector"].drop_nulls().to_list()
    assert any(cell.startswith("'=") for cell in cells)
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells)


@pytest.mark.parametrize("make", [empty, young])
def test_what_is_not_measured_says_so(make) -> None:
    found = make()
    page = unescape(measures_page(found))
    assert "Not measured" in page
    assert not re.search(r">\s*(nan|None|inf)\b", page)


def test_headlines() -> None:
    assert measures_headline(empty()) == "Nothing is owed"
    assert measures_headline(young()) == "500 EUR open, 100.0 % past due"


@pytest.mark.parametrize("by", ["customer", "portfolio", "currency", "seller_entity"])
def test_every_key_has_its_page(by: By) -> None:
    page = measures_page(lively(by, customers=8))
    assert ("The last month by" in page) == (by != "portfolio")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("make", [lambda: lively("collector"), empty], ids=["lively", "empty"])
def test_nothing_overflows_or_overlaps(tmp_path: Path, make, width: int) -> None:
    text = measures_page(make()).replace("<details>", "<details open>").replace("</body>", f"{MEASURE}</body>")
    frame = f'<body><iframe srcdoc="{escape(text)}" width="{width}" height="9000" style="border: 0"></iframe></body>'
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{frame}", encoding="utf-8")
    dom = chromium(page, tmp_path / "profile", 1400, "--dump-dom")
    measured = json.loads(unescape(re.search(r'data-measured="([^"]*)"', dom).group(1)))
    assert measured == {"wide": width, "faults": []}


def test_the_concentration_by_every_key_is_that_of_the_function() -> None:
    found, ledger = lively("group", customers=8), awkward_ledger(customers=8)
    for row in found.concentration_summary.to_dicts():
        (alone,) = concentration_summary(ledger, as_of=AS_OF, by=row["by"], output="polars").to_dicts()
        assert alone == row
    assert {"customer", "group", "segment", "collector", "currency"} <= set(found.concentration_summary["by"])


def test_names_turn_no_cell_and_ids_stay(tmp_path: Path) -> None:
    frame = pl.DataFrame({"customer_id": ["K\u202e3"], "name": ["\u202eacme \u2066ltd\u2069"]})
    write_csv(tmp_path / "scores.csv", frame, table="scores", currency="EUR")
    assert pl.read_csv(tmp_path / "scores.csv").row(0) == ("K\u202e3", "acme ltd")
