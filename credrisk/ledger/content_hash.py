"""The hash of what a ledger holds: the same tables give the same, in whatever order their rows and columns stand."""

from __future__ import annotations

import hashlib

from credrisk.ledger.ledger import Ledger

__all__ = ["content_hash"]

ROWS_AT_ONCE = 500_000


def content_hash(ledger: Ledger) -> str:
    """Return the SHA-256 of the tables that hold rows, with the currency and the first day covered.

    Of a ledger cut at a day it is the hash of what could be known then: later postings do not change it, a posting that
    was taken back or put into the past does.
    """
    digest = hashlib.sha256(f"{ledger.settings.currency} {ledger.settings.covers_from}".encode())
    for name in sorted(ledger.tables):
        frame = ledger.tables[name]
        if frame.is_empty():
            continue
        frame = frame.select(sorted(column for column in frame.columns if frame[column].null_count() < frame.height))
        digest.update(f"\n{name} {' '.join(frame.columns)}\n".encode())
        for part in frame.sort(frame.columns).iter_slices(ROWS_AT_ONCE):
            digest.update(part.write_csv(include_header=False).encode("utf-8"))
    return digest.hexdigest()
