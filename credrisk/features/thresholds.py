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

ROUGHLY = {
    **dict.fromkeys(("CHF", "EUR", "GBP", "USD"), 1.0),
    "SGD": 1.5,
    "CAD": 1.6,
    "AUD": 1.8,
    "BGN": 2.0,
    "NZD": 2.0,
    **dict.fromkeys(("AED", "ILS", "PLN", "SAR"), 4.0),
    "MYR": 5.0,
    "RON": 5.0,
    "BRL": 6.0,
    "DKK": 7.5,
    "CNY": 8.0,
    "HKD": 9.0,
    "SEK": 11.0,
    "NOK": 12.0,
    "MXN": 20.0,
    "ZAR": 20.0,
    "CZK": 25.0,
    "TWD": 35.0,
    "THB": 40.0,
    "PHP": 60.0,
    "INR": 100.0,
    "ISK": 150.0,
    "JPY": 160.0,
}
"""How many units of each currency are worth about a euro, rounded, from exchange rates of 2025: where the ledger has no
rate, a threshold of 500 EUR is one of 900 AUD or 5,500 SEK."""


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

        Another currency takes the last rate on or before the day. Without one a round amount of about that worth
        stands for it (:data:`ROUGHLY`).

        Raises
        ------
        ParameterError
            When there is no rate and nothing rough is known of one of the currencies.
        """
        home = rates.currency
        same = np.full(len(days), self.amount * minor_factor(home))
        if not self.moves_with(rates):
            return same
        rate = rates.on(self.currency, days)
        unknown: Array = np.isnan(rate)
        if unknown.any() and not (home in ROUGHLY and self.currency in ROUGHLY):
            raise ParameterError(
                self.parameter,
                f"an amount that can be told in {home}: give it in {home} with threshold_currency={home!r} "
                f"(the command: --default-from AMOUNT), or add a rate of {self.currency} to the ledger",
                f"{self.amount:g} {self.currency}",
            )
        rough = same * ROUGHLY.get(home, 1.0) / ROUGHLY.get(self.currency, 1.0)
        translated: Array = np.where(unknown, rough, self.amount * minor_factor(self.currency) * rate)
        return translated
