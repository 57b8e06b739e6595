"""docs/notebooks/: a page of each notebook, made of the notebook as it is, with its charts, small enough to keep."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

import credrisk
from benchmarks.notebook_pages import FOLDER, fingerprint, page_of
from credrisk.pipeline.notebook_run import Notebook, notebooks
from credrisk.wording import percent

NOTEBOOKS = notebooks()
LARGEST = 3_000_000
"""Bytes of all pages and charts together."""


@pytest.mark.parametrize("one", NOTEBOOKS, ids=lambda one: one.name)
def test_a_page_is_of_the_notebook_as_it_is_now(one: Notebook) -> None:
    text = (FOLDER / f"{one.name}.md").read_text(encoding="utf-8")
    assert f"from {fingerprint(one)} " in text.splitlines()[0], "run make notebooks"
    shown = re.findall(r"!\[[^\n]*\]\(([^)\n]+)\)", text)
    kept = sorted(path.relative_to(FOLDER).as_posix() for path in (FOLDER / one.name).glob("*"))
    assert sorted(shown) == kept
    assert "Traceback" not in text
    assert "<table" not in text


def test_the_shares_past_due_are_those_of_the_portfolio() -> None:
    """What is past due is told as a share of open debit items, as in the pack, on every page of it."""
    ledger = credrisk.Ledger.read(FOLDER.parents[1] / "data" / "sample")
    aged = credrisk.ageing(ledger, as_of=ledger.settings.covers_to, by="country", output="polars")
    text = (FOLDER / "01_portfolio_at_a_glance.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| ([A-Z]{2}) \|.*\| (\d+ %) \|$", text, flags=re.MULTILINE))
    known = {row["country"]: percent(row["share_past_due"]) for row in aged.iter_rows(named=True)}
    assert len(told) == 8
    assert told == {country: known[country] for country in told}
    whole = credrisk.ageing(ledger, as_of=ledger.settings.covers_to, by="portfolio", output="polars")
    assert f"({percent(whole['share_past_due'][0], 1)} of the open items)" in text


def test_every_link_of_a_page_leads_somewhere() -> None:
    for page in (FOLDER.parent / "notebooks.md", *FOLDER.glob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)\s#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_nothing_is_left_of_a_notebook_that_is_gone_and_all_is_small() -> None:
    names = {one.name for one in NOTEBOOKS}
    assert {path.stem for path in FOLDER.iterdir()} == names
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < LARGEST


def test_the_fingerprint_changes_with_any_cell_and_the_page_carries_it(tmp_path: Path) -> None:
    def made(*cells: Any) -> Notebook:
        path = tmp_path / "01_x.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
        return Notebook("01_x", path, "X", "", {})

    story, code = nbformat.v4.new_markdown_cell("# X"), nbformat.v4.new_code_cell("1")
    first = fingerprint(made(story, code))
    assert fingerprint(made(story, code)) == first
    assert fingerprint(made(story, nbformat.v4.new_code_cell("2"))) != first
    one = made(story, code)
    text, charts = page_of(one, nbformat.read(one.path, as_version=4))
    assert text.startswith(f"<!-- made by make notebooks from {first} -->\n\n*Executed on the sample")
    assert text.endswith("\n\n# X\n")
    assert charts == {}
