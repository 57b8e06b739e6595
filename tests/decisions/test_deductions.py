"""Which deductions are open, what pursuing them brings, and until when."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from random_ledgers import ledgers
from small_ledgers import ledger_of

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.deductions_open import open_deductions
from credrisk.decisions.deductions_pursuit import PRIOR_REFUSALS, deductions_to_pursue, recovered_after_refusal
from credrisk.decisions.policy import Policy
from credrisk.errors import DataError
from credrisk.ledger.movements import item_movements

AS_OF = date(2025, 3, 31)
PRIOR = Policy.default().collection.collectability.shares[0]


def invoice(number="d", amount=100_000):
    document = {"document_id": number, "customer_id": "a", "amount": amount}
    return document | {"document_date": "2025-01-01", "due_date": "2025-01-31"}


def payment(to="d", amount=90_000, day="2025-02-10", number="r"):
    receipt = {"receipt_id": number, "customer_id": "a", "date": day, "amount": amount}
    return receipt, {"from_id": number, "to_document_id": to, "amount": amount, "applied_on": day}


def dispute(number="q", document="d", amount=10_000, **changes):
    return {"dispute_id": number, "document_id": document, "opened_on": "2025-02-11", "amount": amount} | changes


def book(*, paid=(), **tables):
    tables.setdefault("documents", [invoice()])
    receipts, applications = zip(*paid, strict=True) if paid else ((), ())
    tables["applications"] = [*applications, *tables.get("applications", [])]
    return ledger_of(receipts=list(receipts), **tables)


def test_a_short_payment_is_what_is_left_of_a_paid_item():
    row = open_deductions(book(paid=[payment()]), as_of=AS_OF).row(0, named=True)
    assert (row["kind"], row["amount"], row["taken_on"]) == ("short_payment", 100.0, date(2025, 2, 10))
    assert row["reason"] == "not stated"
    assert not open_deductions(book(paid=[payment(amount=70_000)]), as_of=AS_OF).height  # paid in parts
    assert not open_deductions(book(paid=[payment(day="2025-03-27")]), as_of=AS_OF).height  # four days ago


def test_a_charge_back_is_a_dispute_of_an_item_paid_in_part():
    paid = open_deductions(book(paid=[payment()], disputes=[dispute(reason="price")]), as_of=AS_OF)
    assert paid.select("kind", "reason", "amount").rows() == [("charge_back", "price", 100.0)]
    unpaid = open_deductions(book(disputes=[dispute()]), as_of=AS_OF)
    assert unpaid["kind"].to_list() == ["dispute"]


def test_a_posted_deduction_counts_until_a_dispute_was_resolved_for_it():
    posted = {"from_id": None, "to_document_id": "d", "amount": 10_000, "applied_on": "2025-02-20", "kind": "deduction"}
    ledger = book(paid=[payment()], applications=[posted])
    assert open_deductions(ledger, as_of=AS_OF).select("kind", "amount").rows() == [("deduction", 100.0)]
    judged = dispute(resolved_on="2025-02-20", outcome="valid")
    assert not open_deductions(book(paid=[payment()], applications=[posted], disputes=[judged]), as_of=AS_OF).height


def test_value_deadline_and_decision_by_hand():
    ledger = book(paid=[payment()])
    row = deductions_to_pursue(ledger, as_of=AS_OF, window_days=60, output="polars").row(0, named=True)
    assert row["expected_recovery"] == pytest.approx(100.0 * 0.5 * PRIOR)
    assert row["net_value"] == pytest.approx(100.0 * 0.5 * PRIOR - 40.0)
    assert (row["decision"], row["recovered_from"], row["p_invalid_from"]) == ("write_off", "policy_prior", "prior")
    cheap = deductions_to_pursue(ledger, as_of=AS_OF, cost_of_case=5.0, window_days=60, output="polars")
    assert cheap.select("decision", "deadline", "days_left").row(0) == ("pursue", date(2025, 4, 11), 11)
    late = deductions_to_pursue(ledger, as_of="2025-04-12", cost_of_case=5.0, window_days=60, output="polars")
    assert late.select("decision", "days_left").row(0) == ("too_late", -1)
    unknown = deductions_to_pursue(ledger, as_of=AS_OF, cost_of_case=5.0, output="polars").row(0, named=True)
    assert unknown["deadline"] is None
    assert "the deadline is not known" in unknown["because"]


def test_the_window_of_the_customer_goes_before_the_general_one():
    stated = {"customer_id": "a", "attribute": "dispute_window_days", "value": "30", "valid_from": "2024-01-01"}
    ledger = book(paid=[payment()], customer_history=[stated])
    row = deductions_to_pursue(ledger, as_of=AS_OF, window_days=90, output="polars").row(0, named=True)
    assert (row["deadline"], row["decision"]) == (date(2025, 3, 12), "too_late")


def test_what_refused_claims_brought_in():
    # The refused claim of 100 was paid to 60 after the outcome; 40 are left. One case against five of the prior.
    refused = dispute(opened_on="2024-08-01", resolved_on="2024-09-01", outcome="invalid")
    document = invoice() | {"document_date": "2024-07-01", "due_date": "2024-07-31"}
    paid = [payment(day="2024-08-01"), payment(amount=6_000, day="2024-10-01", number="s")]
    ledger = book(paid=paid, documents=[document], disputes=[refused])
    share, cases = recovered_after_refusal(ledger, as_of=AS_OF, policy=Policy.default())
    assert (share, cases) == (pytest.approx((0.6 + PRIOR_REFUSALS * PRIOR) / (1 + PRIOR_REFUSALS)), 1)


def test_cash_for_the_rest_of_the_document_is_no_recovery():
    refused = dispute(opened_on="2024-08-01", resolved_on="2024-09-01", outcome="invalid")
    document = invoice() | {"document_date": "2024-07-01", "due_date": "2024-07-31"}
    ledger = book(paid=[payment(day="2024-10-01")], documents=[document], disputes=[refused])
    share, _ = recovered_after_refusal(ledger, as_of=AS_OF, policy=Policy.default())
    assert share == pytest.approx(PRIOR_REFUSALS * PRIOR / (1 + PRIOR_REFUSALS))


@given(ledgers())
@settings(max_examples=40, deadline=None)
def test_no_more_than_what_is_open_is_pursued(ledger):
    day = ledger.settings.covers_to
    try:
        found = deductions_to_pursue(ledger, as_of=day, output="polars")
    except DataError:  # a currency without a rate yet
        return
    items = open_items(ledger.cut(day), item_movements(ledger.cut(day)))
    left = items.filter(pl.col("residual") > 0).select("document_id", "currency", "residual")
    left = in_ledger_currency(left, ["residual"], ledger, day)
    per_item = found.filter(pl.col("kind") != "deduction").group_by("document_id").agg(pl.col("amount").sum())
    both = per_item.join(left, on="document_id", how="left")
    assert (both["amount"] <= both["residual"] + 0.01).all()
    assert found["rank"].to_list() == list(range(1, found.height + 1))
    assert found["p_invalid"].is_between(0, 1).all()
