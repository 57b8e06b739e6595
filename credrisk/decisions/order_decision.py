"""The answer to one order with all that it rests on: what a clerk reads, the table shows and the log keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from credrisk.decisions.order_authority import NO_APPROVAL

__all__ = ["OrderDecision", "Reason"]


@dataclass(frozen=True)
class Reason:
    """One reason: its code and a sentence with the figures."""

    code: str
    says: str


@dataclass(frozen=True)
class OrderDecision:
    """The answer to one order; money in major units of ``currency``.

    Attributes
    ----------
    answer
        ``release``, ``release_on_payment`` (of ``pay_first``), ``partial_release`` (of ``on_credit``), ``prepay``
        (``prepay``, the rest on credit) or ``hold``.
    on_credit
        What goes out on credit, once ``pay_first`` is paid where that is asked for.
    pay_first
        What of the overdue is to be paid first.
    prepay
        What is asked for in advance.
    expected_value
        What the answer is expected to earn over the order's life: ``value_on_credit`` plus ``recovery_value``. What is
        paid in advance is not in it.
    value_on_credit, recovery_value
        The part of it that what goes out on credit earns, and what the payment of the overdue saves.
    advance_margin
        The margin on what is to be paid in advance, if the customer pays it; of a partial release, on its rest.
    value_if_all_on_credit
        What the whole order would be expected to earn if it went out on credit as things stand: what is at stake. These
        values are None for an account that the ledger does not know.
    limit_on_file, recommended_limit
        The limit in force by the ledger and the one that the run recommends; None where there is none.
    limit_used, limit_source
        The limit under which the answer is given, and which it is: ``recommended``, ``on_file``, ``seasonal``,
        ``temporary`` or ``none``.
    answer_on_file
        What the answer would be under the limit on file alone (none on file: no limit).
    raise_approver
        The lowest role that may set the limit under which the answer is given, where that has to be done first; else
        None.
    available
        What the limit with its tolerance leaves before the order, below 0 where it is exceeded.
    before, after
        The waterfall before and after: ``open_items, tax, delivered_uninvoiced, open_orders, released_today,
        this_order, unapplied, security, exposure, group_exposure``. Without the order itself in ``open_orders``.
    insured
        What cover would pay of the part on credit.
    pd_life, life_days
        Probability of a bad debt within the order's life, and its days.
    reasons
        Codes with figures in words, the decisive first.
    approver
        The lowest role that may release it; :data:`~credrisk.decisions.order_authority.NO_APPROVAL` within the limit;
        None where the policy lets nobody, or nothing goes out on credit.
    inputs
        SHA-256 of what it was decided from.
    """

    customer_id: str
    name: str | None
    order_id: str | None
    as_of: date
    currency: str
    amount: float
    answer: str
    on_credit: float
    pay_first: float
    prepay: float
    expected_value: float | None
    value_on_credit: float | None
    recovery_value: float
    advance_margin: float
    value_if_all_on_credit: float | None
    limit_on_file: float | None
    recommended_limit: float | None
    limit_used: float
    limit_source: str
    answer_on_file: str
    raise_approver: str | None
    available: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    insured: float
    delivery: date
    terms_days: int
    predicted_days_late: float
    life_days: float
    pd_life: float
    pd_12m: float
    pd_source: str
    grade: str
    margin: float
    block: str | None
    reasons: tuple[Reason, ...]
    approver: str | None
    policy_version: str
    policy_hash: str
    inputs: str

    def as_record(self) -> dict[str, Any]:
        """Return the decision as plain values: what the log keeps."""
        return asdict(self)

    @property
    def routine(self) -> bool:
        """Whether it can go out as it is, and nobody has to decide."""
        return self.answer == "release" and self.approver == NO_APPROVAL

    @property
    def says(self) -> str:
        """All reasons, as sentences."""
        return " ".join(reason.says for reason in self.reasons)
