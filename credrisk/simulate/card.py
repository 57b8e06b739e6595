"""The data card of a simulated ledger: what it is, how it was made, and its key figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from credrisk.dates import month_end, months_after
from credrisk.wording import percent

if TYPE_CHECKING:
    from credrisk.simulate.simulator import Simulation

__all__ = ["BUCKETS", "KeyFigures", "ageing_by_month", "data_card", "key_figures"]

BUCKETS = {
    "not_due": (-100_000, 0),
    "past_due_1_30": (0, 30),
    "past_due_31_60": (30, 60),
    "past_due_61_90": (60, 90),
    "past_due_over_90": (90, 100_000),
}
"""Days past due above the first number, up to and including the second."""
OVER_90_LEAST, OVER_90_SHARE = 500.0, 0.01


@dataclass(frozen=True)
class KeyFigures:
    """What a credit manager would ask first about a ledger; shares are of one.

    Attributes
    ----------
    bad_debts
        Customers with an insolvency or a write-off in the books.
    bad_debts_a_year
        The same per account and year.
    over_90_customers
        Customers that at some month-end owe more than 500 and more than 1 % of their debit balance over 90 days past
        due, after unapplied cash and open credits (disputed items included).
    paid_late
        Share of the paid invoices whose last receipt came after the due date.
    not_due, past_due, over_90
        Medians over the month-ends of the share of the debit balance.
    dso_days
        Median over the month-ends from the third of net balance / invoiced in three months x days.
    """

    documents: int
    bad_debts: int
    bad_debts_a_year: float
    over_90_customers: int
    paid_late: float
    not_due: float
    past_due: float
    over_90: float
    dso_days: float


def ageing_by_month(simulation: Simulation) -> pl.DataFrame:
    """Return what each customer owes at each month-end by days past due.

    Returns
    -------
    polars.DataFrame
        ``customer_id, month_end``, the buckets of debit documents and ``unapplied`` (cash and open credit notes,
        positive), in the ledger's currency at the month-end's rate; rows only where something is open.
    """
    tables, ends = simulation.tables, _month_ends(simulation)
    moves, cash = _item_moves(tables), _cash_moves(tables)
    items = tables["documents"].select("document_id", "customer_id", "currency", "due_date")
    frames: list[pl.DataFrame] = []
    for end in ends:
        rates = tables["rates"].filter(pl.col("date") == end).select("currency", "rate")
        balance = moves.filter(pl.col("seen") <= end).group_by("document_id").agg(pl.col("cents").sum())
        aged = items.join(balance.filter(pl.col("cents") != 0), on="document_id").with_columns(
            days=(pl.lit(end) - pl.col("due_date")).dt.total_days()
        )
        free = cash.filter(pl.col("seen") <= end).select(
            "customer_id", "currency", cents=-pl.col("cents"), days=pl.lit(None, pl.Int64)
        )
        rows = pl.concat([aged.select("customer_id", "currency", "cents", "days"), free])
        money = pl.col("cents") / 100 * pl.col("rate").fill_null(1.0)
        debit = pl.col("days").is_not_null() & (pl.col("cents") > 0)
        sums = [
            money.filter(debit & (pl.col("days") > low) & (pl.col("days") <= high)).sum().alias(name)
            for name, (low, high) in BUCKETS.items()
        ]
        unapplied = (-money).filter(~debit).sum().alias("unapplied")
        by_customer = rows.join(rates, on="currency", how="left").group_by("customer_id").agg(*sums, unapplied)
        frames.append(by_customer.with_columns(month_end=pl.lit(end)))
    return pl.concat(frames).select("customer_id", "month_end", *BUCKETS, "unapplied").sort("customer_id", "month_end")


def _month_ends(simulation: Simulation) -> list[date]:
    first = month_end(date.fromisoformat(simulation.settings["covers_from"]))
    return [months_after(first, k) for k in range(int(simulation.parameters["months"]))]


def _cents(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round().cast(pl.Int64)


def _item_moves(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what raises and lowers each document, with the day from which it is in the books."""
    opened = tables["documents"].select("document_id", "recorded_at", _cents("amount").alias("cents"))
    applied = tables["applications"].with_columns(cents=_cents("amount"))
    lowered = applied.select("recorded_at", document_id="to_document_id", cents=-pl.col("cents"))
    used = applied.filter(pl.col("kind") == "credit_note").select("recorded_at", "cents", document_id="from_id")
    legs = pl.concat([leg.select("document_id", "recorded_at", "cents") for leg in (lowered, used)])
    known = opened.select("document_id", known="recorded_at")
    legs = legs.join(known, on="document_id").with_columns(seen=pl.max_horizontal("recorded_at", "known"))
    return pl.concat(
        [opened.select("document_id", "cents", seen="recorded_at"), legs.select("document_id", "cents", "seen")]
    )


