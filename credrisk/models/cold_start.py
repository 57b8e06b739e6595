"""The customer without a payment record: how likely is it that a newcomer turns bad?

A model learns most from how customers have paid. Where nothing has been paid yet, its curves meet nulls that it may
have seen seldom or never, and what they add up to is then no more than a guess near the average payer. So the level for
such customers is set apart: the rate that the ledger's own newcomers had, drawn to the whole ledger's rate where they
were few. What is known of a newcomer otherwise (accounts, industry, size of its first orders) still tells it from
others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.intervals import LOG_INTENSITY_BOUNDS, Expanded

__all__ = ["NO_RECORD", "RECORD", "ColdStart", "fit_cold_start"]

RECORD = ("days_since_last_payment", "dbt_3m", "dbt_6m", "dbt_12m", "days_to_pay_12m")
"""Features that are measured once a customer has paid something; without any of them there is no payment record."""

NO_RECORD = "no payment record yet: the level is that of customers without one"

WORTH = 5.0
"""Distinct events by which the newcomers' rate is drawn to the rate of the whole ledger."""

FEWEST_MONTHS = 1e-9


@dataclass(frozen=True)
class ColdStart:
    """What is added to the log rate of customers without a payment record.

    Attributes
    ----------
    features
        Names of the features given.
    shift
        Log rate added in every interval; 0.0 where the panel holds no feature of the record.
    """

    features: tuple[str, ...]
    shift: float

    def without_record(self, values: np.ndarray) -> np.ndarray:
        """Return which rows have no payment record, shape (n_rows,)."""
        places = [place for place, name in enumerate(self.features) if name in RECORD]
        if not places:
            return np.zeros(len(values), dtype=bool)
        empty: np.ndarray = np.isnan(values[:, places]).all(axis=1)
        return empty

    def added(self, values: np.ndarray) -> np.ndarray:
        """Return what is added to the log rate of each row, shape (n_rows,)."""
        return np.where(self.without_record(values), self.shift, 0.0)


def fit_cold_start(
    values: np.ndarray,
    features: tuple[str, ...],
    expanded: Expanded,
    log_rate: np.ndarray,
    *,
    log_rate_of_nulls: np.ndarray,
    widths: np.ndarray,
    first_events: int,
) -> ColdStart:
    """Learn the level of customers without a payment record.

    Parameters
    ----------
    log_rate
        The model's calibrated log rate of every entry of ``expanded``.
    log_rate_of_nulls
        The same of a customer of whom nothing is known, shape (n_intervals,): the model's answer where no training
        row lacks a record.
    first_events
        Distinct events: one is seen from many rows, and only distinct ones are evidence.

    Notes
    -----
    With O events in T months at risk of the newcomers, r events a month in the whole ledger and n = ``WORTH``, their
    rate is (O + n) / (T + n / r), the mean of a Gamma posterior. The shift takes the model's mean rate to it.
    """
    apart = ColdStart(features, 0.0)
    if not any(name in RECORD for name in features):
        return apart
    low, high = LOG_INTENSITY_BOUNDS
    months = expanded.exposure * expanded.weight
    expected = months * np.exp(np.clip(log_rate, low, high))
    whole = expected.sum() / months.sum()
    newcomer = apart.without_record(values)[expanded.row]
    repeats = max(1.0, float(expanded.target.sum()) / first_events)
    seen = months[newcomer].sum()
    rate = (expanded.target[newcomer].sum() / repeats + WORTH) / (seen / repeats + WORTH / whole)
    if seen > FEWEST_MONTHS:
        told = expected[newcomer].sum() / seen
    else:
        told = widths @ np.exp(np.clip(log_rate_of_nulls, low, high)) / widths.sum()
    return ColdStart(features, float(np.log(rate / told)))
