"""Whether the column taken for the customer can be one: a new customer with nearly each document is said first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from credrisk.sources.wizard.proposal import Notes
from credrisk.sources.wizard.understood import Understood

__all__ = ["say_doubtful_customers"]

_FEWEST = 20
_NEARLY_EACH = 0.7
"""Of so large a share of the documents the customer has no other: a column of numbers or remarks is likelier."""


def say_doubtful_customers(documents: Sequence[tuple[Understood, pl.Series]], notes: Notes) -> None:
    """Put first among what is unsure that a file has nearly as many customers as documents.

    Parameters
    ----------
    documents
        Each file of documents, with which of its rows are documents.
    """
    for one, rows in documents:
        content = one.content("customer_id") or one.content("name")
        if content is None:
            continue
        named = content.texts.filter(rows).drop_nulls()
        customers = named.n_unique()
        if customers < _FEWEST or customers < _NEARLY_EACH * named.len():
            continue
        notes.unsure.insert(
            0,
            f"{one.key}: {content.name} makes {customers:,} customers of {named.len():,} documents, nearly one for "
            f"each (for example {', '.join(map(repr, named.head(3)))}). Is it the customer? If not, every figure of a "
            f"customer is wrong: --answer '{one.key}.customer_id=COLUMN', or '{one.key}.headings=COLUMN' where the "
            "customer stands above the lines",
        )
