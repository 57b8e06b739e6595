"""The notebooks that come with credrisk: which there are, what each answers, and one run on your own ledger.

A run never writes into the notebook itself: it is parameterised, executed by this very Python, and given back.
"""

from __future__ import annotations

import ast
import os
import re
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from credrisk.errors import DataError, ParameterError
from credrisk.progress import Progress, silent
from credrisk.reports.notebook_page import title_of

__all__ = ["Notebook", "find_notebook", "notebook_text", "notebooks", "run_notebook"]

TAG, INJECTED = "parameters", "injected-parameters"
KERNEL = "python3"
LONGEST_CELL_SECONDS = 3600
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
EXTRA = "install credrisk with its extra `notebooks`: pip install 'credrisk[notebooks]'."


@dataclass(frozen=True)
class Notebook:
    """One notebook.

    Attributes
    ----------
    name
        Its file's name without the ending, such as ``01_portfolio_at_a_glance``.
    question
        What it answers.
    parameters
        Names that may be set from outside, with what they are by themselves.
    """

    name: str
    path: Path
    title: str
    question: str
    parameters: Mapping[str, Any]


def notebooks() -> list[Notebook]:
    """Return the notebooks by number: those in the package, in a checkout those beside it.

    Raises
    ------
    ParameterError
        When the tools that read notebooks are not installed.
    """
    return [_read(path) for path in sorted(_folder().glob("[0-9]*.ipynb"))]


def find_notebook(name: str) -> Notebook:
    """Return the notebook of that name, number or part of the name.

    Raises
    ------
    ParameterError
        When none, or more than one, is meant; the error names all.
    """
    known = notebooks()
    asked = name.removesuffix(".ipynb").lower().replace("-", "_").replace(" ", "_")
    for fits in (
        [one for one in known if one.name == asked],
        [one for one in known if asked and one.name.startswith(f"{asked}_")],
        [one for one in known if asked and asked in one.name],
    ):
        if len(fits) == 1:
            return fits[0]
    raise ParameterError("NAME", f"one of {', '.join(one.name for one in known)}, or a part of one alone", name)


def run_notebook(found: Notebook, *, parameters: Mapping[str, str], progress: Progress = silent) -> Any:
    """Execute a notebook with parameters set, and return it with its outputs.

    Parameters
    ----------
    parameters
        Paths must be absolute: the notebook runs in its own folder.
    progress
        Told before each cell under which heading it stands, and how many cells are done of how many.

    Raises
    ------
    ParameterError
        When the notebook has no such parameter.
    DataError
        When a cell fails: the heading it stands under, and what it says. No traceback.
    """
    _, client_kind, failed = _tools()
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    for name in parameters:
        if name not in found.parameters:
            rule = f"a parameter of {found.name}, which has {', '.join(found.parameters)}"
            raise ParameterError("parameter", rule, name)
    notebook = load_notebook_node(str(found.path))
    if parameters:
        notebook = parameterize_notebook(notebook, dict(parameters), kernel_name=KERNEL, language="python")
    stages, total = _stages(found, notebook), len(notebook.cells)
    with tempfile.TemporaryDirectory(prefix="credrisk-notebook-") as folder:
        client = client_kind(
            notebook,
            timeout=LONGEST_CELL_SECONDS,
            kernel_name=KERNEL,
            resources={"metadata": {"path": str(found.path.parent)}},
            on_cell_start=lambda cell, cell_index: progress(stages[cell_index], cell_index, total),
        )
        client.create_kernel_manager()
        client.km.kernel_spec_manager = _this_python()
        client.km.connection_file = str(Path(folder) / "kernel.json")
        if hasattr(socket, "AF_UNIX"):
            client.km.transport = "ipc"  # nobody else on this machine or the network can listen
        # Nothing of the user's own Jupyter counts: no start-up script, no settings, no history.
        settings = {**os.environ, "IPYTHONDIR": str(Path(folder) / "ipython"), "JUPYTER_PLATFORM_DIRS": "1"}
        try:
            client.execute(env=settings)
        except failed as error:
            raise _stopped(found, notebook, error) from None
    return notebook


def _stages(found: Notebook, notebook: Any) -> list[str]:
    """Return for each cell what is said while it runs: the section that it belongs to.

    A stage a section, so that a log without a terminal, where no bar is drawn, tells of each when it begins.
    """
    heading, stages = "Beginning", [f"{found.title}: Beginning"]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            told = re.findall(r"^##+ (.+)$", cell.source, flags=re.MULTILINE)
            heading = told[-1] if told else heading
        # A text takes no time: it is still the section before, and one without code is never told.
        stages.append(stages[-1] if cell.cell_type == "markdown" else f"{found.title}: {heading}")
    return stages[1:]


def notebook_text(executed: Any) -> str:
    """Return an executed notebook as the text of an .ipynb file."""
    nbformat, _, _ = _tools()
    return f"{nbformat.writes(executed)}\n"


def _folder() -> Path:
    """Return where the notebooks are: in the package, or in the checkout that the package is part of."""
    package = Path(str(resources.files("credrisk")))
    for place in (package / "notebooks", package.parent / "notebooks"):
        if any(place.glob("[0-9]*.ipynb")):
            return place
    raise ParameterError("NAME", "a notebook of this installation, which has none", str(package))


def _read(path: Path) -> Notebook:
    nbformat, _, _ = _tools()
    notebook = nbformat.read(path, as_version=4)
    title, question = title_of(notebook)
    cell = next((one for one in notebook.cells if TAG in one.metadata.get("tags", ())), None)
    return Notebook(path.stem, path, title, question, _assigned(cell.source) if cell is not None else {})


def _assigned(source: str) -> dict[str, Any]:
    """Return the names to which the cell gives a plain value."""
    found: dict[str, Any] = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            found[line.targets[0].id] = ast.literal_eval(line.value)
    return found


def _tools() -> tuple[Any, Any, type[Exception]]:
    """Return what reads and executes notebooks."""
    try:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError:
        raise ParameterError("NAME", "run where the notebooks' tools are installed", "none", remedy=EXTRA) from None
    return nbformat, NotebookClient, CellExecutionError


def _this_python() -> Any:
    """Return specifications of kernels among which ``python3`` is the interpreter that runs now."""
    from jupyter_client.kernelspec import KernelSpecManager

    return KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)


def _stopped(found: Notebook, notebook: Any, error: Any) -> DataError:
    """Say in one message where the notebook stopped and why."""
    heading, number = found.title, 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ (.+)$", cell.source, flags=re.MULTILINE)
            heading = headings[-1] if headings else heading
        elif INJECTED not in cell.metadata.get("tags", ()):
            number += 1
        if any(output.get("output_type") == "error" for output in cell.get("outputs", ())):
            break
    why = COLOURS.sub("", str(error.evalue or error.ename)).strip()
    return DataError(f"the notebook {found.name} stopped in cell {number}, under “{heading}”: {why}")
