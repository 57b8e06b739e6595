"""The hash of a ledger: by what it holds, not by how it stands there, and by what was known on the day."""

from __future__ import annotations

from datetime import date

import polars as pl
from random_ledgers import random_ledger

from credrisk.ledger.content_hash import content_hash

DAY = date(2024, 3, 31)


def test_the_order_of_rows_and_columns_and_tables_without_rows_do_not_matter() -> None:
    ledger = random_ledger(3)
    turned = {name: frame.reverse().select(frame.columns[::-1]) for name, frame in reversed(ledger.tables.items())}
    turned["promises"] = ledger.table("promises").clear()
    known = {name: frame for name, frame in ledger.tables.items() if name != "promises"}
    assert content_hash(ledger.replace(tables=turned)) == content_hash(ledger.replace(tables=known))


def test_every_cell_and_every_row_matters() -> None:
    ledger = random_ledger(3)
    documents = ledger.table("documents")
    cent_more = documents.with_columns(
        amount=pl.when(pl.int_range(pl.len()) == 0).then(pl.col("amount") + 1).otherwise("amount")
    )
    hashes = {
        content_hash(ledger.replace(tables={**ledger.tables, "documents": frame}))
        for frame in (documents, cent_more, documents[1:], pl.concat([documents, documents[:1]]))
    }
    assert len(hashes) == 4


def test_what_was_posted_after_the_day_does_not_matter() -> None:
    ledger = random_ledger(3)
    later = ledger.cut(date(2024, 6, 30))
    assert content_hash(later) != content_hash(ledger.cut(DAY))
    assert content_hash(later.cut(DAY)) == content_hash(ledger.cut(DAY))
