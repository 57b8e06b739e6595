"""Instalments under one number: a document each, and what is paid on the number on the one that falls due first."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk import Ledger
from credrisk.errors import ParameterError
from credrisk.sources.mapping import import_with_map
from credrisk.sources.mapping_file import map_of_text
from credrisk.sources.mapping_instalments import split_instalments

MAPPING = """
[files.invoices]
path = "invoices.csv"

[files.payments]
path = "payments.csv"

[tables.customers]
file = "invoices"
one_row_per = "customer_id"
[tables.customers.columns]
customer_id = "customer"
name = "customer"
currency = {{ constant = "EUR" }}

[tables.documents]
file = "invoices"
{instalments}
[tables.documents.columns]
document_id = "number"
customer_id = "customer"
document_date = "date"
due_date = "due"
amount = "amount"
currency = {{ constant = "EUR" }}

[tables.applications]
file = "payments"
[tables.applications.columns]
to_document_id = "number"
amount = "paid"
applied_on = "on"
kind = {{ constant = "payment" }}
"""


def ledger_of(tmp_path, *, instalments: str) -> Ledger:
    (tmp_path / "invoices.csv").write_text(
        "number,customer,date,due,amount\n"
        "10,A,2025-01-10,2025-03-10,50.00\n10,A,2025-01-10,2025-02-10,50.10\n10,A,2025-01-10,2025-04-10,49.90\n"
        "11,B,2025-01-10,2025-02-10,70.00\n"
    )
    (tmp_path / "payments.csv").write_text(
        "number,paid,on\n10,60.00,2025-02-12\n10,-15.00,2025-02-20\n10,30.00,2025-03-01\n11,70.00,2025-02-01\n"
    )
    (tmp_path / "map.toml").write_text(MAPPING.format(instalments=instalments))
    imported = import_with_map(tmp_path / "map.toml", tmp_path)
    assert imported.summary["used"].sum() == imported.summary["read"].sum() - imported.summary["merged"].sum()
    return Ledger.read(imported.tables)


def test_payments_of_a_number_go_to_the_instalment_that_falls_due_first(tmp_path) -> None:
    ledger = ledger_of(tmp_path, instalments="instalments = true")
    assert sorted(ledger.table("documents")["document_id"]) == ["10/1", "10/2", "10/3", "11"]
    found = ledger.table("applications").select("to_document_id", "applied_on", "amount").sort("applied_on", "amount")
    told = [(number, day.isoformat(), cents / 100) for number, day, cents in found.iter_rows()]
    assert told == [
        ("11", "2025-02-01", 70.0),
        ("10/2", "2025-02-12", 9.9),
        ("10/1", "2025-02-12", 50.1),
        ("10/2", "2025-02-20", -9.9),
        ("10/1", "2025-02-20", -5.1),
        ("10/1", "2025-03-01", 5.1),
        ("10/2", "2025-03-01", 24.9),
    ]
    assert ledger.quarantine.height == 0


def test_without_the_word_rows_of_one_number_are_set_aside(tmp_path) -> None:
    ledger = ledger_of(tmp_path, instalments="")
    assert ledger.table("documents")["document_id"].to_list() == ["11"]
    assert ledger.quarantine.height > 0


@pytest.mark.parametrize(
    ("line", "words"),
    [('instalments = "yes"', "true or false"), ('instalments = true\none_row_per = "document_id"', "one_row_per")],
)
def test_a_wrong_word_is_an_error(tmp_path, line, words) -> None:
    with pytest.raises(ParameterError, match=words):
        ledger_of(tmp_path, instalments=line)


def test_one_part_of_the_documents_alone_cannot_have_instalments(tmp_path) -> None:
    part = "[[tables.documents]]\n{word}[tables.documents.columns]\n" + "\n".join(
        f'{name} = "x"' for name in ("document_id", "customer_id", "document_date", "due_date", "amount")
    )
    text = "[files.all]\npath = 'all.csv'\n" + part.format(word="instalments = true\n") + "\n" + part.format(word="")
    with pytest.raises(ParameterError, match=r"tables\.documents\.instalments.*the same in every part of the table"):
        map_of_text(text, "map.toml")


PLAIN = [("7", "A", "2025-01-31", "10.0"), ("7", "A", "2025-02-28", "20.0")]


@pytest.mark.parametrize(
    "change",
    [
        {"due_date": "2025-01-31"},  # the same day twice: two copies of a row, or an error
        {"due_date": None},
        {"due_date": "soon"},
        {"customer_id": "B"},
        {"amount": "-20.0"},
        {"amount": "20,00"},
        {"amount": None},
    ],
)
def test_what_are_no_instalments_stays_as_it_came(change) -> None:
    first, second = (dict(zip(("document_id", "customer_id", "due_date", "amount"), row, strict=True)) for row in PLAIN)
    tables = {"documents": pl.DataFrame([first, second | change], schema=dict.fromkeys(first, pl.String))}
    assert split_instalments(tables)["documents"].equals(tables["documents"])


def test_a_number_that_is_taken_is_not_given_again() -> None:
    rows = [*PLAIN, ("7/2", "A", "2025-05-31", "5.0")]
    documents = pl.DataFrame(rows, schema=["document_id", "customer_id", "due_date", "amount"], orient="row")
    assert split_instalments({"documents": documents})["documents"].equals(documents)


cents = st.integers(1, 10_000)


@settings(max_examples=150)
@given(st.lists(cents, min_size=2, max_size=5), st.lists(st.integers(-9_000, 20_000), max_size=8), st.randoms())
def test_every_cent_goes_where_a_clerk_would_put_it(amounts, paid, shuffle) -> None:
    due = [date(2025, 1, 31) + timedelta(days=30 * place) for place in range(len(amounts))]
    rows = [("7", "A", day.isoformat(), amount / 100) for day, amount in zip(due, amounts, strict=True)]
    shuffle.shuffle(rows)
    documents = pl.DataFrame(rows, schema=["document_id", "customer_id", "due_date", "amount"], orient="row")
    days = [(date(2025, 1, 1) + timedelta(days=place)).isoformat() for place in range(len(paid))]
    applications = pl.DataFrame(
        {"to_document_id": ["7"] * len(paid), "amount": [one / 100 for one in paid], "applied_on": days},
        schema={"to_document_id": pl.String, "amount": pl.Float64, "applied_on": pl.String},
    )
    found = split_instalments({"documents": documents, "applications": applications})
    ids = {row["due_date"]: row["document_id"] for row in found["documents"].iter_rows(named=True)}
    order = [ids[day.isoformat()] for day in due]
    assert order == [f"7/{place}" for place in range(1, len(amounts) + 1)]
    level, expected = 0, []
    for day, payment in zip(days, paid, strict=True):
        expected.append({"day": day, **dict(zip(order, shares(level, level + payment, amounts), strict=True))})
        level += payment
    for row in expected:
        day = row.pop("day")
        got = found["applications"].filter(pl.col("applied_on") == day)
        told = {number: round(100 * got.filter(pl.col("to_document_id") == number)["amount"].sum()) for number in order}
        assert told == row


def shares(before: int, after: int, amounts: list[int]) -> list[int]:
    """Move the level of payment cent by cent: up fills the first that is open, down empties the last that holds any."""
    held = [0] * len(amounts)

    def holder(level: int) -> int:
        """Return which instalment the cent from ``level`` to ``level + 1`` lies on."""
        total = 0
        for place, amount in enumerate(amounts):
            total += amount
            if level < total:
                return place
        return len(amounts) - 1

    step = 1 if after > before else -1
    for level in range(before, after, step):
        held[holder(level if step > 0 else level - 1)] += step
    return held


def test_payments_and_write_offs_of_a_number_count_together() -> None:
    documents = pl.DataFrame(PLAIN, schema=["document_id", "customer_id", "due_date", "amount"], orient="row")
    payments = pl.DataFrame(
        {"payment_id": ["P", "Q"], "document_id": ["7", "8"], "date": ["2025-02-01"] * 2, "amount": ["10", "3"]}
    )
    written_off = pl.DataFrame({"to_document_id": ["7"], "amount": ["20"], "applied_on": ["2025-03-01"]})
    found = split_instalments({"documents": documents, "payments": payments, "applications": written_off})
    assert found["payments"].rows() == [("P", "7/1", "2025-02-01", "10.0"), ("Q", "8", "2025-02-01", "3")]
    assert found["applications"].rows() == [("7/2", "20.0", "2025-03-01")]


def test_an_amount_that_cannot_be_read_leaves_the_payments_of_its_number_alone() -> None:
    documents = pl.DataFrame(PLAIN, schema=["document_id", "customer_id", "due_date", "amount"], orient="row")
    payments = pl.DataFrame({"document_id": ["7", "7"], "date": ["2025-02-01"] * 2, "amount": ["10", "3,00"]})
    assert split_instalments({"documents": documents, "payments": payments})["payments"].equals(payments)


SAID = """
[[tables.disputes]]
file = "disputes"
[tables.disputes.columns]
dispute_id = "id"
document_id = "number"
opened_on = "on"
amount = "amount"

