"""What a ranking is worth in money: the riskiest customers are reviewed, and the bad among them stopped in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from credrisk.errors import ParameterError

__all__ = ["Costs"]


@dataclass(frozen=True)
class Costs:
    """What acting on a customer costs and saves.

    Attributes
    ----------
    review_cost
        Of looking into one customer, in the ledger's currency.
    margin
        Gross margin on sales: what is lost on a good customer that is refused.
    refused_months
        Months for which a good customer is refused before the review finds that it is good; by default a week.
    lgd
        Share of the open balance that a bad debt loses: what stopping a bad customer saves at best.
    """

    review_cost: float = 25.0
    margin: float = 0.25
    refused_months: float = 0.25
    lgd: float = 0.77

    def __post_init__(self) -> None:
        rules = {
            "review_cost": (self.review_cost >= 0, "0 or more"),
            "margin": (0 <= self.margin < 1, "from 0 to below 1"),
            "refused_months": (self.refused_months >= 0, "0 or more"),
            "lgd": (0 <= self.lgd <= 1, "from 0 to 1"),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise ParameterError(name, rule, getattr(self, name))

    def gain(self, *, event: np.ndarray, exposure: np.ndarray, sales_12m: np.ndarray) -> np.ndarray:
        """Return the money that reviewing and stopping each customer brings, shape (n_rows,).

        lgd x exposure for one that goes bad, less margin x a month's sales x ``refused_months`` for one that does not,
        less the cost of the review. Balances and sales below zero count as zero; so do those that are not known (NaN).
        """
        owed = np.maximum(np.nan_to_num(exposure), 0.0)
        sold = np.maximum(np.nan_to_num(sales_12m), 0.0)
        lost = self.margin * sold / 12 * self.refused_months
        gain: np.ndarray = event * self.lgd * owed - (1 - event) * lost - self.review_cost
        return gain
