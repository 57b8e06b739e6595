"""What one unit of an order on credit is expected to earn over the order's own life.

The life runs from today to the delivery, through the terms and the days that the customer pays late, to the day on
which an unpaid item counts as a default: a failure on any of these days loses the order. The probability of it comes
from the term structure of the PD, with a level hazard between its points, so that it rises with every one of them.

Of a unit of the order ``margin`` is earned, ``PD x LGD x what is at stake`` is lost and the funds from the delivery to
the payment are paid for. At stake is the cost of the goods or, under a policy that counts losses by the invoice, the
whole invoice, less the tax that comes back. What is already owed is sunk: it is in none of this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from credrisk.decisions.cover_in_force import Contract
from credrisk.decisions.expected_profit import DAYS_IN_YEAR
from credrisk.decisions.policy import Policy

__all__ = ["MONTH_DAYS", "Segment", "TermStructure", "loss_segments", "unit_value", "value_of"]

MONTH_DAYS = DAYS_IN_YEAR / 12
CERTAIN = 1 - 1e-12
"""A PD of 1 counts as this, so that its hazard is finite."""


@dataclass(frozen=True)
class TermStructure:
    """The probability of bad debt within 3, 6 and 12 months; None where it is not measured."""

    pd_3m: float | None
    pd_6m: float | None
    pd_12m: float

    def within(self, days: float) -> float:
        """Return the probability within so many days from today (0 or more).

        The cumulated hazard is linear between the points that are known and goes on beyond the year at the year's mean
        hazard.
        """
        points = [(0.0, 0.0)]
        for months, pd in ((3, self.pd_3m), (6, self.pd_6m), (12, self.pd_12m)):
            if pd is not None:
                hazard = -math.log1p(-min(pd, CERTAIN))
                points.append((months * MONTH_DAYS, max(hazard, points[-1][1])))
        year, total = points[-1]
        reached = total * days / year
        for (begin, low), (end, high) in pairwise(points):
            if begin <= days <= end:
                reached = low + (high - low) * (days - begin) / (end - begin)
        return -math.expm1(-reached)


@dataclass(frozen=True)
class Segment:
    """A stretch of the order, from ``begin`` to ``end`` (money), of which the share ``lost`` is lost in a failure."""

    begin: float
    end: float
    lost: float
    insured: float


def loss_segments(contracts: Sequence[Contract], owed: float, *, policy: Policy) -> list[Segment]:
    """Return how much of each part of a new order is lost in a failure, behind what the customer owes already.

    Parameters
    ----------
    contracts
        The contracts of cover that count for the new shipment.
    owed
        What is owed before it, in money: it uses the cover up first. Below 0 counts as 0.

    Returns
    -------
    list of Segment
        From 0 without gaps to infinity. Each contract pays its share between its deductible and its limit; together
        they never pay more than the whole.
    """
    economics, base = policy.economics, max(0.0, owed)
    marks = {0.0, math.inf}
    for contract in contracts:
        if contract.insured_share > 0:
            marks |= {contract.deductible / contract.insured_share - base, contract.limit - base}
    ends = sorted(mark for mark in marks if mark >= 0)
    segments = []
    for begin, end in pairwise(ends):
        middle = base + (begin + 1.0 if math.isinf(end) else (begin + end) / 2)
        paid = [
            (contract.insured_share, economics.lgd_by_cover.get(contract.kind or "insurance", economics.lgd_uninsured))
            for contract in contracts
            if contract.insured_share > 0 and contract.deductible / contract.insured_share < middle < contract.limit
        ]
        share = sum(part for part, _ in paid)
        scale = 1.0 if share <= 1 else 1 / share
        insured = share * scale
        lost = sum(part * scale * lgd for part, lgd in paid) + (1 - insured) * economics.lgd_uninsured
        segments.append(Segment(begin, end, lost, insured))
    return segments


def unit_value(lost: float, *, pd: float, margin: float, funded_days: float, policy: Policy) -> float:
    """Return what one unit of the order is expected to earn where the share ``lost`` of it is lost in a failure.

    Parameters
    ----------
    pd
        Probability of a failure over the order's life.
    funded_days
        Days from the delivery to the expected payment.
    """
    economics = policy.economics
    by_invoice = economics.loss_basis == "invoice"
    earned = margin if by_invoice else (1 - pd) * margin
    at_stake = (1.0 if by_invoice else 1 - margin) * (1 - economics.tax_relief)
    return earned - pd * lost * at_stake - economics.cost_of_funds * funded_days / DAYS_IN_YEAR


def value_of(
    amount: float, segments: Sequence[Segment], *, pd: float, margin: float, funded_days: float, policy: Policy
) -> float:
    """Return what an order of ``amount`` on credit is expected to earn, in money."""
    return math.fsum(
        (min(amount, segment.end) - segment.begin)
        * unit_value(segment.lost, pd=pd, margin=margin, funded_days=funded_days, policy=policy)
        for segment in segments
        if segment.begin < amount
    )
