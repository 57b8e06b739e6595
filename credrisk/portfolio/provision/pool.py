"""Which open items a provision is measured on: what is owed net of credits and cash, its bucket, segment and state."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.ledger.cover_terms import ranked_cover
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements
from credrisk.portfolio.ageing import column_of
from credrisk.portfolio.keys import attribute_on
from credrisk.portfolio.open_items import open_items
from credrisk.portfolio.provision.settings import ProvisionSettings
from credrisk.portfolio.written_off import below_written_off

__all__ = [
    "IMPAIRED",
    "NOT_EARNED",
    "NOT_KNOWN",
    "NO_LOSS",
    "WHOLE",
    "cover_in_force",
    "impairing_events",
    "kinds_left_out",
    "pool_items",
    "segments_of",
    "state_in_words",
    "with_segments",
]

IMPAIRED = "credit_impaired"
NO_LOSS = "zero_loss"
"""State of the items of customers from whom no loss is expected (CECL only)."""
WHOLE = "all receivables"
NOT_KNOWN = "not known"
NOT_EARNED = "down_payment"
"""A request for payment in advance is no receivable until it is unconditional (IFRS 15.106-108, ASC 606-10-45-4)."""


def state_in_words(state: str) -> str:
    """Return a bucket or state in words: ``1-30 days past due``.

    Examples
    --------
    >>> state_in_words("past_due_31_60"), state_in_words("past_due_over_90")
    ('31-60 days past due', 'over 90 days past due')
    """
    named = {"not_due": "not due", IMPAIRED: "credit-impaired", NO_LOSS: "no loss expected"}
    if state in named:
        return named[state]
    days = state.removeprefix("past_due_")
    return f"{'over ' + days[5:] if days.startswith('over_') else days.replace('_', '-')} days past due"


def kinds_left_out(settings: ProvisionSettings) -> list[str]:
    """Return the kinds of open debit items on which no provision is measured."""
    return [NOT_EARNED, *(["late_fee"] if settings.late_fees == "excluded" else [])]


def segments_of(seen: Ledger, settings: ProvisionSettings) -> pl.DataFrame:
    """Return ``customer_id, segment`` as known on the last day of a cut ledger; of what is not by customer, nothing."""
    customers, by = seen.table("customers"), settings.segment_by
    if by in ("country", "industry", "seller_entity"):
        named = customers.select("customer_id", segment=pl.col(by).cast(pl.String))
    elif by == "segment":
        named = attribute_on(seen, "segment")
    else:
        named = customers.select("customer_id", segment=pl.lit(None, pl.String))
    return named.with_columns(pl.col("customer_id").cast(pl.String))


def impairing_events(seen: Ledger, settings: ProvisionSettings) -> pl.DataFrame:
    """Return the events that make a customer's items credit-impaired: ``customer_id, impaired_on, event``.

    Of each customer the latest event counts: items dated on or before it are impaired, later business is not.
    """
    return (
        seen.table("credit_events")
        .filter(pl.col("kind").is_in(list(settings.events)))
        .sort("customer_id", "date", "kind")
        .group_by("customer_id", maintain_order=True)
        .agg(impaired_on=pl.col("date").last(), event=pl.col("kind").last())
        .with_columns(pl.col("customer_id").cast(pl.String))
    )


def cover_in_force(seen: Ledger, *, as_of: date) -> pl.DataFrame:
    """Return the contracts of cover in force at the end of ``as_of``, one row each."""
    return (
        ranked_cover(seen.table("cover"))
        .unique(["customer_id", "cover_id"], keep="last", maintain_order=True)
        .filter((pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of)) & (pl.col("limit") > 0))
        .with_columns(pl.col("customer_id").cast(pl.String))
    )


def pool_items(
    seen: Ledger, *, as_of: date, settings: ProvisionSettings, opened: pl.DataFrame, cash: pl.DataFrame
) -> pl.DataFrame:
    """Return the items open at the end of ``as_of`` of a ledger cut there.

    Parameters
    ----------
    opened, cash
        What is open on each item, as :func:`opened_items` returns it, and unapplied of each receipt, as
        :func:`~credrisk.portfolio.open_items.open_cash` does.

    Returns
    -------
    polars.DataFrame
        ``document_id, customer_id, currency, document_date, due_date, document_kind, own_segment`` (what the item
        itself tells of its segment), ``state, billed, open, net``, money in minor units of ``currency``; ``state`` is
        the bucket or ``credit_impaired``, ``billed`` the document's amount, ``net`` what is left of ``open`` once the
        customer's open credits and unapplied cash of that currency have settled its oldest items. Sorted by
        customer, due date and document.
    """
    every = opened.with_columns(pl.col("document_id", "customer_id", "currency").cast(pl.String))
    kept = ~pl.col("document_kind").is_in(kinds_left_out(settings))
    dated = seen.table("documents").select(
        pl.col("document_id").cast(pl.String),
        "document_date",
        billed="amount",
        seller=pl.col("seller_entity").cast(pl.String),
    )
    items = (
        every.filter((pl.col("amount") > 0) & kept)
        .join(dated.unique("document_id"), on="document_id", how="left")
        .sort("customer_id", "due_date", "document_id")
        .rename({"amount": "open"})
    )
    items = _netted(items, every, cash) if settings.credits == "oldest_first" else items.with_columns(net="open")
    items = items.with_columns(own_segment=_own_segment(seen, as_of=as_of, settings=settings))
    return _stated(items, impairing_events(seen, settings), as_of=as_of, settings=settings).select(
        "document_id",
        "customer_id",
        "currency",
        "document_date",
        "due_date",
        "document_kind",
        "own_segment",
        "state",
        "billed",
        "open",
        "net",
    )


def opened_items(seen: Ledger) -> pl.DataFrame:
    """Return :func:`~credrisk.portfolio.open_items.open_items` with ``below``, the part below 0 that is no credit.

    What came in on a written-off item is the seller's, whether the books opened the item again or not.
    """
    below = below_written_off(item_movements(seen))
    return open_items(seen).join(below, on="document_id", how="left").with_columns(pl.col("below").fill_null(0))


def _netted(items: pl.DataFrame, every: pl.DataFrame, cash: pl.DataFrame) -> pl.DataFrame:
    account = ["customer_id", "currency"]
    favour = (
        pl.concat(
            [
                every.filter(pl.col("amount") < 0).select(*account, favour=-pl.col("amount") - pl.col("below")),
                cash.select(pl.col(account).cast(pl.String), favour="amount"),
            ]
        )
        .group_by(account)
        .agg(pl.sum("favour").clip(0))
    )
    owed = items.join(favour, on=account, how="left", maintain_order="left").with_columns(pl.col("favour").fill_null(0))
    through = pl.col("open").cum_sum().over(account)
    return owed.with_columns(net=(through - pl.col("favour")).clip(0, pl.col("open"))).drop("favour")


def _own_segment(seen: Ledger, *, as_of: date, settings: ProvisionSettings) -> pl.Expr:
    if settings.segment_by == "currency":
        return pl.col("currency")
    if settings.segment_by == "insured":
        insured = cover_in_force(seen, as_of=as_of)["customer_id"].unique()
        held = pl.col("customer_id").is_in(insured.implode())
        return pl.when(held).then(pl.lit("insured")).otherwise(pl.lit("not insured"))
    if settings.segment_by == "seller_entity":
        return pl.col("seller")
    return pl.lit(None, pl.String)


def with_segments(items: pl.DataFrame, segments: pl.DataFrame, settings: ProvisionSettings) -> pl.DataFrame:
    """Return the items with their ``segment``: their own, else that of their customer."""
    named = items.join(segments, on="customer_id", how="left", maintain_order="left")
    whole = pl.lit(WHOLE if settings.segment_by == "none" else NOT_KNOWN)
    return named.with_columns(segment=pl.coalesce("own_segment", "segment", whole)).drop("own_segment")


def _stated(items: pl.DataFrame, events: pl.DataFrame, *, as_of: date, settings: ProvisionSettings) -> pl.DataFrame:
    marked = items.join(events, on="customer_id", how="left", maintain_order="left")
    late = (pl.lit(as_of) - pl.col("due_date")).dt.total_days()
    hit = (pl.col("document_date") <= pl.col("impaired_on")).fill_null(False)
    if settings.past_due_days:
        hit = hit | (late >= settings.past_due_days)
    # A fee note that is in the pool ages as any other item.
    bucket = column_of(settings.edges, as_of)
    aged = marked.with_columns(
        amount=pl.col("open"), kind=pl.col("document_kind"), document_kind=pl.lit("invoice")
    ).with_columns(bucket=bucket)
    state = pl.when(hit).then(pl.lit(IMPAIRED)).otherwise("bucket")
    return aged.with_columns(state=state, document_kind="kind")
