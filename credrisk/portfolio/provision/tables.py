"""The tables of a provision from its rated items: matrix, specific, scenarios, dilution, the way from the ageing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.features.spans import as_day
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.rates import Rates
from credrisk.portfolio.ageing import ageing
from credrisk.portfolio.open_items import open_items
from credrisk.portfolio.provision.exposures import STEPS
from credrisk.portfolio.provision.matrix import allowance_of
from credrisk.portfolio.provision.pool import IMPAIRED, NO_LOSS, WHOLE
from credrisk.portfolio.provision.settings import Scenario
from credrisk.wording import counted

__all__ = ["BY_CUSTOMER", "base_of", "dilution_of", "in_major", "matrix_of", "overlay_of", "specific_of"]

MONEY = ("gross", *STEPS, "exposed")
SMALL = 1e-6
"""Below any minor unit: floats that hold whole ones differ by less."""
BY_CUSTOMER = "by customer"
"""Rate source of a row of the matrix whose allowance is the sum of its customers' own."""


def in_major(frame: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return a frame of items with its money in major units, less what is in their own currency."""
    money = [name for name in (*MONEY, "disputed", "allowance") if name in frame.columns]
    minor = [name for name in ("billed", "open", "net") if name in frame.columns]
    return frame.drop(minor).with_columns(pl.col(name).cast(pl.Float64) / factor for name in money)


def matrix_of(items: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return the matrix by segment and state; the rate of the impaired and stated is the mean of their items."""
    order = {state: place for place, state in enumerate(_states(items))}
    exposed = pl.col("exposed").sum()

    def mean(name: str) -> pl.Expr:
        weighted = (pl.col(name) * pl.col("exposed")).sum() / exposed
        return pl.when(pl.col(name).n_unique() == 1).then(pl.first(name)).otherwise(pl.when(exposed > 0).then(weighted))

    table = (
        items.group_by("segment", "state")
        .agg(
            items=pl.len(),
            customers=pl.col("customer_id").n_unique(),
            **{name: pl.sum(name) for name in (*MONEY, "disputed", "allowance")},
            **{name: mean(name) for name in ("historical_rate", "low", "high", "rate")},
            rate_source=pl.when(pl.col("rate_source").n_unique() == 1)
            .then(pl.first("rate_source"))
            .otherwise(pl.lit(BY_CUSTOMER)),
            published_share=pl.when(pl.sum("allowance") > 0).then(
                (pl.col("allowance") * pl.col("published_share")).sum() / pl.sum("allowance")
            ),
        )
        .with_columns(place=pl.col("state").replace_strict(order, return_dtype=pl.Int64))
        .sort("segment", "place")
        .drop("place")
    )
    coverage = pl.when(pl.col("gross") > 0).then(pl.col("allowance") / pl.col("gross"))
    first = ["segment", "state", "items", "customers", "gross", "disputed", *STEPS, "exposed"]
    last = ["historical_rate", "low", "high", "rate", "allowance", "coverage", "rate_source", "published_share"]
    return in_major(table.with_columns(coverage=coverage), factor).select(*first, *last)


def _states(items: pl.DataFrame) -> list[str]:
    known = items["state"].unique().to_list()

    def age(state: str) -> tuple[int, int]:
        if state in (IMPAIRED, NO_LOSS):
            return 2, (IMPAIRED, NO_LOSS).index(state)
        if state == "not_due":
            return 0, 0
        digits = [int(part) for part in state.split("_") if part.isdigit()]
        return 1, digits[0] if "over" not in state else digits[0] + 1

    return sorted(known, key=age)


def specific_of(items: pl.DataFrame, events: pl.DataFrame, past_due_days: int, factor: float) -> pl.DataFrame:
    """Return the credit-impaired customers, the largest allowance first, with what impairs them: an event or age."""
    by_event = (pl.col("document_date") <= pl.col("impaired_on")).fill_null(False).any()
    old_from = pl.col("due_date").min() + pl.duration(days=past_due_days)
    grouped = (
        items.filter(pl.col("state") == IMPAIRED)
        .join(events, on="customer_id", how="left", maintain_order="left")
        .group_by("customer_id")
        .agg(
            event=pl.when(by_event).then(pl.first("event")).otherwise(pl.lit("days_past_due")),
            impaired_on=pl.when(by_event).then(pl.first("impaired_on")).otherwise(old_from),
            items=pl.len(),
            gross=pl.sum("gross"),
            exposed=pl.sum("exposed"),
            rate=pl.first("rate"),
            rate_source=pl.first("rate_source"),
            allowance=pl.sum("allowance"),
        )
        .sort("allowance", "customer_id", descending=[True, False])
    )
    return in_major(grouped, factor).select(
        "customer_id",
        "event",
        "impaired_on",
        "items",
        "gross",
        "exposed",
        "rate",
        "rate_source",
        "allowance",
    )


def overlay_of(items: pl.DataFrame, scenarios: tuple[Scenario, ...], factor: float) -> pl.DataFrame:
    """Return what the allowance would be in each scenario alone, cell by cell as the matrix rounds."""
    pooled = items.filter(pl.col("state") != IMPAIRED)
    cells = pooled.group_by("segment", "state").agg(pl.sum("exposed"), pl.first("historical_rate"))
    rest = int(items.filter(pl.col("state") == IMPAIRED)["allowance"].sum())
    rows = []
    for entry in scenarios:
        rate = np.minimum(1.0, cells["historical_rate"].to_numpy() * entry.multiplier)
        amount = float(allowance_of(cells["exposed"].to_numpy(), rate).sum()) + rest
        rows.append((entry.name, entry.probability, entry.multiplier, amount / factor))
    schema = {"scenario": pl.String, "probability": pl.Float64, "multiplier": pl.Float64, "allowance": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def dilution_of(items: pl.DataFrame, rates: pl.DataFrame, factor: float) -> pl.DataFrame:
    """Return what dilution takes off the open items if it goes on as in the past, net of credits given already."""
    known = rates.select("segment", "state", "dilution_share")
    whole = known.filter(pl.col("segment") == WHOLE).select("state", whole="dilution_share")
    net = pl.col("gross") - pl.col("netted")
    return (
        items.filter(pl.col("state").is_in(known["state"].unique().implode()))
        .group_by("segment", "state")
        .agg(net=net.sum().cast(pl.Float64) / factor)
        .join(known, on=["segment", "state"], how="left")
        .join(whole, on="state", how="left")
        .with_columns(dilution_share=pl.coalesce("dilution_share", "whole"))
        .with_columns(expected=pl.col("net") * pl.col("dilution_share"))
        .drop("whole")
        .sort("segment", "state")
    )


def base_of(
    seen: Ledger, items: pl.DataFrame, factor: float, day: date, *, left_out: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """Return the lines from the debit items of the ageing to what is exposed, and the number of items translated.

    The ageing translates the sum of a customer's bucket, the provision each item: what that rounds is a line, of no
    more than one minor unit for each item in another currency.

    Parameters
    ----------
    left_out
        Kinds of items that no provision is measured on.

    Raises
    ------
    DataError
        When the items differ from the ageing by more: then one is lost or counted twice.
    """
    table = ageing(seen, as_of=day, by="portfolio", output="polars")
    debits = 0.0
    if table.height:
        row = table.row(0, named=True)
        buckets = [name for name in table.columns if name == "not_due" or name.startswith("past_due_")]
        debits = float(sum(row[name] for name in buckets)) + float(row["late_fees"])
    sums = {name: float(items[name].sum()) / factor for name in MONEY}
    rest = open_items(seen).filter(pl.col("amount") > 0, pl.col("document_kind").is_in(list(left_out)))
    codes = rest["currency"].cast(pl.String)
    days = np.full(rest.height, as_day(day))
    beside = float(Rates(seen).translate_rows(rest["amount"].to_numpy(), codes.to_numpy(), days).sum()) / factor
    foreign = int((pl.concat([items["currency"], codes]) != seen.settings.currency).sum())
    rounding = round(sums["gross"] + beside - debits, 6)
    if abs(rounding) > foreign / factor + SMALL:
        raise DataError(
            f"the items of the provision come to {sums['gross'] + beside:,.2f} {seen.settings.currency}, the open "
            f"debit items of the ageing to {debits:,.2f}; the rounding of {counted(foreign, 'translated item')} cannot "
            f"be {rounding:,.2f}.",
            remedy="run credrisk check on the ledger: an item is lost or counted twice",
        )
    lines = [("open_debit_items", debits), ("not_provided_for", 0.0 - beside)]
    lines += [("rounding", rounding + 0.0), ("gross", sums["gross"])]
    lines += [(name, 0.0 - sums[name]) for name in STEPS]
    lines.append(("exposed", sums["exposed"]))
    return pl.DataFrame(lines, schema={"line": pl.String, "amount": pl.Float64}, orient="row"), foreign
