"""The recorded extracts of SAP: counts and sums as counted from the files by other means, line by line."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import polars as pl
import pytest
from beside import SHARED
from command import succeeded

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp import sap_headers, sap_master, sap_tables
from credrisk.sources.erp.formats import import_export, recognise_export
from credrisk.sources.mapping import Imported

SAMPLES = SHARED / "samples" / "sap"
ODATA = SAMPLES / "sap_o2c_odata"
pytestmark = pytest.mark.real


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ODATA / f"{name}.jsonl").read_text().splitlines() if line.strip()]


@cache
def odata() -> tuple[str, Imported]:
    chosen, made = import_export(ODATA, settings={"terms_days": "30"})
    return chosen.name, made


def test_the_extract_is_recognised_and_every_row_accounted_for() -> None:
    name, made = odata()
    assert name == "sap_odata"
    counted = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert counted.to_list() == made.summary["read"].to_list()
    for file, read in made.summary.select("file", "read").rows():
        assert read == len(lines(file.removesuffix(".jsonl")))
    whole = sum(Decimal(one["amountInTransactionCurrency"]) for one in lines("journal_entry_items_accounts_receivable"))
    assert whole == Decimal("12099.69")
    assert set(made.sums["amount"]) == {12_099.69}
    assert made.sums["unread"].sum() == 0


def test_all_120_clearings_are_cancellations_and_none_a_payment() -> None:
    _, made = odata()
    items = lines("journal_entry_items_accounts_receivable")
    cleared = [one for one in items if one["clearingDate"]]
    headers = {one["billingDocument"]: one for one in lines("billing_document_headers")}
    cancelled = {one["cancelledBillingDocument"] for one in headers.values()} - {""}
    own = [
        one
        for one in cleared
        if one["referenceDocument"] in cancelled or headers[one["referenceDocument"]]["cancelledBillingDocument"]
    ]
    assert (len(items), len(cleared), len(own)) == (123, 120, 120)

    findings = made.tables["findings"]
    assert findings.select("code", "rows", "currency").rows() == [("cleared_reversal", 120, "INR"), ("not_read", 2, "")]
    debits = sum(max(Decimal(one["amountInTransactionCurrency"]), Decimal(0)) for one in cleared)
    groups = defaultdict(list)
    for one in cleared:
        groups[one["clearingAccountingDocument"]].append(Decimal(one["amountInTransactionCurrency"]))
    alone = sum(-group[0] for group in groups.values() if len(group) == 1 and group[0] < 0)
    assert Decimal(str(findings["money"][0])) == debits + alone == Decimal("100871.46")
    assert made.tables["receipts"].is_empty()
    assert made.tables["applications"]["kind"].unique().to_list() == ["credit_note"]


def test_the_books_of_each_day_show_what_was_entered_by_then() -> None:
    ledger = Ledger.read(odata()[1].tables)
    assert ledger.quarantine.is_empty()
    items = lines("journal_entry_items_accounts_receivable")
    headers = {one["accountingDocument"]: one for one in lines("billing_document_headers")}
    still_open = sum(Decimal(one["amountInTransactionCurrency"]) for one in items if not one["clearingDate"])
    assert still_open == Decimal("2654.64")
    for day in (date(2025, 7, 23), date(2025, 7, 24)):
        entered = [one for one in items if headers[one["accountingDocument"]]["creationDate"][:10] <= day.isoformat()]
        gone = day >= date(2025, 7, 24)  # all cancellations were entered then, back-dated to April and May
        expected = sum(
            Decimal(one["amountInTransactionCurrency"]) for one in entered if not (gone and one["clearingDate"])
        )
        shown = ageing(ledger, as_of=day, by="portfolio", output="polars")
        assert Decimal(str(shown["net_balance"].item())) == expected


def test_the_command_makes_a_ledger_of_it(tmp_path: Any) -> None:
    said = succeeded("import", ODATA, "--set", "terms_days=30", "--out", tmp_path / "ledger").out
    assert "Read as sap_odata (tested on a recorded extract)" in said
    assert Ledger.read(tmp_path / "ledger").table("documents").height == 123


def test_open_items_of_the_highradius_columns() -> None:
    """Counted with the csv module; leading zeros are lost in some ids, and the conversion left parts of cents."""
    with (SAMPLES / "highradius_style" / "open_items_2020.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    amounts = [Decimal(row["converted_usd"]) for row in rows]
    split = [one for one in amounts if abs(one * 100 - round(one * 100)) > Decimal("0.0001")]
    ids = {row["cust_number"].zfill(10) if row["cust_number"].isdigit() else row["cust_number"] for row in rows}
    assert (len(rows), len(ids), len(split), {row["clear_date"] for row in rows}) == (9_681, 553, 576, {""})

    chosen, made = import_export(SAMPLES / "highradius_style")
    assert chosen.name == "highradius_converted"
    assert "clear_date" in made.unused_columns["open_items_2020.csv"]
    assert made.summary.select("table", "read", "used", "merged").rows() == [
        ("customers", 9_681, 553, 9_128),
        ("documents", 9_681, 9_681, 0),
    ]
    assert made.sums.select("rows", "unread").rows() == [(9_681, 0)]
    assert made.sums["amount"].item() == pytest.approx(float(sum(amounts)), abs=0.001)
    ledger = Ledger.read(made.tables)
    tied = ledger.intake.filter(table="documents", currency="USD").row(0, named=True)
    assert (tied["rows_read"], tied["rows_kept"], tied["rows_quarantined"]) == (9_681, 9_105, 576)
    whole = sum(round(one, 2) for one in amounts) - sum(round(one, 2) for one in split)
    assert Decimal(str(tied["money_kept"])) == whole
    assert not ledger.has("receipts")


def test_tables_of_a_connector_have_the_columns_that_are_read() -> None:
    """The rows of these seeds are junk (no customer accounts), but their headers are SAP's own."""
    folder = SAMPLES / "dbt_sap_seeds"
    headers = {path.stem: set(path.read_text().partition("\n")[0].split(",")) for path in folder.glob("*.csv")}
    own = set().union(*(headers[f"sap_{name}_data"] for name in ("bsad_bck", "bseg", "bkpf", "acdoca")))
    wanted = {names[0] for names in sap_tables._FIELDS.values()}
    assert wanted - own == set()
    assert headers["sap_bkpf_data"] >= sap_headers.HEADER_FIELDS
    assert sap_master.MASTER["KNA1"] <= headers["sap_kna1_data"]
    assert {"name1", "land1", "stras", "pstlz", "ort01", "brsch", "stceg", "erdat"} <= headers["sap_kna1_data"]
    scored = recognise_export(folder)
    assert [one.name for _, one in scored][:1] == ["sap_tables"]
    with pytest.raises(DataError, match="no row of the export is an item"):
        import_export(folder)
