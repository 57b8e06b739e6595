"""More applied than owed: a warning for a payment entered twice, an error where the amounts are read wrongly."""

from __future__ import annotations

from typing import Any

from small_ledgers import ledger_of

from credrisk.ledger.findings import Finding


def book(*, invoices: int, twice: int) -> dict[str, Finding]:
    """Return the findings of invoices of 100 that are all paid but one, the first ``twice`` of them by the double."""
    documents: list[dict[str, Any]] = []
    applications: list[dict[str, Any]] = []
    for place in range(invoices):
        documents.append(
            {
                "document_id": f"D{place:03}",
                "customer_id": "C1",
                "document_date": "2024-01-10",
                "due_date": "2024-02-10",
                "amount": 100_00,
            }
        )
        if place < invoices - 1:
            amount = 200_00 if place < twice else 100_00
            applications.append(
                {"from_id": f"R{place}", "to_document_id": f"D{place:03}", "amount": amount, "applied_on": "2024-02-20"}
            )
    return {one.code: one for one in ledger_of(documents=documents, applications=applications).check().findings}


def test_a_few_of_many_are_a_warning() -> None:
    found = book(invoices=200, twice=1)
    assert (found["over_applied"].severity, found["over_applied"].money) == ("warning", 100.0)


def test_a_twentieth_of_what_was_applied_is_an_error() -> None:
    found = book(invoices=100, twice=6)["over_applied"]
    assert (found.severity, found.rows, found.money) == ("error", 6, 600.0)
    assert "It is 6 % of all that was applied" in found.message
    assert found.remedy.startswith("look first at the column of the amounts paid")
    assert book(invoices=100, twice=4)["over_applied"].severity == "warning"


def test_a_book_that_owes_less_than_nothing_is_an_error() -> None:
    found = book(invoices=200, twice=13)["negative_balance"]
    assert (found.severity, found.money, found.currency) == ("error", -1_200.0, "EUR")
    assert "negative_balance" not in book(invoices=200, twice=0)


def test_a_little_below_nothing_is_a_warning() -> None:
    found = book(invoices=200, twice=2)["negative_balance"]
    assert (found.severity, found.money) == ("warning", -100.0)
    credit = {"document_id": "K1", "customer_id": "C1", "document_date": "2024-01-10", "amount": -50_00}
    alone = {one.code: one for one in ledger_of(documents=[credit | {"due_date": "2024-01-10"}]).check().findings}
    assert alone["negative_balance"].severity == "warning"
