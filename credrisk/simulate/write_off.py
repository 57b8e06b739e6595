"""What follows a failure in the books: insolvency, placement, legal action, write-off and late recoveries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.cash import Applications, Receipts
from credrisk.simulate.clock import NEVER, Ints, Rows, workday
from credrisk.simulate.collection import Plan
from credrisk.simulate.failure import Outcomes
from credrisk.simulate.sales import Documents

__all__ = ["CREDIT_EVENT_KINDS", "CreditEvents", "post_failures"]

CREDIT_EVENT_KINDS = ("insolvency", "placement", "legal_action", "write_off_decision", "recovery")


@dataclass
class CreditEvents(Rows):
    """One row an entry in the credit file; amounts in minor units."""

    customer: Ints
    day: Ints
    kind: Ints
    cents: Ints
    recorded: Ints


def post_failures(
    rng: np.random.Generator,
    accounts: Accounts,
    outcomes: Outcomes,
    documents: Documents,
    plan: Plan,
    receipts: Receipts,
    applications: Applications,
) -> tuple[CreditEvents, Receipts, Applications]:
    """Book what follows a failure: insolvency, placement, legal action, write-off and late recoveries.

    Parameters
    ----------
    applications
        Everything applied so far; what it leaves open of a failed customer's documents is written off.

    Returns
    -------
    tuple
        Credit events of all customers (also placements of customers that pay in the end); receipts with the
        recoveries added; applications with write-offs and recoveries added. A recovery reopens the document by as
        much of its write-off (a reversal) and pays that part.
    """
    n = len(accounts)
    failed = np.flatnonzero(outcomes.kind > 0)
    insolvent = outcomes.kind[failed] == 1
    fell = outcomes.failed[failed]
    residual = documents.cents.copy()
    np.subtract.at(residual, applications.to, applications.cents)
    bad = np.flatnonzero((outcomes.kind[documents.customer] > 0) & (documents.cents > 0) & (residual > 0))
    owed = np.zeros(n, dtype=np.int64)
    np.add.at(owed, documents.customer[bad], residual[bad])

    # The books of a customer close once its last document and its last application are in.
    last_entry = np.zeros(n, dtype=np.int64)
    np.maximum.at(last_entry, documents.customer, documents.recorded)
    np.maximum.at(last_entry, documents.customer[applications.to], np.maximum(applications.day, applications.recorded))
    placed = workday(np.maximum(fell + rng.integers(95, 150, len(failed)), last_entry[failed]))
    sued = workday(placed + rng.integers(20, 60, len(failed)))
    waits = np.where(insolvent, rng.integers(70, 190, len(failed)), rng.integers(150, 260, len(failed)))
    closed = np.full(n, NEVER, dtype=np.int64)
    closed[failed] = workday(np.maximum(fell + waits, last_entry[failed] + 1))
    exposed = owed[failed] > 0
    goes_to_court = ~insolvent & exposed & (rng.random(len(failed)) < 0.35)
    learned = fell + np.minimum(rng.gamma(1.5, 5.0, len(failed)), 40).astype(np.int64)

    events = [
        _events(failed[insolvent], fell[insolvent], 0, owed, learned[insolvent]),
        _events(failed[~insolvent & exposed], placed[~insolvent & exposed], 1, owed),
        _events(failed[goes_to_court], sued[goes_to_court], 2, owed),
        _events(failed[exposed], closed[failed[exposed]], 3, owed),
        _placements_of_survivors(rng, outcomes, documents, plan),
    ]
    written_off = Applications.of(to=bad, cents=residual[bad], day=closed[documents.customer[bad]], kind="write_off")
    more, recovered, paid = _recover(rng, outcomes, documents, bad, residual, closed, len(receipts))
    events.append(paid)
    return events[0].plus(*events[1:]), receipts.plus(more), applications.plus(written_off, recovered)


def _events(customer: Ints, day: Ints, kind: int, cents: Ints, recorded: Ints | None = None) -> CreditEvents:
    kinds = np.full(len(customer), kind, dtype=np.int64)
    return CreditEvents(customer, day, kinds, cents[customer], day if recorded is None else recorded)


def _placements_of_survivors(
    rng: np.random.Generator, outcomes: Outcomes, documents: Documents, plan: Plan
) -> CreditEvents:
    """Place some very late documents of customers that pay in the end: one placement a customer."""
    late = (outcomes.kind[documents.customer] == 0) & (plan.last_cents > 100_000) & (plan.last - documents.due > 115)
    row = np.flatnonzero(late & (plan.last < NEVER))
    row = row[np.lexsort((row, documents.due[row], documents.customer[row]))]
    row = row[np.unique(documents.customer[row], return_index=True)[1]]
    row = row[rng.random(len(row)) < 0.6]
    day = workday(documents.due[row] + rng.integers(95, 113, len(row)))
    return CreditEvents(documents.customer[row], day, np.ones(len(row), dtype=np.int64), plan.last_cents[row], day)


def _recover(
    rng: np.random.Generator,
    outcomes: Outcomes,
    documents: Documents,
    bad: Ints,
    residual: Ints,
    closed: Ints,
    receipts_before: int,
) -> tuple[Receipts, Applications, CreditEvents]:
    """Pay out the recovered share in one to three instalments over the year and a half after the write-off."""
    n = len(outcomes)
    instalments = rng.integers(1, 4, n)
    gaps = rng.integers(30, 200, (n, 3)).cumsum(axis=1)
    customer = documents.customer[bad]
    row, turn = np.nonzero(np.arange(3)[None, :] < instalments[customer][:, None])
    payer, document = customer[row], bad[row]
    cents = np.round((1 - outcomes.lgd[payer]) * residual[document] / instalments[payer]).astype(np.int64)
    cents = np.minimum(cents, residual[document] // instalments[payer])
    day = workday(closed[payer] + gaps[payer, turn])
    kept = cents > 0
    payer, document, cents, day = payer[kept], document[kept], cents[kept], day[kept]
    key, receipt = np.unique(payer * NEVER + day, return_inverse=True)
    total = np.zeros(len(key), dtype=np.int64)
    np.add.at(total, receipt, cents)
    who, when = key // NEVER, key % NEVER
    method = np.full(len(key), 5, dtype=np.int64)
    receipts = Receipts(who, when, total, method, np.zeros(len(key), dtype=bool), when)
    recovered = Applications.of(
        to=document, cents=cents, day=day, kind="recovery", source=receipts_before + receipt, source_kind="receipt"
    )
    reopened = Applications.of(to=document, cents=-cents, day=day, kind="reversal")
    kinds = np.full(len(key), CREDIT_EVENT_KINDS.index("recovery"), dtype=np.int64)
    return receipts, reopened.plus(recovered), CreditEvents(who, when, kinds, total, when)
