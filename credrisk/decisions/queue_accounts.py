"""What the ledger knows of each account that may come on the list."""

from __future__ import annotations

from datetime import date

import polars as pl

from credrisk.decisions.collectable import collectable, open_items
from credrisk.decisions.contact_state import collectors, contact_summary, legal_events
from credrisk.decisions.policy_collection import Collection
from credrisk.decisions.promise_state import promise_summary
from credrisk.decisions.queue_desks import with_desks
from credrisk.decisions.queue_insurers import insurer_deadlines
from credrisk.decisions.queue_language import spoken
from credrisk.decisions.roll_over import crossing_money
from credrisk.decisions.third_party import third_party_claims, third_party_paid
from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

__all__ = ["account_rows"]


def account_rows(ledger: Ledger, rows: pl.DataFrame, rules: Collection, as_of: date) -> pl.DataFrame:
    """Join to each scored customer what the ledger, cut at ``as_of``, knows of the account."""
    names = ledger.table("customers").select("customer_id", ledger_name="name")
    strangers = rows.join(names, on="customer_id", how="anti").sort("customer_id")
    if strangers.height:
        raise DataError(
            "customers are not in the ledger.",
            table="scores",
            rows=strangers.height,
            ids=strangers["customer_id"].to_list(),
            remedy="score the customers of this ledger, at this date.",
        )
    movements = item_movements(ledger)
    items = open_items(ledger, movements)
    for found in (
        names,
        collectable(ledger, as_of, movements=movements, due_soon_days=rules.due_soon_days),
        promise_summary(
            ledger,
            as_of,
            movements=movements,
            grace_days=rules.promise_grace_days,
            account_days=rules.broken_promise_account_days,
        ),
        contact_summary(ledger, rules),
        collectors(ledger),
        legal_events(ledger),
        third_party_claims(ledger, movements=movements),
        third_party_paid(ledger, movements=movements, as_of=as_of),
        spoken(ledger),
        insurer_deadlines(ledger, items, as_of=as_of),
        crossing_money(items, ledger, as_of=as_of),
    ):
        rows = rows.join(found, on="customer_id", how="left", maintain_order="left", validate="1:1")
    amounts = (
        "past_due",
        "disputed",
        "deferred",
        "late_fees",
        "due_soon",
        "open_credits",
        "unapplied_cash",
        "open_promised",
        "rolls_over_60",
        "rolls_over_90",
    )
    notice = pl.lit(as_of).dt.offset_by(f"{rules.insurer_notice_days}d")
    rows = with_desks(rows, ledger, rules, as_of=as_of)
    past_days = (pl.lit(as_of) - pl.col("oldest_due_on")).dt.total_days()
    days_to_due = (pl.col("next_due_on") - pl.lit(as_of)).dt.total_days()
    is_late = pl.col("past_due") > 0
    return rows.with_columns(
        *(pl.col(amount).fill_null(0.0) for amount in amounts),
        pl.col("broken_promises_12m", "broken_promises_open").fill_null(0),
        pl.col("open_promised_all").fill_null(False),
        insurer_due=pl.col("insurer_deadline").is_between(as_of, notice).fill_null(False),
        name=pl.coalesce("name", "ledger_name"),
    ).with_columns(
        oldest_open_days=pl.when(is_late).then(past_days).when(pl.col("open_items") > 0).then(0).cast(pl.Float64),
        age_days=pl.when(is_late).then(past_days).otherwise(-days_to_due).fill_null(0).cast(pl.Float64),
    )
