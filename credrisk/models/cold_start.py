"""The customer without a payment record: how likely is it that a newcomer turns bad?

A model learns most from how customers have paid. Where nothing has been paid yet, its curves meet nulls that it may
have seen seldom or never, and what they add up to is then no more than a guess near the average payer. So the level for
such customers is set apart: the rate that the ledger's own newcomers had, drawn to the whole ledger's rate where they
were few. What is known of a newcomer otherwise (accounts, industry, size of its first orders) still tells it from
others.

That there is no record is a fact about the customer, so it is a contribution of its own, ``no_payment_record``: the
shift, and what the nulls of the record add, which are no facts beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from credrisk.features.catalogue import Feature
from credrisk.models.intervals import LOG_INTENSITY_BOUNDS, Expanded

__all__ = ["EVER_PAID", "NO_RECORD", "RECORD", "ColdStart", "fit_cold_start", "without_record"]

RECORD = ("days_since_last_payment", "dbt_3m", "dbt_6m", "dbt_12m", "days_to_pay_12m")
"""Features that are measured once a customer has paid something; without any of them there is no payment record."""

EVER_PAID = "days_since_last_payment"
"""The feature of the record without a window: null only where nothing was ever paid. The others are null for an old
customer that was silent for a while, too."""

NO_RECORD = Feature(
    "no_payment_record",
    unit="count",
    window="today",
    null="the figures of the payment record are not known",
    worse="higher",
    says="has no payment record yet",
    says_at_zero="has a payment record",
    formula="1 where nothing was ever paid, otherwise 0",
    question="payment",
)
"""What a model tells beside its features; no column of the panel."""

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
        Log rate added in every interval; 0.0 without ``EVER_PAID`` among the features.
    """

    features: tuple[str, ...]
    shift: float

    def without_record(self, values: np.ndarray) -> np.ndarray:
        """Return which rows have no payment record, shape (n_rows,)."""
        return without_record(values, self.features)

    def added(self, values: np.ndarray) -> np.ndarray:
        """Return what is added to the log rate of each row, shape (n_rows,)."""
        return np.where(self.without_record(values), self.shift, 0.0)

    @property
    def told(self) -> tuple[str, ...]:
        """Return the names of the contributions: the features, and ``no_payment_record`` where it can be told."""
        return (*self.features, NO_RECORD.name) if EVER_PAID in self.features else self.features

    @property
    def says(self) -> str:
        """Return in words what is done with customers without a payment record."""
        if EVER_PAID not in self.features:
            return f"no level of their own: the model has no {EVER_PAID}, which alone tells who never paid"
        return f"a level of their own, {np.exp(self.shift):.2f} times the rate that the features alone give"

    def values_told(self, values: np.ndarray) -> np.ndarray:
        """Return the values behind the contributions ``told``, shape (n_rows, n_told)."""
        if EVER_PAID not in self.features:
            return values
        return np.column_stack([values, self.without_record(values)])

    def parts_told(self, parts: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the contributions ``told``, shape (n_rows, n_told); a row sums to its ``parts`` and the shift."""
        if EVER_PAID not in self.features:
            return parts
        newcomer = self.without_record(values)[:, None]
        record = newcomer & np.isin(self.features, RECORD)
        apart = self.added(values) + np.where(record, parts, 0.0).sum(axis=1)
        return np.column_stack([np.where(record, 0.0, parts), apart])


def without_record(values: np.ndarray, features: Sequence[str]) -> np.ndarray:
    """Return which rows have no payment record, shape (n_rows,): none where ``EVER_PAID`` is no feature."""
    if EVER_PAID not in features:
        return np.zeros(len(values), dtype=bool)
    places = [place for place, name in enumerate(features) if name in RECORD]
    empty: np.ndarray = np.isnan(values[:, places]).all(axis=1)
    return empty


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
    if EVER_PAID not in features:
        return apart
    low, high = LOG_INTENSITY_BOUNDS
    months = expanded.exposure * expanded.weight
    expected = months * np.exp(np.clip(log_rate, low, high))
    whole = expected.sum() / months.sum()
    newcomer = apart.without_record(values)[expanded.row]
    repeats = expanded.repeats(first_events)
    seen = months[newcomer].sum()
    rate = (expanded.target[newcomer].sum() / repeats + WORTH) / (seen / repeats + WORTH / whole)
    if seen > FEWEST_MONTHS:
        told = expected[newcomer].sum() / seen
    else:
        told = widths @ np.exp(np.clip(log_rate_of_nulls, low, high)) / widths.sum()
    return ColdStart(features, float(np.log(rate / told)))
