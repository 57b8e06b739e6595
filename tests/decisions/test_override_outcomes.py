"""Overrides in the log, and what a later ledger says became of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from decisions.order_cases import POLICY, decided, desk_of, facts
from small_ledgers import ledger_of

from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.order_record import log_orders, log_override
from credrisk.decisions.override_outcomes import OUTCOMES, override_outcomes
from credrisk.errors import ParameterError

BLOCKED = {"limit_on_file": 0.0}


def overridden(tmp_path: Path, *, order_id: str | None = None, to: str = "release", **customer: Any) -> DecisionLog:
    """Return a log in which an order of 1,000 of customer A, decided on 30 June 2025, was overridden."""
    log = DecisionLog(tmp_path / "log.db")
    decision = decided(1_000.0, facts(**(BLOCKED | customer)), order_id=order_id)
    log_override(log, decision, override=to, reason="old customer", author="B. Boss", policy=POLICY, model="m")
    return log


def invoice(
    name: str = "D1", amount: int = 100_000, day: str = "2025-07-10", due: str = "2025-08-10", **more: Any
) -> Any:
    return {"document_id": name, "customer_id": "A", "document_date": day, "due_date": due, "amount": amount, **more}


def paid(day: str, amount: int = 100_000, document: str = "D1", kind: str = "payment") -> tuple[Any, Any]:
    """Return receipt and application; a write-off has no receipt."""
    name = f"R{document}{day}"
    receipt = {"receipt_id": name, "customer_id": "A", "date": day, "amount": amount}
    applied = {"to_document_id": document, "amount": amount, "applied_on": day, "kind": kind}
    return (receipt, applied | {"from_id": name}) if kind == "payment" else (None, applied)


def score(
    log: DecisionLog, documents: list[Any], payments: list[Any] = (), as_of: str = "2026-03-31", **tables: Any
) -> Any:  # type: ignore[assignment]
    ledger = ledger_of(
        covers_to="2026-03-31",
        documents=documents,
        receipts=[receipt for receipt, _ in payments if receipt],
        applications=[applied for _, applied in payments],
        **tables,
    )
    return override_outcomes(log.read(), ledger, as_of=as_of, output="polars").row(0, named=True)


def test_both_the_answer_and_the_override_are_in_the_log(tmp_path: Path) -> None:
    log = overridden(tmp_path)
    order, override = log.read()
    assert (order.kind, override.kind, override.customer_id, override.model) == ("order", "override", "A", "m")
    assert override.content["order"] == order.content
    assert override.content["reason"] == "old customer"
    assert override.content["approver"] in {entry.role for entry in POLICY.authority}
    assert override.policy_hash == POLICY.hash
    assert log.verify().sound


def test_answers_of_a_sitting_are_logged_together(tmp_path: Path) -> None:
    log, desk = DecisionLog(tmp_path / "log.db"), desk_of(facts())
    entries = log_orders(log, [desk.decide("A", 10.0), desk.decide("x", 5.0)], author="A. Clerk", policy=POLICY)
    assert [entry.content["answer"] for entry in entries] == ["release", "prepay"]


@pytest.mark.parametrize(("to", "reason"), [("prepay", "x"), ("partial_release", "x"), ("release", " ")])
def test_overrides_need_a_reason_and_another_answer(tmp_path: Path, to: str, reason: str) -> None:
    log = DecisionLog(tmp_path / "log.db")
    with pytest.raises(ParameterError):
        log_override(log, decided(1_000.0, facts(**BLOCKED)), override=to, reason=reason, author="B", policy=POLICY)
    assert not log.path.exists()


def test_paid_on_time_and_what_it_earned(tmp_path: Path) -> None:
    row = score(overridden(tmp_path), [invoice()], [paid("2025-08-12")])
    assert (row["outcome"], row["answer"], row["override"], row["paid"], row["days_late"]) == (
        "paid_on_time",
        "prepay",
        "release",
        1_000.0,
        2.0,
    )
    assert row["realised_value"] == pytest.approx(0.25 * 1_000 - 0.08 * 1_000 * 33 / 365)


def test_late_open_and_not_delivered(tmp_path: Path) -> None:
    log = overridden(tmp_path)
    assert score(log, [invoice()], [paid("2025-09-10")])["outcome"] == "late"
    assert score(log, [invoice()], as_of="2025-07-31")["outcome"] == "open"
    late = score(log, [invoice()], as_of="2025-08-31")
    assert (late["outcome"], late["open"], late["days_late"], late["realised_value"]) == ("late", 1_000.0, None, None)
    assert score(log, [invoice(day="2025-06-01")])["outcome"] == "not_delivered"
    assert score(log, [invoice(day="2025-06-01")], as_of="2025-07-31")["outcome"] == "too_early"
    assert score(log, [invoice(day="2025-09-01")])["outcome"] == "not_delivered"


def test_default_and_loss(tmp_path: Path) -> None:
    log = overridden(tmp_path)
    row = score(log, [invoice()])
    assert (row["outcome"], row["default_on"]) == ("default", date(2025, 11, 8))  # 90 days after 10 August
    cured = score(log, [invoice()], [paid("2026-01-10")])
    assert cured["outcome"] == "default"
    lost = score(log, [invoice()], [paid("2026-02-01", kind="write_off")])
    assert (lost["outcome"], lost["lost"], lost["realised_value"]) == ("loss", 1_000.0, -750.0)
    events = [{"customer_id": "A", "date": "2025-08-01", "kind": "insolvency"}]
    assert score(log, [invoice()], credit_events=events)["outcome"] == "loss"
    early = score(log, [invoice()], [paid("2025-07-20")], credit_events=events)
    assert early["outcome"] == "paid_on_time"  # it was paid before


def test_the_order_named_on_the_invoice_is_followed_else_the_first_up_to_the_amount(tmp_path: Path) -> None:
    others = [invoice("D0", 60_000, "2025-07-02"), invoice("D1", 60_000), invoice("D2", 90_000, "2025-07-20")]
    assert score(overridden(tmp_path), others)["invoiced"] == 1_200.0
    (tmp_path / "own").mkdir()
    own = [*others, invoice("D9", 100_000, "2025-09-20", "2025-10-20", order_id="O1")]
    row = score(overridden(tmp_path / "own", order_id="O1"), own, [paid("2025-10-20", document="D9")])
    assert (row["invoiced"], row["outcome"]) == (1_000.0, "paid_on_time")


def test_what_was_not_released_is_held(tmp_path: Path) -> None:
    log = overridden(tmp_path, to="hold", limit_on_file=9_000.0)
    assert score(log, [invoice()], [paid("2025-08-12")])["outcome"] == "held"


def test_a_log_without_overrides_and_one_of_a_later_day(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "log.db")
    log.append("override", {"of": "a limit"}, author="B. Boss")
    ledger = ledger_of(documents=[invoice()], covers_to="2026-03-31")
    assert override_outcomes(log.read(), ledger).empty
    later = overridden(tmp_path)
    assert override_outcomes(later.read(), ledger, as_of="2025-06-29").empty
    assert set(OUTCOMES) >= {"loss", "default", "late", "paid_on_time"}
