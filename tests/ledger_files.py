"""Small ledgers as people export them: text files by table name, for the tests of the readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from credrisk.ledger import Ledger

CUSTOMERS = "customer_id,name,country,currency\nC1,Alpha Works,DE,EUR\nC2,Beta Stores,NL,EUR\n"
DOCUMENTS = (
    "document_id,customer_id,kind,document_date,due_date,amount,currency\n"
    "D1,C1,invoice,2024-01-25,2024-02-24,1234.56,EUR\n"
    "D2,C2,invoice,2024-02-13,2024-03-14,200.00,EUR\n"
    "D3,C1,credit_note,2024-02-20,2024-02-20,-34.56,EUR\n"
)
RECEIPTS = "receipt_id,customer_id,date,amount,currency\nR1,C1,2024-03-01,1000.00,EUR\n"
APPLICATIONS = (
    "from_id,to_document_id,amount,applied_on,kind\n"
    "R1,D1,1000.00,2024-03-02,payment\n"
    "D3,D1,34.56,2024-03-02,credit_note\n"
    ",D2,10.00,2024-03-03,write_off\n"
)
GOOD = {"customers": CUSTOMERS, "documents": DOCUMENTS, "receipts": RECEIPTS, "applications": APPLICATIONS}


def folder_of(folder: Path, **texts: str | bytes) -> Path:
    """Write one CSV file per table."""
    for name, text in texts.items():
        (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def read(folder: Path, **texts: str | bytes) -> Ledger:
    """Read the good ledger with some of its tables replaced, in euro."""
    return Ledger.read(folder_of(folder, **{**GOOD, **texts}), currency="EUR")


def reasons(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    """Return table, key, reason and column of every row set aside."""
    return ledger.quarantine.select("table", "key", "reason", "column").rows()


def codes(ledger: Ledger, table: str) -> set[str]:
    """Return the codes of the findings on a table."""
    return {finding.code for finding in ledger.findings if finding.table == table}


def documents(**columns: list[Any]) -> str:
    """Return documents with some columns replaced, as many rows as these have."""
    rows = len(next(iter(columns.values())))
    usual: dict[str, list[Any]] = {
        "document_id": [f"D{n + 1}" for n in range(rows)],
        "customer_id": ["C1"] * rows,
        "document_date": ["2024-01-25"] * rows,
        "due_date": ["2024-02-24"] * rows,
        "amount": ["100.00"] * rows,
    }
    return pl.DataFrame({**usual, **columns}).write_csv()


def only_documents(folder: Path, **columns: list[Any]) -> Ledger:
    """Read customers and the documents described."""
    return Ledger.read(folder_of(folder, customers=CUSTOMERS, documents=documents(**columns)), currency="EUR")
