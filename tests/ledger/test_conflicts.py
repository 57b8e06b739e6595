"""Rows that share an id: accounts are merged, the earliest entry of a number stays, the rest is set aside."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest
from ledger_files import CUSTOMERS, documents, folder_of, read, reasons

from credrisk.ledger import Ledger
from credrisk.portfolio.ageing import ageing

NAMES = ("C1,Alpha Works,DE,EUR\n", "C1,Alpha Works Ltd,DE,EUR\n", "C1,Alpha Works,,EUR\n")


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)))
def test_two_spellings_of_a_name_keep_the_account_and_its_documents(tmp_path: Path, order: tuple[str, ...]) -> None:
    ledger = read(tmp_path, customers="customer_id,name,country,currency\n" + "".join(order) + "C2,Beta,NL,EUR\n")
    assert ledger.table("customers").select("customer_id", "name", "country").rows() == [
        ("C1", "Alpha Works", "DE"),
        ("C2", "Beta", "NL"),
    ]
    assert ledger.table("documents")["document_id"].to_list() == ["D1", "D2", "D3"]
    assert reasons(ledger) == [("customers", "C1", "conflicting_id", "customer_id")] * 2
    (finding,) = [f for f in ledger.findings if f.code == "merged_rows"]
    assert (finding.severity, finding.rows, finding.ids) == ("error", 3, ("C1",))
    assert "(name)" in finding.message


def test_equally_frequent_values_go_by_the_alphabet_and_currencies_to_the_ledgers(tmp_path: Path) -> None:
    rows = "C1,Zeta,DE,USD\nC1,Beta,DE,JPY\nC2,Gamma,,\nC2,Gamma,NL,\n"
    ledger = read(tmp_path, customers="customer_id,name,country,currency\n" + rows)
    assert ledger.table("customers").select("customer_id", "name", "country", "currency").rows() == [
        ("C1", "Beta", "DE", "EUR"),
        ("C2", "Gamma", "NL", "EUR"),
    ]


def of(folder: Path, recorded: list[str], amount: list[str]) -> Ledger:
    text = documents(document_id=["D1"] * len(amount), amount=amount, recorded_at=recorded)
    source = folder_of(folder, customers=CUSTOMERS, documents=text)
    return Ledger.read(source, currency="EUR", covers_from="2024-01-01", covers_to="2025-12-31")


def test_a_number_used_again_later_keeps_the_document_entered_first(tmp_path: Path) -> None:
    ledger = of(tmp_path, ["2025-03-01", "2024-01-26", "2024-01-26"], ["70", "100", "100.0"])
    assert ledger.table("documents").select("amount", "recorded_at").rows() == [(10000, date(2024, 1, 26))]
    assert [r[2] for r in reasons(ledger)] == ["conflicting_id", "duplicate_row"]
    assert {f.severity for f in ledger.findings if f.code == "conflicting_id"} == {"error"}


@pytest.mark.parametrize("recorded", [["2024-01-26"] * 2, ["2024-01-26", ""], ["", "2024-02-26"]])
def test_where_nothing_says_which_was_first_none_is_kept(tmp_path: Path, recorded: list[str]) -> None:
    ledger = of(tmp_path, recorded, ["70", "100"])
    assert ledger.table("documents").is_empty()
    assert [r[2] for r in reasons(ledger)] == ["conflicting_id"] * 2


def test_an_account_opened_after_its_first_document_is_opened_with_it(tmp_path: Path) -> None:
    customers = "customer_id,name,opened_on\nC1,Alpha Works,2024-06-01\nC2,Beta Stores,2023-01-01\n"
    ledger = read(tmp_path, customers=customers)
    assert ledger.table("customers")["opened_on"].to_list() == [date(2024, 1, 25), date(2023, 1, 1)]
    (finding,) = [f for f in ledger.findings if f.code == "opened_after_first_document"]
    assert (finding.severity, finding.rows, finding.ids) == ("warning", 1, ("C1",))
    aged = ageing(ledger.cut("2024-03-31"), as_of="2024-03-31", output="polars")
    assert aged["name"].null_count() == 0
