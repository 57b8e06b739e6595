"""What each posting on a customer account of SAP is: invoice, credit note, cash, reversal, residual item, write-off.

Told by the posting key where the export has it (it says what the posting does on the account), else by the document
type. Types are the seller's own choice: those of SAP's delivery are known, others can be stated.
"""

from __future__ import annotations

import re

import polars as pl

from credrisk.errors import ParameterError

__all__ = [
    "CREDIT_KEYS",
    "CREDIT_TYPES",
    "DEBIT_KEYS",
    "ITEM",
    "PAYMENT_TYPES",
    "ROLES",
    "TRANSFER_TYPES",
    "among_accounts",
    "roles",
    "stated_types",
]

ITEM: dict[str, pl.DataType] = {
    "item": pl.String(),
    "document": pl.String(),
    "number": pl.String(),
    "company": pl.String(),
    "customer_id": pl.String(),
    "type": pl.String(),
    "key": pl.String(),
    "special": pl.String(),
    "document_date": pl.Date(),
    "posting_date": pl.Date(),
    "recorded_at": pl.Date(),
    "due_date": pl.Date(),
    "milli": pl.Int64(),
    "discount": pl.Int64(),
    "currency": pl.String(),
    "local_milli": pl.Int64(),
    "local_currency": pl.String(),
    "cleared_on": pl.Date(),
    "clearing": pl.String(),
    "clearing_known": pl.Date(),
    "invoice": pl.String(),
    "reverses": pl.String(),
    "cancelled_by": pl.String(),
    "offset_account": pl.String(),
    "order_id": pl.String(),
    "file": pl.String(),
    "row": pl.Int64(),
}
"""An item on a customer account, however it was exported.

``item`` is its id, ``document`` that of its accounting document and ``number`` the document's number alone; ``milli``
the amount in thousandths of ``currency``, debit positive, ``local_milli`` that in the company code's
currency (its sign does not matter); ``discount`` the cash discount in it, not negative;
``clearing`` the number of the clearing document; ``clearing_known`` the day on which the clearing was entered, where
the export has it; ``invoice`` the item that a partial payment, credit memo or residual item belongs to (REBZG);
``reverses`` the document that this item's document cancels, ``cancelled_by`` the one that cancels it;
``offset_account`` the G/L account on the other side.
"""

PAYMENT_TYPES = ("DZ", "ZP", "ZV", "ZR")
"""Customer payment, payment run, payment clearing, bank reconciliation: document types of SAP's delivery."""
CREDIT_TYPES = ("DG", "RV", "DR", "DA")
"""Types whose credit items are credit notes: credit memo, billing, customer invoice, customer document."""
TRANSFER_TYPES = ("AB", "SA", "SB", "UE")
"""Clearing and G/L postings, and what was taken over from an earlier system: as a rule neither cash nor credit note."""
ROLES = ("invoice", "credit_note", "payment", "write_off", "transfer")
"""What a document type can be stated to be."""

DEBIT_KEYS = {
    "01": "invoice",
    "02": "reversal",
    "03": "invoice",
    "04": "invoice",
    "05": "refund",
    "06": "residual",
    "07": "transfer",
    "08": "refund",
    "09": "invoice",
}
CREDIT_KEYS = {
    "11": "credit_note",
    "12": "reversal",
    "13": "reversal",
    "14": "transfer",
    "15": "payment",
    "16": "payment",
    "17": "transfer",
    "18": "payment",
    "19": "payment",
}
"""Posting keys of customer accounts in SAP's delivery (table TBSL)."""
_STATED = re.compile(r"(?P<type>[^,;:]+):\s*(?P<role>\w+)(?:[\s,;]+|$)")
DOWN_PAYMENT = "A"
"""Special G/L indicator of a down payment received."""


def among_accounts(account: pl.Expr, accounts: tuple[str, ...]) -> pl.Expr:
    """Return whether an account is among those given, ``*`` at the end of one standing for all that begin so."""
    pattern = "|".join(f"^{re.escape(one.rstrip('*'))}{'' if one.endswith('*') else '$'}" for one in accounts)
    return account.str.contains(pattern).fill_null(False) if accounts else pl.lit(False)


def stated_types(setting: str) -> dict[str, str]:
    """Read the setting ``types``: ``ZA:payment,Credit memo:credit_note``.

    Raises
    ------
    ParameterError
        When it is written otherwise, or names an unknown role.
    """
    stated: dict[str, str] = {}
    rest = setting.strip(" ,;")
    while rest:
        found = _STATED.match(rest)
        if found is None or found["role"].lower() not in ROLES:
            raise ParameterError("types", f"TYPE:ROLE, ..., with a role of {', '.join(ROLES)}", rest)
        stated[found["type"].strip().upper()] = found["role"].lower()
        rest = rest[found.end() :]
    return stated


def roles(items: pl.DataFrame, *, types: dict[str, str], bad_debt_accounts: tuple[str, ...]) -> pl.Series:
    """Return what each item is.

    ``invoice``, ``residual`` (what a payment left open), ``refund`` (cash paid back), ``payment``,
    ``credit_note``, ``reversal`` (cancels a posting), ``write_off``, ``transfer`` (neither cash nor a credit note, as
    far as the export says).

    Parameters
    ----------
    types
        Document types that the user stated, before all else.
    bad_debt_accounts
        G/L accounts of bad debt, ``*`` at the end for all that begin so; a credit against one is a write-off.
    """
    kind, key, debit = pl.col("type"), pl.col("key"), pl.col("milli") >= 0
    stated = kind.replace_strict(types, default=None, return_dtype=pl.String)
    said = (
        pl.when(stated == "payment")
        .then(pl.when(debit).then(pl.lit("refund")).otherwise(pl.lit("payment")))
        .when(debit & stated.is_in(["invoice", "credit_note"]))
        .then(pl.lit("invoice"))
        .when(debit & (stated == "write_off"))
        .then(pl.lit("transfer"))
        .when(stated == "invoice")
        .then(pl.lit("credit_note"))
        .otherwise(stated)
    )
    by_key = (
        pl.when(debit)
        .then(key.replace_strict(DEBIT_KEYS, default=None, return_dtype=pl.String))
        .otherwise(key.replace_strict(CREDIT_KEYS, default=None, return_dtype=pl.String))
    )
    paid = kind.is_in(PAYMENT_TYPES)
    by_type = (
        pl.when(debit & paid & pl.col("invoice").is_not_null())
        .then(pl.lit("residual"))
        .when(debit & paid)
        .then(pl.lit("refund"))
        .when(debit)
        .then(pl.lit("invoice"))
        .when(paid)
        .then(pl.lit("payment"))
        .when(kind.is_in(CREDIT_TYPES))
        .then(pl.lit("credit_note"))
        .otherwise(pl.lit("transfer"))
    )
    lost = among_accounts(pl.col("offset_account"), bad_debt_accounts)
    role = (
        pl.when(pl.col("reverses").is_not_null())
        .then(pl.lit("reversal"))
        .when(said.is_not_null())
        .then(said)
        .when(~debit & lost)
        .then(pl.lit("write_off"))
        .when(pl.col("special") == DOWN_PAYMENT)
        .then(pl.when(debit).then(pl.lit("refund")).otherwise(pl.lit("payment")))
        .otherwise(pl.coalesce(by_key, by_type))
    )
    return items.select(role=role).to_series()
