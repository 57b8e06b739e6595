"""The queue: who is contacted today, in which order, and why."""

from __future__ import annotations

import math
from datetime import date, timedelta
from itertools import combinations

import pandas as pd
import polars as pl
import pytest
from decisions.cases import scores_of
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_ledgers import ledger_of

from credrisk.decisions.policy import Policy
from credrisk.decisions.queue import collection_queue, coverage_slots
from credrisk.decisions.queue_selection import MOST_FOR_COVERAGE
from credrisk.errors import DataError, ParameterError

AS_OF = date(2025, 3, 31)
POLICY = Policy.default().changed({"collection.coverage_floor_share": 0.25})


def invoice(customer, days_late, amount):
    due = AS_OF - timedelta(days=days_late)
    return {
        "document_id": f"d-{customer}",
        "customer_id": customer,
        "document_date": (due - timedelta(days=30)).isoformat(),
        "due_date": due.isoformat(),
        "amount": amount,
    }


def queue(ledger, scores, policy=POLICY, **options) -> pl.DataFrame:
    return collection_queue(ledger, as_of=AS_OF, scores=scores, policy=policy, output="polars", **options)


MAIL_BY_HAND = POLICY.changed(
    {"collection.actions": [action | {"uses_capacity": True} for action in POLICY.content()["collection"]["actions"]]}
)
BY_HAND = [action.name for action in POLICY.collection.actions if action.uses_capacity]


an_account = st.fixed_dictionaries(
    {
        "days_late": st.integers(-8, 200),
        "amount": st.sampled_from([3_000, 9_000, 40_000, 40_000, 240_000, 900_000, 20_000_000]),
        "pd": st.sampled_from([None, 0.0, 0.01, 0.06, 0.3]),
        "status": st.sampled_from(["at_risk", "at_risk", "in_default"]),
        "contacted": st.none() | st.integers(0, 60),
        "promised": st.none() | st.integers(-20, 10),
        "disputed": st.booleans(),
        "cash": st.sampled_from([0, 0, 50_000]),
    }
)
portfolios = st.lists(an_account, min_size=1, max_size=9)


def built(cases, factor=1):
    """Return the ledger and the scores of the drawn accounts, all money times ``factor``."""
    names = [f"c{n}" for n in range(len(cases))]
    pairs = list(zip(names, cases, strict=True))
    ago = lambda days: (AS_OF - timedelta(days=days)).isoformat()  # noqa: E731
    ledger = ledger_of(
        documents=[invoice(name, case["days_late"], case["amount"] * factor) for name, case in pairs],
        contacts=[
            {
                "contact_id": f"k{n}",
                "customer_id": n,
                "date": ago(c["contacted"]),
                "channel": "call",
                "outcome": "reached",
            }
            for n, c in pairs
            if c["contacted"] is not None
        ],
        promises=[
            {
                "promise_id": f"p{n}",
                "customer_id": n,
                "made_on": ago(30),
                "due_on": ago(-c["promised"]),
                "amount": c["amount"] * factor,
            }
            for n, c in pairs
            if c["promised"] is not None
        ],
        disputes=[
            {"dispute_id": f"x{n}", "document_id": f"d-{n}", "opened_on": ago(3)} for n, c in pairs if c["disputed"]
        ],
        receipts=[
            {"receipt_id": f"r{n}", "customer_id": n, "date": ago(40), "amount": c["cash"] * factor}
            for n, c in pairs
            if c["cash"]
        ],
    )
    scores = scores_of(*({"customer_id": n, "pd_12m": c["pd"], "status": c["status"]} for n, c in pairs))
    return ledger, scores


