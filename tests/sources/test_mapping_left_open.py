"""What is left open of a document: its amount less all that pays or closes it, in whichever table."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from credrisk.sources.mapping_left_open import LEFT_OPEN, with_left_open

DOCUMENTS = pl.DataFrame({"document_id": ["A", "B", "C", "D", "D"], "amount": ["100.00", "50.5", "7", "1", "1"]})
LOST = pl.DataFrame({"to_document_id": ["A", "B", "C", "D"], "amount": [LEFT_OPEN] * 4, "kind": ["write_off"] * 4})


def left(**tables: pl.DataFrame) -> list[tuple[str, str]]:
    made = with_left_open({"documents": DOCUMENTS, "applications": LOST, **tables})["applications"]
    return made.filter(kind="write_off").select("to_document_id", "amount").rows()


def test_the_whole_document_where_nothing_was_paid_and_no_guess_where_it_is_there_twice() -> None:
    assert left() == [("A", "100.0"), ("B", "50.5"), ("C", "7.0"), ("D", LEFT_OPEN)]


def test_payments_and_credit_notes_count_and_where_nothing_is_left_nothing_is_written_off() -> None:
    paid = pl.DataFrame({"document_id": ["A", "A", "C"], "amount": ["30", "20.25", "7"]})
    credited = pl.DataFrame({"to_document_id": ["B"], "amount": ["0.5"], "kind": ["credit_note"]})
    rows = left(payments=paid, applications=pl.concat([LOST, credited]))
    assert rows == [("A", "49.75"), ("B", "50.0"), ("D", LEFT_OPEN)]


def test_days_of_settlement_count_where_no_table_has_the_payments() -> None:
    settled = DOCUMENTS.with_columns(
        settled_on=pl.Series(["2024-01-01", "2024-01-01", None, None, None]),
        settled_amount=pl.Series(["60", None, None, None, None]),
    )
    assert left(documents=settled) == [("A", "40.0"), ("C", "7.0"), ("D", LEFT_OPEN)]
    elsewhere = pl.DataFrame({"document_id": ["C"], "amount": ["3"]})
    assert left(documents=settled, payments=elsewhere)[:3] == [("A", "100.0"), ("B", "50.5"), ("C", "4.0")]


def test_tables_that_do_not_ask_for_it_stay() -> None:
    plain = pl.DataFrame({"to_document_id": ["A"], "amount": [12.5], "kind": ["discount"]})
    assert with_left_open({"documents": DOCUMENTS, "applications": plain})["applications"].equals(plain)


@given(st.lists(st.integers(0, 12_000), max_size=4))
def test_money_paid_and_written_off_make_up_the_document(cents: list[int]) -> None:
    paid = pl.DataFrame(
        {"document_id": ["A"] * len(cents), "amount": [f"{one / 100:.2f}" for one in cents]},
        schema={"document_id": pl.String, "amount": pl.String},
    )
    lost = sum(round(float(amount) * 100) for number, amount in left(payments=paid) if number == "A")
    assert lost == max(10_000 - sum(cents), 0)
