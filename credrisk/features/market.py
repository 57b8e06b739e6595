"""How the customer's market does: dated series of its country and industry.

The table `market` holds the series; an empty country or industry means all of them. Of what matches the customer's
country and industry, as they can be seen on the day, the most specific series that has a value counts: country and
industry, then industry, then country, then all. The value in force is that of the newest period known on the day, as
last known (by known_at, then source, then value); one whose period ended 24 months ago or earlier is no value. The
change compares it with the value of the same country and industry that was in force 12 months before.

A revised value counts from the day of its release. ``lending_standards`` is the share of banks that tightened their
standards for loans to firms less the share that eased them; ``bankruptcy_index`` has another base in every country, so
only its growth is a feature.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.features.catalogue import feature
from credrisk.features.grid import Grid, measure, ratio
from credrisk.features.rows import NEVER, LedgerRows, Rows, row_arrays, row_kind
from credrisk.features.windows import window_starts
from credrisk.ledger.visibility import master_visible_from, visible_from

SERIES = (
    "failure_rate",
    "unemployment_rate",
    "interest_rate",
    "activity_index",
    "lending_standards",
    "business_delinquency_rate",
    "bankruptcy_index",
)
MONTHS_IN_FORCE = 24
DAYS = 2**21
"""More days than any date is away from 1970: steps are searched by place x DAYS + day."""

LEVELS = ("both", "industry", "country", "all")
NO_VALUE = "the ledger holds no value of the series for its market, or none under 24 months old"
NO_CHANGE = "the series has no value for its market today, or had none 12 months ago"


def _segments(source: LedgerRows) -> pl.DataFrame:
    """Return the pairs of country and industry (null: all) that have a series, with their ``place``."""
    segments = source.ledger.table("market").select("country", "industry").unique()
    return segments.sort("country", "industry", nulls_last=False).with_row_index("place")


@row_kind
def market_steps(source: LedgerRows) -> Rows:
    """The steps of the series: ``key`` is (segment x series + series) x DAYS + the day from which ``value`` holds.

    A row is a step only when it is newer than every row seen before it, so the last step by a day is the value in
    force. These rows belong to no customer: take them from the ledger's rows, not from a block.
    """
    number = pl.col("series").cast(pl.Enum(SERIES)).to_physical().cast(pl.Int64)
    frame = (
        source.ledger.table("market")
        .filter(pl.col("series").is_in(SERIES), pl.col("value").is_finite())
        .join(_segments(source), on=["country", "industry"], nulls_equal=True)
        .select(
            "known_at",
            "source",
            "value",
            step=pl.col("place").cast(pl.Int64) * len(SERIES) + number,
            end=pl.col("period_end").to_physical().cast(pl.Int64),
            seen=visible_from("market").to_physical().cast(pl.Int64),
        )
        .sort("step", "end", "known_at", "source", "value")
        .with_row_index("order")
        .sort("step", "seen", "order")
        .filter(pl.col("order") == pl.col("order").cum_max().over("step"))
        .select("end", "value", key=pl.col("step") * DAYS + pl.col("seen"))
    )
    return row_arrays(frame)


@row_kind
def market_everywhere(source: LedgerRows) -> Rows:
    """The segment of every country and industry, if there is one: a fact about the market, seen by every customer."""
    everywhere = _segments(source).filter(pl.col("country").is_null(), pl.col("industry").is_null())
    return row_arrays(everywhere.select("place"))


@row_kind
def market_places(source: LedgerRows) -> Rows:
    """The segments that fit each account by level (-1: none), and the days from which each level may be seen."""
    segments = _segments(source)
    levels = {"both": ["country", "industry"], "industry": ["industry"], "country": ["country"]}
    frame = source.ledger.table("customers").select(
        "country",
        "industry",
        customer=source.customer,
        opened=_days(visible_from("customers")),
        classified=_days(master_visible_from("industry", source.settings)),
    )
    for level, columns in levels.items():
        others = [name for name in ("country", "industry") if name not in columns]
        fitting = segments.filter(
            *(pl.col(name).is_not_null() for name in columns), *(pl.col(name).is_null() for name in others)
        )
        frame = frame.join(fitting.select(*columns, pl.col("place").alias(f"of_{level}")), on=columns, how="left")
    places = [pl.col(f"of_{level}").cast(pl.Int64).fill_null(-1) for level in levels]
    market = pl.struct("country", "industry").rank("dense").cast(pl.Int64) - 1
    return row_arrays(frame.select("customer", "opened", "classified", *places, market=market).sort("customer"))


def _days(day: pl.Expr) -> pl.Expr:
    return day.to_physical().fill_null(-NEVER)


STATES = 4
"""What of an account's segments can be seen: bit 1 its country's, bit 2 those of its industry."""


@measure()
def market_index(grid: Grid) -> np.ndarray:
    """Return for each customer and period the place of its market in :func:`markets`, by what can be seen of it."""
    rows = grid.rows("market_places")
    state = 1 * (rows["opened"][:, None] <= grid.ends) + 2 * (rows["classified"][:, None] <= grid.ends)
    place = np.full(grid.shape, markets(grid)[1])
    place[rows["customer"]] = rows["market"][:, None] * STATES + state
    return place


def markets(grid: Grid) -> tuple[np.ndarray, int]:
    """Return the segments of each market by level, -1 without one: (levels, markets x states); and a place of none.

    A market is a country and an industry as accounts have them. Its segments that cannot be seen are -1.
    """
    source = grid.source
    rows, everywhere = source.kind("market_places"), source.kind("market_everywhere")["place"]
    count = int(rows["market"].max(initial=-1)) + 2
    found = np.full((len(LEVELS), count, STATES), -1)
    for level, bit in (("both", 2), ("industry", 2), ("country", 1)):
        own = found[LEVELS.index(level)]
        own[rows["market"]] = np.where(np.arange(STATES) & bit > 0, rows[f"of_{level}"][:, None], -1)
    found[LEVELS.index("all")] = everywhere[0] if len(everywhere) else -1
    return found.reshape(len(LEVELS), -1), (count - 1) * STATES


def in_force(grid: Grid, series: str, segments: np.ndarray, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the value in force of each segment on each day, NaN without one, and the end of its period."""
    steps = grid.source.kind("market_steps")
    first = (segments[:, None] * len(SERIES) + SERIES.index(series)) * DAYS
    last = np.searchsorted(steps["key"], first + days, side="right") - 1
    # The step before may be another series': its key is then days of centuries away.
    own = np.append(steps["key"], -(2**62))[last] >= first - DAYS // 2
    value, end = np.append(steps["value"], np.nan)[last], np.append(steps["end"], -NEVER)[last]
    return np.where(own, value, np.nan), np.where(own, end, -NEVER)


