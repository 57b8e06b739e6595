"""The movement of the allowance adds up to the cent, its lines are those of a hand count, and the journal balances."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import LAST, ledgers
from small_ledgers import ledger_of

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.journal import provision_journal
from credrisk.portfolio.provision.movement import GROSS_LINES, LINES, Movement, provision_movement
from credrisk.portfolio.provision.movement_notes import RECOMPUTED
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.settings import ProvisionSettings, Scenario

SHORT = ProvisionSettings(observation_months=3, history_months=4)


def ends_of(ledger: Ledger, first: Any, last: Any, **changes: Any) -> tuple[Provision, Provision]:
    chosen = SHORT.changed(**changes)
    one, two = (provision(ledger, as_of=day, settings=chosen, output="polars") for day in (first, last))
    return one, two


def cents(frame: pl.DataFrame, column: str, factor: int = 100) -> dict[str, int]:
    return {line: round(value * factor) for line, value in frame.select("line", column).iter_rows()}


OTHERWISE = st.sampled_from(
    [
        {},
        {"scenarios": (Scenario("calm", 0.4, 0.5), Scenario("storm", 0.6, 3.0))},
        {"vat": "relief", "integral": ("guarantee",), "credits": "not_netted"},
        {"edges": (15, 45), "past_due_days": 60, "late_fees": "in_pool", "effective_rate": 0.1},
    ]
)


@settings(max_examples=10, deadline=None)
@given(ledgers(), st.integers(0, 6), st.integers(1, 8), st.sampled_from(["ifrs9", "cecl"]), OTHERWISE)
def test_a_movement_adds_up_to_the_cent(
    ledger: Ledger, back: int, length: int, standard: str, otherwise: dict[str, Any]
) -> None:
    """Whatever was chosen and forecast otherwise at the opening."""
    last = months_after(LAST, -back)
    first, chosen = months_after(last, -length), SHORT.changed(standard=standard)
    opening = provision(ledger, as_of=first, settings=chosen.changed(**otherwise), output="polars")
    closing = provision(ledger, as_of=last, settings=chosen, output="polars")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    for column in ("pool", "specific", "total"):
        lines = cents(found.table, column)
        assert list(lines) == list(LINES)
        assert sum(lines[line] for line in LINES[:-1]) == lines["closing"], column
    total = cents(found.table, "total")
    assert total["opening"] == round(opening.total * 100)
    assert total["closing"] == round(closing.total * 100)
    assert total["transfer"] == 0
    assert otherwise or total["new_matrix"] == 0
    gross = cents(found.gross, "amount")
    assert sum(gross[line] for line in GROSS_LINES[:-1]) == gross["closing"] == round(closing.gross * 100)
    assert gross["opening"] == round(opening.gross * 100)
    specific = closing.specific["allowance"].sum() if closing.specific.height else 0
    assert cents(found.table, "specific")["closing"] == round(specific * 100)
    _balances(found)


def _balances(found: Movement) -> None:
    journal = provision_journal(found, output="polars")
    by_entry = journal.group_by("entry").agg(pl.sum("debit", "credit"))
    assert all(abs(debit - credit) < 1e-6 for _, debit, credit in by_entry.iter_rows())
    own = journal.filter(pl.col("role") == "allowance")
    change = dict(found.table.select("line", "total").iter_rows())
    moved = float(own["credit"].sum()) - float(own["debit"].sum())
    assert moved == pytest.approx(change["closing"] - change["opening"], abs=1e-6)
    assert (journal["debit"] >= 0).all()
    assert (journal["credit"] >= 0).all()


def book(**more: Any) -> Ledger:
    """Four invoices of 1,000.00 due in May 2025, each with its own fate in July."""

    def invoice(number: str, **own: Any) -> dict[str, Any]:
        row = {"document_id": number, "customer_id": number, "document_date": "2025-04-01", "due_date": "2025-05-10"}
        return {**row, "amount": 1000_00, **own}

    applications = [
        {"to_document_id": "PAID", "amount": 1000_00, "applied_on": "2025-07-10", "kind": "payment"},
        {"to_document_id": "HALF", "amount": 500_00, "applied_on": "2025-07-10", "kind": "payment"},
        {"to_document_id": "LOST", "amount": 1000_00, "applied_on": "2025-07-10", "kind": "write_off"},
        {"to_document_id": "LOST", "amount": -300_00, "applied_on": "2025-07-20", "kind": "reversal"},
        {"to_document_id": "LOST", "amount": 300_00, "applied_on": "2025-07-20", "kind": "recovery"},
    ]
    documents = [
        *(invoice(name) for name in ("PAID", "HALF", "LOST", "SOLD")),
        invoice("NEW", document_date="2025-07-05", due_date="2025-08-05"),
    ]
    events = [{"customer_id": "SOLD", "date": "2025-07-15", "kind": "placement"}]
    return ledger_of(documents=documents, applications=applications, credit_events=events, **more)


@pytest.mark.parametrize(("standard", "recovered"), [("ifrs9", 0), ("cecl", 300_00)])
def test_the_lines_by_hand(standard: str, recovered: int) -> None:
    """The opening rate of 31-60 days is r: 4 items of 1,000 hold 4,000 r. One r is released, one half of one, too."""
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31", standard=standard)
    rate = opening.matrix.row(0, named=True)
    assert rate["state"] == "past_due_31_60"
    own = round(rate["rate"] * 1000_00)
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    total, pool, specific = (cents(found.table, column) for column in ("total", "pool", "specific"))
    assert total["opening"] == pytest.approx(4 * own, abs=4)
    assert total["settled"] == pytest.approx(-1.5 * own, abs=3)
    assert total["write_offs"] == -1000_00
    assert total["recoveries"] == recovered
    assert total["losses_beyond"] == pytest.approx(1000_00 - own, abs=2)
    assert total["less_recovered"] == -recovered
    assert total["currency"] == total["losses_new"] == total["forecast"] == 0
    items = {row["document_id"]: row for row in found.items.iter_rows(named=True)}
    assert round(100 * items["NEW"]["new"]) == total["new"] == round(100 * items["NEW"]["closing"])
    assert specific["transfer"] == -pool["transfer"] == pytest.approx(own, abs=2)
    assert items["SOLD"]["opening_stage"] == "pool"
    assert items["SOLD"]["closing_stage"] == "specific"
    assert items["PAID"]["closing_stage"] is None
    assert found.recovered == 300.0
    charge = total["closing"] - total["opening"] + 1000_00 - recovered
    assert round(100 * found.charge) == charge
    journal = provision_journal(found, output="polars")
    taken = {(row["entry"], row["role"]): row["debit"] - row["credit"] for row in journal.iter_rows(named=True)}
    assert taken["recoveries", "allowance" if standard == "cecl" else "recoveries"] == -300.0
    assert taken["write_offs", "receivables"] == -1000.0
    _balances(found)


def test_currency_is_the_opening_allowance_at_the_new_rate() -> None:
    """1,000.00 USD at 0.5 and then 0.75: the allowance grows by a half before anything else moves it."""
    invoice = {"document_id": "U1", "customer_id": "U", "document_date": "2025-06-01", "due_date": "2025-06-25"}
    rates = [
        {"currency": "USD", "date": "2025-06-01", "rate": 0.5},
        {"currency": "USD", "date": "2025-07-31", "rate": 0.75},
    ]
    ledger = ledger_of(documents=[{**invoice, "amount": 1000_00, "currency": "USD"}], rates=rates)
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    total = cents(found.table, "total")
    assert total["opening"] == round(opening.total * 100)
    assert total["currency"] == pytest.approx(total["opening"] / 2, abs=1)
    assert total["settled"] == total["new"] == 0
    assert cents(found.gross, "amount")["currency"] == 250_00


@pytest.mark.parametrize("standard", ["ifrs9", "cecl"])
def test_recoveries_are_translated_in_the_journal_and_item_by_item(standard: str) -> None:
    """Of 1,000.00 USD written off 400.00 came back at 0.75, beside 100.00 EUR: 400 in all, whatever the rules."""
    invoice = {"document_date": "2025-06-01", "due_date": "2025-06-25"}
    documents = [
        {**invoice, "document_id": code, "customer_id": code, "amount": 1000_00, "currency": code}
        for code in ("USD", "EUR")
    ]
    applications = [
        {"to_document_id": code, "amount": amount, "applied_on": day, "kind": kind}
        for code, back in (("USD", 400_00), ("EUR", 100_00))
        for amount, day, kind in (
            (1000_00, "2025-07-10", "write_off"),
            (-back, "2025-07-20", "reversal"),
            (back, "2025-07-20", "recovery"),
        )
    ]
    rates = [{"currency": "USD", "date": "2025-06-01", "rate": 0.75}]
    ledger = ledger_of(documents=documents, applications=applications, rates=rates)
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31", standard=standard)
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    assert found.recovered == 400.0
    journal = provision_journal(found, output="polars").filter(pl.col("entry") == "recoveries")
    assert sorted(journal.select("debit", "credit").rows()) == [(0.0, 400.0), (400.0, 0.0)]
    assert dict(found.items.select("document_id", "recovered").iter_rows()) == {"EUR": 100.0, "USD": 300.0}
    for row in found.items.iter_rows(named=True):
        lines = [row[line] for line in LINES if line not in ("transfer", "closing")]
        assert sum(lines) == pytest.approx(row["closing"], abs=1e-9)


def test_rates_and_buckets_are_told_apart() -> None:
    """An item that stays in its bucket moves by the change of the rates alone; one that ages at old rates first."""
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    row = found.items.filter(pl.col("document_id") == "HALF").row(0, named=True)
    then = {
        row["state"]: row["rate"] for row in opening.rates.filter(pl.col("method") == "cohort").iter_rows(named=True)
    }
    now = {
        row["state"]: row["rate"] for row in closing.rates.filter(pl.col("method") == "cohort").iter_rows(named=True)
    }
    assert row["new_rates"] == pytest.approx(500 * (now["past_due_61_90"] - then["past_due_61_90"]), abs=0.011)
    aged = 500 * (then["past_due_61_90"] - then["past_due_31_60"])
    assert row["moved_bucket"] == pytest.approx(aged, abs=0.021)


def test_the_forecast_has_a_line_of_its_own() -> None:
    """Today's forecast doubles the rate of what stays open of an opening item, and nothing else moves."""
    ledger = book()
    opening, plain = ends_of(ledger, "2025-06-30", "2025-07-31")
    doubled = provision(
        ledger, as_of="2025-07-31", settings=SHORT.changed(scenarios=(Scenario("worse", 1.0, 2.0),)), output="polars"
    )
    before, after = (
        {row["document_id"]: row for row in found.items.iter_rows(named=True)}
        for found in (
            provision_movement(ledger, opening=opening, closing=closing, output="polars")
            for closing in (plain, doubled)
        )
    )
    rate = plain.items.filter(pl.col("document_id") == "HALF")["rate"][0]
    assert after["HALF"]["forecast"] == pytest.approx(500 * rate, abs=0.011)
    assert before["HALF"]["forecast"] == 0
    for line in ("new_rates", "moved_bucket", "exposure"):
        assert after["HALF"][line] == pytest.approx(before["HALF"][line], abs=0.011)
    # SOLD is credit-impaired: the forecast does not move it; NEW comes with today's rate as a whole.
    assert after["SOLD"]["forecast"] == after["NEW"]["forecast"] == 0


