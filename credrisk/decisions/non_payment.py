"""Why past-due money has not come: by reason, with who has to act and the days lost, stated or inferred.

What somebody said goes first: an open dispute of the document, then what the customer answered when contacted. What is
only inferred (an order number that the customer asks for and the invoice lacks, a rest left by a short payment, broken
promises) is marked as such; where nothing speaks for a reason there is none.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.missing_documents import without_order_number
from credrisk.decisions.promise_state import promise_summary
from credrisk.frames import as_polars, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OWNERS", "non_payment_items", "non_payment_reasons"]

OWNERS = {
    "cannot_pay": "credit",
    "will_not_pay": "collection",
    "dispute": "sales",
    "our_error": "billing",
    "their_process": "collection",
    "not_received": "billing",
}
"""Who has to act on each reason, where the dispute names nobody. Convention."""

SAID_DAYS = 90
"""What a customer said when contacted is taken for so many days. Convention."""
SHORT_SHARE = 0.2
"""A rest of at most this share of its document, after a payment, is a short payment. Convention."""
BROKEN = 2
"""Broken promises from which on a customer is taken to be unable to pay. Convention."""

ITEMS = {
    "customer_id": pl.String,
    "document_id": pl.String,
    "amount": pl.Float64,
    "days_past_due": pl.Int64,
    "reason": pl.String,
    "owner": pl.String,
    "source": pl.String,
    "inferred": pl.Boolean,
    "basis": pl.String,
}


@overload
def non_payment_items(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def non_payment_items(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def non_payment_items(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return every past-due amount with the reason why it has not been paid.

    Parameters
    ----------
    ledger
        The ledger, with what was recorded (:func:`~credrisk.decisions.recorded.with_recorded`); it is cut at ``as_of``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        One row a past-due debit item, two where a part of it is in dispute: ``customer_id, document_id``, ``amount``
        (what is open, major units of the ledger's currency), ``days_past_due``, ``reason`` (null: nothing is known),
        ``owner``, ``source`` (``dispute``, ``contact``, ``order_number``, ``short_payment``, ``promise_record``),
        ``inferred`` (nobody said so) and ``basis`` in words. Largest amount first.

    Raises
    ------
    DataError
        When a currency has no rate.
    """
    day = to_date(as_of)
    seen = ledger.cut(day)
    movements = item_movements(seen)
    late = open_items(seen, movements).filter(
        (pl.col("document_kind") != "credit_note") & (pl.col("due_date") < day) & (pl.col("residual") > 0)
    )
    translated = in_ledger_currency(
        late.with_columns(open_amount=pl.col("residual"), disputed_amount=pl.col("disputed")),
        ["open_amount", "disputed_amount"],
        seen,
        day,
    ).with_columns(days_past_due=(pl.lit(day) - pl.col("due_date")).dt.total_days())
    disputed = _disputed(translated.filter(pl.col("disputed") > 0), seen)
    rest = translated.with_columns(amount=pl.col("open_amount") - pl.col("disputed_amount")).filter(
        pl.col("residual") > pl.col("disputed")
    )
    for found in (_said(seen, day), _broken(seen, movements, day)):
        rest = rest.join(found, on="customer_id", how="left", maintain_order="left")
    for found in (_short(movements), without_order_number(seen)):
        rest = rest.join(found, on="document_id", how="left", maintain_order="left")
    whole = pl.concat([disputed, _reasoned(rest)])
    return given_out(whole.sort("amount", "document_id", "source", descending=[True, False, False]), output)


