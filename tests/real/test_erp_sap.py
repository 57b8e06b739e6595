"""The recorded extracts of SAP: counts and sums as counted from the files by other means, line by line."""

from __future__ import annotations

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

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp.formats import import_export
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
    assert findings.select("code", "rows", "currency").rows() == [("cleared_reversal", 120, "INR")]
    debits = sum(max(Decimal(one["amountInTransactionCurrency"]), Decimal(0)) for one in cleared)
    groups = defaultdict(list)
    for one in cleared:
        groups[one["clearingAccountingDocument"]].append(Decimal(one["amountInTransactionCurrency"]))
    alone = sum(-group[0] for group in groups.values() if len(group) == 1 and group[0] < 0)
    assert Decimal(str(findings["money"].item())) == debits + alone == Decimal("100871.46")
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
