"""The answer to an order: how much of it may go out on credit as things stand, or once what is overdue is paid.

Two bounds hold at once, neither of which depends on the size of the order: the room that the limits leave, and the
amount up to which every further unit is expected to earn money. The order is released where both reach it. Else it is
released once the overdue is paid, where that lifts the bounds far enough; else in part; else against prepayment of what
lies beyond them. So a larger order never gets a better answer, and neither does a higher PD.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from credrisk.decisions.cover_in_force import Contract, insured_of, why_not_counted
from credrisk.decisions.exposure_today import SECURITIES
from credrisk.decisions.grades import NO_CREDIT_STATUSES
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder, Overdue
from credrisk.decisions.order_life import Segment, loss_segments, unit_value
from credrisk.decisions.policy import Policy
from credrisk.features.label_settings import LabelSettings

__all__ = [
    "ANSWERS",
    "Answer",
    "OrderLife",
    "Paid",
    "Room",
    "answer_to",
    "counted_before",
    "counted_of",
    "exposure_with",
    "life_of",
    "limit_of",
    "payments_of",
    "room_for",
    "still_overdue",
]

ANSWERS = ("release", "release_on_payment", "partial_release", "prepay", "hold")
"""From the best to the worst."""

DEFAULT_DAYS = LabelSettings().default_days
MOST_TRIED = 64
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


@dataclass(frozen=True)
class Answer:
    """What to do with the order: of its amount so much on credit, so much in advance, the rest waits.

    Attributes
    ----------
    answer
        One of :data:`ANSWERS`.
    on_credit, prepay, pay_first
        Money: released on credit, asked for in advance, and of the overdue to be paid first.
    block
        ``bad_debt``, ``in_default``, ``insolvent`` or ``group_over_cap`` where that decides, else None.
    room, today
        The room on which the answer stands, which for ``release_on_payment`` is the one after the payment; and the room
        as things stand.
    """

    answer: str
    on_credit: float
    prepay: float
    pay_first: float
    block: str | None
    room: Room
    today: Room


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


def still_overdue(facts: CustomerFacts) -> list[Overdue]:
    """Return the past-due items, the oldest first, after the cash and credits that are here settled the oldest of them.

    Disputed parts stay; cash settles undisputed parts only.
    """
    at_hand, left = max(0.0, facts.part("unapplied")), []
    for item in facts.overdue:
        settled = min(at_hand, item.undisputed)
        at_hand -= settled
        if item.amount - settled > CENT:
            left.append(Overdue(item.days, item.amount - settled, max(0.0, item.undisputed - settled)))
    return left


@dataclass(frozen=True)
class Paid:
    """What is paid of the overdue, and how many days the oldest item then left open is past due (None: none is)."""

    amount: float
    oldest_days: int | None


def payments_of(overdue: Sequence[Overdue]) -> list[Paid]:
    """Return what is paid, and what is left, once the undisputed parts of the 0, 1, 2, ... oldest items are paid.

    ``overdue`` is in the order of :func:`still_overdue`; items that are disputed as a whole cannot be asked for.
    """
    disputed = next((item.days for item in overdue if item.amount - item.undisputed > CENT), None)
    payable = [item for item in overdue if item.undisputed > CENT]
    paid = [0.0, *accumulate(item.undisputed for item in payable)]
    left: list[int | None] = [*(item.days for item in payable), None]
    return [
        Paid(amount, max((day for day in (days, disputed) if day is not None), default=None))
        for amount, days in zip(paid, left, strict=True)
    ]


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


def answer_to(amount: float, facts: CustomerFacts, life: OrderLife, *, own: OpenOrder | None, policy: Policy) -> Answer:
    """Return the answer to an order of ``amount`` (money, above 0)."""
    rules = policy.order
    overdue = still_overdue(facts)
    payments = payments_of(overdue)
    payable = [item for item in overdue if item.undisputed > CENT]
    must = sum(item.days > rules.release_overdue_days for item in payable)  # the oldest come first

    def room(paid: Paid) -> Room:
        return room_for(facts, life, own=own, paid=paid, policy=policy)

    today = room(payments[0])
    block = _block(facts, today, policy)
    if block is not None:
        return Answer("hold", 0.0, 0.0, 0.0, block, today, today)
    free = 0.0 if must else today.amount
    if amount <= free + CENT:
        return Answer("release", amount, 0.0, 0.0, None, today, today)
    if payable and payable[0].days <= rules.maximum_days_past_due:
        for count in _tried(amount, facts, today, payments, least=max(1, must)):
            after = room(payments[count])
            if amount <= after.amount + CENT:
                return Answer("release_on_payment", amount, 0.0, after.paid, None, after, today)
    part = math.floor((free + CENT) / rules.partial_step) * rules.partial_step
    if part > 0:
        return Answer("partial_release", part, 0.0, 0.0, None, today, today)
    on_credit = max(0.0, min(free, amount * (1 - rules.minimum_prepay_share)))
    return Answer("prepay", on_credit, amount - on_credit, payments[must].amount, None, today, today)


def _tried(amount: float, facts: CustomerFacts, today: Room, payments: Sequence[Paid], *, least: int) -> Sequence[int]:
    """Return how many of the overdue items are taken to be paid, one after the other, until the order can go out.

    Without cover the value of the order does not depend on what is paid, and each payment makes as much room as it is:
    so the least is known. With cover all are tried, of many items 64 numbers: they must not depend on the order.
    """
    last = len(payments) - 1
    if not facts.contracts:
        lacking = today.base + amount - today.bound - CENT
        needed = bisect_left(payments, lacking, key=lambda paid: counted_of(facts, paid.amount))
        return range(max(least, needed), last + 1)[: 1 if today.by_value >= amount else 0]
    if last - least < MOST_TRIED:
        return range(least, last + 1)
    return [least + (last - least) * part // MOST_TRIED for part in range(MOST_TRIED + 1)]


def _block(facts: CustomerFacts, today: Room, policy: Policy) -> str | None:
    """Return what stops every shipment; a dunning stop is none."""
    if facts.status in NO_CREDIT_STATUSES:
        return facts.status
    if facts.insolvent_on is not None:
        return "insolvent"
    of_group = facts.rest_of_group + exposure_with(0.0, facts, today.base, today.contracts, policy)
    if facts.group_accounts > 1 and of_group > policy.appetite.group + CENT:
        return "group_over_cap"
    return None


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

    The exposure is level or rises with the amount, straight between the points where a security is used up, so that it
    is enough to look at these points and at the one where it meets the bound.
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
    for end in [*marks, math.inf]:
        stop = begin + 1.0 if math.isinf(end) else end
        low, high = exposure(begin), exposure(stop)
        if high > bound or math.isinf(end):
            slope = (high - low) / (stop - begin)
            return begin + max(0.0, bound - low) / slope if slope > 0 else math.inf
        begin = end
    return begin
