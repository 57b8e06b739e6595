"""Thirty features of a core ledger as written by hand in Polars.

    python benchmarks/peers/polars_peer.py LEDGER OUT.parquet

It leans on what the core shape promises and credrisk does not need: one currency, no receipts, no reversals, nothing
paid beyond its amount, whole months, rows recorded fewer than MAX_LAG months late. Rows are summed once by customer
and month, as one number; the sums of a window are differences of one running sum over all customers (a window that
would reach into another customer's rows is not covered), less what was recorded later. Tried and slower: lazy frames
with the streaming engine throughout, windows by `over` or `rolling`, keys of two columns, joins of the month's sums
instead of scattering them, ids as Categoricals; ids are joined as text because nothing promises a pattern.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import polars as pl

MAX_LAG = 5
DAYS = 10**6
MONEY = ("amount", "days", "squares", "late", "late30", "early")


def build(source: Path, out: Path) -> None:
    settings = json.loads((source / "ledger.json").read_text())["settings"]
    first, last = (date.fromisoformat(settings[name]) for name in ("covers_from", "covers_to"))
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    accounts = pl.read_parquet(source / "customers" / "*.parquet", columns=["customer_id", "opened_on"])
    accounts = accounts.sort("customer_id").with_row_index("c").with_columns(pl.col("c").cast(pl.Int32) * months)
    cells = accounts.height * months

    def month(day: pl.Expr) -> pl.Expr:
        """Return the month of a day, the first covered 0."""
        return ((day.dt.year() - first.year) * 12 + day.dt.month() - first.month).cast(pl.Int32)

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
    touched = documents.lazy().select("document_id", "c", "due_date", whole="amount", seen_document="seen")
    applications = pl.scan_parquet(source / "applications" / "*.parquet").select(
        "from_id", "to_document_id", "amount", "applied_on", "kind", seen=pl.max_horizontal("applied_on", "recorded_at")
    )
    paid = (
        applications.drop("from_id")
        .join(touched, left_on="to_document_id", right_on="document_id")
        .with_columns(seen=pl.max_horizontal("seen", "seen_document"))
        .drop("seen_document")
        .collect(engine="streaming")
    )
    given = (
        applications.filter(pl.col("from_id").is_not_null())
        .join(touched, left_on="from_id", right_on="document_id")
        .select("c", "amount", seen=pl.max_horizontal("seen", "seen_document"))
        .collect(engine="streaming")
    )
    invoices, notes = documents.filter("debit"), documents.filter(~pl.col("debit"))

    def summed(frames: list[pl.DataFrame], day: pl.Expr, *values: pl.Expr) -> pl.DataFrame:
        """Return sums of the rows of some frames by cell, customer x months + month."""
        lazy = [frame.lazy().select(*values, cell=pl.col("c") + month(day)) for frame in frames]
        return pl.concat(lazy).group_by("cell").sum().collect()

    dense: dict[str, pl.Series] = {}

    def scatter(frame: pl.DataFrame) -> None:
        for name in frame.columns:
            if name != "cell":
                dense[name] = pl.zeros(cells, pl.Int64, eager=True).scatter(frame["cell"], frame[name])

    def within(day: pl.Expr) -> pl.Expr:
        return day <= last

    signed = [invoices.select("c", "seen", "due_date", "amount")]
    signed.append(paid.select("c", "seen", "due_date", amount=-pl.col("amount")))
    ages = {"all": pl.col("seen")} | {
        f"over{days}": pl.max_horizontal("seen", pl.col("due_date") + pl.duration(days=days + 1))
        for days in (0, 30, 60, 90)
    }
    for name, day in ages.items():
        frames = [frame.lazy().filter(within(day)).collect() for frame in signed]
        scatter(summed(frames, day, pl.col("amount").alias(name)))
    noted = [notes.select("c", "seen", "amount").filter(within(pl.col("seen"))), given.select("c", "seen", "amount")]
    scatter(summed(noted, pl.col("seen"), pl.col("amount").alias("credit")))
    scatter(
        summed(
            [invoices],
            pl.col("document_date"),
            pl.col("amount").alias("s_amount"),
            pl.lit(1, pl.Int64).alias("s_count"),
        )
    )
    d = (pl.col("applied_on") - pl.col("due_date")).dt.total_days()
    cash = paid.filter(pl.col("kind") == "payment").select(
        "c",
        "applied_on",
        "seen",
        p_amount="amount",
        p_days=pl.col("amount") * d,
        p_squares=pl.col("amount") * d**2,
        p_late=pl.col("amount") * (d > 0),
        p_late30=pl.col("amount") * (d > 30),
        p_early=pl.col("amount") * (d < 0),
    )
    scatter(summed([cash], pl.col("applied_on"), *(pl.col(f"p_{name}") for name in MONEY)))
    # What was recorded k months late or later, by the month in which it happened.
    sold = invoices.select("c", "document_date", "seen", s_amount="amount", s_count=pl.lit(1, pl.Int64))
    lags = {
        "s": (sold, pl.col("document_date"), ("amount", "count")),
        "p": (cash, pl.col("applied_on"), MONEY),
    }
    for prefix, (rows, event, names) in lags.items():
        late = rows.lazy().with_columns(lag=month(pl.col("seen")) - month(event)).filter(pl.col("lag") > 0).collect()
        for k in range(MAX_LAG - 1):
            own = late.filter(pl.col("lag") > k)
            scatter(summed([own], event, *(pl.col(f"{prefix}_{name}").alias(f"{prefix}{k}_{name}") for name in names)))
    settled = paid.group_by("to_document_id").agg(closed=pl.col("seen").max(), applied=pl.col("amount").sum())
    oldest = (
        invoices.lazy()
        .join(settled.lazy(), left_on="document_id", right_on="to_document_id", how="left")
        .select(
            "c",
            "due_date",
            start=month(pl.col("seen")),
            end=pl.when(pl.col("applied") == pl.col("amount")).then(month(pl.col("closed"))).otherwise(months),
        )
        .filter(pl.col("start") < pl.col("end"))
        .select("due_date", cell=pl.int_ranges(pl.col("c") + pl.col("start"), pl.col("c") + pl.col("end")))
        .explode("cell")
        .group_by("cell")
        .agg(pl.col("due_date").min())
        .collect()
    )
    seen_on = invoices.lazy().select("document_date", "c", cell=pl.col("c") + month(pl.col("seen")))
    billed = (
        seen_on.filter(pl.col("cell") < pl.col("c") + months)
        .group_by("cell")
        .agg(last=pl.col("document_date").max(), first=pl.col("document_date").min())
        .collect()
    )
    ends = pl.date_range(first, last, "1mo", eager=True).dt.month_end()
    nothing = pl.Series([None], dtype=pl.Date).new_from_index(0, cells)
    whole = pl.DataFrame(
        {
            "customer_id": accounts["customer_id"].gather(pl.int_range(cells, eager=True) // months),
            "opened_on": accounts["opened_on"].gather(pl.int_range(cells, eager=True) // months),
            "m": pl.int_range(cells, eager=True) % months,
            "as_of": ends.gather(pl.int_range(cells, eager=True) % months),
            "oldest": nothing.clone().scatter(oldest["cell"], oldest["due_date"]),
            "last": nothing.clone().scatter(billed["cell"], billed["last"]),
            "first": nothing.clone().scatter(billed["cell"], billed["first"]),
            **dense,
        }
    )
    del documents, paid, invoices, cash, sold, signed
    _features(_running(whole, [*ages, "credit"])).collect().write_parquet(out, compression="lz4")


def _running(whole: pl.DataFrame, balances: list[str]) -> pl.LazyFrame:
    """Return running sums over all rows, and balances as those of the customer alone."""
    flows = [f"s_{name}" for name in ("amount", "count")] + [f"p_{name}" for name in MONEY]
    start = pl.col("m") == 0
    running = whole.lazy().with_columns(pl.col(*balances, *flows).cum_sum())
    running = running.with_columns(
        pl.col(name) - pl.when(start).then(pl.col(name).shift(1, fill_value=0)).forward_fill() for name in balances
    )
    # The latest and earliest day so far: with the customer's number in front no other customer's day can be it.
    customer = pl.int_range(pl.len()) - pl.col("m")
    running = running.with_columns(
        last=(customer * DAYS + pl.col("last").to_physical()).cum_max().forward_fill(),
        first=(customer * DAYS - pl.col("first").to_physical()).cum_max().forward_fill(),
    )
    return running.with_columns(
        last=pl.when(pl.col("last") // DAYS == customer).then(pl.col("last") % DAYS).cast(pl.Int32).cast(pl.Date),
        first=pl.when(pl.col("first") // DAYS == customer - 1)
        .then(DAYS - pl.col("first") % DAYS)
        .cast(pl.Int32)
        .cast(pl.Date),
    )


def _window(prefix: str, name: str, months: int) -> pl.Expr:
    """Return the window's sum: what happened in its months and was recorded by its end."""
    total = pl.col(f"{prefix}_{name}") - pl.col(f"{prefix}_{name}").shift(months, fill_value=0)
    later = [pl.col(f"{prefix}{k}_{name}").shift(k, fill_value=0) for k in range(min(MAX_LAG - 1, months))]
    return (total - pl.sum_horizontal(later)).cast(pl.Float64)


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
        "average_days_delinquent_3m": _ratio(c("past") * c("w3"), sold3),
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
