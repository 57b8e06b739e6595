"""Why money has not come, which papers customers wait for, and what falls due before delivery."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.decisions.down_payments import down_payment_schedule
from credrisk.decisions.missing_documents import invoicing_requirements, missing_documents
from credrisk.decisions.non_payment import OWNERS, non_payment_items, non_payment_reasons
from credrisk.ledger.credit_tables import REASON_CODES

DAY = date(2025, 3, 31)


def invoice(number: str, customer: str, amount: int, due: str = "2025-03-01", **more: Any) -> dict[str, Any]:
    return {
        "document_id": number,
        "customer_id": customer,
        "document_date": "2025-02-01",
        "due_date": due,
        "amount": amount,
        **more,
    }


def contact(number: str, customer: str, on: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": number, "customer_id": customer, "date": on, "channel": "call", "outcome": "reached", **more}


def requirement(customer: str, attribute: str, value: str | None, since: str = "2025-01-01") -> dict[str, Any]:
    return {"customer_id": customer, "attribute": attribute, "value": value, "valid_from": since}


def promise(number: str, due: str) -> dict[str, Any]:
    return {"promise_id": number, "customer_id": "e", "document_id": "e1", "made_on": "2025-03-02", "due_on": due}


LEDGER = ledger_of(
    documents=[
        invoice("a1", "a", 1_000_00, "2025-03-11"),
        invoice("a2", "a", 500_00, "2025-04-30"),
        invoice("b1", "b", 400_00),
        invoice("b2", "b", 100_00, "2025-03-25"),
        invoice("c1", "c", 300_00, order_id=None),
        invoice("c2", "c", 300_00, "2025-03-21", order_id="o1"),
        invoice("d1", "d", 1_000_00),
        invoice("e1", "e", 800_00),
        invoice("f1", "f", 70_00),
        invoice("g1", "g", 100_00, currency="USD"),
    ],
    orders=[
        {"order_id": "o1", "customer_id": "c", "order_date": "2025-01-05", "amount": 300_00, "closed_on": "2025-02-01"}
    ],
    receipts=[{"receipt_id": "r", "customer_id": "d", "date": "2025-03-05", "amount": 900_00}],
    applications=[{"from_id": "r", "to_document_id": "d1", "amount": 900_00, "applied_on": "2025-03-05"}],
    disputes=[
        {"dispute_id": "q1", "document_id": "a1", "opened_on": "2025-03-15", "amount": 250_00, "cause": "price"},
        {
            "dispute_id": "q2",
            "document_id": "f1",
            "opened_on": "2025-03-16",
            "owner": "Lee",
            "cause": "missing_pod",
        },
    ],
    contacts=[
        contact("k1", "b", "2025-03-10", reason="their_process"),
        contact("k2", "b", "2025-03-20", reason="not_received"),
        contact("k3", "g", "2024-12-01", reason="cannot_pay"),
        contact("k4", "d", "2025-03-30", outcome="wants_copy"),
        contact("k5", "e", "2025-03-12", outcome="wants_po"),
        contact("k6", "e", "2025-03-25"),
        contact("k7", "e", "2025-03-26", outcome="no_answer"),
    ],
    promises=[promise("p1", "2025-03-10"), promise("p2", "2025-03-20")],
    customer_history=[
        requirement("c", "requires_po", "Yes"),
        requirement("c", "portal", "Ariba"),
        requirement("a", "requires_po", "no"),
        requirement("b", "invoice_email", "ap@b.example"),
        requirement("b", "invoice_email", None, "2025-03-01"),
    ],
    rates=[{"currency": "USD", "date": "2025-01-01", "rate": 0.5}],
)


def test_each_past_due_amount_has_the_first_reason_that_speaks_for_it() -> None:
    items = non_payment_items(LEDGER, as_of=DAY, output="polars")
    found = {
        (row["document_id"], row["reason"], row["source"]): (
            row["amount"],
            row["days_past_due"],
            row["owner"],
            row["inferred"],
        )
        for row in items.iter_rows(named=True)
    }
    assert found == {
        ("a1", "dispute", "dispute"): (250.0, 20, "sales", False),
        ("a1", None, None): (750.0, 20, None, None),
        ("b1", "not_received", "contact"): (400.0, 30, "billing", False),
        ("b2", None, None): (100.0, 6, None, None),
        ("c1", "our_error", "order_number"): (300.0, 30, "billing", True),
        ("c2", None, None): (300.0, 10, None, None),
        ("d1", "dispute", "short_payment"): (100.0, 30, "sales", True),
        ("e1", "cannot_pay", "promise_record"): (800.0, 30, "credit", True),
        ("f1", "dispute", "dispute"): (70.0, 30, "Lee", False),
        ("g1", None, None): (50.0, 30, None, None),
    }
    assert items["amount"].is_sorted(descending=True)
    basis = dict(zip(items["document_id"], items["basis"], strict=True))
    assert basis["f1"] == "in dispute since 2025-03-16: missing pod"
    assert set(OWNERS) == set(REASON_CODES)


def test_the_table_by_reason_adds_up() -> None:
    items = non_payment_items(LEDGER, as_of=DAY, output="polars")
    table = non_payment_reasons(items, output="polars")
    assert table["amount"].sum() == pytest.approx(items["amount"].sum())
    rows = {(row["reason"], row["owner"]): row for row in table.iter_rows(named=True)}
    sales = rows["dispute", "sales"]
    assert (sales["accounts"], sales["documents"], sales["amount"]) == (2, 2, 350.0)
    assert sales["days_lost"] == pytest.approx((250 * 20 + 100 * 30) / 350)
    assert sales["inferred_share"] == pytest.approx(100 / 350)
    assert table["money_days"].is_sorted(descending=True)
    assert rows[None, None]["accounts"] == 4
    pandas = non_payment_reasons(non_payment_items(LEDGER, as_of=DAY))
    assert list(pandas.columns) == table.columns


def test_what_is_known_later_changes_no_reason() -> None:
    before = non_payment_items(LEDGER, as_of="2025-03-14", output="polars")
    assert before.filter(pl.col("document_id") == "a1")["reason"].to_list() == [None]
    cut = non_payment_items(LEDGER.cut("2025-03-14"), as_of="2025-03-14", output="polars")
    assert before.equals(cut)
    assert non_payment_items(LEDGER, as_of="2025-01-31", output="polars").is_empty()


def test_papers_that_customers_wait_for() -> None:
    found = missing_documents(LEDGER, as_of=DAY, output="polars")
    assert found.select("customer_id", "missing", "document_id", "source", "amount").rows() == [
        ("b", "invoice_copy", None, "contact", 500.0),
        ("c", "purchase_order", "c1", "order_number", 300.0),
        ("d", "invoice_copy", None, "contact", 100.0),
        ("f", "proof_of_delivery", "f1", "dispute", 70.0),
    ]
    earlier = missing_documents(LEDGER, as_of="2025-03-24", output="polars")
    assert ("e", "purchase_order") in earlier.select("customer_id", "missing").rows()


def test_the_checklist_of_requirements() -> None:
    found = invoicing_requirements(LEDGER, as_of=DAY, output="polars")
    assert found.select("customer_id", "requirement", "says", "not_met", "amount").rows() == [
        ("c", "portal", "invoices through the portal Ariba", None, None),
        ("c", "requires_po", "an order number on every invoice", 1, 300.0),
    ]
    before = invoicing_requirements(LEDGER, as_of="2025-02-15", output="polars")
    assert "invoices by e-mail to ap@b.example" in before["says"].to_list()


def test_an_invoice_older_than_the_requirement_needs_no_order_number() -> None:
    later = ledger_of(
        documents=[invoice("c1", "c", 300_00)], customer_history=[requirement("c", "requires_po", "x", "2025-02-02")]
    )
    assert missing_documents(later, as_of=DAY, output="polars").is_empty()


def test_down_payments_and_orders_by_month_end() -> None:
    order = {"customer_id": "a", "order_date": "2025-03-01", "amount": 1_000_00}
    ledger = ledger_of(
        extracted_on="2025-03-31",
        documents=[
            invoice("dp1", "a", 200_00, "2025-03-20", kind="down_payment", order_id="o1"),
            invoice("dp2", "a", 300_00, "2025-04-15", kind="down_payment"),
            invoice("i", "a", 900_00),
        ],
        receipts=[{"receipt_id": "r", "customer_id": "a", "date": "2025-03-21", "amount": 50_00}],
        applications=[{"from_id": "r", "to_document_id": "dp1", "amount": 50_00, "applied_on": "2025-03-21"}],
        orders=[
            order | {"order_id": "o1", "requested_delivery": "2025-04-30", "open_amount": 800_00},
            order | {"order_id": "o2", "open_amount": 0},
            order | {"order_id": "o3", "closed_on": "2025-03-15"},
            order | {"order_id": "o4"},
        ],
    )
    found = down_payment_schedule(ledger, as_of=DAY, output="polars")
    assert found.select("month_end", "what", "id", "amount", "days_past_due").rows() == [
        (date(2025, 3, 31), "order", "o4", 1_000.0, 30),
        (date(2025, 3, 31), "down_payment", "dp1", 150.0, 11),
        (date(2025, 4, 30), "down_payment", "dp2", 300.0, 0),
        (date(2025, 4, 30), "order", "o1", 800.0, 0),
    ]
    assert down_payment_schedule(ledger_of(documents=[invoice("i", "a", 1)]), as_of=DAY, output="polars").is_empty()
