"""What is stated about cash without an invoice and cannot be followed is told."""

from __future__ import annotations

import polars as pl

from credrisk import Ledger
from credrisk.ledger.findings import Finding


def told(
    *, receipts: bool = False, said: str = "oldest_first", owed: str = "EUR", codes: tuple[str | None, ...] = ()
) -> list[Finding]:
    """Return what is said of an invoice of 100.00 and 100.00 paid on account in euro; codes: invoice, payment."""
    coded = [{"matched_by": pl.Series([code], dtype=pl.String)} for code in codes] or [{}, {}]
    documents = {
        "document_id": ["I1"],
        "customer_id": ["C"],
        "customer_name": ["C"],
        "document_date": ["2025-01-05"],
        "due_date": ["2025-02-05"],
        "amount": [100.0],
        "currency": [owed],
        **coded[0],
    }
    cash = {"customer_id": ["C"], "date": ["2025-03-01"], "amount": [100.0], "currency": ["EUR"], **coded[1]}
    number = {"receipt_id" if receipts else "payment_id": ["R1"]}
    tables = {
        "documents": pl.DataFrame(documents),
        "receipts" if receipts else "payments": pl.DataFrame(number | cash),
        "settings": pl.DataFrame({"key": ["without_invoice"], "value": [said]}),
    }
    ledger = Ledger.read(tables, currency="EUR", covers_from="2025-01-01", covers_to="2025-12-31")
    return [one for one in ledger.findings if one.code in ("setting_unused", "no_debt_in_currency", "codes_unused")]


def test_what_is_followed_is_not_told() -> None:
    assert told() == told(codes=("A", "A")) == told(codes=(None, None)) == told(said="on_account", receipts=True) == []


def test_the_setting_beside_receipts() -> None:
    [one] = told(receipts=True)
    assert (one.code, one.severity) == ("setting_unused", "warning")
    assert "payments of the simple form alone, and the ledger has receipts" in one.message


def test_cash_in_a_currency_in_which_nothing_is_owed() -> None:
    [one] = told(owed="USD")
    assert (one.code, one.severity, one.rows, one.money, one.currency) == (
        "no_debt_in_currency",
        "warning",
        1,
        100.0,
        "EUR",
    )
    assert "documents of their customers are in USD" in one.message


def test_codes_on_one_side() -> None:
    [one] = told(codes=("A", None))
    assert (one.code, one.table, one.rows) == ("codes_unused", "documents", 1)
    [one] = told(codes=(None, "A"), said="on_account")
    assert (one.code, one.table, one.ids) == ("codes_unused", "payments", ("R1",))
