"""What stands written off of a customer is what was written off less what was taken back, as known on the day."""

from __future__ import annotations

from datetime import date

from small_ledgers import ledger_of

from credrisk.features.label_settings import LabelSettings
from credrisk.features.write_offs import standing_write_offs
from credrisk.ledger.ledger import Ledger


def written_off() -> Ledger:
    invoices = {"I1": ("A", "invoice"), "I2": ("A", "invoice"), "I3": ("B", "invoice"), "F1": ("A", "late_fee")}
    moves = [("I1", 40_000, "write_off", "2024-03-01"), ("I2", 60_000, "write_off", "2024-09-01"),
             ("I1", -10_000, "reversal", "2024-06-01"), ("I2", -60_000, "reversal", "2024-10-01"),
             ("I3", 70_000, "write_off", "2024-03-01"), ("F1", 4_000, "write_off", "2024-03-01")]  # fmt: skip
    return ledger_of(
        documents=[
            {"document_id": name, "customer_id": customer, "kind": kind, "document_date": "2024-01-01",
             "amount": 4_000 if kind == "late_fee" else 100_000}
            for name, (customer, kind) in invoices.items()
        ],
        applications=[
            {"to_document_id": to, "amount": amount, "kind": kind, "applied_on": day} for to, amount, kind, day in moves
        ],
    )  # fmt: skip


def test_what_was_taken_back_stands_no_more() -> None:
    found = standing_write_offs(written_off(), customers=["A"])
    assert found.rows() == [("A", date(2024, 3, 1), 300.0)]


def test_what_happens_later_is_not_known_on_the_day() -> None:
    found = standing_write_offs(written_off().cut("2024-09-30"), customers=["A"])
    assert found.rows() == [("A", date(2024, 3, 1), 300.0), ("A", date(2024, 9, 1), 600.0)]


def test_notes_of_late_fees_count_where_the_settings_count_them() -> None:
    found = standing_write_offs(written_off(), customers=["A"], settings=LabelSettings(count_late_fees=True))
    assert found.rows() == [("A", date(2024, 3, 1), 340.0)]