@given(portfolios, st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_the_chosen_gain_the_most_under_capacity(cases, capacity):
    no_floor = POLICY.changed({"collection.coverage_floor_share": 0.0})
    found = queue(*built(cases), policy=no_floor, capacity=capacity)
    by_hand = pl.col("action").is_in(BY_HAND)
    gains = found.filter(by_hand)["gain_beyond_mail"].to_list()
    chosen = found.filter(by_hand & pl.col("contact_today"))
    sets = (kept for size in range(capacity + 1) for kept in combinations(gains, size))
    assert chosen["gain_beyond_mail"].sum() == pytest.approx(max(sum(kept) for kept in sets))
    assert chosen.height <= capacity
    automatic = found.filter(pl.col("action").is_not_null() & ~by_hand)
    assert (automatic["contact_today"] == (automatic["gain"] > 0)).all()
    assert automatic.filter("contact_today")["slot"].eq("automatic").all()


@given(portfolios, st.integers(0, 10), st.sampled_from([POLICY, MAIL_BY_HAND]))
@settings(max_examples=40, deadline=None)
def test_nobody_is_contacted_at_a_loss(cases, capacity, policy):
    contacted = queue(*built(cases), policy=policy, capacity=capacity).filter("contact_today")
    assert (contacted["gain"] >= 0).all()


@given(portfolios, st.integers(1, 10))
@settings(max_examples=60, deadline=None)
def test_with_a_floor_the_rest_of_the_capacity_still_gains_the_most(cases, capacity):
    found = queue(*built(cases), capacity=capacity)
    floor = found.filter(pl.col("slot") == "coverage")
    by_gain = found.filter(pl.col("slot") == "gain")["gain_beyond_mail"].to_list()
    open_to_all = found.filter(
        pl.col("action").is_in(BY_HAND) & ~pl.col("customer_id").is_in(floor["customer_id"].to_list())
    )
    gains = sorted((g for g in open_to_all["gain_beyond_mail"].to_list() if g > 0), reverse=True)
    assert by_gain == gains[: capacity - floor.height]
    # The places of the policy's share, or more where the target asks for them, up to half of the day.
    assert floor.height <= max(coverage_slots(capacity, POLICY.collection), math.floor(MOST_FOR_COVERAGE * capacity))
    assert (floor["past_due"] < POLICY.collection.small_balance).all()


@given(portfolios, st.integers(0, 9), st.sampled_from([POLICY, MAIL_BY_HAND]))
@settings(max_examples=60, deadline=None)
def test_more_capacity_drops_nobody(cases, capacity, policy):
    ledger, scores = built(cases)
    contacts = [
        queue(ledger, scores, policy=policy, capacity=c).filter("contact_today") for c in (capacity, capacity + 1)
    ]
    assert set(contacts[0]["customer_id"]) <= set(contacts[1]["customer_id"])
    assert contacts[1].filter(pl.col("slot") != "automatic").height <= capacity + 1


@given(portfolios, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_changes_nothing(cases, random):
    ledger, scores = built(cases)
    shuffled = {}
    for name, table in ledger.tables.items():
        order = list(range(table.height))
        random.shuffle(order)
        shuffled[name] = table[order]
    assert_frame_equal(
        queue(ledger, scores, capacity=4), queue(ledger.replace(tables=shuffled), scores.reverse(), capacity=4)
    )


@given(portfolios)
@settings(max_examples=30, deadline=None)
def test_held_rows_are_last_and_never_ranked(cases):
    found = queue(*built(cases), capacity=4)
    free = found["hold"].is_null().to_list()
    assert free == sorted(free, reverse=True)
    assert found["rank"].to_list() == [*range(1, sum(free) + 1), *[None] * (len(free) - sum(free))]
    assert not found.filter(pl.col("hold").is_not_null())["contact_today"].any()
    assert found["effect_source"].drop_nulls().unique().to_list() in ([], ["policy_prior"])


@given(portfolios)
@settings(max_examples=30, deadline=None)
def test_another_currency_unit_keeps_the_order(cases):
    content = POLICY.content()
    rules = content["collection"]
    for key in ("minimum_balance", "small_balance"):
        rules[key] *= 2
    for action in rules["actions"]:
        action["cost"] *= 2
        action["goodwill"] *= 2
    once = queue(*built(cases), capacity=4)
    twice = queue(*built(cases, factor=2), policy=Policy.of(content), capacity=4)
    same = ["rank", "customer_id", "slot", "action", "hold"]
    assert_frame_equal(once.select(same), twice.select(same))
    assert_frame_equal(once.select(pl.col("gain") * 2), twice.select("gain"))


@given(portfolios, st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_what_happens_later_changes_nothing(cases, later):
    ledger, scores = built(cases)
    day = (AS_OF + timedelta(days=later)).isoformat()
    future = ledger_of(
        documents=[invoice("c0", -later, 5_000_000) | {"document_date": day, "document_id": "z"}],
        contacts=[{"contact_id": "z", "customer_id": "c0", "date": day, "channel": "call"}],
        receipts=[{"receipt_id": "z", "customer_id": "c0", "date": day, "amount": 9_000_000}],
        promises=[{"promise_id": "z", "customer_id": "c0", "made_on": day, "due_on": day}],
    )
    both = {
        name: pl.concat([table, future.table(name)]) for name, table in ledger.tables.items() if name != "customers"
    }
    after = ledger.replace(tables={**both, "customers": ledger.table("customers")})
    assert_frame_equal(queue(ledger, scores, capacity=4), queue(after, scores, capacity=4))


def three(**tables):
    documents = [invoice("big", 64, 7_840_000), invoice("small", 40, 60_000), invoice("tiny", 40, 50_000)]
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.061} for c in ("big", "small", "tiny")))
    return ledger_of(documents=documents, **tables), scores


