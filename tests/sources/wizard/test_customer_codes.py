"""Customers of one name: told apart by the codes beside the name, under whatever header; else it is said."""

from __future__ import annotations

from pathlib import Path

from credrisk.sources.wizard.preview import preview_mapping
from credrisk.sources.wizard.proposal import Proposal
from credrisk.sources.wizard.propose import propose_mapping

HEAD = "Invoice No,Site,Customer,Inv Date,Due,Ccy,Gross\n"
ROWS = (
    "SI1,C100,Alder Ltd,2024-01-15,2024-02-14,GBP,100.00",
    "SI2,C101,Alder Ltd,2024-01-20,2024-02-19,GBP,200.00",
    "SI3,C102,Birch Ltd,2024-01-25,2024-02-24,GBP,300.00",
    "SI4,C102,Birch Ltd,2024-03-25,2024-04-24,GBP,400.00",
    "SI5,C101,Alder Ltd,2024-03-26,2024-04-25,GBP,500.00",
)
CASH = """Receipt,Date,{header},Ccy,Applied To,Applied Amt
R1,2024-02-14,{first},GBP,SI1,100.00
R2,2024-02-24,{second},GBP,,50.00
"""


def propose(folder: Path, rows: tuple[str, ...] = ROWS, cash: str = "", **answers: str) -> Proposal:
    (folder / "invoices.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    if cash:
        (folder / "cash.csv").write_text(cash, encoding="utf-8")
    return propose_mapping(folder, answers={name.replace("__", "."): value for name, value in answers.items()})


def customers(proposal: Proposal, folder: Path) -> list[tuple[str, str | None]]:
    return (
        preview_mapping(proposal, folder)
        .ledger.tables["customers"]
        .select("customer_id", "name")
        .sort("customer_id")
        .rows()
    )


def test_codes_beside_one_name_each_are_the_customers_number(tmp_path: Path) -> None:
    proposal = propose(tmp_path)
    assert customers(proposal, tmp_path) == [("C100", "Alder Ltd"), ("C101", "Alder Ltd"), ("C102", "Birch Ltd")]
    assert any("Site is taken for the customer's number: its 3 codes repeat" in one for one in proposal.unsure)


def test_the_codes_are_the_customers_of_the_payments_too(tmp_path: Path) -> None:
    proposal = propose(tmp_path, cash=CASH.format(header="Site", first="C100", second="C101"))
    ledger = preview_mapping(proposal, tmp_path).ledger
    assert ledger.quarantine.is_empty()
    assert sorted(ledger.tables["receipts"]["customer_id"].to_list()) == ["C100", "C101"]


def test_names_stay_where_the_payments_have_no_codes_and_it_says_so(tmp_path: Path) -> None:
    proposal = propose(tmp_path, cash=CASH.format(header="Customer", first="Alder Ltd", second="Birch Ltd"))
    assert len(customers(proposal, tmp_path)) == 2
    said = next(one for one in proposal.unsure if "told apart by Customer alone" in one)
    assert "Columns that might be it: Site." in said
    assert "--answer 'invoices.customer_id=Site'" in said


def test_orders_of_a_customer_are_not_its_numbers(tmp_path: Path) -> None:
    rows = tuple(f"SI{place},P{place // 2},{row.split(',', 2)[2]}" for place, row in enumerate(sorted(ROWS * 2)))
    proposal = propose(tmp_path, rows)
    assert len(customers(proposal, tmp_path)) == 2
    assert any("told apart by Customer alone" in one for one in proposal.unsure)


def test_the_users_word_goes_before_the_codes(tmp_path: Path) -> None:
    proposal = propose(tmp_path, invoices__customer_id="Customer")
    assert len(customers(proposal, tmp_path)) == 2
    assert not any("Site is taken" in one for one in proposal.unsure)
