"""Invoices are settled when their movements, put in the order of time, say so."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from random_ledgers import random_ledger

from credrisk.features import settlement_rows
from credrisk.features.rows import NEVER, LedgerRows, Rows

SEEDS = range(12)


def stretches(rows: Rows) -> Counter[tuple[int, ...]]:
    """Return when items were open, and from when to when they were settled by cash of which day."""
    is_open, settled = rows["seen"] < rows["until"], (rows["days"] < NEVER) & (rows["until"] < rows["gone"])
    opened = (rows[name][is_open].tolist() for name in ("customer", "event", "seen", "until"))
    paid = (rows[name][settled].tolist() for name in ("customer", "event", "until", "gone", "days"))
    return Counter(zip(*opened, strict=True)) + Counter(zip(*paid, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_items_of_one_application_are_settled_as_in_the_order_of_time(seed: int) -> None:
    rows = LedgerRows(random_ledger(seed))
    documents = rows.seen_documents
    covered = documents["event"] >= np.datetime64(rows.settings.covers_from, "D").astype(np.int64)
    which = documents["billed"] & (documents["amount"] > 0) & covered
    disputed = settlement_rows._disputed_on(rows, len(which))
    found = rows.kind("settlements")
    assert stretches(found) == stretches(settlement_rows._settled_in_steps(rows, which, disputed))
    assert (np.diff(found["customer"]) >= 0).all()
    number = np.bincount(rows.moves["document"], minlength=len(which))
    assert (number[which] == 1).any()
    assert (number[which] == 2).any()
    assert (number[which] > 2).any()
