"""What statistical offices would publish about the market: an index of activity, and failure rates by industry.

Both are noisy pictures of what drives the customers' health, published weeks after the period they are about.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.simulate.accounts import Accounts
from credrisk.simulate.clock import Clock
from credrisk.simulate.health import Health
from credrisk.simulate.names import INDUSTRIES

__all__ = ["OFFICE", "draw_market"]

OFFICE = "statistical office"
ACTIVITY_MEAN, ACTIVITY_SD = 100.0, 4.0
FIRST_NOISE, REVISED_NOISE = 1.5, 0.5
ACTIVITY_LAG, REVISION_LAG, FAILURES_LAG = 32, 93, 75
"""Days from the end of a period to its publication."""
FAILURES_NOISE = 0.15


def draw_market(rng: np.random.Generator, accounts: Accounts, health: Health, clock: Clock) -> pl.DataFrame:
    """Draw the series.

    Returns
    -------
    polars.DataFrame
        ``series, industry`` (-1: all), ``period_end, value, known_at`` (days as numbers): activity by month, first and
        revised; the yearly failure rate by industry and quarter.
    """
    ends, months = clock.month_ends, clock.months
    activity = ACTIVITY_MEAN + ACTIVITY_SD * health.market
    releases = [
        pl.DataFrame({"period_end": ends, "value": (activity + noise * rng.normal(size=months)).round(1)}).with_columns(
            series=pl.lit("activity_index"), industry=pl.lit(-1, pl.Int64), known_at=pl.col("period_end") + lag
        )
        for noise, lag in ((FIRST_NOISE, ACTIVITY_LAG), (REVISED_NOISE, REVISION_LAG))
    ]
    quarters = np.flatnonzero((clock.calendar_months % 3 == 2) & (np.arange(months) >= 2))
    for industry in range(len(INDUSTRIES)):
        own = health.intensity[accounts.industry == industry]
        if not len(own):
            continue
        monthly = own.mean(axis=0)
        yearly = 12 * (monthly[quarters] + monthly[quarters - 1] + monthly[quarters - 2]) / 3
        stated = yearly * np.exp(FAILURES_NOISE * rng.normal(size=len(quarters)))
        releases.append(
            pl.DataFrame({"period_end": ends[quarters], "value": stated.round(5)}).with_columns(
                series=pl.lit("failure_rate"),
                industry=pl.lit(industry, pl.Int64),
                known_at=pl.col("period_end") + FAILURES_LAG,
            )
        )
    columns = ["series", "industry", "period_end", "value", "known_at"]
    return pl.concat([release.select(columns) for release in releases]).filter(pl.col("known_at") <= clock.end)
