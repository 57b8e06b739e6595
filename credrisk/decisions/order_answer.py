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
from itertools import accumulate

from credrisk.decisions.grades import NO_CREDIT_STATUSES
from credrisk.decisions.order_facts import CustomerFacts, OpenOrder, Overdue
from credrisk.decisions.order_room import CENT, OrderLife, Paid, Room, counted_of, exposure_with, room_for
from credrisk.decisions.policy import Policy

__all__ = ["ANSWERS", "Answer", "answer_to", "payments_of", "still_overdue"]


ANSWERS = ("release", "release_on_payment", "partial_release", "prepay", "hold")
"""From the best to the worst."""

MOST_TRIED = 64


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
    once_paid
        Of an order against prepayment: what could go out on credit once ``pay_first`` is paid; None where nothing would
        all the same, since the oldest item is too old.
    """

    answer: str
    on_credit: float
    prepay: float
    pay_first: float
    block: str | None
    room: Room
    today: Room
    once_paid: float | None = None


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
    once_paid = None
    if must and payable[0].days <= rules.maximum_days_past_due:
        once_paid = max(0.0, room(payments[must]).amount)
    return Answer("prepay", on_credit, amount - on_credit, payments[must].amount, None, today, today, once_paid)


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
