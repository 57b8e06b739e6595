"""From the ageing to the control account: against plain sums, on random ledgers, to the cent."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_files import DOCUMENTS, RECEIPTS, read
from random_ledgers import ledgers, random_ledger
from small_ledgers import ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.reconciliation.bridge import Bridge, explanations, reconcile_balances
from credrisk.portfolio.reconciliation.control import ControlAccount, control_accounts
from credrisk.portfolio.reconciliation.day import Day
from credrisk.portfolio.reconciliation.differences import named_differences

AS_OF = date(2024, 6, 30)
SLOW = settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
COMPANIES = ("1000", "2000", None)


def with_companies(ledger: Ledger) -> Ledger:
    """Return the ledger with its documents and customers spread over two companies and none."""
    spread = {
        name: ledger.table(name).with_columns(
            seller_entity=pl.Series(
                [COMPANIES[(place * step) % 3] for place in range(ledger.table(name).height)], dtype=pl.String
            )
        )
        for name, step in (("documents", 1), ("customers", 2))
    }
    kept = dataclasses.replace(ledger.settings, static=("seller_entity",))
    return ledger.replace(tables={**ledger.tables, **spread}, settings=kept)


def minor(bridge: Bridge, part: str | None = None) -> dict[tuple[str, str], int]:
    """Return minor units by company and scope: of the lines of a part, or of all that lead to the control account."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    wanted = {part} if part else {"ageing", "difference", "not_explained"}
    for row in bridge.lines.iter_rows(named=True):
        if row["part"] in wanted:
            sums[row["company"], row["scope"]] += round(row["amount"] * minor_factor(row["currency"]))
    return dict(sums)


def oracle(ledger: Ledger, *, known: bool, upto: date | None = AS_OF) -> dict[str, int]:
    """Return the customers' balance by currency, row by row: as known on the day, or by the dates of the rows alone."""

    def visible(row: dict[str, object], event: str) -> bool:
        day = max(row[event], row["recorded_at"]) if known else row[event]  # type: ignore[type-var]
        return upto is None or day <= upto  # type: ignore[operator]

    documents = {r["document_id"]: r for r in ledger.table("documents").to_dicts() if visible(r, "document_date")}
    receipts = {r["receipt_id"]: r for r in ledger.table("receipts").to_dicts() if visible(r, "date")}
    owed: dict[str, int] = defaultdict(int)
    for row in documents.values():
        owed[row["currency"]] += row["amount"]
    for row in receipts.values():
        owed[row["currency"]] -= row["amount"]
    for row in ledger.table("applications").to_dicts():
        if not visible(row, "applied_on"):
            continue
        given = row["amount"] if row["from_amount"] is None else row["from_amount"]
        if row["to_document_id"] in documents:
            owed[documents[row["to_document_id"]]["currency"]] -= row["amount"]
        source = {"receipt": receipts, "document": documents}.get(row["from_kind"], {}).get(row["from_id"])
        if source is not None:
            owed[source["currency"]] += given
    return {currency: amount for currency, amount in owed.items() if amount}


@SLOW
@given(ledgers(), st.integers(-10_000, 10_000), st.booleans())
def test_ageing_and_named_differences_are_the_control_account_to_the_cent(
    ledger: Ledger, amount: int, by_company: bool
) -> None:
    ledger = with_companies(ledger) if by_company else ledger
    companies = ("1000", "2000", "") if by_company else ("all",)
    accounts = [ControlAccount(amount, code, company) for company in companies for code in ("EUR", "USD")]
    bridge = reconcile_balances(Day(ledger, AS_OF), accounts=accounts)
    given_to = {(account.company, account.currency): account.amount for account in accounts}
    reached = minor(bridge)
    assert {place: reached[place] for place in given_to} == given_to
    assert (bridge.accounts["net_balance"] == bridge.accounts["by_postings"]).all()
    owed: dict[str, int] = defaultdict(int)
    for (_, code), balance in minor(bridge, "ageing").items():
        owed[code] += balance
    assert {code: balance for code, balance in owed.items() if balance} == oracle(ledger, known=True)


