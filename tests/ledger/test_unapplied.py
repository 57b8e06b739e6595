"""Payments that are there and close no invoice are an error; books that only look alike are left in peace."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.ledger import Ledger
from credrisk.ledger.findings import Finding

FIRST = date(2024, 1, 10)
ONE = 100_00


def book(
    *,
    invoices: int = 60,
    paid: int = 54,
    applied: int = 0,
    payer: str = "",
    amount: int = ONE,
    on_account: int = 0,
    covers_to: str = "2025-06-30",
) -> Ledger:
    """Return weekly invoices of four customers: the first ``paid`` were paid, the first ``applied`` of these applied.

    ``payer`` pays in place of the customers; ``on_account`` is paid besides, in one amount, by the customer ``P``.
    """
    documents: list[dict[str, Any]] = []
    receipts: list[dict[str, Any]] = []
    applications: list[dict[str, Any]] = []
    for place in range(invoices):
        day = FIRST + timedelta(days=7 * place)
        due, customer = day + timedelta(days=30), f"C{place % 4}"
        documents.append(
            {
                "document_id": f"D{place:03}",
                "customer_id": customer,
                "document_date": day.isoformat(),
                "due_date": due.isoformat(),
                "amount": amount,
            }
        )
        if place < paid:
            receipts.append(
                {
                    "receipt_id": f"R{place:03}",
                    "customer_id": payer or customer,
                    "date": due.isoformat(),
                    "amount": amount,
                }
            )
        if place < min(paid, applied):
            applications.append(
                {
                    "from_id": f"R{place:03}",
                    "to_document_id": f"D{place:03}",
                    "amount": amount,
                    "applied_on": due.isoformat(),
                }
            )
    if on_account:
        receipts.append({"receipt_id": "RP", "customer_id": "P", "date": covers_to, "amount": on_account})
    customers = [{"customer_id": name} for name in ("C0", "C1", "C2", "C3", "P")]
    return ledger_of(
        customers=customers, documents=documents, receipts=receipts, applications=applications, covers_to=covers_to
    )


def found(ledger: Ledger) -> list[Finding]:
    return [one for one in ledger.check().findings if one.code == "payments_not_applied"]


def test_cash_beside_open_invoices_is_an_error() -> None:
    (one,) = found(book())
    # the last of the 60 falls due on 2025-03-28, more than 90 days before the last day
    assert (one.severity, one.table, one.currency, one.rows, one.money) == ("error", "applications", "EUR", 60, 6000.0)
    assert "100 % of what was due more than 90 days ago is open" in one.message
    assert "5,400.00 of cash is not applied" in one.message
    assert "applies_to" in one.remedy
    assert "sap_fbl5n" in one.remedy
    assert one.ids[0] == "D000"


def test_a_few_that_are_applied_change_nothing() -> None:
    (one,) = found(book(applied=10))
    assert (one.rows, one.money) == (50, 5000.0)


@pytest.mark.parametrize(
    "ledger",
    [
        book(applied=54),  # the payments are applied
        book(applied=20),  # a third is: slow, not lost
        book(paid=25),  # few were paid: a book of debts
        book(paid=0, on_account=200 * ONE),  # who pays in advance owes nothing
        book(payer="P"),  # others have the cash, and owe nothing
        book(invoices=15, paid=15),  # too few to tell
        book(covers_to="2024-06-30", invoices=20, paid=16),  # hardly anything is old
    ],
    ids=["applied", "a third", "unpaid", "advance", "others", "small", "young"],
)
def test_books_that_only_look_alike_are_left_in_peace(ledger: Ledger) -> None:
    assert found(ledger) == []


def test_a_list_of_open_items_with_cash_on_account_is_left_in_peace() -> None:
    """Every old invoice of such a list is open, and cash of their customers may cover them; but the book is larger."""
    old = book(invoices=25, paid=20, covers_to="2024-12-31").tables
    young = [
        {
            "document_id": f"Y{place:03}",
            "customer_id": f"C{place % 4}",
            "document_date": "2024-12-01",
            "due_date": "2024-12-31",
            "amount": ONE,
        }
        for place in range(60)
    ]
    rows = {name: old[name].to_dicts() for name in ("documents", "receipts")}
    assert found(ledger_of(**rows, covers_to="2024-12-31"))
    rows["documents"] += young
    assert found(ledger_of(**rows, covers_to="2024-12-31")) == []


def test_each_currency_is_judged_by_itself() -> None:
    euros, dollars = book(applied=54).tables, book().tables
    rows: dict[str, list[dict[str, Any]]] = {}
    for name in ("documents", "receipts", "applications"):
        rows[name] = euros[name].to_dicts()
        for row in dollars[name].to_dicts():
            ids = [key for key in row if key.endswith("_id") and key != "customer_id" and row[key]]
            rows[name].append({**row, "currency": "USD", **{key: f"U{row[key]}" for key in ids}})
    assert [one.currency for one in found(ledger_of(**rows, covers_to="2025-06-30"))] == ["USD"]


def test_the_setting_is_named_where_it_can_help_alone() -> None:
    [of_receipts] = found(book())
    assert "without_invoice" not in of_receipts.remedy
    held = book()
    payments = held.table("receipts").select(
        "customer_id", "date", payment_id="receipt_id", amount=pl.col("amount") / 100
    )
    documents = held.table("documents").select(
        "document_id", "customer_id", "document_date", "due_date", amount=pl.col("amount") / 100
    )
    tables = {"customers": held.table("customers").select("customer_id"), "documents": documents, "payments": payments}
    [of_payments] = found(Ledger.read(tables, currency="EUR", covers_from=FIRST, covers_to="2025-06-30"))
    assert "without_invoice = oldest_first" in of_payments.remedy
