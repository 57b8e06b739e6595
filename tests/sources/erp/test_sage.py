"""Sage: types decide, allocations are read once, what is outstanding today is never used."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.erp.stated_currency import refuse_without_currency
from credrisk.sources.mapping import Imported

AUDIT = """No,Type,A/C,N/C,Details,Date,Ref,Net,Tax,Outstanding
1,SI,ABC1,4000,Goods,10/01/2024,INV1,"1,000.00",200.00,5.00
2,SR,ABC1,1200,Sales Receipt,20/02/2024,BACS,900.00,0.00,0
3,SC,ABC1,4000,Returned,01/02/2024,CR1,100.00,20.00,0
4,SC,ABC1,8100,Bad Debt Write Off,30/06/2024,,80.00,0.00,0
5,SD,ABC1,4009,Settlement,20/02/2024,,50.00,0.00,0
6,PI,SUP1,5000,Stock,01/01/2024,P1,10.00,2.00,0
"""
USAGE = """Split Number,Split Crossref,Amount,Date
2,1,900.00,20/02/2024
1,2,900.00,20/02/2024
3,1,120.00,05/02/2024
4,1,80.00,30/06/2024
5,1,50.00,20/02/2024
"""


def books(folder: Path, usage: str | None = USAGE) -> Imported:
    (folder / "audit.csv").write_text(AUDIT, encoding="utf-8")
    if usage is not None:
        (folder / "usage.csv").write_text(usage, encoding="utf-8")
    form, imported = import_export(folder, settings={"terms_days": "30"})
    assert form.name == "sage"
    parts = imported.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == imported.summary["read"].to_list()
    return imported


def test_types_decide_what_closed_an_invoice(tmp_path: Path) -> None:
    imported = books(tmp_path)
    made = imported.tables["applications"].select("from_id", "to_document_id", "kind", "amount", "applied_on")
    assert [(a, b, kind, Decimal(amount), day) for a, b, kind, amount, day in made.iter_rows()] == [
        ("2", "1", "payment", 900, "2024-02-20"),
        ("3", "1", "credit_note", 120, "2024-02-05"),
        (None, "1", "write_off", 80, "2024-06-30"),
        (None, "1", "discount", 50, "2024-02-20"),
    ]
    ledger = Ledger.read(imported.tables, currency="GBP")
    assert ledger.quarantine.is_empty()
    assert ledger.table("documents")["amount"].sum() == 120_000 - 12_000
    assert ledger.table("applications")["amount"].sum() == 115_000


def test_days_are_day_first_and_terms_are_stated(tmp_path: Path) -> None:
    made = books(tmp_path).tables["documents"].filter(pl.col("kind") == "invoice")
    assert made.select("document_date", "due_date").row(0) == ("2024-01-10", "2024-02-09")
    with pytest.raises(ParameterError, match="terms_days"):
        import_export(tmp_path, settings={"terms_days": "a month"})


def test_without_allocations_nothing_is_said_to_be_paid(tmp_path: Path) -> None:
    imported = books(tmp_path, usage=None)
    assert "applications" not in imported.tables
    assert {"no_allocations", "due_date_not_there"} <= set(imported.tables["findings"]["code"])


def test_a_currency_that_no_column_says_is_stated(tmp_path: Path) -> None:
    (tmp_path / "audit.csv").write_text(AUDIT, encoding="utf-8")
    _, imported = import_export(tmp_path, settings={"terms_days": "30"})
    with pytest.raises(DataError, match="--set currency=EUR"):
        refuse_without_currency(imported, mapped=False)
    with pytest.raises(DataError, match=r"under \[settings\]"):
        refuse_without_currency(imported, mapped=True)
    _, stated = import_export(tmp_path, settings={"terms_days": "30", "currency": "gbp"})
    refuse_without_currency(stated, mapped=False)
    ledger = Ledger.read(stated.tables)
    assert ledger.settings.currency == "GBP"
    assert set(ledger.tables["documents"]["currency"]) == {"GBP"}
    with pytest.raises(ParameterError, match="ISO 4217"):
        import_export(tmp_path, settings={"currency": "pounds"})
