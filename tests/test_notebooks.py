"""Every notebook is clean, short and tells its story; it runs from top to bottom on the sample, without a warning."""

from __future__ import annotations

import ast
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from own_books import own_books

from credrisk.errors import CredriskError, DataError
from credrisk.pipeline.notebook_run import Notebook, notebooks, run_notebook
from credrisk.wording import counted

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = notebooks()
LINES, FEWEST, MOST = 12, 8, 20
"""Of a cell of code, its imports left out; of cells of code in a notebook, that of the parameters left out."""
LONGER = {"04_prioritise_collection": 24}
"""The desk is opened in one cell, and its frames are named in the words of the trade there."""


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel import this checkout, and no setting of the user's Jupyter count."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def source(one: Notebook) -> Any:
    return nbformat.read(one.path, as_version=4)


def code(one: Notebook) -> list[Any]:
    return [cell for cell in source(one).cells if cell.cell_type == "code"]


def prose(one: Notebook) -> str:
    return "\n".join(cell.source for cell in source(one).cells if cell.cell_type == "markdown")


def shown(notebook: Any) -> str:
    """Return everything that the outputs say."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = []
    for output in outputs:
        data = output.get("data", {})
        written = "IPython" in data.get("text/plain", "")
        texts.append(output.get("text", "") or data.get("text/html" if written else "text/plain", ""))
    return "\n".join(texts)


def on_standard_error(notebook: Any) -> list[str]:
    return [
        output["text"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]


def lines_of(code: str) -> int:
    """Count the lines of a cell's statements; imports and blank lines are no logic."""
    statements = [one for one in ast.parse(code).body if not isinstance(one, (ast.Import, ast.ImportFrom))]
    return sum((one.end_lineno or one.lineno) - one.lineno + 1 for one in statements)


def digest() -> dict[str, str]:
    files = (path for path in FOLDER.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


each = pytest.mark.parametrize("one", NOTEBOOKS, ids=lambda one: one.name)


def test_they_are_numbered_without_a_gap_of_those_that_are_told() -> None:
    assert [one.path.parent for one in NOTEBOOKS] == [FOLDER] * len(NOTEBOOKS)
    assert len({one.name[:2] for one in NOTEBOOKS}) == len(NOTEBOOKS) >= 6


@each
def test_it_is_kept_clean(one: Notebook) -> None:
    for cell in code(one):
        assert cell.outputs == []
        assert cell.execution_count is None
    assert "widgets" not in source(one).metadata


@each
def test_it_begins_with_its_question_and_its_parameters(one: Notebook) -> None:
    assert one.title
    assert one.question.endswith("?")
    first = code(one)[0]
    assert first.metadata.get("tags") == ["parameters"]
    assert list(one.parameters)[:2] == ["LEDGER", "AS_OF"]
    assert one.parameters["AS_OF"] is None
    ledger = one.parameters["LEDGER"]
    assert ledger is None or (FOLDER / ledger).exists()


@each
def test_its_cells_are_short_and_it_ends_in_money(one: Notebook) -> None:
    cells = code(one)[1:]
    assert FEWEST <= len(cells) <= MOST
    for cell in cells:
        assert lines_of(cell.source) <= LONGER.get(one.name, LINES), cell.source
    headings = re.findall(r"^## (.+)$", prose(one), flags=re.MULTILINE)
    assert "money" in headings[-2].lower()
    assert headings[-1] == "Where to go next"


@each
def test_its_links_lead_somewhere(one: Notebook) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s#]+)", prose(one)):
        assert (FOLDER / target).exists(), target


@each
def test_it_runs_on_the_sample_without_a_warning_and_says_what_it_means_in_money(one: Notebook) -> None:
    before = digest()
    done = run_notebook(one, parameters={})
    assert on_standard_error(done) == []
    closing = [cell for cell in done.cells if cell.cell_type == "code"][-1]
    assert re.search(r"\d EUR", shown(nbformat.v4.new_notebook(cells=[closing]))), closing.outputs
    assert not re.search(r"\d\.\d{5}", shown(done)), "a figure with many decimals"
    assert digest() == before


def written(folder: Path, *cells: str) -> Notebook:
    parameters = nbformat.v4.new_code_cell("AMOUNT = 1", metadata={"tags": ["parameters"]})
    whole = [nbformat.v4.new_markdown_cell("# Trial"), parameters, *map(nbformat.v4.new_code_cell, cells)]
    path = folder / "99_trial.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=whole), path)
    return Notebook("99_trial", path, "Trial", "", {"AMOUNT": 1})


def test_parameters_reach_it_a_warning_is_seen_and_the_kernel_is_this_python(tmp_path: Path) -> None:
    import sys

    trial = written(tmp_path, "import sys, warnings, credrisk", "print(AMOUNT, sys.executable, credrisk.__file__)")
    done = run_notebook(trial, parameters={"AMOUNT": "7"})
    assert shown(done).split() == ["7", sys.executable, str(ROOT / "credrisk" / "__init__.py")]
    told: list[tuple[str, int, int]] = []
    trial = written(tmp_path, "import warnings", "warnings.warn('look out')")
    done = run_notebook(trial, parameters={}, progress=lambda *stage: told.append(stage))
    assert "look out" in "".join(on_standard_error(done))
    assert told[-1] == ("Trial: Beginning", 3, 4)


def test_a_failing_cell_is_named_with_its_message_and_no_traceback(tmp_path: Path) -> None:
    trial = written(tmp_path, "1 + 1", "from credrisk.errors import EvidenceError", "raise EvidenceError('too few')")
    with pytest.raises(DataError) as failed:
        run_notebook(trial, parameters={})
    assert str(failed.value) == "the notebook 99_trial stopped in cell 4, under “Trial”: too few"
    assert failed.value.__cause__ is None


def test_a_parameter_that_it_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CredriskError, match="a parameter of 99_trial, which has AMOUNT; got 'COLOUR'"):
        run_notebook(written(tmp_path, "1"), parameters={"COLOUR": "red"})


