"""Line item lists saved with semicolons or commas, with in-house document types and headings of everyday language."""

from __future__ import annotations

import tomllib
from datetime import date
from importlib.resources import files as package_files
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.erp.sap_headings import columns_of, own_columns
from credrisk.sources.erp.sap_items import stated_types
from credrisk.sources.mapping import Imported

HEAD = (
    "Konto;Name;Belegnummer;Belegart;Belegdatum;Buchungsdatum;Nettofälligkeit;Betrag in Hauswährung;Hauswährung;"
    "Ausgleichsbeleg;Ausgleichsdatum;Text"
)
ROWS = (
    "501;Färberei Süd KG;71;AR;03.01.2024;03.01.2024;02.02.2024;1.250,40;EUR;91;15.02.2024;",
    "501;Färberei Süd KG;72;AR;05.01.2024;05.01.2024;04.02.2024;349,60;EUR;91;15.02.2024;",
    "501;Färberei Süd KG;81;GS;20.01.2024;20.01.2024;20.01.2024;100,00-;EUR;91;15.02.2024;",
    "501;Färberei Süd KG;91;ZE;15.02.2024;15.02.2024;15.02.2024;1.500,00-;EUR;91;15.02.2024;",
    "502;Quelle;73;AR;10.01.2024;10.01.2024;09.02.2024;80,00;EUR;95;30.09.2024;",
    "502;Quelle;95;AU;30.09.2024;30.09.2024;30.09.2024;80,00-;EUR;95;30.09.2024;",
    "502;Quelle;74;AR;31.01.2024;31.01.2024;01.03.2024;2.000,00;EUR;;;",
)
TYPES = "AR:invoice,GS:credit_note,ZE:payment,AU:write_off"


def written(folder: Path, *lines: str, encoding: str = "cp1252") -> Path:
    path = folder / "posten.csv"
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding)
    return path


def check(made: Imported) -> None:
    """Hold what was made against the rows above: 2,000 open, the rest paid, credited and written off."""
    documents = made.tables["documents"].select("customer_id", "kind", "due_date", "amount").rows()
    assert sorted(documents) == [
        ("501", "credit_note", date(2024, 1, 20), "-100.00"),
        ("501", "invoice", date(2024, 2, 2), "1250.40"),
        ("501", "invoice", date(2024, 2, 4), "349.60"),
        ("502", "invoice", date(2024, 2, 9), "80.00"),
        ("502", "invoice", date(2024, 3, 1), "2000.00"),
    ]
    assert made.tables["receipts"].select("customer_id", "date", "amount").rows() == [
        ("501", date(2024, 2, 15), "1500.00")
    ]
    applied = made.tables["applications"].group_by("kind").agg(pl.col("amount").cast(pl.Float64).sum()).sort("kind")
    assert applied.rows() == [("credit_note", 100.0), ("payment", 1500.0), ("write_off", 80.0)]
    counted = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert counted.to_list() == made.summary["read"].to_list()
    assert made.summary["used"].sum() == len(ROWS)
    assert "unknown_type" not in made.tables["findings"]["code"].to_list()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_semicolons_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    chosen, made = import_export(written(tmp_path, HEAD, *ROWS, encoding=encoding), settings={"types": TYPES})
    assert chosen.name == "sap_fbl5n"
    check(made)


def test_titles_above_blank_lines_and_totals_between(tmp_path: Path) -> None:
    width = HEAD.count(";")
    total = "*" + ";" * 7 + "2.000,00" + ";" * (width - 7)
    lines = ["sep=;", "Einzelposten Debitoren" + ";" * width, ";" * width]
    lines += [f";{line};" for line in (HEAD, *ROWS[:4])]
    lines += [";" * (width + 2), *(f";{line}" for line in ROWS[4:]), f"{total};"]
    _, made = import_export(written(tmp_path, *lines), settings={"types": TYPES})
    check(made)
    assert made.summary.select("read", "blank", "left_out").rows() == [(13, 2, 4)]


def test_cells_in_quotation_marks_and_commas(tmp_path: Path) -> None:
    def quoted(line: str) -> str:
        return ",".join(f'"{cell}"' for cell in line.split(";"))

    lines = [quoted(one) for one in (HEAD, *ROWS)]
    lines[3] = lines[3].removesuffix('""') + '"Nachlass; laut ""Vertrag"",\nzweite Zeile"'
    lines[0] = lines[0].replace("Betrag in Hauswährung", "Betrag in\nHauswährung")
    check(import_export(written(tmp_path, *lines), settings={"types": TYPES})[1])
    tabs = [one.replace(";", "\t").replace("1.500,00-", '"1.500,00-"') for one in (HEAD, *ROWS)]
    check(import_export(written(tmp_path, *tabs), settings={"types": TYPES})[1])


