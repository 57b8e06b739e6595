"""The notebooks as pages of the documentation: executed on the sample, Markdown with the charts as files beside it.

Run with ``python -m benchmarks.notebook_pages`` (``make notebooks``). GitHub shows neither the outputs of a clean
notebook nor HTML, but it shows Markdown and SVG.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

import credrisk
from credrisk.pipeline.notebook_run import Notebook, notebooks, run_notebook
from credrisk.reports.notebook_markdown import notebook_markdown

__all__ = ["FOLDER", "fingerprint", "page_of"]

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "notebooks"
SAMPLE = ROOT / "data" / "sample"
ON_A_RUN_OF_TODAY = ("03", "04", "06")
"""Notebooks that take the results of a run of the same day; made once for all of them."""


def fingerprint(one: Notebook) -> str:
    """Return what tells whether a page was made of this notebook: the hash of its cells."""
    cells = nbformat.read(one.path, as_version=4).cells
    text = "\0".join(f"{cell.cell_type}\n{cell.source}" for cell in cells)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def page_of(one: Notebook, executed: Any) -> tuple[str, dict[str, bytes]]:
    """Return the page of an executed notebook and its charts by file name."""
    text, charts = notebook_markdown(executed, pictures=one.name, links="../../notebooks/")
    source = f"../../notebooks/{one.path.name}"
    links = f"[the notebook]({source}), [all of them](../notebooks.md)"
    told = f"*Executed on the sample, whose customers are invented: {links}.*"
    return f"<!-- made by make notebooks from {fingerprint(one)} -->\n\n{told}\n\n{text}", charts


def main() -> None:
    asked = sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        chosen = [one for one in notebooks() if not asked or one.name[:2] in asked]
        if any(one.name[:2] in ON_A_RUN_OF_TODAY for one in chosen):
            credrisk.run(credrisk.Ledger.read(SAMPLE), out=folder, overwrite=True, back_tests=False)
        for one in chosen:
            given = {"RESULTS": folder} if one.name[:2] in ON_A_RUN_OF_TODAY else {}
            text, charts = page_of(one, run_notebook(one, parameters=given))
            (FOLDER / f"{one.name}.md").write_text(text, encoding="utf-8")
            shutil.rmtree(FOLDER / one.name, ignore_errors=True)
            for name, drawn in charts.items():
                (FOLDER / one.name).mkdir(exist_ok=True)
                (FOLDER / one.name / name).write_bytes(drawn)
            print(f"{one.name}: {len(charts)} charts, {len(text) + sum(map(len, charts.values())):,} characters")


if __name__ == "__main__":
    main()