def test_the_reasons_in_words():
    broken = {"promise_id": "p", "customer_id": "big", "made_on": "2025-03-05", "due_on": "2025-03-12", "amount": 100}
    history = {"customer_id": "big", "attribute": "collector", "value": "Team North", "valid_from": "2024-01-01"}
    row = queue(*three(promises=[broken], contacts=[], customer_history=[history])).row(0, named=True)
    assert row["reasons"] == (
        "78,400 EUR past due, oldest 64 days; PD 6.1 %; promise for 12 March 2025 broken; never contacted; "
        "a call from management to management now is worth 398 EUR (policy prior)"
    )
    assert (row["collector"], row["oldest_open_days"], row["effect_source"]) == ("Team North", 64.0, "policy_prior")
    assert row["gain"] == pytest.approx(
        row["expected_loss_avoided"] + row["time_value"] - row["cost"] - row["goodwill"]
    )


@pytest.mark.parametrize(
    ("score", "source", "words"),
    [
        (
            {"status": "in_default", "pd_12m": 0.201},
            "in_default",
            "in default, 20.1 % of past defaults became a bad debt within 12 months",
        ),
        ({"status": "in_default", "pd_12m": None}, "policy_grade", "in default, PD not measured, the policy's 50.0 %"),
        ({"status": "bad_debt", "pd_12m": 1.0}, "bad_debt", "a bad debt"),
    ],
)
def test_in_default_the_queue_uses_the_pd_and_the_lgd_of_the_scores(score, source, words):
    ledger = ledger_of(documents=[invoice("big", 95, 7_840_000)])
    row = queue(ledger, scores_of({"customer_id": "big", "lgd": 0.6} | score)).row(0, named=True)
    prob = {"in_default": 0.201, "policy_grade": 0.5, "bad_debt": 1.0}[source]
    action = next(a for a in POLICY.collection.actions if a.name == row["action"])
    still = (0.696 - 5 / 90 * (0.696 - 0.521)) / 0.696
    loss = prob * 0.6 * row["chased"]
    assert row["expected_loss_avoided"] == pytest.approx(action.reach * action.loss_avoided_share * still * loss)
    assert row["pd_used_source"] == source
    assert words in row["reasons"]


def test_a_ledger_without_contacts_says_so():
    assert "no contacts in the ledger" in queue(*three())["reasons"][0]


