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
from credrisk.ledger.settling import CASH, DEBT, Event, settled
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


def test_a_cheque_that_comes_back_opens_what_it_had_paid_in_whichever_order_the_day_is_booked() -> None:
    debts = [invoice("F1", 0, 100.0), invoice("F2", 5, 50.0)]
    ledger = read(debts, [paid("R1", 40, 100.0), paid("R2", 41, 50.0), paid("B1", 50, -100.0)])
    assert applied(ledger)[2:] == [("B1", "F1", -100, 50)]
    same_day = read(debts[:1], [paid("A1", 40, -100.0), paid("R1", 40, 100.0)])
    assert sum(units for _, _, units, _ in applied(same_day)) == 0
    before = read(debts[:1], [paid("A1", 39, -100.0), paid("R1", 40, 130.0)])
    assert applied(before) == [("R1", "F1", 30, 40)]


def test_credit_notes_are_set_off_and_paid_out_before_paid_debts_are_opened() -> None:
    note = ("N1", "C", DAY + timedelta(days=10), DAY + timedelta(days=10), -30.0)
    ledger = read([invoice("F1", 0, 100.0), note, invoice("F2", 60, 50.0)], [paid("R1", 40, 70.0)])
    assert applied(ledger) == [("N1", "F1", 30, 10), ("R1", "F1", 70, 40)]
    paid_out = read([invoice("F1", 0, 100.0), note], [paid("R1", 5, 100.0), paid("O1", 70, -30.0)])
    assert applied(paid_out) == [("R1", "F1", 100, 5), ("O1", "N1", -30, 70)]


def test_what_uses_a_credit_note_by_name_goes_before() -> None:
    note = ("N1", "C", DAY + timedelta(days=10), DAY + timedelta(days=10), -30.0)
    named = pl.DataFrame(
        {
            "from_id": ["N1"],
            "to_document_id": ["F2"],
            "amount": [30.0],
            "applied_on": [DAY + timedelta(days=50)],
            "kind": ["credit_note"],
        }
    )
    ledger = read([invoice("F1", 0, 100.0), invoice("F2", 5, 50.0), note], [paid("R1", 60, 1.0)], applications=named)
    assert applied(ledger) == [("N1", "F1", 30, 10), ("N1", "F1", -30, 50), ("N1", "F2", 30, 50), ("R1", "F1", 1, 60)]


KINDS = ["document", "document", "note", "cash", "cash", "named", "back", "lost", "undone"]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 20),
        st.integers(1, 9),
        st.sampled_from("CD"),
        st.integers(0, 5),
        st.integers(0, 12),
        st.sampled_from([None, None, "A"]),
    ),
    min_size=1,
    max_size=14,
)
Row = tuple[Any, ...]


