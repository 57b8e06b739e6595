"""How far invoices are paid early or late together: those of one customer, and those of all customers.

A forecast of one invoice says nothing about that. If invoices were independent, the cash of a week would be far more
certain than it is. So the place of each payment in its own forecast (as a normal score) is compared between invoices
of one customer, and between customers, opened in the same four weeks; what they share is a common shock [1]_. What
that does not explain (a week with holidays, a collector who is away) shows in the cash of past weeks, which misses its
forecast by more than drawn futures do: they are stretched by as much.

References
----------
.. [1] Li, D. X. (2000). On default correlation: a copula function approach. Journal of Fixed Income 9(4), 43-54.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.models.payment_distribution import PaymentDistribution
from credrisk.models.payment_items import NEVER

__all__ = ["ASSUMED", "Dependence", "drawn_cash", "fit_dependence", "fit_stretch"]

BLOCK_DAYS = 28
FEWEST_PAIRS = 200
MOST_SHARED = 0.95
DRAWS_AT_ONCE = 50
DAYS_A_WEEK = 7
FEWEST_WEEKS, UNSETTLED_WEEKS, MOST_STRETCH = 10, 2, 3.0
"""Past weeks needed to measure a stretch; the last ones are left out, for not all of their cash is posted yet."""


@dataclass(frozen=True)
class Dependence:
    """Shares of the variance of the normal scores: of a shock to all customers, and of one to the customer.

    Attributes
    ----------
    market, customer
        From 0 to 1, their sum at most 0.95; the rest is the item's own.
    pairs
        Pairs of items of one customer that it rests on; 0 where it is assumed.
    stretch
        How many times as far as a drawn future the cash of a past week lay from its forecast, 1 to 3.
    """

    market: float
    customer: float
    pairs: int
    stretch: float = 1.0


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


def fit_stretch(
    made: PaymentDistribution, paid_on: np.ndarray, *, last: int, amount: np.ndarray, dependence: Dependence
) -> float:
    """Return how far the cash of past weeks lay from its forecast, against what drawn futures say of it.

    Parameters
    ----------
    made, paid_on, last
        As for :func:`fit_dependence`.
    amount
        Amount of each item.
    """
    ends = np.arange(int(made.start.min()) + DAYS_A_WEEK - 1, last + 1 - DAYS_A_WEEK * UNSETTLED_WEEKS, DAYS_A_WEEK)
    if len(ends) < FEWEST_WEEKS:
        return 1.0
    by_week = np.column_stack([made.paid_by(int(end)) for end in ends])
    paid = np.array([amount[paid_on <= end].sum() for end in ends])
    came = np.diff(paid, prepend=0.0)
    expected = np.diff(amount @ by_week, prepend=0.0)
    drawn = drawn_cash(by_week, amount, made.customer_id, np.zeros(len(amount)), dependence, draws=200, seed=0)
    spread = float(drawn.var(axis=1).sum())
    if spread == 0:
        return 1.0
    return float(np.clip(np.sqrt(((came - expected) ** 2).sum() / spread), 1.0, MOST_STRETCH))


def drawn_cash(
    by_week: np.ndarray,
    amount: np.ndarray,
    customer_id: np.ndarray,
    fails: np.ndarray,
    dependence: Dependence,
    *,
    draws: int,
    seed: int,
) -> np.ndarray:
    """Return the cash of each week in each future, shape (weeks, draws); the mean over futures is the expectation.

    Parameters
    ----------
    by_week
        Probability that each item is paid by the end of each week, shape (n_items, weeks).
    fails
        Probability that the customer of each item pays nothing at all.
    """
    from scipy.special import ndtr

    random = np.random.default_rng(seed)
    customers, customer = np.unique(customer_id, return_inverse=True)
    own = np.sqrt(1.0 - dependence.market - dependence.customer)
    cash = np.empty((by_week.shape[1], draws))
    of_customer = np.zeros(len(customers))
    of_customer[customer] = fails
    for begin in range(0, draws, DRAWS_AT_ONCE):
        count = min(DRAWS_AT_ONCE, draws - begin)
        shock = np.sqrt(dependence.market) * random.standard_normal(count)
        shock = shock + np.sqrt(dependence.customer) * random.standard_normal((len(customers), count))
        place = ndtr(shock[customer] + own * random.standard_normal((len(amount), count)))
        failed = random.random((len(customers), count)) < of_customer[:, None]
        owed = np.where(failed[customer], 0.0, amount[:, None])
        for week in range(by_week.shape[1]):
            paid = place <= by_week[:, week, None]
            cash[week, begin : begin + count] = (owed * paid).sum(axis=0)
    drawn: np.ndarray = np.diff(cash, axis=0, prepend=0.0)
    return drawn


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
