"""How an export finds its format, what is said when it does not, and that every format says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from command import refused, succeeded

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.findings import Finding
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.account import FileAccount, imported
from credrisk.sources.erp.formats import Format, import_export, known_formats, recognise_export
from credrisk.sources.mapping_file import read_map

DOCS = Path(__file__).parents[3] / "docs"
ITEMS = "business_code,cust_number,name_customer,doc_id,posting_date,due_in_date,converted_usd\n"
ROW = "U001,0200000001,Quay Supplies,1930000001.0,2024-01-10,2024-02-10,12.5\n"


def test_every_format_says_what_it_is_and_has_its_page() -> None:
    formats = known_formats()
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.glob("erp*.md"))
    assert [one.name for one in formats if f"`{one.name}`" not in pages] == []
    assert len({one.name for one in formats}) == len(formats)
    for one in formats:
        assert one.about.endswith(".")
        assert "verified" in one.verified or "tested" in one.verified


def test_a_mapping_that_comes_along_is_recognised_by_its_columns(tmp_path: Path) -> None:
    (tmp_path / "some name.csv").write_text(ITEMS + ROW)
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    chosen, made = import_export(tmp_path)
    assert chosen.name == "highradius_converted"
    assert made.tables["documents"].select("document_id", "customer_id", "amount").rows() == [
        ("1930000001", "0200000001", "12.5")
    ]
    (tmp_path / "twice.csv").write_text(ITEMS + ROW)
    with pytest.raises(DataError, match=r"wants one file .* found: some name\.csv, twice\.csv"):
        import_export(tmp_path)


def test_what_nothing_recognises_leads_to_the_wizard(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Wer,Wann,Wieviel\na,1,2\n")
    assert recognise_export(path) == []
    said = refused("import", path, "--out", tmp_path / "ledger").replace("\n", " ")
    assert "no format recognises mine.csv" in said
    assert "wizard" in said
    assert not (tmp_path / "ledger").exists()


def test_the_folder_one_stands_in_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text("Wer,Wann,Wieviel\na,1,2\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=rf"recognises {tmp_path.name} .*import wizard \.;"):
        import_export(".")


def test_two_formats_that_fit_alike_are_for_the_user_to_choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.csv").write_text(ITEMS + ROW)
    twins = tuple(
        Format(name, "A twin.", "tested on nothing", lambda _: 0.8, lambda _: imported({}, []))
        for name in ("one", "two")
    )
    monkeypatch.setattr("credrisk.sources.erp.formats.known_formats", lambda: twins)
    with pytest.raises(DataError, match="could be one or two"):
        import_export(tmp_path)
    chosen, _ = import_export(tmp_path, as_format="two")
    assert chosen.name == "two"


def test_wrong_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(ITEMS + ROW)
    with pytest.raises(ParameterError, match="did you mean 'sap_odata'"):
        import_export(path, as_format="sap_odta")
    with pytest.raises(ParameterError, match="settings of sap_fbl5n"):
        import_export(path, as_format="sap_fbl5n", settings={"dates": "day_first"})
    assert "NAME=VALUE" in refused("import", path, "--set", "date_order", "--out", tmp_path / "x")
    (tmp_path / "map.toml").write_text("")
    both = refused("import", path, "--map", tmp_path / "map.toml", "--as", "sap_odata", "--out", tmp_path / "x")
    assert "--map" in both


def test_rows_that_do_not_add_up_stop_the_import() -> None:
    with pytest.raises(DataError, match="do not add up"):
        imported({}, [FileAccount("items", "a.csv", read=3, used=1, set_aside=1)])


def test_what_an_importer_noticed_comes_forward_with_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(ITEMS + ROW)
    _, made = import_export(tmp_path)
    noticed = imported(made.tables, [], findings=[Finding("warning", "documents", "seen", "something was seen.", 1)])
    ledger = Ledger.read(noticed.tables, covers_from="2024-01-01", covers_to="2024-12-31")
    assert "at import: something was seen." in [finding.message for finding in ledger.findings]


def test_the_command_tells_the_format_and_the_account_of_rows(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(ITEMS + ROW)
    said = succeeded("import", tmp_path / "mine.csv", "--out", tmp_path / "ledger").out
    assert "Read as highradius_converted (tested on a recorded extract)" in said
    assert "read = blank + left out + merged + used" in said


def test_a_mapping_may_say_what_it_is_and_nothing_else(tmp_path: Path) -> None:
    text = (
        '[files.a]\npath = "a.csv"\n[tables.documents]\n[tables.documents.columns]\ndocument_id = "No"\n'
        'customer_id = "Who"\ndocument_date = "Day"\ndue_date = "Due"\namount = "Value"\n'
    )
    (tmp_path / "map.toml").write_text('[format]\nabout = "An invention."\nverified = "tested on nothing"\n' + text)
    read = read_map(tmp_path / "map.toml")
    assert (read.about, read.verified) == ("An invention.", "tested on nothing")
    (tmp_path / "map.toml").write_text('[format]\nabot = "An invention."\n' + text)
    with pytest.raises(ParameterError, match="abot"):
        read_map(tmp_path / "map.toml")
