"""What a settlement means is told by what the credit is; money is neither made nor lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.sources.erp.bodies import Record
from credrisk.sources.erp.postings import Postings
from credrisk.sources.erp.settled_items import Item, Match, Role, post_customers, post_items
from credrisk.sources.mapping import Imported


def item(key: str, role: Role, amount: int, **more: Any) -> Item:
    cells = {"currency": "EUR", "document_date": "2024-01-10", "due_date": "2024-02-09"}
    return Item(key, Record("item", {}, "items", 1), role, "C1", Decimal(amount), **(cells | more))


def match(debit: str, credit: str | None, amount: int, **more: Any) -> Match:
    return Match(Record("match", {}, "matches", 1), debit, credit, Decimal(amount), "2024-03-01", **more)


def posted(items: list[Item], matches: list[Match]) -> Imported:
    postings = Postings()
    post_items(items, matches, postings)
    post_customers((), items, postings)
    made = postings.imported()
    parts = made.summary.select(pl.sum_horizontal("blank", "left_out", "merged", "set_aside", "used")).to_series()
    assert parts.to_list() == made.summary["read"].to_list()
    assert made.summary["read"].sum() == len(items) + len(matches)
    return made


def codes(made: Imported) -> set[str]:
    return set(made.tables["findings"]["code"]) - {"customers_from_references"}


def test_a_document_closed_by_its_own_cancellation_was_paid_by_nobody() -> None:
    made = posted([item("1", "invoice", 100), item("2", "offset", -100, cancels="1")], [match("1", "2", 100)])
    assert made.tables["applications"]["kind"].to_list() == ["credit_note"]
    assert codes(made) == {"own_cancellation"}


def test_cash_paid_back_against_cash_touches_no_document() -> None:
    made = posted([item("1", "cash_back", 100), item("2", "cash", -100)], [match("1", "2", 100)])
    assert "applications" not in made.tables
    assert sum(map(Decimal, made.tables["receipts"]["amount"])) == 0
    assert codes(made) == {"cash_paid_back"}


def test_cash_for_a_document_that_is_not_there_is_set_aside() -> None:
    made = posted([item("2", "cash", -100)], [match("99", "2", 100)])
    assert made.set_aside.select("reason", "key", "amount").row(0) == ("unknown_document", "99", 100.0)


def test_what_a_write_off_did_not_close_stands_as_a_credit() -> None:
    made = posted([item("1", "invoice", 60), item("2", "write_off", -100)], [match("1", "2", 60)])
    documents = dict(made.tables["documents"].select("document_id", "amount").iter_rows())
    assert {key: Decimal(value) for key, value in documents.items()} == {"1": 60, "2": -40}
    assert codes(made) == {"closing_left"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_record_is_lost_and_the_balance_is_that_of_the_postings(data: st.DataObject) -> None:
    roles = st.sampled_from(get_args(Role))
    drawn = data.draw(st.lists(st.tuples(roles, st.integers(1, 999), st.booleans()), min_size=1, max_size=6))
    debits = ("invoice", "debit_note", "late_fee", "cash_back")
    items = [
        item(str(n), role, amount if role in debits or (role == "offset" and flag) else -amount)
        for n, (role, amount, flag) in enumerate(drawn)
    ]
    owing = [one for one in items if (one.amount or 0) > 0]
    owed = [one for one in items if (one.amount or 0) < 0]
    pairs = [(owing[0].key, owed[0].key)] if owing and owed else [("98", "99")]
    matches = [match(debit, credit, 1) for debit, credit in pairs]
    made = posted(items, matches)
    assert money(made, "documents") - money(made, "receipts") - money(made, "applications") == sum(
        (one.amount or 0) for one in items
    )


def money(made: Imported, table: str) -> Decimal:
    """Sum the amounts of a table; of applications, those that come from no posting."""
    if table not in made.tables:
        return Decimal(0)
    frame = made.tables[table]
    if table == "applications":
        frame = frame.filter(pl.col("from_id").is_null())
    return sum(map(Decimal, frame["amount"]), Decimal(0))
