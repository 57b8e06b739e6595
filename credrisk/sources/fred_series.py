"""Which series of FRED say how business credit does in the United States, how they are dated, and whose they are.

FRED dates a quarter by its first day. The survey of loan officers is the exception in substance: it is taken around
that first day and looks back on the three months before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from credrisk.dates import month_end, months_after
from credrisk.errors import SourceError

__all__ = ["FRED_NOTICE", "FRED_SERIES", "FredSeries"]

FRED_NOTICE = (
    "This product uses the FRED® API but is not endorsed or certified by the Federal Reserve Bank of St. Louis."
)
"""The sentence that the terms of FRED want shown."""

BOARD = "Board of Governors of the Federal Reserve System: public domain, citation requested"


@dataclass(frozen=True)
class FredSeries:
    """One series.

    Attributes
    ----------
    dated
        What its date is: the first day of a ``quarter`` or ``month``, the last day of a ``week``, or the day of a
        quarterly ``survey`` about the three months before.
    per
        What its figures are divided by: 100 makes a percentage a share.
    lag_days
        Days after the end of the period within which it has been released as a rule, on the long side; None where no
        lag helps, because every release estimates the whole past anew.
    """

    id: str
    series: str
    dated: Literal["quarter", "month", "week", "survey"]
    per: float
    lag_days: int | None
    licence: str
    unit: str

    @property
    def first_release_only(self) -> bool:
        """Whether only the first published value of a period is used: where each release estimates the past anew."""
        return self.lag_days is None

    def period_end(self, day: date) -> date:
        """Return the last day of the period that FRED dates ``day``.

        Raises
        ------
        SourceError
            When a quarter or month is not dated by its first day.
        """
        if self.dated == "week":
            return day
        if day.day != 1 or (self.dated != "month" and day.month % 3 != 1):
            raise SourceError(f"{self.id}: {day} is not the first day of a {self.dated}.")
        if self.dated == "survey":
            return day - timedelta(days=1)
        return month_end(months_after(day, 2 if self.dated == "quarter" else 0))


FRED_SERIES: tuple[FredSeries, ...] = (
    FredSeries("DRTSCILM", "lending_standards", "survey", 100.0, 60, BOARD, "net share of banks that tighten"),
    FredSeries("DRBLACBS", "business_delinquency_rate", "quarter", 100.0, 70, BOARD, "share of business loans"),
    FredSeries("BUSLOANS", "business_loans", "month", 1.0, 21, BOARD, "billions of US dollars"),
    FredSeries("MPRIME", "interest_rate", "month", 100.0, 7, BOARD, "share a year: bank prime loan rate"),
    FredSeries(
        "UNRATE",
        "unemployment_rate",
        "month",
        100.0,
        14,
        "U.S. Bureau of Labor Statistics: public domain, citation requested",
        "share of the labour force",
    ),
    FredSeries(
        "ICSA",
        "jobless_claims",
        "week",
        1.0,
        7,
        "U.S. Employment and Training Administration: public domain, citation requested",
        "initial claims of the week",
    ),
    FredSeries(
        "UMCSENT",
        "consumer_sentiment",
        "month",
        1.0,
        40,
        "University of Michigan, Surveys of Consumers: copyrighted, citation required",
        "index, first quarter of 1966 = 100",
    ),
    FredSeries(
        "T10Y3MM",
        "term_spread",
        "month",
        100.0,
        7,
        "Federal Reserve Bank of St. Louis: citation requested",
        "share a year: ten years less three months",
    ),
    FredSeries(
        "NFCI",
        "financial_conditions",
        "week",
        1.0,
        None,
        "Federal Reserve Bank of Chicago: copyrighted, citation required",
        "index, above 0 is tighter than average",
    ),
    FredSeries(
        "STLFSI4",
        "financial_stress",
        "week",
        1.0,
        None,
        "Federal Reserve Bank of St. Louis: citation requested",
        "index, above 0 is more stress than normal",
    ),
)
"""Nothing of ICE (BAML...): only three years of it may be shown and none passed on. Nothing of Moody's."""