def test_losses_of_opening_items_stand_apart_from_those_of_later_ones() -> None:
    """LATE is billed after the opening and written off in the same month: nobody could have provided for it."""
    base = book()
    late = {"document_id": "LATE", "customer_id": "LATE", "document_date": "2025-07-02", "due_date": "2025-07-09"}
    off = {"to_document_id": "LATE", "amount": 700_00, "applied_on": "2025-07-30", "kind": "write_off"}
    more = ledger_of(documents=[{**late, "amount": 700_00}], applications=[off])
    tables = {
        name: pl.concat([frame, more.table(name)]) if name in more.tables else frame
        for name, frame in base.tables.items()
    }
    ledger = base.replace(tables=tables)
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    total = cents(found.table, "total")
    assert total["losses_new"] == 700_00
    before, after = ends_of(base, "2025-06-30", "2025-07-31")
    alone = provision_movement(base, opening=before, closing=after)
    assert total["losses_beyond"] == pytest.approx(round(100 * alone.table.set_index("line")["total"]["losses_beyond"]))
    charge = provision_journal(found, output="polars").filter(pl.col("entry") == "charge")["text"][0]
    assert "700.00 on items not open at the opening" in charge
    # What was raised and settled within the month is in neither line of the gross amount; LATE was written off.
    gross = cents(found.gross, "amount")
    assert gross["new"] == 700_00 + round(100 * dict(closing.items.select("document_id", "gross").iter_rows())["NEW"])


