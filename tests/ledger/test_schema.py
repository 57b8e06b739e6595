"""The gate lets through what keeps the contract, and names what does not."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import empty_table
from credrisk.ledger.schema import pass_gate, schema
from credrisk.ledger.tables import TABLES

DOCUMENT = {"document_id": "D1", "customer_id": "C1", "document_date": "2024-01-10", "amount": 100}


@pytest.fixture
def documents() -> pl.DataFrame:
    return ledger_of(documents=[DOCUMENT, {**DOCUMENT, "document_id": "D2"}]).table("documents")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_a_schema_that_its_empty_form_keeps(name: str) -> None:
    assert tuple(schema(name).columns) == TABLES[name].names
    assert pass_gate(name, empty_table(name)).columns == list(TABLES[name].names)


def test_a_sound_table_passes_unchanged(documents: pl.DataFrame) -> None:
    assert pass_gate("documents", documents) is documents


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("document_id", pl.lit("D1")),
        ("customer_id", pl.lit(None, pl.String)),
        ("kind", pl.lit("bill")),
        ("kind", pl.lit(None, pl.String)),
        ("amount", pl.lit(1.5)),
        ("amount", pl.lit(2**53 + 1)),
        ("currency", pl.lit("EURO")),
        ("recorded_at", pl.lit(None, pl.Date)),
        ("due_date", pl.lit("2024-01-10")),
        ("shoe_size", pl.lit(1)),
    ],
)
def test_what_breaks_the_contract_is_refused(documents: pl.DataFrame, column: str, value: pl.Expr) -> None:
    with pytest.raises(DataError, match="breaks the contract"):
        pass_gate("documents", documents.with_columns(value.alias(column)))
    with pytest.raises(DataError, match="breaks the contract"):
        pass_gate("documents", documents.drop("order_id"))


def test_there_is_no_schema_for_another_table() -> None:
    with pytest.raises(ParameterError, match="one of customers"):
        schema("prices")


def test_pandera_is_loaded_only_when_a_table_is_read() -> None:
    code = "import sys, credrisk.ledger, credrisk.ledger.schema; sys.exit('pandera' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("name", "column", "bad"), [("rates", "rate", 0.0), ("cover", "insured_share", 1.5)])
def test_numbers_keep_the_bounds_that_their_column_declares(name: str, column: str, bad: float) -> None:
    filled: dict[str, object] = {"currency": "USD", "date": date(2024, 1, 1), "valid_from": date(2024, 1, 1)}
    filled |= {"cover_id": "V1", "customer_id": "C1", "limit": 100, "recorded_at": date(2024, 1, 1)}
    row = (
        empty_table(name)
        .clear(1)
        .with_columns(
            pl.lit(value, dtype=empty_table(name).schema[key]).alias(key)
            for key, value in filled.items()
            if key in TABLES[name].names
        )
    )
    assert pass_gate(name, row.with_columns(pl.lit(0.5).alias(column))).height == 1
    with pytest.raises(DataError, match="breaks the contract") as refusal:
        pass_gate(name, row.with_columns(pl.lit(bad).alias(column)))
    assert refusal.value.columns == (column,)
