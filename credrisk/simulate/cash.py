"""Cash as it is booked: receipts, late and wrong applications, discounts, short payments, bounced payments, refunds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.ledger.tables import APPLICATION_KINDS
from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Flags, Floats, Ints, Rows, posted, workday
from credrisk.simulate.collection import Plan
from credrisk.simulate.disputes import CreditNotes, Settlements
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.sales import Documents

__all__ = ["FROM", "METHODS", "Applications", "Receipts", "book_cash"]

KIND = {name: code for code, name in enumerate(APPLICATION_KINDS)}
FROM = {"none": 0, "receipt": 1, "document": 2}
METHODS = ("transfer", "direct_debit", "cheque", "returned", "refund", "recovery")
METHOD_SHARES = (0.86, 0.09, 0.05)
BOUNCE_SHARE = 0.03
"""Of direct debits and cheques."""
WRONG_SHARE = 0.006
"""Of applications that are taken back and made again later."""
TWICE_SHARE = 0.004
"""Of receipts that pay one document twice."""


@dataclass
class Receipts(Rows):
    """One row a receipt; amounts in minor units, negative when paid back."""

    customer: Ints
    day: Ints
    cents: Ints
    method: Ints
    home_currency: Flags
    """In the ledger's currency although the customer is invoiced in another."""
    recorded: Ints


@dataclass
class Applications(Rows):
    """One row an amount applied to a document, in minor units of the document's currency."""

    source: Ints
    """Row of the receipt or of the credit note; -1 for none."""
    source_kind: Ints
    to: Ints
    cents: Ints
    day: Ints
    kind: Ints
    recorded: Ints
    source_cents: Ints
    """In the receipt's currency where that differs, else 0."""

    @classmethod
    def of(
        cls,
        *,
        to: Ints,
        cents: Ints,
        day: Ints,
        kind: str,
        recorded: Ints | None = None,
        source: Ints | None = None,
        source_kind: str = "none",
        source_cents: Ints | None = None,
    ) -> Applications:
        """Return applications of one kind; recorded on the day itself and from no source unless given."""
        size = len(to)
        return cls(
            np.full(size, -1, dtype=np.int64) if source is None else source,
            np.full(size, FROM[source_kind], dtype=np.int64),
            to,
            cents,
            day,
            np.full(size, KIND[kind], dtype=np.int64),
            day if recorded is None else recorded,
            np.zeros(size, dtype=np.int64) if source_cents is None else source_cents,
        )


def book_cash(
    rng: np.random.Generator,
    accounts: Accounts,
    outcomes: Outcomes,
    documents: Documents,
    plan: Plan,
    settlements: Settlements,
    credit_notes: CreditNotes,
    rates: Floats,
    clock: Clock,
) -> tuple[Receipts, Applications]:
    """Turn the payment plan into receipts and applications, in the order in which a cash desk would book them."""
    parts = _parts(documents, plan, settlements, outcomes)
    receipts, payments = _receive(rng, accounts, documents, parts, rates, clock)
    taken = _with_payment(documents, plan, credit_notes, payments)
    offset = np.flatnonzero(plan.offset & (plan.last < outcomes.failed[documents.customer]))
    set_off = Applications.of(
        to=offset,
        cents=plan.last_cents[offset],
        day=np.maximum(plan.last[offset], documents.recorded[offset]),
        kind="offset",
    )
    bounced = np.isin(receipts.method, (1, 2)) & ~receipts.home_currency & (rng.random(len(receipts)) < BOUNCE_SHARE)
    bounced &= receipts.recorded >= clock.start
    returned, repaid = _bounce(rng, receipts, payments, bounced, outcomes)
    usual = ~bounced & ~receipts.home_currency & (receipts.recorded >= clock.start)
    corrected = _take_back(rng, payments, usual[np.maximum(payments.source, 0)] & (payments.source >= 0))
    refunds = _pay_twice(rng, receipts, payments, usual)
    return receipts.plus(returned, refunds), payments.plus(taken, set_off, repaid, corrected)