@SLOW
@given(ledgers())
def test_the_balance_is_that_of_the_ageing_in_each_currency_and_in_all(ledger: Ledger) -> None:
    bridge = reconcile_balances(Day(ledger, AS_OF), accounts=[ControlAccount(0, "all")])
    found = {row["scope"]: row["net_balance"] for row in bridge.accounts.iter_rows(named=True)}
    each = ageing(ledger, as_of=AS_OF, translate=False, output="polars").group_by("currency").agg(pl.sum("net_balance"))
    for code, balance in each.iter_rows():
        assert round(found[code] * minor_factor(code)) == round(balance * minor_factor(code))
    whole = ageing(ledger, as_of=AS_OF, by="portfolio", output="polars")["net_balance"].sum()
    assert round(100 * found["all"]) == round(100 * whole)


@pytest.mark.parametrize("seed", range(8))
def test_late_entries_and_later_postings_are_what_the_dates_alone_would_give(seed: int) -> None:
    ledger = random_ledger(seed)
    known, dated, everything = (
        oracle(ledger, known=True),
        oracle(ledger, known=False),
        oracle(ledger, known=False, upto=None),
    )
    named = named_differences(Day(ledger, AS_OF))
    for code in known.keys() | dated.keys() | everything.keys():
        mine = named.filter(pl.col("currency") == code)
        late = mine.filter(pl.col("line").str.starts_with("entered_later"))["amount"].sum()
        later = mine.filter(pl.col("line") == "posted_later")["amount"].sum()
        assert late == dated.get(code, 0) - known.get(code, 0)
        assert later == everything.get(code, 0) - dated.get(code, 0)


@pytest.mark.parametrize("seed", range(2))
def test_a_planted_difference_is_found_by_its_name(seed: int) -> None:
    ledger = random_ledger(seed)
    named = named_differences(Day(ledger, AS_OF)).filter(pl.col("currency") == "EUR")
    balance = oracle(ledger, known=True).get("EUR", 0)
    for line, amount in named.select("line", "amount").iter_rows():
        bridge = reconcile_balances(Day(ledger, AS_OF), accounts=[ControlAccount(balance + amount, "EUR")])
        (row,) = bridge.accounts.filter(pl.col("scope") == "EUR", pl.col("state") != "not_given").to_dicts()
        like = named.filter(pl.col("amount") == amount)["line"].to_list()
        assert row["state"] == ("explained" if len(like) == 1 else "ambiguous")
        if like == [line]:
            assert row["not_explained"] == 0
            assert bridge.possible.filter("used")["line"].to_list() == [line]
        else:
            assert row["not_explained"] == row["difference"]
            assert set(bridge.ways["lines"]) == set(like)


def test_the_smallest_set_explains_and_a_choice_is_none() -> None:
    named = {"unapplied_cash_apart": 300, "open_credits_apart": 200, "late_fees_apart": -500, "posted_later": 40}
    assert explanations(0, named) == [()]
    assert explanations(340, named) == [("unapplied_cash_apart", "posted_later")]
    assert explanations(500, named) == [("unapplied_cash_apart", "open_credits_apart")]
    assert explanations(501, named) == []
    assert explanations(200, {"open_credits_apart": 200, "posted_later": 200}) == [
        ("open_credits_apart",),
        ("posted_later",),
    ]


