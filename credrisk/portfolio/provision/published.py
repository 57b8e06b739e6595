"""What is believed of an item before the ledger speaks: published collectability by age, with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["COLLECTABILITY", "IMPAIRED", "Prior", "prior_rates"]

COLLECTABILITY = {0: 0.949, 30: 0.899, 60: 0.813, 90: 0.696, 180: 0.521, 270: 0.391, 365: 0.228, 730: 0.093}
"""Share that is still collected by days past due: Commercial Collection Agency Association, survey dated 2004-10-18."""

_SURVEY = (
    "survey of US commercial collection agencies (Commercial Collection Agency Association, 18 October 2004): the "
    "share not collected at this age by agencies, which see the worse accounts"
)
_INSOLVENCY = (
    "Insolvency Service, Company Insolvency Statistics December 2024: 52.4 of 10,000 companies of England and Wales "
    "became insolvent within the year, here taken as lost in full"
)
NOT_DUE = 0.00524


@dataclass(frozen=True)
class Prior:
    """A published loss rate and where it comes from."""

    rate: float
    source: str


IMPAIRED = Prior(1 - COLLECTABILITY[365], f"{_SURVEY} (12 months past due)")
"""Of an item whose customer is insolvent, placed, sued or about to be written off."""


def prior_rates(edges: Sequence[int]) -> tuple[Prior, ...]:
    """Return the published loss rate of ``not_due`` and of each bucket past due, at the middle of its days.

    The last bucket, which has no end, is taken as far beyond its beginning as that lies beyond the due date. Between
    the ages of the survey the share is interpolated.

    Examples
    --------
    >>> [round(prior.rate, 3) for prior in prior_rates((30, 60, 90))]
    [0.005, 0.076, 0.144, 0.245, 0.419]
    """
    ages, shares = list(COLLECTABILITY), list(COLLECTABILITY.values())
    starts = [0, *edges]
    middles = [(low + high) / 2 for low, high in pairwise(starts)] + [1.5 * edges[-1]]
    lost = [1 - float(np.interp(middle, ages, shares)) for middle in middles]
    return (Prior(NOT_DUE, _INSOLVENCY), *(Prior(rate, _SURVEY) for rate in lost))
