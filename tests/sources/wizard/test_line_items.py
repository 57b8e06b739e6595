"""A list that names the clearing document of each item is not mapped by guesswork: the wizard prints its import."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from command import credrisk, refused, succeeded

from credrisk.errors import DataError
from credrisk.ledger.read import read_ledger
from credrisk.sources.wizard.propose import propose_mapping

HEAD = (
    "Kunde;Name;Belegnummer;Belegart;Belegdatum;Fälligkeit;Betrag in Hauswährung;Währung;"
    "Ausgleichsbeleg;Ausgleichsdatum"
)
ROWS = (
    "501;Färberei Süd KG;0071;RE;03.01.2024;02.02.2024;1.250,40;EUR;0091;15.02.2024",
    "501;Färberei Süd KG;0072;RE;05.01.2024;04.02.2024;349,60;EUR;91;15.02.2024",
    "501;Färberei Süd KG;0081;GU;20.01.2024;20.01.2024;100,00-;EUR;91;15.02.2024",
    "501;Färberei Süd KG;0091;ZA;15.02.2024;15.02.2024;1.500,00-;EUR;91;15.02.2024",
    "502;Quelle;0073;RE;10.01.2024;09.02.2024;80,00;EUR;0095;30.09.2024",
    "502;Quelle;0095;AB;30.09.2024;30.09.2024;80,00-;EUR;0095;30.09.2024",
    "502;Quelle;0074;RE;31.01.2024;01.03.2024;2.000,00;EUR;;",
)


def written(folder: Path, *rows: str, head: str = HEAD, name: str = "posten.csv") -> Path:
    (folder / name).write_text("\n".join((head, *(rows or ROWS))) + "\n", encoding="cp1252")
    return folder / name


def printed(message: str) -> list[str]:
    """Return the words of the command that a message prints."""
    command = re.search(r"credrisk (import .*? --out my-ledger)", message)
    assert command is not None, message
    return shlex.split(command[1])


def test_the_printed_command_makes_the_ledger(tmp_path: Path) -> None:
    source, mapping = written(tmp_path), tmp_path / "mapping.toml"
    said = refused("import", "wizard", source, "--out", mapping, "--yes", "--answer", "kind.posten.AB=write_off")
    assert not mapping.exists()
    assert "each names the document that cleared it (Ausgleichsbeleg) and the day (Ausgleichsdatum)" in said
    words = printed(said)
    assert words[:-2] == [
        *("import", str(source), "--as", "sap_fbl5n"),
        *("--set", "types=RE:invoice,AB:write_off,GU:credit_note,ZA:payment", "--set", "currency=EUR"),
    ]
    succeeded(*words[:-1], tmp_path / "ledger")
    ledger = read_ledger(tmp_path / "ledger")
    assert sorted(ledger.tables["documents"]["amount"].to_list()) == [-10000, 8000, 34960, 125040, 200000]
    assert ledger.tables["receipts"]["amount"].to_list() == [150000]
    closed = ledger.tables["applications"].filter(kind="write_off")["amount"].to_list()
    assert closed == [8000]
    assert not [one for one in ledger.check().findings if one.severity == "error"]


def test_a_type_that_nobody_knows_is_asked_with_rows_and_money(tmp_path: Path) -> None:
    source = written(tmp_path)
    said = refused("import", "wizard", source, "--out", tmp_path / "mapping.toml", "--yes")
    assert "For ROLE say what these are, one of invoice, credit_note, payment, write_off, transfer: " in said
    assert "AB (1 row, -80.00 in all)" in said
    words = printed(said)
    assert "types=RE:invoice,AB:ROLE,GU:credit_note,ZA:payment" in words
    assert "got 'AB:ROLE" in refused(*words[:-1], tmp_path / "ledger")


def test_columns_named_by_hand_do_not_bring_the_guess_back(tmp_path: Path) -> None:
    source = written(tmp_path)
    for answers in (
        {"posten.settled_on": "Ausgleichsdatum"},
        {"posten.applies_to": "Ausgleichsbeleg"},
        {"about.posten": "journal"},
    ):
        with pytest.raises(DataError, match="line item list"):
            propose_mapping(source, answers=answers)
    assert propose_mapping(source, answers={"about.posten": "documents"}).tables


def test_what_the_importer_would_ask_is_in_the_command(tmp_path: Path) -> None:
    head = HEAD.replace("Fälligkeit", "Notiz")
    written(tmp_path, *(row.replace("EUR", "CHF", 1) if row[:3] == "502" else row for row in ROWS), head=head)
    written(tmp_path, "501;Färberei Süd KG;DE", head="Kunde;Name;Land", name="kunden.csv")
    with pytest.raises(DataError) as said:
        propose_mapping(tmp_path)
    words = printed(str(said.value))
    assert words[1] == str(tmp_path / "posten.csv")
    assert {"currency=CURRENCY", "terms_days=DAYS"} < set(words)
    with pytest.raises(DataError) as said:
        propose_mapping(tmp_path, answers={"currency": "CHF", "terms.posten": "30"})
    assert {"currency=CHF", "terms_days=30"} < set(printed(str(said.value)))


def test_amounts_without_a_sign_are_told_by_their_types_and_must_be_exported_with_it(tmp_path: Path) -> None:
    unsigned = [re.sub(r"(\d)-;", r"\1;", row) for row in ROWS]
    with pytest.raises(DataError, match="export the amounts with their sign"):
        propose_mapping(written(tmp_path, *unsigned))
    marked = [re.sub(r"$", ";H" if "-;" in row else ";S", row).replace("-;", ";") for row in ROWS]
    with pytest.raises(DataError) as said:
        propose_mapping(written(tmp_path, *marked, head=f"{HEAD};S/H"))
    assert "with their sign" not in str(said.value)
    words = [word.replace("ROLE", "write_off") for word in printed(str(said.value))]
    succeeded(*words[:-1], tmp_path / "ledger")
    assert read_ledger(tmp_path / "ledger").tables["receipts"]["amount"].to_list() == [150000]


def test_a_list_of_invoices_that_were_cleared_elsewhere_is_mapped(tmp_path: Path) -> None:
    invoices = [row for row in ROWS if ";RE;" in row]
    proposal = propose_mapping(written(tmp_path, *invoices))
    assert {one.table for one in proposal.tables} >= {"documents"}
    said = credrisk("import", "wizard", tmp_path / "posten.csv", "--out", tmp_path / "mapping.toml", "--yes")
    assert said.code == 0, said