def test_they_are_part_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {"notebooks": "credrisk/notebooks"}


def of_companies(books: Path, companies: dict[str, str], *more: str) -> None:
    """Name the company of ours of the documents in a currency, and add documents."""
    heads, *rows = (books / "documents.csv").read_text(encoding="utf-8").splitlines()
    named = [f"{row},{companies.get(row.rpartition(',')[2], '')}" for row in rows]
    (books / "documents.csv").write_text("\n".join([f"{heads},seller_entity", *named, *more, ""]), encoding="utf-8")


def test_ones_own_tables_are_shown_in_major_units_tie_out_and_no_word_is_of_the_sample(tmp_path: Path) -> None:
    one = next(found for found in NOTEBOOKS if found.name.startswith("08"))
    books = own_books(tmp_path / "books")
    of_companies(books, {"USD": "north"}, "IUS2,KUSD,invoice,2025-10-01,2025-10-31,50.00,USD,south")
    done = run_notebook(one, parameters={"LEDGER": str(books)})
    assert on_standard_error(done) == []
    lines = shown(done).splitlines()
    for code, amount in {"USD": "2,301.39", "JPY": "1,500", "KWD": "12.345"}.items():
        assert f"I{code} | K{code} | invoice | 2025-10-01 | 2025-10-31 | {amount} | {code}" in lines
    assert "north | USD | 2,301.39 | 0.00 | 2,301.39 | 2,301.39 | – | – | not given" in lines
    assert "south | USD | 50.00 | 0.00 | 50.00 | 50.00 | – | – | not given" in lines
    assert "none named | USD | 0.00 | 400.00 | -400.00 | -400.00 | – | – | not given" in lines
    assert "all | JPY | 1,500 | 0 | 1,500 | 1,500 | – | – | not given" in lines
    assert "receipts: 1 row, as in the file." in lines
    assert "invented" not in prose(one) + shown(done)
    run = next(line for line in lines if line.startswith("Contacts for today"))
    counts = re.match(r"Contacts for today \((\d+)(?:; (\d+) automatic)?", run)
    assert counts
    by_hand, mails = counts.groups(default="0")
    told = f"Contacting {counted(int(by_hand), 'customer')} today is expected to gain"
    assert told in lines[-2] + lines[-1]
    assert ("beside them" in lines[-2] + lines[-1]) == (int(mails) > 0)
