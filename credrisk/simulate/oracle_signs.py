"""What else speaks of a customer's health? Statements, judgments, discounts let go, part payments, cover, limits.

Each sign is a likelihood of the health of one month; they add up to a table (customer, month, health) of log
likelihoods. Payment delays and order counts, which depend on the customer's own habit as well, are with the filter.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.ledger.ledger import Ledger
from credrisk.simulate.clock import Floats, Ints
from credrisk.simulate.health import FAILURES_A_YEAR, FLOOR_A_YEAR, HEALTH_SLOPE, stress
from credrisk.simulate.limits import HEADROOM
from credrisk.simulate.oracle_delays import HEALTH_GRID, Small
from credrisk.simulate.oracle_evidence import Evidence

__all__ = ["MARKET_NOISE", "health_signs", "market_path", "monthly_failures"]

MID_YEAR_SHARE, MID_YEAR_SD = 0.86, 0.28
"""The mean health of a year given that of its middle month, for the AR(1) of the own state: slope and spread."""
FIRST_NOISE, REVISED_NOISE = 1.5, 0.5
MARKET_NOISE = FIRST_NOISE / 4.0
UNSEEN_MONTHS = 2
"""Months before the date whose judgments are not all known yet: their absence says nothing."""


def monthly_failures(health: Floats) -> Floats:
    """Return the failure intensity a month at each health."""
    return (FAILURES_A_YEAR * np.exp(-HEALTH_SLOPE * health) + FLOOR_A_YEAR) / 12


def market_path(ledger: Ledger, evidence: Evidence) -> Floats:
    """Return the market factor by covered month as the activity index tells it, fading where it is not yet out."""
    clock = evidence.clock
    rows = (
        ledger.table("market")
        .filter((pl.col("series") == "activity_index") & (_day("known_at") <= evidence.as_of))
        .sort("period_end", "known_at")
    )
    day, value = rows.select(_day("period_end"), "value").to_numpy().T
    path, seen = np.zeros(clock.months), np.full(clock.months, -1)
    for when, level in zip(day, value, strict=True):
        if when >= clock.start:
            month = int(clock.month_of(np.array([when], dtype=np.int64))[0])
            path[month], seen[month] = (level - 100.0) / 4.0, month
    for month in range(1, clock.months):
        if seen[month] < 0:
            path[month] = 0.93 * path[month - 1]
    return path


def health_signs(ledger: Ledger, evidence: Evidence, ids: pl.DataFrame) -> Small:
    """Return log likelihoods (customers, months, health grid) of all signs together, survival included."""
    n, months = len(evidence), evidence.clock.months
    table = np.zeros((n, months, len(HEALTH_GRID)), dtype=np.float32)
    present = evidence.orders >= 0
    table -= np.where(present[:, :, None], monthly_failures(HEALTH_GRID).astype(np.float32), np.float32(0))
    seen = ledger
    _add_payments(table, evidence)
    _add_amounts(table, seen, evidence, ids)
    _add_judgments(table, seen, evidence, ids, present)
    _add_statements(table, seen, evidence, ids)
    _add_cover(table, seen, evidence, ids)
    _add_limits(table, seen, evidence, ids)
    return table


def _day(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Date).to_physical().cast(pl.Int64)


def _add(table: Small, who: Ints, month: Ints, told: Floats) -> None:
    kept = (month >= 0) & (month < table.shape[1])
    np.add.at(table, (who[kept], month[kept]), told[kept].astype(np.float32))


def _add_payments(table: Small, evidence: Evidence) -> None:
    """Discounts taken and let go, and documents paid in parts."""
    items, health = evidence.items, HEALTH_GRID
    takes = 0.8 / (1 + np.exp(-3 * (health + 0.4)))
    known = np.flatnonzero(items.discount >= 0)
    told = np.where(items.discount[known, None] == 1, np.log(takes), np.log(1 - takes))
    _add(table, items.customer[known], items.month[known], told)
    parts = 0.012 + 0.07 * np.minimum(stress(health), 2.0)
    settled = np.flatnonzero((items.parts | ~items.unpaid) & (items.discount != 1))
    told = np.where(items.parts[settled, None], np.log(parts), np.log(1 - parts))
    _add(table, items.customer[settled], items.month[settled], told)


def _add_amounts(table: Small, ledger: Ledger, evidence: Evidence, ids: pl.DataFrame) -> None:
    """Order amounts scatter more in bad health."""
    rows = ledger.table("orders").join(ids, on="customer_id").filter(_day("order_date") >= evidence.clock.start)
    who, day = rows["customer"].to_numpy(), rows.select(_day("order_date")).to_series().to_numpy()
    typical = evidence.typical[who]
    enough = np.bincount(who, minlength=len(evidence))[who] >= 5
    off = np.log(rows["amount"].to_numpy() / 100.0) - typical
    sd = 0.4 + 0.12 * np.clip(-HEALTH_GRID, 0.0, 3.0)
    told = -0.5 * (np.clip(off[:, None], -2, 2) / sd) ** 2 - np.log(sd)
    _add(table, who[enough], evidence.clock.month_of(day)[enough], told[enough])


def _add_judgments(table: Small, ledger: Ledger, evidence: Evidence, ids: pl.DataFrame, present: np.ndarray) -> None:
    chance = np.minimum(0.0022 * np.exp(-0.9 * HEALTH_GRID), 0.1)
    quiet = present.copy()
    quiet[:, -UNSEEN_MONTHS:] = False
    table += np.where(quiet[:, :, None], np.log1p(-chance).astype(np.float32), np.float32(0))
    rows = ledger.table("events").filter(pl.col("kind") == "payment_judgment").join(ids, on="customer_id")
    who, day = rows["customer"].to_numpy(), rows.select(_day("happened_on")).to_series().to_numpy()
    inside = day >= evidence.clock.start
    month = evidence.clock.month_of(day[inside])
    told = np.log(chance)[None, :] - np.where(quiet[who[inside], month, None], np.log1p(-chance)[None, :], 0.0)
    _add(table, who[inside], month, told)


def _add_statements(table: Small, ledger: Ledger, evidence: Evidence, ids: pl.DataFrame) -> None:
    """Margin, equity, liquidity, growth and the delay of publication, as one reading of the year's mean health."""
    rows = ledger.table("facts").join(ids, on="customer_id")
    if rows.is_empty():
        return
    wide = rows.with_columns(known=_day("known_at"), ends=_day("period_end")).pivot(
        on="measure", index=["customer", "ends", "known"], values="value", aggregate_function="last"
    )
    wide = wide.sort("customer", "ends").with_columns(before=pl.col("revenue").shift(1).over("customer"))
    readings = [
        ((pl.col("net_income") / pl.col("revenue") - 0.035) / 0.03, 0.025 / 0.03),
        ((pl.col("equity") / pl.col("total_assets") - 0.32) / 0.11, 0.1 / 0.11),
        ((pl.col("current_assets") / pl.col("current_liabilities") - 1.45) / 0.3, 0.25 / 0.3),
        (((pl.col("revenue") / pl.col("before")).log() - 0.02) / 0.05, 0.06 / 0.05),
        ((200.0 - (pl.col("known") - pl.col("ends"))) / 25.0, 35.0 / 25.0),
    ]
    value = wide.select(reading.alias(str(k)) for k, (reading, _) in enumerate(readings)).to_numpy()
    weight = np.where(np.isnan(value), 0.0, 1.0 / np.array([sd for _, sd in readings]) ** 2)
    mean = (np.nan_to_num(value) * weight).sum(axis=1) / weight.sum(axis=1)
    sd = np.sqrt(1.0 / weight.sum(axis=1) + MID_YEAR_SD**2)
    middle = wide["ends"].to_numpy() - 182
    told = -0.5 * ((mean[:, None] - MID_YEAR_SHARE * HEALTH_GRID[None, :]) / sd[:, None]) ** 2
    inside = middle >= evidence.clock.start
    who = wide["customer"].to_numpy()
    _add(table, who[inside], evidence.clock.month_of(middle[inside]), told[inside])


