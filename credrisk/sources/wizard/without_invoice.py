"""What payments settle of which no column names the invoice: the oldest debt first, unless the user says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from credrisk.ledger.oldest_first import OLDEST_FIRST, WITHOUT_INVOICE
from credrisk.sources.wizard.proposal import Notes, TableProposal

__all__ = ["SETTING", "settled_without_invoice"]

SETTING = "without_invoice"
"""The setting of the ledger, and what the user answers: ``without_invoice=on_account``."""


def settled_without_invoice(
    tables: Sequence[TableProposal], answers: Mapping[str, str], notes: Notes, *, open_items: bool
) -> dict[str, str]:
    """Return the setting by which cash settles debts, and say so; empty where payments name their invoice.

    Parameters
    ----------
    open_items
        Whether the documents are a list of what is open alone: cash paid what is not in it, so it stays on account.
    """
    said = answers.get(SETTING, "")
    payments = [one for one in tables if one.table == "payments"]
    if said or not payments or open_items or any("document_id" in one.columns for one in payments):
        return {SETTING: said} if said else {}
    without = "that shares no code with one " if any("matched_by" in one.columns for one in payments) else ""
    files = ", ".join(dict.fromkeys(one.file for one in payments))
    notes.unsure.append(
        f"{files}: no column names the invoice that a payment pays, so each {without}settles the oldest debt of its "
        "customer; ageing rests on that, and so does what was paid late. Cash of invoices from before the first day "
        "makes debts look younger. If a column names the invoice: --answer "
        f"FILE.applies_to=COLUMN; to leave the cash on account: --answer {SETTING}={WITHOUT_INVOICE[0]}"
    )
    return {SETTING: OLDEST_FIRST}
