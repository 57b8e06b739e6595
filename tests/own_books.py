"""A ledger in credrisk's own tables: currencies of no, two and three decimals, and cash that is on account."""

from __future__ import annotations

from datetime import date
from pathlib import Path

__all__ = ["AS_OF", "own_books"]

AS_OF = date(2025, 12, 31)
AMOUNTS = {"USD": "2301.39", "JPY": "1500", "KWD": "12.345"}
ON_ACCOUNT = "400.00"
"""Of the dollars: cash received that no document is named for."""


def own_books(folder: Path, *, name: str = "Customer") -> Path:
    """Write the books and return their folder: one invoice, past due, in each currency."""
    folder.mkdir()
    currencies = list(AMOUNTS)
    files = {
        "settings.csv": ["key,value", "currency,USD", "covers_from,2024-01-01", f"covers_to,{AS_OF}"],
        "customers.csv": ["customer_id,name,country", *(f"K{code},{name} {code},US" for code in currencies)],
        "documents.csv": [
            "document_id,customer_id,kind,document_date,due_date,amount,currency",
            *(f"I{code},K{code},invoice,2025-10-01,2025-10-31,{AMOUNTS[code]},{code}" for code in currencies),
        ],
        "receipts.csv": ["receipt_id,customer_id,date,amount,currency", f"R1,KUSD,2025-11-15,{ON_ACCOUNT},USD"],
        "rates.csv": ["currency,date,rate", "JPY,2023-12-31,0.0066", "KWD,2023-12-31,3.25"],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
