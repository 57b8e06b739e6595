"""Disputes and what comes of them: credit notes, re-bills, late payment of the disputed part; and yearly rebates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Ints, Rows, posted, workday
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.sales import Documents

__all__ = ["OUTCOMES", "REASONS", "CreditNotes", "Disputes", "Quarrels", "Settlements", "draw_disputes", "draw_rebates"]

REASONS = ("price", "quantity", "quality", "purchase_order_missing", "late_delivery", "duplicate_invoice", "deduction")
REASON_SHARES = (0.28, 0.22, 0.18, 0.16, 0.10, 0.06)
OUTCOMES = ("valid", "invalid", "partly")
OUTCOME_SHARES = (0.4, 0.4, 0.2)


@dataclass
class Disputes(Rows):
    """One row a dispute; amounts in minor units."""

    document: Ints
    opened: Ints
    cents: Ints
    reason: Ints
    resolved: Ints
    outcome: Ints


@dataclass
class Settlements(Rows):
    """Amounts of a document that are paid apart from its main payment."""

    document: Ints
    cents: Ints
    day: Ints


@dataclass
class CreditNotes(Rows):
    """Which credit note (a row of the documents) is applied to which document, how much and when.

    ``day`` is NEVER where the application waits for the payment of the target.
    """

    source: Ints
    target: Ints
    cents: Ints
    day: Ints


@dataclass
class Quarrels:
    """Everything that disputes leave in the books."""

    documents: Documents
    """The documents given, followed by re-billed invoices and credit notes."""
    disputes: Disputes
    held: Ints
    """Minor units of each document that are not paid with its main payment."""
    settlements: Settlements
    credit_notes: CreditNotes
    rebilled: tuple[Ints, Ints, Ints]
    """Document, document that takes its place, day."""


def draw_disputes(
    rng: np.random.Generator, accounts: Accounts, outcomes: Outcomes, documents: Documents, clock: Clock
) -> Quarrels:
    """Draw disputes on invoices, at each customer's own rate and independent of its health."""
    disputed = (rng.random(len(documents)) < accounts.dispute_rate[documents.customer]) & (documents.kind == 0)
    row = np.flatnonzero(disputed)
    size, customer = len(row), documents.customer[row]
    earliest, latest = documents.day[row] + 2, np.maximum(documents.due[row] + 8, documents.day[row] + 3)
    opened = workday(np.maximum(rng.integers(earliest, latest), documents.recorded[row]))
    lasts = 3 + np.minimum(22 * np.exp(0.7 * rng.normal(size=size)), 150).astype(np.int64)
    resolved = workday(opened + lasts)
    failed = outcomes.failed[customer]
    resolved = np.where(resolved < failed, resolved, NEVER)
    whole = rng.random(size) < 0.35
    cents = documents.cents[row]
    amount = np.where(whole, cents, np.round(cents * rng.uniform(0.05, 0.4, size)).astype(np.int64))
    outcome = rng.choice(3, size, p=OUTCOME_SHARES)
    credited = np.where(outcome == 0, amount, np.where(outcome == 2, amount // 2, 0))
    credited = np.where(resolved < NEVER, credited, 0)
    paid_on = workday(resolved + rng.integers(3, 26, size))
    happens = opened < failed
    row, opened, amount, resolved, outcome, credited, paid_on, whole = (
        a[happens] for a in (row, opened, amount, resolved, outcome, credited, paid_on, whole)
    )
    size = len(row)
    held = np.zeros(len(documents), dtype=np.int64)
    held[row] = amount

    again = np.flatnonzero(
        (rng.random(size) < 0.35) & whole & (outcome == 0) & (resolved + 5 < outcomes.failed[documents.customer[row]])
    )
    rebill_day = workday(resolved[again] + rng.integers(0, 3, len(again)))
    old = row[again]
    terms = documents.due[old] - documents.day[old]
    rebills = Documents(
        documents.customer[old],
        rebill_day,
        rebill_day + terms,
        documents.cents[old],
        np.zeros(len(again), dtype=np.int64),
        documents.order[old],
        posted(rng, rebill_day, late=0.0),
    )
    noted = np.flatnonzero(credited > 0)
    notes = Documents(
        documents.customer[row[noted]],
        resolved[noted],
        resolved[noted],
        -credited[noted],
        np.full(len(noted), 2, dtype=np.int64),
        documents.order[row[noted]],
        posted(rng, resolved[noted], late=0.02),
    )
    first_rebill = len(documents)
    first_note = first_rebill + len(rebills)
    reason = np.where(whole & (rng.random(size) < 0.4), 3, rng.choice(6, size, p=REASON_SHARES))
    more = np.zeros(len(rebills) + len(notes), dtype=np.int64)
    return Quarrels(
        documents.plus(rebills, notes),
        Disputes(row, opened, amount, reason, resolved, outcome),
        np.concatenate([held, more]),
        Settlements(row, amount - credited, paid_on).take((amount > credited) & (resolved < NEVER)),
        CreditNotes(
            first_note + np.arange(len(noted)),
            row[noted],
            credited[noted],
            np.maximum(notes.recorded, documents.recorded[row[noted]]),
        ),
        (old, first_rebill + np.arange(len(again)), rebill_day),
    )


def draw_rebates(
    rng: np.random.Generator, accounts: Accounts, outcomes: Outcomes, quarrels: Quarrels, clock: Clock
) -> Quarrels:
    """Give a yearly rebate to a few customers: a credit note that stays open until a later invoice takes it up."""
    documents = quarrels.documents
    januaries = clock.month_starts[:-1][clock.calendar_months == 0]
    januaries = januaries[januaries >= clock.start]
    takers = np.flatnonzero(accounts.rebate)
    customer = np.repeat(takers, len(januaries))
    day = workday(np.tile(januaries, len(takers)) + rng.integers(8, 40, len(customer)))
    share = rng.uniform(0.01, 0.03, len(customer))

    invoices = np.flatnonzero((documents.kind == 0) & (quarrels.held == 0))
    invoices = invoices[np.lexsort((documents.day[invoices], documents.customer[invoices]))]
    place = documents.customer[invoices] * NEVER + documents.day[invoices]
    bought = np.concatenate([[0], np.cumsum(documents.cents[invoices])])
    since = np.searchsorted(place, customer * NEVER + day - 365)
    until = np.searchsorted(place, customer * NEVER + day)
    cents = np.round(share * (bought[until] - bought[since])).astype(np.int64)
    given = (cents > 5_000) & (day < outcomes.failed[customer]) & (day < outcomes.left[customer])
    customer, day, cents, until = customer[given], day[given], cents[given], until[given]

    target = invoices[np.minimum(until, len(invoices) - 1)]
    fits = (documents.customer[target] == customer) & (documents.cents[target] > 2 * cents) & (until < len(invoices))
    size = len(customer)
    recorded = posted(rng, day, late=0.0)
    none = np.full(size, -1, dtype=np.int64)
    notes = Documents(customer, day, day, -cents, np.full(size, 2, dtype=np.int64), none, recorded)
    fits &= recorded <= documents.day[target]
    # One invoice takes up at most one rebate: the Januaries of a customer are a year apart, but it may buy rarely.
    first = np.zeros(size, dtype=bool)
    first[np.unique(np.where(fits, target, -1 - np.arange(size)), return_index=True)[1]] = True
    fits &= first
    held = np.concatenate([quarrels.held, np.zeros(size, dtype=np.int64)])
    held[target[fits]] += cents[fits]
    later = np.full(size, NEVER, dtype=np.int64)
    taken = CreditNotes(len(documents) + np.arange(size), target, cents, later).take(fits)
    return Quarrels(
        documents.plus(notes),
        quarrels.disputes,
        held,
        quarrels.settlements,
        quarrels.credit_notes.plus(taken),
        quarrels.rebilled,
    )
