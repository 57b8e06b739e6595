"""What counts as default, bad debt, late, at risk and leaving: the thresholds, each with its source."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from credrisk.errors import ParameterError
from credrisk.features.thresholds import Threshold
from credrisk.ledger.money import EXPONENTS

__all__ = ["LabelSettings"]


@dataclass(frozen=True)
class LabelSettings:
    """The choices behind the labels; amounts are major units of ``threshold_currency``.

    Attributes
    ----------
    default_days
        An item counts once it is this many days past its original due date (the day itself included) [1]_.
    absolute_threshold, relative_threshold
        Default needs more than this amount, and more than this share of the customer's open debit items [2]_. The
        absolute one also tells a small-balance write-off, write-off decision or placement from a bad debt.
    threshold_currency
        Currency of the absolute thresholds. In a ledger of another currency they take the last rate of that currency
        on or before the day; without a rate a round amount of about that worth stands for it
        (900 AUD or 5,500 SEK for 500 EUR); for a currency of which nothing is known it is refused.
    count_late_fees
        Whether late fees count: written off as a write-off (waiving one's own fee is no loss of goods sold), and past
        due as overdue (what is charged for being late makes nobody later).
    clean_months
        Consecutive months without the condition until the customer is back at risk [1]_; after a bad debt,
        consecutive months without anything past due.
    write_off_months
        Write-offs of so many trailing months are added up before they are compared with ``absolute_threshold``.
    placement_recovery_days, placement_recovered_share
        A placement is a bad debt when less than this share of it was paid within so many days.
    late_days, late_absolute_threshold, late_relative_threshold
        The same condition for the ``late30`` target, which ends at once when it no longer holds.
    inactive_days
        A customer without balance, invoice and order for so many days has left in good standing.
    at_risk_months
        An invoice or order so many months back keeps a customer without a balance at risk.

    References
    ----------
    .. [1] EBA/GL/2016/07, Guidelines on the application of the definition of default, days past due and probation.
    .. [2] Commission Delegated Regulation (EU) 2018/171, article 2: EUR 500 (non-retail) and 1 %.
    """

    default_days: int = 90
    absolute_threshold: float = 500.0
    relative_threshold: float = 0.01
    threshold_currency: str = "EUR"
    count_late_fees: bool = False
    clean_months: int = 3
    write_off_months: int = 12
    placement_recovery_days: int = 180
    placement_recovered_share: float = 0.9
    late_days: int = 30
    late_absolute_threshold: float = 0.0
    late_relative_threshold: float = 0.0
    inactive_days: int = 180
    at_risk_months: int = 12

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name.endswith(("_days", "_months")) and not (isinstance(value, int) and value >= 1):
                raise ParameterError(field.name, "a whole number from 1", value)
            if field.name.endswith("_threshold") and not (math.isfinite(value) and value >= 0):
                raise ParameterError(field.name, "a number from 0", value)
        if not 0 < self.placement_recovered_share <= 1:
            raise ParameterError("placement_recovered_share", "above 0 and up to 1", self.placement_recovered_share)
        if self.threshold_currency not in EXPONENTS:
            raise ParameterError("threshold_currency", "a code of ISO 4217", self.threshold_currency)

    def threshold(self, name: str) -> Threshold:
        """Return an absolute threshold by its name, with its currency."""
        return Threshold(getattr(self, name), self.threshold_currency, name)