def test_a_missing_pd_is_replaced_by_the_policy_grade_and_marked():
    ledger, scores = three()
    row = queue(ledger, scores.with_columns(pd_12m=None, p_late30_12m=pl.lit(0.41))).row(0, named=True)
    # the oldest item is 64 days late: late already, so the worst grade of the late-payment table
    assert (row["pd_12m"], row["pd_used"], row["pd_used_source"], row["grade_used"]) == (
        None,
        0.19,
        "policy_grade",
        "F",
    )
    assert (
        "PD not measured, the policy's grade F with 19.0 % stands in; 41 % likely to pay 30 days late" in row["reasons"]
    )


def test_the_floor_takes_the_small_account_contacted_longest_ago():
    contacts = [
        {"contact_id": "1", "customer_id": "small", "date": "2025-01-10", "channel": "call"},
        {"contact_id": "2", "customer_id": "tiny", "date": "2025-01-05", "channel": "call"},
    ]
    half = MAIL_BY_HAND.changed({"collection.coverage_floor_share": 0.5})
    found = queue(*three(contacts=contacts), policy=half, capacity=2)
    assert found.select("customer_id", "slot").rows() == [("big", "gain"), ("tiny", "coverage"), ("small", None)]
    assert "small accounts are covered" in found["reasons"][1]
    assert "beyond today's capacity" in found["reasons"][2]
    never = queue(*three(contacts=contacts[1:]), policy=half, capacity=2)
    assert never.filter(pl.col("slot") == "coverage")["customer_id"].to_list() == ["small"]


def test_a_contact_that_costs_more_than_it_gains_is_left_by_the_floor_too():
    dear = POLICY.content()
    for action in dear["collection"]["actions"]:
        action["cost"] = 100.0
    found = queue(*three(), policy=Policy.of(dear), capacity=4)
    assert dict(found.select("customer_id", "slot").iter_rows()) == {"big": "gain", "small": None, "tiny": None}
    assert (found.filter(pl.col("customer_id") != "big")["gain"] < 0).all()
    assert "more than it gains" in found["reasons"][2]


def test_the_floor_takes_only_what_gains_the_policys_minimum():
    half = MAIL_BY_HAND.changed({"collection.coverage_floor_share": 0.5})
    gain = queue(*three(), policy=half, capacity=2).filter(pl.col("slot") == "coverage")["gain"].item()
    for minimum, taken in ((gain, 1), (gain + 0.01, 0)):
        policy = half.changed({"collection.coverage_minimum_gain": minimum})
        rows = queue(*three(), policy=policy, capacity=2)
        assert rows.filter(pl.col("slot") == "coverage").height == taken


def test_an_email_takes_no_place_of_a_call():
    documents = [invoice("call", 64, 7_840_000), invoice("mail", 3, 4_000_000)]
    scores = scores_of(*({"customer_id": c, "pd_12m": 0.01} for c in ("call", "mail")))
    ledger = ledger_of(documents=documents)
    with_one, with_none = (queue(ledger, scores, capacity=c) for c in (1, 0))
    assert with_one.select("customer_id", "slot").rows() == [("call", "gain"), ("mail", "automatic")]
    assert with_none.filter("contact_today").select("customer_id", "slot").rows() == [("mail", "automatic")]
    assert "sent automatically" in with_none["reasons"][0]


def test_capacity_of_the_policy_where_none_is_given():
    policy = MAIL_BY_HAND.changed({"collection.capacity_per_day": 1})
    assert queue(*three(), policy=policy)["contact_today"].sum() == 1


def test_coverage_slots_are_rounded_down_but_for_float_noise():
    share = POLICY.changed({"collection.coverage_floor_share": 0.29}).collection
    assert [coverage_slots(n, share) for n in (0, 3, 4, 100)] == [0, 0, 1, 29]


