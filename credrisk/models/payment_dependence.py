"""How far invoices are paid early or late together: those of one customer, and those of all customers.

A forecast of one invoice says nothing about that. If invoices were independent, the cash of a week would be far more
certain than it is. So the place of each payment in its own forecast (as a normal score) is compared between invoices
of one customer, and between customers, opened in the same four weeks; what they share is a common shock [1]_.

References
----------
.. [1] Li, D. X. (2000). On default correlation: a copula function approach. Journal of Fixed Income 9(4), 43-54.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.payment_distribution import PaymentDistribution
from credrisk.models.payment_items import NEVER

__all__ = ["ASSUMED", "Dependence", "fit_dependence"]

BLOCK_DAYS = 28
FEWEST_PAIRS = 200
MOST_SHARED = 0.95


@dataclass(frozen=True)
class Dependence:
    """Shares of the variance of the normal scores: of a shock to all customers, and of one to the customer.

    Attributes
    ----------
    market, customer
        From 0 to 1, their sum at most 0.95; the rest is the item's own.
    pairs
        Pairs of items of one customer that it rests on; 0 where it is assumed.
    """

    market: float
    customer: float
    pairs: int


ASSUMED = Dependence(0.02, 0.2, 0)
"""Where it cannot be measured: two invoices of a customer share a fifth of what is unforeseen, a round figure."""


def fit_dependence(made: PaymentDistribution, paid_on: np.ndarray, *, last: int, customer: np.ndarray) -> Dependence:
    """Measure the shared shocks on forecasts made by a model that did not know the outcomes.

    Parameters
    ----------
    made
        Forecasts, each from the day its item was opened.
    paid_on
        Day on which the item was paid by cash, ``NEVER`` where it was not by ``last``: it counts with the middle of
        what is left of its distribution.
    customer
        Number of the customer of each forecast.
    """
    scores = _scores(made, paid_on, last)
    variance = float((scores**2).mean())
    block = (made.start - made.start.min()) // BLOCK_DAYS
    group = customer * (int(block.max()) + 1) + block
    _, place = np.unique(group, return_inverse=True)
    of_all, of_customer = _shared(scores, block), _shared(scores, place)
    pairs = int((np.bincount(place) * (np.bincount(place) - 1) // 2).sum())
    if pairs < FEWEST_PAIRS or variance == 0:
        return ASSUMED
    together = min(max(of_customer / variance, 0.0), MOST_SHARED)
    market = min(max(of_all / variance, 0.0), together)
    return Dependence(market, together - market, pairs)


def _scores(made: PaymentDistribution, paid_on: np.ndarray, last: int) -> np.ndarray:
    """Return the normal score of each payment in its own forecast; days with several per cent of it by their middle."""
    from scipy.special import ndtri

    until = np.minimum(np.where(paid_on < NEVER, paid_on, last), made.start + made.paid.shape[1] - 1)
    upper = made.paid_by(until)
    lower = made.paid_by(until - 1)
    open_still = (paid_on >= NEVER) | (paid_on > until)
    middle = np.where(open_still, (upper + 1.0) / 2.0, (lower + upper) / 2.0)
    scores: np.ndarray = ndtri(np.clip(middle, 1e-4, 1.0 - 1e-4))
    return scores


def _shared(scores: np.ndarray, group: np.ndarray) -> float:
    """Return the mean product of two scores of one group, a group weighing as its items less one."""
    count, total, square = (np.bincount(group, weight) for weight in (np.ones(len(scores)), scores, scores**2))
    many = count > 1
    if not many.any():
        return 0.0
    product = (total[many] ** 2 - square[many]) / (count[many] * (count[many] - 1))
    return float(np.average(product, weights=count[many] - 1))
