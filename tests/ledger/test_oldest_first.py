"""Cash without an invoice settles the oldest debt where the setting says so, and never by what came later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.portfolio.ageing import ageing

DAY = date(2025, 1, 1)


def read(
    documents: list[tuple[Any, ...]], payments: list[tuple[Any, ...]], said: str = "oldest_first", **more: Any
) -> Ledger:
    shape = ["document_id", "customer_id", "document_date", "due_date", "amount"]
    tables = {
        "documents": pl.DataFrame(documents, schema=shape, orient="row", infer_schema_length=None).with_columns(
            customer_name=pl.col("customer_id")
        ),
        "payments": pl.DataFrame(
            payments,
            schema={
                "payment_id": pl.String,
                "document_id": pl.String,
                "customer_id": pl.String,
                "date": pl.Date,
                "amount": pl.Float64,
            },
            orient="row",
        ),
        "settings": pl.DataFrame({"key": ["currency", "without_invoice"], "value": ["EUR", said]}),
        **more,
    }
    return Ledger.read(tables, covers_from=DAY, covers_to=date(2025, 12, 31))


def invoice(number: str, day: int, amount: float, customer: str = "C") -> tuple[Any, ...]:
    own = DAY + timedelta(days=day)
    return number, customer, own, own + timedelta(days=30), amount


def paid(number: str, day: int, amount: float, document: str | None = None, customer: str = "C") -> tuple[Any, ...]:
    return number, document, customer, DAY + timedelta(days=day), amount


def applied(ledger: Ledger) -> list[tuple[str, str, int, int]]:
    rows = ledger.tables["applications"].sort("applied_on", "from_id", "to_document_id")
    return [
        (source, number, units // 100, (day - DAY).days)
        for source, number, units, day in rows.select("from_id", "to_document_id", "amount", "applied_on").rows()
    ]


def test_the_oldest_debt_first_and_what_is_left_over_waits_for_the_next() -> None:
    ledger = read([invoice("F1", 0, 100.0), invoice("F2", 5, 50.0), invoice("F3", 60, 80.0)], [paid("R1", 40, 170.0)])
    assert applied(ledger) == [("R1", "F1", 100, 40), ("R1", "F2", 50, 40), ("R1", "F3", 20, 60)]
    [said] = [one for one in ledger.findings if one.code == "oldest_first"]
    assert (said.severity, said.rows, said.money) == ("warning", 1, 170.0)


def test_on_account_or_unsaid_nothing_is_settled() -> None:
    for said in ("on_account", ""):
        assert applied(read([invoice("F1", 0, 100.0)], [paid("R1", 40, 100.0)], said)) == []
    with pytest.raises(ParameterError, match="on_account, oldest_first"):
        read([invoice("F1", 0, 100.0)], [paid("R1", 40, 100.0)], "newest first")


def test_a_payment_that_names_its_invoice_goes_before_and_frees_what_the_rule_had_put_there() -> None:
    ledger = read(
        [invoice("F1", 0, 100.0), invoice("F2", 5, 50.0)], [paid("R1", 40, 100.0), paid("R2", 45, 100.0, "F1")]
    )
    assert applied(ledger) == [
        ("R1", "F1", 100, 40),
        ("R1", "F1", -100, 45),
        ("R1", "F2", 50, 45),
        ("R2", "F1", 100, 45),
    ]


def test_money_taken_back_opens_what_was_settled_last() -> None:
    debts = [invoice("F1", 0, 100.0), invoice("F2", 5, 50.0)]
    ledger = read(debts, [paid("R1", 40, 150.0), paid("R2", 50, -60.0)])
    assert applied(ledger)[2:] == [("R2", "F1", -10, 50), ("R2", "F2", -50, 50)]
    waiting = read(debts[:1], [paid("R1", 40, 150.0), paid("R2", 50, -40.0)])
    assert applied(waiting) == [("R1", "F1", 100, 40)]


def test_customers_and_write_offs_stay_apart() -> None:
    lost = pl.DataFrame(
        {
            "from_id": [None],
            "to_document_id": ["F1"],
            "amount": [30.0],
            "applied_on": [DAY + timedelta(days=20)],
            "kind": ["write_off"],
        }
    )
    ledger = read([invoice("F1", 0, 100.0), invoice("G1", 0, 70.0, "D")], [paid("R1", 40, 100.0)], applications=lost)
    assert [row for row in applied(ledger) if row[0]] == [("R1", "F1", 70, 40)]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["document", "document", "cash", "cash", "named", "back"]),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from("CD"),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=14,
)


def book(events: list[tuple[str, int, int, str, int]]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    debts = [
        invoice(f"F{place}", day, float(units), customer)
        for place, (what, day, units, customer, _) in enumerate(events)
        if what == "document"
    ]
    cash = []
    for place, (what, day, units, customer, which) in enumerate(events):
        own = [debt for debt in debts if debt[1] == customer]
        if what in ("cash", "back"):
            cash.append(paid(f"R{place}", day, float(units if what == "cash" else -units), None, customer))
        elif what == "named" and own:
            debt = own[which % len(own)]
            later = (debt[2] - DAY).days + day
            cash.append(paid(f"R{place}", later, min(float(units), debt[4]), debt[0], customer))
    return debts, cash


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.integers(0, 45))
def test_money_ties_and_the_past_does_not_know_the_future(
    events: list[tuple[str, int, int, str, int]], cut: int
) -> None:
    debts, cash = book(events)
    if not debts or not cash:
        return
    ledger = read(debts, cash)
    applications = ledger.tables["applications"]
    by_receipt = applications.group_by("from_id").agg(pl.col("amount").sum())
    receipts = ledger.tables["receipts"].join(by_receipt, left_on="receipt_id", right_on="from_id", how="left")
    free = receipts.select("customer_id", left=pl.col("amount_right").fill_null(0) - pl.col("amount"))
    left = (
        ledger.tables["documents"]
        .join(
            applications.group_by("to_document_id").agg(paid=pl.col("amount").sum()),
            left_on="document_id",
            right_on="to_document_id",
            how="left",
        )
        .with_columns(left=pl.col("amount") - pl.col("paid").fill_null(0))
    )
    named: dict[str, float] = {}
    for _, document, _, _, amount in cash:
        if document:
            named[document] = named.get(document, 0.0) + amount
    for number, amount, rest in left.select("document_id", "amount", "left").iter_rows():
        assert rest >= min(0, amount - round(100 * named.get(number, 0.0)))
    for customer in "CD":  # no debt stays open beside cash that waits
        waits = -free.filter(customer_id=customer)["left"].sum()
        owed = left.filter(pl.col("left") > 0, customer_id=customer)["left"].sum()
        assert waits <= 0 or owed == 0
    day = DAY + timedelta(days=cut)
    then = [debt for debt in debts if debt[2] <= day]
    if then:
        before = read(then, [row for row in cash if row[3] <= day])
        past = applications.filter(pl.col("applied_on") <= day)
        assert applied(before) == applied(ledger.replace(tables={**ledger.tables, "applications": past}))


def test_ageing_ties_to_the_ledger() -> None:
    ledger = read([invoice("F1", 0, 100.0), invoice("F2", 200, 50.0)], [paid("R1", 40, 120.0)])
    rows = ageing(ledger, as_of=date(2025, 12, 31), by="customer")
    assert rows["open_balance"].sum() == 30.0


def test_a_shared_code_tells_what_settles_what() -> None:
    debts = [(*invoice("F1", 0, 100.0), None), (*invoice("F2", 5, 50.0), "AB"), (*invoice("N1", 9, -10.0), "AB")]
    cash = [(*paid("R1", 40, 60.0), "AB"), (*paid("R2", 41, 70.0), None), (*paid("R3", 42, -20.0), "AB")]
    shape = ["document_id", "customer_id", "document_date", "due_date", "amount", "matched_by"]
    documents = pl.DataFrame(debts, schema=shape, orient="row").with_columns(customer_name=pl.col("customer_id"))
    payments = pl.DataFrame(
        cash,
        schema={
            "payment_id": pl.String,
            "document_id": pl.String,
            "customer_id": pl.String,
            "date": pl.Date,
            "amount": pl.Float64,
            "matched_by": pl.String,
        },
        orient="row",
    )
    tables = {"documents": documents, "payments": payments}
    ledger = Ledger.read(tables, currency="EUR", covers_from=DAY, covers_to=date(2025, 12, 31))
    assert applied(ledger) == [("N1", "F2", 10, 9), ("R1", "F2", 40, 40)]
    rows = ledger.tables["applications"].sort("applied_on").select("kind", "from_kind").rows()
    assert rows == [("credit_note", "document"), ("payment", "receipt")]
    said = pl.DataFrame({"key": ["currency", "without_invoice"], "value": ["EUR", "oldest_first"]})
    both = Ledger.read({**tables, "settings": said}, covers_from=DAY, covers_to=date(2025, 12, 31))
    assert applied(both) == [
        ("N1", "F2", 10, 9),
        ("R1", "F1", 20, 40),
        ("R1", "F2", 40, 40),
        ("R2", "F1", 70, 41),
        ("R3", "F1", -20, 42),
    ]
