"""An export that comes as a zip: the wizard and a mapping read it as they read its files, within bounds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from command import refused, succeeded

from credrisk.errors import DataError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.packed_export import opened_export

BILLS = "Invoice No,Customer No,Invoice Date,Due Date,Amount,Currency\nF1,C1,2024-01-13,2024-02-13,10.50,EUR\n"
PAID = "Receipt No,Customer No,Receipt Date,Applied To,Amount\nR1,C1,2024-02-20,F1,10.50\n"


def packed(folder: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(folder / "export.zip", "w") as book:
        for name, text in files.items():
            book.writestr(name, text)
    return folder / "export.zip"


@pytest.mark.parametrize("files", [{"bills.csv": BILLS}, {"bills.csv": BILLS, "ar/receipts.csv": PAID}])
def test_the_wizard_and_its_mapping_read_a_zip(tmp_path: Path, files: dict[str, str]) -> None:
    source = packed(tmp_path, files)
    succeeded("import", "wizard", source, "--yes", "--out", tmp_path / "map.toml")
    imported = import_with_map(tmp_path / "map.toml", source)
    assert imported.tables["documents"]["document_id"].to_list() == ["F1"]
    assert ("payments" in imported.tables) == (len(files) == 2)


def test_what_a_mac_adds_is_passed_over_and_nothing_stays_unpacked(tmp_path: Path) -> None:
    source = packed(tmp_path, {"bills.csv": BILLS, "__MACOSX/bills.csv": "x"})
    with opened_export(source) as place:
        assert place.name == "bills.csv"
        assert place.read_text(encoding="utf-8") == BILLS
    assert not place.exists()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(DataError, match=r"several files named bills.csv\. What to do: unpack"),
        opened_export(packed(tmp_path, {"jan/bills.csv": BILLS, "feb/bills.csv": BILLS})),
    ):
        pass


def test_another_archive_is_called_that(tmp_path: Path) -> None:
    packed(tmp_path, {"bills.csv": BILLS}).rename(tmp_path / "export.7z")
    said = refused("import", "wizard", tmp_path / "export.7z", "--yes", "--out", tmp_path / "map.toml")
    assert "unpack a .7z, .rar or .tar first" in said
