"""Short payments and late fees: what is left of a document, or comes of it, once the customer has paid."""

from __future__ import annotations

import dataclasses

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.cash import Applications
from credrisk.simulate.clock import NEVER, Ints, posted, workday
from credrisk.simulate.collection import Plan
from credrisk.simulate.disputes import REASONS, CreditNotes, Disputes, Settlements
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.sales import Documents

__all__ = ["charge_late_fees", "pay_short"]

FEE_FIXED_CENTS = 4_000
FEE_YEARLY_RATE = 0.09
FEE_AFTER_DAYS = 30


def pay_short(
    rng: np.random.Generator, accounts: Accounts, outcomes: Outcomes, documents: Documents, plan: Plan
) -> tuple[Plan, Disputes, Settlements, Applications]:
    """Let short payers keep back a few per cent; the rest is granted as a deduction or paid after a dispute."""
    size = len(documents)
    may = accounts.short_payer[documents.customer] & (documents.kind == 0) & (plan.discount_cents == 0) & ~plan.offset
    short = may & (plan.last < outcomes.failed[documents.customer]) & (plan.last_cents > 50_000)
    row = np.flatnonzero(short & (rng.random(size) < 0.1))
    kept = np.round(plan.last_cents[row] * rng.uniform(0.005, 0.06, len(row))).astype(np.int64)
    last_cents = plan.last_cents.copy()
    last_cents[row] -= kept
    opened = np.maximum(workday(plan.last[row]), documents.recorded[row])
    resolved = workday(opened + rng.integers(10, 75, len(row)))
    granted = rng.random(len(row)) < 0.55
    resolved = np.where(resolved < outcomes.failed[documents.customer[row]], resolved, NEVER)
    done = resolved < NEVER
    reason = np.full(len(row), REASONS.index("deduction"), dtype=np.int64)
    disputes = Disputes(row, opened, kept, reason, resolved, np.where(granted, 0, 1))
    paid_on = workday(resolved + rng.integers(4, 30, len(row)))
    settlements = Settlements(row, kept, paid_on).take(done & ~granted)
    deductions = Applications.of(to=row, cents=kept, day=resolved, kind="deduction").take(done & granted)
    return dataclasses.replace(plan, last_cents=last_cents), disputes, settlements, deductions


def charge_late_fees(
    rng: np.random.Generator, accounts: Accounts, outcomes: Outcomes, documents: Documents, plan: Plan
) -> tuple[Documents, Settlements, CreditNotes]:
    """Charge a fixed sum and interest on documents paid very late; half of the fees are waived by a credit note.

    Returns
    -------
    tuple
        The documents given with fees and credit notes added, the payments of fees, the credit notes' applications.
    """
    days = plan.last - documents.due
    row = np.flatnonzero(
        accounts.charged_late_fees[documents.customer]
        & (documents.kind == 0)
        & (plan.last_cents > 0)
        & (days > FEE_AFTER_DAYS)
        & (plan.last + 10 < outcomes.failed[documents.customer])
    )
    size, customer = len(row), documents.customer[row]
    interest = np.round(documents.cents[row] * FEE_YEARLY_RATE * days[row] / 365).astype(np.int64)
    day = workday(plan.last[row] + 3)
    nothing = np.zeros(size, dtype=np.int64)
    fees = Documents(
        customer, day, day + 14, FEE_FIXED_CENTS + interest, nothing + 3, nothing - 1, posted(rng, day, late=0.0)
    )
    settled = workday(day + rng.integers(18, 70, size))
    waived = (rng.random(size) < 0.5) & (settled < outcomes.failed[customer])
    first_fee = len(documents)
    first_note = first_fee + size
    number: Ints = np.arange(size, dtype=np.int64)
    notes = Documents(customer, settled, settled, -fees.cents, nothing + 2, nothing - 1, settled).take(waived)
    applied = CreditNotes(first_note + np.arange(len(notes)), first_fee + number[waived], -notes.cents, notes.recorded)
    paid = Settlements(first_fee + number, fees.cents, settled).take(~waived)
    return documents.plus(fees, notes), paid, applied
