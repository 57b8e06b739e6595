"""When was each invoice settled, and how many days beyond terms did the cash come that settled it?

An item is open while more than a tenth of its amount is left by the evening; the day beyond terms is that of the cash
which came last on the day that left no more. Most items have one application or none: these are read as they stand.
Only the others are put in the order of time.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.item_rows import customer_order, taken, with_others
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_kind
from credrisk.features.windows import day_numbers

__all__ = ["NEVER", "settlements"]

OPEN_TENTH = 10


@row_kind
def settlements(source: LedgerRows) -> Rows:
    """Invoices and debit notes by stretches: open from ``seen`` to ``until``, exclusive, then settled up to ``gone``.

    ``days`` beyond terms are those of the cash that settled it, NEVER where none did; ``gone`` is NEVER while nothing
    opens it again. Left out are items disputed before they were settled, from then on, and those settled without cash.
    """
    documents, moves = source.seen_documents, source.moves
    first = day_numbers((source.settings.covers_from,))[0]
    counts = documents["billed"] & (documents["amount"] > 0) & (documents["event"] >= first)
    number = np.bincount(moves["document"], minlength=len(counts))
    disputed = _disputed_on(source, len(counts))
    rows = _settled_at_once(source, counts & (number <= 2), number == 2, disputed)
    others = counts & (number > 2)
    return with_others(rows, _settled_in_steps(source, others, disputed)) if others.any() else rows


def _disputed_on(source: LedgerRows, size: int) -> np.ndarray:
    """Return the day from which each document is known to be disputed, NEVER where it is not."""
    rows = source.kind("disputes")
    day = np.full(size, NEVER, dtype=np.int32)
    np.minimum.at(day, rows["document"], np.maximum(rows["seen"], rows["event"]).astype(np.int32))
    return day


def _settled_at_once(source: LedgerRows, which: np.ndarray, applied: np.ndarray, disputed: np.ndarray) -> Rows:
    """Return the rows of the items that one movement touched after the opening (``applied``), or none."""
    documents, moves = source.seen_documents, source.moves
    item = moves["document"][moves["opening"]]
    item = item[which[item]]
    legs = np.flatnonzero(~moves["opening"])
    place = np.zeros(len(which), dtype=np.int32)
    place[moves["document"][legs]] = legs
    leg, applied = place[item], applied[item]
    amount, seen, due = documents["amount"][item], documents["seen"][item], documents["due"][item]
    change = moves["amount"][leg]
    settled = applied & (OPEN_TENTH * (amount + change) <= amount)
    until = np.where(settled, moves["seen"][leg], np.int32(NEVER))
    paid = settled & moves["cash"][leg] & (change < 0)
    hit = (seen < until) & (disputed[item] < until)
    until = np.where(hit, np.maximum(disputed[item], seen), until)
    days = np.where(paid & ~hit, moves["event"][leg] - due, np.int32(NEVER))
    rows = {"customer": documents["customer"][item], "event": due, "seen": seen, "until": until, "days": days}
    rows["gone"] = np.full(len(item), NEVER, dtype=np.int32)
    return taken(rows, np.flatnonzero((seen < until) | (days < NEVER)))


def _settled_in_steps(source: LedgerRows, which: np.ndarray, disputed: np.ndarray) -> Rows:
    """Return the rows of items of several movements: each stretch that is open, or settled by cash, by itself."""
    documents = source.seen_documents
    columns = ("customer", "document", "seen", "event", "amount", "cash")
    rows = source.movements(which[source.moves["document"]], *columns)
    rows = taken(rows, np.lexsort((rows["seen"], rows["document"])))
    document, seen = rows["document"], rows["seen"]
    starts = np.diff(document, prepend=-1) != 0
    evenings = np.flatnonzero(np.append(starts[1:] | (seen[1:] != seen[:-1]), True))
    mornings = np.r_[0, evenings[:-1] + 1]
    running = np.cumsum(rows["amount"])
    base = (running - rows["amount"])[starts][np.cumsum(starts) - 1]
    left = (running - base)[evenings]
    paid = np.where(rows["cash"] & (rows["amount"] < 0), rows["event"], np.int32(-NEVER))
    paid = np.maximum.reduceat(paid, mornings)
    item, day, customer = document[evenings], seen[evenings], rows["customer"][evenings]
    is_open = OPEN_TENTH * left > documents["amount"][item]
    same = np.diff(item, prepend=-1) == 0
    changes = ~same | np.r_[True, is_open[1:] != is_open[:-1]]
    item, day, customer, is_open, paid = (values[changes] for values in (item, day, customer, is_open, paid))
    new = np.diff(item, prepend=-1) != 0
    until = np.append(day[1:], np.int32(NEVER))
    until[np.append(new[1:], True)] = NEVER
    hit = is_open & (disputed[item] < until)
    group = np.cumsum(new) - 1
    end = np.full(group[-1] + 1, NEVER, dtype=np.int32)
    np.minimum.at(end, group[hit], np.maximum(disputed[item[hit]], day[hit]))
    until = np.minimum(until, end[group])
    due = documents["due"][item]
    found = {
        "customer": customer,
        "event": due,
        "seen": day,
        "until": np.where(is_open, until, day),
        "days": np.where(is_open, np.int32(NEVER), paid - due),
        "gone": until,
    }
    kept = np.flatnonzero((day < until) & (is_open | (paid > -NEVER)))
    return taken(found, kept[customer_order(customer[kept])])
