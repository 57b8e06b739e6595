"""The team's measures: each worked out by hand, point in time, and empty where the ledger does not say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from decisions.team_ledgers import END, START, bill, contact, owner, pay, team_ledger
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions.promise_ledger import promise_ledger
from credrisk.decisions.team_accounts import NOBODY, account_balances, account_owners
from credrisk.decisions.team_contacts import (
    days_to_first_contact,
    median_of_spells,
    mostly_known,
    penetration,
    period_contacts,
)
from credrisk.decisions.team_funnel import contact_funnel
from credrisk.decisions.team_measures import EVERYBODY, team_measures
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.history import portfolio_history


def rows_of(ledger: Ledger, **options: object) -> dict[str, dict[str, object]]:
    found = team_measures(ledger, as_of=END, **options)  # type: ignore[arg-type]
    return {row["collector"]: row for row in found.table.iter_rows(named=True)}


def worked() -> Ledger:
    """Two collectors: Ann has a, b and c past due on 3 March, Ben has d; e falls due in the period."""
    return team_ledger(
        documents=[
            bill("a1", "a", "2025-02-01", 100_00),
            bill("b1", "b", "2025-02-20", 300_00),
            bill("c1", "c", "2024-12-15", 600_00, "2024-11-15"),
            bill("d1", "d", "2025-03-02", 500_00),
            bill("e1", "e", "2025-03-10", 50_00),
            bill("e2", "e", "2025-05-10", 70_00, "2025-03-15"),
        ],
        payments=[pay("r1", "a1", "a", "2025-03-12", 100_00), pay("r2", "d1", "d", "2025-03-20", 200_00)],
        contacts=[
            contact("1", "a", "2025-03-05", "promise", collector="Ann", right_party=True, minutes=10.0, note="pays"),
            contact("2", "b", "2025-03-06", "no_answer", collector="Ann", minutes=2.0),
            contact("3", "d", "2025-03-07", "reached", collector="Ann", right_party=False, minutes=6.0),
            contact("4", "d", "2025-03-03", "reached"),  # the last day before the period
            contact("5", "e", "2025-03-14", "reached"),
        ],
        promises=[
            {
                "promise_id": "p1",
                "customer_id": "a",
                "document_id": "a1",
                "made_on": "2025-03-05",
                "due_on": "2025-03-10",
                "amount": 100_00,
            },
            {
                "promise_id": "p2",
                "customer_id": "d",
                "document_id": "d1",
                "made_on": "2025-03-08",
                "due_on": "2025-03-18",
                "amount": 500_00,
            },
        ],
        customer_history=[
            owner("a", "Ann"),
            owner("b", "Ann"),
            owner("c", "Ann"),
            owner("d", "Ben"),
            owner("e", "Ben"),
        ],
    )


def test_penetration_by_number_and_money() -> None:
    rows = rows_of(worked())
    # Ann: a was reached, b was not, c nobody tried; 1 of 3 accounts, 100 of 1,000.
    assert (rows["Ann"]["accounts_past_due"], rows["Ann"]["past_due"]) == (3, 1_000.0)
    assert rows["Ann"]["penetration"] == pytest.approx(1 / 3)
    assert rows["Ann"]["penetration_money"] == pytest.approx(0.1)
    assert rows["Ann"]["never_touched"] == 1
    # Ben: d was reached, but the wrong person; a contact of the day before does not count.
    assert (rows["Ben"]["penetration"], rows["Ben"]["never_touched"]) == (0.0, 0)
    assert rows[EVERYBODY]["penetration"] == pytest.approx(1 / 4)
    assert rows[EVERYBODY]["penetration_money"] == pytest.approx(100 / 1_500)


def test_what_a_person_did_is_counted_by_who_did_it() -> None:
    rows = rows_of(worked())
    assert [rows[name]["contacts"] for name in ("Ann", "Ben", EVERYBODY)] == [3, 1, 4]
    assert (rows["Ann"]["minutes"], rows["Ben"]["minutes"]) == (18.0, None)
    # right person / reached: of two reached one was right; of e nobody wrote who it was
    assert (rows["Ann"]["right_party_share"], rows["Ben"]["right_party_share"]) == (0.5, None)


def test_promise_kept_is_money_in_time_over_money_promised() -> None:
    rows = rows_of(worked())
    # a: 100 due 10 March, came on the 12th, within 3 days of grace; d: 200 of 500 came by 21 March.
    assert (rows["Ann"]["promises_decided"], rows["Ann"]["promise_kept"]) == (1, 1.0)
    assert rows["Ben"]["promise_kept"] == pytest.approx(0.4)
    assert (rows[EVERYBODY]["promised"], rows[EVERYBODY]["promise_kept"]) == (600.0, pytest.approx(0.5))


def test_the_published_effectiveness_index_and_its_cash_only_form() -> None:
    """Opening 100 k, invoiced 1,000 k, closing 120 k of which 100 k not due: 98.0 % as published."""
    documents = [
        bill("o", "a", "2025-04-20", 100_000_00, "2025-02-01"),
        bill("n", "a", "2025-03-20", 1_000_000_00, "2025-03-04"),
    ]
    ledger = team_ledger(
        documents=[*documents, bill("k", "a", "2025-03-01", -30_000_00, "2025-03-05")],
        payments=[pay("r", "n", "a", "2025-03-25", 950_000_00)],
        applications=[
            {
                "from_id": "k",
                "to_document_id": "n",
                "applied_on": "2025-03-26",
                "amount": 30_000_00,
                "kind": "credit_note",
            }
        ],
        customer_history=[owner("a", "Ann")],
    )
    row = rows_of(ledger)["Ann"]
    assert row["cei"] == pytest.approx(0.98, abs=0.0005)
    assert row["cei"] == pytest.approx(980 / 1_000)
    assert row["cei_cash_only"] == pytest.approx(950 / 1_000)  # the credit note collected nothing


def test_shares_over_60_and_90_days() -> None:
    rows = rows_of(worked())
    # On 31 March: c1 (106 days) 600, b1 (39) 300, so 600 of 900; on 3 March c1 was 78 days late, of 1,000.
    assert rows["Ann"]["share_over_90"] == rows["Ann"]["share_over_60"] == pytest.approx(600 / 900)
    assert (rows["Ann"]["share_over_60_before"], rows["Ann"]["share_over_90_before"]) == (pytest.approx(0.6), 0.0)


def test_totals_agree_with_the_portfolio_history() -> None:
    ledger = worked()
    whole = rows_of(ledger)[EVERYBODY]
    (history,) = portfolio_history(ledger, dates=[END], output="polars").iter_rows(named=True)
    assert whole["share_over_60"] == pytest.approx(history["share_over_60"])
    assert whole["open_balance"] == pytest.approx(history["open_balance"])


def test_an_account_handed_over_stays_with_whom_it_began() -> None:
    history = [
        owner("a", "Ann"),
        owner("a", "Ben", "2025-03-10"),
        owner("b", "Ben", "2025-03-20"),
        owner("z", "Ann", "2025-04-05"),
    ]
    ledger = team_ledger(documents=[bill(f"{c}1", c, "2025-02-01", 100_00) for c in "abcz"], customer_history=history)
    owners = dict(account_owners(ledger, start=START, end=END).iter_rows())
    assert owners == {"a": "Ann", "b": "Ben", "c": NOBODY, "z": NOBODY}


def test_the_wait_for_a_first_contact() -> None:
    """Falls due on day d: a waits 5 days, b paid after 3 without a contact, c still waits, d was past due before."""
    ledger = team_ledger(
        documents=[
            bill("a1", "a", "2025-03-10", 100_00),
            bill("b1", "b", "2025-03-10", 100_00),
            bill("c1", "c", "2025-03-21", 100_00),
            bill("d0", "d", "2025-02-01", 100_00),
            bill("d1", "d", "2025-03-10", 100_00),
            bill("e1", "e", "2025-03-10", 100_00),  # paid on its due date: never past due
        ],
        payments=[pay("r1", "b1", "b", "2025-03-13", 100_00), pay("r2", "e1", "e", "2025-03-10", 100_00)],
        contacts=[
            contact("1", "a", "2025-03-09"),
            contact("2", "a", "2025-03-15", "no_answer"),
            contact("3", "b", "2025-03-20"),
        ],
    )
    owners = account_owners(ledger, start=START, end=END)
    contacts = period_contacts(ledger, owners, start=START, end=END)
    found = days_to_first_contact(item_movements(ledger), contacts, start=START, end=END)
    assert found.select("customer_id", "days", "contacted").rows() == [
        ("a", 5, True),
        ("b", 3, False),
        ("c", 10, False),
    ]


def kaplan_meier(days: list[int], ended: list[bool]) -> float | None:
    """Return the first day on which half the waits have ended, by a table of every day."""
    left = 1.0
    for day in range(max(days, default=0) + 1):
        at_risk = sum(one >= day for one in days)
        gone = sum(one == day and over for one, over in zip(days, ended, strict=True))
        if at_risk and gone:
            left *= (at_risk - gone) / at_risk
            if left <= 0.5 + 1e-12:
                return float(day)
    return None


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30))
@settings(max_examples=80, deadline=None)
def test_the_median_of_waits_against_a_table(spells: list[tuple[int, bool]]) -> None:
    days, ended = [one for one, _ in spells], [over for _, over in spells]
    assert median_of_spells(np.array(days), np.array(ended)) == kaplan_meier(days, ended)
    if all(ended):
        assert median_of_spells(np.array(days), np.array(ended)) == sorted(days)[(len(days) - 1) // 2]


def test_a_few_known_contacts_do_not_stand_for_all() -> None:
    """One contact of six from the log says whom it reached and has a note: five of the export cannot."""
    days = [f"2025-03-{number:02d}" for number in range(4, 9)]
    silent = [contact(str(number), "a", day, "reached", collector="Ann") for number, day in enumerate(days)]
    told = contact("log-1-abc", "a", "2025-03-12", "reached", collector="Ann", right_party=True, minutes=7.0, note="x")
    mute = contact("log-2-abc", "b", "2025-03-12", "reached", collector="Ann")

    def seen(*contacts: dict[str, Any]) -> pl.DataFrame:
        ledger = team_ledger(documents=[bill("1", "a", "2025-01-10", 100_00)], contacts=list(contacts))
        owners = account_owners(ledger, start=START, end=END)
        return period_contacts(ledger, owners, start=START, end=END)

    contacts = seen(*silent, told, mute)
    assert not mostly_known(contacts.filter("reached"), "right_party")
    assert not mostly_known(contacts, "minutes")
    # no note is a fault only where one could have been written
    assert contacts.sort("contact_id")["noted"].to_list() == [None] * 5 + [True, False]
    four = seen(*(each | {"right_party": True} for each in silent[:4]), silent[4])
    assert mostly_known(four, "right_party")  # 4 of 5 is the least
    assert not mostly_known(four.head(0), "right_party")


def test_the_funnel_links_a_promise_to_the_talk_it_came_of() -> None:
    ledger = worked()
    owners = account_owners(ledger, start=START, end=END)
    contacts = period_contacts(ledger, owners, start=START, end=END)
    promises = promise_ledger(ledger, as_of=END, grace_days=3, output="polars")
    ann, ben = contact_funnel(contacts, promises).rows(named=True)
    # Ann spoke to a (promise kept) and to d, who promised Ben's portfolio a day later: it is of her talk.
    assert ann == {
        "collector": "Ann",
        "attempts": 3,
        "reached": 2,
        "right_party": 1,
        "promises": 2,
        "decided": 2,
        "kept": 1,
        "cash": 300.0,
    }
    assert ben == {
        "collector": "Ben",
        "attempts": 1,
        "reached": 1,
        "right_party": None,  # his one talk does not say with whom
        "promises": 0,
        "decided": 0,
        "kept": 0,
        "cash": 0.0,
    }
    later = promises.with_columns(made_on=pl.col("made_on") + timedelta(days=4))
    assert contact_funnel(contacts, later)["promises"].sum() == 0


def test_a_promise_without_an_amount_is_in_no_share_of_money() -> None:
    promise = {"customer_id": "a", "made_on": "2025-03-05", "due_on": "2025-03-10"}
    ledger = team_ledger(
        documents=[bill("a1", "a", "2025-02-01", 100_00), bill("b1", "b", "2025-02-01", 50_00)],
        payments=[pay("r1", "a1", "a", "2025-03-12", 70_00), pay("r2", "b1", "b", "2025-03-12", 50_00)],
        promises=[promise | {"promise_id": "p", "amount": 100_00}, promise | {"promise_id": "q", "customer_id": "b"}],
    )
    whole = rows_of(ledger)[EVERYBODY]
    assert (whole["promises_decided"], whole["promised"], whole["promise_kept"]) == (1, 100.0, 0.7)


def test_a_ledger_of_invoices_alone_says_what_it_lacks() -> None:
    found = team_measures(team_ledger(documents=[bill("a1", "a", "2025-02-01", 100_00)]), as_of=END)
    (nobody, everybody) = found.table.rows(named=True)
    assert (nobody["collector"], everybody["collector"]) == (NOBODY, EVERYBODY)
    assert everybody["past_due"] == 100.0
    for name in ("penetration", "contacts", "right_party_share", "promise_kept", "days_to_first_contact", "minutes"):
        assert everybody[name] is None, name
    for name in ("cash_expected", "cash_to_forecast", "rolls_over_60"):
        assert everybody[name] is None, name
    said = " ".join(found.lacks)
    for words in ("no contacts", "no promises", "no receipts", "No account has a collector", "No forecast"):
        assert words in said, words


def test_what_was_entered_later_changes_nothing() -> None:
    ledger = worked()
    later = [
        contact("z", "c", "2025-03-20", "promise") | {"recorded_at": "2025-04-02"},
        contact("y", "b", "2025-04-02"),
    ]
    more = team_ledger(
        documents=[bill("c9", "c", "2025-03-01", 999_00, "2025-02-01", recorded_at="2025-04-01")], contacts=later
    )
    both = {
        name: pl.concat([table, more.table(name)]) if name != "customers" else table
        for name, table in ledger.tables.items()
    }
    after = ledger.replace(tables=both)
    assert rows_of(after) == rows_of(ledger)


def test_periods_that_cannot_be_measured_are_refused() -> None:
    ledger = worked()
    for weeks in (0, 27, 2.5, True):
        with pytest.raises(ParameterError, match="weeks"):
            team_measures(ledger, as_of=END, weeks=weeks)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="within what the ledger covers"):
        team_measures(ledger, as_of=date(2024, 1, 15))


def test_penetration_takes_accounts_with_fees_alone_for_nothing() -> None:
    ledger = team_ledger(
        documents=[bill("f", "a", "2025-02-01", 40_00, kind="late_fee"), bill("b1", "b", "2025-02-01", 10_00)]
    )
    balances = account_balances(ledger, item_movements(ledger), start=START, end=END)
    contacts = period_contacts(ledger, account_owners(ledger, start=START, end=END), start=START, end=END)
    assert penetration(balances, contacts)["customer_id"].to_list() == ["b"]
