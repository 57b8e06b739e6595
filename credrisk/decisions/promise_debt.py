"""What of a promise is still owed today: never more than is left of what it was made for.

A promise of a document was made for that document, one on account for the items that had fallen due by the day
promised. Cash that counted for another promise, a credit or a write-off ends that debt, and with it what can still lack
of the promise, though the promise stays broken. Promises that wait for the same items share what is left of them, the
one that fell due first before the others; items that are promised by document wait for those promises alone.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency
from credrisk.decisions.promise_allocation import HALF_A_CENT
from credrisk.ledger.ledger import Ledger

__all__ = ["with_debt_today"]

ORDER = ["due_on", "made_on", "promise_id"]


def with_debt_today(promises: pl.DataFrame, ledger: Ledger, as_of: date, *, movements: pl.DataFrame) -> pl.DataFrame:
    """Add what is left of the items that each promise was made for, and the promise's part of it.

    Parameters
    ----------
    promises
        ``promise_id, customer_id, document_id, made_on, due_on`` and ``lacks``: the money that has not come, major
        units of the ledger's currency; 0 of a promise that ended, null of one without an amount.
    ledger
        Cut at ``as_of``; ``movements`` are its item movements.

    Returns
    -------
    polars.DataFrame
        With ``owed`` (what is open today of those items, less what promises by document take of it), ``outstanding``
        (at most ``lacks``; null where that is), both of at least 0, and ``settled_on``, the day of the last movement
        where nothing is owed any more, else null.
    """
    debit = pl.col("document_kind") != "credit_note"
    items = (
        movements.filter(debit)
        .group_by("document_id", "customer_id", "currency", "due_date", "document_date")
        .agg(left=pl.col("amount").sum(), moved_on=pl.col("event_date").max())
    )
    items = (
        in_ledger_currency(items, ["left"], ledger, as_of)
        .with_columns(
            left=pl.col("left").clip(lower_bound=0.0), due_date=pl.coalesce("due_date", "document_date").cast(pl.Date)
        )
        .select("document_id", "customer_id", "due_date", "left", "moved_on")
    )
    named = pl.col("document_id").is_not_null()
    of_documents = _shared(
        promises.filter(named).join(
            items.select("document_id", owed="left", moved_on="moved_on"), on="document_id", how="left"
        ),
        "document_id",
    )
    taken = of_documents.group_by("document_id").agg(taken=pl.col("outstanding").sum())
    account = (
        items.join(taken, on="document_id", how="left")
        .with_columns(owed=(pl.col("left") - pl.col("taken").fill_null(0.0)).clip(lower_bound=0.0))
        .sort("customer_id", "due_date", "document_id")
        .select(
            "customer_id",
            pl.col("due_date").alias("due_by"),
            pl.col("owed").cum_sum().over("customer_id"),
            pl.col("moved_on").cum_max().over("customer_id"),
        )
    )
    on_account = (
        promises.filter(~named)
        .sort("due_on", "promise_id")
        .join_asof(
            account.unique(["customer_id", "due_by"], keep="last", maintain_order=True).sort("due_by"),
            left_on="due_on",
            right_on="due_by",
            by="customer_id",
            strategy="backward",
            check_sortedness=False,
        )
        .drop("due_by", strict=False)
    )
    found = pl.concat([of_documents, _shared(on_account, "customer_id")])
    gone = pl.col("owed") <= 0.0
    return found.with_columns(settled_on=pl.when(gone).then("moved_on")).drop("moved_on").sort("promise_id")


def _shared(promises: pl.DataFrame, key: str) -> pl.DataFrame:
    """Add ``outstanding``: promises of one key take what is owed by the day of each, in order of their days.

    All promises up to one take together S = min(S before + what it lacks, owed by its day), which with the running sum
    L of what they lack is L + min(0, the lowest of owed - L so far).
    """
    lacks = pl.col("lacks").fill_null(0.0)
    running = lacks.cum_sum().over(key)
    together = running + pl.min_horizontal((pl.col("owed") - running).cum_min().over(key), 0.0)
    return (
        promises.with_columns(pl.col("owed").fill_null(0.0))
        .sort(key, *ORDER)
        .with_columns(together=together)
        .with_columns(
            outstanding=pl.when(pl.col("lacks").is_not_null()).then(
                pl.col("together") - pl.col("together").shift(1).over(key).fill_null(0.0)
            )
        )
        .with_columns(outstanding=pl.col("outstanding") * (pl.col("outstanding") > HALF_A_CENT))
        .drop("together")
    )
