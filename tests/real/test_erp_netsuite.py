"""NetSuite as recorded: counts beside those counted with the csv module; the extract has no receivables."""

from __future__ import annotations

import csv
from functools import cache

import polars as pl
import pytest
from beside import SHARED

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.sources.erp.formats import import_export
from credrisk.sources.mapping import Imported

SEEDS = SHARED / "samples" / "netsuite" / "dbt_netsuite_seeds"
pytestmark = pytest.mark.real


def rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def seeds() -> Imported:
    form, imported = import_export(SEEDS)
    assert form.name == "netsuite"
    return imported


def account(name: str) -> dict[str, object]:
    return seeds().summary.filter(pl.col("file") == name).row(0, named=True)


def test_every_row_of_every_file_is_accounted_for() -> None:
    summary = seeds().summary
    assert set(summary["file"]) == {path.name for path in SEEDS.glob("*.csv")}
    for row in summary.iter_rows(named=True):
        assert row["read"] == len(rows(row["file"])), row["file"]
        assert row["read"] == sum(row[part] for part in ("blank", "left_out", "merged", "set_aside", "used"))


def test_customers_are_the_distinct_ids_of_both_schemas_in_their_active_version() -> None:
    new, old = rows("netsuite2_customer_data.csv"), rows("netsuite_customers_data.csv")
    names = {row["id"]: row["companyname"] or row["altname"] for row in new if row["_fivetran_active"] == "TRUE"}
    names |= {row["customer_id"]: row["company_name"] for row in old}
    made = seeds().tables["customers"]
    assert dict(made.select("customer_id", "name").iter_rows()) == names
    assert len(names) == 15
    assert account("netsuite2_customer_data.csv")["merged"] == 1


def test_vendor_bills_are_no_receivables_and_hashed_types_are_not_guessed() -> None:
    new, old = rows("netsuite2_transaction_data.csv"), rows("netsuite_transactions_data.csv")
    assert {row["type"] for row in new} == {"VendBill"}
    assert account("netsuite2_transaction_data.csv")["left_out_unless"] == "VendBill: no receivable (3)"
    assert account("netsuite2_transaction_data.csv")["merged"] == 1
    unknown = seeds().tables["findings"].filter(pl.col("code") == "type_unknown")
    assert unknown["rows"].item() == len({row["transaction_id"] for row in old}) == 10
    assert seeds().tables["documents"].height == 0


def test_the_extract_carries_no_money_and_none_is_made() -> None:
    assert {float(row["amount"]) for row in rows("netsuite_transaction_lines_data.csv")} == {0.0}
    assert not any(row["foreignamount"] for row in rows("netsuite2_transaction_line_data.csv"))
    assert seeds().sums.is_empty()


def test_currencies_come_from_the_active_table() -> None:
    assert {row["currency"] for row in rows("netsuite2_customer_data.csv")} == {"1"}
    codes = {row["currency_id"]: row["symbol"] for row in rows("netsuite_currencies_data.csv")}
    made = seeds().tables["customers"].filter(pl.col("currency").is_not_null())
    assert made["currency"].to_list() == [codes["1"]] * 5


def test_customers_alone_are_no_ledger_and_it_says_so() -> None:
    with pytest.raises(DataError, match="no document or receipt"):
        Ledger.read(seeds().tables)
