"""Contact logs: customers by id or exact name, outcomes in the ledger's words, nothing guessed, no row lost."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    names = ["Nordlicht GmbH", "Azur SARL", "Twin Ltd", "Twin Ltd"]
    Ledger.read(
        {
            "customers": pl.DataFrame({"customer_id": ["100", "200", "300", "301"], "name": names}),
            "documents": pl.DataFrame(
                {
                    "document_id": ["D1"],
                    "customer_id": ["100"],
                    "document_date": ["2024-01-10"],
                    "due_date": ["2024-02-09"],
                    "amount": ["1234.56"],
                    "currency": ["EUR"],
                }
            ),
        }
    ).write(folder)
    return folder


def imported(folder: Path, ledger: Path, **settings: str) -> Imported:
    form, made = import_export(folder, settings={"ledger": str(ledger), **settings})
    assert form.name == "crm"
    parts = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == made.summary["read"].to_list()
    return made


def export(tmp_path: Path, **tables: str) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


SALESFORCE = """Id,AccountId,Status,ActivityDate,CompletedDateTime,TaskSubtype,CallResult,CallDurationInSeconds,OwnerId
T1,A1,Completed,2024-03-01,2024-03-02T09:00:00Z,Call,Left voicemail,90,U1
T2,A2,Completed,2024-03-03,,Email,,,U1
T3,A9,Completed,2024-03-04,,Call,Connected,60,U1
T4,A1,Not Started,2024-12-04,,Call,,,U1
T5,A3,Completed,2024-03-05,,Call,Mysterious,30,U1
"""
ACCOUNTS = "Id,Name,AccountNumber\nA1,Somebody else,100\nA2,azur  sarl,\nA3,Nordlicht GmbH,\n"


def test_accounts_are_found_by_number_then_by_exact_name(tmp_path: Path, ledger: Path) -> None:
    made = imported(export(tmp_path, Task=SALESFORCE, Account=ACCOUNTS), ledger)
    contacts = made.tables["contacts"].select("contact_id", "customer_id", "date", "channel", "outcome", "minutes")
    assert contacts.rows() == [
        ("salesforce:T1", "100", "2024-03-02", "call", "no_answer", "1.50"),
        ("salesforce:T2", "200", "2024-03-03", "email", None, None),
        ("salesforce:T5", "100", "2024-03-05", "call", None, "0.50"),
    ]
    assert made.set_aside["key"].to_list() == ["salesforce:T3"]
    codes = dict(made.tables["findings"].select("code", "ids").iter_rows())
    assert codes == {"customer_not_matched": "A9", "outcome_unknown": "Mysterious"}


def test_the_ledger_comes_back_whole_with_the_contacts(tmp_path: Path, ledger: Path) -> None:
    made = imported(export(tmp_path, Task=SALESFORCE, Account=ACCOUNTS), ledger)
    back = Ledger.read(made.tables)
    assert back.quarantine.is_empty()
    assert back.table("documents")["amount"].to_list() == [123_456]
    assert back.table("contacts").height == 3


def test_the_same_log_twice_adds_nothing(tmp_path: Path, ledger: Path) -> None:
    folder, second = export(tmp_path, Task=SALESFORCE, Account=ACCOUNTS), tmp_path / "second"
    Ledger.read(imported(folder, ledger).tables).write(second)
    again = Ledger.read(imported(folder, second).tables)
    assert again.table("contacts").equals(Ledger.read(second).table("contacts"))


def test_a_name_that_two_customers_have_is_nobodys(tmp_path: Path, ledger: Path) -> None:
    log = "RECID,ACCOUNTNO,COMPANY,ONDATE,RECTYPE,RESULTCODE,USERID\nR1,X,Twin Ltd,2024-03-01,CO,COM,ANNA\n"
    made = imported(export(tmp_path, CONTHIST=log), ledger)
    assert "contacts" not in made.tables
    assert made.set_aside.height == 1


def test_result_codes_of_goldmine_mean_what_is_stated(tmp_path: Path, ledger: Path) -> None:
    log = "RECID,ACCOUNTNO,COMPANY,ONDATE,RECTYPE,RESULTCODE,USERID\nR1,X,Azur SARL,2024-03-01,CO,COM,ANNA\n"
    folder = export(tmp_path, CONTHIST=log)
    made = imported(folder, ledger, outcomes="COM=reached").tables["contacts"]
    assert made.select("customer_id", "channel", "outcome", "collector").row(0) == ("200", "call", "reached", "ANNA")
    with pytest.raises(ParameterError, match="COM=reached"):
        imported(folder, ledger, outcomes="COM")


def test_hubspots_outcomes_are_known_by_word_and_by_id(tmp_path: Path, ledger: Path) -> None:
    log = (
        "Record ID,Call outcome,Activity date,Call title,Associated company\n"
        "1,Connected,2024-03-01 10:00,Reminder,Azur SARL\n"
        "2,73a0d17f-1163-4015-bdd5-ec830791da20,2024-03-02 10:00,Reminder,Azur SARL\n"
    )
    made = imported(export(tmp_path, calls=log), ledger).tables["contacts"]
    assert made["outcome"].to_list() == ["reached", "no_answer"]


def test_a_log_without_a_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="ledger"):
        import_export(export(tmp_path, Task=SALESFORCE))
