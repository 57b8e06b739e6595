"""The commands `company` and `watch`: files, what is printed, refusals, and tables that a spreadsheet does not run."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from command import refused, succeeded
from public_world import ledger, ledger_tables, write_public

from credrisk.ledger.ledger import Ledger


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("commands")
    ledger().write(place / "ledger")
    write_public(place / "public")
    return place


def test_a_dossier_as_a_page_and_as_text(folder: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    said = succeeded("company", "A1", folder / "ledger", "--public", folder / "public", "--out", page)
    assert "9 red flags, 1 urgent" in said.out
    assert "Winding up petition" in page.read_text(encoding="utf-8")
    assert "overwr" in refused("company", "A1", folder / "ledger", "--out", page)
    text = succeeded("company", "birch", folder / "ledger", "--format", "text").out
    assert text.startswith("BIRCH IMAGINARY TOOLS PLC")
    assert "Not measured: silence here is no good news" in text


def test_the_default_file_is_named_by_the_id(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    succeeded("company", "Cedar Imaginary Toys Ltd", folder / "ledger")
    assert (tmp_path / "dossier-C1.html").is_file()


def test_a_name_that_fits_nobody_lists_the_nearest(folder: Path):
    message = refused("company", "Birk Tools", folder / "ledger", "--format", "text")
    assert "nearest" in message
    assert "B1 Birch Imaginary Tools plc" in message


def test_a_watch_leaves_a_page_and_three_tables(folder: Path, tmp_path: Path):
    out = tmp_path / "watch"
    arguments = ("watch", folder / "ledger", "--public", folder / "public", "--since", "2025-09-30", "--out", out)
    said = succeeded(*arguments).out
    assert "2 customers of 4 changed since 30 September 2025: 2 urgent; 8.5 k GBP at stake with these." in said
    assert "no key is set" in said
    names = ["changes.csv", "customers.csv", "not-measured.csv", "watch.html"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert pl.read_csv(out / "customers.csv")["customer_id"].to_list() == ["A1", "C1"]
    assert "overwr" in refused(*arguments)
    succeeded(*arguments, "--overwrite")


def test_one_of_the_two_ways_to_say_since_when(folder: Path, tmp_path: Path):
    assert "--since" in refused("watch", folder / "ledger", "--out", tmp_path / "w")
    message = refused("watch", folder / "ledger", "--since", "2025-09-30", "--before", "x", "--out", tmp_path / "w")
    assert "not both" in message


def test_a_spreadsheet_runs_nothing(folder: Path, tmp_path: Path):
    tables = ledger_tables()
    formula = "=cmd|' /C calc'!A0"
    tables["customers"] = tables["customers"].with_columns(name=pl.lit(formula))
    Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to="2026-03-31").write(tmp_path / "ledger")
    out = tmp_path / "watch"
    succeeded("watch", tmp_path / "ledger", "--public", folder / "public", "--since", "2025-09-30", "--out", out)
    for name in ("changes.csv", "customers.csv"):
        names = pl.read_csv(out / name)["name"].to_list()
        assert names
        assert all(each == f"'{formula}" for each in names)


def test_addresses_with_money_and_what_to_do(folder: Path, tmp_path: Path):
    out = tmp_path / "addresses.csv"
    said = succeeded("addresses", folder / "ledger", "--public", folder / "public", "--out", out).out
    assert "2 of 4 customers are not where or what the master says; 2 of them owe 8.5 k GBP." in said
    assert "its id is not in the register" in said
    assert pl.read_csv(out)["kind"].to_list() == ["closed_but_open_balance", "dissolved", "address_differs"]
    assert "overwr" in refused("addresses", folder / "ledger", "--out", out)
    register = folder / "public" / "register.csv"
    bare = pl.read_csv(register, infer_schema=False).drop("known_at")
    bare.write_csv(tmp_path / "copy.csv")
    arguments = ("addresses", folder / "ledger", "--register", tmp_path / "copy.csv", "--out", tmp_path / "new.csv")
    assert "--register-date" in refused(*arguments)
    succeeded(*arguments, "--register-date", "2026-03-01")


def test_a_name_does_not_steer_the_terminal(folder: Path, tmp_path: Path):
    tables = ledger_tables()
    tables["customers"] = tables["customers"].with_columns(name=pl.lit("Evil \u001b[31mImaginary\u202e Ltd"))
    Ledger.read(tables, currency="GBP", covers_from="2024-02-01", covers_to="2026-03-31").write(tmp_path / "ledger")
    public, page = folder / "public", tmp_path / "page.html"
    told = (
        succeeded("company", "A1", tmp_path / "ledger", "--public", public, "--out", page),
        succeeded("company", "A1", tmp_path / "ledger", "--public", public, "--format", "text"),
        succeeded("watch", tmp_path / "ledger", "--public", public, "--since", "2025-09-30", "--out", tmp_path / "w"),
        succeeded("addresses", tmp_path / "ledger", "--public", public, "--out", tmp_path / "a.csv"),
    )
    for said in told:
        assert "\u001b" not in said.out
        assert "\u202e" not in said.out