[tables.promises]
file = "promises"
[tables.promises.columns]
promise_id = "id"
customer_id = "customer"
document_id = "number"
made_on = "on"
due_on = "due"

[tables.document_changes]
file = "changes"
[tables.document_changes.columns]
document_id = "number"
field = "field"
value = "value"
changed_on = "on"
"""
FLAGGED = """
[[tables.disputes]]
file = "invoices"
where = [{ column = "disputed", equals = "yes" }]
[tables.disputes.columns]
dispute_id = { template = "F-{number}" }
document_id = "number"
opened_on = "date"
amount = "amount"
"""


def test_what_is_said_of_a_number_is_said_of_each_instalment_and_nothing_is_lost(tmp_path) -> None:
    (tmp_path / "invoices.csv").write_text(
        "number,customer,date,due,amount,disputed\n"
        "10,A,2025-01-10,2025-03-10,50.00,yes\n10,A,2025-01-10,2025-02-10,50.10,no\n"
        "11,B,2025-01-10,2025-02-10,70.00,no\n"
        "12,B,2025-01-10,2025-04-10,20.00,yes\n12,B,2025-01-10,2025-02-10,20.00,yes\n"
    )
    (tmp_path / "payments.csv").write_text("number,paid,on\n11,70.00,2025-02-01\n")
    (tmp_path / "disputes.csv").write_text(
        "id,number,on,amount\nD1,10,2025-02-01,\nD2,11,2025-02-01,\nD3,10,2025-02-02,9.00\n"
    )
    (tmp_path / "promises.csv").write_text(
        "id,customer,number,on,due\nP1,A,10,2025-02-11,2025-02-20\nP2,B,,2025-02-11,2025-02-20\n"
    )
    (tmp_path / "changes.csv").write_text(
        "number,field,value,on\n10,dunning_block,yes,2025-02-01\n10,due_date,2025-05-01,2025-02-02\n"
        "11,due_date,2025-05-01,2025-02-02\n"
    )
    files = "".join(f'[files.{name}]\npath = "{name}.csv"\n' for name in ("disputes", "promises", "changes"))
    text = files + MAPPING.format(instalments="instalments = true") + SAID + FLAGGED
    (tmp_path / "map.toml").write_text(text)
    ledger = Ledger.read(import_with_map(tmp_path / "map.toml", tmp_path).tables)
    disputes = ledger.table("disputes").select("dispute_id", "document_id").sort("dispute_id", "document_id")
    assert disputes.rows() == [
        ("D1/1", "10/1"),
        ("D1/2", "10/2"),
        ("D2", "11"),
        ("F-10", "10/2"),
        ("F-12/1", "12/1"),
        ("F-12/2", "12/2"),
    ]
    assert ledger.table("promises").select("promise_id", "document_id").sort("promise_id").rows() == [
        ("P1/1", "10/1"),
        ("P1/2", "10/2"),
        ("P2", None),
    ]
    changes = ledger.table("document_changes").select("document_id", "field").sort("document_id", "field")
    assert changes.rows() == [("10/1", "dunning_block"), ("10/2", "dunning_block"), ("11", "due_date")]
    aside = ledger.quarantine.select("table", "key", "reason").sort("table", "key").rows()
    assert [(table, reason) for table, _, reason in aside] == [
        ("disputes", "unknown_document"),
        ("document_changes", "unknown_document"),
    ]
    assert "D3" in aside[0][1]
