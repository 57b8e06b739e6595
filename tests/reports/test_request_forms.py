"""Request forms: filled from the books, with who may sign, and harmless whatever the names hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from command import refused, succeeded
from small_ledgers import ledger_of

from credrisk.decisions.collection_entries_books import AccountBooks
from credrisk.decisions.policy import Policy
from credrisk.errors import ParameterError
from credrisk.reports.request_forms import request_form, request_page

HOSTILE = '<script>alert(1)</script> & "Söhne" {{ 7*7 }}'
LEDGER = ledger_of(
    customers=[{"customer_id": "C1", "name": HOSTILE}],
    documents=[
        {"document_id": "D1", "customer_id": "C1", "document_date": "2025-01-05", "amount": 1_000_00},
        {"document_id": "N1", "customer_id": "C1", "document_date": "2025-01-05", "amount": -50_00},
        {"document_id": "D2", "customer_id": "C2", "document_date": "2025-01-05", "amount": 7_00},
    ],
    receipts=[{"receipt_id": "R", "customer_id": "C1", "date": "2025-02-01", "amount": 30_00}],
)
BOOKS = AccountBooks.open(LEDGER, None, day=date(2025, 3, 31))
ASKED: dict[str, Any] = {"policy": Policy.default(), "reason": "price <b>agreed</b>", "requested_by": "Kim"}


def test_a_credit_names_the_document_and_the_lowest_role_that_may() -> None:
    form = request_form(BOOKS, kind="credit", document_id="D1", amount=400.5, **ASKED)
    assert (form.customer_id, form.amount, form.approver) == ("C1", 400.5, "credit analyst")
    assert form.documents == [("D1", "2025-01-05", "2025-01-05", "1,000 EUR", "400.50 EUR")]
    page = request_page(form)
    assert "<script>" not in page
    assert "<b>agreed</b>" not in page
    assert "{{ 7*7 }}" in page
    for said in ("Request for a credit note", "400.50 EUR", "credit analyst", "31 March 2025", "Söhne"):
        assert said in page
    assert request_form(BOOKS, kind="credit", document_id="D1", **ASKED).approver == "credit manager"


def test_an_adjustment_follows_the_authority_to_write_off() -> None:
    assert request_form(BOOKS, kind="adjustment", document_id="D1", amount=400.5, **ASKED).approver == "credit manager"


def test_a_refund_is_bounded_by_cash_and_credits() -> None:
    form = request_form(BOOKS, kind="refund", customer_id="C1", **ASKED)
    assert (form.amount, form.documents) == (80.0, [])
    assert "To be paid back" in request_page(form)
    with pytest.raises(ParameterError, match="at most 80 EUR"):
        request_form(BOOKS, kind="refund", customer_id="C1", amount=80.01, **ASKED)
    with pytest.raises(ParameterError, match="money for it"):
        request_form(BOOKS, kind="refund", customer_id="C2", **ASKED)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "gift"}, "one of credit, adjustment, refund"),
        ({"kind": "credit"}, "document must be given"),
        ({"kind": "refund"}, "customer must be given"),
        ({"kind": "credit", "document_id": "D1", "amount": 1_000.01}, "at most 1,000 EUR"),
        ({"kind": "credit", "document_id": "D1", "customer_id": "C2"}, "a document of customer C2"),
    ],
)
def test_what_cannot_be_asked_for(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        request_form(BOOKS, **(ASKED | given))


def test_the_command_writes_the_form_and_no_entry(tmp_path: Path) -> None:
    LEDGER.write(tmp_path / "ledger")
    command = ("log", "form", tmp_path / "ledger", "--kind", "credit", "--document", "D1", "--reason", "price")
    out = tmp_path / "form.html"
    told = succeeded(*command, "--amount", "40", "--out", out, "--author", "Kim").out
    assert "To be signed by: credit analyst" in told
    assert "To be credited" in out.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["form.html", "ledger"]
    assert "a new place" in refused(*command, "--out", out)
    succeeded(*command, "--out", out, "--overwrite")
