"""What an auditor would ask about a ledger: each finding on a small ledger, with its rows and its money."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from ledger_files import APPLICATIONS, DOCUMENTS, read
from random_ledgers import ledgers, random_ledger
from small_ledgers import Rows, ledger_of

from credrisk.errors import DataError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.reconciliation.control import ControlAccount, control_accounts
from credrisk.portfolio.reconciliation.reconcile import Reconciliation, reconcile

AS_OF = date(2025, 6, 30)


def document(number: str, amount: int = 10_000, customer: str = "A", **more: Any) -> dict[str, Any]:
    row = {"document_date": "2025-05-01", "due_date": "2025-05-31", "order_id": None}
    return row | {"document_id": number, "customer_id": customer, "amount": amount} | more


def reconciled(ledger: Ledger | None = None, **tables: Rows) -> Reconciliation:
    return reconcile(ledger or ledger_of(**tables), as_of=AS_OF)


def rows(found: Reconciliation, code: str) -> list[tuple[str, float | None, str]]:
    """Return number, amount and note of the rows of a finding."""
    mine = found.rows.filter(pl.col("code") == code)
    return [(row["id"], row["amount"], row["note"] or "") for row in mine.iter_rows(named=True)]


def money(found: Reconciliation, code: str) -> list[tuple[str, float | None]]:
    return [(one.severity, one.money) for one in found.findings if one.code == code]


def test_copies_of_documents_and_receipts_are_named_and_instalments_are_not() -> None:
    documents = [
        document("I1"),
        document("I2"),
        document("I3", due_date="2025-06-30"),
        document("I4", order_id="O1"),
        document("I5", customer="B"),
    ]
    receipt = {"customer_id": "A", "date": "2025-05-20", "amount": 500, "method": "transfer"}
    receipts = [
        receipt | {"receipt_id": "R1"},
        receipt | {"receipt_id": "R2"},
        receipt | {"receipt_id": "R3", "method": "cheque"},
    ]
    found = reconciled(documents=documents, receipts=receipts)
    assert rows(found, "duplicate_documents") == [("I1", 100.0, "the first of its kind"), ("I2", 100.0, "like I1")]
    assert money(found, "duplicate_documents") == [("warning", 100.0)]
    assert rows(found, "duplicate_receipts") == [("R1", 5.0, "the first of its kind"), ("R2", 5.0, "like R1")]
    assert money(found, "duplicate_receipts") == [("warning", 5.0)]


def test_numbers_written_in_two_ways_and_orders_billed_again() -> None:
    documents = [
        document("INV-0012", 700, order_id="O1"),
        document("inv 12", 800),
        document("0012", 900),
        document("12", 900, customer="B"),
        document("0088", 700, order_id="O1", document_date="2025-05-20"),
        document("88", 300),
    ]
    found = reconciled(documents=documents)
    assert rows(found, "number_used_again") == [("0088", 7.0, ""), ("88", 3.0, "written as 0088 too")]
    assert money(found, "number_used_again") == [("warning", 3.0)]
    assert [row[:2] for row in rows(found, "order_billed_again")] == [("0088", 7.0), ("INV-0012", 7.0)]


def test_cash_left_over_names_the_document_that_it_fits_and_refunds_use_up_the_oldest() -> None:
    documents = [
        document("I1", 500),
        document("I2", 300),
        document("I3", 300),
        document("K", -200, document_date="2024-06-29"),
    ]
    receipt = {"customer_id": "A"}
    receipts = [
        receipt | {"receipt_id": "R1", "date": "2025-04-01", "amount": 1_000},
        receipt | {"receipt_id": "R2", "date": "2025-04-02", "amount": 500},
        receipt | {"receipt_id": "R3", "date": "2025-04-03", "amount": -1_000},
        receipt | {"receipt_id": "R4", "date": "2025-05-31", "amount": 77},
        receipt | {"receipt_id": "R5", "date": "2025-05-30", "amount": 300},
    ]
    found = reconciled(documents=documents, receipts=receipts)
    assert rows(found, "unapplied_cash_old") == [("R2", 5.0, "fits the open document I1"), ("R5", 3.0, "")]
    assert rows(found, "credits_old") == [("K", -2.0, "credit_note")]
    assert money(found, "credits_old") == [("warning", -2.0)]


def test_cash_of_a_customer_that_was_never_billed() -> None:
    receipts = [{"receipt_id": "R1", "customer_id": "B", "date": "2025-06-29", "amount": 700}]
    customers = [{"customer_id": "A"}, {"customer_id": "B"}]
    found = reconciled(customers=customers, documents=[document("I1")], receipts=receipts)
    assert rows(found, "cash_without_documents") == [("R1", 7.0, "")]


def test_a_credit_is_old_the_day_after_a_year() -> None:
    ledger = ledger_of(documents=[document("K", -200, document_date="2024-06-30")])
    assert not rows(reconcile(ledger, as_of=AS_OF), "credits_old")
    assert rows(reconcile(ledger, as_of="2025-07-01"), "credits_old")


def test_cut_off_by_month_and_what_was_entered_after_the_day() -> None:
    documents = [
        document("I1", 1_000, document_date="2025-04-30", recorded_at="2025-05-02"),
        document("I2", 2_000, document_date="2025-04-10", recorded_at="2025-04-30"),
        document("I3", 4_000, document_date="2025-06-30", recorded_at="2025-07-01"),
    ]
    found = reconciled(documents=documents)
    assert rows(found, "entered_in_later_month") == [("I1", 10.0, "entered on 2025-05-02")]
    assert rows(found, "entered_after_the_day") == [("I3", 40.0, "entered on 2025-07-01")]
    (month,) = found.cut_off.to_dicts()
    assert month == {
        "month_end": date(2025, 4, 30),
        "table": "documents",
        "currency": "EUR",
        "rows": 2,
        "rows_late": 1,
        "amount": 30.0,
        "amount_late": 10.0,
    }


def test_both_ageings_stand_side_by_side_and_moved_items_are_listed() -> None:
    """150 past due since March; 100 of it was moved to July, and once to something that is no date."""
    documents = [document("I1", due_date="2025-03-15"), document("I2", 5_000, due_date="2025-03-15")]
    change = {"document_id": "I1", "field": "due_date"}
    changes = [
        change | {"value": "2025-05-15", "changed_on": "2025-03-20"},
        change | {"value": "2025-07-15", "changed_on": "2025-05-20"},
        change | {"value": "soon", "changed_on": "2025-06-20"},
        change | {"value": "2026-07-15", "changed_on": "2025-07-20"},
    ]
    found = reconciled(documents=documents, document_changes=changes)
    both = {
        row["bucket"]: (row["by_original"], row["by_current"], row["moved"]) for row in found.by_due_date.to_dicts()
    }
    assert both["past_due_over_90"] == (150.0, 50.0, -100.0)
    assert both["not_due"] == (0.0, 100.0, 100.0)
    (moved,) = found.changed_due_dates.to_dicts()
    assert (moved["document_id"], moved["open_amount"], moved["changes"], moved["moved_days"]) == ("I1", 100.0, 2, 122)
    assert (moved["days_past_due"], moved["days_past_current"]) == (107, -15)
    assert rows(found, "due_date_moved") == [("I1", 100.0, "due 2025-03-15, now 2025-07-15, changed 2 times")]
    assert rows(found, "new_due_date_is_no_date") == [("I1", None, "changed to soon")]


def test_rebilled_documents_that_count_twice_or_lead_nowhere() -> None:
    documents = [
        document("I1", 100),
        document("I2", 200),
        document("I3", 300),
        document("I1b", 100),
        document("I2b", 200),
    ]
    changes = [
        {"document_id": old, "field": "rebilled_as", "value": new, "changed_on": "2025-06-01"}
        for old, new in (("I1", "I1b"), ("I2", "I2b"), ("I3", "I3b"))
    ]
    paid = [{"from_id": None, "to_document_id": "I2", "amount": 200, "applied_on": "2025-06-01", "kind": "offset"}]
    found = reconciled(documents=documents, document_changes=changes, applications=paid)
    assert rows(found, "rebilled_open_twice") == [("I1", 1.0, "billed again as I1b")]
    assert money(found, "rebilled_open_twice") == [("error", 1.0)]
    assert rows(found, "rebilled_as_unknown") == [("I3", 3.0, "billed again as I3b, which is not there")]


def test_one_customer_under_several_numbers() -> None:
    place = {"country": "DE", "postcode": "20095", "city": "Hamburg"}
    customers = [
        {"customer_id": "A1", "name": "Müller Pumpen GmbH", **place},
        {"customer_id": "A2", "name": "MUELLER PUMPEN G.m.b.H.", **place},
        {"customer_id": "A3", "name": "Müller Pumpen GmbH", "country": "DE", "postcode": "80331", "city": "München"},
        {"customer_id": "B1", "name": "North Quay Ltd", "country": "GB", "vat_id": "GB 123 4567 89"},
        {"customer_id": "B2", "name": "Quay Services", "country": "GB", "vat_id": "GB123456789"},
        {"customer_id": "C1", "name": "Lone & Co", **place},
        {"customer_id": "D1", "name": "Delta", **place, "vat_id": "DE999"},
        {"customer_id": "D2", "name": "Delta", **place, "vat_id": "DE999", "payer_id": "D1"},
        {"customer_id": "E1", "name": "Echo", **place, "company_number": "HRB 1"},
        {"customer_id": "E2", "name": "Echo", **place, "company_number": "HRB 2"},
    ]
    ledger = ledger_of(customers=customers, documents=[document("I", 5_000, customer="A2")], static=("payer_id",))
    found = reconciled(ledger)
    sets = {
        row["customer_id"]: (row["candidate"], row["why"], row["related"]) for row in found.split_accounts.to_dicts()
    }
    assert sets == {
        "A1": ("A1", "same name and postcode and city", False),
        "A2": ("A1", "same name and postcode and city", False),
        "B1": ("B1", "same VAT number", False),
        "B2": ("B1", "same VAT number", False),
        "D1": ("D1", "same VAT number, same name and postcode and city", True),
        "D2": ("D1", "same VAT number, same name and postcode and city", True),
    }
    assert [row[:2] for row in rows(found, "perhaps_one_customer")] == [("A1", None), ("A2", 50.0)]
    assert [row[0] for row in rows(found, "one_customer_several_accounts")] == ["B1", "B2"]
    assert [row[0] for row in rows(found, "accounts_linked_already")] == ["D1", "D2"]


def test_groups_by_their_topmost_parent_with_circles_and_parents_outside() -> None:
    def parent(customer: str, of: str | None, day: str = "2024-01-01", **more: str) -> dict[str, Any]:
        return {"customer_id": customer, "attribute": "parent_id", "value": of, "valid_from": day} | more

    documents = [document(f"I{n}", 1_000 * n, customer=c) for n, c in enumerate("ABCDEF", start=1)]
    documents += [document("X", 100_000, customer="Z")]
    history = [
        parent("B", "A"),
        parent("C", "B"),
        parent("D", "HOLD"),
        parent("E", "F"),
        parent("F", "E"),
        parent("Z", "A"),
        parent("Z", None, "2025-01-01"),
        parent("A", "Z", "2025-08-01"),
    ]
    found = reconciled(documents=documents, customer_history=history)
    groups = {row["group"]: (row["accounts"], row["net_balance"]) for row in found.groups.to_dicts()}
    assert groups == {"A": (3, 60.0), "E": (2, 110.0)}
    assert rows(found, "parent_not_an_account") == [("D", None, "parent HOLD")]
    assert not rows(found, "group_concentration")
    assert found.groups["share"].to_list() == pytest.approx([110 / 1210, 60 / 1210])


def test_a_large_group_is_named_and_cash_of_strangers_too() -> None:
    documents = [document("I1", 4_000), document("I2", 3_000, customer="B"), document("I3", 1_000, customer="C")]
    history = [{"customer_id": "B", "attribute": "parent_id", "value": "A", "valid_from": "2024-01-01"}]
    receipts = [{"receipt_id": "R", "customer_id": "A", "date": "2025-06-01", "amount": 1_500}]
    applied = {"from_id": "R", "applied_on": "2025-06-01"}
    applications = [
        applied | {"to_document_id": "I2", "amount": 1_000},
        applied | {"to_document_id": "I3", "amount": 500},
    ]
    found = reconciled(documents=documents, customer_history=history, receipts=receipts, applications=applications)
    assert money(found, "group_concentration") == [("note", 60.0)]
    assert rows(found, "applied_to_other_account") == [("I3", 5.0, "from R of account A")]


def test_currencies_without_a_rate_of_the_day_or_beside_their_account() -> None:
    documents = [document("I1", 1_000, currency="USD"), document("I2", 3_000, currency="GBP"), document("I3", 7_000)]
    customers = [{"customer_id": "A", "currency": "EUR"}]
    rates = [
        {"currency": "USD", "date": "2025-05-29", "rate": 0.9},
        {"currency": "GBP", "date": "2025-05-30", "rate": 1.2},
    ]
    found = reconciled(documents=documents, customers=customers, rates=rates)
    assert rows(found, "stale_rate") == [("I1", 10.0, "last rate of 2025-05-29")]
    assert {row[0] for row in rows(found, "other_currency_than_account")} == {"I1", "I2"}


def test_findings_of_the_check_come_with_every_row() -> None:
    documents = [document(f"I{n:02d}", 100 + n, due_date="2025-04-01") for n in range(9)]
    found = reconciled(documents=documents)
    assert [row[0] for row in rows(found, "due_before_document")] == [f"I{n:02d}" for n in range(9)]
    (finding,) = (one for one in found.findings if one.code == "due_before_document")
    assert finding.rows == 9
    assert len(finding.ids) == 5
    assert set(found.rows["customer_id"]) == {"A"}


def test_rows_set_aside_on_reading_are_listed_with_what_was_wrong(tmp_path: Path) -> None:
    ledger = read(
        tmp_path, documents=DOCUMENTS + "D9,C1,invoice,2024-02-30,2024-03-30,80.00,EUR\n", applications=APPLICATIONS
    )
    found = reconcile(ledger, as_of="2024-03-31")
    assert rows(found, "impossible_date") == [("D9", 80.0, "row 4 of documents.csv: 2024-02-30")]
    assert "The export does not say when rows were entered" in " ".join(found.lacks)


def test_an_account_that_nothing_explains_is_an_error_with_the_postings_it_may_come_from() -> None:
    documents = [document("I1", 1_000), document("I2", 2_600), document("I3", 1_300)]
    found = reconcile(ledger_of(documents=documents), as_of=AS_OF, control_accounts=[ControlAccount(2_300, "EUR")])
    assert money(found, "control_account_not_explained") == [("error", -26.0)]
    assert [(row["id"], row["amount"], row["hint"][:7]) for row in found.hints.to_dicts()] == [
        ("I2", 26.0, "of the "),
        ("I3", 13.0, "of half"),
    ]
    assert found.findings[0].code == "control_account_not_explained"


@settings(max_examples=8, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(ledgers())
def test_the_rows_of_a_finding_are_those_that_it_counts(ledger: Ledger) -> None:
    found = reconcile(ledger, as_of="2024-06-30")
    listed = {
        place: (count, total)
        for *place_, count, total in found.rows.group_by("table", "code", "currency")
        .agg(pl.len(), pl.sum("amount"))
        .iter_rows()
        for place in [tuple(place_)]
    }
    by_share = {"duplicate_documents", "duplicate_receipts", "number_used_again", "order_billed_again"}
    many = {"concentration", "group_concentration", "over_applied", "open_beyond_amount", "stale_rate"}
    for one in found.findings:
        place = (one.table, one.code, one.currency or None)
        if place not in listed or one.code in many:
            continue
        count, total = listed[place]
        assert count == one.rows
        if one.money is not None and one.code not in by_share:
            assert round(total * minor_factor(one.currency)) == round(one.money * minor_factor(one.currency))


@pytest.mark.parametrize("seed", range(3))
def test_nothing_known_later_changes_the_ageing_or_a_finding_of_the_day(seed: int) -> None:
    """Later knowledge is in named differences alone, and tells a document of a later day from one that is not there."""
    ledger = random_ledger(seed, customers=15, rows=10)
    whole = reconcile(ledger, as_of="2024-03-31")
    cut = reconcile(ledger.cut("2024-03-31"), as_of="2024-03-31")
    lines = [
        found.bridge.lines.with_columns(pl.col("line").replace("applied_to_later", "applied_to_unseen"))
        .group_by("company", "scope", "currency", "part", "line", maintain_order=True)
        .agg(pl.sum("amount").round(2))
        for found in (whole, cut)
    ]
    assert lines[0].equals(lines[1])
    later = ("entered_after_the_day",)
    assert [one for one in whole.findings if one.code not in later] == list(cut.findings)
    for name in ("by_due_date", "changed_due_dates", "split_accounts", "groups", "cut_off"):
        assert getattr(whole, name).equals(getattr(cut, name)), name


def test_days_below_zero_are_refused() -> None:
    with pytest.raises(ParameterError, match="unapplied_days"):
        reconcile(ledger_of(documents=[document("I")]), as_of=AS_OF, unapplied_days=-1)


def test_a_debtors_trial_balance_is_compared_customer_by_customer(tmp_path: Path) -> None:
    """A owes 100 less 30 of cash and the books say 70; B owes 50 and the books say 55; C is in the books alone."""
    documents = [document("I1"), document("I2", 5_000, customer="B"), document("I3", 800, customer="D")]
    receipts = [{"receipt_id": "R1", "customer_id": "A", "date": "2025-06-20", "amount": 3_000}]
    ledger = ledger_of(documents=documents, receipts=receipts)
    file = tmp_path / "trial.csv"
    file.write_text("customer_id,amount\nA,60.00\nA,10.00\nB,55.00\nC,1.00\nD,2.00\n", encoding="utf-8")
    accounts = control_accounts([str(file)], currency="EUR")
    found = reconcile(ledger, as_of=AS_OF, control_accounts=accounts)
    assert rows(found, "customer_balance_differs") == [
        ("B", 5.0, "books 55.00, ledger 50.00"),
        ("C", 1.0, "books 1.00, ledger 0.00"),
        ("D", -6.0, "books 2.00, ledger 8.00"),
    ]
    assert money(found, "customer_balance_differs") == [("error", 12.0)]
    (account,) = found.bridge.accounts.to_dicts()
    assert (account["control_account"], account["state"]) == (128.0, "agrees")
    shown = {row["customer_id"]: (row["net_balance"], row["difference"]) for row in found.by_customer.to_dicts()}
    assert shown == {"A": (70.0, 0.0), "B": (50.0, 5.0), "C": (0.0, 1.0), "D": (8.0, -6.0)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer_id,amount\nA,5.00\n,6.00\n", "name a customer and others do not"),
        ("customer_id,currency,amount\nA,all,5.00\n", "of every currency"),
    ],
)
def test_a_trial_balance_with_gaps_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "trial.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        control_accounts([str(file)], currency="EUR")


@pytest.mark.parametrize("seed", range(3))
def test_both_ageings_and_each_customer_are_those_of_the_ageing(seed: int) -> None:
    ledger = random_ledger(seed)
    changes = ledger.table("document_changes").filter(
        (pl.col("field") != "due_date") | pl.col("value").str.to_date("%Y-%m-%d", strict=False).is_not_null()
    )
    dated = ledger.replace(tables={**ledger.tables, "document_changes": changes})
    found = reconcile(ledger, as_of="2024-06-30")
    for basis, side, total in (("due", "by_original", "past_due"), ("agreed", "by_current", "past_due_current")):
        table = ageing(dated, as_of="2024-06-30", basis=basis, translate=False, output="polars")
        both = {(row["currency"], row["bucket"]): row[side] for row in found.by_due_date.iter_rows(named=True)}
        for name in ("not_due", "past_due_1_30", "past_due_over_90", "late_fees", "open_credits"):
            for code, amount in table.group_by("currency").agg(pl.sum(name)).iter_rows():
                assert both.get((code, name), 0.0) == pytest.approx(amount, abs=1e-6)
        mine = {row["customer_id"]: row for row in found.by_customer.iter_rows(named=True) if row["currency"] == "EUR"}
        for row in table.filter(pl.col("currency") == "EUR").iter_rows(named=True):
            assert mine[row["customer_id"]][total] == pytest.approx(row["past_due"], abs=1e-6)
            assert mine[row["customer_id"]]["net_balance"] == pytest.approx(row["net_balance"], abs=1e-6)
    assert found.by_customer["in_the_books"].null_count() == found.by_customer.height


def test_a_day_before_the_first_posting_has_nothing_to_tie_out() -> None:
    found = reconcile(
        ledger_of(documents=[document("I")]), as_of="2024-01-01", control_accounts=[ControlAccount(0, "EUR")]
    )
    (account,) = found.bridge.accounts.to_dicts()
    assert (account["net_balance"], account["by_postings"], account["state"]) == (0.0, 0.0, "agrees")
    assert found.by_customer.is_empty()
