"""What the provision says in words is true in every branch: on default, published rates, past days, late postings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from small_ledgers import ledger_of

from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.backtest import provision_backtest
from credrisk.portfolio.provision.disclosure import provision_disclosure
from credrisk.portfolio.provision.movement import Movement, provision_movement
from credrisk.portfolio.provision.provide import measured_rates, provision
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=24)


def invoice(number: str, day: str = "2025-04-01", due: str = "2025-05-10", **more: Any) -> dict[str, Any]:
    row = {"document_id": number, "customer_id": number, "document_date": day, "due_date": due}
    return {**row, "amount": 1000_00, **more}


def applied(document: str, kind: str, amount: int, day: str, **more: Any) -> dict[str, Any]:
    return {"to_document_id": document, "amount": amount, "applied_on": day, "kind": kind, **more}


EVENTS = ("insolvency", "legal_action")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (
            {"events": EVENTS},
            "Items dated up to their customer's latest insolvency or legal action are credit-impaired",
        ),
        (
            {"events": EVENTS[:1], "past_due_days": 90},
            "Items dated up to their customer's latest insolvency and items 90 or more days past due are",
        ),
        ({"events": (), "past_due_days": 90}, "Items 90 or more days past due are credit-impaired and provided for"),
        ({"events": ()}, "No item is taken for credit-impaired: neither an event nor a number of days past due is set"),
    ],
)
def test_the_definition_of_default_is_that_of_the_settings(choice: dict[str, Any], words: str) -> None:
    found = provision(ledger_of(documents=[invoice("A")]), as_of="2025-12-31", settings=SHORT.changed(**choice))
    (said,) = [sentence for sentence in provision_disclosure(found)[1] if "credit-impaired" in sentence]
    assert said.startswith(words)


@pytest.mark.parametrize(("days", "told"), [(0, True), (365, True), (124, True), (123, False), (90, False)])
def test_the_presumption_of_90_days_is_told_whatever_later_day_is_chosen(days: int, told: bool) -> None:
    """The item is 123 days past due: in the pool unless default begins by then."""
    ledger = ledger_of(documents=[invoice("A", due="2025-08-30")])
    found = provision(ledger, as_of="2025-12-31", settings=SHORT.changed(past_due_days=days))
    words = {choice.subject: choice.words for choice in found.contested}
    assert ("Default at 90 days past due" in words) == told
    if told:
        assert words["Default at 90 days past due"].endswith("here.") == (days > 0)


def test_days_count_as_own_only_where_something_was_observed() -> None:
    """The first document is of April 2025: month-ends before it are followed, but they are empty."""
    ledger = ledger_of(documents=[invoice("A")], covers_from="2023-01-01")
    chosen = SHORT.changed(history_months=4)
    _, months = measured_rates(ledger, as_of=date(2025, 4, 30), settings=chosen)
    assert months == {"cohort": 0, "roll_rate": 0}
    _, months = measured_rates(ledger, as_of=date(2025, 7, 31), settings=chosen)
    assert months == {"cohort": 1, "roll_rate": 3}
    found = provision_backtest(ledger, as_of="2025-07-31", settings=chosen, output="polars")
    rows = found.dates.select("as_of", "own_month_ends", "balance").rows()
    assert rows == [(date(2025, 4, 30), 0, 1000.0)]
    assert found.methods.is_empty()
    assert "At no past day had a month-end with open items been followed for a full window" in found.notes[0]
    assert found.notes[1] == "Left out: 9 past days at which nothing was exposed."
    early = provision(ledger, as_of="2025-04-30", settings=chosen)
    assert "No past month-end with open items was followed for 3 months" in " ".join(early.notes)
    none = provision_backtest(ledger_of(documents=[]), as_of="2025-07-31", settings=chosen, output="polars")
    assert none.notes == ("Nothing was exposed at any past day: no provision can be judged yet.",)


def with_losses() -> Ledger:
    """Twenty customers a month in 2024, one of whom loses; only an invoice of an insolvent customer is open."""
    documents = [
        invoice(f"D{month}-{number}", f"2024-{month:02d}-01", f"2024-{month:02d}-20", customer_id=f"C{number}")
        for month in range(1, 12)
        for number in range(20)
    ]
    applications = [
        applied(row["document_id"], "write_off" if row["customer_id"] == "C1" else "payment", 1000_00, "2025-01-15")
        for row in documents
    ]
    event = {"customer_id": "Z", "date": "2025-12-01", "kind": "insolvency"}
    open_one = invoice("IMP", "2025-11-01", "2025-11-20", customer_id="Z")
    return ledger_of(documents=[*documents, open_one], applications=applications, credit_events=[event])


def test_losses_of_other_buckets_are_not_denied() -> None:
    """Finished cohorts did show losses; none of them was of credit-impaired items, and only such a one is open."""
    found = provision(with_losses(), as_of="2025-12-31", settings=ProvisionSettings(), output="polars")
    assert found.published == found.total > 0
    assert found.rates["loss_customers"].sum() > 0
    said = " ".join((*found.notes, *provision_disclosure(found)[1]))
    assert "no finished cohort shows a loss" not in said
    assert found.notes[0] == (
        "All of the allowance rests on published loss rates: what finished cohorts lost stood in other buckets, or "
        "weighs next to nothing in these."
    )
    assert (
        "for what finished cohorts lost stood in other buckets, or weighs next to nothing in these: all of it" in said
    )


def test_a_loss_after_the_last_finished_window_stood_in_month_ends_all_the_same() -> None:
    """Mid-month: A stood in month-ends that were followed to their end, and was written off after it."""
    documents = [invoice("A", "2025-01-01", "2025-01-20"), invoice("K", "2025-07-01", "2025-07-30")]
    ledger = ledger_of(documents=documents, applications=[applied("A", "write_off", 1000_00, "2025-07-20")])
    found = provision(ledger, as_of="2025-07-25", settings=SHORT, output="polars")
    seen = found.rates.filter(method="cohort")
    assert (seen["customers"].sum(), seen["loss_customers"].sum()) == (3, 0)
    assert found.notes[0].endswith(
        "Written off were 1,000 EUR on 1 item (on 2025-07-20), but no month-end that was followed for 3 months shows "
        "them as lost: no rate counts them yet."
    )


def moved(then: Ledger, now: Ledger, chosen: ProvisionSettings = SHORT) -> Movement:
    opening = replace(provision(then, as_of="2025-06-30", settings=chosen, output="polars"), booked="booked")
    closing = provision(now, as_of="2025-07-31", settings=chosen, output="polars")
    return provision_movement(now, opening=opening, closing=closing, output="polars")


@pytest.mark.parametrize("kind", ["write_off", "payment"])
def test_what_the_opening_knew_is_not_called_recorded_after_it(kind: str) -> None:
    """500.00 of A were known when the opening was booked; today's ledger has them as recorded in July."""
    documents = [invoice("A"), invoice("K")]
    row = applied("A", kind, 500_00, "2025-06-20")
    then, now = (
        ledger_of(documents=documents, applications=[{**row, "recorded_at": day}])
        for day in ("2025-06-20", "2025-07-05")
    )
    found = moved(then, now)
    assert found.notes == ("The opening is the allowance as it was booked on 2025-06-30, read from booked.",)
    assert dict(found.table.select("line", "total").iter_rows())["write_offs"] == 0
    # 200.00 more that the opening did not know are of the period, and are told alone.
    more = applied("A", kind, 200_00, "2025-06-25", recorded_at="2025-07-05")
    both = ledger_of(documents=documents, applications=[{**row, "recorded_at": "2025-07-05"}, more])
    what = "written off" if kind == "write_off" else "paid or credited"
    assert moved(then, both).notes[1:] == (
        f"Dated on or before the opening, but recorded after it, so of this period: 200 EUR {what} on 1 item.",
    )