def series_of_markets(grid: Grid, series: str) -> np.ndarray:
    """Return the value of each market today and 12 months ago, (2, markets x states, periods), taken once a panel."""
    key, known = ("market", series, grid.calendar), grid.source.shared
    if key not in known:
        levels, _ = markets(grid)
        segments = np.arange(-1, levels.max(initial=-1) + 1)
        now, end = in_force(grid, series, segments, grid.ends)
        then, _ = in_force(grid, series, segments, window_starts(grid.calendar, 12))
        fresh = (end > window_starts(grid.calendar, MONTHS_IN_FORCE)) & (segments >= 0)[:, None]
        tables = np.stack([np.where(fresh, now, np.nan), np.where(fresh, then, np.nan)])
        found: np.ndarray = tables[:, levels[-1] + 1]
        for level in levels[-2::-1]:
            own = tables[:, level + 1]
            found = np.where(np.isnan(own[0]), found, own)
        known[key] = found
    values: np.ndarray = known[key]
    return values


@measure()
def now_and_then(grid: Grid, series: str) -> np.ndarray:
    """Return the value of the customer's market today and that of 12 months ago: (2, customers, periods)."""
    values = series_of_markets(grid, series)
    return np.take(values.reshape(2, -1), market_index(grid) * grid.shape[1] + np.arange(grid.shape[1]), axis=1)


