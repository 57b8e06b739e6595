"""What licensed providers say of the customer: their worst score in force, how it moved, and the limit they propose.

The table `ratings` holds scores of providers on their own scales, with ``risk`` from 0 (the best of the scale) to 1
(the worst). Of one provider's scale the newest rating known on the day is in force (by rated_on, then known_at, then
risk, then value), until it is 24 months old; one without ``risk`` or ``limit_amount`` ends the figure of the one
before. Scales are not calibrated against each other: the worst counts, and a change compares a scale with itself.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.ageing import net_balance
from credrisk.features.catalogue import feature
from credrisk.features.entities import entity_rows
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.windows import window_starts
from credrisk.ledger.money import EXPONENTS, minor_factor

MONTHS_IN_FORCE = 24
DAYS = 2**21
"""More days than any date is away from 1970: steps are searched by scale x DAYS + day."""

CURRENCIES = sorted(EXPONENTS)
NO_CURRENCY = -1
NO_RATING = "no rating under 24 months old with a place on its scale is known"


@row_kind
def rating_steps(source: LedgerRows) -> Rows:
    """The ratings by customer and scale that were the newest on the day they were seen, in that order.

    ``scale`` numbers a customer's scales, through all customers; ``limit`` is in major units of ``currency``.
    """
    code = pl.col("limit_currency").str.to_uppercase()
    known = pl.when(code.is_in(CURRENCIES)).then(code)
    frame = (
        entity_rows(source, "ratings")
        .select(
            "customer",
            "provider",
            "scale",
            "rated_on",
            "known_at",
            "value",
            "seen",
            risk=pl.col("risk").fill_null(float("nan")),
            limit=pl.col("limit_amount").fill_null(float("nan")),
            currency=known.cast(pl.Enum(CURRENCIES)).to_physical().cast(pl.Int32).fill_null(NO_CURRENCY),
            rated=pl.col("rated_on").to_physical(),
        )
        .sort("customer", "provider", "scale", "rated_on", "known_at", "risk", "value", "limit", "currency")
        .with_row_index("order")
        .sort("customer", "provider", "scale", "seen", "order")
        .with_columns(scale=pl.struct("customer", "provider", "scale").rle_id().cast(pl.Int64))
        # A rating counts only when it is newer than every one seen before it.
        .filter(pl.col("order") == pl.col("order").cum_max().over("scale"))
        .select("customer", "scale", "seen", "rated", "risk", "limit", "currency")
    )
    return row_arrays(frame)


@measure()
def in_force(grid: Grid, months_ago: int) -> np.ndarray:
    """Return the place among the block's ratings of the one in force of each scale, -1 without: (scales, periods)."""
    rows, days = grid.rows("rating_steps"), grid.ends
    if months_ago:
        days = window_starts(grid.calendar, months_ago)
    scales, first = np.unique(rows["scale"], return_index=True)
    key = rows["scale"] * DAYS + rows["seen"]
    last = np.searchsorted(key, scales[:, None] * DAYS + days, side="right") - 1
    rated = np.append(rows["rated"], -NEVER)[last]
    fresh = (last >= first[:, None]) & (rated > oldest(grid, months_ago))
    return np.where(fresh, last, -1)


def oldest(grid: Grid, months_ago: int) -> np.ndarray:
    """Return for each period the last day whose ratings are out of force."""
    return window_starts(grid.calendar, MONTHS_IN_FORCE + months_ago)


def of_rating(grid: Grid, column: str, months_ago: int = 0) -> np.ndarray:
    """Return a figure of the rating in force of each scale, NaN without one."""
    values = grid.rows("rating_steps")[column].astype(np.float64)
    found: np.ndarray = np.append(values, np.nan)[in_force(grid, months_ago)]
    return found


def largest(grid: Grid, values: np.ndarray) -> np.ndarray:
    """Return the largest value over each customer's scales, NaN where there is none."""
    rows = grid.rows("rating_steps")
    first = np.unique(rows["scale"], return_index=True)[1]
    found = np.full(grid.shape, -np.inf)
    np.maximum.at(found, rows["customer"][first], np.where(np.isnan(values), -np.inf, values))
    return np.where(np.isfinite(found), found, np.nan)


@feature(
    unit="index",
    window="today",
    null=NO_RATING,
    worse="higher",
    says="a provider's rating in force lies {value} up its scale of risk (0 the best, 1 the worst)",
    says_at_zero="every provider's rating in force is the best of its scale",
    formula="largest risk over the ratings in force",
)
@measure("ratings")
def external_risk(grid: Grid) -> np.ndarray:
    """The worst that a provider says of the customer today."""
    return largest(grid, of_rating(grid, "risk"))


@feature(
    unit="index",
    window="12 months",
    null="no scale has a rating in force both today and 12 months ago",
    worse="higher",
    says="a provider's rating went up its scale of risk by {value} over 12 months",
    says_below="every provider's rating went down its scale of risk over 12 months, by {value} or more",
    says_at_zero="no provider's rating became worse over 12 months",
    formula="largest over the scales of risk in force - risk in force 12 months ago",
)
@measure("ratings")
def external_risk_change_12m(grid: Grid) -> np.ndarray:
    """How the ratings moved over 12 months: the change of the scale that worsened most."""
    return largest(grid, of_rating(grid, "risk") - of_rating(grid, "risk", 12))


@feature(
    unit="days",
    window="today",
    null="no rating under 24 months old is known",
    worse="none",
    says="the newest rating is {value} old",
    says_at_zero="the newest rating is of today",
    formula="as_of - rated_on of the newest rating in force",
)
@measure("ratings")
def external_rating_age_days(grid: Grid) -> np.ndarray:
    """Days since a provider last rated the customer."""
    days: np.ndarray = grid.ends - largest(grid, of_rating(grid, "rated"))
    return days


@feature(
    unit="money",
    window="today",
    null="no rating in force proposes a limit, or the ledger has no rate of its currency",
    worse="lower",
    says="the lowest limit that a provider proposes is {value}",
    says_at_zero="a provider proposes no credit at all",
    formula="smallest limit_amount over the ratings in force, at today's rate",
)
@measure("ratings")
def external_limit(grid: Grid) -> np.ndarray:
    """The lowest credit limit that a provider proposes, in the ledger's currency."""
    limit, currency = of_rating(grid, "limit"), grid.rows("rating_steps")["currency"]
    place = np.append(currency, NO_CURRENCY)[in_force(grid, 0)]
    money = np.full(limit.shape, np.nan)
    for code in np.unique(currency[currency != NO_CURRENCY]):
        own, name = place == code, CURRENCIES[code]
        rate = np.broadcast_to(grid.source.rates.on(name, grid.ends), limit.shape)
        money[own] = np.rint(np.rint(limit[own] * minor_factor(name)) * rate[own])
    return -largest(grid, -money)


@feature(
    unit="ratio",
    window="today",
    null="no rating in force proposes a limit above 0",
    worse="higher",
    says="it owes us {value} times the lowest limit that a provider proposes",
    says_at_zero="it owes us nothing of the limit that a provider proposes",
    formula="max(0, net_balance) / external_limit",
)
@measure("ratings")
def balance_to_external_limit(grid: Grid) -> np.ndarray:
    """What the customer owes us beside the limit that a provider proposes."""
    return ratio(np.maximum(0.0, net_balance(grid)), external_limit(grid))