def book(events: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return documents and payments, each with the day of entry and the code at the end."""
    debts, cash = list[Row](), list[Row]()
    for place, (what, day, units, customer, _, lag, code) in enumerate(events):
        if what in ("document", "note"):
            row = invoice(f"F{place}", day, float(units if what == "document" else -units), customer)
            debts.append((*row, row[2] + timedelta(days=lag), code))
    for place, (what, day, units, customer, which, lag, code) in enumerate(events):
        own = [debt for debt in debts if debt[1] == customer and debt[4] > 0]
        if what in ("cash", "back", "lost", "undone"):
            row = paid(f"R{place}", day, float(units if what in ("cash", "lost") else -units), None, customer)
        elif what == "named" and own:
            debt = own[which % len(own)]
            row = paid(f"R{place}", (debt[2] - DAY).days + day, min(float(units), debt[4]), debt[0], customer)
        else:
            continue
        kind = "write_off" if what in ("lost", "undone") else None
        cash.append((*row, row[3] + timedelta(days=lag), code, kind))
    return debts, cash


def read_book(debts: list[Row], cash: list[Row], said: str = "oldest_first") -> Ledger:
    documents = pl.DataFrame(
        debts,
        schema={
            "document_id": pl.String,
            "customer_id": pl.String,
            "document_date": pl.Date,
            "due_date": pl.Date,
            "amount": pl.Float64,
            "recorded_at": pl.Date,
            "matched_by": pl.String,
        },
        orient="row",
    ).with_columns(customer_name=pl.col("customer_id"))
    payments = pl.DataFrame(
        [row if len(row) == 8 else (*row, None) for row in cash],
        schema={
            "payment_id": pl.String,
            "document_id": pl.String,
            "customer_id": pl.String,
            "date": pl.Date,
            "amount": pl.Float64,
            "recorded_at": pl.Date,
            "matched_by": pl.String,
            "kind": pl.String,
        },
        orient="row",
    )
    stated = pl.DataFrame({"key": ["currency", "without_invoice"], "value": ["EUR", said]})
    tables = {"documents": documents, "payments": payments, "settings": stated}
    return Ledger.read(tables, covers_from=DAY, covers_to=date(2025, 12, 31))


def visible(ledger: Ledger, day: date) -> dict[Row, int]:
    """Return what is applied from each source to each document as it is known on a day."""
    seen = ledger.tables["documents"].select(
        to_document_id="document_id", known=pl.max_horizontal("document_date", "recorded_at")
    )
    rows = ledger.tables["applications"].join(seen, on="to_document_id")
    rows = rows.filter(pl.max_horizontal("applied_on", "recorded_at", "known") <= day)
    sums = rows.group_by("from_id", "from_kind", "to_document_id").agg(pl.col("amount").sum())
    return {row[:3]: row[3] for row in sums.filter(pl.col("amount") != 0).iter_rows()}


@settings(max_examples=120, deadline=None)
@given(EVENTS, st.integers(0, 45))
def test_the_past_does_not_know_the_future(events: list[Row], cut: int) -> None:
    debts, cash = book(events)
    day = DAY + timedelta(days=cut)
    then = [row for row in debts if row[5] <= day]
    if then and cash:
        known = [row for row in cash if row[5] <= day]
        assert visible(read_book(then, known), day) == visible(read_book(debts, cash), day)


@settings(max_examples=80, deadline=None)
@given(EVENTS)
def test_money_ties_on_every_side(events: list[Row]) -> None:
    debts, cash = book(events)
    if not debts or not cash:
        return
    ledger = read_book(debts, cash)
    applications, documents = ledger.tables["applications"], ledger.tables["documents"]
    named: dict[str, int] = {}
    for _, document, _, _, amount, *_ in cash:
        if document:
            named[document] = named.get(document, 0) + round(100 * amount)
    to = dict(applications.group_by("to_document_id").agg(pl.col("amount").sum()).iter_rows())
    from_note = applications.filter(from_kind="document").group_by("from_id").agg(pl.col("amount").sum())
    used = dict(from_note.iter_rows())
    for number, amount in documents.select("document_id", "amount").iter_rows():
        if amount > 0:
            assert 0 <= to.get(number, 0) <= max(amount, named.get(number, 0))
        else:
            assert amount <= to.get(number, 0) - used.get(number, 0) <= 0
    of_cash = applications.filter(from_kind="receipt").group_by("from_id").agg(used=pl.col("amount").sum())
    owners = {row[1] for row in debts}
    turned = -1 if all(row[4] < 0 for row in cash if row[7]) else 1
    lost = [(row[2], turned * round(100 * row[4])) for row in cash if row[7] and row[2] in owners]
    of_none = applications.filter(from_kind="none").join(documents, left_on="to_document_id", right_on="document_id")
    assert of_none["kind"].unique().to_list() in ([], ["write_off"])
    for customer in "CD":
        written_off = of_none.filter(customer_id=customer)["amount"].sum()
        assert 0 <= written_off <= sum(units for owner, units in lost if owner == customer and units > 0)
    told = sum(one.money or 0 for one in ledger.findings if one.code == "closes_nothing")
    assert round(100 * told) == sum(units for _, units in lost) - of_none["amount"].sum()
    receipts = ledger.tables["receipts"].join(of_cash, left_on="receipt_id", right_on="from_id", how="left")
    for amount, spent in receipts.select("amount", pl.col("used").fill_null(0)).iter_rows():
        assert min(0, amount) <= spent <= max(0, amount)


def test_ageing_ties_to_the_ledger() -> None:
    ledger = read([invoice("F1", 0, 100.0), invoice("F2", 200, 50.0)], [paid("R1", 40, 120.0)])
    rows = ageing(ledger, as_of=date(2025, 12, 31), by="customer")
    assert rows["open_balance"].sum() == 30.0


def test_a_shared_code_tells_what_settles_what() -> None:
    def coded(row: Row, day: int, code: str | None) -> Row:
        return (*row, DAY + timedelta(days=day), code)

    debts = [
        coded(invoice("F1", 0, 100.0), 0, None),
        coded(invoice("F2", 5, 50.0), 5, "AB"),
        coded(invoice("N1", 9, -10.0), 9, "AB"),
    ]
    cash = [
        coded(paid("R1", 40, 60.0), 40, "AB"),
        coded(paid("R2", 41, 70.0), 41, None),
        coded(paid("R3", 42, -20.0), 42, "AB"),
    ]
    ledger = read_book(debts, cash, "on_account")
    assert applied(ledger) == [("N1", "F2", 10, 9), ("R1", "F2", 40, 40)]
    rows = ledger.tables["applications"].sort("applied_on").select("kind", "from_kind").rows()
    assert rows == [("credit_note", "document"), ("payment", "receipt")]
    both = [("N1", "F2", 10, 9), ("R1", "F2", 40, 40), ("R2", "F1", 70, 41)]
    assert applied(read_book(debts, cash)) == both


def lost(number: str, day: int, amount: float, code: str | None = None, document: str | None = None) -> Row:
    return (*paid(number, day, amount, document), DAY + timedelta(days=day), code, "write_off")


def debt(number: str, day: int, amount: float, code: str | None = None) -> Row:
    return (*invoice(number, day, amount), DAY + timedelta(days=day), code)


def closings(ledger: Ledger) -> list[Row]:
    rows = ledger.tables["applications"].filter(from_kind="none").sort("applied_on", "to_document_id")
    return [
        (kind, to, units // 100, (day - DAY).days)
        for kind, to, units, day in rows.select("kind", "to_document_id", "amount", "applied_on").rows()
    ]


def test_a_write_off_that_names_no_invoice_closes_the_oldest_debt_and_never_a_later_one() -> None:
    ledger = read_book([debt("F1", 0, 100.0), debt("F2", 5, 50.0), debt("F3", 90, 70.0)], [lost("W1", 60, 170.0)])
    assert closings(ledger) == [("write_off", "F1", 100, 60), ("write_off", "F2", 50, 60)]
    assert ledger.tables["receipts"].is_empty()
    [said] = [one for one in ledger.findings if one.code == "closes_nothing"]
    assert (said.severity, said.money, said.ids) == ("warning", 20.0, ("C",))


def test_a_write_off_of_what_the_rule_had_settled_leaves_the_cash_on_account() -> None:
    """100 were owed, 100 came, and 40 were written off: so 40 of the cash were for what comes next."""
    cash = [(*paid("R1", 40, 100.0), DAY + timedelta(days=40), None, None), lost("W1", 60, 40.0)]
    ledger = read_book([debt("F1", 0, 100.0), debt("F2", 90, 70.0)], cash)
    assert closings(ledger) == [("write_off", "F1", 40, 60)]
    assert [row for row in applied(ledger) if row[0]] == [
        ("R1", "F1", 100, 40),
        ("R1", "F1", -40, 60),
        ("R1", "F2", 40, 90),
    ]


def test_a_write_off_closes_what_its_code_or_its_invoice_says() -> None:
    debts = [debt("F1", 0, 100.0), debt("F2", 5, 50.0, "AB"), debt("F3", 6, 40.0)]
    ledger = read_book(debts, [lost("W1", 60, 50.0, "AB"), lost("W2", 61, 40.0, None, "F3")], "on_account")
    assert closings(ledger) == [("write_off", "F2", 50, 60), ("write_off", "F3", 40, 61)]


def test_cash_stays_on_account_where_so_set_and_a_write_off_that_names_nothing_cannot() -> None:
    cash = (*paid("R1", 50, 20.0), DAY + timedelta(days=50), None, None)
    ledger = read_book([debt("F1", 0, 100.0), debt("F2", 5, 30.0)], [cash, lost("W1", 60, 50.0)], "on_account")
    assert closings(ledger) == [("write_off", "F1", 50, 60)]
    assert [row for row in applied(ledger) if row[0]] == []
    [said] = [one for one in ledger.findings if one.code == "closes_oldest"]
    assert (said.severity, said.money, said.ids) == ("warning", 50.0, ("F1",))


def test_cash_that_comes_after_all_takes_the_write_off_back() -> None:
    came = (*paid("R1", 80, 100.0, "F1"), DAY + timedelta(days=80), None, None)
    ledger = read_book([debt("F1", 0, 100.0)], [lost("W1", 60, 100.0), came])
    assert closings(ledger) == [("write_off", "F1", 100, 60), ("write_off", "F1", -100, 80)]
    undone = read_book([debt("F1", 0, 100.0)], [lost("W1", 60, 100.0), lost("W2", 70, -100.0)])
    assert closings(undone) == [("write_off", "F1", 100, 60), ("write_off", "F1", -100, 70)]


@pytest.mark.parametrize("day", [10, 50])
def test_a_credit_note_that_is_named_on_its_own_day_or_later_is_used_once(day: int) -> None:
    note = ("N1", "C", DAY + timedelta(days=10), DAY + timedelta(days=10), -30.0)
    used = pl.DataFrame(
        {
            "from_id": ["N1"],
            "to_document_id": ["F2"],
            "amount": [30.0],
            "applied_on": [DAY + timedelta(days=day)],
            "kind": ["credit_note"],
        }
    )
    ledger = read([invoice("F1", 0, 100.0), invoice("F2", 5, 50.0), note], [paid("R1", 60, 1.0)], applications=used)
    left = ledger.tables["applications"].group_by("from_id", "to_document_id").agg(pl.col("amount").sum())
    assert sorted(left.filter(pl.col("amount") != 0).rows()) == [("N1", "F2", 3000), ("R1", "F1", 100)]


def test_what_a_returned_cheque_had_made_good_before_is_owed_again() -> None:
    """100 were taken back before anything was there; of the next 150, 50 settle. Taken back too, the next 100 make
    that good."""
    cash = [paid("A1", 10, -100.0), paid("R1", 20, 150.0), paid("B1", 30, -150.0), paid("R2", 40, 120.0)]
    ledger = read([invoice("F1", 0, 200.0)], cash)
    assert applied(ledger) == [("R1", "F1", 50, 20), ("B1", "F1", -50, 30), ("R2", "F1", 20, 40)]


def test_write_offs_that_are_negative_throughout_are_turned_and_told() -> None:
    ledger = read_book([debt("F1", 0, 100.0), debt("F2", 5, 50.0)], [lost("W1", 60, -100.0, None, "F1")], "on_account")
    assert closings(ledger) == [("write_off", "F1", 100, 60)]
    assert [one.severity for one in ledger.findings if one.code == "closings_turned"] == ["warning"]
    mixed = [lost("W1", 60, 100.0, None, "F1"), lost("W2", 70, -100.0, None, "F1")]
    assert closings(read_book([debt("F1", 0, 100.0)], mixed)) == [
        ("write_off", "F1", 100, 60),
        ("write_off", "F1", -100, 70),
    ]


def test_a_write_off_among_much_cash_that_waits_frees_what_had_settled_its_debt() -> None:
    """So many receipts that going through them with each would take minutes."""
    cash = [
        Event(DAY, DEBT, DAY, "F1", 100),
        *(Event(DAY, CASH, DAY, f"receipt:{place}", 100) for place in range(20_000)),
        Event(DAY + timedelta(days=1), CASH, DAY, "closing:write_off:W1", 100),
        *(Event(DAY + timedelta(days=2), CASH, DAY, f"receipt:late{place}", 100) for place in range(20_000)),
    ]
    made = list(settled(cash))
    assert [(one.source, one.units) for one in made] == [
        ("receipt:0", 100),
        ("receipt:0", -100),
        ("closing:write_off:W1", 100),
    ]
