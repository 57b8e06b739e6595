"""What of each past-due item a letter may ask for: without the part that is disputed, promised, blocked or postponed.

Amounts are Int64 minor units of the item's own currency, and every part is a part of what is open, so that they tie
out exactly: ``open = postponed + disputed + blocked + promised + dunned``.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.deferred import agreed_due_dates, dunning_blocks
from credrisk.decisions.promise_state import promises_with_state, under_settlement
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import cash_movements

__all__ = ["PARTS", "at_hand", "past_due_items"]

PARTS = ("postponed", "disputed", "blocked", "promised", "dunned")
"""What the open amount of a past-due item is made of, in the order in which the parts are taken."""

NO_AMOUNT = 2**53
"""Stands for a promise that names no amount: it covers whatever is owed."""


def past_due_items(ledger: Ledger, as_of: date, *, movements: pl.DataFrame, promise_grace_days: int) -> pl.DataFrame:
    """Return every item past due by its original due date, whose open amount is split into :data:`PARTS`.

    Parameters
    ----------
    ledger
        Cut at ``as_of``.
    movements
        Its item movements.
    promise_grace_days
        A promise is open until so many days after its date.

    Returns
    -------
    polars.DataFrame
        ``customer_id, document_id, kind, document_date, original_due_on, due_on`` (the agreed due date where one later
        than the original was agreed), ``currency, amount`` (of the document), ``open``, the parts, ``days_past_due``
        (by ``due_on``; 0 or less where postponed) and ``promised_until`` (last deadline of the promises that cover it).
        Sorted
        by customer, due date and document.

        ``postponed``: not yet due by the date agreed later. ``disputed``: under an unresolved dispute. ``blocked``:
        what is not disputed of a document with a dunning block. ``promised``: under an open promise, one on account for
        the oldest
        items first. A promise of an item in another currency counts at the rate of the day; one on account covers
        items of its own currency only, unless it names no amount or is an instalment of a plan, which is of all that
        the customer owes. Under a settlement everything is promised, as the rest is given up.
    """
    documents = ledger.table("documents").select("document_id", "document_date", "amount", "kind")
    items = (
        open_items(ledger, movements)
        .filter((pl.col("residual") > 0) & (pl.col("due_date") < as_of))
        .rename({"due_date": "original_due_on", "residual": "open"})
        .drop("document_kind")
        .join(documents, on="document_id", how="left")
        .join(agreed_due_dates(ledger), on="document_id", how="left")
        .join(dunning_blocks(ledger), on="document_id", how="left")
        .with_columns(due_on=pl.max_horizontal("original_due_on", "agreed_on"))
        .with_columns(days_past_due=(pl.lit(as_of) - pl.col("due_on")).dt.total_days().cast(pl.Int64))
        .sort("customer_id", "due_on", "document_id")
    )
    is_later, is_blocked = pl.col("days_past_due") <= 0, pl.col("has_block").fill_null(False)
    items = (
        items.with_columns(postponed=pl.when(is_later).then("open").otherwise(0))
        .with_columns(disputed=pl.when(is_later).then(0).otherwise("disputed"))
        .with_columns(undisputed=pl.col("open") - pl.col("postponed") - pl.col("disputed"))
        .with_columns(blocked=pl.when(is_blocked).then("undisputed").otherwise(0))
        .with_columns(left=pl.col("undisputed") - pl.col("blocked"))
    )
    promises = _open_promises(ledger, as_of, movements=movements, grace_days=promise_grace_days)
    items = _less_promises(items, promises)
    items = _less_instalments(items, promises, ledger, as_of)
    return items.select(
        "customer_id",
        "document_id",
        "kind",
        "document_date",
        "original_due_on",
        "due_on",
        "currency",
        "amount",
        "open",
        *PARTS,
        "days_past_due",
        "promised_until",
    )


def at_hand(ledger: Ledger, movements: pl.DataFrame) -> pl.DataFrame:
    """Return what a cut ledger holds for a customer and is not applied yet, by currency.

    Returns
    -------
    polars.DataFrame
        ``customer_id, currency``; ``credits`` (left on credit notes and on documents paid twice) and ``cash``
        (unapplied), Int64 minor units, not negative.
    """
    credit = (
        open_items(ledger, movements)
        .filter(pl.col("residual") < 0)
        .group_by("customer_id", "currency")
        .agg(credits=-pl.col("residual").sum())
    )
    cash = (
        cash_movements(ledger)
        .group_by("customer_id", "currency")
        .agg(cash=pl.col("amount").sum())
        .filter(pl.col("cash") > 0)
    )
    both = credit.join(cash, on=["customer_id", "currency"], how="full", coalesce=True)
    return both.with_columns(pl.col("credits", "cash").fill_null(0)).sort("customer_id", "currency")


def _open_promises(ledger: Ledger, as_of: date, *, movements: pl.DataFrame, grace_days: int) -> pl.DataFrame:
    """Return what has not come yet of the open promises, and what settlements still hold.

    Columns ``customer_id, document_id, currency, deadline, promised, any_currency`` (everything is covered) and
    ``instalment``: of a plan on account, major units of the ledger's currency, null for others.

    :func:`~credrisk.decisions.promise_state.promises_with_state` speaks the ledger's currency; the rate that it used
    takes its amounts back into the document's or, on account, the promise's own.
    """
    states = promises_with_state(ledger, as_of, movements=movements, grace_days=grace_days)
    own = ledger.table("promises").select("promise_id", "currency", "plan_id")
    is_settled = under_settlement(ledger, as_of)
    of_document = ledger.table("documents").select("document_id", of_document="currency")
    states = (
        states.filter((pl.col("state") == "open") | is_settled)
        .with_columns(whole=is_settled | pl.col("promised").is_null())
        .join(own, on="promise_id", how="left", maintain_order="left")
        .join(of_document, on="document_id", how="left", maintain_order="left")
        .with_columns(currency=pl.coalesce("of_document", "currency"))
    )
    units = states.select(pl.col("currency").unique().sort()).with_columns(unit=pl.lit(1, pl.Int64))
    worth = in_ledger_currency(units, ["unit"], ledger, as_of)
    minor = (pl.col("outstanding") / pl.col("unit")).round(0).cast(pl.Int64)
    in_plan = pl.col("plan_id").is_not_null() & pl.col("document_id").is_null() & ~pl.col("whole")
    return states.join(worth, on="currency", how="left", maintain_order="left").select(
        "customer_id",
        "document_id",
        "currency",
        "deadline",
        promised=pl.when("whole").then(NO_AMOUNT).otherwise(minor.fill_null(NO_AMOUNT)),
        any_currency="whole",
        instalment=pl.when(in_plan).then("outstanding"),
    )


def _less_promises(items: pl.DataFrame, promises: pl.DataFrame) -> pl.DataFrame:
    """Add ``promised``, ``promised_until`` and ``dunned`` to items by due date, whose undisputed ``left`` is given."""
    of_items = (
        promises.filter(pl.col("document_id").is_not_null())
        .group_by("document_id")
        .agg(own=pl.col("promised").sum(), own_until=pl.col("deadline").max())
    )
    on_account = promises.filter(pl.col("document_id").is_null())
    covered = (
        on_account.filter(~pl.col("any_currency") & pl.col("instalment").is_null())
        .group_by("customer_id", "currency")
        .agg(account=pl.col("promised").sum())
    )
    everything = on_account.filter("any_currency").select("customer_id").unique().with_columns(everything=True)
    until = on_account.group_by("customer_id").agg(account_until=pl.col("deadline").max())
    before = pl.col("rest").cum_sum().over("customer_id", "currency") - pl.col("rest")
    share = (pl.col("account").fill_null(0) - before).clip(lower_bound=0)
    return (
        items.join(of_items, on="document_id", how="left", maintain_order="left")
        .join(covered, on=["customer_id", "currency"], how="left", maintain_order="left")
        .join(everything, on="customer_id", how="left", maintain_order="left")
        .join(until, on="customer_id", how="left", maintain_order="left")
        .with_columns(own=pl.min_horizontal(pl.col("own").fill_null(0), "left"))
        .with_columns(rest=pl.col("left") - pl.col("own"))
        .with_columns(
            on_account=pl.when(pl.col("everything").fill_null(False))
            .then("rest")
            .otherwise(pl.min_horizontal("rest", share))
        )
        .with_columns(
            promised=pl.col("own") + pl.col("on_account"),
            dunned=pl.col("rest") - pl.col("on_account"),
            promised_until=pl.max_horizontal(
                pl.when(pl.col("own") > 0).then("own_until"), pl.when(pl.col("on_account") > 0).then("account_until")
            ),
        )
    )


def _less_instalments(items: pl.DataFrame, promises: pl.DataFrame, ledger: Ledger, as_of: date) -> pl.DataFrame:
    """Take the open instalments of plans off what is left of the items, the oldest first, in whatever currency."""
    plans = (
        promises.filter(pl.col("instalment").is_not_null())
        .group_by("customer_id")
        .agg(plan=pl.col("instalment").sum(), plan_until=pl.col("deadline").max())
    )
    if plans.is_empty():
        return items
    units = items.select(pl.col("currency").unique().sort()).with_columns(unit=pl.lit(1, pl.Int64))
    worth = in_ledger_currency(units, ["unit"], ledger, as_of)
    value = pl.col("dunned") * pl.col("unit")
    before = value.cum_sum().over("customer_id") - value
    share = (pl.col("plan").fill_null(0.0) - before).clip(lower_bound=0)
    covered = pl.min_horizontal("dunned", (share / pl.col("unit")).round(0).cast(pl.Int64))
    return (
        items.join(plans, on="customer_id", how="left", maintain_order="left")
        .join(worth, on="currency", how="left", maintain_order="left")
        .with_columns(covered=covered)
        .with_columns(
            promised=pl.col("promised") + pl.col("covered"),
            dunned=pl.col("dunned") - pl.col("covered"),
            promised_until=pl.when(pl.col("covered") > 0)
            .then(pl.max_horizontal("promised_until", "plan_until"))
            .otherwise("promised_until"),
        )
    )