def change(grid: Grid, series: str) -> np.ndarray:
    """Return the value of the customer's market today less that of 12 months ago."""
    now, then = now_and_then(grid, series)
    difference: np.ndarray = now - then
    return difference


@feature(
    unit="share",
    window="today",
    null=NO_VALUE,
    worse="higher",
    says="{value} of the firms in its market fail in a year",
    says_at_zero="no firm in its market fails",
    formula="market failure_rate in force for country and industry",
)
@measure("market")
def market_failure_rate(grid: Grid) -> np.ndarray:
    """The failure rate of the customer's market."""
    value: np.ndarray = now_and_then(grid, "failure_rate")[0]
    return value


@feature(
    unit="share",
    window="12 months",
    null=NO_CHANGE,
    worse="higher",
    says="{value} more of the firms in its market fail than 12 months ago",
    says_below="{value} fewer of the firms in its market fail than 12 months ago",
    says_at_zero="as many firms fail in its market as 12 months ago",
    formula="market_failure_rate - the value in force 12 months before as_of",
)
@measure("market")
def market_failure_rate_change_12m(grid: Grid) -> np.ndarray:
    """How the failure rate of the customer's market moved over 12 months."""
    return change(grid, "failure_rate")


@feature(
    unit="share",
    window="today",
    null=NO_VALUE,
    worse="higher",
    says="unemployment in its market is {value}",
    says_at_zero="there is no unemployment in its market",
    formula="market unemployment_rate in force for country and industry",
)
@measure("market")
def market_unemployment_rate(grid: Grid) -> np.ndarray:
    """The unemployment rate of the customer's market."""
    value: np.ndarray = now_and_then(grid, "unemployment_rate")[0]
    return value


@feature(
    unit="share",
    window="12 months",
    null=NO_CHANGE,
    worse="higher",
    says="{value} more are out of work in its market than 12 months ago",
    says_below="{value} fewer are out of work in its market than 12 months ago",
    says_at_zero="unemployment in its market is what it was 12 months ago",
    formula="market_unemployment_rate - the value in force 12 months before as_of",
)
@measure("market")
def market_unemployment_rate_change_12m(grid: Grid) -> np.ndarray:
    """How the unemployment rate of the customer's market moved over 12 months."""
    return change(grid, "unemployment_rate")


@feature(
    unit="share",
    window="today",
    null=NO_VALUE,
    worse="none",
    says="loans cost {value} a year in its market",
    says_below="loans in its market cost {value} a year less than nothing",
    says_at_zero="loans cost nothing in its market",
    formula="market interest_rate in force for country and industry",
)
@measure("market")
def market_interest_rate(grid: Grid) -> np.ndarray:
    """The interest rate of the customer's market."""
    value: np.ndarray = now_and_then(grid, "interest_rate")[0]
    return value


@feature(
    unit="share",
    window="12 months",
    null=NO_CHANGE,
    worse="none",
    says="loans in its market cost {value} of the sum a year more than 12 months ago",
    says_below="loans in its market cost {value} of the sum a year less than 12 months ago",
    says_at_zero="loans in its market cost what they cost 12 months ago",
    formula="market_interest_rate - the value in force 12 months before as_of",
)
@measure("market")
def market_interest_rate_change_12m(grid: Grid) -> np.ndarray:
    """How the interest rate of the customer's market moved over 12 months."""
    return change(grid, "interest_rate")


@feature(
    unit="index",
    window="today",
    null=NO_VALUE,
    worse="none",
    says="the activity index of its market is {value}",
    says_below="the activity index of its market is {value} below 0",
    says_at_zero="the activity index of its market is 0",
    formula="market activity_index in force for country and industry",
)
@measure("market")
def market_activity_index(grid: Grid) -> np.ndarray:
    """The activity index of the customer's market."""
    value: np.ndarray = now_and_then(grid, "activity_index")[0]
    return value


