"""A returned cheque names the cheque: it opens again what that had paid, and nothing else is guessed."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credrisk.sources.mapping_taken_back import name_what_was_paid

DOCUMENTS = pl.DataFrame({"document_id": ["F1", "F2", "F3"]})
ROW = ("payment_id", "document_id", "customer_id", "date", "amount")
CHEQUE = ("4004", "F1", "C", "2025-03-05", "100.00")


def after(*rows: tuple[str | None, ...]) -> list[tuple[str | None, str | None, float]]:
    payments = pl.DataFrame(rows, schema=list(ROW), orient="row")
    out = name_what_was_paid({"documents": DOCUMENTS, "payments": payments})["payments"]
    assert out.columns == payments.columns
    assert out["amount"].cast(pl.Float64).sum() == pytest.approx(payments["amount"].cast(pl.Float64).sum())
    return [(own, number, float(amount)) for own, number, amount in out.select(ROW[0], ROW[1], ROW[4]).rows()]


def test_a_returned_cheque_is_taken_back_from_what_it_paid() -> None:
    assert after(CHEQUE, ("J1", "NSF check 4004", "C", "2025-03-12", "-100.00"))[1] == ("J1", "F1", -100.0)
    assert after(CHEQUE, ("J1", "4004", "C", "2025-03-12", "-100"))[1] == ("J1", "F1", -100.0)


def test_a_cheque_of_several_lines_is_taken_back_line_by_line_cash_on_account_too() -> None:
    lines = (("4005", "F1", "C", "2025-03-05", "60.10"), ("4005", None, "C", "2025-03-05", "39.90"))
    back = after(*lines, ("J1", "NSF 4005", "C", "2025-03-12", "-100.00"))
    assert sorted(back, key=str) == sorted(
        [("4005", "F1", 60.1), ("4005", None, 39.9), ("J1", "F1", -60.1), ("J1", None, -39.9)], key=str
    )


@pytest.mark.parametrize(
    "back",
    [
        pytest.param(("J1", "NSF 4004", "D", "2025-03-12", "-100.00"), id="another customer's"),
        pytest.param(("J1", "NSF 4004", "C", "2025-03-12", "-99.99"), id="not all of it"),
        pytest.param(("J1", "NSF 4004", "C", "2025-03-04", "-100.00"), id="before it was paid"),
        pytest.param(("J1", "NSF 4404", "C", "2025-03-12", "-100.00"), id="a number that is not there"),
        pytest.param(("J1", "F2", "C", "2025-03-12", "-100.00"), id="a document's number"),
        pytest.param(("J1", "NSF 4004", "C", "12 or 13 March", "-100.00"), id="no day"),
    ],
)
def test_nothing_else_is_guessed(back: tuple[str, ...]) -> None:
    assert after(CHEQUE, back)[1] == (back[0], back[1], float(back[4]))


def test_one_cheque_comes_back_once() -> None:
    twice = [("J1", "NSF 4004", "C", "2025-03-12", "-100.00"), ("J2", "NSF 4004", "C", "2025-03-13", "-100.00")]
    assert [number for _, number, _ in after(CHEQUE, *twice)] == ["F1", "NSF 4004", "NSF 4004"]


def test_a_text_with_the_numbers_of_two_payments_says_nothing() -> None:
    other = ("4006", "F2", "C", "2025-03-05", "100.00")
    rows = after(CHEQUE, other, ("J1", "4004 or 4006", "C", "2025-03-12", "-100.00"))
    assert rows[2] == ("J1", "4004 or 4006", -100.0)


def test_tables_without_payments_stay() -> None:
    assert name_what_was_paid({"documents": DOCUMENTS}).keys() == {"documents"}
    short = {"documents": DOCUMENTS, "payments": pl.DataFrame({"document_id": ["F9"], "amount": ["-1"]})}
    assert name_what_was_paid(short)["payments"].equals(short["payments"])


MONEY = st.integers(-20, 20).map(lambda cents: f"{cents / 100:.2f}")
TEXT = st.sampled_from(["F1", "F2", "P1", "NSF P1", "P2 and more", "P1 P2", None])
PAYMENT = st.tuples(st.sampled_from(["P1", "P2", "J"]), TEXT, st.sampled_from("CD"), st.just("2025-03-05"), MONEY)


@given(st.lists(PAYMENT, min_size=1, max_size=12))
def test_money_by_customer_stays_whatever_the_rows_say(rows: list[tuple[str | None, ...]]) -> None:
    before = pl.DataFrame(rows, schema=dict.fromkeys(ROW, pl.String), orient="row")
    out = name_what_was_paid({"documents": DOCUMENTS, "payments": before})["payments"]

    def sums(frame: pl.DataFrame) -> dict[str, int]:
        cents = (pl.col("amount").cast(pl.Float64) * 100).round().cast(pl.Int64).sum()
        return dict(
            frame.group_by("customer_id", "payment_id")
            .agg(cents)
            .sort(pl.all())
            .select(pl.concat_str("customer_id", "payment_id"), "amount")
            .iter_rows()
        )

    assert sums(out) == sums(before)
