"""Groups of accounts, on ledgers small enough to work out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_ledgers import COVERS_FROM, LAST, random_ledger
from small_ledgers import Rows, ledger_of

from credrisk.errors import CredriskError
from credrisk.features import Calendar, build_panel
from credrisk.features.ageing import net_balance
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.grid import Grid
from credrisk.features.group_tree import groups, roots
from credrisk.features.items import oldest_due
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger

AS_OF = "2024-06-30"


def row(ledger: Ledger, customer: str, as_of: str = AS_OF) -> dict[str, Any]:
    return build_panel(ledger, as_of=as_of, output="polars").filter(customer_id=customer).row(0, named=True)


def link(child: str, parent: str | None, since: str = "2024-01-01", **more: Any) -> dict[str, Any]:
    return {"customer_id": child, "attribute": "parent_id", "value": parent, "valid_from": since, **more}


def limit(customer: str, value: str) -> dict[str, Any]:
    return {"customer_id": customer, "attribute": "credit_limit", "value": value, "valid_from": "2024-01-01"}


def owes(customer: str, amount: int, due: str) -> dict[str, Any]:
    document = {"document_id": f"{customer}-{due}", "customer_id": customer, "document_date": "2024-01-10"}
    return document | {"due_date": due, "amount": amount}


def family(*history: dict[str, Any], customers: Rows | None = None) -> Ledger:
    """Return four accounts: a owes 100 due today, b 300 (200 of it 30 days late), c 50 (10 days late), d -40."""
    documents = [
        owes("a", 10_000, "2024-06-30"),
        owes("b", 20_000, "2024-05-31"),
        owes("b", 10_000, "2024-07-31"),
        owes("c", 5_000, "2024-06-20"),
        owes("d", -4_000, "2024-06-20"),
    ]
    return ledger_of(documents=documents, customers=customers or [], customer_history=list(history))


def test_sums_over_a_tree_of_three_generations() -> None:
    found = family(link("b", "a"), link("c", "b"), link("d", " a "), limit("a", "200"), limit("c", "250"))
    for customer in "abcd":
        one = row(found, customer)
        assert (one["group_size"], one["group_open_balance"], one["group_exposure"]) == (4, 410.0, 450.0)
        assert (one["group_past_due"], one["group_accounts_past_due"]) == (250.0, 2)
        assert one["group_share_past_due"] == pytest.approx(250 / 450)
        assert one["group_utilisation"] == 1.0
    a, b = row(found, "a"), row(found, "b")
    assert a["share_of_group_exposure"] == pytest.approx(100 / 450)
    assert a["rest_of_group_share_past_due"] == pytest.approx(250 / 350)
    assert (a["rest_of_group_days_past_due"], b["rest_of_group_days_past_due"]) == (30.0, 10.0)
    assert row(found, "d")["share_of_group_exposure"] == 0.0


def test_a_group_of_one_has_its_own_figures_and_no_rest() -> None:
    found = row(family(limit("b", "600")), "b")
    assert (found["group_size"], found["group_exposure"], found["share_of_group_exposure"]) == (1, 300.0, 1.0)
    assert found["group_utilisation"] == 0.5
    assert found["rest_of_group_share_past_due"] is found["rest_of_group_days_past_due"] is None


def test_a_parent_that_is_no_account_links_and_does_not_count() -> None:
    found = family(link("a", "Holding"), link("b", "Holding"))
    assert [row(found, name)["group_size"] for name in "abc"] == [2, 2, 1]


def test_accounts_in_a_ring_are_one_group_with_those_below_it() -> None:
    found = family(link("a", "b"), link("b", "a"), link("c", "b"), link("d", "d"))
    assert [row(found, name)["group_size"] for name in "abcd"] == [3, 3, 3, 1]


def test_the_parent_in_force_counts_as_known_on_the_day() -> None:
    moved = link("b", "c", "2024-03-01", recorded_at="2024-06-15")
    ended = link("b", None, "2024-07-01", recorded_at="2024-06-01")
    found = family(link("b", "a"), moved, ended)
    as_of = ("2023-12-31", "2024-06-14", "2024-06-15", "2024-06-30", "2024-07-01")
    sizes = [[row(found, name, day)["group_size"] for name in "abc"] for day in as_of]
    assert sizes == [[1, 1, 1], [2, 2, 1], [1, 2, 2], [1, 2, 2], [1, 1, 1]]


def test_an_account_is_a_member_from_the_day_it_is_opened() -> None:
    customers = [{"customer_id": "e", "opened_on": "2024-06-10"}]
    found = family(link("e", "a"), link("c", "e"), customers=customers)
    assert [row(found, name, "2024-06-09")["group_size"] for name in "aec"] == [2, 1, 2]
    assert row(found, "a", "2024-06-09")["group_open_balance"] == 150.0
    assert [row(found, name, "2024-06-10")["group_size"] for name in "aec"] == [3, 3, 3]


def test_an_account_with_a_document_is_a_member_whatever_its_opening_date_says() -> None:
    customers = [{"customer_id": "b", "opened_on": "2024-06-10"}]
    found = family(link("b", "a"), customers=customers)
    assert [row(found, name, "2024-01-09")["group_size"] for name in "ab"] == [1, 1]
    assert [row(found, name, "2024-01-10")["group_size"] for name in "ab"] == [2, 2]


def test_two_members_with_the_same_oldest_item_are_each_the_rest_of_the_other() -> None:
    documents = [owes("a", 100, "2024-06-20"), owes("b", 100, "2024-06-20"), owes("c", 100, "2024-06-25")]
    found = ledger_of(documents=documents, customer_history=[link("b", "a"), link("c", "a")])
    assert [row(found, name)["rest_of_group_days_past_due"] for name in "abc"] == [10.0, 10.0, 10.0]


def test_a_group_too_large_to_be_summed_exactly_is_refused() -> None:
    documents = [owes(name, 2**52, "2024-06-20") for name in "ab"]
    with pytest.raises(CredriskError, match="group"):
        row(ledger_of(documents=documents, customer_history=[link("b", "a")]), "a")


@pytest.mark.parametrize("seed", range(20))
def test_roots_are_those_found_by_walking_up(seed: int) -> None:
    """One period is random (with rings), one a chain as long as there are nodes, one without any link."""
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(1, 40))
    number = np.arange(nodes)
    parent = np.stack([rng.integers(0, nodes, nodes), np.maximum(number - 1, 0), number], axis=1)
    found = roots(parent)
    for period in range(3):
        for node in range(nodes):
            way = [node]
            while (above := int(parent[way[-1], period])) not in way:
                way.append(above)
            assert found[node, period] == min(way[way.index(above) :])


def test_the_random_ledgers_have_parents_that_are_accounts_and_ones_that_are_not_and_moves() -> None:
    rows = LedgerRows(random_ledger(1))
    parents, customers = rows.kind("parents"), len(rows.customers)
    assert (parents["parent"] >= customers).sum() >= 5
    assert ((parents["parent"] >= 0) & (parents["parent"] < customers)).sum() >= 5
    assert (parents["parent"] == -1).sum() >= 5
    calendar = Calendar.month_ends(COVERS_FROM, LAST)
    found = groups(Grid(rows, calendar, 0, customers))
    assert (found.root[:, 1:] != found.root[:, :-1]).sum() >= 10
    assert found.totals["accounts"].max() >= 5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chosen_customers_have_the_figures_that_they_have_among_all(seed: int) -> None:
    rows, calendar = LedgerRows(random_ledger(seed)), Calendar.month_ends(COVERS_FROM, LAST)
    places = np.array([0, 3, 4, 11, 39])
    whole, chosen = Grid(rows, calendar, 0, 40), Grid(ChosenRows(rows, places), calendar, 0, len(places))
    for figure in (net_balance, oldest_due):
        np.testing.assert_array_equal(figure(chosen), figure(whole)[places])
    assert chosen.source.customers.to_list() == rows.customers.gather(places).to_list()
