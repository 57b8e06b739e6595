"""ERPNext: the payment ledger says what did what; delinked entries and outstanding amounts of today are not used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

LEDGER = (
    "name,posting_date,account_type,party_type,party,voucher_type,voucher_no,against_voucher_no,amount,"
    "account_currency,due_date,delinked"
)
ROWS = [
    "a,2024-01-10,Receivable,Customer,C1,Sales Invoice,SI1,SI1,1000,EUR,2024-02-09,0",
    "b,2024-02-20,Receivable,Customer,C1,Payment Entry,PE1,SI1,-600,EUR,,0",
    "c,2024-02-20,Receivable,Customer,C1,Payment Entry,PE1,PE1,-50,EUR,,0",
    "d,2024-02-20,Receivable,Customer,C1,Payment Entry,PE1,PE1,-650,EUR,,1",
    "e,2024-03-01,Receivable,Customer,C1,Sales Invoice,CN1,CN1,-120,EUR,,0",
    "f,2024-03-05,Receivable,Customer,C1,Journal Entry,JE1,SI1,-100,EUR,,0",
    "g,2024-03-05,Receivable,Customer,C1,Journal Entry,JE1,CN1,100,EUR,,0",
    "h,2024-06-30,Receivable,Customer,C1,Journal Entry,JE2,SI1,-250,EUR,,0",
    "i,2024-07-01,Payable,Supplier,S1,Purchase Invoice,PI1,PI1,70,EUR,,0",
    "j,2024-07-01,Receivable,Customer,C1,Journal Entry,JE3,SI1,-10,EUR,,0",
]
JOURNALS = ["name,voucher_type,total_debit", "JE1,Credit Note,100", "JE2,Write Off Entry,250", "JE3,Journal Entry,10"]


def books(folder: Path, paid: str = "650") -> Imported:
    tables = {
        "Payment Ledger Entry": [LEDGER, *ROWS],
        "Journal Entry": JOURNALS,
        "Payment Entry": ["name,payment_type,paid_amount", f"PE1,Receive,{paid}"],
        "Customer": ["name,customer_name,customer_group,default_currency", "C1,Nordlicht GmbH,All,EUR"],
        "Sales Invoice": ["name,customer,grand_total,outstanding_amount,due_date", "SI1,C1,1000,77,2024-02-29"],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    form, imported = import_export(folder)
    assert form.name == "erpnext"
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    return imported


def applied(imported: Imported) -> list[tuple[str | None, str, str, Decimal]]:
    made = imported.tables["applications"].select("from_id", "to_document_id", "kind", "amount")
    return [(source, target, kind, Decimal(amount)) for source, target, kind, amount in made.iter_rows()]


def test_vouchers_do_what_the_ledger_says(tmp_path: Path) -> None:
    imported = books(tmp_path)
    assert applied(imported) == [
        ("PE1", "SI1", "payment", 600),
        ("CN1", "SI1", "credit_note", 100),
        (None, "SI1", "write_off", 250),
        ("JE3", "SI1", "offset", 10),
    ]
    ledger = Ledger.read(imported.tables)
    assert ledger.quarantine.is_empty()
    assert ledger.table("receipts")["amount"].to_list() == [65_000]
    assert ledger.table("applications")["amount"].sum() == 96_000
    due = ledger.table("documents").filter(pl.col("document_id") == "SI1")["due_date"].item()
    assert str(due) == "2024-02-29"


def test_what_a_payment_entry_deducted_was_not_paid(tmp_path: Path) -> None:
    imported = books(tmp_path, paid="630")
    assert ("PE1", "SI1", "payment", Decimal(580)) in applied(imported)
    assert (None, "SI1", "deduction", Decimal(20)) in applied(imported)
    assert Decimal(imported.tables["receipts"]["amount"].item()) == 630
    told = imported.tables["findings"].filter(pl.col("code") == "payment_deducted")
    assert (told["ids"].item(), told["money"].item()) == ("PE1", 20.0)


def test_suppliers_and_delinked_entries_are_left_out(tmp_path: Path) -> None:
    rule = books(tmp_path).summary.filter(pl.col("file") == "Payment Ledger Entry.csv")["left_out_unless"].item()
    assert "Supplier: no customers (1)" in rule
    assert "delinked: another entry stands for it (1)" in rule
