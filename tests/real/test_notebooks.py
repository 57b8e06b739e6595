"""Every notebook on a real ledger: it runs to the end, and says what that ledger cannot tell instead of guessing."""

from __future__ import annotations

from pathlib import Path

import pytest
from beside import SHARED
from test_notebooks import on_standard_error, own_jupyter, shown

from credrisk.ledger.ledger import Ledger
from credrisk.ledger.write import write_ledger
from credrisk.pipeline.notebook_run import Notebook, notebooks, run_notebook
from credrisk.sources.mapping import import_with_map

DATA = SHARED / "data" / "highradius-ar"
MAPPING = Path(__file__).parents[2] / "examples" / "mappings" / "highradius-ar.toml"
EXPORT = DATA / "closed_invoices_reconstructed.csv.gz"
pytestmark = [pytest.mark.real, pytest.mark.usefixtures("own_jupyter")]
__all__ = ["own_jupyter"]

SAID = {
    # The ledger has 14 months and no bad debt, no order book, no limits, nothing public and one file.
    "01": ["Covered from 2019-01-01 to 2020-02-26; money in USD", "No limit is on file."],
    "02": ["Not measured: bad debt. No bad debt within 12 months", "Measured: default (90 or more days past due)"],
    "03": ["0 with a measured probability of bad debt", "0 open orders"],
    "05": ["Bad news is not measured: no public information is at hand"],
    "07": ["The ledger is too short for a year back.", "Not measured on 2019-11-26: bad debt"],
    "08": ["No probability of bad debt is claimed"],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole ledger: 40,000 invoices of 1,056 customers."""
    folder = tmp_path_factory.mktemp("highradius") / "ledger"
    write_ledger(Ledger.read(import_with_map(MAPPING, DATA).tables), folder)
    return folder


@pytest.mark.parametrize("one", notebooks(), ids=lambda one: one.name)
def test_it_runs_to_the_end_and_says_what_is_not_measured(one: Notebook, ledger: Path) -> None:
    given = {"LEDGER": str(ledger)}
    if one.parameters["LEDGER"] is None:
        given = {"LEDGER": str(EXPORT), "CURRENCY": "USD", "RATES": "CAD=0.7"}
    done = run_notebook(one, parameters=given)
    assert on_standard_error(done) == []
    text = " ".join(shown(done).split())
    for words in SAID.get(one.name[:2], []):
        assert words in text, words
    assert "USD" in text
    assert " nan" not in text
