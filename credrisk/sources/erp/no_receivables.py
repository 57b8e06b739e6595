"""What to export where an export of a known system holds no receivables: its customers, say, or purchases only."""

from __future__ import annotations

from credrisk.errors import DataError
from credrisk.sources.mapping import Imported

__all__ = ["refuse_without_receivables"]

_HOLDERS = {
    "business_central": "the customer ledger entries and the detailed ones",
    "dynamics_finance": "CustTrans and CustSettlement (or CustTransOpen)",
    "netsuite": "transaction, transactionLine and previousTransactionLineLink, with the types CustInvc, CustPymt and "
    "CustCred",
    "sap_tables": "BSID and BSAD",
    "xero": "Invoices, Payments and CreditNotes",
}
"""The tables of a system in which receivables stand."""


def refuse_without_receivables(format_name: str, made: Imported) -> None:
    """Refuse an export of which no document and no receipt was made, and nothing was set aside.

    Raises
    ------
    DataError
        It says what the export does hold, and what to export besides.
    """
    rows = {name: frame.height for name, frame in made.tables.items() if name not in ("settings", "findings")}
    if rows.get("documents") or rows.get("receipts") or made.set_aside.height:
        return
    there = ", ".join(f"{name} ({count:,} rows)" for name, count in sorted(rows.items()) if count) or "nothing of use"
    left_out = int(made.summary["left_out"].sum())
    others = f" {left_out:,} rows of other kinds were left out." if left_out else ""
    raise DataError(
        f"this export holds no receivables: no document and no receipt, only {there}.{others}",
        remedy=f"export {_HOLDERS.get(format_name, 'the invoices and payments')}, too, into the same folder.",
    )