@overload
def non_payment_reasons(
    items: pd.DataFrame | pl.DataFrame, *, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def non_payment_reasons(items: pd.DataFrame | pl.DataFrame, *, output: Literal["polars"]) -> pl.DataFrame: ...
def non_payment_reasons(items: pd.DataFrame | pl.DataFrame, *, output: str = "pandas") -> Any:
    """Return the table by reason of the items of :func:`non_payment_items`.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``reason`` (null: not known) and ``owner``, one row a pair of both; ``accounts, documents, amount``,
        ``days_lost`` (days past due, weighted with the money), ``money_days`` (their product: what the reason costs at
        a daily rate) and ``inferred_share`` of the amount. Most money times days first.
    """
    rows = as_polars(items, "items")
    table = rows.group_by("reason", "owner").agg(
        accounts=pl.col("customer_id").n_unique().cast(pl.Int64),
        documents=pl.col("document_id").n_unique().cast(pl.Int64),
        amount=pl.col("amount").sort().sum(),
        money_days=(pl.col("amount") * pl.col("days_past_due")).sort().sum(),
        inferred=pl.col("amount").filter("inferred").sort().sum(),
    )
    return given_out(
        table.select(
            "reason",
            "owner",
            "accounts",
            "documents",
            "amount",
            pl.when(pl.col("amount") > 0).then(pl.col("money_days") / pl.col("amount")).alias("days_lost"),
            "money_days",
            pl.when(pl.col("amount") > 0).then(pl.col("inferred") / pl.col("amount")).alias("inferred_share"),
        ).sort("money_days", "reason", "owner", descending=[True, False, False], nulls_last=True),
        output,
    )


def _disputed(items: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Return the disputed parts; the owner and the cause are those of the dispute opened first."""
    first = (
        ledger.table("disputes")
        .filter(pl.col("resolved_on").is_null())
        .sort("document_id", "opened_on", "dispute_id")
        .group_by("document_id", maintain_order=True)
        .agg(pl.first("opened_on", "owner", "cause", "reason"))
        .rename({"owner": "named", "reason": "said"})
    )
    told = pl.coalesce("cause", "said").str.replace_all("_", " ")
    basis = pl.format("in dispute since {}", pl.col("opened_on")) + pl.format(": {}", told).fill_null("")
    return items.join(first, on="document_id", how="left", maintain_order="left").select(
        "customer_id",
        "document_id",
        pl.col("disputed_amount").alias("amount"),
        "days_past_due",
        reason=pl.lit("dispute"),
        owner=pl.coalesce("named", pl.lit(OWNERS["dispute"])),
        source=pl.lit("dispute"),
        inferred=False,
        basis=basis,
    )


def _said(ledger: Ledger, day: date) -> pl.DataFrame:
    """Return the last reason each customer gave within the last days."""
    since = day - timedelta(days=SAID_DAYS)
    return (
        ledger.table("contacts")
        .filter(pl.col("reason").is_not_null() & (pl.col("date") > since))
        .sort("customer_id", "date", "contact_id")
        .group_by("customer_id", maintain_order=True)
        .agg(said_reason=pl.last("reason"), said_on=pl.last("date"))
    )


def _broken(ledger: Ledger, movements: pl.DataFrame, day: date) -> pl.DataFrame:
    summary = promise_summary(ledger, day, movements=movements, grace_days=0, account_days=SAID_DAYS)
    return summary.filter(pl.col("broken_promises_open") >= BROKEN).select("customer_id", broken="broken_promises_open")


def _short(movements: pl.DataFrame) -> pl.DataFrame:
    """Return the documents of which a payment left a small rest, with the day of the last payment."""
    billed = pl.col("amount").filter(pl.col("kind") == "document").sum()
    paid = (pl.col("kind") == "payment") & (pl.col("amount") < 0)
    return (
        movements.group_by("document_id")
        .agg(billed=billed, left=pl.col("amount").sum(), paid_on=pl.col("event_date").filter(paid).max())
        .filter(pl.col("paid_on").is_not_null() & (pl.col("left") <= SHORT_SHARE * pl.col("billed")))
        .select("document_id", "paid_on")
    )


def _reasoned(rest: pl.DataFrame) -> pl.DataFrame:
    """Give each amount the first reason that something speaks for."""
    said = pl.col("said_reason").is_not_null() & (pl.col("due_date") <= pl.col("said_on"))
    tests = (
        ("contact", said, pl.col("said_reason"), pl.format("said on {}", "said_on")),
        (
            "order_number",
            pl.col("asks_since").is_not_null(),
            pl.lit("our_error"),
            pl.format("the customer asks for an order number since {}, and the document has none", "asks_since"),
        ),
        (
            "short_payment",
            pl.col("paid_on").is_not_null(),
            pl.lit("dispute"),
            pl.format("paid on {} but for a small rest", "paid_on"),
        ),
        (
            "promise_record",
            pl.col("broken").is_not_null(),
            pl.lit("cannot_pay"),
            pl.format("{} promises broken and still open: it cannot pay, or will not", "broken"),
        ),
    )
    source = pl.coalesce(pl.when(test).then(pl.lit(name)) for name, test, _, _ in tests)
    reason = pl.coalesce(pl.when(test).then(which) for _, test, which, _ in tests)
    basis = pl.coalesce(pl.when(test).then(words) for _, test, _, words in tests)
    return (
        rest.with_columns(source=source, reason=reason, basis=basis)
        .with_columns(
            owner=pl.col("reason").replace_strict(OWNERS, default=None, return_dtype=pl.String),
            inferred=pl.col("source") != "contact",
        )
        .select(ITEMS.keys())
    )
