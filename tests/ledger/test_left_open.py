"""A write-off without an amount closes what is open of the document on its day, and never by what came later."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk import Ledger
from credrisk.portfolio.ageing import ageing

DAY = date(2025, 1, 1)


def on(day: int | None) -> date | None:
    return None if day is None else DAY + timedelta(days=day)


def documents(*rows: tuple[str, int, float], code: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [(number, "C", "C", on(day), on(day + 30), amount, code) for number, day, amount in rows],
        schema=["document_id", "customer_id", "customer_name", "document_date", "due_date", "amount", "matched_by"],
        orient="row",
        schema_overrides={"matched_by": pl.String},
    )


def payments(*rows: tuple[str | None, int, float], code: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"P{place}", number, "C", on(day), amount, code) for place, (number, day, amount) in enumerate(rows)],
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


def lost(*rows: tuple[str, int], kind: str = "write_off", amount: float | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        [(number, on(day), kind, amount, True) for number, day in rows],
        schema={
            "to_document_id": pl.String,
            "applied_on": pl.Date,
            "kind": pl.String,
            "amount": pl.Float64,
            "left_open": pl.Boolean,
        },
        orient="row",
    )


def read(without_invoice: str = "on_account", **tables: pl.DataFrame) -> Ledger:
    said = pl.DataFrame({"key": ["currency", "without_invoice"], "value": ["EUR", without_invoice]})
    return Ledger.read({**tables, "settings": said}, covers_from=DAY, covers_to=on(200))


def moves(ledger: Ledger, kind: str = "write_off") -> list[tuple[str, int, int]]:
    rows = ledger.tables["applications"].filter(kind=kind).sort("to_document_id", "applied_on")
    rows = rows.select("to_document_id", "applied_on", "amount")
    return [(number, (day - DAY).days, units // 100) for number, day, units in rows.iter_rows()]


def test_cash_that_a_code_places_goes_before() -> None:
    books = documents(("I1", 0, 100.0), ("I2", 5, 100.0), code="A")
    ledger = read(documents=books, payments=payments((None, 30, 60.0), code="A"), applications=lost(("I1", 60)))
    assert moves(ledger) == [("I1", 60, 40)]
    assert moves(ledger, "payment") == [("I1", 30, 60)]


def test_cash_that_settles_the_oldest_debt_goes_before_and_later_cash_passes_what_is_written_off() -> None:
    books = documents(("I1", 0, 100.0), ("I2", 5, 100.0))
    cash = payments((None, 30, 60.0), (None, 90, 70.0))
    ledger = read("oldest_first", documents=books, payments=cash, applications=lost(("I1", 60), ("I2", 120)))
    assert moves(ledger) == [("I1", 60, 40), ("I2", 120, 30)]
    assert moves(ledger, "payment") == [("I1", 30, 60), ("I2", 90, 70)]


def test_what_is_paid_later_is_a_recovery_and_no_credit() -> None:
    books = documents(("I1", 0, 100.0))
    ledger = read(documents=books, payments=payments(("I1", 60, 10.0), ("I1", 90, 40.0)), applications=lost(("I1", 60)))
    assert moves(ledger) == [("I1", 60, 90), ("I1", 90, -40)]
    assert ageing(ledger, as_of=date(2025, 5, 1), output="polars")["net_balance"].sum() == 0
    told = {one.code: one.money for one in ledger.findings}
    assert (told["left_open"], told["left_open_taken_back"]) == (90.0, -40.0)


def test_days_of_settlement_count_where_no_table_has_the_payments() -> None:
    books = documents(("I1", 0, 100.0)).with_columns(settled_on=pl.lit(on(20)), settled_amount=pl.lit(60.0))
    assert moves(read(documents=books, applications=lost(("I1", 60)))) == [("I1", 60, 40)]


def test_ids_are_mended_first() -> None:
    books = documents(("0012", 0, 100.0))
    ledger = read(documents=books, payments=payments(("12", 30, 60.0)), applications=lost(("12", 60)))
    assert moves(ledger) == [("0012", 60, 40)]


@pytest.mark.parametrize("days", [(60, 40), (40, 60)])
def test_of_two_rows_the_earlier_counts(days: tuple[int, int]) -> None:
    books = documents(("I1", 0, 100.0))
    ledger = read(documents=books, applications=lost(*(("I1", day) for day in days)))
    assert moves(ledger) == [("I1", 40, 100)]
    assert ledger.quarantine["reason"].to_list() == ["nothing_left"]
    [tie] = ledger.intake.filter(table="applications").to_dicts()
    assert (tie["rows_read"], tie["rows_kept"], tie["rows_quarantined"]) == (2, 1, 1)
    assert (tie["money_read"], tie["money_kept"], tie["money_unreadable_rows"]) == (100.0, 100.0, 0)


def test_where_nothing_is_left_nothing_is_written_off_and_it_is_told() -> None:
    books = documents(("I1", 0, 100.0))
    ledger = read(documents=books, payments=payments(("I1", 60, 100.0)), applications=lost(("I1", 60)))
    assert moves(ledger) == []
    assert [one.severity for one in ledger.findings if one.code == "nothing_left"] == ["warning"]


def test_no_amount_without_the_flag_and_none_of_what_brings_cash() -> None:
    books = documents(("I1", 0, 100.0), ("I2", 0, 100.0))
    rows = pl.concat([lost(("I1", 60)).with_columns(left_open=False), lost(("I2", 60), kind="credit_note")])
    ledger = read(documents=books, applications=rows)
    assert ledger.quarantine.select("reason", "column").rows() == [("missing_value", "amount")] * 2
    stated = read(documents=books, applications=lost(("I1", 60), amount=25.0))
    assert moves(stated) == [("I1", 60, 25)]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["document", "document", "cash", "coded", "named", "lost", "lost"]),
        st.integers(0, 20),
        st.integers(1, 9),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=14,
)


def book(events: list[tuple[str, int, int, int]]) -> dict[str, pl.DataFrame]:
    books = [(f"F{which}", day, float(units)) for what, day, units, which in events if what == "document"]
    own = {number: (number, day, amount) for number, day, amount in reversed(books)}
    named = [
        (f"F{which}", own[f"F{which}"][1] + day, what, float(units))
        for what, day, units, which in events
        if what in ("named", "lost") and f"F{which}" in own
    ]
    free = [(None, day, float(units), what) for what, day, units, _ in events if what in ("cash", "coded")]
    cash = [(number, day, units) for number, day, what, units in named if what == "named"]
    paid = payments(*cash, *(row[:3] for row in free))
    codes = [None] * len(cash) + ["A" if what == "coded" else None for *_, what in free]
    return {
        "documents": documents(*own.values()).with_columns(
            matched_by=pl.when(pl.col("document_id").is_in(["F0", "F2"])).then(pl.lit("A"))
        ),
        "payments": paid.with_columns(matched_by=pl.Series(codes, dtype=pl.String)),
        "applications": lost(*((number, day) for number, day, what, _ in named if what == "lost")),
    }


def cut(tables: dict[str, pl.DataFrame], day: date) -> dict[str, pl.DataFrame]:
    dates = {"documents": "document_date", "payments": "date", "applications": "applied_on"}
    return {name: frame.filter(pl.col(dates[name]) <= day) for name, frame in tables.items()}


@settings(max_examples=80, deadline=None)
@given(EVENTS, st.integers(0, 45), st.sampled_from(["on_account", "oldest_first"]), st.randoms())
def test_a_ledger_cut_at_any_day_tells_the_same(
    events: list[tuple[str, int, int, int]], until: int, rule: str, shuffled: Any
) -> None:
    tables = book(events)
    before = cut(tables, DAY + timedelta(days=until))
    if before["documents"].is_empty() or before["payments"].is_empty() or before["applications"].is_empty():
        return
    ledger = read(rule, **tables)
    seen = ledger.tables["applications"].filter(pl.max_horizontal("applied_on", "recorded_at") <= on(until))
    assert seen.equals(read(rule, **before).tables["applications"])
    mixed = {
        name: frame[shuffled.sample(range(frame.height), frame.height)] if name != "payments" else frame
        for name, frame in tables.items()
    }
    assert read(rule, **mixed).tables["applications"].equals(ledger.tables["applications"])
    lowest = ledger.tables["applications"].filter(kind="write_off").group_by("to_document_id").agg(pl.sum("amount"))
    assert (lowest["amount"] >= 0).all()
