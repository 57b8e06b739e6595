"""What a watch could not compare, and what no source answered: counted, so that silence is not taken for good news."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from credrisk.wording import hosts_only

__all__ = ["UNMEASURED", "not_compared"]

UNMEASURED: dict[str, pl.DataType] = {"what": pl.String(), "reason": pl.String(), "customers": pl.Int64()}


def not_compared(
    both: pl.DataFrame, answers: pl.DataFrame | None, *, scored: bool, since: date, ledger_to: date, as_of: date
) -> pl.DataFrame:
    """Count what was not compared: behaviour, grades, and what each source did not answer."""
    rows: list[dict[str, Any]] = []
    if since >= ledger_to:
        reason = f"the ledger ends on {ledger_to}, not after {since}"
        rows.append({"what": "behaviour", "reason": reason, "customers": both.height})
    else:
        compared = pl.col("dbt_3m").is_not_null() & pl.col("dbt_3m_before").is_not_null()
        lacking = both.filter(~compared & (pl.col("net_balance") > 0)).height
        if lacking:
            reason = "something is owed, but nothing was paid in the three months before one of the days"
            rows.append({"what": "days beyond terms", "reason": reason, "customers": lacking})
    if not scored:
        reason = "the results of two runs are needed (--results and --before)"
        rows.append({"what": "grade and probability", "reason": reason, "customers": both.height})
    if answers is None:
        reason = "who was looked up is not recorded"
        rows.append({"what": "public information", "reason": reason, "customers": both.height})
    else:
        rows += _unanswered(both, answers.filter((pl.col("retrieved_at") <= as_of).fill_null(True)), since)
    return pl.DataFrame(rows, schema=UNMEASURED)


def _unanswered(both: pl.DataFrame, answers: pl.DataFrame, since: date) -> list[dict[str, Any]]:
    latest = answers.sort("retrieved_at", nulls_last=False).unique(
        ["customer_id", "source", "part"], keep="last", maintain_order=True
    )
    refused = (
        latest.filter(pl.col("status") == "not_measured")
        .with_columns(hosts_only(pl.col("reason")))
        .group_by("source", "reason")
        .agg(customers=pl.col("customer_id").n_unique().cast(pl.Int64))
        .sort("source", "reason")
    )
    rows = [{"what": row["source"], "reason": row["reason"] or "no reason stated", "customers": row["customers"]}
            for row in refused.iter_rows(named=True)]  # fmt: skip
    for source in sorted(answers["source"].unique().drop_nulls()):
        own = latest.filter(pl.col("source") == source)
        never = (
            both.height
            - own.filter(pl.col("customer_id").is_in(both["customer_id"].implode()))["customer_id"].n_unique()
        )
        stale = own.filter(pl.col("retrieved_at") <= since)["customer_id"].n_unique()
        if never:
            rows.append({"what": source, "reason": "not asked about", "customers": never})
        if stale:
            rows.append({"what": source, "reason": f"not asked again after {since}", "customers": stale})
    return rows
