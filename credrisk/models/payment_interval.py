"""How wide the 80 % interval of the day of payment has to be, and how far invoices are early or late together.

Both are learnt from forecasts of later invoices by a model that knew none of them.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from credrisk.models.payment_dependence import Dependence, fit_dependence, fit_stretch
from credrisk.models.payment_distribution import BEYOND, PaymentDistribution
from credrisk.models.payment_items import NEVER, Items

__all__ = ["COVERED", "interval_and_dependence"]

COVERED = 0.8
"""Share of payments that the interval shall hold."""

TAILS = np.round(np.arange(0.04, 0.251, 0.005), 3)
"""Probabilities tried on each side of it."""


def interval_and_dependence(
    made: PaymentDistribution, items: Items, which: np.ndarray, *, last: int
) -> tuple[float, Dependence]:
    """Return the probability to leave out on each side, and what items share.

    Parameters
    ----------
    made
        Forecasts of the items ``which``, each from the day it was opened.
    last
        Last day known.
    """
    paid_on = np.where(items.by_cash, items.settled, NEVER)[which]
    shares = []
    for tail in TAILS:
        low, high = made.quantile(tail), made.quantile(1.0 - tail)
        high = np.where(high == BEYOND, NEVER - 1, high)
        # Judged only where the interval is over, paid or not: the paid ones alone would be a choice of the fast.
        told = high <= last
        inside = (paid_on >= low) & (paid_on <= high)
        shares.append(float(inside[told].mean()) if told.any() else 0.0)
    tail = float(TAILS[np.argmin(np.abs(np.array(shares) - COVERED))])
    known_paid = np.where(paid_on <= last, paid_on, NEVER)
    dependence = fit_dependence(made, known_paid, last=last, customer=items.customer[which])
    stretch = fit_stretch(made, known_paid, last=last, amount=items.amount[which], dependence=dependence)
    return tail, dataclasses.replace(dependence, stretch=stretch)
