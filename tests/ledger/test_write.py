"""What is written reads back the same, in all four forms; nothing is overwritten unasked; no formula gets out."""

from __future__ import annotations

import itertools
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_ledgers import ledger_of

from credrisk.ledger import Ledger
from credrisk.ledger.tables import TABLES

TARGETS = ("folder", "tables.parquet", "book.xlsx", "base.duckdb")
DAYS = st.dates(date(2023, 1, 1), date(2025, 12, 31)).map(date.isoformat)
CENTS = st.integers(1, 10**7) | st.integers(1, 2**53)
WORDS = (
    st.text(
        st.sampled_from("aB9 '\"=+-@,;|.\té€漢\n_x0D"),
        min_size=1,
        max_size=12,
    )
    .map(str.strip)
    .filter(lambda text: text.strip("\ufeff ") != "" and text.lower() not in {"nan", "none"})
)
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


@st.composite
def small_ledgers(draw: st.DrawFn) -> Ledger:
    customers = [
        {"customer_id": f"{n:03d}", "name": draw(st.none() | WORDS), "currency": draw(CURRENCIES)} for n in range(2)
    ]
    owners = st.sampled_from([row["customer_id"] for row in customers])
    documents = [
        {
            "document_id": f"D{n}",
            "customer_id": draw(owners),
            "currency": draw(CURRENCIES),
            "document_date": draw(DAYS),
            "due_date": draw(DAYS),
            "recorded_at": draw(DAYS),
            "kind": kind,
            "amount": -draw(CENTS) if kind == "credit_note" else draw(CENTS),
            "tax_amount": draw(st.none() | CENTS),
            "seller_entity": draw(st.none() | WORDS),
        }
        for n, kind in enumerate(
            draw(st.lists(st.sampled_from(["invoice", "credit_note", "late_fee"]), min_size=1, max_size=4))
        )
    ]
    receipts = [
        {
            "receipt_id": f"R{n}",
            "customer_id": draw(owners),
            "date": draw(DAYS),
            "amount": draw(CENTS),
            "currency": draw(CURRENCIES),
        }
        for n in range(draw(st.integers(0, 3)))
    ]
    applications = []
    for document, receipt in itertools.product(documents, receipts):
        if draw(st.booleans()):
            crosses = document["currency"] != receipt["currency"]
            applications.append(
                {
                    "from_id": receipt["receipt_id"],
                    "to_document_id": document["document_id"],
                    "amount": draw(CENTS),
                    "applied_on": draw(DAYS),
                    "from_amount": draw(CENTS) if crosses else None,
                }
            )
    written_off = [{"to_document_id": "D0", "amount": draw(CENTS), "applied_on": draw(DAYS), "kind": "write_off"}]
    history = [
        {
            "customer_id": "001",
            "attribute": "credit_limit",
            "valid_from": draw(DAYS),
            "value": draw(st.sampled_from([None, "50000", "-3.5"])),
        },
        {"customer_id": "001", "attribute": "collector", "valid_from": draw(DAYS), "value": draw(WORDS)},
    ]
    cover = [
        {
            "cover_id": "C1",
            "customer_id": "000",
            "limit": draw(CENTS),
            "insured_share": draw(st.floats(0, 1)),
            "valid_from": draw(DAYS),
            "max_terms_days": draw(st.none() | st.integers(0, 400)),
        }
    ]
    return ledger_of(
        customers=customers,
        documents=documents,
        receipts=receipts,
        applications=applications + written_off,
        customer_history=history,
        cover=cover,
        disputes=[{"dispute_id": "Q1", "document_id": "D0", "opened_on": draw(DAYS), "reason": draw(WORDS)}],
        static=draw(st.sampled_from([(), ("country",), ("country", "industry")])),
        promises=[],
    )


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledger=small_ledgers())
def test_what_is_written_reads_back_the_same(ledger: Ledger, target: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / target
        ledger.write(path)
        again = Ledger.read(path)
    assert again.quarantine.is_empty(), again.quarantine.to_dicts()
    assert again.settings == ledger.settings
    assert set(again.tables) == set(ledger.tables)
    for name, frame in ledger.tables.items():
        key = TABLES[name].key
        rest = [column for column in frame.columns if column not in key]
        assert again.tables[name].equals(frame.sort(*key, *rest)), name