def _add_cover(table: Small, ledger: Ledger, evidence: Evidence, ids: pl.DataFrame) -> None:
    """Insurers cut a cover only in bad health, and only some of the time."""
    clock = evidence.clock
    rows = (
        ledger.table("cover")
        .filter(pl.col("kind") == "insurance")
        .join(ids, on="customer_id")
        .select("customer", "limit", starts=_day("valid_from"))
        .filter(pl.col("starts") >= clock.start)
        .sort("customer", "starts")
    )
    who, starts, limit = rows["customer"].to_numpy(), rows["starts"].to_numpy(), rows["limit"].to_numpy()
    month = clock.month_of(starts)
    is_cut = starts - clock.month_starts[month] == 12
    standing = np.zeros((len(evidence), clock.months), dtype=np.int64)
    for customer, at, amount in zip(who, month, limit, strict=True):
        standing[customer, at + 1 :] = amount
    weak = HEALTH_GRID < -1.1
    january = clock.calendar_months == 0
    kept = (standing > 0) & ~january[None, :]
    kept[who[is_cut], month[is_cut]] = False
    kept[:, -1] = False
    table += np.where(kept[:, :, None], np.where(weak, np.log(0.85), 0.0).astype(np.float32), np.float32(0))
    told = np.broadcast_to(np.where(weak, 0.0, np.log(1e-4)), (int(is_cut.sum()), len(HEALTH_GRID)))
    _add(table, who[is_cut], month[is_cut], told)


