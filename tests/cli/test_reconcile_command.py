"""`credrisk reconcile` on a small ledger: files written, exit codes, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from command import credrisk, refused, succeeded
from ledger_files import GOOD, folder_of

SETTINGS = "key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-03-31\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """1,234.56 and 200 billed, 34.56 credited, 1,000 received and 10 written off: 390 are owed."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    return folder_of(folder, **GOOD, settings=SETTINGS)


def test_an_account_that_agrees_ends_well(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "reconciliation"
    told = succeeded("reconcile", ledger, "--control-account", "390.00", "-o", out)
    assert "EUR: control account 390.00, customers 390.00: agrees to the cent" in told.out
    assert {path.name for path in out.iterdir()} == {
        *("reconciliation.html", "reconciliation.xlsx", "reconciliation.json"),
        *("balances.csv", "tie-out.csv", "findings.csv", "rows.csv", "customers.csv", "changed-due-dates.csv"),
        *("one-customer.csv", "groups.csv", "cut-off.csv"),
    }
    lines = pl.read_csv(out / "tie-out.csv")
    assert lines.filter(pl.col("part") == "ageing")["amount"].sum() == 390.0
    assert json.loads((out / "reconciliation.json").read_text("utf-8"))["as_of"] == "2024-03-31"
    assert "a new place" in refused("reconcile", ledger, "-o", out)
    succeeded("reconcile", ledger, "-o", out, "--overwrite")


def test_an_account_that_nothing_explains_ends_with_2(ledger: Path, tmp_path: Path) -> None:
    balances = tmp_path / "balances.csv"
    balances.write_text("account;amount\n1400;300,00\n1410;100,00\n", encoding="utf-8")
    told = credrisk("reconcile", ledger, "--control-account", balances, "-o", tmp_path / "out")
    assert told.code == 2
    assert "control account 400.00, customers 390.00: differs, not explained (difference 10.00)" in told.out


def test_another_day_and_what_it_could_not_know(ledger: Path, tmp_path: Path) -> None:
    """On the first of March the cash is there and unapplied: an account of open items alone shows 1,400."""
    told = succeeded(
        "reconcile", ledger, "--as-of", "2024-03-01", "--control-account", "EUR=1400", "-o", tmp_path / "out"
    )
    assert "customers 400.00: differs, explained to the cent" in told.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--control-account", "no-such-file.csv"), "--control-account must be"),
        (("--control-account", "5", "--control-account", "1000/EUR=5"), "give either the total or each company"),
        (("--control-account", "all=5", "--as-of", "soon"), "--as-of must be"),
    ],
)
def test_what_cannot_be_read_is_refused(ledger: Path, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("reconcile", ledger, *arguments, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()
