"""The sheet Memo follows the customer that is chosen: every figure is that of the frames, whoever it is."""

from __future__ import annotations

import csv
import re
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from reports.packs import nothing, plausible
from reports.test_looks import tool
from reports.test_workbook import MAIN, SHEETS, sheet_xml, strings

from credrisk.reports.limit_changes import largest_change_first
from credrisk.reports.views import as_text
from credrisk.reports.workbook import write_workbook

WILD = "C*1"


def with_five_limits(pack):
    """Return the pack with the columns of the five limits, some of them null, and an id with a wildcard."""
    count = pack.limits.height
    limits = pack.limits.with_row_index("place").with_columns(
        customer_id=pl.when(pl.col("place") == 3).then(pl.lit(WILD)).otherwise("customer_id"),
        capacity_limit=pl.when(pl.col("place") % 2 == 0).then(5_000.0 + pl.col("place")),
        capacity_arithmetic=pl.format("Share of own funds, case {}.", "place"),
        limit_if_pd_doubled=pl.Series(range(count), dtype=pl.Float64),
    )
    changed = dict(zip(pack.limits["customer_id"], limits["customer_id"], strict=True))
    scores = pack.scores.with_columns(pl.col("customer_id").replace(changed))
    return replace(pack, limits=limits.drop("place"), scores=scores)


def cells(path: Path) -> dict[str, str | None]:
    """Return what stands in each cell of the sheet for a reader that does not calculate."""
    texts, found = strings(path), {}
    for cell in sheet_xml(path, "Memo").iter(f"{MAIN}c"):
        value = cell.find(f"{MAIN}v")
        if value is not None:
            found[cell.get("r")] = texts[int(value.text)] if cell.get("t") == "s" else value.text
    return found


def label_rows(found: dict[str, str | None]) -> dict[str, str]:
    return {str(text): place[1:] for place, text in found.items() if re.fullmatch(r"A\d+", place)}


def test_the_values_beside_the_formulas_are_those_of_the_first_customer(tmp_path):
    pack = with_five_limits(plausible())
    path = tmp_path / "book.xlsx"
    write_workbook(path, pack)
    found = cells(path)
    rows = label_rows(found)
    own = largest_change_first(pack.limits).row(0, named=True)
    assert found["B4"] == own["customer_id"]
    assert float(found[f"B{rows['Recommended limit']}"]) == own["recommended_limit"]
    assert found[f"B{rows['Binding constraint']}"] == as_text(own["binding"], "state")
    assert found[f"D{rows['Reasons']}"] == own["reasons"]
    score = pack.scores.filter(pl.col("customer_id") == own["customer_id"]).row(0, named=True)
    assert float(found[f"B{rows['PD 12 months']}"]) == score["pd_12m"]
    assert float(found[f"B{rows['Expected loss today']}"]) == pytest.approx(score["expected_loss"])
    assert {"Recommendation", "The limits side by side", "Risk", "Balance"} <= set(rows)


def test_a_pack_of_nothing_has_the_sheet_all_the_same(tmp_path):
    path = tmp_path / "book.xlsx"
    write_workbook(path, nothing())
    assert "Nothing was measured." in cells(path).values()


@pytest.mark.parametrize(
    ("binding", "reasons", "marked", "rule"),
    [
        ("need", "Raise.", "Need", "none"),
        ("expected_profit", "Raise.", "Expected profit", "none"),
        ("arrears", "Keep.", None, "Hold for arrears"),
        (
            "need",
            "Keep today's 9 EUR: the policy gives 8 EUR, within the tolerance of 10 %.",
            "Need",
            "Today's limit kept",
        ),
    ],
)
def test_the_limit_that_binds_is_marked_or_a_row_names_the_rule(tmp_path, binding, reasons, marked, rule):
    pack = with_five_limits(plausible())
    empty = ("seasonal_limit", "temporary_limit", "portfolio_limit", "expected_profit_limit", "need")
    limits = pack.limits.with_columns(
        *(pl.lit(None, pl.Float64).alias(name) for name in empty),
        binding=pl.lit(binding),
        reasons=pl.lit(reasons),
        action=pl.lit("keep"),
    )
    path = tmp_path / "book.xlsx"
    write_workbook(path, replace(pack, limits=limits))
    found = cells(path)
    rows = label_rows(found)
    marks = [label for label, row in rows.items() if found.get(f"C{row}") == "binds"]
    assert marks == ([marked] if marked else [])
    assert found[f"B{rows['Rule that decides']}"] == rule
    words = {"Seasonal limit": "none proposed", "Temporary limit": "none proposed", "Portfolio": "budgets do not bind"}
    for label, word in {**words, "Expected profit": "no bound", "Need": "not measured"}.items():
        assert found[f"B{rows[label]}"] == word, label


@pytest.mark.libreoffice
@pytest.mark.parametrize("chosen", [WILD, "C00001"])
def test_another_choice_looks_up_that_customer(tmp_path, chosen):
    pack = with_five_limits(plausible())
    path, changed = tmp_path / "book.xlsx", tmp_path / "changed.xlsx"
    write_workbook(path, pack)
    if chosen != WILD:
        chosen = pack.limits["customer_id"][6]
    member = f"xl/worksheets/sheet{SHEETS.index('Memo') + 1}.xml"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == member:
                text = content.decode("utf-8")
                text = re.sub(r"(</f>)<v>[^<]*</v>", r"\1", text)  # so that the office works them out
                cell = rf'<c r="B4" s="\1" t="inlineStr"><is><t>{chosen}</t></is></c>'
                text, times = re.subn(r'<c r="B4" s="(\d+)" t="s"><v>\d+</v></c>', cell, text)
                assert times == 1
                content = text.encode("utf-8")
            new.writestr(name, content)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    sheet = f"csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,false,false,false,false,{SHEETS.index('Memo') + 1}"
    command = [tool("soffice"), profile, "--headless", "--convert-to", sheet, "--outdir", str(tmp_path), str(changed)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    (written,) = tmp_path.glob("changed-Memo.csv")
    with written.open(encoding="utf-8", newline="") as lines:
        table = {row[0]: row for row in csv.reader(lines, delimiter="\t") if row and row[0]}
    own = pack.limits.filter(pl.col("customer_id") == chosen).row(0, named=True)
    score = pack.scores.filter(pl.col("customer_id") == chosen).row(0, named=True)
    assert table["Customer no."][1] == chosen
    assert float(table["Recommended limit"][1]) == own["recommended_limit"]
    assert float(table["PD 12 months"][1].rstrip("%")) / 100 == pytest.approx(score["pd_12m"], rel=1e-9)
    assert table["Reasons"][3] == own["reasons"]
    capacity = table["Financial capacity"]
    if own["capacity_limit"] is None:
        assert capacity[1] == "not measured"
    else:
        assert float(capacity[1]) == own["capacity_limit"]
    assert capacity[3] == own["capacity_arithmetic"]