def _cash_moves(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what raises and lowers each customer's unapplied cash."""
    receipts = tables["receipts"].with_columns(cents=_cents("amount"))
    applied = tables["applications"].with_columns(cents=-_cents("amount"), other=-_cents("from_amount"))
    payer = receipts.select("customer_id", "currency", from_id="receipt_id")
    used = applied.join(payer, on="from_id").with_columns(cents=pl.coalesce("other", "cents"))
    columns = ["customer_id", "currency", "cents", "recorded_at"]
    return pl.concat([receipts.select(columns), used.select(columns)]).rename({"recorded_at": "seen"})


def key_figures(simulation: Simulation) -> KeyFigures:
    """Compute the key figures of a simulation from its tables alone."""
    tables = simulation.tables
    ageing = ageing_by_month(simulation)
    month = ageing.group_by("month_end").agg(pl.col(*BUCKETS, "unapplied").sum()).sort("month_end")
    debit = pl.sum_horizontal(*BUCKETS)
    median = month.select(
        not_due=(pl.col("not_due") / debit).median(),
        past_due=(1 - pl.col("not_due") / debit).median(),
        over_90=(pl.col("past_due_over_90") / debit).median(),
    ).row(0, named=True)
    over = pl.col("past_due_over_90") - pl.col("unapplied")
    late = ageing.filter((over > OVER_90_LEAST) & (over > OVER_90_SHARE * debit))
    bad = _bad_debts(tables)
    years = int(simulation.parameters["months"]) / 12
    return KeyFigures(
        documents=tables["documents"].height,
        bad_debts=bad,
        bad_debts_a_year=bad / tables["customers"].height / years,
        over_90_customers=late["customer_id"].n_unique(),
        paid_late=_paid_late(tables),
        dso_days=_dso(tables, month.with_columns(net=debit - pl.col("unapplied"))),
        **median,
    )


def _bad_debts(tables: Mapping[str, pl.DataFrame]) -> int:
    events = tables["credit_events"].filter(pl.col("kind").is_in(["insolvency", "write_off_decision"]))
    return events["customer_id"].n_unique()


def _paid_late(tables: Mapping[str, pl.DataFrame]) -> float:
    paid = tables["applications"].filter(pl.col("kind") == "payment").join(
        tables["receipts"].select("date", from_id="receipt_id"), on="from_id"
    )
    last = paid.group_by(document_id="to_document_id").agg(pl.col("date").max())
    invoices = tables["documents"].filter(pl.col("kind") == "invoice").join(last, on="document_id")
    return float(invoices.select((pl.col("date") > pl.col("due_date")).mean()).item())


def _dso(tables: Mapping[str, pl.DataFrame], month: pl.DataFrame) -> float:
    rates = tables["rates"].select("currency", "rate", month_end="date")
    sales = (
        tables["documents"]
        .with_columns(month_end=pl.col("document_date").dt.month_end())
        .join(rates, on=["currency", "month_end"], how="left")
        .group_by("month_end")
        .agg(invoiced=(pl.col("amount") * pl.col("rate").fill_null(1.0)).sum())
    )
    days = month.join(sales, on="month_end", how="left").sort("month_end").with_columns(
        quarter=pl.col("invoiced").rolling_sum(3), length=pl.col("month_end").dt.day().cast(pl.Int64).rolling_sum(3)
    )
    return float(days.select((pl.col("net") / pl.col("quarter") * pl.col("length")).median()).item())
