"""One row a customer for the pack: who it is, what it owes, how likely it fails, its limit, its place in the queue."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from credrisk.decisions.company_group import company_groups_today
from credrisk.errors import EvidenceError
from credrisk.features.calendar import Calendar
from credrisk.features.catalogue import catalogue
from credrisk.features.chosen_rows import ChosenRows
from credrisk.features.panel import full_panel
from credrisk.features.rows import LedgerRows
from credrisk.ledger.ledger import Ledger
from credrisk.portfolio.keys import attribute_on
from credrisk.reports.buckets import buckets_among
from credrisk.reports.months import month_in_words

__all__ = ["balance_trail", "report_customers"]

ATTRIBUTES = ("segment", "collector", "terms_days")
AGED = ("late_fees", "open_credits", "open_balance", "past_due", "unapplied_cash", "net_balance", "share_past_due")
OF_SCORES = ("status", "pd_3m", "pd_6m", "pd_12m", "pd_source", "grade", "expected_loss", "lacks", "oldest_open_days",
             "dbt_12m", "dso_countback", "expected_days_to_pay")  # fmt: skip
REASONS = ("reason_1", "reason_2", "reason_3")
OF_LIMITS = {
    "current_limit": "current_limit",
    "recommended_limit": "recommended_limit",
    "action": "limit_action",
    "binding": "binding",
    "reasons": "limit_reasons",
    "review_on": "review_on",
    "need": "need",
    "capacity_limit": "capacity_limit",
    "peer_limit": "peer_limit",
    "cover_limit": "cover_limit",
    "expected_profit_limit": "expected_profit_limit",
}
OF_QUEUE = {
    "rank": "rank",
    "action": "action",
    "slot": "slot",
    "contact_today": "contact_today",
    "gain": "gain",
    "gain_beyond_mail": "gain_beyond_mail",
    "chased": "chased",
    "held": "held",
    "last_contact_on": "last_contact_on",
    "reasons": "queue_reasons",
}


def report_customers(
    seen: Ledger, *, ageing: pl.DataFrame, scores: pl.DataFrame, limits: pl.DataFrame, queue: pl.DataFrame
) -> pl.DataFrame:
    """Return the customers of a run with what the pack tells of each.

    Parameters
    ----------
    seen
        The ledger cut at the day.
    ageing
        Its ageing by customer.
    scores, limits, queue
        The tables of the run.

    Returns
    -------
    polars.DataFrame
        The columns that :class:`credrisk.reports.book.Book` declares for ``customers``; largest net balance first.
    """
    master = seen.table("customers").select("customer_id", "name", "country", "industry")
    buckets = buckets_among(ageing.columns)
    aged = ageing.select("customer_id", *buckets, *AGED)
    nothing_owed = [pl.col(name).fill_null(0.0) for name in (*buckets, *AGED[:4], "net_balance")]
    if seen.has("receipts"):
        nothing_owed.append(pl.col("unapplied_cash").fill_null(0.0))
    frame = (
        _chosen(scores, {name: name for name in (*OF_SCORES, *REASONS)})
        .with_columns(reasons=pl.concat_str(REASONS, separator="; ", ignore_nulls=True).replace("", None))
        .drop(REASONS)
        .join(master, on="customer_id", how="left")
        .join(aged, on="customer_id", how="left")
        .join(_chosen(limits, OF_LIMITS), on="customer_id", how="left")
        .join(_chosen(queue, OF_QUEUE), on="customer_id", how="left")
        .join(_groups(seen), on="customer_id", how="left")
        .with_columns(nothing_owed)
    )
    for attribute in ATTRIBUTES:
        frame = frame.join(attribute_on(seen, attribute), on="customer_id", how="left")
    limit, exposure = pl.col("current_limit"), pl.col("net_balance").clip(lower_bound=0.0)
    first = ["customer_id", "name", "country", "industry", "segment", "collector", "group", "group_name", *buckets]
    return (
        frame.with_columns(
            utilisation=pl.when(limit > 0).then(exposure / limit),
            terms_days=pl.col("terms_days").cast(pl.Float64, strict=False),
        )
        .select(*first, pl.exclude(first))
        .sort("net_balance", "customer_id", descending=[True, False], nulls_last=True)
    )


def balance_trail(seen: Ledger, *, as_of: date, months: int) -> pl.DataFrame:
    """Return net balance and credit limit of each account at the last ``months`` month-ends that the ledger covers.

    Columns ``customer_id, as_of, net_balance, credit_limit``, by customer and date; months before its first balance or
    limit are left out.

    Raises
    ------
    EvidenceError
        When the ledger covers a single month-end.
    """
    days = Calendar.months_back(as_of, months)
    covered = tuple(day for day in days if day >= seen.settings.covers_from)
    if len(covered) < 2:
        raise EvidenceError(f"The ledger covers no month-end before {month_in_words(as_of)}.")
    rows = LedgerRows(seen)
    chosen = ChosenRows(rows, np.arange(len(rows.customers)))
    panel = full_panel(chosen, Calendar(covered), catalogue(("net_balance", "credit_limit")))
    known = (pl.col("net_balance").fill_null(0.0) != 0) | pl.col("credit_limit").is_not_null()
    return (
        panel.select(pl.col("customer_id").cast(pl.String), "as_of", "net_balance", "credit_limit")
        .with_columns(pl.col("net_balance", "credit_limit").cast(pl.Float64).fill_nan(None))
        .sort("customer_id", "as_of")
        .filter(known.cum_max().over("customer_id"))
    )


def _chosen(frame: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """Return the columns by their new names, null where the run did not write one."""
    cells = [
        pl.col(name).alias(new) if name in frame.columns else pl.lit(None).alias(new) for name, new in names.items()
    ]
    return frame.select("customer_id", *cells)


def _groups(seen: Ledger) -> pl.DataFrame:
    names = seen.table("customers").select(group="customer_id", group_name="name")
    return (
        company_groups_today(seen)
        .select("customer_id", "group")
        .join(names, on="group", how="left")
        .with_columns(pl.col("group_name").fill_null(pl.col("group")))
    )
