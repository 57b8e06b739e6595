"""Amounts of other currencies in the ledger's currency: the last rate on or before the day, never a later one.

A balance is translated at the rate of the period end, a flow at the rate of its own day, each component by itself and
rounded half to even to whole minor units; a total is the sum of its translated components, so that it ties out.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import EXPONENTS, minor_factor

__all__ = ["Rates"]

_EPOCH = date(1970, 1, 1).toordinal()

Array = npt.NDArray[Any]

_NEVER_SET: tuple[Array, Array] = (np.empty(0, dtype=np.int64), np.empty(0))


class Rates:
    """The rates of a ledger, looked up by currency and day.

    Parameters
    ----------
    ledger
        Its table ``rates`` holds units of the ledger's currency for one unit of another one. Days are days since
        1970-01-01, amounts are integer minor units.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.currency = ledger.settings.currency
        table = ledger.table("rates").select("currency", "date", "rate").drop_nulls().sort("currency", "date", "rate")
        self._by_currency: dict[str, tuple[Array, Array]] = {
            str(key[0]): (
                rows["date"].to_physical().cast(pl.Int64).to_numpy(),
                rows["rate"].to_numpy() * (minor_factor(self.currency) / minor_factor(str(key[0]))),
            )
            for key, rows in table.partition_by("currency", as_dict=True, maintain_order=True).items()
            if key[0] in EXPONENTS
        }

    def days(self, currencies: list[str]) -> Array:
        """Return the sorted days on which a rate of one of ``currencies`` is set."""
        known = [self._by_currency[code][0] for code in currencies if code in self._by_currency]
        return np.unique(np.concatenate([*known, np.empty(0, dtype=np.int64)]))

    def on(self, currency: str, days: Array) -> Array:
        """Return what one minor unit of ``currency`` is on each day, in minor units; NaN where no rate is known."""
        if currency == self.currency:
            return np.ones(len(days))
        set_on, rates = self._by_currency.get(currency, _NEVER_SET)
        found: Array = np.append(np.nan, rates)[np.searchsorted(set_on, days, side="right")]
        return found

    def translate(self, minor: Array, currency: str, days: Array) -> Array:
        """Return amounts of one currency as integer-valued float64 minor units of the ledger's currency.

        Each amount takes the last rate on or before its day and is rounded to whole minor units, so that sums are
        exact and independent of order. An amount of zero needs no rate.

        Raises
        ------
        DataError
            When an amount has no rate on or before its day.
        """
        amounts = np.asarray(minor, dtype=np.float64)
        if currency == self.currency:
            return amounts
        rate = self.on(currency, days)
        missing = np.isnan(rate) & (amounts != 0)
        if missing.any():
            raise self.missing(currency, np.asarray(days)[missing])
        return np.asarray(np.rint(amounts * np.nan_to_num(rate)))

    def translate_rows(self, minor: Array, currencies: Array, days: Array) -> Array:
        """Return amounts of mixed currencies in minor units of the ledger's currency (see :meth:`translate`)."""
        translated = np.zeros(len(minor))
        for code in np.unique(currencies):
            rows = currencies == code
            translated[rows] = self.translate(minor[rows], str(code), days[rows])
        return translated

    def missing(self, currency: str, days: Array) -> DataError:
        """Return the error that names the currency and the days on which a rate is needed, one a row."""
        first = [date.fromordinal(_EPOCH + int(day)).isoformat() for day in np.unique(days)]
        return DataError(
            f"no rate of {currency} in {self.currency} on or before the day an amount needs one.",
            table="rates",
            columns=("currency", "date", "rate"),
            rows=len(days),
            ids=[f"{currency} {day}" for day in first],
            remedy=f"add a rate of {currency} dated on or before {first[0]}",
        )