def test_every_line_of_a_ledger_by_hand() -> None:
    """100 sold and 30 of it paid; a credit note of 20 unused; 50 cash unapplied; 7 written off; 40 entered too late."""
    documents = [
        {
            "document_id": "I1",
            "customer_id": "A",
            "document_date": "2025-01-10",
            "due_date": "2025-02-10",
            "amount": 10_000,
        },
        {"document_id": "C1", "customer_id": "A", "document_date": "2025-01-20", "amount": -2_000},
        {
            "document_id": "I2",
            "customer_id": "A",
            "document_date": "2025-03-30",
            "due_date": "2025-04-30",
            "amount": 4_000,
            "recorded_at": "2025-04-02",
        },
        {
            "document_id": "I3",
            "customer_id": "A",
            "document_date": "2025-04-15",
            "due_date": "2025-05-15",
            "amount": 900,
        },
    ]
    receipts = [
        {"receipt_id": "R1", "customer_id": "A", "date": "2025-02-20", "amount": 3_000},
        {"receipt_id": "R2", "customer_id": "A", "date": "2025-03-01", "amount": 5_000},
    ]
    applications = [
        {"from_id": "R1", "to_document_id": "I1", "amount": 3_000, "applied_on": "2025-02-20"},
        {"from_id": None, "to_document_id": "I1", "amount": 700, "applied_on": "2025-03-01", "kind": "write_off"},
    ]
    ledger = ledger_of(documents=documents, receipts=receipts, applications=applications)
    account = ControlAccount(-700 + 4_000 + 2_000, "EUR", account="1400")
    bridge = reconcile_balances(Day(ledger, date(2025, 3, 31)), accounts=[account])
    shown = {(row["part"], row["line"]): row["amount"] for row in bridge.lines.iter_rows(named=True) if row["amount"]}
    assert shown == {
        ("ageing", "past_due_31_60"): 63.0,
        ("ageing", "open_credits"): -20.0,
        ("ageing", "unapplied_cash"): -50.0,
        ("postings", "invoice"): 100.0,
        ("postings", "credit_note"): -20.0,
        ("postings", "cash_received"): -80.0,
        ("postings", "set_off_write_off"): -7.0,
        ("difference", "open_credits_apart"): 20.0,
        ("difference", "entered_later_documents"): 40.0,
        ("control_account", "control_account"): 53.0,
    }
    (row,) = bridge.accounts.to_dicts()
    assert (row["state"], row["account"], row["difference"], row["not_explained"]) == ("explained", "1400", 60.0, 0.0)
    possible = dict(bridge.possible.select("line", "amount").iter_rows())
    assert possible == {
        "unapplied_cash_apart": 50.0,
        "open_credits_apart": 20.0,
        "entered_later_documents": 40.0,
        "posted_later": 9.0,
    }


def test_what_is_paid_elsewhere_stands_in_a_line_of_its_own() -> None:
    """A euro receipt pays a dollar invoice, one of another company and one that is not there."""
    document = {"customer_id": "A", "document_date": "2025-01-10"}
    documents = [
        document | {"document_id": "U", "amount": 11_000, "currency": "USD", "seller_entity": "1000"},
        document | {"document_id": "E", "amount": 4_000, "seller_entity": "2000"},
    ]
    customers = [{"customer_id": "A", "seller_entity": "1000"}]
    receipts = [{"receipt_id": "R", "customer_id": "A", "date": "2025-02-01", "amount": 17_000}]
    applied = {"from_id": "R", "applied_on": "2025-02-01"}
    applications = [
        applied | {"to_document_id": "U", "amount": 11_000, "from_amount": 10_000},
        applied | {"to_document_id": "E", "amount": 4_000},
        applied | {"to_document_id": "old", "amount": 2_500},
    ]
    ledger = ledger_of(
        customers=customers,
        documents=documents,
        receipts=receipts,
        applications=applications,
        static=("seller_entity",),
    )
    bridge = reconcile_balances(Day(ledger, date(2025, 3, 31)), accounts=[ControlAccount(-3_000, "EUR", "1000")])
    posted = {
        (row["company"], row["scope"], row["line"]): row["amount"]
        for row in bridge.lines.filter(pl.col("part") == "postings").iter_rows(named=True)
    }
    assert posted == {
        ("1000", "EUR", "cash_received"): -170.0,
        ("1000", "EUR", "exchanged"): 100.0,
        ("1000", "EUR", "across_companies"): 40.0,
        ("1000", "EUR", "applied_to_unseen"): 25.0,
    }
    (row,) = bridge.accounts.to_dicts()
    assert (row["net_balance"], row["difference"], row["state"]) == (-5.0, -25.0, "explained")
    assert bridge.possible.filter("used")["line"].to_list() == ["applied_to_unseen"]