def test_a_line_with_too_many_cells_is_set_aside(tmp_path: Path) -> None:
    _, made = import_export(written(tmp_path, HEAD, *ROWS, f"{ROWS[-1]};a;b"), settings={"types": TYPES})
    assert made.set_aside["reason"].to_list() == ["ragged_line"]
    assert made.summary["set_aside"].sum() == 1
    with pytest.raises(DataError, match="quotation mark"):
        import_export(written(tmp_path, HEAD, *ROWS, f'"{ROWS[-1]}'), settings={"types": TYPES}, as_format="sap_fbl5n")


def test_headings_of_everyday_language(tmp_path: Path) -> None:
    head = (
        "Kundennr.;Kundenname;Beleg-Nr.;Belegart;Belegdatum;Gebucht am;Faellig am;Betrag;Waehrung;Ausgl.beleg;"
        "Ausgeglichen am;Text"
    )
    path = written(tmp_path, head, *ROWS)
    check(import_export(path, as_format="sap_fbl5n", settings={"types": TYPES})[1])
    english = (
        "Customer No.;Customer name;Document;Type;Invoice date;Posting date;Due date;Amount;Currency;"
        "Clearing document no.;Cleared on;Text"
    )
    path = written(tmp_path, english, *ROWS)
    check(import_export(path, as_format="sap_fbl5n", settings={"types": TYPES})[1])
    assert [one.name for score, one in recognise_export(path) if score >= 0.5] == []  # no heading is SAP's alone


def test_plain_headings_mean_one_thing_and_give_way_to_those_of_sap() -> None:
    said = tomllib.loads((package_files("credrisk.sources.erp") / "sap_headers.toml").read_text(encoding="utf-8"))
    for column, languages in said.items():
        for name in languages.get("plain", ()):
            assert columns_of([name]) == {column: 0}
            assert own_columns([name]) == {}
    assert columns_of(["Rechnungsdatum", "Belegdatum", "Betrag", "Betrag in Belegwährung"]) == {
        "document_date": 1,
        "milli": 3,
    }


def test_a_type_that_is_not_known_is_named_with_rows_money_and_remedy(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD, *ROWS)
    found = import_export(path)[1].tables["findings"].filter(code="unknown_type").sort("money")
    assert found.select("severity", "rows", "money").rows() == [
        ("error", 1, 80.0),
        ("error", 1, 100.0),
        ("error", 1, 1500.0),
        ("note", 4, 3680.0),
    ]
    assert "of the type ZE" in found["message"][2]
    assert "--set types=ZE:ROLE" in found["remedy"][2]
    made = import_export(path, settings={"types": "AR:invoice,GS:credit_note,ZE:payment"})[1]
    (left,) = made.tables["findings"].filter(code="unknown_type").rows(named=True)
    assert (left["severity"], left["money"]) == ("error", 80.0)
    known = [line.replace(";AR;", ";RV;").replace(";AU;", ";AB;").replace(";ZE;", ";DZ;") for line in (HEAD, *ROWS)]
    findings = import_export(written(tmp_path, *known), settings={"types": "GS:credit_note"})[1].tables["findings"]
    assert "unknown_type" not in findings["code"].to_list()
    assert "(document types: AB)" in findings.filter(code="cleared_transfer")["message"].item()


def test_types_of_several_words_and_their_refusal() -> None:
    assert stated_types(" Credit memo:credit_note; ze: payment,RE:invoice AB:write_off") == {
        "CREDIT MEMO": "credit_note",
        "ZE": "payment",
        "RE": "invoice",
        "AB": "write_off",
    }
    for wrong in ("AB:ROLE", "AB", ":payment", "RE:invoice,AB=payment"):
        with pytest.raises(ParameterError, match="TYPE:ROLE"):
            stated_types(wrong)


def test_a_debit_of_a_type_of_write_offs_is_owed(tmp_path: Path) -> None:
    taken_back = "502;Quelle;96;AU;31.10.2024;31.10.2024;31.10.2024;80,00;EUR;;;"
    _, made = import_export(written(tmp_path, HEAD, *ROWS, taken_back), settings={"types": TYPES})
    owed = made.tables["documents"].filter(pl.col("document_id").str.contains("-96-"))
    assert owed.select("kind", "amount").rows() == [("debit_note", "80.00")]


def test_what_a_refused_list_lacks_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "Konto;Belegart;Belegdatum;Saldo", "501;AR;03.01.2024;7,00")
    with pytest.raises(
        DataError, match="known are Konto, Belegart, Belegdatum; lacking are the document number"
    ) as said:
        import_export(path, as_format="sap_fbl5n")
    assert "the amount (Amount in doc. curr., Betrag in Belegwährung)" in str(said.value)
    assert "the clearing document (Clearing Document, Ausgleichsbeleg)" in str(said.value)
    without = [line.replace("Ausgleichsbeleg", "Notiz") for line in (HEAD, *ROWS)]
    with pytest.raises(DataError, match="not by which document"):
        import_export(written(tmp_path, *without), as_format="sap_fbl5n")
    foreign = [line.replace("Hauswährung;Ausgl", "Währung;Ausgl") for line in (HEAD, *ROWS)]
    with pytest.raises(DataError, match=r"local currency, and Währung \(EUR\) is that of the documents"):
        import_export(written(tmp_path, *foreign))
