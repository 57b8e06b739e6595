"""The answer to an order: every kind of answer worked out by hand, and what must hold of all of them."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from decisions.order_cases import CUSTOMER, DAY, POLICY, codes, contract, decided, desk_of, facts, overdue
from hypothesis import given, settings
from hypothesis import strategies as st
from random_ledgers import random_ledger
from small_ledgers import ledger_of

from credrisk.decisions.decision_chain import canonical
from credrisk.decisions.order_answer import ANSWERS, payments_of, still_overdue
from credrisk.decisions.order_authority import NO_APPROVAL, higher_role
from credrisk.decisions.order_facts import CustomerFacts, LimitForATime, OpenOrder
from credrisk.decisions.order_life import TermStructure
from credrisk.decisions.order_reasons import CODES
from credrisk.decisions.order_release import OrderDesk, decide_order
from credrisk.decisions.order_room import life_of, room_for
from credrisk.errors import ParameterError

# --- each answer ------------------------------------------------------------------------------------------------


def test_release_up_to_the_limit_with_its_tolerance() -> None:
    customer = facts(open_items=6_000.0, open_orders=1_000.0, unapplied=500.0)
    found = decided(4_500.0, customer)
    assert (found.answer, found.on_credit, found.available) == ("release", 4_500.0, 4_500.0)
    assert (found.before["exposure"], found.after["exposure"]) == (6_500.0, 11_000.0)
    assert found.approver == "credit analyst"  # in the tolerance: the limit itself does not carry it
    assert "above the limit of 10,000 EUR, within its tolerance of 10 %" in found.says
    inside = decided(3_500.0, customer)
    assert (inside.after["exposure"], inside.approver, inside.routine) == (10_000.0, NO_APPROVAL, True)
    assert "within the limit of 10,000 EUR" in inside.says
    assert decided(4_500.01, customer).answer == "partial_release"


def test_value_of_a_released_order_worked_out_by_hand() -> None:
    """1,000 at 25 %, due in 30 days, paid 10 days late: 120 + 10 days at risk, 40 days of funds."""
    found = decided(1_000.0, facts(days_late=10.0))
    pd = 1 - 0.98 ** (130 / 365)
    assert found.life_days == 130
    assert found.pd_life == pytest.approx(pd)
    expected = 1_000 * ((1 - pd) * 0.25 - pd * 0.77 * 0.75 - 0.08 * 40 / 365)
    assert found.expected_value == pytest.approx(expected, abs=0.005)
    assert found.predicted_days_late == 10


def test_partial_release_in_steps_the_rest_in_advance() -> None:
    found = decided(9_000.0, facts(open_items=6_050.0))
    assert (found.answer, found.on_credit, found.after["exposure"]) == ("partial_release", 4_900.0, 10_950.0)
    assert codes(found)[0] == "limit"
    assert "4,100 EUR only in advance" in found.says


def test_release_once_what_is_overdue_is_paid() -> None:
    customer = facts(open_items=8_000.0, overdue=overdue((20, 3_000.0), (6, 500.0), (3, 700.0)))
    found = decided(2_000.0, customer)
    assert (found.answer, found.pay_first, found.on_credit) == ("release_on_payment", 3_500.0, 2_000.0)
    assert found.before["exposure"] == 8_000.0
    assert found.after["exposure"] == 6_500.0
    pd = 1 - 0.98 ** (120 / 365)
    assert found.recovery_value == pytest.approx(3_500 * pd * 0.77, abs=0.005)
    # More is asked for, the oldest first, where the room needs it.
    more = decided(6_600.0, customer)
    assert (more.answer, more.pay_first) == ("release_on_payment", 4_200.0)


def test_overdue_that_cover_would_pay_is_worth_less_to_have_paid() -> None:
    """Of 10,000 overdue and owed in all the first 6,500 are insured at 100 %: the 10,000 hold 3,500 without cover."""
    debts = {"open_items": 10_000.0, "open_orders": 0.0, "delivered_uninvoiced": 0.0, "unapplied": 0.0}
    bare = facts(overdue=overdue((20, 10_000.0)), limit_on_file=40_000.0, recommended_limit=40_000.0, **debts)
    insured = facts(
        overdue=overdue((20, 10_000.0)),
        limit_on_file=40_000.0,
        recommended_limit=40_000.0,
        contracts=(contract(limit=6_500.0, insured_share=1.0),),
        **debts,
    )
    lone, covered = decided(5_000, bare), decided(5_000, insured)
    assert lone.answer == covered.answer == "release_on_payment"
    assert lone.pay_first == covered.pay_first == 10_000
    ratio = (3_500 * 0.77 + 6_500 * 0.10) / (10_000 * 0.77)
    assert covered.recovery_value == pytest.approx(lone.recovery_value * ratio, rel=1e-3)


def test_how_the_sum_to_pay_comes_about_is_said() -> None:
    """6,600 on top of 8,000 is 3,600 above 11,000; 3,500 are beyond the grace, so an item of 700 is asked for too."""
    customer = facts(open_items=8_000.0, overdue=overdue((20, 3_000.0), (6, 500.0), (3, 700.0)))
    only = decided(2_000.0, customer)
    assert "Of these 3,500 EUR, 3,500 EUR is all undisputed that is past due by more than 5 days." in only.says
    more = decided(6_600.0, customer)
    assert (
        "Of these 4,200 EUR, 3,500 EUR is all undisputed that is past due by more than 5 days; 700 EUR are" in more.says
    )
    assert (
        "from 8,000 EUR to 14,600 EUR, 3,600 EUR above the 11,000 EUR that the limit on file of 10,000 EUR" in more.says
    )
    assert codes(more)[:2] == ["payment", "payment"]
    settled = decided(500.0, dataclasses.replace(customer, parts={"open_items": 8_000.0, "unapplied": 1_000.0}))
    assert settled.pay_first == 2_500.0
    assert "after 1,000 EUR of cash and credits here settled the oldest" in settled.says
    covered = facts(**RISKY, open_items=1_000.0, overdue=overdue((4, 1_000.0)))
    struck = dataclasses.replace(covered, contracts=(contract(insured_share=1.0, stop_shipment_dpd=4),))
    assert "before that the order would not pay, since cover does not count" in decided(2_000.0, struck).says


# --- the recommended limit and the one on file ------------------------------------------------------------------


def test_a_lower_recommended_limit_counts_and_is_named() -> None:
    found = decided(5_000.0, facts(recommended_limit=1_000.0))
    assert (found.answer, found.on_credit, found.limit_used, found.limit_source) == (
        "partial_release", 1_100.0, 1_000.0, "recommended",
    )  # fmt: skip
    assert (found.limit_on_file, found.recommended_limit, found.answer_on_file) == (10_000.0, 1_000.0, "release")
    assert (
        "The recommended limit of 1,000 EUR counts, below the 10,000 EUR on file, under which the answer would be "
        in (found.says)
    )
    assert found.raise_approver is None
    stop = decided(5_000.0, facts(recommended_limit=0.0))
    assert (stop.answer, stop.prepay, stop.limit_used) == ("prepay", 5_000.0, 0.0)


def test_a_higher_recommended_limit_counts_once_the_raise_is_approved() -> None:
    found = decided(30_000.0, facts(limit_on_file=18_000.0, recommended_limit=217_500.0))
    assert (found.answer, found.on_credit, found.limit_used) == ("release", 30_000.0, 217_500.0)
    assert (found.answer_on_file, found.limit_source, found.raise_approver) == (
        "partial_release", "recommended", "credit manager",
    )  # fmt: skip
    assert found.approver == "credit manager"
    assert codes(found)[:2] == ["within", "raise_first"]
    assert (
        "Within the recommended limit of 217,500 EUR; on file are 18,000 EUR: the raise has to be approved first by "
        "credit manager, without it the answer would be release of 19,800 EUR in part." in found.says
    )
    small = decided(10_000.0, facts(limit_on_file=18_000.0, recommended_limit=217_500.0))
    assert (small.limit_used, small.limit_source, small.approver) == (18_000.0, "on_file", NO_APPROVAL)
    assert "217,500 EUR is recommended, on file are 18,000 EUR; that does not change the answer." in small.says
    same = decided(10_000.0, facts(recommended_limit=10_000.0))
    assert (same.limit_source, same.routine) == ("on_file", True)
    assert "recommended" not in same.says


def test_the_approver_is_the_higher_of_both_roles() -> None:
    """For grade C an analyst may set 20,000, and only a manager may release 15,000 above the limit."""
    found = decided(15_000.0, facts(recommended_limit=20_000.0))
    assert (found.raise_approver, found.approver) == ("credit analyst", "credit manager")
    assert higher_role(POLICY, "finance director", "credit analyst") == "finance director"
    assert higher_role(POLICY, "somebody", "credit analyst") == "somebody and credit analyst"


def test_a_raise_that_nobody_may_approve_does_not_count() -> None:
    found = decided(15_000.0, facts(recommended_limit=9_000_000.0))
    assert (found.answer, found.limit_used, found.answer_on_file) == ("partial_release", 10_000.0, "partial_release")
    assert "by the policy nobody may set that limit for grade C" in found.says
    none = decided(15_000.0, facts(limit_on_file=None, recommended_limit=9_000_000.0))
    assert (none.answer, codes(none)[0]) == ("prepay", "no_limit")
    assert "none was recommended" not in none.says


# --- what an answer is worth ------------------------------------------------------------------------------------


def test_the_margin_on_what_is_paid_in_advance_is_told_apart() -> None:
    found = decided(9_000.0, facts(open_items=6_050.0))
    alone = decided(4_900.0, facts(open_items=6_050.0))
    assert found.expected_value == found.value_on_credit == alone.value_on_credit
    assert found.advance_margin == 4_100 * 0.25
    assert "1,025 EUR of margin on the part in advance, if paid" in found.says
    whole = decided(9_000.0, facts())
    assert found.value_if_all_on_credit == whole.value_on_credit == whole.expected_value
    paid = decided(2_000.0, facts(open_items=8_000.0, overdue=overdue((20, 3_000.0))))
    assert paid.expected_value == pytest.approx(paid.value_on_credit + paid.recovery_value, abs=0.011)


def test_a_hold_names_the_event_and_its_day() -> None:
    said = "bad debt since 2024-10-25: placement not recovered, 19,250 EUR"
    found = decided(10.0, facts(status="bad_debt", happened=said, open_items=5.0))
    assert found.reasons[0].says == f"Hold: {said}; 5 EUR is open."


def test_of_thousands_of_items_no_more_is_asked_for_than_needed() -> None:
    """Five thousand items of 1 EUR, all within the days of grace, and room for 1,000: 500 must be paid."""
    customer = facts(open_items=10_000.0, overdue=overdue(*[(4, 1.0)] * 5_000))
    found = decided(1_500.0, customer)
    assert (found.answer, found.pay_first) == ("release_on_payment", 500.0)
    poor = decided(1_500.0, dataclasses.replace(customer, margin=0.0))
    assert poor.answer == "prepay"


def test_days_of_grace_do_not_stop_an_order_but_their_payment_can_make_room() -> None:
    customer = facts(open_items=9_000.0, overdue=overdue((5, 2_000.0)))
    assert decided(2_000.0, customer).answer == "release"
    found = decided(3_000.0, customer)
    assert (found.answer, found.pay_first) == ("release_on_payment", 2_000.0)
    assert "leaves 2,000 EUR" in found.says


def test_prepay_where_the_overdue_is_too_old_or_not_enough() -> None:
    old = decided(2_000.0, facts(open_items=3_000.0, overdue=overdue((61, 300.0))))
    assert (old.answer, old.prepay, old.on_credit, old.pay_first) == ("prepay", 2_000.0, 0.0, 300.0)
    assert "too_long_overdue" in codes(old)
    assert decided(2_000.0, facts(open_items=3_000.0, overdue=overdue((60, 300.0)))).answer == "release_on_payment"
    short = decided(20_000.0, facts(open_items=3_000.0, overdue=overdue((30, 300.0))))
    assert (short.answer, short.prepay) == ("prepay", 20_000.0)
    # 3,000 less the 300 leave 8,300 of 11,000.
    assert "Once the overdue is paid, 8,300 EUR of it may go out on credit" in short.says
    assert "Once the overdue is paid" not in old.says
    full = decided(20_000.0, facts(open_items=13_000.0, overdue=overdue((30, 300.0))))
    assert "Once the overdue is paid, nothing of it may go out on credit" in full.says


def test_prepay_what_lies_beyond_a_room_smaller_than_a_step() -> None:
    found = decided(200.0, facts(open_items=10_940.0))
    assert (found.answer, found.on_credit, found.prepay) == ("prepay", 60.0, 140.0)
    least = decided(61.0, facts(open_items=10_940.0))
    assert (least.on_credit, least.prepay) == (48.8, 12.2)  # no less than a fifth in advance


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "in_default"}, "in_default"),
        ({"status": "bad_debt"}, "bad_debt"),
        ({"insolvent_on": date(2025, 5, 1)}, "insolvent"),
        ({"group_accounts": 3, "rest_of_group": 4_000_000.0, "open_items": 1.0}, "group_over_cap"),
    ],
)
def test_what_blocks_every_shipment(changes: dict[str, Any], code: str) -> None:
    found = decided(10.0, facts(**changes))
    assert (found.answer, found.block, found.on_credit, found.prepay) == ("hold", code, 0.0, 0.0)
    assert codes(found)[0] == code
    assert (found.expected_value, found.approver, found.routine) == (0.0, None, False)


def test_the_cap_of_the_group_counts_the_other_accounts_once() -> None:
    policy = POLICY.changed({"appetite.single_name": 50_000.0, "appetite.group": 60_000.0})
    customer = facts(
        open_items=5_000.0,
        limit_on_file=90_000.0,
        group_accounts=2,
        rest_of_group=30_000.0,
        exposure=5_000.0,
        group_exposure=35_000.0,
    )
    found = decided(40_000.0, customer, policy=policy)
    assert (found.answer, found.on_credit) == ("partial_release", 25_000.0)
    assert codes(found)[0] == "group"
    assert found.after["group_exposure"] == 60_000.0
    alone = decided(60_000.0, facts(limit_on_file=90_000.0), policy=policy)
    assert (alone.on_credit, codes(alone)[0]) == (50_000.0, "single_name")


# --- what is not known ------------------------------------------------------------------------------------------


def test_an_unknown_customer_pays_in_advance_and_is_told_so() -> None:
    found = desk_of(CUSTOMER).decide("nobody", 500.0)
    assert (found.answer, found.prepay, found.limit_source) == ("prepay", 500.0, "none")
    assert codes(found)[0] == "unknown_customer"
    assert "No account nobody is known" in found.says
    assert (found.expected_value, found.value_on_credit, found.value_if_all_on_credit) == (None, None, None)
    assert "Expected value: not known" in found.says
    assert "known on 2025-06-30 (the nearest is A)" in desk_of(CUSTOMER).decide("a", 500.0).says


def test_without_a_limit_on_file_the_recommended_one_stands_in() -> None:
    found = decided(1_000.0, facts(limit_on_file=None, recommended_limit=5_000.0))
    assert (found.answer, found.limit_used, found.limit_source) == ("release", 5_000.0, "recommended")
    assert (found.answer_on_file, found.raise_approver, found.approver) == (
        "prepay",
        "credit analyst",
        "credit analyst",
    )
    assert "no limit is on file: the limit has to be approved first by credit analyst" in found.says
    none = decided(1_000.0, facts(limit_on_file=None))
    assert (none.answer, none.prepay, codes(none)[0]) == ("prepay", 1_000.0, "no_limit")
    assert "No limit is on file" in none.says


def test_a_pd_that_is_not_measured_is_said_to_be_the_policys() -> None:
    found = decided(1_000.0, facts(pd=0.08, pd_source="policy_grade", grade="E"))
    assert "not measured: the policy's for grade E" in found.says


def test_what_is_assumed_is_said() -> None:
    found = decided(1_000.0, facts(terms_days=None, days_late=None))
    assert found.life_days == POLICY.order.lifetime_days_default
    assert "the policy's terms of 30 days" in found.says
    known = decided(1_000.0, facts(days_late=4.0), delivery=DAY + timedelta(days=20), terms_days=60)
    assert known.life_days == 20 + 60 + 4 + 90
    assert "assumed" not in codes(known)


def test_guarantees_that_overlap_pay_for_the_sum_of_their_limits_and_no_more() -> None:
    twice = tuple(contract(cover_id=each, kind="guarantee", limit=1_000.0, insured_share=1.0) for each in ("V1", "V2"))
    nothing_open = {"open_items": 0.0, "open_orders": 0.0, "delivered_uninvoiced": 0.0, "unapplied": 0.0}
    policy = POLICY.changed({"exposure.less_security": True, "order.tolerance": 0.0})
    customer = facts(contracts=twice, recommended_limit=500.0, limit_on_file=500.0, overdue=(), **nothing_open)
    life = life_of(customer, delivery=None, terms_days=None, policy=policy, as_of=DAY)
    room = room_for(customer, life, own=None, paid=payments_of(())[0], policy=policy)
    assert room.by_limit == pytest.approx(2_000 + 500)


def test_a_delivery_of_the_past_in_the_order_book_counts_as_today() -> None:
    order = OpenOrder("O1", "A", 500.0, 0.0, DAY - timedelta(days=40))
    found = desk_of(facts(open_orders=500.0), orders=(order,)).decide("A", 500.0, order_id="O1")
    assert found.delivery == DAY


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"amount": 0.0}, "amount must be money above 0"),
        ({"amount": float("nan")}, "amount must be"),
        ({"amount": float("inf")}, "amount must be"),
        ({"terms_days": -1}, "terms_days must be"),
        ({"delivery": "2025-06-29"}, "delivery must be on or after 2025-06-30"),
        ({"order_id": "O9"}, "order_id must be an order of A"),
    ],
)
def test_orders_that_break_a_rule_are_refused(order: dict[str, Any], message: str) -> None:
    desk = desk_of(CUSTOMER, orders=(OpenOrder("O9", "B", 1.0, 0.0, None),))
    with pytest.raises(ParameterError, match=message):
        desk.decide("A", **({"amount": 100.0} | order))


# --- exposure, cash, disputes -----------------------------------------------------------------------------------


def test_an_order_of_the_book_is_not_counted_twice() -> None:
    order = OpenOrder("O1", "A", 4_000.0, 0.0, None)
    desk = desk_of(facts(open_items=7_000.0, open_orders=4_000.0), orders=(order,))
    assert desk.decide("A", 4_000.0, order_id="O1").answer == "release"
    assert desk.decide("A", 4_000.0, order_id="O1").before["open_orders"] == 0.0
    assert desk.decide("A", 4_000.0).answer == "prepay"


def test_money_paid_in_advance_makes_room() -> None:
    assert decided(3_000.0, facts(limit_on_file=0.0, unapplied=3_000.0)).answer == "release"
    assert decided(3_000.0, facts(limit_on_file=0.0)).answer == "prepay"


def test_cash_that_is_here_settles_the_overdue_and_disputed_items_do_not_stop_an_order() -> None:
    paid = facts(open_items=3_000.0, unapplied=1_000.0, overdue=overdue((30, 600.0), (20, 400.0)))
    assert decided(500.0, paid).answer == "release"
    part = facts(open_items=3_000.0, unapplied=700.0, overdue=overdue((30, 600.0), (20, 400.0)))
    assert decided(500.0, part).pay_first == 300.0
    assert decided(500.0, facts(open_items=3_000.0, overdue=overdue((80, 900.0), disputed=True))).answer == "release"


def test_security_is_taken_off_where_the_policy_says_so() -> None:
    less = POLICY.changed({"exposure.less_security": True})
    held = contract(kind="guarantee", insured_share=1.0, limit=8_000.0)
    customer = facts(limit_on_file=0.0, open_items=3_000.0, contracts=(held,))
    found = decided(5_000.0, customer, policy=less)
    assert (found.answer, found.after["exposure"], found.after["security"]) == ("release", 0.0, 8_000.0)
    assert decided(6_000.0, customer, policy=less).on_credit == 5_000.0
    insured = dataclasses.replace(customer, contracts=(contract(),))
    assert decided(100.0, insured, policy=less).answer == "prepay"  # insurance is no security
    ended = dataclasses.replace(customer, contracts=(dataclasses.replace(held, valid_to=DAY),))
    late = decided(5_000.0, ended, policy=less, delivery=DAY + timedelta(days=1))
    assert (late.answer, late.before["exposure"]) == ("prepay", 0.0)  # what is owed today stays secured


def test_under_a_net_definition_a_payment_makes_room_without_its_tax() -> None:
    net = POLICY.changed({"exposure.net_of_tax": True})
    customer = facts(open_items=10_000.0, tax=2_000.0, overdue=overdue((30, 6_000.0)))
    found = decided(6_000.0, customer, policy=net)
    assert (found.answer, found.pay_first, found.after["exposure"]) == ("release_on_payment", 6_000.0, 11_000.0)
    assert (found.after["open_items"], found.after["tax"]) == (5_000.0, 1_000.0)
    assert decided(6_001.0, customer, policy=net).answer == "prepay"
    # cover pays of what is owed, tax included: 12,000 use it up
    covered = facts(**RISKY, open_items=10_000.0, tax=2_000.0, contracts=(contract(limit=12_500.0, insured_share=1.0),))
    assert decided(2_000.0, covered, policy=net).on_credit == 500.0


# --- cover ------------------------------------------------------------------------------------------------------

RISKY = {"pd": 0.9, "grade": "G", "limit_on_file": 50_000.0}
"""On credit without cover such a customer loses money; with it, not."""


def test_only_what_is_insured_goes_out_where_the_rest_would_lose_money() -> None:
    assert decided(1_000.0, facts(**RISKY)).answer == "prepay"
    assert codes(decided(1_000.0, facts(**RISKY)))[0] == "no_profit"
    covered = facts(**RISKY, contracts=(contract(limit=6_000.0, insured_share=1.0),), open_items=2_000.0)
    found = decided(9_000.0, covered)
    assert (found.answer, found.on_credit, found.insured) == ("partial_release", 4_000.0, 4_000.0)


@pytest.mark.parametrize(
    ("changes", "order", "word"),
    [
        ({"valid_to": DAY}, {"delivery": DAY + timedelta(days=1)}, "ends on 2025-06-30"),
        ({"max_terms_days": 29}, {}, "allows terms of 29 days"),
        ({"stop_shipment_dpd": 4}, {}, "stops new shipments from 4 days past due"),
    ],
)
def test_cover_that_does_not_count_for_the_new_shipment(
    changes: dict[str, Any], order: dict[str, Any], word: str
) -> None:
    customer = facts(**RISKY, open_items=1_000.0, overdue=overdue((4, 1_000.0)))
    counts = dataclasses.replace(customer, contracts=(contract(insured_share=1.0, max_terms_days=30, valid_to=DAY),))
    assert decided(2_000.0, counts).answer == "release"
    struck = dataclasses.replace(customer, contracts=(contract(insured_share=1.0, **changes),))
    found = decided(2_000.0, struck, **order)
    assert found.answer == ("release_on_payment" if "stop_shipment_dpd" in changes else "prepay")
    if found.answer == "prepay":
        assert word in found.says
    else:
        assert found.insured == 2_000.0  # once the oldest item is paid the insurer covers new shipments again


def test_of_two_like_items_one_that_stays_unpaid_still_stops_new_cover() -> None:
    """9,000 of room is needed: the first item is enough for it, and leaves a second one as old."""
    insured = contract(insured_share=1.0, limit=90_000.0, stop_shipment_dpd=20)
    late = overdue((25, 1_000.0), (25, 1_000.0))
    policy = POLICY.changed({"order.release_overdue_days": 30})
    customer = facts(**RISKY, open_items=2_000.0, overdue=late, contracts=(insured,))
    assert decided(2_000.0, customer, policy=policy).pay_first == 2_000.0


def test_what_is_owed_uses_the_cover_up_first() -> None:
    covered = facts(**RISKY, contracts=(contract(limit=6_000.0, insured_share=1.0),), open_items=5_950.0)
    found = decided(1_000.0, covered)
    assert (found.answer, found.on_credit) == ("prepay", 50.0)


# --- from a ledger ----------------------------------------------------------------------------------------------


def small_ledger(**tables: Any) -> Any:
    return ledger_of(
        covers_to="2025-06-30",
        documents=[
            {
                "document_id": "D1",
                "customer_id": "A",
                "document_date": "2025-05-01",
                "due_date": "2025-06-20",
                "amount": 300_000,
            },
            {
                "document_id": "D2",
                "customer_id": "B",
                "document_date": "2025-06-01",
                "due_date": "2025-07-20",
                "amount": 200_000,
            },
        ],
        customers=[{"customer_id": "A", "name": "Alpha", "industry": "retail", "country": "DE"}, {"customer_id": "B"}],
        **tables,
    )


def scores(**status: str) -> pl.DataFrame:
    who = ["A", "B"]
    return pl.DataFrame(
        {
            "customer_id": who,
            "status": [status.get(one, "at_risk") for one in who],
            "pd_12m": [0.02, None],
            "dbt_12m": [7.5, None],
        }
    )


def limit(customer_id: str, value: str, **dates: str) -> dict[str, str]:
    return {
        "customer_id": customer_id,
        "attribute": "credit_limit",
        "value": value,
        "valid_from": "2024-01-01",
        **dates,
    }


def test_facts_come_from_the_ledger_as_it_was_known() -> None:
    history = [
        limit("A", "5000"),
        limit("A", "9000", valid_from="2025-06-30"),
        limit("A", "1", valid_from="2025-07-01"),
        {"customer_id": "A", "attribute": "terms_days", "value": "50", "valid_from": "2024-01-01"},
        {"customer_id": "A", "attribute": "parent_id", "value": "B", "valid_from": "2024-01-01"},
    ]
    ledger = small_ledger(
        customer_history=history,
        document_changes=[{"document_id": "D1", "field": "dunning_block", "value": "Z", "changed_on": "2025-06-25"}],
    )
    found = decide_order(ledger, "A", 1_000.0, scores=scores(), as_of="2025-06-30")
    assert (found.answer, found.pay_first) == ("release_on_payment", 3_000.0)  # a dunning stop changes nothing
    assert (found.limit_used, found.terms_days, found.predicted_days_late, found.name) == (9_000.0, 50, 7.5, "Alpha")
    assert found.before["group_exposure"] == 5_000.0
    assert found.pd_12m == 0.02
    before = decide_order(ledger, "A", 1_000.0, scores=scores(), as_of="2025-06-19")
    assert (before.answer, before.limit_used) == ("release", 5_000.0)


def test_margin_of_the_customer_then_of_the_tables() -> None:
    own = {"customer_id": "A", "attribute": "margin_rate", "value": "0.4", "valid_from": "2024-01-01"}
    tables = POLICY.changed(
        {"economics.margin_by_industry": {"retail": 0.1}, "economics.margin_by_country": {"DE": 0.2}}
    )
    for history, policy, margin in (([], POLICY, 0.25), ([], tables, 0.1), ([own], tables, 0.4)):
        ledger = small_ledger(customer_history=[limit("A", "5000"), *history])
        found = decide_order(ledger, "A", 500.0, scores=scores(), policy=policy)
        assert found.margin == margin


def test_a_customer_without_scores_or_without_a_pd() -> None:
    ledger = small_ledger(customer_history=[limit("B", "5000")])
    unscored = decide_order(ledger, "B", 500.0, scores=scores().filter(pl.col("customer_id") == "A"))
    assert (unscored.pd_source, unscored.pd_12m) == ("not_scored", 0.08)
    unmeasured = decide_order(ledger, "B", 500.0, scores=scores().to_pandas())
    assert (unmeasured.pd_source, unmeasured.answer) == ("policy_grade", "release")


def test_an_insolvency_and_a_status_from_the_ledger_and_the_scores() -> None:
    events = [{"customer_id": "B", "date": "2025-06-01", "kind": "insolvency"}]
    ledger = small_ledger(customer_history=[limit("B", "5000")], credit_events=events)
    desk = OrderDesk.open(ledger, scores=scores(A="in_default"))
    assert desk.decide("B", 10.0).block == "insolvent"
    assert desk.decide("A", 10.0).block == "in_default"


def test_a_failed_account_of_the_same_group_is_named() -> None:
    parent = {"customer_id": "A", "attribute": "parent_id", "value": "B", "valid_from": "2024-01-01"}
    history = [limit("A", "9000"), limit("B", "9000")]
    ledger = small_ledger(customer_history=[*history, parent])
    found = OrderDesk.open(ledger, scores=scores(B="bad_debt")).decide("A", 10.0)
    assert "Of the other accounts of its group B is in default or a bad debt" in found.says
    assert "failed_in_group" in codes(found)
    apart = OrderDesk.open(small_ledger(customer_history=history), scores=scores(B="bad_debt")).decide("A", 10.0)
    assert "failed_in_group" not in codes(apart)
    assert apart.answer == found.answer
    many = decided(10.0, facts(group_accounts=6, failed_in_group=("B", "C", "D", "E", "F")))
    assert "B, C, D and 2 more are in default" in many.says


def test_a_ledger_with_one_customer_and_nothing_else() -> None:
    ledger = ledger_of(customers=[{"customer_id": "A"}])
    found = decide_order(ledger, "A", 10.0, scores=scores().clear())
    assert found.answer == "prepay"
    limits = pl.DataFrame({"customer_id": ["A"], "recommended_limit": [5_000.0]})
    assert decide_order(ledger, "A", 10.0, scores=scores().clear(), limits=limits).answer == "release"


def test_the_record_is_plain_and_the_fingerprint_is_of_the_inputs() -> None:
    found = decided(1_000.0)
    assert canonical(found.as_record())
    assert found.inputs == decided(1_000.0).inputs
    assert found.inputs != decided(1_000.5).inputs
    assert found.inputs != decided(1_000.0, facts(pd=0.021)).inputs


# --- what must hold of all --------------------------------------------------------------------------------------

money = st.integers(0, 40_000).map(float)
items = st.lists(st.tuples(st.integers(1, 90), st.integers(1, 5_000).map(float)), max_size=4)
contracts = st.lists(
    st.builds(
        contract,
        cover_id=st.sampled_from(["V1", "V2"]),
        kind=st.sampled_from(["insurance", "guarantee"]),
        limit=money,
        insured_share=st.sampled_from([0.5, 0.9, 1.0]),
        deductible=st.sampled_from([0.0, 400.0]),
        max_terms_days=st.sampled_from([None, 20, 60]),
        stop_shipment_dpd=st.sampled_from([None, 10, 60]),
        valid_to=st.sampled_from([None, DAY, DAY + timedelta(days=90)]),
    ),
    max_size=2,
    unique_by=lambda one: one.cover_id,
)


limits_for_a_time = st.lists(
    st.builds(
        LimitForATime,
        kind=st.sampled_from(["seasonal", "temporary"]),
        limit=money,
        first=st.sampled_from([DAY, DAY + timedelta(days=1)]),
        last=st.just(DAY + timedelta(days=60)),
    ),
    max_size=2,
)


@st.composite
def customers(draw: Any, **fixed: Any) -> CustomerFacts:
    late = overdue(*draw(items))
    rest = draw(money)
    drawn = {
        "overdue": late,
        "open_items": draw(money) + sum(item.amount for item in late),
        "open_orders": draw(money),
        "delivered_uninvoiced": draw(st.sampled_from([0.0, 700.0])),
        "unapplied": draw(st.sampled_from([0.0, 0.0, 900.0, 30_000.0])),
        "limit_on_file": draw(st.one_of(st.none(), money)),
        "recommended_limit": draw(st.one_of(st.none(), money)),
        "limits_for_a_time": tuple(sorted(draw(limits_for_a_time), key=lambda entry: entry.limit)),
        "contracts": tuple(draw(contracts)),
        "pd": TermStructure(None, None, draw(st.sampled_from([0.0, 0.01, 0.1, 0.4, 0.8, 1.0]))),
        "margin": draw(st.sampled_from([0.0, 0.02, 0.25, 0.6])),
        "days_late": draw(st.sampled_from([None, 0.0, 25.0])),
        "terms_days": draw(st.sampled_from([None, 0, 30, 90])),
        "status": draw(st.sampled_from(["at_risk", "at_risk", "at_risk", "in_default", "recovering"])),
        "group_accounts": 2 if rest else 1,
        "rest_of_group": rest,
    }
    return facts(**(drawn | fixed))


policies = st.builds(
    lambda security, orders, cap, tolerance, step: POLICY.changed(
        {
            "exposure.less_security": security,
            "exposure.open_orders": orders,
            "appetite.single_name": cap,
            "appetite.group": cap + 10_000.0,
            "order.tolerance": tolerance,
            "order.partial_step": step,
            "limit.new_customer.limit": 5_000.0,
        }
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from([20_000.0, 2_000_000.0]),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([0.01, 100.0, 5_000.0]),
)
amounts = st.integers(1, 6_000_000).map(lambda cents: cents / 100)


def rank(answer: str) -> int:
    return ANSWERS.index(answer)


@settings(max_examples=80, deadline=None)
@given(customers(), policies, amounts, st.floats(1.0, 50.0))
def test_a_larger_order_never_gets_a_better_answer(
    customer: CustomerFacts, policy: Any, amount: float, more: float
) -> None:
    small, large = (decided(size, customer, policy=policy).answer for size in (amount, amount * more))
    assert rank(large) >= rank(small)


@settings(max_examples=80, deadline=None)
@given(customers(), policies, amounts, st.floats(0, 1))
def test_a_higher_pd_never_gets_a_better_answer(customer: CustomerFacts, policy: Any, amount: float, up: float) -> None:
    pd = customer.pd.pd_12m
    riskier = dataclasses.replace(customer, pd=TermStructure(None, None, pd + (1 - pd) * up))
    low, high = decided(amount, customer, policy=policy), decided(amount, riskier, policy=policy)
    assert rank(high.answer) >= rank(low.answer)
    if high.answer == low.answer != "release_on_payment":
        assert high.on_credit <= low.on_credit


@settings(max_examples=100, deadline=None)
@given(customers(), policies, amounts)
def test_what_goes_out_stays_within_limit_caps_and_amount(customer: CustomerFacts, policy: Any, amount: float) -> None:
    found = decided(amount, customer, policy=policy)
    for_a_time = [entry.limit for entry in customer.limits_for_a_time if entry.first <= DAY <= entry.last]
    assert found.limit_used in (customer.limit_on_file or 0.0, customer.recommended_limit, *for_a_time)
    lowered = customer.recommended_limit is not None and customer.recommended_limit < (customer.limit_on_file or 0.0)
    assert (
        rank(found.answer) >= rank(found.answer_on_file)
        if lowered and found.limit_used <= (customer.limit_on_file or 0.0)
        else rank(found.answer) <= rank(found.answer_on_file)
    )
    assert 0 <= found.on_credit <= amount
    assert found.on_credit + found.prepay <= amount + 1e-9
    if found.on_credit > 0:
        assert found.after["exposure"] <= found.limit_used * (1 + policy.order.tolerance) + 0.011
        assert found.after["exposure"] <= policy.appetite.single_name + 0.011
        assert found.after["group_exposure"] <= policy.appetite.group + 0.011
        assert found.block is None
    assert all(reason.code in CODES for reason in found.reasons)
    assert "None" not in found.says
    assert "nan" not in found.says
    assert {"release": found.on_credit == amount, "hold": found.on_credit == 0}.get(found.answer, True)


def paid_of(contracts_found: Any, balance: float) -> float:
    """What cover pays of a balance, contract by contract."""
    each = [one.insured_share * min(one.limit, max(0.0, balance)) - one.deductible for one in contracts_found]
    return min(max(0.0, balance), sum(max(0.0, paid) for paid in each))


@settings(max_examples=60, deadline=None)
@given(customers(), policies)
def test_one_unit_more_than_the_bounds_is_too_much_and_one_less_is_not(customer: CustomerFacts, policy: Any) -> None:
    life = life_of(customer, delivery=None, terms_days=None, policy=policy, as_of=DAY)
    paid = payments_of(still_overdue(customer))[0]
    room = room_for(customer, life, own=None, paid=paid, policy=policy)

    def exposure(amount: float) -> float:
        base = customer.part("open_items") + customer.part("delivered_uninvoiced") - customer.part("unapplied")
        base += customer.part("open_orders") * policy.exposure.open_orders
        total = max(0.0, base + amount)
        if not policy.exposure.less_security:
            return total
        held = [one for one in customer.contracts if one.kind == "guarantee"]
        new = [one for one in room.contracts if one.kind == "guarantee"]
        return total - paid_of(held, base) - paid_of(new, total) + paid_of(new, base)

    limits = [customer.recommended_limit, customer.limit_on_file, 0.0]
    limit_held = next(one for one in limits if one is not None)
    bound = min(
        limit_held * (1 + policy.order.tolerance),
        policy.appetite.single_name,
        policy.appetite.group - customer.rest_of_group,
    )
    if room.by_limit > 0:
        assert exposure(room.by_limit) <= bound + 1e-6
    assert exposure(room.by_limit + 1) > bound - 1e-6

    owed = sum(customer.part(name) for name in ("open_items", "delivered_uninvoiced", "open_orders"))
    owed = max(0.0, owed - customer.part("unapplied"))
    lgd, margin = policy.economics.lgd_by_cover, customer.margin

    def earned(start: float) -> float:
        """Of one unit more, from what each contract pays of it."""
        cover = [(paid_of([one], owed + start + 1) - paid_of([one], owed + start), one.kind) for one in room.contracts]
        share = sum(paid for paid, _ in cover)
        cover = [(paid / max(1.0, share), kind) for paid, kind in cover]
        lost = sum(paid * lgd[kind] for paid, kind in cover) + 0.77 * (1 - min(1.0, share))
        return (1 - life.pd) * margin - life.pd * lost * (1 - margin) - 0.08 * life.funded_days / 365

    if room.by_value < 1e9:
        assert earned(room.by_value + 0.001) <= 1e-9
    for start in np.arange(0.0, min(room.by_value, 60_000.0) - 1, 997.0):
        assert earned(start) > -1e-9


@settings(max_examples=60, deadline=None)
@given(customers(margin=0.0), policies, amounts)
def test_without_a_margin_nothing_goes_out_unsecured(customer: CustomerFacts, policy: Any, amount: float) -> None:
    found = decided(amount, customer, policy=policy)
    assert found.on_credit - found.insured <= 0.011


@settings(max_examples=60, deadline=None)
@given(customers(), amounts)
def test_what_goes_out_is_worth_it(customer: CustomerFacts, amount: float) -> None:
    """Where nothing has to be paid in advance or first, the part on credit earns money by itself."""
    found = decided(amount, customer)
    if found.answer in ("release", "partial_release"):
        assert found.expected_value >= -0.01


def test_what_was_posted_later_does_not_change_an_answer() -> None:
    ledger, day = random_ledger(3), date(2024, 3, 31)
    who = ledger.table("customers")["customer_id"]
    known = pl.DataFrame({"customer_id": who, "status": "at_risk", "pd_12m": 0.03})
    now, then = (OrderDesk.open(one, scores=known, as_of=day) for one in (ledger, ledger.cut(day)))
    assert now.facts == then.facts
    assert now.orders == then.orders
    answers = {customer: now.decide(customer, 500.0) for customer in now.facts}
    assert len({one.answer for one in answers.values()}) > 1
    assert answers == {customer: then.decide(customer, 500.0) for customer in then.facts}


def test_what_a_register_warns_of_is_read_before_the_order_is_shipped():
    found = decided(1_000.0, facts(warned_of="strike off notice of 2025-03-10 (companies_house)"))
    assert found.answer == "release"
    assert codes(found)[:2] == ["within", "warned"]
    assert found.reasons[1].says == "Read before it is shipped: strike off notice of 2025-03-10 (companies_house)."
    assert "warned" not in codes(decided(1_000.0, facts()))
