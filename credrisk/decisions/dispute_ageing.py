"""What is in dispute, for how long, whose turn it is, why, how many days it costs, and how long it takes to resolve."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl

from credrisk.dates import months_after, to_date
from credrisk.decisions.collectable import in_ledger_currency
from credrisk.errors import ParameterError
from credrisk.frames import check_output, given_out
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.movements import item_movements

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BUCKETS", "NO_OWNER", "dispute_ageing", "dispute_buckets", "dispute_causes", "resolution_times"]

BUCKETS = (30, 60, 90)
"""Last day of each age bucket but the oldest."""

NO_OWNER, NOT_STATED = "nobody", "not stated"
WITHIN_DAYS = (30, 60, 90)
FEWEST_RESOLVED = 10
"""Disputes that must have ended before a resolution time is given."""


@overload
def dispute_ageing(ledger: Ledger, *, as_of: date | str, output: Literal["pandas"] = "pandas") -> pd.DataFrame: ...
@overload
def dispute_ageing(ledger: Ledger, *, as_of: date | str, output: Literal["polars"]) -> pl.DataFrame: ...
def dispute_ageing(ledger: Ledger, *, as_of: date | str, output: str = "pandas") -> Any:
    """Return every dispute of a debit item known at the end of ``as_of``.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        Sorted by ``dispute_id``: ``dispute_id, document_id, customer_id, reason`` and ``cause`` (the cause found, else
        the customer's reason; ``not stated``), ``owner`` (``nobody`` where none is named), ``opened_on``; ``ended_on``
        and ``ended_by``: ``resolved``, or ``settled`` where it was never resolved and nothing is left of its item (the
        day of the last movement), null while open; ``age_days``: from the day it was opened to its end, or to
        ``as_of``; ``bucket`` (``0-30, 31-60, 61-90, over 90``), ``claimed`` (what was disputed, at most the document),
        ``disputed`` (what of it is open today, 0 for an ended one), ``days_past_due`` of the document (negative before
        it is due) and ``outcome``. Money in major units of the ledger's currency. Several disputes of one item share
        what is left of it, the oldest first, so that ``disputed`` adds up to what the collection queue calls disputed.
    """
    check_output(output)
    day = to_date(as_of)
    return given_out(_disputes(ledger.cut(day), day), output)


def _disputes(seen: Ledger, as_of: date) -> pl.DataFrame:
    items = (
        item_movements(seen)
        .group_by("document_id", "customer_id", "currency", "document_kind", "due_date")
        .agg(
            residual=pl.col("amount").sum(),
            whole=pl.col("amount").filter(pl.col("kind") == "document").sum(),
            moved_on=pl.col("date").max(),
        )
        .filter(pl.col("document_kind") != "credit_note")
    )
    table = seen.table("disputes")
    told = {name: pl.col(name) if name in table.columns else pl.lit(None, pl.String) for name in ("owner", "cause")}
    left = pl.col("residual").clip(lower_bound=0)
    rows = (
        table.select("dispute_id", "document_id", "opened_on", "amount", "reason", "resolved_on", "outcome", **told)
        .join(items, on="document_id", how="inner")
        .sort("document_id", "opened_on", "dispute_id")
        .with_columns(
            settled=pl.col("resolved_on").is_null() & (pl.col("residual") <= 0),
            is_open=pl.col("resolved_on").is_null() & (pl.col("residual") > 0),
            claimed=pl.min_horizontal(pl.col("amount").fill_null(pl.col("whole")), "whole").clip(lower_bound=0),
        )
        .with_columns(asked=pl.when("is_open").then(pl.coalesce("amount", left).clip(lower_bound=0)).otherwise(0))
        .with_columns(before=pl.col("asked").cum_sum().over("document_id") - pl.col("asked"))
        .with_columns(
            disputed=pl.when("is_open").then(pl.min_horizontal("asked", left - pl.col("before")).clip(0)).otherwise(0)
        )
    )
    ended_on = pl.when("settled").then(pl.max_horizontal("moved_on", "opened_on")).otherwise("resolved_on")
    rows = in_ledger_currency(rows, ["claimed", "disputed"], seen, as_of).with_columns(ended_on=ended_on)
    age = (pl.col("ended_on").fill_null(as_of) - pl.col("opened_on")).dt.total_days()
    return (
        rows.with_columns(age_days=age)
        .with_columns(bucket=_bucket(pl.col("age_days")))
        .select(
            "dispute_id",
            "document_id",
            "customer_id",
            pl.col("reason").fill_null(NOT_STATED),
            pl.coalesce("cause", "reason").fill_null(NOT_STATED).alias("cause"),
            pl.col("owner").fill_null(NO_OWNER),
            "opened_on",
            "ended_on",
            pl.when("settled")
            .then(pl.lit("settled"))
            .when(pl.col("resolved_on").is_not_null())
            .then(pl.lit("resolved"))
            .alias("ended_by"),
            "age_days",
            "bucket",
            "claimed",
            "disputed",
            (pl.lit(as_of) - pl.col("due_date")).dt.total_days().alias("days_past_due"),
            "outcome",
        )
        .sort("dispute_id")
    )


def _bucket(age: pl.Expr) -> pl.Expr:
    return (
        pl.when(age <= BUCKETS[0])
        .then(pl.lit(f"0-{BUCKETS[0]}"))
        .when(age <= BUCKETS[1])
        .then(pl.lit(f"{BUCKETS[0] + 1}-{BUCKETS[1]}"))
        .when(age <= BUCKETS[2])
        .then(pl.lit(f"{BUCKETS[1] + 1}-{BUCKETS[2]}"))
        .otherwise(pl.lit(f"over {BUCKETS[2]}"))
    )


def dispute_buckets(disputes: pl.DataFrame, *, by: str = "owner") -> pl.DataFrame:
    """Return the open disputes by owner (or ``cause``, ``customer_id``): number, money by age bucket, mean age.

    Returns
    -------
    polars.DataFrame
        ``by, disputes, disputed``, a column of money for each bucket (they add up to ``disputed``), ``oldest_days`` and
        ``mean_days`` (money-weighted; null where no money is left in dispute). Sorted by ``disputed``, largest first.
    """
    names = [f"0-{BUCKETS[0]}", *(f"{low + 1}-{high}" for low, high in pairwise(BUCKETS))]
    names.append(f"over {BUCKETS[-1]}")
    money = pl.col("disputed")
    return (
        disputes.filter(pl.col("ended_on").is_null())
        .group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("disputes"),
            money.sum(),
            *(money.filter(pl.col("bucket") == name).sum().alias(name) for name in names),
            pl.col("age_days").max().alias("oldest_days"),
            (money * pl.col("age_days")).sum().alias("weighted"),
        )
        .with_columns(mean_days=pl.when(money > 0).then(pl.col("weighted") / money))
        .drop("weighted")
        .sort("disputed", by, descending=[True, False])
    )


def dispute_causes(ledger: Ledger, disputes: pl.DataFrame, *, as_of: date | str, months: int = 12) -> pl.DataFrame:
    """Return the root causes of the disputes that were open at some time in the last ``months`` months.

    ``days_lost`` = sum(claimed x days in dispute within the window) / what was invoiced in it: the days of sales
    outstanding that the disputes of this cause stood for on average, since the mean disputed balance over the sales of
    a day is that. It is null where nothing was invoiced.

    Returns
    -------
    polars.DataFrame
        ``cause, disputes`` (open at some time in the window), ``opened`` (in it), ``claimed`` (of those opened),
        ``open_now, disputed`` (today), ``mean_days`` (money-weighted days in dispute within the window), ``days_lost``,
        ``share_of_days`` (1 over all causes), ``judged`` (resolved in the window with an outcome) and ``valid_share``
        (valid, or partly, of these). Sorted by ``days_lost``, largest first.
    """
    day = to_date(as_of)
    if isinstance(months, bool) or not isinstance(months, int) or months < 1:
        raise ParameterError("months", "a whole number of at least 1", months)
    start = months_after(day, -months)
    seen = ledger.cut(day)
    invoiced = seen.table("documents").filter(
        (pl.col("document_date") > start) & pl.col("kind").is_in(["invoice", "debit_note"])
    )
    sales = float(in_ledger_currency(invoiced.select("currency", "amount"), ["amount"], seen, day)["amount"].sum())
    until = pl.col("ended_on").fill_null(day)
    within = (until - pl.max_horizontal("opened_on", pl.lit(start))).dt.total_days().clip(lower_bound=0)
    opened = pl.col("opened_on") > start
    told = pl.col("outcome").is_in(["valid", "partly", "invalid"]) & (pl.col("ended_on") > start)
    found = (
        disputes.filter(until > start)
        .with_columns(days=within)
        .group_by("cause")
        .agg(
            disputes=pl.len().cast(pl.Int64),
            opened=opened.sum().cast(pl.Int64),
            claimed=pl.col("claimed").filter(opened).sum(),
            open_now=pl.col("ended_on").is_null().sum().cast(pl.Int64),
            disputed=pl.col("disputed").sum(),
            money=pl.col("claimed").sum(),
            weighted=(pl.col("claimed") * pl.col("days")).sum(),
            judged=told.sum().cast(pl.Int64),
            valid=(told & (pl.col("outcome") != "invalid")).sum(),
        )
    )
    return (
        found.with_columns(
            mean_days=pl.when(pl.col("money") > 0).then(pl.col("weighted") / pl.col("money")),
            days_lost=pl.col("weighted") / sales if sales > 0 else pl.lit(None, pl.Float64),
            share_of_days=pl.when(pl.col("weighted").sum() > 0).then(pl.col("weighted") / pl.col("weighted").sum()),
            valid_share=pl.when(pl.col("judged") > 0).then(pl.col("valid") / pl.col("judged")),
        )
        .select(
            "cause",
            "disputes",
            "opened",
            "claimed",
            "open_now",
            "disputed",
            "mean_days",
            "days_lost",
            "share_of_days",
            "judged",
            "valid_share",
        )
        .sort("days_lost", "cause", descending=[True, False], nulls_last=True)
    )


def resolution_times(disputes: pl.DataFrame, *, by: str | None = "cause") -> pl.DataFrame:
    """Return how long disputes take to end, those still open counted as such (Kaplan and Meier, 1958).

    Leaving the open ones out would make the time too short: the long ones are those that are still open.

    Returns
    -------
    polars.DataFrame
        ``by`` (``all`` where null), ``disputes, ended, median_days`` (the first day by which at least half had ended;
        null where not reached) and ``ended_within_30, _60, _90`` (null beyond the longest day observed); ``why_not`` in
        words where fewer than ``FEWEST_RESOLVED`` ended, and the figures are null. Sorted by ``by``.
    """
    name = by or "all"
    groups = disputes.with_columns(pl.lit("all").alias("all")) if by is None else disputes
    rows = []
    for (group,), part in groups.group_by(name, maintain_order=True):
        ended = part["ended_on"].is_not_null().to_numpy()
        row: dict[str, Any] = {name: group, "disputes": part.height, "ended": int(ended.sum())}
        if row["ended"] >= FEWEST_RESOLVED:
            row |= _survival(part["age_days"].to_numpy(), ended)
        else:
            row["why_not"] = f"only {row['ended']} ended; {FEWEST_RESOLVED} are needed"
        rows.append(row)
    figures = {"median_days": pl.Int64, **{f"ended_within_{days}": pl.Float64 for days in WITHIN_DAYS}}
    schema = {name: pl.String, "disputes": pl.Int64, "ended": pl.Int64, **figures, "why_not": pl.String}
    return pl.DataFrame(rows, schema=schema).sort(name)


def _survival(days: np.ndarray, ended: np.ndarray) -> dict[str, float | int | None]:
    """Return the median and the shares ended by ``WITHIN_DAYS`` by the product-limit estimate."""
    times = np.unique(days[ended])
    at_risk = np.array([(days >= time).sum() for time in times])
    ends = np.array([(days[ended] == time).sum() for time in times])
    lasting = np.cumprod(1.0 - ends / at_risk)
    half = np.flatnonzero(lasting <= 0.5 + 1e-12)
    found: dict[str, float | int | None] = {"median_days": int(times[half[0]]) if len(half) else None}
    for limit in WITHIN_DAYS:
        place = int(np.searchsorted(times, limit, side="right")) - 1
        told = limit <= days.max() or lasting[-1] == 0.0
        found[f"ended_within_{limit}"] = (1.0 - float(lasting[place]) if place >= 0 else 0.0) if told else None
    return found
