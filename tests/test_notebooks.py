"""Every notebook runs from top to bottom on the sample, without an error and without a warning."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make this interpreter the only kernel there is, and give its name."""
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / "this-python"
    spec.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": start, "display_name": "this Python", "language": "python", "env": {}})
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "runtime"))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])))
        yield spec.name


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy what a notebook may read to a place of its own, so that nothing in the checkout is written."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    for name in ("data", "examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name, target_is_directory=True)
    return tmp_path / "notebooks"


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_without_error_or_warning(path: Path, kernel: str, copy: Path) -> None:
    notebook: Any = nbformat.read(copy / path.name, as_version=4)
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name=kernel, resources={"metadata": {"path": str(copy)}})
    client.execute()
    assert said_on_standard_error(notebook) == []


def said_on_standard_error(notebook: Any) -> list[str]:
    return [
        output["text"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]


def test_a_failing_and_a_warning_notebook_would_be_noticed(kernel: str, tmp_path: Path) -> None:
    def run(source: str) -> Any:
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        resources = {"metadata": {"path": str(tmp_path)}}
        return NotebookClient(notebook, timeout=SECONDS, kernel_name=kernel, resources=resources).execute()

    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        run("1 / 0")
    cell = run("import sys, warnings, credrisk; print(sys.executable, credrisk.__file__); warnings.warn('look out')")
    assert "look out" in "".join(said_on_standard_error(cell))
    assert cell.cells[0].outputs[0]["text"].split() == [sys.executable, str(ROOT / "credrisk" / "__init__.py")]
