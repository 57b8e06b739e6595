"""The credit policy as data: a versioned TOML file that every decision cites."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Annotated, Any

from credrisk.decisions.policy_reader import build, flag, key_error, number, plain, text, whole
from credrisk.errors import DataError, ParameterError

__all__ = ["Action", "Collection", "Economics", "Grade", "LimitRules", "Policy", "PolicyGrade"]

DEFAULT = Path(__file__).with_name("default_policy.toml")
OTHER_CHANNEL = "other"

Text = Annotated[str, text()]
AnyNumber = Annotated[float, number(-math.inf)]
NotNegative = Annotated[float, number(0)]
Positive = Annotated[float, number(0, above=True)]
Share = Annotated[float, number(0, 1)]
ShareAboveZero = Annotated[float, number(0, 1, above=True)]
ShareBelowOne = Annotated[float, number(0, 1, below=True)]
AtLeastOne = Annotated[float, number(1)]
Flag = Annotated[bool, flag()]
Count = Annotated[int, whole(0)]
Months = Annotated[int, whole(1)]
Age = Annotated[int, whole(-365)]


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


@dataclass(frozen=True)
class Economics:
    """What a sale earns and what a bad debt costs, as fractions; ``cost_of_funds`` a year."""

    margin: ShareBelowOne
    cost_of_funds: Share
    lgd_uninsured: Share
    lgd_insured: Share


@dataclass(frozen=True)
class NewCustomer:
    """The rule for customers younger than ``months`` months."""

    months: NotNegative
    limit: NotNegative
    review_months: Months


@dataclass(frozen=True)
class LimitRules:
    """Credit limits; money in major units of the ledger's currency."""

    terms_days: Count
    days_late: NotNegative
    max_expected_loss_share: Share
    step: Positive
    minimum: NotNegative
    cap: NotNegative
    keep_tolerance: ShareBelowOne
    generous_multiple: AtLeastOne
    order_tolerance: NotNegative
    no_raise_past_due_days: Count
    no_raise_past_due_share: Share
    new_customer: NewCustomer


@dataclass(frozen=True)
class Action:
    """One thing a collector can do, with the prior of its effect on a customer who is reached."""

    name: Text
    says: Text
    channel: Text
    uses_capacity: Flag
    cost: NotNegative
    fee_share: Share
    goodwill: NotNegative
    reach: Share
    days_accelerated: NotNegative
    loss_avoided_share: Share
    from_days: Age
    to_days: Age
    broken_promises_count: Flag


