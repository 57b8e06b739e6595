"""The golden copy as a register: against a slow reader of the same file, and files that are not what they claim."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from sources.gleif_bodies import CHILD, PARENT, ULTIMATE, lei

from credrisk.errors import DataError
from credrisk.sources.gleif_golden_copy import CHILD as CHILD_COLUMN
from credrisk.sources.gleif_golden_copy import LEVEL_1, LEVEL_1_OPTIONAL, LEVEL_2, is_golden_copy, read_golden_copy
from credrisk.sources.gleif_names import REGISTER_COLUMNS
from credrisk.sources.matching.register import REGISTER, read_register

OTHER = "Entity.OtherEntityNames.OtherEntityName"
ASCII = "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName"
EVENT = "Entity.LegalEntityEvents.LegalEntityEvent"


def row(identifier: str, name: str, **more: str) -> dict[str, str]:
    """A line of the level 1 file; keyword arguments are columns."""
    return {
        "LEI": identifier,
        "Entity.LegalName": name,
        "Entity.LegalAddress.Country": "DE",
        "Entity.LegalAddress.PostalCode": "09111",
        "Entity.LegalAddress.City": "Musterstadt",
        "Entity.LegalAddress.FirstAddressLine": "Tonweg 1",
        "Entity.LegalAddress.AdditionalAddressLine.1": "Hof 2",
        "Entity.EntityStatus": "ACTIVE",
        "Registration.RegistrationStatus": "ISSUED",
        "Entity.LegalForm.EntityLegalFormCode": "2HBR",
        **more,
    }


ROWS = [
    row(
        CHILD,
        'Invented "Ceramics", GmbH\nAnstalt',
        **{
            f"{OTHER}.1": "Elder Pottery GmbH",
            f"{OTHER}.1.type": "PREVIOUS_LEGAL_NAME",
            f"{OTHER}.2": "Ceramics",
            f"{OTHER}.2.type": "TRADING_OR_OPERATING_NAME",
            f"{ASCII}.1": "Erfundene Keramik",
            f"{ASCII}.1.type": "PREFERRED_ASCII_TRANSLITERATED_LEGAL_NAME",
            f"{EVENT}.1.LegalEntityEventType": "CHANGE_LEGAL_ADDRESS",
            f"{EVENT}.1.event_status": "COMPLETED",
            f"{EVENT}.1.LegalEntityEventEffectiveDate": "2024-01-01T00:00:00+01:00",
            f"{EVENT}.2.LegalEntityEventType": "CHANGE_LEGAL_NAME",
            f"{EVENT}.2.event_status": "COMPLETED",
            f"{EVENT}.2.LegalEntityEventEffectiveDate": "2022-01-20T23:00:00Z",
        },
    ),
    row(
        PARENT,
        "Invented Holding AG",
        **{
            f"{OTHER}.1": "First Name AG",
            f"{OTHER}.1.type": "PREVIOUS_LEGAL_NAME",
            f"{OTHER}.2": "Second Name AG",
            f"{OTHER}.2.type": "PREVIOUS_LEGAL_NAME",
            f"{EVENT}.1.LegalEntityEventType": "CHANGE_LEGAL_NAME",
            f"{EVENT}.1.event_status": "COMPLETED",
            f"{EVENT}.1.LegalEntityEventEffectiveDate": "2023-03-04T00:00:00+00:00",
            "Entity.LegalForm.EntityLegalFormCode": "8888",
            "Entity.LegalForm.OtherLegalForm": "Stiftung",
        },
    ),
    row(lei("99990000INVENTEDFR"), "Société Inventée", **{"Entity.LegalAddress.Country": "FR"}),
    row(lei("99990000INVENTEDDU"), "Counted Twice GmbH", **{"Registration.RegistrationStatus": "DUPLICATE"}),
    row(lei("99990000INVENTEDLA"), "Lapsed GmbH", **{"Registration.RegistrationStatus": "LAPSED"}),
]
RELATIONS = [
    (CHILD, PARENT, "IS_DIRECTLY_CONSOLIDATED_BY", "ACTIVE"),
    (CHILD, ULTIMATE, "IS_ULTIMATELY_CONSOLIDATED_BY", "ACTIVE"),
    (PARENT, ULTIMATE, "IS_DIRECTLY_CONSOLIDATED_BY", "INACTIVE"),
]


def text_of(rows: list[dict[str, str]], columns: tuple[str, ...] = (*LEVEL_1, *LEVEL_1_OPTIONAL)) -> str:
    """The file: columns in another order than any reader's, with others between them."""
    told = io.StringIO()
    writer = csv.DictWriter(told, ["ConformityFlag", *reversed(columns)], restval="", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return told.getvalue()


def zipped(path: Path, text: str, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("20250515-0000-gleif-goldencopy-lei2-golden-copy.csv",):
            archive.writestr(name, text)
    return path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return zipped(tmp_path / "lei2.csv.zip", text_of(ROWS))


def test_names_with_kinds_and_days(copy: Path) -> None:
    frame = read_golden_copy(copy, output="polars")
    assert frame.schema == pl.Schema(REGISTER_COLUMNS)
    own = frame.filter(entity=CHILD).select("name", "name_kind", "valid_from", "valid_to")
    assert own.rows() == [
        ("Elder Pottery GmbH", "former", None, date(2022, 1, 21)),
        ('Invented "Ceramics", GmbH\nAnstalt', "legal", date(2022, 1, 21), None),
        ("Erfundene Keramik", "other", None, None),
        ("Ceramics", "trade", None, None),
    ]
    two_former = frame.filter(entity=PARENT).select("name", "valid_from", "valid_to", "legal_form")
    assert two_former.rows() == [
        ("First Name AG", None, None, "Stiftung"),
        ("Second Name AG", None, None, "Stiftung"),
        ("Invented Holding AG", date(2023, 3, 4), None, "Stiftung"),
    ]
    assert "Counted Twice GmbH" not in frame["name"]
    assert "Lapsed GmbH" in frame["name"]
    about = frame.filter(name="Lapsed GmbH").row(0, named=True)
    assert (about["postcode"], about["street"], about["legal_form"]) == ("09111", "Tonweg 1, Hof 2", "2HBR")
    assert (about["register"], about["id_column"], about["status"]) == ("gleif", "lei", "ACTIVE")


def test_countries_and_parents(copy: Path, tmp_path: Path) -> None:
    relations = [dict(zip(LEVEL_2, one, strict=True)) for one in RELATIONS]
    second = zipped(tmp_path / "rr.csv.zip", text_of(relations, LEVEL_2))
    frame = read_golden_copy(copy, relationships=second, countries=["de"], output="polars")
    assert set(frame["country"]) == {"DE"}
    assert dict(frame.filter(name_kind="legal").select("entity", "parent").iter_rows()) == {
        CHILD: PARENT,
        PARENT: None,
        lei("99990000INVENTEDLA"): None,
    }
    assert frame.columns == list(REGISTER_COLUMNS)


def test_packing_makes_no_difference_and_pandas_comes_out(copy: Path, tmp_path: Path) -> None:
    plain, packed = tmp_path / "plain.csv", tmp_path / "packed.csv.gz"
    plain.write_text("\ufeff" + text_of(ROWS), encoding="utf-8")
    packed.write_bytes(gzip.compress(text_of(ROWS).encode()))
    frame = read_golden_copy(copy, output="polars")
    for path in (plain, packed):
        assert read_golden_copy(path, output="polars").equals(frame)
    assert list(read_golden_copy(copy).columns) == list(REGISTER_COLUMNS)


def test_many_blocks_give_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(f"L{place:05d}", f"Firm {place} GmbH") for place in range(3_000)]
    path = zipped(tmp_path / "many.zip", text_of(rows))
    whole = read_golden_copy(path, output="polars")
    monkeypatch.setattr("credrisk.sources.gleif_golden_copy.BLOCK", 1 << 16)
    assert read_golden_copy(path, output="polars").equals(whole)
    assert whole["entity"].to_list() == [one["LEI"] for one in rows]


def test_other_files_are_refused_with_what_is_missing(tmp_path: Path, copy: Path) -> None:
    relations = [dict(zip(LEVEL_2, one, strict=True)) for one in RELATIONS]
    second = zipped(tmp_path / "rr.csv.zip", text_of(relations, LEVEL_2))
    with pytest.raises(DataError, match=r"no golden copy of this level.*Entity\.LegalName"):
        read_golden_copy(second)
    with pytest.raises(DataError, match=CHILD_COLUMN):
        read_golden_copy(copy, relationships=copy)
    with pytest.raises(DataError, match="holds 2 CSV files"):
        read_golden_copy(zipped(tmp_path / "two.zip", text_of(ROWS), "a.csv", "b.csv"))
    with pytest.raises(DataError, match="is no file"):
        read_golden_copy(tmp_path / "absent.zip")


def test_matching_reads_the_golden_copy_as_it_comes(copy: Path, tmp_path: Path) -> None:
    register = read_register(copy)
    assert list(register.columns) == list(REGISTER) == list(REGISTER_COLUMNS)
    assert register.sort("entity", "name_kind", "name").equals(read_golden_copy(copy, output="polars"))
    other = tmp_path / "own.csv"
    other.write_text("entity,id_column,name\n1,duns,Invented Ceramics\n", encoding="utf-8")
    assert not is_golden_copy(other)
    assert read_register(other)["entity"].to_list() == ["000000001"]


def test_damaged_and_swollen_files_end_in_an_error(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(DataError, match="more than the bytes"):
        read_golden_copy(copy, max_bytes=500)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(text_of(ROWS * 50).encode())[:-40])
    with pytest.raises(DataError, match="damaged"):
        read_golden_copy(cut)
    ragged = tmp_path / "ragged.csv"
    ragged.write_text(text_of(ROWS) + '"one cell"\n', encoding="utf-8")
    with pytest.raises(DataError, match="damaged"):
        read_golden_copy(ragged)
