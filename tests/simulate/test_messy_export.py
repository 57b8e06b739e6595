"""The invented export: as messy as it says, the same each time, and its open balance is that of its rows."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.simulate.messy_export import HEADER, messy_export
from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.propose import propose_mapping

MADE = messy_export(customers=60, months=12, seed=3)
ROWS = [line.split(";") for line in MADE.text.splitlines()[3:-1]]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(".", "").replace(",", "."))


def test_the_same_arguments_give_the_same_export() -> None:
    assert messy_export(customers=60, months=12, seed=3) == MADE
    assert messy_export(customers=60, months=12, seed=4).text != MADE.text


def test_it_is_written_as_german_systems_print_it() -> None:
    lines = MADE.text.splitlines()
    assert lines[2] == HEADER
    assert {line.count(";") for line in lines} == {6}
    assert len(ROWS) == MADE.rows
    for number, customer, name, dated, due, owed, paid in ROWS:
        assert re.fullmatch(r"\d{6}", number)
        assert re.fullmatch(r"\d{5}", customer)
        assert name
        assert re.fullmatch(r"-?\d{1,3}(\.\d{3})*,\d\d", owed)
        days = [datetime.strptime(day, "%d.%m.%Y").date() for day in (dated, due, paid) if day]
        assert all(day <= MADE.printed_on for day in (days[0], *days[2:]))


def test_its_total_is_the_sum_and_what_is_unpaid_is_the_open_balance() -> None:
    assert amount(MADE.text.splitlines()[-1].split(";")[5]) == sum(amount(row[5]) for row in ROWS)
    assert sum(amount(row[5]) for row in ROWS if not row[6]) == MADE.open_balance > 0


def test_the_wizard_makes_a_ledger_of_it_that_owes_the_same(tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text(MADE.text, encoding="utf-8")
    assert [one.key for one in propose_mapping(export).questions] == ["currency"]
    ledger: Ledger = preview_mapping(propose_mapping(export, answers={"currency": MADE.currency}), export).ledger
    assert ledger.table("documents").height == MADE.rows
    owed = ageing(ledger, as_of=MADE.printed_on, by="portfolio", output="polars")["open_balance"].sum()
    assert round(Decimal(owed), 2) == MADE.open_balance
