"""What is believed before the ledger speaks: a published yearly rate for each target, worth a few events.

With few events the ledger's own rate is blended with the published one: a Gamma prior for the monthly rate, whose
weight is stated in events, updated with the distinct events and the time at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["PRIORS", "Prior", "blended_rate"]


@dataclass(frozen=True)
class Prior:
    """A published yearly rate.

    Attributes
    ----------
    rate
        Share of firms with the event within twelve months.
    worth
        Number of events the prior counts for.
    source
        Where the rate comes from, and what it leaves open.
    """

    rate: float
    worth: float
    source: str


_DNB = (
    "Dun & Bradstreet, Delinquency Predictor: 23.5 % of over two million US firms pay 10 % or more of their "
    "dollars 91 or more days late, seek legal relief or cease without paying within twelve months"
)

PRIORS = {
    "bad_debt": Prior(
        rate=0.00524,
        worth=2.0,
        source=(
            "Insolvency Service, Company Insolvency Statistics December 2024 (21 January 2025): 52.4 of 10,000 "
            "companies of England and Wales entered insolvency in 2024; write-offs and placements come on top"
        ),
    ),
    "default": Prior(rate=0.235, worth=1.0, source=f"{_DNB}; to any supplier, so an upper bound for one ledger"),
    "late30": Prior(rate=0.235, worth=1.0, source=f"{_DNB}; 30 days is less strict, so a lower bound"),
}
"""Prior by target. A default or a late payment differs so much between ledgers that its prior is worth one event."""


def blended_rate(prior: Prior, *, first_events: int, observed_rate: float) -> float:
    """Return the monthly rate from the prior and the ledger.

    Parameters
    ----------
    first_events
        Distinct events in the ledger.
    observed_rate
        The ledger's events a month at risk (0 with no event).

    Notes
    -----
    Prior Gamma(worth, worth / r0) for the rate with r0 the prior's monthly rate; the ledger adds ``first_events``
    in ``first_events / observed_rate`` months. The mean of the posterior is (worth + events) / (worth / r0 + months).
    """
    monthly = -np.log1p(-prior.rate) / 12
    months = first_events / observed_rate if observed_rate > 0 else 0.0
    return float((prior.worth + first_events) / (prior.worth / monthly + months))
