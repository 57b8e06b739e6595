"""The lists of past days: only what was known the day before is in them; what became of the money, by plain loops."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_rivals import RANKINGS
from credrisk.errors import EvidenceError, ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.pipeline.queue_replay_history import HistoryReplayed, replay_history, step_days
from credrisk.pipeline.queue_replay_outcomes import grown_old
from credrisk.simulate.simulator import simulate_ledger

POLICY = Policy.default()


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return simulate_ledger(customers=50, months=17, seed=4).ledger()


@pytest.fixture(scope="module")
def days(ledger: Ledger) -> list[date]:
    return step_days(ledger, every=35)


@pytest.fixture(scope="module")
def found(ledger: Ledger, days: list[date]) -> HistoryReplayed:
    return replay_history(ledger, days=days, policy=POLICY, capacity=4)


def test_a_list_holds_only_what_was_known_the_day_before(
    ledger: Ledger, days: list[date], found: HistoryReplayed
) -> None:
    day = days[1]
    seen = ledger.cut(day - timedelta(days=1))
    again = replay_history(seen, days=days[:2], policy=POLICY, capacity=4)
    assert_frame_equal(again.lists.filter(pl.col("date") == day), found.lists.filter(pl.col("date") == day))


def test_all_lists_hold_the_same_number(found: HistoryReplayed) -> None:
    sizes = found.lists.filter(pl.col("ranking") != "queue").group_by("date", "ranking").len()
    for (_, size), part in sizes.group_by("date", "len"):
        assert part.height == len(RANKINGS) - 1
        assert size <= 4
    assert set(found.lists["ranking"]) == set(RANKINGS)
    assert found.capacity_from == "4 accounts, as asked"


def test_overlap_by_plain_loops(ledger: Ledger, days: list[date], found: HistoryReplayed) -> None:
    ends = [*days[1:], ledger.settings.covers_to + timedelta(days=1)]
    contacted = {
        (day, row["customer_id"])
        for day, until in zip(days, ends, strict=True)
        for row in ledger.table("contacts").iter_rows(named=True)
        if day <= row["date"] < until
    }
    for row in found.overlap.iter_rows(named=True):
        own = found.lists.filter(pl.col("ranking") == row["ranking"])
        places = set(own.select("date", "customer_id").iter_rows())
        assert row["places"] == len(places)
        assert row["listed_contacted"] == pytest.approx(len(places & contacted) / len(places))
    assert found.overlap["same_as_queue"][0] == 1.0


def test_money_listed_before_by_plain_loops(ledger: Ledger, days: list[date], found: HistoryReplayed) -> None:
    events = grown_old(ledger, days=60, since=days[0], until=ledger.settings.covers_to + timedelta(days=1))
    for ranking in ("largest_first", "random"):
        listed = defaultdict(list)
        for row in found.lists.filter(pl.col("ranking") == ranking).iter_rows(named=True):
            listed[row["customer_id"]].append(row["date"])
        caught = sum(
            row["amount"]
            for row in events.iter_rows(named=True)
            if any(row["after"] < day < row["on"] for day in listed[row["customer_id"]])
        )
        told = found.caught.filter((pl.col("ranking") == ranking) & (pl.col("outcome") == "over_60"))
        assert told["money"][0] == pytest.approx(events["amount"].sum())
        assert told["share_listed"][0] == pytest.approx(caught / events["amount"].sum())


def test_what_passes_sixty_days_by_hand() -> None:
    document = {"customer_id": "a", "document_date": "2025-01-01", "due_date": "2025-01-31", "amount": 10_000}
    receipts = [
        {"receipt_id": "r", "customer_id": "a", "date": "2025-04-01", "amount": 4_000},  # the 60th day past due
        {"receipt_id": "s", "customer_id": "a", "date": "2025-04-02", "amount": 6_000},
    ]
    paid = [
        {"from_id": "r", "to_document_id": "d", "amount": 4_000, "applied_on": "2025-04-01"},
        {"from_id": "s", "to_document_id": "d", "amount": 6_000, "applied_on": "2025-04-02"},
    ]
    ledger = ledger_of(documents=[document | {"document_id": "d"}], receipts=receipts, applications=paid)
    due, end = date(2025, 1, 31), date(2026, 1, 1)
    assert grown_old(ledger, days=60, since=due, until=end).rows() == [("a", due, date(2025, 4, 2), 60.0)]
    assert grown_old(ledger, days=90, since=due, until=end).is_empty()
    assert grown_old(ledger, days=60, since=date(2025, 2, 1), until=end).is_empty()
    # it has passed the sixtieth day on 2 April: a replay that ends before does not hold it
    assert grown_old(ledger, days=60, since=due, until=date(2025, 4, 2)).is_empty()
    assert grown_old(ledger, days=60, since=due, until=date(2025, 4, 3)).height == 1


def test_what_comes_after_the_last_list_is_no_part_of_an_earlier_replay(ledger: Ledger, days: list[date]) -> None:
    """Replayed up to an earlier day, the last list is worked as long as the others, not to the end of the ledger."""
    short = days[:2]
    found = replay_history(ledger, days=short, policy=POLICY, capacity=4)
    contacts = ledger.table("contacts")
    until = short[1] + (short[1] - short[0])
    assert until < ledger.settings.covers_to - timedelta(days=60)
    listed = found.lists.filter(pl.col("ranking") == "largest_first").select("date", "customer_id").rows()
    really = set()
    for customer, day in contacts.select("customer_id", "date").rows():
        really |= {
            (first, customer) for first, last in ((short[0], short[1]), (short[1], until)) if first <= day < last
        }
    told = found.overlap.filter(pl.col("ranking") == "largest_first")["listed_contacted"][0]
    assert told == pytest.approx(sum(place in really for place in listed) / len(listed))
    assert found.caught.filter(pl.col("outcome") == "over_60")["money"][0] == pytest.approx(
        grown_old(ledger, days=60, since=short[0], until=until)["amount"].sum()
    )


def test_by_default_as_many_as_were_contacted_at_most_a_fifth(ledger: Ledger, days: list[date]) -> None:
    last = days[-1]
    found = replay_history(ledger, days=[last], policy=POLICY)
    row = found.lists.row(0, named=True)
    assert 1 <= row["capacity"] <= max(1, row["eligible"] // 5)
    assert "really contacted" in found.capacity_from


def test_steps_follow_the_days_on_which_lists_were_logged() -> None:
    document = {"document_id": "d", "customer_id": "a", "document_date": "2023-01-01", "amount": 100}
    logged = [
        {"customer_id": "a", "date": day, "action": "call", "recorded_at": day} for day in ("2025-01-08", "2025-01-10")
    ]
    ledger = ledger_of(documents=[document], queue_log=logged)
    steps = step_days(ledger, start=date(2025, 1, 6), end=date(2025, 1, 27))
    assert steps == [date(2025, 1, 8), date(2025, 1, 13), date(2025, 1, 20), date(2025, 1, 27)]


def test_what_is_refused() -> None:
    document = {"document_id": "d", "customer_id": "a", "document_date": "2025-01-01", "amount": 100}
    ledger = ledger_of(documents=[document], covers_from="2025-01-01", covers_to="2025-12-01")
    with pytest.raises(EvidenceError, match="nothing is left"):
        step_days(ledger)
    with pytest.raises(ParameterError, match="from"):
        step_days(ledger, start=date(2024, 1, 1))
    with pytest.raises(ParameterError, match=r"to must be within what the ledger covers .*2026-03-01"):
        step_days(ledger, end=date(2026, 3, 1))
    with pytest.raises(ParameterError, match="from must be not after the last list"):
        step_days(ledger, start=date(2025, 8, 1), end=date(2025, 7, 1))
