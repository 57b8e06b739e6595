"""The sections of the credit policy that grade a customer: the master scale, and a grade where no PD is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from credrisk.decisions.policy_reader import key_error
from credrisk.decisions.policy_values import (
    AnyNumber,
    Months,
    NotNegative,
    Share,
    Text,
    check_grades_of,
    check_rising,
    check_unique,
)

__all__ = ["Grade", "PolicyGrade", "check_policy_grades", "check_scale"]


@dataclass(frozen=True)
class Grade:
    """One grade of the master scale: PDs from ``pd_from`` (inclusive) to the next grade's (exclusive)."""

    name: Text
    pd_from: Share
    pd_used: Share
    review_months: Months


@dataclass(frozen=True)
class PolicyGrade:
    """How a customer without a measured PD gets a grade; each table gives the lower bound (inclusive) by grade."""

    without_history: Text
    recovering: Text
    in_default_pd: Share
    p_late30_12m: dict[str, Share]
    dbt_12m: dict[str, AnyNumber]
    oldest_open_days: dict[str, NotNegative]


def check_scale(grades: tuple[Grade, ...]) -> None:
    """Refuse a master scale that leaves a PD without a grade, or a grade without its PD."""
    check_unique("grades.name", (grade.name for grade in grades))
    check_rising("grades.pd_from", (grade.pd_from for grade in grades))
    if grades[0].pd_from != 0:
        raise key_error("grades[1].pd_from", "0, so that every PD has a grade", grades[0].pd_from)
    uppers = [*(grade.pd_from for grade in grades[1:]), math.inf]
    for place, (grade, upper) in enumerate(zip(grades, uppers, strict=True), start=1):
        if not grade.pd_from <= grade.pd_used < upper:
            rule = f"within its own grade, at least {grade.pd_from:g} and below {upper:g}"
            raise key_error(f"grades[{place}].pd_used", rule, grade.pd_used)


def check_policy_grades(rules: PolicyGrade, names: tuple[str, ...]) -> None:
    """Refuse grades that are not on the scale, and bounds that do not rise with the grade."""
    known = f"a grade of the scale ({', '.join(names)})"
    for key, grade in (("without_history", rules.without_history), ("recovering", rules.recovering)):
        if grade not in names:
            raise key_error(f"policy_grade.{key}", known, grade)
    for key in ("p_late30_12m", "dbt_12m", "oldest_open_days"):
        table: dict[str, float] = getattr(rules, key)
        check_grades_of(f"policy_grade.{key}", table, names)
        in_order = sorted(table, key=names.index)
        check_rising(f"policy_grade.{key}", (table[grade] for grade in in_order))