def test_what_is_covered_now_has_its_own_line() -> None:
    """A guarantee for HALF's customer begins in July: what is exposed moves; the rates have no part in it."""
    cover = {"cover_id": "G", "customer_id": "HALF", "kind": "guarantee", "limit": 200_00, "insured_share": 1.0}
    ledger = book(cover=[{**cover, "valid_from": "2025-07-01"}])
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31", integral=("guarantee",))
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    row = found.items.filter(pl.col("document_id") == "HALF").row(0, named=True)
    then = dict(opening.rates.filter(pl.col("method") == "cohort").select("state", "rate").iter_rows())
    # First what is exposed at the rate the item had, then the bucket of what is left.
    assert row["exposure"] == pytest.approx(-200 * then["past_due_31_60"], abs=0.011)
    assert row["moved_bucket"] == pytest.approx(300 * (then["past_due_61_90"] - then["past_due_31_60"]), abs=0.021)
    assert row["new_matrix"] == 0


def test_what_was_chosen_otherwise_is_named() -> None:
    ledger = book()
    opening = provision(ledger, as_of="2025-06-30", settings=SHORT, output="polars")
    closing = provision(ledger, as_of="2025-07-31", settings=SHORT.changed(integral=("guarantee",)), output="polars")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    assert "integral was none, is guarantee" in " ".join(found.notes)


