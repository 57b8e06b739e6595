"""The limits that somebody has set and the books do not show yet: what the decision log says is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from credrisk.dates import to_date
from credrisk.decisions.decision_chain import Entry
from credrisk.decisions.decision_log import DecisionLog
from credrisk.decisions.limit_record import LIMIT
from credrisk.decisions.recorded_rows import entry_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.tables import TABLES

__all__ = ["decided_limits", "limits_as_decided", "with_decided_limits"]

ATTRIBUTE, CENT = "credit_limit", 0.01
DECIDED = {
    "customer_id": pl.String,
    "limit": pl.Float64,
    "recommended_limit": pl.Float64,
    "decided_on": pl.Date,
    "author": pl.String,
    "reason": pl.String,
    "approver": pl.String,
    "entry": pl.Int64,
}


def decided_limits(log: DecisionLog | Sequence[Entry], *, as_of: date | str, currency: str) -> pl.DataFrame:
    """Return the last limit that the log holds of each customer.

    Parameters
    ----------
    log
        The log, or its entries.
    as_of
        Entries written after this day (UTC) are not seen.
    currency
        Limits in another one are left out: the ledger's limits are in its own.

    Returns
    -------
    polars.DataFrame
        ``customer_id, limit, recommended_limit, decided_on`` (day of the entry), ``author, reason`` (null where the
        recommended limit was set), ``approver`` (the lowest role that may sign it, null: nobody) and ``entry``, its
        number; sorted by customer. Whether it was signed is not in the log.
    """
    day = to_date(as_of)
    entries = log if not isinstance(log, DecisionLog) else log.read(kind=LIMIT) if log.path.exists() else []
    last = {
        entry.customer_id: entry
        for entry in entries
        if entry.kind == LIMIT and entry_day(entry) <= day and entry.content.get("currency") == currency
    }
    rows = [
        {
            "customer_id": customer,
            "decided_on": entry_day(entry),
            "author": entry.author,
            "entry": entry.number,
            **{name: entry.content.get(name) for name in ("limit", "recommended_limit", "reason", "approver")},
        }
        for customer, entry in last.items()
    ]
    return pl.DataFrame(rows, schema=DECIDED).sort("customer_id")


def with_decided_limits(
    ledger: Ledger, log: DecisionLog | Sequence[Entry], *, as_of: date | str, until: date | None = None
) -> Ledger:
    """Return the ledger with the limits that were decided since as those in force.

    A decided limit is a row of ``customer_history`` from the day of its entry on, at the latest from ``as_of`` on:
    entries up to ``until`` (default ``as_of``) count. It gives way to a limit that the
    ledger itself shows from that day on or later: the books have followed, or have been decided otherwise. Customers
    that the ledger does not know are passed over.
    """
    history = ledger.table("customer_history")
    day = pl.min_horizontal("decided_on", pl.lit(to_date(as_of)))
    rows = _in_force(ledger, log, until or as_of).select(
        "customer_id",
        attribute=pl.lit(ATTRIBUTE),
        value=pl.col("limit").cast(pl.String),
        valid_from=day,
        recorded_at=day,
    )
    if rows.is_empty():
        return ledger
    added = rows.select(pl.col(name).cast(kind) for name, kind in history.schema.items())
    whole = pl.concat([history, added]).sort(TABLES["customer_history"].key, nulls_last=False)
    return ledger.replace(tables={**ledger.tables, "customer_history": whole})


def limits_as_decided(
    limits: pl.DataFrame, ledger: Ledger, log: DecisionLog | Sequence[Entry], *, until: date
) -> pl.DataFrame:
    """Return recommended limits with the decided one in place of each that somebody has decided on.

    Parameters
    ----------
    limits
        ``customer_id, recommended_limit``.
    ledger
        As it was exported: a limit that it shows from the day of the decision on goes before the decided one.
    until
        Entries up to this day count.

    Notes
    -----
    Whoever decided saw a recommendation, which the log keeps. A later one that differs from it by a cent or more is
    news, and stays.
    """
    decided = _in_force(ledger, log, until).select("customer_id", decided="limit", saw="recommended_limit")
    rows = limits.join(decided, on="customer_id", how="left", maintain_order="left")
    same = (pl.col("saw") - pl.col("recommended_limit")).abs() < CENT
    counts = pl.col("decided").is_not_null() & same.fill_null(pl.col("recommended_limit").is_null())
    advised = pl.when(counts).then("decided").otherwise("recommended_limit")
    return rows.with_columns(recommended_limit=advised).select(limits.columns)


def _in_force(ledger: Ledger, log: DecisionLog | Sequence[Entry], until: date | str) -> pl.DataFrame:
    """Return the decided limits of the ledger's customers to which the ledger has shown no later one."""
    found = decided_limits(log, as_of=until, currency=ledger.settings.currency)
    shown = ledger.table("customer_history").filter(pl.col("attribute") == ATTRIBUTE)
    posted = shown.group_by("customer_id").agg(posted_on=pl.col("valid_from").max())
    return (
        found.join(ledger.table("customers").select("customer_id"), on="customer_id", how="semi")
        .join(posted, on="customer_id", how="left")
        .filter((pl.col("posted_on") < pl.col("decided_on")).fill_null(True))
    )
