"""The room for an order: how long it lives, what counts before it, what security takes off, where it stops earning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from credrisk.decisions.cover_in_force import Contract, insured_of, paid_by, why_not_counted
from credrisk.decisions.exposure_today import SECURITIES
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder
from credrisk.decisions.order_life import Segment, loss_segments, unit_value
from credrisk.decisions.policy import Policy
from credrisk.features.label_settings import LabelSettings

__all__ = [
    "CENT",
    "OrderLife",
    "Paid",
    "Room",
    "counted_before",
    "counted_of",
    "exposure_with",
    "life_of",
    "limit_of",
    "room_for",
]


DEFAULT_DAYS = LabelSettings().default_days
CENT = 1e-6
"""Below half a minor unit of every currency: what differs by less is equal."""


@dataclass(frozen=True)
class OrderLife:
    """The order's own life, in days from today where nothing else is said.

    Attributes
    ----------
    delivery, terms_days, days_late
        As given, else from the ledger, else the policy's or today.
    assumed
        Which of ``delivery``, ``terms`` and ``days_late`` nothing is known about.
    days
        To the day on which an unpaid item counts as a default.
    pd
        Probability of a bad debt within these days.
    funded_days
        From the delivery to the expected payment.
    """

    delivery: date
    terms_days: int
    days_late: float
    assumed: tuple[str, ...]
    days: float
    pd: float
    funded_days: float


@dataclass(frozen=True)
class Room:
    """How much may go out on credit after some of the overdue was paid.

    Attributes
    ----------
    paid
        What is paid of the overdue before.
    base
        What counts towards the limit before the order and before security, without the order itself; below 0 where
        more was paid than is owed.
    bound
        What the exposure may be at most.
    by_limit, by_value
        The two bounds, in money; ``by_value`` is infinite where every further unit earns.
    bound_by
        What bounds ``by_limit``: ``limit``, ``single_name`` or ``group``.
    segments
        What is lost of each part of the order in a failure.
    not_counted
        Why contracts of cover do not count, in words.
    """

    paid: float
    base: float
    bound: float
    by_limit: float
    by_value: float
    bound_by: str
    segments: tuple[Segment, ...]
    contracts: tuple[Contract, ...]
    not_counted: tuple[str, ...]

    @property
    def amount(self) -> float:
        """The lower of both bounds."""
        return min(self.by_limit, self.by_value)


def life_of(
    facts: CustomerFacts, *, delivery: date | None, terms_days: int | None, policy: Policy, as_of: date
) -> OrderLife:
    """Return the life of an order of this customer.

    Days at risk = days to the delivery + terms + expected days late + days past due that make a default; where neither
    delivery nor terms are known, no less than the policy's ``order.lifetime_days_default``.
    """
    terms = terms_days if terms_days is not None else facts.terms_days
    assumed = [
        name
        for name, known in (("delivery", delivery), ("terms", terms), ("days_late", facts.days_late))
        if known is None
    ]
    ships = max(delivery or as_of, as_of)
    terms_used = policy.limit.terms_days if terms is None else terms
    late = policy.limit.days_late if facts.days_late is None else facts.days_late
    days = (ships - as_of).days + terms_used + late + DEFAULT_DAYS
    if delivery is None and terms is None:
        days = max(days, float(policy.order.lifetime_days_default))
    return OrderLife(ships, terms_used, late, tuple(assumed), days, facts.pd.within(days), terms_used + late)


@dataclass(frozen=True)
class Paid:
    """What is paid of the overdue, and how many days the oldest item then left open is past due (None: none is)."""

    amount: float
    oldest_days: int | None


def room_for(facts: CustomerFacts, life: OrderLife, *, own: OpenOrder | None, paid: Paid, policy: Policy) -> Room:
    """Return the room for an order once something of the overdue is paid.

    Parameters
    ----------
    own
        The order itself where it stands in the order book already: it is taken out of what counts before it.
    paid
        One of :func:`payments_of`.
    """
    base = counted_before(facts, own=own, policy=policy) - counted_of(facts, paid.amount)
    owed = facts.part("open_items") + facts.part("tax") + facts.part("delivered_uninvoiced") + facts.part("open_orders")
    owed += facts.released_today - facts.part("unapplied") - paid.amount - (own.undelivered if own is not None else 0.0)
    why = {
        contract.cover_id: why_not_counted(
            contract, delivery=life.delivery, terms_days=life.terms_days, oldest_past_due_days=paid.oldest_days
        )
        for contract in facts.contracts
    }
    counted = tuple(contract for contract in facts.contracts if why[contract.cover_id] is None)
    bounds = {
        "limit": limit_of(facts)[0] * (1 + policy.order.tolerance),
        "single_name": policy.appetite.single_name,
        "group": policy.appetite.group - facts.rest_of_group,
    }
    bound_by = min(bounds, key=lambda name: bounds[name])
    segments = loss_segments(counted, owed, policy=policy)
    return Room(
        paid=paid.amount,
        base=base,
        bound=bounds[bound_by],
        by_limit=_largest(facts, base, counted, bounds[bound_by], policy),
        by_value=_earning(segments, life, facts, policy),
        bound_by=bound_by,
        segments=tuple(segments),
        contracts=counted,
        not_counted=tuple(said for said in why.values() if said is not None),
    )


def counted_before(facts: CustomerFacts, *, own: OpenOrder | None, policy: Policy) -> float:
    """Return what counts before order and security, by the policy; below 0 where more was paid than is owed."""
    rules = policy.exposure
    counted = facts.part("open_items") + facts.released_today
    counted += facts.part("delivered_uninvoiced") if rules.delivered_not_invoiced else 0.0
    if rules.open_orders:
        counted += facts.part("open_orders") - (own.undelivered if own is not None else 0.0)
    return counted - (facts.part("unapplied") if rules.less_unapplied_cash else 0.0)


def counted_of(facts: CustomerFacts, paid: float) -> float:
    """Return what a payment takes off the open items that count: without its tax where they count without theirs.

    The tax of single items is not told apart: each is taken to hold as much of it as all of them together.
    """
    items, tax = facts.part("open_items"), max(0.0, facts.part("tax"))
    return paid * items / (items + tax) if tax > 0 else paid


def limit_of(facts: CustomerFacts) -> tuple[float, str]:
    """Return the limit that counts and where it comes from: ``recommended``, ``on_file`` or ``none`` (then 0).

    The recommended one where there is one; where it is the one on file, it is called that.
    """
    on_file = None if facts.limit_on_file is None else max(0.0, facts.limit_on_file)
    if facts.recommended_limit is not None and facts.recommended_limit != on_file:
        return max(0.0, facts.recommended_limit), "recommended"
    return (0.0, "none") if on_file is None else (on_file, "on_file")


def exposure_with(
    amount: float, facts: CustomerFacts, base: float, counted: Sequence[Contract], policy: Policy
) -> float:
    """Return the exposure, by the policy's definition, with ``amount`` more on credit.

    Under a policy that takes security off, what is held for the debt of today stays, and of what is added the
    securities that count for new shipments take off what they would pay of it.
    """
    total = max(0.0, base + amount)
    if not policy.exposure.less_security:
        return total
    held = [contract for contract in facts.contracts if contract.kind in SECURITIES]
    new = [contract for contract in counted if contract.kind in SECURITIES]
    return total - (insured_of(held, base) + insured_of(new, total) - insured_of(new, base))


def _earning(segments: Sequence[Segment], life: OrderLife, facts: CustomerFacts, policy: Policy) -> float:
    """Return the amount up to which every unit of the order is expected to earn money."""
    reached = 0.0
    for segment in segments:
        value = unit_value(segment.lost, pd=life.pd, margin=facts.margin, funded_days=life.funded_days, policy=policy)
        if value <= 0:
            break
        reached = segment.end
    return reached


def _largest(facts: CustomerFacts, base: float, counted: Sequence[Contract], bound: float, policy: Policy) -> float:
    """Return the largest amount on credit that keeps the exposure within ``bound``.

    The exposure is straight between the points where a security is used up, or where securities that overlap stop to
    pay for the whole, so that it is enough to look at these points and at the one where it meets the bound.
    """

    def exposure(amount: float) -> float:
        return exposure_with(amount, facts, base, counted, policy)

    if exposure(0.0) > bound + CENT:
        return 0.0
    pays = [contract for contract in counted if contract.kind in SECURITIES and contract.insured_share > 0]
    marks = sorted(
        mark
        for mark in {
            -base,
            *(contract.limit - base for contract in pays),
            *(contract.deductible / contract.insured_share - base for contract in pays),
        }
        if mark > 0
    )
    begin = 0.0
    for end in [*_with_ends_of_overlap(marks, pays, base), math.inf]:
        stop = begin + 1.0 if math.isinf(end) else end
        low, high = exposure(begin), exposure(stop)
        if high > bound or math.isinf(end):
            slope = (high - low) / (stop - begin)
            return begin + max(0.0, bound - low) / slope if slope > 0 else math.inf
        begin = end
    return begin


def _with_ends_of_overlap(marks: Sequence[float], pays: Sequence[Contract], base: float) -> list[float]:
    """Add to the rising ``marks`` where the securities together begin or cease to pay for everything."""

    def uncovered(amount: float) -> float:
        balance = max(0.0, base + amount)
        return balance - sum(paid_by(contract, balance) for contract in pays)

    ends = []
    for begin, end in pairwise([0.0, *marks]):
        low, high = uncovered(begin), uncovered(end)
        if low * high < 0:
            ends.append(begin + (end - begin) * low / (low - high))
    last = marks[-1] if marks else 0.0
    if uncovered(last) < 0:
        ends.append(last - uncovered(last))  # beyond, every further euro is uncovered
    return sorted({*marks, *ends})
