"""What cleared what: every kind of clearing on small books, and the balance against SAP's own open items."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from sap_world import item, items

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.ageing import ageing
from credrisk.sources.erp.sap_ledger import SapLedger, ledger_of_items
from credrisk.sources.erp.sap_settings import settings_of

PLAIN = settings_of()
PAID, LATER = date(2024, 4, 10), date(2024, 5, 20)
CLEARED = {"clearing": "900", "cleared_on": PAID}


def applications(made: SapLedger) -> list[tuple[object, ...]]:
    """Return from, to (numbers of documents), amount, kind and day."""
    short = pl.col("from_id", "to_document_id").str.replace(r"^1000-(\d+)-2024-1$", "${1}")
    frame = made.tables["applications"].with_columns(short)
    return sorted(frame.select("from_id", "to_document_id", "amount", "kind", "applied_on").rows(), key=str)


def ways(made: SapLedger) -> dict[str, float]:
    return {how: amount for how, _, _, amount in made.closed.rows()}


def ledger_of(made: SapLedger) -> Ledger:
    customers = pl.concat([made.tables[name].select("customer_id") for name in ("documents", "receipts")]).unique()
    return Ledger.read(
        made.tables | {"customers": customers}, currency="EUR", covers_from="2024-01-01", covers_to="2024-12-31"
    )


def balance(made: SapLedger, day: str) -> Decimal:
    shown = ageing(ledger_of(made), as_of=day, by="portfolio", output="polars")
    return Decimal(str(shown["net_balance"].item())) if shown.height else Decimal(0)


def test_a_payment_closes_invoices_and_an_older_credit_note() -> None:
    made = ledger_of_items(
        items(
            item("1", 100, **CLEARED),
            item("2", 50, day=date(2024, 3, 5), **CLEARED),
            item("3", -30, kind="DG", day=date(2024, 3, 6), **CLEARED),
            item("900", -120, kind="DZ", day=PAID, **CLEARED),
        ),
        PLAIN,
    )
    assert applications(made) == [
        ("3", "1", "30.00", "credit_note", PAID),
        ("900", "1", "70.00", "payment", PAID),
        ("900", "2", "50.00", "payment", PAID),
    ]
    assert made.tables["receipts"].select("receipt_id", "date", "amount").rows() == [
        ("1000-900-2024-1", PAID, "120.00")
    ]
    assert (balance(made, "2024-04-09"), balance(made, "2024-04-10")) == (Decimal(120), Decimal(0))
    assert ways(made) == {"credit_note": 30.0, "payment": 120.0}


def test_equal_amounts_belong_together_before_the_order_of_due_dates() -> None:
    made = ledger_of_items(
        items(
            item("1", 100, **CLEARED),
            item("2", 50, day=date(2024, 3, 5), **CLEARED),
            item("3", -50, kind="DG", day=date(2024, 3, 6), **CLEARED),
            item("900", -100, kind="DZ", day=PAID, **CLEARED),
        ),
        PLAIN,
    )
    assert applications(made) == [
        ("3", "2", "50.00", "credit_note", PAID),
        ("900", "1", "100.00", "payment", PAID),
    ]


def test_a_cancellation_is_no_payment_even_beside_one_of_the_same_amount() -> None:
    made = ledger_of_items(
        items(
            item("1", 100, **CLEARED),
            item("2", 100, day=date(2024, 3, 2), **CLEARED),
            item("3", -100, day=date(2024, 3, 3), reverses="1000-2-2024", recorded_at=LATER, **CLEARED),
            item("900", -100, kind="DZ", day=PAID, **CLEARED),
        ),
        PLAIN,
    )
    assert applications(made) == [
        ("3", "2", "100.00", "credit_note", date(2024, 3, 3)),
        ("900", "1", "100.00", "payment", PAID),
    ]
    assert ways(made) == {"payment": 100.0, "reversal": 100.0}
    # The cancellation is back-dated: until it was entered, the books showed the invoice.
    assert (balance(made, "2024-05-19"), balance(made, "2024-05-20")) == (Decimal(100), Decimal(0))


def test_a_partial_payment_counts_from_its_own_day() -> None:
    partial = {"invoice": "1000-1-2024-1", "kind": "DZ"}
    still_open = items(item("1", 100), item("5", -40, day=PAID, **partial))
    made = ledger_of_items(still_open, PLAIN)
    assert applications(made) == [("5", "1", "40.00", "payment", PAID)]
    assert balance(made, "2024-04-10") == Decimal(60)
    later = {"clearing": "901", "cleared_on": LATER}
    closed = items(
        item("1", 100, **later),
        item("5", -40, day=PAID, **partial, **later),
        item("901", -60, kind="DZ", day=LATER, **later),
    )
    made = ledger_of_items(closed, PLAIN)
    assert applications(made) == [("5", "1", "40.00", "payment", PAID), ("901", "1", "60.00", "payment", LATER)]


@pytest.mark.parametrize("line", [-1000.0, -800.0], ids=["whole line", "cash line"])
@pytest.mark.parametrize("names", [True, False], ids=["names its invoice", "names none"])
def test_a_residual_item_stays_the_rest_of_its_invoice(line: float, names: bool) -> None:
    rest = {"invoice": "1000-1-2024-1"} if names else {"key": "06"}
    later = {"clearing": "901", "cleared_on": LATER}
    made = ledger_of_items(
        items(
            item("1", 1000, **CLEARED),
            item("900", line, kind="DZ", day=PAID, **CLEARED),
            item("900", 200, kind="DZ", line="2", day=PAID, **rest, **later),
            item("901", -200, kind="DZ", day=LATER, **later),
        ),
        PLAIN,
    )
    assert applications(made) == [("900", "1", "800.00", "payment", PAID), ("901", "1", "200.00", "payment", LATER)]
    assert made.tables["documents"]["document_id"].to_list() == ["1000-1-2024-1"]
    assert sorted(made.tables["receipts"]["amount"]) == ["200.00", "800.00"]
    assert (balance(made, "2024-04-10"), balance(made, "2024-05-20")) == (Decimal(200), Decimal(0))


def test_a_residual_of_several_invoices_is_an_item_of_its_own() -> None:
    made = ledger_of_items(
        items(
            item("1", 600, **CLEARED),
            item("2", 400, day=date(2024, 3, 2), **CLEARED),
            item("900", -1000, kind="DZ", day=PAID, **CLEARED),
            item("900", 200, kind="DZ", key="06", line="2", day=PAID),
        ),
        PLAIN,
    )
    assert made.tables["documents"].filter(kind="debit_note")["amount"].to_list() == ["200.00"]
    assert made.tables["receipts"]["amount"].to_list() == ["800.00"]
    assert ways(made) == {"payment": 800.0, "residual": 200.0}
    assert balance(made, "2024-04-10") == Decimal(200)


def test_cash_discount_is_no_cash() -> None:
    made = ledger_of_items(
        items(item("1", 100, **CLEARED), item("900", -100, kind="DZ", discount=2000, day=PAID, **CLEARED)), PLAIN
    )
    assert applications(made) == [("900", "1", "98.00", "payment", PAID), (None, "1", "2.00", "discount", PAID)]
    assert made.tables["receipts"]["amount"].to_list() == ["98.00"]


def test_a_credit_against_a_bad_debt_account_is_a_write_off() -> None:
    books = items(item("1", 100, **CLEARED), item("900", -100, kind="SA", day=PAID, offset_account="655010", **CLEARED))
    made = ledger_of_items(books, settings_of(bad_debt_accounts="0006550*"))
    assert applications(made) == [(None, "1", "100.00", "write_off", PAID)]
    unsaid = ledger_of_items(books, PLAIN)
    assert ways(unsaid) == {"transfer": 100.0}
    (found,) = unsaid.findings
    assert (found.severity, found.code, found.rows, found.money) == ("warning", "cleared_transfer", 2, 100.0)
    assert "bad_debt_accounts" in found.remedy


def test_cash_paid_back_closes_a_credit_note() -> None:
    made = ledger_of_items(
        items(
            item("1", -100, kind="DG", **CLEARED),
            item("900", 100, kind="ZP", day=PAID, **CLEARED),
        ),
        PLAIN,
    )
    assert applications(made) == [("900", "1", "-100.00", "payment", PAID)]
    assert (balance(made, "2024-04-09"), balance(made, "2024-04-10")) == (Decimal(-100), Decimal(0))


def test_a_payment_taken_back_leaves_no_cash_and_closes_nothing() -> None:
    made = ledger_of_items(
        items(
            item("1", 100),
            item("5", -100, kind="DZ", day=PAID, clearing="6", cleared_on=LATER),
            item("6", 100, kind="DZ", day=LATER, key="05", clearing="6", cleared_on=LATER),
        ),
        PLAIN,
    )
    assert applications(made) == []
    assert (balance(made, "2024-04-10"), balance(made, "2024-05-20")) == (Decimal(0), Decimal(100))


def test_what_the_export_does_not_hold_is_never_a_payment_unless_stated() -> None:
    books = items(item("1", 100, **CLEARED), item("5", -30, kind="DZ", clearing="7", cleared_on=PAID))
    made = ledger_of_items(books, PLAIN)
    assert applications(made) == [
        ("5", "1000-7-not-exported", "30.00", "payment", PAID),
        (None, "1", "100.00", "credit_note", PAID),
    ]
    (found,) = made.findings
    assert (found.code, found.rows, found.money, found.ids) == (
        "cleared_unexplained",
        2,
        130.0,
        ("1000-1-2024-1", "1000-5-2024-1"),
    )
    stated = ledger_of_items(books, settings_of(unexplained="payment"))
    assert (None, "1", "100.00", "payment", PAID) in applications(stated)
    with pytest.raises(ParameterError, match="unknown or payment"):
        settings_of(unexplained="perhaps")


def test_a_payment_of_another_account_is_found_within_the_clearing() -> None:
    made = ledger_of_items(
        items(item("1", 100, **CLEARED), item("900", -100, kind="DZ", day=PAID, **CLEARED) | {"customer_id": "88"}),
        PLAIN,
    )
    assert applications(made) == [("900", "1", "100.00", "payment", PAID)]


def test_stated_types_go_before_all() -> None:
    own = settings_of(types="Y1:payment, y2:credit_note")
    made = ledger_of_items(
        items(
            item("1", 100, **CLEARED),
            item("2", -10, kind="Y2", **CLEARED),
            item("900", -90, kind="Y1", day=PAID, **CLEARED),
        ),
        own,
    )
    assert ways(made) == {"credit_note": 10.0, "payment": 90.0}
    with pytest.raises(ParameterError, match="TYPE:ROLE"):
        settings_of(types="Y1=payment")


def test_the_clearing_is_known_when_it_was_entered() -> None:
    books = items(
        item("1", 100, **CLEARED),
        item("900", -100, kind="DZ", day=PAID, recorded_at=LATER, **CLEARED),
    )
    made = ledger_of_items(books, PLAIN)
    assert made.tables["applications"]["recorded_at"].to_list() == [LATER]
    assert (balance(made, "2024-05-19"), balance(made, "2024-05-20")) == (Decimal(100), Decimal(0))


@pytest.mark.parametrize("seed", range(4))
def test_the_balance_is_that_of_the_open_items_whatever_cleared_what(seed: int) -> None:
    """Random groups that add up to nothing, and open items beside them: the ledger's balance is SAP's, day by day."""
    rng = np.random.default_rng(seed)
    rows = []
    for group in range(12):
        day, paid = date(2024, 1, 1 + int(rng.integers(20))), date(2024, 6, 1 + int(rng.integers(20)))
        cleared = {"clearing": str(900 + group), "cleared_on": paid}
        sizes = [int(one) for one in rng.integers(1, 500, int(rng.integers(1, 5)))]
        notes = [int(one) for one in rng.integers(1, 60, int(rng.integers(0, 3)))]
        for place, size in enumerate(sizes):
            rows.append(item(f"7{group:02}{place}1", size, day=day, **cleared))
        for place, size in enumerate(notes):
            rows.append(item(f"7{group:02}{place}2", -size, kind="DG", day=day, **cleared))
        rest = sum(sizes) - sum(notes)
        rows.append(item(str(900 + group), -rest, kind="DZ" if rest > 0 else "ZP", day=paid, **cleared))
        rows.append(item(f"7{group:02}3", int(rng.integers(1, 99)), day=day))
    made = ledger_of_items(items(*rows), PLAIN)
    for text in ("2024-03-01", "2024-06-10", "2024-12-31"):
        day = date.fromisoformat(text)
        expected = sum(
            row["milli"] for row in rows if row["posting_date"] <= day and not row.get("cleared_on", LATER.max) <= day
        )
        assert balance(made, text) == Decimal(expected) / 1000
    assert not {"unexplained", "transfer"} & set(ways(made))


def test_open_credits_that_may_be_cash_are_named() -> None:
    made = ledger_of_items(items(item("1", -100, kind="Y9"), item("2", -5, kind="AB"), item("3", -7, kind="DG")), PLAIN)
    (found,) = made.findings
    assert (found.code, found.rows, found.money, found.currency) == ("unknown_credits", 2, 105.0, "EUR")
    assert "AB, Y9" in found.message