def test_rows_that_were_set_aside_are_named(tmp_path: Path) -> None:
    documents = (
        DOCUMENTS + "D9,C1,invoice,2024-02-30,2024-03-30,80.00,EUR\nD8,C1,invoice,2024-09-01,2024-09-99,5.00,EUR\n"
    )
    ledger = read(tmp_path, documents=documents, receipts=RECEIPTS + "R9,C7,2024-03-05,30.00,EUR\n")
    named = named_differences(Day(ledger, date(2024, 3, 31)))
    assert dict(named.select("line", "amount").iter_rows()) == {
        "set_aside_documents": 8_000,
        "set_aside_receipts": -3_000,
    }


def test_translation_is_the_gap_between_the_rates_of_then_and_of_now() -> None:
    """100 dollars billed at 0.5 and worth 0.75 now: a book that was never revalued holds 25 less."""
    documents = [
        {"document_id": "U", "customer_id": "A", "document_date": "2025-01-10", "amount": 10_000, "currency": "USD"}
    ]
    rates = [
        {"currency": "USD", "date": day, "rate": rate} for day, rate in (("2025-01-01", 0.5), ("2025-03-01", 0.75))
    ]
    ledger = ledger_of(documents=documents, rates=rates)
    bridge = reconcile_balances(Day(ledger, date(2025, 3, 31)), accounts=[ControlAccount(5_000, "all")])
    (row,) = bridge.accounts.filter(pl.col("scope") == "all").to_dicts()
    assert (row["net_balance"], row["difference"], row["state"]) == (75.0, -25.0, "explained")
    assert bridge.possible.filter("used")["line"].to_list() == ["translation"]


def test_amounts_and_files_of_control_accounts(tmp_path: Path) -> None:
    file = tmp_path / "balances.csv"
    file.write_text(
        "Company;Currency;Account;Amount\n1000;EUR;1400;1.234,56\n1000;eur;1410;0,44\n2000;JPY;;-500\n", "utf-8"
    )
    assert control_accounts([str(file)], currency="EUR") == (
        ControlAccount(123_500, "EUR", "1000", "1400 + 1410"),
        ControlAccount(-500, "JPY", "2000"),
    )
    assert control_accounts(["12.5", "USD=1,000.00", "10/GBP=-3"], currency="EUR") == (
        ControlAccount(-300, "GBP", "10"),
        ControlAccount(1_250, "EUR"),
        ControlAccount(100_000, "USD"),
    )
    assert control_accounts(["all=7"], currency="JPY") == (ControlAccount(7, "all"),)


@pytest.mark.parametrize("wrong", ["no-such-file.csv", "EUR=", "XYZ=5", "EUR=12x", "JPY=1.5", "=5=6"])
def test_what_is_neither_an_amount_nor_a_file_is_refused(wrong: str) -> None:
    with pytest.raises(ParameterError, match="control_account"):
        control_accounts([wrong], currency="EUR")


@pytest.mark.parametrize("given_twice", [["5", "1000/EUR=5"], ["all=5", "EUR=5"]])
def test_a_total_beside_its_parts_is_refused(given_twice: list[str]) -> None:
    with pytest.raises(DataError, match="give either the total"):
        control_accounts(given_twice, currency="EUR")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("currency,balance\nEUR,5\n", "no column amount"),
        ("currency,amount\nEUR,1\nEUR,2,3\n", "more or fewer cells"),
        ('currency,amount\nEUR,"1,234"\n', "two ways"),
        ("currency,amount\nEUR,five\n", "cannot be read"),
        ("currency,amount\nEUR,5 USD\n", "another currency"),
        ("currency,amount\nEUR,\n", "cannot be read"),
    ],
)
def test_a_file_that_leaves_a_doubt_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "balances.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        control_accounts([str(file)], currency="EUR")
