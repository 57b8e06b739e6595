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
    **dict.fromkeys(("AUD", "CAD", "NZD", "SGD", "BGN"), 2.0),
    **dict.fromkeys(("AED", "BRL", "ILS", "MYR", "PLN", "RON", "SAR"), 5.0),
    **dict.fromkeys(("CNY", "DKK", "HKD", "NOK", "SEK"), 10.0),
    **dict.fromkeys(("CZK", "MXN", "THB", "TWD", "ZAR"), 20.0),
    **dict.fromkeys(("INR", "ISK", "JPY", "PHP"), 100.0),
}
"""Round numbers of each currency that are worth about one of the others, from exchange rates of 2025: where the ledger
has no rate, a threshold of 500 EUR is one of 1,000 AUD or 5,000 SEK."""


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
