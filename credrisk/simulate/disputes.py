"""Disputes and what comes of them: credit notes, re-bills, late payment of the disputed part; and yearly rebates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import NEVER, Clock, Ints, Rows, posted, workday
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.sales import DOCUMENT_KINDS, Documents

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


def draw_disputes(rng: np.random.Generator, accounts: Accounts, outcomes: Outcomes, documents: Documents) -> Quarrels:
    """Draw disputes on invoices, at each customer's own rate and independent of its health."""
    disputed = (rng.random(len(documents)) < accounts.dispute_rate[documents.customer]) & (documents.kind == 0)
    row = np.flatnonzero(disputed)
    failed = outcomes.failed[documents.customer[row]]
    size, cents = len(row), documents.cents[row]
    earliest, latest = documents.day[row] + 2, np.maximum(documents.due[row] + 8, documents.day[row] + 3)
    opened = workday(np.maximum(rng.integers(earliest, latest), documents.recorded[row]))
    lasts = 3 + np.minimum(22 * np.exp(0.7 * rng.normal(size=size)), 150).astype(np.int64)
    resolved = workday(opened + lasts)
    whole = rng.random(size) < 0.35
    amount = np.where(whole, cents, np.round(cents * rng.uniform(0.05, 0.4, size)).astype(np.int64))
    missing_order = whole & (rng.random(size) < 0.4)
    disputes = Disputes(
        row,
        opened,
        amount,
        np.where(missing_order, REASONS.index("purchase_order_missing"), rng.choice(6, size, p=REASON_SHARES)),
        np.where(resolved < failed, resolved, NEVER),
        rng.choice(3, size, p=OUTCOME_SHARES).astype(np.int64),
    )
    return _settle(rng, outcomes, documents, disputes.take(opened < failed))


def _settle(rng: np.random.Generator, outcomes: Outcomes, documents: Documents, disputes: Disputes) -> Quarrels:
    """Credit what is valid, bill some of it anew, and let the customer pay the rest after the end of the dispute."""
    row, resolved, size = disputes.document, disputes.resolved, len(disputes)
    held = np.zeros(len(documents), dtype=np.int64)
    held[row] = disputes.cents
    share = np.array([1.0, 0.0, 0.5])[disputes.outcome]
    credited = np.where(resolved < NEVER, (disputes.cents * share).astype(np.int64), 0)
    settlements = Settlements(row, disputes.cents - credited, workday(resolved + rng.integers(3, 26, size)))

    whole = disputes.cents == documents.cents[row]
    survives = resolved + 5 < outcomes.failed[documents.customer[row]]
    again = (rng.random(size) < 0.35) & whole & (disputes.outcome == 0) & survives
    old, rebill_day = row[again], workday(resolved[again] + rng.integers(0, 3, int(again.sum())))
    rebills = documents.take(old)
    rebills.day, rebills.due = rebill_day, rebill_day + documents.due[old] - documents.day[old]
    rebills.recorded = posted(rng, rebill_day, late=0.0)

    noted = credited > 0
    notes = documents.take(row[noted])
    notes.day, notes.due, notes.cents = resolved[noted], resolved[noted], -credited[noted]
    notes.kind = np.full(len(notes), DOCUMENT_KINDS.index("credit_note"), dtype=np.int64)
    notes.recorded = posted(rng, notes.day, late=0.02)
    first_rebill = len(documents)
    first_note = first_rebill + len(rebills)
    return Quarrels(
        documents.plus(rebills, notes),
        disputes,
        np.concatenate([held, np.zeros(len(rebills) + len(notes), dtype=np.int64)]),
        settlements.take((settlements.cents > 0) & (resolved < NEVER)),
        CreditNotes(
            first_note + np.arange(len(notes)),
            row[noted],
            credited[noted],
            np.maximum(notes.recorded, documents.recorded[row[noted]]),
        ),
        (old, first_rebill + np.arange(len(rebills)), rebill_day),
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
