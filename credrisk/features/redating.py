"""Whether the seller moves due dates and bills invoices anew.

A change of a due date counts from the day on which it and its document could be seen, and where it moves the due date
of a debit item beyond the original one; a value that is no date moves nothing. A re-bill is a change of ``rebilled_as``
that names another document. Neither changes how old an item is: ageing keeps to the original due date.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.volume import invoiced_12m
from credrisk.ledger.visibility import visible_from

NOT_COVERED = "the ledger holds no changes of documents or does not cover the window"


def _changes(source: LedgerRows, field: str) -> pl.DataFrame:
    """Return the changes of a field of debit documents, with what the rows of every kind have."""
    changes = source.ledger.table("document_changes").filter(pl.col("field") == field)
    return (
        changes.with_columns(own=visible_from("document_changes"))
        .hstack(source.debit_documents(changes["document_id"]))
        .drop_nulls("document")
        .with_columns(customer_id="owner", currency="of_document")
        .with_columns(
            customer=source.customer,
            currency=source.currency,
            seen=pl.max_horizontal("own", "seen_document").to_physical(),
            event=pl.col("changed_on").to_physical(),
        )
        .sort("customer", "event", "seen", "document", "value", nulls_last=False)
    )


@row_kind
def postponements(source: LedgerRows) -> Rows:
    """Changes that move a due date: ``days`` beyond the original one, ``amount`` of the document."""
    moved = pl.col("value").str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
    frame = (
        _changes(source, "due_date")
        .with_columns(days=(moved - pl.col("due_date")).dt.total_days())
        .filter(pl.col("days") > 0)
        .select("customer", "currency", "seen", "event", "days", amount="whole")
    )
    return source.translated(row_arrays(frame))


@row_kind
def rebillings(source: LedgerRows) -> Rows:
    """Debit documents that were billed anew."""
    named = _changes(source, "rebilled_as").filter(pl.col("value").str.strip_chars().str.len_chars() > 0)
    return row_arrays(named.select("customer", "seen", "event"))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="higher",
    says="due dates moved over 12 months: {value}",
    says_at_zero="no due date was moved over 12 months",
    formula="number of changes of due_date in the window to a day after the original due date",
)
@measure("document_changes", months=12)
def postponements_12m(grid: Grid) -> np.ndarray:
    """How often the customer was given more time for an item in 12 months."""
    return grid.trailing("postponements", 12)


@feature(
    unit="share",
    window="12 months",
    null="the ledger holds no changes of documents or does not cover the window, or nothing was invoiced in it",
    worse="higher",
    says="due dates were moved on {value} of what was invoiced over 12 months",
    says_at_zero="no due date was moved over 12 months",
    formula="sum of the documents of the postponements of 12 months / invoiced_12m; may exceed 1",
)
@measure("document_changes", months=12)
def postponed_rate_12m(grid: Grid) -> np.ndarray:
    """The money for which more time was given in 12 months, against what was invoiced."""
    return ratio(grid.trailing("postponements", 12, grid.rows("postponements")["amount"]), invoiced_12m(grid))


@feature(
    unit="days",
    window="12 months",
    null="no due date was moved in the window, or the ledger does not cover it",
    worse="higher",
    says="due dates moved over 12 months were moved by {value} on average",
    says_at_zero="due dates moved over 12 months were moved by less than a day",
    formula="sum(document amount x (agreed due date - original due date)) / sum(document amount)",
)
@measure("document_changes", months=12)
def postponed_days_12m(grid: Grid) -> np.ndarray:
    """By how many days due dates were moved in 12 months, weighted with the money."""
    rows = grid.rows("postponements")
    moved = grid.trailing_product("postponements", 12, rows["amount"], rows["days"])
    return ratio(moved, grid.trailing("postponements", 12, rows["amount"]))


@feature(
    unit="count",
    window="12 months",
    null=NOT_COVERED,
    worse="none",
    says="invoices billed anew over 12 months: {value}",
    says_at_zero="no invoice was billed anew over 12 months",
    formula="number of changes of rebilled_as in the window",
)
@measure("document_changes", months=12)
def rebilled_12m(grid: Grid) -> np.ndarray:
    """How many invoices were billed anew in 12 months."""
    return grid.trailing("rebillings", 12)