def test_pandas_in_pandas_out():
    ledger, scores = three()
    found = collection_queue(ledger, as_of="2025-03-31", scores=scores.to_pandas(), policy=POLICY)
    assert isinstance(found, pd.DataFrame)
    assert found["customer_id"].tolist() == queue(ledger, scores)["customer_id"].to_list()


def test_no_customers():
    ledger, _ = three()
    assert queue(ledger, scores_of()).height == 0


def test_bad_input_is_refused():
    ledger, scores = three()
    with pytest.raises(DataError, match="not in the ledger") as error:
        queue(ledger, scores_of({"customer_id": "stranger"}))
    assert error.value.ids == ("stranger",)
    for capacity in (-1, 2.5, True):
        with pytest.raises(ParameterError, match="capacity"):
            queue(ledger, scores, capacity=capacity)


@given(portfolios, st.integers(0, 10))
@settings(max_examples=60, deadline=None)
def test_by_hand_only_what_gains_beyond_the_mail_and_the_others_are_mailed(cases, capacity):
    no_floor = POLICY.changed({"collection.coverage_floor_share": 0.0})
    ledger, scores = built(cases)
    found = queue(ledger, scores, policy=no_floor, capacity=capacity)
    # Both ways of every account: all by hand that is worth it, and nobody.
    everybody, nobody = (queue(ledger, scores, policy=no_floor, capacity=count) for count in (len(cases), 0))
    mailed = dict(nobody.filter("contact_today").select("customer_id", "gain").iter_rows())
    beyond = everybody.filter(pl.col("contact_today") & pl.col("action").is_in(BY_HAND))
    for row in beyond.iter_rows(named=True):
        assert row["gain_beyond_mail"] == pytest.approx(row["gain"] - mailed.get(row["customer_id"], 0.0))
        assert row["gain_beyond_mail"] > 0
    chosen = found.filter("contact_today")
    by_hand = chosen.filter(pl.col("action").is_in(BY_HAND))
    most = sorted(beyond["gain_beyond_mail"].to_list(), reverse=True)[:capacity]
    assert by_hand["gain_beyond_mail"].sum() == pytest.approx(sum(most))
    # Together with the mails the list gains as much as any choice of so many contacts by hand.
    assert chosen["gain"].sum() == pytest.approx(sum(mailed.values()) + sum(most))
    assert by_hand["gain_beyond_mail"].to_list() == sorted(by_hand["gain_beyond_mail"].to_list(), reverse=True)
    automatic = chosen.filter(pl.col("slot") == "automatic")
    assert automatic["gain_beyond_mail"].to_list() == automatic["gain"].to_list()


def test_a_large_account_that_the_mail_serves_as_well_gives_its_place_to_one_that_it_cannot_reach():
    # At 20 days both may be had; at 64 days the mail is over: the call there adds all of its gain.
    ledger = ledger_of(documents=[invoice("mailed", 20, 3_000_000), invoice("old", 64, 2_600_000)])
    scores = scores_of(*({"customer_id": name, "pd_12m": 0.02} for name in ("mailed", "old")))
    found = {row["customer_id"]: row for row in queue(ledger, scores, capacity=1).iter_rows(named=True)}
    assert found["old"]["slot"] == "gain"
    assert found["old"]["gain_beyond_mail"] == found["old"]["gain"]
    assert (found["mailed"]["slot"], found["mailed"]["action"]) == ("automatic", "reminder_email")
    both = {row["customer_id"]: row for row in queue(ledger, scores, capacity=2).iter_rows(named=True)}
    assert both["mailed"]["slot"] == "gain"
    assert both["mailed"]["gain"] > both["old"]["gain"] > both["mailed"]["gain_beyond_mail"] > 0
    assert (both["old"]["rank"], both["mailed"]["rank"]) == (1, 2)
    assert "more than what goes out by itself anyway" in both["mailed"]["reasons"]
    assert "more than what goes out by itself anyway" not in both["old"]["reasons"]
