"""`credrisk portfolio` on a small ledger: files written, what it says, what it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded
from ledger_files import GOOD, folder_of

from credrisk.portfolio.benchmarks import BENCHMARKS
from credrisk.reports.portfolio_measures import FILES

ROOT = Path(__file__).parents[2]

SETTINGS = "key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-03-31\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """1,234.56 and 200 billed, 34.56 credited, 1,000 received and 10 written off: 390 are owed."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    return folder_of(folder, **GOOD, settings=SETTINGS)


def test_tables_and_page_are_written_and_not_overwritten_unasked(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "portfolio"
    told = succeeded("portfolio", ledger, "--by", "customer", "--months", "3", "-o", out)
    assert "2024-03-31: 390 EUR open, 100.0 % past due" in told.out
    assert {path.name for path in out.iterdir()} == {"portfolio.html", *FILES.values()}
    ageing = pl.read_csv(out / "ageing.csv")
    assert dict(ageing.select("customer_id", "past_due_31_60").iter_rows()) == {"C1": 200.0, "C2": 0.0}
    index = pl.read_csv(out / "collection-effectiveness.csv").row(-1, named=True)
    assert (index["cash"], index["credit_notes"], index["write_offs"]) == (1000.0, 34.56, 10.0)
    assert "a new place" in refused("portfolio", ledger, "-o", out)
    succeeded("portfolio", ledger, "--as-of", "2024-02-29", "-o", out, "--overwrite")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as-of", "soon"), "--as-of must be"),
        (("--as-of", "2024-04-01"), "--as-of must be within what the ledger covers (2024-01-01 to 2024-03-31)"),
        (("--as-of", "2023-12-31"), "--as-of must be within what the ledger covers (2024-01-01 to 2024-03-31)"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    ledger: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in refused("portfolio", ledger, *arguments, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_first_day_that_the_ledger_covers_is_measured(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "2024-01-01: Nothing is owed" in succeeded("portfolio", ledger, "--as-of", "2024-01-01", "-o", out).out


@pytest.mark.parametrize("command", ["run", "queue", "limits", "digest", "promises", "disputes"])
def test_no_command_stands_on_a_day_before_the_ledger(ledger: Path, tmp_path: Path, command: str) -> None:
    asked = () if command == "digest" else ("--out", tmp_path / "out")
    told = refused(command, ledger, "--as-of", "2023-12-31", *asked)
    assert "--as-of must be within what the ledger covers (2024-01-01 to 2024-03-31)" in told


def test_the_python_of_the_page_runs_on_the_sample() -> None:
    text = (ROOT / "docs" / "portfolio.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"<!-- this block is run by the tests -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "cei_cash" in done.stdout


def test_the_medians_of_the_definitions_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "definitions.md").read_text(encoding="utf-8")
    order = ("cei", "dso_3m", "best_possible_dso_3m", "average_days_delinquent", "share_not_due", "share_over_90")
    printed = re.findall(r"^\| (20\d\d-Q\d) \| (.*) \|$", text, flags=re.MULTILINE)
    medians = {(each.quarter, each.measure): each.median for each in BENCHMARKS}
    assert len(printed) * len(order) == len(medians)
    for quarter, cells in printed:
        for measure, cell in zip(order, cells.split(" | "), strict=True):
            figure = float(cell.removesuffix(" %")) / (100 if cell.endswith("%") else 1)
            assert medians[quarter, measure] == pytest.approx(figure), (quarter, measure)