def test_an_opening_with_stated_recoveries_is_not_said_to_be_without_them() -> None:
    event = {"customer_id": "A", "date": "2025-06-01", "kind": "insolvency"}
    ledger = ledger_of(documents=[invoice("A")], credit_events=[event])
    stated = SHORT.changed(recovery={"A": 0.5})
    closing = provision(ledger, as_of="2025-07-31", settings=stated, output="polars")
    for chosen, said in ((stated, False), (SHORT, True)):
        opening = provision(ledger, as_of="2025-06-30", settings=chosen, output="polars")
        notes = provision_movement(ledger, opening=opening, closing=closing, output="polars").notes
        assert ("without the recoveries stated today" in notes[0]) == said


def test_cover_that_began_after_the_item_is_told_with_its_money() -> None:
    """450 of A are netted by a policy of August; B was billed while one ran that was renewed since."""

    def policy(customer: str, start: str, end: str | None = None) -> dict[str, Any]:
        row = {"customer_id": customer, "cover_id": f"{customer}{start}", "kind": "insurance", "limit": 500_00}
        return {**row, "insured_share": 0.9, "valid_from": start, "valid_to": end}

    cover = [policy("A", "2025-08-01"), policy("B", "2025-01-01", "2025-07-31"), policy("B", "2025-08-01")]
    ledger = ledger_of(documents=[invoice("A"), invoice("B")], cover=cover)
    chosen = SHORT.changed(integral=("insurance",))
    found = provision(ledger, as_of="2025-08-30", settings=chosen, output="polars")
    assert found.items["covered"].to_list() == [450.0, 450.0]
    words = {choice.subject: choice.words for choice in found.contested}
    assert words["Cover that began later"].startswith("450 EUR on 1 item is netted by cover that began after the item")
    before = provision(ledger, as_of="2025-07-15", settings=chosen, output="polars")
    assert "Cover that began later" not in {choice.subject for choice in before.contested}


def test_the_notes_tell_netted_insurance_with_its_money_and_the_discount_rate() -> None:
    """600 of 1,000 are insured; the 400 left are due in 73 days and at 5 % a year worth 396.11."""
    insured = {"customer_id": "A", "cover_id": "P", "kind": "insurance", "limit": 600_00, "insured_share": 1.0}
    cover = [insured | {"valid_from": "2025-01-01"}]
    ledger = ledger_of(documents=[invoice("A", "2025-06-01", "2025-09-11")], cover=cover)
    chosen = SHORT.changed(integral=("insurance",), effective_rate=0.05, financing_component=True)
    _, said = provision_disclosure(provision(ledger, as_of="2025-06-30", settings=chosen, output="polars"))
    assert any(one.startswith("Integral cover (insurance) takes 600 EUR off what is exposed") for one in said)
    assert any(
        one.startswith(
            "Discounted at 5.00 % a year (IFRS 9 5.5.17(b)): all items, from their due date, which takes 3.88 EUR off"
        )
        for one in said
    )
    terms = chosen.changed(financing_component=False)
    _, said = provision_disclosure(provision(ledger, as_of="2025-06-30", settings=terms, output="polars"))
    assert any("items with terms of more than 365 days, from their due date, which takes 0 EUR" in one for one in said)
    _, said = provision_disclosure(provision(ledger, as_of="2025-06-30", settings=SHORT, output="polars"))
    assert not any("Integral cover" in one or "Discounted" in one for one in said)
