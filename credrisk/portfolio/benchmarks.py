"""What others report of the same measures: published medians, each with its quarter and its source.

The medians are of United States trade receivables, taken by survey, measure by measure: a median of days delinquent is
not the median of DSO less that of best possible DSO. They say where a portfolio stands, not what it should reach:
terms and industries differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["BENCHMARKS", "CAVEAT", "Benchmark", "latest_benchmark", "latest_benchmarks"]

CAVEAT = (
    "Independent medians of a survey of United States domestic trade receivables: average days delinquent is not the "
    "difference of the two DSOs. Terms and industries differ."
)
_SURVEY = "Credit Research Foundation, National Summary of Domestic Trade Receivables"
_ADDRESS = "https://www.crfonline.org/tools/national-summary-of-domestic-trade-receivables-results-summary/"


@dataclass(frozen=True)
class Benchmark:
    """A published median.

    Attributes
    ----------
    measure
        What we call it: a column of the portfolio's tables.
    median
        In the ``unit``: days, or a share of one.
    quarter
        The quarter it is of, such as ``2021-Q1``.
    compare
        How to compare: where the survey's formula is not quite ours.
    """

    measure: str
    median: float
    unit: str
    quarter: str
    compare: str
    source: str = _SURVEY
    address: str = _ADDRESS


_COMPARE = {
    "cei": "The survey divides a quarter's sales by three: compare the index of a month, as published, not cash-only.",
    "dso_3m": "The survey takes the mean of the quarter's three month-ends; ours takes the last.",
    "best_possible_dso_3m": "The survey takes the mean of the quarter's three month-ends; ours takes the last.",
    "average_days_delinquent": "A median of its own, not the difference of the two DSOs.",
    "share_not_due": "Not yet due, of what is open.",
    "share_over_90": "The survey counts from 91 days past due, as the bucket does.",
}
_UNITS = {"cei": "share", "share_not_due": "share", "share_over_90": "share"}
_MEDIANS = {
    "2020-Q1": (0.8221, 38.17, 31.75, 4.26, 0.8952, 0.0058),
    "2020-Q2": (0.8150, 41.56, 32.05, 5.70, 0.8462, 0.0124),
    "2020-Q3": (0.8284, 39.25, 32.23, 4.12, 0.8831, 0.0067),
    "2020-Q4": (0.8420, 39.40, 32.60, 4.05, 0.8972, 0.0060),
    "2021-Q1": (0.8652, 38.04, 32.02, 3.00, 0.9056, 0.0056),
}


def _benchmarks() -> Iterator[Benchmark]:
    for quarter, medians in _MEDIANS.items():
        for (measure, compare), median in zip(_COMPARE.items(), medians, strict=True):
            yield Benchmark(measure, median, _UNITS.get(measure, "days"), quarter, compare)


BENCHMARKS = tuple(_benchmarks())
"""Every published median, the oldest quarter first. Each was read off the survey's summary of that quarter or, for
2020-Q1, 2020-Q2 and 2020-Q4, off the columns of the quarter before or the year before in a later one."""


def latest_benchmarks() -> dict[str, Benchmark]:
    """Return the latest published median of each measure, by measure."""
    return {each.measure: each for each in BENCHMARKS}


def latest_benchmark(measure: str) -> Benchmark | None:
    """Return the latest published median of a measure; None where there is none."""
    return latest_benchmarks().get(measure)
