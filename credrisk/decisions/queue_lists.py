"""What is to be done before and beside the contacts: disputes for their owners, and work for our own staff."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, overload

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.cash_on_hand import cash_on_hand
from credrisk.decisions.collectable import in_ledger_currency, open_items
from credrisk.decisions.contact_state import collectors
from credrisk.decisions.policy import Policy
from credrisk.decisions.queue_insurers import insurer_deadlines
from credrisk.decisions.sentences import day_words
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INTERNAL_TASKS", "dispute_list", "internal_list", "what_is_missing"]

INTERNAL_TASKS = {
    "report_to_insurer": "report the overdue to the insurer",
    "cash_to_apply": "apply the cash that is here",
    "credits_to_match": "match the open credit notes",
    "overpaid_item": "clear what was applied beyond the document",
}
"""Work for our own staff, what comes first first."""

MISSING = {
    "contacts": "no contacts: quiet days and the limit on contacts cannot be kept, and nobody counts as contacted",
    "promises": "no promises: nobody is left in peace for one, and none is known to be broken",
    "disputes": "no disputes: what is past due is chased as if none of it were contested",
    "receipts": "no receipts: cash that is not applied is not seen",
    "credit_events": "no credit events: insolvencies of the own books and placements with agencies are not seen",
    "cover": "no cover: insurers' deadlines are not known",
    "customer_history": "no customer history: nobody is known to look after an account, languages go by country",
}


def what_is_missing(ledger: Ledger) -> list[str]:
    """Return what the list cannot know because the ledger lacks a table, in words."""
    return [words for table, words in MISSING.items() if not ledger.has(table)]


@overload
def dispute_list(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def dispute_list(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def dispute_list(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return the open disputes, for whoever has to settle them: the largest first.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``dispute_id, customer_id, document_id, owner`` (of the dispute, else who looks after the account; null: nobody
        is stated), ``owner_source`` (``dispute``, ``collector`` or null), ``disputed`` (what of the item is open and in
        dispute) and ``open_amount`` (of the item), major units of the ledger's currency, ``reason, opened_on,
        open_days`` and ``days_past_due`` (negative before the due date). A document that is not open any more has no
        row. Where several disputes of a document name more than is open, the earlier ones hold it.
    """
    check_output(output)
    day = to_date(as_of)
    seen = ledger.cut(day)
    items = open_items(seen, item_movements(seen)).filter(pl.col("residual") > 0)
    disputes = seen.table("disputes").filter(pl.col("resolved_on").is_null())
    if "owner" not in disputes.columns:
        disputes = disputes.with_columns(owner=pl.lit(None, pl.String))
    claimed = pl.col("amount").fill_null(pl.col("residual")).clip(lower_bound=0)
    before = claimed.cum_sum().over("document_id") - claimed
    found = (
        disputes.select("dispute_id", "document_id", "owner", "amount", "reason", "opened_on")
        .sort("document_id", "opened_on", "dispute_id")
        .join(items.drop("disputed"), on="document_id", how="inner", maintain_order="left")
        .join(collectors(seen), on="customer_id", how="left", maintain_order="left")
        .with_columns(disputed=pl.min_horizontal(claimed, (pl.col("residual") - before).clip(lower_bound=0)))
    )
    table = in_ledger_currency(found, ["disputed", "residual"], seen, day).select(
        "dispute_id",
        "customer_id",
        "document_id",
        "disputed",
        "reason",
        "opened_on",
        owner=pl.coalesce("owner", "collector"),
        owner_source=pl.when(pl.col("owner").is_not_null())
        .then(pl.lit("dispute"))
        .when(pl.col("collector").is_not_null())
        .then(pl.lit("collector")),
        open_amount="residual",
        open_days=(pl.lit(day) - pl.col("opened_on")).dt.total_days(),
        days_past_due=(pl.lit(day) - pl.col("due_date")).dt.total_days(),
    )
    return given_out(table.sort("disputed", "dispute_id", descending=[True, False]), output)


@overload
def internal_list(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["pandas"] = "pandas"
) -> pd.DataFrame: ...
@overload
def internal_list(
    ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: Literal["polars"]
) -> pl.DataFrame: ...
def internal_list(ledger: Ledger, *, as_of: date | str, policy: Policy | None = None, output: str = "pandas") -> Any:
    """Return what our own staff has to put in order before a customer is asked for money that it has paid.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        ``task`` (one of :data:`INTERNAL_TASKS`, in this order, then the largest amount first), ``customer_id,
        document_id`` (the receipt, credit note or item; null for a report), ``amount`` (major units of the ledger's
        currency; of a report what is past due), ``since`` (day of the cash or document, null for a report), ``due_on``
        (of a report, which is shown from the policy's ``insurer_notice_days`` before it on, and after it until the
        item is closed) and ``says``.
    """
    check_output(output)
    day, rules = to_date(as_of), (policy or Policy.default()).collection
    seen = ledger.cut(day)
    movements = item_movements(seen)
    items = open_items(seen, movements)
    opened = (
        movements.filter(pl.col("kind") == "document").group_by("document_id").agg(since=pl.col("event_date").min())
    )
    credit = pl.col("document_kind") == "credit_note"
    wrong = items.filter(pl.col("residual") < 0).join(opened, on="document_id", how="left")
    on_items = wrong.select(
        "customer_id",
        "document_id",
        "currency",
        "since",
        task=pl.when(credit).then(pl.lit("credits_to_match")).otherwise(pl.lit("overpaid_item")),
        amount=-pl.col("residual"),
        due_on=pl.lit(None, pl.Date),
    )
    cash = cash_on_hand(seen).select(
        "customer_id",
        "currency",
        "amount",
        since="received_on",
        document_id="receipt_id",
        task=pl.lit("cash_to_apply"),
        due_on=pl.lit(None, pl.Date),
    )
    late = items.filter(~credit & (pl.col("residual") > 0) & (pl.col("due_date") < day))
    deadline = insurer_deadlines(seen, items, as_of=day).filter(
        pl.col("insurer_deadline") <= pl.lit(day).dt.offset_by(f"{rules.insurer_notice_days}d")
    )
    reports = (
        late.join(deadline, on="customer_id", how="inner")
        .group_by("customer_id", "currency", "insurer_deadline")
        .agg(amount=pl.col("residual").sum())
        .select(
            "customer_id",
            "currency",
            "amount",
            due_on="insurer_deadline",
            document_id=pl.lit(None, pl.String),
            since=pl.lit(None, pl.Date),
            task=pl.lit("report_to_insurer"),
        )
    )
    columns = ["task", "customer_id", "document_id", "currency", "amount", "since", "due_on"]
    every = pl.concat([table.select(columns) for table in (reports, cash, on_items)])
    place = pl.col("task").replace_strict({task: n for n, task in enumerate(INTERNAL_TASKS)}, return_dtype=pl.Int64)
    when = (
        pl.when(pl.col("due_on") < day)
        .then(pl.format("the deadline of {} has passed: at once, if it is not done", day_words(pl.col("due_on"))))
        .when(pl.col("due_on").is_not_null())
        .then(pl.format("by {}", day_words(pl.col("due_on"))))
        .otherwise(pl.format("since {}", day_words(pl.col("since"))))
    )
    table = (
        in_ledger_currency(every, ["amount"], seen, day)
        .with_columns(says=pl.format("{}: {}", pl.col("task").replace(INTERNAL_TASKS), when.fill_null("day not known")))
        .sort(place, "due_on", "amount", "customer_id", "document_id", descending=[False, False, True, False, False])
        .drop("currency")
    )
    return given_out(table, output)
