"""Thirty features of a core ledger as written by hand in Polars: lazy, with the streaming engine.

    python benchmarks/peers/polars_peer.py LEDGER OUT.parquet

It leans on what the core shape promises and credrisk does not need: one currency, no receipts, no reversals, nothing
paid beyond its amount, whole months, rows recorded at most MAX_LAG months late. Rows are brought to customer x month
once; windows are then differences of running sums, one for each number of months that rows were recorded late.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import polars as pl

MAX_LAG = 5
KEY = ["c", "m"]
MONEY = ("amount", "days", "squares", "late", "late30", "early")


def build(source: Path, out: Path) -> None:
    settings = json.loads((source / "ledger.json").read_text())["settings"]
    first, last = (date.fromisoformat(settings[name]) for name in ("covers_from", "covers_to"))
    months = (last.year - first.year) * 12 + last.month - first.month + 1

    def month(day: pl.Expr) -> pl.Expr:
        return ((day.dt.year() - first.year) * 12 + day.dt.month() - first.month).cast(pl.Int32)

    accounts = pl.scan_parquet(source / "customers" / "*.parquet").select("customer_id", "opened_on")
    accounts = accounts.sort("customer_id").with_row_index("c").collect()
    documents = (
        pl.scan_parquet(source / "documents" / "*.parquet")
        .select(
            "document_id",
            "customer_id",
            "document_date",
            "due_date",
            "amount",
            debit=pl.col("kind") != "credit_note",
            seen=pl.max_horizontal("document_date", "recorded_at"),
        )
        .join(accounts.lazy().select("customer_id", "c"), on="customer_id")
        .drop("customer_id")
        .collect(engine="streaming")
    )
    touched = documents.lazy().select("document_id", "c", "due_date", "debit", seen_document="seen", whole="amount")
    applications = pl.scan_parquet(source / "applications" / "*.parquet").select(
        "from_id", "to_document_id", "amount", "applied_on", "kind", seen=pl.max_horizontal("applied_on", "recorded_at")
    )
    paid = (
        applications.join(touched, left_on="to_document_id", right_on="document_id")
        .with_columns(seen=pl.max_horizontal("seen", "seen_document"))
        .collect(engine="streaming")
    )
    given = (
        applications.filter(pl.col("from_id").is_not_null())
        .join(touched, left_on="from_id", right_on="document_id")
        .select("c", seen=pl.max_horizontal("seen", "seen_document"), amount="amount")
    )
    invoices = documents.lazy().filter("debit")
    credit = (
        pl.concat([documents.lazy().filter(~pl.col("debit")).select("c", "seen", "amount"), given])
        .group_by("c", m=month(pl.col("seen")))
        .agg(credit=pl.col("amount").sum())
    )
    moves = pl.concat(
        [
            invoices.select("c", "seen", "due_date", "amount"),
            paid.lazy().select("c", "seen", "due_date", amount=-pl.col("amount")),
        ]
    )
    ages = {"all": pl.col("seen")} | {
        f"over{days}": pl.max_horizontal("seen", pl.col("due_date") + pl.duration(days=days + 1))
        for days in (0, 30, 60, 90)
    }
    balances = [
        moves.group_by("c", m=month(day)).agg(pl.col("amount").sum().alias(name)).filter(pl.col("m") < months)
        for name, day in ages.items()
    ]
    sold = _by_lag(
        invoices.with_columns(count=1), month(pl.col("document_date")), month(pl.col("seen")), ("amount", "count"), "s"
    )
    days = (pl.col("applied_on") - pl.col("due_date")).dt.total_days()
    cash = paid.lazy().filter(pl.col("kind") == "payment").with_columns(d=days)
    cash = cash.with_columns(
        days=pl.col("amount") * pl.col("d"),
        squares=pl.col("amount") * pl.col("d") ** 2,
        late=pl.when(pl.col("d") > 0).then("amount").otherwise(0),
        late30=pl.when(pl.col("d") > 30).then("amount").otherwise(0),
        early=pl.when(pl.col("d") < 0).then("amount").otherwise(0),
    )
    received = _by_lag(cash, month(pl.col("applied_on")), month(pl.col("seen")), MONEY, "p")
    settled = paid.lazy().group_by("to_document_id").agg(closed=pl.col("seen").max(), applied=pl.col("amount").sum())
    oldest = (
        invoices.join(settled, left_on="document_id", right_on="to_document_id", how="left")
        .select(
            "c",
            "due_date",
            start=month(pl.col("seen")),
            end=pl.when(pl.col("applied") == pl.col("amount")).then(month(pl.col("closed"))).otherwise(months),
        )
        .filter(pl.col("start") < pl.col("end"))
        .group_by("c", "start", "end")
        .agg(pl.col("due_date").min())
        .select("c", "due_date", m=pl.int_ranges("start", "end", dtype=pl.Int32))
        .explode("m")
        .group_by(KEY)
        .agg(oldest=pl.col("due_date").min())
    )
    billed = invoices.group_by("c", m=month(pl.col("seen"))).agg(
        last=pl.col("document_date").max(), first=pl.col("document_date").min()
    )
    ends = pl.date_range(first, last, "1mo", eager=True).dt.month_end()
    calendar = pl.DataFrame({"m": pl.Series(range(months), dtype=pl.Int32), "as_of": ends})
    grid = accounts.lazy().join(calendar.lazy(), how="cross")
    for part in (credit, *balances, sold, received, oldest, billed):
        grid = grid.join(part, on=KEY, how="left")
    running = ["credit", *ages]
    lagged = [
        f"{p}{lag}_{v}" for p, vs in (("s", ("amount", "count")), ("p", MONEY)) for v in vs for lag in range(MAX_LAG)
    ]
    dense = grid.collect(engine="streaming").sort(KEY).lazy()
    dense = dense.with_columns(
        *(pl.col(name).fill_null(0).cum_sum().over("c") for name in running),
        *(pl.col(name).fill_null(0).cum_sum().over("c") for name in lagged),
        last=pl.col("last").cum_max().over("c").forward_fill().over("c"),
        first=pl.col("first").cum_min().over("c").forward_fill().over("c"),
    )
    _features(dense).sink_parquet(out, engine="streaming")


def _by_lag(rows: pl.LazyFrame, event: pl.Expr, seen: pl.Expr, values: tuple[str, ...], prefix: str) -> pl.LazyFrame:
    """Sum the values by customer and month of the event, in one column for each month of delay."""
    summed = rows.group_by("c", m=event, lag=seen - event).agg(pl.col(name).sum() for name in values)
    return summed.group_by(KEY).agg(
        pl.col(name).filter(pl.col("lag") == lag).sum().alias(f"{prefix}{lag}_{name}")
        for name in values
        for lag in range(MAX_LAG)
    )


def _window(prefix: str, name: str, months: int) -> pl.Expr:
    """Return the window's sum: what happened in its months and was recorded by its end."""
    parts = [
        pl.col(f"{prefix}{lag}_{name}").shift(lag).over("c").fill_null(0)
        - pl.col(f"{prefix}{lag}_{name}").shift(months).over("c").fill_null(0)
        for lag in range(min(MAX_LAG, months))
    ]
    return pl.sum_horizontal(parts).cast(pl.Float64)