def _add_limits(table: Small, ledger: Ledger, evidence: Evidence, ids: pl.DataFrame) -> None:
    """A limit reviewed far below what the sales of the year ask for was cut for doubt."""
    clock = evidence.clock
    documents = ledger.table("documents").join(ids, on="customer_id")
    day = documents.select(_day("document_date")).to_series().to_numpy()
    inside = day >= clock.start
    billed = np.zeros((len(evidence), clock.months))
    money = documents["amount"].to_numpy()[inside] / 100.0
    np.add.at(billed, (documents["customer"].to_numpy()[inside], clock.month_of(day[inside])), money)
    total = np.concatenate([np.zeros((len(evidence), 1)), billed.cumsum(axis=1)], axis=1)
    history = ledger.table("customer_history").join(ids, on="customer_id").with_columns(day=_day("valid_from"))
    first = history.filter(pl.col("attribute") == "terms_days").sort("customer", "day").group_by("customer").first()
    terms = np.full(len(evidence), 30.0)
    terms[first["customer"].to_numpy()] = first["value"].cast(pl.Float64).to_numpy()
    granted = history.filter(pl.col("attribute") == "credit_limit").with_columns(limit=pl.col("value").cast(pl.Float64))
    granted = granted.filter(pl.col("day") >= clock.month_starts[min(12, clock.months - 1)], pl.col("limit") > 0)
    who, when, limit = (granted[name].to_numpy() for name in ("customer", "day", "limit"))
    month = clock.month_of(when)
    reviewed = (when - clock.month_starts[month] == 9) & (month >= 12)
    who, month, limit = who[reviewed], month[reviewed], limit[reviewed]
    wanted = HEADROOM * (total[who, month] - total[who, month - 12]) / 12 * (terms[who] / 30 + 1)
    usual = (wanted > 0) & (limit > 1000)
    off = np.log(limit[usual] / wanted[usual])

    def normal(mean: float) -> Floats:
        return np.asarray(np.exp(-0.5 * ((off - mean) / 0.2) ** 2) + 1e-3)

    plain = np.log(normal(0.0))
    doubt = np.log(0.4 * normal(0.0) + 0.6 * normal(float(np.log(0.55))))
    told = np.where(HEALTH_GRID[None, :] < -1.2, doubt[:, None], plain[:, None])
    _add(table, who[usual], month[usual], told)