@dataclass(frozen=True)
class Collectability:
    """Share of a defaulted balance still collected, by days past due; linear between, level beyond."""

    ages_days: tuple[NotNegative, ...]
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Collection:
    """The collection queue; money in major units of the ledger's currency."""

    capacity_per_day: Count
    minimum_balance: NotNegative
    small_balance: NotNegative
    coverage_floor_share: Share
    coverage_minimum_gain: NotNegative
    due_soon_days: Count
    due_soon_effect_share: Share
    dispute_hold_share: ShareAboveZero
    promise_grace_days: Count
    broken_promise_ages_days: Count
    broken_promise_account_days: Count
    quiet_days_no_answer: Count
    quiet_days: dict[str, Count]
    collectability: Collectability
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Policy:
    """A credit policy, checked as a whole.

    Attributes
    ----------
    version
        The file's own version text.
    grades
        The master scale, best grade first.
    policy_grade, economics, limit, collection
        The sections of the file; ``docs/policy.md`` says what each means.

    Examples
    --------
    >>> Policy.default().economics.margin
    0.25
    >>> Policy.default().changed({"economics.margin": 0.1}).economics.margin
    0.1
    """

    version: Text
    grades: tuple[Grade, ...]
    policy_grade: PolicyGrade
    economics: Economics
    limit: LimitRules
    collection: Collection

    def __post_init__(self) -> None:
        _check_scale(self.grades)
        _check_policy_grades(self.policy_grade, self.grade_names)
        _check_economics(self.economics)
        _check_limit(self.limit)
        _check_collection(self.collection)

    @classmethod
    def default(cls) -> Policy:
        """Return the policy that ships with credrisk."""
        return _shipped()

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Policy:
        """Read a policy from a TOML file.

        Raises
        ------
        ParameterError
            When there is no such file, or a key is unknown, missing or breaks its rule (the message names it).
        DataError
            When the file is not UTF-8 TOML.
        """
        path = Path(path)
        if not path.is_file():
            raise ParameterError("policy", "an existing TOML file", str(path))
        try:
            content = tomllib.loads(path.read_bytes().decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path.name} is not a TOML file in UTF-8: {error}.", remedy="mend the line named."
            ) from None
        return cls.of(content)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Policy:
        """Return the policy that a mapping as of the parsed file states."""
        return build(cls, content)

    def content(self) -> dict[str, Any]:
        """Return the policy as the file holds it: tables, lists and plain values."""
        return dict(plain(self))

    def changed(self, changes: Mapping[str, Any]) -> Policy:
        """Return a copy with some keys (``{"economics.margin": 0.1}``) given other values, checked as a file is."""
        content = self.content()
        for key, value in changes.items():
            *sections, name = key.split(".")
            table: Any = content
            for section in sections:
                table = table.get(section) if isinstance(table, dict) else None
            if not isinstance(table, dict):
                raise key_error(key, "a key of the policy", value)
            table[name] = value
        return Policy.of(content)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, the same however the file is laid out or commented."""
        canonical = json.dumps(self.content(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()

    @property
    def grade_names(self) -> tuple[str, ...]:
        """Names of the grades, the best first."""
        return tuple(grade.name for grade in self.grades)


def default_text() -> str:
    """Return the shipped policy file, comments and all, to copy and edit."""
    return DEFAULT.read_text(encoding="utf-8")


@cache
def _shipped() -> Policy:
    return Policy.read(DEFAULT)


def _check_rising(key: str, values: Iterable[float]) -> None:
    values = list(values)
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise key_error(key, "rising from entry to entry", values)


def _check_unique(key: str, names: Iterable[str]) -> None:
    names = list(names)
    if len(set(names)) < len(names):
        raise key_error(key, "different names", names)


def _check_scale(grades: tuple[Grade, ...]) -> None:
    _check_unique("grades.name", (grade.name for grade in grades))
    _check_rising("grades.pd_from", (grade.pd_from for grade in grades))
    if grades[0].pd_from != 0:
        raise key_error("grades[1].pd_from", "0, so that every PD has a grade", grades[0].pd_from)
    uppers = [*(grade.pd_from for grade in grades[1:]), math.inf]
    for place, (grade, upper) in enumerate(zip(grades, uppers, strict=True), start=1):
        if not grade.pd_from <= grade.pd_used < upper:
            rule = f"within its own grade, at least {grade.pd_from:g} and below {upper:g}"
            raise key_error(f"grades[{place}].pd_used", rule, grade.pd_used)


def _check_policy_grades(rules: PolicyGrade, names: tuple[str, ...]) -> None:
    known = f"a grade of the scale ({', '.join(names)})"
    for key, grade in (("without_history", rules.without_history), ("recovering", rules.recovering)):
        if grade not in names:
            raise key_error(f"policy_grade.{key}", known, grade)
    for key in ("p_late30_12m", "dbt_12m", "oldest_open_days"):
        table: dict[str, float] = getattr(rules, key)
        for grade in table:
            if grade not in names:
                raise key_error(f"policy_grade.{key}.{grade}", known, table[grade])
        in_order = sorted(table, key=names.index)
        _check_rising(f"policy_grade.{key}", (table[grade] for grade in in_order))


def _check_economics(economics: Economics) -> None:
    if economics.lgd_insured > economics.lgd_uninsured:
        raise key_error("economics.lgd_insured", "at most economics.lgd_uninsured", economics.lgd_insured)


def _check_limit(limit: LimitRules) -> None:
    if limit.cap < limit.minimum:
        raise key_error("limit.cap", "at least limit.minimum", limit.cap)
    if limit.new_customer.limit > limit.cap:
        raise key_error("limit.new_customer.limit", "at most limit.cap", limit.new_customer.limit)


def _check_collection(collection: Collection) -> None:
    ages, shares = collection.collectability.ages_days, collection.collectability.shares
    _check_rising("collection.collectability.ages_days", ages)
    if len(shares) != len(ages):
        raise key_error("collection.collectability.shares", f"as many as ages_days ({len(ages)})", list(shares))
    if any(later > earlier for earlier, later in pairwise(shares)):
        raise key_error("collection.collectability.shares", "falling, or level, with age", list(shares))
    if shares[0] <= 0:
        raise key_error("collection.collectability.shares", "above 0 at the first age", list(shares))
    if OTHER_CHANNEL not in collection.quiet_days:
        raise key_error(f"collection.quiet_days.{OTHER_CHANNEL}", "present: it holds for channels not named", "nothing")
    _check_unique("collection.actions.name", (action.name for action in collection.actions))
    for place, action in enumerate(collection.actions, start=1):
        if action.channel not in collection.quiet_days:
            channels = ", ".join(collection.quiet_days)
            raise key_error(
                f"collection.actions[{place}].channel", f"a channel of quiet_days ({channels})", action.channel
            )
        if action.to_days < action.from_days:
            raise key_error(f"collection.actions[{place}].to_days", "at least from_days", action.to_days)
