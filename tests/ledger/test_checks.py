"""The checks of a ledger against itself: each has a ledger that shows it, and the sound ledger shows none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_files import APPLICATIONS, CUSTOMERS, DOCUMENTS, RECEIPTS, folder_of, read
from small_ledgers import ledger_of

from credrisk.errors import ParameterError
from credrisk.ledger import Ledger
from credrisk.ledger.findings import SEVERITIES, Check, Finding, sorted_findings


def document(name: str = "D1", **more: Any) -> dict[str, Any]:
    return {
        "document_id": name,
        "customer_id": "C1",
        "document_date": "2024-01-10",
        "due_date": "2024-02-10",
        "amount": 10000,
        **more,
    }


def receipt(name: str = "R1", **more: Any) -> dict[str, Any]:
    return {"receipt_id": name, "customer_id": "C1", "date": "2024-02-01", "amount": 5000, **more}


def applied(**more: Any) -> dict[str, Any]:
    return {"from_id": "R1", "to_document_id": "D1", "amount": 5000, "applied_on": "2024-02-02", **more}


def found(ledger: Ledger) -> dict[str, Finding]:
    return {finding.code: finding for finding in ledger.check().findings}


def test_a_sound_ledger_shows_nothing() -> None:
    ledger = ledger_of(documents=[document()], receipts=[receipt()], applications=[applied()])
    check = ledger.check()
    assert check.findings == ()
    assert check.worst is None
    assert check.to_frame().empty
    assert check.balances.to_dicts() == [
        {"currency": "EUR", "documents": 100.0, "applied": 50.0, "given": 0.0, "open_items": 50.0, "difference": 0.0}
    ]


@pytest.mark.parametrize(
    ("code", "severity", "money", "ids", "tables"),
    [
        ("due_before_document", "warning", 100.0, ("D1",), {"documents": [document(due_date="2024-01-09")]}),
        ("no_terms", "note", 100.0, ("D1",), {"documents": [document(due_date="2024-01-10")]}),
        (
            "over_applied",
            "warning",
            20.0,
            ("D1",),
            {"documents": [document(amount=3000)], "receipts": [receipt()], "applications": [applied()]},
        ),
        (
            "over_applied",
            "warning",
            20.0,
            ("D2",),
            {
                "documents": [document(), document("D2", amount=-3000)],
                "applications": [applied(from_id="D2", kind="credit_note")],
            },
        ),
        (
            "applied_beyond_receipt",
            "warning",
            10.0,
            ("R1",),
            {"documents": [document()], "receipts": [receipt(amount=4000)], "applications": [applied()]},
        ),
        (
            "negative_unapplied_cash",
            "warning",
            -10.0,
            ("C1",),
            {"documents": [document()], "receipts": [receipt(amount=4000)], "applications": [applied()]},
        ),
        (
            "all_receipts_negative",
            "warning",
            -50.0,
            ("R1",),
            {"documents": [document()], "receipts": [receipt(amount=-5000)]},
        ),
        (
            "applied_before_document",
            "warning",
            50.0,
            ("D1",),
            {
                "documents": [document()],
                "receipts": [receipt(date="2024-01-01")],
                "applications": [applied(applied_on="2024-01-09")],
            },
        ),
        (
            "paid_before_document",
            "note",
            50.0,
            ("D1",),
            {"documents": [document()], "receipts": [receipt(date="2024-01-01")], "applications": [applied()]},
        ),
        (
            "known_before_event",
            "warning",
            50.0,
            ("R1",),
            {"documents": [document()], "receipts": [receipt(recorded_at="2024-01-31")]},
        ),
        (
            "after_coverage",
            "warning",
            100.0,
            ("D1",),
            {"documents": [document(document_date="2026-01-01", due_date="2026-02-01")]},
        ),
        ("no_rate", "error", 100.0, ("D1",), {"documents": [document(currency="USD")]}),
        (
            "no_early_rate",
            "warning",
            100.0,
            ("D1",),
            {
                "documents": [document(currency="USD")],
                "rates": [{"currency": "USD", "date": "2024-01-11", "rate": 0.9}],
            },
        ),
        ("without_documents", "note", None, ("C9",), {"documents": [document()], "customers": [{"customer_id": "C9"}]}),
        (
            "concentration",
            "note",
            100.0,
            ("C1",),
            {"documents": [document(), document("D2", customer_id="C2", amount=2000)]},
        ),
    ],
)
def test_each_check_shows(
    code: str, severity: str, money: float | None, ids: tuple[str, ...], tables: dict[str, Any]
) -> None:
    finding = found(ledger_of(**tables))[code]
    assert (finding.severity, finding.money, finding.ids, finding.rows) == (severity, money, ids, 1)
    assert finding.currency == ("" if money is None else tables["documents"][0].get("currency", "EUR"))


def test_reversals_refunds_and_foreign_receipts_are_sound() -> None:
    ledger = ledger_of(
        documents=[document(), document("D2", currency="USD")],
        receipts=[receipt(), receipt("R2", amount=-1000), receipt("R3", amount=10000)],
        applications=[
            applied(),
            applied(amount=-5000, kind="reversal", applied_on="2024-02-05"),
            applied(applied_on="2024-02-06"),
            applied(from_id="R3", to_document_id="D2", amount=10000, from_amount=9000),
        ],
        rates=[{"currency": "USD", "date": "2023-01-01", "rate": 0.9}],
    )
    assert found(ledger) == {}


def test_documents_that_are_there_twice_do_not_tie_out() -> None:
    ledger = ledger_of(documents=[document(), document()], applications=[applied(from_id=None, kind="write_off")])
    finding = found(ledger)["open_items_do_not_tie_out"]
    assert (finding.severity, finding.money, finding.currency) == ("error", 50.0, "EUR")


def test_an_application_to_a_document_not_yet_visible_ties_out() -> None:
    ledger = ledger_of(
        documents=[document(), document("D2", document_date="2024-06-01")],
        receipts=[receipt()],
        applications=[applied(to_document_id="D2")],
    )
    assert ledger.cut("2024-03-01").check().balances["difference"].to_list() == [0.0]


def test_the_findings_of_reading_are_there_and_the_worst_comes_first(tmp_path: Path) -> None:
    ledger = read(
        tmp_path,
        documents=DOCUMENTS + "D4,C1,invoice,2024-02-30,2024-03-14,7.00,EUR\nD5,C1,,2024-02-20,2024-02-19,70.00,EUR\n",
    )
    check = ledger.check()
    assert check.worst == "error"
    order = [SEVERITIES.index(f.severity) for f in check.findings]
    assert order == sorted(order)
    warnings = [abs(f.money or 0) for f in check.findings if f.severity == "warning"]
    assert warnings == sorted(warnings, reverse=True)
    assert {"impossible_date", "due_before_document", "assumed_recorded_at"} <= set(found(ledger))
    assert check.intake.equals(ledger.intake)
    frame = check.to_frame(output="polars")
    assert frame.height == len(check.findings)
    assert frame.row(0, named=True)["code"] == "impossible_date"
    with pytest.raises(ParameterError, match="output"):
        check.to_frame(output="spark")  # type: ignore[call-overload]


def test_the_written_and_read_ledger_has_the_same_checks(tmp_path: Path) -> None:
    folder_of(tmp_path, customers=CUSTOMERS, documents=DOCUMENTS, receipts=RECEIPTS, applications=APPLICATIONS)
    ledger = Ledger.read(tmp_path)
    ledger.write(tmp_path / "again")
    again = Ledger.read(tmp_path / "again")
    assert again.check().balances.equals(ledger.check().balances)


def test_findings_sort_the_same_whatever_their_order() -> None:
    some = [
        Finding("note", "b", "x", "m"),
        Finding("error", "a", "x", "m", money=1.0),
        Finding("error", "a", "x", "m", money=-9.0),
        Finding("note", "a", "x", "m"),
    ]
    assert [f.money for f in sorted_findings(some)][:2] == [-9.0, 1.0]
    assert sorted_findings(some) == sorted_findings(some[::-1])
    assert Check(()).to_frame(output="polars").columns[0] == "severity"
