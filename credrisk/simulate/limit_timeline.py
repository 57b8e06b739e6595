"""Which shipments a limit lets pass: payments and deliveries of all customers in the order of their days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from credrisk.simulate.clock import Flags, Floats, Ints
from credrisk.simulate.shipments import Year

__all__ = ["Timeline"]

OPENING, PAYMENT, SHIPMENT = 0, 1, 2


@dataclass(frozen=True)
class Timeline:
    """The events of a year laid out so that all customers advance together.

    Step k holds the k-th event of every customer that has so many; customers stand in falling order of their number of
    events, so that those of a step are the first ones.

    Attributes
    ----------
    order
        (n,) row of the customer at each place.
    steps
        First event of each step and, last, the number of events.
    kind, cents, shipment
        By event: payment of the opening balance, payment of a shipment, or a shipment; its amount; the shipment's row.
    opening
        (n,) opening balance by place, minor units.
    shipments
        How many there are.
    """

    order: Ints
    steps: Ints
    kind: Ints
    cents: Floats
    shipment: Ints
    opening: Floats
    shipments: int

    @classmethod
    def of(cls, year: Year) -> Self:
        """Lay out the events of a year; payments of a day come before its deliveries."""
        shipments, payments = year.shipments, year.payments
        customer = np.concatenate([payments.customer, shipments.customer])
        day = np.concatenate([payments.day, shipments.day])
        paying = np.where(payments.shipment < 0, OPENING, PAYMENT)
        kind = np.concatenate([paying, np.full(len(shipments), SHIPMENT)]).astype(np.int64)
        number = np.concatenate([np.maximum(payments.shipment, 0), np.arange(len(shipments))])
        cents = np.concatenate([payments.cents, shipments.cents]).astype(float)
        events = np.bincount(customer, minlength=len(year.customer_id))
        order = np.argsort(-events, kind="stable")
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        by_time = np.lexsort((number, kind, day, customer))
        rank = np.empty(len(customer), dtype=np.int64)
        firsts = np.cumsum(events) - events
        rank[by_time] = np.arange(len(customer)) - firsts[customer[by_time]]
        laid = np.lexsort((place[customer], rank))
        steps = np.concatenate([[0], np.cumsum(np.bincount(rank))]).astype(np.int64)
        opening = year.opening[order].astype(float)
        return cls(order, steps, kind[laid], cents[laid], number[laid], opening, len(shipments))

    def passed(self, limits: npt.ArrayLike) -> Flags:
        """Return which shipments pass under each vector of limits.

        Parameters
        ----------
        limits
            (n, rules) in major units, in the order of the year's customers.

        Returns
        -------
        numpy.ndarray
            (shipments, rules), bool.
        """
        granted = np.round(np.asarray(limits, dtype=float) * 100)[self.order]
        balance = np.repeat(self.opening[:, None], granted.shape[1], axis=1)
        passed = np.zeros((max(self.shipments, 1), granted.shape[1]), dtype=bool)
        for first, end in zip(self.steps[:-1], self.steps[1:], strict=True):
            kind, amount, number = self.kind[first:end], self.cents[first:end, None], self.shipment[first:end]
            now, ships = balance[: end - first], kind == SHIPMENT
            counts = passed[number] | (kind == OPENING)[:, None]
            fits = now + amount <= granted[: end - first]
            counts[ships] = fits[ships]
            passed[number[ships]] = counts[ships]
            now += np.where(ships[:, None], amount, -amount) * counts
        return passed[: self.shipments]