@feature(
    unit="index",
    window="12 months",
    null=NO_CHANGE,
    worse="lower",
    says="the activity index of its market is up by {value} on 12 months ago",
    says_below="the activity index of its market is down by {value} on 12 months ago",
    says_at_zero="the activity index of its market is what it was 12 months ago",
    formula="market_activity_index - the value in force 12 months before as_of",
)
@measure("market")
def market_activity_index_change_12m(grid: Grid) -> np.ndarray:
    """How the activity index of the customer's market moved over 12 months."""
    return change(grid, "activity_index")


@feature(
    unit="share",
    window="today",
    null=NO_VALUE,
    worse="higher",
    says="the share of banks in its market that tightened their lending exceeds that of those that eased it by {value}",
    says_below="the share of banks in its market that eased their lending exceeds that of those that tightened it by "
    "{value}",
    says_at_zero="as many banks in its market tightened their lending as eased it",
    formula="market lending_standards in force for country and industry",
    source="Senior Loan Officer Opinion Survey; euro area Bank Lending Survey: net percentage",
)
@measure("market")
def market_lending_standards(grid: Grid) -> np.ndarray:
    """How many banks, net, tightened their standards for loans to firms."""
    value: np.ndarray = now_and_then(grid, "lending_standards")[0]
    return value


@feature(
    unit="share",
    window="12 months",
    null=NO_CHANGE,
    worse="higher",
    says="the net share of banks in its market that tightened their lending is up by {value} on 12 months ago",
    says_below="the net share of banks in its market that tightened their lending is down by {value} on 12 months ago",
    says_at_zero="the net share of banks in its market that tightened their lending is what it was 12 months ago",
    formula="market_lending_standards - the value in force 12 months before as_of",
)
@measure("market")
def market_lending_standards_change_12m(grid: Grid) -> np.ndarray:
    """How the banks' standards for loans moved over 12 months."""
    return change(grid, "lending_standards")


@feature(
    unit="share",
    window="today",
    null=NO_VALUE,
    worse="higher",
    says="{value} of the loans to firms in its market are overdue",
    says_at_zero="no loan to a firm in its market is overdue",
    formula="market business_delinquency_rate in force for country and industry",
)
@measure("market")
def market_business_delinquency_rate(grid: Grid) -> np.ndarray:
    """The part of the banks' loans to firms that is overdue."""
    value: np.ndarray = now_and_then(grid, "business_delinquency_rate")[0]
    return value


@feature(
    unit="share",
    window="12 months",
    null=NO_CHANGE,
    worse="higher",
    says="{value} more of the loans to firms in its market are overdue than 12 months ago",
    says_below="{value} fewer of the loans to firms in its market are overdue than 12 months ago",
    says_at_zero="as many loans to firms in its market are overdue as 12 months ago",
    formula="market_business_delinquency_rate - the value in force 12 months before as_of",
)
@measure("market")
def market_business_delinquency_rate_change_12m(grid: Grid) -> np.ndarray:
    """How overdue loans to firms moved over 12 months."""
    return change(grid, "business_delinquency_rate")


@feature(
    unit="share",
    window="12 months",
    null=f"{NO_CHANGE}, or that was not above 0",
    worse="higher",
    says="bankruptcies in its market are up by {value} on 12 months ago",
    says_below="bankruptcies in its market are down by {value} on 12 months ago",
    says_at_zero="bankruptcies in its market are what they were 12 months ago",
    formula="bankruptcy_index in force / the value in force 12 months before as_of - 1",
)
@measure("market")
def market_bankruptcy_index_growth_12m(grid: Grid) -> np.ndarray:
    """How the index of bankruptcies in the customer's market grew over 12 months."""
    now, then = now_and_then(grid, "bankruptcy_index")
    return ratio(now - then, then)
