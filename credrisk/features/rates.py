"""From each currency into the ledger's: the last rate on or before a day, rounded half to even to minor units.

A balance is translated at the rate of the period end, a flow at the rate of its own day, each component by itself; a
total is the sum of its translated components, so that ageing ties out in the ledger's currency too.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["Rates"]


class Rates:
    """The ledger's currency rates as arrays.

    Parameters
    ----------
    ledger
        Its ``rates`` table and reporting currency are read.
    currencies
        Currency codes; the methods below name a currency by its place in this list.
    """

    def __init__(self, ledger: Ledger, currencies: list[str]) -> None:
        self.currencies, self.reporting = currencies, ledger.settings.currency
        self._days: list[np.ndarray] = []
        self._rates: list[np.ndarray] = []
        table = ledger.table("rates").drop_nulls(["date", "rate"]).sort("date", "rate")
        for code in currencies:
            own = table.filter(pl.col("currency") == code)
            scale = minor_factor(self.reporting) / minor_factor(code)
            self._days.append(own["date"].to_physical().to_numpy())
            self._rates.append(own["rate"].to_numpy() * scale)

    def on(self, currency: int, days: np.ndarray) -> np.ndarray:
        """Return reporting minor units for one minor unit of ``currency`` on each day; NaN where no rate is known."""
        if self.currencies[currency] == self.reporting:
            return np.ones(len(days))
        place = np.searchsorted(self._days[currency], days, side="right")
        return np.append(np.nan, self._rates[currency])[place]

    def translated(self, amounts: np.ndarray, currency: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Return amounts in whole reporting minor units, each at the rate of its day; NaN where no rate is known."""
        result = amounts.astype(np.float64)
        for code in np.unique(currency):
            if self.currencies[code] != self.reporting:
                own = currency == code
                result[own] = np.rint(result[own] * self.on(code, days[own]))
        return result

    def missing(self, currency: int, days: np.ndarray) -> DataError:
        """Return the error that names the currency and the days on which a rate is needed."""
        code, needed = self.currencies[currency], np.unique(np.asarray(days)).astype("datetime64[D]").astype(str)
        return DataError(
            f"no rate for {code} on or before {needed[0]} (needed on {len(needed)} days up to {needed[-1]}).",
            table="rates",
            columns=("currency", "date", "rate"),
            ids=list(needed),
            remedy=f"add rates of {code} in {self.reporting} from {needed[0]} on.",
        )
