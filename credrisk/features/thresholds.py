"""An amount stated in one currency, such as the 500 euro of the definition of default, in a ledger of another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credrisk.errors import ParameterError
from credrisk.ledger.money import minor_factor
from credrisk.ledger.rates import Rates

__all__ = ["Threshold"]

Array = npt.NDArray[Any]

ALIKE = ("CHF", "EUR", "GBP", "USD")
"""Currencies of about one value: without a rate the number of one is taken for the other."""


@dataclass(frozen=True)
class Threshold:
    """An amount in major units of a currency.

    Attributes
    ----------
    amount, currency
        The amount and its currency.
    parameter
        The setting it comes from, for the message when it cannot be translated.
    """

    amount: float
    currency: str
    parameter: str

    def moves_with(self, rates: Rates) -> bool:
        """Tell whether it changes from day to day in the ledger's currency."""
        return self.amount > 0 and self.currency != rates.currency

    def on(self, rates: Rates, days: Array) -> Array:
        """Return the minor units of the ledger's currency on each day.

        Another currency takes the last rate on or before the day. Without one its number stands for the same number
        of the ledger's currency where both are among CHF, EUR, GBP and USD.

        Raises
        ------
        ParameterError
            When there is no rate and the currencies are not alike.
        """
        home = rates.currency
        same = np.full(len(days), self.amount * minor_factor(home))
        if not self.moves_with(rates):
            return same
        rate = rates.on(self.currency, days)
        unknown: Array = np.isnan(rate)
        if unknown.any() and not (home in ALIKE and self.currency in ALIKE):
            raise ParameterError(
                self.parameter,
                f"an amount that can be told in {home}: give it in {home} with threshold_currency={home!r} "
                f"(the command: --default-from AMOUNT), or add a rate of {self.currency} to the ledger",
                f"{self.amount:g} {self.currency}",
            )
        translated: Array = np.where(unknown, same, self.amount * minor_factor(self.currency) * rate)
        return translated