def test_what_cash_covers_in_full_leaves_nothing_to_move() -> None:
    """HALF ages a bucket, but cash on account covers all of it: its allowance goes for that and nothing moves."""
    ledger = book(receipts=[{"receipt_id": "R", "customer_id": "HALF", "date": "2025-07-20", "amount": 900_00}])
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    found = provision_movement(ledger, opening=opening, closing=closing, output="polars")
    row = found.items.filter(pl.col("document_id") == "HALF").row(0, named=True)
    assert row["opening"] > 0
    assert row["closing"] == row["moved_bucket"] == row["new_rates"] == row["new_matrix"] == row["forecast"] == 0
    assert row["exposure"] == pytest.approx(-row["opening"] - row["settled"])


@pytest.mark.parametrize(
    "choice",
    [{"edges": (30, 60, 70, 90)}, {"segment_by": "currency"}, {"method": "roll_rate"}, {"past_due_days": 75}],
)
def test_another_matrix_has_a_line_of_its_own(choice: dict[str, Any]) -> None:
    """The lines before it are those of a closing by the old matrix; the new one comes on top of them."""
    ledger = book()
    opening, plain = ends_of(ledger, "2025-06-30", "2025-07-31")
    closing = provision(ledger, as_of="2025-07-31", settings=SHORT.changed(**choice), output="polars")
    before, after = (
        {row["document_id"]: row for row in found.items.iter_rows(named=True)}
        for found in (
            provision_movement(ledger, opening=opening, closing=end, output="polars") for end in (plain, closing)
        )
    )
    rates = [dict(end.items.select("document_id", "rate").iter_rows())["HALF"] for end in (plain, closing)]
    for line in ("exposure", "moved_bucket", "new_rates"):
        assert after["HALF"][line] == pytest.approx(before["HALF"][line], abs=0.011), line
    assert before["HALF"]["new_matrix"] == 0
    assert after["HALF"]["new_matrix"] == pytest.approx(500 * (rates[1] - rates[0]), abs=0.021)
    assert after["NEW"]["new_matrix"] == 0


def test_the_opening_says_how_it_was_made() -> None:
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    worked_out = provision_movement(ledger, opening=opening, closing=closing).notes[0]
    assert worked_out.startswith(RECOMPUTED)
    assert "without a forecast" in worked_out
    taken = replace(opening, booked="last-year")
    assert provision_movement(ledger, opening=taken, closing=closing).notes == (
        "The opening is the allowance as it was booked on 2025-06-30, read from last-year.",
    )
    strange = taken.items.with_columns(document_id="X" + pl.col("document_id"))
    with pytest.raises(ParameterError, match="a provision of this ledger"):
        provision_movement(ledger, opening=replace(taken, items=strange), closing=closing)
    gone = pl.concat([taken.items, strange.head(1)])
    said = provision_movement(ledger, opening=replace(taken, items=gone), closing=closing).notes
    assert "1 item of the opening is not in this ledger" in said[1]


def test_what_cannot_be_compared_is_refused() -> None:
    ledger = book()
    opening, closing = ends_of(ledger, "2025-06-30", "2025-07-31")
    with pytest.raises(ParameterError, match=r"before.*What to do: give an earlier one"):
        provision_movement(ledger, opening=closing, closing=opening)
    other = provision(ledger, as_of="2025-06-30", settings=SHORT.changed(standard="cecl"))
    with pytest.raises(
        ParameterError, match=r"standard .*\(ifrs9\); got 'cecl'\. What to do: close by the standard of"
    ):
        provision_movement(ledger, opening=other, closing=closing)
    with pytest.raises(ParameterError, match=r"currency .*\(EUR\); got 'USD'\. What to do: close in the currency of"):
        provision_movement(ledger, opening=replace(opening, currency="USD"), closing=closing)


def test_pandas_in_and_out() -> None:
    ledger = book()
    opening, closing = (provision(ledger, as_of=day, settings=SHORT) for day in ("2025-06-30", "2025-07-31"))
    found = provision_movement(ledger, opening=opening, closing=closing)
    assert found.table["total"].iloc[-1] == pytest.approx(closing.total)
    assert provision_journal(found)["debit"].sum() == pytest.approx(provision_journal(found)["credit"].sum())