def _parts(documents: Documents, plan: Plan, settlements: Settlements, outcomes: Outcomes) -> Settlements:
    """List the cash payments by document and day that come before the customer fails."""
    row = np.arange(len(documents))
    cash = ~plan.offset
    parts = Settlements(row, plan.first_cents, plan.first).take(cash)
    parts = parts.plus(Settlements(row, plan.last_cents, plan.last).take(cash), settlements)
    parts.day = np.where(parts.day < NEVER, workday(parts.day), NEVER)
    parts = parts.take((parts.cents > 0) & (parts.day < outcomes.failed[documents.customer[parts.document]]))
    key, inverse = np.unique(parts.document * NEVER + parts.day, return_inverse=True)
    cents = np.zeros(len(key), dtype=np.int64)
    np.add.at(cents, inverse, parts.cents)
    return Settlements(key // NEVER, cents, key % NEVER)


def _receive(
    rng: np.random.Generator,
    accounts: Accounts,
    documents: Documents,
    parts: Settlements,
    rates: Floats,
    clock: Clock,
) -> tuple[Receipts, Applications]:
    """Book one receipt per customer and day, and apply it: mostly at once, some weeks late, some value-dated."""
    owner = documents.customer[parts.document]
    key, receipt = np.unique(owner * NEVER + parts.day, return_inverse=True)
    customer, day = key // NEVER, key % NEVER
    size = len(key)
    recorded = posted(rng, day, late=0.015)
    in_home = accounts.pays_in_home_currency[customer]
    u = rng.random(size)
    late = u < np.where(accounts.poor_remittance[customer], 0.15, 0.015)
    applied = workday(recorded + np.where(late, rng.integers(3, 31, size), 0))
    value_dated = ~late & (u > 0.97)

    bank_margin = np.where(in_home, rng.uniform(0.002, 0.015, size), 0.0)
    cents = np.round(parts.cents * (1 - bank_margin[receipt])).astype(np.int64)
    rate = rates[accounts.currency[owner], clock.month_of(parts.day)]
    own_cents = np.where(in_home[receipt], np.round(cents * rate).astype(np.int64), 0)
    total = np.zeros(size, dtype=np.int64)
    np.add.at(total, receipt, np.where(in_home[receipt], own_cents, cents))
    method = np.searchsorted(np.cumsum(METHOD_SHARES), rng.random(size)).clip(0, 2)
    receipts = Receipts(customer, day, total, method, in_home, recorded)

    known = np.maximum(applied[receipt], documents.recorded[parts.document])
    entered = np.where(value_dated[receipt], workday(known + rng.integers(3, 15, size)[receipt]), known)
    payments = Applications.of(
        to=parts.document,
        cents=cents,
        day=known,
        kind="payment",
        recorded=entered,
        source=receipt,
        source_kind="receipt",
        source_cents=own_cents,
    )
    short = cents < parts.cents
    exchange = Applications.of(
        to=parts.document[short],
        cents=(parts.cents - cents)[short],
        day=known[short],
        kind="fx_difference",
        recorded=entered[short],
    )
    return receipts, payments.plus(exchange)


def _with_payment(documents: Documents, plan: Plan, credit_notes: CreditNotes, payments: Applications) -> Applications:
    """Book what goes with the payment of a document: its discount, and the rebate that it takes up."""
    day, recorded = np.full((2, len(documents)), -1, dtype=np.int64)
    np.maximum.at(day, payments.to, payments.day)
    np.maximum.at(recorded, payments.to, payments.recorded)
    discounted = np.flatnonzero((plan.discount_cents > 0) & (day >= 0))
    discounts = Applications.of(
        to=discounted,
        cents=plan.discount_cents[discounted],
        day=day[discounted],
        kind="discount",
        recorded=recorded[discounted],
    )
    waits = credit_notes.day == NEVER
    dated = credit_notes.take(~waits | (day[credit_notes.target] >= 0))
    waits = dated.day == NEVER
    credited = Applications.of(
        to=dated.target,
        cents=dated.cents,
        day=np.where(waits, day[dated.target], dated.day),
        kind="credit_note",
        recorded=np.where(waits, recorded[dated.target], dated.day),
        source=dated.source,
        source_kind="document",
    )
    return discounts.plus(credited)


def _bounce(
    rng: np.random.Generator, receipts: Receipts, payments: Applications, bounced: Flags, outcomes: Outcomes
) -> tuple[Receipts, Applications]:
    """Return some direct debits and cheques unpaid: the documents reopen, and most are paid again weeks later."""
    number = np.full(len(receipts), -1, dtype=np.int64)
    which = np.flatnonzero(bounced)
    number[which] = np.arange(len(which))
    hit = payments.take((payments.source >= 0) & bounced[np.maximum(payments.source, 0)])
    known = receipts.recorded[which]
    np.maximum.at(known, number[hit.source], np.maximum(hit.day, hit.recorded))
    back = workday(known + rng.integers(3, 9, len(which)))
    returned = Receipts(
        receipts.customer[which],
        back,
        -receipts.cents[which],
        np.full(len(which), 3, dtype=np.int64),
        receipts.home_currency[which],
        back,
    )
    again = workday(back + rng.integers(6, 26, len(which)))
    pays = again < outcomes.failed[receipts.customer[which]]
    repeats = Receipts(
        receipts.customer[which], again, receipts.cents[which], np.zeros(len(which), dtype=np.int64),
        receipts.home_currency[which], again,
    )  # fmt: skip
    place = len(receipts) + len(which) + np.cumsum(pays) - 1
    turn = number[hit.source]
    reversals = Applications.of(
        to=hit.to, cents=-hit.cents, day=back[turn], kind="reversal", source=hit.source, source_kind="receipt"
    )
    repaid = Applications.of(
        to=hit.to, cents=hit.cents, day=again[turn], kind="payment", source=place[turn], source_kind="receipt"
    ).take(pays[turn])
    return returned.plus(repeats.take(pays)), reversals.plus(repaid)


def _take_back(rng: np.random.Generator, payments: Applications, may: Flags) -> Applications:
    """Take a few applications back as wrong, and make them again days later from the same receipt."""
    wrong = payments.take(may & (rng.random(len(payments)) < WRONG_SHARE))
    size = len(wrong)
    back = workday(np.maximum(wrong.day, wrong.recorded) + rng.integers(4, 35, size))
    again = workday(back + rng.integers(0, 12, size))
    undone = Applications.of(
        to=wrong.to, cents=-wrong.cents, day=back, kind="reversal", source=wrong.source, source_kind="receipt"
    )
    return undone.plus(
        Applications.of(
            to=wrong.to, cents=wrong.cents, day=again, kind="payment", source=wrong.source, source_kind="receipt"
        )
    )


def _pay_twice(rng: np.random.Generator, receipts: Receipts, payments: Applications, may: Flags) -> Receipts:
    """Let a few receipts pay a document twice: the surplus stays unapplied until it is paid back."""
    rows, first = np.unique(payments.source, return_index=True)
    paid = rows[rows >= 0]
    first = first[rows >= 0]
    twice = may[paid] & (rng.random(len(paid)) < TWICE_SHARE)
    which, surplus = paid[twice], payments.cents[first[twice]]
    receipts.cents[which] += surplus
    day = workday(receipts.recorded[which] + rng.integers(25, 120, len(which)))
    method = np.full(len(which), 4, dtype=np.int64)
    return Receipts(receipts.customer[which], day, -surplus, method, receipts.home_currency[which], day)
