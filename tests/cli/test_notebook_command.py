"""`credrisk notebook`: the list, a page and a notebook of one's own ledger, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from command import refused, succeeded

from credrisk.pipeline import notebook_run
from credrisk.pipeline.notebook_run import find_notebook, notebooks
from credrisk.simulate import simulate_ledger


@pytest.fixture(autouse=True)
def own_jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One notebook of two cells in place of all."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    story = nbformat.v4.new_markdown_cell("# A trial\n\n**The question:** what is owed?\n\nAnd more.")
    parameters = 'LEDGER = "nowhere"\nAS_OF = None\nNAME = None'
    cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell("import credrisk\nledger = credrisk.Ledger.read(LEDGER)")]
    cells += [nbformat.v4.new_code_cell("print(len(ledger.table('customers')), AS_OF, NAME)")]
    nbformat.write(nbformat.v4.new_notebook(cells=[story, *cells]), folder / "01_a_trial.ipynb")
    monkeypatch.setattr(notebook_run, "_folder", lambda: folder)
    return folder


def test_the_list_names_each_with_its_question() -> None:
    out = succeeded("notebook", "list").out
    for one in notebooks():
        assert one.name[:20] in out
    assert "what is owed, how old is it" in out


def test_it_is_found_by_number_name_or_a_part_of_it() -> None:
    for asked in ("01", "01_portfolio_at_a_glance", "01_portfolio_at_a_glance.ipynb", "Portfolio at a glance"):
        assert find_notebook(asked).name == "01_portfolio_at_a_glance"


@pytest.mark.parametrize("asked", ["99", "o", "", "..", "/etc/passwd"])
def test_what_is_none_or_several_is_refused_with_the_names(asked: str) -> None:
    assert "one of 01_portfolio_at_a_glance, 02_bad_debt" in refused("notebook", asked)


def test_a_page_of_ones_own_ledger_and_nothing_else_is_written(trial: Path, tmp_path: Path) -> None:
    simulate_ledger(customers=50, months=12, seed=2).write(tmp_path / "books")
    before = trial.joinpath("01_a_trial.ipynb").read_bytes()
    place = tmp_path / "pages" / "page.html"
    place.parent.mkdir()
    given = ("--ledger", tmp_path / "books", "--as-of", "2023-12-31", "--set", "NAME=a<b")
    done = succeeded("notebook", "trial", *given, "--out", place)
    assert "A trial: what is owed? Written to" in done.out
    text = place.read_text(encoding="utf-8")
    assert "50 2023-12-31 a&lt;b" in text
    assert "<dd>books</dd>" in text
    assert str(tmp_path) not in text
    assert "Ledger.read" not in text
    assert [path.name for path in place.parent.iterdir()] == ["page.html"]
    assert trial.joinpath("01_a_trial.ipynb").read_bytes() == before
    assert "page.html" in refused("notebook", "trial", *given, "--out", place)


def test_the_executed_notebook_is_written_where_the_file_is_one(trial: Path, tmp_path: Path) -> None:
    simulate_ledger(customers=50, months=12, seed=2).write(tmp_path / "books")
    place = tmp_path / "mine.ipynb"
    succeeded("notebook", "01", "--ledger", tmp_path / "books", "--out", place)
    notebook = nbformat.read(place, as_version=4)
    assert notebook.cells[-1].outputs[0].text == "50 None None\n"


def test_a_failing_cell_is_one_message(trial: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    said = refused("notebook", "trial", "--ledger", tmp_path / "empty", "--out", tmp_path / "page.html")
    assert said.startswith("the notebook 01_a_trial stopped in cell 2, under “A trial”: ")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "--ledger must be given: the sample ledger is not beside the notebooks"),
        (("--ledger", "nowhere"), "--ledger must be an existing file or folder; got 'nowhere'"),
        (("--ledger", ".", "--results", "."), "--results must be left out: the notebook 01_a_trial does not take it"),
        (("--ledger", ".", "--as-of", "soon"), "as-of must be"),
        (("--ledger", ".", "--set", "COLOUR=red"), "--set must be NAME=VALUE with NAME; got 'COLOUR=red'"),
        (("--ledger", ".", "--set", "LEDGER=x"), "--set must be NAME=VALUE with NAME; got 'LEDGER=x'"),
        (("--ledger", ".", "--out", "page.pdf"), "--out must be a file that ends in .html or .ipynb; got 'page.pdf'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(
    trial: Path, given: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_run, "run_notebook", lambda *_, **__: pytest.fail("it ran"))
    assert message in refused("notebook", "01", *given)