def _ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)


def _features(dense: pl.LazyFrame) -> pl.LazyFrame:
    c = pl.col
    covered = {months: c("m") + 1 >= months for months in range(1, 13)}
    dense = dense.with_columns(
        *(_window("s", "amount", n).alias(f"sold{n}") for n in range(1, 13)),
        *(_window("p", v, 12).alias(f"{v}12") for v in MONEY),
        *(_window("p", v, n).alias(f"{v}{n}") for v in ("amount", "days") for n in (3, 6)),
        invoices=_window("s", "count", 12),
        **{
            f"w{n}": (c("as_of") - c("as_of").dt.offset_by(f"-{n}mo").dt.month_end()).dt.total_days()
            for n in range(1, 13)
        },
        balance=(c("all") + c("credit")).cast(pl.Float64),
        past=c("over0").cast(pl.Float64),
        debit=c("all").cast(pl.Float64),
    )
    owed, current = c("balance").clip(0), c("debit") - c("past")
    dbt = {n: pl.when(covered[n]).then(_ratio(c(f"days{n}"), c(f"amount{n}"))) for n in (3, 6, 12)}
    sold3, sold12 = (pl.when(covered[n]).then(c(f"sold{n}")) for n in (3, 12))

    def share(name: str) -> pl.Expr:
        return pl.when(covered[12]).then(_ratio(c(f"{name}12"), c("amount12")).clip(0, 1))

    counted, unknown = [], pl.lit(False)
    for n in range(1, 13):
        before, days_before = (c(f"sold{n - 1}"), c(f"w{n - 1}")) if n > 1 else (pl.lit(0.0), pl.lit(0))
        left, sales = owed - before, c(f"sold{n}") - before
        part = pl.when(left >= sales).then(1.0).otherwise(left / sales)
        counted.append(pl.when(left > 0).then(part * (c(f"w{n}") - days_before)).otherwise(0.0))
        unknown |= (left > 0) & ~covered[n]
    dso3 = _ratio(owed * c("w3"), sold3)
    best = _ratio(current * c("w3"), sold3)
    spread = (_ratio(c("squares12"), c("amount12")) - dbt[12] ** 2).clip(0).sqrt()
    named = {
        "open_balance": c("balance") / 100,
        "not_due": current / 100,
        "past_due_1_30": (c("over0") - c("over30")) / 100,
        "past_due_31_60": (c("over30") - c("over60")) / 100,
        "past_due_61_90": (c("over60") - c("over90")) / 100,
        "past_due_over_90": c("over90") / 100,
        "past_due": c("past") / 100,
        "share_past_due": _ratio(c("past"), c("debit")),
        "oldest_open_days": (c("as_of") - c("oldest")).dt.total_days().clip(0).cast(pl.Float64),
        "net_balance": c("balance") / 100,
        "dbt_3m": dbt[3],
        "dbt_6m": dbt[6],
        "dbt_12m": dbt[12],
        "dbt_trend": dbt[3] - dbt[12],
        "days_late_sd_12m": pl.when(covered[12]).then(spread),
        "share_paid_late_12m": share("late"),
        "share_paid_late_30_12m": share("late30"),
        "share_early_12m": share("early"),
        "dso_3m": dso3,
        "dso_12m": _ratio(owed * c("w12"), sold12),
        "best_possible_dso_3m": best,
        "average_days_delinquent_3m": dso3 - best,
        "dso_countback": pl.when(~unknown).then(pl.sum_horizontal(counted)),
        "invoiced_3m": sold3 / 100,
        "invoiced_12m": sold12 / 100,
        "invoiced_trend": _ratio(4.0 * sold3, sold12),
        "invoices_12m": pl.when(covered[12]).then(c("invoices")),
        "days_since_last_invoice": (c("as_of") - c("last")).dt.total_days().cast(pl.Float64),
        "open_credits": c("credit") / 100,
        "tenure_months": (
            c("as_of") - pl.min_horizontal("first", pl.when(c("opened_on") <= c("as_of")).then("opened_on"))
        )
        .dt.total_days()
        .cast(pl.Float64)
        / (365.25 / 12),
    }
    return dense.select("customer_id", "as_of", **named)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
