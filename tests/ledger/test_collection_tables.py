"""Contacts, promises and disputes as they are recorded day by day, and the lists: flags, codes, visibility."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from ledger_files import folder_of
from small_ledgers import ledger_of

from credrisk.ledger import Ledger
from credrisk.ledger.credit_tables import REASON_CODES
from credrisk.ledger.store import store_ledger
from credrisk.ledger.tables import TABLES

CONTACT = {"contact_id": "K1", "customer_id": "C1", "date": "2024-03-01", "channel": "call", "outcome": "reached"}
OFFER = {"customer_id": "C1", "date": "2024-03-01", "action": "call", "rank": 1, "probability": 0.95}
DOCUMENT = {"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-01", "amount": 100_00}
TYPED = {**DOCUMENT, "customer_name": "A", "due_date": "2024-01-31"}


def ledger() -> Ledger:
    return ledger_of(
        documents=[DOCUMENT],
        contacts=[
            CONTACT
            | {
                "action": "call",
                "party": "Ms Ito, payables",
                "right_party": True,
                "reason": "not_received",
                "minutes": 7.5,
                "note": "=no invoice there",
                "recorded_at": "2024-03-04",
            }
        ],
        promises=[
            {
                "promise_id": "P1",
                "customer_id": "C1",
                "made_on": "2024-03-01",
                "due_on": "2024-03-15",
                "amount": 50_00,
                "plan_id": "L1",
                "recorded_at": "2024-03-04",
            }
        ],
        disputes=[
            {
                "dispute_id": "Q1",
                "document_id": "D1",
                "opened_on": "2024-03-01",
                "owner": "sales",
                "cause": "price",
                "recorded_at": "2024-03-04",
            }
        ],
        queue_log=[
            OFFER
            | {
                "collector": "Kim",
                "slot": "gain",
                "policy_version": "1",
                "policy_hash": "ab",
                "done": False,
                "done_on": "2024-03-05",
                "why_not": "absent",
            }
        ],
    )


@pytest.mark.parametrize(
    ("written", "flag"),
    [
        ("yes", True),
        ("TRUE", True),
        ("x", True),
        ("ja", True),
        ("1", True),
        ("no", False),
        ("Nein", False),
        ("0", False),
    ],
)
def test_flags_are_read_in_many_words(tmp_path: Path, written: str, flag: bool) -> None:
    read = _contacts_read(tmp_path, f"K1,C1,2024-03-01,{written}\nK2,C1,2024-03-01,\n")
    assert read.table("contacts")["right_party"].to_list() == [flag, None]


def test_flags_of_typed_sources_are_taken_as_they_are(tmp_path: Path) -> None:
    tables = {
        "documents": pd.DataFrame([TYPED]),
        "contacts": pd.DataFrame(
            [CONTACT | {"right_party": True}, CONTACT | {"contact_id": "K2", "right_party": None}]
        ),
    }
    read = Ledger.read(tables, currency="EUR", covers_to="2024-12-31")
    assert read.table("contacts")["right_party"].to_list() == [True, None]
    numbers = tables | {"contacts": pd.DataFrame([CONTACT | {"right_party": 1}])}
    read = Ledger.read(numbers, currency="EUR", covers_to="2024-12-31")
    assert read.table("contacts")["right_party"].to_list() == [True]


def test_a_word_that_is_no_flag_and_a_reason_that_is_no_code_are_set_aside(tmp_path: Path) -> None:
    read = _contacts_read(tmp_path, "K1,C1,2024-03-01,perhaps\nK2,C1,2024-03-01,yes\n")
    assert read.table("contacts")["contact_id"].to_list() == ["K2"]
    assert read.quarantine.select("key", "reason", "column", "value").rows() == [
        ("K1", "unknown_code", "right_party", "perhaps")
    ]
    read = _contacts_read(tmp_path, "K1,C1,2024-03-01,no money\nK2,C1,2024-03-01,Cannot pay\n", column="reason")
    assert read.table("contacts")["reason"].to_list() == ["cannot_pay"]
    assert read.quarantine["value"].to_list() == ["no money"]
    assert REASON_CODES == ("cannot_pay", "will_not_pay", "dispute", "our_error", "their_process", "not_received")


@pytest.mark.parametrize("target", ["folder", "tables.parquet", "book.xlsx", "base.duckdb", "stored"])
def test_the_new_columns_come_back_as_they_were(tmp_path: Path, target: str) -> None:
    if target == "stored":
        store_ledger(ledger(), tmp_path / target)
    else:
        ledger().write(tmp_path / target)
    back = Ledger.read(tmp_path / target)
    for name in ("contacts", "promises", "disputes", "queue_log"):
        assert back.table(name).equals(ledger().table(name)), name


def test_what_was_entered_later_is_not_seen_before() -> None:
    eve, day = (ledger().cut(text) for text in ("2024-03-03", "2024-03-04"))
    for name in ("contacts", "promises", "disputes"):
        assert (eve.table(name).height, day.table(name).height) == (0, 1), name


def test_whether_an_offer_was_carried_out_is_seen_from_the_day_it_was_noted() -> None:
    columns = ["done", "done_on", "why_not"]
    assert ledger().cut("2024-02-29").table("queue_log").is_empty()
    before, after = (ledger().cut(text).table("queue_log") for text in ("2024-03-04", "2024-03-05"))
    assert before.select("action", "rank", "probability").row(0) == ("call", 1, 0.95)
    assert before.select(columns).row(0) == (None, None, None)
    assert after.select(columns).row(0) == (False, date(2024, 3, 5), "absent")


def test_two_rows_of_an_account_on_one_list_contradict_each_other(tmp_path: Path) -> None:
    folder = _folder(tmp_path, queue_log="date,customer_id,action\n2024-03-01,C1,call\n2024-03-01,C1,none\n")
    read = Ledger.read(folder)
    assert read.table("queue_log").is_empty()
    assert read.quarantine["reason"].to_list() == ["conflicting_id", "conflicting_id"]


def test_none_is_an_offer_not_an_empty_cell(tmp_path: Path) -> None:
    read = Ledger.read(_folder(tmp_path, queue_log="date,customer_id,action\n2024-03-01,C1,none\n"))
    assert read.table("queue_log")["action"].to_list() == ["none"]


def _contacts_read(tmp_path: Path, rows: str, *, column: str = "right_party") -> Ledger:
    return Ledger.read(_folder(tmp_path, contacts=f"contact_id,customer_id,date,{column}\n{rows}"))


def _folder(tmp_path: Path, **tables: str) -> Path:
    documents = "document_id,customer_id,customer_name,document_date,due_date,amount\nD1,C1,A,2024-01-01,2024-01-31,5\n"
    settings = "key,value\ncurrency,EUR\ncovers_from,2024-01-01\ncovers_to,2024-12-31\n"
    return folder_of(tmp_path, documents=documents, settings=settings, **tables)


def test_the_tables_stand_in_the_ledger_with_polars_types() -> None:
    schema = ledger().table("queue_log").schema
    assert (schema["done"], schema["rank"], schema["probability"]) == (pl.Boolean, pl.Int64, pl.Float64)


def test_no_column_of_the_contract_is_called_as_the_routes_of_a_partition_are() -> None:
    pytest.importorskip("pyspark")
    from credrisk.engines.spark import BUCKET
    from credrisk.pipeline.spark_routes import OWNER

    for table in TABLES.values():
        assert not {OWNER, BUCKET, "smallest", "member", "key"} & set(table.names), table.name
