"""A column of customers that holds the numbers of entries: a customer for each document, paid by others."""

from __future__ import annotations

from typing import Any

import pytest
from small_ledgers import ledger_of

from credrisk.ledger.findings import Finding

MANY = 40


def found(documents: int, owner: str, payer: str, *, payer_id: str | None = None) -> dict[str, Finding]:
    """Documents paid in full; ``owner`` and ``payer`` are the customers by the number of the document."""
    numbers = range(documents)
    owners = [owner.format(n, n % 4) for n in numbers]
    payers = [payer.format(n, n % 4) for n in numbers]
    more: dict[str, Any] = {} if payer_id is None else {"payer_id": payer_id}
    whole = ledger_of(
        customers=[
            {"customer_id": one, **(more if one in owners else {})} for one in dict.fromkeys([*owners, *payers])
        ],
        documents=[
            {
                "document_id": f"D{n}",
                "customer_id": owners[n],
                "document_date": "2024-01-10",
                "due_date": "2024-02-10",
                "amount": 10000,
            }
            for n in numbers
        ],
        receipts=[
            {"receipt_id": f"R{n}", "customer_id": payers[n], "date": "2024-02-01", "amount": 10000} for n in numbers
        ],
        applications=[
            {"from_id": f"R{n}", "to_document_id": f"D{n}", "amount": 10000, "applied_on": "2024-02-02"}
            for n in numbers
        ],
    )
    return {one.code: one for one in whole.check().findings}


def test_entry_numbers_as_customers_are_told_with_rows_and_money() -> None:
    findings = found(MANY, "E{0}", "P{0}")
    own, paid = findings["customer_per_document"], findings["paid_by_others"]
    assert (own.severity, own.rows, own.money) == ("warning", MANY, 4000.0)
    assert (paid.severity, paid.rows, paid.money) == ("error", MANY, 4000.0)
    assert "customer_id" in paid.remedy


@pytest.mark.parametrize(
    ("documents", "owner", "payer", "payer_id"),
    [(MANY, "C{1}", "C{1}", None), (8, "E{0}", "P{0}", None), (MANY, "C{1}", "HEAD", "HEAD")],
)
def test_customers_who_buy_again_few_documents_and_a_stated_payer_are_nothing(
    documents: int, owner: str, payer: str, payer_id: str | None
) -> None:
    findings = found(documents, owner, payer, payer_id=payer_id)
    assert not {"customer_per_document", "paid_by_others"} & set(findings)
