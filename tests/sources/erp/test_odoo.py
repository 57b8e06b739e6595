"""Odoo: items on receivables, reconciled on their day; residuals of today never read, no row lost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

RECEIVABLE, SALES, BAD = [121, "121000 Account Receivable"], [400, "400000 Sales"], [650, "Bad debt expense"]


def move(number: int, kind: str, day: str, journal: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "move_type": kind,
        "state": "posted",
        "invoice_date": day if kind.startswith("out") else False,
        "date": day,
        "journal_id": [1, journal],
        "partner_id": [7, "Azur"],
        **more,
    }


def line(number: int, entry: int, account: list[Any], amount: float, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "move_id": [entry, f"ENTRY/{entry}"],
        "account_id": account,
        "partner_id": [7, "Azur"],
        "debit": max(amount, 0),
        "credit": max(-amount, 0),
        "amount_currency": amount,
        "currency_id": [1, "EUR"],
        "date_maturity": "2024-02-09",
        "amount_residual": 0,
        **more,
    }


def matched(number: int, debit: int, credit: int, amount: float, day: str) -> dict[str, Any]:
    return {
        "id": number,
        "debit_move_id": [debit, "x"],
        "credit_move_id": [credit, "y"],
        "amount": amount,
        "debit_amount_currency": amount,
        "credit_amount_currency": amount,
        "max_date": day,
    }


def books(folder: Path) -> Imported:
    tables: dict[str, list[dict[str, Any]]] = {
        "account.move": [
            move(1, "out_invoice", "2024-01-10", "Customer Invoices"),
            move(2, "entry", "2024-02-20", "Bank"),
            move(3, "out_refund", "2024-02-01", "Customer Invoices", reversed_entry_id=[1, "ENTRY/1"]),
            move(4, "entry", "2024-06-30", "Miscellaneous"),
            move(5, "out_invoice", "2024-05-01", "Customer Invoices", state="draft"),
            move(6, "entry", "2024-07-01", "Miscellaneous"),
        ],
        "account.move.line": [
            line(11, 1, RECEIVABLE, 600),
            line(12, 1, RECEIVABLE, 400, date_maturity="2024-03-10"),
            line(13, 1, SALES, -1000),
            line(21, 2, RECEIVABLE, -500),
            line(31, 3, RECEIVABLE, -100),
            line(41, 4, RECEIVABLE, -300),
            line(42, 4, BAD, 300),
            line(51, 5, RECEIVABLE, 77),
            line(61, 6, RECEIVABLE, -50),
            line(62, 6, SALES, 50),
        ],
        "account.partial.reconcile": [
            matched(1, 11, 21, 500, "2024-02-20"),
            matched(2, 11, 31, 100, "2024-02-01"),
            matched(3, 12, 41, 300, "2024-06-30"),
            matched(4, 12, 61, 50, "2024-07-01"),
            matched(5, 99, 98, 5, "2024-07-01"),
        ],
        "res.partner": [
            {"id": 7, "name": "Azur", "customer_rank": 1, "vat": "FR1", "city": "Lyon"},
            {"id": 8, "name": "Never billed", "customer_rank": 0},
        ],
    }
    for name, rows in tables.items():
        (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    form, imported = import_export(folder)
    assert form.name == "odoo"
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    return imported


def test_reconciliations_are_what_their_credit_is_on_their_day(tmp_path: Path) -> None:
    made = books(tmp_path).tables["applications"].select("from_id", "to_document_id", "kind", "amount", "applied_on")
    assert [(a, b, kind, Decimal(amount), day) for a, b, kind, amount, day in made.iter_rows()] == [
        ("21", "11", "payment", 500, "2024-02-20"),
        ("31", "11", "credit_note", 100, "2024-02-01"),
        (None, "12", "write_off", 300, "2024-06-30"),
        ("61", "12", "offset", 50, "2024-07-01"),
    ]


def test_every_instalment_is_a_document_with_its_own_due_date(tmp_path: Path) -> None:
    ledger = Ledger.read(books(tmp_path).tables)
    assert ledger.quarantine.is_empty()
    made = ledger.table("documents").filter(pl.col("kind") == "invoice").sort("document_id")
    assert made["amount"].to_list() == [60_000, 40_000]
    assert [str(day) for day in made["due_date"]] == ["2024-02-09", "2024-03-10"]
    assert ledger.table("applications")["amount"].sum() == 95_000


def test_drafts_other_accounts_and_partners_never_billed_are_left_out(tmp_path: Path) -> None:
    imported = books(tmp_path)
    rules = dict(imported.summary.select("file", "left_out_unless").iter_rows())
    assert "draft entries (1)" in rules["account.move.line.json"]
    assert "items on other accounts than receivables (3)" in rules["account.move.line.json"]
    assert rules["res.partner.json"] == "partners that were never billed (1)"
    codes = set(imported.tables["findings"]["code"])
    assert {"offset_not_told", "cash_by_journal"} <= codes
