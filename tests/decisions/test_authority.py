"""Who may decide: the lowest role that reaches the amount and the grade, checked against reading the matrix by hand."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credrisk.decisions import authority as authority_module
from credrisk.decisions.authority import authority_for
from credrisk.decisions.policy import Policy
from credrisk.decisions.policy_appetite import ACTIONS
from credrisk.errors import ParameterError

MATRIX = [
    {"role": "clerk", "action": "order", "up_to": 1_000.0, "worst_grade": "C"},
    {"role": "clerk", "action": "limit", "up_to": 500.0, "worst_grade": "B"},
    {"role": "manager", "action": "order", "up_to": 50_000.0, "worst_grade": "E"},
    {"role": "director", "action": "order", "up_to": 50_000.0, "worst_grade": "G"},
]
POLICY = Policy.default().changed({"authority": MATRIX})


@pytest.mark.parametrize(
    ("action", "amount", "grade", "role"),
    [
        ("order", 0.0, "A", "clerk"),
        ("order", 1_000.0, "C", "clerk"),
        ("order", 1_000.01, "C", "manager"),
        ("order", 10.0, "D", "manager"),
        ("order", 10.0, "F", "director"),
        ("order", 10.0, None, "director"),
        ("order", 50_000.01, "A", None),
        ("limit", 500.0, "B", "clerk"),
        ("limit", 500.0, "C", None),
        ("write_off", 0.0, "A", None),
    ],
)
def test_the_lowest_role_that_may(action, amount, grade, role):
    assert authority_for(POLICY, action=action, amount=amount, grade=grade) == role


@settings(deadline=None)
@given(
    action=st.sampled_from(ACTIONS),
    amounts=st.tuples(st.floats(0, 3e6), st.floats(0, 3e6)),
    grades=st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG")),
)
def test_more_money_or_a_worse_grade_never_needs_a_lower_role(action, amounts, grades):
    policy = Policy.default()
    ranks = [entry.role for entry in policy.authority if entry.action == action] + [None]
    low = authority_for(policy, action=action, amount=min(amounts), grade=min(grades))
    high = authority_for(policy, action=action, amount=max(amounts), grade=max(grades))
    assert ranks.index(low) <= ranks.index(high)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"action": "raise"}, "action"),
        ({"amount": -1.0}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"grade": "Z"}, "grade"),
    ],
)
def test_what_the_policy_does_not_know_is_refused(wrong, named):
    with pytest.raises(ParameterError, match=named):
        authority_for(POLICY, **{"action": "order", "amount": 1.0, "grade": "A", **wrong})


@pytest.mark.parametrize(
    ("place", "change", "key"),
    [
        (0, {"action": "fire"}, r"authority\[1\]\.action"),
        (0, {"worst_grade": "Z"}, r"authority\[1\]\.worst_grade"),
        (2, {"up_to": 10.0}, r"authority\[3\]\.up_to.*'clerk'"),
        (3, {"worst_grade": "D"}, r"authority\[4\]\.worst_grade.*'manager'"),
        (2, {"role": "clerk"}, r"authority\[1\]\.role.*named once"),
    ],
)
def test_the_matrix_must_hold_together(place, change, key):
    matrix = [dict(entry) for entry in MATRIX]
    matrix[place] |= change
    with pytest.raises(ParameterError, match=key):
        Policy.default().changed({"authority": matrix})


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(authority_module).failed == 0


@given(amount=st.floats(0, 3e6), today=st.floats(0, 3e6), grade=st.sampled_from([*POLICY.grade_names, None]))
def test_whoever_may_set_a_limit_may_lower_or_stop_one(amount, today, grade):
    role = authority_for(POLICY, action="limit", amount=amount, grade=grade, today=today)
    lowest = next(entry.role for entry in POLICY.authority if entry.action == "limit")
    if amount == 0 or amount < today:
        assert role == lowest
    else:
        assert role == authority_for(POLICY, action="limit", amount=amount, grade=grade)
    same = authority_for(POLICY, action="order", amount=amount, grade=grade)
    assert authority_for(POLICY, action="order", amount=amount, grade=grade, today=today) == same
