"""An opening is of this ledger by what its documents are, not by their numbers: those of two companies coincide."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from small_ledgers import ledger_of

from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.provision.movement import provision_movement
from credrisk.portfolio.provision.provide import Provision, provision
from credrisk.portfolio.provision.same_ledger import CORRECTED, opening_in_ledger
from credrisk.portfolio.provision.settings import ProvisionSettings

SHORT = ProvisionSettings(observation_months=3, history_months=4)
ITEMS = 10


def book(*, first: int = ITEMS, **own: Any) -> Ledger:
    """Ten invoices of 1,000.00 of ten customers; ``own`` holds for the ``first`` of them."""
    plain = {"amount": 1000_00, "document_date": "2025-04-01", "due_date": "2025-05-10"}
    return ledger_of(
        documents=[
            {"document_id": f"I{number}", "customer_id": f"K{number}", **plain, **(own if number < first else {})}
            for number in range(ITEMS)
        ],
        rates=[{"currency": "USD", "date": "2025-01-01", "rate": 0.9}],
    )


def ended(ledger: Ledger, day: str = "2025-06-30") -> Provision:
    return provision(ledger, as_of=day, settings=SHORT, output="polars")


@pytest.mark.parametrize(
    ("own", "what"),
    [
        ({"customer_id": "Z"}, "customer"),
        ({"currency": "USD"}, "currency"),
        ({"amount": 900_00}, "amount"),
        ({"document_date": "2025-04-02"}, "document date"),
    ],
)
def test_the_opening_of_another_company_with_the_same_numbers_is_refused(own: dict[str, Any], what: str) -> None:
    opening = replace(ended(book(**own)), booked="theirs")
    closing = ended(book(), "2025-07-31")
    with pytest.raises(ParameterError) as refused:
        provision_movement(book(), opening=opening, closing=closing)
    said = str(refused.value)
    assert f"100 % of its items (10 of 10) have another {what} in it (I0, I1, I2, I3, I4 and 5 more)" in said
    assert "got 'theirs'. What to do: give the folder" in said


def test_one_in_ten_is_a_correction_and_two_are_another_ledger() -> None:
    """1 of 10 is not more than a tenth: named with its money. 2 of 10 are more."""
    assert CORRECTED == 0.10
    one = ended(book(first=1, amount=900_00))
    found = provision_movement(book(), opening=one, closing=ended(book(), "2025-07-31"))
    held = one.items.filter(pl.col("document_id") == "I0")["allowance"][0]
    assert held == pytest.approx(0.9 * one.items["allowance"].max(), abs=0.011)
    assert f"1 item of the opening has another amount in this ledger (I0); the allowance of {held:,.0f} EUR on" in (
        " ".join(found.notes)
    )
    with pytest.raises(ParameterError, match=r"20 % of its items \(2 of 10\)"):
        opening_in_ledger(book(), ended(book(first=2, amount=900_00)))


def test_an_item_of_another_customer_is_told_to_go_and_come() -> None:
    (said,) = opening_in_ledger(book(), ended(book(first=1, customer_id="OTHER")))
    assert "has another customer in this ledger (I0)" in said
    assert said.endswith("an item of the opening is gone and that of today is new.")


def test_terms_that_were_extended_are_told_and_refuse_nothing() -> None:
    (said,) = opening_in_ledger(book(), ended(book(due_date="2025-05-20")))
    assert said.startswith("10 items of the opening are due on another day in this ledger (I0, I1, I2, I3, I4 and 5")


def test_a_folder_without_the_amounts_of_the_documents_is_held_against_what_was_open() -> None:
    """Of 2,000.00 that were open 1,000.00 were billed: that is another document; a part that was paid is none."""
    for amount, refused in ((2000_00, True), (500_00, False)):
        opening = ended(book(amount=amount))
        opening = replace(opening, items=opening.items.drop("billed_minor"))
        if refused:
            with pytest.raises(ParameterError, match="another amount"):
                opening_in_ledger(book(), opening)
        else:
            assert opening_in_ledger(book(), opening) == ()


def test_the_opening_of_the_same_ledger_says_nothing() -> None:
    assert opening_in_ledger(book(), ended(book())) == ()


def open_items_of(*documents: dict[str, Any]) -> Ledger:
    dates = {"document_date": "2025-09-01", "due_date": "2025-10-01"}
    return ledger_of(documents=[{**dates, "amount": 500_00, **row} for row in documents])


def test_an_opening_of_which_all_was_paid_is_told_where_the_ledger_holds_open_items_alone() -> None:
    """Paid documents drop out of such a ledger: all ten are gone, and their customers are still known."""
    opening = ended(book())
    ledger = open_items_of({"document_id": "N", "customer_id": "K3"})
    (said,) = opening_in_ledger(ledger, opening)
    assert said.startswith("10 items of the opening are not in this ledger (I0, I1, I2, I3, I4 and 5 more)")
    found = provision_movement(ledger, opening=opening, closing=ended(ledger, "2025-12-31"), output="polars")
    lines = dict(found.table.select("line", "total").iter_rows())
    assert lines["settled"] == -lines["opening"] == -opening.total
    # No customer in common: it cannot be told, and what is asked for is another ledger.
    with pytest.raises(ParameterError, match="if all items of the opening were paid since, give a ledger that still"):
        opening_in_ledger(open_items_of({"document_id": "N", "customer_id": "ELSE"}), opening)
    # A ledger that has settled documents of before the opening would have those of the opening, too.
    old = {"document_id": "P", "customer_id": "K3", "document_date": "2025-03-01", "due_date": "2025-03-31"}
    whole = open_items_of({"document_id": "N", "customer_id": "K3"}, old)
    paid = ledger_of(documents=[], applications=[{"to_document_id": "P", "amount": 500_00, "applied_on": "2025-04-10"}])
    whole = whole.replace(tables={**whole.tables, "applications": paid.table("applications")})
    with pytest.raises(ParameterError, match=r"none of its items is in it.*What to do: give the folder"):
        opening_in_ledger(whole, opening)
