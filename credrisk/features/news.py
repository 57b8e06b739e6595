"""What the press says: how much against the usual, and how much of it is bad.

Counts of news stand under company events; here they are set against the customer's own usual, for a large company is in
the news every day. Which articles are about the customer is decided where they are read: a name that others bear too
gives no news rows at all, so it counts as silence here and never as bad news.
"""

from __future__ import annotations

import numpy as np

from credrisk.features.catalogue import feature
from credrisk.features.company_events import NOT_COVERED, counted, counted_kinds
from credrisk.features.grid import Grid, measure, ratio

RECENT, YEAR = 90, 365


@feature(
    unit="count",
    window="90 days",
    null=NOT_COVERED,
    worse="higher",
    says="bad news over 90 days: {value}",
    says_at_zero="no bad news over 90 days",
    formula="count of events of kind adverse_news in 90 days",
)
@measure("events")
def adverse_news_90d(grid: Grid) -> np.ndarray:
    """Bad news about the customer in 90 days."""
    return counted_kinds(grid, RECENT, "adverse_news")


@feature(
    unit="share",
    window="365 days",
    null=f"{NOT_COVERED}, or no news is known over 365 days",
    worse="higher",
    says="{value} of the news over 365 days is bad",
    says_at_zero="none of the news over 365 days is bad",
    formula="events of kind adverse_news / events of kinds adverse_news and news, each in 365 days",
)
@measure("events")
def adverse_news_share_365d(grid: Grid) -> np.ndarray:
    """The part of a year's news that is bad."""
    return ratio(counted_kinds(grid, YEAR, "adverse_news"), counted(grid, YEAR, "news"))


@feature(
    unit="ratio",
    window="365 days",
    null=f"{NOT_COVERED}, or no news is known of the 275 days before the last 90",
    worse="none",
    says="news a day over 90 days is {value} times what it was over the 275 days before",
    says_at_zero="there was no news over 90 days, but some over the 275 days before",
    formula="(news_90d / 90) / ((news_365d - news_90d) / 275)",
)
@measure("events")
def news_against_usual_90d(grid: Grid) -> np.ndarray:
    """How much more the press writes about the customer than it usually does."""
    recent, year = counted(grid, RECENT, "news"), counted(grid, YEAR, "news")
    return ratio(recent / RECENT, (year - recent) / (YEAR - RECENT))
