"""The sections of the credit policy that a customer's limit follows: economics, exposure, limit rules and demand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from credrisk.decisions.policy_reader import key_error, may_be_empty, one_of
from credrisk.decisions.policy_values import (
    AtLeastOne,
    AtLeastOneWhole,
    Count,
    Flag,
    Months,
    NotNegative,
    Positive,
    Share,
    ShareBelowOne,
    check_grades_of,
)

__all__ = [
    "COVER_KINDS",
    "LOSS_BASES",
    "Demand",
    "Economics",
    "Exposure",
    "LimitRules",
    "NewCustomer",
    "check_economics",
    "check_limit",
]

LOSS_BASES = ("cost", "invoice")
COVER_KINDS = ("insurance", "guarantee", "letter_of_credit", "security")
"""As the ledger's table of cover names them."""

MarginTable = Annotated[dict[str, ShareBelowOne], may_be_empty()]


@dataclass(frozen=True)
class Economics:
    """What a sale earns and what a bad debt costs, as fractions; ``cost_of_funds`` a year.

    A customer's own ``margin_rate`` wins, then ``margin_by_segment``, ``margin_by_industry``, ``margin_by_country``,
    then the flat ``margin``.
    """

    margin: ShareBelowOne
    cost_of_funds: Share
    loss_basis: Annotated[str, one_of(*LOSS_BASES)]
    tax_relief: ShareBelowOne
    lgd_uninsured: Share
    repeat_orders_years: NotNegative
    lgd_by_cover: dict[str, Share]
    margin_by_segment: MarginTable
    margin_by_industry: MarginTable
    margin_by_country: MarginTable


@dataclass(frozen=True)
class Exposure:
    """What counts towards a limit besides the open items, and what is taken off."""

    open_orders: Flag
    delivered_not_invoiced: Flag
    less_unapplied_cash: Flag
    less_security: Flag
    net_of_tax: Flag


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
    keep_tolerance: ShareBelowOne
    generous_multiple: AtLeastOne
    no_raise_past_due_days: Count
    no_raise_past_due_share: Share
    no_raise_idle_days: Count
    need_peak_quantile: ShareBelowOne
    peer_quantile: ShareBelowOne
    peer_minimum: AtLeastOneWhole
    capacity_binds: Flag
    temporary_days: AtLeastOneWhole
    seasonal_ratio: AtLeastOne
    new_customer: NewCustomer
    capacity_net_worth_share: dict[str, Share]
    capacity_working_capital_share: dict[str, Share]


@dataclass(frozen=True)
class Demand:
    """Priors of what the good and the failing customer draw, and how much they weigh against the customer's own."""

    prior_log_sd: Positive
    prior_customers: NotNegative
    ead_ratio_prior: Positive
    ead_prior_defaults: NotNegative
    idle_share: Share
    idle_demand: Share


def check_economics(economics: Economics) -> None:
    """Refuse cover that loses more than no cover, and cover of a kind that the ledger does not know."""
    table = economics.lgd_by_cover
    for kind in table:
        if kind not in COVER_KINDS:
            raise key_error(f"economics.lgd_by_cover.{kind}", f"one of {', '.join(COVER_KINDS)}", table[kind])
    for kind in COVER_KINDS:
        if kind not in table:
            raise key_error(f"economics.lgd_by_cover.{kind}", "present: every kind of cover needs its loss", "nothing")
        if table[kind] > economics.lgd_uninsured:
            raise key_error(f"economics.lgd_by_cover.{kind}", "at most economics.lgd_uninsured", table[kind])


def check_limit(limit: LimitRules, grades: tuple[str, ...]) -> None:
    """Refuse shares of capacity that leave a grade out, or that rise as the grade worsens."""
    for name in ("capacity_net_worth_share", "capacity_working_capital_share"):
        key, table = f"limit.{name}", getattr(limit, name)
        check_grades_of(key, table, grades)
        for grade in grades:
            if grade not in table:
                raise key_error(f"{key}.{grade}", "present: every grade needs its share", "nothing")
        if any(table[worse] > table[better] for better, worse in pairwise(grades)):
            raise key_error(key, "falling, or level, from the best grade to the worst", dict(table))
