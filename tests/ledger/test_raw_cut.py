"""Reading the rows known by a day gives what reading all rows and cutting at that day gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credrisk.ledger import Ledger
from credrisk.ledger.ledger import DTYPES
from credrisk.ledger.tables import TABLES

START = date(2024, 1, 1)
Rows = list[dict[str, Any]]
EVENTS = {"documents": "document_date", "receipts": "date", "applications": "applied_on"}
STATED = {"currency": "EUR", "covers_from": "2024-01-01", "covers_to": "2024-12-31", "extracted_on": "2024-12-31"}
OFFSETS = st.integers(0, 60)
CENTS = st.integers(1, 50)


def day(offset: int) -> date:
    return START + timedelta(days=offset)


def text(cents: int) -> str:
    return f"{cents}.00"


@st.composite
def raw_tables(draw: st.DrawFn, *, with_receipts: bool) -> dict[str, Rows]:
    """Documents and receipts whose numbers are used again, applications to any of them or to none."""
    documents: Rows = []
    for _ in range(draw(st.integers(1, 5))):
        dated = draw(OFFSETS)
        documents.append(
            {
                "document_id": draw(st.sampled_from(["D1", "D2", "D3"])),
                "customer_id": draw(st.sampled_from(["C1", "C2"])),
                "kind": "invoice",
                "document_date": day(dated),
                "due_date": day(dated + 30),
                "amount": text(draw(CENTS)),
                "recorded_at": day(dated + draw(st.integers(0, 30))),
            }
        )
    receipts: Rows = []
    for _ in range(draw(st.integers(1, 3)) if with_receipts else 0):
        arrived = draw(OFFSETS)
        receipts.append(
            {
                "receipt_id": draw(st.sampled_from(["R1", "R2"])),
                "customer_id": draw(st.sampled_from(["C1", "C2"])),
                "date": day(arrived),
                "amount": text(draw(CENTS)),
                "recorded_at": day(arrived + draw(st.integers(0, 30))),
            }
        )
    # Before its source is there an application is set aside, so here it comes after; without receipts, its document.
    earliest = 91
    applications: Rows = []
    for _ in range(draw(st.integers(0, 5))):
        applied = earliest + draw(OFFSETS)
        reversal = bool(applications) and draw(st.booleans())
        applications.append(
            {
                "from_id": draw(st.sampled_from(["R1", "R2"])),
                "to_document_id": draw(st.sampled_from(["D1", "D2", "D3", "OLD"])),
                "amount": text(-draw(CENTS) if reversal else draw(CENTS)),
                "applied_on": day(applied),
                "kind": "reversal" if reversal else "payment",
                "recorded_at": day(applied + draw(st.integers(0, 30))),
            }
        )
    customers = [{"customer_id": c, "name": n} for c, n in (("C1", "Alpha"), ("C1", "Alpha Works"), ("C2", "Beta"))]
    tables = {"customers": customers, "documents": documents, "applications": applications}
    return {**tables, "receipts": receipts} if with_receipts else tables


def frames(tables: dict[str, Rows], known_by: date | None = None) -> dict[str, pl.DataFrame]:
    made = {}
    for name, rows in tables.items():
        event = EVENTS.get(name)
        kept = [
            row for row in rows if known_by is None or event is None or max(row[event], row["recorded_at"]) <= known_by
        ]
        declared = {c.name: pl.String() if c.kind == "money" else DTYPES[c.kind] for c in TABLES[name].columns}
        columns = {column: declared[column] for column in (rows[0] if rows else TABLES[name].names)}
        made[name] = pl.DataFrame(kept, schema=columns)
    return made


def assert_the_past_stays(tables: dict[str, Rows], offset: int) -> None:
    known_by = day(offset)
    known = Ledger.read(frames(tables, known_by), **STATED).cut(known_by)
    later = Ledger.read(frames(tables), **STATED).cut(known_by)
    for name in TABLES:
        assert known.table(name).equals(later.table(name)), (name, known.table(name), later.table(name))
    assert known.settings == later.settings


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables=raw_tables(with_receipts=True), offset=st.integers(0, 200))
def test_later_rows_do_not_change_the_past(tables: dict[str, Rows], offset: int) -> None:
    assert_the_past_stays(tables, offset)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables=raw_tables(with_receipts=False), offset=st.integers(0, 200))
def test_later_rows_do_not_change_the_receipts_made_of_applications(tables: dict[str, Rows], offset: int) -> None:
    assert_the_past_stays(tables, offset)
