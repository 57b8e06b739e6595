"""The rows of some customers only, numbered anew: for figures that few customers need, without a walk over them all."""

from __future__ import annotations

import weakref
from functools import cached_property

import numpy as np

from credrisk.features.rows import LedgerRows, Rows
from credrisk.features.windows import spread

__all__ = ["ChosenRows"]


class ChosenRows(LedgerRows):
    """The rows of the customers at ``places`` (rising) of a source, in which they stand at 0, 1, 2, ..."""

    def __init__(self, source: LedgerRows, places: np.ndarray) -> None:
        # Everything is taken from the source, so nothing of the ledger is read again.
        self.ledger, self.settings, self.rates = source.ledger, source.settings, source.rates
        self.customers, self.currencies = source.customers.gather(places), source.currencies
        # The source keeps these rows in turn: a circle would hold a whole partition until the next collection.
        self._source, self._places = weakref.proxy(source), places
        self._taken, self.shared = {}, {}

    def kind(self, name: str) -> Rows:
        """Return the rows of a kind, taken once."""
        if name not in self._taken:
            rows, (place, at) = self._source.kind(name), self._found(self._source.kind(name)["customer"])
            taken = {column: values[at] for column, values in rows.items()} | {"customer": place}
            if "line" in taken:
                taken["line"] = np.searchsorted(self._lines, taken["line"])
            self._taken[name] = taken
        return self._taken[name]

    @cached_property
    def lines(self) -> Rows:
        """The (customer, currency) pairs of these customers that hold balances."""
        place, at = self._found(self._source.lines["customer"])
        return {"customer": place, "currency": self._source.lines["currency"][at]}

    @cached_property
    def _lines(self) -> np.ndarray:
        return self._found(self._source.lines["customer"])[1]

    def _found(self, customer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the new number of the customer of each of its rows, and where the row stands in the source."""
        places = self._places.astype(customer.dtype)
        return spread(np.searchsorted(customer, places), np.searchsorted(customer, places, side="right"))
