"""What of today's items was collected after the balance sheet date? By the election of ASU 2025-05 that is no loss.

Counted is cash that became known after the day, whichever day it is dated, on receivables that were current on it, less
what was taken back: what was in the bank by the day and was entered after it is collected before the statements are
available to be issued, too. A credit note is no collection, and cash that was known to be on account is netted before:
it counts for nothing a second time.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.dates import months_after
from credrisk.errors import ParameterError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.ledger.visibility import visible_from

__all__ = ["CURRENT_MONTHS", "collected_later", "not_current"]

CURRENT_MONTHS = 12
"""Receivables that are due later are not current (ASC 210-10-45-1), and the ASU is about current ones."""
CASH = ("payment", "recovery")


def not_current(as_of: date) -> pl.Expr:
    """Return whether an item is due too late to be a current receivable on a day."""
    return pl.col("due_date") > months_after(as_of, CURRENT_MONTHS)


def collected_later(ledger: Ledger, items: pl.DataFrame, *, as_of: date, until: date) -> pl.DataFrame:
    """Return what of each item was collected by ``until`` and not known of at ``as_of``.

    New cash on an item that old credits settle by set-off counts for the items that these credits paid instead: so an
    account whose items are all paid has nothing left, whichever cash paid which.

    Parameters
    ----------
    items
        As :func:`~credrisk.portfolio.provision.pool.pool_items` returns them, in their order.

    Returns
    -------
    polars.DataFrame
        ``collected`` and ``left_out`` (collected, but of an item that is not current), minor units of the item's
        currency, in the order of the items.

    Raises
    ------
    ParameterError
        When ``until`` lies before ``as_of`` or after what the ledger covers.
    """
    if not as_of <= until <= ledger.settings.covers_to:
        rule = f"from {as_of} to {ledger.settings.covers_to}, the last day covered"
        raise ParameterError("later_collections_to", rule, until.isoformat())
    account = ["customer_id", "currency"]
    paid = (
        items.join(_came_in(ledger.cut(until), items, as_of), on="document_id", how="left", maintain_order="left")
        .with_columns(pl.col("cash", "used").fill_null(0).clip(0, pl.col("open")), late=not_current(as_of))
        .with_columns(own=pl.min_horizontal("cash", "net"))
        .with_columns(
            over=pl.when("late").then(0).otherwise(pl.col("cash") - pl.col("own")).sum().over(account),
            rest=pl.when("late").then(0).otherwise(pl.min_horizontal(pl.col("net") - pl.col("own"), "used")),
        )
    )
    before = pl.col("rest").cum_sum().over(account) - pl.col("rest")
    return paid.select(
        collected=pl.when("late").then(0).otherwise(pl.col("own") + (pl.col("over") - before).clip(0, pl.col("rest"))),
        left_out=pl.when("late").then("own").otherwise(0),
    )


def _came_in(seen: Ledger, items: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return by document the ``cash`` known after ``as_of``, net, and the credits ``used`` for it that were known."""
    source, amount, of_item = pl.col("from_kind"), pl.col("amount"), "document_id"
    loose = (pl.col("kind") == "reversal") & (source == "none")
    moves = (
        item_movements(_dated_as_known(seen))
        .with_columns(pl.col(of_item).cast(pl.String))
        .join(items.select(of_item), on=of_item, how="semi", maintain_order="left")
        # What is taken back without a source is first what was written off, then cash.
        .with_columns(off=pl.when(loose | (pl.col("kind") == "write_off")).then(-amount).otherwise(0))
        .with_columns(off=pl.col("off").cum_sum().over(of_item))
        .with_columns(bounced=(-pl.col("off").cum_min().over(of_item)).clip(0))
    )
    inside, new = pl.col("date") > as_of, pl.col("event_date") > as_of
    given_back = (pl.col("kind") == "reversal") & (source == "receipt")
    cash = (pl.col("kind").is_in(CASH) & (source != "document")) | given_back
    older = pl.col("kind").is_in((*CASH, "reversal")) & (source == "receipt") & ~new
    return moves.group_by(of_item).agg(
        cash=pl.when(cash & new).then(-amount).otherwise(0).sum()
        - (pl.max("bounced") - pl.when(inside).then(0).otherwise("bounced").max()),
        used=pl.when(inside & (older | (source == "document"))).then(-amount).otherwise(0).sum(),
    )


def _dated_as_known(seen: Ledger) -> Ledger:
    """Return a ledger whose receipts and applications are dated by the day from which they could be seen."""
    days = {"receipts": "date", "applications": "applied_on"}
    tables = {name: seen.table(name).with_columns(visible_from(name).alias(day)) for name, day in days.items()}
    return seen.replace(tables={**seen.tables, **tables})
