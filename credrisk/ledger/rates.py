"""Amounts of other currencies in the ledger's currency: the last rate on or before the day, never a later one."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from credrisk.errors import DataError
from credrisk.ledger.ledger import Ledger
from credrisk.ledger.money import minor_factor

__all__ = ["Rates"]

_EPOCH = date(1970, 1, 1).toordinal()

Array = npt.NDArray[Any]


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
        table = ledger.table("rates").select("currency", "date", "rate").drop_nulls().sort("currency", "date")
        self._by_currency: dict[str, tuple[Array, Array]] = {
            str(key[0]): (rows["date"].to_physical().cast(pl.Int64).to_numpy(), rows["rate"].to_numpy())
            for key, rows in table.partition_by("currency", as_dict=True, maintain_order=True).items()
        }

    def days(self, currencies: list[str]) -> Array:
        """Return the sorted days on which a rate of one of ``currencies`` is set."""
        known = [self._by_currency[code][0] for code in currencies if code in self._by_currency]
        return np.unique(np.concatenate([*known, np.empty(0, dtype=np.int64)]))

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
        set_on, rates = self._by_currency.get(currency, (np.empty(0, dtype=np.int64), np.empty(0)))
        place = np.searchsorted(set_on, days, side="right") - 1
        missing = (place < 0) & (amounts != 0)
        if missing.any():
            first = sorted({int(day) for day in np.asarray(days)[missing]})
            raise DataError(
                f"no rate of {currency} in {self.currency} on or before the day an amount needs one.",
                table="rates",
                columns=("currency", "date", "rate"),
                rows=int(missing.sum()),
                ids=[f"{currency} {date.fromordinal(_EPOCH + day).isoformat()}" for day in first],
                remedy=f"add a rate of {currency} dated on or before the first of these days",
            )
        if not len(rates):
            return np.zeros_like(amounts)
        scale = minor_factor(self.currency) / minor_factor(currency)
        return np.rint(amounts * (rates[np.maximum(place, 0)] * scale))

    def translate_rows(self, minor: Array, currencies: Array, days: Array) -> Array:
        """Return amounts of mixed currencies in minor units of the ledger's currency (see :meth:`translate`)."""
        translated = np.zeros(len(minor))
        for code in np.unique(currencies):
            rows = currencies == code
            translated[rows] = self.translate(minor[rows], str(code), days[rows])
        return translated
